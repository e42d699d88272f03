"""The table of ``docs/robustness.md``: which form of the linear regression tolerates what.

Every entry is an ensemble as `strandwright explore` makes it, on the authors' data, five epochs, judged with additions free of
errors. Run ``python -m benchmarks.robustness``; with ``--dna`` it takes the DNA level of the tube instead.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence

from compiler.compilation import CompileOptions
from compiler.executors import executors, processors
from compiler.explore import Summary, TrainingTask, quiet_loss, summary
from compiler.exposed_tube import exposed_dna, exposed_formal
from compiler.noise import Noise, noise_of
from crn.neural.catalog import named_circuit
from crn.neural.datasets import builtin_dataset
from crn.simulate.ensemble import replicates

FORMS = ("seed13", "lr14", "lr10", "")
"""Variants of the linear regression; the last is the tube."""

ERRORS = (
    *(f"rates={r}%" for r in (5, 10, 25)),
    *(f"molecules={n}" for n in (10, 30, 100, 300, 1000)),
    *(f"pipetting={p}%" for p in (1, 5)),
    *(f"phases={p}%" for p in (1, 5)),
)

AT_DNA = (
    "rates=10%",
    "pipetting=5%",
    "malformed=2%",
    "rates=10%,pipetting=5%,malformed=2%",
    "leak=0.001",
)


def ensembles(form: str, errors: Sequence[str], runs: int, seed: int, *, dna: bool) -> Iterator[tuple[Noise, Summary]]:
    """Yield what an ensemble showed for every kind of error."""
    name = f"linear-regression:variant={form}" if form else "linear-regression"
    circuit, _ = named_circuit(name)
    data, validation = builtin_dataset("linreg-authors")
    for words in errors:
        noise = noise_of([words])
        options = CompileOptions()
        exposed = exposed_dna(circuit, data, validation, 5, options, noise) if dna else exposed_formal(circuit, noise)
        task = TrainingTask(circuit, exposed, data, validation, 5, noise)
        with executors(processors()) as (executor, again):
            rows = [row for _, row in sorted(replicates(task, seed, range(runs), executor, again=again))]
        yield noise, summary(rows, quiet_loss(task))


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--dna", action="store_true")
    given = parser.parse_args(arguments)
    sys.stdout.write(
        "| form | errors | without | median | 95 % of runs below | read with the errors, median | success |\n"
    )
    sys.stdout.write("|---|---|---|---|---|---|---|\n")
    for form in ("",) if given.dna else FORMS:
        errors = AT_DNA if given.dna else ERRORS
        for noise, found in ensembles(form, errors, given.runs, given.seed, dna=given.dna):
            cells = (
                form or "tube",
                str(noise),
                f"{found.quiet:.3f}",
                f"{found.median:.3f}",
                f"{found.losses['q95']:.3g}",
                f"{found.losses_of_hands['q50']:.3g}",
                f"{100 * found.success.fraction:.0f} % ({100 * found.success.low:.0f} to {100 * found.success.high:.0f})",
            )
            sys.stdout.write("| " + " | ".join(cells) + " |\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()

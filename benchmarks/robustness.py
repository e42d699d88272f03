"""The tables of ``docs/robustness.md``: which form tolerates what.

Every entry is an ensemble as `strandwright explore` makes it, judged with additions free of errors. Run
``python -m benchmarks.robustness`` for the forms of the linear regression on the authors' data, five epochs; with ``--others`` it
takes the tubes of other tasks, and with ``--dna`` the DNA level of the linear regression.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from compiler.compilation import CompileOptions
from compiler.executors import executors, processors
from compiler.explore import ACCURACY, LOSS, TrainingTask, quiet_loss, summary
from compiler.exposed_tube import exposed_dna, exposed_formal
from compiler.noise import noise_of
from crn.neural.catalog import named_circuit
from crn.neural.datasets import builtin_dataset
from crn.neural.dosing import dosed_for
from crn.neural.training import Regime
from crn.simulate.ensemble import quantiles, replicates

RATES = tuple(f"rates={r}%" for r in (5, 10, 25))
MOLECULES = tuple(f"molecules={n}" for n in (10, 30, 100, 300, 1000))
HANDS = ("pipetting=1%", "pipetting=5%", "phases=1%", "phases=5%", "concentrations=10%")
ALL_OF_THEM = "rates=10%,pipetting=5%,malformed=2%"


@dataclass(frozen=True, slots=True)
class Subject:
    """A circuit that is put to the test.

    Attributes
    ----------
    name : str
        For the table.
    specification, data : str
    epochs : int
    errors : tuple of str
        One ensemble for each.
    """

    name: str
    specification: str
    data: str = "linreg-authors"
    epochs: int = 5
    errors: tuple[str, ...] = (*RATES, *MOLECULES, *HANDS)


FORMS = (
    Subject("13 reactions", "linear-regression:variant=seed13"),
    Subject("14 reactions", "linear-regression:variant=lr14"),
    Subject("10 reactions", "linear-regression:variant=lr10"),
    Subject("two-phase", "linear-regression:form=two-phase"),
    Subject("tube, not centred", "linear-regression:centre=no"),
    Subject("tube", "linear-regression"),
)

_SOME = ("rates=10%", "pipetting=5%", "rates=10%,pipetting=5%")
OTHERS = (
    Subject("linear classification", "linear-classification", "linear-classes", 10, _SOME),
    Subject("product, first-order gradient", "nonlinear-regression", "product", 50, _SOME),
    Subject("sine, first-order gradient", "nonlinear-regression", "sine", 50, _SOME),
    Subject("xor, own classifier", "xor", "xor", 30, _SOME),
    Subject("rings, own classifier", "rings", "rings", 30, _SOME),
)

AT_DNA = (
    "rates=10%",
    "toeholds=24%",
    "concentrations=10%",
    "pipetting=1.5%",
    "pipetting=5%",
    "malformed=2%",
    "malformed=5%",
    "phases=5%",
    "leak=0.00001",
    ALL_OF_THEM,
)


def row(subject: Subject, words: str, runs: int, seed: int, *, dna: bool) -> str:
    """Return the line of a table for one kind of error."""
    data, validation = builtin_dataset(subject.data)
    circuit = dosed_for(named_circuit(subject.specification)[0], data, [validation])
    noise, regime, epochs = noise_of([words]), Regime(schedule=circuit.schedule), subject.epochs
    if dna:
        exposed = exposed_dna(circuit, data, validation, epochs, CompileOptions(), noise, regime=regime)
    else:
        exposed = exposed_formal(circuit, noise)
    task = TrainingTask(circuit, exposed, data, validation, epochs, noise, regime)
    begun = time.perf_counter()
    with executors(processors()) as (executor, again):
        rows = [row for _, row in sorted(replicates(task, seed, range(runs), executor, again=again))]
    found = summary(rows, quiet_loss(task))
    accuracy = f"{quantiles([r[ACCURACY] for r in rows])['q50']:.3f}" if ACCURACY in rows[0] else ""
    share = found.success
    cells = (
        subject.name,
        str(noise),
        f"{found.quiet:.4f}",
        _shown(found.median),
        _shown(found.losses["q95"]),
        _shown(max(r[LOSS] for r in rows)) if not found.failed else f"{found.failed} failed",
        _shown(found.losses_of_hands["q50"]),
        f"{100 * share.fraction:.1f} % ({100 * share.low:.0f} to {100 * share.high:.0f})",
        accuracy,
        f"{runs} in {time.perf_counter() - begun:.0f} s",
    )
    return "| " + " | ".join(cells) + " |\n"


def _shown(value: float) -> str:
    return f"{value:.3f}" if value < 10 else f"{value:.2g}"


HEAD = (
    "circuit",
    "errors",
    "without",
    "median",
    "95 % below",
    "worst",
    "read with the errors",
    "success",
    "accuracy",
    "runs",
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--others", action="store_true", help="tubes of other tasks")
    parser.add_argument("--dna", action="store_true", help="the DNA level of the linear regression")
    parser.add_argument("--only", nargs="*", help="the circuits of these names only")
    parser.add_argument("--errors", nargs="*", help="these errors only")
    given = parser.parse_args(arguments)
    subjects = OTHERS if given.others else FORMS
    if given.dna:
        subjects = (Subject("tube", "linear-regression", errors=AT_DNA),)
    sys.stdout.write("| " + " | ".join(HEAD) + " |\n|" + "---|" * len(HEAD) + "\n")
    for subject in subjects:
        if given.only and subject.name not in given.only:
            continue
        for words in given.errors or subject.errors:
            sys.stdout.write(row(subject, words, given.runs, given.seed, dna=given.dna))
            sys.stdout.flush()


if __name__ == "__main__":
    main()

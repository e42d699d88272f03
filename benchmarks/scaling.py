"""How fast ensembles are, and how they scale: DNA-level training runs of the linear regression, with one worker and with more.

The errors are those of the claim of robustness: 10 % on rates, 5 % on doses, 2 % malformed fuels. Start-up of workers counts; the
rows have to be the same, bit for bit. Run ``python -m benchmarks.scaling --runs 1000`` on a machine with nothing else to do.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Sequence

from compiler.compilation import CompileOptions
from compiler.executors import Cluster, executors, processors
from compiler.explore import TrainingTask, quiet_loss, summary
from compiler.exposed_tube import exposed_dna
from compiler.noise import noise_of
from compiler.options import load_source
from compiler.training_words import SampleWords
from crn.simulate.ensemble import Row, replicates

ERRORS = "rates=10%,pipetting=5%,malformed=2%"


def prepared(name: str) -> TrainingTask:
    """Return what is run again and again, with the words that `strandwright explore` has by default."""
    words = SampleWords()
    found, (data, validation) = words.sets(load_source(name), 0)
    assert validation is not None, "built-in circuits come with validation data"
    noise, regime, epochs = noise_of([ERRORS]), words.regime(found), words.times(found)
    exposed = exposed_dna(found.learning, data, validation, epochs, CompileOptions(), noise, words.mix, regime)
    return TrainingTask(found.learning, exposed, data, validation, epochs, noise, regime)


def timed(
    task: TrainingTask, runs: int, workers: int, cluster: Cluster | None = None
) -> tuple[dict[int, Row], float, float]:
    """Return the rows, the seconds that they took, and the seconds of all processors here."""
    used, begun = _used(), time.perf_counter()
    with executors(workers, cluster) as (executor, again):
        rows = dict(replicates(task, 1, range(runs), executor, again=again))
    return rows, time.perf_counter() - begun, _used() - used


def _used() -> float:
    found = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(f.ru_utime + f.ru_stime for f in found)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=processors())
    parser.add_argument("--circuit", default="linear-regression")
    parser.add_argument("--cluster", default="", help="also measure a Dask cluster that is running there")
    given = parser.parse_args(arguments)
    task = prepared(given.circuit)
    quiet = quiet_loss(task)  # and the kernels are compiled
    law = task.exposed.tube.law
    sys.stdout.write(
        f"{given.circuit}, {given.runs} runs of {task.epochs} epochs, {ERRORS}: "
        f"{len(law.species)} species, {len(law.crn.reactions)} reactions\n\n"
        "| who | s | s of processors | s of processors a run | times one | the same rows |\n|---|---|---|---|---|---|\n"
    )
    places: list[tuple[str, int, Cluster | None]] = [("here", 1, None)]
    places += [(f"{given.workers} processes", given.workers, None)]
    places += [(given.cluster, 0, Cluster(given.cluster))] if given.cluster else []
    first: tuple[dict[int, Row], float] | None = None
    for name, workers, cluster in places:
        rows, spent, used = timed(task, given.runs, workers, cluster)
        first = first or (rows, spent)
        same = "yes" if rows == first[0] else "NO"
        cells = (name, f"{spent:.1f}", f"{used:.1f}", f"{used / given.runs:.3f}", f"{first[1] / spent:.2f}", same)
        sys.stdout.write("| " + " | ".join(cells) + " |\n")
        sys.stdout.flush()
    assert first is not None, "there is at least one"
    found = summary([first[0][n] for n in sorted(first[0])], quiet)
    sys.stdout.write(
        f"\nloss without errors {quiet:.3f}, median {found.median:.3f}; success {100 * found.success.fraction:.1f} % "
        f"({100 * found.success.low:.1f} to {100 * found.success.high:.1f})\n"
    )


if __name__ == "__main__":
    main()

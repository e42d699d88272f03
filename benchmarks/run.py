"""Measure: ``python -m benchmarks.run --help``.

For every problem all engines are prepared, each in a process of its own, and then run in turns, round after round, over a range of
tolerances; the medians of the CPU times and the errors against an independent reference go into a table and a CSV file.
"""

from __future__ import annotations

import argparse
import datetime
import itertools
import math
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.engine import Accuracy, Engine
from benchmarks.metrics import max_error, rms_error
from benchmarks.peers import ENGINES
from benchmarks.problems import Problem, build
from benchmarks.reference import Reference, refer
from benchmarks.table import markdown, write_csv
from benchmarks.worker import Worker, one_thread

STAND_IN = "own-scipy"

SPARING = 0.1
"""Slower runs, in s, are not followed by tighter ones once they are as accurate as the target."""

LEADING = ("own", "own-rosenbrock", "own-bdf", "cvode-klu-amd", "bngsim", "bngsim-codegen")
"""Engines that are run with every seed: the project's and the best of each kind; the others are run with the first seed."""


@dataclass
class Point:
    """One engine at one accuracy on one problem; errors are the same in every round."""

    accuracy: Accuracy
    cpu: list[float] = field(default_factory=list)
    max_error: float = float("inf")
    rms_error: float = float("inf")
    trouble: str = ""
    spared: bool = False

    def tightens(self, other: Point) -> bool:
        """Whether it asks for more than another point in the same proportion of absolute to relative tolerance."""
        mine, theirs = self.accuracy, other.accuracy
        same = math.isclose(mine.absolute * theirs.relative, theirs.absolute * mine.relative)
        return same and mine.relative < theirs.relative

    @property
    def median(self) -> float:
        """CPU time, in s."""
        return statistics.median(self.cpu) if self.cpu else float("inf")


@dataclass
class Series:
    """One engine on one problem."""

    engine: type[Engine]
    points: list[Point]
    setup: float = 0.0
    memory: float = 0.0
    trouble: str = ""


@dataclass
class Measured:
    """One problem with everything that was run on it."""

    name: str
    size: str
    reference: Reference | None
    series: dict[str, Series]

    @property
    def group(self) -> str:
        """The name without the seed."""
        parts = self.name.split(":")
        return ":".join(parts[:2]) if len(parts) == 3 else self.name


@dataclass(frozen=True)
class Plan:
    """What to run."""

    engines: tuple[str, ...]
    accuracies: tuple[Accuracy, ...]
    rounds: int
    target: float
    setup_limit: float
    limit: float
    slow: float
    reference_limit: float
    leading: tuple[str, ...]
    first_seed: int
    budget: float
    deadline: float

    def engines_for(self, problem: Problem) -> tuple[str, ...]:
        """Return what is run on a problem."""
        _, *numbers = problem.name.split(":")
        later = len(numbers) == 2 and int(numbers[1]) != self.first_seed
        return tuple(n for n in self.engines if not later or n in self.leading)


def say(text: str) -> None:
    """Tell on standard error how far it is."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def measure(problem: Problem, plan: Plan) -> Measured:
    """Run all engines on one problem, in turns."""
    say(f"{problem.name}: {problem.size}")
    reference = refer(problem, plan.target / 30, plan.reference_limit)
    say(f"  reference: {reference or 'none'}")
    series: dict[str, Series] = {}
    workers: dict[str, Worker] = {}
    spent: dict[str, float] = {}
    for name in plan.engines_for(problem) if reference else ():
        engine = ENGINES[name]
        one = series[name] = Series(engine, [Point(a) for a in plan.accuracies])
        if len(problem.crn.species) > engine.largest:
            one.trouble = f"not run beyond {engine.largest} species"
            continue
        worker = Worker(name, problem, plan.setup_limit)
        one.setup, one.memory, one.trouble = worker.setup.cpu, worker.setup.memory, worker.setup.trouble
        if worker.alive:
            workers[name] = worker
            worker.run(plan.accuracies[0], plan.limit)  # whatever is compiled on the first call
        say(f"  {name}: setup {one.setup:.2f} s {one.trouble}")
    for number in range(plan.rounds):
        if number and time.monotonic() > plan.deadline:
            break
        for name in list(workers) if number % 2 == 0 else list(reversed(workers)):
            began = time.monotonic()
            _round(workers, series[name], problem, plan, reference, began + plan.budget - spent.get(name, 0.0))
            spent[name] = spent.get(name, 0.0) + time.monotonic() - began
        say(f"  round {number + 1} of {plan.rounds}")
    for worker in workers.values():
        worker.close()
    return Measured(problem.name, problem.size, reference, series)


def _round(
    workers: dict[str, Worker],
    one: Series,
    problem: Problem,
    plan: Plan,
    reference: Reference | None,
    until: float,
) -> None:
    """Run one engine once at every accuracy that is still worth it."""
    assert reference is not None, "without a reference there are no workers"
    name = one.engine.name
    for point in one.points:
        if point.trouble or point.spared or (point.cpu and point.cpu[0] > plan.slow):
            continue
        if time.monotonic() > until:
            point.trouble = point.trouble if point.cpu else f"not tried within {plan.budget:g} s"
            continue
        if not workers[name].alive:
            workers[name].close()
            workers[name] = Worker(name, problem, plan.setup_limit)
            if not workers[name].alive:
                point.trouble = workers[name].setup.trouble
                continue
        answer = workers[name].run(point.accuracy, plan.limit)
        one.memory = max(one.memory, answer.memory)
        tighter = [p for p in one.points if p.tightens(point)]
        if answer.values is None:
            point.trouble = answer.trouble
            for other in tighter if answer.fatal else ():
                other.trouble = other.trouble or "not tried: a looser tolerance did not end well"
            continue
        point.cpu.append(answer.cpu)
        point.max_error = max_error(answer.values, reference.values)
        point.rms_error = rms_error(answer.values, reference.values)
        if answer.cpu > SPARING and point.max_error < plan.target:
            for other in tighter:
                other.spared = not other.cpu


def names_of(arguments: argparse.Namespace) -> list[str]:
    """Return the problems that were asked for, those with several seeds first."""
    seeded = [f"random:{r}:{s}" for r, s in itertools.product(arguments.sizes, arguments.seeds)]
    looped = [f"loop:{r}:{s}" for r, s in itertools.product(arguments.loops, arguments.seeds)]
    first = arguments.seeds[:1]
    own = [f"compiled:{r}:{s}" for r, s in itertools.product(arguments.compiled, first)]
    once = [f"random:{r}:{s}" for r, s in itertools.product(arguments.once, first)]
    return [*seeded, *looped, *arguments.circuits, *own, *once]


def parse(words: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    whole: Any = {"nargs": "*", "type": int}
    parser.add_argument("--sizes", default=[100, 1000, 3000], help="formal reactions of random networks", **whole)
    parser.add_argument("--once", default=[10, 10000], help="the same with the first seed only", **whole)
    parser.add_argument("--loops", default=[50], help="formal reactions of learning loops", **whole)
    parser.add_argument(
        "--compiled", default=[100], help="formal reactions of networks that this project compiles, first seed", **whole
    )
    parser.add_argument("--circuits", nargs="*", default=["tube", "training:5"], help="tube, training:EPOCHS")
    parser.add_argument("--seeds", default=[0, 1, 2, 3, 4], **whole)
    parser.add_argument("--engines", nargs="*", default=[n for n in ENGINES if n != STAND_IN], choices=list(ENGINES))
    parser.add_argument("--leading", nargs="*", default=list(LEADING), help="engines that are run with every seed")
    parser.add_argument("--own", default="own", choices=list(ENGINES), help="what ratios are relative to")
    parser.add_argument("--tolerances", nargs="*", type=float, default=[1e-3, 1e-4, 1e-5, 1e-6, 1e-7])
    parser.add_argument(
        "--absolute", nargs="*", type=float, default=[0.01, 1.0], help="absolute over relative tolerances, in nM"
    )
    parser.add_argument("--target", type=float, default=1e-4, help="error at which times are compared")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--setup-limit", type=float, default=180.0, help="wall time of one preparation, in s")
    parser.add_argument("--limit", type=float, default=60.0, help="wall time of one run, in s")
    parser.add_argument("--budget", type=float, default=40.0, help="wall time of one engine on one problem, in s")
    parser.add_argument("--minutes", type=float, default=math.inf, help="after which no other problem is begun")
    parser.add_argument("--slow", type=float, default=1.0, help="CPU time in s from which a run is not repeated")
    parser.add_argument("--reference-limit", type=float, default=300.0, help="wall time of one reference run, in s")
    parser.add_argument(
        "--output", type=Path, default=Path(__file__).with_name("results"), help="folder for the results"
    )
    return parser.parse_args(words)


def main(words: Sequence[str] | None = None) -> int:
    """Measure and write the results after every problem, so that an interruption costs only what is missing."""
    one_thread()
    arguments = parse(words)
    engines = list(dict.fromkeys([arguments.own, *arguments.engines]))
    accuracies = [
        Accuracy(r, q * r) for q, r in itertools.product(arguments.absolute, sorted(arguments.tolerances, reverse=True))
    ]
    plan = Plan(
        tuple(engines),
        tuple(accuracies),
        arguments.rounds,
        arguments.target,
        arguments.setup_limit,
        arguments.limit,
        arguments.slow,
        arguments.reference_limit,
        tuple(arguments.leading),
        next(iter(arguments.seeds), 0),
        arguments.budget,
        time.monotonic() + 60 * arguments.minutes,
    )
    date = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    arguments.output.mkdir(parents=True, exist_ok=True)
    found: list[Measured] = []
    text = ""
    for name in names_of(arguments):
        if time.monotonic() > plan.deadline:
            say(f"{name}: not begun within {arguments.minutes:g} minutes")
            continue
        found.append(measure(build(name), plan))
        text = markdown(found, plan, arguments.own, date)
        (arguments.output / f"{date}.md").write_text(text, encoding="utf-8")
        write_csv(found, arguments.output / f"{date}.csv")
    sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())

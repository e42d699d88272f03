"""What the truth is taken to be: two tight runs by different methods that share no solver code.

The first is a linear multistep method, the second an implicit Runge-Kutta method by other authors in another language; neither is
this project's. How far they agree bounds what the table can say, and is printed with it.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

from benchmarks.engine import Accuracy
from benchmarks.metrics import max_error
from benchmarks.problems import Problem
from benchmarks.worker import Worker
from crn.massaction import Vector

FIRST = (("cvode-klu-amd", (1e-12, 1e-11, 1e-10)), ("scipy-bdf-mmd", (1e-10, 1e-9)))
"""Methods and relative tolerances of the reference: the first that works is taken."""

SECOND = ("scipy-radau-mmd", (1e-7, 1e-8, 1e-9, 1e-10))
"""Tightened until it agrees well enough, or takes too long."""


@dataclass(frozen=True, eq=False)
class Reference:
    """The amounts that errors are measured against.

    Attributes
    ----------
    values : ndarray, shape (T, F)
    method, check : str
        Which engines at which tolerances.
    agreement : float
        Largest deviation between the two, in the metric of the table.
    """

    values: Vector
    method: str
    check: str
    agreement: float

    def __str__(self) -> str:
        digits = -math.log10(self.agreement) if 0 < self.agreement < 1 else 0.0
        return f"{self.method} and {self.check} agree to {self.agreement:.1e} ({digits:.1f} digits)"


def refer(problem: Problem, wanted: float, limit: float) -> Reference | None:
    """Return a reference, or None if no method gets to the end.

    Parameters
    ----------
    problem : Problem
    wanted : float
        How far the two should agree; said, not enforced, if they do not within the limit.
    limit : float
        Wall time for one run, in s.
    """
    found = next(filter(None, itertools.starmap(lambda n, t: _first(problem, n, t, limit), FIRST)), None)
    if found is None:
        return None
    values, method = found
    name, tolerances = SECOND
    worker = Worker(name, problem, limit)
    check, agreement = f"{name} (no result)", math.inf
    for relative in tolerances:
        answer = worker.run(_tight(relative), limit) if worker.alive else None
        if answer is None or answer.values is None:
            break
        error = max_error(answer.values, values)
        if error < agreement:
            check, agreement = f"{name} at {relative:.0e}", error
        if agreement <= wanted:
            break
    worker.close()
    return Reference(values, method, check, agreement)


def _first(problem: Problem, name: str, tolerances: tuple[float, ...], limit: float) -> tuple[Vector, str] | None:
    for relative in tolerances:
        worker = Worker(name, problem, limit)
        answer = worker.run(_tight(relative), limit) if worker.alive else worker.setup
        worker.close()
        if answer.values is not None:
            return answer.values, f"{name} at {relative:.0e}"
    return None


def _tight(relative: float) -> Accuracy:
    return Accuracy(relative, 0.01 * relative)

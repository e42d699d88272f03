"""The one interface of everything that is measured.

An engine is prepared for a problem once, which is timed apart, and then runs it at one tolerance after another. The base class
carries out the schedule; engines only advance a state over a stretch, unless they have something better of their own.
"""

from __future__ import annotations

import statistics
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

import numpy as np

from benchmarks.problems import Problem
from crn.massaction import MassAction, Vector

SHORT = 0.05
"""In s."""


class Kind(Enum):
    """What an engine stands for in the table."""

    OWN = "own"
    """This project."""
    PACKAGED = "packaged"
    """Installed as a package and set up through documented options."""
    ORDERED = "ordered"
    """A known method on a sparse LU with a good ordering, put together for this comparison; see the README."""


@dataclass(frozen=True, slots=True)
class Accuracy:
    """What an engine is asked for: relative, and absolute in nM."""

    relative: float
    absolute: float


class Engine(ABC):
    """An integrator set up for one problem.

    Attributes
    ----------
    name : str
    kind : Kind
    configuration : str
        What was chosen, as printed in the table.
    largest : int
        Most species that it is run with: beyond it an engine with dense matrices cannot finish in any reasonable time.
    """

    name: ClassVar[str]
    kind: ClassVar[Kind] = Kind.PACKAGED
    configuration: ClassVar[str]
    largest: ClassVar[int] = 1_000_000

    problem: Problem
    law: MassAction

    def prepare(self, problem: Problem, law: MassAction) -> None:
        """Do everything that does not depend on tolerance or state."""
        self.problem, self.law = problem, law

    def ready(self, accuracy: Accuracy) -> None:  # noqa: B027  # most engines have nothing to do
        """Build what depends on the tolerance, outside of the time."""

    @abstractmethod
    def advance(self, start: Vector, times: Vector, accuracy: Accuracy) -> Vector:
        """Return the states at the given times, shape (T, S).

        Parameters
        ----------
        start : ndarray, shape (S,)
            At time 0.
        times : ndarray, shape (T,)
            Ascending, all after 0.
        accuracy : Accuracy
        """

    def run(self, accuracy: Accuracy) -> Vector:
        """Carry out the problem and return the states at all of its outputs, shape (T, S)."""
        state, found = self.problem.start, []
        for segment in self.problem.segments:
            state = segment.begin(state)
            now = segment.times[segment.times <= 0]
            values = self.advance(state, segment.times[len(now) :], accuracy)
            if values.shape != (len(segment.times) - len(now), len(state)):
                raise RuntimeError(f"{len(values)} outputs of {len(segment.times) - len(now)}")
            found.append(np.vstack([np.tile(state, (len(now), 1)), values]))
            state = values[-1]
        return np.vstack(found)


def timed(engine: Engine, accuracy: Accuracy) -> tuple[Vector, float]:
    """Run and return the amounts that are compared and the CPU time, in s.

    What takes less than `SHORT` is run again until that has passed, and the median counts: a process that has just been woken up
    has cold caches, which would decide about runs of a millisecond.
    """
    spent: list[float] = []
    while not spent or sum(spent) < SHORT:
        before = time.process_time()
        values = engine.run(accuracy)
        spent.append(time.process_time() - before)
    return engine.problem.observe(values), statistics.median(spent)

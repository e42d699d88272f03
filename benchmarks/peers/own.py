"""The stiff engine of this project, through the interfaces that everything in it uses, and what it had before.

The engine gets no more than the others: a network, a state, output times and a tolerance.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from benchmarks.engine import Accuracy, Engine, Kind
from benchmarks.problems import Problem
from crn.massaction import MassAction, Vector
from crn.simulate import BDF, Ladder, Rosenbrock, ScipyBDF, Segments, Simulator, Tolerance
from crn.simulate.segments import run_segments


class _Seam(Engine):
    kind = Kind.OWN

    simulator: Simulator

    def advance(self, start: Vector, times: Vector, accuracy: Accuracy) -> Vector:
        """See `Engine.advance`."""
        tolerance = Tolerance(accuracy.relative, accuracy.absolute)
        stretch = self.simulator.advance(self.law, start, float(times[-1]), times, tolerance)
        if not stretch.outcome.ok:
            raise RuntimeError(str(stretch.outcome))
        return stretch.values


class Own(_Seam):
    """What the project uses: the ladder for one stretch, the compiled loop for many."""

    name = "own"
    configuration = (
        "crn.simulate.Ladder as crn.simulate.simulate has it: BDF for one stretch of a network from 100 species on, else Rodas5P; "
        "schedules that report only ends as one run of crn.simulate.segments"
    )
    simulator: Simulator = Ladder()

    def prepare(self, problem: Problem, law: MassAction) -> None:
        """Have the kernels compiled or loaded, and the network analysed."""
        super().prepare(problem, law)
        self.simulator = self.simulator.suited(law, len(problem.segments))
        self.simulator.advance(law, problem.start, 1e-3, np.array([1e-3]), Tolerance(1e-3, 1e-3))
        self._segments = _schedule(problem) if len(problem.segments) > 1 else None

    def run(self, accuracy: Accuracy) -> Vector:
        """See `Engine.run`."""
        if self._segments is None:
            return super().run(accuracy)
        tolerance = Tolerance(accuracy.relative, accuracy.absolute)
        found = run_segments(self.law, self.problem.start, self._segments, tolerance)
        if not found.outcome.ok:
            raise RuntimeError(str(found.outcome))
        return found.ends


def _schedule(problem: Problem) -> Segments | None:
    """Return the schedule of a problem that is observed at the ends of its stretches, else None."""
    if any(len(s.times) != 1 for s in problem.segments):
        return None
    shape = len(problem.segments), len(problem.start)
    added, removed = sp.lil_matrix(shape), sp.lil_matrix(shape)
    for row, segment in enumerate(problem.segments):
        for column, amount in segment.resets:
            removed[row, column] = 1.0
            added[row, column] += amount
        for column, amount in segment.additions:
            added[row, column] += amount
    durations = np.array([s.duration for s in problem.segments])
    return Segments(durations, sp.csr_matrix(added), sp.csr_matrix(removed))


class OwnRosenbrock(Own):
    """Rodas5P whatever the problem."""

    name = "own-rosenbrock"
    configuration = "crn.simulate.Rosenbrock, and as own for schedules"
    simulator = Rosenbrock()


class OwnBDF(_Seam):
    """BDF whatever the problem, stretch by stretch."""

    name = "own-bdf"
    configuration = "crn.simulate.BDF"
    simulator = BDF()

    def prepare(self, problem: Problem, law: MassAction) -> None:
        """Have the kernels compiled or loaded, and the network analysed."""
        super().prepare(problem, law)
        self.simulator.advance(law, problem.start, 1e-3, np.array([1e-3]), Tolerance(1e-3, 1e-3))


class StandIn(_Seam):
    """The project's engine on scipy: what there was before, run only when asked for."""

    name = "own-scipy"
    configuration = "crn.simulate.ScipyBDF: scipy's BDF, MassAction's derivative and Jacobian in NumPy"
    simulator = ScipyBDF()

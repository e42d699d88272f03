"""The fallback ladder: the two compiled methods, the one that suits the run first, then an implicit Runge-Kutta method of scipy's.

The last rung is Radau IIA of order 5, E. Hairer and G. Wanner, "Stiff differential equations solved by Radau methods", J. Comput.
Appl. Math. 111, 93-111 (1999), with SuperLU told to order for a pattern that is nearly symmetric. Use it where a result matters
more than which engine gave it; the outcome says which one did, and what was wrong with those before.
"""

from __future__ import annotations

import dataclasses
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import scipy.sparse as sp

from crn.massaction import MassAction, Vector
from crn.simulate.bdf import BDF
from crn.simulate.engine import (
    Outcome,
    Progress,
    SegmentRun,
    Segments,
    Simulator,
    Status,
    Stretch,
    Tolerance,
    checked,
)
from crn.simulate.segments import Rosenbrock, run_segments

if TYPE_CHECKING:
    from scipy.sparse.linalg import SuperLU


@dataclass(frozen=True, slots=True)
class ScipyRadau(Simulator):
    """Radau IIA of order 5 with sparse LU."""

    name: ClassVar[str] = "radau"
    summary: ClassVar[str] = (
        "deterministic mass action: scipy's Radau with the analytic sparse Jacobian, slow and sturdy"
    )

    max_steps: int = 100_000
    """Steps for one stretch, after which the run ends with the outcome `LIMIT`."""

    def advance(self, law: MassAction, start: Vector, duration: float, times: Vector, tolerance: Tolerance) -> Stretch:
        """Advance the state; see `Simulator.advance`."""
        values = [start.copy() for t in times if t <= 0]
        y, reached, outcome = start.copy(), 0.0, Outcome()
        if duration <= 0:
            return Stretch(_stack(values, start), y, reached, outcome)
        from scipy.integrate import Radau  # takes a quarter of a second to load, and is rarely needed

        with warnings.catch_warnings(), np.errstate(all="ignore"):
            # A trial step may overflow or meet a singular matrix: the solver rejects it, and only its outcome counts.
            warnings.simplefilter("ignore")
            solver = Radau(
                lambda _, y: law.derivative(y),
                0.0,
                start,
                duration,
                rtol=tolerance.relative,
                atol=tolerance.absolute,
                jac=lambda _, y: law.jacobian(y),
            )
            solver.lu = _factorise  # type: ignore[assignment]  # the stubs know the dense case only
            for _ in range(self.max_steps):
                message = solver.step()
                if solver.status == "failed" or not np.all(np.isfinite(solver.y)):
                    outcome = Outcome(
                        Status.FAILED,
                        f"the step size fell to nothing at {reached:g}: {message}",
                        "an amount may grow without bound; look at the species that is largest there",
                    )
                    break
                y, reached = solver.y.copy(), float(solver.t)
                if len(values) < len(times) and times[len(values)] <= reached:
                    curve = solver.dense_output()
                    values += [np.asarray(curve(t)) for t in times[len(values) :] if t <= reached]
                if solver.status == "finished":
                    outcome = checked(law, y, tolerance)
                    break
            else:
                outcome = Outcome(
                    Status.LIMIT,
                    f"{self.max_steps} steps took it only to {reached:g} of {duration:g}",
                    "loosen the tolerance, or shorten the stretch",
                )
        return Stretch(_stack(values, start), y, reached, outcome)


LEAST_SPECIES = 100
"""From this size on the multistep method is cheaper for a run without events (docs/engine.md)."""


@dataclass(frozen=True, slots=True)
class Ladder(Simulator):
    """One engine after the other until one reaches the end; a limit of steps is no reason to try the next."""

    name: ClassVar[str] = "ode"
    summary: ClassVar[str] = (
        "deterministic mass action: whichever compiled method suits the run, then the other, then scipy's Radau"
    )

    rungs: tuple[Simulator, ...] = (Rosenbrock(), BDF(), ScipyRadau())
    why: str = ""
    """Why the first rung is the first; said of runs that end on it."""

    def suited(self, law: MassAction, stretches: int) -> Ladder:
        """Start with the multistep method when nothing interrupts it and the network is large enough; see `Simulator.suited`."""
        if stretches > 1 or len(law.species) < LEAST_SPECIES or self != Ladder():
            return self
        return Ladder((BDF(), Rosenbrock(), ScipyRadau()), " for a run without events")

    def advance(self, law: MassAction, start: Vector, duration: float, times: Vector, tolerance: Tolerance) -> Stretch:
        """Advance the state, from the start again on every rung; see `Simulator.advance`."""
        failed: list[str] = []
        first: Stretch | None = None
        for rung in self.rungs:
            stretch = rung.advance(law, start, duration, times, tolerance)
            if stretch.outcome.status is not Status.FAILED:
                message = f"{stretch.outcome.message}, with {rung.name}{'' if failed else self.why}"
                outcome = dataclasses.replace(stretch.outcome, message="; ".join([message, *failed]))
                return dataclasses.replace(stretch, outcome=outcome)
            failed.append(f"{rung.name}: {stretch.outcome.message}")
            first = first or stretch
        if first is None:
            raise ValueError("a ladder needs rungs")
        outcome = dataclasses.replace(first.outcome, message="; ".join(failed))
        return dataclasses.replace(first, outcome=outcome)

    def run(
        self,
        law: MassAction,
        start: Vector,
        segments: Segments,
        tolerance: Tolerance,
        readout: sp.csr_matrix,
        progress: Progress | None = None,
    ) -> SegmentRun:
        """Go through many stretches in one compiled loop; where it fails, the rungs take over from the segment that failed."""
        done = run_segments(law, start, segments, tolerance, readout=readout, progress=progress)
        if done.outcome.status is not Status.FAILED or done.reached == len(segments.durations):
            named = dataclasses.replace(done.outcome, message=f"{done.outcome.message}, with {Rosenbrock.name}")
            return dataclasses.replace(done, outcome=named)
        before = run_segments(law, start, segments.part(slice(done.reached)), tolerance, readout=readout)
        rest = Simulator.run(
            self, law, before.end, segments.part(slice(done.reached, None)), tolerance, readout, progress
        )
        ends = np.concatenate([before.ends, rest.ends])
        return dataclasses.replace(rest, ends=ends, reached=done.reached + rest.reached, time=before.time + rest.time)


def _factorise(matrix: sp.csc_matrix) -> SuperLU:
    from scipy.sparse.linalg import splu  # takes a tenth of a second to load, and is rarely needed

    # The default ordering is for patterns that are not symmetric, and takes many times as long on networks with hubs.
    return splu(matrix, permc_spec="MMD_AT_PLUS_A")


def _stack(values: list[Vector], like: Vector) -> Vector:
    return np.array(values) if values else np.empty((0, len(like)))

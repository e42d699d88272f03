"""The stiff engine on scipy: variable-order BDF with the analytic sparse Jacobian.

L. F. Shampine and M. W. Reichelt, "The MATLAB ODE suite", SIAM J. Sci. Comput. 18, 1-22 (1997), as implemented by
`scipy.integrate.BDF`. Use it for large networks; its steps run in Python, which costs on small ones.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from crn.massaction import MassAction, Vector
from crn.simulate.engine import Outcome, Simulator, Status, Stretch, Tolerance, checked


@dataclass(frozen=True, slots=True)
class ScipyBDF(Simulator):
    """BDF of orders 1 to 5 with sparse LU."""

    name: ClassVar[str] = "scipy-bdf"
    summary: ClassVar[str] = "deterministic mass action: scipy's BDF with the analytic sparse Jacobian"

    max_steps: int = 100_000
    """Steps for one stretch, after which the run ends with the outcome `LIMIT`."""

    def advance(self, law: MassAction, start: Vector, duration: float, times: Vector, tolerance: Tolerance) -> Stretch:
        """Advance the state; see `Simulator.advance`."""
        values = [start.copy() for t in times if t <= 0]
        asked = len(values)
        if duration <= 0:
            return Stretch(_stack(values, start), start.copy(), 0.0, Outcome())
        from scipy.integrate import BDF  # takes a quarter of a second to load, and is rarely needed

        with warnings.catch_warnings(), np.errstate(all="ignore"):
            # A trial step may overflow or meet a singular matrix: the solver rejects it, and only its outcome counts.
            warnings.simplefilter("ignore")
            solver = BDF(
                lambda _, y: law.derivative(y),
                0.0,
                start,
                duration,
                rtol=tolerance.relative,
                atol=tolerance.absolute,
                jac=lambda _, y: law.jacobian(y),
            )
            for _ in range(self.max_steps):
                message = solver.step()
                if solver.status == "failed" or not np.all(np.isfinite(solver.y)):
                    return Stretch(_stack(values, start), solver.y, solver.t, _failed(solver.t, message))
                if asked < len(times) and times[asked] <= solver.t:
                    curve = solver.dense_output()
                    while asked < len(times) and times[asked] <= solver.t:
                        values.append(np.asarray(curve(times[asked])))
                        asked += 1
                if solver.status == "finished":
                    return Stretch(_stack(values, start), solver.y, solver.t, checked(law, solver.y, tolerance))
        outcome = Outcome(
            Status.LIMIT,
            f"{self.max_steps} steps took it only to {solver.t:g} of {duration:g}",
            "loosen the tolerance, or shorten the stretch",
        )
        return Stretch(_stack(values, start), solver.y, solver.t, outcome)


def _stack(values: list[Vector], like: Vector) -> Vector:
    return np.array(values) if values else np.empty((0, len(like)))


def _failed(time: float, message: str | None) -> Outcome:
    return Outcome(
        Status.FAILED,
        f"the step size fell to nothing at {time:g}: {message or 'the state is not finite'}",
        "an amount may grow without bound; look at the species that is largest there",
    )

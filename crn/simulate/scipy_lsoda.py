"""The small-network engine on scipy: LSODA with the analytic dense Jacobian.

L. Petzold, "Automatic selection of methods for solving stiff and nonstiff systems of ordinary differential equations", SIAM J.
Sci. Stat. Comput. 4, 136-148 (1983), from ODEPACK through `scipy.integrate.odeint`. Its steps run in compiled code and its
linear algebra is dense, so it is the quickest choice up to some hundred species and the wrong one far beyond.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from crn.massaction import MassAction, Vector
from crn.simulate.engine import Outcome, Simulator, Status, Stretch, Tolerance, checked

_GOOD = "Integration successful."


@dataclass(frozen=True, slots=True)
class ScipyLSODA(Simulator):
    """Adams and BDF, switching by stiffness, with dense LU."""

    name: ClassVar[str] = "lsoda"
    summary: ClassVar[str] = "deterministic mass action: LSODA with the analytic dense Jacobian, for small networks"

    max_steps: int = 100_000
    """Steps between two reported times, after which the run ends with the outcome `LIMIT`."""

    def advance(self, law: MassAction, start: Vector, duration: float, times: Vector, tolerance: Tolerance) -> Stretch:
        """Advance the state; see `Simulator.advance`."""
        if duration <= 0:
            return Stretch(np.repeat(start[None, :], len(times), axis=0), start.copy(), 0.0, Outcome())
        grid = np.concatenate([[0.0], times, [duration]])
        values, message = self._integrate(law, start, grid, tolerance)
        if message == _GOOD and np.all(np.isfinite(values)):
            return Stretch(values[1:-1], values[-1], duration, checked(law, values[-1], tolerance))
        # After trouble the rows hold anything, also those before it, so only the start is kept.
        kept = np.repeat(start[None, :], int(np.sum(times <= 0)), axis=0)
        status = Status.LIMIT if "Excess work" in message else Status.FAILED
        outcome = Outcome(
            status,
            f"LSODA did not reach {duration:g}: {message if message != _GOOD else 'not a number'}",
            "try --method ode, which keeps what it reached",
        )
        return Stretch(kept, start.copy(), 0.0, outcome)

    def _integrate(self, law: MassAction, start: Vector, grid: Vector, tolerance: Tolerance) -> tuple[Vector, str]:
        """Return the states at the times of the grid and what LSODA says of the run."""
        from scipy.integrate import odeint  # takes a quarter of a second to load, and is rarely needed

        with warnings.catch_warnings(), np.errstate(all="ignore"):
            # Trouble comes back in the report of the run, which decides the outcome.
            warnings.simplefilter("ignore")
            values, report = odeint(
                lambda _, y: law.derivative(y),
                start,
                grid,
                Dfun=lambda _, y: law.jacobian(y).toarray(),
                rtol=tolerance.relative,
                atol=tolerance.absolute,
                mxstep=self.max_steps,
                tfirst=True,
                full_output=True,
            )
        return values, str(report["message"])

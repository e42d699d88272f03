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
from scipy.integrate import odeint

from crn.massaction import MassAction, Vector
from crn.simulate.engine import Outcome, Simulator, Status, Stretch, Tolerance, checked


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
        if report["message"] == "Integration successful.":
            return Stretch(values[1:-1], values[-1], duration, checked(law, values[-1], tolerance))
        good = int(np.sum(np.asarray(report["tcur"]) >= grid[1:] * (1 - 1e-12)))
        status = Status.LIMIT if "Excess work" in report["message"] else Status.FAILED
        reached = float(grid[good])
        outcome = Outcome(
            status, f"LSODA stopped after {reached:g} of {duration:g}: {report['message']}", "try --method bdf"
        )
        return Stretch(values[1 : good + 1], values[good], reached, outcome)

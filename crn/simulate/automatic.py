"""The default engine: the quicker of the two on scipy for the size of the network.

LSODA's compiled steps win as long as dense linear algebra is cheap; beyond that sparse BDF does. Both solve the same equations to
the same tolerance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from crn.massaction import MassAction, Vector
from crn.simulate.engine import Simulator, Stretch, Tolerance
from crn.simulate.scipy_bdf import ScipyBDF
from crn.simulate.scipy_lsoda import ScipyLSODA


@dataclass(frozen=True, slots=True)
class Automatic(Simulator):
    """LSODA for small networks, sparse BDF for large ones."""

    name: ClassVar[str] = "ode"
    summary: ClassVar[str] = "deterministic mass action: LSODA up to 200 species, sparse BDF beyond"

    largest_dense: int = 200
    """Number of species up to which LSODA is taken."""

    def advance(self, law: MassAction, start: Vector, duration: float, times: Vector, tolerance: Tolerance) -> Stretch:
        """Advance the state; see `Simulator.advance`."""
        engine: Simulator = ScipyLSODA() if len(law.species) <= self.largest_dense else ScipyBDF()
        return engine.advance(law, start, duration, times, tolerance)

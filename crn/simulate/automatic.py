"""The default engine: the quicker of the two on scipy for the size of the network.

LSODA's compiled steps win as long as dense linear algebra is cheap; beyond that sparse BDF does. Where LSODA, which guesses how
stiff a network is, takes far more steps than it should, BDF takes the stretch over from its start.
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
    patience: int = 2000
    """Steps between two reported times after which LSODA is given up."""

    def advance(self, law: MassAction, start: Vector, duration: float, times: Vector, tolerance: Tolerance) -> Stretch:
        """Advance the state; see `Simulator.advance`."""
        if len(law.species) <= self.largest_dense:
            quick = ScipyLSODA(max_steps=self.patience).advance(law, start, duration, times, tolerance)
            if quick.outcome.ok:
                return quick
        return ScipyBDF().advance(law, start, duration, times, tolerance)

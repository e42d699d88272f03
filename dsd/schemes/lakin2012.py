"""The scheme of Lakin, Youssef, Cardelli and Phillips, as an n x m gate: one strip, one toehold.

M. R. Lakin, S. Youssef, L. Cardelli, A. Phillips, "Abstractions for DNA circuit design", J. R. Soc. Interface 9, 470 (2012),
doi:10.1098/rsif.2011.0343, figure 5. It needs the fewest nucleotides, and one toehold for everything; deviations: any number of
reactants and products in place of two and two, a backward strand in excess for every reactant, no domains that belong to the
reaction on them, and a reaction without products frees a strand that nobody wants.

A signal of A is the strand ``h t xA``: history, the toehold that all species share, recognition domain. For A + B -> C + D::

    gate      xA( t( + xB( t( + h1( t( xC + h2( t( xD + ) ) ) ) ) ) ) ) t*
    backward  xA t, xB t       freed by A and by B; in excess they push them out again
    trigger   t h1 t h2 t      docks where B has freed the toehold, and frees all products for good
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from crn.network import Reaction, Species
from dsd.schemes.scheme import Fresh, Gate, Scheme, Signal
from dsd.schemes.strips import strip_gate, with_backward


class Lakin2012(Scheme):
    """One strip with a universal toehold."""

    name: ClassVar[str] = "lakin2012"
    reference: ClassVar[str] = (
        "Lakin, Youssef, Cardelli, Phillips, J. R. Soc. Interface 9:470 (2012), doi:10.1098/rsif.2011.0343"
    )
    summary: ClassVar[str] = "one strip and a trigger, one toehold for everything; fewest nucleotides and toeholds"
    arity: ClassVar[str] = "any reactants, any products, catalysts included"
    rates: ClassVar[str] = "all toeholds are one and the same, so that no step can be made slower than another"

    def objection(self, order: Sequence[Species], products: Sequence[Species]) -> str | None:  # noqa: ARG002  # carries all
        """Carry everything."""
        return None

    def signal(self, species: Species, copies: int, fresh: Fresh) -> Signal:
        """Return ``h t x`` with a wildcard history for each molecule that one gate may hold."""
        recognition = (fresh.universal(), fresh.long(f"x_{species}"))
        return Signal(species, recognition, tuple(fresh.long(f"h_{species}") for _ in range(max(1, copies))))

    def gate(
        self, reaction: Reaction, order: Sequence[Species], signals: Mapping[Species, Signal], fresh: Fresh
    ) -> Gate:
        """Draw the gate; see the module for its shape."""
        return with_backward(*strip_gate(reaction, order, signals, fresh, fresh.universal()))

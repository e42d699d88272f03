"""The reversible gates of Qian, Soloveichik and Winfree, and a variant with an irreversible step.

L. Qian, D. Soloveichik, E. Winfree, "Efficient Turing-universal computation with DNA polymers", DNA Computing and Molecular
Programming 16, LNCS 6518, 123 (2011), doi:10.1007/978-3-642-18305-8_12, figures 1 and 2: one long strand along which reactants push
out their stand-ins, and the stand-ins of products push out products. Deviations: any number of reactants and products; the
stand-ins of reactants are fuels too, so that reactants can leave; a reaction and its reverse share a gate.

A signal of A is the strand ``hA t xA``: a domain of its own, the toehold that all species share, recognition domain. All strands of
a species are alike. For A + B <=> C + D, in the two states that both are fuels::

    forward   xA( t( + xB( t( + hC( t( xC + hD( t( xD + ) ) ) ) ) ) ) ) t*
    backward  t* on the other end: hA t( xA( + hB t( xB( + t( hC( + t( hD( + t* ) ) ) ) ) ) ) )
    stand-ins xA t, xB t, t hC, t hD      in excess

Without a reverse the gate of the paper ends in a domain f that the strand ``t f`` takes for good, once the last product is out
(`qian2011`). That is too late: products that have left come back and undo the reaction, which is why the compiler calls it wrong.
In the variant (`qian2011-irreversible`) the irreversible step comes between reactants and products::

    gate      xA( t( + xB( t( + f( + g( t( + hC( t( xC + hD( t( xD + f( + ) ) ) ) ) ) ) ) ) ) ) ) t*
    lock      t f g               docks behind the last reactant, sheds f for good, and opens the toehold of the first product
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import ClassVar

from crn.network import Bag, Reaction, Species
from dsd.complexes import Complex
from dsd.domains import Domain
from dsd.schemes.joins import build
from dsd.schemes.scheme import Debt, Fresh, Gate, Ledger, Member, Role, Scheme, Signal, bottom_of


class Qian2011(Scheme):
    """One strand along which strands are exchanged; reversible."""

    name: ClassVar[str] = "qian2011"
    reference: ClassVar[str] = "Qian, Soloveichik, Winfree, LNCS 6518:123 (2011), doi:10.1007/978-3-642-18305-8_12"
    summary: ClassVar[str] = "one strand along which strands are exchanged; for reversible reactions"
    arity: ClassVar[str] = "reversible reactions with any reactants and products; without a reverse only X -> nothing"
    rates: ClassVar[str] = "all toeholds are one and the same, so that no step can be made slower than another"
    two_way: ClassVar[bool] = True
    undone: ClassVar[str] = (
        "a product leaves while others are still bound, comes back, and products turn into reactants"
    )

    def objection(self, order: Sequence[Species], products: Sequence[Species]) -> str | None:  # noqa: ARG002  # carries all
        """Carry everything."""
        return None

    def signal(self, species: Species, copies: int, fresh: Fresh) -> Signal:  # noqa: ARG002  # all copies are alike
        """Return ``h t x``, all three of the species."""
        return Signal(species, (fresh.long(f"h_{species}"), fresh.universal(), fresh.long(f"x_{species}")))

    def gate(
        self, reaction: Reaction, order: Sequence[Species], signals: Mapping[Species, Signal], fresh: Fresh
    ) -> Gate:
        """Draw the gate whose last domain is taken once the last product is out."""
        tag, t = reaction.id, fresh.universal()
        f = fresh.long(f"f_{tag}")
        tops = [*_stand_ins(order, signals), *_products(reaction, signals), f"{f}("]
        lock = Complex.single((t, f), f"{tag}_lock")
        sign = _sign(reaction, signals) or lock
        return _gate(reaction, order, signals, (tops,), [Member(lock, Role.FUEL, "lock")], sign, (t, f))

    def pair(
        self,
        forward: Reaction,
        backward: Reaction,
        order: Sequence[Species],
        signals: Mapping[Species, Signal],
        fresh: Fresh,
    ) -> Gate:
        """Draw the gate without an end, in both of its final states."""
        t = fresh.universal()
        there = [*_stand_ins(order, signals), *_products(forward, signals)]
        back = [f"{h} {t}( {x}(" for h, t, x in (signals[r].recognition for r in order)]
        back += [f"{t}( {h}(" for h, t, _ in (signals[p].recognition for p in forward.products.elements())]
        drawn = _gate(forward, order, signals, (there, back), [], _sign(forward, signals), (t,))
        return dataclasses.replace(drawn, reverse=backward)


class Qian2011Irreversible(Qian2011):
    """The same with an irreversible step between reactants and products."""

    name: ClassVar[str] = "qian2011-irreversible"
    summary: ClassVar[str] = (
        "one strand along which strands are exchanged, with a lock between reactants and products; no fault known"
    )
    arity: ClassVar[str] = "any reactants, any products, catalysts included; a reaction and its reverse share a gate"
    undone: ClassVar[str] = ""

    def gate(
        self, reaction: Reaction, order: Sequence[Species], signals: Mapping[Species, Signal], fresh: Fresh
    ) -> Gate:
        """Draw the gate with the lock between reactants and products."""
        tag, t = reaction.id, fresh.universal()
        f, g = fresh.long(f"f_{tag}"), fresh.long(f"g_{tag}")
        tops = [*_stand_ins(order, signals), f"{f}(", f"{g}( {t}(", *_products(reaction, signals), f"{f}("]
        lock = Complex.single((t, f, g), f"{tag}_lock")
        return _gate(reaction, order, signals, (tops,), [Member(lock, Role.FUEL, "lock")], lock, (t, f, g))


def _stand_ins(order: Sequence[Species], signals: Mapping[Species, Signal]) -> list[str]:
    """Return the strands ``x t`` that hold the places of reactants."""
    return [f"{x}( {t}(" for _, t, x in (signals[r].recognition for r in order)]


def _products(reaction: Reaction, signals: Mapping[Species, Signal]) -> list[str]:
    return [f"{h}( {t}( {x}" for h, t, x in (signals[p].recognition for p in reaction.products.elements())]


def _sign(reaction: Reaction, signals: Mapping[Species, Signal]) -> Complex | None:
    """Return the strand whose presence says that the first product is out."""
    products = reaction.products.elements()
    return _for_product(signals[products[0]]) if products else None


def _for_product(signal: Signal) -> Complex:
    h, t, _ = signal.recognition
    return Complex.single((t, h), f"{signal.species}_for")


def _for_reactant(signal: Signal) -> Complex:
    _, t, x = signal.recognition
    return Complex.single((x, t), f"{signal.species}_back")


def _gate(
    reaction: Reaction,
    order: Sequence[Species],
    signals: Mapping[Species, Signal],
    states: Sequence[Sequence[str]],
    more: Sequence[Member],
    sign: Complex | None,
    own: Sequence[Domain],
) -> Gate:
    """Put a gate together.

    Parameters
    ----------
    reaction, order, signals
        As in `Scheme.gate`.
    states : sequence of sequence of str
        The upper strands, 5' to 3', of the gate that waits for reactants, and of the one that waits for products if that is a fuel.
    more : sequence of Member
        Fuels beyond the stand-ins.
    sign : Complex or None
        The strand whose presence says that the gate has fired.
    own : sequence of Domain
        The domains that are not of a species, the toehold first.
    """
    tag, products = reaction.id, reaction.products.elements()
    every = [*own, *(d for s in dict.fromkeys((*order, *products)) for d in signals[s].recognition)]
    t = own[0]

    def drawn(tops: Sequence[str], name: str, *, at_end: bool) -> Complex:
        closed = [")"] * sum(top.count("(") for top in tops)
        bottom = [*closed, f"{t}*"] if at_end else [f"{t}*", *closed]
        return build(" + ".join([*tops, " ".join(bottom)]), every, f"{tag}_{name}")

    forward = drawn(states[0], "gate", at_end=True)
    members = [Member(forward, Role.FUEL, "gate")]
    members += [Member(drawn(tops, "gate_back", at_end=False), Role.FUEL, "gate") for tops in states[1:]]
    members += more
    members += [Member(_for_reactant(signals[r]), Role.FUEL, "stand-in") for r in dict.fromkeys(order)]
    members += [Member(_for_product(signals[p]), Role.FUEL, "stand-in") for p in dict.fromkeys(products)]
    # Where one gate goes both ways, products arrive as well as reactants.
    arriving = (*order, *products) if len(states) > 1 else tuple(order)
    members += [Member(signals[s].strand(), Role.SIGNAL, "reactant", Bag.of(s)) for s in dict.fromkeys(arriving)]
    members += [Member(signals[p].strand(), Role.SIGNAL, "product", Bag.of(p)) for p in dict.fromkeys(products)]
    debt = Debt(bottom_of(forward), reaction.products, reaction.reactants, sign.strands[0] if sign else None)
    ledger = Ledger(tuple(signals[s] for s in dict.fromkeys((*order, *products))), (), (debt,))
    return Gate(reaction, tuple(order), tuple(members), forward, ledger)

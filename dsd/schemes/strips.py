"""Gates that are one strip: reactants bind on one side of it, and a trigger frees all products on the other.

The part that `lakin2012` and `cardelli2011` have in common. A signal of A is ``h tA xA``: history, toehold, recognition domain. For
A + B -> C + D::

    strip     xA( tB( + xB( u( + h1( tC( xC + h2( tD( xD + ) ) ) ) ) ) ) ) tA*
    backward  xA tB, xB u            freed by A and by B, and in excess push them out again
    trigger   u h1 tC h2 tD          docks on u* once all reactants are bound, and frees the products for good
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from crn.network import Bag, Reaction, Species
from dsd.complexes import Complex
from dsd.domains import Domain
from dsd.schemes.joins import build
from dsd.schemes.scheme import Debt, Fresh, Gate, Ledger, Member, Role, Signal, bottom_of, releases


@dataclass(frozen=True, slots=True)
class Strip:
    """The strands of a strip gate.

    Attributes
    ----------
    inputs : tuple of (Domain, Domain)
        Toehold and recognition domain of every reactant, in binding order.
    after : Domain
        The toehold behind the last of them, on which the trigger docks.
    outputs : tuple of tuple of Domain
        History, toehold and recognition domain of every product.
    """

    inputs: tuple[tuple[Domain, Domain], ...]
    after: Domain
    outputs: tuple[tuple[Domain, ...], ...]

    @property
    def backward(self) -> list[tuple[Domain, Domain]]:
        """Every recognition domain with the toehold behind it."""
        behind = [*(t for t, _ in self.inputs[1:]), self.after]
        return [(x, t) for (_, x), t in zip(self.inputs, behind, strict=False)]

    @property
    def trigger(self) -> tuple[Domain, ...]:
        """The strand that takes the places of all products."""
        return (self.after, *itertools.chain(*(o[:2] for o in self.outputs)))

    def gate(self, name: str) -> Complex:
        """Return the gate that waits for its first reactant, or for the trigger if there is none to wait for."""
        tops = [f"{x}( {t}(" for x, t in self.backward] + [f"{h}( {t}( {x}" for h, t, x in self.outputs]
        first = self.inputs[0][0] if self.inputs else self.after
        bottom = " ".join([")"] * (2 * len(tops)) + [f"{first}*"])
        every = [*itertools.chain(*self.inputs), self.after, *itertools.chain(*self.outputs)]
        return build(" + ".join([*tops, bottom]), every, name)


def strip_gate(
    reaction: Reaction,
    order: Sequence[Species],
    signals: Mapping[Species, Signal],
    fresh: Fresh,
    after: Domain,
    feed: tuple[Domain, Domain] | None = None,
) -> tuple[Gate, Strip]:
    """Return the gate of a reaction, all but what becomes of the backward strands, and its strands.

    Parameters
    ----------
    reaction, order, signals, fresh
        As in `Scheme.gate`.
    after : Domain
        The toehold behind the last reactant.
    feed : (Domain, Domain), optional
        Toehold and recognition domain of a signal that is always there, in place of a reactant.
    """
    tag, products = reaction.id, reaction.products.elements()
    own = releases(reaction, signals, fresh)
    inputs = [signals[r].recognition for r in order] or ([feed] if feed else [])
    outputs: list[tuple[Domain, ...]] = [(h, *signals[p].recognition) for p, h in own]
    # With nothing to release there is a strand that nobody wants in place of a product.
    if not outputs:
        shared = next((signals[r].recognition[0] for r in order), after) == after
        outputs = [(fresh.long(f"h_{tag}_1"), after if shared else fresh.toehold(f"t_{tag}"), fresh.long(f"x_{tag}"))]
    strip = Strip(tuple((d[0], d[1]) for d in inputs), after, tuple(outputs))

    gate = strip.gate(f"{tag}_gate")
    trigger = Complex.single(strip.trigger, f"{tag}_trigger")
    members = [Member(gate, Role.FUEL, "gate"), Member(trigger, Role.FUEL, "trigger")]
    if not order and feed:
        members.append(Member(Complex.single((fresh.long(f"h_{tag}_feed"), *feed), f"{tag}_feed"), Role.FUEL, "feed"))
    members += [
        Member(strand, Role.SIGNAL, "reactant", Bag.of(r))
        for r in dict.fromkeys(order)
        for strand in signals[r].wild(order.count(r))
    ]
    members += [Member(signals[p].strand(h), Role.SIGNAL, "product", Bag.of(p)) for p, h in own]
    debt = Debt(bottom_of(gate), reaction.products, reaction.reactants, trigger.strands[0])
    ledger = Ledger(tuple(signals[s] for s in dict.fromkeys((*order, *products))), (), (debt,))
    return Gate(reaction, tuple(order), tuple(members), gate, ledger), strip


def with_backward(gate: Gate, strip: Strip) -> Gate:
    """Return the gate with its backward strands in excess."""
    tag = gate.reaction.id
    strands = [Complex.single(b, f"{tag}_backward{i + 1}") for i, b in enumerate(strip.backward)]
    added = tuple(Member(s, Role.FUEL, "backward") for s in strands)
    return dataclasses.replace(gate, members=gate.members[:2] + added + gate.members[2:])

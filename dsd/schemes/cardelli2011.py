"""The n x m gate of Cardelli's strand algebra, without and with the collection of garbage.

L. Cardelli, "Strand algebras for DNA computing", Natural Computing 10, 407 (2011), doi:10.1007/s11047-010-9236-7, figures 9 and 10:
one strip with a toehold for every species. Deviations: without collection the strands that reactants free are fuels, so that every
reactant can leave again; a source is fed by a signal that is always there, and a reaction without products frees a strand that
nobody wants.

A signal of A is the strand ``h tA xA``: history, toehold, recognition domain. For A + B -> C + D::

    gate       xA( tB( + xB( u( + h1( tC( xC + h2( tD( xD + ) ) ) ) ) ) ) ) tA*
    trigger    u h1 tC h2 tD                          frees all products for good
    backward   xA tB, xB u                            in excess, in the variant without collection

    collector  xA( + tB( c( + d( xB( + ) ) ) ) u* )   in the other: takes up xB u, later xA tB, both freed by the gate
    step       c d                                    opens the collector for the next
    sink       c( + ) tB*,  xB( + ) d*                take up what the collector frees

With collection a reactant that waits can leave only as long as nobody has taken up the strand that it freed: no two gates may take
the same species, nor one gate two of a kind.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping, Sequence
from typing import ClassVar

from crn.network import Reaction, Species
from dsd.complexes import Complex
from dsd.domains import Domain
from dsd.schemes.joins import build
from dsd.schemes.scheme import Fresh, Gate, Member, Pair, Role, Scheme, Signal
from dsd.schemes.strips import Strip, strip_gate, with_backward


class Cardelli2011(Scheme):
    """One strip with a toehold for every species; the strands that reactants free are fuels."""

    name: ClassVar[str] = "cardelli2011"
    reference: ClassVar[str] = "Cardelli, Natural Computing 10:407 (2011), doi:10.1007/s11047-010-9236-7"
    summary: ClassVar[str] = "one strip and a trigger, a toehold for every species; few nucleotides"
    arity: ClassVar[str] = "any reactants, any products, catalysts included"
    rates: ClassVar[str] = (
        "the backward strand of the last reactant competes with the trigger, and no buffers are known for what gates hold"
    )

    def objection(self, order: Sequence[Species], products: Sequence[Species]) -> str | None:  # noqa: ARG002  # carries all
        """Carry everything."""
        return None

    def signal(self, species: Species, copies: int, fresh: Fresh) -> Signal:
        """Return ``h t x`` with a wildcard history for each molecule that one gate may hold."""
        recognition = (fresh.toehold(f"t_{species}"), fresh.long(f"x_{species}"))
        return Signal(species, recognition, tuple(fresh.long(f"h_{species}") for _ in range(max(1, copies))))

    def gate(
        self, reaction: Reaction, order: Sequence[Species], signals: Mapping[Species, Signal], fresh: Fresh
    ) -> Gate:
        """Draw the gate; see the module for its shape."""
        return with_backward(*_strip(reaction, order, signals, fresh))


class Cardelli2011GC(Cardelli2011):
    """The same strip; the strands that reactants free are collected."""

    name: ClassVar[str] = "cardelli2011-gc"
    summary: ClassVar[str] = "one strip and a trigger, with collection of garbage; nothing left over that could react"

    imitation: ClassVar[str] = (
        "{0} waits in either, and can leave only as long as nobody has taken up the strand that it freed"
    )

    def needed(self, order: Sequence[Species], products: Sequence[Species]) -> frozenset[Pair]:  # noqa: ARG002  # whatever it makes
        """Return the reactants, each with itself: no two gates may take the same."""
        return frozenset((r, r) for r in order)

    imitated = needed

    def fault(self, order: Sequence[Species], products: Sequence[Species]) -> str | None:  # noqa: ARG002  # whatever it makes
        """Say what happens to two of a kind."""
        twice = next((r for r in order if order.count(r) > 1), None)
        if twice:
            return f"two {twice} may wait in two gates, and then neither can leave for the other"
        return None

    def gate(
        self, reaction: Reaction, order: Sequence[Species], signals: Mapping[Species, Signal], fresh: Fresh
    ) -> Gate:
        """Draw the gate and its collector."""
        gate, strip = _strip(reaction, order, signals, fresh)
        tag = reaction.id
        between = [(fresh.long(f"c_{tag}"), fresh.toehold(f"d_{tag}")) for _ in strip.inputs[1:]]
        added = [Member(_collector(strip, between, f"{tag}_collector"), Role.FUEL, "collector")]
        for i, ((t, x), (c, d)) in enumerate(zip(strip.inputs[1:], between, strict=True), 1):
            parts = [
                ("step", Complex.single((c, d), f"{tag}_step{i}")),
                ("sink", build(f"{c}( + ) {t}*", (c, t), f"{tag}_sink{i}")),
                ("sink", build(f"{x}( + ) {d}*", (x, d), f"{tag}_sink{i}b")),
            ]
            added += [Member(each, Role.FUEL, part) for part, each in parts]
        return dataclasses.replace(gate, members=gate.members[:2] + tuple(added) + gate.members[2:])


def _strip(
    reaction: Reaction, order: Sequence[Species], signals: Mapping[Species, Signal], fresh: Fresh
) -> tuple[Gate, Strip]:
    tag = reaction.id
    feed = None if order else (fresh.toehold(f"t_{tag}_feed"), fresh.long(f"x_{tag}_feed"))
    return strip_gate(reaction, order, signals, fresh, fresh.toehold(f"u_{tag}"), feed)


def _collector(strip: Strip, between: Sequence[tuple[Domain, Domain]], name: str) -> Complex:
    """Return the complex that takes up the backward strands of a strip, that of the last reactant first."""
    (_, first), *others = strip.inputs
    tops = [f"{first}("]
    tops += itertools.chain(*([f"{t}( {c}(", f"{d}( {x}("] for (t, x), (c, d) in zip(others, between, strict=True)))
    text = f"{' + '.join(tops)} + {strip.after}* {' '.join([')'] * (4 * len(others)))} )"
    every = [strip.after, *itertools.chain(*strip.inputs), *itertools.chain(*between)]
    return build(text, every, name)

"""The scheme of Soloveichik, Seelig and Winfree: join gate, output strand, translator.

D. Soloveichik, G. Seelig, E. Winfree, "DNA as a universal substrate for chemical kinetics", PNAS 107, 5393 (2010),
doi:10.1073/pnas.0909380107, figures 2 and 3. It needs the fewest fuels of the schemes whose rates are set by concentrations;
deviations: more than two reactants by repeating the block of the first, a source by a strand that is always there, no translator
where there is nothing to release.

A signal of A is the strand ``h fA mA sA``: history, first toehold, recognition domain, second toehold. For A + B -> C + D::

    join        mA( sA( fB( + mB( sB( h1 fC h2 fD + ) ) ) ) ) fA*   A docks on fA* and frees the backward strand, opening fB*
    backward    mA sA fB                                            in excess, pushes A back out as long as B has not come
    output      mB sB h1 fC h2 fD                                   freed when B docks; from here on the products are certain
    translator  h1( fC( mC sC + h2( fD( mD sD + ) ) ) ) sB*         the output frees all products at once

The output strand carries the toeholds of all products, so it imitates the backward strand of B before any of them: such a pair
must not stand next to each other in a gate, this or another one.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import ClassVar

from crn.network import Bag, Reaction, Species
from dsd.complexes import Complex
from dsd.schemes.joins import backward_strands, buffer_gate, build, held, reactants_and_held, two_toeholds
from dsd.schemes.scheme import Fresh, Gate, Member, Pair, Role, Scheme, Signal, releases


class Soloveichik2010(Scheme):
    """Join gate with backward strands, output strand, translator."""

    name: ClassVar[str] = "soloveichik2010"
    reference: ClassVar[str] = "Soloveichik, Seelig, Winfree, PNAS 107:5393 (2010), doi:10.1073/pnas.0909380107"
    summary: ClassVar[str] = (
        "join gate, output strand, translator; fewest fuels of those with rates set by concentrations"
    )
    most: ClassVar[int] = 3
    arity: ClassVar[str] = "0 to 3 reactants, any products, catalysts included; A + A -> A + B by a detour"

    def objection(self, order: Sequence[Species], products: Sequence[Species]) -> str | None:  # noqa: ARG002  # any products
        """Refuse more reactants than there are rates for."""
        return f"more than 3 reactants ({' + '.join(order)})" if len(order) > 3 else None

    def signal(self, species: Species, copies: int, fresh: Fresh) -> Signal:
        """Return ``h f m s`` with a wildcard history for each molecule that one gate may hold."""
        return two_toeholds(species, copies, fresh)

    def gate(
        self, reaction: Reaction, order: Sequence[Species], signals: Mapping[Species, Signal], fresh: Fresh
    ) -> Gate:
        """Draw the gate; see the module for its shape."""
        tag = reaction.id
        feed = [] if order else [two_toeholds(tag, 1, fresh).recognition]
        bound = [signals[r].recognition for r in order] or feed
        _, last_m, last_s = bound[-1]
        own = releases(reaction, signals, fresh)
        products, histories = [p for p, _ in own], [h for _, h in own]
        toeholds = [signals[p].recognition[0] for p in products]
        tail = list(itertools.chain(*zip(histories, toeholds, strict=True)))

        join = held(bound, (), tail, f"{tag}_join")
        members = [Member(join, Role.FUEL, "join")]
        members += [Member(b, Role.FUEL, "backward") for b in backward_strands(bound, tag)]
        if feed:
            members.append(Member(Complex.single(feed[0], f"{tag}_feed"), Role.FUEL, "feed"))
        if products:
            released = [signals[p].strand(h) for p, h in own]
            tops = [f"{h}( {f}( {m} {s}" for h, f, m, s in (c.domains for c in released)]
            bottom = " ".join([")"] * (2 * len(products)) + [f"{last_s}*"])
            every = [last_s, *(d for c in released for d in c.domains)]
            translator = build(" + ".join([*tops, bottom]), every, f"{tag}_translator")
            members.append(Member(translator, Role.FUEL, "translator"))
            members += [
                Member(strand, Role.SIGNAL, "product", Bag.of(p)) for strand, p in zip(released, products, strict=True)
            ]
            output = Complex.single((last_m, last_s, *tail), f"{tag}_output")
            members.append(Member(output, Role.INTERMEDIATE, "output", reaction.products))
        members += reactants_and_held(order, signals, bound, tail, own, tag)
        return Gate(reaction, tuple(order), tuple(members), join)

    def imitated(self, order: Sequence[Species], products: Sequence[Species]) -> frozenset[Pair]:
        """For every product P the output strand ``m s .. fP ..`` imitates the backward strand ``m s fP`` across a loop."""
        return frozenset((order[-1], p) for p in products) if order else frozenset()

    def buffer(self, species: Species, signals: Mapping[Species, Signal], fresh: Fresh) -> Gate:
        """Draw a join gate whose second reactant does not exist."""
        return buffer_gate(species, signals, fresh)

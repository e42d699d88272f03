"""The scheme of Srinivas: join gate, flux strand, produce gate, helper.

N. Srinivas, "Programming chemical kinetics: engineering dynamic reaction networks with DNA strand displacement", PhD thesis,
Caltech (2015), figures 3.4 to 3.7; built at the bench in Srinivas, Parkin, Seelig, Winfree, Soloveichik, "Enzyme-free nucleic acid
dynamical systems", Science 358, eaal2052 (2017), doi:10.1126/science.aal2052. Use it for kinetics that are set by concentrations
and have an experimental record; deviations: more than two reactants or products by repeating the same blocks, no clamps.

A signal of A is the strand ``h fA mA sA``: history, first toehold, recognition domain, second toehold. For A + B -> C + D::

    join      mA( sA( fB( + mB( sB( h1 + ) ) ) ) ) fA*    A docks on fA* and frees the backward strand, opening fB* for B
    backward  mA sA fB                                    in excess, pushes A back out as long as B has not come
    flux      mB sB h1                                    freed when B docks; from here on the products are certain
    produce   h1( fC( mC sC + h2( fD( mD sD + ) ) ) ) sB* the flux strand frees C, which opens fC* for the helper
    helper    fC h2 fD                                    frees the other products

With a single product the flux strand reaches over its toehold (``mB sB h1 fC``) and no helper is needed; with none there is
neither produce gate nor helper.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import ClassVar

from crn.network import Bag, Reaction, Species
from dsd.complexes import Complex
from dsd.domains import Domain
from dsd.schemes.joins import backward_strands, buffer_gate, build, held, reactants_and_held, two_toeholds
from dsd.schemes.scheme import Fresh, Gate, Member, Pair, Role, Scheme, Signal, releases


class Srinivas2015(Scheme):
    """Join gate with backward strands, flux strand, produce gate with a helper."""

    name: ClassVar[str] = "srinivas2015"
    reference: ClassVar[str] = "Srinivas, PhD thesis, Caltech (2015); Srinivas et al., doi:10.1126/science.aal2052"
    summary: ClassVar[str] = (
        "join gate, flux strand, produce gate; rates set by concentrations, with an experimental record"
    )
    most: ClassVar[int] = 3
    arity: ClassVar[str] = "0 to 3 reactants, any products, catalysts included; A + A -> A by a detour"

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
        feed = [] if order else [(fresh.toehold(f"f_{tag}"), fresh.long(f"m_{tag}"), fresh.toehold(f"s_{tag}"))]
        bound = [signals[r].recognition for r in order] or feed
        _, last_m, last_s = bound[-1]
        own = releases(reaction, signals, fresh)
        products, histories = [p for p, _ in own], [h for _, h in own]
        toeholds = [signals[p].recognition[0] for p in products]
        tail = (histories + toeholds)[:2] if len(products) == 1 else histories[:1]

        join = held(bound, (), tail, f"{tag}_join")
        members = [Member(join, Role.FUEL, "join")]
        members += [Member(b, Role.FUEL, "backward") for b in backward_strands(bound, tag)]
        if feed:
            members.append(Member(Complex.single(feed[0], f"{tag}_feed"), Role.FUEL, "feed"))
        if products:
            released = [signals[p].strand(h) for p, h in own]
            members.append(Member(_produce(released, last_s, f"{tag}_produce"), Role.FUEL, "produce"))
            members += [
                Member(strand, Role.SIGNAL, "product", Bag.of(p)) for strand, p in zip(released, products, strict=True)
            ]
            flux = Complex.single((last_m, last_s, *tail), f"{tag}_flux")
            members.append(Member(flux, Role.INTERMEDIATE, "flux", reaction.products))
        if len(products) > 1:
            helper = [toeholds[0], *itertools.chain(*zip(histories[1:], toeholds[1:], strict=True))]
            members.append(Member(Complex.single(helper, f"{tag}_helper"), Role.FUEL, "helper"))
            opened = _opened(released, (last_m, last_s), f"{tag}_opened")
            members.append(Member(opened, Role.INTERMEDIATE, "opened", Bag.of(*products[1:])))

        members += reactants_and_held(order, signals, bound, tail, own, tag)
        return Gate(reaction, tuple(order), tuple(members), join)

    def imitated(self, order: Sequence[Species], products: Sequence[Species]) -> frozenset[Pair]:
        """With a single product P the flux strand ``m s h fP`` imitates the backward strand ``m s fP`` across the loop h."""
        return frozenset({(order[-1], products[0])}) if order and len(products) == 1 else frozenset()

    def buffer(self, species: Species, signals: Mapping[Species, Signal], fresh: Fresh) -> Gate:
        """Draw a join gate whose second reactant does not exist."""
        return buffer_gate(species, signals, fresh)


def _produce(released: Sequence[Complex], last_s: Domain, name: str) -> Complex:
    """Return the produce gate with all its products still bound."""
    tops = [f"{h}( {f}( {m} {s}" for h, f, m, s in (c.domains for c in released)]
    bottom = " ".join([")"] * (2 * len(released)) + [f"{last_s}*"])
    return build(" + ".join([*tops, bottom]), [last_s, *(d for c in released for d in c.domains)], name)


def _opened(released: Sequence[Complex], flux: tuple[Domain, Domain], name: str) -> Complex:
    """Return the produce gate after the flux strand has freed the first product."""
    first, others = released[0].domains, released[1:]
    tops = [f"{flux[0]} {flux[1]}( {first[0]}("]
    tops += [f"{h}( {f}( {m} {s}" for h, f, m, s in (c.domains for c in others)]
    bottom = " ".join([")"] * (2 * len(others)) + [f"{first[1]}*", ") )"])
    return build(" + ".join([*tops, bottom]), [*flux, *(d for c in released for d in c.domains)], name)

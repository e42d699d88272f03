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
from dsd.complexes import Complex, parse_kernel
from dsd.domains import Domain
from dsd.schemes.scheme import Fresh, Gate, Member, Role, Scheme, Signal


class Srinivas2015(Scheme):
    """Join gate with backward strands, flux strand, produce gate with a helper."""

    name: ClassVar[str] = "srinivas2015"
    reference: ClassVar[str] = "Srinivas, PhD thesis, Caltech (2015); Srinivas et al., doi:10.1126/science.aal2052"
    summary: ClassVar[str] = (
        "join gate, flux strand, produce gate; rates set by concentrations, with an experimental record"
    )
    arity: ClassVar[str] = "0 to 3 reactants, any products, catalysts included; A + A -> A by a detour"

    def objection(self, order: Sequence[Species], products: Sequence[Species]) -> str | None:
        """Refuse what is known to go wrong.

        With a single product P the flux strand ``m s h fP`` imitates a backward strand ``m s fP`` of its own join gate across the
        loop h if the last reactant R also binds earlier, directly before a P: it pushes that R out again although the gate has
        fired.
        """
        if len(order) > 3:
            return f"more than 3 reactants ({' + '.join(order)})"
        if len(products) == 1 and (*order[-1:], *products) in set(itertools.pairwise(order)):
            return (
                f"the flux strand of {' + '.join(order)} -> {products[0]} imitates the backward strand of {order[-1]} "
                f"(remote toehold), so {order[-1]} is pushed out of a gate that has fired"
            )
        return None

    def signal(self, species: Species, copies: int, fresh: Fresh) -> Signal:
        """Return ``h f m s`` with a wildcard history for each molecule that one gate may hold."""
        recognition = (fresh.toehold(f"f_{species}"), fresh.long(f"m_{species}"), fresh.toehold(f"s_{species}"))
        return Signal(species, recognition, tuple(fresh.long(f"h_{species}") for _ in range(max(1, copies))))

    def gate(
        self, reaction: Reaction, order: Sequence[Species], signals: Mapping[Species, Signal], fresh: Fresh
    ) -> Gate:
        """Draw the gate; see the module for its shape."""
        products = reaction.products.elements()
        tag = reaction.id
        feed = [] if order else [(fresh.toehold(f"f_{tag}"), fresh.long(f"m_{tag}"), fresh.toehold(f"s_{tag}"))]
        bound = [signals[r].recognition for r in order] or feed
        _, last_m, last_s = bound[-1]
        histories = [fresh.long(f"h_{tag}_{i + 1}") for i in range(len(products))]
        toeholds = [signals[p].recognition[0] for p in products]
        tail = (histories + toeholds)[:2] if len(products) == 1 else histories[:1]

        members = [Member(_join(bound, tail, f"{tag}_join"), Role.FUEL, "join")]
        join = members[0].complex
        members += [Member(b, Role.FUEL, "backward") for b in _backward(bound, tag)]
        if feed:
            members.append(Member(Complex.single(feed[0], f"{tag}_feed"), Role.FUEL, "feed"))
        if products:
            released = [signals[p].strand(h) for p, h in zip(products, histories, strict=True)]
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

        variants = {r: _variants(signals[r], histories, products) for r in order}
        for species in dict.fromkeys(order):
            for history in signals[species].histories[: order.count(species)]:
                members.append(Member(signals[species].strand(history), Role.SIGNAL, "reactant", Bag.of(species)))
        for count in range(1, len(order)):
            for held in itertools.product(*(variants[r] for r in order[:count])):
                name = f"{tag}_held_{'_'.join(h.name for h in held)}"
                held_complex = _held(bound, held, tail, name)
                members.append(Member(held_complex, Role.INTERMEDIATE, "held", Bag.of(*order[:count])))
        return Gate(reaction, tuple(order), tuple(members), join)

    def buffer(self, species: Species, signals: Mapping[Species, Signal], fresh: Fresh) -> Gate:
        """Draw a join gate whose second reactant does not exist."""
        bound = signals[species].recognition
        dead_end = fresh.toehold(f"x_{species}")
        tag = f"buffer_{species}"
        join = _build(f"{bound[1]}( {bound[2]}( {dead_end}( + ) ) ) {bound[0]}*", (*bound, dead_end), f"{tag}_join")
        backward = Complex.single((bound[1], bound[2], dead_end), f"{tag}_backward")
        history = signals[species].histories[0]
        held_text = f"{history} {bound[0]}( {bound[1]}( {bound[2]}( + {dead_end}* ) ) )"
        held = _build(held_text, (history, *bound, dead_end), f"{tag}_held_{history.name}")
        return Gate(
            Reaction(tag, Bag.of(species), Bag.of(species)),
            (species,),
            (
                Member(join, Role.BUFFER, "join"),
                Member(backward, Role.BUFFER, "backward"),
                Member(signals[species].strand(history), Role.SIGNAL, "reactant", Bag.of(species)),
                Member(held, Role.INTERMEDIATE, "held", Bag.of(species)),
            ),
            join,
        )


def _variants(signal: Signal, histories: Sequence[Domain], products: Sequence[Species]) -> list[Domain]:
    """Return the histories with which a reactant can reach its own gate: wildcards, and what the gate itself releases."""
    own = [h for h, p in zip(histories, products, strict=True) if p == signal.species]
    return [*signal.histories, *own]


def _build(kernel: str, domains: Sequence[Domain], name: str) -> Complex:
    return parse_kernel(kernel, {d.name: d.length for d in domains}, name)


def _join(bound: Sequence[tuple[Domain, ...]], tail: Sequence[Domain], name: str) -> Complex:
    """Return the join gate that waits for its first reactant."""
    return _held(bound, (), tail, name)


def _held(bound: Sequence[tuple[Domain, ...]], held: Sequence[Domain], tail: Sequence[Domain], name: str) -> Complex:
    """Return the join gate that holds its first reactants, given by their histories; the next toehold lies open."""
    taken, waiting = bound[: len(held)], bound[len(held) :]
    tops = [f"{h} {f}( {m}( {s}(" for h, (f, m, s) in zip(held, taken, strict=True)]
    tops += [f"{m}( {s}( {after[0]}(" for (_, m, s), after in itertools.pairwise(waiting)]
    tops.append(" ".join([f"{waiting[-1][1]}( {waiting[-1][2]}(", *map(str, tail)]))
    bottom = [")"] * (3 * len(waiting) - 1) + [f"{waiting[0][0]}*"] + [")"] * (3 * len(taken))
    every = [d for strand in bound for d in strand]
    return _build(" + ".join([*tops, " ".join(bottom)]), [*every, *held, *tail], name)


def _backward(bound: Sequence[tuple[Domain, ...]], tag: str) -> list[Complex]:
    return [
        Complex.single((m, s, after[0]), f"{tag}_backward{i + 1}")
        for i, ((_, m, s), after) in enumerate(itertools.pairwise(bound))
    ]


def _produce(released: Sequence[Complex], last_s: Domain, name: str) -> Complex:
    """Return the produce gate with all its products still bound."""
    tops = [f"{h}( {f}( {m} {s}" for h, f, m, s in (c.domains for c in released)]
    bottom = " ".join([")"] * (2 * len(released)) + [f"{last_s}*"])
    return _build(" + ".join([*tops, bottom]), [last_s, *(d for c in released for d in c.domains)], name)


def _opened(released: Sequence[Complex], flux: tuple[Domain, Domain], name: str) -> Complex:
    """Return the produce gate after the flux strand has freed the first product."""
    first, others = released[0].domains, released[1:]
    tops = [f"{flux[0]} {flux[1]}( {first[0]}("]
    tops += [f"{h}( {f}( {m} {s}" for h, f, m, s in (c.domains for c in others)]
    bottom = " ".join([")"] * (2 * len(others)) + [f"{first[1]}*", ") )"])
    return _build(" + ".join([*tops, bottom]), [*flux, *(d for c in released for d in c.domains)], name)

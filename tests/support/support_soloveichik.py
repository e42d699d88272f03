"""Gates of Soloveichik, Seelig and Winfree (PNAS 107, 5393, 2010) for two reactants, written for tests of cross-talk.

A signal of A is ``h tA dA sA``. For A + B -> C + D the join gate is ``dA( sA( tB( + dB( sB( a tC b tD + ) ) ) ) ) tA*``, the
backward strand ``dA sA tB``, and the translator ``a( tC( dC sC + b( tD( dD sD + ) ) ) ) sB*`` frees all products at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from crn.network import Bag, Reaction, Species
from dsd.complexes import Complex, parse_kernel
from dsd.domains import Domain
from dsd.schemes import Fresh, Gate, Member, Role, Signal


def signal(species: Species, fresh: Fresh) -> Signal:
    recognition = (fresh.toehold(f"t_{species}"), fresh.long(f"d_{species}"), fresh.toehold(f"s_{species}"))
    return Signal(species, recognition, (fresh.long(f"h_{species}"),))


def gate(reaction: Reaction, order: Sequence[Species], signals: Mapping[Species, Signal], fresh: Fresh) -> Gate:
    tag, products = reaction.id, reaction.products.elements()
    (ta, da, sa), (tb, db, sb) = (signals[r].recognition for r in order)
    histories = [fresh.long(f"h_{tag}_{i}") for i in range(len(products))]
    output = [d for h, p in zip(histories, products, strict=True) for d in (h, signals[p].recognition[0])]
    every = [ta, da, sa, tb, db, sb, *histories, *(d for p in products for d in signals[p].recognition)]
    every += [h for r in order for h in signals[r].histories]

    def build(kernel: str, name: str) -> Complex:
        return parse_kernel(kernel, {d.name: d.length for d in every}, f"{tag}_{name}")

    tail = " ".join(map(str, output))
    join = build(f"{da}( {sa}( {tb}( + {db}( {sb}( {tail} + ) ) ) ) ) {ta}*", "join")
    tops = [
        f"{h}( {t}( {d} {s}" for h, (t, d, s) in zip(histories, (signals[p].recognition for p in products), strict=True)
    ]
    translate = build(f"{' + '.join(tops)} + {') ' * (2 * len(products))} {sb}*", "translate")
    members = [
        Member(join, Role.FUEL, "join"),
        Member(_strand((da, sa, tb), f"{tag}_backward"), Role.FUEL, "backward"),
        Member(translate, Role.FUEL, "translate"),
        Member(_strand((db, sb, *output), f"{tag}_output"), Role.INTERMEDIATE, "output", reaction.products),
    ]
    members += [Member(signals[r].strand(signals[r].histories[0]), Role.SIGNAL, "reactant", Bag.of(r)) for r in order]
    released = [(signals[p].strand(h), p) for h, p in zip(histories, products, strict=True)]
    members += [Member(strand, Role.SIGNAL, "product", Bag.of(p)) for strand, p in released]
    first = order[0]
    for h in [signals[first].histories[0], *(h for h, p in zip(histories, products, strict=True) if p == first)]:
        held = build(f"{h} {ta}( {da}( {sa}( + {db}( {sb}( {tail} + ) ) {tb}* ) ) )", f"held_{h}")
        members.append(Member(held, Role.INTERMEDIATE, "held", Bag.of(first)))
    return Gate(reaction, tuple(order), tuple(members), join)


def _strand(domains: Sequence[Domain], name: str) -> Complex:
    return Complex.single(domains, name)

"""A leakless translator: every strand that is to be freed is held by long domains that no single other strand exposes.

The principle of redundant long domains is that of C. Thachuk, E. Winfree, D. Soloveichik, "Leakless DNA strand displacement
systems", LNCS 9211, 133 (2015), doi:10.1007/978-3-319-21999-8_9, and B. Wang, C. Thachuk, A. D. Ellington, E. Winfree,
D. Soloveichik, "Effective design principles for leakless strand displacement systems", PNAS 115, E12182 (2018),
doi:10.1073/pnas.1806859115: a strand can leave without its input only if two complexes come together at once. Our own arrangement:
signals keep a first toehold and a history at the 5' end, as in the other schemes, and two products are freed by way of a relay.

It carries reactions of one reactant or none. A gate for two needs a free strand to push the first out again, and a free strand is
all exposed: it can take the place of its double anywhere.

A signal of A is the strand ``h bA fA mA sA rA nA``: history, three long domains b, m, n, a first toehold f, inner toeholds s and r.
For A -> C, and for A -> C + D::

    join      mA( sA( rA( nA( bC fC mC + ) ) ) ) fA*              A docks on fA* and frees the flux
    produce   nA( bC( fC( mC( sC rC nC + ) ) ) ) rA*              which docks on rA* and frees C

    join      mA( sA( rA( nA( bC fC mC a + ) ) ) ) fA*
    relay     rA( nA( bC( fC( mC( a( bD fD mD + ) ) ) ) ) ) sA*   the flux docks on sA* and frees the relay strand
    produce   nA( bC( fC( mC( sC rC nC + a( bD( fD( mD( sD rD nD + ) ) ) ) ) ) ) ) rA*    which frees C and D

The history of C is nA, that of D is a. What the flux exposes while it is bound holds none of the products by itself, nor does what
the relay strand exposes. (The flux may go to the last gate by itself and free C only; the relay gate then gives it its strand.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from crn.network import Bag, Reaction, Species
from dsd.complexes import Complex
from dsd.domains import Domain
from dsd.schemes.joins import build
from dsd.schemes.scheme import Debt, Fresh, Gate, Ledger, Member, Pair, Role, Scheme, Signal, bottom_of


class Wang2018(Scheme):
    """Translators of redundant long domains."""

    name: ClassVar[str] = "wang2018"
    reference: ClassVar[str] = (
        "Wang et al., PNAS 115:E12182 (2018), doi:10.1073/pnas.1806859115; Thachuk et al., doi:10.1007/978-3-319-21999-8_9"
    )
    summary: ClassVar[str] = "leakless translators of redundant long domains; nothing leaks by a single invasion"
    arity: ClassVar[str] = (
        "one reactant or none, at most two products (more by lowering), catalysts included; not A -> 2A"
    )
    most_products: ClassVar[int] = 2
    imitation: ClassVar[str] = (
        "what the second sets free asks for {1} in the gate of the first too, which {0} opens alike"
    )

    def objection(self, order: Sequence[Species], products: Sequence[Species]) -> str | None:
        """Refuse two reactants, more than two products, and products that are all the reactant itself."""
        if len(order) > 1:
            return f"{' + '.join(order)}: a second reactant needs a free strand to push the first out, and free strands leak"
        if len(products) > 2:
            return f"more than two products ({' + '.join(products)})"
        if products and set(products) == set(order):
            return f"{order[0]} would be told from itself by its own domain"
        return None

    def signal(self, species: Species, copies: int, fresh: Fresh) -> Signal:  # noqa: ARG002  # no gate holds two
        """Return ``h b f m s r n`` with a wildcard history."""
        recognition = (
            fresh.long(f"b_{species}"),
            fresh.toehold(f"f_{species}"),
            fresh.long(f"m_{species}"),
            fresh.toehold(f"s_{species}"),
            fresh.toehold(f"r_{species}"),
            fresh.long(f"n_{species}"),
        )
        return Signal(species, recognition, (fresh.long(f"h_{species}"),))

    def gate(
        self, reaction: Reaction, order: Sequence[Species], signals: Mapping[Species, Signal], fresh: Fresh
    ) -> Gate:
        """Draw the gate; see the module for its shape."""
        tag = reaction.id
        products = _first_a_new_one(reaction)
        feed = None if order else self.signal(tag, 1, fresh)
        taken = signals[order[0]] if order else feed
        assert taken is not None, "a reactant or what stands in for one"
        _, f, m, s, r, n = taken.recognition
        histories = [n, fresh.long(f"a_{tag}")][: len(products)]
        strands = [signals[p].strand(h) for p, h in zip(products, histories, strict=True)]
        held = [(h, *signals[p].recognition[:3]) for p, h in zip(products, histories, strict=True)]
        every: list[Domain] = [f, m, s, r, n, *histories, *(d for c in strands for d in c.domains)]

        def drawn(tops: list[str], toehold: Domain, name: str) -> Complex:
            closed = " ".join([")"] * sum(top.count("(") for top in tops))
            return build(f"{' + '.join(tops)} + {closed} {toehold}*", every, f"{tag}_{name}")

        def paired(domains: Sequence[Domain]) -> str:
            return " ".join(f"{d}(" for d in domains)

        def free(domains: Sequence[Domain]) -> str:
            return " ".join(map(str, domains))

        tail = [d for group in held for d in group][1:]
        shown = tail[:-3] if len(products) == 2 else tail
        join = drawn([f"{paired((m, s, r, n))} {free(shown)}"] if products else [paired((m, s, r, n))], f, "join")
        flux = Complex.single((m, s, r, n, *(shown if products else ())), f"{tag}_flux")
        members = [Member(join, Role.FUEL, "join")]
        worths = [(flux.strands[0], reaction.products)]
        debts = [Debt(bottom_of(join), reaction.products, Bag.of(*order), flux.strands[0], gone=True)]
        if feed:
            members.append(Member(Complex.single(feed.recognition[1:], f"{tag}_feed"), Role.FUEL, "feed"))
        if len(products) == 2:
            relay = drawn([f"{paired((r, n, *shown))} {free(tail[-3:])}"], s, "relay")
            relayed = Complex.single((r, n, *tail), f"{tag}_relayed")
            members += [
                Member(relay, Role.FUEL, "relay"),
                Member(relayed, Role.INTERMEDIATE, "relayed", reaction.products),
            ]
            worths.append((relayed.strands[0], reaction.products))
            debts.append(Debt(bottom_of(relay), reaction.products))
        if products:
            tops = [
                f"{paired(group)} {free(signals[p].recognition[3:])}" for group, p in zip(held, products, strict=True)
            ]
            produce = drawn(tops, r, "produce")
            members += [
                Member(produce, Role.FUEL, "produce"),
                Member(flux, Role.INTERMEDIATE, "flux", reaction.products),
            ]
            debts.append(Debt(bottom_of(produce), reaction.products))
        members += [
            Member(signals[x].strand(signals[x].histories[0]), Role.SIGNAL, "reactant", Bag.of(x)) for x in order
        ]
        members += [Member(c, Role.SIGNAL, "product", Bag.of(p)) for c, p in zip(strands, products, strict=True)]
        ledger = Ledger(tuple(signals[x] for x in dict.fromkeys((*order, *products))), tuple(worths), tuple(debts))
        return Gate(reaction, tuple(order), tuple(members), join, ledger)

    def needed(self, order: Sequence[Species], products: Sequence[Species]) -> frozenset[Pair]:
        """Return the reactant with the product that its own domain stands for."""
        reaction = Reaction("r", Bag.of(*order), Bag.of(*products))
        return frozenset({(order[0], _first_a_new_one(reaction)[0])}) if order and products else frozenset()

    def imitated(self, order: Sequence[Species], products: Sequence[Species]) -> frozenset[Pair]:
        """Return the same where there is a relay, which goes to every gate that opens the same way."""
        return self.needed(order, products) if len(products) == 2 else frozenset()


def _first_a_new_one(reaction: Reaction) -> tuple[Species, ...]:
    """Return the products, one that is not the reactant first."""
    products = reaction.products.elements()
    return tuple(sorted(products, key=lambda p: p in reaction.reactants))

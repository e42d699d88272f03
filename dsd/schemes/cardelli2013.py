"""The two-domain scheme of Cardelli, with three-domain locks and without collection of garbage.

L. Cardelli, "Two-domain DNA strand displacement", Mathematical Structures in Computer Science 23, 247 (2013),
doi:10.1017/S0960129512000102, figures 3 to 10 and 15: signals of two domains, gates that are nicked double strands without
overhangs. Of the variants of the paper this is the one that is right for every reaction: a strand of three domains locks a gate
when all its reactants are in. Deviations: any number of reactants and products; all strands that gates take in are fuels, so that
nothing has to be collected; catalysts have no gates of their own; a source is fed by a signal that is always there. It is right
only where branch migration does not start from remote toeholds, and is enumerated without.

A signal of A is the strand ``t xA``: the toehold that all species share, recognition domain. For A + B -> C + D::

    join     xA( t( + xB( t( + b( + a( t( + a( + ) ) ) ) ) ) ) ) t*     A and B push out their co-signals
    lock     t b a                        docks behind the last reactant and sheds b for good and a t, the flux
    fork     xA( + t( xD( + t( xC( + t( a( + t* ) ) ) ) ) ) )           the flux a t frees t a, which closes the join
    co       xA t, xB t, xC t, xD t       in excess: undo what reactants do, and push out the products, C first, at last xA
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from crn.network import Bag, Reaction, Species
from dsd.complexes import Complex
from dsd.schemes.joins import build
from dsd.schemes.scheme import Debt, Fresh, Gate, Ledger, Member, Role, Scheme, Signal, bottom_of


class Cardelli2013(Scheme):
    """Two-domain signals, join and fork, a three-domain lock."""

    name: ClassVar[str] = "cardelli2013"
    reference: ClassVar[str] = "Cardelli, Math. Struct. Comp. Sci. 23:247 (2013), doi:10.1017/S0960129512000102"
    summary: ClassVar[str] = "two-domain signals of 20 nt, gates without overhangs; one toehold for everything"
    arity: ClassVar[str] = "any reactants, any products, catalysts included"
    rates: ClassVar[str] = "all toeholds are one and the same, so that no step can be made slower than another"
    remote: ClassVar[bool] = False

    def objection(self, order: Sequence[Species], products: Sequence[Species]) -> str | None:  # noqa: ARG002  # carries all
        """Carry everything."""
        return None

    def signal(self, species: Species, copies: int, fresh: Fresh) -> Signal:  # noqa: ARG002  # all copies are alike
        """Return ``t x``."""
        return Signal(species, (fresh.universal(), fresh.long(f"x_{species}")))

    def gate(
        self, reaction: Reaction, order: Sequence[Species], signals: Mapping[Species, Signal], fresh: Fresh
    ) -> Gate:
        """Draw join, lock and fork; see the module for their shapes."""
        tag, products, t = reaction.id, reaction.products.elements(), fresh.universal()
        feed = [] if order else [fresh.long(f"x_{tag}_feed")]
        xs = [signals[r].recognition[1] for r in order] or feed
        ys = [signals[p].recognition[1] for p in products]
        a, b = fresh.long(f"a_{tag}"), fresh.long(f"b_{tag}")
        every = [t, a, b, *xs, *ys]

        tops = [*(f"{x}( {t}(" for x in xs), f"{b}(", f"{a}( {t}(", f"{a}("]
        join = build(f"{' + '.join(tops)} + {') ' * (2 * len(xs) + 4)} {t}*", every, f"{tag}_join")
        tops = [f"{xs[0]}(", *(f"{t}( {y}(" for y in reversed(ys)), f"{t}( {a}("]
        fork = build(f"{' + '.join(tops)} + {t}* {') ' * (2 * len(ys) + 3)}", every, f"{tag}_fork")
        lock = Complex.single((t, b, a), f"{tag}_lock")
        flux = Complex.single((a, t), f"{tag}_flux")
        members = [Member(join, Role.FUEL, "join"), Member(lock, Role.FUEL, "lock"), Member(fork, Role.FUEL, "fork")]
        members += [Member(Complex.single((t, x), f"{tag}_feed"), Role.FUEL, "feed") for x in feed]
        members += [
            Member(Complex.single((x, t), f"{x.name.removeprefix('x_')}_co"), Role.FUEL, "co-signal")
            for x in dict.fromkeys((*xs, *ys))
        ]
        members += [Member(signals[r].strand(), Role.SIGNAL, "reactant", Bag.of(r)) for r in dict.fromkeys(order)]
        members += [Member(signals[p].strand(), Role.SIGNAL, "product", Bag.of(p)) for p in dict.fromkeys(products)]
        if products:
            members.append(Member(flux, Role.INTERMEDIATE, "flux", reaction.products))
        ledger = Ledger(
            tuple(signals[s] for s in dict.fromkeys((*order, *products))),
            ((flux.strands[0], reaction.products),),
            (
                Debt(bottom_of(join), reaction.products, reaction.reactants, lock.strands[0]),
                Debt(bottom_of(fork), reaction.products),
            ),
        )
        return Gate(reaction, tuple(order), tuple(members), join, ledger)

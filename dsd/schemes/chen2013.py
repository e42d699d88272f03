"""The join and fork modules of Chen and others, two-domain signals with a toehold for every species.

Y.-J. Chen, N. Dalchau, N. Srinivas, A. Phillips, L. Cardelli, D. Soloveichik, G. Seelig, "Programmable chemical controllers made
from DNA", Nature Nanotechnology 8, 755 (2013), doi:10.1038/nnano.2013.189, supplementary figure S7.6; built at the bench from
plasmid DNA. Deviations: any number of reactants and products; every reaction has a join of its own; a source is fed by a signal
that is always there.

A signal of A is the strand ``tA xA``: toehold, recognition domain. For A + B -> C + D::

    join     xA( tB( + xB( u( + r( v( + ) ) ) ) ) ) tA*      A frees xA tB, B frees xB u
    release  u r                                             docks where B was, and frees the flux r v
    fork     i( + tD( xD( + tC( xC( + u( r( + v* ) ) ) ) ) ) )    the flux frees u r
    helpers  xC u, xD tC, i tD                               push out C, then D, at last i

Nothing here is for good until i is out: the flux comes back, and so do products that have left. The gates are right for what makes
nothing, and where the network has the reverse reaction as well. And a reactant that waits can leave only by the strand that it has
freed: no two gates may take the same species, nor one gate two of a kind.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import ClassVar

from crn.network import Bag, Reaction, Species
from dsd.complexes import Complex
from dsd.schemes.joins import build
from dsd.schemes.scheme import Debt, Fresh, Gate, Ledger, Member, Pair, Role, Scheme, Signal, bottom_of


class Chen2013(Scheme):
    """Join and fork of two-domain signals."""

    name: ClassVar[str] = "chen2013"
    reference: ClassVar[str] = "Chen et al., Nature Nanotechnology 8:755 (2013), doi:10.1038/nnano.2013.189"
    summary: ClassVar[str] = "join and fork of two-domain signals, made from plasmids; every step can be undone"
    arity: ClassVar[str] = "any reactants, any products; right only for reactions that have a reverse or no products"
    rates: ClassVar[str] = "every step of join and fork can be undone, so that no single step sets the rate"
    undone: ClassVar[str] = "the join takes back the strand that it has freed, and products turn back into reactants"

    def objection(self, order: Sequence[Species], products: Sequence[Species]) -> str | None:  # noqa: ARG002  # carries all
        """Carry everything."""
        return None

    imitation: ClassVar[str] = "{0} waits in either, and can leave only by the strand that it has freed"

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

    def signal(self, species: Species, copies: int, fresh: Fresh) -> Signal:  # noqa: ARG002  # all copies are alike
        """Return ``t x``."""
        return Signal(species, (fresh.toehold(f"t_{species}"), fresh.long(f"x_{species}")))

    def gate(
        self, reaction: Reaction, order: Sequence[Species], signals: Mapping[Species, Signal], fresh: Fresh
    ) -> Gate:
        """Draw join and fork; see the module for their shapes."""
        tag, products = reaction.id, reaction.products.elements()
        feed = [] if order else [(fresh.toehold(f"t_{tag}_feed"), fresh.long(f"x_{tag}_feed"))]
        inputs = [signals[r].recognition for r in order] or feed
        outputs = [signals[p].recognition for p in products]
        u, r, v, i = (
            fresh.toehold(f"u_{tag}"),
            fresh.long(f"r_{tag}"),
            fresh.toehold(f"v_{tag}"),
            fresh.long(f"i_{tag}"),
        )
        every = [u, r, v, i, *itertools.chain(*inputs), *itertools.chain(*outputs)]

        behind = [*(t for t, _ in inputs[1:]), u]
        tops = [*(f"{x}( {t}(" for (_, x), t in zip(inputs, behind, strict=True)), f"{r}( {v}("]
        join = build(f"{' + '.join(tops)} + {') ' * (2 * len(tops))} {inputs[0][0]}*", every, f"{tag}_join")
        tops = [f"{i}(", *(f"{t}( {x}(" for t, x in reversed(outputs)), f"{u}( {r}("]
        fork = build(f"{' + '.join(tops)} + {v}* {') ' * (2 * len(outputs) + 3)}", every, f"{tag}_fork")
        release, flux = Complex.single((u, r), f"{tag}_release"), Complex.single((r, v), f"{tag}_flux")
        pushed = zip([*(x for _, x in outputs), i], [u, *(t for t, _ in outputs)], strict=True)
        helpers = [Complex.single(pair, f"{tag}_helper{n}") for n, pair in enumerate(pushed, 1)]

        members = [
            Member(join, Role.FUEL, "join"),
            Member(release, Role.FUEL, "release"),
            Member(fork, Role.FUEL, "fork"),
        ]
        members += [Member(h, Role.FUEL, "helper") for h in helpers]
        members += [Member(Complex.single(f, f"{tag}_feed"), Role.FUEL, "feed") for f in feed]
        members += [Member(signals[s].strand(), Role.SIGNAL, "reactant", Bag.of(s)) for s in dict.fromkeys(order)]
        members += [Member(signals[p].strand(), Role.SIGNAL, "product", Bag.of(p)) for p in dict.fromkeys(products)]
        # What makes nothing fires at the very end, when i is out; everything else must have fired when a product is out.
        early = bool(products)
        carried = reaction.products if early else reaction.reactants
        if len(carried):
            members.append(Member(flux, Role.INTERMEDIATE, "flux", carried))
        debts = (
            Debt(bottom_of(join), carried, reaction.reactants, release.strands[0]),
            Debt(bottom_of(fork), reaction.products)
            if early
            else Debt(bottom_of(fork), Bag(), reaction.reactants, helpers[-1].strands[0]),
        )
        ledger = Ledger(
            tuple(signals[s] for s in dict.fromkeys((*order, *products))), ((flux.strands[0], carried),), debts
        )
        return Gate(reaction, tuple(order), tuple(members), join, ledger)

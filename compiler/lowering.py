"""Passes that bring a network into a form that a scheme can carry, or carries better.

Reactions are merged, lowered in order, joined with their reverse or taken through a detour; a scheme says what it needs, and the
notes say what it costs. How a network is rewritten is said in `crn.rewrite`; the passes from there to DNA are in `compiler.passes`.
"""

from __future__ import annotations

import dataclasses
import itertools
from dataclasses import dataclass
from typing import ClassVar

from compiler.state import Pass, State
from crn.diagnostics import CircuitError, Diagnostic
from crn.network import Bag, Reaction
from crn.rewrite import detour, lower_order, lower_products, merge_duplicates, reversible_pairs
from dsd.schemes import SCHEMES, Scheme


@dataclass(frozen=True)
class MergeDuplicates(Pass):
    """Equal reactions become one."""

    name: ClassVar[str] = "merge-duplicates"

    def apply(self, state: State) -> State:
        """See `crn.rewrite.merge_duplicates`."""
        made = merge_duplicates(state.lowered)
        if not made.crn.reactions:
            raise CircuitError("no reaction of the network changes anything")
        if made.crn.constant:
            raise CircuitError(
                Diagnostic(
                    f"{', '.join(made.crn.constant)}: @constant cannot be held in a tube",
                    advice="write what makes and what removes it as reactions",
                )
            )
        return state.rewritten(self.name, made)


@dataclass(frozen=True)
class LowerOrder(Pass):
    """Reactions of too high an order are bound in pairs first."""

    name: ClassVar[str] = "lower-order"
    most: int = 3
    held: float = 0.01

    def apply(self, state: State) -> State:
        """See `crn.rewrite.lower_order`."""
        return state.rewritten(self.name, lower_order(state.lowered, self.most, self.held))


@dataclass(frozen=True)
class LowerProducts(Pass):
    """Reactions of too many products make them in several steps."""

    name: ClassVar[str] = "lower-products"
    most: int = 2
    speed: float = 100.0

    def apply(self, state: State) -> State:
        """See `crn.rewrite.lower_products`."""
        return state.rewritten(self.name, lower_products(state.lowered, self.most, self.speed))


@dataclass(frozen=True)
class JoinReversible(Pass):
    """A reaction and its reverse share a gate."""

    name: ClassVar[str] = "join-reversible"

    def apply(self, state: State) -> State:
        """See `crn.rewrite.reversible_pairs`."""
        pairs = reversible_pairs(state.lowered)
        joined = dataclasses.replace(state, pairs=pairs)
        return (
            joined.noted(f"{self.name}: {', '.join(a for a, _ in pairs)} and the reverse share a gate each")
            if pairs
            else joined
        )


@dataclass(frozen=True)
class SplitReversible(Pass):
    """A reaction and its reverse have gates of their own, as they have unless they were joined."""

    name: ClassVar[str] = "split-reversible"

    def apply(self, state: State) -> State:
        """Forget the pairs."""
        return dataclasses.replace(state, pairs=())


@dataclass(frozen=True)
class Detour(Pass):
    """Reactions that the scheme gets wrong in one step are carried in two, where that helps."""

    name: ClassVar[str] = "detour"
    scheme: str
    speed: float = 100.0

    def apply(self, state: State) -> State:
        """See `crn.rewrite.detour`."""
        scheme = scheme_of(self.scheme)
        stuck = [r.id for r in state.lowered.reactions if not carried(scheme, r) and helped(scheme, r)]
        return state.rewritten(self.name, detour(state.lowered, stuck, self.speed))


@dataclass(frozen=True)
class ShareCatalysts(Pass):
    """All gates give a catalyst back as one and the same strand, which takes fewer nucleotides and strands."""

    name: ClassVar[str] = "share-catalysts"

    def apply(self, state: State) -> State:
        """Name the species that some reaction both takes and gives."""
        kept = (s for r in state.lowered.reactions for s in r.reactants.support if s in r.products)
        catalysts = tuple(dict.fromkeys(kept))
        shared = dataclasses.replace(state, catalysts=catalysts)
        return (
            shared.noted(f"{self.name}: {', '.join(catalysts)} come back alike from every gate")
            if catalysts
            else shared
        )


def scheme_of(name: str) -> Scheme:
    """Return the built-in scheme with the given name."""
    for scheme in SCHEMES:
        if scheme.name == name:
            return scheme
    raise CircuitError(
        Diagnostic(f"there is no scheme {name!r}", advice=f"built in: {', '.join(s.name for s in SCHEMES)}")
    )


def carried(scheme: Scheme, reaction: Reaction) -> bool:
    """Whether the scheme can carry a reaction, and is right, with its reactants bound in some order."""
    products = reaction.products.elements()
    orders = dict.fromkeys(itertools.permutations(reaction.reactants.elements()))
    return any(scheme.objection(o, products) is None and scheme.fault(o, products) is None for o in orders)


def helped(scheme: Scheme, reaction: Reaction) -> bool:
    """Whether the scheme can carry the two steps of a detour around a reaction."""
    between = Bag.of("between")
    first = dataclasses.replace(reaction, products=between)
    return carried(scheme, first) and carried(scheme, dataclasses.replace(reaction, reactants=between))

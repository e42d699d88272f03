"""A soup: everything that complexes do to one another, found pair by pair.

Condensed reactions have two reactants, so that the network of a whole is known once every two complexes that rest in it have met;
pairs of the same shape are enumerated once. It is the network that `dsd.enumeration` finds in one go, at a cost that grows with
the number of pairs that expose complementary domains. What the complexes are meant for is not known here.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dsd.complexes import Complex
from dsd.condensation import CondensedReaction
from dsd.domains import Domain
from dsd.enumeration import DEFAULT_OPTIONS, CondensedNetwork, EnumerationOptions, EnumerationOutcome, condensed_network
from dsd.templates import shape_of


@dataclass(frozen=True, slots=True)
class SoupLimits:
    """When to give up."""

    complexes: int = 200_000
    """Complexes that rest."""
    pairs: int = 2_000_000
    """Pairs with complementary free domains."""


@dataclass(frozen=True, slots=True)
class Soup:
    """What a set of complexes becomes.

    Attributes
    ----------
    complexes : tuple of Complex
        The representatives of all macrostates: those that were given, in their order, then what they make, without names.
    reactions : tuple of CondensedReaction
        Rates in /M/s.
    pairs, shapes : int
        How many pairs expose complementary domains, and how many shapes of pairs had to be enumerated.
    outcome : EnumerationOutcome
        If incomplete, the others are what was found until then.
    """

    complexes: tuple[Complex, ...]
    reactions: tuple[CondensedReaction, ...]
    pairs: int
    shapes: int
    outcome: EnumerationOutcome


def enumerate_soup(
    initial: Sequence[Complex], options: EnumerationOptions = DEFAULT_OPTIONS, limits: SoupLimits = SoupLimits()
) -> Soup:
    """Find what complexes become.

    Parameters
    ----------
    initial : sequence of Complex
        Equal ones count once.
    options : EnumerationOptions
        For every pair; its limits hold for one pair at a time, `max_seconds` for all.
    limits : SoupLimits
    """
    search = _Search(_Pairs(options), limits)
    if not search.arrive(dict.fromkeys(initial)):
        return _in_one_go(initial, options)
    while search.agenda and search.outcome.complete:
        search.meet(search.agenda.pop())
    return Soup(tuple(search.resting), tuple(search.reactions), search.pairs, len(search.known), search.outcome)


def _in_one_go(initial: Sequence[Complex], options: EnumerationOptions) -> Soup:
    """Enumerate complexes some of which do not rest, and so are not there when the others meet."""
    found: CondensedNetwork = condensed_network(initial, options)
    complexes = tuple(m.representative for m in found.macrostates)
    return Soup(complexes, found.reactions, 0, 1, found.outcome)


@dataclass(frozen=True, slots=True)
class _Form:
    """What a complex looks like: the number of its shape, and its domains in the order of the shape."""

    number: int
    domains: tuple[Domain, ...]
    place: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class _Meeting:
    """What a pair does, in the domains of the first pair of its shape.

    Attributes
    ----------
    domains : tuple of Domain
    own : tuple of Complex
        The macrostate of the first complex; empty if it does not rest.
    reactions : tuple of (macrostates of the products, rate in /M/s)
    outcome : EnumerationOutcome
    """

    domains: tuple[Domain, ...]
    own: tuple[Complex, ...]
    reactions: tuple[tuple[tuple[tuple[Complex, ...], ...], float], ...]
    outcome: EnumerationOutcome


class _Pairs:
    """What pairs do, by shape: those of the two, and which domains they share."""

    def __init__(self, options: EnumerationOptions) -> None:
        self.options = options
        self._numbers: dict[object, int] = {}
        self._forms: dict[Complex, _Form] = {}
        self._known: dict[tuple[int, int, tuple[int, ...]], _Meeting] = {}

    def __len__(self) -> int:
        """Return the number of shapes that were enumerated."""
        return len(self._known)

    def of(self, first: Complex, second: Complex) -> tuple[_Meeting, tuple[Domain, ...]]:
        """Return what two complexes do, which may be the same, and the domains of the pair."""
        a, b = self._form(first), self._form(second)
        if a.number > b.number:
            first, second, a, b = second, first, b, a
        shared = tuple([a.place.get(d.name, -1) for d in b.domains])
        domains = a.domains + tuple([d for d, at in zip(b.domains, shared, strict=True) if at < 0])
        key = (a.number, b.number, shared)
        meeting = self._known.get(key)
        if meeting is None:
            meeting = self._known[key] = self._enumerated(first, second, domains)
        return meeting, domains

    def _form(self, item: Complex) -> _Form:
        form = self._forms.get(item)
        if form is None:
            shape, domains = shape_of((item,))
            number = self._numbers.setdefault(shape, len(self._numbers))
            form = self._forms[item] = _Form(number, domains, {d.name: i for i, d in enumerate(domains)})
        return form

    def _enumerated(self, first: Complex, second: Complex, domains: tuple[Domain, ...]) -> _Meeting:
        network = condensed_network((first, second), self.options, once=True)
        members = {s.representative: s.complexes for s in network.macrostates}
        given = Counter((first, second))
        reactions = [
            (tuple(members[p] for p in r.products), r.rate) for r in network.reactions if Counter(r.reactants) == given
        ]
        own = next((s.complexes for s in network.macrostates if first in s.complexes), ())
        return _Meeting(domains, own, tuple(reactions), network.outcome)


class _Search:
    """The state of one search.

    Attributes
    ----------
    resting : dict of Complex to None
        Representatives, in the order in which they were met.
    agenda : list of Complex
        Representatives that have met nothing so far.
    """

    def __init__(self, known: _Pairs, limits: SoupLimits) -> None:
        self.known, self.limits = known, limits
        self.resting: dict[Complex, None] = {}
        self.agenda: list[Complex] = []
        self.reactions: list[CondensedReaction] = []
        self.pairs = 0
        self.outcome = EnumerationOutcome()
        self._representative: dict[Complex, Complex] = {}
        self._exposed: dict[Complex, tuple[Domain, ...]] = {}
        self._free: dict[Domain, list[Complex]] = {}
        self._deadline = time.monotonic() + known.options.max_seconds

    def arrive(self, given: Iterable[Complex]) -> bool:
        """Let the given complexes in; return whether all of them rest."""
        for item in given:
            if item in self._representative:
                continue
            alone, domains = self.known.of(item, item)
            self.outcome = alone.outcome
            if not self.outcome.complete:
                return True
            if not alone.own:
                return False
            naming = dict(zip(alone.domains, domains, strict=True))
            self._enter(item, [m.renamed(naming) for m in alone.own])
        self.agenda.reverse()
        return True

    def _enter(self, item: Complex, members: Sequence[Complex]) -> None:
        """Note a macrostate that was not here before."""
        self.resting[item] = None
        self._representative.update(dict.fromkeys(members, item))
        self._exposed[item] = tuple(sorted({d for m in members for d in m.free_domains}))
        self.agenda.append(item)

    def meet(self, arrival: Complex) -> None:
        """Let a complex meet itself and all that have met before it."""
        partners: dict[Complex, None] = {}
        for domain in self._exposed[arrival]:
            self._free.setdefault(domain, []).append(arrival)
        for domain in self._exposed[arrival]:
            partners.update(dict.fromkeys(self._free.get(~domain, ())))
        for other in partners:
            self.pairs += 1
            self._react(arrival, other)
            if not self.outcome.complete:
                return
        if self.pairs > self.limits.pairs or len(self.resting) > self.limits.complexes:
            advice = f"{len(self.resting)} complexes in {self.pairs} pairs; share fewer toeholds, or raise the limit"
            self.outcome = EnumerationOutcome("pairs" if self.pairs > self.limits.pairs else "complexes", advice)
        elif time.monotonic() > self._deadline:
            advice = f"not done after {self.known.options.max_seconds:g} s and {self.pairs} pairs"
            self.outcome = EnumerationOutcome("max_seconds", advice)

    def _react(self, first: Complex, second: Complex) -> None:
        meeting, domains = self.known.of(first, second)
        if not meeting.outcome.complete:
            self.outcome = meeting.outcome
        if meeting.reactions:
            naming = {a: b for a, b in zip(meeting.domains, domains, strict=True) if a != b}
            for products, rate in meeting.reactions:
                found = tuple([self._representing(p, naming) for p in products])
                self.reactions.append(CondensedReaction((first, second), found, rate))

    def _representing(self, members: Sequence[Complex], naming: Mapping[Domain, Domain]) -> Complex:
        """Return the representative of a macrostate after renaming, a new one if it was never met."""
        here = []
        for member in members:
            here.append(member.renamed(naming))
            known = self._representative.get(here[-1])
            if known is not None:
                return known
        least = here[0] if len(here) == 1 else min(here, key=lambda c: c.kernel)
        self._enter(least, here)
        return least

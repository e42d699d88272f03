"""Cross-talk: what complexes of different gates do to one another.

Every pair of complexes that expose complementary domains is looked at, whichever gates they belong to; pairs of the same shape are
decided once. What comes out is compared with the reactions that the gates are meant to have: nothing may be missing, and what is
new is cross-talk. Whether it does harm is a question for the verifier.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from dsd.complexes import Complex
from dsd.domains import Domain
from dsd.enumeration import DEFAULT_OPTIONS, EnumerationOptions, EnumerationOutcome
from dsd.schemes.scheme import Role
from dsd.system import DsdReaction, DsdSystem, Entry
from dsd.templates import Templates

CROSS_TALK = "cross-talk"
"""Stands in place of a gate's id in the reactions that no gate was meant to have."""

Sides: TypeAlias = tuple[tuple[Complex, ...], tuple[Complex, ...]]


@dataclass(frozen=True, slots=True)
class Encounter:
    """A reaction between two complexes that no gate was meant to have.

    Attributes
    ----------
    reactants, products : tuple of Complex
    rate : float
        By the length-based rate model, in /M/s.
    domains : tuple of Domain
        Through which the reactants meet: free in one of them, their complements free in the other.
    """

    reactants: tuple[Complex, ...]
    products: tuple[Complex, ...]
    rate: float
    domains: tuple[Domain, ...]

    def __str__(self) -> str:
        left, right = (" + ".join(str(c) for c in side) for side in (self.reactants, self.products))
        return f"{left} -> {right} (through {', '.join(map(str, self.domains))}; {self.rate:.3g} /M/s)"

    @property
    def drawn(self) -> str:
        """The complexes in kernel notation, one a line."""
        return "\n".join(f"{c} = {c.kernel}" for c in dict.fromkeys(self.reactants + self.products))


@dataclass(frozen=True, slots=True)
class CrossTalk:
    """What was found, and how it was looked for.

    Attributes
    ----------
    encounters : tuple of Encounter
    missing : tuple of (reactants, products)
        Reactions of the system that the pairs do not have: a defect of whoever put it together.
    pairs, shapes : int
        How many pairs expose complementary domains, and how many different shapes of pairs had to be enumerated.
    outcome : EnumerationOutcome
    options : EnumerationOptions
    """

    encounters: tuple[Encounter, ...]
    missing: tuple[Sides, ...]
    pairs: int
    shapes: int
    outcome: EnumerationOutcome
    options: EnumerationOptions


def find_cross_talk(system: DsdSystem, options: EnumerationOptions = DEFAULT_OPTIONS, most_new: int = 200) -> CrossTalk:
    """Look at every pair of complexes of a system.

    Parameters
    ----------
    system : DsdSystem
    options : EnumerationOptions
        For the enumeration of a pair.
    most_new : int
        Complexes that no gate has, made by cross-talk, after which the search gives up with an incomplete outcome.
    """
    search = _Search(system, Templates(options))
    frontier: list[Complex] = [e.complex for e in system.entries]
    made = 0
    while frontier and search.outcome.complete:
        new = search.meet(frontier)
        made += len(new)
        if made > most_new:
            advice = f"cross-talk makes more than {most_new} complexes that no gate has; look at the first of them"
            search.outcome = EnumerationOutcome("most_new", advice)
        frontier = new
    intended = {(_bag(r.reactants), _bag(r.products)): (r.reactants, r.products) for r in system.reactions}
    missing = [sides for key, sides in intended.items() if key not in search.found]
    return CrossTalk(
        tuple(search.encounters), tuple(missing), search.pairs, len(search.templates), search.outcome, options
    )


def with_cross_talk(system: DsdSystem, found: CrossTalk, q_max: float) -> DsdSystem:
    """Return the system with its cross-talk as further reactions.

    Parameters
    ----------
    system : DsdSystem
    found : CrossTalk
    q_max : float
        Largest rate constant, in /M/s; cross-talk goes at the rate of the length-based model, but not faster.
    """
    if not found.encounters:
        return system
    new = dict.fromkeys(c for e in found.encounters for c in e.products if c not in system.by_complex)
    entries = tuple(Entry(c, Role.WASTE, "cross-talk", ()) for c in new)
    reactions = tuple(
        DsdReaction(e.reactants, e.products, min(e.rate, q_max), CROSS_TALK, "later") for e in found.encounters
    )
    return DsdSystem(system.entries + entries, system.reactions + reactions, system.carriers)


class _Search:
    """The state of one search: which complexes expose what, and what was found so far."""

    def __init__(self, system: DsdSystem, templates: Templates) -> None:
        self.templates = templates
        self.known = {e.complex: e.complex for e in system.entries}
        self.intended = {(_bag(r.reactants), _bag(r.products)) for r in system.reactions}
        self.free: dict[Domain, list[Complex]] = {}
        self.found: set[tuple[object, object]] = set()
        self.encounters: list[Encounter] = []
        self.pairs = 0
        self.outcome = EnumerationOutcome()

    def meet(self, arrivals: Iterable[Complex]) -> list[Complex]:
        """Let complexes meet all that are there, themselves included, and return what is new."""
        new: dict[Complex, None] = {}
        for arrival in arrivals:
            exposed = sorted(arrival.free_domains)
            for domain in exposed:
                self.free.setdefault(domain, []).append(arrival)
            partners: dict[Complex, list[Domain]] = {}
            for domain in exposed:
                for other in self.free.get(~domain, ()):
                    partners.setdefault(other, []).append(domain)
            for other, domains in partners.items():
                self.pairs += 1
                new.update(dict.fromkeys(self._decide(arrival, other, tuple(domains))))
                if not self.outcome.complete:
                    return []
        return list(new)

    def _decide(self, a: Complex, b: Complex, domains: tuple[Domain, ...]) -> list[Complex]:
        """Compare what a pair does with what it is meant to do; return products that were not there before."""
        template, naming = self.templates.of((a, b) if a != b else (a,))
        if not template.network.outcome.complete:
            self.outcome = template.network.outcome
            return []
        wanted, new = _bag((a, b)), []
        for reaction in template.meeting:
            right = tuple(c.renamed(naming) for c in reaction.products)
            key = (wanted, _bag(right))
            if key in self.found:
                continue
            self.found.add(key)
            if key not in self.intended:
                for c in right:
                    if c not in self.known:
                        self.known[c] = c.named(f"new{len(self.known)}")
                        new.append(self.known[c])
                products = tuple(self.known[c] for c in right)
                self.encounters.append(Encounter((a, b), products, reaction.rate, domains))
        return new


def _bag(complexes: Iterable[Complex]) -> frozenset[tuple[Complex, int]]:
    """Return complexes as a multiset."""
    listed = list(complexes)
    return frozenset((c, listed.count(c)) for c in listed)

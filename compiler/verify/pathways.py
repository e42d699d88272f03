"""Pathway decomposition: the formal basis of an implementation, found by enumeration.

S. W. Shin, C. Thachuk, E. Winfree, "Verifying chemical reaction network implementations: a pathway decomposition approach",
Theoretical Computer Science 765, 67-96 (2019). A pathway is a sequence of reactions; it is formal if
it leads from formal species to formal species, and prime if it is no interleaving of two others; what prime pathways do is the
formal basis, and networks with the same one are equivalent. Comparing bases is the business of `compiler.verify.notions`.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import TypeAlias

from compiler.verify.certificate import Side, Sides, arrow, side
from crn.network import Species

Split: TypeAlias = tuple[Side, Side]
"""The intermediates that two parts of a pathway end with, each part starting from formal species."""


@dataclass(frozen=True, slots=True)
class PathwayLimits:
    """How far pathways are followed before the answer is undecided."""

    width: int = 24
    """Molecules in a state of a pathway."""
    pathways: int = 20_000
    """Pathways that differ in what matters, for one set of reactions with common intermediates."""
    states: int = 5_000
    """States visited in looking for a way to clean up."""


@dataclass(frozen=True, slots=True)
class Prime:
    """A prime formal pathway.

    Attributes
    ----------
    initial, final : Side
        Formal species.
    steps : tuple of Sides
        One pathway that does this.
    """

    initial: Side
    final: Side
    steps: tuple[Sides, ...]

    def __str__(self) -> str:
        return "; ".join(arrow(*s) for s in self.steps)


@dataclass(frozen=True, slots=True)
class Basis:
    """What came of looking for a formal basis.

    Attributes
    ----------
    primes : tuple of Prime
        One for each pair of states that differ; empty if there is no basis.
    fault : str
        Why there is none, in a sentence: the network is not tidy, or not regular. Empty if there is one.
    limit : str
        Which limit ended the enumeration; empty if it came to its end.
    """

    primes: tuple[Prime, ...]
    fault: str = ""
    limit: str = ""

    @property
    def reactions(self) -> tuple[Sides, ...]:
        """The formal basis, sorted."""
        return tuple((p.initial, p.final) for p in self.primes)


def formal_basis(
    reactions: Iterable[Sides],
    formal: Collection[Species],
    reading: Mapping[Species, Side] | None = None,
    limits: PathwayLimits = PathwayLimits(),
) -> Basis:
    """Return the formal basis of a network.

    A prime pathway never uses reactions that share no intermediates, directly or by others, so that each such set of reactions is
    enumerated by itself.

    Parameters
    ----------
    reactions : iterable of Sides
        Without fuels and wastes.
    formal : collection of Species
        All other species are intermediates.
    reading : mapping of Species to Side, optional
        What formal species stand for where the network is to be regular in what it stands for (the integrated hybrid); by default
        each stands for itself.
    limits : PathwayLimits
    """
    known = frozenset(formal)
    found: dict[Sides, Prime] = {}
    for module in modules(dict.fromkeys((a, b) for a, b in reactions if a != b), known):
        basis = _Enumeration(module, known, reading, limits).run()
        if basis.fault or basis.limit:
            return basis
        for prime in basis.primes:
            found.setdefault((prime.initial, prime.final), prime)
    return Basis(tuple(found[k] for k in sorted(found)))


def modules(reactions: Iterable[Sides], formal: Collection[Species]) -> list[list[Sides]]:
    """Divide reactions into sets that share no intermediates; each reaction without intermediates is a set of its own."""
    found: list[tuple[set[Species], list[Sides]]] = []
    for sides in reactions:
        mine = {s for part in sides for s in part if s not in formal}
        joined = [m for m in found if not mine.isdisjoint(m[0])]
        merged = (mine.union(*(m[0] for m in joined)), [r for m in joined for r in m[1]] + [sides])
        found = [m for m in found if m not in joined] + [merged]
    return [m[1] for m in found]


@dataclass(frozen=True, slots=True)
class _Pathway:
    """What matters of a pathway that starts from formal species; its signature.

    Attributes
    ----------
    initial : Side
        The least state that it can start from.
    final : Side
    width : int
        Molecules in the largest of its states.
    splits : frozenset of Split
        The ways to divide it into two; empty if it cannot be.
    turned : frozenset of Side
        For every reaction that may have been the turning point, the formal species that the final state must have at least.
    unturned : bool
        Whether the turning point may be still to come: all states held formal species of the initial state only.
    """

    initial: Side = ()
    final: Side = ()
    width: int = 0
    splits: frozenset[Split] = frozenset()
    turned: frozenset[Side] = frozenset()
    unturned: bool = True


class _Enumeration:
    """All pathways of one module up to a width, the width raised until no wider one matters."""

    def __init__(
        self,
        reactions: Sequence[Sides],
        formal: frozenset[Species],
        reading: Mapping[Species, Side] | None,
        limits: PathwayLimits,
    ) -> None:
        self.reactions, self.formal, self.reading, self.limits = reactions, formal, reading, limits
        self.came: dict[_Pathway, tuple[_Pathway, Sides] | None] = {}
        self.known: dict[tuple[Side, Side, int], list[_Pathway]] = {}
        self.tidied: set[Side] = {()}
        self.meeting = self._meeting()

    def run(self) -> Basis:
        """Enumerate.

        A pathway that cannot be divided is, up to its last reaction, made of as many such pathways as that reaction takes
        intermediates, at the most. If those up to some width are all narrower than `widest`, and that width allows for as many of
        them together and the last reaction, then there is no wider one.
        """
        held = max(len(self._intermediate(a)) for a, _ in self.reactions)
        most = max(len(part) for sides in self.reactions for part in sides)
        width, agenda, later = 0, deque([_Pathway()]), list[tuple[_Pathway, _Pathway, Sides]]()
        self.came[_Pathway()] = None
        needed = most
        while width < needed:
            width = needed
            if width > self.limits.width:
                return Basis((), limit=f"pathways with more than {self.limits.width} molecules in a state")
            pending, later = later, []
            for item in pending:
                self._offer(*item, width, agenda, later)
            while agenda:
                pathway = agenda.popleft()
                for sides in self.reactions:
                    longer = self._extended(pathway, sides)
                    if longer is not None:
                        self._offer(longer, pathway, sides, width, agenda, later)
                if len(self.came) > self.limits.pathways:
                    return Basis((), limit=f"more than {self.limits.pathways} pathways")
            whole = [p for p in self.came if not p.splits]
            irregular = next((p for p in whole if self._closed(p) and self._read(p.final) not in p.turned), None)
            if irregular is not None:
                return Basis((), f"not regular: {self._steps(irregular)} has no turning point")
            fault, limit = self._untidy(whole)
            if fault or limit:
                return Basis((), fault, limit)
            widest = max((p.width for p in whole if not self._closed(p)), default=0)
            needed = held * widest + most
        return self._primes()

    def _primes(self) -> Basis:
        """Return the prime formal pathways, one for each pair of states that differ."""
        found: dict[Sides, Prime] = {}
        for p in self.came:
            if self._closed(p) and p.initial != p.final and (p.initial, p.final) not in found:
                found[p.initial, p.final] = Prime(p.initial, p.final, tuple(self._path(p)))
        return Basis(tuple(found.values()))

    def _closed(self, pathway: _Pathway) -> bool:
        """Whether a pathway is formal; it is prime then, for what can be divided was left out when a part of it closed."""
        return pathway != _Pathway() and not self._intermediate(pathway.final)

    def _offer(
        self,
        new: _Pathway,
        before: _Pathway,
        sides: Sides,
        width: int,
        agenda: deque[_Pathway],
        later: list[tuple[_Pathway, _Pathway, Sides]],
    ) -> None:
        """Keep a pathway unless one is known that is as wide, divides in fewer ways and has turned in fewer places."""
        if new.width > width:
            later.append((new, before, sides))
            return
        alike = self.known.setdefault((new.initial, new.final, new.width), [])
        if any(p.splits <= new.splits and p.turned <= new.turned and p.unturned <= new.unturned for p in alike):
            return
        alike.append(new)
        self.came[new] = (before, sides)
        agenda.append(new)

    def _extended(self, pathway: _Pathway, sides: Sides) -> _Pathway | None:
        """Return the pathway with one more reaction; None where intermediates are missing, or a part of it is closed."""
        reactants, products = sides
        need = _minus(reactants, pathway.final)
        if self._intermediate(need):
            return None
        splits = self._split(pathway, self._intermediate(reactants), self._intermediate(products))
        if splits is None:
            return None
        before = _plus(pathway.final, need)
        rest = _minus(before, reactants)
        initial, final = _plus(pathway.initial, need), _plus(rest, products)
        shown = self._read(final)
        # What is added to the initial state was there at every turning point before, which none of them may leave.
        turned = {_join(m, shown) for m in pathway.turned} if not self._read(need) else set()
        if pathway.unturned and not self._read(rest):
            turned.add(shown)
        return _Pathway(
            initial,
            final,
            max(pathway.width + len(need), len(final), len(before)),
            splits,
            frozenset(turned),
            pathway.unturned and not _minus(shown, self._read(initial)),
        )

    def _split(self, pathway: _Pathway, taken: Side, made: Side) -> frozenset[Split] | None:
        """Return how the longer pathway divides; None if it does so for good, since two parts can never come together again."""
        found = set()
        for parts in pathway.splits:
            for one, other in (parts, parts[::-1]):
                if not _minus(taken, one):
                    found.add(_ordered(_plus(_minus(one, taken), made), other))
        if pathway != _Pathway() and not taken:
            found.add(_ordered(self._intermediate(pathway.final), made))
        apart = any(all((x, y) not in self.meeting for x in one for y in other) for one, other in found)
        return None if apart else frozenset(found)

    def _meeting(self) -> set[tuple[Species, Species]]:
        """Return the pairs of intermediates that they, or what comes of them, may take part in one reaction."""
        taken = [(self._intermediate(a), self._intermediate(b)) for a, b in self.reactions]
        found = {pair for a, _ in taken for pair in permutations(a, 2)}
        size = -1
        while size < len(found):
            size = len(found)
            for a, b in taken:
                for x in a:
                    found |= {pair for y in b for p, q in list(found) if p == y for pair in ((x, q), (q, x))}
        return found

    def _untidy(self, pathways: Iterable[_Pathway]) -> tuple[str, str]:
        """Return a state that intermediates alone cannot clean up, and which limit was met, both in words; empty if none."""
        moves = [(a, self._intermediate(b)) for a, b in self.reactions if a and a == self._intermediate(a)]
        limit = ""
        for p in pathways:
            start = self._intermediate(p.final)
            if start in self.tidied:
                continue
            came: dict[Side, Side | None] = {start: None}
            agenda, end = deque([start]), None
            while agenda and end is None and len(came) <= self.limits.states:
                state = agenda.popleft()
                for a, b in moves:
                    if not _minus(a, state):
                        later = _plus(_minus(state, a), b)
                        if later not in came:
                            came[later] = state
                            agenda.append(later)
                        if later in self.tidied:
                            end = later
            while end is not None:
                self.tidied.add(end)
                end = came.get(end)
            if start not in self.tidied:
                if not agenda:
                    return f"not tidy: {self._steps(p)} leaves {side(start)}, which cannot be cleaned up by itself", ""
                limit = f"more than {self.limits.states} states in looking for a way to clean up {side(start)}"
        return "", limit

    def _path(self, pathway: _Pathway) -> list[Sides]:
        found = []
        at = self.came[pathway]
        while at is not None:
            pathway, sides = at
            found.append(sides)
            at = self.came[pathway]
        return found[::-1]

    def _steps(self, pathway: _Pathway) -> str:
        return "; ".join(arrow(*s) for s in self._path(pathway))

    def _intermediate(self, state: Side) -> Side:
        return tuple([s for s in state if s not in self.formal])

    def _read(self, state: Side) -> Side:
        """Return what the formal species of a state stand for."""
        if self.reading is None:
            return tuple([s for s in state if s in self.formal])
        return tuple(sorted([f for s in state if s in self.formal for f in self.reading.get(s, ())]))


def _plus(a: Side, b: Side) -> Side:
    return tuple(sorted(a + b)) if b else a


def _minus(a: Side, b: Side) -> Side:
    """Return what is left of `a` after taking `b` away; what is missing is ignored."""
    rest = list(a)
    for s in b:
        if s in rest:
            rest.remove(s)
    return tuple(rest)


def _join(a: Side, b: Side) -> Side:
    """Return the least multiset that contains both."""
    return tuple(sorted((Counter(a) | Counter(b)).elements()))


def _ordered(one: Side, other: Side) -> Split:
    return (one, other) if one <= other else (other, one)

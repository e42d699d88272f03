"""What intermediates stand for, found by propagation: for systems that come without an interpretation.

A gate touches its neighbours only through signals and fuels, so that intermediates fall into groups that share no reaction. In a
group every reaction changes nothing or is a formal one, which mostly leaves one unknown to solve for; where it leaves a choice,
all are tried. What is found is never trusted: `compiler.verify` checks it like any other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product
from typing import TypeAlias

from compiler.verify.bisimulation import Sides
from crn.network import Bag, Species

Meaning: TypeAlias = dict[Species, Bag]

Judge: TypeAlias = Callable[[Sequence[Sides], Sequence[Sides], Mapping[Species, Bag]], int]
"""Given the formal reactions that a group fires, its reactions and a reading, returns its merit, from 0 to `BEST`."""

BEST = 2


@dataclass(frozen=True, slots=True)
class SearchLimits:
    """How far to look in one group."""

    nodes: int = 20_000
    """Reactions read, in all attempts together."""
    solutions: int = 50
    """Readings of a group that are tried."""
    largest: int = 6
    """Molecules that one intermediate may stand for."""


@dataclass(frozen=True)
class Found:
    """What a search came to.

    Attributes
    ----------
    interpretation : mapping of Species to Bag
        Of all species; what no reading was found for stands for nothing.
    unread : tuple of Species
        Those for which no reading was found.
    exhaustive : bool
        Whether there is no other reading than those that were tried.
    groups : int
        Groups of intermediates that share no reaction.
    doubtful : bool
        Whether the judge found no merit in the reading of some group.
    impossible : tuple of (Bag, Bag)
        The reactions of a group that has no reading at all, if there is one: then there is no interpretation.
    """

    interpretation: Mapping[Species, Bag]
    unread: tuple[Species, ...]
    exhaustive: bool
    groups: int
    doubtful: bool = False
    impossible: tuple[Sides, ...] = ()


def search(
    formal: Sequence[Sides],
    implementation: Sequence[Sides],
    partial: Mapping[Species, Bag],
    judge: Judge | None = None,
    limits: SearchLimits = SearchLimits(),
) -> Found:
    """Complete a partial interpretation.

    Parameters
    ----------
    formal : sequence of (Bag, Bag)
    implementation : sequence of (Bag, Bag)
        Without fuels and wastes.
    partial : mapping of Species to Bag
        What is known: that of the signals at least.
    judge : callable, optional
        Says how well a reading will do, see `Judge`; by default the first one does.
    limits : SearchLimits
    """
    meaning: Meaning = dict(partial)
    known: dict[object, tuple[Reading, bool, int]] = {}
    unread: list[Species] = []
    impossible: tuple[Sides, ...] = ()
    doubtful = False
    exhaustive, index, groups = True, _Formal(formal), _groups(implementation, meaning)
    for group in groups:
        relevant = index.among(group, meaning)
        shape, order = _shape(group, relevant, meaning)
        if shape not in known:
            known[shape] = _read_group(group, relevant, meaning, order, judge, limits)
        reading, complete, merit = known[shape]
        doubtful |= merit < 1
        exhaustive &= complete
        if not reading and complete and not impossible:
            impossible = tuple(group)
        names = {i: s for s, i in order.items()}
        for species, bag in reading.items():
            meaning[names[species]] = Bag.of(*(names[f] for f in bag))
        mine = dict.fromkeys(s for a, b in group for s in a.support + b.support)
        unread += [s for s in mine if s not in meaning]
        meaning.update({s: Bag() for s in mine if s not in meaning})
    return Found(meaning, tuple(unread), exhaustive, len(groups), doubtful, impossible)


Reading: TypeAlias = dict[int, tuple[int, ...]]
"""What the unknowns of a group stand for, all species by number."""


def _read_group(
    group: Sequence[Sides],
    formal: Sequence[Sides],
    meaning: Meaning,
    order: Mapping[Species, int],
    judge: Judge | None,
    limits: SearchLimits,
) -> tuple[Reading, bool, int]:
    attempt = _Attempt(group, formal, meaning, limits)
    best: tuple[int, Meaning] = (-1, {})
    tried = 0
    for solution in islice(attempt.solutions(), limits.solutions):
        tried += 1
        merit = BEST if judge is None else judge(attempt.fired(solution), group, solution)
        if merit > best[0]:
            best = (merit, solution)
        if merit >= BEST:
            break
    mine = {s for a, b in group for s in a.support + b.support}
    chosen = {s: m for s, m in best[1].items() if s in mine and s not in meaning}
    numbered = {order[s]: tuple(order[f] for f in m.elements()) for s, m in chosen.items()}
    return numbered, attempt.complete and tried < limits.solutions, best[0]


def _groups(implementation: Sequence[Sides], known: Mapping[Species, Bag]) -> list[list[Sides]]:
    """Return the reactions with unknowns, in groups that share no unknown."""
    leader: dict[Species, Species] = {}

    def find(species: Species) -> Species:
        while leader[species] != species:
            leader[species] = species = leader[leader[species]]
        return species

    unknowns = [[s for s in dict.fromkeys(a.support + b.support) if s not in known] for a, b in implementation]
    for mine in unknowns:
        for species in mine:
            leader.setdefault(species, species)
            leader[find(species)] = find(mine[0])
    groups: dict[Species, list[Sides]] = {}
    for sides, mine in zip(implementation, unknowns, strict=True):
        if mine:
            groups.setdefault(find(mine[0]), []).append(sides)
    return list(groups.values())


class _Formal:
    """The formal reactions, to be looked up by species."""

    def __init__(self, formal: Iterable[Sides]) -> None:
        self._by_first: dict[Species | None, list[tuple[Sides, frozenset[Species]]]] = {}
        for a, b in formal:
            named = a.support + b.support
            self._by_first.setdefault(named[0] if named else None, []).append(((a, b), frozenset(named)))

    def among(self, group: Iterable[Sides], meaning: Mapping[Species, Bag]) -> list[Sides]:
        """Return those between species that signals of a group stand for."""
        mine = dict.fromkeys(s for a, b in group for s in a.support + b.support)
        named = dict.fromkeys(f for s in mine if s in meaning for f in meaning[s].support)
        return [sides for f in named for sides, needed in self._by_first.get(f, ()) if needed <= named.keys()]


def _shape(
    group: Sequence[Sides], formal: Sequence[Sides], meaning: Mapping[Species, Bag]
) -> tuple[object, dict[Species, int]]:
    """Return a group with numbers for names, so that groups that differ in names only are read once; `formal` is relevant."""
    order: dict[Species, int] = {}

    def number(bag: Bag) -> tuple[tuple[int, int], ...]:
        return tuple((order.setdefault(s, len(order)), n) for s, n in bag)

    code = [(number(a), number(b)) for a, b in group]
    signals = [(order[s], number(meaning[s])) for s in list(order) if s in meaning]
    wanted = sorted((sorted(number(a)), sorted(number(b))) for a, b in formal)
    return (tuple(code), tuple(signals), repr(wanted)), order


class _Attempt:
    """One group: reactions to be read one by one, the one with the fewest unknowns first."""

    def __init__(
        self, group: Sequence[Sides], formal: Sequence[Sides], known: Mapping[Species, Bag], limits: SearchLimits
    ) -> None:
        self.formal, self.limits = formal, limits
        self.complete = True
        self._group = list(dict.fromkeys(group))
        there = set(self._group)
        self._reversible = {(a, b) for a, b in self._group if (b, a) in there}
        mine = {s for a, b in group for s in a.support + b.support}
        self._known = {s: known[s] for s in mine if s in known}
        self._unknown = {side: [s for s in side.support if s not in known] for sides in group for side in sides}
        self._nodes = 0

    def solutions(self) -> Iterator[Meaning]:
        """Yield every reading of the group in which each reaction changes nothing or is a formal one."""
        stack: list[tuple[Meaning, list[Sides]]] = [(self._known, self._group)]
        while stack:
            meaning, left = stack.pop()
            self._nodes += 1
            if self._nodes > self.limits.nodes:
                self.complete = False
                return
            if not left:
                yield meaning
                continue
            chosen = self._easiest(left, meaning)
            rest = [r for r in left if r != chosen]
            further = [({**meaning, **new}, rest) for new in self._readings(chosen, meaning)]
            stack += reversed(further)

    def fired(self, meaning: Mapping[Species, Bag]) -> list[Sides]:
        """Return the formal reactions that the group fires under a reading."""
        done = {(_total(a, meaning), _total(b, meaning)) for a, b in self._group}
        return [f for f in self.formal if f in done]

    def _easiest(self, left: Sequence[Sides], meaning: Meaning) -> Sides:
        """Return the reaction with the fewest unknowns, and of those one that has them on one side only."""
        best: tuple[tuple[int, bool], Sides] | None = None
        for sides in left:
            unknown = [{s for s in self._unknown[side] if s not in meaning} for side in sides]
            difficulty = len(unknown[0] | unknown[1]), bool(unknown[0]) and bool(unknown[1])
            if difficulty <= (1, False):
                return sides
            if best is None or difficulty < best[0]:
                best = difficulty, sides
        assert best is not None, "there is a reaction left"
        return best[1]

    def _readings(self, sides: Sides, meaning: Meaning) -> Iterator[Meaning]:
        """Yield what the unknowns of a reaction may stand for, the likelier first."""
        both = [self._as_trivial(sides, meaning), self._as_formal(sides, meaning)]
        seen = []
        for new in (n for part in (both if sides in self._reversible else both[::-1]) for n in part):
            if new not in seen:
                seen.append(new)
                yield new

    def _as_formal(self, sides: Sides, meaning: Meaning) -> Iterator[Meaning]:
        for wanted in self.formal:
            parts = [list(self._solved(side, total, meaning)) for side, total in zip(sides, wanted, strict=True)]
            for left, right in product(*parts):
                if all(right.get(s, m) == m for s, m in left.items()):
                    yield left | right

    def _as_trivial(self, sides: Sides, meaning: Meaning) -> Iterator[Meaning]:
        left, right = sides[0] - sides[1], sides[1] - sides[0]
        for a, b in ((left, right), (right, left)):
            if all(s in meaning for s in a.support):
                yield from self._solved(b, _total(a, meaning), meaning)
                return
        # Unknowns on both sides: as much as some formal reaction has on a side, and no claim that this is all there is.
        self.complete = False
        for total in dict.fromkeys(side for f in self.formal for side in f):
            for one in self._solved(left, total, meaning):
                yield from ({**one, **other} for other in self._solved(right, total, meaning | one))

    def _solved(self, side: Bag, total: Bag, meaning: Meaning) -> Iterator[Meaning]:
        """Yield what the unknowns of one side may stand for, if the whole side stands for `total`."""
        known = _total(Bag(tuple((s, n) for s, n in side if s in meaning)), meaning)
        if not known <= total:
            return
        unknown = [(s, n) for s, n in side if s not in meaning]
        yield from self._split(unknown, total - known)

    def _split(self, unknown: Sequence[tuple[Species, int]], total: Bag) -> Iterator[Meaning]:
        if not unknown:
            if not len(total):
                yield {}
            return
        (species, n), *others = unknown
        for counts in product(*(range(have // n, -1, -1) for _, have in total)):
            mine = Bag.from_counts(dict(zip(total.support, counts, strict=True)))
            if len(mine) > self.limits.largest:
                self.complete = False
                continue
            used = Bag.from_counts({s: c * n for s, c in mine})
            for rest in self._split(others, total - used):
                yield {species: mine, **rest}


def _total(bag: Bag, meaning: Mapping[Species, Bag]) -> Bag:
    total: dict[Species, int] = {}
    for species, n in bag:
        for formal, count in meaning[species]:
            total[formal] = total.get(formal, 0) + n * count
    return Bag.from_counts(total)

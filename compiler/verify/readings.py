"""Readings: what the species of a network may stand for, if every reaction changes nothing or is a formal one.

Reactions are decided one by one, the one with the fewest choices first; what a choice implies for the species of other reactions
follows at once; what is left open in the end is a system of linear equations (`compiler.verify.equations`). Whether a reading is a
bisimulation is decided by `compiler.verify.search`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product
from typing import TypeAlias

from compiler.verify.certificate import Side, Sides
from compiler.verify.equations import least_solutions
from crn.network import Species

Reading: TypeAlias = Mapping[Species, Side]
"""What species stand for, as far as it is known."""

MOST = 1000
"""Readings of one reaction that are tried."""


@dataclass(frozen=True, slots=True)
class _Node:
    """Where the search stands: what is known, which reactions are open, and which formal reactions have to be fired yet."""

    meaning: Reading
    open: tuple[Sides, ...]
    equal: tuple[Sides, ...]
    """Reactions that are to change nothing, with unknowns on both sides."""
    unfired: tuple[Sides, ...]


class Tree:
    """The choices, depth first.

    Attributes
    ----------
    formal, net : sequence of Sides
        The formal reactions, and those of the implementation without fuels and without those with equal sides.
    wanted : sequence of Species
        Formal species that need an atom.
    species : sequence of Species
        Of the implementation.
    most : int
        Choices to make.
    nodes : int
        Choices made.
    stopped : str
        Which limit ended the search; empty if it came to its end.

    Besides, it is given which species are `alike`, so that their readings are tried in one order only, and the `goals`: the formal
    reactions that have to be fired.
    """

    def __init__(
        self,
        formal: Sequence[Sides],
        net: Sequence[Sides],
        wanted: Sequence[Species],
        species: Sequence[Species],
        most: int,
        alike: Mapping[Species, Sequence[Species]],
        goals: Sequence[Sides],
    ) -> None:
        self.formal, self.net, self.wanted = formal, net, wanted
        self.species = species
        self.most, self.nodes, self.stopped = most, 0, ""
        there = set(net)
        self._reversible = {(a, b) for a, b in net if (b, a) in there}
        self._alike = alike
        self._goals = tuple(goals)

    def solutions(self, start: Reading) -> Iterator[Reading]:
        """Yield every reading in which reactions change nothing or are formal, all goals are fired and all wanted have atoms."""
        stack: list[_Node] = []
        first = self._settled(_Node(start, tuple(self.net), (), self._goals))
        if first is not None:
            stack.append(first)
        while stack:
            node = stack.pop()
            self.nodes += 1
            if self.nodes > self.most:
                self.stopped = f"{self.most} choices did not settle it"
                return
            if node.open:
                stack += reversed(list(self._branches(node)))
            else:
                yield from self._finish(node)

    def _branches(self, node: _Node) -> Iterator[_Node]:
        """Yield what follows from each choice for the most constrained reaction, or for the formal reaction with fewest places."""
        row = min(node.open, key=lambda r: self._choices(r, node.meaning))
        options = list(islice(self._options(row, node), MOST + 1))
        best = len(options)
        column: Sides | None = None
        for goal in node.unfired:
            places = sum(_splits(r, goal, node.meaning) for r in node.open)
            if not places:
                return
            if places < best:
                best, column = places, goal
        if column is None:
            if len(options) > MOST:
                self.stopped = f"a reaction has more than {MOST} readings"
            yield from self._apply(node, row, options[:MOST])
            return
        for reaction in node.open:
            if _splits(reaction, column, node.meaning):
                readings = [(new, True, column) for new in _as_formal(reaction, column, node.meaning)]
                yield from self._apply(node, reaction, readings)

    def _choices(self, sides: Sides, meaning: Reading) -> tuple[int, int]:
        unknown = [{s for s in part if s not in meaning} for part in sides]
        return len(unknown[0] | unknown[1]), bool(unknown[0]) and bool(unknown[1])

    def _options(self, sides: Sides, node: _Node) -> Iterator[tuple[Reading, bool, Sides | None]]:
        """Yield readings of a reaction, what commits early first: whether it is decided, and what it fires."""
        meaning = node.meaning
        known = [all(s in meaning for s in part) for part in sides]
        idle: list[tuple[Reading, bool, Sides | None]]
        if known[0] or known[1]:
            a, b = (sides[0], sides[1]) if known[0] else (sides[1], sides[0])
            idle = [(new, True, None) for new in _shared(b, _read(a, meaning), meaning)]
        else:
            idle = [({}, False, None)]
        fired = [(new, True, goal) for goal in self.formal for new in _as_formal(sides, goal, meaning)]
        yield from [*fired, *idle] if known[0] and sides not in self._reversible else [*idle, *fired]

    def _apply(
        self, node: _Node, sides: Sides, options: Iterable[tuple[Reading, bool, Sides | None]]
    ) -> Iterator[_Node]:
        rest = tuple(r for r in node.open if r != sides)
        for new, decided, goal in options:
            if not self._in_order(new, node.meaning):
                continue
            equal = node.equal if decided else (*node.equal, sides)
            unfired = tuple(g for g in node.unfired if g != goal)
            later = self._settled(_Node({**node.meaning, **new}, rest, equal, unfired))
            if later is not None:
                yield later

    def _settled(self, node: _Node) -> _Node | None:
        """Draw what follows without a choice; None if the choices so far contradict one another."""
        meaning, opened, equal, unfired = dict(node.meaning), node.open, list(node.equal), node.unfired
        goals = set(self.formal)
        moving = True
        while moving:
            moving = False
            left = []
            for a, b in opened:
                if all(s in meaning for s in a) and all(s in meaning for s in b):
                    read = (_read(a, meaning), _read(b, meaning))
                    if read[0] != read[1]:
                        if read not in goals:
                            return None
                        unfired = tuple(g for g in unfired if g != read)
                else:
                    left.append((a, b))
            opened = tuple(left)
            waiting = []
            for a, b in equal:
                x, y = Counter(a) - Counter(b), Counter(b) - Counter(a)
                open_x, open_y = ({s for s in part if s not in meaning} for part in (x, y))
                if open_x and open_y:
                    waiting.append((a, b))
                    continue
                known, unknown = (x, y) if not open_x else (y, x)
                parts = list(islice(_shared(tuple(unknown.elements()), _read(known.elements(), meaning), meaning), 2))
                if not parts:
                    return None
                if len(parts) == 1:
                    meaning.update(parts[0])
                    moving = moving or bool(parts[0])
                else:
                    waiting.append((a, b))
            equal = waiting
        return _Node(meaning, opened, tuple(equal), unfired)

    def _finish(self, node: _Node) -> Iterator[Reading]:
        """Give formal species without an atom one, and solve what is left."""
        if node.unfired:
            return
        unknown = [s for s in self.species if s not in node.meaning]
        carried = {m[0] for m in node.meaning.values() if len(m) == 1}
        bare = next((f for f in self.wanted if f not in carried), None)
        if bare is not None:
            for s in unknown:
                later = self._settled(_Node({**node.meaning, s: (bare,)}, (), node.equal, ()))
                if later is not None:
                    yield from self._finish(later)
            return
        solved = least_solutions(node.equal, unknown, node.meaning)
        if solved is None:
            self.stopped = "the least solutions of a system of equations were not all found"
            return
        for solution in solved:
            yield {**node.meaning, **solution}

    def _in_order(self, new: Reading, known: Reading) -> bool:
        """Whether twins, which differ in nothing but their names, get their readings in one order only."""
        for s, m in new.items():
            for t in self._alike.get(s, ()):
                other = new.get(t, known.get(t))
                if other is not None and ((s < t and m < other) or (t < s and other < m)):
                    return False
        return True


def twins(net: Sequence[Sides], fixed: Container[Species]) -> dict[Species, list[Species]]:
    """Return species, none of them fixed, that can be exchanged for one another without changing the network."""
    seen: dict[Species, Counter[tuple[int, int]]] = {}
    for k, (a, b) in enumerate(net):
        for part, which in ((a, 0), (b, 1)):
            for s in part:
                if s not in fixed:
                    seen.setdefault(s, Counter())[k, which] += 1
    alike: dict[frozenset[tuple[tuple[int, int], int]], list[Species]] = {}
    for s, uses in seen.items():
        alike.setdefault(frozenset(uses.items()), []).append(s)
    return {s: [t for t in group if t != s] for group in alike.values() for s in group if len(group) > 1}


def _as_formal(sides: Sides, goal: Sides, meaning: Reading) -> Iterator[Reading]:
    """Yield what the unknowns of a reaction stand for if it is a formal one."""
    for left in _shared(sides[0], goal[0], meaning):
        for right in _shared(sides[1], goal[1], {**meaning, **left} if left else meaning):
            yield {**left, **right}


def _splits(sides: Sides, goal: Sides, meaning: Reading) -> int:
    """Return in how many ways, at most, a reaction can be a formal one; 0 if in none."""
    ways = 1
    for part, total in zip(sides, goal, strict=True):
        unknown = [s for s in part if s not in meaning]
        need = Counter(total)
        need.subtract(_read([s for s in part if s in meaning], meaning))
        if any(n < 0 for n in need.values()):
            return 0
        left = need.total()
        if left and not unknown:
            return 0
        ways *= max(1, len(set(unknown)) ** left)
    return ways


def _shared(side: Iterable[Species], total: Side, meaning: Reading) -> Iterator[Reading]:
    """Yield what the unknowns of one side may stand for, if the whole side stands for `total`."""
    count = Counter(side)
    need = Counter(total)
    for s, n in count.items():
        for f in meaning.get(s, ()):
            need[f] -= n
    if any(n < 0 for n in need.values()):
        return
    unknown = [(s, n) for s, n in sorted(count.items()) if s not in meaning]
    rest = sorted((f, n) for f, n in need.items() if n)
    if not unknown:
        if not rest:
            yield {}
        return
    shares = [list(_divided(n, [k for _, k in unknown])) for _, n in rest]
    for chosen in product(*shares):
        yield {
            s: tuple(f for (f, _), share in zip(rest, chosen, strict=True) for _ in range(share[i]))
            for i, (s, _) in enumerate(unknown)
        }


def _divided(total: int, weights: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Yield the ways to write a number as a sum of multiples of the weights."""
    if len(weights) == 1:
        if total % weights[0] == 0:
            yield (total // weights[0],)
        return
    for n in range(total // weights[0], -1, -1):
        for others in _divided(total - n * weights[0], weights[1:]):
            yield (n, *others)


def _read(state: Iterable[Species], meaning: Reading) -> Side:
    return tuple(sorted(f for s in state for f in meaning[s]))

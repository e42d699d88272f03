"""Finding interpretations: ``search(formal, implementation, partial)`` returns bisimulations, or that there is none.

Every reaction of an implementation changes nothing or is a formal reaction. Reactions are decided one by one, the one with the
fewest choices first; what a choice implies for the species of other reactions follows at once; what is left open in the end is a
system of linear equations, whose least solutions are enough (``docs/theorem.md``). Each candidate is judged like an interpretation
that was given, so that nothing is believed of the search but that it left none out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product
from typing import TypeAlias

from compiler.verify.bisimulation import Sides, claim_of, judge
from compiler.verify.certificate import Claim, Side
from compiler.verify.certify import Limits, atoms_of, certify
from compiler.verify.equations import least_solutions
from compiler.verify.verdict import Answer, Check
from crn.network import Bag, Species

Reading: TypeAlias = Mapping[Species, Side]
"""What species stand for, as far as it is known."""

Reaction: TypeAlias = tuple[Side, Side]


_ONE = Limits(states=5000, starts=5000, gaps=1)


@dataclass(frozen=True, slots=True)
class SearchLimits:
    """How far to look."""

    nodes: int = 200_000
    """Choices made, in all branches together."""
    better: int = 20
    """Interpretations looked at, once one was found, for one that commits earlier."""
    permissive: Limits = _ONE
    """Of the judgement of one candidate."""


CORE = 2000
"""Choices made before it is left open whether some reactions have a reading."""

LIMITS = SearchLimits()
"""Where nothing else is said."""


@dataclass(frozen=True)
class Found:
    """What a search came to.

    Attributes
    ----------
    interpretations : tuple of mapping of Species to Bag
        Bisimulations; those that commit early come first.
    complete : bool
        Whether there is no other, up to species that never take part in what is done (`compiler.verify.equations`).
    reason : str
        Why it is not complete; empty if it is.
    nodes : int
        Choices made.
    closest : Check or None
        Why a reading with the right reactions is no bisimulation: of all that were looked at, the one that says so in the smallest
        state. None if there was no such reading.
    """

    interpretations: tuple[Mapping[Species, Bag], ...]
    complete: bool
    reason: str
    nodes: int
    closest: Check | None = None

    @property
    def none(self) -> bool:
        """Whether it is certain that there is no bisimulation."""
        return self.complete and not self.interpretations


def search(
    formal: Sequence[Sides],
    implementation: Iterable[Sides],
    partial: Mapping[Species, Bag] | None = None,
    *,
    fuels: Iterable[Species] = (),
    formals: Iterable[Species] = (),
    every: bool = False,
    limits: SearchLimits = LIMITS,
) -> Found:
    """Find interpretations that are bisimulations.

    Parameters
    ----------
    formal : sequence of (Bag, Bag)
        None of them with equal sides.
    implementation : iterable of (Bag, Bag)
    partial : mapping of Species to Bag, optional
        What is known, and stays as it is.
    fuels : iterable of Species
        Always present.
    formals : iterable of Species
        Formal species beyond those of the reactions.
    every : bool
        Whether to find all, and not only one that commits early.
    limits : SearchLimits
    """
    made, fixed, listed, present = list(implementation), dict(partial or {}), tuple(formals), tuple(fuels)
    claim = claim_of(formal, made, fixed, present, listed)
    wanted = sorted({s for side in claim.formal for part in side for s in part} | set(listed))
    net = list(dict.fromkeys((a, b) for a, b in claim.bare if a != b))
    start = {s: m.elements() for s, m in fixed.items() if s not in present}
    twins = {} if every else _twins(net, start)
    tree = _Tree(claim.formal, net, wanted, sorted(claim.meaning), limits.nodes, twins, claim.formal)
    found: dict[tuple[Side, ...], tuple[int, Mapping[Species, Bag]]] = {}
    undecided, closest = "", None
    looked = 0
    for reading in tree.solutions(start):
        key = tuple(reading[s] for s in tree.species)
        if key in found:
            continue
        looked += bool(found)
        bags = {s: Bag.of(*m) for s, m in reading.items()}
        read = claim_of(formal, made, bags, present, listed)
        check, proof = judge(read, limits=limits.permissive)
        if proof is not None:
            found[key] = (delay(read, [s for s, m in start.items() if len(m) == 1]), bags)
        elif check.answer is Answer.UNDECIDED:
            undecided = check.reason
        elif closest is None or len(check.counterexample) < len(closest.counterexample):
            closest = check
        if not every and found and (min(d for d, _ in found.values()) == 0 or looked >= limits.better):
            break
    else:
        reason = undecided or tree.stopped
        return Found(_ranked(found), not reason, reason, tree.nodes, closest)
    return Found(_ranked(found), False, "others were not looked for", tree.nodes, closest)


def unread(
    formal: Sequence[Sides],
    implementation: Iterable[Sides],
    partial: Mapping[Species, Bag],
    fuels: Iterable[Species] = (),
) -> list[Sides]:
    """Return few reactions that cannot all change nothing or be formal, whatever the species that are not known stand for.

    Empty if there are none, or if that is not settled soon. Each of the reactions is needed: the others alone have a reading.
    """
    claim = claim_of(formal, implementation, partial, fuels)
    start = {s: m.elements() for s, m in partial.items() if s in claim.meaning}
    species = sorted(claim.meaning)

    def impossible(net: Sequence[Reaction]) -> bool:
        tree = _Tree(claim.formal, net, (), species, CORE, {}, ())
        return next(tree.solutions(start), None) is None and not tree.stopped

    core = list(dict.fromkeys((a, b) for a, b in claim.bare if a != b))
    if not impossible(core):
        return []
    # Many are dropped at once first, and then one by one.
    size = len(core) // 2
    while size:
        at = 0
        while at < len(core):
            fewer = core[:at] + core[at + size :]
            if impossible(fewer):
                core = fewer
            else:
                at += size
        size //= 2
    return [(Bag.of(*a), Bag.of(*b)) for a, b in core]


def out_of_reach(
    formal: Sequence[Sides],
    implementation: Iterable[Sides],
    partial: Mapping[Species, Bag],
    fuels: Iterable[Species] = (),
    formals: Iterable[Species] = (),
) -> tuple[list[Sides], list[Species]]:
    """Return the formal reactions that no reaction can be, and the formal species that nothing can stand for alone.

    Each by itself: whatever the species that are not known stand for, if every reaction changes nothing or is formal.
    """
    claim = claim_of(formal, implementation, partial, fuels, formals)
    start = {s: m.elements() for s, m in partial.items() if s in claim.meaning}
    net = list(dict.fromkeys((a, b) for a, b in claim.bare if a != b))

    def impossible(wanted: Sequence[Species], goals: Sequence[Reaction]) -> bool:
        tree = _Tree(claim.formal, net, wanted, sorted(claim.meaning), CORE, {}, goals)
        return next(tree.solutions(start), None) is None and not tree.stopped

    lost = [(Bag.of(*a), Bag.of(*b)) for a, b in claim.formal if impossible((), [(a, b)])]
    return lost, [f for f in sorted(claim.species) if impossible([f], ())]


def _ranked(found: Mapping[tuple[Side, ...], tuple[int, Mapping[Species, Bag]]]) -> tuple[Mapping[Species, Bag], ...]:
    return tuple(m for _, m in sorted(found.values(), key=lambda f: f[0]))


def delay(claim: Claim, signals: Collection[Species]) -> int:
    """Return how much is held that cannot be given back: 0 if every step that binds for good is read as what it leads to.

    Parameters
    ----------
    claim : Claim
    signals : collection of Species
        What is free. For a formal species of which none is known, one that stands for it is taken.
    """
    known = {claim.meaning[s] for s in signals}
    free = {*signals, *(s for f, s in atoms_of(claim).items() if (f,) not in known)}
    return sum(len(claim.meaning[s]) for s, _ in certify(claim, free, limits=_ONE).kept)


@dataclass(frozen=True, slots=True)
class _Node:
    """Where the search stands: what is known, which reactions are open, and which formal reactions have to be fired yet."""

    meaning: Reading
    open: tuple[Reaction, ...]
    equal: tuple[Reaction, ...]
    """Reactions that are to change nothing, with unknowns on both sides."""
    unfired: tuple[Reaction, ...]


class _Tree:
    """The choices, depth first.

    Attributes
    ----------
    species : list of Species
        Of the implementation.
    nodes : int
        Choices made.
    stopped : str
        Which limit ended the search; empty if it came to its end.
    """

    def __init__(
        self,
        formal: Sequence[Reaction],
        net: Sequence[Reaction],
        wanted: Sequence[Species],
        species: Sequence[Species],
        most: int,
        twins: Mapping[Species, Sequence[Species]],
        goals: Sequence[Reaction],
    ) -> None:
        self.formal, self.net, self.wanted = formal, net, wanted
        self.species = species
        self.most, self.nodes, self.stopped = most, 0, ""
        self._reversible = {(a, b) for a, b in net if (b, a) in set(net)}
        self._twins = twins
        self._goals = tuple(goals)

    def solutions(self, start: Reading) -> Iterator[Reading]:
        """Yield every reading in which reactions change nothing or are formal, and all that is formal is fired and has atoms."""
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
        options = list(islice(self._options(row, node), 1000))
        best = len(options)
        column: Reaction | None = None
        for goal in node.unfired:
            places = sum(_splits(r, goal, node.meaning) for r in node.open)
            if not places:
                return
            if places < best:
                best, column = places, goal
        if column is None:
            yield from self._apply(node, row, options)
            return
        for reaction in node.open:
            if _splits(reaction, column, node.meaning):
                readings = [(new, True, column) for new in _as_formal(reaction, column, node.meaning)]
                yield from self._apply(node, reaction, readings)

    def _choices(self, sides: Reaction, meaning: Reading) -> tuple[int, int]:
        unknown = [{s for s in part if s not in meaning} for part in sides]
        return len(unknown[0] | unknown[1]), bool(unknown[0]) and bool(unknown[1])

    def _options(self, sides: Reaction, node: _Node) -> Iterator[tuple[Reading, bool, Reaction | None]]:
        """Yield readings of a reaction, what commits early first: whether it is decided, and what it fires."""
        meaning = node.meaning
        known = [all(s in meaning for s in part) for part in sides]
        idle: list[tuple[Reading, bool, Reaction | None]]
        if known[0] or known[1]:
            a, b = (sides[0], sides[1]) if known[0] else (sides[1], sides[0])
            idle = [(new, True, None) for new in _shared(b, _read(a, meaning), meaning)]
        else:
            idle = [({}, False, None)]
        fired = [(new, True, goal) for goal in self.formal for new in _as_formal(sides, goal, meaning)]
        yield from [*fired, *idle] if known[0] and sides not in self._reversible else [*idle, *fired]

    def _apply(
        self, node: _Node, sides: Reaction, options: Iterable[tuple[Reading, bool, Reaction | None]]
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
            for t in self._twins.get(s, ()):
                other = new.get(t, known.get(t))
                if other is not None and ((s < t and m < other) or (t < s and other < m)):
                    return False
        return True


def _twins(net: Sequence[Reaction], fixed: Container[Species]) -> dict[Species, list[Species]]:
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


def _as_formal(sides: Reaction, goal: Reaction, meaning: Reading) -> Iterator[Reading]:
    """Yield what the unknowns of a reaction stand for if it is a formal one."""
    for left in _shared(sides[0], goal[0], meaning):
        for right in _shared(sides[1], goal[1], {**meaning, **left} if left else meaning):
            yield {**left, **right}


def _splits(sides: Reaction, goal: Reaction, meaning: Reading) -> int:
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

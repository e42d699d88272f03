"""CRN bisimulation, checked for a given interpretation and never searched.

R. F. Johnson, Q. Dong, E. Winfree, "Verifying chemical reaction network implementations: a bisimulation approach", Theoretical
Computer Science 765, 3-46 (2019), doi:10.1016/j.tcs.2018.01.002. An interpretation is a bisimulation if it is atomic (every formal
species has a carrier), delimiting (every implementation reaction changes nothing or is a formal reaction) and permissive (whatever
state stands for enough reactants can get, by reactions that change nothing, to where the formal reaction fires).
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from compiler.verify.verdict import Answer, Check
from crn.network import Bag, Species

Sides: TypeAlias = tuple[Bag, Bag]
"""Reactants and products of a reaction; rates play no part."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How far the permissive condition is explored before the answer is `UNDECIDED`."""

    states: int = 20_000
    """States visited from one starting state."""
    starts: int = 20_000
    """Starting states for one formal reaction."""


def check_bisimulation(
    formal: Sequence[Sides],
    implementation: Iterable[Sides],
    interpretation: Mapping[Species, Bag],
    *,
    fuels: Iterable[Species] = (),
    formals: Iterable[Species] = (),
    scope: str = "",
    name: str = "bisimulation",
    limits: Limits = Limits(),
) -> Check:
    """Check that an interpretation is a CRN bisimulation.

    Parameters
    ----------
    formal : sequence of (Bag, Bag)
        None of them with equal sides.
    implementation : iterable of (Bag, Bag)
    interpretation : mapping of Species to Bag
        Species that it does not name stand for nothing.
    fuels : iterable of Species
        Always present: removed from both sides first.
    formals : iterable of Species
        Formal species beyond those of the reactions.
    scope, name : str
        For the report.
    limits : Limits
    """
    present = frozenset(fuels)
    reactions = _without_wastes([(_drop(a, present), _drop(b, present)) for a, b in implementation], interpretation)
    species = sorted({s for a, b in reactions for s in a.support + b.support} | (set(interpretation) - present))
    meaning = {s: interpretation.get(s, Bag()) for s in species}

    def different(reason: str, counterexample: str) -> Check:
        return Check(name, scope, Answer.DIFFERENT, reason, counterexample)

    carried = {m.support[0] for m in meaning.values() if len(m) == 1}
    for wanted in sorted({s for a, b in formal for s in a.support + b.support} | set(formals)):
        if wanted not in carried:
            return different(f"nothing stands for exactly one {wanted}", f"{wanted} has no carrier")

    known = set(formal)
    trivial: list[Sides] = []
    firing: dict[Sides, list[Bag]] = {f: [] for f in formal}
    for a, b in reactions:
        read = (_read(a, meaning), _read(b, meaning))
        if read[0] == read[1]:
            trivial.append((a, b))
        if read in known:
            firing[read].append(a)
        elif read[0] != read[1]:
            return different(
                f"a reaction reads {_arrow(*read)}, which is not among the formal reactions",
                f"{_arrow(a, b)} reads {_arrow(*read)}",
            )

    carriers: dict[Species, list[Species]] = {}
    for s in species:
        for f in meaning[s].support:
            carriers.setdefault(f, []).append(s)
    moves = _by_reactant(trivial)
    for reactants, products in formal:
        targets = firing[reactants, products]
        for number, start in enumerate(_minimal_states(reactants, carriers, meaning)):
            if number >= limits.starts:
                return Check(name, scope, Answer.UNDECIDED, f"more than {limits.starts} states stand for {reactants}")
            reached = _reaches(start, targets, moves, limits.states)
            if reached is None:
                reason = f"{limits.states} states from {{{start}}} did not settle whether {_arrow(reactants, products)} fires"
                return Check(name, scope, Answer.UNDECIDED, reason)
            if not reached:
                return different(
                    f"{_arrow(reactants, products)} cannot fire from every state that stands for its reactants",
                    f"{{{start}}} reads {{{_read(start, meaning)}}}, but {_arrow(reactants, products)} cannot fire from there",
                )
    return Check(name, scope, Answer.EQUIVALENT, "the interpretation is atomic, delimiting and permissive")


def _drop(bag: Bag, gone: frozenset[Species]) -> Bag:
    return Bag(tuple((s, n) for s, n in bag if s not in gone))


def _read(bag: Bag, meaning: Mapping[Species, Bag]) -> Bag:
    total: Counter[Species] = Counter()
    for species, n in bag:
        for formal, count in meaning[species]:
            total[formal] += n * count
    return Bag.from_counts(total)


def _arrow(a: Bag, b: Bag) -> str:
    return f"{a} -> {b}".strip()


def _without_wastes(reactions: list[Sides], interpretation: Mapping[Species, Bag]) -> list[Sides]:
    """Remove the largest set of species that stand for nothing and can do nothing but react among themselves."""
    wastes = {s for a, b in reactions for s in a.support + b.support if not len(interpretation.get(s, Bag()))}
    shrinking = True
    while shrinking:
        shrinking = False
        for a, b in reactions:
            if not wastes.isdisjoint(a.support) and not (wastes.issuperset(a.support) and wastes.issuperset(b.support)):
                wastes -= set(a.support)
                shrinking = True
    gone = frozenset(wastes)
    kept = dict.fromkeys((_drop(a, gone), _drop(b, gone)) for a, b in reactions)
    return [(a, b) for a, b in kept if a != b]


def _minimal_states(
    wanted: Bag, carriers: Mapping[Species, Sequence[Species]], meaning: Mapping[Species, Bag]
) -> Iterator[Bag]:
    """Yield every state that stands for at least `wanted` and would not without any one of its molecules."""
    seen: set[tuple[Species, ...]] = set()
    stack: list[tuple[Bag, tuple[Species, ...]]] = [(wanted, ())]
    while stack:
        need, chosen = stack.pop()
        if len(need):
            first = reversed(carriers.get(need.support[0], ()))
            stack.extend((need - meaning[species], (*chosen, species)) for species in first)
            continue
        state = tuple(sorted(chosen))
        if state in seen:
            continue
        seen.add(state)
        bag = Bag.of(*state)
        if all(not wanted <= _read(bag - Bag.of(s), meaning) for s in bag.support):
            yield bag


def _by_reactant(reactions: Sequence[Sides]) -> dict[Species | None, list[Sides]]:
    """Index reactions by their first reactant, those without any under None."""
    index: dict[Species | None, list[Sides]] = {}
    for a, b in reactions:
        index.setdefault(a.support[0] if len(a) else None, []).append((a, b))
    return index


def _reaches(
    start: Bag, targets: Sequence[Bag], moves: Mapping[Species | None, Sequence[Sides]], most: int
) -> bool | None:
    """Return whether some target becomes available from `start`, or None if `most` states did not settle it."""
    seen, frontier = {start}, deque([start])
    while frontier:
        state = frontier.popleft()
        if any(t <= state for t in targets):
            return True
        for species in (None, *state.support):
            for a, b in moves.get(species, ()):
                if a <= state:
                    later = state - a + b
                    if later not in seen:
                        if len(seen) >= most:
                            return None
                        seen.add(later)
                        frontier.append(later)
    return False

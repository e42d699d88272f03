"""Paths: from a state, by reactions that change nothing, to where something fires or everything is safe.

The search is breadth first, so that paths are shortest, and it says whether it came to its end. Where states have no end, because
something that stands for nothing is made again and again, a coarser search in which such species never run out can still tell that
there is no path. What paths are for is decided in `compiler.verify.certify`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, TypeAlias

from compiler.verify.certificate import Claim, Path, Side, Sides
from crn.network import Species

Move: TypeAlias = tuple[int, Side, Side]
"""A reaction that changes nothing: its place, reactants and products."""

Moves: TypeAlias = Mapping[Species | None, Sequence[Move]]
"""Moves by their first reactant; None for those without any."""

FIRST = 300
"""States visited before the coarser search is asked."""


class Goal(Protocol):
    """What a path is to lead to."""

    def end(self, state: Side, unlimited: Collection[Species] = ()) -> Path | None:
        """Return the last step of the path, which may be empty, or None where the state is not as wanted.

        Parameters
        ----------
        state : Side
        unlimited : collection of Species
            Of these, which stand for nothing, there is any number besides.
        """


@dataclass(frozen=True, slots=True)
class Fires:
    """One of several reactions can happen.

    Attributes
    ----------
    targets : sequence of (int, Side)
        Their places and reactants.
    """

    targets: Sequence[tuple[int, Side]]

    def end(self, state: Side, unlimited: Collection[Species] = ()) -> Path | None:
        """See `Goal`."""
        for k, a in self.targets:
            needed = tuple([s for s in a if s not in unlimited]) if unlimited else a
            if after(state, needed, ()) is not None:
                return (k,)
        return None


@dataclass(frozen=True, slots=True)
class AllSafe:
    """Everything that stands for something is safe.

    Attributes
    ----------
    relevant, safe : container of Species
    """

    relevant: Container[Species]
    safe: Container[Species]

    def end(self, state: Side, unlimited: Collection[Species] = ()) -> Path | None:
        """See `Goal`."""
        return () if all(s in self.safe or s in unlimited or s not in self.relevant for s in state) else None


@dataclass(frozen=True)
class Net:
    """The reactions of a claim without fuels and wastes, which no path needs (H1, H2).

    Attributes
    ----------
    sides : tuple of Sides
        In the order of the claim.
    moves : Moves
    fires : mapping of Sides to sequence of int
        For every formal reaction those that read as it.
    relevant : container of Species
    """

    sides: tuple[Sides, ...]
    moves: Moves
    fires: Mapping[Sides, Sequence[int]]
    relevant: Container[Species]

    @classmethod
    def of(cls, claim: Claim) -> Net:
        """Return the reactions of a claim."""
        gone = wastes(claim.bare, claim.meaning)
        sides = claim.bare
        if gone:
            sides = tuple([(tuple([s for s in a if s not in gone]), tuple([s for s in b if s not in gone]))
                           for a, b in sides])  # fmt: skip
        moves: dict[Species | None, list[Move]] = {}
        fires: dict[Sides, list[int]] = {}
        for k, ((a, b), read) in enumerate(zip(sides, claim.readings, strict=True)):
            if read in claim.firing:
                fires.setdefault(read, []).append(k)
            elif read[0] == read[1] and a != b:
                moves.setdefault(a[0] if a else None, []).append((k, a, b))
        return cls(sides, moves, fires, claim.relevant)

    @cached_property
    def loose(self) -> Mapping[Species | None, Sequence[tuple[Side, frozenset[Species], Side, frozenset[Species]]]]:
        """The moves by their first reactant that stands for something, with what stands for nothing apart."""
        found: dict[Species | None, list[tuple[Side, frozenset[Species], Side, frozenset[Species]]]] = {}
        for _, a, b in (m for some in self.moves.values() for m in some):
            held, made = (tuple([s for s in part if s in self.relevant]) for part in (a, b))
            free, freed = (frozenset(s for s in part if s not in self.relevant) for part in (a, b))
            found.setdefault(held[0] if held else None, []).append((held, free, made, freed))
        return found

    def firing(self, formal: Sides) -> Fires:
        """Return what tells whether a formal reaction can fire."""
        return Fires([(k, self.sides[k][0]) for k in self.fires.get(formal, ())])

    def path(self, start: Side, goal: Goal, most: int) -> tuple[Path | None, bool]:
        """Look for the shortest path from a state to a goal.

        Parameters
        ----------
        start : Side
        goal : Goal
        most : int
            States to visit.

        Returns
        -------
        path : Path or None
        settled : bool
            Whether a path was found, or there is none.
        """
        path, settled = search_path(start, self.moves, goal, min(FIRST, most))
        if settled or most <= FIRST:
            return path, settled
        if self._beyond_reach(start, goal, most):
            return None, True
        return search_path(start, self.moves, goal, most)

    def _beyond_reach(self, start: Side, goal: Goal, most: int) -> bool:
        """Whether there is no path even if what stands for nothing, once it is made, never runs out.

        Then there is none at all: a move needs no more here than it does in truth. States are few, since moves keep what a state
        stands for, and so the number of molecules that stand for something is bounded.
        """
        unlimited = {s for s in start if s not in self.relevant}
        first = tuple([s for s in start if s in self.relevant])
        seen, agenda = {first}, [first]
        while agenda:
            state = agenda.pop()
            if goal.end(state, unlimited) is not None:
                return False
            for species in (None, *dict.fromkeys(state)):
                for held, free, made, freed in self.loose.get(species, ()):
                    if not free <= unlimited:
                        continue
                    later = after(state, held, made)
                    if later is None:
                        continue
                    if not freed <= unlimited:
                        unlimited |= freed
                        agenda = list(seen)
                    if later not in seen:
                        if len(seen) >= most:
                            return False
                        seen.add(later)
                        agenda.append(later)
        return True


def search_path(start: Side, moves: Moves, goal: Goal, most: int) -> tuple[Path | None, bool]:
    """Look for the shortest path from a state to a goal; see `Net.path`."""
    came: dict[Side, tuple[Side, int]] = {start: ((), -1)}
    agenda = deque([start])
    while agenda:
        state = agenda.popleft()
        end = goal.end(state)
        if end is not None:
            return (*traced(came, state), *end), True
        for species in (None, *dict.fromkeys(state)):
            for k, a, b in moves.get(species, ()):
                later = after(state, a, b)
                if later is not None and later not in came:
                    if len(came) >= most:
                        return None, False
                    came[later] = (state, k)
                    agenda.append(later)
    return None, True


def traced(came: Mapping[Side, tuple[Side, int]], state: Side) -> Path:
    """Return how a state was come to."""
    path: list[int] = []
    while came[state][1] >= 0:
        state, k = came[state]
        path.append(k)
    return tuple(reversed(path))


def after(state: Side, reactants: Side, products: Side) -> Side | None:
    """Return the state after a reaction, or None where its reactants are not all there."""
    rest = list(state)
    for s in reactants:
        if s not in rest:
            return None
        rest.remove(s)
    return tuple(sorted([*rest, *products]))


def wastes(sides: Iterable[Sides], meaning: Mapping[Species, Collection[Species]]) -> set[Species]:
    """Return the largest set of species that stand for nothing and can do nothing but react among themselves (H2)."""
    listed = list(sides)
    found = {s for a, b in listed for s in (*a, *b) if not meaning[s]}
    users: dict[Species, list[int]] = {}
    for k, (a, b) in enumerate(listed):
        for s in found.intersection((*a, *b)):
            users.setdefault(s, []).append(k)
    agenda = list(range(len(listed)))
    while agenda:
        a, b = listed[agenda.pop()]
        if not found.isdisjoint(a) and not (found.issuperset(a) and found.issuperset(b)):
            lost = found.intersection(a)
            found -= lost
            agenda += [k for s in lost for k in users.get(s, ())]
    return found

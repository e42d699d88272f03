"""The release condition: what a gate holds, it can hand back to free signal strands by itself.

Together with the checks of the single gates and the absence of cross-talk this makes the whole network a bisimulation: any state
can first turn into free signals, each molecule on its own, and from free signals the gate of the formal reaction fires. It is
checked for every intermediate by following the reactions of its own gate.
"""

from __future__ import annotations

from collections import deque

from compiler.verify.verdict import Answer, Check
from crn.network import Bag, Species
from dsd.schemes import Role
from dsd.system import DsdReaction, DsdSystem


def check_release(system: DsdSystem, states: int = 2000) -> Check:
    """Check that every intermediate releases what it stands for.

    Parameters
    ----------
    system : DsdSystem
    states : int
        Visited from one intermediate before the answer is `UNDECIDED`.
    """
    fuels = {e.complex.name for e in system.of_role(Role.FUEL, Role.BUFFER)}
    signals = {e.complex.name for e in system.of_role(Role.SIGNAL)}
    meaning = {e.complex.name: e.meaning for e in system.entries}
    moves: dict[Species, list[tuple[Bag, Bag]]] = {}
    for reaction in system.reactions:
        left, right = _sides(reaction, fuels)
        if left and _read(left, meaning) == _read(right, meaning):
            for species in left.support:
                moves.setdefault(species, []).append((left, right))
    holders = [e for e in system.entries if e.role is not Role.SIGNAL and len(e.meaning)]
    scope = f"{len(holders)} intermediates"
    for entry in holders:
        start = Bag.of(entry.complex.name)
        seen, frontier, released = {start}, deque([start]), False
        while frontier and not released and len(seen) <= states:
            state = frontier.popleft()
            released = all(s in signals or not len(meaning[s]) for s in state.support)
            for species in state.support:
                for left, right in moves.get(species, ()):
                    if left <= state and (later := state - left + right) not in seen:
                        seen.add(later)
                        frontier.append(later)
        if not released:
            answer = Answer.UNDECIDED if len(seen) > states else Answer.DIFFERENT
            held = f"{entry.complex.name} stands for {entry.meaning} and cannot release it as free signals by itself"
            return Check("release", scope, answer, held, held if answer is Answer.DIFFERENT else "")
    return Check("release", scope, Answer.EQUIVALENT, "each hands what it stands for back to free signal strands")


def _sides(reaction: DsdReaction, fuels: set[Species]) -> tuple[Bag, Bag]:
    left, right = (
        Bag.of(*(c.name for c in side if c.name not in fuels)) for side in (reaction.reactants, reaction.products)
    )
    return left, right


def _read(bag: Bag, meaning: dict[Species, Bag]) -> Bag:
    total = Bag()
    for species in bag.elements():
        total += meaning[species]
    return total

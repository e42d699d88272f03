"""Roles: which reactant of a gate binds first, second and last.

Whoever binds first is partly held by the gate, so the load is to be spread; and no strand that one gate sets free may imitate a
backward strand of another, which depends on who stands next to whom. What that means for rates is decided in `compiler.scaling`;
what imitates what is known to the schemes.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from compiler.scaling import Physical, first_steps
from crn.diagnostics import CircuitError, Diagnostic, InfeasibleError
from crn.network import CRN, Bag, Reaction, Species
from dsd.schemes import Pair, Scheme

Order: TypeAlias = tuple[Species, ...]

TRIES = 20_000
"""Orders that are tried in search of an assignment without impostors."""


class KnownFaultError(CircuitError):
    """The scheme can draw the network, but is known to be wrong for a reaction or for two together."""


@dataclass(frozen=True, slots=True)
class Roles:
    """Who binds when.

    Attributes
    ----------
    orders : tuple of (str, Order)
        For every reaction its reactants in the order in which they bind.
    faults : tuple of Diagnostic
        What is known to go wrong all the same: in one gate, or between two.
    """

    orders: tuple[tuple[str, Order], ...]
    faults: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True, slots=True)
class _Choice:
    """One way to bind the reactants of a reaction: the pairs it needs for itself and those that it imitates."""

    order: Order
    needs: frozenset[Pair]
    imitates: frozenset[Pair]

    def disturbs(self, other: _Choice) -> bool:
        return not (self.imitates.isdisjoint(other.needs) and other.imitates.isdisjoint(self.needs))


def assign_roles(crn: CRN, scheme: Scheme, physical: Physical, fixed: Mapping[str, Order] | None = None) -> Roles:
    """Choose the orders in which reactants bind.

    First no gate may have a fault and no two gates an impostor between them; then the load is spread, the fastest reactions
    first, and single reactions are turned around as long as that evens the loads out.

    Parameters
    ----------
    crn : CRN
    scheme : Scheme
    physical : Physical
    fixed : mapping of str to Order, optional
        Orders that the user wants, by the id of the reaction.

    Raises
    ------
    InfeasibleError
        If the scheme cannot carry a reaction in any order that is left.
    """
    wanted = dict(fixed or {})
    _check_fixed(crn, wanted)
    steps = first_steps(crn, physical)
    fastest_first = sorted(crn.reactions, key=lambda r: -steps[r.id])
    choices = {r.id: _choices(r, scheme, wanted.get(r.id)) for r in fastest_first}
    chosen = _search(fastest_first, choices, steps)
    _even_out(fastest_first, choices, steps, chosen)
    orders = tuple((r.id, chosen[r.id].order) for r in crn.reactions)
    return Roles(orders, tuple(_faults(crn, scheme, chosen)))


def _check_fixed(crn: CRN, wanted: Mapping[str, Order]) -> None:
    known = {r.id: r for r in crn.reactions}
    for name, order in wanted.items():
        if name not in known:
            shown = ", ".join(list(known)[:8]) + (", .." if len(known) > 8 else "")
            raise CircuitError(Diagnostic(f"--order {name}: there is no reaction {name}", advice=f"reactions: {shown}"))
        if Bag.of(*order) != known[name].reactants:
            raise CircuitError(f"--order {name}={','.join(order)}: the reactants of {name} are {known[name].reactants}")


def _choices(reaction: Reaction, scheme: Scheme, wanted: Order | None) -> list[_Choice]:
    """Return the ways to bind a reaction's reactants; those with a fault only where there is no other."""
    products = reaction.products.elements()
    possible = [wanted] if wanted is not None else dict.fromkeys(itertools.permutations(reaction.reactants.elements()))
    allowed = [p for p in possible if scheme.objection(p, products) is None]
    if not allowed:
        message = scheme.objection(wanted or reaction.reactants.elements(), products) or "no order of binding works"
        raise InfeasibleError(
            Diagnostic(f"{scheme.name} cannot carry {reaction.equation}: {message}", reaction.origin.span)
        )
    right = [p for p in allowed if scheme.fault(p, products) is None] or allowed
    return [_Choice(p, scheme.needed(p, products), scheme.imitated(p, products)) for p in right]


def _search(
    reactions: Sequence[Reaction], choices: Mapping[str, list[_Choice]], steps: Mapping[str, float]
) -> dict[str, _Choice]:
    """Return an assignment without impostors, the lightest load first; without any, the one that was tried first.

    A choice rules out those of later reactions that it disturbs; when a reaction has none left, the last choice is undone.
    """
    loads: defaultdict[Species, float] = defaultdict(float)
    chosen: dict[str, _Choice] = {}
    left, crossing = dict(choices), _Crossing(choices)
    depth_of = {r.id: depth for depth, r in enumerate(reactions)}
    replaced: list[dict[str, list[_Choice]]] = []
    agenda: list[list[_Choice]] = []
    tries = 0

    def ranked(name: str) -> list[_Choice]:
        return sorted(left[name], key=lambda c: loads[c.order[0]] if len(c.order) > 1 else 0.0)

    def undo(name: str) -> None:
        old = chosen.pop(name)
        if len(old.order) > 1:
            loads[old.order[0]] -= steps[name]
        left.update(replaced.pop())

    while len(chosen) < len(reactions):
        depth = len(chosen)
        here = reactions[depth].id
        if len(agenda) == depth:
            agenda.append(ranked(here))
        if not agenda[depth]:
            agenda.pop()
            tries += 1
            if not agenda or tries > TRIES:
                return _greedy(reactions, choices, steps)
            undo(reactions[depth - 1].id)
            continue
        choice = agenda[depth].pop(0)
        before: dict[str, list[_Choice]] = {}
        for name in crossing.with_(choice):
            if depth_of[name] > depth:
                before[name] = left[name]
                left[name] = [c for c in left[name] if not choice.disturbs(c)]
        tries += 1
        if all(left[name] for name in before):
            chosen[here] = choice
            replaced.append(before)
            if len(choice.order) > 1:
                loads[choice.order[0]] += steps[here]
        else:
            left.update(before)
    return chosen


class _Crossing:
    """Which reactions a choice may disturb, or be disturbed by."""

    def __init__(self, choices: Mapping[str, Iterable[_Choice]]) -> None:
        self._needing: defaultdict[Pair, dict[str, None]] = defaultdict(dict)
        self._imitating: defaultdict[Pair, dict[str, None]] = defaultdict(dict)
        for name, several in choices.items():
            for choice in several:
                for pair in choice.needs:
                    self._needing[pair][name] = None
                for pair in choice.imitates:
                    self._imitating[pair][name] = None

    def with_(self, choice: _Choice) -> dict[str, None]:
        """Return the names of the reactions, each once; that of the choice may be among them."""
        found: dict[str, None] = {}
        for pair in choice.imitates:
            found |= self._needing.get(pair, {})
        for pair in choice.needs:
            found |= self._imitating.get(pair, {})
        return found


def _greedy(
    reactions: Sequence[Reaction], choices: Mapping[str, list[_Choice]], steps: Mapping[str, float]
) -> dict[str, _Choice]:
    """Return an assignment with few impostors."""
    loads: dict[Species, float] = {}
    chosen: dict[str, _Choice] = {}
    for reaction in reactions:

        def cost(c: _Choice) -> tuple[int, float]:
            return sum(c.disturbs(o) for o in chosen.values()), loads.get(c.order[0], 0.0) if c.order else 0.0

        best = chosen[reaction.id] = min(choices[reaction.id], key=cost)
        if len(best.order) > 1:
            loads[best.order[0]] = loads.get(best.order[0], 0.0) + steps[reaction.id]
    return chosen


def _even_out(
    reactions: Sequence[Reaction],
    choices: Mapping[str, list[_Choice]],
    steps: Mapping[str, float],
    chosen: dict[str, _Choice],
) -> None:
    """Turn single reactions around as long as that lowers the larger of two loads and makes no impostor."""
    loads: dict[Species, float] = {}
    several = [r.id for r in reactions if r.order > 1]
    for name in several:
        first = chosen[name].order[0]
        loads[first] = loads.get(first, 0.0) + steps[name]

    crossing = _Crossing(choices)

    def clashes(name: str, choice: _Choice) -> int:
        return sum(choice.disturbs(chosen[other]) for other in crossing.with_(choice) if other != name)

    moved = True
    while moved:
        moved = False
        for name in several:
            now, step = chosen[name].order[0], steps[name]
            for choice in sorted(choices[name], key=lambda c: loads.get(c.order[0], 0.0)):
                first = choice.order[0]
                if first == now or loads.get(first, 0.0) + step >= loads[now] * (1 - 1e-9):
                    continue
                if clashes(name, choice) <= clashes(name, chosen[name]):
                    loads[now] -= step
                    loads[first] = loads.get(first, 0.0) + step
                    chosen[name] = choice
                    moved = True
                    break


def _faults(crn: CRN, scheme: Scheme, chosen: Mapping[str, _Choice]) -> list[Diagnostic]:
    """Return what is known to go wrong with an assignment."""
    found = []
    sides = {(r.reactants, r.products) for r in crn.reactions}
    for reaction in crn.reactions:
        fault = scheme.fault(chosen[reaction.id].order, reaction.products.elements())
        if len(reaction.products) and (reaction.products, reaction.reactants) not in sides:
            fault = fault or scheme.undone
        if fault:
            found.append(Diagnostic(f"{scheme.name} gets {reaction.equation} wrong: {fault}", reaction.origin.span))
    makers: dict[Pair, list[Reaction]] = {}
    for reaction in crn.reactions:
        for pair in sorted(chosen[reaction.id].imitates):
            makers.setdefault(pair, []).append(reaction)
    for reaction in crn.reactions:
        for first, second in sorted(chosen[reaction.id].needs):
            found += [
                Diagnostic(
                    f"{scheme.name} gets {reaction.equation} and {maker.equation} wrong together: "
                    + scheme.imitation.format(first, second),
                    reaction.origin.span,
                )
                for maker in makers.get((first, second), ())
                if maker.id != reaction.id
            ]
    return found

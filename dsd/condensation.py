"""Condensation: from a detailed network of fast and slow steps to reactions between what rests in the tube.

A macrostate is a set of complexes that turn into one another by fast steps and into nothing else; a condensed reaction
is a slow step with everything fast averaged out (Grun, Sarma, Wolfe, Shin & Winfree, arXiv:1505.03738, 2015).
Complexes are numbers here: what they are and how they came about is known to `dsd.enumeration`.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from dsd.complexes import Complex
from dsd.steps import order_key

Fate: TypeAlias = tuple[int, ...]
"""The macrostates that a complex ends in, as sorted numbers."""

FastStep: TypeAlias = tuple[tuple[int, ...], float]
"""Products and rate in /s of a unimolecular step."""

SlowStep: TypeAlias = tuple[tuple[int, int], tuple[int, ...], float]
"""Reactants, products and rate in /M/s of a bimolecular step."""


@dataclass(frozen=True, slots=True)
class Macrostate:
    """Resting complexes that turn into one another fast, so that they count as one species.

    Attributes
    ----------
    representative : Complex
        The member that stands for all: one that was given at the start if there is one, else the least by kernel text.
    complexes : tuple of Complex
        All members, sorted.
    shares : tuple of float
        The fraction of time spent in each member; they sum to 1.
    """

    representative: Complex
    complexes: tuple[Complex, ...]
    shares: tuple[float, ...]

    def __post_init__(self) -> None:
        if self.representative not in self.complexes or len(self.complexes) != len(self.shares):
            raise ValueError("a macrostate needs a share for every member, and a member that represents it")
        if any(s < 0 for s in self.shares) or not math.isclose(sum(self.shares), 1.0, rel_tol=1e-9):
            raise ValueError(f"the shares {self.shares} are no distribution")


@dataclass(frozen=True, slots=True)
class CondensedReaction:
    """A reaction between macrostates, written in their representatives.

    Attributes
    ----------
    reactants, products : tuple of Complex
        Sorted; never the same on both sides.
    rate : float
        In /M/s; the event fires at ``rate * [A] * [B]`` also if A is B, with the concentrations of whole macrostates.
    """

    reactants: tuple[Complex, ...]
    products: tuple[Complex, ...]
    rate: float

    def __post_init__(self) -> None:
        for side in ("reactants", "products"):
            object.__setattr__(self, side, tuple(sorted(getattr(self, side), key=order_key)))
        if self.reactants == self.products:
            raise ValueError("a condensed reaction changes something")
        if not (math.isfinite(self.rate) and self.rate > 0):
            raise ValueError(f"a condensed reaction with the rate {self.rate}")

    def __str__(self) -> str:
        left, right = (" + ".join(map(str, side)) for side in (self.reactants, self.products))
        return f"{left} -> {right} [{self.rate:.6g} /{'M/' * (len(self.reactants) - 1)}s]"


@dataclass(frozen=True, slots=True)
class Condensate:
    """What condensation finds, in numbers.

    Attributes
    ----------
    basins : tuple of tuple of int
        The members of every macrostate, sorted; sorted by their first.
    shares : tuple of tuple of float
        The stationary distribution within each basin.
    reactions : tuple of (Fate, Fate, float)
        Reactants and products as numbers of basins, and the rate in /M/s; sorted.
    """

    basins: tuple[tuple[int, ...], ...]
    shares: tuple[tuple[float, ...], ...]
    reactions: tuple[tuple[Fate, Fate, float], ...]


def groups(members: Iterable[int], fast: Sequence[Sequence[FastStep]]) -> list[tuple[int, ...]]:
    """Return the strongly connected components of the fast steps among `members`, downstream ones first.

    By the algorithm of Tarjan (SIAM J. Comput. 1:146, 1972), with a stack of its own in place of recursion.
    """
    inside = set(members)
    found: list[tuple[int, ...]] = []
    order: dict[int, int] = {}
    low: dict[int, int] = {}
    waiting: list[int] = []
    path: list[tuple[int, Iterator[int]]] = []

    def enter(node: int) -> None:
        order[node] = low[node] = len(order)
        waiting.append(node)
        path.append((node, iter([p for products, _ in fast[node] for p in products if p in inside])))

    for root in inside:
        if root not in order:
            enter(root)
        while path:
            node, targets = path[-1]
            for target in targets:
                if target not in order:
                    enter(target)
                    break
                if target in low:
                    low[node] = min(low[node], order[target])
            else:
                path.pop()
                least = low[node]
                if least == order[node]:
                    group = [waiting.pop()]
                    while group[-1] != node:
                        group.append(waiting.pop())
                    for member in group:
                        del low[member]
                    found.append(tuple(sorted(group)))
                elif path:
                    low[path[-1][0]] = min(low[path[-1][0]], least)
    return found


def rests(group: tuple[int, ...], fast: Sequence[Sequence[FastStep]]) -> bool:
    """Whether no fast step leads out of a component."""
    inside = set(group)
    return all(inside.issuperset(products) for member in group for products, _ in fast[member])


def condense(fast: Sequence[Sequence[FastStep]], slow: Iterable[SlowStep], as_peppercorn: bool = False) -> Condensate:
    """Condense a network.

    Parameters
    ----------
    fast : sequence of sequence of FastStep
        For every complex the unimolecular steps that it takes.
    slow : iterable of SlowStep
        The bimolecular steps; their reactants all rest.
    as_peppercorn : bool
        Whether a reaction is given the flow of other pairs as well, by the rule of Peppercorn that we think wrong: to the
        flow of a reaction is added that of every other one with the same products that shares a reactant with it. It
        matters only where a macrostate has an isomer (the same strands, at rest in another fold) and a partner leads both
        to the same products, if need be by doing nothing: either reaction then has the rate of both together.

    Returns
    -------
    Condensate
        Reactions that change nothing are left out.
    """
    components = groups(range(len(fast)), fast)
    resting = sorted(group for group in components if rests(group, fast))
    basin = {member: number for number, group in enumerate(resting) for member in group}
    share: dict[int, float] = {}
    for group in resting:
        share.update(zip(group, _stationary(group, fast), strict=True))
    fates: dict[int, dict[Fate, float]] = {}
    for group in components:
        if group[0] in basin:
            fates.update((member, {(basin[member],): 1.0}) for member in group)
        else:
            fates.update(_absorbed(group, fast, fates))
    flows: dict[tuple[Fate, Fate], float] = defaultdict(float)
    for reactants, products, rate in slow:
        source = tuple(sorted(basin[r] for r in reactants))
        weight = rate * math.prod(share[r] for r in reactants)
        for fate, probability in _joint([fates[p] for p in products]).items():
            flows[source, fate] += weight * probability
    rates = _pooled(flows) if as_peppercorn else flows
    return Condensate(
        tuple(resting),
        tuple(tuple(share[member] for member in group) for group in resting),
        tuple((a, b, rate) for (a, b), rate in sorted(rates.items()) if a != b),
    )


def _pooled(flows: dict[tuple[Fate, Fate], float]) -> dict[tuple[Fate, Fate], float]:
    """Add the flows of other pairs, as `condense` says."""
    sources: dict[Fate, list[Fate]] = defaultdict(list)
    for source, fate in flows:
        sources[fate].append(source)
    return {
        (source, fate): sum(flows[other, fate] for other in sources[fate] if not set(other).isdisjoint(source))
        for source, fate in flows
    }


def _joint(parts: Sequence[dict[Fate, float]]) -> dict[Fate, float]:
    """Return the distribution of the fates of several complexes together, each going its own way."""
    if len(parts) == 1:
        return parts[0]
    if all(len(part) == 1 for part in parts):
        return {tuple(sorted(state for part in parts for fate in part for state in fate)): 1.0}
    joint: dict[Fate, float] = defaultdict(float)
    for combination in product(*(part.items() for part in parts)):
        fate = tuple(sorted(state for fate, _ in combination for state in fate))
        joint[fate] += math.prod(probability for _, probability in combination)
    return joint


def _stationary(group: tuple[int, ...], fast: Sequence[Sequence[FastStep]]) -> list[float]:
    """Return the stationary distribution of a closed component.

    By state reduction (Grassmann, Taksar & Heyman, Oper. Res. 33:1107, 1985): it subtracts nothing, so that small
    shares keep all their digits although the rates of one component span ten decades.
    """
    size = len(group)
    if size == 1:
        return [1.0]
    rates, _, _ = _matrices(group, fast)
    for k in range(size - 1, 0, -1):
        rates[:k, k] /= rates[k, :k].sum()
        rates[:k, :k] += np.outer(rates[:k, k], rates[k, :k])
    weights = np.ones(size)
    for k in range(1, size):
        weights[k] = weights[:k] @ rates[:k, k]
    return [float(w) for w in weights / weights.sum()]


def _absorbed(
    group: tuple[int, ...], fast: Sequence[Sequence[FastStep]], known: dict[int, dict[Fate, float]]
) -> dict[int, dict[Fate, float]]:
    """Return the distribution of fates of every member of a component that does not rest, by the same reduction."""
    if len(group) == 1:
        (member,) = group
        flows: dict[Fate, float] = defaultdict(float)
        for products, rate in fast[member]:
            if products != group:
                for fate, probability in _joint([known[p] for p in products]).items():
                    flows[fate] += rate * probability
        total = sum(flows.values())
        return {member: {fate: flow / total for fate, flow in flows.items()}}
    rates, exits, numbers = _matrices(group, fast, known)
    size = len(group)
    for k in range(size - 1, 0, -1):
        rates[:k, k] /= rates[k, :k].sum() + exits[k].sum()
        rates[:k, :k] += np.outer(rates[:k, k], rates[k, :k])
        exits[:k] += np.outer(rates[:k, k], exits[k])
    chances = np.zeros_like(exits)
    for k in range(size):
        chances[k] = (exits[k] + rates[k, :k] @ chances[:k]) / (rates[k, :k].sum() + exits[k].sum())
    return {member: {fate: float(chances[i, n]) for fate, n in numbers.items()} for i, member in enumerate(group)}


def _matrices(
    group: tuple[int, ...], fast: Sequence[Sequence[FastStep]], known: dict[int, dict[Fate, float]] | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64], dict[Fate, int]]:
    """Return the rates between members (row to column), those from members to fates outside, and the fates' columns.

    Rates are in /s; without `known` fates only the first are filled in.
    """
    index = {member: i for i, member in enumerate(group)}
    rates = np.zeros((len(group), len(group)))
    numbers: dict[Fate, int] = {}
    leaving: list[tuple[int, int, float]] = []
    for member, i in index.items():
        for products, rate in fast[member]:
            if len(products) == 1 and products[0] in index:
                if products[0] != member:
                    rates[i, index[products[0]]] += rate
            elif known is not None:
                for fate, probability in _joint([known[p] for p in products]).items():
                    leaving.append((i, numbers.setdefault(fate, len(numbers)), rate * probability))
    exits = np.zeros((len(group), len(numbers)))
    for i, n, flow in leaving:
        exits[i, n] += flow
    return rates, exits, numbers

"""What turns into one another all the time: pools of species that exchange their molecules with the help of abundant partners.

A signal and the gates that hold it are a pool: binding takes a fuel and gives a backward strand, of both of which there is plenty,
so that each molecule of the pool moves by itself. Here pools are found in a network at given counts and made into arrays; running
a network whose pools are averaged is the business of `crn.simulate.slow_scale`.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp

from crn.massaction import MassAction, Vector
from crn.network import Bag

ENOUGH = 100.0
"""Molecules below which a partner is not abundant: its own fluctuations, of the order of one in so many, are left out."""

PLENTY = 10.0
"""How many molecules of a partner there have to be for each in the pools that it serves."""

LONGEST = 3
"""Species on one side of an exchange; gates have two."""

ALIKE = 1e-9
"""Relative difference below which two ways around give the same equilibrium: rounding."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A reversible reaction that moves a molecule within a pool; species and reactions are given by their places.

    Attributes
    ----------
    source, target : int
        What a molecule of the pool is before and after the forward reaction.
    taken, given : tuple of int
        Partners that the forward reaction takes and gives.
    forward, backward : tuple of int
        Reactions; several if the network has it several times.
    """

    source: int
    target: int
    taken: tuple[int, ...]
    given: tuple[int, ...]
    forward: tuple[int, ...]
    backward: tuple[int, ...]

    @property
    def partners(self) -> tuple[int, ...]:
        """All partners."""
        return self.taken + self.given

    @property
    def reactions(self) -> tuple[int, ...]:
        """All reactions."""
        return self.forward + self.backward

    def turned(self) -> Exchange:
        """Return the same exchange, forward for backward."""
        return Exchange(self.target, self.source, self.given, self.taken, self.backward, self.forward)


@dataclass(frozen=True, slots=True)
class Reversible:
    """Two sides of a reversible reaction, as places, and the reactions from one to the other and back."""

    left: tuple[int, ...]
    right: tuple[int, ...]
    forward: tuple[int, ...]
    backward: tuple[int, ...]


def reversible(law: MassAction) -> tuple[Reversible, ...]:
    """Return the reversible reactions whose sides share no species and have none twice; the law keeps the result."""
    known = vars(law).get("_reversible")
    if known is None:
        known = vars(law)["_reversible"] = tuple(_reversible(law))
    found: tuple[Reversible, ...] = known
    return found


def _reversible(law: MassAction) -> Iterable[Reversible]:
    ways: dict[tuple[Bag, Bag], list[int]] = {}
    for j, reaction in enumerate(law.crn.reactions):
        ways.setdefault((reaction.reactants, reaction.products), []).append(j)
    for (left, right), forward in ways.items():
        backward = ways.get((right, left))
        sides = [tuple(law.index[s] for s in side.support) for side in (left, right)]
        plain = all(0 < len(bag) == len(side) <= LONGEST for bag, side in zip((left, right), sides, strict=True))
        if backward is not None and forward[0] < backward[0] and plain and not set(sides[0]) & set(sides[1]):
            yield Reversible(sides[0], sides[1], tuple(forward), tuple(backward))


def exchanges(law: MassAction, c: Vector, counts: Vector, refused: Collection[int] = ()) -> tuple[Exchange, ...]:
    """Return the exchanges there are at given counts, in the order of their reactions.

    On either side the rarest species is the one that belongs to the pool, and the others are partners. No species is both; where
    two exchanges disagree about one, the faster has its way.

    Parameters
    ----------
    law : MassAction
    c : ndarray, shape (R,)
        Rate constants in molecules.
    counts : ndarray, shape (S,)
    refused : collection of int
        Reactions that are not to be among them.
    """
    constant = {law.index[s] for s in law.crn.constant}
    found = []
    for pair in reversible(law):
        source, target = (min(side, key=lambda s: (counts[s], s)) for side in (pair.left, pair.right))
        taken, given = (tuple(s for s in side if s not in (source, target)) for side in (pair.left, pair.right))
        allowed = constant.isdisjoint((source, target)) and not any(j in refused for j in pair.forward)
        if allowed and all(counts[s] >= ENOUGH for s in taken + given):
            found.append(Exchange(source, target, taken, given, pair.forward, pair.backward))
    found.sort(key=lambda e: -pace(e, c, counts))
    inside, partners = set[int](), set[int]()
    kept = []
    for exchange in found:
        ends = {exchange.source, exchange.target}
        if ends.isdisjoint(partners) and inside.isdisjoint(exchange.partners):
            inside |= ends
            partners.update(exchange.partners)
            kept.append(exchange)
    return tuple(sorted(kept, key=lambda e: min(e.reactions)))


def pace(exchange: Exchange, c: Vector, counts: Vector) -> float:
    """Return how fast an exchange by itself comes to its equilibrium, per unit of time."""
    there = sum(c[j] for j in exchange.forward) * math.prod(counts[s] for s in exchange.taken)
    back = sum(c[j] for j in exchange.backward) * math.prod(counts[s] for s in exchange.given)
    return float(there + back)


@dataclass(frozen=True, eq=False)
class Pools:
    """The pools that exchanges make, each a tree of species that hangs on one of them, its root.

    Attributes
    ----------
    size : int
        The number S of species of the network.
    branches : tuple of Exchange
        Away from the root, those nearer to it first. Exchanges that only close a ring and agree with the others are not among them.
    root : dict of int to int
        For every species of a pool, roots included.
    spent : dict of int to dict of int to int
        By how much each partner has changed when a molecule has come from the root of its pool, for every species but the roots.
    averaged : frozenset of int
        The reactions that are no longer fired.
    """

    size: int
    branches: tuple[Exchange, ...]
    root: Mapping[int, int]
    spent: Mapping[int, Mapping[int, int]]
    averaged: frozenset[int]

    @classmethod
    def of(cls, law: MassAction, c: Vector, found: Sequence[Exchange]) -> Pools:
        """Return the pools of some exchanges.

        A ring of exchanges is in balance if both ways around it lead to the same ratio of amounts and use the same partners; what
        closes a ring that is not, is left to be fired.
        """
        import networkx as nx  # takes a quarter of a second to load, and is rarely needed

        graph = nx.Graph()
        for exchange in found:
            if not graph.has_edge(exchange.source, exchange.target):
                graph.add_edge(exchange.source, exchange.target, exchange=exchange)
        branches, root, spent = [], {}, {}
        level: dict[int, float] = {}
        averaged: set[int] = set()
        for pool in nx.connected_components(graph):
            top = min(pool)
            root[top], spent[top], level[top] = top, dict[int, int](), 0.0
            for near, far in nx.bfs_edges(graph, top):
                branch: Exchange = graph.edges[near, far]["exchange"]
                branch = branch if branch.source == near else branch.turned()
                branches.append(branch)
                root[far], spent[far], level[far] = top, *_beyond(law, c, branch, spent[near], level[near])
        for exchange in found:
            after = _beyond(law, c, exchange, spent[exchange.source], level[exchange.source])
            if after[0] == spent[exchange.target] and abs(after[1] - level[exchange.target]) <= ALIKE:
                averaged.update(exchange.reactions)
        moved = {s: changes for s, changes in spent.items() if root[s] != s}
        return cls(len(law.species), tuple(branches), root, moved, frozenset(averaged))

    @cached_property
    def members(self) -> Mapping[int, tuple[int, ...]]:
        """The species of every pool by its root, which comes first."""
        found: dict[int, tuple[int, ...]] = {r: (r,) for r in self.root.values()}
        for branch in self.branches:
            found[self.root[branch.target]] += (branch.target,)
        return found

    @cached_property
    def partners(self) -> tuple[int, ...]:
        """All partners."""
        return tuple(sorted({s for b in self.branches for s in b.partners}))

    @cached_property
    def spending(self) -> sp.csr_matrix:
        """What is spent by each molecule on its way from the root: a matrix, shape (S, S), from species to partners."""
        entries = [(float(n), s, p) for s, spent in self.spent.items() for p, n in spent.items()]
        values, rows, columns = zip(*entries, strict=True) if entries else ((), (), ())
        return sp.csr_matrix((values, (rows, columns)), shape=(self.size, self.size))

    @cached_property
    def gathering(self) -> sp.csr_matrix:
        """The matrix, shape (S, S), that puts all molecules of a pool on its root, and undoes what that took."""
        roots = [self.root.get(s, s) for s in range(self.size)]
        placed = sp.csr_matrix((np.ones(self.size), (roots, range(self.size))), shape=(self.size, self.size))
        return sp.csr_matrix(placed - self.spending.T)

    def draw(self, gathered: Vector, share: Vector, rng: np.random.Generator) -> Vector:
        """Return whole molecules for totals that are known: each one of a pool is by chance in one of its species.

        Parameters
        ----------
        gathered, share : ndarray, shape (T, S)
            Counts with pools on their roots, and the share that each species has of its pool.
        rng : numpy.random.Generator
        """
        drawn = np.zeros_like(gathered)
        for root, members in self.members.items():
            odds = share[:, members]
            total = gathered[:, root].astype(np.int64)
            drawn[:, members] = rng.multinomial(total, odds / odds.sum(axis=1, keepdims=True))
        rest = gathered.copy()
        rest[:, list(self.root)] = 0.0
        moved: Vector = drawn @ self.spending
        return rest + drawn + moved


def _beyond(
    law: MassAction, c: Vector, branch: Exchange, spent: Mapping[int, int], level: float
) -> tuple[dict[int, int], float]:
    """Return what is spent on the way to the target of an exchange, and the logarithm of its weight at equal partners."""
    total = dict(spent)
    for change, partners in ((-1, branch.taken), (1, branch.given)):
        for partner in partners:
            if law.species[partner] not in law.crn.constant:
                total[partner] = total.get(partner, 0) + change
    there, back = (sum(c[j] for j in way) for way in (branch.forward, branch.backward))
    return {s: n for s, n in total.items() if n}, level + math.log(there / back)

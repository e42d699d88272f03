"""Leaving out fast intermediates: what forms them makes their eventual products at once, with an estimate of the error.

The slow amounts are those that the fast reactions do not change, as in N. Fenichel, "Geometric singular perturbation theory for
ordinary differential equations", J. Differential Equations 31, 53 (1979), doi:10.1016/0022-0396(79)90152-9, to lowest order; a
flux strand of a DNA gate is the typical case. Held gates, which give their strand back more often than not, are not of this kind
and stay; exact reductions live in `crn.simulate.reduction`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from crn.massaction import MassAction, Vector
from crn.network import CRN, Bag, Reaction, Species
from crn.simulate.reduction import Reduction, fresh_name, net_change

_Net = dict[Species, int]


@dataclass(frozen=True, eq=False)
class QuasiSteady:
    """A network without its fast intermediates, and what that costs.

    Attributes
    ----------
    reduction : Reduction
        Intermediates are restricted to their eventual products and lifted to nothing.
    residence : tuple of (Species, float)
        For every intermediate that was left out the mean time, in units of the network, from its formation to its eventual
        products, at the least amounts of its partners.
    reading : csr_matrix, shape (Q, S)
    """

    reduction: Reduction
    residence: tuple[tuple[Species, float], ...]
    reading: sp.csr_matrix

    def estimate(self, states: Vector) -> float:
        """Return the estimated relative error of the readings along a run.

        Parameters
        ----------
        states : ndarray, shape (K, S)
            Full states; those of a reduced run, lifted, will do, so that no full run is needed.

        Notes
        -----
        An intermediate that forms at rate v and lasts tau holds v tau, to first order, of what its producer takes and of what it
        will release. For every row of the reading this is added up over all producers, with absolute weights, and divided by the
        largest value of the row; the estimate is the sum over the worst two rows, since rates are products of two amounts.
        It is a first-order estimate, not a bound: it neglects how a network may amplify a small disturbance.
        """
        states = np.atleast_2d(states)
        law = MassAction(self.reduction.full)
        residence = dict(self.residence)
        released = sp.csc_matrix(abs(self.reading) @ abs(self.reduction.lift @ self.reduction.restrict))
        rates = np.array([law.rates(y) for y in states])
        missing = np.zeros((self.reading.shape[0], len(states)))
        for j, reaction in enumerate(law.crn.reactions):
            if residence.keys().isdisjoint(reaction.reactants.support):
                for species, n in reaction.products:
                    if species in residence:
                        column = released[:, law.index[species]].toarray()
                        missing += n * residence[species] * column * rates[None, :, j]
        size = np.max(np.abs(self.reading @ states.T), axis=1, initial=0.0)
        worst = np.max(missing, axis=1, initial=0.0)
        shares = np.sort(worst[size > 0] / size[size > 0])
        return float(np.sum(shares[-2:]))


def quasi_steady(
    crn: CRN,
    reading: sp.csr_matrix,
    states: Vector,
    time: float,
    tolerance: float = 0.05,
    species: Iterable[Species] | None = None,
) -> QuasiSteady:
    """Leave out fast intermediates.

    A set of intermediates may go if, with each replaced by what it eventually becomes, every reaction that consumes one of them
    changes nothing. A reversal, such as a product that pushes the flux strand out again, is then undone by the same way
    forward and costs only time; a side branch with another outcome, however rare, keeps an intermediate in. What remains are the
    reactions between the others, at unchanged rates, with eventual products. Assumed is that partners of the intermediates
    (fuels) never fall below the given states, and that nothing looks at times shorter than ``tolerance * time``.

    Parameters
    ----------
    crn : CRN
    reading : csr_matrix, shape (Q, S)
        What will be read. An intermediate that is read as something else than its eventual products stays.
    states : ndarray, shape (K, S)
        Full states between which the run will move; they should have the fuels at their lowest and the signals at their highest.
    time : float
        Time scale that is looked at, in units of the network.
    tolerance : float
        Intermediates last at most this share of `time`, and of the time in which their producers use up a reactant.
    species : iterable of Species, optional
        Leave out no others than these.

    Notes
    -----
    Fuels that only intermediates consume leave the rate laws. Those that are read are kept as a total that was supplied (name
    ``F@total``) less a counter of what was spent (``F@spent``, shared by fuels that are spent together). `conserve` finds
    where the counters can be known from other fuels of the same gate.
    """
    states = np.atleast_2d(states)
    table = _Table(crn, states)
    asked = set(crn.species if species is None else species) - set(crn.constant)
    fast = {s for s in asked if any(table.exit_rate(r, s) * tolerance * time >= 1 for r in table.users[s])}
    while True:
        eventual, residence, left = _examine(table, fast, reading, time, tolerance)
        if left == fast:
            break
        fast = left
    reduction = _without(table, eventual, reading)
    return QuasiSteady(reduction, tuple(residence.items()), reading)


class _Table:
    """A network with what the search asks again and again."""

    def __init__(self, crn: CRN, states: Vector) -> None:
        self.crn = crn
        self.net = {r.id: net_change(r, crn.constant) for r in crn.reactions}
        index = {s: i for i, s in enumerate(crn.species)}
        self.low = dict(zip(crn.species, map(float, np.min(states, axis=0)), strict=True))
        self.high = dict(zip(crn.species, map(float, np.max(states, axis=0)), strict=True))
        self.index = index
        self.users: dict[Species, list[Reaction]] = {s: [] for s in crn.species}
        for reaction in crn.reactions:
            for s in reaction.reactants.support:
                self.users[s].append(reaction)

    def exit_rate(self, reaction: Reaction, species: Species) -> float:
        """Return the least probability per time with which one molecule takes a reaction, given its partners."""
        return _turnover(reaction, species, self.low)


def _turnover(reaction: Reaction, species: Species, amounts: Mapping[Species, float]) -> float:
    rate = reaction.k
    for other, n in reaction.reactants - Bag.of(species):
        rate *= amounts[other] ** n
    return rate


def _examine(
    table: _Table, fast: set[Species], reading: sp.csr_matrix, time: float, tolerance: float
) -> tuple[dict[Species, _Net], dict[Species, float], set[Species]]:
    """Return what the intermediates become, how long it takes, and those of them that pass every test."""
    import networkx as nx  # takes a quarter of a second to load, and is rarely needed

    exits = {s: e for s in fast if (e := _main_exit(table, s, fast, time * tolerance)) is not None}
    graph = nx.DiGraph((s, p) for s, e in exits.items() for p in e.products.support if p in exits)
    circular = {s for c in nx.strongly_connected_components(graph) if len(c) > 1 for s in c}
    circular |= set(nx.nodes_with_selfloops(graph))
    left = set(exits) - circular
    if left != fast:
        return {}, {}, left
    eventual: dict[Species, _Net] = {}
    order = [s for s in reversed(list(nx.topological_sort(graph))) if s in left]
    for species in [*(s for s in sorted(left) if s not in graph), *order]:
        change = dict(table.net[exits[species].id])
        change[species] = change.get(species, 0) + 1
        eventual[species] = _replaced(change, eventual)
    bad = _wrong_way(table, eventual) | _misread(table, eventual, reading) | _starving(table, eventual)
    if bad:
        return {}, {}, left - bad
    residence = _residence(table, sorted(left))
    for reaction in table.crn.reactions:
        made = [(s, n) for s, n in reaction.products if s in left]
        if made and left.isdisjoint(reaction.reactants.support):
            lasting = sum(n * residence[s] for s, n in made)
            used = max((_turnover(reaction, s, table.high) for s in reaction.reactants.support), default=0.0)
            if not (0 <= lasting <= tolerance * time and lasting * used <= tolerance):
                bad.update(s for s, _ in made)
    return eventual, residence, left - bad


def _main_exit(table: _Table, species: Species, fast: set[Species], longest: float) -> Reaction | None:
    """Return the fastest way out with partners that last, if it is fast enough."""
    best, rate = None, 0.0
    for reaction in table.users[species]:
        if reaction.reactants[species] != 1:
            return None
        partners = [s for s in reaction.reactants.support if s != species]
        if species in reaction.products or not fast.isdisjoint(partners):
            continue
        if (found := table.exit_rate(reaction, species)) > rate:
            best, rate = reaction, found
    return best if rate * longest >= 1 else None


def _replaced(change: Mapping[Species, int], eventual: Mapping[Species, _Net]) -> _Net:
    """Return a change with every intermediate replaced by what it becomes."""
    total: _Net = {}
    for species, n in change.items():
        for s, m in eventual.get(species, {species: 1}).items():
            total[s] = total.get(s, 0) + n * m
    return {s: n for s, n in total.items() if n}


def _wrong_way(table: _Table, eventual: Mapping[Species, _Net]) -> set[Species]:
    """Return the intermediates that some reaction turns into something else than their eventual products."""
    return {
        s
        for r in table.crn.reactions
        if any(s in eventual for s in r.reactants.support) and _replaced(table.net[r.id], eventual)
        for s in r.reactants.support
        if s in eventual
    }


def _misread(table: _Table, eventual: Mapping[Species, _Net], reading: sp.csr_matrix) -> set[Species]:
    """Return the intermediates that are read as something else than their eventual products."""
    columns = reading.tocsc()
    found = set()
    for species, net in eventual.items():
        own = columns[:, table.index[species]]
        if own.nnz:
            rows = own.nonzero()[0]
            instead = sum(n * columns[:, table.index[s]][rows].toarray() for s, n in net.items())
            if not np.allclose(own[rows].toarray(), instead, rtol=1e-12, atol=0):
                found.add(species)
    return found


def _starving(table: _Table, eventual: Mapping[Species, _Net]) -> set[Species]:
    """Return the intermediates whose way out uses up what other reactions need as well."""
    kept = [r for r in table.crn.reactions if not any(s in eventual for s in r.reactants.support)]
    needed = {s for r in kept for s in r.reactants.support}
    taken = {
        s
        for r in kept
        if any(p in eventual for p in r.products.support)
        for s, n in _replaced(table.net[r.id], eventual).items()
        if n < -r.reactants[s]
    }
    short = taken & needed
    return {i for i, net in eventual.items() if any(net.get(s, 0) < 0 for s in short)}


def _residence(table: _Table, fast: list[Species]) -> dict[Species, float]:
    """Return the mean time from the formation of each intermediate to its eventual products.

    Ways onward count with the least amounts of their partners, reversals with the largest; where an intermediate splits into
    several, their times are added up.
    """
    number = {s: i for i, s in enumerate(fast)}
    if not fast:
        return {}
    rows, columns, values = [], [], []
    for species, i in number.items():
        exits = [r for r in table.users[species] if number.keys().isdisjoint(set(r.reactants.support) - {species})]
        onward = max(exits, key=lambda r: _turnover(r, species, table.low))
        for reaction in exits:
            rate = _turnover(reaction, species, table.low if reaction is onward else table.high)
            for made, n in [(species, -1), *((s, n) for s, n in reaction.products if s in number)]:
                rows.append(i)
                columns.append(number[made])
                values.append(-n * rate)
    matrix = sp.csc_matrix((values, (rows, columns)), shape=(len(fast), len(fast)))
    from scipy.sparse.linalg import splu  # takes a tenth of a second to load, and is rarely needed

    times = splu(matrix).solve(np.ones(len(fast)))
    return dict(zip(fast, map(float, times), strict=True))


def _without(table: _Table, eventual: Mapping[Species, _Net], reading: sp.csr_matrix) -> Reduction:
    """Return the network without the intermediates."""
    crn = table.crn
    kept = [r for r in crn.reactions if not any(s in eventual for s in r.reactants.support)]
    change = {r.id: _replaced(table.net[r.id], eventual) for r in kept}
    kept = [r for r in kept if change[r.id]]
    spent = {s for r in kept for s, n in change[r.id].items() if r.reactants[s] + n < 0}
    supply = _supplies(crn, kept, change, spent & {crn.species[i] for i in set(reading.nonzero()[1])})
    reactions = []
    for r in kept:
        right = dict(r.reactants.items)
        for s, n in change[r.id].items():
            if s in supply:
                pool, counter = supply[s]
                right |= {counter: -n} if n < 0 else {pool: n}
            elif s not in spent:
                right[s] = right.get(s, 0) + n
        reactions.append(Reaction(r.id, r.reactants, Bag.from_counts(right), r.k, r.origin))
    down: dict[Species, Mapping[Species, float]] = {}
    up: dict[Species, Mapping[Species, float]] = {}
    for s in crn.species:
        if s in eventual:
            seen = {t: n for t, n in eventual[s].items() if t in supply or t not in spent}
            down[s] = {supply[t][0] if t in supply else t: n for t, n in seen.items()}
        elif s in supply:
            pool, counter = supply[s]
            down[s], up[s] = {pool: 1}, {pool: 1, counter: -1}
        elif s not in spent:
            down[s] = up[s] = {s: 1}
    note = f"{len(eventual)} intermediates became their products: {len(crn.reactions)} -> {len(reactions)} reactions"
    return Reduction.build(crn, reactions, down, up, (note,))


def _supplies(
    crn: CRN, kept: Iterable[Reaction], change: Mapping[str, _Net], fuels: set[Species]
) -> dict[Species, tuple[Species, Species]]:
    """Return the names of the total and the counter of every fuel; fuels that are always spent together share a counter."""
    uses: dict[Species, list[tuple[str, int]]] = {f: [] for f in crn.species if f in fuels}
    for reaction in kept:
        for f, n in change[reaction.id].items():
            if f in fuels and n < 0:
                uses[f].append((reaction.id, n))
    names = set(crn.species)
    counter: dict[tuple[tuple[str, int], ...], Species] = {}
    supply = {}
    for f, use in uses.items():
        if tuple(use) not in counter:
            counter[tuple(use)] = fresh_name(names, f"{f}@spent")
        supply[f] = fresh_name(names, f"{f}@total"), counter[tuple(use)]
    return supply

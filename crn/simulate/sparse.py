"""A network prepared for the stiff engine: its rate law, Jacobian and sparse LU as flat arrays in the order of elimination.

A fixed pattern is factorised by one flat list of updates, without pivoting, as in V. Damian et al., "The kinetic preprocessor
KPP", Comput. Chem. Eng. 26, 1567-1579 (2002), but as data and not as generated code. Use it through the solvers; the rate law
itself is `crn.massaction`, and this file only restates it for compiled loops.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from crn.massaction import MassAction, Vector
from crn.simulate.compiled import Indices, kernel
from crn.simulate.ordering import EMPTY, Elimination, Integers, eliminate, jacobian_pattern

Pairs = NDArray[np.uint64]

LOW, HIGH = np.uint64(2**32 - 1), np.uint64(32)
"""How two indices share a number, which is read from memory as one: ``pair & LOW`` and ``pair >> HIGH``."""

MOST_UPDATES = 40_000_000
"""Beyond that a factorisation is no longer sparse, and its list (12 bytes each) no longer small."""

MOST_DENSE = 2_000
"""Beyond that factorising the dense block takes a second or more."""


class Prepared(NamedTuple):
    """A mass-action network in the order of elimination; S species, R reactions, E changes, N entries of the LU.

    The last D species are a dense block. The entries of a matrix are stored as the S - D others of the diagonal, then those below
    it column by column, then those above it from the last column to the first, then the dense block column by column.

    Attributes
    ----------
    order : ndarray, shape (S,)
        ``order[i]`` is the species of the network that stands at place i here.
    k : ndarray, shape (R,)
    slots : ndarray, shape (O, R)
        Reactants molecule by molecule, padded with the ghost species S, whose amount is 1; O is at least 2.
    start : ndarray, shape (R + 1,)
    touched, change : ndarray, shape (E,)
        What each event of reaction j changes, and by how much: from ``start[j]`` to ``start[j + 1]``.
    place : ndarray, shape (O, E)
        The entry that holds d(touched) / d(slot); N where the slot holds the ghost.
    lower, upper : ndarray, shape (...,)
        Row and column, in one number, of the entries off the diagonal and outside the dense block; see `LOW` and `HIGH`.
    dense : int
        D.
    levels : ndarray, shape (3, L + 1)
        Where each level's pivots, entries to scale and updates begin.
    scale : ndarray, shape (2, ...)
        Entries above the diagonal, level by level, and the pivots they are divided by.
    target, factors : ndarray, shape (W,)
        Where the updates ``entry[target] -= entry[left] * entry[right]`` go, level by level; left and right are in one number.
    """

    order: Integers
    k: Vector
    slots: Indices
    start: Indices
    touched: Indices
    change: Vector
    place: Indices
    lower: Pairs
    upper: Pairs
    dense: int
    levels: Indices
    scale: Indices
    target: Indices
    factors: Pairs


class TooDense(Exception):  # noqa: N818  # not an error: the ladder answers it with another engine
    """The network is so tightly connected that a sparse factorisation does not pay."""


def prepared(law: MassAction) -> Prepared:
    """Return the prepared network; the first call for a rate law does the work, and the law keeps the result."""
    found = vars(law).get("_prepared")
    if not isinstance(found, Prepared):
        found = prepare(law)
        vars(law)["_prepared"] = found
    return found


def prepare(law: MassAction, most_updates: int = MOST_UPDATES) -> Prepared:
    """Order, factorise in symbols and flatten a network.

    Raises
    ------
    TooDense
        If the factorisation has more than `most_updates` updates.
    """
    size, reactions = law.net.shape
    net = law.net.tocsc()
    slots = np.full((max(2, len(law._slots)), reactions), size, dtype=np.int64)
    slots[: len(law._slots)] = law._slots
    start, touched = net.indptr.astype(np.int64), net.indices.astype(np.int64)
    pattern = jacobian_pattern(size, slots, start, touched)
    found = eliminate(size, pattern.rows, pattern.columns, most_updates)
    if not found.complete or found.dense > MOST_DENSE:
        raise TooDense(f"more than {most_updates} updates, or a dense block of more than {MOST_DENSE} species")

    # Species by level, in each level as they were eliminated; `rank` is where a species goes.
    eliminated = np.empty(size, np.int64)
    eliminated[found.order] = np.arange(size)
    order = np.lexsort((eliminated, found.level))
    rank = np.empty(size + 1, np.int64)
    rank[order] = np.arange(size)
    rank[size] = size

    entry, lower, upper, total = _storage(found, rank)
    row, column = rank[found.rows], rank[found.columns]
    sparse = order[: size - found.dense]
    level = found.level[sparse]
    steps = np.arange(int(level[-1]) + 2 if len(level) else 1)
    by_pivot = np.argsort(row[upper], kind="stable")
    scale_by = row[upper][by_pivot]
    begin, end = found.first[eliminated[sparse]], found.first[eliminated[sparse] + 1]
    updates = _ragged(begin, end)

    # Reactions by their first reactant, so that the loops walk through the state and not about in it.
    turn = np.argsort(rank[slots[0]], kind="stable")
    changes = _ragged(start[turn], start[turn + 1])
    place = np.where(pattern.place == EMPTY, total, entry[pattern.place])
    return Prepared(
        order=order,
        k=law.k[turn],
        slots=_indices(*rank[slots[:, turn]]),
        start=_indices(_offsets(np.diff(start)[turn]))[0],
        touched=_indices(rank[touched[changes]])[0],
        change=net.data[changes],
        place=_indices(*place[:, changes]),
        lower=_pairs(row[lower], column[lower]),
        upper=_pairs(row[upper], column[upper]),
        dense=found.dense,
        levels=_indices(
            np.searchsorted(level, steps),
            np.searchsorted(level[scale_by], steps),
            _offsets(end - begin)[np.searchsorted(level, steps)],
        ),
        scale=_indices(entry[upper][by_pivot], scale_by),
        target=_indices(entry[found.target[updates]])[0],
        factors=_pairs(entry[found.left[updates]], entry[found.right[updates]]),
    )


def _storage(found: Elimination, rank: Integers) -> tuple[Integers, Integers, Integers, int]:
    """Return where every entry is stored, which are below and above the diagonal, as they are stored, and how many there are."""
    row, column = rank[found.rows], rank[found.columns]
    sparse = len(found.order) - found.dense
    block = (row >= sparse) & (column >= sparse)
    lower, upper = np.flatnonzero((row > column) & ~block), np.flatnonzero((row < column) & ~block)
    lower = lower[np.lexsort((row[lower], column[lower]))]
    upper = upper[np.lexsort((row[upper], -column[upper]))]
    base = sparse + len(lower) + len(upper)
    entry = np.where(block, base + (column - sparse) * found.dense + row - sparse, row)
    entry[lower] = sparse + np.arange(len(lower))
    entry[upper] = sparse + len(lower) + np.arange(len(upper))
    return entry, lower, upper, base + found.dense**2


def _ragged(start: Integers, stop: Integers) -> Integers:
    """Return the ranges from `start` to `stop`, one after the other."""
    length = stop - start
    offsets = _offsets(length)
    return np.arange(offsets[-1]) + np.repeat(start - offsets[:-1], length)


def _offsets(length: Integers) -> Integers:
    return np.concatenate([[0], np.cumsum(length)])


def _indices(*rows: Integers) -> Indices:
    return np.array(rows, dtype=np.uint32)


def _pairs(first: Integers, second: Integers) -> Pairs:
    return first.astype(np.uint64) | second.astype(np.uint64) << HIGH


def entries(system: Prepared) -> int:
    """Return N, the number of entries of the LU."""
    return int(len(system.order) - system.dense + len(system.lower) + len(system.upper) + system.dense**2)


@kernel
def derivative(system: Prepared, y: Vector, out: Vector) -> None:
    """Write dy/dt, shape (S,), at amounts `y`, shape (S + 1,) with the ghost."""
    out[:] = 0.0
    accumulate(system, y, out)


@kernel
def accumulate(system: Prepared, y: Vector, out: Vector) -> None:
    """Add dy/dt, shape (S,), at amounts `y`, shape (S + 1,) with the ghost."""
    first, second = system.slots[0], system.slots[1]
    for j in range(len(system.k)):
        rate = system.k[j] * y[first[j]] * y[second[j]]
        for slot in range(2, len(system.slots)):
            rate *= y[system.slots[slot, j]]
        for a in range(system.start[j], system.start[j + 1]):
            out[system.touched[a]] += system.change[a] * rate


@kernel
def jacobian(system: Prepared, y: Vector, out: Vector) -> None:
    """Write d(dy/dt)/dy at amounts `y`, shape (S + 1,), into the entries, shape (N + 1,); the last one is waste."""
    out[:] = 0.0
    slots = system.slots
    order, ghost = len(slots), len(system.order)
    first, second = slots[0], slots[1]
    to_first, to_second = system.place[0], system.place[1]
    for j in range(len(system.k)):
        others = system.k[j]
        for slot in range(2, order):
            others *= y[slots[slot, j]]
        by_first, by_second = others * y[second[j]], others * y[first[j]]
        for a in range(system.start[j], system.start[j + 1]):
            out[to_first[a]] += system.change[a] * by_first
            out[to_second[a]] += system.change[a] * by_second
        for slot in range(2, order):
            if slots[slot, j] != ghost:
                partial = system.k[j]
                for other in range(order):
                    if other != slot:
                        partial *= y[slots[other, j]]
                for a in range(system.start[j], system.start[j + 1]):
                    out[system.place[slot, a]] += system.change[a] * partial


@kernel
def factorise(system: Prepared, jac: Vector, shift: float, lu: Vector) -> None:
    """Factorise ``shift * I - jac`` as L D U with unit L and U; the diagonal of `lu`, shape (N,), holds 1 / D."""
    dense = system.dense
    sparse = len(system.order) - dense
    for e in range(len(lu)):
        lu[e] = -jac[e]
    for i in range(sparse):
        lu[i] += shift
    pivots, scalings, updates = system.levels[0], system.levels[1], system.levels[2]
    entry, pivot = system.scale[0], system.scale[1]
    target, factors = system.target, system.factors
    for v in range(len(pivots) - 1):
        for i in range(pivots[v], pivots[v + 1]):
            lu[i] = 1.0 / lu[i]
        for o in range(scalings[v], scalings[v + 1]):
            lu[entry[o]] *= lu[pivot[o]]
        for o in range(updates[v], updates[v + 1]):
            lu[target[o]] -= lu[factors[o] & LOW] * lu[factors[o] >> HIGH]
    below = lu[sparse : sparse + len(system.lower)]
    for e in range(len(below)):
        below[e] *= lu[system.lower[e] >> HIGH]
    if dense:
        block = lu[len(lu) - dense * dense :].reshape((dense, dense))
        for i in range(dense):
            block[i, i] += shift
        factorise_dense(block)


@kernel
def factorise_dense(block: Vector) -> None:
    """Factorise in place as L U with unit L; shape (D, D), by columns, so that ``block[j, i]`` is the entry in row i, column j.

    Four pivots at a time: the rest of the block is then read and written a quarter as often.
    """
    size = len(block)
    for begin in range(0, size, 4):
        end = min(begin + 4, size)
        for p in range(begin, end):
            pivot = block[p]
            pivot[p] = 1.0 / pivot[p]
            for i in range(p + 1, size):
                pivot[i] *= pivot[p]
            for j in range(p + 1, end):
                for i in range(p + 1, size):
                    block[j, i] -= block[j, p] * pivot[i]
        if end < begin + 4:
            return
        rest = block[:, end:]
        a, b, c, d = rest[begin], rest[begin + 1], rest[begin + 2], rest[begin + 3]
        for j in range(end, size):
            top, column = block[j, begin:end], rest[j]
            for p in range(4):
                for i in range(p + 1, 4):
                    top[i] -= top[p] * block[begin + p, begin + i]
            ua, ub, uc, ud = top[0], top[1], top[2], top[3]
            for i in range(len(column)):
                column[i] -= ua * a[i] + ub * b[i] + uc * c[i] + ud * d[i]


@kernel
def solve_dense(block: Vector, x: Vector) -> None:
    """Solve in place, shape (D,), after `factorise_dense`."""
    for p in range(len(x)):
        rest, column = x[p + 1 :], block[p, p + 1 :]
        for i in range(len(rest)):
            rest[i] -= column[i] * x[p]
    for p in range(len(x) - 1, -1, -1):
        x[p] *= block[p, p]
        rest, column = x[:p], block[p, :p]
        for i in range(len(rest)):
            rest[i] -= column[i] * x[p]


@kernel
def solve(system: Prepared, lu: Vector, x: Vector) -> None:
    """Solve in place, shape (S,), after `factorise`."""
    dense = system.dense
    sparse = len(system.order) - dense
    lower, upper = system.lower, system.upper
    value = lu[sparse : sparse + len(lower)]
    for e in range(len(lower)):
        x[lower[e] & LOW] -= value[e] * x[lower[e] >> HIGH]
    for i in range(sparse):
        x[i] *= lu[i]
    if dense:
        solve_dense(lu[len(lu) - dense * dense :].reshape((dense, dense)), x[sparse:])
    value = lu[sparse + len(lower) :]
    for e in range(len(upper)):
        x[upper[e] & LOW] -= value[e] * x[upper[e] >> HIGH]

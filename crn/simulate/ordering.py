"""In which order species are eliminated, and what fills in: the symbolic half of a sparse LU without pivoting.

H. M. Markowitz, "The elimination form of the inverse and its application to linear programming", Management Science 3, 255-269
(1957); levels as in F. L. Alvarado and R. Schreiber, "Optimal parallel solution of sparse triangular systems", SIAM J. Sci.
Comput. 14, 446-460 (1993). Use it once per network, through `crn.simulate.sparse`; the numbers are factorised there.
"""

from __future__ import annotations

import heapq
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from crn.simulate.compiled import kernel

Integers = NDArray[np.int64]

EMPTY = -1

FULL = 0.25
"""Share of the square at which what is left of a matrix counts as dense."""

LEAST_DENSE = 48
"""Size below which a dense rest is not worth the name."""


class Pattern(NamedTuple):
    """Where a Jacobian may be nonzero.

    Attributes
    ----------
    rows, columns : ndarray, shape (N,)
        The entries; the first S are the diagonal.
    place : ndarray, shape (O, E)
        The entry that holds the derivative of each change with respect to each reactant slot; `EMPTY` for a slot that is not used.
    """

    rows: Integers
    columns: Integers
    place: Integers


class Elimination(NamedTuple):
    """An LU factorisation in symbols.

    Attributes
    ----------
    order : ndarray, shape (S,)
        Species in the order of elimination.
    dense : int
        How many species, the last ones, are left as a dense block.
    level : ndarray, shape (S,)
        By species: pivots of one level do not touch each other; the dense block is one level, the last.
    rows, columns : ndarray, shape (N,)
        The entries with fill; the first ones are those of the pattern.
    target, left, right : ndarray, shape (W,)
        The updates ``entry[target] -= entry[left] * entry[right]`` in the order of elimination.
    first : ndarray, shape (S + 1,)
        Where the updates of each pivot begin, in the order of elimination; the dense block has none here.
    complete : bool
        False if there would be more updates than allowed; everything else is then meaningless.
    """

    order: Integers
    dense: int
    level: Integers
    rows: Integers
    columns: Integers
    target: Integers
    left: Integers
    right: Integers
    first: Integers
    complete: bool


@kernel
def jacobian_pattern(size: int, slots: Integers, start: Integers, touched: Integers) -> Pattern:
    """Return where the Jacobian of a mass-action network may be nonzero.

    Parameters
    ----------
    size : int
        S species; in `slots` the number S stands for "no reactant".
    slots : ndarray, shape (O, R)
        The reactants of every reaction, molecule by molecule.
    start : ndarray, shape (R + 1,)
    touched : ndarray, shape (E,)
        The species that reaction j changes are ``touched[start[j]:start[j + 1]]``.
    """
    order, reactions = slots.shape
    most = size + order * len(touched)
    rows, columns = np.empty(most, np.int64), np.empty(most, np.int64)
    for i in range(size):
        rows[i], columns[i] = i, i
    count = size
    table = _table(rows, columns, count)
    place = np.full((order, len(touched)), EMPTY, np.int64)
    for j in range(reactions):
        for slot in range(order):
            if slots[slot, j] == size:
                continue
            for a in range(start[j], start[j + 1]):
                if 2 * count > len(table):
                    table = _table(rows, columns, count)
                at = _seek(table, rows, columns, touched[a], slots[slot, j])
                if table[at] == EMPTY:
                    table[at] = count
                    rows[count], columns[count] = touched[a], slots[slot, j]
                    count += 1
                place[slot, a] = table[at]
    return Pattern(rows[:count], columns[:count], place)


@kernel
def eliminate(size: int, rows: Integers, columns: Integers, most: int) -> Elimination:
    """Eliminate in symbols, always the diagonal entry with the smallest Markowitz product.

    The entry (i, i) with r other entries in its row and c in its column makes r * c updates. What is left of rows and columns is
    kept as chains of entries through which every entry is met only twice, when its row and when its column goes; an index of all
    entries by place says at once whether an update fills in. The work is therefore proportional to entries plus updates. When
    even the best pivot would touch a good share of what is left, the rest is a dense block and is not looked at any further.

    Parameters
    ----------
    size : int
        S.
    rows, columns : ndarray, shape (N,)
        The first S entries are the diagonal.
    most : int
        Largest number of updates.
    """
    count = len(rows)
    rows, columns = _grown(rows, 2 * count), _grown(columns, 2 * count)
    # Chains: the last entry of every row and column, and from each entry the one before it.
    row_end, column_end = np.full(size, EMPTY), np.full(size, EMPTY)
    row_before, column_before = np.full(2 * count, EMPTY), np.full(2 * count, EMPTY)
    in_row, in_column = np.zeros(size, np.int64), np.zeros(size, np.int64)
    for e in range(size, count):
        i, j = rows[e], columns[e]
        row_before[e], column_before[e] = row_end[i], column_end[j]
        row_end[i], column_end[j] = e, e
        in_row[i] += 1
        in_column[j] += 1
    table = _table(rows, columns, count)

    cost = in_row * in_column
    queue = [cost[i] * size + i for i in range(size)]
    heapq.heapify(queue)
    gone = np.zeros(size, np.bool_)
    level, order = np.zeros(size, np.int64), np.empty(size, np.int64)
    first = np.zeros(size + 1, np.int64)
    target, left, right = np.empty(count, np.int64), np.empty(count, np.int64), np.empty(count, np.int64)
    uppers, lowers = np.empty(size, np.int64), np.empty(size, np.int64)
    position, updates = 0, 0
    while position < size:
        key = heapq.heappop(queue)
        p = key % size
        if gone[p] or key // size != cost[p]:
            continue  # an old estimate; the present one is in the queue as well
        rest = size - position
        if rest >= LEAST_DENSE and cost[p] >= FULL * rest * rest:
            break
        gone[p] = True
        width, height = 0, 0
        e = row_end[p]
        while e != EMPTY:
            if not gone[columns[e]]:
                uppers[width] = e
                width += 1
            e = row_before[e]
        e = column_end[p]
        while e != EMPTY:
            if not gone[rows[e]]:
                lowers[height] = e
                height += 1
            e = column_before[e]
        if updates + width * height > most:
            return Elimination(order, 0, level, rows, columns, target, left, right, first, False)
        if updates + width * height > len(target):
            room = 2 * (updates + width * height)
            target, left, right = _grown(target, room), _grown(left, room), _grown(right, room)
        if count + width * height > len(rows):
            room = 2 * (count + width * height)
            rows, columns = _grown(rows, room), _grown(columns, room)
            row_before, column_before = _grown(row_before, room), _grown(column_before, room)
        for a in range(height):
            i = rows[lowers[a]]
            for b in range(width):
                j = columns[uppers[b]]
                if 2 * count > len(table):
                    table = _table(rows, columns, count)
                at = _seek(table, rows, columns, i, j)
                if table[at] == EMPTY:
                    table[at] = count
                    rows[count], columns[count] = i, j
                    row_before[count], column_before[count] = row_end[i], column_end[j]
                    row_end[i], column_end[j] = count, count
                    in_row[i] += 1
                    in_column[j] += 1
                    count += 1
                target[updates], left[updates], right[updates] = table[at], lowers[a], uppers[b]
                updates += 1
        order[position] = p
        position += 1
        first[position] = updates
        for a in range(height):
            in_row[rows[lowers[a]]] -= 1
        for b in range(width):
            in_column[columns[uppers[b]]] -= 1
        for a in range(height + width):
            i = rows[lowers[a]] if a < height else columns[uppers[a - height]]
            level[i] = max(level[i], level[p] + 1)
            if in_row[i] * in_column[i] != cost[i]:
                cost[i] = in_row[i] * in_column[i]
                heapq.heappush(queue, cost[i] * size + i)
    dense, last = size - position, 0
    for i in range(size):
        last = max(last, level[i])
    for i in range(size):
        if not gone[i]:
            order[position], level[i], first[position + 1] = i, last + 1, updates
            position += 1
    return Elimination(
        order,
        dense,
        level,
        rows[:count],
        columns[:count],
        target[:updates],
        left[:updates],
        right[:updates],
        first,
        True,
    )


@kernel
def _grown(values: Integers, room: int) -> Integers:
    """Return a copy with room for more."""
    more = np.full(room, EMPTY)
    for i in range(len(values)):
        more[i] = values[i]
    return more


@kernel
def _table(rows: Integers, columns: Integers, count: int) -> Integers:
    """Return the index of the first `count` entries by their place: open addressing, a quarter full."""
    size = 64
    while size < 4 * count:
        size *= 2
    table = np.full(size, EMPTY)
    for e in range(count):
        table[_seek(table, rows, columns, rows[e], columns[e])] = e
    return table


@kernel
def _seek(table: Integers, rows: Integers, columns: Integers, i: int, j: int) -> int:
    """Return where in the index the entry (i, j) stands, or would stand."""
    mixed = (np.uint64(i) << np.uint64(32) | np.uint64(j)) * np.uint64(0x9E3779B97F4A7C15)
    at = np.int64(mixed >> np.uint64(20)) & (len(table) - 1)
    while table[at] != EMPTY and (rows[table[at]] != i or columns[table[at]] != j):
        at = (at + 1) & (len(table) - 1)
    return int(at)

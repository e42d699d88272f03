"""Sums of many vectors, and the largest of many numbers: the inner loops of the stiff engine that know nothing of chemistry.

Vectors are gone through in blocks that stay in the fastest cache, three of them at a time, because reading and writing memory is
what such sums cost; the loops are short enough for the compiler to use the processor's vector instructions. Loops over reactions
and over the entries of a matrix are in `crn.simulate.sparse`.
"""

from __future__ import annotations

from crn.massaction import Vector
from crn.simulate.compiled import kernel

BLOCK = 512
"""Numbers of each vector that are worked on together."""


@kernel
def add_to_both(first: Vector, second: Vector, rows: Vector, a: Vector, b: Vector, count: int) -> None:
    """Add ``sum_j a[j] rows[j]`` to one vector, and ``sum_j b[j] rows[j]`` to another, over the first `count` rows.

    Parameters
    ----------
    first, second : ndarray, shapes (at least S,), (S,)
    rows : ndarray, shape (at least count, S)
    a, b : ndarray, shape (at least count,)
    """
    for low in range(0, len(second), BLOCK):
        x, z = first[low : low + BLOCK], second[low : low + BLOCK]
        j = 0
        while j + 3 <= count:
            p, q, r = rows[j][low : low + BLOCK], rows[j + 1][low : low + BLOCK], rows[j + 2][low : low + BLOCK]
            a0, a1, a2, b0, b1, b2 = a[j], a[j + 1], a[j + 2], b[j], b[j + 1], b[j + 2]
            for i in range(len(z)):
                x[i] += a0 * p[i] + a1 * q[i] + a2 * r[i]
                z[i] += b0 * p[i] + b1 * q[i] + b2 * r[i]
            j += 3
        while j < count:
            p, a0, b0 = rows[j][low : low + BLOCK], a[j], b[j]
            for i in range(len(z)):
                x[i] += a0 * p[i]
                z[i] += b0 * p[i]
            j += 1


@kernel
def add_to(out: Vector, rows: Vector, a: Vector, count: int) -> None:
    """Add ``sum_j a[j] rows[j]`` to a vector, over the first `count` rows; shapes as in `add_to_both`."""
    size = rows.shape[1]
    for low in range(0, size, BLOCK):
        x = out[low : min(low + BLOCK, size)]
        j = 0
        while j + 3 <= count:
            p, q, r = rows[j][low : low + BLOCK], rows[j + 1][low : low + BLOCK], rows[j + 2][low : low + BLOCK]
            a0, a1, a2 = a[j], a[j + 1], a[j + 2]
            for i in range(len(x)):
                x[i] += a0 * p[i] + a1 * q[i] + a2 * r[i]
            j += 3
        while j < count:
            p, a0 = rows[j][low : low + BLOCK], a[j]
            for i in range(len(x)):
                x[i] += a0 * p[i]
            j += 1


@kernel
def weigh(weight: Vector, y: Vector, relative: float, absolute: float) -> None:
    """Write one over the error allowed at amounts `y`, shape (at least S,)."""
    for i in range(len(weight)):
        weight[i] = 1.0 / (absolute + relative * abs(y[i]))


@kernel
def largest(x: Vector, weight: Vector) -> float:
    """Return the largest weighted number, and infinity if any of them is not a number."""
    most, wild = 0.0, 0
    for i in range(len(weight)):
        size = abs(x[i]) * weight[i]
        most = max(most, size)
        wild += not size < 1e300
    return float("inf") if wild else float(most)

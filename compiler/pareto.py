"""The Pareto front of a set of points: those that no other is better than.

Smaller is better in every coordinate, and the front is exact. What the coordinates mean is the business of the callers.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def pareto_front(points: ArrayLike) -> NDArray[np.bool_]:
    """Return which points are on the front.

    One point dominates another if it is nowhere larger and somewhere smaller. After H. T. Kung, F. Luccio and F. P. Preparata,
    J. ACM 22, 469-476 (1975): in lexicographic order a point can be dominated by an earlier one only, and, as domination is
    transitive, by one of the front.

    Parameters
    ----------
    points : array_like, shape (N, M)

    Returns
    -------
    ndarray of bool, shape (N,)
        Points that are equal are on the front together or not at all; a point with a coordinate that is not finite never is.
    """
    rows = np.asarray(points, dtype=np.float64)
    found = np.zeros(len(rows), dtype=np.bool_)
    finite = np.flatnonzero(np.all(np.isfinite(rows), axis=1))
    front = np.empty((0, rows.shape[1] if rows.ndim > 1 else 0))
    for place in finite[np.lexsort(rows[finite].T[::-1])]:
        row = rows[place]
        if not np.any(np.all(front <= row, axis=1) & np.any(front < row, axis=1)):
            found[place] = True
            front = np.vstack([front, row])
    return found

"""A network of order 1 or 2 as flat arrays, and compiled loops over them for engines that call back for derivatives.

Peers get the same derivative and Jacobian, compiled by numba and driven by data, so that what is compared is the solvers; the
Jacobian is in compressed columns with its whole diagonal. The arrays come from `crn.massaction`, which defines the rate law.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from crn.massaction import MassAction, Vector

Indices = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Flat:
    """A network as arrays: S species, R reactions, Z entries of the Jacobian, Q terms in them.

    Attributes
    ----------
    size : int
    k : ndarray, shape (R,)
    one, two : ndarray, shape (R,)
        Reactants; S, a ghost of amount 1, where there is none.
    start, who, change : ndarray, shapes (R + 1,), (N,), (N,)
        Net changes, reaction after reaction.
    indptr, indices : ndarray, shapes (S + 1,), (Z,)
        Pattern of the Jacobian in compressed columns; rows ascend.
    reaction, other, at, weight : ndarray, shape (Q,)
        Terms: ``weight * k[reaction] * y[other]`` is added to entry `at`.
    """

    size: int
    k: Vector
    one: Indices
    two: Indices
    start: Indices
    who: Indices
    change: Vector
    indptr: Indices
    indices: Indices
    reaction: Indices
    other: Indices
    at: Indices
    weight: Vector

    @classmethod
    def of(cls, law: MassAction) -> Flat:
        """Return the arrays of a network."""
        crn, size = law.crn, len(law.species)
        if crn.order > 2:
            raise ValueError("only networks of order 1 and 2")
        slots = np.full((2, len(crn.reactions)), size, dtype=np.int64)
        for j, r in enumerate(crn.reactions):
            for slot, s in enumerate(r.reactants.elements()):
                slots[slot, j] = law.index[s]
        net = sp.csc_matrix(law.net)
        net.sort_indices()
        lengths = np.diff(net.indptr)
        reaction = np.repeat(np.arange(len(crn.reactions)), lengths)
        terms = []
        for slot in (0, 1):
            column = slots[slot][reaction]
            real = column < size
            terms.append(
                (net.indices[real], column[real], reaction[real], slots[1 - slot][reaction][real], net.data[real])
            )
        rows, columns, which, other, weight = (np.concatenate(x) for x in zip(*terms, strict=True))
        diagonal = np.arange(size, dtype=np.int64) * (size + 1)
        places = np.unique(np.concatenate([columns.astype(np.int64) * size + rows, diagonal]))
        return cls(
            size,
            law.k.copy(),
            slots[0],
            slots[1],
            net.indptr.astype(np.int64),
            net.indices.astype(np.int64),
            np.array(net.data, dtype=np.float64),
            np.searchsorted(places, np.arange(size + 1, dtype=np.int64) * size),
            places % size,
            which.astype(np.int64),
            other.astype(np.int64),
            np.searchsorted(places, columns.astype(np.int64) * size + rows),
            np.array(weight, dtype=np.float64),
        )

    @property
    def pattern(self) -> sp.csc_matrix:
        """The pattern of the Jacobian, filled with ones."""
        ones = np.ones(len(self.indices))
        return sp.csc_matrix(
            (ones, self.indices.astype(np.int32), self.indptr.astype(np.int32)), shape=(self.size,) * 2
        )


class Compiled:
    """The derivative and the Jacobian of a network, compiled by numba."""

    def __init__(self, flat: Flat) -> None:
        from numba import njit

        self.flat = flat
        self._padded = np.ones(flat.size + 1)
        # What numba returns has no type.
        derivative: Any = njit(cache=True, fastmath={"contract", "nsz", "arcp"})(_derivative)
        jacobian: Any = njit(cache=True, fastmath={"contract", "nsz", "arcp"})(_jacobian)
        self._derivative, self._jacobian = derivative, jacobian
        self._matrix = flat.pattern

    def derivative(self, y: Vector, out: Vector) -> None:
        """Write dy/dt to `out`."""
        f = self.flat
        self._padded[:-1] = y
        self._derivative(self._padded, out, f.k, f.one, f.two, f.start, f.who, f.change)

    def entries(self, y: Vector, out: Vector) -> None:
        """Write the entries of the Jacobian to `out`, shape (Z,)."""
        f = self.flat
        self._padded[:-1] = y
        self._jacobian(self._padded, out, f.k, f.reaction, f.other, f.at, f.weight)

    def f(self, _t: float, y: Vector) -> Vector:
        """Return dy/dt."""
        out = np.empty(self.flat.size)
        self.derivative(y, out)
        return out

    def jac(self, _t: float, y: Vector) -> sp.csc_matrix:
        """Return the Jacobian."""
        out = np.empty(len(self.flat.indices))
        self.entries(y, out)
        m = self._matrix
        return sp.csc_matrix((out, m.indices, m.indptr), shape=m.shape)


def _derivative(y, out, k, one, two, start, who, change):  # type: ignore[no-untyped-def]  # typed by numba
    out[:] = 0.0
    for j in range(len(k)):
        rate = k[j] * y[one[j]] * y[two[j]]
        for i in range(start[j], start[j + 1]):
            out[who[i]] += change[i] * rate


def _jacobian(y, out, k, reaction, other, at, weight):  # type: ignore[no-untyped-def]  # typed by numba
    out[:] = 0.0
    for q in range(len(at)):
        out[at[q]] += weight[q] * k[reaction[q]] * y[other[q]]

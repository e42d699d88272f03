"""The rate law, in one place: event rates, propensities, derivatives and their sparse Jacobian.

An event of a reaction has rate ``k * prod(c ** nu)``; there is no ``1 / nu!`` anywhere. For ``2Z -> Z [k]`` this gives
dz/dt = -k z^2, and for ``2A -> 0`` with k = 1 it gives da/dt = -2 a^2, while its stochastic propensity with Omega = 10 molecules
per unit and n = 4 molecules is 1 * 10**-1 * 4 * 3 = 1.2. Integrating these rates is the business of `crn.simulate`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TypeAlias

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from crn.network import CRN, Species

Vector: TypeAlias = NDArray[np.float64]


class MassAction:
    """The right-hand side of a network and its Jacobian, as arrays.

    Parameters
    ----------
    crn : CRN
        S species in the order of ``crn.species``, R reactions.

    Attributes
    ----------
    index : dict of Species to int
    k : ndarray, shape (R,)
    net : csr_matrix, shape (S, R)
        Net change of each species by one event of each reaction; rows of constant species are zero.
    """

    def __init__(self, crn: CRN) -> None:
        self.crn = crn
        self.species = crn.species
        self.index: dict[Species, int] = {s: i for i, s in enumerate(self.species)}
        self.k: Vector = np.array([r.k for r in crn.reactions], dtype=np.float64)
        fixed = {self.index[s] for s in crn.constant}
        order = max(crn.order, 1)
        # Reactant molecules one by one, padded with a ghost species of amount 1.
        self._slots = np.full((order, len(crn.reactions)), len(self.species), dtype=np.intp)
        rows, columns, values = [], [], []
        for j, reaction in enumerate(crn.reactions):
            for slot, name in enumerate(reaction.reactants.elements()):
                self._slots[slot, j] = self.index[name]
            left, right = dict(reaction.reactants), dict(reaction.products)
            for name in {**left, **right}:
                change = right.get(name, 0) - left.get(name, 0)
                if change and self.index[name] not in fixed:
                    rows.append(self.index[name])
                    columns.append(j)
                    values.append(float(change))
        shape = (len(self.species), len(crn.reactions))
        self.net = sp.csr_matrix((values, (rows, columns)), shape=shape)

    def state(self, amounts: Mapping[Species, float] | None = None) -> Vector:
        """Return the initial state, shape (S,), with the given amounts in place of the network's own."""
        y = np.zeros(len(self.species))
        for name, amount in {**dict(self.crn.initial), **(amounts or {})}.items():
            y[self.index[name]] = amount
        return y

    def rates(self, y: Vector) -> Vector:
        """Return the event rate of every reaction, shape (R,), at amounts `y`, shape (S,)."""
        factors = np.append(y, 1.0)[self._slots]
        return np.asarray(self.k * np.multiply.reduce(factors, axis=0))

    def derivative(self, y: Vector) -> Vector:
        """Return dy/dt, shape (S,)."""
        return np.asarray(self.net @ self.rates(y))

    def propensities(self, counts: Vector, omega: float) -> Vector:
        """Return the stochastic propensities, shape (R,), of molecule counts; `omega` is molecules per unit of amount."""
        result = self.k.copy()
        for j, reaction in enumerate(self.crn.reactions):
            result[j] *= omega ** (1 - reaction.order)
            for name, nu in reaction.reactants:
                n = counts[self.index[name]]
                for i in range(nu):
                    result[j] *= max(n - i, 0.0)
        return result

    @cached_property
    def _pattern(self) -> tuple[sp.csr_matrix, NDArray[np.intp], NDArray[np.intp]]:
        """Return the map from the partials d(rate)/d(slot) to the stored entries of the Jacobian, and its CSC pattern."""
        order, reactions = self._slots.shape
        net = self.net.tocsc()
        rows, columns, source, weight = [], [], [], []
        for slot in range(order):
            for j in range(reactions):
                column = self._slots[slot, j]
                if column == len(self.species):
                    continue
                for at in range(net.indptr[j], net.indptr[j + 1]):
                    rows.append(net.indices[at])
                    columns.append(column)
                    source.append(slot * reactions + j)
                    weight.append(net.data[at])
        size = len(self.species)
        places = np.array(columns, dtype=np.int64) * size + np.array(rows, dtype=np.int64)
        unique, where = np.unique(places, return_inverse=True)
        gather = sp.csr_matrix((weight, (where, source)), shape=(len(unique), order * reactions))
        pointers = np.searchsorted(unique, np.arange(size + 1, dtype=np.int64) * size)
        return gather, (unique % size).astype(np.intp), pointers.astype(np.intp)

    def jacobian(self, y: Vector) -> sp.csc_matrix:
        """Return d(dy/dt)/dy, shape (S, S), with the same pattern at every state."""
        gather, indices, pointers = self._pattern
        factors = np.append(y, 1.0)[self._slots]
        partials = np.empty_like(factors)
        for slot in range(len(factors)):
            partials[slot] = self.k * np.multiply.reduce(np.delete(factors, slot, axis=0), axis=0)
        size = len(self.species)
        return sp.csc_matrix((gather @ partials.ravel(), indices, pointers), shape=(size, size))

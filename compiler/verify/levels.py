"""Networks at different levels that are dosed and read alike, in formal units, and their trajectories from a family of states.

A level is a network with where a formal species is put and how it is read: the network that was written, the one that is built, or
a tube of DNA. Why two of them differ is asked in `compiler.verify.dynamics`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp

from compiler.dna_level import expand
from compiler.passes import State
from crn.massaction import MassAction, Vector
from crn.network import CRN, Bag, Species
from crn.neural.training import Tube
from crn.simulate import SIMULATORS, Outcome, Simulator, Tolerance
from crn.simulate import simulate as run_simulation

SMALLEST = 0.01
"""Differences are relative to the largest amount of the species in the run, or to this share of the largest of all."""


@dataclass(frozen=True, slots=True)
class Deviation:
    """A difference between two trajectories, where it is largest.

    Attributes
    ----------
    error : float
        Relative; see `SMALLEST`.
    species : Species
    time : float
        In formal units.
    state : int
        Which initial state.
    expected, found : float
        Amounts in formal units.
    """

    error: float
    species: Species
    time: float
    state: int
    expected: float
    found: float


@dataclass(frozen=True, eq=False)
class Level:
    """A network that is dosed and read in formal units.

    Attributes
    ----------
    law : MassAction
    start : ndarray, shape (S,)
        What is there before anything is dosed.
    dose : mapping of Species to int
        Where a formal species is put.
    reading : csr_matrix, shape (F, S)
    species : tuple of Species
        The F formal ones.
    factor, time : float
        Of amounts and of time, per formal unit.
    """

    law: MassAction
    start: Vector
    dose: Mapping[Species, int]
    reading: sp.csr_matrix
    species: tuple[Species, ...]
    factor: float = 1.0
    time: float = 1.0

    @classmethod
    def formal(cls, crn: CRN, state: State) -> Level:
        """Return a network itself, read in the species that were written."""
        law = MassAction(crn)
        meaning, rows = dict(state.meaning), {s: i for i, s in enumerate(state.formal.species)}
        reading = sp.lil_matrix((len(rows), len(law.species)))
        for species, column in law.index.items():
            for formal, count in expand(Bag.of(species), meaning):
                reading[rows[formal], column] = count
        return cls(law, np.zeros(len(law.species)), dict(law.index), sp.csr_matrix(reading), state.formal.species)

    @classmethod
    def of_tube(cls, tube: Tube, initial: Mapping[Species, float]) -> Level:
        """Return a tube without what the network's own initial state put into it."""
        start = tube.start.copy()
        for species, amount in initial.items():
            start[tube.dose[species]] -= amount * tube.factor
        return cls(tube.law, start, tube.dose, tube.reading, tube.formal, tube.factor, tube.time)

    def with_law(self, law: MassAction) -> Level:
        """Return the level with another network on the same species."""
        order = [self.law.index[s] for s in law.species]
        dose = {s: law.index[self.law.species[i]] for s, i in self.dose.items()}
        return dataclasses.replace(self, law=law, start=self.start[order], dose=dose, reading=self.reading[:, order])


@dataclass(frozen=True, eq=False)
class Runs:
    """A family of trajectories in formal units.

    Attributes
    ----------
    species : tuple of Species
    values : ndarray, shape (N, T, F)
    outcome : Outcome
    """

    species: tuple[Species, ...]
    values: Vector
    outcome: Outcome

    @cached_property
    def size(self) -> Vector:
        """What differences are relative to, shape (N, F)."""
        largest = np.max(np.abs(self.values), axis=1)
        floor = np.maximum(SMALLEST * np.max(largest, axis=1, keepdims=True), 1e-300)
        return np.asarray(np.maximum(largest, floor))


def run_family(
    level: Level,
    family: Sequence[Mapping[Species, float]],
    times: Vector,
    tolerance: float = 1e-6,
    simulator: Simulator = SIMULATORS[0],
) -> Runs:
    """Integrate a level from every initial state; times are in formal units."""
    found: list[Vector] = []
    for amounts in family:
        start = level.start.copy()
        for species, amount in amounts.items():
            start[level.dose[species]] += amount * level.factor
        absolute = 1e-4 * tolerance * max(amounts.values(), default=1.0) * level.factor
        grid = [float(t * level.time) for t in times]
        run = run_simulation(level.law, start, [], grid, simulator, Tolerance(tolerance, absolute))
        if not run.outcome.ok:
            return Runs(level.species, np.empty((0, len(times), len(level.species))), run.outcome)
        found.append((level.reading @ run.values.T).T)
    return Runs(level.species, np.array(found), Outcome())


def deviation(truth: Runs, other: Runs, times: Vector) -> Deviation:
    """Return where two families differ most."""
    columns = [other.species.index(s) for s in truth.species]
    values = other.values[:, :, columns]
    gap = np.abs(values - truth.values) / truth.size[:, None, :]
    at = tuple(int(i) for i in np.unravel_index(int(np.argmax(gap)), gap.shape))
    n, t, f = at
    return Deviation(float(gap[at]), truth.species[f], float(times[t]), n, float(truth.values[at]), float(values[at]))

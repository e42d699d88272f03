"""A training tube on a smaller network: the same additions and readings, restricted.

What was done, and whether it is exact, is said by the `Reduction`; nothing of a protocol changes. The tube itself is made by
`compiler.dna_level`, the reductions by `crn.simulate`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np

from crn.massaction import MassAction, Vector
from crn.network import Species
from crn.neural.training import Tube
from crn.simulate.reduction import Reduction


def dosed(tube: Tube) -> tuple[Species, ...]:
    """Return what is there at the start or added to the tube, by its simulated name."""
    places = {*tube.dose.values(), *np.flatnonzero(tube.start)}
    if tube.top_up is not None:
        places |= set(np.flatnonzero(tube.top_up))
    return tuple(tube.law.species[i] for i in sorted(places))


def reduced_tube(tube: Tube, reduction: Reduction) -> Tube:
    """Return the tube with the reduced network; it is dosed and read as before."""
    law = MassAction(reduction.crn)
    columns = reduction.restrict.tocsc()
    place = {}
    for species, i in tube.dose.items():
        column = columns[:, i]
        if column.nnz != 1 or column.data[0] != 1:
            raise ValueError(f"{species} is not added to a single species of the reduced network")
        place[species] = int(column.indices[0])
    return dataclasses.replace(
        tube,
        law=law,
        start=np.asarray(reduction.restrict @ tube.start),
        dose=place,
        reading=reduction.read(tube.reading),
        top_up=None if tube.top_up is None else np.asarray(reduction.restrict @ tube.top_up),
        supply=None if tube.supply is None else reduction.read(tube.supply),
    )


def span(tube: Tube, peaks: Mapping[Species, float], left: float = 0.5) -> Vector:
    """Return states between which a run is expected to move, shape (3, S), for `crn.simulate.quasi_steady`.

    Parameters
    ----------
    tube : Tube
    peaks : mapping of Species to float
        The largest amount of each formal species, in formal units.
    left : float
        Share of what is watched that is there at all times.
    """
    most, least = tube.start.copy(), tube.start.copy()
    for species, amount in peaks.items():
        most[tube.dose[species]] = max(most[tube.dose[species]], amount * tube.factor)
    if tube.supply is not None:
        least[np.unique(tube.supply.indices)] *= left
    return np.array([tube.start, most, least])

"""What every compiled method shares: how accurate and how far a run goes, what is read from it, and how it may end.

A run stops after a budget of steps, so that Python can look for a key press and report progress, and goes on where it was; what
is read are linear combinations of species as a sparse matrix by rows. The methods are in files of their own, as are the loops over
a network.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

from crn.massaction import MassAction, Vector
from crn.simulate.compiled import Indices, kernel
from crn.simulate.engine import Outcome, Status
from crn.simulate.ordering import Integers
from crn.simulate.sparse import Prepared, entries

FINISHED, PAUSED, CROSSED, UNDERFLOW, EXHAUSTED, NEGATIVE = range(6)
"""What a compiled run comes back with; `EXHAUSTED` means that a stretch took all the steps that it may take."""


class Control(NamedTuple):
    """How accurate, and how far."""

    relative: float
    absolute: float
    max_steps: int


class Reading(NamedTuple):
    """M linear combinations of the species, in the order of elimination, as a sparse matrix by rows."""

    start: Integers
    species: Indices
    weight: Vector


def reading_of(system: Prepared, matrix: sp.csr_matrix | None) -> Reading:
    """Return M read-outs, shape (M, S) in the order of the network, for the kernels; None stands for every species."""
    rank = np.empty(len(system.order), np.int64)
    rank[system.order] = np.arange(len(rank))
    if matrix is None:
        return Reading(np.arange(len(rank) + 1), rank.astype(np.uint32), np.ones(len(rank)))
    rows = sp.csr_matrix(matrix)
    return Reading(rows.indptr.astype(np.int64), rank[rows.indices].astype(np.uint32), rows.data.astype(np.float64))


@kernel
def read(reading: Reading, y: Vector, out: Vector) -> None:
    """Write the read-outs, shape (M,)."""
    for row in range(len(out)):
        out[row] = 0.0
        for a in range(reading.start[row], reading.start[row + 1]):
            out[row] += reading.weight[a] * y[reading.species[a]]


def budget_of(system: Prepared) -> int:
    """Return how many steps take a fraction of a second, after which compiled loops come back to Python."""
    return 50 + int(2e8 / (1e4 + 30 * entries(system) + len(system.target) + system.dense**3 / 10))


def trouble(status: int, law: MassAction, end: Vector, time: float, duration: float) -> Outcome:
    """Return the outcome of a stretch that did not reach its end."""
    reached = f"{time:g} of {duration:g}"
    if status == EXHAUSTED:
        return Outcome(
            Status.LIMIT, f"the allowed steps took it only to {reached}", "loosen the tolerance, or shorten the stretch"
        )
    largest = law.species[int(np.argmax(np.abs(end)))] if len(end) else "nothing"
    return Outcome(
        Status.FAILED,
        f"the step size fell to nothing at {reached}",
        f"an amount may grow without bound; the largest there is {largest}",
    )

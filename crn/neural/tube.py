"""A tube: where the protocol of a learning circuit is carried out, and how it is read.

It translates formal additions and readings to whatever is simulated, so that one training loop serves abstract networks and their
DNA-level expansions alike. How a circuit is trained in it is said in `crn.neural.training`; the tube of a compiled circuit is made
in the compiler.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from crn.massaction import MassAction, Vector
from crn.network import Species
from crn.neural.circuit import LearningCircuit, Phase
from crn.protocol import Flush
from crn.simulate import Segments, Tolerance


@dataclass(frozen=True, slots=True)
class Step:
    """A phase as it is carried out once.

    Attributes
    ----------
    phase : Phase
    values : mapping of str to float
        Of the ports; those without a value are not dosed.
    topped_up : bool
        Whether the top-up of the tube goes in at its start.
    pace : float
        By what the step of the parameters is multiplied: the learning-rate schedule.
    """

    phase: Phase
    values: Mapping[str, float]
    topped_up: bool = False
    pace: float = 1.0


@dataclass(frozen=True, eq=False)
class Tube:
    """Where a protocol is carried out, and how it is read.

    Attributes
    ----------
    law : MassAction
        The network that is simulated, with S species.
    start : ndarray, shape (S,)
        State before the first sample.
    formal : tuple of Species
        The F formal species.
    dose : Mapping of Species to int
        The simulated species that a formal addition goes to.
    factor : float
        Simulated amount per formal amount.
    time : float
        Simulated time per formal time (s per formal unit at DNA level, 1 at formal level).
    reading : csr_matrix, shape (F, S)
        Formal amounts from a simulated state: free and bound together.
    tolerance : Tolerance
        In simulated units.
    top_up : ndarray, shape (S,), optional
        Added before every sample.
    supply : csr_matrix, shape (W, S), optional
        Read-outs of what is watched (fuels), in simulated amounts.
    """

    law: MassAction
    start: Vector
    formal: tuple[Species, ...]
    dose: Mapping[Species, int]
    factor: float
    time: float
    reading: sp.csr_matrix
    tolerance: Tolerance
    top_up: Vector | None = None
    supply: sp.csr_matrix | None = None

    @classmethod
    def of(cls, circuit: LearningCircuit, tolerance: Tolerance = Tolerance(1e-6, 1e-8)) -> Tube:
        """Return the tube of the abstract network itself."""
        law = MassAction(circuit.crn)
        identity = sp.identity(len(law.species), format="csr")
        return cls(law, law.state(), law.species, law.index, 1.0, 1.0, sp.csr_matrix(identity), tolerance)

    @property
    def readout(self) -> sp.csr_matrix:
        """Everything that a run reads, shape (F + W, S): formal amounts, then what is watched."""
        return self.reading if self.supply is None else sp.csr_matrix(sp.vstack([self.reading, self.supply]))

    def amounts(self, state: Vector) -> dict[Species, float]:
        """Return the formal amounts of a simulated state."""
        return self.named(self.reading @ state)

    def named(self, read: Vector) -> dict[Species, float]:
        """Return the formal amounts by name, from a row of F of them or more."""
        return dict(zip(self.formal, read[: len(self.formal)].tolist(), strict=True))

    def supplies(self, state: Vector) -> Vector:
        """Return the watched amounts, shape (W,)."""
        return np.empty(0) if self.supply is None else np.asarray(self.supply @ state)

    def segments(self, circuit: LearningCircuit, plan: Sequence[Step]) -> Segments:
        """Return what is done and for how long, step after step."""
        added: list[tuple[int, int, float]] = []
        removed: list[tuple[int, int, float]] = []
        mix = [] if self.top_up is None else [(int(i), float(self.top_up[i])) for i in np.flatnonzero(self.top_up)]
        flushed = {s for step in plan for s in step.phase.flush}
        carriers = {s: self.reading[i].indices.tolist() for i, s in enumerate(self.formal) if s in flushed}
        for number, step in enumerate(plan):
            if step.topped_up:
                added += [(number, place, amount) for place, amount in mix]
            for event in circuit.events(step.phase, step.values, 0.0, step=step.pace):
                if isinstance(event, Flush):
                    removed += [(number, place, 1.0) for species in event.species for place in carriers[species]]
                else:
                    added.append((number, self.dose[event.species], event.amount * self.factor))
        durations = np.array([step.phase.wait * self.time for step in plan])
        shape = (len(plan), len(self.start))
        return Segments(durations, _matrix(added, shape), _matrix(removed, shape) if removed else None)


def _matrix(entries: Sequence[tuple[int, int, float]], shape: tuple[int, int]) -> sp.csr_matrix:
    """Return a sparse matrix; entries for one place are added up."""
    rows, columns, values = zip(*entries, strict=True) if entries else ((), (), ())
    return sp.csr_matrix((np.array(values, dtype=np.float64), (rows, columns)), shape=shape)

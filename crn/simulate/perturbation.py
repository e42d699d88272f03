"""Perturbations of what is simulated: rate constants and amounts that are off, and hands that are not quite steady.

All errors are factors exp(s N) with N standard normal: for a small s a relative standard deviation, and never below zero. How large
they are in a laboratory, and errors that need DNA, are not said here.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import scipy.sparse as sp

from crn.massaction import MassAction, Vector
from crn.network import CRN
from crn.simulate.engine import Progress, SegmentRun, Segments, Simulator, Stretch, Tolerance


def factors(spread: float, count: int, rng: np.random.Generator) -> Vector:
    """Return `count` factors exp(spread N)."""
    return np.exp(spread * rng.standard_normal(count))


def faster(crn: CRN, speed: Vector) -> CRN:
    """Return a network in which every rate constant is multiplied by a factor of its own, shape (R,)."""
    return dataclasses.replace(
        crn,
        reactions=tuple(dataclasses.replace(r, k=r.k * float(f)) for r, f in zip(crn.reactions, speed, strict=True)),
    )


@dataclass(frozen=True, eq=False)
class Clumsy(Simulator):
    """Another simulator, in the hands of somebody whose additions and durations are a little off.

    Attributes
    ----------
    inner : Simulator
    pipetting, phases : float
        Spread of every addition, and of every duration.
    rng : numpy.random.Generator
    """

    inner: Simulator
    pipetting: float
    phases: float
    rng: np.random.Generator

    name: ClassVar[str] = "clumsy"
    summary: ClassVar[str] = "another simulator, with errors in what is added and when"

    def in_units(self, factor: float) -> Clumsy:
        """Return the same hands for amounts that are `factor` times as large in number."""
        return dataclasses.replace(self, inner=self.inner.in_units(factor))

    def advance(self, law: MassAction, start: Vector, duration: float, times: Vector, tolerance: Tolerance) -> Stretch:
        """Advance the state without an error: what happens at which time is decided by `run`."""
        return self.inner.advance(law, start, duration, times, tolerance)

    def run(
        self,
        law: MassAction,
        start: Vector,
        segments: Segments,
        tolerance: Tolerance,
        readout: sp.csr_matrix,
        progress: Progress | None = None,
    ) -> SegmentRun:
        """Go through stretches that are not quite those that were planned; see `Simulator.run`."""
        return self.inner.run(law, start, self.handled(segments), tolerance, readout, progress)

    def handled(self, segments: Segments) -> Segments:
        """Return what is really done; what is poured from another tube is what it is there."""
        additions = segments.additions.copy()
        additions.data = additions.data * factors(self.pipetting, len(additions.data), self.rng)
        durations = segments.durations * factors(self.phases, len(segments.durations), self.rng)
        return dataclasses.replace(segments, additions=additions, durations=durations)

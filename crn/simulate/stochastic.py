"""What stochastic simulators share: how many molecules there are, where chance comes from, and when a run has gone on for too long.

Amounts are those of the network; the molecules are counted inside. The methods have files of their own, and the one list of them is
`crn.simulate.STOCHASTIC`.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np

from crn.diagnostics import CircuitError
from crn.massaction import MassAction, Vector
from crn.simulate.engine import Outcome, Simulator, Status, Stretch, Tolerance

WHOLE = 1e-6
"""How close to a whole number an amount counts as one: what a division by the molecules per unit leaves."""

LARGEST = 2.0**53
"""Counts from here on are not exact in floating point."""


@dataclass(frozen=True, eq=False)
class Events(Stretch):
    """A stretch of a stochastic run.

    Attributes
    ----------
    events : int
        How many there were.
    """

    events: int = 0


@dataclass(frozen=True, eq=False)
class Stochastic(Simulator):
    """A simulator in molecules, seen in amounts.

    Attributes
    ----------
    molecules : float
        Per unit of amount: Avogadro's number times the volume in L where amounts are in M.
    rng : numpy.random.Generator
        Where chance comes from; every stretch goes on where the one before ended.
    max_events : int
        For one stretch, after which the run ends with the outcome `LIMIT`.
    """

    molecules: float = 1000.0
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))
    max_events: int = 200_000_000

    def __post_init__(self) -> None:
        if not 0 < self.molecules < np.inf:
            raise CircuitError(f"the molecules per unit have to be a positive number, not {self.molecules:g}")

    def in_units(self, factor: float) -> Self:
        """Return the same volume where an amount of 1 is written as `factor`."""
        return replace(self, molecules=self.molecules / factor)

    def apart(self, count: int) -> tuple[Self, ...]:
        """Return simulators whose chance does not depend on how much of it the others, or this one, have used."""
        return tuple(replace(self, rng=rng) for rng in self.rng.spawn(count))

    @property
    def identity(self) -> str:
        """What its results depend on; see `Simulator.identity`."""
        seed = self.rng.bit_generator.seed_seq
        assert isinstance(seed, np.random.SeedSequence), "generators are made from seeds"
        return f"{self.name} {self.molecules!r} {seed.entropy} {seed.spawn_key} {self.max_events}"

    def advance(self, law: MassAction, start: Vector, duration: float, times: Vector, tolerance: Tolerance) -> Events:
        """Advance the state; see `Simulator.advance`. No step has an error, so the tolerance plays no part.

        Amounts that are no whole number of molecules are rounded up or down by chance, such that their mean is kept.
        """
        del tolerance
        expected = np.maximum(start, 0.0) * self.molecules
        nearest = np.rint(expected)
        if np.any(expected >= LARGEST):
            worst = law.species[int(np.argmax(expected))]
            outcome = Outcome(
                Status.LIMIT, f"{worst} has more molecules than can be counted", "take fewer molecules, or --method ode"
            )
            return Events(np.empty((0, len(start))), start.copy(), 0.0, outcome)
        by_chance = np.floor(expected + self.rng.random(len(expected)))
        counts = np.where(np.abs(expected - nearest) < WHOLE, nearest, by_chance)
        found = self.fired(law, counts, duration, times)
        return replace(found, values=found.values / self.molecules, end=found.end / self.molecules)

    @abstractmethod
    def fired(self, law: MassAction, counts: Vector, duration: float, times: Vector) -> Events:
        """Advance whole molecules; values and end of the result are molecules, too."""

    def exhausted(self, events: int, reached: float, duration: float) -> Outcome:
        """Return the outcome of a stretch that had too many events."""
        return Outcome(
            Status.LIMIT,
            f"{events} events took it only to {reached:.4g} of {duration:g}",
            "take fewer molecules or a shorter time, or --method ode, which does not count events",
        )

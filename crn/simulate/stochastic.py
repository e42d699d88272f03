"""What stochastic simulators share: how many molecules there are, where chance comes from, and when a run has gone on for too long.

Amounts are those of the network; the molecules are counted inside. The methods have files of their own, and the one list of them is
`crn.simulate.STOCHASTIC`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np

from crn.diagnostics import CircuitError
from crn.simulate.engine import Simulator


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

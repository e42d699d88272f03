"""Gates from strands: in which proportions they are annealed, by which ramp, and how much is left after a purification.

A complex is made around one strand, its bottom, which pairs with more nucleotides of the others than any other does. With a
purification the others are in excess and what stays single is cut away with the wrong complexes; without, every excess would stay
in the tube. Volumes are computed in `dsd.lab.mixing`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from dsd.complexes import UNPAIRED, Complex
from dsd.domains import Strand


@dataclass(frozen=True, slots=True)
class Preparation:
    """How complexes of several strands are made.

    Attributes
    ----------
    purified : bool
        Whether they are cut from a gel after annealing.
    excess : float
        Strands of each other kind per bottom strand where they are purified.
    recovery : float
        The part of the bottom strands that ends up in purified complexes. From memory, for native PAGE with elution overnight;
        measure it, because everything after is scaled by it.
    anneal_M : float
        Concentration of the bottom strand while annealing, in M.
    """

    purified: bool = True
    excess: float = 1.2
    recovery: float = 0.5
    anneal_M: float = 20e-6

    def __post_init__(self) -> None:
        if not (1 <= self.excess < 10 and 0 < self.recovery <= 1 and 0 < self.anneal_M < 1e-2):
            raise ValueError(f"no preparation is like this: {self}")

    @property
    def yield_(self) -> float:
        """The part of the bottom strands that ends up in finished complexes."""
        return self.recovery if self.purified else 1.0

    def ratio(self, item: Complex, place: int) -> float:
        """Return how many strands go in at a place of a complex, per bottom strand."""
        return self.excess if self.purified and len(item.strands) > 1 and place != bottom(item) else 1.0

    def per_complex(self, item: Complex) -> dict[Strand, float]:
        """Return how many of each strand are used up for one finished complex."""
        found: dict[Strand, float] = {}
        left = self.yield_ if len(item.strands) > 1 else 1.0
        for place, strand in enumerate(item.strands):
            found[strand] = found.get(strand, 0.0) + self.ratio(item, place) / left
        return found


def bottom(item: Complex) -> int:
    """Return the place of the strand that pairs with most nucleotides of the others; of equal ones the last."""
    owner = [i for i, s in enumerate(item.strands) for _ in s]
    paired = [0] * len(item.strands)
    for here, there in enumerate(item.pairs):
        if there != UNPAIRED and owner[here] != owner[there]:
            paired[owner[here]] += item.domains[here].length
    return max(range(len(paired)), key=lambda i: (paired[i], i))


@dataclass(frozen=True, slots=True)
class Ramp:
    """A cooling ramp; the figures are those in common use, from memory.

    Attributes
    ----------
    start_C, end_C : float
    hold_s : float
        Time at the start.
    per_minute_C : float
        How fast it cools.
    """

    start_C: float = 95.0
    end_C: float = 20.0
    hold_s: float = 300.0
    per_minute_C: float = 1.0

    def __post_init__(self) -> None:
        if not (self.start_C > self.end_C and self.hold_s >= 0 and 0 < self.per_minute_C < math.inf):
            raise ValueError(f"no ramp is like this: {self}")

    @property
    def duration_s(self) -> float:
        """Time in all, in s."""
        return self.hold_s + 60 * (self.start_C - self.end_C) / self.per_minute_C

    def __str__(self) -> str:
        return (
            f"{self.start_C:g} C for {self.hold_s / 60:g} min, then to {self.end_C:g} C at {self.per_minute_C:g} C/min "
            f"({self.duration_s / 60:g} min in all)"
        )


RAMP: Final = Ramp()

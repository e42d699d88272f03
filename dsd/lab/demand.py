"""How much of every strand an experiment consumes: what runs use, over what a preparation leaves of it.

For one strand it is runs x volume x concentration x (1 + top-ups) / yield, summed over all complexes that hold it. Which scale of
synthesis gives as much is decided in `dsd.lab.scales`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dsd.complexes import Complex
from dsd.domains import Strand
from dsd.lab.annealing import Preparation


@dataclass(frozen=True, slots=True)
class Use:
    """What one run consumes of a complex.

    Attributes
    ----------
    complex : Complex
    concentration_M : float
        At the start of the run, or, for what is added later only, what a first addition would be.
    top_ups : float
        What is added during the run, in multiples of `concentration_M`; both counted in the volume at the start.
    """

    complex: Complex
    concentration_M: float
    top_ups: float = 0.0

    def __post_init__(self) -> None:
        if not (0 <= self.concentration_M < 1 and self.top_ups >= 0):
            raise ValueError(f"{self.complex} at {self.concentration_M} M, topped up {self.top_ups} times")

    @property
    def total_M(self) -> float:  # noqa: N802  # a unit
        """All that one run consumes, as a concentration in the volume at the start, in M."""
        return self.concentration_M * (1 + self.top_ups)


def strand_needs(
    uses: Iterable[Use], volume_L: float, runs: int, preparation: Preparation = Preparation()
) -> dict[Strand, float]:
    """Return how much of every strand is consumed, in mol.

    Parameters
    ----------
    uses : iterable of Use
    volume_L : float
        Of the tube at the start.
    runs : int
    preparation : Preparation
        Of the complexes of several strands: their strands are lost in proportion to its yield, and taken in its excess.
    """
    found: dict[Strand, float] = {}
    for use in uses:
        for strand, count in preparation.per_complex(use.complex).items():
            found[strand] = found.get(strand, 0.0) + runs * volume_L * use.total_M * count
    return found

"""A run at the bench: what is added to a tube when, as mixes and volumes.

The tube is kept at its volume: as much as was added is taken out again, which is what is read. Every addition of a mix is then the
same share of the tube and raises concentrations by the same amount, and after additions of shares r1, r2, ... what was in the tube
is diluted (1 + r1) (1 + r2) ... times. Which amounts are to be added is decided elsewhere; how the mixes are made is the business
of `dsd.lab.mixing`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from crn.quantities import format_si
from dsd.lab.mixing import BUFFER_FOLD, Liquid, Pipetting

FULL: Final = 0.8
"""How much of a mix its stocks may take up, so that dilutions of the small parts find room."""
NOTICED: Final = 1.5
"""A dilution by more than this factor in a run is told as a problem."""


@dataclass(frozen=True, slots=True)
class Dose:
    """An addition as the simulation has it.

    Attributes
    ----------
    time_s : float
    label : str
        What it is in the run.
    mix : str
        Name of what is added; doses of one mix are equal.
    raises : tuple of (str, float)
        Liquids, and by how much their concentrations in the tube rise, in M.
    """

    time_s: float
    label: str
    mix: str
    raises: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Pour:
    """An addition as the bench has it.

    Attributes
    ----------
    dose : Dose
    volume_L : float
        What is added, and taken out again after mixing.
    dilution : float
        By how much what was in the tube at the start is diluted afterwards.
    """

    dose: Dose
    volume_L: float
    dilution: float


@dataclass(frozen=True)
class Session:
    """All additions of a run.

    Attributes
    ----------
    pours : tuple of Pour
    shares : tuple of (str, float)
        For every mix the volume of an addition over that of the tube before it.
    volume_L : float
        Of the tube.
    problems : tuple of str
        Why it cannot be done as it stands.
    """

    pours: tuple[Pour, ...]
    shares: tuple[tuple[str, float], ...]
    volume_L: float
    problems: tuple[str, ...] = ()

    @property
    def dilution(self) -> float:
        """By how much what was in the tube at the start is diluted in the end."""
        return self.pours[-1].dilution if self.pours else 1.0

    def poured_L(self, mix: str) -> float:  # noqa: N802  # a unit
        """Return how much of a mix is added in all, in L."""
        return math.fsum(p.volume_L for p in self.pours if p.dose.mix == mix)

    def wanted(self) -> dict[str, dict[str, float]]:
        """Return for every mix the concentrations in it, in M: what one addition raises, times (1 + r) / r."""
        share = dict(self.shares)
        return {
            p.dose.mix: {n: a * (1 + share[p.dose.mix]) / share[p.dose.mix] for n, a in p.dose.raises}
            for p in self.pours
        }


def plan_session(
    doses: Sequence[Dose],
    volume_L: float,
    stocks: Mapping[str, Liquid],
    pipetting: Pipetting = Pipetting(),
    most_share: float = 0.02,
) -> Session:
    """Choose the shares and compute the volumes.

    The share of a mix is the smallest that can be pipetted into the tube and that the stocks are concentrated enough for, because
    every addition dilutes; it is never above `most_share`, and a mix that would have to be more concentrated for that does not fit.

    Parameters
    ----------
    doses : sequence of Dose
        In order of time.
    volume_L : float
        Of the tube.
    stocks : mapping of str to Liquid
    pipetting : Pipetting
    most_share : float
        The most that an addition may be of the tube.
    """
    by_pipette = pipetting.minimum_L / volume_L
    most = max(most_share, by_pipette)
    shares: dict[str, float] = {}
    for dose in doses:
        if dose.mix not in shares:
            # The parts, with their buffer, take up that much of the mix: sum(raise (1 + r) / (r c)) = FULL.
            filled = _filling(dose, stocks) / FULL
            needed = filled / (1 - filled) if filled < 1 else math.inf
            shares[dose.mix] = min(max(by_pipette, needed), most)
    found, dilution = [], 1.0
    for dose in doses:
        dilution *= 1 + shares[dose.mix]
        found.append(Pour(dose, shares[dose.mix] * volume_L, dilution))
    problems = []
    if by_pipette > most_share * (1 + 1e-9):
        problems.append(
            f"an addition is {by_pipette:.1%} of the tube, more than {most_share:.1%}: less cannot be pipetted"
        )
    if dilution > NOTICED:
        larger = len(doses) * pipetting.minimum_L / math.log(NOTICED)
        problems.append(
            f"{len(doses)} additions of {min(shares.values()):.2%} to {max(shares.values()):.2%} dilute what is in the tube "
            f"{dilution:.3g} times, what is learned too; take {format_si(larger, 'L')} or more (--volume) or a dispenser of "
            "smaller drops (--pipette 25nL), and stocks that are concentrated enough"
        )
    return Session(tuple(found), tuple(shares.items()), volume_L, tuple(problems))


def _filling(dose: Dose, stocks: Mapping[str, Liquid]) -> float:
    """Return which part of a tube the stocks of a dose, as they are, and their buffer would be."""
    dry = BUFFER_FOLD / (BUFFER_FOLD - 1)
    return math.fsum(a / stocks[n].concentration_M * (1 if stocks[n].in_buffer else dry) for n, a in dose.raises)

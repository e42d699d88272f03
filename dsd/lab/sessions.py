"""A run at the bench: what is added to a tube when, as mixes and volumes.

Every addition is the same share of what is in the tube, so that one mix raises concentrations by the same amount however much has
been added before: after n additions of a share r the tube holds V (1 + r)^n, and what was in it is diluted by as much. Which
amounts are to be added is decided elsewhere; how the mixes are made is the business of `dsd.lab.mixing`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dsd.lab.mixing import BUFFER_FOLD, Liquid, Pipetting


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
    tube_L : float
        What the tube holds afterwards.
    """

    dose: Dose
    volume_L: float
    tube_L: float


@dataclass(frozen=True)
class Session:
    """All additions of a run.

    Attributes
    ----------
    pours : tuple of Pour
    share : float
        Volume of an addition over that of the tube before it.
    volume_L : float
        Of the tube at the start.
    problem : str
        Why it cannot be done as it stands; empty if it can.
    """

    pours: tuple[Pour, ...]
    share: float
    volume_L: float
    problem: str = ""

    @property
    def dilution(self) -> float:
        """By how much what was in the tube at the start is diluted in the end."""
        return float((1 + self.share) ** len(self.pours))

    def poured_L(self, mix: str) -> float:  # noqa: N802  # a unit
        """Return how much of a mix is added in all, in L."""
        return math.fsum(p.volume_L for p in self.pours if p.dose.mix == mix)

    def wanted(self) -> dict[str, dict[str, float]]:
        """Return for every mix the concentrations in it, in M: what one addition raises, times (1 + r) / r."""
        factor = (1 + self.share) / self.share
        return {p.dose.mix: {n: factor * a for n, a in p.dose.raises} for p in self.pours}


def plan_session(
    doses: Sequence[Dose],
    volume_L: float,
    stocks: Mapping[str, Liquid],
    pipetting: Pipetting = Pipetting(),
    most_share: float = 0.02,
) -> Session:
    """Choose the share and compute the volumes.

    The share is the smallest that can be pipetted into the tube and that the stocks are concentrated enough for, because every
    addition dilutes.

    Parameters
    ----------
    doses : sequence of Dose
        In order of time.
    volume_L : float
        Of the tube at the start.
    stocks : mapping of str to Liquid
    pipetting : Pipetting
    most_share : float
        What an addition may be of the tube; more is told as a problem.
    """
    if not doses:
        return Session((), pipetting.minimum_L / volume_L, volume_L)
    # In a mix that is all stock the parts, with their buffer, take up the whole: sum(raise (1 + r) / (r c)) = 1.
    fullest, needed = max(((d, _filling(d, stocks)) for d in doses), key=lambda x: x[1])
    by_pipette = pipetting.minimum_L / volume_L
    share = max(by_pipette, needed / (1 - needed) * 1.02 if needed < 1 else math.inf)
    if not math.isfinite(share):
        problem = f"{fullest.mix}: no stock is concentrated enough for what it has to raise; take less of everything"
        return Session((), by_pipette, volume_L, problem)
    found, tube = [], volume_L
    for dose in doses:
        poured = share * tube
        tube += poured
        found.append(Pour(dose, poured, tube))
    problem = ""
    if share > most_share * (1 + 1e-9):
        cause = f"{fullest.mix} needs that much of its stocks" if share > by_pipette else "less cannot be pipetted"
        problem = f"an addition is {share:.1%} of the tube, more than {most_share:.1%}, because {cause}"
    return Session(tuple(found), share, volume_L, problem)


def _filling(dose: Dose, stocks: Mapping[str, Liquid]) -> float:
    """Return which part of a tube the stocks of a dose would be if they were added as they are, with buffer for those in water."""
    dry = BUFFER_FOLD / (BUFFER_FOLD - 1)
    return math.fsum(a / stocks[n].concentration_M * (1 if stocks[n].in_buffer else dry) for n, a in dose.raises)

"""Volumes: from stocks to mixes by c1 V1 = c2 V2, with dilutions in between where a volume would be too small to pipette.

A mix is made in the buffer of the experiment: what is dissolved in that already brings its share, the rest comes as a ten-fold
stock, so that magnesium is the same in every tube. What is mixed and in which order is the business of `dsd.lab.experiments` and
`dsd.lab.sessions`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from crn.quantities import format_si
from dsd.thermodynamics import Conditions

BUFFER_FOLD: Final = 10.0
"""How many times as concentrated the stock of the buffer is."""


@dataclass(frozen=True, slots=True)
class Pipetting:
    """What a pipette can do.

    Attributes
    ----------
    minimum_L : float
        The least volume that is pipetted.
    spare : float
        How many times as much as is used is prepared of what is drawn from.
    fold : float
        Of one step of dilution.
    """

    minimum_L: float = 1e-6
    spare: float = 1.1
    fold: float = 10.0

    def __post_init__(self) -> None:
        if not (0 < self.minimum_L < 1 and 1 <= self.spare < 10 and 1 < self.fold <= 1000):
            raise ValueError(f"nobody pipettes like this: {self}")


@dataclass(frozen=True, slots=True)
class Liquid:
    """Something to draw from.

    Attributes
    ----------
    name : str
    concentration_M : float
    in_buffer : bool
        Whether it is dissolved in the buffer of the experiment, rather than in water.
    plate, well : str
        Where it stands; empty for a tube.
    """

    name: str
    concentration_M: float
    in_buffer: bool = False
    plate: str = ""
    well: str = ""

    def __post_init__(self) -> None:
        if not self.name or not 0 < self.concentration_M < math.inf:
            raise ValueError(f"a stock of {self.name!r} at {self.concentration_M} M")


@dataclass(frozen=True, slots=True)
class Part:
    """What is drawn from one liquid."""

    source: Liquid
    volume_L: float

    @property
    def amount_mol(self) -> float:
        """How much that is."""
        return self.source.concentration_M * self.volume_L


@dataclass(frozen=True, slots=True)
class Mix:
    """Liquids put together and filled up.

    Attributes
    ----------
    name : str
    parts : tuple of Part
    buffer_L : float
        Of the ten-fold buffer.
    water_L : float
        Negative where the parts do not fit; see `problem`.
    """

    name: str
    parts: tuple[Part, ...]
    buffer_L: float
    water_L: float

    @property
    def volume_L(self) -> float:  # noqa: N802  # a unit
        """In all."""
        return math.fsum([p.volume_L for p in self.parts] + [self.buffer_L, self.water_L])

    @property
    def fits(self) -> bool:
        """Whether there is room for all parts."""
        return self.water_L >= -1e-12 * self.volume_L

    @property
    def dilution(self) -> float:
        """What the parts and their buffer take of the volume; above 1 it does not fit, by that factor."""
        brought = math.fsum(p.volume_L for p in self.parts)
        dry = math.fsum(p.volume_L for p in self.parts if not p.source.in_buffer)
        # What is in water leaves room for a tenth of buffer on top of itself.
        return (brought + dry / (BUFFER_FOLD - 1)) / self.volume_L

    @property
    def problem(self) -> str:
        """Why it cannot be mixed; empty if it can."""
        if self.fits:
            return ""
        return (
            f"does not fit: the stocks take {format_si(math.fsum(p.volume_L for p in self.parts), 'L')} of "
            f"{format_si(self.volume_L, 'L')}; take everything at {1 / self.dilution:.2g} of these concentrations, or stocks "
            f"{self.dilution:.3g} times as concentrated"
        )

    def concentration_M(self, name: str) -> float:  # noqa: N802  # a unit
        """Return the concentration of a liquid in the mix."""
        return math.fsum(p.amount_mol for p in self.parts if p.source.name == name) / self.volume_L


def mix(name: str, wanted: Mapping[str, float], volume_L: float, stocks: Mapping[str, Liquid]) -> Mix:
    """Return what to draw from each stock.

    Parameters
    ----------
    name : str
    wanted : mapping of str to float
        Names of liquids, and their concentrations in the mix in M; what is zero is left out.
    volume_L : float
        Of the mix.
    stocks : mapping of str to Liquid
    """
    parts = tuple(
        Part(stocks[n], volume_L * amount / stocks[n].concentration_M) for n, amount in wanted.items() if amount > 0
    )
    return _filled_up(name, parts, volume_L)


def _filled_up(name: str, parts: tuple[Part, ...], volume_L: float) -> Mix:
    """Fill up with buffer for what is not in it, and with water."""
    wet = math.fsum(p.volume_L for p in parts if p.source.in_buffer)
    buffer = max(0.0, (volume_L - wet) / BUFFER_FOLD)
    return Mix(name, parts, buffer, volume_L - math.fsum(p.volume_L for p in parts) - buffer)


def with_dilutions(mixes: Sequence[Mix], pipetting: Pipetting = Pipetting()) -> tuple[tuple[Mix, ...], tuple[Mix, ...]]:
    """Put dilutions in where less than the minimum would be drawn from a stock.

    Dilutions are steps of the same fold in the buffer of the experiment, the next made from the one before, so that many mixes draw
    from a few of them. A part takes the first step from which it can be drawn.

    Returns
    -------
    dilutions : tuple of Mix
        In the order in which they are made.
    mixes : tuple of Mix
        Those that were given, drawn from the dilutions; amounts and volumes are the same. One in which the dilutions do not fit
        any more says so.
    """
    changed = tuple(_from_dilutions(m, pipetting) for m in mixes)
    # What is drawn from each step, the most dilute first, since each is drawn from the one before.
    drawn: dict[tuple[str, int], float] = {}
    base: dict[str, Liquid] = {}
    for before, after in zip(mixes, changed, strict=True):
        for old, new in zip(before.parts, after.parts, strict=True):
            step = _step(old, new, pipetting)
            base.setdefault(old.source.name, old.source)
            if step:
                key = (old.source.name, step)
                drawn[key] = drawn.get(key, 0.0) + new.volume_L
    steps = {n: max((s for m, s in drawn if m == n), default=0) for n in base}
    made: list[Mix] = []
    for name, most in steps.items():
        found = []
        passed_on = 0.0
        for step in range(most, 0, -1):
            volume = max(
                (drawn.get((name, step), 0.0) + passed_on) * pipetting.spare, pipetting.fold * pipetting.minimum_L
            )
            source = _diluted(base[name], step - 1, pipetting) if step > 1 else base[name]
            passed_on = volume / pipetting.fold
            target = _diluted(base[name], step, pipetting)
            found.append(mix(target.name, {source.name: target.concentration_M}, volume, {source.name: source}))
        made += reversed(found)
    return tuple(made), changed


def _from_dilutions(given: Mix, pipetting: Pipetting) -> Mix:
    parts = []
    for part in given.parts:
        step = 0
        # A volume that is short of the minimum by rounding is not diluted for that.
        while part.volume_L * pipetting.fold**step < pipetting.minimum_L * (1 - 1e-9):
            step += 1
        source = _diluted(part.source, step, pipetting) if step else part.source
        parts.append(Part(source, part.volume_L * pipetting.fold**step))
    return _filled_up(given.name, tuple(parts), given.volume_L)


def _diluted(liquid: Liquid, step: int, pipetting: Pipetting) -> Liquid:
    fold = pipetting.fold**step
    name = f"{liquid.name} 1:{fold:g}"
    return replace(liquid, name=name, concentration_M=liquid.concentration_M / fold, in_buffer=True, plate="", well="")


def _step(old: Part, new: Part, pipetting: Pipetting) -> int:
    return round(math.log(new.volume_L / old.volume_L, pipetting.fold))


@dataclass(frozen=True, slots=True)
class BufferRecipe:
    """What the ten-fold buffer is made of: Tris 100 mM, EDTA 10 mM, and ten times the salts of the experiment.

    Attributes
    ----------
    parts : tuple of (str, float)
        Solutions at hand, with the volume of each in 1 L.
    water_L : float
        In 1 L.
    """

    parts: tuple[tuple[str, float], ...]
    water_L: float


def buffer_recipe(conditions: Conditions) -> BufferRecipe:
    """Return the recipe of the buffer for the salt of an experiment."""
    fold = BUFFER_FOLD
    parts = (
        ("1 M Tris-HCl (pH 8.0)", fold * 0.010 / 1.0),
        ("0.5 M EDTA (pH 8.0)", fold * 0.001 / 0.5),
        ("5 M NaCl", fold * conditions.sodium_M / 5.0),
        ("1 M MgCl2", fold * conditions.magnesium_M / 1.0),
    )
    kept = tuple((name, volume) for name, volume in parts if volume > 0)
    return BufferRecipe(kept, 1.0 - math.fsum(v for _, v in kept))


def drawn_from(mixes: Iterable[Mix]) -> dict[str, float]:
    """Return how much is drawn from every liquid in all, in L."""
    found: dict[str, float] = {}
    for each in mixes:
        for part in each.parts:
            found[part.source.name] = found.get(part.source.name, 0.0) + part.volume_L
    return found

"""How large the errors of a laboratory are: one value with everything that can be off, as the command line spells it.

What an error does to a network is in `crn.simulate.perturbation`, and what those do that need DNA in `compiler.exposed_tube`;
``docs/noise.md`` tells all of it to people.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from crn.diagnostics import CircuitError, Diagnostic
from crn.quantities import Dimension, parse_quantity


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of error.

    Attributes
    ----------
    name : str
        Of the field of `Noise`, and of the key on the command line.
    unit : str
    usual : float or None
        How large it is if only its name is said; None where it is a matter of the laboratory alone.
    source : str
        Where the usual size comes from.
    dna : bool
        Whether it takes DNA for it.
    """

    name: str
    unit: str
    usual: float | None = None
    source: str = ""
    dna: bool = False


RELATIVE: Final = "relative standard deviation"

KINDS: Final = (
    Kind("rates", RELATIVE),
    Kind(
        "toeholds",
        RELATIVE,
        0.24,
        "scatter of ln k over the displacements by toeholds of 6 to 10 and 15 nt, which differ in sequence and hardly in speed: "
        "Zhang and Winfree, J. Am. Chem. Soc. 131:17303 (2009), doi:10.1021/ja906987s",
        True,
    ),
    Kind(
        "concentrations",
        RELATIVE,
        0.10,
        "a stock measured by its absorbance is known to within 20 % or so, taken as two standard deviations: barricklab.org, "
        "procedure for spectrophotometric quantitation of nucleic acids",
    ),
    Kind(
        "pipetting",
        RELATIVE,
        0.015,
        "largest random error that ISO 8655 allows at a fifth of the nominal volume of a 1 mL pipette (3 uL of 200 uL)",
    ),
    Kind("phases", RELATIVE),
    Kind("molecules", "per formal unit"),
    Kind("volume", "L, written with a unit", dna=True),
    Kind(
        "leak",
        "/M/s",
        1.4,
        "displacement without a toehold: Zhang and Winfree (2009)",
        True,
    ),
    Kind(
        "malformed",
        "mean fraction of a fuel",
        0.05,
        "strands purified by PAGE are usually 90 % pure or more: Integrated DNA Technologies, answers on purification",
        True,
    ),
    Kind("clock", "relative to the phase that is on"),
)
"""The kinds of errors, in the order of the fields of `Noise`."""


@dataclass(frozen=True, slots=True)
class Noise:
    """How large errors are; 0, the default of each, is none. Units, usual sizes and their sources are in `KINDS`.

    Attributes
    ----------
    rates : float
        Every rate constant is multiplied by exp(rates N), N standard normal: for small values a relative standard deviation.
    toeholds : float
        DNA level: likewise, with one factor for all reactions that begin at the same toehold.
    concentrations : float
        Likewise every amount that is there at the start, parameters included.
    pipetting : float
        Likewise every addition, and every part of the master mix when it is prepared.
    phases : float
        Likewise the duration of every phase.
    molecules : float
        Per formal unit; 0 for none of the noise of small numbers.
    volume : float
        DNA level: of the tube, in L, in place of `molecules`; in 100 fL 10 nM are 602 molecules.
    leak : float
        DNA level: rate constant of every leak between two fuels, /M/s.
    malformed : float
        DNA level: mean fraction of a fuel that does nothing; each fuel has its own, uniform between 0 and twice that.
    clock : float
        Amount of the clock species of the phase that is off, relative to that of the phase that is on.
    """

    rates: float = 0.0
    toeholds: float = 0.0
    concentrations: float = 0.0
    pipetting: float = 0.0
    phases: float = 0.0
    molecules: float = 0.0
    volume: float = 0.0
    leak: float = 0.0
    malformed: float = 0.0
    clock: float = 0.0

    def __post_init__(self) -> None:
        for name, value in dataclasses.asdict(self).items():
            if not 0 <= value < float("inf"):
                raise CircuitError(f"the noise {name} has to be 0 or more, not {value:g}")
        if self.malformed > 0.5:
            raise CircuitError(f"malformed={self.malformed:g}: on average no more than half of a fuel can be malformed")
        if self.molecules and self.volume:
            raise CircuitError("molecules and volume say the same thing in two ways; leave one of them out")

    def __str__(self) -> str:
        units = {"volume": "L"}
        return ",".join(f"{n}={v:g}{units.get(n, '')}" for n, v in dataclasses.asdict(self).items() if v) or "none"

    @property
    def needs_dna(self) -> str:
        """Name an error that there is at DNA level only, or nothing."""
        return next((k.name for k in KINDS if k.dna and getattr(self, k.name)), "")

    @property
    def by_chance(self) -> bool:
        """Whether molecules are counted."""
        return bool(self.molecules or self.volume)


def noise_of(words: Sequence[str]) -> Noise:
    """Read ``rates=0.1``, ``pipetting=5%,phases=2%``, ``volume=100fL``, ``leak`` and so on; a key alone has its usual size.

    Raises
    ------
    CircuitError
    """
    kinds = {k.name: k for k in KINDS}
    found: dict[str, float] = {}
    for word in (w for text in words for w in text.split(",")):
        name, equals, value = (part.strip() for part in word.partition("="))
        if name not in kinds:
            raise CircuitError(Diagnostic(f"there is no noise {name!r}", advice=f"known: {', '.join(kinds)}"))
        if name in found:
            raise CircuitError(f"the noise {name} is given twice")
        found[name] = _size(kinds[name], value, bool(equals))
    return Noise(**found)


def _size(kind: Kind, value: str, given: bool) -> float:
    if not given:
        if kind.usual is None:
            raise CircuitError(f"{kind.name} has no usual size; say how large it is: {kind.name}=VALUE ({kind.unit})")
        return kind.usual
    if kind.name == "volume":
        return parse_quantity(value, Dimension.VOLUME, "--noise volume")
    try:
        return float(value.removesuffix("%")) / (100 if value.endswith("%") else 1)
    except ValueError:
        name = kind.name
        raise CircuitError(f"{name}={value}: expected a number, as in {name}=0.1 or {name}=10%") from None

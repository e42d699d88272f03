"""How large the errors of a laboratory are: one value with everything that can be off, as the command line spells it.

What an error does to a network is in `crn.simulate.perturbation`; what those do that need DNA, malformed fuels and leaks, is in
`compiler.explore`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from crn.diagnostics import CircuitError, Diagnostic


@dataclass(frozen=True, slots=True)
class Noise:
    """How large errors are; 0, the default of each, is none. What is no citation here is a matter of the laboratory.

    Attributes
    ----------
    rates : float
        Every rate constant is multiplied by exp(rates N), N standard normal: for small values a relative standard deviation.
    concentrations : float
        Likewise every amount that is there at the start, parameters included.
    pipetting : float
        Likewise every addition.
    phases : float
        Likewise the duration of every phase.
    molecules : float
        Per formal unit; 0 for none of the noise of small numbers. 10 nM in 100 fL is 602.
    leak : float
        DNA level: rate constant of every leak between two fuels, /M/s. D. Y. Zhang and E. Winfree, J. Am. Chem. Soc. 131:17303
        (2009), measured 1.4 for a displacement without a toehold.
    malformed : float
        DNA level: mean fraction of a fuel that does nothing; each fuel has its own, uniform between 0 and twice that.
    clock : float
        Amount of the clock species of the phase that is off, relative to that of the phase that is on.
    """

    rates: float = 0.0
    concentrations: float = 0.0
    pipetting: float = 0.0
    phases: float = 0.0
    molecules: float = 0.0
    leak: float = 0.0
    malformed: float = 0.0
    clock: float = 0.0

    def __post_init__(self) -> None:
        for name, value in dataclasses.asdict(self).items():
            if not 0 <= value < float("inf"):
                raise CircuitError(f"the noise {name} has to be 0 or more, not {value:g}")
        if self.malformed > 0.5:
            raise CircuitError(f"malformed={self.malformed:g}: on average no more than half of a fuel can be malformed")

    def __str__(self) -> str:
        return ",".join(f"{n}={v:g}" for n, v in dataclasses.asdict(self).items() if v) or "none"

    @property
    def needs_dna(self) -> str:
        """Name an error that there is at DNA level only, or nothing."""
        return next((n for n in ("leak", "malformed") if getattr(self, n)), "")


def noise_of(words: Sequence[str]) -> Noise:
    """Read ``rates=0.1``, ``pipetting=5%,phases=2%`` and so on.

    Raises
    ------
    CircuitError
    """
    known = [f.name for f in dataclasses.fields(Noise)]
    found: dict[str, float] = {}
    for word in (w for text in words for w in text.split(",")):
        name, equals, value = (part.strip() for part in word.partition("="))
        if name not in known:
            raise CircuitError(Diagnostic(f"there is no noise {name!r}", advice=f"known: {', '.join(known)}"))
        if name in found:
            raise CircuitError(f"the noise {name} is given twice")
        try:
            found[name] = float(value.removesuffix("%")) / (100 if value.endswith("%") else 1)
        except ValueError:
            raise CircuitError(f"{name}{equals}{value}: expected a number, as in {name}=0.1 or {name}=10%") from None
    return Noise(**found)

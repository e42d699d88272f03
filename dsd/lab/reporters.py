"""Reporters: a complex with a dye and a quencher for every species that is to be seen, and what it will show.

A reporter takes a signal for good: the signal binds by the toehold at one end of its recognition domains, the strand with the
quencher leaves, the dye lights up. It is made of the species' own domains, so that it is designed with the circuit and adds no
sequence to it. What else a circuit does meanwhile is simulated in `dsd.lab.trials`.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from crn.diagnostics import CircuitError, Diagnostic
from crn.network import Species
from dsd.complexes import UNPAIRED, Complex
from dsd.domains import Domain, Strand
from dsd.sequences.assignment import NamedStrand
from dsd.system import DsdSystem

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Dye:
    """A dye with its quencher, as vendors write them: each at the 5' end and at the 3' end, empty where it is not sold there.

    Attributes
    ----------
    name : str
    dye : tuple of (str, str)
    quencher : tuple of (str, str)
    excite_nm, emit_nm : int
    """

    name: str
    dye: tuple[str, str]
    quencher: tuple[str, str]
    excite_nm: int
    emit_nm: int


DYES: Final = (
    Dye("FAM", ("/56-FAM/", "/36-FAM/"), ("/5IABkFQ/", "/3IABkFQ/"), 495, 520),
    Dye("Texas Red", ("/5TexRd-XN/", "/3TexRd-XN/"), ("/5IAbRQ/", "/3IAbRQSp/"), 596, 613),
    Dye("Cy5", ("/5Cy5/", "/3Cy5Sp/"), ("/5IAbRQ/", "/3IAbRQSp/"), 648, 668),
)
"""Dyes that are read beside one another, in the order in which reporters get them; codes of IDT, wavelengths of the dyes."""


@dataclass(frozen=True)
class Reporter:
    """A reporter.

    Attributes
    ----------
    species : Species
        What it shows.
    complex : Complex
        Of the strand with the quencher and the one with the dye.
    strands : tuple of NamedStrand
        Both, as they are ordered.
    dye : Dye
    targets : tuple of Complex
        The signal strands that it takes; the first is the one that it is calibrated with.
    """

    species: Species
    complex: Complex
    strands: tuple[NamedStrand, ...]
    dye: Dye
    targets: tuple[Complex, ...]

    @property
    def name(self) -> str:
        """Of the complex."""
        return self.complex.name


def design_reporters(system: DsdSystem, species: Iterable[Species]) -> tuple[Reporter, ...]:
    """Design a reporter for each species.

    What all signal strands of a species have in common is covered, from the first toehold that a longer domain follows; where there
    is none, the last long domain and the toehold behind it. Dye and quencher sit at the other end, across from one another at the
    blunt end of the helix.

    Raises
    ------
    CircuitError
        If the strands of a species do not end in a toehold, or there is no such species.
    """
    return tuple(_design(system, s, DYES[i % len(DYES)]) for i, s in enumerate(dict.fromkeys(species)))


def _design(system: DsdSystem, species: Species, dye: Dye) -> Reporter:
    targets = dict(system.carriers).get(species, ())
    if not targets:
        raise CircuitError(f"there is no signal strand of {species} to make a reporter for")
    common = _recognition(targets)
    toehold_first = len(common) > 1 and common[0].length < common[1].length
    if not toehold_first and not (len(common) > 1 and common[-1].length < common[-2].length):
        raise CircuitError(
            Diagnostic(
                f"{species} cannot have a reporter: its strands have {' '.join(map(str, common)) or 'nothing'} in common, "
                "which has no toehold beside a long domain",
                advice="take a scheme whose signals do, such as srinivas2015 or soloveichik2010",
            )
        )
    covered = common[1:] if toehold_first else common[:-1]
    pairs = len(covered)
    top = f"reporter_{species}_quencher"
    bottom = f"reporter_{species}_dye"
    below = tuple(~d for d in reversed(common))
    # The helix is blunt at the 3' end of the upper strand if the toehold comes first, at its 5' end otherwise.
    if toehold_first:
        upper = NamedStrand(top, _strand(covered), three_prime=dye.quencher[1])
        lower = NamedStrand(bottom, _strand(below), five_prime=dye.dye[0])
    else:
        upper = NamedStrand(top, _strand(covered), five_prime=dye.quencher[0])
        lower = NamedStrand(bottom, _strand(below), three_prime=dye.dye[1])
    free = 0 if toehold_first else 1
    table = [UNPAIRED] * (pairs + len(below))
    for i in range(pairs):
        partner = pairs + len(below) - 1 - i - (1 if toehold_first else 0)
        table[i], table[partner] = partner, i
    assert table[pairs if free else -1] == UNPAIRED, "the toehold stays open"
    made = Complex((upper.strand, lower.strand), tuple(table), f"reporter_{species}")
    return Reporter(species, made, (upper, lower), dye, targets)


def _recognition(targets: Sequence[Complex]) -> tuple[Domain, ...]:
    """Return what all signal strands of a species share, from its first toehold on if it has one."""
    first = targets[0].strands[0].domains
    shared = [d for d in first if all(d in t.strands[0].domains for t in targets)]
    for place, (one, other) in enumerate(itertools.pairwise(shared)):
        if one.length < other.length:
            return tuple(shared[place:])
    return tuple(shared[-2:])


def _strand(domains: Sequence[Domain]) -> Strand:
    return Strand(tuple(domains))


def released(signal_M: float, reporter_M: float, rate: float, times_s: Sequence[float]) -> Floats:
    """Return how much dye a signal alone has freed, in M, at each time.

    The solution of dF/dt = k (S - F) (R - F): two partners that meet once and for all.

    Parameters
    ----------
    signal_M, reporter_M : float
        S and R, at the start.
    rate : float
        k, in /M/s.
    times_s : sequence of float
    """
    t = np.asarray(times_s, dtype=np.float64)
    gap = reporter_M - signal_M
    if min(signal_M, reporter_M) == 0:
        return np.zeros_like(t)
    if abs(gap) < 1e-9 * reporter_M:
        return np.asarray(signal_M * (rate * signal_M * t) / (1 + rate * signal_M * t))
    # With the decaying exponential, so that nothing overflows whichever is in excess.
    less, more = min(signal_M, reporter_M), max(signal_M, reporter_M)
    decay = np.exp(-rate * (more - less) * t)
    return np.asarray(less * more * (1 - decay) / (more - less * decay))


def completion_s(signal_M: float, reporter_M: float, rate: float, share: float = 0.99) -> float:
    """Return the time in s after which a share of the signal has been taken; infinite where there is not reporter enough."""
    if not 0 < share < 1:
        raise ValueError(f"a share of {share}")
    done = share * signal_M
    if done >= reporter_M:
        return math.inf
    gap = reporter_M - signal_M
    if abs(gap) < 1e-9 * reporter_M:
        return share / ((1 - share) * rate * signal_M)
    return math.log(signal_M * (reporter_M - done) / (reporter_M * (signal_M - done))) / (rate * gap)

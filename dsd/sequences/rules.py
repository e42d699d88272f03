"""What sequences have to obey: the hard constraints with their defaults, and those that concern one domain alone.

Constraints between domains are held by the search (`dsd.sequences.search`, `dsd.sequences.toeholds`); whether a finished design
obeys all of them is asked again, independently, in `dsd.sequences.checks`.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Final

from crn.diagnostics import CircuitError, Diagnostic
from crn.quantities import nearest
from dsd.sequences.assignment import reverse_complement
from dsd.thermodynamics import Conditions

IUPAC: Final = {
    "A": "A",
    "C": "C",
    "G": "G",
    "T": "T",
    "W": "AT",
    "S": "CG",
    "R": "AG",
    "Y": "CT",
    "H": "ACT",
    "N": "ACGT",
}
"""Letters that stand for several nucleotides."""

LONGEST_TOEHOLD: Final = 8
"""Domains up to this length are toeholds, in nt: longer ones do not open by themselves."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Hard constraints.

    Attributes
    ----------
    letters : str
        Of the domains that are not complements. Three letters, as in signal strands of A, C and T, leave them without structure.
    clamp_5, clamp_3 : str
        What a long domain begins and ends with, in IUPAC letters, so that helices do not fray and all toeholds have the same
        neighbours.
    max_run : int
        Most equal nucleotides in a row, in nt.
    max_weak_run : int
        Most A and T in a row, in nt.
    forbidden : tuple of str
        Words that may not occur in any strand or its complement.
    gc_low, gc_high : float
        Least and most share of G and C in a long domain.
    toehold_target : float or None
        Energy of the toeholds in kcal/mol; None for the one that most toeholds have.
    toehold_spread : float
        Most difference between two toeholds of one length, in kcal/mol.
    context_spread : float
        Most difference between two toeholds of one length with the clamps of long domains hanging over on both sides, in kcal/mol.
    toehold_gap : float
        Least difference between a toehold on its own complement and on that of another, or on another, in kcal/mol.
    mixed_gap : float
        The same for a toehold and a long domain, or three neighbours in a strand, measured from the energy of the toehold.
    long_gap : float
        The same for two long domains, measured from the weaker one.
    max_repeat : int or None
        Longest word that may occur twice, or together with its complement, in nt; None for the least that the circuit allows.
    flank : int or None
        Two neighbours of a domain on the same side differ within so many nt; None for the least that leaves a choice.
    rivals : int
        Most that two domains may have in common which are after the same place, one bound where the other goes on, in nt.
    max_stem : int
        Longest word that a strand may hold together with its complement, in nt: what a hairpin is made of.
    """

    letters: str = "ACT"
    clamp_5: str = "C"
    clamp_3: str = "C"
    max_run: int = 3
    max_weak_run: int = 5
    forbidden: tuple[str, ...] = ()
    gc_low: float = 0.3
    gc_high: float = 0.6
    toehold_target: float | None = None
    toehold_spread: float = 0.5
    context_spread: float = 1.0
    toehold_gap: float = 2.5
    mixed_gap: float = 1.5
    long_gap: float = 9.0
    max_repeat: int | None = None
    flank: int | None = None
    rivals: int = 1
    max_stem: int = 4

    def __post_init__(self) -> None:
        faults = [
            (
                len(set(self.letters)) < 2 or set(self.letters) - set("ACGT"),
                "letters are at least two of A, C, G and T",
            ),
            (set(self.clamp_5 + self.clamp_3) - set(IUPAC), f"clamps are of the letters {''.join(IUPAC)}"),
            (any(not w or set(w) - set("ACGT") for w in self.forbidden), "forbidden words are of A, C, G and T"),
            (not 0 <= self.gc_low <= self.gc_high <= 1, "0 <= gc_low <= gc_high <= 1"),
            (
                min(self.max_run, self.max_weak_run, self.flank or 1, self.max_stem) < 1,
                "runs, flank and stem are at least 1 nt",
            ),
            (min(self.toehold_spread, self.context_spread) <= 0, "toehold_spread and context_spread are positive"),
            (min(self.toehold_gap, self.mixed_gap, self.long_gap) < 0, "gaps are not negative"),
            (self.rivals < 0, "rivals is not negative"),
            (self.max_repeat is not None and self.max_repeat < 3, "max_repeat is at least 3 nt"),
        ]
        wrong = [message for fault, message in faults if fault]
        if wrong:
            raise ValueError("; ".join(wrong))

    @property
    def beside_toeholds(self) -> tuple[str, str]:
        """What stands before and after a toehold between two long domains: the ends of their clamps, where those are fixed."""
        before, after = (c if c in "ACGT" else "" for c in (self.clamp_3[-1:], self.clamp_5[:1]))
        return before, after

    def gap(self, one_nt: int, other_nt: int) -> float:
        """Return the least gap of two domains of given lengths, in kcal/mol."""
        short = (one_nt <= LONGEST_TOEHOLD) + (other_nt <= LONGEST_TOEHOLD)
        return (self.long_gap, self.mixed_gap, self.toehold_gap)[short]

    def refuses(self, text: str) -> str:
        """Return the rule that a stretch of a strand breaks by what it reads, or nothing."""
        if any(c * (self.max_run + 1) in text for c in "ACGT"):
            return "max_run"
        weak = "".join("w" if c in "AT" else " " for c in text)
        if "w" * (self.max_weak_run + 1) in weak:
            return "max_weak_run"
        return "forbidden" if any(w in text or reverse_complement(w) in text for w in self.forbidden) else ""

    def refuses_domain(self, text: str) -> str:
        """Return the rule that a domain breaks on its own, or nothing."""
        if set(text) - set(self.letters):
            return "letters"
        if len(text) > LONGEST_TOEHOLD:
            if not (fits(text, self.clamp_5) and fits(text[::-1], self.clamp_3[::-1])):
                return "clamp"
            if not self.gc_low <= gc_share(text) <= self.gc_high:
                return "gc"
        return self.refuses(text)


@dataclass(frozen=True, slots=True)
class Job:
    """What a design is made by.

    Attributes
    ----------
    rules : Rules
    conditions : Conditions
    seed : int
    restarts : int
        Independent searches, of which the best is kept.
    improvements : int
        Attempts of each to replace the worst domain.
    """

    rules: Rules = Rules()
    conditions: Conditions = Conditions()
    seed: int = 0
    restarts: int = 2
    improvements: int = 300


def fits(text: str, pattern: str) -> bool:
    """Whether a text begins with what IUPAC letters stand for."""
    return len(text) >= len(pattern) and all(c in IUPAC[p] for c, p in zip(text, pattern, strict=False))


def gc_share(text: str) -> float:
    """Return the share of G and C."""
    return (text.count("G") + text.count("C")) / len(text)


def rules_of(words: tuple[str, ...], rules: Rules = Rules()) -> Rules:
    """Read ``toehold_gap=2`` and the like; several forbidden words are separated by commas.

    Raises
    ------
    CircuitError
        If there is no such rule, or the value is not one.
    """
    known = {f.name: f for f in dataclasses.fields(Rules)}
    values: dict[str, object] = {}
    for word in words:
        name, _, value = (part.strip() for part in word.partition("="))
        name = name.replace("-", "_")
        if name not in known:
            raise CircuitError(
                Diagnostic(f"there is no rule {name!r}", advice=nearest(name, known) or ", ".join(known))
            )
        try:
            values[name] = _value(known[name].type, value)
        except ValueError:
            raise CircuitError(f"--rule {word}: {value!r} is not a value of {name}") from None
    try:
        return dataclasses.replace(rules, **values)  # type: ignore[arg-type]  # read by the type of the field
    except ValueError as error:
        raise CircuitError(f"--rule: {error}") from None


def _value(kind: object, text: str) -> object:
    described = str(kind)
    if "None" in described and text in ("auto", "none"):
        return None
    if described.startswith("tuple"):
        return tuple(w.strip().upper() for w in text.split(",") if w.strip())
    if described.startswith("int"):
        return int(text)
    if described.startswith("float"):
        number = float(text)
        if not math.isfinite(number):
            raise ValueError(text)
        return number
    if not text:
        raise ValueError(text)
    return text.upper()

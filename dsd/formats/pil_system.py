"""What a `.pil` file says, as values: complexes, concentrations, macrostates, reactions.

A value holds together by itself: names are unique, and reactions are between complexes that are listed.
Reading and writing are done in `dsd.formats.pil_reader` and `dsd.formats.pil`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Final

from crn.diagnostics import Span
from dsd.complexes import Complex
from dsd.steps import KINDS

CONDENSED: Final = "condensed"
"""The kind of a reaction between macrostates."""
REACTION_KINDS: Final = (CONDENSED, *KINDS)
"""What may stand before the rate of a reaction: the condensed ones, and every elementary step."""


@dataclass(frozen=True, slots=True)
class PilReaction:
    """A reaction of a file.

    Attributes
    ----------
    reactants, products : tuple of Complex
        As listed, with repetitions; a macrostate is given by its representative.
    k : float
        Positive and finite, in M^(1-order) / s.
    span : Span or None
        Its place in the file; not part of the comparison.
    kind : str
        One of `REACTION_KINDS`.
    """

    reactants: tuple[Complex, ...]
    products: tuple[Complex, ...]
    k: float
    span: Span | None = field(default=None, compare=False)
    kind: str = CONDENSED

    def __post_init__(self) -> None:
        if self.kind not in REACTION_KINDS:
            raise ValueError(f"no kind of reaction: {self.kind}")
        if not (math.isfinite(self.k) and self.k > 0) or not self.reactants or not self.products:
            raise ValueError(f"not a reaction with a rate: {self.k}")


@dataclass(frozen=True, slots=True)
class PilMacrostate:
    """Complexes of a file that count as one species.

    Attributes
    ----------
    name : str
    complexes : tuple of Complex
        The members, as listed.
    """

    name: str
    complexes: tuple[Complex, ...]

    def __post_init__(self) -> None:
        if not self.complexes or len(set(self.complexes)) < len(self.complexes):
            raise ValueError("a macrostate has members, and each once")

    @property
    def representative(self) -> Complex:
        """The member that stands for all: the one of the same name if there is one, else the first."""
        return next((c for c in self.complexes if c.name == self.name), self.complexes[0])


@dataclass(frozen=True)
class PilSystem:
    """What a `.pil` file says.

    Attributes
    ----------
    complexes : tuple of Complex
        With unique names, in the order of the file.
    initial : tuple of (str, float)
        Concentrations in M by name of the complex, as far as the file gives them.
    reactions : tuple of PilReaction
        The condensed ones.
    constant : tuple of str
        Complexes whose concentration is held fixed.
    macrostates : tuple of PilMacrostate
    detailed : tuple of PilReaction
        The elementary steps; kept apart since they say the same as the condensed reactions, in other words.
    sequences : tuple of (str, str)
        Nucleotides by domain, 5' to 3', as far as the file gives them.
    """

    complexes: tuple[Complex, ...]
    initial: tuple[tuple[str, float], ...] = ()
    reactions: tuple[PilReaction, ...] = ()
    constant: tuple[str, ...] = ()
    macrostates: tuple[PilMacrostate, ...] = ()
    detailed: tuple[PilReaction, ...] = ()
    sequences: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        names, given = {c.name for c in self.complexes}, [n for n, _ in self.initial]
        if len(names) < len(self.complexes) or len(set(self.complexes)) < len(self.complexes) or "" in names:
            raise ValueError("complexes and their names are unique")
        if len(set(given)) < len(given) or not names.issuperset(given) or not set(given).issuperset(self.constant):
            raise ValueError("concentrations are given once, to complexes that are listed")
        if not all(math.isfinite(c) and c >= 0 for _, c in self.initial):
            raise ValueError("concentrations are finite and not negative")
        known = set(self.complexes)
        if not all(known.issuperset(r.reactants + r.products) for r in self.reactions + self.detailed):
            raise ValueError("a reaction of a complex that is not listed")
        if not all(known.issuperset(m.complexes) for m in self.macrostates):
            raise ValueError("a macrostate of a complex that is not listed")
        if any(r.kind != CONDENSED for r in self.reactions) or any(r.kind == CONDENSED for r in self.detailed):
            raise ValueError("condensed reactions and elementary steps are kept apart")

    @cached_property
    def concentrations(self) -> Mapping[str, float]:
        """The concentrations in M by name; complexes to which the file gives none are left out."""
        return MappingProxyType(dict(self.initial))

    @property
    def present(self) -> tuple[Complex, ...]:
        """The complexes that are there at the start: all but those whose concentration is given as zero."""
        return tuple(c for c in self.complexes if self.concentrations.get(c.name, 1.0) > 0)

"""What a circuit is between two passes of its compilation, and what a pass is.

A state is valid before and after every pass; it is a value, and a pass is one function from state to state with options. Which
passes there are is said in `compiler.lowering`, for what rewrites the network, and in `compiler.passes`.
"""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from compiler.pipeline_text import write_options
from compiler.roles import Order
from compiler.scaling import Scale
from crn.network import CRN, Bag, Species
from crn.rewrite import Rewritten
from dsd.assembly import Drawn
from dsd.crosstalk import CrossTalk
from dsd.enumeration import DEFAULT_OPTIONS, EnumerationOptions
from dsd.schemes import Gate, Signal
from dsd.system import DsdSystem


@dataclass(frozen=True)
class State:
    """A circuit on its way from reactions to DNA.

    Attributes
    ----------
    formal : CRN
        What the user wrote.
    lowered : CRN
        What is built.
    meaning : tuple of (Species, Bag)
        What the species that a rewrite introduced stand for.
    peaks : tuple of (Species, float)
        Largest amount of each species at the start or added at once, in formal units.
    notes : tuple of str
        Approximations and remarks.
    orders : tuple of (str, Order)
        For every reaction its reactants in the order in which they bind.
    pairs : tuple of (str, str)
        Reactions that are each other's reverse and share a gate.
    catalysts : tuple of Species
        Those that all gates give back as one and the same strand.
    scale, gates, buffers, signals, drawn, system, options, cross_talk
        Filled in by the passes.
    """

    formal: CRN
    lowered: CRN
    meaning: tuple[tuple[Species, Bag], ...] = ()
    peaks: tuple[tuple[Species, float], ...] = ()
    notes: tuple[str, ...] = ()
    orders: tuple[tuple[str, Order], ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()
    catalysts: tuple[Species, ...] = ()
    scale: Scale | None = None
    signals: tuple[tuple[Species, Signal], ...] = ()
    gates: tuple[Gate, ...] = ()
    buffers: tuple[Gate, ...] = ()
    drawn: tuple[Drawn, ...] = ()
    system: DsdSystem | None = None
    options: EnumerationOptions = DEFAULT_OPTIONS
    cross_talk: CrossTalk | None = None

    def rewritten(self, name: str, made: Rewritten) -> State:
        """Return the state after a rewrite of the network by the pass of the given name, with what it costs."""
        before, after, more = len(self.lowered.reactions), len(made.crn.reactions), len(made.meaning)
        cost = (f"{name}: {before} reactions become {after}, with {more} more species",) if more else ()
        return dataclasses.replace(
            self, lowered=made.crn, meaning=self.meaning + made.meaning, notes=self.notes + made.notes + cost
        )

    def noted(self, *notes: str) -> State:
        """Return the state with further remarks."""
        return dataclasses.replace(self, notes=self.notes + notes)


@dataclass(frozen=True)
class Pass(ABC):
    """One step of the compilation; its fields are its options."""

    name: ClassVar[str]

    @abstractmethod
    def apply(self, state: State) -> State:
        """Return the state after this step."""

    def __str__(self) -> str:
        return self.name + write_options(self)

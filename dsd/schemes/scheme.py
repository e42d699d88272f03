"""What a translation scheme is: a way to draw, for one formal reaction, the complexes that carry it out.

A scheme writes complexes, roles and the interpretation, and never reactions: those are derived from the complexes by
`dsd.enumeration`, so that a wrongly drawn gate shows. Each scheme has a file of its own beside this one; `dsd.schemes` lists them.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import ClassVar

from crn.network import Bag, Reaction, Species
from dsd.complexes import Complex
from dsd.domains import Domain


class Role(Enum):
    """What a complex is there for."""

    SIGNAL = "signal"
    """A free strand that stands for one molecule of a formal species."""
    FUEL = "fuel"
    """Present in excess from the start; stands for nothing."""
    BUFFER = "buffer"
    """A fuel that only evens out how much of a species is bound."""
    INTERMEDIATE = "intermediate"
    """Formed on the way; stands for the formal species it will give back or release."""
    WASTE = "waste"
    """Formed at the end; stands for nothing and does nothing any more."""


@dataclass(frozen=True, slots=True)
class Lengths:
    """Assumed domain lengths in nt, for as long as there are no sequences."""

    toehold: int = 5
    long: int = 15

    def __str__(self) -> str:
        return f"toehold={self.toehold},long={self.long}"


@dataclass(slots=True)
class Fresh:
    """Hands out domain names, no two alike, within one compilation."""

    lengths: Lengths = Lengths()
    _used: Counter[str] = field(default_factory=Counter)

    def toehold(self, hint: str) -> Domain:
        """Return a new short domain."""
        return Domain(self._name(hint), self.lengths.toehold)

    def long(self, hint: str) -> Domain:
        """Return a new long domain."""
        return Domain(self._name(hint), self.lengths.long)

    def _name(self, hint: str) -> str:
        name = re.sub(r"[^A-Za-z0-9_]", "_", hint)
        self._used[name] += 1
        return name if self._used[name] == 1 else self._name(f"{name}_{self._used[name]}")


@dataclass(frozen=True, slots=True)
class Signal:
    """The strand format of one formal species.

    Attributes
    ----------
    species : Species
    recognition : tuple of Domain
        The domains that every signal strand of this species carries, 5' to 3'.
    histories : tuple of Domain
        Wildcards: stand-ins for the history domain of a strand whose producer is not known, one for each molecule of this
        species that a single gate may hold at a time.
    """

    species: Species
    recognition: tuple[Domain, ...]
    histories: tuple[Domain, ...]

    def strand(self, history: Domain) -> Complex:
        """Return the signal strand with the given history."""
        return Complex.single((history, *self.recognition), f"{self.species}_{history.name}")


@dataclass(frozen=True, slots=True)
class Member:
    """A complex of a gate, and what it is.

    Attributes
    ----------
    complex : Complex
    role : Role
    part : str
        Its place in the gate in the words of the scheme, for example ``join`` or ``helper``.
    meaning : Bag
        The formal species it stands for: its row of the interpretation.
    """

    complex: Complex
    role: Role
    part: str
    meaning: Bag = Bag()


@dataclass(frozen=True, slots=True)
class Gate:
    """Everything that a scheme writes down for one formal reaction.

    Attributes
    ----------
    reaction : Reaction
        The formal reaction.
    order : tuple of Species
        Its reactants in the order in which they bind.
    members : tuple of Member
        Fuels, the wildcard signals of the reactants, the signals it releases, and its intermediates. What the enumeration
        finds beyond these stands for nothing.
    join : Complex
        The fuel that takes the first reactant; a signal on it goes at the designed rate, every later step as fast as it can.
    """

    reaction: Reaction
    order: tuple[Species, ...]
    members: tuple[Member, ...]
    join: Complex

    @property
    def fuels(self) -> tuple[Member, ...]:
        """The members that are present from the start."""
        return tuple(m for m in self.members if m.role in (Role.FUEL, Role.BUFFER))

    @property
    def initial(self) -> tuple[Complex, ...]:
        """What the enumeration starts from: fuels and wildcard signals of the reactants."""
        return tuple(m.complex for m in self.members if m.role in (Role.FUEL, Role.BUFFER) or m.part == "reactant")

    @property
    def released(self) -> tuple[Member, ...]:
        """The signal strands that this gate sets free, each with its own history."""
        return tuple(m for m in self.members if m.part == "product")

    @property
    def interpretation(self) -> Mapping[Complex, Bag]:
        """What each complex named by the gate stands for."""
        return {m.complex: m.meaning for m in self.members}


class Scheme(ABC):
    """A translation scheme."""

    name: ClassVar[str]
    reference: ClassVar[str]
    """The paper, with its DOI where it has one."""
    summary: ClassVar[str]
    """One line: the architecture and when to use it."""
    arity: ClassVar[str]
    """What reactions it can carry, in words."""

    @abstractmethod
    def objection(self, order: Sequence[Species], products: Sequence[Species]) -> str | None:
        """Return why this scheme cannot carry the reaction with its reactants bound in this order, or None."""

    @abstractmethod
    def signal(self, species: Species, copies: int, fresh: Fresh) -> Signal:
        """Return the strand format of a species of which one gate may hold up to `copies` molecules."""

    @abstractmethod
    def gate(
        self, reaction: Reaction, order: Sequence[Species], signals: Mapping[Species, Signal], fresh: Fresh
    ) -> Gate:
        """Return the gate for a reaction whose reactants bind in the given order."""

    @abstractmethod
    def buffer(self, species: Species, signals: Mapping[Species, Signal], fresh: Fresh) -> Gate:
        """Return a gate that holds some of a species and gives it back, and does nothing else."""

"""A DNA strand displacement system: complexes with roles, reactions with rates, and the interpretation that they carry.

The interpretation maps every complex to the formal species it stands for; it is certificate, read-out and provenance in one, and
nothing may derive it from names. How a system is drawn is the business of the schemes, how it is put together that of
`dsd.assembly`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

from crn.network import CRN, Bag, Origin, Reaction, Species, Units
from dsd.complexes import Complex
from dsd.schemes.scheme import Role


@dataclass(frozen=True, slots=True)
class Entry:
    """A complex of a system.

    Attributes
    ----------
    complex : Complex
        Its name is unique in the system.
    role : Role
    part : str
        Its place in the gate, in the words of the scheme.
    gates : tuple of str
        Ids of the formal reactions whose gates it belongs to; gates may share a strand.
    meaning : Bag
        The formal species it stands for.
    concentration : float
        At the start, in M.
    """

    complex: Complex
    role: Role
    part: str
    gates: tuple[str, ...]
    meaning: Bag = Bag()
    concentration: float = 0.0


@dataclass(frozen=True, slots=True)
class DsdReaction:
    """A condensed reaction between complexes, with its designed rate constant in /s, /M/s."""

    reactants: tuple[Complex, ...]
    products: tuple[Complex, ...]
    k: float
    gate: str
    """Id of the formal reaction whose gate it belongs to."""
    place: str
    """``first`` for a signal on the join fuel, ``later`` for every other step."""


@dataclass(frozen=True)
class DsdSystem:
    """Complexes, reactions and interpretation.

    Attributes
    ----------
    entries : tuple of Entry
    reactions : tuple of DsdReaction
    carriers : tuple of (Species, tuple of Complex)
        For every formal species its signal strands; the first is the one that is ordered and added.
    """

    entries: tuple[Entry, ...]
    reactions: tuple[DsdReaction, ...]
    carriers: tuple[tuple[Species, tuple[Complex, ...]], ...] = field(default=())

    def __post_init__(self) -> None:
        names = Counter(e.complex.name for e in self.entries)
        clash = [n for n, count in names.items() if count > 1 or not n]
        if clash:
            raise ValueError(f"complex names are not unique: {clash}")
        known = set(self.by_complex)
        for reaction in self.reactions:
            if not known.issuperset(reaction.reactants + reaction.products):
                raise ValueError(f"a reaction of gate {reaction.gate} names a complex that the system does not list")

    def __reduce__(self) -> tuple[type[DsdSystem], tuple[object, ...]]:
        return DsdSystem, (self.entries, self.reactions, self.carriers)

    @cached_property
    def by_complex(self) -> Mapping[Complex, Entry]:
        """The entries by their complex."""
        return MappingProxyType({e.complex: e for e in self.entries})

    @property
    def interpretation(self) -> Mapping[Complex, Bag]:
        """What every complex stands for."""
        return MappingProxyType({e.complex: e.meaning for e in self.entries})

    def of_role(self, *roles: Role) -> tuple[Entry, ...]:
        """Return the entries with one of the given roles."""
        return tuple(e for e in self.entries if e.role in roles)

    def carrier(self, species: Species) -> Complex:
        """Return the strand that is added for a formal species."""
        return dict(self.carriers)[species][0]

    def as_crn(self, *, wastes: bool = True) -> CRN:
        """Return the DNA-level network in M and s; without the wastes that never react it is smaller and otherwise the same."""
        used = {c for r in self.reactions for c in r.reactants}
        dropped = set() if wastes else {e.complex for e in self.entries if e.role is Role.WASTE} - used
        name = {e.complex: e.complex.name for e in self.entries}
        reactions = [
            Reaction(
                f"{r.gate}.{i}",
                Bag.of(*(name[c] for c in r.reactants)),
                Bag.of(*(name[c] for c in r.products if c not in dropped)),
                r.k,
                Origin(r.gate),
            )
            for i, r in enumerate(self.reactions)
        ]
        initial = {name[e.complex]: e.concentration for e in self.entries if e.complex not in dropped}
        return CRN.build(reactions, initial, units=Units.MOLAR)

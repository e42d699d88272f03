"""The inventory: which strands a system needs, what each is for, and how many there are of every kind.

A strand is counted once however many complexes it is part of, because it is one sequence to order.
Prices are in `dsd.lab.cost`; amounts, plates and pipetting are not known here.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from dsd.complexes import Complex
from dsd.domains import Strand
from dsd.schemes.scheme import Role
from dsd.system import DsdSystem, Entry


class Group(Enum):
    """What a strand is ordered for; a strand that serves several ends belongs to the first group that fits."""

    SIGNAL = "signal"
    """A signal strand with a concrete history; most are bound in a gate as well."""
    GATE = "gate"
    """Part of a complex of several strands that a gate needs."""
    HELPER = "helper"
    """Needed by a gate, but only as a free strand: helpers and feeds."""
    BUFFER = "buffer"
    """Needed by nothing but buffers."""


@dataclass(frozen=True, slots=True)
class Oligo:
    """One strand to order.

    Attributes
    ----------
    name : str
        That of the free strand where the system has it as a complex of its own; otherwise that of the first complex it is
        part of, a dot, and its place in it.
    strand : Strand
    group : Group
    complexes : tuple of str
        The complexes to be prepared that contain it, in the order of the system; at least one.
    gates : tuple of str
        Ids of the formal reactions and names of the buffers that these complexes belong to.
    """

    name: str
    strand: Strand
    group: Group
    complexes: tuple[str, ...]
    gates: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.name or not self.complexes:
            raise ValueError(f"a strand without a name or a use: {self.strand}")

    @property
    def length(self) -> int:
        """Length in nt."""
        return self.strand.length

    @property
    def domains(self) -> str:
        """Its domains from 5' to 3'."""
        return str(self.strand)


@dataclass(frozen=True, slots=True)
class Counts:
    """How much there is of everything.

    Attributes
    ----------
    fuels : int
        Complexes that are present from the start.
    signals : int
        Signal strands with concrete histories.
    helpers : int
        Strands of `Group.HELPER`; they are among the fuels and among the strands too.
    strands : int
        Distinct sequences to order.
    nucleotides : int
        Sum of their lengths, in nt.
    longest_strand_nt : int
        Length of the longest in nt; 0 if there is none.
    """

    fuels: int
    signals: int
    helpers: int
    strands: int
    nucleotides: int
    longest_strand_nt: int


@dataclass(frozen=True, slots=True)
class Inventory:
    """The strands to order for a system.

    Attributes
    ----------
    oligos : tuple of Oligo
        Names and strands are unique; what gates need comes first, then what only buffers need.
    fuels : tuple of str
        Names of the fuel complexes.
    signals : tuple of str
        Names of the signal strands.
    buffers : tuple of str
        Names of the buffer complexes.
    """

    oligos: tuple[Oligo, ...]
    fuels: tuple[str, ...] = ()
    signals: tuple[str, ...] = ()
    buffers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len({o.name for o in self.oligos}) < len(self.oligos):
            raise ValueError("two strands have the same name")
        if len({o.strand for o in self.oligos}) < len(self.oligos):
            raise ValueError("a strand is listed twice")
        unknown = {c for o in self.oligos for c in o.complexes} - {*self.fuels, *self.signals, *self.buffers}
        if unknown:
            raise ValueError(f"strands for complexes that are not listed: {sorted(unknown)}")

    @classmethod
    def of(cls, system: DsdSystem) -> Inventory:
        """Return the inventory of a system."""
        gates = system.of_role(Role.SIGNAL, Role.FUEL)
        buffers = system.of_role(Role.BUFFER)
        uses: dict[Strand, list[Entry]] = {}
        for entry in (*gates, *buffers):
            for strand in dict.fromkeys(entry.complex.strands):
                uses.setdefault(strand, []).append(entry)
        free = {
            e.complex.strands[0]: e for e in system.entries if len(e.complex.strands) == 1 and e.role is not Role.WASTE
        }
        taken = {e.complex.name for e in system.entries}
        oligos = []
        for strand, entries in uses.items():
            first = entries[0].complex
            # What a free strand is called (a flux strand, a helper) says more than its place in a gate.
            name = free[strand].complex.name if strand in free else _fresh(first, strand, taken)
            group = _group(strand, entries)
            complexes = tuple(e.complex.name for e in entries)
            oligos.append(
                Oligo(name, strand, group, complexes, tuple(dict.fromkeys(g for e in entries for g in e.gates)))
            )
        fuels, signals = system.of_role(Role.FUEL), system.of_role(Role.SIGNAL)
        return cls(tuple(oligos), _names(fuels), _names(signals), _names(buffers))

    def domains(self, length_nt: int) -> tuple[str, ...]:
        """Return the names of the domains of a length, complements not counted apart, in the order of the strands."""
        return tuple(dict.fromkeys(d.name for o in self.oligos for d in o.strand if d.length == length_nt))

    def of_group(self, *groups: Group) -> tuple[Oligo, ...]:
        """Return the strands of the given groups."""
        return tuple(o for o in self.oligos if o.group in groups)

    @property
    def for_gates(self) -> Counts:
        """The counts without what only buffers need: fuels and signals, as other compilers count them."""
        strands = [o for o in self.oligos if o.group is not Group.BUFFER]
        return _counts(strands, len(self.fuels), len(self.signals))

    @property
    def for_buffers(self) -> Counts:
        """The counts of what only buffers need; their complexes are the fuels here."""
        return _counts(self.of_group(Group.BUFFER), len(self.buffers), 0)

    @property
    def total(self) -> Counts:
        """The counts of everything; the complexes of the buffers are fuels too."""
        return _counts(self.oligos, len(self.fuels) + len(self.buffers), len(self.signals))


def strands_csv(inventory: Inventory) -> str:
    """Return the strands as a comma-separated table; several complexes in one cell are separated by blanks."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(("name", "group", "length_nt", "domains", "complexes"))
    for oligo in inventory.oligos:
        table.writerow((oligo.name, oligo.group.value, oligo.length, oligo.domains, " ".join(oligo.complexes)))
    return text.getvalue()


def _counts(oligos: Iterable[Oligo], fuels: int, signals: int) -> Counts:
    lengths = [(o.length, o.group) for o in oligos]
    return Counts(
        fuels,
        signals,
        sum(group is Group.HELPER for _, group in lengths),
        len(lengths),
        sum(length for length, _ in lengths),
        max((length for length, _ in lengths), default=0),
    )


def _names(entries: Iterable[Entry]) -> tuple[str, ...]:
    return tuple(e.complex.name for e in entries)


def _group(strand: Strand, entries: Iterable[Entry]) -> Group:
    """Return what a strand is for, given the complexes to be prepared that contain it."""
    listed = list(entries)
    if any(e.role is Role.SIGNAL for e in listed):
        return Group.SIGNAL
    fuels = [e for e in listed if e.role is Role.FUEL]
    if not fuels:
        return Group.BUFFER
    return Group.HELPER if all(e.complex.strands == (strand,) for e in fuels) else Group.GATE


def _fresh(complex_: Complex, strand: Strand, taken: set[str]) -> str:
    """Return the name of a strand that has none of its own."""
    name = f"{complex_.name}.{complex_.strands.index(strand) + 1}"
    while name in taken:
        name += "_"
    taken.add(name)
    return name

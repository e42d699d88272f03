"""What a user wants of the sequences: domains and strands that are fixed, left out of orders, or modified, and words to be avoided.

A file of wishes is a table with the header ``kind,name,action,value``::

    domain,f_A,fix,CTACTTC           this domain reads this; with * after its name, its complement does
    strand,r1_join.1,fix,CTAC TTC    so do its domains; blanks do not matter
    strand,A_h_r1_1,exclude,         at hand already: designed, but not ordered
    word,,exclude,GAATTC             in no strand, nor in a complement
    strand,A_h_r1_1,five_prime,/56-FAM/
    strand,r9_top,three_prime,/3IABkFQ/

Every fault of a file is told with its place; what follows from the wishes is the business of `dsd.sequences.design`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from crn.diagnostics import CircuitError, Diagnostic, Span
from crn.quantities import Faults, Row, nearest, read_rows
from dsd.domains import Domain, Strand
from dsd.lab.inventory import Inventory
from dsd.sequences.assignment import reverse_complement

HEADER: Final = ("kind", "name", "action", "value")

_CODE: Final = re.compile(r"/[^\s/,]+/")
_ACTIONS: Final = {
    "domain": ("fix",),
    "strand": ("fix", "exclude", "five_prime", "three_prime"),
    "word": ("exclude",),
}


@dataclass(frozen=True)
class Wishes:
    """What is given.

    Attributes
    ----------
    fixed : tuple of (Domain, str)
        Unstarred domains with what they read.
    excluded : tuple of str
        Words that may not occur.
    at_hand : frozenset of str
        Names of strands that are not to be ordered.
    five_prime, three_prime : tuple of (str, str)
        Names of strands with the codes of what is attached.
    """

    fixed: tuple[tuple[Domain, str], ...] = ()
    excluded: tuple[str, ...] = ()
    at_hand: frozenset[str] = frozenset()
    five_prime: tuple[tuple[str, str], ...] = ()
    three_prime: tuple[tuple[str, str], ...] = ()

    def codes(self, strand: str) -> tuple[str, str]:
        """Return what is attached at the 5' and the 3' end of a strand."""
        return dict(self.five_prime).get(strand, ""), dict(self.three_prime).get(strand, "")


NO_WISHES: Final = Wishes()


def read_wishes(text: str, source: str, inventory: Inventory) -> Wishes:
    """Read a file of wishes for the strands of a circuit.

    Raises
    ------
    CircuitError
        With all faults of the file.
    """
    reader = _Reader(inventory)
    rows = list(read_rows(text, source))
    if not rows or rows[0].cells != HEADER:
        span = rows[0].span(0) if rows else Span(source, 1, 1)
        raise CircuitError(Diagnostic(f"{source}: the header of a file of wishes is {','.join(HEADER)}", span))
    for row in rows[1:]:
        reader.read(row)
    reader.faults.raise_if_any()
    return Wishes(
        tuple((d, t) for d, (t, _) in reader.fixed.items()),
        tuple(dict.fromkeys(reader.excluded)),
        frozenset(reader.at_hand),
        tuple(reader.five_prime.items()),
        tuple(reader.three_prime.items()),
    )


class _Reader:
    """Gathers wishes row by row."""

    def __init__(self, inventory: Inventory) -> None:
        self.strands: dict[str, Strand] = {o.name: o.strand for o in inventory.oligos}
        self.domains = {d.name: (~d if d.star else d) for o in inventory.oligos for d in o.strand}
        self.faults = Faults()
        self.fixed: dict[Domain, tuple[str, Row]] = {}
        self.excluded: list[str] = []
        self.at_hand: set[str] = set()
        self.five_prime: dict[str, str] = {}
        self.three_prime: dict[str, str] = {}

    def read(self, row: Row) -> None:
        """Read a row."""
        if len(row.cells) != len(HEADER):
            return self.faults.add(f"expected {len(HEADER)} cells, found {len(row.cells)}", row.span(len(HEADER)))
        kind, name, action, value = row.cells
        if kind not in _ACTIONS:
            return self.faults.add(f"a wish is about a {', a '.join(_ACTIONS)}, not {kind!r}", row.span(0))
        if action not in _ACTIONS[kind]:
            return self.faults.add(f"a {kind} can be given {', '.join(_ACTIONS[kind])}, not {action!r}", row.span(2))
        known = {"strand": set(self.strands), "domain": set(self.domains), "word": {""}}[kind]
        bare = name.removesuffix("*") if kind == "domain" else name
        if bare not in known:
            advice = nearest(bare, sorted(known)) if kind != "word" else "a word has no name: leave the cell empty"
            return self.faults.add(f"there is no {kind} {name!r} in this circuit", row.span(1), advice)
        if action in ("five_prime", "three_prime"):
            return self._attach(row, name, action, value)
        if kind == "strand" and action == "exclude":
            if value:
                return self.faults.add("a strand that is not ordered has no value", row.span(3))
            self.at_hand.add(name)
            return None
        letters = "".join(value.split()).upper()
        if not letters or set(letters) - set("ACGT"):
            return self.faults.add(f"not a DNA sequence: {value!r}" if value else "a sequence is missing", row.span(3))
        if kind == "word":
            self.excluded.append(letters)
            return None
        domain = self.domains[bare] if kind == "domain" else None
        strand = self.strands[name] if domain is None else Strand((~domain if name.endswith("*") else domain,))
        return self._fix(row, strand, letters)

    def _attach(self, row: Row, name: str, action: str, value: str) -> None:
        codes = self.five_prime if action == "five_prime" else self.three_prime
        if not _CODE.fullmatch(value):
            self.faults.add(f"a modification is a vendor's code such as /56-FAM/, not {value!r}", row.span(3))
        elif name in codes:
            self.faults.add(f"{name} has a modification there already", row.span(3))
        else:
            codes[name] = value

    def _fix(self, row: Row, strand: Strand, letters: str) -> None:
        """Let the domains of a strand read what is given."""
        if len(letters) != strand.length:
            return self.faults.add(f"{len(letters)} nt for {strand} of {strand.length} nt", row.span(3))
        at = 0
        for domain in strand:
            piece = letters[at : at + domain.length]
            at += domain.length
            plain, text = (~domain, reverse_complement(piece)) if domain.star else (domain, piece)
            before = self.fixed.get(plain)
            if before is not None and before[0] != text:
                self.faults.add(f"{plain} reads {before[0]} in line {before[1].line} and {text} here", row.span(3))
                return None
            if text == reverse_complement(text):
                self.faults.add(f"{plain} would be its own complement", row.span(3))
                return None
            for other, (taken, _) in self.fixed.items():
                if other != plain and taken in (text, reverse_complement(text)):
                    self.faults.add(f"{plain} would read what {other} does, or its complement", row.span(3))
                    return None
            self.fixed[plain] = (text, row)
        return None

"""Domains and strands: the alphabet of strand displacement.

A domain is a named stretch of nucleotides of a given length, or its complement; a strand is a row of domains from 5' to 3'.
Complexes of several strands live in `dsd.complexes`; nucleotide sequences are not chosen here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Domain:
    """A stretch of DNA that binds as a unit; complements sort last, so that gates print with their top strands first.

    Attributes
    ----------
    name : str
        Shared by a domain and its complement.
    length : int
        In nt.
    star : bool
        Whether this is the complement, written ``name*``.
    """

    name: str
    length: int
    star: bool = False

    def __post_init__(self) -> None:
        if not self.name or self.length < 1:
            raise ValueError(f"domain {self.name!r} of {self.length} nt")

    @cached_property
    def _complement(self) -> Domain:
        return Domain(self.name, self.length, not self.star)

    def __invert__(self) -> Domain:
        """Return the complement."""
        return self._complement

    @cached_property
    def _hash(self) -> int:
        return hash((self.name, self.length, self.star))

    def __hash__(self) -> int:
        return self._hash

    def __reduce__(self) -> tuple[type[Domain], tuple[object, ...]]:
        # Without what is cached: hashes of text differ from process to process.
        return Domain, (self.name, self.length, self.star)

    def __lt__(self, other: Domain) -> bool:
        return (self.star, self.name, self.length) < (other.star, other.name, other.length)

    def __str__(self) -> str:
        return self.name + "*" * self.star


@dataclass(frozen=True, slots=True)
class Strand:
    """A single molecule of DNA: its domains from 5' to 3'."""

    domains: tuple[Domain, ...]

    def __post_init__(self) -> None:
        if not self.domains:
            raise ValueError("a strand has at least one domain")

    @property
    def length(self) -> int:
        """Length in nt."""
        return sum(d.length for d in self.domains)

    def __iter__(self) -> Iterator[Domain]:
        return iter(self.domains)

    def __len__(self) -> int:
        return len(self.domains)

    def __lt__(self, other: Strand) -> bool:
        return self.domains < other.domains

    def __str__(self) -> str:
        return " ".join(map(str, self.domains))

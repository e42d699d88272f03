"""Nucleotides for a circuit: what every domain reads, and the strands that follow from it.

`Sequences` is what sequence design returns and what orders, mixing sheets and reporters start from. It checks that it is
consistent, not that it is good: that is measured in `dsd.sequences.quality`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType

from dsd.domains import Domain, Strand

_COMPLEMENT = str.maketrans("ACGT", "TGCA")


def reverse_complement(nucleotides: str) -> str:
    """Return what pairs with a sequence, 5' to 3'."""
    return nucleotides.translate(_COMPLEMENT)[::-1]


@dataclass(frozen=True, slots=True)
class NamedStrand:
    """A strand of a circuit under the name it is ordered by.

    Attributes
    ----------
    name : str
    strand : Strand
    five_prime, three_prime : str
        Codes of what the vendor attaches, such as ``/56-FAM/``; empty for nothing.
    ordered : bool
        False for a strand that is at hand already and is left out of orders.
    """

    name: str
    strand: Strand
    five_prime: str = ""
    three_prime: str = ""
    ordered: bool = True

    def __post_init__(self) -> None:
        if not self.name:
            raise ValueError(f"a strand without a name: {self.strand}")


@dataclass(frozen=True)
class Sequences:
    """Nucleotides for every domain of a circuit.

    Attributes
    ----------
    domains : tuple of (Domain, str)
        Unstarred domains with their nucleotides, 5' to 3', of the letters A, C, G, T. Names are unique, lengths agree, and no two
        domains read the same, or one the complement of another.
    strands : tuple of NamedStrand
        Names are unique, and all domains are listed.
    """

    domains: tuple[tuple[Domain, str], ...]
    strands: tuple[NamedStrand, ...] = ()

    def __post_init__(self) -> None:
        for domain, text in self.domains:
            if domain.star:
                raise ValueError(f"{domain} is a complement; the domain itself is listed")
            if len(text) != domain.length or set(text) - set("ACGT"):
                raise ValueError(f"{domain} of {domain.length} nt cannot read {text!r}")
        for what, names in (
            ("domains", (d.name for d, _ in self.domains)),
            ("strands", (s.name for s in self.strands)),
            # A domain that is its own complement is as bad as two that are each other's.
            ("readings", (x for _, text in self.domains for x in (text, reverse_complement(text)))),
        ):
            twice = [n for n, count in Counter(names).items() if count > 1]
            if twice:
                raise ValueError(f"{what} are not unique: {', '.join(twice)}")
        missing = {d for s in self.strands for d in s.strand} - set(self._reading)
        if missing:
            raise ValueError(f"domains without nucleotides: {', '.join(sorted(map(str, missing)))}")

    def __reduce__(self) -> tuple[type[Sequences], tuple[object, ...]]:
        return Sequences, (self.domains, self.strands)

    @cached_property
    def _reading(self) -> Mapping[Domain, str]:
        both = dict(self.domains)
        return {**both, **{~d: reverse_complement(text) for d, text in both.items()}}

    @cached_property
    def by_name(self) -> Mapping[str, NamedStrand]:
        """The strands by their names."""
        return MappingProxyType({s.name: s for s in self.strands})

    @cached_property
    def by_strand(self) -> Mapping[Strand, NamedStrand]:
        """The strands by their domains; of two that differ in a modification only, the first."""
        return MappingProxyType({s.strand: s for s in reversed(self.strands)})

    def of(self, domain: Domain) -> str:
        """Return what a domain reads, starred or not."""
        return self._reading[domain]

    def pieces(self, strand: Strand) -> tuple[str, ...]:
        """Return what a strand reads, domain after domain, 5' to 3'."""
        return tuple(self._reading[d] for d in strand)

    def read(self, strand: Strand) -> str:
        """Return what a strand reads, 5' to 3'; it need not be one of those listed, but its domains have to be."""
        return "".join(self.pieces(strand))

    def sequence(self, name: str) -> str:
        """Return what the strand of a name reads, without modifications."""
        return self.read(self.by_name[name].strand)

    def adding(self, strands: Iterable[NamedStrand]) -> Sequences:
        """Return these sequences with more strands of the same domains, such as those of reporters."""
        return replace(self, strands=(*self.strands, *strands))

"""Where the domains of a circuit meet: every stretch of nucleotides that its strands hold, each told apart from all others.

A stretch is the same in two strands if it comes from the same places of the same domains, and a strand and its complement are read
as one. Which letters stand there is not known here; `dsd.sequences.search` fills them in.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from dsd.complexes import UNPAIRED, Complex
from dsd.domains import Domain, Strand

Place = tuple[int, int, bool]
"""A nucleotide: number of its domain, position in that from the 5' end, and whether its complement is meant."""

Stretch = tuple[Place, ...]

Triple = tuple[Domain | None, Domain, Domain | None]
"""A domain between its neighbours; None stands beyond the end of a strand."""


class Rivals(NamedTuple):
    """Two domains that both follow a third, or both precede it."""

    middle: Domain
    after: bool
    one: Domain
    other: Domain


@dataclass(frozen=True)
class Layout:
    """The domains and strands of a circuit.

    Attributes
    ----------
    strands : tuple of Strand
    complexes : tuple of Complex
        In which neighbours may be after the same place; see `rivals`.
    domains : tuple of Domain
        Unstarred, in the order in which the strands name them.
    """

    strands: tuple[Strand, ...]
    complexes: tuple[Complex, ...] = ()
    domains: tuple[Domain, ...] = field(init=False)

    def __post_init__(self) -> None:
        found = dict.fromkeys(~d if d.star else d for s in self.strands for d in s)
        object.__setattr__(self, "domains", tuple(found))

    def __reduce__(self) -> tuple[type[Layout], tuple[object, ...]]:
        return Layout, (self.strands, self.complexes)

    @cached_property
    def number(self) -> Mapping[Domain, int]:
        """The numbers of the domains."""
        return {d: i for i, d in enumerate(self.domains)}

    def stretches(self, width: int) -> tuple[Stretch, ...]:
        """Return all different stretches of a width, in nt."""
        found: dict[Stretch, None] = {}
        for strand in self.strands:
            places = [p for d in strand for p in self._places(d)]
            for k in range(len(places) - width + 1):
                found[canonical(tuple(places[k : k + width]))] = None
        return tuple(found)

    @cached_property
    def triples(self) -> tuple[Triple, ...]:
        """All different runs of three domains."""
        found: dict[Triple, None] = {}
        for strand in self.strands:
            padded = (None, *strand, None)
            for left, middle, right in zip(padded, padded[1:], padded[2:], strict=False):
                assert middle is not None, "only the ends are padded"
                if middle.star:
                    left, middle, right = right and ~right, ~middle, left and ~left
                found[left, middle, right] = None
        return tuple(found)

    @cached_property
    def rivals(self) -> tuple[Rivals, ...]:
        """All pairs of domains that want the same place beside a third: one goes on where another strand is bound."""
        found: dict[Rivals, None] = {}
        known = set(self.domains)
        for item in self.complexes:
            ends = set(itertools.accumulate(len(s) for s in item.strands))
            for here, there in enumerate(item.pairs):
                # Along the strand of `here`, and along the other one the opposite way.
                if there == UNPAIRED or here + 1 in ends or there in (0, *ends):
                    continue
                one, other = item.domains[here + 1], ~item.domains[there - 1]
                pair = sorted((one, other))
                if one != other and {~d if d.star else d for d in (*pair, item.domains[here])} <= known:
                    middle = item.domains[here]
                    found[Rivals(middle, True, pair[0], pair[1])] = None
        return tuple(found)

    def neighbours(self) -> dict[tuple[Domain, bool], tuple[Domain, ...]]:
        """Return what stands next to every domain, after its 3' end (True) and before its 5' end (False)."""
        found: dict[tuple[Domain, bool], dict[Domain, None]] = {}
        for left, middle, right in self.triples:
            for after, other in ((False, left), (True, right)):
                if other is not None:
                    found.setdefault((middle, after), {})[other] = None
        return {key: tuple(others) for key, others in found.items()}

    def _places(self, domain: Domain) -> Iterable[Place]:
        if domain.star:
            number = self.number[~domain]
            return ((number, k, True) for k in reversed(range(domain.length)))
        number = self.number[domain]
        return ((number, k, False) for k in range(domain.length))


def opposite(stretch: Stretch) -> Stretch:
    """Return the complement of a stretch."""
    return tuple((d, k, not star) for d, k, star in reversed(stretch))


def canonical(stretch: Stretch) -> Stretch:
    """Return the smaller of a stretch and its complement."""
    return min(stretch, opposite(stretch))


def share(one: Stretch, other: Stretch) -> bool:
    """Whether two stretches, one above the other or its complement, have a nucleotide in common."""
    return any(a == b for a, b in zip(one, other, strict=True)) or any(
        a == b for a, b in zip(one, opposite(other), strict=True)
    )

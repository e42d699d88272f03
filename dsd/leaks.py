"""Leaks: what one fuel can do to another without a toehold, in the absence of any signal.

A free stretch of one complex can take the place of the same stretch in a helix of another, which costs a nucleation at a frayed end
and happens rarely; if the strand that it displaces is held by nothing else, it leaves. Such routes are counted here, after B. Wang,
C. Thachuk, A. D. Ellington, E. Winfree, D. Soloveichik, PNAS 115, E12182 (2018), doi:10.1073/pnas.1806859115; how fast they are is
not known, and steps with a toehold are the business of `dsd.enumeration`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dsd.complexes import UNPAIRED, Complex
from dsd.domains import Domain, Strand
from dsd.enumeration import DEFAULT_OPTIONS
from dsd.schemes.scheme import Role
from dsd.system import DsdSystem


@dataclass(frozen=True, slots=True)
class Leak:
    """A strand that one fuel can set free from another by a single invasion without a toehold."""

    invader: Complex
    target: Complex
    freed: Strand

    def __str__(self) -> str:
        return f"{self.invader} frees {self.freed} from {self.target}"


def find_leaks(system: DsdSystem, release_cutoff: int = DEFAULT_OPTIONS.release_cutoff) -> tuple[Leak, ...]:
    """Return the leaks among the fuels of a system, buffers included; pairs that react anyhow are left out.

    Parameters
    ----------
    system : DsdSystem
    release_cutoff : int
        The longest helix that opens by itself, in nt.
    """
    fuels = [e.complex for e in system.of_role(Role.FUEL, Role.BUFFER)]
    meant = {frozenset(r.reactants) for r in system.reactions}
    places: dict[Domain, list[tuple[Complex, int, int]]] = {}
    for target in fuels:
        for s, strand in enumerate(target.strands):
            for d, partner in enumerate(_partners(target, s)):
                if partner != UNPAIRED:
                    places.setdefault(strand.domains[d], []).append((target, s, d))
    found: dict[Leak, None] = {}
    for invader in fuels:
        for stretch in _free_stretches(invader):
            for at, domain in enumerate(stretch):
                for target, s, d in places.get(domain, ()):
                    freed = target.strands[s]
                    if invader.strands == (freed,) or frozenset((invader, target)) in meant:
                        continue
                    if _leaves(target, s, d, stretch[at:], release_cutoff):
                        found[Leak(invader, target, freed)] = None
    return tuple(found)


def _partners(item: Complex, strand: int) -> tuple[int, ...]:
    """Return the part of the pair table that belongs to a strand."""
    start = sum(len(s) for s in item.strands[:strand])
    return item.pairs[start : start + len(item.strands[strand])]


def _free_stretches(item: Complex) -> Iterator[tuple[Domain, ...]]:
    """Yield the longest stretches of free domains, strand by strand."""
    for s, strand in enumerate(item.strands):
        stretch: list[Domain] = []
        for domain, partner in zip(strand, _partners(item, s), strict=True):
            if partner == UNPAIRED:
                stretch.append(domain)
            elif stretch:
                yield tuple(stretch)
                stretch = []
        if stretch:
            yield tuple(stretch)


def _leaves(target: Complex, strand: int, at: int, stretch: tuple[Domain, ...], cutoff: int) -> bool:
    """Whether a strand leaves when a stretch, laid on it from a domain on, has taken the places of what it matches there."""
    domains, partners = target.strands[strand].domains, list(_partners(target, strand))
    for place, (mine, theirs) in enumerate(zip(stretch, domains[at:], strict=False), at):
        if mine != theirs or partners[place] == UNPAIRED:
            break
        partners[place] = UNPAIRED
    helix = 0
    for domain, partner in zip(domains, partners, strict=True):
        helix = helix + domain.length if partner != UNPAIRED else 0
        if helix > cutoff:
            return False
    return True

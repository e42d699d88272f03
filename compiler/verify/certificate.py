"""Certificates: what is to be proved, the network it is about, and the paths that prove it.

A certificate says of an implementation what each species stands for, how what is held is released, and how each formal reaction
fires. Here are the values and what they read; whether they prove anything is decided by `compiler.verify.checker`, and who made
them does not matter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import TypeAlias

from crn.network import Species
from dsd.complexes import Complex
from dsd.enumeration import EnumerationOptions

Side: TypeAlias = tuple[Species, ...]
"""A multiset of species: sorted, each as often as it occurs."""

Sides: TypeAlias = tuple[Side, Side]
"""Reactants and products; rates play no part."""

Path: TypeAlias = tuple[int, ...]
"""Reactions that happen one after the other, by their place in `Claim.reactions`."""


@dataclass(frozen=True)
class Claim:
    """What is to be proved: that under this interpretation these reactions implement the formal ones.

    Attributes
    ----------
    species : frozenset of Species
        The formal species.
    formal : tuple of Sides
    gates : tuple of str
        For every formal reaction the gate that is meant to carry it out.
    reactions : tuple of Sides
        Of the implementation, fuels included.
    owners : tuple of str
        For every reaction the gate that it belongs to; what no gate was meant to do belongs to something that is no gate.
    meaning : mapping of Species to Side
        What every species stands for; fuels are not named.
    fuels : frozenset of Species
        Always present.
    """

    species: frozenset[Species]
    formal: tuple[Sides, ...]
    gates: tuple[str, ...]
    reactions: tuple[Sides, ...]
    owners: tuple[str, ...]
    meaning: Mapping[Species, Side]
    fuels: frozenset[Species] = frozenset()

    @cached_property
    def firing(self) -> Mapping[Sides, int]:
        """The formal reactions, each with its first place in the list."""
        return {sides: k for k, sides in reversed(list(enumerate(self.formal)))}

    @cached_property
    def recorded(self) -> Mapping[Sides, int]:
        """The reactions, each with its last place in the list."""
        return {sides: k for k, sides in enumerate(self.reactions)}

    @cached_property
    def bare(self) -> tuple[Sides, ...]:
        """The reactions without their fuels (H1)."""
        if not self.fuels:
            return self.reactions
        fuels = self.fuels
        return tuple([(tuple([s for s in a if s not in fuels]), tuple([s for s in b if s not in fuels]))
                      for a, b in self.reactions])  # fmt: skip

    @cached_property
    def readings(self) -> tuple[Sides, ...]:
        """What the reactions read under the interpretation."""
        return tuple([(self.read(a), self.read(b)) for a, b in self.bare])

    @cached_property
    def relevant(self) -> frozenset[Species]:
        """The species that stand for something."""
        return frozenset(s for s, m in self.meaning.items() if m)

    def read(self, state: Iterable[Species]) -> Side:
        """Return what a state stands for."""
        return tuple(sorted(chain.from_iterable([self.meaning[s] for s in state])))


@dataclass(frozen=True, slots=True)
class Tube:
    """The complexes behind the species, from which the reactions are derived anew.

    Attributes
    ----------
    complexes : tuple of Complex
        Their names are the species.
    initial : frozenset of Species
        What may be put into the tube: fuels and signals.
    options : EnumerationOptions
        The step rules and the limits.
    """

    complexes: tuple[Complex, ...]
    initial: frozenset[Species]
    options: EnumerationOptions


@dataclass(frozen=True)
class Certificate:
    """A claim with its proof.

    Attributes
    ----------
    claim : Claim
    atoms : mapping of Species to Species
        For every formal species one that stands for it alone.
    release : tuple of (Species, Path)
        How species turn, each from one molecule of itself, into others that come earlier in the table or are not in it.
    fire : mapping of (int, Side) to Path
        How each formal reaction fires from each minimal state of species that are not in the release table.
    tube : Tube or None
        None where the implementation is given as reactions.
    """

    claim: Claim
    atoms: Mapping[Species, Species]
    release: tuple[tuple[Species, Path], ...]
    fire: Mapping[tuple[int, Side], Path]
    tube: Tube | None = None

    @property
    def plain(self) -> bool:
        """Whether everything stands for itself and every reaction is a formal one, so that there is nothing to tell."""
        claim = self.claim
        same = all(m == (s,) for s, m in claim.meaning.items())
        return same and all(sides in claim.firing or sides[0] == sides[1] for sides in claim.reactions)


def aliases(claim: Claim) -> list[int]:
    """Return the reactions that fire a formal reaction which is not that of the gate they belong to."""
    own: dict[str, set[Sides]] = {}
    for gate, sides in zip(claim.gates, claim.formal, strict=True):
        own.setdefault(gate, set()).add(sides)
    return [
        k
        for k, (read, owner) in enumerate(zip(claim.readings, claim.owners, strict=True))
        if read[0] != read[1] and read not in own.get(owner, ())
    ]


def warnings_of(claim: Claim) -> list[str]:
    """Say of every alias what it is: what happens is right, how fast is not known."""
    return [
        f"{arrow(*claim.bare[k])} of {claim.owners[k]} reads {arrow(*claim.readings[k])}, which another gate is to carry out"
        for k in aliases(claim)
        if claim.readings[k] in claim.firing
    ]


def side(state: Iterable[Species]) -> str:
    """Write a multiset as ``2A + B``."""
    return " + ".join(s if n == 1 else f"{n}{s}" for s, n in sorted(Counter(state).items()))


def arrow(a: Side, b: Side) -> str:
    """Write a reaction."""
    return f"{side(a)} -> {side(b)}".strip()

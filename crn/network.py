"""Species, bags, reactions and networks: the immutable core of abstract chemistry.

Everything here is a frozen value that verifies itself in its constructor; two networks that say the same are equal.
What a network does (rates, simulation, text) lives elsewhere; nothing here knows of DNA.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import TypeAlias

from crn.diagnostics import CircuitError, Diagnostic, Span

Species: TypeAlias = str
"""A species is its name: a letter or underscore, then letters, digits, underscores or primes."""

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_']*")
"""What a species may be called."""


class Units(Enum):
    """What amounts and rates of a network mean."""

    FORMAL = "formal"
    """Dimensionless amounts and times."""
    MOLAR = "molar"
    """Amounts in M, time in s; rate constants in M^(1-order) / s."""


@dataclass(frozen=True, slots=True)
class Bag:
    """A finite multiset of species: one side of a reaction, or what a DNA complex stands for.

    Attributes
    ----------
    items : tuple of (Species, int)
        Sorted by species; every count is at least 1.
    """

    items: tuple[tuple[Species, int], ...] = ()

    def __post_init__(self) -> None:
        if any(n < 1 for _, n in self.items) or list(self.items) != sorted(dict(self.items).items()):
            raise ValueError(f"not a canonical bag: {self.items}")

    @classmethod
    def of(cls, *species: Species) -> Bag:
        """Return the bag with the given species, each as often as it is named."""
        return cls(tuple(sorted(Counter(species).items())))

    @classmethod
    def from_counts(cls, counts: Mapping[Species, int]) -> Bag:
        """Return the bag with the given counts; zeros are dropped, negative counts are refused."""
        return cls(tuple(sorted((s, n) for s, n in counts.items() if n != 0)))

    def __iter__(self) -> Iterator[tuple[Species, int]]:
        return iter(self.items)

    def __len__(self) -> int:
        """Return the number of molecules, with multiplicity."""
        return sum(n for _, n in self.items)

    def __getitem__(self, species: Species) -> int:
        return next((n for s, n in self.items if s == species), 0)

    def __contains__(self, species: object) -> bool:
        return any(s == species for s, _ in self.items)

    def __add__(self, other: Bag) -> Bag:
        return Bag.from_counts(Counter(dict(self.items)) + Counter(dict(other.items)))

    def __sub__(self, other: Bag) -> Bag:
        """Return what is left after taking `other` away; missing molecules are ignored."""
        return Bag.from_counts(Counter(dict(self.items)) - Counter(dict(other.items)))

    def __le__(self, other: Bag) -> bool:
        return all(n <= other[s] for s, n in self.items)

    @property
    def support(self) -> tuple[Species, ...]:
        """The distinct species, sorted."""
        return tuple(s for s, _ in self.items)

    def elements(self) -> tuple[Species, ...]:
        """Return every molecule by itself, sorted: ``2A + B`` gives ``('A', 'A', 'B')``."""
        return tuple(s for s, n in self.items for _ in range(n))

    def __str__(self) -> str:
        return " + ".join(s if n == 1 else f"{n}{s}" for s, n in self.items)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a reaction comes from: its role in the circuit, and its place in the user's file if it has one."""

    path: str = ""
    """For example ``feedback/update[1]``; empty for a reaction that was written by hand."""
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Reaction:
    """A mass-action reaction: it fires at rate ``k * prod(c ** nu)`` over its reactants.

    Attributes
    ----------
    id : str
        Unique in its network.
    reactants, products : Bag
    k : float
        Positive and finite, in the units of the network.
    origin : Origin
        Not part of the comparison.
    """

    id: str
    reactants: Bag
    products: Bag
    k: float = 1.0
    origin: Origin = field(default=Origin(), compare=False)

    def __post_init__(self) -> None:
        if not (math.isfinite(self.k) and self.k > 0):
            raise CircuitError(
                Diagnostic(
                    f"the rate constant of {self.equation} is {self.k}; it must be positive and finite",
                    self.origin.span,
                    "a reaction that never fires is left out" if self.k == 0 else "",
                )
            )

    @property
    def order(self) -> int:
        """Number of reactant molecules."""
        return len(self.reactants)

    @property
    def key(self) -> tuple[Bag, Bag, float]:
        """What the reaction does, without its name and origin."""
        return self.reactants, self.products, self.k

    @property
    def equation(self) -> str:
        """The reaction as text, without its rate: ``A + 2B -> C``."""
        return f"{self.reactants} -> {self.products}".strip()

    def __str__(self) -> str:
        return f"{self.equation} [{self.k:g}]"


@dataclass(frozen=True)
class CRN:
    """A chemical reaction network with its initial amounts.

    Attributes
    ----------
    reactions : tuple of Reaction
        Ids are unique.
    initial : tuple of (Species, float)
        Amounts at time 0, in formal units or M; species that are not named start at 0.
    constant : tuple of Species
        Species whose amount is held fixed, whatever consumes or makes them.
    units : Units
    """

    reactions: tuple[Reaction, ...]
    initial: tuple[tuple[Species, float], ...] = ()
    constant: tuple[Species, ...] = ()
    units: Units = Units.FORMAL

    def __post_init__(self) -> None:
        ids = Counter(r.id for r in self.reactions)
        names = Counter(s for s, _ in self.initial)
        twice = [f"reaction id {x}" for x, n in ids.items() if n > 1]
        twice += [f"initial amount of {x}" for x, n in names.items() if n > 1]
        if twice:
            raise CircuitError(f"given twice: {', '.join(twice)}")
        for species, amount in self.initial:
            if not (math.isfinite(amount) and amount >= 0):
                raise CircuitError(f"the initial amount of {species} is {amount}; it must be finite and not negative")

    @classmethod
    def build(
        cls,
        reactions: Iterable[Reaction],
        initial: Mapping[Species, float] | None = None,
        *,
        constant: Iterable[Species] = (),
        units: Units = Units.FORMAL,
    ) -> CRN:
        """Return a network from any iterable of reactions and a mapping of initial amounts."""
        return cls(tuple(reactions), tuple((initial or {}).items()), tuple(constant), units)

    @cached_property
    def species(self) -> tuple[Species, ...]:
        """All species in the order of their first appearance: reactions first, then initial amounts."""
        seen: dict[Species, None] = {}
        for reaction in self.reactions:
            seen.update(dict.fromkeys(reaction.reactants.support))
            seen.update(dict.fromkeys(reaction.products.support))
        seen.update(dict.fromkeys(s for s, _ in self.initial))
        seen.update(dict.fromkeys(self.constant))
        return tuple(seen)

    @property
    def order(self) -> int:
        """The largest number of reactant molecules of any reaction."""
        return max((r.order for r in self.reactions), default=0)

    def __reduce__(self) -> tuple[type[CRN], tuple[object, ...]]:
        return CRN, (self.reactions, self.initial, self.constant, self.units)

"""Small parts that learning circuits are written with.

A `Page` collects reactions the way a page of mathematics collects equations, each with its place in the circuit. Values are dual
rail: v is the difference of the amounts of ``vp`` and ``vm``. Whole circuits live in the files of their families.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from crn.network import Bag, Origin, Reaction, Species


@dataclass(frozen=True, slots=True)
class Rails:
    """The species of one signed value; `minus` is None where the value is never negative."""

    plus: Species
    minus: Species | None = None

    @classmethod
    def dual(cls, name: str) -> Rails:
        """Return the two rails of a signed value."""
        return cls(f"{name}p", f"{name}m")

    @property
    def signed(self) -> tuple[tuple[Species, int], ...]:
        """Each rail with its sign."""
        return ((self.plus, 1),) if self.minus is None else ((self.plus, 1), (self.minus, -1))

    def rail(self, sign: int) -> Species:
        """Return the species that adds to the value (sign +1) or takes from it (-1)."""
        if sign > 0:
            return self.plus
        if self.minus is None:
            raise ValueError(f"{self.plus} has no negative rail")
        return self.minus


@dataclass(slots=True)
class Page:
    """Collects the reactions of a circuit in the order in which they are written."""

    reactions: list[Reaction] = field(default_factory=list)

    def write(self, path: str, reactants: Sequence[Species], products: Sequence[Species], k: float) -> None:
        """Add one reaction; `path` says what it is for."""
        name = f"r{len(self.reactions) + 1}"
        self.reactions.append(Reaction(name, Bag.of(*reactants), Bag.of(*products), k, Origin(path)))

    def product(
        self, path: str, a: Rails, b: Rails, into: Rails, k: float, *, sign: int = 1, clock: Sequence[Species] = ()
    ) -> None:
        """``d(into)/dt += sign * k * a * b``, both factors kept; one reaction for every pair of rails."""
        for x, s in a.signed:
            for y, t in b.signed:
                self.write(path, [x, y, *clock], [x, y, *clock, into.rail(s * t * sign)], k)

    def annihilation(self, path: str, value: Rails, k: float) -> None:
        """Let the two rails of a value remove each other; the value itself does not change."""
        if value.minus is not None:
            self.write(path, [value.plus, value.minus], [], k)

    def decay(self, path: str, value: Rails, k: float) -> None:
        """``d(value)/dt -= k * value``."""
        for species, _ in value.signed:
            self.write(path, [species], [], k)

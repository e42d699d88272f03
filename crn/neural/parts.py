"""Small parts that learning circuits are written with.

A `Page` collects reactions the way a page of mathematics collects equations, each with its place in the circuit. Values are dual
rail: v is the difference of the amounts of ``vp`` and ``vm``, and where an annihilation keeps one of them near 0, their sum is |v|.
Whole circuits live in the files of their families.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from crn.diagnostics import CircuitError
from crn.network import Bag, Origin, Reaction, Species
from crn.neural.polynomial import Polynomial


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

    def flow(
        self,
        path: str,
        into: Sequence[tuple[Rails, int]],
        rate: Polynomial,
        rails: Mapping[str, Rails],
        *,
        clock: Sequence[Species] = (),
        consume: bool = True,
    ) -> None:
        """``d(value)/dt += sign * rate`` for every (value, sign) of `into` at once, all by the same reactions.

        A term becomes one reaction for every choice of a rail for each of its values; powers of a value take the same rail, since
        the other one is empty. The factors are catalysts, except that a value which a reaction makes smaller and which is among
        its factors is used up: ``dz/dt = -k z |z|`` is ``2 Zp -> Zp`` and ``2 Zm -> Zm``.

        Parameters
        ----------
        path : str
            The place of the equation in the circuit; the term is added to it.
        into : sequence of (Rails, int)
            Values that change together, each with its sign.
        rate : Polynomial
        rails : mapping of str to Rails
            The species of the values of `rate`.
        clock : sequence of Species
            Catalysts of every reaction.
        consume : bool
            False to make the other rail instead of using up a factor; powers of the value itself are used up all the same.

        Raises
        ------
        CircuitError
            If a value on a single rail would have to fall.
        """
        for monomial, coefficient in rate.terms:
            term = f"{path}/{Polynomial(((monomial, 1.0),))}"
            alone = len(monomial) == 1
            for choice in itertools.product(*(rails[name].signed for name, _, _ in monomial)):
                left = Counter(clock)
                sign = 1 if coefficient > 0 else -1
                for (species, rail), (_, power, modulus) in zip(choice, monomial, strict=True):
                    left[species] += power + modulus
                    sign *= rail**power
                right = Counter(left)
                for value, weight in into:
                    falling = value.plus if sign * weight < 0 else value.minus
                    if falling is not None and falling in left and (consume or alone or value.minus is None):
                        right[falling] -= abs(weight)
                    elif sign * weight < 0 and value.minus is None:
                        raise CircuitError(f"{term} makes {value.plus} fall below 0; it needs two rails")
                    else:
                        right[value.rail(sign * weight)] += abs(weight)
                if left != right:
                    self.write(term, list(left.elements()), list(right.elements()), abs(coefficient))

    def annihilation(self, path: str, value: Rails, k: float) -> None:
        """Let the two rails of a value remove each other; the value itself does not change."""
        if value.minus is not None:
            self.write(path, [value.plus, value.minus], [], k)

    def decay(self, path: str, value: Rails, k: float) -> None:
        """``d(value)/dt -= k * value``."""
        for species, _ in value.signed:
            self.write(path, [species], [], k)

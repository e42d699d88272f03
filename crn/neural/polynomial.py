"""The small algebra that learning circuits are written in: polynomials of named values and of their moduli.

A right-hand side is written as it stands on paper, ``p * x + h - 0.5 * z * abs(z)``, and differentiated term by term, which gives
the adjoint. How a term becomes reactions is said in `crn.neural.parts`; this module knows neither species nor rates.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

Monomial: TypeAlias = tuple[tuple[str, int, int], ...]
"""Factors ``value^power * |value|^modulus`` as (value, power, modulus), by name; modulus is 0 or 1."""


@dataclass(frozen=True, slots=True)
class Polynomial:
    """A sum of monomials with coefficients.

    Attributes
    ----------
    terms : tuple of (Monomial, float)
        By monomial, each once, no coefficient 0.
    """

    terms: tuple[tuple[Monomial, float], ...] = ()

    @staticmethod
    def collect(terms: Mapping[Monomial, float]) -> Polynomial:
        """Return the polynomial with these terms, those with coefficient 0 left out."""
        return Polynomial(tuple(sorted((m, c) for m, c in terms.items() if c)))

    @property
    def values(self) -> tuple[str, ...]:
        """The values that occur, in order."""
        return tuple(sorted({name for monomial, _ in self.terms for name, _, _ in monomial}))

    @property
    def degree(self) -> int:
        """The largest number of factors of a term."""
        return max((sum(p + m for _, p, m in monomial) for monomial, _ in self.terms), default=0)

    def __add__(self, other: Polynomial | float) -> Polynomial:
        total = dict(self.terms)
        for monomial, c in _polynomial(other).terms:
            total[monomial] = total.get(monomial, 0.0) + c
        return Polynomial.collect(total)

    def __mul__(self, other: Polynomial | float) -> Polynomial:
        total: dict[Monomial, float] = {}
        for a, c in self.terms:
            for b, d in _polynomial(other).terms:
                product = _times(a, b)
                total[product] = total.get(product, 0.0) + c * d
        return Polynomial.collect(total)

    __radd__ = __add__
    __rmul__ = __mul__

    def __neg__(self) -> Polynomial:
        return self * -1.0

    def __sub__(self, other: Polynomial | float) -> Polynomial:
        return self + _polynomial(other) * -1.0

    def __rsub__(self, other: Polynomial | float) -> Polynomial:
        return _polynomial(other) - self

    def __pow__(self, exponent: int) -> Polynomial:
        if exponent < 0:
            raise ValueError("a polynomial has no negative powers")
        return math.prod([self] * exponent, start=_polynomial(1.0))

    def __abs__(self) -> Polynomial:
        """Return the modulus of a single value; that of a sum is no polynomial of moduli."""
        if len(self.terms) != 1 or self.terms[0][1] != 1 or [f[1:] for f in self.terms[0][0]] != [(1, 0)]:
            raise ValueError(f"only a single value has a modulus here, not {self}")
        return Polynomial((((((self.terms[0][0][0][0]), 0, 1),), 1.0),))

    def derivative(self, name: str) -> Polynomial:
        """Return the partial derivative with respect to a value.

        ``d/dz z^a |z|^b = (a + b) z^(a-1) |z|^b``, which for a = 0 holds away from 0 as ``b z |z|^(b-2)``.

        Raises
        ------
        ValueError
            For a bare ``|z|``, whose derivative is a sign and no polynomial.
        """
        total: dict[Monomial, float] = {}
        for monomial, c in self.terms:
            found = next((f for f in monomial if f[0] == name), None)
            if found is None:
                continue
            _, power, modulus = found
            if power == 0:
                raise ValueError(f"|{name}| has no derivative that is a polynomial; write {name} * |{name}|")
            rest = tuple(f for f in monomial if f[0] != name)
            left = ((name, power - 1, modulus),) if power - 1 + modulus else ()
            key = tuple(sorted(rest + left))
            total[key] = total.get(key, 0.0) + c * (power + modulus)
        return Polynomial.collect(total)

    def renamed(self, names: Mapping[str, str]) -> Polynomial:
        """Return the polynomial of other values; names that are not mapped stay."""
        return Polynomial.collect(
            {tuple(sorted((names.get(n, n), p, m) for n, p, m in monomial)): c for monomial, c in self.terms}
        )

    def at(self, amounts: Mapping[str, float]) -> float:
        """Return the number that the polynomial is at a point."""
        return sum(
            c * math.prod(amounts[n] ** p * abs(amounts[n]) ** m for n, p, m in monomial) for monomial, c in self.terms
        )

    def __str__(self) -> str:
        shown = ""
        for monomial, c in self.terms:
            size = [f"{abs(c):g}"] if abs(c) != 1 or not monomial else []
            sign = (" - " if c < 0 else " + ") if shown else "-" * (c < 0)
            shown += sign + " ".join(size + [_factor(*f) for f in monomial])
        return shown or "0"


def value(name: str) -> Polynomial:
    """Return a named value as a polynomial."""
    return Polynomial(((((name, 1, 0),), 1.0),))


def values(name: str, count: int) -> tuple[Polynomial, ...]:
    """Return ``name1``, ``name2``, ... as polynomials."""
    return tuple(value(f"{name}{i + 1}") for i in range(count))


def _polynomial(given: Polynomial | float) -> Polynomial:
    return given if isinstance(given, Polynomial) else Polynomial.collect({(): float(given)})


def _times(a: Monomial, b: Monomial) -> Monomial:
    powers: dict[str, tuple[int, int]] = {}
    for name, p, m in (*a, *b):
        power, modulus = powers.get(name, (0, 0))
        # |z|^2 = z^2.
        powers[name] = (power + p + 2 * ((modulus + m) // 2), (modulus + m) % 2)
    return tuple((n, p, m) for n, (p, m) in sorted(powers.items()) if p + m)


def _factor(name: str, power: int, modulus: int) -> str:
    return "".join(
        [f"{name}^{power}" if power > 1 else name * power, " " * (power > 0 and modulus > 0), f"|{name}|" * modulus]
    )

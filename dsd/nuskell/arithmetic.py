"""Operators of the scheme language: sums of numbers, lists and texts, comparisons, logic.

Numbers are exact; what cannot be done is said in a `FaultError`, to which the evaluator adds the place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from itertools import chain
from types import MappingProxyType
from typing import Any

from dsd.nuskell.values import Value, kind_of

MOST_ITEMS = 1_000_000
"""The longest list that is made."""
_LARGEST = 10**18


class FaultError(Exception):
    """A function cannot do what it is asked; the message says why, the advice what would help."""

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.message, self.advice = message, advice


_ORDER: Mapping[str, Callable[[Any, Any], bool]] = MappingProxyType(
    {
        ">=": lambda a, b: a >= b,
        "<=": lambda a, b: a <= b,
        ">": lambda a, b: a > b,
        "<": lambda a, b: a < b,
    }
)


def combined(sign: str, left: Value, right: Value) -> Value:
    """Return what an operator makes of two values; of ``and`` and ``or`` only the second is left to decide."""
    if sign in ("and", "or"):
        return right
    if sign == "+":
        return added(left, right)
    if sign in ("==", "!="):
        return (left == right) is (sign == "==")
    if isinstance(left, str) and isinstance(right, str) and sign in _ORDER:
        return _ORDER[sign](left, right)
    if not isinstance(left, (int, Fraction)) or not isinstance(right, (int, Fraction)):
        raise FaultError(f"{sign} stands between numbers, not between {kind_of(left)} and {kind_of(right)}")
    if sign in _ORDER:
        return _ORDER[sign](left, right)
    if sign == "/" and right == 0:
        raise FaultError("division by zero")
    return _number(left - right if sign == "-" else left * right if sign == "*" else Fraction(left) / right)


def added(left: Value, right: Value) -> Value:
    """Return the sum of two numbers, lists or texts."""
    if isinstance(left, tuple) and isinstance(right, tuple):
        return joined(left, right)
    if isinstance(left, str) and isinstance(right, str):
        return left + right
    if isinstance(left, (int, Fraction)) and isinstance(right, (int, Fraction)):
        return _number(left + right)
    advice = "put a single element in brackets: [x]" if isinstance(left, tuple) != isinstance(right, tuple) else ""
    raise FaultError(f"{kind_of(left)} and {kind_of(right)} cannot be added", advice)


def joined(*lists: tuple[Value, ...]) -> tuple[Value, ...]:
    """Return lists as one."""
    if sum(map(len, lists)) > MOST_ITEMS:
        raise FaultError(f"a list of more than {MOST_ITEMS} elements")
    return tuple(chain.from_iterable(lists)) if len(lists) != 2 else lists[0] + lists[1]


def _number(value: int | Fraction) -> int | Fraction:
    """Return a number, as whole as it is."""
    if max(abs(value.numerator), value.denominator) > _LARGEST:
        raise FaultError(f"a number beyond {_LARGEST:.0e}")
    return value.numerator if value.denominator == 1 else value

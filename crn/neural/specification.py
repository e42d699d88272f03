"""Specifications: a name with numbers, ``name:key=value,key=value``, as the command line spells what is built in.

Read here once for all of them, with a place for every fault. What a name means, and which numbers it takes, is said where it is
defined.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NoReturn

from crn.diagnostics import CircuitError, Diagnostic, Span
from crn.quantities import nearest, shown


@dataclass(frozen=True, slots=True)
class Number:
    """A number that a specification takes.

    Attributes
    ----------
    name : str
    default : float or None
        None where it has to be given.
    low, high : float
        Smallest and largest value.
    summary : str
    whole : bool
        Whether only whole numbers will do.
    """

    name: str
    default: float | None
    low: float
    high: float
    summary: str
    whole: bool = False

    def objection(self, text: str) -> str:
        """Return what is wrong with a text as this number; empty if nothing is."""
        try:
            value = float(int(text)) if self.whole else float(text)
        except ValueError:
            return f"{self.name} is a {'whole ' if self.whole else ''}number, not {shown(text)}"
        if not self.low <= value <= self.high:
            return f"{self.name} is between {self.low:g} and {self.high:g}, not {shown(text)}"
        return ""


def read_specification(
    text: str, place: str, what: str, known: Mapping[str, Iterable[Number]]
) -> tuple[str, dict[str, float]]:
    """Return the name and every number of a specification, defaults included.

    Parameters
    ----------
    text : str
    place : str
        What the text is called in messages, such as ``<data>``.
    what : str
        The kind of thing that is named, such as ``built-in data set``.
    known : mapping of str to iterable of Number
        The names that there are, and the numbers that each takes.

    Raises
    ------
    CircuitError
        If there is no such name, number or value; points into the text.
    """

    def fault(message: str, offset: int, length: int, advice: str = "") -> NoReturn:
        raise CircuitError(Diagnostic(message, Span(place, 1, offset + 1, text, max(1, length)), advice))

    name, colon, rest = text.partition(":")
    if name not in known:
        advice = nearest(name, known) or f"built in: {', '.join(known)}"
        fault(f"no {what} is called {shown(name)}", 0, min(len(name), 40), advice)
    numbers = {n.name: n for n in known[name]}
    given: dict[str, float] = {}
    at = len(name) + 1
    for part in rest.split(",") if colon else ():
        key, equals, value = (word.strip() for word in part.partition("="))
        if key not in numbers:
            takes = f"options: {', '.join(numbers)}" if numbers else "it takes no options"
            fault(f"{name} has no option {shown(key)}", at, len(part), nearest(key, numbers) or takes)
        if key in given or not equals:
            fault(f"{key} is given twice" if key in given else f"{key} has no value", at, len(part))
        if objection := numbers[key].objection(value):
            fault(objection, at, len(part))
        given[key] = float(value)
        at += len(part) + 1
    for number in numbers.values():
        if number.default is None and number.name not in given:
            fault(f"{name} needs {number.name}", len(text), 1, f"{number.name}: {number.summary}")
    return name, {n.name: given.get(n.name, n.default or 0.0) for n in numbers.values()}

"""Tables in TOML files that a laboratory edits: read key by key, every fault with the line that it stands in.

Here are the readers of single values and the search for their places. What the tables mean is the business of `dsd.lab.cost` and
`dsd.lab.scales`.
"""

from __future__ import annotations

import datetime
import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from crn.diagnostics import CircuitError, Diagnostic, Span
from crn.quantities import LINE_END, Faults, nearest, shown

_AT: Final = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


_HEADER: Final = re.compile(r"[ \t]*\[\[[ \t]*([A-Za-z0-9_-]+)[ \t]*\]\][ \t]*(?:#.*)?")


class Place(NamedTuple):
    """Where an entry of an array of tables stands: its number and, where that can be told, its line, both counted from 0."""

    array: str
    number: int
    line: int | None


def load_toml(text: str, source: str, what: str) -> dict[str, Any]:
    """Read TOML.

    Raises
    ------
    CircuitError
        With the line, if the text is not TOML; `what` says what it should have been, as in ``a table of prices``.
    """
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # ValueError: also a number of too many digits
        raise CircuitError(_syntax(error, text, source, what)) from None


class TableReader:
    """Checks the tables of one file key by key and remembers the faults, with the lines they stand in.

    Parameters
    ----------
    source : str
        Name of the file.
    text : str
    data : dict
        What the text holds.
    keys : sequence of str
        Those that may stand outside of all arrays, the names of the arrays among them.
    """

    def __init__(self, source: str, text: str, data: Mapping[str, object], keys: Sequence[str]) -> None:
        self.source = source
        self.lines = LINE_END.split(text)
        self.faults = Faults()
        self._data = data
        headers = [i for i, line in enumerate(self.lines) if _HEADER.fullmatch(line)]
        self._first = headers[0] if headers else len(self.lines)
        self._headers = headers
        for key in data:
            if key not in keys:
                self.fault(f"unknown key {shown(key)}", None, key, nearest(key, keys))

    def array(self, name: str, advice: str, *, needed: bool = True) -> list[tuple[Place, Mapping[str, Any]]]:
        """Return the entries of an array of tables, each with its place."""
        listed = self._data.get(name, [] if not needed else None)
        if not isinstance(listed, list) or (needed and not listed) or not all(isinstance(r, dict) for r in listed):
            self.fault(f"there are no {name}s", None, name, advice)
            return []
        mine = [i for i in self._headers if _HEADER.fullmatch(self.lines[i])[1] == name]  # type: ignore[index]  # they match
        # If the text has another number of headers than of entries, nobody can tell where each stands.
        starts = mine if len(mine) == len(listed) else [None] * len(listed)
        return [
            (Place(name, number, start), entry)
            for number, (start, entry) in enumerate(zip(starts, listed, strict=True))
        ]

    def check_keys(self, entry: Mapping[str, object], place: Place, known: Sequence[str]) -> None:
        """Record the keys of an entry that nobody knows."""
        for key in entry:
            if key not in known:
                self.fault(f"unknown key {shown(key)}", place, key, nearest(key, known))

    def fault(self, message: str, place: Place | None, key: str, advice: str = "") -> None:
        """Record a fault of a key, in an entry or outside of all of them."""
        begin, end = 0, self._first
        if place is not None:
            if place.line is None:
                self.faults.add(f"{place.array} {place.number + 1}: {message}", Span(self.source, 1, 1), advice)
                return
            begin = place.line
            end = next((i for i in self._headers if i > begin), len(self.lines))
        pattern = re.compile(rf"[ \t]*({re.escape(key)}|\"{re.escape(key)}\")[ \t]*=")
        for number in range(begin, end):
            if match := pattern.match(self.lines[number]):
                line = self.lines[number]
                span = Span(self.source, number + 1, match.start(1) + 1, line, len(match[1]))
                self.faults.add(message, span, advice)
                return
        line = self.lines[begin] if place is not None else ""
        self.faults.add(message, Span(self.source, begin + 1, 1, line, max(1, len(line))), advice)

    def text(self, data: Mapping[str, object], place: Place | None, key: str) -> str:
        """Return a text that is not empty."""
        value = data.get(key)
        if isinstance(value, str) and value.strip() and value.isprintable():
            return value
        self.fault(_wrong(data, key, "a text in one line"), place, key)
        return "?"

    def whole(self, data: Mapping[str, object], place: Place | None, key: str, most: int) -> int:
        """Return a whole number from 1 on."""
        value = data.get(key)
        if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= most:
            return value
        self.fault(_wrong(data, key, f"a whole number from 1 to {most}"), place, key)
        return 1

    def lengths(self, data: Mapping[str, object], place: Place | None, most: int) -> tuple[int, int]:
        """Return ``min_nt`` and ``max_nt``."""
        so_far = len(self.faults.found)
        low, high = self.whole(data, place, "min_nt", most), self.whole(data, place, "max_nt", most)
        if len(self.faults.found) == so_far and low > high:
            self.fault(f"min_nt is {low}, more than max_nt, {high}", place, "min_nt")
        return low, high

    def amount(self, data: Mapping[str, object], place: Place | None, key: str) -> float:
        """Return a number that is finite and not negative."""
        value = data.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1e9:
            return float(value)
        self.fault(_wrong(data, key, "a number from 0 to 1e9"), place, key)
        return 0.0

    def date(self, data: Mapping[str, object], place: Place | None, key: str) -> datetime.date:
        """Return a day."""
        value = data.get(key)
        if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
            return value
        self.fault(_wrong(data, key, "a day such as 2026-01-31, without quotes"), place, key)
        return datetime.date.min


def _syntax(error: Exception, text: str, source: str, what: str) -> Diagnostic:
    """Return what is wrong with a text that is not TOML."""
    message = str(error)
    match = _AT.search(message)
    if match is None:
        return Diagnostic(f"not {what}: {type(error).__name__}", Span(source, 1, 1))
    lines = text.split("\n")
    number = int(match[1]) if match[1] else len(lines)
    line = lines[number - 1] if number <= len(lines) else ""
    column = int(match[2]) if match[2] else len(line) + 1
    return Diagnostic(f"not {what}: {message[: match.start()]}", Span(source, number, column, line))


def _wrong(data: Mapping[str, object], key: str, wanted: str) -> str:
    """Return what is wrong with a value that is not what it should be."""
    if key not in data:
        return f"{key} is missing; it is {wanted}"
    try:
        value = shown(str(data[key]))
    except ValueError:  # hexadecimal integers may be too long for the decimal system
        value = "too large a number"
    return f"{key} is {value}; it must be {wanted}"

"""Numbers as people write them: with units, and in the cells of a table, each with its place for a message.

Here are the unit tables, the reading and writing of a quantity, the rows of a CSV file, the gathering of their faults.
What the numbers mean is the business of the callers, and the grammar of networks is in `crn.text`.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Final

from crn.diagnostics import CircuitError, Collector, Diagnostic, Span

NUMBER: Final = re.compile(
    r"[+-]?(?:(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?:[eE][+-]?[0-9]++)?|(?:nan|inf(?:inity)?)(?![A-Za-z0-9_]))",
    re.IGNORECASE | re.ASCII,
)
"""A number as it may be written; not-a-number and infinity are read too, so that they can be refused by name."""

LINE_END: Final = re.compile(r"\r\n?|\n")
"""What ends a line. Other separators of Unicode do not, because editors do not count them."""

CONCENTRATIONS: Final[Mapping[str, int]] = MappingProxyType(
    {"M": 0, "mM": -3, "uM": -6, "µM": -6, "μM": -6, "nM": -9, "pM": -12}
)
"""Power of ten by which a concentration in this unit becomes one in M; micro sign and Greek mu are both in use."""

VOLUMES: Final[Mapping[str, int]] = MappingProxyType(
    {
        prefix + litre: power
        for prefix, power in (("", 0), ("m", -3), ("u", -6), ("µ", -6), ("μ", -6), ("n", -9), ("p", -12), ("f", -15))
        for litre in "Ll"
    }
)
"""Power of ten by which a volume in this unit becomes one in L."""

RATE_TIMES: Final[Mapping[str, int]] = MappingProxyType({"s": 1, "m": 60, "h": 3600})
"""Seconds in the time units that a rate constant may have; the same letters as in .pil files."""

TIMES: Final[Mapping[str, int]] = MappingProxyType({**RATE_TIMES, "min": 60, "d": 86400})
"""Seconds in the time units of a duration."""

_PREFIXES: Final = ((-15, "f"), (-12, "p"), (-9, "n"), (-6, "µ"), (-3, "m"), (0, ""))
_PREFIXED: Final = frozenset({"M", "L", "mol", "g"})
_SHOWN = 20
_GIVE_UP = 1000
_CELL: Final = re.compile(r'[ \t]*+(?:"(?P<quoted>(?:[^"]|"")*+)"[ \t]*+(?=,|\Z)|(?P<plain>[^,]*+))')


class Dimension(Enum):
    """What kind of quantity a text is expected to hold; the value of a member is its name in messages."""

    CONCENTRATION = "a concentration such as 50nM"
    """Read in M; a unit is required."""
    VOLUME = "a volume such as 100uL"
    """Read in L; a unit is required."""
    TIME = "a time such as 72h"
    """Read in s; a plain number is one of seconds (or of formal time units)."""
    RATE = "a rate constant such as 1e6/M/s"
    """Of a reaction of two molecules, read in /M/s; a plain number is one of /M/s."""
    NUMBER = "a number"
    """Without a unit, of either sign."""


@dataclass(slots=True)
class Faults(Collector):
    """A collector that shows the first faults of a text, counts the rest, and knows when to stop reading."""

    def merge(self, error: CircuitError) -> None:
        """Record the faults of an error."""
        self.found += error.diagnostics

    @property
    def many(self) -> bool:
        """Whether there are more faults than anyone will show, so that suggestions are a waste of time."""
        return len(self.found) > _SHOWN

    @property
    def full(self) -> bool:
        """Whether reading on is pointless: what comes is not what the reader is for."""
        return len(self.found) >= _GIVE_UP

    def raise_if_any(self) -> None:
        """Raise a `CircuitError` with the first faults in the order of the text, and the number of the others."""
        if not self.found:
            return
        ordered = sorted(self.found, key=lambda d: (d.span.line, d.span.column) if d.span else (0, 0))
        more = len(ordered) - _SHOWN
        if more > 0:
            count = f"at least {more}" if self.full else f"{more}"
            ordered[_SHOWN:] = [Diagnostic(f"and {count} more")]
        raise CircuitError(ordered)


def shown(text: str, limit: int = 40) -> str:
    """Return a piece of the user's text for a message: in quotes, cut, without control characters."""
    piece = "".join(c if c.isprintable() else f"<U+{ord(c):04X}>" for c in text[:limit])
    return f"'{piece}…'" if len(text) > limit else f"'{piece}'"


def nearest(word: str, names: Iterable[str]) -> str:
    """Return the advice that names the nearest of the known names, or nothing if none is near."""
    if len(word) > 100:  # nobody mistypes at that length, and the comparison takes quadratic time
        return ""
    known = tuple(names)
    close = [n for n in known if n.casefold() == word.casefold()] or difflib.get_close_matches(word, known, 1)
    return f"did you mean '{close[0]}'?" if close else ""


def scaled(number: str, power: int = 0) -> float:
    """Return ``number * 10**power``, rounded once, so that 50 nM is the same float as 5e-8 M.

    Parameters
    ----------
    number : str
        Matches `NUMBER`.
    power : int
        A small power of ten.
    """
    mantissa, mark, exponent = number.lower().partition("e")
    if not mantissa[-1:].isdigit() and not mantissa.endswith("."):
        return float(number)  # infinity, not a number
    digits = exponent.lstrip("+-").lstrip("0") if mark else ""
    if len(digits) > 9:
        return float(number)  # nothing or infinite in any unit; the digits may be too many for int()
    sign = -1 if exponent.startswith("-") else 1
    return float(f"{mantissa}e{sign * int(digits or 0) + power}")


@dataclass(frozen=True, slots=True)
class RateUnit:
    """The unit of a rate constant, for example ``/nM/s``.

    Attributes
    ----------
    order : int
        Order of the reactions it fits: 0 for ``M/s``, 1 for ``/s``, 2 for ``/M/s``.
    power : int
        Power of ten by which it becomes a unit in M.
    seconds : int
        Seconds in its unit of time.
    """

    order: int
    power: int
    seconds: int

    def value(self, number: str) -> float:
        """Return the rate constant in M^(1-order) / s."""
        return scaled(number, self.power) / self.seconds


def rate_unit(text: str, span: Span) -> RateUnit:
    """Read the unit of a rate constant: a concentration or nothing, then ``/`` and a unit, once for the time.

    Parameters
    ----------
    text : str
        For example ``/nM/s`` or ``M / s``.
    span : Span
        Its place, for the message.
    """
    head, *below = (part.strip() for part in text.split("/"))
    wrong = [u for u in [head, *below] if u and u not in CONCENTRATIONS and u not in RATE_TIMES]
    if wrong:
        advice = "minutes are written m" if wrong[0] == "min" else nearest(wrong[0], (*CONCENTRATIONS, *RATE_TIMES))
        raise CircuitError(Diagnostic(f"unknown unit {shown(wrong[0])} in {shown(text)}", span, advice))
    times = [RATE_TIMES[u] for u in below if u in RATE_TIMES]
    if len(times) != 1 or head in RATE_TIMES or "" in below:
        raise CircuitError(
            Diagnostic(
                f"{shown(text)} is not the unit of a rate constant",
                span,
                "write M/s, /s, /M/s or /M/M/s, also with nM, m, h",
            )
        )
    powers = [-CONCENTRATIONS[u] for u in below if u in CONCENTRATIONS] + ([CONCENTRATIONS[head]] if head else [])
    return RateUnit(len(below) - bool(head), sum(powers), times[0])


def concentration(number: str, unit: str, span: Span) -> float:
    """Return a concentration in M; `span` is the place of the unit, for the message."""
    if unit not in CONCENTRATIONS:
        raise CircuitError(_unknown(unit, CONCENTRATIONS, span))
    return scaled(number, CONCENTRATIONS[unit])


def parse_quantity(text: str, dimension: Dimension, source: str = "<quantity>") -> float:
    """Read a quantity with its unit, as it stands on a command line.

    Parameters
    ----------
    text : str
        For example ``50nM``, ``100 µL``, ``72h``.
    dimension : Dimension
        What is expected.
    source : str
        Where the text stands, for the message: the name of the option.

    Returns
    -------
    float
        In M, L, s or /M/s; finite, and not negative unless it is a plain number.
    """

    def fault(message: str, start: int = 0, end: int | None = None, advice: str = "") -> CircuitError:
        return CircuitError(
            Diagnostic(message, Span(source, 1, start + 1, text, max(1, (end or len(text)) - start)), advice)
        )

    begin = len(text) - len(text.lstrip())
    match = NUMBER.match(text, begin)
    if match is None:
        raise fault(
            f"expected {dimension.value}, found {shown(text.strip())}"
            if text.strip()
            else f"expected {dimension.value}",
            begin,
        )
    number, unit = match.group(), text[match.end() :].strip()
    place = text.find(unit, match.end()) if unit else match.end()
    span = Span(source, 1, place + 1, text, max(1, len(unit)))
    value = math.nan
    if dimension is Dimension.NUMBER:
        if unit:
            raise CircuitError(Diagnostic(f"expected a number without a unit, found {shown(unit)} after it", span))
        value = scaled(number)
    elif dimension is Dimension.RATE:
        rate = rate_unit(unit or "/M/s", span)
        if rate.order != 2:
            raise CircuitError(
                Diagnostic(f"expected {dimension.value}; {shown(unit)} fits reactions of order {rate.order}", span)
            )
        value = rate.value(number)
    elif dimension is Dimension.TIME:
        if unit and unit not in TIMES:
            raise CircuitError(_unknown(unit, TIMES, span))
        value = scaled(number) * TIMES[unit or "s"]
    else:
        table = CONCENTRATIONS if dimension is Dimension.CONCENTRATION else VOLUMES
        if not unit:
            raise fault(f"expected {dimension.value}; {shown(number)} has no unit", begin, match.end())
        if unit not in table:
            raise CircuitError(_unknown(unit, table, span))
        value = scaled(number, table[unit])
    if not math.isfinite(value) or (value < 0 and dimension is not Dimension.NUMBER):
        limits = "finite" if dimension is Dimension.NUMBER else "finite and not negative"
        raise fault(f"{shown(number)} is out of range; it must be {limits}", begin, match.end())
    return value


def _unknown(unit: str, table: Mapping[str, int], span: Span) -> Diagnostic:
    """Return the complaint about a unit that is not in the table."""
    units = ", ".join(u for u in table if u.isascii())
    return Diagnostic(f"unknown unit {shown(unit)}", span, nearest(unit, table) or f"known units: {units}")


def format_si(value: float, unit: str) -> str:
    """Write a quantity for people: three digits, the fitting prefix, times in s, min or h.

    Parameters
    ----------
    value : float
        In the given unit.
    unit : str
        Prefixes are used for M, L, mol and g; s becomes min or h from one of them on; any other unit stays as it is.

    Returns
    -------
    str
        ``format_si(5e-8, "M")`` is ``50 nM``, ``format_si(4320, "s")`` is ``1.2 h``.
    """
    if not math.isfinite(value) or value == 0:
        return f"{value:g} {unit}".strip()
    if unit == "s":
        minutes, hours = abs(value) >= 60, abs(value) >= 3600
        value, unit = (value / 3600, "h") if hours else (value / 60, "min") if minutes else (value, "s")
    elif unit in _PREFIXED:
        value = float(f"{value:.3g}")  # rounded first: 999.9 nM is 1 µM, not 1000 nM
        power, prefix = next((p for p in reversed(_PREFIXES) if scaled(repr(abs(value)), -p[0]) >= 1), _PREFIXES[0])
        value, unit = scaled(repr(value), -power), prefix + unit
    digits = f"{value:.0f}" if 100 <= abs(value) < 1e6 else f"{value:.3g}"
    return f"{digits} {unit}".strip()


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table.

    Attributes
    ----------
    source : str
    line : int
        Counted from 1.
    text : str
        The whole line.
    cells : tuple of str
        Without the blanks and the quotes around them.
    columns : tuple of int
        Where each cell begins, counted from 1.
    """

    source: str
    line: int
    text: str
    cells: tuple[str, ...]
    columns: tuple[int, ...]

    def span(self, cell: int) -> Span:
        """Return the place of a cell, or the end of the line for a cell that is missing."""
        if cell >= len(self.cells):
            return Span(self.source, self.line, len(self.text) + 1, self.text)
        return Span(self.source, self.line, self.columns[cell], self.text, max(1, len(self.cells[cell])))

    def number(self, cell: int, what: str) -> float:
        """Return a cell as a finite number; `what` names it in the message."""
        text = self.cells[cell]
        if NUMBER.fullmatch(text) is None:
            raise CircuitError(
                Diagnostic(f"{what} is not a number: {shown(text)}" if text else f"{what} is missing", self.span(cell))
            )
        value = float(text)
        if not math.isfinite(value):
            raise CircuitError(Diagnostic(f"{what} is {shown(text)}; it must be finite", self.span(cell)))
        return value


def read_rows(text: str, source: str) -> Iterator[Row]:
    """Yield the lines of a comma-separated table; empty lines and lines that begin with ``#`` are passed over."""
    for number, line in enumerate(LINE_END.split(text.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        cells: list[str] = []
        columns: list[int] = []
        at = 0
        while (match := _CELL.match(line, at)) is not None:
            quoted = match["quoted"]
            raw = match["plain"] if quoted is None else quoted.replace('""', '"')
            begin = match.start("plain" if quoted is None else "quoted")
            cells.append(raw.strip())
            columns.append(begin + 1 + len(raw) - len(raw.lstrip()) if raw.strip() else begin + 1)
            at = match.end() + 1
            if at > len(line):
                break
        yield Row(source, number, line, tuple(cells), tuple(columns))

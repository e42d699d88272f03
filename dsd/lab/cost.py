"""What an inventory costs by a table of prices that the user can edit.

Here are the table, its reader, and the one rule: every strand goes to the cheapest row that covers its length.
Which strands there are is `dsd.lab.inventory`; how much of each a run consumes, and so which scale to order, is not decided here.
"""

from __future__ import annotations

import datetime
import math
import os
import re
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType
from typing import Final

from crn.diagnostics import CircuitError, Diagnostic, Span
from crn.quantities import LINE_END, Faults, nearest, shown
from crn.text import read_text_file
from dsd.lab.inventory import Group, Inventory, Oligo

ADVICE: Final = "check your quote"
"""Goes with every price that is shown."""
UNVERIFIED: Final = "unverified"
"""The source of a price from memory."""
MAX_NT: Final = 1_000_000
"""Longest strand that a row may cover, in nt."""

_HEADER = re.compile(r"[ \t]*\[\[[ \t]*row[ \t]*\]\][ \t]*(?:#.*)?")
_AT = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_TABLE_KEYS: Final = ("date", "currency", "row")
_TEXT_KEYS: Final = ("vendor", "product", "scale")
_OPTIONAL: Final = ("source", "minimum_strands")
_ROW_KEYS: Final = (*_TEXT_KEYS, "min_nt", "max_nt", "per_base", "date", *_OPTIONAL)


@dataclass(frozen=True, slots=True)
class PriceRow:
    """One product of a vendor.

    Attributes
    ----------
    vendor, product, scale : str
    min_nt, max_nt : int
        The lengths it is sold in, in nt, both included.
    per_base : float
        Price of one base, in the currency of the table.
    date : datetime.date
        When the price was looked up.
    source : str
        Where; empty or ``unverified`` for a price from memory.
    minimum_strands : int
        The fewest strands that can be ordered of it.
    """

    vendor: str
    product: str
    scale: str
    min_nt: int
    max_nt: int
    per_base: float
    date: datetime.date
    source: str = ""
    minimum_strands: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.min_nt <= self.max_nt <= MAX_NT:
            raise ValueError(f"a price for {self.min_nt} to {self.max_nt} nt")
        if not (math.isfinite(self.per_base) and self.per_base >= 0) or self.minimum_strands < 1:
            raise ValueError(f"a price of {self.per_base} a base, from {self.minimum_strands} strands on")

    @property
    def unverified(self) -> bool:
        """Whether nobody has looked the price up."""
        return self.source.strip().casefold() in ("", UNVERIFIED)

    def covers(self, length: int) -> bool:
        """Whether a strand of this length, in nt, can be ordered."""
        return self.min_nt <= length <= self.max_nt

    def __str__(self) -> str:
        return f"{self.vendor} {self.product}, {self.scale}"


@dataclass(frozen=True, slots=True)
class PriceTable:
    """Prices of one currency.

    Attributes
    ----------
    rows : tuple of PriceRow
        At least one.
    currency : str
        For example ``USD``.
    date : datetime.date
        Of the table as a whole.
    """

    rows: tuple[PriceRow, ...]
    currency: str
    date: datetime.date

    def __post_init__(self) -> None:
        if not self.rows or not self.currency:
            raise ValueError("a table of prices has a currency and at least one row")


@dataclass(frozen=True, slots=True)
class PriceLine:
    """What the strands of one group cost together, rounded to hundredths; strands that no row covers are not in it."""

    group: Group
    strands: int
    nucleotides: int
    total: float


@dataclass(frozen=True, slots=True)
class Price:
    """What an inventory costs.

    Attributes
    ----------
    total : float
        Sum of the lines.
    currency : str
    table_date : datetime.date
    unverified : bool
        Whether a price from memory is in the total.
    lines : tuple of PriceLine
        One for each group that occurs.
    rows : tuple of PriceRow
        Those used, in the order of the table.
    objections : tuple of str
        One for each length that no row covers; the total leaves these strands out.
    """

    total: float
    currency: str
    table_date: datetime.date
    unverified: bool
    lines: tuple[PriceLine, ...]
    rows: tuple[PriceRow, ...]
    objections: tuple[str, ...] = ()

    def __str__(self) -> str:
        remarks = ["not verified"] if self.unverified else []
        remarks += ["incomplete"] if self.objections else []
        kind = f" ({', '.join(remarks)})" if remarks else ""
        return f"{self.total:.2f} {self.currency}{kind}, prices of {self.table_date.isoformat()}; {ADVICE}"


def price(inventory: Inventory, table: PriceTable) -> Price:
    """Give every strand to the cheapest row that covers its length, the first of equally cheap ones.

    A row whose minimum is not reached that way is left out and its strands go to the next cheapest; strands are never moved
    to a dearer row to fill a plate, so a quote may be lower.
    """
    rows = list(table.rows)
    while True:
        chosen = [_cheapest(o, rows) for o in inventory.oligos]
        # By identity: two rows may say the same, and each has its own minimum.
        taken = Counter(id(row) for row in chosen if row is not None)
        short = [r for r in rows if 0 < taken[id(r)] < r.minimum_strands]
        if not short:
            break
        # One at a time, the cheapest first: its strands go to dearer rows and may fill one of them.
        dropped = min(short, key=lambda r: r.per_base)
        rows = [r for r in rows if r is not dropped]
    bought = [(o, row) for o, row in zip(inventory.oligos, chosen, strict=True) if row is not None]
    lines = []
    for group in Group:
        mine = [(o, row) for o, row in bought if o.group is group]
        if mine:
            cost = math.fsum(o.length * row.per_base for o, row in mine)
            lines.append(PriceLine(group, len(mine), sum(o.length for o, _ in mine), round(cost, 2)))
    used = tuple(r for r in rows if taken[id(r)])
    return Price(
        round(math.fsum(line.total for line in lines), 2),
        table.currency,
        table.date,
        any(r.unverified for r in used),
        tuple(lines),
        used,
        _objections([o for o, row in zip(inventory.oligos, chosen, strict=True) if row is None]),
    )


def _cheapest(oligo: Oligo, rows: Sequence[PriceRow]) -> PriceRow | None:
    return min((r for r in rows if r.covers(oligo.length)), key=lambda r: r.per_base, default=None)


def _objections(oligos: Sequence[Oligo]) -> tuple[str, ...]:
    """Say which strands cannot be ordered, one sentence for each length."""
    by_length: dict[int, list[str]] = {}
    for oligo in sorted(oligos, key=lambda o: o.length):
        by_length.setdefault(oligo.length, []).append(oligo.name)
    found = []
    for length, names in by_length.items():
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        found.append(f"the table has no price for {length} nt: {', '.join(names[:3])}{more}")
    return tuple(found)


def default_prices() -> PriceTable:
    """Return the table that comes with the program; its prices are rough, and some are from memory."""
    text = resources.files("dsd.lab").joinpath("prices.toml").read_text(encoding="utf-8")
    return parse_prices(text, "prices.toml")


def read_prices(path: str | os.PathLike[str]) -> PriceTable:
    """Return the table in a file of the user's."""
    return parse_prices(read_text_file(path), os.fspath(path))


def parse_prices(text: str, source: str = "<prices>") -> PriceTable:
    """Read a table of prices.

    Parameters
    ----------
    text : str
        TOML; ``prices.toml`` beside this module says which keys there are.
    source : str
        Name of the file.

    Raises
    ------
    CircuitError
        With every fault of the table, and its line as far as it can be told.
    """
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # ValueError: also a number of too many digits
        raise CircuitError(_syntax(error, text, source)) from None
    reader = _Reader(source, text)
    for key in data:
        if key not in _TABLE_KEYS:
            reader.fault(f"unknown key {shown(key)}", None, key, nearest(key, _TABLE_KEYS))
    currency = reader.text(data, None, "currency")
    date = reader.date(data, None, "date")
    listed = data.get("row")
    if not isinstance(listed, list) or not listed or not all(isinstance(r, dict) for r in listed):
        reader.fault("there are no rows", None, "row", "write [[row]] and below it vendor, product, scale and so on")
        listed = []
    reader.locate(len(listed))
    rows = [reader.row(row, number) for number, row in enumerate(listed)]
    reader.faults.raise_if_any()
    return PriceTable(tuple(r for r in rows if r is not None), currency, date)


def _syntax(error: Exception, text: str, source: str) -> Diagnostic:
    """Return what is wrong with a text that is not TOML."""
    message = str(error)
    match = _AT.search(message)
    if match is None:
        return Diagnostic(f"not a table of prices: {type(error).__name__}", Span(source, 1, 1))
    lines = text.split("\n")
    number = int(match[1]) if match[1] else len(lines)
    line = lines[number - 1] if number <= len(lines) else ""
    column = int(match[2]) if match[2] else len(line) + 1
    return Diagnostic(f"not a table of prices: {message[: match.start()]}", Span(source, number, column, line))


class _Reader:
    """Checks a table key by key and remembers the faults, with the lines they stand in."""

    def __init__(self, source: str, text: str) -> None:
        self.source = source
        self.lines = LINE_END.split(text)
        self.faults = Faults()
        self.starts: Sequence[int] = [i for i, line in enumerate(self.lines) if _HEADER.fullmatch(line)]
        self.headers: Mapping[int, int] = MappingProxyType({})

    def locate(self, count: int) -> None:
        """Note where the rows begin; if the text has another number of headers than of rows, nobody can tell."""
        if len(self.starts) == count:
            self.headers = MappingProxyType(dict(enumerate(self.starts)))

    def fault(self, message: str, row: int | None, key: str, advice: str = "") -> None:
        """Record a fault of a key, in row number `row` or outside of the rows."""
        begin, end = 0, (self.starts[0] if self.starts else len(self.lines))
        if row is not None:
            if row not in self.headers:
                self.faults.add(f"row {row + 1}: {message}", Span(self.source, 1, 1), advice)
                return
            begin = self.headers[row]
            end = self.headers.get(row + 1, len(self.lines))
        pattern = re.compile(rf"[ \t]*({re.escape(key)}|\"{re.escape(key)}\")[ \t]*=")
        for number in range(begin, end):
            if match := pattern.match(self.lines[number]):
                line = self.lines[number]
                span = Span(self.source, number + 1, match.start(1) + 1, line, len(match[1]))
                self.faults.add(message, span, advice)
                return
        line = self.lines[begin] if row is not None else ""
        self.faults.add(message, Span(self.source, begin + 1, 1, line, max(1, len(line))), advice)

    def row(self, row: Mapping[str, object], number: int) -> PriceRow | None:
        """Return one row, or None if it has a fault."""
        before = len(self.faults.found)
        for key in row:
            if key not in _ROW_KEYS:
                self.fault(f"unknown key {shown(key)}", number, key, nearest(key, _ROW_KEYS))
        vendor, product, scale = (self.text(row, number, key) for key in _TEXT_KEYS)
        so_far = len(self.faults.found)
        least, most = self.whole(row, number, "min_nt", MAX_NT), self.whole(row, number, "max_nt", MAX_NT)
        if len(self.faults.found) == so_far and least > most:
            self.fault(f"min_nt is {least}, more than max_nt, {most}", number, "min_nt")
        per_base = self.amount(row, number, "per_base")
        date = self.date(row, number, "date")
        source = self.text(row, number, "source") if "source" in row else ""
        minimum = self.whole(row, number, "minimum_strands", 10**6) if "minimum_strands" in row else 1
        if len(self.faults.found) > before:
            return None
        return PriceRow(vendor, product, scale, least, most, per_base, date, source, minimum)

    def text(self, data: Mapping[str, object], row: int | None, key: str) -> str:
        """Return a text that is not empty."""
        value = data.get(key)
        if isinstance(value, str) and value.strip() and value.isprintable():
            return value
        self.fault(_wrong(data, key, "a text in one line"), row, key)
        return "?"

    def whole(self, data: Mapping[str, object], row: int | None, key: str, most: int) -> int:
        """Return a whole number from 1 on."""
        value = data.get(key)
        if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= most:
            return value
        self.fault(_wrong(data, key, f"a whole number from 1 to {most}"), row, key)
        return 1

    def amount(self, data: Mapping[str, object], row: int | None, key: str) -> float:
        """Return a number that is finite and not negative."""
        value = data.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1e9:
            return float(value)
        self.fault(_wrong(data, key, "a number from 0 to 1e9"), row, key)
        return 0.0

    def date(self, data: Mapping[str, object], row: int | None, key: str) -> datetime.date:
        """Return a day."""
        value = data.get(key)
        if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
            return value
        self.fault(_wrong(data, key, "a day such as 2026-01-31, without quotes"), row, key)
        return datetime.date.min


def _wrong(data: Mapping[str, object], key: str, wanted: str) -> str:
    """Return what is wrong with a value that is not what it should be."""
    if key not in data:
        return f"{key} is missing; it is {wanted}"
    try:
        value = shown(str(data[key]))
    except ValueError:  # hexadecimal integers may be too long for the decimal system
        value = "too large a number"
    return f"{key} is {value}; it must be {wanted}"

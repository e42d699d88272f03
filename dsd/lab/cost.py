"""What an inventory costs by a table of prices that the user can edit.

Here are the table, its reader, and the one rule: every strand goes to the cheapest row that covers its length.
Which strands there are is `dsd.lab.inventory`; how much of each a run consumes, and so which scale to order, is not decided here.
"""

from __future__ import annotations

import datetime
import math
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Final

from crn.text import read_text_file
from dsd.lab.inventory import Group, Inventory, Oligo
from dsd.lab.tables import Place, TableReader, load_toml

ADVICE: Final = "check your quote"
"""Goes with every price that is shown."""
UNVERIFIED: Final = "unverified"
"""The source of a price from memory."""
MAX_NT: Final = 1_000_000
"""Longest strand that a row may cover, in nt."""

TABLE_KEYS: Final = ("date", "currency", "row", "scale", "purification", "modification")
"""What may stand in a file of prices; what is ordered by is read in `dsd.lab.scales`."""
_TEXT_KEYS: Final = ("vendor", "product", "scale")
_OPTIONAL: Final = ("source", "minimum_strands")
_ROW_KEYS: Final = (*_TEXT_KEYS, "min_nt", "max_nt", "per_base", "date", *_OPTIONAL)


def without_source(source: str) -> bool:
    """Whether a figure is from memory, as its source says."""
    return source.strip().casefold() in ("", UNVERIFIED)


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
        return without_source(self.source)

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
    data = load_toml(text, source, "a table of prices")
    reader = TableReader(source, text, data, TABLE_KEYS)
    currency = reader.text(data, None, "currency")
    date = reader.date(data, None, "date")
    listed = reader.array("row", "write [[row]] and below it vendor, product, scale and so on")
    rows = [_row(reader, entry, place) for place, entry in listed]
    reader.faults.raise_if_any()
    return PriceTable(tuple(r for r in rows if r is not None), currency, date)


def _row(reader: TableReader, row: Mapping[str, object], place: Place) -> PriceRow | None:
    """Return one row, or None if it has a fault."""
    before = len(reader.faults.found)
    reader.check_keys(row, place, _ROW_KEYS)
    vendor, product, scale = (reader.text(row, place, key) for key in _TEXT_KEYS)
    least, most = reader.lengths(row, place, MAX_NT)
    per_base = reader.amount(row, place, "per_base")
    date = reader.date(row, place, "date")
    source = reader.text(row, place, "source") if "source" in row else ""
    minimum = reader.whole(row, place, "minimum_strands", 10**6) if "minimum_strands" in row else 1
    if len(reader.faults.found) > before:
        return None
    return PriceRow(vendor, product, scale, least, most, per_base, date, source, minimum)

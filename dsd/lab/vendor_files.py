"""What a vendor sends back: certificates of analysis and plate specifications, read to what really is in the tubes.

Read are IDT's certificate of analysis (.csv) and plate specification (.xlsx), and a plain table of stocks with the columns
``Name``, ``Plate``, ``Well``, ``Concentration (nM)``, ``Sequence``, which riverine reads and writes too. Names and sequences are
held against what was ordered, and every fault is told with its place.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from crn.diagnostics import CircuitError, Span
from crn.quantities import CONCENTRATIONS, NUMBER, VOLUMES, Faults, Row, nearest, scaled, shown
from dsd.lab.mixing import Liquid
from dsd.lab.plates import canonical_well
from dsd.lab.workbook import read_sheets
from dsd.sequences.assignment import Sequences

_PLACES: Final[Mapping[str, Sequence[str]]] = MappingProxyType(
    {
        "name": ("sequence name", "name"),
        "sequence": ("sequence",),
        "nmol": ("nmoles",),
        "well": ("well position", "well"),
        "plate": ("plate name", "plate"),
    }
)
_CONCENTRATIONS: Final = (
    ("conc", ""),
    ("measured concentration \N{MICRO SIGN}m", "uM"),
    ("concentration (nm)", "nM"),
)
_VOLUMES: Final = (("volume", ""), ("final volume \N{MICRO SIGN}l", "uL"))
_MOLES: Final[Mapping[str, int]] = MappingProxyType({"nmol": 0, "nmoles": 0, "pmol": -3, "umol": 3})
_CODE: Final = re.compile(r"/[^/]*/")
_QUANTITY: Final = re.compile(rf"({NUMBER.pattern})\s*([^\s\d]*)", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True)
class Delivered:
    """One strand as it came.

    Attributes
    ----------
    name : str
    nmol : float or None
        How much; None where the file does not say.
    concentration_M, volume_L : float or None
        Where it came dissolved; None for a dry strand.
    plate, well : str
    span : Span
        Where it stands in the file.
    """

    name: str
    nmol: float | None
    concentration_M: float | None
    volume_L: float | None
    plate: str
    well: str
    span: Span


@dataclass(frozen=True, slots=True)
class Stock:
    """A strand ready to be drawn from.

    Attributes
    ----------
    liquid : Liquid
        With the true concentration.
    nmol : float or None
    added_L : float
        What a dry strand is to be dissolved in; 0 for one that came dissolved.
    assumed : bool
        Whether the concentration is what was ordered for, and not what came.
    """

    liquid: Liquid
    nmol: float | None = None
    added_L: float = 0.0
    assumed: bool = False


def read_delivery(data: bytes, source: str, sequences: Sequences, pieces: Mapping[str, str]) -> tuple[Delivered, ...]:
    """Read a file of a vendor, or a table of stocks.

    Parameters
    ----------
    data : bytes
        A workbook, or a table in UTF-8 or Latin-1.
    source : str
        Name of the file.
    sequences : Sequences
        What was ordered.
    pieces : mapping of str to str
        Names that were ordered, to those of the strands, where the two differ.

    Raises
    ------
    CircuitError
        With all faults: columns that are missing, strands that nobody ordered, other sequences, numbers that are none.
    """
    faults = Faults()
    tables = [_table(rows, f"{source} [{title}]") for title, rows in read_sheets(data, source)] if _zipped(data) else []
    tables = tables or [_csv_rows(data, source)]
    found: list[Delivered] = []
    for rows in tables:
        found += _read_table(rows, source, sequences, pieces, faults)
    faults.raise_if_any()
    return tuple(found)


def stocks_of(delivered: Iterable[Delivered], pieces: Mapping[str, str], target_M: float = 100e-6) -> dict[str, Stock]:
    """Return the stocks, by the names of the strands.

    A strand that came dissolved is used as it is; a dry one is dissolved in whole microlitres, so that its concentration is the
    target or a little less. Several deliveries of one strand are pooled.

    Parameters
    ----------
    delivered : iterable of Delivered
    pieces : mapping of str to str
        See `read_delivery`.
    target_M : float
        For dry strands.

    Raises
    ------
    CircuitError
        If a strand is neither dissolved nor said to be of any amount.
    """
    faults = Faults()
    found: dict[str, list[tuple[Delivered, Stock]]] = {}
    for each in delivered:
        name = pieces.get(each.name, each.name)
        if each.concentration_M:
            liquid = Liquid(name, each.concentration_M, plate=each.plate, well=each.well)
            found.setdefault(name, []).append((each, Stock(liquid, each.nmol)))
        elif each.nmol:
            added = max(1.0, math.ceil(each.nmol * 1e-3 / target_M - 1e-9)) * 1e-6
            liquid = Liquid(name, each.nmol * 1e-9 / added, plate=each.plate, well=each.well)
            found.setdefault(name, []).append((each, Stock(liquid, each.nmol, added)))
        else:
            faults.add(f"{each.name} has neither an amount nor a concentration", each.span)
    faults.raise_if_any()
    return {name: _pooled(name, parts) for name, parts in found.items()}


def assumed_stocks(
    sequences: Sequences, placed: Mapping[str, tuple[str, str]], target_M: float = 100e-6
) -> dict[str, Stock]:
    """Return the stocks that there will be when everything is dissolved at one concentration.

    Parameters
    ----------
    sequences : Sequences
    placed : mapping of str to (str, str)
        Plate and well of those strands that come on plates.
    target_M : float
    """
    return {
        s.name: Stock(Liquid(s.name, target_M, False, *placed.get(s.name, ("", ""))), assumed=True)
        for s in sequences.strands
    }


def _pooled(name: str, parts: Sequence[tuple[Delivered, Stock]]) -> Stock:
    if len(parts) == 1:
        return parts[0][1]
    volumes = [s.added_L or d.volume_L or 0.0 for d, s in parts]
    if not all(volumes):
        # Without a volume nobody can say what a pool has; the first is as good as any.
        return parts[0][1]
    moles = math.fsum(s.liquid.concentration_M * v for (_, s), v in zip(parts, volumes, strict=True))
    total = math.fsum(volumes)
    first = parts[0][1]
    liquid = Liquid(name, moles / total, plate=first.liquid.plate, well=first.liquid.well)
    return Stock(liquid, moles * 1e9, math.fsum(s.added_L for _, s in parts))


def _zipped(data: bytes) -> bool:
    return data.startswith(b"PK")


def _csv_rows(data: bytes, source: str) -> list[Row]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    try:
        cells = list(enumerate(csv.reader(io.StringIO(text)), 1))
    except csv.Error as error:
        raise CircuitError(f"{source} is not a table: {error}") from None
    return [_row(source, n, row) for n, row in cells if any(c.strip() for c in row) and not row[0].startswith("#")]


def _table(rows: Sequence[Sequence[Any]], source: str) -> list[Row]:
    texts = [["" if c is None else str(c) for c in row] for row in rows]
    return [_row(source, number, row) for number, row in enumerate(texts, 1) if any(c.strip() for c in row)]


def _row(source: str, number: int, cells: Sequence[str]) -> Row:
    columns, at = [], 1
    for cell in cells:
        columns.append(at)
        at += len(cell) + 1
    return Row(source, number, ",".join(cells), tuple(c.strip() for c in cells), tuple(columns))


def _read_table(
    rows: Sequence[Row], source: str, sequences: Sequences, pieces: Mapping[str, str], faults: Faults
) -> list[Delivered]:
    if not rows:
        faults.add("an empty table", Span(source, 1, 1))
        return []
    header = [_folded(c) for c in rows[0].cells]
    place = {key: next((header.index(w) for w in words if w in header), None) for key, words in _PLACES.items()}
    strength = next(((header.index(w), unit) for w, unit in _CONCENTRATIONS if w in header), None)
    volume = next(((header.index(w), unit) for w, unit in _VOLUMES if w in header), None)
    if place["name"] is None or (place["nmol"] is None and strength is None):
        faults.add(
            "neither a certificate of analysis nor a plate specification nor a table of stocks",
            rows[0].span(0),
            "there have to be columns for names (Sequence Name, Name) and for amounts or concentrations",
        )
        return []
    found: list[Delivered] = []
    seen: dict[str, Span] = {}
    for row in rows[1:]:
        before = len(faults.found)
        name = _cell(row, place["name"])
        if not name:
            continue
        span = row.span(place["name"])
        _check_strand(row, name, place, sequences, pieces, faults)
        if name in seen:
            faults.add(f"{name} stands in the file twice", span)
        seen[name] = span
        nmol = _number(row, (place["nmol"], "nmol"), _MOLES, "the amount", faults)
        conc = _number(row, strength, CONCENTRATIONS, "the concentration", faults)
        litres = _number(row, volume, VOLUMES, "the volume", faults)
        well = _cell(row, place["well"])
        try:
            well = canonical_well(well) if well else ""
        except ValueError:
            faults.add(f"not a well: {shown(well)}", row.span(place["well"] or 0))
        if len(faults.found) == before:
            found.append(Delivered(name, nmol, conc or None, litres or None, _cell(row, place["plate"]), well, span))
    return found


def _folded(title: str) -> str:
    """Return the title of a column without what differs between files: case, blanks at the ends, and the two letters mu."""
    return title.strip().casefold().replace("\N{GREEK SMALL LETTER MU}", "\N{MICRO SIGN}")


def _cell(row: Row, place: int | None) -> str:
    return row.cells[place] if place is not None and place < len(row.cells) else ""


def _check_strand(
    row: Row,
    name: str,
    place: Mapping[str, int | None],
    sequences: Sequences,
    pieces: Mapping[str, str],
    faults: Faults,
) -> None:
    """Hold the name and the sequence of a row against what was ordered."""
    strand = pieces.get(name, name)
    if strand not in sequences.by_name:
        faults.add(f"{shown(name)} was not ordered", row.span(place["name"] or 0), nearest(name, sequences.by_name))
        return
    text = "".join(_CODE.sub("", _cell(row, place["sequence"])).split()).upper()
    ordered = sequences.sequence(strand)
    if text and text != ordered:
        faults.add(f"{name} reads {text}, and {ordered} was ordered", row.span(place["sequence"] or 0))


def _number(
    row: Row, column: tuple[int | None, str] | None, units: Mapping[str, int], what: str, faults: Faults
) -> float | None:
    """Return a cell in M, L or nmol, None if it is empty; a cell without a unit has that of its column."""
    place, unit = column or (None, "")
    text = _cell(row, place)
    if not text or place is None:
        return None
    match = _QUANTITY.fullmatch(text)
    given = (match[2] or unit) if match else ""
    if match is None or not math.isfinite(float(match[1])) or float(match[1]) < 0:
        faults.add(f"{what} is {shown(text)}; it must be a number that is not negative", row.span(place))
    elif given not in units:
        advice = f"units: {', '.join(u for u in units if u.isascii())}"
        faults.add(f"{what} has {shown(given) if given else 'no'} unit: {shown(text)}", row.span(place), advice)
    else:
        return scaled(match[1], units[given])
    return None

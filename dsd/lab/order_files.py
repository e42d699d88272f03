"""The files of an order: a workbook of plates and a list of tubes as IDT takes them, a table for other vendors, and the prices.

The formats are those that IDT's upload pages take (columns as scadnano and riverine write and read them). What is ordered was
decided in `dsd.lab.orders`; the picture of a plate is in `dsd.lab.plate_map`.
"""

from __future__ import annotations

import csv
import io
import string
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from crn.diagnostics import CircuitError, Diagnostic, Span
from crn.quantities import Faults, nearest
from dsd.lab.cost import UNVERIFIED
from dsd.lab.orders import Line, Order
from dsd.lab.tables import load_toml
from dsd.lab.workbook import Cell, sheet_title, write_workbook

PLATE_HEADER: Final = ("Well Position", "Name", "Sequence")
FIELDS: Final = (
    "name", "sequence", "bases", "five_prime", "three_prime", "length_nt", "scale", "purification", "vessel", "plate", "well",
    "group", "domains", "need_nmol", "guaranteed_nmol",
)  # fmt: skip
"""What a mapping may name in braces; `sequence` has the codes of modifications in it, `bases` has not."""
_TRANSLATED: Final = ("five_prime", "three_prime", "scale", "purification")
_DEFAULT: Final = tuple((f, f"{{{f}}}") for f in FIELDS)


@dataclass(frozen=True)
class TableForm:
    """How a table for another vendor looks.

    Attributes
    ----------
    columns : tuple of (str, str)
        Titles, and what stands below them: a text with names of `FIELDS` in braces.
    values : tuple of (str, tuple of (str, str))
        For a field, what the vendor calls each of its values.
    delimiter : str
    header : bool
    """

    columns: tuple[tuple[str, str], ...] = _DEFAULT
    values: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()
    delimiter: str = ","
    header: bool = True


def plates_workbook(order: Order) -> bytes:
    """Return the plates as a workbook: a sheet each, called like the plate.

    Raises
    ------
    CircuitError
        If nothing comes on a plate, or two names of plates are one when cut to what a sheet may be called.
    """
    if not order.plates:
        raise CircuitError(
            Diagnostic(
                "no strand of this order comes on a plate", advice="use --format idt-tube, or order more strands"
            )
        )
    titles = [sheet_title(p.name) for p in order.plates]
    if len(set(titles)) < len(titles):
        raise CircuitError(f"the names of the plates are too long for a workbook: {', '.join(titles)}")
    lines = order.by_piece
    sheets: list[tuple[str, list[Sequence[Cell]]]] = []
    for plate in order.plates:
        rows: list[Sequence[Cell]] = [PLATE_HEADER]
        rows += [(well, name, lines[name].sequence) for well, name in plate.wells]
        sheets.append((plate.name, rows))
    return write_workbook(sheets)


def tube_list(order: Order) -> str:
    """Return what comes in tubes as lines of name, sequence, scale and purification, without a header."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    lines = order.by_piece
    for name in order.tubes:
        line = lines[name]
        table.writerow((name, line.sequence, line.choice.scale.code, line.choice.purification.code))
    return text.getvalue()


def order_table(order: Order, mapping: TableForm = TableForm()) -> str:
    """Return all strands as a table for any vendor.

    Raises
    ------
    CircuitError
        If the mapping gives no word for a value that occurs.
    """
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n", delimiter=mapping.delimiter)
    if mapping.header:
        table.writerow([title for title, _ in mapping.columns])
    missing: dict[tuple[str, str], None] = {}
    for row in _rows(order):
        for field, pairs in mapping.values:
            words = dict(pairs)
            if row[field] in words:
                row[field] = words[row[field]]
            elif row[field]:
                missing[field, row[field]] = None
        row["sequence"] = f"{row['five_prime']}{row['bases']}{row['three_prime']}"
        table.writerow([template.format_map(row) for _, template in mapping.columns])
    if missing:
        raise CircuitError(
            Diagnostic(f"the mapping has no word for {field} {value}", advice=f"add it to [values.{field}]")
            for field, value in missing
        )
    return text.getvalue()


def price_table(order: Order) -> str:
    """Return what each strand costs and why, with the totals in lines that begin with ``#``."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(
        (
            "name", "length_nt", "need_nmol", "guaranteed_nmol", "copies", "product", "scale", "purification",
            f"price_{order.currency}", "source",
        )
    )  # fmt: skip
    for line in order.lines:
        choice = line.choice
        source = UNVERIFIED if choice.unverified else choice.scale.source
        figures = (_figure(line.need_nmol), _figure(choice.guaranteed_nmol), choice.copies)
        product = f"{choice.scale.vendor} {choice.scale.product}"
        table.writerow(
            (
                line.strand.name, line.strand.strand.length, *figures, product, choice.scale.code, choice.purification.code,
                f"{choice.price:.2f}", source,
            )
        )  # fmt: skip
    text.write(f"# {order.price_words}\n")
    for objection in order.objections:
        text.write(f"# {objection}\n")
    return text.getvalue()


def order_words(order: Order, header: str, form: str) -> str:
    """Return what a person needs to place the order: what goes where, at which scale, by which rules, for how much.

    Parameters
    ----------
    order : Order
    header : str
        How it was made.
    form : str
        The format of the files, ``idt-plate``, ``idt-tube`` or ``csv``.
    """
    lines = [
        "# The order",
        "",
        header,
        "",
        f"{len(order.lines)} strands for {order.runs} runs. {order.price_words}.",
        "",
    ]
    by_piece = order.by_piece
    if order.plates:
        where = "a sheet of plates.xlsx each" if form == "idt-plate" else "see the columns plate and well of order.csv"
        lines += [
            f"## Plates ({where})",
            "",
            "| plate | strands | product | scale | purification |",
            "|---|---|---|---|---|",
        ]
        for plate in order.plates:
            choice = by_piece[plate.wells[0][1]].choice
            product = f"{choice.scale.vendor} {choice.scale.product}"
            lines.append(
                f"| {plate.name} | {len(plate.wells)} | {product} | {choice.scale.code} | {choice.purification.code} |"
            )
        lines += [
            "",
            "Ask for dry strands, or for one concentration in TE; either is read back by `strandwright mix --stock`.",
            "",
        ]
    if order.tubes:
        lines += [f"## Tubes ({'order.csv' if form == 'csv' else 'tubes.csv'}: {len(order.tubes)})", ""]
        kinds: dict[tuple[str, str, str], int] = {}
        for name in order.tubes:
            choice = by_piece[name].choice
            kind = (f"{choice.scale.vendor} {choice.scale.product}", choice.scale.code, choice.purification.code)
            kinds[kind] = kinds.get(kind, 0) + 1
        lines += ["| product | scale | purification | tubes |", "|---|---|---|---|"]
        lines += [f"| {product} | {scale} | {cleaning} | {n} |" for (product, scale, cleaning), n in kinds.items()]
        lines.append("")
    lines += [
        "## Rules",
        "",
        "* Need: runs x volume x concentration x (1 + top-ups) / yield of the purified gates, summed over all gates with a strand.",
        "* Purification: the first row of the table of prices for strands of that length, with or without a modification.",
        "* Scale: the cheapest whose guaranteed yield, after what the purification takes, covers the need; a strand that no scale "
        "yields enough of is ordered more than once.",
        "* Plates: a kind of plate is used if that makes the whole order cheaper; one that would stand below its minimum is filled "
        "with the strands that cost least to move, and the last of several plates takes wells from the one before.",
    ]
    lines += ["", "## Notes", "", *(f"* {o}" for o in order.objections)] if order.objections else []
    if order.at_hand:
        lines += ["", f"At hand, and not ordered: {', '.join(order.at_hand)}."]
    return "\n".join(lines) + "\n"


def read_mapping(text: str, source: str) -> TableForm:
    """Read a mapping.

    Parameters
    ----------
    text : str
        TOML: ``delimiter`` and ``header`` if wanted, ``[columns]`` with titles and texts such as ``"{name}"``, and for a field
        whose values the vendor calls otherwise ``[values.scale]`` with ``25nm = "0.025"`` and the like.
    source : str
        Name of the file.

    Raises
    ------
    CircuitError
        With all faults.
    """
    data = load_toml(text, source, "a mapping")
    faults = Faults()
    lines = text.split("\n")

    def fault(message: str, word: str, advice: str = "") -> None:
        number = next((i for i, line in enumerate(lines) if word and word in line), 0)
        line = lines[number]
        column = max(0, line.find(word)) if word else 0
        faults.add(message, Span(source, number + 1, column + 1, line, max(1, len(word))), advice)

    known = ("delimiter", "header", "columns", "values")
    for key in data:
        if key not in known:
            fault(f"unknown key {key!r}", key, nearest(key, known))
    delimiter, header = data.get("delimiter", ","), data.get("header", True)
    if not isinstance(delimiter, str) or len(delimiter) != 1:
        fault("delimiter is a single character", "delimiter")
    if not isinstance(header, bool):
        fault("header is true or false", "header")
    columns = data.get("columns")
    if not isinstance(columns, dict) or not columns:
        fault("there are no columns", "columns", 'write [columns] and below it lines such as "Oligo name" = "{name}"')
        columns = {}
    for title, template in columns.items():
        if not isinstance(template, str):
            fault(f"what stands below {title!r} is a text", title)
            continue
        for field in _fields(template):
            if field not in FIELDS:
                fault(
                    f"there is no field {field!r}",
                    template,
                    nearest(field or "", FIELDS) or f"fields: {', '.join(FIELDS)}",
                )
    values = data.get("values", {})
    if not isinstance(values, dict):
        fault("values are tables such as [values.scale]", "values")
        values = {}
    for field, words in values.items():
        if field not in _TRANSLATED:
            fault(f"values of {field!r} cannot be replaced", field, f"those of {', '.join(_TRANSLATED)} can")
        elif not isinstance(words, dict) or not all(isinstance(w, str) for w in words.values()):
            fault(f'[values.{field}] has lines such as 25nm = "0.025"', field)
    faults.raise_if_any()
    return TableForm(
        tuple(columns.items()),
        tuple((field, tuple(words.items())) for field, words in values.items()),
        delimiter,
        header,
    )


def _fields(template: str) -> list[str | None]:
    """Return the names in braces; None where the text is no template."""
    try:
        return [field for _, field, spec, how in string.Formatter().parse(template) if field is not None or spec or how]
    except ValueError:
        return [None]


def _rows(order: Order) -> Iterable[dict[str, str]]:
    place = {name: (plate.name, well) for plate in order.plates for well, name in plate.wells}
    for line in order.lines:
        for piece in line.pieces:
            plate, well = place.get(piece, ("", ""))
            yield _row(line, piece, plate, well)


def _row(line: Line, piece: str, plate: str, well: str) -> dict[str, str]:
    choice = line.choice
    return {
        "name": piece,
        "sequence": line.sequence,
        "bases": line.bases,
        "five_prime": line.strand.five_prime,
        "three_prime": line.strand.three_prime,
        "length_nt": str(len(line.bases)),
        "scale": choice.scale.code,
        "purification": choice.purification.code,
        "vessel": choice.scale.vessel.value,
        "plate": plate,
        "well": well,
        "group": line.group,
        "domains": str(line.strand.strand),
        "need_nmol": _figure(line.need_nmol),
        "guaranteed_nmol": _figure(choice.guaranteed_nmol),
    }


def _figure(value: float) -> str:
    return f"{value:.4g}"

"""Workbooks: sheets of cells written as .xlsx, the same bytes each time, and read back.

What stands in the cells is the business of `dsd.lab.orders` and `dsd.lab.vendor_files`.
"""

from __future__ import annotations

import datetime
import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from typing import Any, Final

from crn.diagnostics import CircuitError

Cell = str | int | float
DAY: Final = datetime.datetime(2000, 1, 1)
"""Stands where a workbook says when it was made, so that two of the same content are the same."""

_MODIFIED: Final = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*(</dcterms:modified>)")
_LONGEST_TITLE: Final = 31
_NOT_IN_TITLES: Final = re.compile(r"[\[\]:*?/\\]")


def sheet_title(text: str) -> str:
    """Return a text as the title of a sheet may be: without the characters that are not allowed, 31 at the most."""
    return _NOT_IN_TITLES.sub("_", text)[:_LONGEST_TITLE] or "sheet"


def write_workbook(sheets: Iterable[tuple[str, Sequence[Sequence[Cell]]]]) -> bytes:
    """Return a workbook.

    Parameters
    ----------
    sheets : iterable of (str, sequence of rows)
        Titles, which have to differ, with their cells; at least one sheet.
    """
    from openpyxl import Workbook  # takes a quarter of a second to load, which few runs need

    book = Workbook()
    first = book.active
    assert first is not None, "a new workbook has a sheet"
    book.remove(first)
    for title, rows in sheets:
        sheet = book.create_sheet(sheet_title(title))
        for row in rows:
            sheet.append(list(row))
        widths = [max(len(str(c)) for c in column) for column in zip(*rows, strict=True)]
        for number, width in enumerate(widths):
            sheet.column_dimensions[chr(ord("A") + number)].width = width + 2
    book.properties.created = DAY
    book.properties.creator = "strandwright"
    found = io.BytesIO()
    book.save(found)
    return _without_times(found.getvalue())


def read_sheets(data: bytes, source: str) -> list[tuple[str, list[list[Any]]]]:
    """Return the sheets of a workbook with the values of their cells, empty rows at the end left out.

    Raises
    ------
    CircuitError
        If it is none.
    """
    from openpyxl import load_workbook

    try:
        book = load_workbook(io.BytesIO(data), data_only=True)
        found = [(s.title, [list(r) for r in s.iter_rows(values_only=True)]) for s in book.worksheets]
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile, SyntaxError) as error:
        raise CircuitError(f"{source} is not a workbook (.xlsx): {error}") from None
    for _, rows in found:
        while rows and all(c is None for c in rows[-1]):
            rows.pop()
    return found


def _without_times(data: bytes) -> bytes:
    """Return a workbook in which nothing says when it was written."""
    found = io.BytesIO()
    moment = DAY.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(found, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist()):
            content = old.read(name)
            if name == "docProps/core.xml":
                content = _MODIFIED.sub(rb"\g<1>" + moment + rb"\g<2>", content)
            entry = zipfile.ZipInfo(name, DAY.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(entry, content)
    return found.getvalue()

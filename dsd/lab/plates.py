"""Plates: which strand stands in which well, how the last plates are evened out, and the map of a plate as a picture.

Wells are called as the vendor calls them, A1 and not A01. What is ordered, and in which file, is the business of `dsd.lab.orders`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

_WELL: Final = re.compile(r"([A-Pa-p])0*([1-9][0-9]?)")

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class PlateFormat:
    """A kind of plate.

    Attributes
    ----------
    rows, columns : int
    minimum : int
        Fewer strands than this on a plate are charged extra.
    """

    rows: int = 8
    columns: int = 12
    minimum: int = 24

    def __post_init__(self) -> None:
        if not (1 <= self.rows <= 16 and 1 <= self.columns <= 24 and 1 <= self.minimum <= self.rows * self.columns):
            raise ValueError(f"no plate is like this: {self}")

    @property
    def size(self) -> int:
        """Number of wells."""
        return self.rows * self.columns

    def well(self, number: int, *, by_rows: bool = False) -> str:
        """Return the name of a well, counted from 0 down the columns, or along the rows."""
        if not 0 <= number < self.size:
            raise ValueError(f"a plate of {self.size} wells has no well {number + 1}")
        row, column = divmod(number, self.columns) if by_rows else divmod(number, self.rows)[::-1]
        return f"{chr(ord('A') + row)}{column + 1}"


PLATE_96: Final = PlateFormat()
PLATE_384: Final = PlateFormat(16, 24, 96)


@dataclass(frozen=True, slots=True)
class Plate:
    """A plate: its name, and who stands in which well, in the order in which the wells are filled."""

    name: str
    wells: tuple[tuple[str, str], ...]
    format: PlateFormat = PLATE_96

    def __post_init__(self) -> None:
        if len({w for w, _ in self.wells}) < len(self.wells):
            raise ValueError(f"two strands in one well of {self.name}")


def canonical_well(text: str) -> str:
    """Return the name of a well without padding, ``A1`` for ``A01``; a text that is no well is a `ValueError`."""
    match = _WELL.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"not a well: {text!r}")
    return f"{match[1].upper()}{match[2]}"


def shares(count: int, kind: PlateFormat = PLATE_96) -> tuple[int, ...]:
    """Return how many strands stand on each plate.

    Plates are filled one after the other. Where fewer strands than the minimum are left for the last one, it gets as many as the
    minimum, and the one before has fewer, if that leaves it enough; a single plate cannot be helped.
    """
    full, rest = divmod(count, kind.size)
    found = [kind.size] * full + ([rest] if rest else [])
    missing = kind.minimum - rest
    if full and rest and 0 < missing <= kind.size - kind.minimum:
        found[-2:] = [kind.size - missing, kind.minimum]
    return tuple(found)


def fill(
    names: Sequence[str], title: str, kind: PlateFormat = PLATE_96, *, by_rows: bool = False, first: int = 1
) -> tuple[Plate, ...]:
    """Put strands on plates called `title` with a number from `first` on."""
    found, begin = [], 0
    for number, count in enumerate(shares(len(names), kind), first):
        mine = names[begin : begin + count]
        wells = tuple((kind.well(i, by_rows=by_rows), name) for i, name in enumerate(mine))
        found.append(Plate(f"{title}{number}", wells, kind))
        begin += count
    return tuple(found)

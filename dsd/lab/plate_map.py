"""The map of a plate as a picture: who stands in which well, coloured by what it is for, modified strands with a ring.

The picture is SVG text and the same bytes each time. Which strand stands where was decided in `dsd.lab.plates`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final
from xml.sax.saxutils import escape

from dsd.lab.plates import Plate

_CELL_WIDTH: Final = 92.0
_CELL_HEIGHT: Final = 46.0
_LEFT: Final = 34.0
_TOP: Final = 62.0
_FONT: Final = 9.0
_LETTER: Final = 5.45
"""Width of a letter of a typewriter face at that height, in pixels."""
_INK: Final = "#24292f"
COLOURS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "signal": "#cfe3f7",
        "gate": "#d7efdd",
        "helper": "#fbe6c5",
        "buffer": "#e6def2",
        "reporter": "#f9d3da",
        "": "#eceff1",
    }
)
"""Colours of wells by what the strand is for."""


def plate_map(plate: Plate, groups: Mapping[str, str], modified: Mapping[str, str] = MappingProxyType({})) -> str:
    """Draw a plate.

    Parameters
    ----------
    plate : Plate
    groups : mapping of str to str
        What each strand is for; see `COLOURS`.
    modified : mapping of str to str
        The codes of what is attached to a strand, which stand below its name.
    """
    kind = plate.format
    width = _LEFT + kind.columns * _CELL_WIDTH + 12
    height = _TOP + kind.rows * _CELL_HEIGHT + 34
    where = dict(plate.wells)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" '
        f'viewBox="0 0 {width:g} {height:g}" font-family="monospace" font-size="{_FONT:g}" fill="{_INK}">',
        f"<title>{escape(plate.name)}</title>",
        f'<rect width="{width:g}" height="{height:g}" fill="#ffffff"/>',
        f'<text x="{_LEFT:g}" y="22" font-size="15">{escape(plate.name)}: {len(plate.wells)} strands</text>',
    ]
    for column in range(kind.columns):
        x = _LEFT + (column + 0.5) * _CELL_WIDTH
        parts.append(f'<text x="{x:g}" y="{_TOP - 8:g}" text-anchor="middle" font-size="11">{column + 1}</text>')
    for row in range(kind.rows):
        letter = chr(ord("A") + row)
        y = _TOP + (row + 0.5) * _CELL_HEIGHT
        parts.append(f'<text x="{_LEFT - 12:g}" y="{y + 4:g}" text-anchor="middle" font-size="11">{letter}</text>')
        for column in range(kind.columns):
            name = where.get(f"{letter}{column + 1}")
            parts += _well(_LEFT + column * _CELL_WIDTH, _TOP + row * _CELL_HEIGHT, name, groups, modified)
    parts += _legend(plate, groups, height - 20)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _well(x: float, y: float, name: str | None, groups: Mapping[str, str], modified: Mapping[str, str]) -> list[str]:
    colour = "#ffffff" if name is None else COLOURS.get(groups.get(name, ""), COLOURS[""])
    stroke = ' stroke="#b42318" stroke-width="2"' if name in modified else ' stroke="#9aa4ae"'
    box = f'<rect x="{x + 1:g}" y="{y + 1:g}" width="{_CELL_WIDTH - 2:g}" height="{_CELL_HEIGHT - 2:g}" rx="6"'
    found = [f'{box} fill="{colour}"{stroke}/>']
    if name is None:
        return found
    texts = _wrapped(name, int((_CELL_WIDTH - 6) / _LETTER))
    if name in modified:
        texts.append(modified[name][: int((_CELL_WIDTH - 6) / _LETTER)])
    first = y + _CELL_HEIGHT / 2 + _FONT / 3 - (len(texts) - 1) * (_FONT + 2) / 2
    for number, text in enumerate(texts):
        at = first + number * (_FONT + 2)
        found.append(f'<text x="{x + _CELL_WIDTH / 2:g}" y="{at:g}" text-anchor="middle">{escape(text)}</text>')
    return found


def _wrapped(name: str, most: int) -> list[str]:
    """Return a name in two lines at the most, broken behind an underscore or a point if there is one in reach."""
    if len(name) <= most:
        return [name]
    at = max(name.rfind(mark, 0, most) + 1 for mark in "_.")
    head = name[: at or most]
    rest = name[len(head) :]
    return [head, rest if len(rest) <= most else f"{rest[: most - 1]}…"]


def _legend(plate: Plate, groups: Mapping[str, str], y: float) -> list[str]:
    present = {groups.get(name, "") for _, name in plate.wells}
    found, x = [], _LEFT
    for group, colour in COLOURS.items():
        if group in present:
            label = group or "other"
            found.append(f'<rect x="{x:g}" y="{y:g}" width="12" height="12" rx="3" fill="{colour}" stroke="#9aa4ae"/>')
            found.append(f'<text x="{x + 17:g}" y="{y + 10:g}" font-size="11">{label}</text>')
            x += 30 + 7 * len(label)
    return found

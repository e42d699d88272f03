"""The canvas of the report's figures: colours, style, a legend that hides nothing, and SVG for a page.

The same numbers give the same bytes. What is drawn is the business of `compiler.report.figures` and `compiler.report.decisions`.
"""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Final

import matplotlib.style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

BLUE, VERMILION, GREY, INK = "#0072b2", "#c04a00", "#8a929a", "#24292f"
"""Told apart by people with any kind of colour vision, and in print."""

_STYLE: Final[Mapping[str, object]] = MappingProxyType(
    {
        "axes.axisbelow": True,
        "axes.edgecolor": GREY,
        "axes.grid": True,
        "axes.labelcolor": INK,
        "axes.spines.right": False,
        "axes.spines.top": False,
        "figure.dpi": 72,
        "figure.figsize": (5.0, 3.4),
        "figure.constrained_layout.use": True,
        "font.size": 11,
        "grid.color": "#e3e6e9",
        "grid.linewidth": 0.7,
        "lines.solid_capstyle": "round",
        "legend.fontsize": 10,
        "legend.frameon": False,
        "svg.fonttype": "none",
        "svg.hashsalt": "strandwright",
        "text.color": INK,
        "text.parse_math": False,
        "xtick.color": INK,
        "ytick.color": INK,
    }
)
_REFERENCE = re.compile(r"(^|url\()#([^)]+)")
_LONG = re.compile(r"-?\d+\.\d{3,}")
_REFERRING: Final = ("href", "clip-path")
_COORDINATES: Final = ("d", "x", "y", "width", "height", "transform")


@contextmanager
def new_figure() -> Iterator[tuple[Figure, Axes]]:
    """Give a figure in the style of the report; the settings of the user's own matplotlib stay out of it."""
    with matplotlib.style.context(["default", dict(_STYLE)]):
        figure = Figure()
        yield figure, figure.add_subplot()


@contextmanager
def new_panels(count: int, width: float, height: float) -> Iterator[tuple[Figure, list[Axes]]]:
    """Give a figure of the given size, in inches, with panels side by side that share what is upright."""
    with matplotlib.style.context(["default", dict(_STYLE)]):
        figure = Figure(figsize=(width, height))
        yield figure, list(figure.subplots(1, count, sharey=True, squeeze=False)[0])


def add_legend(figure: Figure, axes: Axes, handles: Sequence[Line2D] | None = None, letters: int = 48) -> None:
    """Put the legend above the axes, where it cannot hide anything; so many letters find room beside one another."""
    found = list(handles) if handles is not None else axes.get_legend_handles_labels()[0]
    room = letters // max((len(str(h.get_label())) for h in found), default=1)
    if found:
        columns = 2 if len(found) == 4 else 3
        figure.legend(
            handles=found,
            loc="outside upper left",
            ncols=max(1, min(columns, room)),
            handlelength=1.6,
            columnspacing=1.2,
        )


def embed(figure: Figure, key: str, label: str) -> str:
    """Return a figure as an element for a page: no prolog, no style sheet, no ids but those that it refers to."""
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    root = ET.fromstring(text.getvalue())
    used = {i for e in root.iter() for n, v in e.items() if _local(n) in _REFERRING for _, i in _REFERENCE.findall(v)}
    for element in root.iter():
        element.tag, element.tail = _local(element.tag), None
        if element.tag != "text":
            element.text = None
        given = [(_local(name), value) for name, value in element.items()]
        element.attrib.clear()
        for name, value in given:
            if name == "id":
                value = f"{key}-{value}" if value in used else ""
            elif name in _REFERRING:
                value = _REFERENCE.sub(rf"\1#{key}-\2", value)
            elif name in _COORDINATES:
                value = _LONG.sub(_short, " ".join(value.split()))
            elif name == "style" and element.tag == "text":
                value = "; ".join(s for s in value.split("; ") if not s.startswith("font-family"))
            if value:
                element.set(name, value)
    for defs in root.findall("defs"):
        for sheet in defs.findall("style"):
            defs.remove(sheet)
    root.attrib = {
        "viewBox": root.attrib["viewBox"],
        "role": "img",
        "aria-label": label,
        "font-family": "sans-serif",
        "stroke-linejoin": "round",
    }
    return ET.tostring(root, encoding="unicode")


def alone(element: str) -> str:
    """Return a figure as a file of its own."""
    root = ET.fromstring(element)
    left, top, width, height = root.attrib["viewBox"].split()
    size = f'width="{width}" height="{height}"'
    paper = f'<rect x="{left}" y="{top}" width="{width}" height="{height}" fill="#ffffff"/>'
    head, _, rest = element.partition(">")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{head} xmlns="http://www.w3.org/2000/svg" {size}>{paper}{rest}\n'


def _local(name: str) -> str:
    """Return a name without its namespace, which a page does not want."""
    return name.rpartition("}")[2]


def _short(match: re.Match[str]) -> str:
    """Return a number with two decimals, in points."""
    return f"{round(float(match[0]), 2) + 0.0:.2f}".rstrip("0").rstrip(".")

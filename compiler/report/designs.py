"""The picture of a design sweep: loss against hours and against price, with the front marked and numbered.

The numbers are those of `compiler.sweep_tables`; nothing is computed here but where a label finds room.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter
from matplotlib.transforms import Bbox

from compiler.report.canvas import GREY, INK, add_legend, alone, embed, new_panels

LABELS: Final = 30
"""Designs of the front that are numbered."""
_COLOURS: Final = ("#0072b2", "#c04a00", "#007a5a", "#8c4a86", "#7a5c00", "#2b6f8a", "#5a5a5a")
_MARKERS: Final = ("o", "s", "^", "D", "v", "P", "X")
_PLACES: Final = (
    (5, 4),
    (5, -11),
    (-5, 4),
    (-5, -11),
    (0, 8),
    (0, -15),
    (12, -3),
    (-12, -3),
    (16, 8),
    (-16, 8),
    (16, -16),
)
"""Where a label may stand beside its point, in points; the first that is free is taken."""


def designs_svg(designs: Sequence[Mapping[str, Any]], axis: str, loss: str, currency: str) -> str:
    """Draw all designs that can be built.

    Parameters
    ----------
    designs : sequence of mapping
        Rows of the table, those without a loss left out.
    axis : str
        What is varied that the looks tell apart; empty for nothing.
    loss : str
        What the loss is called.
    currency : str
    """
    values = list(dict.fromkeys(str(d[axis]) for d in designs)) if axis else []
    looks = {v: (_COLOURS[i % len(_COLOURS)], _MARKERS[i % len(_MARKERS)]) for i, v in enumerate(values)}
    losses = [float(d["loss"]) for d in designs]
    with new_panels(2, 9.6, 4.4) as (figure, panels):
        for axes, key, share in ((panels[0], "lab_time_s", 3600.0), (panels[1], "price", 1.0)):
            places = [float(d[key]) / share for d in designs]
            for d, x, y in zip(designs, places, losses, strict=True):
                colour, marker = looks.get(str(d[axis]) if axis else "", (_COLOURS[0], _MARKERS[0]))
                best = bool(d["front"])
                axes.plot(
                    [x],
                    [y],
                    linestyle="none",
                    marker=marker,
                    markersize=7.5 if best else 5.5,
                    markerfacecolor=colour if best else "none",
                    markeredgecolor=colour if best else GREY,
                    markeredgewidth=1.0,
                    zorder=3 if best else 2,
                )
            _spaced(axes.set_xscale, axes.xaxis, places)
        _spaced(panels[0].set_yscale, panels[0].yaxis, losses)
        panels[0].set_ylabel(loss)
        panels[0].set_xlabel("laboratory, h")
        panels[1].set_xlabel(f"strands, {currency}")
        add_legend(figure, panels[0], _legend(axis, looks))
        for axes, key, share in ((panels[0], "lab_time_s", 3600.0), (panels[1], "price", 1.0)):
            _number_front(
                figure, axes, [(str(d["design"]), float(d[key]) / share, float(d["loss"]), d["front"]) for d in designs]
            )
        return alone(
            embed(figure, "designs", f"Designs by {loss}, hours in the laboratory and price; the front is filled.")
        )


def _legend(axis: str, looks: Mapping[str, tuple[str, str]]) -> list[Line2D]:
    """Return what tells values apart, and what tells the front apart."""

    def entry(label: str, marker: str, face: str, edge: str) -> Line2D:
        return Line2D([], [], linestyle="none", marker=marker, markerfacecolor=face, markeredgecolor=edge, label=label)

    found = [entry(f"{axis} {value}", marker, colour, colour) for value, (colour, marker) in looks.items()]
    if not found:
        found = [entry("front", _MARKERS[0], _COLOURS[0], _COLOURS[0])]
    return [*found, entry("not on the front" if looks else "others", "o", "none", GREY)]


def _spaced(set_scale: Any, axis: Any, values: Sequence[float]) -> None:
    """Take a logarithmic scale where values are far apart, with plain numbers at its marks."""
    if min(values) > 0 and max(values) > 8 * min(values):
        set_scale("log")
        axis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}"))
        wide = max(values) > 100 * min(values)
        axis.set_minor_formatter(FuncFormatter(lambda v, _: f"{v:g}" if not wide and f"{v:e}"[0] in "25" else ""))


def _number_front(figure: Figure, axes: Axes, points: Sequence[tuple[str, float, float, bool]]) -> None:
    """Write the numbers of the front beside its points where they hide nothing; one that finds no room is left out."""
    figure.draw_without_rendering()
    scale = figure.dpi / 72
    taken = []
    for _, x, y, best in points:
        px, py = axes.transData.transform((x, y))
        r = (4.5 if best else 3.5) * scale
        taken.append(Bbox.from_extents(px - r, py - r, px + r, py + r))
    frame = axes.get_window_extent()
    for number, x, y, _ in [p for p in points if p[3]][:LABELS]:
        px, py = axes.transData.transform((x, y))
        width, height = 6.3 * len(number) * scale, 10 * scale
        for dx, dy in _PLACES:
            left = px + dx * scale - (width if dx < 0 else width / 2 if dx == 0 else 0)
            box = Bbox.from_extents(left, py + dy * scale, left + width, py + dy * scale + height)
            inside = frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1
            if inside and not any(box.overlaps(other) for other in taken):
                taken.append(box)
                axes.annotate(
                    number,
                    (x, y),
                    xytext=(dx, dy),
                    textcoords="offset points",
                    ha="right" if dx < 0 else "center" if dx == 0 else "left",
                    va="bottom",
                    fontsize=9,
                    color=INK,
                )
                break

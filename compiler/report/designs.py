"""The picture of a design sweep: loss against hours, strands and price, with the front marked and numbered.

The numbers are those of `compiler.sweep_tables`; nothing is computed here but where a label finds room.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter
from matplotlib.transforms import Bbox

from compiler.report.canvas import GREY, INK, add_legend, alone, embed, new_panels

LABELS: Final = 30
"""Designs of the front that are numbered, in the first panel, where hours tell them apart."""
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

_PANELS: Final = (
    ("lab_time_s", 3600.0, "laboratory, h"),
    ("strands", 1.0, "strands"),
    ("price", 1.0, "price of the strands, {currency}"),
)
"""Column of the table, what it is divided by, and what it is called."""


@dataclass(frozen=True, slots=True)
class _Look:
    """How a design is drawn."""

    colour: str
    marker: str
    size: float

    @classmethod
    def of(cls, number: int) -> _Look:
        """Return the look of a value; later ones are smaller, so that both are seen where two designs meet."""
        return cls(_COLOURS[number % len(_COLOURS)], _MARKERS[number % len(_MARKERS)], max(4.5, 10.0 - 4.0 * number))


def designs_svg(designs: Sequence[Mapping[str, Any]], axis: str, loss: str, currency: str) -> str:
    """Draw all designs that can be built: the loss against hours, strands and price.

    Lines in the first panel say between which losses those of the front are known to be.

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
    looks = {v: _Look.of(i) for i, v in enumerate(values)}
    losses = [float(d["loss"]) for d in designs]
    with new_panels(len(_PANELS), 11.0, 4.2) as (figure, panels):
        for axes, (key, share, label) in zip(panels, _PANELS, strict=True):
            places = [float(d[key]) / share for d in designs]
            for d, x, y in zip(designs, places, losses, strict=True):
                _mark(axes, x, y, looks.get(str(d[axis]) if axis else "", _Look.of(0)), bool(d["front"]))
            axes.set_xlabel(label.format(currency=currency))
            _spaced(axes.set_xscale, axes.xaxis, places, 8)
        _spaced(panels[0].set_yscale, panels[0].yaxis, losses, 3)
        panels[0].set_ylabel(loss)
        add_legend(figure, panels[0], _legend(axis, looks), letters=110)
        figure.draw_without_rendering()
        key, share, _ = _PANELS[0]
        for d in designs:
            if d["front"] and d["loss_low"] is not None and d["loss_high"] is not None:
                look = looks.get(str(d[axis]) if axis else "", _Look.of(0))
                x = float(d[key]) / share
                panels[0].vlines(
                    x, d["loss_low"], d["loss_high"], color=look.colour, alpha=0.6, linewidth=1.2, zorder=3
                )
        _number_front(
            figure,
            panels[0],
            [(str(d["design"]), float(d[key]) / share, float(d["loss"]), bool(d["front"])) for d in designs],
        )
        about = f"Designs by {loss}, hours in the laboratory, strands and price; those of the front are filled."
        return alone(embed(figure, "designs", about))


def _mark(axes: Axes, x: float, y: float, look: _Look, best: bool) -> None:
    axes.plot(
        [x],
        [y],
        linestyle="none",
        marker=look.marker,
        markersize=look.size if best else 0.75 * look.size,
        markerfacecolor=look.colour if best else "none",
        markeredgecolor="white" if best else GREY,
        markeredgewidth=0.8,
        zorder=4 if best else 2,
    )


def _legend(axis: str, looks: Mapping[str, _Look]) -> list[Line2D]:
    """Return what tells values apart, and what tells the front apart."""

    def entry(label: str, marker: str, face: str, edge: str) -> Line2D:
        return Line2D([], [], linestyle="none", marker=marker, markerfacecolor=face, markeredgecolor=edge, label=label)

    shown = {f"{axis} {value}": look for value, look in looks.items()} or {"on the front": _Look.of(0)}
    found = [entry(label, look.marker, look.colour, look.colour) for label, look in shown.items()]
    return [*found, entry("not on the front", "o", "none", GREY)]


def _spaced(set_scale: Any, axis: Any, values: Sequence[float], far: float) -> None:
    """Take a logarithmic scale where values are more than `far` times apart, with plain numbers at its marks."""
    if min(values) > 0 and max(values) > far * min(values):
        set_scale("log")
        axis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}"))
        wide = max(values) > 100 * min(values)
        axis.set_minor_formatter(FuncFormatter(lambda v, _: f"{v:g}" if not wide and f"{v:e}"[0] in "25" else ""))


def _number_front(figure: Figure, axes: Axes, points: Sequence[tuple[str, float, float, bool]]) -> None:
    """Write the numbers of the front beside its points where they hide nothing; one that finds no room is left out."""
    scale = figure.dpi / 72
    taken = []
    for _, x, y, best in points:
        px, py = axes.transData.transform((x, y))
        r = (4.5 if best else 3.5) * scale
        taken.append(Bbox.from_extents(px - r, py - r, px + r, py + r))
    frame = axes.get_window_extent()
    # From above, so that the upper one of two that are close is numbered above.
    for number, x, y, _ in sorted((p for p in points if p[3]), key=lambda p: -p[2])[:LABELS]:
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

"""Figures of what a classifier decides: how often each class was taken for which, and where the line between them runs.

Each function takes numbers and returns one figure as SVG text for a page; drawn on the canvas of `compiler.report.canvas`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.collections import PatchCollection
from matplotlib.colors import to_rgb
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from compiler.report.canvas import BLUE, INK, VERMILION, add_legend, embed, new_figure
from crn.massaction import Vector
from crn.neural.samples import Grid

CLASSES = (BLUE, VERMILION, "#007a5a", "#8c4a86", "#7a5c00", "#2b6f8a", "#5a5a5a", "#000000")
"""Colours of classes; those beyond begin again."""

MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
"""One shape a class, for those who do not see its colour."""


def confusion_matrix(counts: NDArray[np.intp], names: Sequence[str], level: str, key: str) -> str:
    """Draw how often a class (row) was taken for which (column).

    Parameters
    ----------
    counts : ndarray, shape (K, K)
    names : sequence of str
        Of the K classes.
    level : str
    key : str
        Unique on the page: the ids of the figure begin with it.
    """
    size = len(names)
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    with new_figure() as (figure, axes):
        axes.grid(False)
        for i in range(size):
            for j in range(size):
                colour = _pale(BLUE if i == j else VERMILION, 0.85 * float(share[i, j]))
                axes.add_patch(Rectangle((j, i), 1, 1, facecolor=colour, edgecolor="#ffffff", linewidth=2))
                axes.text(j + 0.5, i + 0.5, str(counts[i, j]), ha="center", va="center", color=INK)
        axes.set_xlim(0, size)
        axes.set_ylim(size, 0)
        axes.set_xticks(np.arange(size) + 0.5, names)
        axes.set_yticks(np.arange(size) + 0.5, names)
        axes.tick_params(length=0)
        for side in ("left", "bottom"):
            axes.spines[side].set_visible(False)
        axes.set_xlabel(f"taken for, at {level} level")
        axes.set_ylabel("is")
        told = "; ".join(f"{n}: {', '.join(map(str, row))}" for n, row in zip(names, counts.tolist(), strict=True))
        return embed(figure, key, f"Confusion matrix at {level} level, of {', '.join(names)}. {told}.")


def decision_map(
    grid: Grid,
    decided: NDArray[np.intp],
    points: Vector,
    truth: NDArray[np.intp],
    names: Sequence[str],
    axes_names: Sequence[str],
    level: str,
    key: str,
) -> str:
    """Draw which class every point of a rectangle is taken for, and samples of known class on top.

    Parameters
    ----------
    grid : Grid
    decided : ndarray, shape (side**2,)
    points : ndarray, shape (V, 2)
    truth : ndarray, shape (V,)
        The class of every sample.
    names : sequence of str
        Of the classes.
    axes_names : sequence of str
        Of the two inputs.
    level, key : str
    """
    with new_figure() as (figure, axes):
        axes.grid(False)
        rows = decided.reshape(grid.side, grid.side)
        wide, high = (np.subtract(grid.high, grid.low) / grid.side).tolist()
        for number in range(len(names)):
            colour = _pale(CLASSES[number % len(CLASSES)], 0.28)
            cells = [
                Rectangle((grid.low[0] + start * wide, grid.low[1] + up * high), count * wide, high)
                for up, row in enumerate(rows)
                for start, count in stretches(row == number)
            ]
            axes.add_collection(PatchCollection(cells, facecolor=colour, edgecolor=colour, linewidth=0.4))
            mine = points[truth == number]
            axes.plot(
                mine[:, 0],
                mine[:, 1],
                linestyle="none",
                marker=MARKERS[number % len(MARKERS)],
                markersize=4.5,
                color=CLASSES[number % len(CLASSES)],
                markeredgecolor="#ffffff",
                markeredgewidth=0.5,
            )
        axes.set_xlim(grid.low[0], grid.high[0])
        axes.set_ylim(grid.low[1], grid.high[1])
        axes.set_aspect("equal", adjustable="box")
        axes.set_xlabel(f"{axes_names[0]}, at {level} level")
        axes.set_ylabel(axes_names[1])
        handles = [
            Line2D([], [], linestyle="none", marker=MARKERS[n % 8], color=CLASSES[n % 8], label=name)
            for n, name in enumerate(names)
        ]
        add_legend(figure, axes, handles)
        return embed(figure, key, f"Map of decisions at {level} level between {', '.join(names)}.")


def stretches(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return where stretches of true begin, and how long they are."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(int)))
    return [(int(a), int(b - a)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _pale(colour: str, strength: float) -> tuple[float, float, float]:
    """Return a colour mixed with white."""
    r, g, b = (1 - strength * (1 - c) for c in to_rgb(colour))
    return (r, g, b)

"""The picture of a sensitivity study: a bar for every input, the strongest on top, with its interval of confidence.

The numbers are those of `compiler.sensitivity`; nothing is computed here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from compiler.report.canvas import BLUE, INK, alone, embed, new_panels

MOST: Final = 20
"""Inputs that are drawn."""


def sensitivities_svg(rows: Sequence[tuple[str, float, float]], what: str) -> str:
    """Draw how much every input matters.

    Parameters
    ----------
    rows : sequence of (str, float, float)
        Name, size and half the interval of confidence, the strongest first.
    what : str
        What the size is.
    """
    shown = rows[:MOST]
    places = np.arange(len(shown))
    sizes = np.array([size for _, size, _ in shown])
    halves = np.array([half for _, _, half in shown])
    with new_panels(1, 7.6, 0.9 + 0.24 * len(shown)) as (figure, (axes,)):
        axes.barh(places, sizes, height=0.62, color=BLUE, alpha=0.75, linewidth=0)
        axes.hlines(places, np.maximum(sizes - halves, 0), sizes + halves, color=INK, linewidth=1.2)
        axes.set_yticks(places, [name for name, _, _ in shown], fontsize=9.5)
        axes.set_ylim(len(shown) - 0.4, -0.6)
        axes.set_xlim(left=0)
        axes.grid(visible=False, axis="y")
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel(what)
        about = f"{what}: the {len(shown)} strongest of {len(rows)} inputs, with intervals of confidence at 95 percent."
        return alone(embed(figure, "inputs", about))

"""The figures of the report, as SVG text to be put into a page.

Each function takes numbers and returns one figure; the same numbers give the same bytes. What the numbers mean and which of them
are shown is decided in `compiler.report.page`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from compiler.report.canvas import BLUE, GREY, INK, VERMILION, add_legend, embed, new_figure
from compiler.report.tables import FORMAL
from crn.massaction import Vector

PARAMETERS: Final = (BLUE, VERMILION, "#007a5a", "#8c4a86", "#7a5c00", "#2b6f8a", "#5a5a5a", "#000000")
"""Colours of single parameters; more than these are not told apart."""

MOST_POINTS: Final = 200
"""Of one line; a longer one is drawn through evenly chosen points."""
MOST_FUEL_POINTS: Final = 20_000
"""Of all fuels together."""


@dataclass(frozen=True, slots=True)
class _Look:
    """How a level is drawn."""

    colour: str
    marker: str
    width: float
    alpha: float

    @classmethod
    def of(cls, level: str, *, thin: bool = False) -> _Look:
        """Return the look of a level: what was wanted is broad and pale, what came out runs on top of it."""
        if level == FORMAL:
            return cls(BLUE, "o", 2.0 if thin else 4.5, 0.35)
        return cls(VERMILION, "x", 0.8 if thin else 1.4, 1.0)


def learning_curves(
    train: Mapping[str, Sequence[float]],
    validation: Mapping[str, float | None],
    curves: Mapping[str, Sequence[float]],
    key: str,
) -> str:
    """Draw the loss per epoch.

    Parameters
    ----------
    train : mapping of str to sequence of float
        For every level the loss of every epoch.
    validation : mapping of str to float or None
        For every level the loss in aliquots after the last epoch.
    curves : mapping of str to sequence of float
        For every level the validation loss of the parameters before the first epoch and after every one; may be empty.
    key : str
        Unique on the page, as for every figure here: the ids of the figure begin with it.
    """
    with new_figure() as (figure, axes):
        for level, losses in train.items():
            x = np.arange(1, len(losses) + 1)
            look = _Look.of(level)
            axes.plot(
                x,
                losses,
                color=look.colour,
                linewidth=look.width,
                alpha=look.alpha,
                marker=look.marker if len(losses) <= 30 else "none",
                markersize=5.5,
                label=f"{level}, training",
            )
        drawn = {level: losses for level, losses in curves.items() if losses}
        for number, (level, losses) in enumerate(drawn.items()):
            label = "_" * number + "validation, by formula"  # matplotlib leaves out a name that begins with _
            axes.plot(losses, color=_Look.of(level).colour, linewidth=1.2, linestyle=":", label=label)
        for level, loss in validation.items():
            if loss is not None:
                axes.plot(
                    [max(1, len(train.get(level, ())))],
                    [loss],
                    linestyle="none",
                    marker="D" if level == FORMAL else "+",
                    markersize=8 if level == FORMAL else 9,
                    markeredgewidth=1.4,
                    color=_Look.of(level).colour,
                    markerfacecolor="none",
                    label=f"{level}, validation",
                )
        shown = [v for losses in (*train.values(), *curves.values()) for v in losses]
        shown += [v for v in validation.values() if v is not None]
        epochs = max((len(v) for v in train.values()), default=1)
        axes.set_xlim(-0.2 if any(curves.values()) else 0.7, max(epochs, 1) + 0.3)
        if shown and min(shown) > 0 and max(shown) > 20 * min(shown):
            axes.set_yscale("log")
            axes.margins(y=0.1)
            axes.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}"))
            axes.yaxis.set_minor_formatter(FuncFormatter(lambda *_: ""))
        else:
            axes.set_ylim(bottom=0)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_xlabel("epoch")
        axes.set_ylabel("loss, target’s units squared")
        add_legend(figure, axes)
        return embed(
            figure, key, "Learning curves: loss per epoch at each level, and the validation loss after the last."
        )


def parameter_paths(names: Sequence[str], runs: Mapping[str, Vector], epoch: int, key: str) -> str:
    """Draw the parameters, sample after sample.

    Parameters
    ----------
    names : sequence of str
        Of the P parameters.
    runs : mapping of str to ndarray, shape (N + 1, P)
        For every level the parameters before the first sample and after every one.
    epoch : int
        Number of samples in an epoch; 0 if it is not known.
    key : str
    """
    many = len(names) > len(PARAMETERS)
    with new_figure() as (figure, axes):
        for level, values in runs.items():
            rows, look = _chosen(len(values), MOST_POINTS), _Look.of(level, thin=many)
            for i in range(len(names)):
                colour = look.colour if many else PARAMETERS[i]
                axes.plot(rows, values[rows, i], color=colour, linewidth=look.width, alpha=look.alpha)
        last = max((len(v) - 1 for v in runs.values()), default=0)
        for end in range(epoch, last + 1, epoch) if epoch > 0 and last <= 30 * epoch else ():
            axes.axvline(end, color=GREY, linewidth=0.7, linestyle=":")
        axes.set_xlim(0, max(last, 1))
        axes.set_xlabel("sample (dotted: end of an epoch)" if 0 < epoch < last <= 30 * epoch else "sample")
        axes.set_ylabel("parameter, formal units")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        if not many and runs:
            ends = [float(list(runs.values())[-1][-1, i]) for i in range(len(names))]
            low, high = axes.get_ylim()
            for i, y in enumerate(spread(ends, low, high, 0.065 * (high - low))):
                axes.text(
                    1.015,
                    y,
                    names[i],
                    color=PARAMETERS[i],
                    va="center",
                    transform=axes.get_yaxis_transform(),
                )
        handles = [
            Line2D(
                [],
                [],
                color=look.colour if many else INK,
                linewidth=look.width,
                alpha=look.alpha,
                label=f"{level} level",
            )
            for level, look in ((level, _Look.of(level, thin=many)) for level in runs)
        ]
        add_legend(figure, axes, handles)
        label = f"Parameters over the samples: {', '.join(names[:8])}{' and others' if many else ''}."
        return embed(figure, key, label)


def fuel_levels(hours: Vector, fractions: Vector, names: Sequence[str], lowest: str, key: str) -> str:
    """Draw what is left of every fuel, with the one that gets lowest in front.

    Parameters
    ----------
    hours : ndarray, shape (N,)
        In the laboratory.
    fractions : ndarray, shape (N, W)
        Relative to the start.
    names : sequence of str
        Of the W fuels.
    lowest : str
        One of them.
    key : str
    """
    rows = _chosen(len(hours), max(25, min(MOST_POINTS, MOST_FUEL_POINTS // max(1, len(names)))))
    at = list(names).index(lowest)
    percent = 100 * fractions
    with new_figure() as (figure, axes):
        others = [np.column_stack([hours[rows], percent[rows, i]]) for i in range(len(names)) if i != at]
        axes.add_collection(LineCollection(others, colors=GREY, linewidths=0.6, alpha=0.7))
        front = _chosen(len(hours), MOST_POINTS)
        axes.plot(hours[front], percent[front, at], color=VERMILION, linewidth=2.2)
        axes.set_xlim(0, max(float(hours[-1]), 1e-9) if len(hours) else 1)
        axes.set_ylim(0, 1.05 * max(100.0, float(np.max(percent, initial=0.0))))
        axes.set_xlabel("time in the laboratory, h")
        axes.set_ylabel("fuel, % of its start")
        handles = [Line2D([], [], color=VERMILION, linewidth=2.2, label=f"{lowest}, the lowest")]
        if others:
            count = f"the other {len(others)} fuels" if len(others) > 1 else "the other fuel"
            handles.append(Line2D([], [], color=GREY, linewidth=0.9, label=count))
        add_legend(figure, axes, handles)
        return embed(figure, key, f"Fuels over time, as a share of their start; {lowest} gets lowest.")


def predictions(truth: Vector, read: Mapping[str, Vector], key: str) -> str:
    """Draw predictions against targets.

    Parameters
    ----------
    truth : ndarray, shape (V, Q)
    read : mapping of str to ndarray, shape (v, Q)
        For every level, of the first v <= V samples.
    key : str
    """
    with new_figure() as (figure, axes):
        every = [truth, *read.values()]
        low = min((float(np.min(v)) for v in every if v.size), default=0.0)
        high = max((float(np.max(v)) for v in every if v.size), default=1.0)
        margin = 0.05 * (high - low) or 0.5
        ends = (low - margin, high + margin)
        axes.plot(ends, ends, color=GREY, linewidth=1, label="on target")
        for level, values in read.items():
            look, formal = _Look.of(level), level == FORMAL
            axes.plot(
                truth[: len(values)].ravel(),
                values.ravel(),
                linestyle="none",
                marker=look.marker,
                markersize=6 if formal else 4.5,
                markeredgewidth=1.1,
                markerfacecolor="none",
                color=look.colour,
                label=f"{level} level",
            )
        axes.set_xlim(ends)
        axes.set_ylim(ends)
        axes.set_xlabel("target")
        axes.set_ylabel("prediction")
        add_legend(figure, axes)
        return embed(figure, key, "Predictions on the validation data against their targets, at each level.")


def spread(values: Sequence[float], low: float, high: float, gap: float) -> list[float]:
    """Return places for labels near the given values: inside of the axis as far as there is room, and a gap apart."""
    order = sorted(range(len(values)), key=lambda i: values[i])
    places = list(values)
    below = -np.inf
    for i in order:
        places[i] = below = max(min(max(values[i], low), high), below + gap)
    above = np.inf
    for i in reversed(order):
        places[i] = above = min(places[i], above - gap, high)
    return places


def _chosen(count: int, most: int) -> NDArray[np.intp]:
    """Return the numbers of at most `most` of `count` rows, evenly chosen, the first and the last among them."""
    return np.unique(np.linspace(0, max(count - 1, 0), min(count, most)).round().astype(np.intp))

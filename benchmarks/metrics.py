"""Errors against a reference, and the time that an error costs.

Two errors are measured: the largest relative one, and its root mean square, which is what solvers such as CVODE control; both
have a floor of 0.01 nM. Times between measured points are interpolated on logarithmic scales, and a time outside them is a bound;
nothing here runs anything.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from crn.massaction import Vector

FLOOR = 0.01
"""Amounts well below this, in nM, count as nothing."""

LOWER, UPPER, UNSURE, EXACT = "≥", "≤", "~", ""


def deviations(values: Vector, reference: Vector) -> Vector:
    """Return |y - ref| / (|ref| + 0.01 nM), elementwise."""
    return np.asarray(np.abs(values - reference) / (np.abs(reference) + FLOOR))


def max_error(values: Vector, reference: Vector) -> float:
    """Return the largest deviation over outputs and species; infinite when a value is missing or not a number."""
    if values.shape != reference.shape or not np.all(np.isfinite(values)):
        return math.inf
    return float(np.max(deviations(values, reference)))


def rms_error(values: Vector, reference: Vector) -> float:
    """Return the root mean square of the deviations over outputs and species; infinite as `max_error`."""
    if values.shape != reference.shape or not np.all(np.isfinite(values)):
        return math.inf
    return float(np.sqrt(np.mean(deviations(values, reference) ** 2)))


@dataclass(frozen=True, slots=True)
class Bound:
    """A number that may only be a bound.

    Attributes
    ----------
    value : float
    flag : str
        ``≥`` if the truth may be larger, ``≤`` if it may be smaller, ``~`` if either, else empty.
    """

    value: float
    flag: str = EXACT

    def __str__(self) -> str:
        return f"{self.flag}{self.value:.3g}" if self.flag else f"{self.value:.3g}"


def front(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return the (error, time) points to which no other is equal or better in both, the largest error first.

    It makes work and precision monotone in each other, alike for all engines: a tolerance at which an engine is slower and worse
    than at another is one that nobody would ask for.
    """
    usable = sorted((time, error) for error, time in points if math.isfinite(error) and error > 0 and time > 0)
    kept: list[tuple[float, float]] = []
    for time, error in usable:
        if not kept or error < kept[-1][0]:
            kept.append((error, time))
    return kept


def time_at(points: Sequence[tuple[float, float]], target: float) -> Bound | None:
    """Return what an error of `target` costs, from measured (error, time) points; None without any point.

    Between two points of the front the logarithm of the time is linear in the logarithm of the error. An engine that never gets
    there has a lower bound, its time at its smallest error; one that is better at its cheapest has an upper bound, that time.
    """
    kept = front(points)
    if not kept:
        return None
    if kept[-1][0] > target:
        return Bound(kept[-1][1], LOWER)
    if kept[0][0] < target:
        return Bound(kept[0][1], UPPER)
    errors = [-math.log(e) for e, _ in kept]
    times = [math.log(t) for _, t in kept]
    return Bound(float(math.exp(np.interp(-math.log(target), errors, times))))


def ratio(peer: Bound, own: Bound) -> Bound:
    """Return how many times as long the peer takes; bounds of either side carry over."""
    turned = {EXACT: EXACT, LOWER: UPPER, UPPER: LOWER, UNSURE: UNSURE}[own.flag]
    return Bound(peer.value / own.value, combine([peer.flag, turned]))


def combine(flags: Sequence[str]) -> str:
    """Return what is known of a number that grows with several numbers of which this is known."""
    found = set(flags) - {EXACT}
    if not found:
        return EXACT
    return found.pop() if len(found) == 1 else UNSURE


def median(numbers: Sequence[Bound]) -> Bound | None:
    """Return the median; a bound among the numbers makes it a bound."""
    if not numbers:
        return None
    return Bound(statistics.median(n.value for n in numbers), combine([n.flag for n in numbers]))


def best(numbers: Sequence[Bound]) -> Bound | None:
    """Return the smallest number, flagged as it is."""
    return min(numbers, key=lambda n: n.value, default=None)

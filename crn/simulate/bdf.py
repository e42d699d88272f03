"""Backward differentiation of orders 1 to 5 with variable steps, on the same sparse LU as the one-step method.

The fixed-leading-coefficient form on modified divided differences: K. E. Brenan, S. L. Campbell and L. R. Petzold, "Numerical
Solution of Initial-Value Problems in Differential-Algebraic Equations" (SIAM 1996), chapter 5; when to look for another order and
what it must promise is as in A. C. Hindmarsh and others, "SUNDIALS", ACM TOMS 31, 363 (2005), but in the maximum norm. Use it for
long stretches without events; where runs restart often it has to grow its order again, and `crn.simulate.rosenbrock` is cheaper.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from crn.massaction import MassAction, Vector
from crn.simulate.compiled import kernel
from crn.simulate.differences import (
    AGE,
    FACTORISED,
    HIGHEST,
    LAST,
    ORDER,
    RATE,
    REJECTED,
    SAMPLES,
    SETTLED,
    SHIFT,
    STEP,
    STEPS,
    TIME,
    History,
    accept,
    begin,
    coefficients,
    interpolate,
    neighbours,
    predict,
)
from crn.simulate.engine import Outcome, Simulator, Status, Stretch, Tolerance, checked
from crn.simulate.runs import (
    EXHAUSTED,
    FINISHED,
    PAUSED,
    UNDERFLOW,
    Control,
    Reading,
    budget_of,
    read,
    reading_of,
    trouble,
)
from crn.simulate.sparse import (
    Prepared,
    TooDense,
    accumulate,
    factorise,
    jacobian,
    prepared,
    solve,
)

ITERATIONS, NEWTON = 4, 0.2
"""Newton's iteration has so many tries, and stops when it is within this share of the error allowed."""

HOPED, FORGOTTEN = 0.2, 0.3
"""How fast it is taken to converge with a new factorisation, and how much of what it once showed counts in the next step."""

STALE, OLD = 0.3, 50
"""A factorisation serves while the shift is within this of its own, and at most for so many steps."""

LOWER_MARGIN, MARGIN, HIGHER_MARGIN = 6.0, 6.0, 10.0
"""By how much estimated errors are multiplied before the next order and step size are chosen (SUNDIALS)."""

LEAST_GAIN, GROW, SHRINK = 1.3, 10.0, 0.2
"""A step grows only when it can grow by the first of these, and by the second at most; after a rejection it shrinks to the last
at most. On networks of gates the cost at a given error is flat in all of these numbers."""


@kernel
def correct(system: Prepared, past: History, shift: float, allowed: float) -> float:
    """Solve ``shift (y - guess) + guess' = f(y)`` by Newton's iteration; return the size of the correction, -1 if it diverges."""
    y, guess, residual, weight = past.y, past.guess, past.residual, past.weight
    # The factorisation may be one for another shift: this scaling halves the damage (Brenan, Campbell and Petzold).
    scale = 2.0 / (1.0 + shift / past.clock[SHIFT])
    before = 0.0
    for iteration in range(ITERATIONS):
        if iteration:
            for i in range(len(residual)):
                residual[i] = past.slope[i] - shift * (y[i] - guess[i])
        accumulate(system, y, residual)
        solve(system, past.lu, residual)
        change, wild = 0.0, 0
        for i in range(len(residual)):
            step = scale * residual[i]
            y[i] += step
            size = abs(step) * weight[i]
            change = max(change, size)
            wild += not size < 1e10  # also when it is NaN
        if wild:
            return -1.0
        if iteration:
            if change > 2.0 * before:
                return -1.0
            past.clock[RATE] = max(FORGOTTEN * past.clock[RATE], change / before)
        if change * min(1.0, past.clock[RATE]) <= allowed:
            if iteration == 0:
                return float(change)
            whole = 0.0
            for i in range(len(residual)):
                whole = max(whole, abs(y[i] - guess[i]) * weight[i])
            return float(whole)
        before = change
    return -1.0


@kernel
def factor_of(error: float, order: int) -> float:
    """Return by what a step may be multiplied that makes an error at an order."""
    return float((error + 1e-12) ** (-1.0 / (order + 1)))


@kernel
def choose(past: History, error: float) -> None:
    """Choose the order and the size of the next step after one that made an error."""
    order = past.tally[ORDER]
    past.tally[SETTLED] += 1
    if past.tally[SETTLED] <= order:
        return  # the history is still one of unequal steps, and so is what it says of other orders
    lower, higher = neighbours(past)
    best, chosen = factor_of(MARGIN * error, order), order
    below = factor_of(LOWER_MARGIN * lower, order - 1) if order > 1 else 0.0
    above = factor_of(HIGHER_MARGIN * higher, order + 1) if order < HIGHEST else 0.0
    if below > best and below >= above:
        best, chosen = below, order - 1
    elif above > best:
        best, chosen = above, order + 1
    if best >= LEAST_GAIN or best < 0.9 or chosen < order:
        past.tally[ORDER], past.tally[SETTLED] = chosen, 0
        past.clock[STEP] *= min(best, GROW)


@kernel
def factor(system: Prepared, past: History, shift: float) -> bool:
    """Make a new factorisation at the predictor if the present one does not serve; say whether it was made."""
    away = shift / past.clock[SHIFT]
    if 1.0 / (1.0 + STALE) < away < 1.0 + STALE and past.tally[AGE] < OLD:
        return False
    jacobian(system, past.y, past.jac)
    factorise(system, past.jac, shift, past.lu)
    past.clock[SHIFT], past.clock[RATE] = shift, HOPED
    past.tally[FACTORISED] += 1
    past.tally[AGE] = 0
    return True


@kernel
def judge(past: History, error: float, fresh: bool) -> bool:
    """Say whether a step is accepted that made an error, negative if there was no solution; if not, prepare for another try."""
    clock, tally = past.clock, past.tally
    if 0.0 <= error <= 1.0:
        return True
    h, order = clock[LAST], tally[ORDER]
    if error < 0.0:
        clock[SHIFT] = 0.0
        if not fresh:
            return False  # the same step again, with a new factorisation
        clock[STEP] = 0.25 * h
    else:
        if order > 1:
            lower, _higher = neighbours(past)
            if order * lower <= (order + 1) * error:  # the derivatives do not fall from order to order
                tally[ORDER], error = order - 1, lower
        clock[STEP] = h * min(0.9, max(SHRINK, factor_of(MARGIN * error, tally[ORDER])))
    tally[REJECTED] += 1
    tally[SETTLED] = 0
    return False


@kernel
def integrate(
    system: Prepared,
    past: History,
    control: Control,
    duration: float,
    budget: int,
    reading: Reading,
    times: Vector,
    samples: Vector,
) -> int:
    """Advance to `duration`, and come back earlier when `budget` steps are made; `past` knows where it is.

    The last step goes beyond the end, and the state at the end is interpolated.
    """
    clock, tally = past.clock, past.tally
    if clock[TIME] <= 0.0:
        while tally[SAMPLES] < len(times) and times[tally[SAMPLES]] <= 0.0:
            read(reading, past.y, samples[tally[SAMPLES]])
            tally[SAMPLES] += 1
        if duration <= 0.0:
            return FINISHED
    for _ in range(budget):
        order = tally[ORDER]
        if tally[STEPS] >= control.max_steps:
            interpolate(past, clock[TIME], order)
            return EXHAUSTED
        if not clock[STEP] > 4e-16 * max(clock[TIME], 1e-9 * duration):
            interpolate(past, clock[TIME], order)
            return UNDERFLOW
        clock[LAST] = clock[STEP]
        constant, shift = coefficients(past)
        predict(past, control)
        fresh = factor(system, past, shift)
        tally[STEPS] += 1
        error = constant * correct(system, past, shift, NEWTON / constant)
        if not judge(past, error, fresh):
            continue
        choose(past, error)
        accept(past, order)
        while tally[SAMPLES] < len(times) and times[tally[SAMPLES]] <= clock[TIME]:
            interpolate(past, times[tally[SAMPLES]], order)
            read(reading, past.y, samples[tally[SAMPLES]])
            tally[SAMPLES] += 1
        if clock[TIME] >= duration:
            interpolate(past, duration, order)
            clock[TIME] = duration
            return FINISHED
    return PAUSED


@dataclass(frozen=True, slots=True)
class BDF(Simulator):
    """BDF of orders 1 to 5 with sparse LU, compiled."""

    name: ClassVar[str] = "bdf"
    summary: ClassVar[str] = (
        "deterministic mass action: BDF of orders 1 to 5 on the compiled sparse LU, for long runs without events"
    )

    max_steps: int = 100_000
    """Steps for one stretch, after which the run ends with the outcome `LIMIT`."""

    def advance(self, law: MassAction, start: Vector, duration: float, times: Vector, tolerance: Tolerance) -> Stretch:
        """Advance the state; see `Simulator.advance`."""
        try:
            system = prepared(law)
        except TooDense as dense:
            outcome = Outcome(Status.FAILED, f"the network is too tightly connected: {dense}", "try --method radau")
            return Stretch(np.empty((0, len(start))), start.copy(), 0.0, outcome)
        control = Control(tolerance.relative, tolerance.absolute, self.max_steps)
        past, reading = begin(law, system, start, max(duration, 0.0), control), reading_of(system, None)
        samples = np.empty((len(times), len(start)))
        status, budget = PAUSED, budget_of(system)
        while status == PAUSED:  # between two parts a key press can stop the program
            status = integrate(system, past, control, max(duration, 0.0), budget, reading, times, samples)
        end = np.empty(len(start))
        end[system.order] = past.y[:-1]
        outcome = (
            checked(law, end, tolerance)
            if status == FINISHED
            else trouble(status, law, end, float(past.clock[TIME]), duration)
        )
        return Stretch(samples[: past.tally[SAMPLES]], end, float(past.clock[TIME]), outcome)

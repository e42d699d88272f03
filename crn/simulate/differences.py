"""The past of a multistep method: modified divided differences, how they are extrapolated, and how a point enters them.

The fixed-leading-coefficient form of K. E. Brenan, S. L. Campbell and L. R. Petzold, "Numerical Solution of Initial-Value Problems
in Differential-Algebraic Equations" (SIAM 1996), chapter 5, with its names for the coefficients. How the equations are solved, and
how orders and step sizes are chosen, is in `crn.simulate.bdf`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from crn.massaction import MassAction, Vector
from crn.simulate.compiled import kernel
from crn.simulate.ordering import Integers
from crn.simulate.runs import Control
from crn.simulate.sparse import Prepared, entries
from crn.simulate.vectors import BLOCK, add_to, add_to_both, weigh

HIGHEST = 5
"""Order; beyond it the method is not stable enough for stiff problems."""

TIME, STEP, LAST, SHIFT, RATE = range(5)
"""What a clock holds: the time from the start of the stretch, the next step size (0 to have it chosen), that of the step at hand,
the shift of the present factorisation (0 to have a new one made), and how fast Newton's iteration converges with it."""

ORDER, STEPS, REJECTED, SAMPLES, SETTLED, AGE, FACTORISED = range(7)
"""What a tally holds: the order, steps tried in this stretch, those rejected, samples written, steps since order or step size were
changed, steps since the last factorisation, and the number of factorisations."""


class History(NamedTuple):
    """What the method remembers of a stretch; S species, N entries of the LU.

    Attributes
    ----------
    y : ndarray, shape (S + 1,)
        Amounts with the ghost species as the last.
    differences : ndarray, shape (7, S)
        Modified divided differences phi_0, phi_1, ... at the last point accepted.
    guess, slope, weight : ndarray, shape (S,)
        The predictor, minus its derivative, and one over the error allowed.
    residual : ndarray, shape (S,)
    jac, lu : ndarray, shapes (N + 1,), (N,)
    gaps : ndarray, shape (7,)
        ``gaps[j]`` is how far the last point is from the one j + 1 steps before it.
    ratio, share, lead, derivation : ndarray, shape (7,)
        Of the present step: beta_j, alpha_j, sigma_j and -gamma_j beta_j of the reference.
    clock, tally : ndarray
    """

    y: Vector
    differences: Vector
    guess: Vector
    slope: Vector
    weight: Vector
    residual: Vector
    jac: Vector
    lu: Vector
    gaps: Vector
    ratio: Vector
    share: Vector
    lead: Vector
    derivation: Vector
    clock: Vector
    tally: Integers


def history(system: Prepared) -> History:
    """Return a place to work for a network of this size."""
    size, total = len(system.order), entries(system)
    guess, slope, weight, residual = np.empty((4, size))
    gaps, ratio, share, lead, derivation = np.zeros((5, HIGHEST + 2))
    return History(
        np.ones(size + 1),
        np.zeros((HIGHEST + 2, size)),
        guess,
        slope,
        weight,
        residual,
        np.empty(total + 1),
        np.empty(total),
        gaps,
        ratio,
        share,
        lead,
        derivation,
        np.zeros(5),
        np.zeros(7, np.int64),
    )


def begin(law: MassAction, system: Prepared, start: Vector, duration: float, control: Control) -> History:
    """Return the history of a run that starts with a step of order 1.

    Its error is half the square of the step times the second derivative, which is taken from a small step ahead.
    """
    past = history(system)
    with np.errstate(all="ignore"):  # what is not finite is found at the first step
        slope = law.derivative(start)
        weight = 1.0 / (control.absolute + control.relative * np.abs(start))
        amount, speed = (float(np.max(np.abs(x) * weight, initial=0.0)) for x in (start, slope))
        step = duration
        if speed * duration > 1e-5:
            trial = min(0.01 * max(amount, 1.0) / speed, duration)
            bend = float(np.max(np.abs(law.derivative(start + trial * slope) - slope) * weight)) / trial
            step = min(duration, 100 * trial, max(bend, 1e-300) ** -0.5)
    past.y[:-1] = past.differences[0] = start[system.order]
    past.differences[1] = step * slope[system.order]
    past.gaps[:] = step * np.arange(1, len(past.gaps) + 1)
    past.clock[STEP] = step
    past.tally[ORDER] = 1
    return past


@kernel
def coefficients(past: History) -> tuple[float, float]:
    """Compute beta, alpha and sigma of the step to come.

    Returns
    -------
    constant, shift : float
        By what the size of the corrector is multiplied to estimate the error, and by what it is in the equation to be solved.
    """
    h, order = past.clock[STEP], past.tally[ORDER]
    past.ratio[0] = past.share[0] = 1.0
    shares = fixed = 0.0
    for j in range(1, order + 2):
        length = h + (past.gaps[j - 2] if j > 1 else 0.0)
        past.ratio[j] = past.ratio[j - 1] * length / past.gaps[j - 1]
        past.share[j] = h / length
        past.lead[j] = (j - 1) * past.lead[j - 1] * past.share[j] if j > 1 else 1.0
        if j <= order:
            shares += past.share[j]
            fixed += 1.0 / j
    last = past.share[order + 1]
    return float(max(last, abs(last + shares - fixed))), float(fixed / h)


@kernel
def accept(past: History, order: int) -> None:
    """Take the point reached into the history: ``phi_j = beta_j phi_j + phi_(j + 1)``."""
    phi, beta = past.differences, past.ratio
    for low in range(0, len(past.guess), BLOCK):
        guess = past.guess[low : low + BLOCK]
        y, top = past.y[low : low + BLOCK], phi[order + 1][low : low + BLOCK]
        if order < HIGHEST:
            higher, b = phi[order + 2][low : low + BLOCK], beta[order + 1]
            for i in range(len(guess)):
                higher[i] = y[i] - guess[i] - b * top[i]
        for i in range(len(guess)):
            top[i] = y[i] - guess[i]
        for j in range(order, -1, -1):
            here, above, b = phi[j][low : low + BLOCK], phi[j + 1][low : low + BLOCK], beta[j]
            for i in range(len(guess)):
                here[i] = above[i] + b * here[i]
    for j in range(HIGHEST + 1, 0, -1):
        past.gaps[j] = past.gaps[j - 1] + past.clock[LAST]
    past.gaps[0] = past.clock[LAST]
    past.clock[TIME] += past.clock[LAST]
    past.tally[AGE] += 1


@kernel
def predict(past: History, control: Control) -> None:
    """Extrapolate; the residual starts as minus the derivative of the predictor."""
    y, guess, slope, order = past.y, past.guess, past.slope, past.tally[ORDER]
    now = past.differences[0]
    rate, past.derivation[0] = 0.0, 0.0
    for j in range(1, order + 1):
        rate -= past.share[j] / past.clock[STEP]
        past.derivation[j] = rate * past.ratio[j]
    guess[:] = 0.0
    slope[:] = 0.0
    add_to_both(guess, slope, past.differences, past.ratio, past.derivation, order + 1)
    for i in range(len(guess)):
        y[i] = guess[i]
    for i in range(len(slope)):
        past.residual[i] = slope[i]
    weigh(past.weight, now, control.relative, control.absolute)


@kernel
def interpolate(past: History, when: float, order: int) -> None:
    """Write the amounts at a time within the last step to ``past.y``."""
    y, product = past.y, past.derivation
    y[:-1] = 0.0
    offset = when - past.clock[TIME]
    product[0] = 1.0
    for j in range(1, order + 1):
        product[j] = product[j - 1] * (offset + (past.gaps[j - 2] if j > 1 else 0.0)) / past.gaps[j - 1]
    add_to(y, past.differences, product, order + 1)


@kernel
def neighbours(past: History) -> tuple[float, float]:
    """Return the errors that the orders below and above would have made."""
    y, guess, weight, order = past.y, past.guess, past.weight, past.tally[ORDER]
    here, above = past.differences[order], past.differences[order + 1]
    b, c = past.ratio[order], past.ratio[order + 1]
    lower = higher = 0.0
    for i in range(len(guess)):
        change = y[i] - guess[i]
        lower = max(lower, abs(change + b * here[i]) * weight[i])
        higher = max(higher, abs(change - c * above[i]) * weight[i])
    return float(past.lead[order] * lower), float(higher / (order + 2))

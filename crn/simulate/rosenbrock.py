"""The stiff engine of this project: Rodas5P, a linearly implicit one-step method, on a sparse LU with a fixed pattern.

G. Steinebach, "Construction of Rosenbrock-Wanner method Rodas5P and numerical benchmarks within the Julia Differential Equations
package", BIT Numer. Math. 63, 27 (2023), doi:10.1007/s10543-023-00967-x; step control and the form of the stages after E. Hairer
and G. Wanner, "Solving Ordinary Differential Equations II" (1996), IV.7. It carries no history and suits runs that restart often;
the compiled loop over stretches and the simulator are in `crn.simulate.segments`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from crn.massaction import Vector
from crn.simulate.compiled import Indices, kernel
from crn.simulate.ordering import Integers
from crn.simulate.runs import (
    Control,
    Reading,
    read,
)
from crn.simulate.sparse import (
    Prepared,
    accumulate,
    derivative,
    entries,
    factorise,
    jacobian,
    solve,
)
from crn.simulate.vectors import add_to, add_to_both

STAGES = 8
GAMMA = 0.21193756319429014


def _triangle(*rows: tuple[float, ...]) -> Vector:
    return np.array([(*row, *[0.0] * (STAGES - len(row))) for row in rows])


_LAST = (
    (-7.502846399306121, 2.561846144803919, -11.627539656261098, -0.18268767659942256, 0.030198172008377946),
    (37.80277123390563, -3.2571969029072276, 112.26918849496327, 66.9347231244047, -40.06618937091002),
)
A = _triangle(
    (),
    (3.0,),
    (2.849394379747939, 0.45842242204463923),
    (-6.954028509809101, 2.489845061869568, -10.358996098473584),
    (2.8029986275628964, 0.5072464736228206, -0.3988312541770524, -0.04721187230404641),
    _LAST[0],
    (*_LAST[0], 1.0),
    (*_LAST[0], 1.0, 1.0),
)
"""Where the stages are evaluated: ``y + sum_j A[i, j] u_j``; the step ends at the last of these points plus the last stage."""

C = _triangle(
    (),
    (-14.155112264123755,),
    (-17.97296035885952, -2.859693295451294),
    (147.12150275711716, -1.41221402718213, 71.68940251302358),
    (165.43517024871676, -0.4592823456491126, 42.90938336958603, -5.961986721573306),
    (24.854864614690072, -3.0009227002832186, 47.4931110020768, 5.5814197821558125, -0.6610691825249471),
    (
        *(30.91273214028599, -3.1208243349937974, 77.79954646070892),
        *(34.28646028294783, -19.097331116725623, -28.087943162872662),
    ),
    (*_LAST[1], -54.66780262877968, -9.48861652309627),
)
"""How earlier stages enter the equation of a stage, divided by h."""

H = _triangle(
    (
        *(25.948786856663858, -2.5579724845846235, 10.433815404888879, -2.3679251022685204),
        *(0.524948541321073, 1.1241088310450404, 0.4272876194431874, -0.17202221070155493),
    ),
    (
        *(-9.91568850695171, -0.9689944594115154, 3.0438037242978453, -24.495224566215796),
        *(20.176138334709044, 15.98066361424651, -6.789040303419874, -6.710236069923372),
    ),
    (
        *(11.419903575922262, 2.8879645146136994, 72.92137995996029, 80.12511834622643),
        *(-52.072871366152654, -59.78993625266729, -0.15582684282751913, 4.883087185713722),
    ),
)
"""Dense output of order 4."""

TIME, STEP, USUAL = range(3)
"""What a clock holds: the time from the start of the stretch, the next step size (0 to have it chosen), and the step with which
stretches usually get going (0 if that is not known yet)."""

STEPS, REJECTED, SAMPLES, WATCH, MOVED = range(5)
"""What a tally holds: steps tried in this stretch, those rejected, samples written, which watch stopped the run, and whether the
state is another one than at the last try."""

SAFETY, SHRINK, GROW = 0.95, 0.2, 6.0
"""Step control; predicting errors from step to step (Gustafsson 1994) took more steps for the same error on networks of gates."""


class Watches(NamedTuple):
    """Species, in the order of elimination, whose crossing of a value ends the run; `direction` is 1 up, -1 down, 0 both."""

    species: Indices
    value: Vector
    direction: Integers


class Workspace(NamedTuple):
    """What a step writes to; S species, N entries of the LU.

    Attributes
    ----------
    y, point, between : ndarray, shape (S + 1,)
        Amounts at the start of the step, at its end or where a stage is evaluated, and within it; the last is the ghost's.
    slope : ndarray, shape (S,)
        The derivative at ``y``.
    jac, lu : ndarray, shapes (N + 1,), (N,)
    u : ndarray, shape (8, S)
        The stages.
    place, past : ndarray, shape (8,)
        With what the stages are multiplied.
    """

    y: Vector
    point: Vector
    between: Vector
    slope: Vector
    jac: Vector
    lu: Vector
    u: Vector
    place: Vector
    past: Vector


def workspace(system: Prepared) -> Workspace:
    """Return a place to work for a network of this size."""
    size, total = len(system.order), entries(system)
    y, point, between = np.ones((3, size + 1))
    place, past = np.empty((2, STAGES))
    u = np.empty((STAGES, size))
    return Workspace(y, point, between, np.empty(size), np.empty(total + 1), np.empty(total), u, place, past)


@kernel
def first_step(system: Prepared, work: Workspace, control: Control, duration: float) -> float:
    """Return a first step size from the time scales of the law at ``work.y`` (Hairer, Norsett and Wanner I, II.4)."""
    y, slope, point, change = work.y, work.slope, work.point, work.u[0]
    derivative(system, y, slope)
    amount, speed = 0.0, 0.0
    for i in range(len(slope)):
        scale = control.absolute + control.relative * abs(y[i])
        amount, speed = max(amount, abs(y[i]) / scale), max(speed, abs(slope[i]) / scale)
    if speed * duration <= 1e-5:
        return duration
    trial = min(0.01 * max(amount, 1.0) / speed, duration)
    for i in range(len(slope)):
        point[i] = y[i] + trial * slope[i]
    derivative(system, point, change)
    bend = 0.0
    for i in range(len(slope)):
        bend = max(bend, abs(change[i] - slope[i]) / (control.absolute + control.relative * abs(y[i])))
    return float(min(100 * trial, (0.01 / max(speed, bend / trial)) ** 0.2, duration))


@kernel
def try_step(system: Prepared, work: Workspace, h: float, tally: Integers) -> None:
    """Compute the stages of a step of size `h` from ``work.y``; ``work.point`` becomes its end, and the last stage its error.

    Each stage solves ``(I / (h gamma) - J) u_i = f(y + sum_j A_ij u_j) + sum_j (C_ij / h) u_j``. In the last two stages the point
    only moves on by the stage before, and the error is the difference to the embedded solution of order 4.
    """
    y, point, u, place, past = work.y, work.point, work.u, work.place, work.past
    if tally[MOVED]:
        derivative(system, y, work.slope)
        jacobian(system, y, work.jac)
    tally[STEPS] += 1
    factorise(system, work.jac, 1.0 / (h * GAMMA), work.lu)
    for stage in range(STAGES):
        now = u[stage]
        for j in range(stage):
            place[j], past[j] = A[stage, j], C[stage, j] / h
        if stage == 0:
            for i in range(len(now)):
                now[i] = work.slope[i]
        elif stage < STAGES - 2:
            for i in range(len(now)):
                point[i] = y[i]
            now[:] = 0.0
            add_to_both(point, now, u, place, past, stage)
            accumulate(system, point, now)
        else:
            before = u[stage - 1]
            for i in range(len(now)):
                point[i] += before[i]
            now[:] = 0.0
            add_to(now, u, past, stage)
            accumulate(system, point, now)
        solve(system, work.lu, now)
    error = u[STAGES - 1]
    for i in range(len(error)):
        point[i] += error[i]


@kernel
def error_of(work: Workspace, control: Control) -> float:
    """Return the largest error of any species relative to what is allowed; what is not a number counts as very large."""
    y, point, error = work.y, work.point, work.u[STAGES - 1]
    relative, absolute = control.relative, control.absolute
    worst, wild = 0.0, 0
    for i in range(len(error)):
        ratio = abs(error[i]) / (absolute + relative * max(abs(y[i]), abs(point[i])))
        worst = max(worst, ratio)
        wild += not ratio < 1e10
    return 1e10 if wild else float(worst)


@kernel
def shares(theta: float, weight: Vector) -> None:
    """Write how the stages enter the dense output at the share `theta` of a step, shape (8,)."""
    for stage in range(STAGES):
        weight[stage] = (H[2, stage] * theta + H[1, stage]) * theta + H[0, stage]
        weight[stage] *= theta * (1.0 - theta)


@kernel
def between(work: Workspace, theta: float, i: int) -> float:
    """Return species `i` at the share `theta` of the step just made."""
    shares(theta, work.past)
    amount = (1.0 - theta) * work.y[i] + theta * work.point[i]
    for stage in range(STAGES):
        amount += work.past[stage] * work.u[stage, i]
    return float(amount)


@kernel
def all_between(work: Workspace, theta: float) -> None:
    """Write all species at the share `theta` of the step just made to ``work.between``."""
    y, point, out = work.y, work.point, work.between
    shares(theta, work.past)
    for i in range(len(y)):
        out[i] = (1.0 - theta) * y[i] + theta * point[i]
    add_to(out, work.u, work.past, len(work.past))


@kernel
def crossing(work: Workspace, watches: Watches, tally: Integers) -> float:
    """Return at which share of the step just made the first watch stops the run, or 2 if none does."""
    found = 2.0
    for w in range(len(watches.species)):
        i, value, direction = watches.species[w], watches.value[w], watches.direction[w]
        before, after = work.y[i] - value, work.point[i] - value
        if (before < 0.0 <= after and direction >= 0) or (before > 0.0 >= after and direction <= 0):
            low, high = 0.0, 1.0
            while high - low > 1e-14:
                middle = 0.5 * (low + high)
                if (between(work, middle, i) - value < 0.0) == (before < 0.0):
                    low = middle
                else:
                    high = middle
            if high < found:
                found, tally[WATCH] = high, w
    return found


@kernel
def sample(
    work: Workspace, reading: Reading, now: float, h: float, reached: float, tally: Integers, times: Vector, out: Vector
) -> None:
    """Write what is read at all times up to `reached` within the step of size `h` from `now`."""
    while tally[SAMPLES] < len(times) and times[tally[SAMPLES]] <= reached:
        all_between(work, min((times[tally[SAMPLES]] - now) / h, 1.0))
        read(reading, work.between, out[tally[SAMPLES]])
        tally[SAMPLES] += 1


@kernel
def accept(work: Workspace, theta: float) -> None:
    """Go on to the share `theta` of the step just made, or to its end."""
    end = work.point
    if theta <= 1.0:
        all_between(work, theta)
        end = work.between
    for i in range(len(end)):
        work.y[i] = end[i]

"""The stiff engine of this project: Rodas5P, a linearly implicit one-step method, on a sparse LU with a fixed pattern.

G. Steinebach, "Construction of Rosenbrock-Wanner method Rodas5P and numerical benchmarks within the Julia Differential Equations
package", BIT Numer. Math. 63, 27 (2023), doi:10.1007/s10543-023-00967-x; step control and the form of the stages after E. Hairer
and G. Wanner, "Solving Ordinary Differential Equations II" (1996), IV.7. Use it for stiff networks of any size, above all where
runs restart often, because it carries no history; many restarts in one go are `crn.simulate.segments`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
import scipy.sparse as sp

from crn.massaction import MassAction, Vector
from crn.simulate.compiled import Indices, kernel
from crn.simulate.engine import Outcome, Simulator, Status, Stretch, Tolerance, checked
from crn.simulate.ordering import Integers
from crn.simulate.sparse import Prepared, TooDense, derivative, entries, factorise, jacobian, prepared, solve

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

FINISHED, PAUSED, CROSSED, UNDERFLOW, EXHAUSTED, NEGATIVE = range(6)
"""What a compiled run comes back with; `EXHAUSTED` means that a stretch took all the steps that it may take."""

TIME, STEP, USUAL = range(3)
"""What a clock holds: the time from the start of the stretch, the next step size (0 to have it chosen), and the step with which
stretches usually get going (0 if that is not known yet)."""

STEPS, REJECTED, SAMPLES, WATCH = range(4)
"""What a tally holds: steps tried in this stretch, those rejected, samples written, which watch stopped the run."""

SAFETY, SHRINK, GROW = 0.95, 0.2, 6.0
"""Step control; predicting errors from step to step (Gustafsson 1994) took more steps for the same error on networks of gates."""


class Control(NamedTuple):
    """How accurate, and how far."""

    relative: float
    absolute: float
    max_steps: int


class Watches(NamedTuple):
    """Species, in the order of elimination, whose crossing of a value ends the run; `direction` is 1 up, -1 down, 0 both."""

    species: Indices
    value: Vector
    direction: Integers


class Reading(NamedTuple):
    """M linear combinations of the species, in the order of elimination, as a sparse matrix by rows."""

    start: Integers
    species: Indices
    weight: Vector


class Workspace(NamedTuple):
    """What a step writes to: amounts with the ghost species as the last, then vectors of S, of N entries, and stages."""

    y: Vector
    point: Vector
    slope: Vector
    past: Vector
    jac: Vector
    lu: Vector
    u: Vector


def workspace(system: Prepared) -> Workspace:
    """Return a place to work for a network of this size."""
    size, total = len(system.order), entries(system)
    y = np.ones(size + 1)
    slope, past = np.empty((2, size))
    return Workspace(y, y.copy(), slope, past, np.empty(total + 1), np.empty(total), np.empty((STAGES, size)))


def reading_of(system: Prepared, matrix: sp.csr_matrix | None) -> Reading:
    """Return M read-outs, shape (M, S) in the order of the network, for the kernels; None stands for every species."""
    rank = np.empty(len(system.order), np.int64)
    rank[system.order] = np.arange(len(rank))
    if matrix is None:
        return Reading(np.arange(len(rank) + 1), rank.astype(np.uint32), np.ones(len(rank)))
    rows = sp.csr_matrix(matrix)
    return Reading(rows.indptr.astype(np.int64), rank[rows.indices].astype(np.uint32), rows.data.astype(np.float64))


@kernel
def read(reading: Reading, y: Vector, out: Vector) -> None:
    """Write the read-outs, shape (M,)."""
    for row in range(len(out)):
        out[row] = 0.0
        for a in range(reading.start[row], reading.start[row + 1]):
            out[row] += reading.weight[a] * y[reading.species[a]]


@kernel
def first_step(system: Prepared, work: Workspace, control: Control, duration: float) -> float:
    """Return a first step size from the time scales of the law at ``work.y`` (Hairer, Norsett and Wanner I, II.4)."""
    y, slope, point, change = work.y, work.slope, work.point, work.past
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
def try_step(system: Prepared, work: Workspace, h: float) -> None:
    """Compute the stages of a step of size `h` from ``work.y``; ``work.point`` becomes its end, and the last stage its error.

    Each stage solves ``(I / (h gamma) - J) u_i = f(y + sum_j A_ij u_j) + sum_j (C_ij / h) u_j``. In the last two stages the point
    only moves on by the stage before, and the error is the difference to the embedded solution of order 4.
    """
    y, point, past, u = work.y, work.point, work.past, work.u
    size = len(past)
    factorise(system, work.jac, 1.0 / (h * GAMMA), work.lu)
    for stage in range(STAGES):
        now = u[stage]
        for i in range(size):
            past[i] = 0.0
        if stage < STAGES - 2:
            for i in range(size):
                point[i] = y[i]
            for j in range(stage):
                a, c, before = A[stage, j], C[stage, j] / h, u[j]
                for i in range(size):
                    point[i] += a * before[i]
                    past[i] += c * before[i]
        else:
            before = u[stage - 1]
            for i in range(size):
                point[i] += before[i]
            for j in range(stage):
                c, before = C[stage, j] / h, u[j]
                for i in range(size):
                    past[i] += c * before[i]
        if stage:
            derivative(system, point, now)
        for i in range(size):
            now[i] = now[i] + past[i] if stage else work.slope[i]
        solve(system, work.lu, now)
    for i in range(size):
        point[i] += u[STAGES - 1, i]


@kernel
def error_of(work: Workspace, control: Control) -> float:
    """Return the largest error of any species relative to what is allowed; a NaN counts as very large."""
    y, point, error = work.y, work.point, work.u[STAGES - 1]
    worst = 0.0
    for i in range(len(error)):
        ratio = abs(error[i]) / (control.absolute + control.relative * max(abs(y[i]), abs(point[i])))
        if not ratio <= worst:  # also when it is NaN, and then it stays
            worst = ratio
            if not ratio < 1e10:
                return 1e10
    return worst


@kernel
def between(work: Workspace, theta: float, i: int) -> float:
    """Return species `i` at the share `theta` of the step just made."""
    curve = 0.0
    for row in range(len(H) - 1, -1, -1):
        coefficient = 0.0
        for stage in range(STAGES):
            coefficient += H[row, stage] * work.u[stage, i]
        curve = curve * theta + coefficient
    return float((1 - theta) * work.y[i] + theta * (work.point[i] + (1 - theta) * curve))


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
def integrate(
    system: Prepared,
    work: Workspace,
    control: Control,
    duration: float,
    clock: Vector,
    tally: Integers,
    budget: int,
    watches: Watches,
    reading: Reading,
    times: Vector,
    samples: Vector,
) -> int:
    """Advance ``work.y`` to `duration`, and come back earlier when `budget` steps are made; `clock` and `tally` know where it is.

    Parameters
    ----------
    times : ndarray, shape (T,)
        When to sample, from the start of the stretch; ``tally[SAMPLES]`` of them have been.
    samples : ndarray, shape (T, M)

    Returns
    -------
    int
        `FINISHED`, `PAUSED`, `CROSSED`, `UNDERFLOW` or `EXHAUSTED`.
    """
    y, point = work.y, work.point
    size = len(work.slope)
    if clock[TIME] == 0.0:
        while tally[SAMPLES] < len(times) and times[tally[SAMPLES]] <= 0.0:
            read(reading, y, samples[tally[SAMPLES]])
            tally[SAMPLES] += 1
    if clock[STEP] <= 0.0:
        # The guess is careful; where the stretch before could soon go faster, so can this one.
        guess = first_step(system, work, control, duration)
        clock[STEP] = max(guess, min(clock[USUAL], 1e3 * guess))
        clock[USUAL] = 0.0
    rejected, moved = False, True
    for _ in range(budget):
        now, h = clock[TIME], clock[STEP]
        if now >= duration:
            return FINISHED
        if tally[STEPS] >= control.max_steps:
            return EXHAUSTED
        if not h > 4e-16 * max(now, 1e-9 * duration):
            return UNDERFLOW
        if moved:
            derivative(system, y, work.slope)
            jacobian(system, y, work.jac)
        # The last step ends at the end, and the one before it leaves no sliver.
        last = now + 1.001 * h >= duration
        h = duration - now if last else min(h, 0.5 * (duration - now)) if now + 2 * h > duration else h
        try_step(system, work, h)
        tally[STEPS] += 1
        error = error_of(work, control)
        factor = min(GROW, max(SHRINK, SAFETY * error**-0.2)) if error > 0.0 else GROW
        if error > 1.0:
            tally[REJECTED] += 1
            clock[STEP] = h * min(factor, 0.9)
            rejected, moved = True, False
            continue
        theta = crossing(work, watches, tally)
        reached = now + min(theta, 1.0) * h if theta < 1.0 or not last else duration
        while tally[SAMPLES] < len(times) and times[tally[SAMPLES]] <= reached:
            at = min((times[tally[SAMPLES]] - now) / h, 1.0)
            for row in range(samples.shape[1]):
                total = 0.0
                for a in range(reading.start[row], reading.start[row + 1]):
                    total += reading.weight[a] * between(work, at, reading.species[a])
                samples[tally[SAMPLES], row] = total
            tally[SAMPLES] += 1
        clock[TIME] = reached
        if clock[USUAL] == 0.0 and factor < 2.0:
            clock[USUAL] = h
        clock[STEP] = max(clock[STEP], h * factor) if last else h * (min(factor, 1.0) if rejected else factor)
        rejected, moved = False, True
        if theta <= 1.0:
            for i in range(size):
                point[i] = between(work, theta, i)
        for i in range(size):
            y[i] = point[i]
        if theta <= 1.0:
            return CROSSED
    return FINISHED if clock[TIME] >= duration else PAUSED


def budget_of(system: Prepared) -> int:
    """Return how many steps take a fraction of a second, after which compiled loops come back to Python."""
    return 50 + int(2e8 / (1e4 + 30 * entries(system) + system.updates.shape[1] + system.dense**3 / 10))


NOWHERE = Watches(np.empty(0, np.uint32), np.empty(0), np.empty(0, np.int64))


@dataclass(frozen=True, slots=True)
class Rosenbrock(Simulator):
    """Rodas5P of order 5 with sparse LU, compiled."""

    name: ClassVar[str] = "rosenbrock"
    summary: ClassVar[str] = (
        "deterministic mass action: Rodas5P on a compiled sparse LU, for stiff networks of any size"
    )

    max_steps: int = 100_000
    """Steps for one stretch, after which the run ends with the outcome `LIMIT`."""

    def advance(self, law: MassAction, start: Vector, duration: float, times: Vector, tolerance: Tolerance) -> Stretch:
        """Advance the state; see `Simulator.advance`."""
        try:
            system = prepared(law)
        except TooDense as dense:
            outcome = Outcome(Status.FAILED, f"the network is too tightly connected: {dense}", "try --method bdf")
            return Stretch(np.empty((0, len(start))), start.copy(), 0.0, outcome)
        work, reading = workspace(system), reading_of(system, None)
        work.y[:-1] = start[system.order]
        control = Control(tolerance.relative, tolerance.absolute, self.max_steps)
        clock, tally = np.zeros(3), np.zeros(4, np.int64)
        samples = np.empty((len(times), len(start)))
        status, budget = PAUSED, budget_of(system)
        while status == PAUSED:  # between two parts a key press can stop the program
            status = integrate(
                system, work, control, max(duration, 0.0), clock, tally, budget, NOWHERE, reading, times, samples
            )
        end = np.empty(len(start))
        end[system.order] = work.y[:-1]
        outcome = checked(law, end, tolerance) if status == FINISHED else trouble(status, law, end, clock, duration)
        return Stretch(samples[: tally[SAMPLES]], end, float(clock[TIME]), outcome)


def trouble(status: int, law: MassAction, end: Vector, clock: Vector, duration: float) -> Outcome:
    """Return the outcome of a stretch that did not reach its end."""
    reached = f"{clock[TIME]:g} of {duration:g}"
    if status == EXHAUSTED:
        return Outcome(
            Status.LIMIT, f"the allowed steps took it only to {reached}", "loosen the tolerance, or shorten the stretch"
        )
    largest = law.species[int(np.argmax(np.abs(end)))] if len(end) else "nothing"
    return Outcome(
        Status.FAILED,
        f"the step size fell to nothing at {reached}",
        f"an amount may grow without bound; the largest there is {largest}",
    )

"""Many stretches in one compiled loop: additions, dilution, removals, sampling and thresholds without Python in between.

The method is that of `crn.simulate.rosenbrock` (Steinebach 2023), restarted at every event with the step size that was usual
before. Use `run_segments` for training runs and protocols with hundreds of events, and `Rosenbrock` where a simulator is asked
for; other methods go through `crn.simulate.engine.simulate`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from crn.massaction import MassAction, Vector
from crn.simulate.compiled import Indices, kernel
from crn.simulate.engine import (
    FLOOR,
    Outcome,
    Progress,
    SegmentRun,
    Segments,
    Simulator,
    Status,
    Stretch,
    Threshold,
    Tolerance,
    checked,
)
from crn.simulate.ordering import Integers
from crn.simulate.rosenbrock import (
    GROW,
    MOVED,
    REJECTED,
    SAFETY,
    SAMPLES,
    SHRINK,
    STEP,
    STEPS,
    TIME,
    USUAL,
    WATCH,
    Watches,
    Workspace,
    accept,
    crossing,
    error_of,
    first_step,
    sample,
    try_step,
    workspace,
)
from crn.simulate.runs import (
    CROSSED,
    EXHAUSTED,
    FINISHED,
    NEGATIVE,
    PAUSED,
    UNDERFLOW,
    Control,
    Reading,
    budget_of,
    read,
    reading_of,
    trouble,
)
from crn.simulate.sparse import Prepared, TooDense, prepared


class Plan(NamedTuple):
    """Segments for the compiled loop; species in the order of elimination."""

    durations: Vector
    dilution: Vector
    remove_start: Integers
    remove: Indices
    add_start: Integers
    add: Indices
    amount: Vector
    sample_start: Integers
    times: Vector


SEGMENT, BEGUN, ALL_STEPS, ALL_REJECTED = range(4)
"""What a cursor holds: the present segment, whether its start is done, and steps in all segments before it."""


@kernel
def add(plan: Plan, s: int, y: Vector) -> None:
    """Do what happens at the start of a segment, in place."""
    for i in range(len(y) - 1):  # the ghost is not diluted
        y[i] *= plan.dilution[s]
    for a in range(plan.remove_start[s], plan.remove_start[s + 1]):
        y[plan.remove[a]] = 0.0
    for a in range(plan.add_start[s], plan.add_start[s + 1]):
        y[plan.add[a]] += plan.amount[a]


@kernel
def start_segment(
    system: Prepared,
    work: Workspace,
    control: Control,
    duration: float,
    clock: Vector,
    tally: Integers,
    reading: Reading,
    times: Vector,
    samples: Vector,
) -> None:
    """Read at the start of a segment, and choose its first step."""
    while tally[SAMPLES] < len(times) and times[tally[SAMPLES]] <= 0.0:
        read(reading, work.y, samples[tally[SAMPLES]])
        tally[SAMPLES] += 1
    # The guess is careful; where the stretch before could soon go faster, so can this one.
    guess = first_step(system, work, control, duration)
    clock[STEP] = max(guess, min(clock[USUAL], 1e3 * guess))
    clock[USUAL] = 0.0


@kernel
def finish_segment(work: Workspace, control: Control, reading: Reading, number: int, ends: Vector) -> bool:
    """Read at the end of a segment, and say whether no amount is well below zero."""
    if len(ends):
        read(reading, work.y, ends[number])
    lowest, largest = 0.0, 0.0
    for i in range(len(work.slope)):
        lowest, largest = min(lowest, work.y[i]), max(largest, abs(work.y[i]))
    return bool(lowest >= -FLOOR * (control.absolute + control.relative * largest))


@kernel
def run_part(
    system: Prepared,
    work: Workspace,
    control: Control,
    plan: Plan,
    clock: Vector,
    tally: Integers,
    cursor: Integers,
    budget: int,
    watches: Watches,
    reading: Reading,
    samples: Vector,
    ends: Vector,
) -> int:
    """Go on with a run for at most `budget` steps; `clock`, `tally` and `cursor` know where it is."""
    while cursor[SEGMENT] < len(plan.durations):
        s = cursor[SEGMENT]
        duration, first, last = plan.durations[s], plan.sample_start[s], plan.sample_start[s + 1]
        times, rows = plan.times[first:last], samples[first:last]
        if cursor[BEGUN] == 0:
            add(plan, s, work.y)
            clock[:USUAL] = 0.0  # the usual step outlives a segment
            tally[:] = 0
            tally[MOVED] = 1
            start_segment(system, work, control, duration, clock, tally, reading, times, rows)
            cursor[BEGUN] = 1
        while clock[TIME] < duration:
            now, h = clock[TIME], clock[STEP]
            if budget <= 0:
                return PAUSED
            if tally[STEPS] >= control.max_steps:
                return EXHAUSTED
            if not h > 4e-16 * max(now, 1e-9 * duration):
                return UNDERFLOW
            # The last step ends at the end, and the one before it leaves no sliver.
            ending = now + 1.001 * h >= duration
            h = duration - now if ending else min(h, 0.5 * (duration - now)) if now + 2 * h > duration else h
            try_step(system, work, h, tally)
            budget -= 1
            error = error_of(work, control)
            factor = min(GROW, max(SHRINK, SAFETY * error**-0.2)) if error > 0.0 else GROW
            if error > 1.0:
                tally[REJECTED] += 1
                clock[STEP] = h * min(factor, 0.9)
                tally[MOVED] = 0
                continue
            theta = crossing(work, watches, tally)
            reached = now + min(theta, 1.0) * h if theta < 1.0 or not ending else duration
            sample(work, reading, now, h, reached, tally, times, rows)
            accept(work, theta)
            clock[TIME] = reached
            if clock[USUAL] == 0.0 and factor < 2.0:
                clock[USUAL] = h
            clock[STEP] = (
                max(clock[STEP], h * factor) if ending else h * (min(factor, 1.0) if not tally[MOVED] else factor)
            )
            tally[MOVED] = 1
            if theta <= 1.0:
                return CROSSED
        if not finish_segment(work, control, reading, s, ends):
            return NEGATIVE
        cursor[SEGMENT] += 1
        cursor[BEGUN] = 0
        cursor[ALL_STEPS] += tally[STEPS]
        cursor[ALL_REJECTED] += tally[REJECTED]
    return FINISHED


def run_segments(
    law: MassAction,
    start: Vector,
    segments: Segments,
    tolerance: Tolerance = Tolerance(),
    *,
    readout: sp.csr_matrix | None = None,
    keep_ends: bool = True,
    times: Sequence[float] | Vector = (),
    stop: Sequence[Threshold] = (),
    max_steps: int = 100_000,
    progress: Progress | None = None,
) -> SegmentRun:
    """Integrate a network over many segments.

    Parameters
    ----------
    law : MassAction
    start : ndarray, shape (S,)
        State before what happens at the start of the first segment.
    segments : Segments
    tolerance : Tolerance
    readout : csr_matrix, shape (M, S), optional
        Linear combinations to report; by default every species. Memory is M times what is reported, whatever S is.
    keep_ends : bool
        Whether to report the end of every segment.
    times : sequence of float
        When else to report, ascending, from the start of the run; at the time of an event the state after it is reported.
    stop : sequence of Threshold
    max_steps : int
        Steps for one segment, after which the run ends with the outcome `LIMIT`.
    progress : callable, optional
        Returning False cancels the run and keeps what there is.
    """
    size, count = len(law.species), len(segments.durations)
    rows = size if readout is None else readout.shape[0]
    grid = np.asarray(times, dtype=np.float64)
    samples, ends = np.empty((len(grid), rows)), np.empty((count if keep_ends else 0, rows))
    try:
        system = prepared(law)
    except TooDense as dense:
        outcome = Outcome(Status.FAILED, f"the network is too tightly connected: {dense}", "try --method radau")
        return SegmentRun(ends[:0], samples[:0], start.copy(), 0, 0.0, None, 0, 0, outcome)

    starts = np.concatenate([[0.0], np.cumsum(segments.durations)])
    plan = _planned(system, segments, grid, starts)
    work, reading = workspace(system), reading_of(system, readout)
    work.y[:-1] = start[system.order]
    rank = np.empty(size, np.int64)
    rank[system.order] = np.arange(size)
    watches = Watches(
        np.array([rank[law.index[t.species]] for t in stop], dtype=np.uint32),
        np.array([t.value for t in stop], dtype=np.float64),
        np.array([t.direction for t in stop], dtype=np.int64),
    )
    control = Control(tolerance.relative, tolerance.absolute, max_steps)
    clock, tally, cursor = np.zeros(3), np.zeros(5, np.int64), np.zeros(4, np.int64)
    budget, status, cancelled = budget_of(system), PAUSED, False
    while status == PAUSED and not cancelled:
        status = run_part(system, work, control, plan, clock, tally, cursor, budget, watches, reading, samples, ends)
        cancelled = progress is not None and not progress(int(cursor[SEGMENT]), count) and status == PAUSED

    end = np.empty(size)
    end[system.order] = work.y[:-1]
    at = int(cursor[SEGMENT])
    sampled = int(plan.sample_start[at] + (tally[SAMPLES] if cursor[BEGUN] else 0))
    crossed = stop[tally[WATCH]] if status == CROSSED else None
    outcome = Outcome()
    if cancelled:
        outcome = Outcome(Status.CANCELLED, f"cancelled after {at} of {count} segments", "what was reached is kept")
    elif status == NEGATIVE:
        outcome = checked(law, end, tolerance)
    elif status not in (FINISHED, CROSSED):
        outcome = trouble(status, law, end, float(clock[TIME]), float(segments.durations[at]))
    return SegmentRun(
        ends[:at],
        samples[:sampled],
        end,
        at,
        float(starts[at] + (clock[TIME] if cursor[BEGUN] else 0.0)),
        crossed,
        int(cursor[ALL_STEPS] + (tally[STEPS] if cursor[BEGUN] else 0)),
        int(cursor[ALL_REJECTED] + (tally[REJECTED] if cursor[BEGUN] else 0)),
        outcome,
    )


def _planned(system: Prepared, segments: Segments, grid: Vector, starts: Vector) -> Plan:
    """Return the segments in the order of elimination, and the sampling times from the start of the segment they fall into."""
    rank = np.empty(len(system.order), np.int64)
    rank[system.order] = np.arange(len(rank))
    count = len(segments.durations)
    additions = segments.gains.tocsr()
    removals = None if segments.removals is None else segments.removals.tocsr()
    # A time at which a segment starts belongs to it, so that what is reported is the state after the event.
    into = np.minimum(np.searchsorted(starts, grid, side="right") - 1, max(count - 1, 0))
    return Plan(
        np.asarray(segments.durations, dtype=np.float64),
        np.ones(count) if segments.dilution is None else np.asarray(segments.dilution, dtype=np.float64),
        np.zeros(count + 1, np.int64) if removals is None else _int(removals.indptr),
        np.empty(0, np.uint32) if removals is None else rank[removals.indices].astype(np.uint32),
        _int(additions.indptr),
        rank[additions.indices].astype(np.uint32),
        additions.data.astype(np.float64),
        np.searchsorted(into, np.arange(count + 1)).astype(np.int64),
        np.minimum(grid - starts[into], np.asarray(segments.durations)[into]) if len(grid) else grid,
    )


def _int(values: NDArray[np.integer]) -> Integers:
    return values.astype(np.int64)


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
        once = Segments(np.array([max(duration, 0.0)]), sp.csr_matrix((1, len(start))))
        found = run_segments(law, start, once, tolerance, keep_ends=False, times=times, max_steps=self.max_steps)
        return Stretch(found.samples, found.end, found.time, found.outcome)

    def run(
        self,
        law: MassAction,
        start: Vector,
        segments: Segments,
        tolerance: Tolerance,
        readout: sp.csr_matrix,
        progress: Progress | None = None,
    ) -> SegmentRun:
        """Go through many stretches in one compiled loop; see `Simulator.run`."""
        return run_segments(
            law, start, segments, tolerance, readout=readout, max_steps=self.max_steps, progress=progress
        )

"""Many stretches in one compiled loop: additions, dilution, removals, sampling and thresholds without Python in between.

The method is that of `crn.simulate.rosenbrock` (Steinebach 2023), restarted at every event with the step size that was usual
before. Use it for training runs and protocols with hundreds of events; a single stretch is `Rosenbrock`, and other methods go
through `crn.simulate.engine.simulate`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from crn.massaction import MassAction, Vector
from crn.simulate.compiled import Indices, kernel
from crn.simulate.engine import FLOOR, Outcome, Progress, SegmentRun, Segments, Status, Threshold, Tolerance, checked
from crn.simulate.ordering import Integers
from crn.simulate.rosenbrock import (
    REJECTED,
    SAMPLES,
    STEPS,
    TIME,
    USUAL,
    WATCH,
    Watches,
    Workspace,
    integrate,
    workspace,
)
from crn.simulate.runs import (
    CROSSED,
    FINISHED,
    NEGATIVE,
    PAUSED,
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
def begin(plan: Plan, s: int, y: Vector) -> None:
    """Do what happens at the start of a segment, in place."""
    for i in range(len(y) - 1):  # the ghost is not diluted
        y[i] *= plan.dilution[s]
    for a in range(plan.remove_start[s], plan.remove_start[s + 1]):
        y[plan.remove[a]] = 0.0
    for a in range(plan.add_start[s], plan.add_start[s + 1]):
        y[plan.add[a]] += plan.amount[a]


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
    """Go on with a run for about `budget` steps; `clock`, `tally` and `cursor` know where it is."""
    while cursor[SEGMENT] < len(plan.durations):
        s = cursor[SEGMENT]
        if cursor[BEGUN] == 0:
            begin(plan, s, work.y)
            clock[:USUAL] = 0.0  # the usual step outlives a segment
            tally[:] = 0
            cursor[BEGUN] = 1
        first, end = plan.sample_start[s], plan.sample_start[s + 1]
        before = tally[STEPS]
        status = integrate(
            system,
            work,
            control,
            plan.durations[s],
            clock,
            tally,
            budget,
            watches,
            reading,
            plan.times[first:end],
            samples[first:end],
        )
        budget -= tally[STEPS] - before
        if status != FINISHED:
            return status
        if len(ends):
            read(reading, work.y, ends[s])
        lowest, largest = 0.0, 0.0
        for i in range(len(work.y) - 1):
            lowest, largest = min(lowest, work.y[i]), max(largest, abs(work.y[i]))
        if lowest < -FLOOR * (control.absolute + control.relative * largest):
            return NEGATIVE
        cursor[SEGMENT] += 1
        cursor[BEGUN] = 0
        cursor[ALL_STEPS] += tally[STEPS]
        cursor[ALL_REJECTED] += tally[REJECTED]
        if budget <= 0:
            return PAUSED
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
    clock, tally, cursor = np.zeros(3), np.zeros(4, np.int64), np.zeros(4, np.int64)
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
    additions = sp.csr_matrix(segments.additions)
    removals = sp.csr_matrix((count, len(rank))) if segments.removals is None else sp.csr_matrix(segments.removals)
    # A time at which a segment starts belongs to it, so that what is reported is the state after the event.
    into = np.minimum(np.searchsorted(starts, grid, side="right") - 1, max(count - 1, 0))
    return Plan(
        np.asarray(segments.durations, dtype=np.float64),
        np.ones(count) if segments.dilution is None else np.asarray(segments.dilution, dtype=np.float64),
        _int(removals.indptr),
        rank[removals.indices].astype(np.uint32),
        _int(additions.indptr),
        rank[additions.indices].astype(np.uint32),
        additions.data.astype(np.float64),
        np.searchsorted(into, np.arange(count + 1)).astype(np.int64),
        np.minimum(grid - starts[into], np.asarray(segments.durations)[into]) if len(grid) else grid,
    )


def _int(values: NDArray[np.integer]) -> Integers:
    return values.astype(np.int64)

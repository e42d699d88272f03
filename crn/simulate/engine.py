"""The seam between networks and integrators: what a simulator is asked, and what it answers.

A simulator advances a state over one stretch without events, or runs through many with additions in between; `simulate` strings
stretches together around a protocol.
Trouble on the way is an `Outcome` with a sentence of advice and never an exception; the solvers have files of their own.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import ClassVar

import numpy as np
import scipy.sparse as sp

from crn.diagnostics import CircuitError
from crn.massaction import MassAction, Vector
from crn.network import Species
from crn.protocol import Addition, Flush

FLOOR = 1e3
"""How many tolerances an amount may fall below zero before the run counts as failed."""


class Status(Enum):
    """How a run ended."""

    DONE = "done"
    LIMIT = "limit"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended, and what to do about it."""

    status: Status = Status.DONE
    message: str = "reached the end"
    advice: str = ""

    @property
    def ok(self) -> bool:
        """Whether the run reached its end."""
        return self.status is Status.DONE

    def __str__(self) -> str:
        return f"{self.status.value}: {self.message}" + (f" ({self.advice})" if self.advice else "")


@dataclass(frozen=True, slots=True)
class Tolerance:
    """Error allowed per step: ``relative * |y| + absolute`` for every species; `absolute` is in units of the amounts."""

    relative: float = 1e-6
    absolute: float = 1e-9


@dataclass(frozen=True, eq=False)
class Stretch:
    """What a simulator returns for one stretch without events.

    Attributes
    ----------
    values : ndarray, shape (T, S)
        The state at the requested times, as many of them as were reached.
    end : ndarray, shape (S,)
        The last state reached.
    reached : float
        The time of `end`, counted from the start of the stretch.
    outcome : Outcome
    """

    values: Vector
    end: Vector
    reached: float
    outcome: Outcome


Progress = Callable[[int, int], bool]
"""Called every now and then with the number of segments finished and of all; returns False to stop."""


@dataclass(frozen=True, eq=False)
class Segments:
    """N stretches of a run and what happens at the start of each: first dilution, then removals, then what is poured and added.

    Attributes
    ----------
    durations : ndarray, shape (N,)
        In the network's units of time.
    additions : csr_matrix, shape (N, S)
        By how much each amount rises.
    removals : csr_matrix, shape (N, S), optional
        Species with a stored entry are set to 0: an ideal that no pipette can do.
    dilution : ndarray, shape (N,), optional
        By what all amounts are multiplied, as liquid is added.
    poured : csr_matrix, shape (N, S), optional
        What comes with the content of another tube; there is no dose in it that could be off.
    """

    durations: Vector
    additions: sp.csr_matrix
    removals: sp.csr_matrix | None = None
    dilution: Vector | None = None
    poured: sp.csr_matrix | None = None

    def __post_init__(self) -> None:
        count = len(self.durations)
        parts = [len(self.dilution)] if self.dilution is not None else []
        parts += [m.shape[0] for m in (self.additions, self.removals, self.poured) if m is not None]
        if any(n != count for n in parts) or not np.all(np.asarray(self.durations) >= 0):
            raise ValueError(f"{count} durations, none of them negative, need as many rows of everything else: {parts}")

    @cached_property
    def gains(self) -> sp.csr_matrix:
        """By how much each amount rises in all, shape (N, S)."""
        return self.additions if self.poured is None else sp.csr_matrix(self.additions + self.poured)

    def begin(self, number: int, state: Vector) -> None:
        """Do what happens at the start of a segment, in place."""
        if self.dilution is not None:
            state *= self.dilution[number]
        if self.removals is not None:
            state[self.removals[number].indices] = 0.0
        added = self.gains[number]
        state[added.indices] += added.data

    def part(self, chosen: slice) -> Segments:
        """Return some of the segments."""
        removals = None if self.removals is None else self.removals[chosen]
        dilution = None if self.dilution is None else self.dilution[chosen]
        poured = None if self.poured is None else self.poured[chosen]
        return Segments(self.durations[chosen], self.additions[chosen], removals, dilution, poured)


@dataclass(frozen=True, slots=True)
class Threshold:
    """Ends a run when a species crosses a value; one that only touches it, or crosses back within a step, may be missed.

    Attributes
    ----------
    species : Species
    value : float
    direction : int
        1 upwards, -1 downwards, 0 both.
    """

    species: Species
    value: float
    direction: int = 0


@dataclass(frozen=True, eq=False)
class SegmentRun:
    """What a run over segments showed; M is the number of read-outs, S without a read-out.

    Attributes
    ----------
    ends : ndarray, shape (reached, M)
        Read at the end of every segment that was finished.
    samples : ndarray, shape (T, M)
        Read at the times asked for, as many of them as were reached.
    end : ndarray, shape (S,)
        The last state.
    reached : int
        Number of segments finished.
    time : float
        From the start of the run.
    crossed : Threshold, optional
        What ended the run before its time; the outcome is `DONE` all the same.
    steps, rejected : int
        Steps tried, and how many of them were rejected.
    outcome : Outcome
    """

    ends: Vector
    samples: Vector
    end: Vector
    reached: int
    time: float
    crossed: Threshold | None
    steps: int
    rejected: int
    outcome: Outcome


class Simulator(ABC):
    """Integrates a network over a stretch without events."""

    name: ClassVar[str]
    summary: ClassVar[str]

    def in_units(self, factor: float) -> Simulator:  # noqa: ARG002  # for those whose result depends on the units
        """Return the simulator for amounts that are `factor` times as large in number."""
        return self

    def apart(self, count: int) -> tuple[Simulator, ...]:
        """Return simulators that can be used in any order, or not at all, with the same results; chance makes a difference."""
        return (self,) * count

    @property
    def identity(self) -> str:
        """What its results depend on, apart from what it is asked."""
        return self.name

    @abstractmethod
    def advance(self, law: MassAction, start: Vector, duration: float, times: Vector, tolerance: Tolerance) -> Stretch:
        """Advance the state.

        Parameters
        ----------
        law : MassAction
        start : ndarray, shape (S,)
        duration : float
            In the network's units of time.
        times : ndarray, shape (T,)
            When to report the state, counted from the start of the stretch, ascending, at most `duration`.
        tolerance : Tolerance
        """

    def suited(self, law: MassAction, stretches: int) -> Simulator:  # noqa: ARG002  # a ladder looks at them
        """Return what to use for a run of so many stretches; most simulators are what they are."""
        return self

    def run(
        self,
        law: MassAction,
        start: Vector,
        segments: Segments,
        tolerance: Tolerance,
        readout: sp.csr_matrix,
        progress: Progress | None = None,
    ) -> SegmentRun:
        """Go through many stretches, each with its additions, and read at the end of every one.

        Parameters
        ----------
        law : MassAction
        start : ndarray, shape (S,)
            State before what happens at the start of the first segment.
        segments : Segments
        tolerance : Tolerance
        readout : csr_matrix, shape (M, S)
            Linear combinations to report.
        progress : callable, optional
            Returning False cancels the run and keeps what there is.
        """
        state, count = start.copy(), len(segments.durations)
        ends, outcome, time = [], Outcome(), 0.0
        for s in range(count):
            segments.begin(s, state)
            stretch = self.advance(law, state, float(segments.durations[s]), np.empty(0), tolerance)
            state, outcome, time = stretch.end.copy(), stretch.outcome, time + stretch.reached
            if not outcome.ok:
                break
            ends.append(readout @ state)
            if progress is not None and not progress(s + 1, count) and s + 1 < count:
                outcome = Outcome(
                    Status.CANCELLED, f"cancelled after {s + 1} of {count} segments", "what was reached is kept"
                )
                break
        read = np.array(ends).reshape(len(ends), readout.shape[0])
        return SegmentRun(read, read[:0], state, len(ends), time, None, 0, 0, outcome)


@dataclass(frozen=True, eq=False)
class Trajectory:
    """Amounts over time.

    Attributes
    ----------
    species : tuple of Species
    times : ndarray, shape (T,)
    values : ndarray, shape (T, S)
    outcome : Outcome
    """

    species: tuple[Species, ...]
    times: Vector
    values: Vector
    outcome: Outcome

    def of(self, species: Species) -> Vector:
        """Return the amounts of one species, shape (T,)."""
        return self.values[:, self.species.index(species)]


def add(law: MassAction, state: Vector, addition: Addition, volume: float | None) -> float | None:
    """Carry out one addition in place and return the new volume.

    With a volume (in L) and an addition that has one, everything is diluted first; without, additions take no room.
    """
    if addition.species not in law.index:
        raise CircuitError(f"the protocol adds {addition.species}, which is not a species of the network")
    if volume is not None and addition.volume:
        state *= volume / (volume + addition.volume)
        volume += addition.volume
    state[law.index[addition.species]] += addition.amount
    return volume


def flush(law: MassAction, state: Vector, event: Flush) -> None:
    """Remove species without a trace, in place: an ideal that no pipette can do."""
    for species in event.species:
        state[law.index[species]] = 0.0


def simulate(
    law: MassAction,
    start: Vector,
    events: Sequence[Addition | Flush],
    times: Sequence[float],
    simulator: Simulator,
    tolerance: Tolerance = Tolerance(),
    *,
    volume: float | None = None,
    progress: Callable[[float], bool] | None = None,
) -> Trajectory:
    """Integrate a network through timed additions.

    Parameters
    ----------
    law : MassAction
    start : ndarray, shape (S,)
        State at time 0, before the additions at time 0.
    events : sequence of Addition or Flush
        In any order; amounts of additions are concentrations in the tube after the addition.
    times : sequence of float
        When to report, ascending; at the time of an event the state after it is reported. The last one ends the run.
    simulator : Simulator
    tolerance : Tolerance
    volume : float, optional
        Of the tube at time 0, in L; without it additions do not dilute.
    progress : callable, optional
        Called with the time reached after every stretch; returning False cancels the run and keeps what there is.

    Returns
    -------
    Trajectory
        Shorter than asked for when the outcome is not `DONE`.
    """
    grid = np.asarray(times, dtype=np.float64)
    end = float(grid[-1]) if len(grid) else 0.0
    pending = sorted((e for e in events if e.time <= end), key=lambda e: e.time)
    stops = sorted({e.time for e in pending} | {0.0, end})
    simulator = simulator.suited(law, len(stops) - 1)
    state, outcome, reported = start.copy(), Outcome(), []
    for number, now in enumerate(stops):
        for event in (e for e in pending if e.time == now):
            if isinstance(event, Flush):
                flush(law, state, event)
            else:
                volume = add(law, state, event, volume)
        if number + 1 == len(stops):
            reported.append(np.repeat(state[None, :], int(np.sum(grid == end)), axis=0))
            break
        later = stops[number + 1]
        inside = grid[(grid >= now) & (grid < later)] - now
        stretch = simulator.advance(law, state, later - now, inside, tolerance)
        reported.append(stretch.values)
        state, outcome = stretch.end.copy(), stretch.outcome
        if not outcome.ok:
            break
        if progress is not None and not progress(later):
            outcome = Outcome(Status.CANCELLED, f"cancelled at time {later:g}", "what was reached is kept")
            break
    values = np.concatenate(reported) if reported else np.empty((0, len(state)))
    return Trajectory(law.species, grid[: len(values)], values, outcome)


def checked(law: MassAction, y: Vector, tolerance: Tolerance) -> Outcome:
    """Return the outcome of a finished stretch; amounts well below zero mean that the tolerance is too loose."""
    worst = int(np.argmin(y))
    floor = -FLOOR * (tolerance.absolute + tolerance.relative * float(np.max(np.abs(y))))
    if y[worst] >= floor:
        return Outcome()
    return Outcome(Status.FAILED, f"{law.species[worst]} fell to {y[worst]:.3g}", "tighten the tolerance")

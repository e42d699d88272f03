"""The seam between networks and integrators: what a simulator is asked, and what it answers.

A simulator advances a state over one stretch without events; `simulate` strings stretches together around timed additions.
Trouble on the way is an `Outcome` with a sentence of advice and never an exception; the solvers have files of their own.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

import numpy as np

from crn.diagnostics import CircuitError
from crn.massaction import MassAction, Vector
from crn.network import Species
from crn.protocol import Addition, Flush


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


class Simulator(ABC):
    """Integrates a network over a stretch without events."""

    name: ClassVar[str]
    summary: ClassVar[str]

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
    floor = -1e3 * (tolerance.absolute + tolerance.relative * float(np.max(np.abs(y))))
    if y[worst] >= floor:
        return Outcome()
    return Outcome(Status.FAILED, f"{law.species[worst]} fell to {y[worst]:.3g}", "tighten the tolerance")

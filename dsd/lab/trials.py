"""Trials: what a lab does before it runs a circuit, and what it should see.

First a reporter with known amounts of its signal, then every gate alone: with its inputs, without each of them, without each of
its fuels. What should be seen is simulated with the reactions that the system has, the reporter's own among them. What is pipetted
for a trial is computed in `dsd.lab.mixing`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from crn.massaction import MassAction
from crn.network import CRN, Bag, Reaction, Species, Units
from crn.protocol import Addition
from crn.simulate import SIMULATORS, Simulator, Tolerance, simulate
from dsd.lab.reporters import Reporter
from dsd.schemes.scheme import Role
from dsd.system import DsdSystem

Floats = NDArray[np.float64]

LEVELS: Final = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Amounts of signal in a calibration, in parts of the largest."""
POINTS: Final = 13
"""How many times a predicted trace is told at."""
LATE_SHARE: Final = 0.1
"""Volume of a reporter that goes in later, over that of its tube."""
LONGEST_S: Final = 86400.0
"""No trial is watched for longer, in s."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A tube, what goes into it, and what is watched.

    Attributes
    ----------
    name : str
    why : str
        What it shows.
    contents : tuple of (str, float)
        Complexes at the start, in M.
    reporter : str
        Name of the reporter that is read.
    reporter_M : float
    added_s : float
        When the reporter goes in: 0 to watch what is made; later to see what is left.
    """

    name: str
    why: str
    contents: tuple[tuple[str, float], ...]
    reporter: str
    reporter_M: float
    added_s: float = 0.0


@dataclass(frozen=True, eq=False)
class Trace:
    """What a trial should show.

    Attributes
    ----------
    trial : Trial
    times_s : ndarray, shape (T,)
    dye_M : ndarray, shape (T,)
        Reporter that has been opened, in M.
    """

    trial: Trial
    times_s: Floats
    dye_M: Floats

    @property
    def final_M(self) -> float:  # noqa: N802  # a unit
        """The last value."""
        return float(self.dye_M[-1])


@dataclass(frozen=True, slots=True)
class Levels:
    """At which concentrations trials are made, all in M; `rate` is that of a displacement by a full toehold, in /M/s."""

    signal_M: float
    fuel_M: float
    reporter_M: float
    rate: float


def calibration(reporter: Reporter, levels: Levels) -> tuple[Trial, ...]:
    """Return the trials by which the light of a reporter becomes a concentration."""
    signal = reporter.targets[0].name
    return tuple(
        Trial(
            f"{reporter.name} {share:g}x",
            f"calibration: {share:.0%} of the largest signal",
            ((signal, share * levels.signal_M),),
            reporter.name,
            levels.reporter_M,
        )
        for share in LEVELS
    )


def watched(reaction: Reaction) -> tuple[tuple[Species, ...], bool]:
    """Return which species show that a reaction happens, best first, and whether they are made by it rather than used up.

    A catalyst shows nothing, because it is there before and after.
    """
    left, right = dict(reaction.reactants), dict(reaction.products)
    made = tuple(s for s in right if right[s] > left.get(s, 0))
    return (made, True) if made else (tuple(s for s in left if left[s] > right.get(s, 0)), False)


def gate_trials(system: DsdSystem, reaction: Reaction, reporter: Reporter, levels: Levels) -> tuple[Trial, ...]:
    """Return the trials of one gate: complete, without each input, without each fuel.

    Parameters
    ----------
    system : DsdSystem
    reaction : Reaction
        The formal one that the gate carries out.
    reporter : Reporter
        For a species that `watched` names.
    levels : Levels

    Notes
    -----
    Where the reaction makes what is watched, the reporter is there from the start. Where it uses it up, the reporter goes in
    when the reaction should be over, and shows what is left.
    """
    _, made = watched(reaction)
    fuels = [e.complex.name for e in system.of_role(Role.FUEL) if reaction.id in e.gates]
    inputs = {s: system.carrier(s).name for s in reaction.reactants.support}
    doses = {inputs[s]: n * levels.signal_M for s, n in reaction.reactants}
    whole = {**doses, **dict.fromkeys(fuels, levels.fuel_M)}
    kinds = [("complete", f"gate {reaction.id} with all it needs: {reaction.equation}", "")]
    kinds += [(f"no {s}", f"without the input {s} ({name})", name) for s, name in inputs.items()]
    kinds += [(f"no {f}", f"without the fuel {f}", f) for f in fuels]
    late = 0.0 if made else -1.0
    return tuple(
        Trial(
            f"{reaction.id} {kind}",
            why,
            tuple((n, a) for n, a in whole.items() if n != left_out),
            reporter.name,
            levels.reporter_M,
            late,
        )
        for kind, why, left_out in kinds
    )


def predict(
    system: DsdSystem,
    trials: Sequence[Trial],
    reporter: Reporter,
    levels: Levels,
    gate: str = "",
    simulator: Simulator = SIMULATORS[0],
) -> tuple[Trace, ...]:
    """Simulate trials that belong together; all are watched for as long as the fullest tube needs to come to its end.

    Parameters
    ----------
    system : DsdSystem
    trials : sequence of Trial
        Those with a negative `added_s` get their reporter when the fullest has come to its end, and the traces say when that was.
    reporter : Reporter
    levels : Levels
    gate : str
        Id of the formal reaction whose gate is in the tube; empty for none.
    simulator : Simulator
    """
    law = MassAction(_network(system, reporter, levels.rate, gate))
    tolerance = Tolerance(1e-6, 1e-6 * levels.signal_M)
    opened = f"{reporter.name} opened"
    first = max(trials, key=lambda t: sum(a for _, a in t.contents))
    late = first.added_s < 0
    # What is left is counted by its own name while no reporter is there.
    seen = [opened] if not late else [t.name for t in reporter.targets if t.name in law.index]

    def run(trial: Trial, times: Sequence[float], at: float) -> Floats:
        state = law.state({n: a for n, a in trial.contents if n in law.index})
        # What goes in later takes room, and dilutes; what is there from the start does not.
        events = [Addition(at, reporter.name, trial.reporter_M, LATE_SHARE if at else 0.0)] if at <= times[-1] else []
        found = simulate(law, state, events, times, simulator, tolerance, volume=1.0)
        return np.asarray(found.values)

    end = _end(lambda t: run(first, [0.0, t / 2, t], t * 2 if late else 0.0), [law.index[s] for s in seen])
    wait = end if late else 0.0
    # The reporter itself needs its time after a late addition.
    total = end + (_reading_time(levels) if late else 0.0)
    # Closer together in the beginning, where most happens.
    times = wait + (total - wait) * np.linspace(0.0, 1.0, POINTS) ** 2
    traces = []
    for trial in trials:
        values = run(trial, list(times), wait)
        placed = Trial(trial.name, trial.why, trial.contents, trial.reporter, trial.reporter_M, wait)
        traces.append(Trace(placed, times, values[:, law.index[opened]].clip(min=0.0)))
    return tuple(traces)


def _end(run: Callable[[float], Floats], places: Sequence[int]) -> float:
    """Return the time, in s, by which a trial comes to its end: doubled until little happens in the second half."""
    end = 600.0
    while end < LONGEST_S:
        values = run(end)[:, places].sum(axis=1)
        start, middle, last = (float(v) for v in values[:3])
        if abs(last - middle) < 0.02 * max(abs(last - start), 1e-15) and abs(last - start) > 0:
            break
        end *= 2
    return min(end, LONGEST_S)


def _reading_time(levels: Levels) -> float:
    """Return the time that a reporter in excess needs for nearly all of its signal, in s."""
    return 10.0 / (levels.rate * levels.reporter_M)


def _network(system: DsdSystem, reporter: Reporter, rate: float, gate: str) -> CRN:
    """Return the reactions of one gate and of a reporter, in M and s."""
    name = {e.complex: e.complex.name for e in system.entries}
    reactions = [
        Reaction(
            f"{r.gate}.{i}",
            Bag.of(*(name[c] for c in r.reactants)),
            Bag.of(*(name[c] for c in r.products)),
            r.k,
        )
        for i, r in enumerate(system.reactions)
        if r.gate == gate
    ]
    reactions += reporter_reactions(reporter, rate)
    species = {s for r in reactions for s in (*r.reactants.support, *r.products.support)}
    return CRN.build(reactions, dict.fromkeys(sorted(species), 0.0), units=Units.MOLAR)


def reporter_reactions(reporter: Reporter, rate: float) -> list[Reaction]:
    """Return what a reporter does: every signal strand of its species opens it, once and for all; `rate` in /M/s."""
    return [
        Reaction(
            f"{reporter.name}.{i}",
            Bag.of(target.name, reporter.name),
            Bag.of(f"{reporter.name} opened"),
            rate,
        )
        for i, target in enumerate(reporter.targets)
    ]

"""Simulating a network at formal level, at DNA level, or both side by side.

Both levels get the same additions and are shown in formal units, so that they can be subtracted. Training has a file of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from compiler.compilation import CompileOptions, compile_crn
from compiler.dna_level import check_supply, counted, dna_tube, events_of
from crn.massaction import MassAction, Vector
from crn.network import CRN, Species
from crn.protocol import Addition
from crn.simulate import SIMULATORS, Outcome, Simulator, Tolerance, Trajectory
from crn.simulate import simulate as run_simulation


@dataclass(frozen=True, eq=False)
class Simulation:
    """Trajectories at one or both levels, in formal units.

    Attributes
    ----------
    formal, dna : Trajectory or None
        Over the formal species; `dna` is read through the interpretation.
    time_s : float or None
        Seconds per formal unit of time, where there is a DNA level.
    max_relative_error : float or None
        Largest difference between the levels, relative to the largest amount of the same species.
    worst : str
        The species and time of that difference.
    """

    formal: Trajectory | None
    dna: Trajectory | None
    time_s: float | None
    max_relative_error: float | None
    worst: str = ""

    @property
    def outcome(self) -> Outcome:
        """How it ended: the first level that did not reach its end, or else the last one."""
        runs = [t.outcome for t in (self.formal, self.dna) if t is not None]
        return next((o for o in runs if not o.ok), runs[-1] if runs else Outcome())


def simulate(
    crn: CRN,
    times: Sequence[float],
    level: str = "both",
    additions: Sequence[Addition] = (),
    options: CompileOptions = CompileOptions(),
    simulator: Simulator = SIMULATORS[0],
    tolerance: float = 1e-6,
) -> Simulation:
    """Integrate a network at formal level, at DNA level, or both.

    Parameters
    ----------
    crn : CRN
    times : sequence of float
        In the network's units.
    level : {'formal', 'dna', 'both'}
    additions : sequence of Addition
        In the network's units.
    options : CompileOptions
    simulator : Simulator
    tolerance : float
        Relative.
    """
    peaks = dict(crn.initial)
    for event in additions:
        peaks[event.species] = max(peaks.get(event.species, 0.0), event.amount)
    largest = max(peaks.values(), default=0.0) or 1.0
    accuracy = Tolerance(tolerance, 1e-3 * tolerance * largest)
    counting = MassAction(counted(crn))
    abstract = run_simulation(counting, counting.state(), additions, times, simulator, accuracy)
    formal = Trajectory(crn.species, abstract.times, _columns(abstract, crn.species), abstract.outcome)
    dna = time_s = None
    if level in ("dna", "both") and formal.outcome.ok:
        compiled = compile_crn(crn, options, peaks)
        # A lowered network fires its new reactions as often as those that they came from, so their gates are checked through these.
        check_supply(
            compiled.state, events_of(crn, dict(zip(counting.species, abstract.values[-1], strict=True))), {}, 0
        )
        tube = dna_tube(compiled.state)
        time_s = tube.time
        moved = [
            Addition(a.time * tube.time, tube.law.species[tube.dose[a.species]], a.amount * tube.factor)
            for a in additions
        ]
        moved_accuracy = Tolerance(tolerance, accuracy.absolute * tube.factor)
        inside = simulator.in_units(tube.factor)
        run = run_simulation(tube.law, tube.start, moved, [t * tube.time for t in times], inside, moved_accuracy)
        read = np.asarray((tube.reading @ run.values.T).T)
        dna = Trajectory(tube.formal, np.asarray(times[: len(read)], dtype=np.float64), read, run.outcome)
    if level == "dna" and dna is not None:
        return Simulation(None, dna, time_s, None)
    error, worst = _difference(formal, dna) if dna is not None else (None, "")
    return Simulation(formal, dna, time_s, error, worst)


def _columns(found: Trajectory, species: Sequence[Species]) -> Vector:
    """Return the amounts of some species, shape (T, S)."""
    return np.asarray(found.values[:, [found.species.index(s) for s in species]])


def _difference(formal: Trajectory, dna: Trajectory) -> tuple[float, str]:
    rows = min(len(formal.values), len(dna.values))
    if not rows:
        return 0.0, ""
    columns = [dna.species.index(s) for s in formal.species]
    size = np.max(np.abs(formal.values), axis=0)
    gap = np.abs(dna.values[:rows][:, columns] - formal.values[:rows]) / np.where(size > 0, size, 1.0)
    at, which = np.unravel_index(int(np.argmax(gap)), gap.shape)
    return float(gap[at, which]), f"{formal.species[which]} at {formal.times[at]:g}"

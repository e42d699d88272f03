"""Training: the protocol of a learning circuit, carried out in a tube, sample after sample.

A `Tube` says how formal additions and readings translate to whatever is simulated, so that one loop serves abstract networks and
their DNA-level expansions alike. Nothing that is added depends on the simulated state: top-ups are fixed before the run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from crn.massaction import MassAction, Vector
from crn.network import Species
from crn.neural.circuit import LearningCircuit, Phase
from crn.neural.datasets import Dataset
from crn.protocol import Flush
from crn.simulate import Outcome, Segments, Simulator, Status, Tolerance


@dataclass(frozen=True, eq=False)
class Tube:
    """Where a protocol is carried out, and how it is read.

    Attributes
    ----------
    law : MassAction
        The network that is simulated, with S species.
    start : ndarray, shape (S,)
        State before the first sample.
    formal : tuple of Species
        The F formal species.
    dose : Mapping of Species to int
        The simulated species that a formal addition goes to.
    factor : float
        Simulated amount per formal amount.
    time : float
        Simulated time per formal time (s per formal unit at DNA level, 1 at formal level).
    reading : csr_matrix, shape (F, S)
        Formal amounts from a simulated state: free and bound together.
    tolerance : Tolerance
        In simulated units.
    top_up : ndarray, shape (S,), optional
        Added before every sample.
    supply : csr_matrix, shape (W, S), optional
        Read-outs of what is watched (fuels), in simulated amounts.
    """

    law: MassAction
    start: Vector
    formal: tuple[Species, ...]
    dose: Mapping[Species, int]
    factor: float
    time: float
    reading: sp.csr_matrix
    tolerance: Tolerance
    top_up: Vector | None = None
    supply: sp.csr_matrix | None = None

    @classmethod
    def of(cls, circuit: LearningCircuit, tolerance: Tolerance = Tolerance(1e-6, 1e-8)) -> Tube:
        """Return the tube of the abstract network itself."""
        law = MassAction(circuit.crn)
        identity = sp.identity(len(law.species), format="csr")
        return cls(law, law.state(), law.species, law.index, 1.0, 1.0, sp.csr_matrix(identity), tolerance)

    def amounts(self, state: Vector) -> dict[Species, float]:
        """Return the formal amounts of a simulated state."""
        return dict(zip(self.formal, self.reading @ state, strict=True))

    def supplies(self, state: Vector) -> Vector:
        """Return the watched amounts, shape (W,)."""
        return np.empty(0) if self.supply is None else np.asarray(self.supply @ state)

    def segments(self, circuit: LearningCircuit, plan: Sequence[tuple[Phase, Mapping[str, float], bool]]) -> Segments:
        """Return what is done and for how long, phase after phase.

        Parameters
        ----------
        circuit : LearningCircuit
        plan : sequence of (Phase, mapping of str to float, bool)
            The phases with the values of the ports, and whether the top-up goes in at the start.
        """
        added: list[tuple[int, int, float]] = []
        removed: list[tuple[int, int, float]] = []
        mix = [] if self.top_up is None else [(int(i), float(self.top_up[i])) for i in np.flatnonzero(self.top_up)]
        for number, (phase, values, topped_up) in enumerate(plan):
            if topped_up:
                added += [(number, place, amount) for place, amount in mix]
            for event in circuit.events(phase, values, 0.0):
                if isinstance(event, Flush):
                    for species in event.species:
                        gone = self.reading[self.formal.index(species)].indices
                        removed += [(number, int(place), 1.0) for place in gone]
                else:
                    added.append((number, self.dose[event.species], event.amount * self.factor))
        durations = np.array([phase.wait * self.time for phase, _, _ in plan])
        shape = (len(plan), len(self.start))
        return Segments(durations, _matrix(added, shape), _matrix(removed, shape) if removed else None)


@dataclass(frozen=True, eq=False)
class TrainingRun:
    """What a training run showed; losses are means of 1/2 (prediction - target)^2 in the target's units.

    Attributes
    ----------
    train_loss : tuple of float
        Per epoch, read in the tube before each update.
    predictions : ndarray, shape (N, Q)
        The outputs as read, sample after sample, for Q targets.
    parameters : ndarray, shape (N + 1, P)
        Before the first sample and after every one.
    supply : ndarray, shape (N + 1, W)
        Amounts of the watched species before the first sample and at the end of every one.
    lowest : ndarray, shape (W,)
        Lowest amount of each watched species at the end of any phase.
    end : ndarray, shape (S,)
    validation_loss, validation_of_parameters : float or None
        In aliquots of the trained tube, and from the parameters by formula.
    validation_predictions : ndarray, shape (V, Q)
    outcome : Outcome
    """

    train_loss: tuple[float, ...]
    predictions: Vector
    parameters: Vector
    supply: Vector
    lowest: Vector
    end: Vector
    validation_loss: float | None
    validation_of_parameters: float | None
    validation_predictions: Vector
    outcome: Outcome

    @property
    def final(self) -> tuple[float, ...]:
        """The parameters after the last sample."""
        return tuple(float(p) for p in self.parameters[-1])


PREPARING = "preparing the engine (it is compiled once per machine)"
"""What a run reports before its first sample."""

Progress = Callable[[str, int, int], bool]
"""Called with what is being done, how many samples are done and how many there are; returns False to stop."""


def train(
    circuit: LearningCircuit,
    tube: Tube,
    data: Dataset,
    validation: Dataset | None,
    epochs: int,
    simulator: Simulator,
    progress: Progress | None = None,
) -> TrainingRun:
    """Train a circuit in a tube, one sample at a time in the order of the data, then validate in aliquots.

    Parameters
    ----------
    circuit : LearningCircuit
    tube : Tube
    data, validation : Dataset
        With a column for every port of the circuit.
    epochs : int
        How often all samples are gone through.
    simulator : Simulator
    progress : callable, optional
    """
    for row in samples(circuit, data) + (samples(circuit, validation) if validation else []):
        circuit.check(row)
    rows, phases = samples(circuit, data), circuit.phases
    total = epochs * len(rows)
    plan = [(p, rows[n % len(rows)], p is phases[0]) for n in range(total) for p in phases]
    formal, count = len(tube.formal), len(phases)
    readout = tube.reading if tube.supply is None else sp.csr_matrix(sp.vstack([tube.reading, tube.supply]))
    at_start = readout @ tube.start

    def report(done: int, _: int) -> bool:
        return progress is None or progress("training", done // count, total)

    if progress is not None:
        progress(PREPARING, 0, 1)
    # A run of no duration has the engine compile what it compiles once per machine, and look at the network once.
    nothing = Segments(np.zeros(1), sp.csr_matrix((1, len(tube.start))))
    simulator.run(tube.law, tube.start, nothing, tube.tolerance, readout)
    goes_on = progress is None or (progress(PREPARING, 1, 1) and progress("training", 0, total))
    segments = tube.segments(circuit, plan if goes_on else [])
    done = simulator.run(tube.law, tube.start, segments, tube.tolerance, readout, report)
    state = done.end
    outcome = done.outcome if goes_on else Outcome(Status.CANCELLED, "cancelled before the first sample")
    finished = done.reached // count
    amounts = [dict(zip(tube.formal, row, strict=True)) for row in done.ends[:, :formal]]
    read = [list(circuit.readout(amounts[s], plan[s][1]).values()) for s in range(0, done.reached, count)]
    after = [dict(zip(tube.formal, at_start[:formal], strict=True)), *(amounts[count - 1 : finished * count : count])]
    parameters = [[p.value(a) for p in circuit.parameters] for a in after]
    supply = np.vstack([at_start[formal:], done.ends[count - 1 : finished * count : count, formal:]])
    lowest = np.min(np.vstack([at_start[formal:], done.ends[:, formal:]]), axis=0)
    predictions = np.array(read).reshape(len(read), len(circuit.outputs))
    truth = targets(circuit, data)
    losses = np.array([0.5 * np.sum((p - truth[i % len(rows)]) ** 2) for i, p in enumerate(predictions)])
    per_epoch = tuple(float(np.mean(losses[i : i + len(rows)])) for i in range(0, len(losses), len(rows)))

    seen, loss, by_formula = np.empty((0, len(circuit.outputs))), None, None
    if validation is not None and outcome.ok:
        seen, outcome = predict(circuit, tube, state, validation, simulator, progress)
        wanted = targets(circuit, validation)
        if outcome.ok:
            loss = half_mean_square(seen, wanted)
        if circuit.model is not None:
            model, final = circuit.model, parameters[-1]
            formula = np.array([[model.predict(list(final), x)] for x in inputs(circuit, validation)])
            by_formula = half_mean_square(formula, wanted)
    return TrainingRun(
        per_epoch,
        predictions,
        np.array(parameters),
        supply,
        lowest,
        state,
        loss,
        by_formula,
        seen,
        outcome,
    )


def predict(
    circuit: LearningCircuit,
    tube: Tube,
    state: Vector,
    data: Dataset,
    simulator: Simulator,
    progress: Progress | None = None,
) -> tuple[Vector, Outcome]:
    """Read the outputs for every sample, each in a copy of the tube that goes through the first phase without a target.

    Returns
    -------
    predictions : ndarray, shape (V, Q)
    outcome : Outcome
    """
    phase = circuit.phases[0]
    found: list[list[float]] = []
    rows = samples(circuit, data)
    for number, row in enumerate(rows):
        plan = tube.segments(circuit, [(phase, {n: row[n] for n in circuit.input_names}, False)])
        done = simulator.run(tube.law, state, plan, tube.tolerance, tube.reading)
        if not done.outcome.ok:
            return np.array(found).reshape(len(found), len(circuit.outputs)), done.outcome
        found.append(list(circuit.readout(dict(zip(tube.formal, done.ends[0], strict=True))).values()))
        if progress is not None and not progress("validation", number + 1, len(rows)):
            return np.array(found), Outcome(Status.CANCELLED, "cancelled during validation")
    return np.array(found).reshape(len(found), len(circuit.outputs)), Outcome()


def samples(circuit: LearningCircuit, data: Dataset) -> list[dict[str, float]]:
    """Return every sample as a mapping from port to value."""
    names = circuit.input_names + circuit.target_names
    table = np.hstack([inputs(circuit, data), targets(circuit, data)])
    return [dict(zip(names, map(float, row), strict=True)) for row in table]


def inputs(circuit: LearningCircuit, data: Dataset) -> Vector:
    """Return the inputs in the circuit's order, shape (N, D)."""
    return np.array([[row[data.inputs.index(n)] for n in circuit.input_names] for row in data.x])


def targets(circuit: LearningCircuit, data: Dataset) -> Vector:
    """Return the targets in the circuit's order, shape (N, Q)."""
    return np.array([[row[data.targets.index(n)] for n in circuit.target_names] for row in data.y])


def half_mean_square(predictions: Vector, wanted: Vector) -> float:
    """Return the mean of 1/2 |prediction - target|^2."""
    return float(np.mean(0.5 * np.sum((predictions - wanted) ** 2, axis=1)))


def _matrix(entries: Sequence[tuple[int, int, float]], shape: tuple[int, int]) -> sp.csr_matrix:
    """Return a sparse matrix; entries for one place are added up."""
    rows, columns, values = zip(*entries, strict=True) if entries else ((), (), ())
    return sp.csr_matrix((np.array(values, dtype=np.float64), (rows, columns)), shape=shape)

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
from crn.simulate import Outcome, Simulator, Status, Tolerance


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

    def begin(self, circuit: LearningCircuit, phase: Phase, values: Mapping[str, float], state: Vector) -> None:
        """Carry out the additions (and ideal removals) at the start of a phase, in place."""
        for event in circuit.events(phase, values, 0.0):
            if isinstance(event, Flush):
                for species in event.species:
                    row = self.reading[self.formal.index(species)]
                    state[row.indices] = 0.0
            else:
                state[self.dose[event.species]] += event.amount * self.factor


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
    state = tube.start.copy()
    rows = samples(circuit, data)
    total = epochs * len(rows)
    read, parameters, supply = [], [_parameters(circuit, tube, state)], [tube.supplies(state)]
    lowest = tube.supplies(state)
    outcome = Outcome()
    for number in range(total):
        row = rows[number % len(rows)]
        if tube.top_up is not None:
            state += tube.top_up
        for phase in circuit.phases:
            tube.begin(circuit, phase, row, state)
            stretch = simulator.advance(tube.law, state, phase.wait * tube.time, np.empty(0), tube.tolerance)
            state, outcome = stretch.end.copy(), stretch.outcome
            lowest = np.minimum(lowest, tube.supplies(state))
            if phase is circuit.phases[0]:
                read.append(list(circuit.readout(tube.amounts(state), row).values()))
            if not outcome.ok:
                break
        if outcome.ok and progress is not None and not progress("training", number + 1, total):
            outcome = Outcome(Status.CANCELLED, f"cancelled after {number + 1} of {total} samples", "the rest was kept")
        if not outcome.ok:
            break
        parameters.append(_parameters(circuit, tube, state))
        supply.append(tube.supplies(state))
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
        np.array(supply),
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
        copy = state.copy()
        tube.begin(circuit, phase, {n: row[n] for n in circuit.input_names}, copy)
        stretch = simulator.advance(tube.law, copy, phase.wait * tube.time, np.empty(0), tube.tolerance)
        if not stretch.outcome.ok:
            return np.array(found).reshape(len(found), len(circuit.outputs)), stretch.outcome
        found.append(list(circuit.readout(tube.amounts(stretch.end)).values()))
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


def _parameters(circuit: LearningCircuit, tube: Tube, state: Vector) -> Sequence[float]:
    amounts = tube.amounts(state)
    return [p.value(amounts) for p in circuit.parameters]

"""Training: the protocol of a learning circuit, carried out in a tube, sample after sample and epoch after epoch.

Nothing that is added depends on the simulated state: top-ups and the schedule of the step are fixed before the run. The tube is
that of `crn.neural.tube`, what a trained tube predicts is found out in `crn.neural.evaluation`, and a run that was stopped goes on
from a `Snapshot`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from crn.diagnostics import CircuitError, Diagnostic
from crn.massaction import Vector
from crn.neural.circuit import LearningCircuit
from crn.neural.evaluation import Decisions, Progress, decision_map, half_mean_square, loss_of_parameters, predict
from crn.neural.samples import Dataset, grid_around, inputs, samples, targets
from crn.neural.schedule import CONSTANT, Schedule
from crn.neural.tube import Step, Tube
from crn.simulate import Outcome, Segments, Simulator, Status

__all__ = ["PREPARING", "Progress", "Regime", "Snapshot", "TrainingRun", "Tube", "train"]


@dataclass(frozen=True, slots=True)
class Regime:
    """How samples are gone through.

    Attributes
    ----------
    batch : int
        Samples whose gradients are applied together, as a sum; the last batch of an epoch may be smaller.
    schedule : Schedule
    """

    batch: int = 1
    schedule: Schedule = CONSTANT

    def __post_init__(self) -> None:
        if self.batch < 1:
            raise CircuitError(f"a batch has at least one sample, not {self.batch}")

    def objection(self, circuit: LearningCircuit) -> Diagnostic | None:
        """Return why a circuit cannot be trained in this way, if it cannot."""
        if self.batch > 1 and not circuit.batch_end:
            return Diagnostic(
                f"{circuit.name} moves its parameters after every sample; it has no phase that ends a batch",
                advice="take a circuit that gathers gradients: the option batch=yes, or a line #! batch in a file",
            )
        if not self.schedule.constant and not any(p.step for p in (*circuit.phases, *circuit.batch_end)):
            return Diagnostic(
                f"{circuit.name} adds nothing that its step is proportional to, so a schedule cannot set the pace",
                advice="take gradient=first-order in a form with clock=additions, or name the species after 'step' in a "
                "phase of a file",
            )
        return None


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
        Before the first sample and after every one; what ends a batch belongs to its last sample.
    supply : ndarray, shape (N + 1, W)
        Amounts of the watched species before the first sample and at the end of every one.
    lowest : ndarray, shape (W,)
        Lowest amount of each watched species at the end of any phase.
    end : ndarray, shape (S,)
    validation_loss, validation_of_parameters : float or None
        In aliquots of the trained tube, and from the parameters by formula.
    validation_predictions : ndarray, shape (V, Q)
    outcome : Outcome
    validation_curve : tuple of float
        By formula from the parameters before the first epoch and after every one, where there is a formula.
    decisions : Decisions, optional
        On the validation data, where they have classes.
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
    validation_curve: tuple[float, ...] = ()
    decisions: Decisions | None = None

    @property
    def final(self) -> tuple[float, ...]:
        """The parameters after the last sample."""
        return tuple(float(p) for p in self.parameters[-1])


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A run between two epochs: all that the epochs to come depend on, and what was seen so far.

    Attributes
    ----------
    epochs : int
        How many are done.
    state : ndarray, shape (S,)
    predictions, parameters, supply, lowest : ndarray
        As in `TrainingRun`.
    """

    epochs: int
    state: Vector
    predictions: Vector
    parameters: Vector
    supply: Vector
    lowest: Vector

    @classmethod
    def before(cls, circuit: LearningCircuit, tube: Tube) -> Snapshot:
        """Return the snapshot of a tube in which nothing has been trained."""
        amounts, supply = tube.amounts(tube.start), tube.supplies(tube.start)
        parameters = np.array([[p.value(amounts) for p in circuit.parameters]])
        return cls(0, tube.start, np.empty((0, len(circuit.outputs))), parameters, supply[None, :], supply)


PREPARING = "preparing the engine (it is compiled once per machine)"
"""What a run reports before its first sample."""


@dataclass(frozen=True, eq=False)
class _Epoch:
    """The steps of an epoch, and what is read after which of them.

    Attributes
    ----------
    segments : Segments
    reads : ndarray, shape (n,)
        For every sample the step at whose end the outputs are read.
    ends : ndarray, shape (n,)
        For every sample its last step.
    """

    segments: Segments
    reads: NDArray[np.intp]
    ends: NDArray[np.intp]

    @classmethod
    def of(cls, circuit: LearningCircuit, tube: Tube, data: Dataset, batch: int, pace: float) -> _Epoch:
        rows, plan = samples(circuit, data), list[Step]()
        reads, ends = [], []
        for number, values in enumerate(rows):
            reads.append(len(plan) + circuit.read_after)
            plan += [Step(phase, values, k == 0, pace) for k, phase in enumerate(circuit.phases)]
            if (number + 1) % batch == 0 or number + 1 == len(rows):
                plan += [Step(phase, {}, pace=pace) for phase in circuit.batch_end]
            ends.append(len(plan) - 1)
        return cls(tube.segments(circuit, plan), np.array(reads), np.array(ends))


def train(
    circuit: LearningCircuit,
    tube: Tube,
    data: Dataset,
    validation: Dataset | None,
    epochs: int,
    simulator: Simulator,
    progress: Progress | None = None,
    *,
    regime: Regime = Regime(),
    start: Snapshot | None = None,
    keep: Callable[[Snapshot], None] | None = None,
    mapped_by: str = "aliquots",
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
    regime : Regime
    start : Snapshot, optional
        Of an earlier run of the same circuit, tube and data; the epochs that it has seen are not gone through again, and the
        others come out as if the run had never stopped.
    keep : callable, optional
        Called with a snapshot after every epoch.
    mapped_by : {'aliquots', 'parameters'}
        How the map of decisions is drawn, where the data have one; without a formula by aliquots.

    Raises
    ------
    CircuitError
        If the data need a rail that the circuit has not, or the circuit cannot be trained in the way asked for.
    """
    if found := regime.objection(circuit):
        raise CircuitError(found)
    if start is not None and start.epochs > epochs:
        raise CircuitError(f"the run that is to go on has seen {start.epochs} epochs, and only {epochs} are asked for")
    for row in samples(circuit, data) + (samples(circuit, validation) if validation else []):
        circuit.check(row)
    total = epochs * len(data)
    if progress is not None:
        progress(PREPARING, 0, 1)
    # A run of no duration has the engine compile what it compiles once per machine, and look at the network once.
    nothing = Segments(np.zeros(1), sp.csr_matrix((1, len(tube.start))))
    # Chance is dealt out by epoch, so that a run that goes on from a snapshot has the same luck as one that never stopped.
    afterwards, *by_epoch = simulator.apart(epochs + 1)
    afterwards.run(tube.law, tube.start, nothing, tube.tolerance, tube.readout)
    seen = Snapshot.before(circuit, tube) if start is None else start
    goes_on = progress is None or (
        progress(PREPARING, 1, 1) and progress("training", min(seen.epochs * len(data), total), total)
    )
    outcome = Outcome() if goes_on else Outcome(Status.CANCELLED, "cancelled before the first sample")
    plans: dict[float, _Epoch] = {}
    for number in range(seen.epochs, epochs):
        if not outcome.ok:
            break
        pace = regime.schedule.pace(number)
        if pace not in plans:
            plans = {pace: _Epoch.of(circuit, tube, data, regime.batch, pace)}
        seen, outcome = _epoch(circuit, tube, data, seen, plans[pace], by_epoch[number], progress, total)
        if keep is not None and outcome.ok:
            keep(seen)

    truth = np.resize(targets(circuit, data), (len(seen.predictions), len(circuit.outputs)))
    losses = 0.5 * np.sum((seen.predictions - truth) ** 2, axis=1)
    per_epoch = tuple(float(np.mean(losses[i : i + len(data)])) for i in range(0, len(losses), len(data)))
    read, loss, by_formula, curve = np.empty((0, len(circuit.outputs))), None, None, tuple[float, ...]()
    decisions = None
    if validation is not None:
        curve = loss_of_parameters(circuit, seen.parameters[:: len(data)], validation)
        if outcome.ok:
            by_formula = curve[-1] if curve else None
            wanted = targets(circuit, validation)
            read, outcome = predict(circuit, tube, seen.state, inputs(circuit, validation), afterwards, progress)
            loss = half_mean_square(read, wanted) if outcome.ok else None
        classes = validation.classes or circuit.classes
        if outcome.ok and classes is not None:
            decisions = Decisions.of(classes, read, wanted)
            grid = validation.grid or grid_around(data)
            if grid is not None:
                by = seen.parameters[-1].tolist() if mapped_by == "parameters" and circuit.model is not None else None
                drawn, outcome = decision_map(circuit, tube, seen.state, by, classes, grid, afterwards, progress)
                decisions = dataclasses.replace(decisions, map=drawn)
    return TrainingRun(
        per_epoch,
        seen.predictions,
        seen.parameters,
        seen.supply,
        seen.lowest,
        seen.state,
        loss,
        by_formula,
        read,
        outcome,
        curve,
        decisions,
    )


def _epoch(
    circuit: LearningCircuit,
    tube: Tube,
    data: Dataset,
    before: Snapshot,
    plan: _Epoch,
    simulator: Simulator,
    progress: Progress | None,
    total: int,
) -> tuple[Snapshot, Outcome]:
    """Go through all samples once; what was reached of an epoch that was stopped is kept."""
    first, goes_on = before.epochs * len(data), True

    def report(done: int, _: int) -> bool:
        nonlocal goes_on
        finished = first + int(np.searchsorted(plan.ends, done, side="left"))
        goes_on = progress is None or progress("training", finished, total)
        return goes_on

    done = simulator.run(tube.law, before.state, plan.segments, tube.tolerance, tube.readout, report)
    formal, outcome = len(tube.formal), done.outcome
    finished, read = plan.ends[plan.ends < done.reached], plan.reads[plan.reads < done.reached]
    wanted = samples(circuit, data)
    predictions = [list(circuit.readout(tube.named(done.ends[at]), wanted[n]).values()) for n, at in enumerate(read)]
    parameters = [[p.value(tube.named(done.ends[at])) for p in circuit.parameters] for at in finished]
    supply = done.ends[:, formal:]
    if outcome.ok and not goes_on and first + len(data) < total:
        outcome = Outcome(Status.CANCELLED, f"cancelled after {before.epochs + 1} epochs", "what was reached is kept")
    after = Snapshot(
        before.epochs + int(len(finished) == len(data)),
        done.end,
        np.vstack([before.predictions, np.array(predictions).reshape(len(read), len(circuit.outputs))]),
        np.vstack([before.parameters, np.array(parameters).reshape(len(finished), len(circuit.parameters))]),
        np.vstack([before.supply, supply[finished]]),
        np.min(np.vstack([before.lowest[None, :], supply]), axis=0),
    )
    return after, outcome

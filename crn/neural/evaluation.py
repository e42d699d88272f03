"""Evaluation: what a trained tube predicts, how good that is, and where it draws the line between classes.

A prediction is read in an aliquot: a copy of the tube that goes through the phases of a sample up to the reading, without a target.
Where a circuit has a formula, the same is found from its parameters, which is said of every figure.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from crn.diagnostics import CircuitError
from crn.massaction import Vector
from crn.neural.circuit import LearningCircuit
from crn.neural.classes import NO_CLASS, Classes
from crn.neural.samples import Dataset, Grid, inputs, targets
from crn.neural.tube import Step, Tube
from crn.simulate import Outcome, Segments, Simulator

Progress = Callable[[str, int, int], bool]
"""Called with what is being done, how much of it is done and how much there is; returns False to stop."""


@dataclass(frozen=True, eq=False)
class DecisionMap:
    """Which class a trained circuit takes every point of a grid for.

    Attributes
    ----------
    grid : Grid
    classes : ndarray, shape (side**2,)
        In the order of the grid's points.
    source : {'aliquots', 'parameters'}
        Whether aliquots of the tube were read, or the formula was evaluated with its parameters.
    """

    grid: Grid
    classes: NDArray[np.intp]
    source: str

    @property
    def accuracy(self) -> float | None:
        """The share of the points of known class that are taken for it; None where the truth is not known."""
        truth = np.array(self.grid.truth, dtype=np.intp)
        known = truth != NO_CLASS
        return float(np.mean((self.classes == truth)[known])) if len(truth) and np.any(known) else None


@dataclass(frozen=True, eq=False)
class Decisions:
    """What a trained classifier decides.

    Attributes
    ----------
    classes : Classes
    accuracy : float
        Share of the validation samples that are taken for what they are.
    confusion : ndarray, shape (K, K)
        How often class i (row) was taken for class j (column).
    map : DecisionMap, optional
        For two inputs.
    """

    classes: Classes
    accuracy: float
    confusion: NDArray[np.intp]
    map: DecisionMap | None = None

    @classmethod
    def of(cls, classes: Classes, outputs: Vector, wanted: Vector) -> Decisions:
        """Return the decisions on outputs of shape (V, Q) whose wanted values are known."""
        return cls(classes, classes.accuracy(outputs, wanted), classes.confusion(outputs, wanted))


def decision_map(
    circuit: LearningCircuit,
    tube: Tube,
    state: Vector,
    parameters: Sequence[float] | None,
    classes: Classes,
    grid: Grid,
    simulator: Simulator,
    progress: Progress | None = None,
) -> tuple[DecisionMap | None, Outcome]:
    """Draw the map of a trained circuit: with parameters by formula, without by an aliquot for every point.

    Returns
    -------
    map : DecisionMap or None
        None if the outcome is not `DONE`, or the circuit has no species for some of the points.
    outcome : Outcome
    """
    try:
        for point in grid.points:
            circuit.check(dict(zip(circuit.input_names, point.tolist(), strict=True)))
    except CircuitError:
        return None, Outcome()
    if parameters is not None and circuit.model is not None:
        return DecisionMap(
            grid, classes.of(circuit.model.predict_all(parameters, grid.points)), "parameters"
        ), Outcome()
    read, outcome = predict(circuit, tube, state, grid.points, simulator, progress, "map of decisions")
    return DecisionMap(grid, classes.of(read), "aliquots") if outcome.ok else None, outcome


def predict(
    circuit: LearningCircuit,
    tube: Tube,
    state: Vector,
    x: Vector,
    simulator: Simulator,
    progress: Progress | None = None,
    what: str = "validation",
) -> tuple[Vector, Outcome]:
    """Read the outputs for every row of inputs, each in an aliquot of a tube.

    Parameters
    ----------
    circuit : LearningCircuit
    tube : Tube
    state : ndarray, shape (S,)
        Of the tube, between two samples.
    x : ndarray, shape (V, D)
        In the order of the circuit's inputs.
    simulator : Simulator
    progress : callable, optional
        Called with `what`, how many aliquots are read and how many there are.
    what : str

    Returns
    -------
    predictions : ndarray, shape (V, Q)
        Shorter if the outcome is not `DONE`.
    outcome : Outcome
    """
    phases = circuit.phases[: circuit.read_after + 1]
    rows = [dict(zip(circuit.input_names, row, strict=True)) for row in x.tolist()]
    together = max(1, MOST_AMOUNTS // len(state))
    found: list[list[float]] = []
    for first in range(0, len(rows), together):
        part = rows[first : first + together]
        plan = _aliquots(
            tube.segments(circuit, [Step(phase, row) for row in part for phase in phases]), state, len(phases)
        )

        def report(done: int, _: int, first: int = first) -> bool:
            return progress is None or progress(what, first + done // len(phases), len(rows))

        done = simulator.run(tube.law, state, plan, tube.tolerance, tube.reading, report)
        ends = done.ends[len(phases) - 1 :: len(phases)]
        found += [list(circuit.readout(tube.named(end)).values()) for end in ends]
        if not done.outcome.ok:
            break
    return np.array(found).reshape(len(found), len(circuit.outputs)), done.outcome if rows else Outcome()


MOST_AMOUNTS = 2_000_000
"""Amounts that are poured into the aliquots of one run."""


def _aliquots(segments: Segments, state: Vector, every: int) -> Segments:
    """Return segments of which every so many begin with a fresh aliquot: what was there is gone, and the tube's state is there."""
    first = np.arange(len(segments.durations)) % every == 0
    fresh = sp.csr_matrix(first[:, None].astype(np.float64))
    poured = state.copy()
    if segments.removals is not None:
        poured[segments.removals[0].indices] = (
            0.0  # an ideal removal comes before what is added, and is the same for all
        )
    gone = fresh @ sp.csr_matrix(np.ones((1, len(state))))
    removals = gone if segments.removals is None else gone + segments.removals
    return dataclasses.replace(
        segments, removals=sp.csr_matrix(removals), poured=sp.csr_matrix(fresh @ sp.csr_matrix(poured[None, :]))
    )


def loss_of_parameters(circuit: LearningCircuit, parameters: Vector, data: Dataset) -> tuple[float, ...]:
    """Return the loss by formula for every row of parameters, shape (E, P); empty where there is no formula."""
    if circuit.model is None:
        return ()
    x, wanted = inputs(circuit, data), targets(circuit, data)
    together = max(1, MOST_ROWS // len(x))
    found: list[float] = []
    for first in range(0, len(parameters), together):
        part = parameters[first : first + together]
        # All samples with the first row, then all with the second: one formula for all of them.
        read = circuit.model.predict_all(np.repeat(part, len(x), axis=0).T, np.tile(x, (len(part), 1)))
        errors = read.reshape(len(part), *wanted.shape) - wanted
        found += np.mean(0.5 * np.sum(errors**2, axis=2), axis=1).tolist()
    return tuple(found)


MOST_ROWS = 20_000
"""Samples that a formula is evaluated for at once."""


def half_mean_square(predictions: Vector, wanted: Vector) -> float:
    """Return the mean of 1/2 |prediction - target|^2."""
    return float(np.mean(0.5 * np.sum((predictions - wanted) ** 2, axis=1)))

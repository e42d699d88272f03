"""Evaluation: what a trained tube predicts, how good that is, and where it draws the line between classes.

A prediction is read in an aliquot: a copy of the tube that goes through the phases of a sample up to the reading, without a target.
Where a circuit has a formula, the same is found from its parameters, which is said of every figure.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from crn.massaction import Vector
from crn.neural.circuit import LearningCircuit
from crn.neural.samples import Dataset, inputs, targets
from crn.neural.tube import Step, Tube
from crn.simulate import Outcome, Simulator, Status


def predict(
    circuit: LearningCircuit,
    tube: Tube,
    state: Vector,
    x: Vector,
    simulator: Simulator,
    progress: Callable[[str, int, int], bool] | None = None,
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
    found: list[list[float]] = []
    outcome = Outcome()
    for number, row in enumerate(x.tolist()):
        values = dict(zip(circuit.input_names, row, strict=True))
        plan = tube.segments(circuit, [Step(phase, values) for phase in phases])
        done = simulator.run(tube.law, state, plan, tube.tolerance, tube.reading)
        outcome = done.outcome
        if not outcome.ok:
            break
        found.append(list(circuit.readout(tube.named(done.ends[-1])).values()))
        if progress is not None and not progress(what, number + 1, len(x)):
            outcome = Outcome(Status.CANCELLED, f"cancelled during {what}")
            break
    return np.array(found).reshape(len(found), len(circuit.outputs)), outcome


def loss_of_parameters(circuit: LearningCircuit, parameters: Vector, data: Dataset) -> tuple[float, ...]:
    """Return the loss by formula for every row of parameters, shape (E, P); empty where there is no formula."""
    if circuit.model is None:
        return ()
    x, wanted = inputs(circuit, data), targets(circuit, data)
    return tuple(half_mean_square(circuit.model.predict_all(row.tolist(), x), wanted) for row in parameters)


def half_mean_square(predictions: Vector, wanted: Vector) -> float:
    """Return the mean of 1/2 |prediction - target|^2."""
    return float(np.mean(0.5 * np.sum((predictions - wanted) ** 2, axis=1)))

"""Evaluation: what a trained tube predicts, how good that is, and where it draws the line between classes.

A prediction is read in an aliquot: a copy of the tube that goes through the phases of a sample up to the reading, without a target.
Where a circuit has a formula, the same is found from its parameters, which is said of every figure.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.sparse as sp

from crn.massaction import Vector
from crn.neural.circuit import LearningCircuit
from crn.neural.samples import Dataset, inputs, targets
from crn.neural.tube import Step, Tube
from crn.simulate import Outcome, Segments, Simulator


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
    return Segments(
        segments.durations,
        sp.csr_matrix(segments.additions + fresh @ sp.csr_matrix(poured[None, :])),
        sp.csr_matrix(removals),
    )


def loss_of_parameters(circuit: LearningCircuit, parameters: Vector, data: Dataset) -> tuple[float, ...]:
    """Return the loss by formula for every row of parameters, shape (E, P); empty where there is no formula."""
    if circuit.model is None:
        return ()
    x, wanted = inputs(circuit, data), targets(circuit, data)
    return tuple(half_mean_square(circuit.model.predict_all(row.tolist(), x), wanted) for row in parameters)


def half_mean_square(predictions: Vector, wanted: Vector) -> float:
    """Return the mean of 1/2 |prediction - target|^2."""
    return float(np.mean(0.5 * np.sum((predictions - wanted) ** 2, axis=1)))

"""What is taken off data before they are dosed: the same function is learned, and more evenly."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from crn.diagnostics import CircuitError
from crn.neural.catalog import named_circuit
from crn.neural.datasets import builtin_dataset
from crn.neural.dosing import dosed_for
from crn.neural.evaluation import predict
from crn.neural.reference import sgd_linear
from crn.neural.regression import CENTRED, CENTRED_ONE
from crn.neural.samples import Dataset, inputs, targets
from crn.neural.training import Regime, TrainingRun, train
from crn.neural.tube import Tube
from crn.simulate import SIMULATORS

DATA, VALIDATION = builtin_dataset("linreg-authors")
PLAIN = named_circuit("linear-regression")[0]
X, Y = inputs(PLAIN, DATA), targets(PLAIN, DATA)[:, 0]


def trained(data: Dataset, epochs: int) -> TrainingRun:
    circuit = dosed_for(PLAIN, data)
    return train(circuit, Tube.of(circuit), data, None, epochs, SIMULATORS[0], regime=Regime(schedule=circuit.schedule))


def test_inputs_are_dosed_from_the_least_and_fed_back_about_the_mean() -> None:
    circuit = dosed_for(PLAIN, DATA, [VALIDATION])
    low = np.minimum(X.min(axis=0), inputs(PLAIN, VALIDATION).min(axis=0))
    sample = {"x1": 2.0, "x2": 4.5, "y": 5.0}
    doses = {a.species: a.amount for a in circuit.protocol(sample).additions}
    assert doses["XF1"] == pytest.approx(2.0 - low[0])
    assert doses["XF2"] == pytest.approx(4.5 - low[1])
    assert doses["XB1m"] == pytest.approx(X[:, 0].mean() - 2.0)
    assert doses["XB2p"] == pytest.approx(4.5 - X[:, 1].mean())
    assert doses["Ep"] == pytest.approx(Y.min() - 5.0), "a target below the least of training goes to the other rail"
    assert not {"XB1p", "XB2m", "Em"} & doses.keys()
    assert dosed_for(circuit, DATA, [VALIDATION]) == circuit, "what is placed once is placed"


def test_a_circuit_that_asks_for_nothing_stays_as_it_is() -> None:
    plain = named_circuit("linear-regression:centre=no")[0]
    assert dosed_for(plain, DATA) is plain
    assert not plain.formula, "its parameters speak for themselves"


def test_an_input_below_what_is_taken_off_is_refused() -> None:
    with pytest.raises(CircuitError, match="below"):
        dosed_for(PLAIN, DATA).protocol({"x1": 0.2, "x2": 2.0})


def test_centring_needs_a_bias() -> None:
    with pytest.raises(CircuitError, match="bias=trained"):
        named_circuit("linear-regression:centre=yes,bias=fixed")
    assert len(named_circuit("linear-regression:bias=fixed")[0].crn.reactions) == 19


def test_the_tube_follows_the_same_updates_in_numpy() -> None:
    """Forward inputs from the least up, an update driven by inputs about their mean, and a step that shrinks."""
    circuit = dosed_for(PLAIN, DATA)
    found = trained(DATA, 3)
    ones = np.ones((len(X), 1))
    forward = np.hstack([X - X.min(axis=0), ones])
    feedback = np.hstack([X - X.mean(axis=0), CENTRED_ONE * ones])
    weights = np.array(found.parameters[0])
    step = CENTRED.eta * -np.expm1(-CENTRED.feedback)
    for epoch in range(3):
        pace = step * circuit.schedule.pace(epoch)
        told = sgd_linear(forward, Y - Y.min(), forward, Y, weights, pace, 1, driven_by=feedback)
        assert found.train_loss[epoch] == pytest.approx(told.train_loss[0], rel=0.02)
        weights = told.weights
    np.testing.assert_allclose(found.final, weights, rtol=0.02)


def test_what_is_learned_does_not_depend_on_where_the_data_lie() -> None:
    """The same points elsewhere, also below 0: the same slopes and, in the new place, the same predictions."""
    moved = dataclasses.replace(
        DATA,
        x=tuple((a - 7.0, b + 2.0) for a, b in DATA.x),
        y=tuple((y - 30.0,) for (y,) in DATA.y),
    )
    here, there = trained(DATA, 2), trained(moved, 2)
    np.testing.assert_allclose(there.parameters, here.parameters, rtol=0, atol=1e-4)
    circuit, tube = dosed_for(PLAIN, moved), Tube.of(PLAIN)
    read, outcome = predict(circuit, tube, there.end, inputs(circuit, moved)[:5], SIMULATORS[0])
    assert outcome.ok
    assert circuit.model is not None
    told = circuit.model.predict_all(list(there.final), inputs(circuit, moved)[:5])
    np.testing.assert_allclose(read, told, rtol=0, atol=0.05)
    # 1.0248 - 7 and 1.0695 + 2 are the least inputs there, 5.948 - 30 the least target.
    assert circuit.formula == "P1 (x1 + 5.975) + P2 (x2 - 3.07) + P0 - 24.05"
    assert np.all(told < 0), "targets here are below 0, where one rail alone could not have gone"


def test_it_comes_near_the_least_squares() -> None:
    """Slopes of five epochs against the normal equations."""
    slopes = np.linalg.lstsq(np.hstack([X, np.ones((len(X), 1))]), Y, rcond=None)[0][:2]
    np.testing.assert_allclose(trained(DATA, 5).final[:2], slopes, rtol=0.04)

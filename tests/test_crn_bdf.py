"""The multistep method: its order, its history, its Newton iteration and when it is chosen."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg
from support_stiff import ROBERTSON, STIFF, law, linear, state

from crn.massaction import MassAction
from crn.network import CRN, Bag, Reaction
from crn.protocol import Addition
from crn.simulate import BDF, Rosenbrock, Status, Tolerance, simulate
from crn.simulate.differences import HIGHEST, ORDER, STEP, accept, coefficients, history, interpolate, predict
from crn.simulate.ladder import LEAST_SPECIES, Ladder
from crn.simulate.runs import Control
from crn.simulate.sparse import TooDense, prepare

NO_TIMES = np.empty(0)
CONTROL = Control(1e-6, 1e-6, 1000)


@pytest.mark.parametrize("order", range(1, HIGHEST + 1))
def test_polynomials_are_extrapolated_exactly(order: int) -> None:
    # Points of a polynomial of the method's order, at unequal steps, are predicted and interpolated without error.
    system = prepare(law("A -> B @ 1\nB -> C @ 1"))
    rng = np.random.default_rng(order)
    factors = rng.normal(size=(3, order + 1))
    steps = rng.uniform(0.5, 2.0, 12)
    times = np.cumsum(steps) - steps[0]

    def curve(t: float) -> np.ndarray:
        return np.array([np.polyval(f, t) for f in factors])

    past = history(system)
    past.differences[0], past.tally[ORDER] = curve(0.0), order
    past.gaps[:] = steps[0] * np.arange(1, len(past.gaps) + 1)
    # The history starts as that of points at equal distances before time 0.
    table = np.array([curve(-steps[0] * j) for j in range(order + 2)])
    for j in range(order + 2):
        past.differences[j] = table[0]
        table = table[:-1] - table[1:]
    for number in range(1, len(steps)):
        past.clock[STEP] = past.clock[2] = steps[number]
        coefficients(past)
        predict(past, CONTROL)
        assert past.guess == pytest.approx(curve(times[number]), rel=1e-9, abs=1e-9)
        slope = [np.polyval(np.polyder(f), times[number]) for f in factors]
        assert -past.slope == pytest.approx(slope, rel=1e-9, abs=1e-9)
        past.y[:-1] = curve(times[number])
        accept(past, order)
        middle = times[number] - 0.3 * steps[number]
        interpolate(past, middle, order)
        assert past.y[:-1] == pytest.approx(curve(middle), rel=1e-9, abs=1e-9)


def test_the_error_follows_the_tolerance_with_a_high_order() -> None:
    rates, start, matrix = linear()
    exact = scipy.linalg.expm(4.0 * matrix) @ start
    steps, errors = [], []
    for tolerance in (1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10):
        found = BDF().advance(rates, start, 4.0, NO_TIMES, Tolerance(tolerance, tolerance))
        errors.append(float(np.max(np.abs(found.end - exact))))
        assert errors[-1] < 20 * tolerance
        # Steps are not in the answer, so the least limit that the run keeps to is looked for.
        low, high = 1, 2000
        while high - low > 1:
            middle = (low + high) // 2
            ok = BDF(max_steps=middle).advance(rates, start, 4.0, NO_TIMES, Tolerance(tolerance, tolerance)).outcome.ok
            low, high = (low, middle) if ok else (middle, high)
        steps.append(high)
    slope = -np.polyfit(np.log(steps), np.log(errors), 1)[0]
    assert 4.0 < slope < 6.5


def test_it_takes_the_stiff_suite_in_few_steps() -> None:
    # Published counts of good multistep codes at such tolerances are of this size; a broken Newton iteration shows here.
    for name, most in (("robertson", 2000), ("hires", 900), ("pollution", 700)):
        text, start, duration, absolute, _ = STIFF[name]
        rates = law(text)
        found = BDF(max_steps=most).advance(rates, rates.state(start), duration, NO_TIMES, Tolerance(1e-7, absolute))
        assert found.outcome.ok, name


def test_samples_do_not_change_the_run() -> None:
    rates = law(ROBERTSON)
    start = rates.state({"A": 1.0})
    plain = BDF().advance(rates, start, 100.0, NO_TIMES, Tolerance())
    times = np.linspace(0.0, 100.0, 333)
    found = BDF().advance(rates, start, 100.0, times, Tolerance())
    assert np.array_equal(found.end, plain.end)
    assert np.array_equal(found.values[0], start)
    assert np.array_equal(found.values[-1], found.end)
    assert np.array_equal(start, rates.state({"A": 1.0}))


def test_a_limit_of_steps_keeps_what_was_reached() -> None:
    rates = law(ROBERTSON)
    start = rates.state({"A": 1.0})
    times = np.geomspace(1e-6, 1e4, 40)
    found = BDF(max_steps=60).advance(rates, start, 1e4, times, Tolerance())
    assert found.outcome.status is Status.LIMIT
    assert 0.0 < found.reached < 1e4
    assert 0 < len(found.values) < len(times)
    assert times[len(found.values) - 1] <= found.reached < times[len(found.values)]
    again = Rosenbrock().advance(rates, start, found.reached, times[: len(found.values)], Tolerance(1e-9, 1e-12))
    assert found.end == pytest.approx(again.end, rel=1e-3, abs=1e-7)
    assert found.values == pytest.approx(again.values, rel=1e-3, abs=1e-7)


def test_nothing_to_do() -> None:
    rates = law("A -> B @ 1")
    start = state(rates, A=1.0)
    found = BDF().advance(rates, start, 0.0, np.zeros(2), Tolerance())
    assert np.array_equal(found.values, [start, start])
    assert np.array_equal(found.end, start)
    still = BDF().advance(rates, np.zeros(2), 10.0, np.array([5.0]), Tolerance())
    assert np.array_equal(still.values, [[0.0, 0.0]])


def test_what_is_too_dense_is_an_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(_: MassAction) -> None:
        raise TooDense("more than a test allows")

    monkeypatch.setattr("crn.simulate.bdf.prepared", never)
    rates = law("A -> B @ 1")
    found = BDF().advance(rates, state(rates, A=1.0), 1.0, NO_TIMES, Tolerance())
    assert found.outcome.status is Status.FAILED
    assert "more than a test allows" in found.outcome.message


def chain(length: int) -> MassAction:
    made = [Reaction(f"r{i}", Bag.of(f"S{i}"), Bag.of(f"S{i + 1}"), 1.0 + i % 3) for i in range(length - 1)]
    return MassAction(CRN.build(made, {"S0": 1.0}))


def test_the_ladder_chooses_by_size_and_events() -> None:
    small, large = chain(LEAST_SPECIES - 1), chain(LEAST_SPECIES)
    for rates, events, said in (
        (small, (), "reached the end, with rosenbrock"),
        (large, (), "reached the end, with bdf for a run without events"),
        (large, (Addition(1.0, "S3", 0.5),), "reached the end, with rosenbrock"),
    ):
        found = simulate(rates, rates.state(), events, [0.0, 2.0], Ladder(), Tolerance())
        assert found.outcome.message == said
    one = Ladder((Rosenbrock(),))
    assert one.suited(large, 1) is one


def test_a_long_run_agrees_with_the_one_step_method() -> None:
    rates = chain(120)
    tolerance, times = Tolerance(1e-9, 1e-12), np.linspace(0.0, 60.0, 7)
    found = BDF().advance(rates, rates.state(), 60.0, times, tolerance)
    expected = Rosenbrock().advance(rates, rates.state(), 60.0, times, tolerance)
    assert found.values == pytest.approx(expected.values, abs=1e-7)
    assert found.values.sum(axis=1) == pytest.approx(np.ones(7), abs=1e-12)

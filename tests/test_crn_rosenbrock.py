"""The stiff engine: its LU, its order, its events and its outcomes, against linear algebra, scipy and published values."""

from __future__ import annotations

import dataclasses
import pickle

import numpy as np
import pytest
import scipy.linalg
import scipy.sparse as sp
import scipy.sparse.linalg
from support_stiff import ROBERTSON, STIFF, law, linear, random_network, scipy_end, state

from crn.massaction import MassAction, Vector
from crn.network import CRN, Bag, Reaction
from crn.neural.datasets import Dataset
from crn.neural.regression import tube
from crn.neural.samples import samples
from crn.neural.training import Tube, train
from crn.neural.tube import Step
from crn.protocol import Addition, Flush
from crn.simulate import BDF, ScipyBDF, Segments, Simulator, Status, Stretch, Threshold, Tolerance, simulate
from crn.simulate.ladder import Ladder, ScipyRadau
from crn.simulate.ordering import eliminate
from crn.simulate.rosenbrock import workspace
from crn.simulate.segments import Rosenbrock, run_segments
from crn.simulate.sparse import TooDense, derivative, entries, factorise, jacobian, prepare, prepared, solve

ENGINE = Rosenbrock()
BOTH = pytest.mark.parametrize("engine", [ENGINE, BDF()], ids=lambda s: s.name)
NO_TIMES = np.empty(0)


# The rate law and the LU


@pytest.mark.parametrize("seed", range(6))
def test_the_kernels_state_the_rate_law_again(seed: int) -> None:
    rates = random_network(seed, order=4)
    system = prepare(rates)
    y = np.random.default_rng(seed).uniform(0, 3, len(rates.species))
    work = workspace(system)
    work.y[:-1] = y[system.order]
    derivative(system, work.y, work.slope)
    assert work.slope == pytest.approx(rates.derivative(y)[system.order], rel=1e-13, abs=1e-10)
    jacobian(system, work.y, work.jac)
    factorise(system, work.jac, 50.0, work.lu)
    right = np.random.default_rng(seed).normal(size=len(y))
    x = right[system.order].copy()
    solve(system, work.lu, x)
    matrix = sp.csc_matrix(sp.identity(len(y)) * 50.0 - rates.jacobian(y))
    assert matrix[:, system.order][system.order] @ x == pytest.approx(right[system.order], abs=1e-8)
    assert x == pytest.approx(scipy.sparse.linalg.spsolve(matrix, right)[system.order], rel=1e-8, abs=1e-10)


def test_worked_numbers_of_the_rate_law() -> None:
    rates = law("2A -> @ 1\n-> B @ 3\n3B -> B @ 0.5")
    system = prepare(rates)
    y, out = np.append(np.array([2.0, 4.0])[system.order], 1.0), np.empty(2)
    derivative(system, y, out)
    assert dict(zip(np.array(rates.species)[system.order], out, strict=True)) == {"A": -8.0, "B": 3.0 - 0.5 * 64 * 2}


@pytest.mark.parametrize(("size", "density"), [(30, 0.1), (120, 0.03), (90, 0.6), (200, 0.2)])
def test_lu_of_random_patterns(size: int, density: float) -> None:
    # X_j -> X_j + X_i has exactly one entry of the Jacobian; dense patterns end in a dense block.
    rng = np.random.default_rng(size)
    made = [Reaction(f"d{i}", Bag.of(f"X{i:03}"), Bag(), float(rng.uniform(1, 2))) for i in range(size)]
    for i, j in zip(*np.nonzero(rng.random((size, size)) < density), strict=True):
        if i != j:
            pair = Bag.of(f"X{j:03}"), Bag.of(f"X{j:03}", f"X{i:03}")
            made.append(Reaction(f"m{i}_{j}", *pair, float(rng.uniform(0, 1))))
    rates = MassAction(CRN.build(made))
    system = prepare(rates)
    assert (system.dense > 0) == (density > 0.1)
    work = workspace(system)
    jacobian(system, work.y, work.jac)
    factorise(system, work.jac, 3.0 * size * density + 2.0, work.lu)
    right = rng.normal(size=size)
    x = right[system.order].copy()
    solve(system, work.lu, x)
    matrix = sp.identity(size) * (3.0 * size * density + 2.0) - rates.jacobian(np.ones(size))
    expected = scipy.sparse.linalg.splu(sp.csc_matrix(matrix)).solve(right)
    assert x == pytest.approx(expected[system.order], rel=1e-10, abs=1e-13)


def test_a_tridiagonal_matrix_does_not_fill_in() -> None:
    size = 50
    rows = np.concatenate([np.arange(size), np.arange(size - 1), np.arange(1, size)])
    columns = np.concatenate([np.arange(size), np.arange(1, size), np.arange(size - 1)])
    found = eliminate(size, rows, columns, 10**6)
    assert len(found.rows) == len(rows)
    assert sorted(found.order) == list(range(size))
    assert not eliminate(size, rows, columns, 10).complete


def test_what_is_too_dense_is_an_outcome() -> None:
    rates = random_network(0, 40, 400)
    with pytest.raises(TooDense):
        prepare(rates, most_updates=10)


def test_a_law_is_prepared_once_and_pickles() -> None:
    rates = random_network(3)
    assert prepared(rates) is prepared(rates)
    again = pickle.loads(pickle.dumps(rates))
    assert np.array_equal(prepared(again).order, prepared(rates).order)
    assert entries(prepared(rates)) >= len(rates.species)


# Accuracy


def test_convergence_is_of_order_five() -> None:
    # Tolerances rule the step sizes, so the order shows as the slope of the error over the number of steps.
    rates, start, matrix = linear()
    exact = scipy.linalg.expm(4.0 * matrix) @ start
    steps, errors = [], []
    for tolerance in (1e-5, 1e-6, 1e-7, 1e-8, 1e-9):
        nothing = Segments(np.array([4.0]), sp.csr_matrix((1, len(start))))
        run = run_segments(rates, start, nothing, Tolerance(tolerance, tolerance))
        steps.append(run.steps)
        errors.append(np.max(np.abs(run.end - exact)))
    slope = -np.polyfit(np.log(steps), np.log(errors), 1)[0]
    assert 4.5 < slope < 6.0


def test_the_error_follows_the_tolerance() -> None:
    rates, start, matrix = linear()
    exact = scipy.linalg.expm(4.0 * matrix) @ start
    for tolerance in (1e-4, 1e-6, 1e-8, 1e-10):
        found = ENGINE.advance(rates, start, 4.0, NO_TIMES, Tolerance(tolerance, tolerance))
        assert np.max(np.abs(found.end - exact)) < 2 * tolerance


@BOTH
def test_dense_output_is_as_accurate_as_the_steps(engine: Simulator) -> None:
    rates, start, matrix = linear()
    times = np.linspace(0.0, 4.0, 57)
    exact = np.array([scipy.linalg.expm(t * matrix) @ start for t in times])
    found = engine.advance(rates, start, 4.0, times, Tolerance(1e-7, 1e-7))
    assert found.values.shape == exact.shape
    assert np.max(np.abs(found.values - exact)) < 1e-6
    assert np.array_equal(found.values[0], start)
    assert np.array_equal(found.values[-1], found.end)


@pytest.mark.parametrize("seed", range(50))
def test_random_networks_agree_with_scipy(seed: int) -> None:
    rates = random_network(seed)
    start = rates.state()
    expected = scipy_end(rates, start, 2.0, "Radau")
    for engine, tolerance in ((ENGINE, Tolerance(1e-9, 1e-11)), (BDF(), Tolerance(1e-9, 1e-11))):
        found = engine.advance(rates, start, 2.0, NO_TIMES, tolerance)
        assert found.outcome.ok
        assert found.end == pytest.approx(expected, rel=1e-6, abs=1e-8), engine.name


@BOTH
@pytest.mark.parametrize("seed", range(5))
def test_mass_is_conserved(engine: Simulator, seed: int) -> None:
    rng = np.random.default_rng(seed)
    names = [f"S{i}" for i in range(15)]
    made = []
    for j in range(30):
        count = int(rng.integers(1, 3))
        sides = Bag.of(*rng.choice(names, count)), Bag.of(*rng.choice(names, count))
        made.append(Reaction(f"r{j}", *sides, float(10 ** rng.uniform(-3, 4))))
    rates = MassAction(CRN.build(made, dict.fromkeys(names, 1.0)))
    found = engine.advance(rates, rates.state(), 100.0, np.linspace(0, 100, 20), Tolerance(1e-5, 1e-8))
    assert np.max(np.abs(found.values.sum(axis=1) / len(names) - 1.0)) < 1e-9


@BOTH
def test_constant_species_stay_exactly(engine: Simulator) -> None:
    rates = law("A + K -> B @ 1\nB -> 2K @ 2\nK -> A @ 0.3", constant=("K",))
    found = engine.advance(rates, state(rates, K=1.7), 10.0, NO_TIMES, Tolerance())
    assert found.end[rates.index["K"]] == 1.7
    assert found.outcome.ok


@BOTH
@pytest.mark.parametrize("name", STIFF)
def test_published_end_values(engine: Simulator, name: str) -> None:
    text, start, duration, absolute, published = STIFF[name]
    rates = law(text)
    found = engine.advance(rates, rates.state(start), duration, NO_TIMES, Tolerance(1e-7, absolute))
    assert found.outcome.ok
    for species, value in published.items():
        assert found.end[rates.index[species]] == pytest.approx(value, rel=1e-5), species


# Events


CHAIN = "A + B -> C @ 2\nC -> A @ 0.5\nC -> D @ 0.1\nD -> @ 1"


def additions(rates: MassAction, *rows: dict[str, float]) -> sp.csr_matrix:
    table = np.zeros((len(rows), len(rates.species)))
    for n, row in enumerate(rows):
        for species, amount in row.items():
            table[n, rates.index[species]] = amount
    return sp.csr_matrix(table)


def test_segments_agree_with_the_protocol_loop() -> None:
    rates = law(CHAIN)
    volume, tolerance = 1e-4, Tolerance(1e-9, 1e-12)
    events: list[Addition | Flush] = [
        Addition(0.0, "A", 1.0),
        Addition(2.0, "B", 0.8, 1e-5),
        Flush(3.0, ("C", "D")),
        Addition(3.0, "B", 0.1),
        Addition(5.5, "A", 0.4, 2e-5),
    ]
    times = [0.0, 0.3, 2.0, 2.5, 3.0, 4.0, 5.5, 7.0]
    expected = simulate(rates, state(rates, B=0.5), events, times, ScipyBDF(), tolerance, volume=volume)
    segments = Segments(
        np.array([2.0, 1.0, 2.5, 1.5]),
        additions(rates, {"A": 1.0}, {"B": 0.8}, {"B": 0.1}, {"A": 0.4}),
        additions(rates, {}, {}, {"C": 1.0, "D": 1.0}, {}),
        np.array([1.0, 10 / 11, 1.0, 11 / 13]),
    )
    run = run_segments(rates, state(rates, B=0.5), segments, tolerance, times=times)
    assert run.outcome.ok
    assert (run.reached, run.time) == (4, 7.0)
    assert run.samples == pytest.approx(expected.values, rel=1e-6, abs=1e-8)
    assert np.array_equal(run.ends[-1], run.end)
    # The one loop and the loop in Python around the same engine differ only in the first steps.
    again = simulate(rates, state(rates, B=0.5), events, times, ENGINE, tolerance, volume=volume)
    assert run.samples == pytest.approx(again.values, rel=1e-7, abs=1e-9)


def test_a_training_run_is_one_loop() -> None:
    circuit = tube()
    data = Dataset(("x1", "x2"), ("y",), ((1.0, 2.0), (2.5, 1.5), (1.2, 4.0)), ((6.0,), (6.5,), (10.2,)), "here")
    place = dataclasses.replace(Tube.of(circuit), tolerance=Tolerance(1e-9, 1e-11))
    expected = train(circuit, place, data, None, 2, ENGINE)
    rows = samples(circuit, data) * 2
    segments = place.segments(circuit, [Step(phase, row) for row in rows for phase in circuit.phases])
    run = run_segments(place.law, place.start, segments, place.tolerance)
    assert run.end == pytest.approx(expected.end, rel=1e-7, abs=1e-9)


def test_readouts_are_linear_combinations() -> None:
    rates = law(CHAIN)
    segments = Segments(np.array([1.0, 1.0]), additions(rates, {"A": 1.0}, {"B": 1.0}))
    weights = sp.csr_matrix(np.random.default_rng(0).normal(size=(2, len(rates.species))))
    times = [0.25, 1.5]
    whole = run_segments(rates, state(rates), segments, times=times)
    part = run_segments(rates, state(rates), segments, readout=weights, times=times)
    assert part.ends == pytest.approx(whole.ends @ weights.T.toarray(), abs=1e-14)
    assert part.samples == pytest.approx(whole.samples @ weights.T.toarray(), abs=1e-14)
    assert run_segments(rates, state(rates), segments, keep_ends=False).ends.shape == (0, len(rates.species))


def test_a_threshold_ends_a_run() -> None:
    rates = law("A -> B @ 1")
    segments = Segments(np.array([0.5, 5.0]), additions(rates, {"A": 1.0}, {}))
    rising, falling = Threshold("B", 0.75, 1), Threshold("A", 0.25, -1)
    for stop in (rising, falling, Threshold("B", 0.75)):
        run = run_segments(rates, state(rates), segments, Tolerance(1e-9, 1e-12), stop=[stop], times=[0.1, 1.0, 2.0])
        assert run.outcome.ok
        assert run.crossed == stop
        assert run.reached == 1
        assert run.time == pytest.approx(np.log(4.0), abs=1e-7)
        assert run.end[rates.index["B"]] == pytest.approx(0.75, abs=1e-12)
        assert len(run.samples) == 2
    away = [Threshold("B", 0.75, -1), Threshold("A", 0.25, 1), Threshold("A", 2.0)]
    assert run_segments(rates, state(rates), segments, stop=away).crossed is None
    both = run_segments(rates, state(rates), segments, stop=[rising, Threshold("B", 0.6, 1)])
    assert both.crossed == Threshold("B", 0.6, 1)


def test_a_run_can_be_cancelled_and_keeps_what_it_has() -> None:
    rates = law("X -> 2X @ 1\nX + Y -> 2Y @ 1\nY -> @ 1")
    count = 4000
    segments = Segments(np.full(count, 5.0), sp.csr_matrix((count, 2)))
    seen: list[int] = []

    def progress(done: int, total: int) -> bool:
        assert total == count
        seen.append(done)
        return len(seen) < 2

    run = run_segments(rates, state(rates, X=1.0, Y=0.5), segments, progress=progress, times=[1.0, 1e9])
    assert run.outcome.status is Status.CANCELLED
    assert 0 < run.reached == seen[-1] < count
    assert len(run.ends) == run.reached
    assert len(run.samples) == 1
    whole = run_segments(rates, state(rates, X=1.0, Y=0.5), segments)
    assert np.array_equal(run.ends, whole.ends[: run.reached])


def test_segments_verify_themselves() -> None:
    with pytest.raises(ValueError, match="2 durations"):
        Segments(np.ones(2), sp.csr_matrix((3, 1)))
    with pytest.raises(ValueError, match="negative"):
        Segments(-np.ones(1), sp.csr_matrix((1, 1)))


def test_nothing_to_do() -> None:
    rates = law("A -> B @ 1")
    start = state(rates, A=1.0)
    found = ENGINE.advance(rates, start, 0.0, np.zeros(2), Tolerance())
    assert np.array_equal(found.values, [start, start])
    assert np.array_equal(found.end, start)
    run = run_segments(rates, start, Segments(np.empty(0), sp.csr_matrix((0, 2))))
    assert run.outcome.ok
    assert run.reached == 0
    still = ENGINE.advance(rates, np.zeros(2), 10.0, np.array([5.0]), Tolerance())
    assert np.array_equal(still.values, [[0.0, 0.0]])


# Outcomes


@BOTH
def test_growth_without_bound_is_an_outcome(engine: Simulator) -> None:
    rates = law("2A -> 3A @ 1")
    found = engine.advance(rates, state(rates, A=1.0), 2.0, np.array([0.5, 1.5]), Tolerance(1e-6, 1e-9))
    assert found.outcome.status is Status.FAILED
    assert "step size" in found.outcome.message
    assert "A" in found.outcome.advice
    assert found.reached == pytest.approx(1.0, abs=1e-4)
    assert found.values[:, 0] == pytest.approx([2.0], rel=1e-4)
    run = run_segments(rates, state(rates, A=1.0), Segments(np.full(4, 0.4), sp.csr_matrix((4, 1))))
    assert run.outcome.status is Status.FAILED
    assert run.reached == 2
    assert run.time == pytest.approx(1.0, abs=1e-4)
    assert run.ends[:, 0] == pytest.approx([1 / 0.6, 1 / 0.2], rel=1e-4)


@BOTH
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_state_that_is_not_finite_is_an_outcome(engine: Simulator, bad: float) -> None:
    rates = law("A + B -> C @ 1\nC -> A @ 1")
    found = engine.advance(rates, state(rates, A=1.0, B=bad), 1.0, NO_TIMES, Tolerance())
    assert found.outcome.status is Status.FAILED


@BOTH
def test_a_negative_amount_is_an_outcome(engine: Simulator) -> None:
    # The rate law is followed where it leads, below zero too; nothing is clipped.
    rates = law("A -> B @ 1")
    found = engine.advance(rates, state(rates, A=-1.0), 0.1, NO_TIMES, Tolerance())
    assert found.end[0] == pytest.approx(-np.exp(-0.1), rel=1e-5)
    assert found.outcome.status is Status.FAILED
    assert "A fell to" in found.outcome.message
    run = run_segments(rates, state(rates, A=1.0), Segments(np.ones(2), additions(rates, {"A": 0.1}, {"A": -3.0})))
    assert run.reached == 1
    assert "A fell to" in run.outcome.message


def test_too_many_steps_are_an_outcome() -> None:
    rates = law(ROBERTSON)
    found = Rosenbrock(max_steps=10).advance(rates, rates.state({"A": 1.0}), 1e4, NO_TIMES, Tolerance())
    assert found.outcome.status is Status.LIMIT
    assert 0 < found.reached < 1e4


# The ladder


class Broken(Simulator):
    name = "broken"
    summary = "fails"

    def advance(self, law: MassAction, start: Vector, duration: float, times: Vector, tolerance: Tolerance) -> Stretch:
        found = ENGINE.advance(law, start, 0.0 * duration, times[:0], tolerance)
        outcome = dataclasses.replace(found.outcome, status=Status.FAILED, message="not today")
        return dataclasses.replace(found, outcome=outcome)


def test_the_ladder_says_what_was_used_and_why() -> None:
    rates, start, matrix = linear()
    exact = scipy.linalg.expm(2.0 * matrix) @ start
    times = np.array([1.0, 2.0])
    first = Ladder().advance(rates, start, 2.0, times, Tolerance())
    assert first.outcome.message == "reached the end, with rosenbrock"
    for rung in (BDF(), ScipyRadau()):
        found = Ladder((Broken(), rung)).advance(rates, start, 2.0, times, Tolerance(1e-8, 1e-10))
        assert found.outcome.ok
        assert found.outcome.message == f"reached the end, with {rung.name}; broken: not today"
        assert found.end == pytest.approx(exact, abs=1e-6)
        assert found.values[1] == pytest.approx(exact, abs=1e-6)
    nothing = Ladder((Broken(), Broken())).advance(rates, start, 2.0, times, Tolerance())
    assert nothing.outcome.status is Status.FAILED


def test_a_network_that_grows_without_bound_fails_on_every_rung() -> None:
    rates = law("2A -> 3A @ 1")
    found = Ladder().advance(rates, state(rates, A=1.0), 2.0, NO_TIMES, Tolerance(1e-4, 1e-6))
    assert found.outcome.status is Status.FAILED
    assert [part.split(":")[0] for part in found.outcome.message.split("; ")] == ["rosenbrock", "bdf", "radau"]

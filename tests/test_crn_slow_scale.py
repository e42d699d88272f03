"""The slow-scale simulation against the master equation, closed forms and the exact simulation; and when it must not average."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pytest
import scipy.linalg
import scipy.optimize
import scipy.stats

from benchmarks.slow_scale import Study
from compiler.compilation import CompileOptions, compile_crn
from compiler.dna_level import dna_tube
from crn.diagnostics import CircuitError
from crn.massaction import MassAction, Vector
from crn.simulate import ExactSSA, SlowScaleSSA, Status, Stochastic, Tolerance
from crn.simulate.slow_scale import SlowEvents
from crn.structure import conservation_laws
from crn.text import parse_crn

LEVEL = 0.01
"""Of the tests; seeds are fixed, so a correct simulator passes or fails for good."""

State = tuple[int, ...]


def law_of(text: str) -> MassAction:
    return MassAction(parse_crn(text).crn)


def ends(law: MassAction, simulator: Stochastic, duration: float, species: Sequence[str], runs: int) -> Vector:
    """Return the molecules of some species at the end of every run, shape (runs, species)."""
    found = [simulator.advance(law, law.state(), duration, np.empty(0), Tolerance()).end for _ in range(runs)]
    return np.rint(np.array(found)[:, [law.index[s] for s in species]] * simulator.molecules)


def slow(seed: int, molecules: float = 1.0, error: float = 0.02) -> SlowScaleSSA:
    return SlowScaleSSA(molecules, np.random.default_rng(seed), error=error)


def stretch(law: MassAction, simulator: SlowScaleSSA, duration: float, times: Sequence[float] = ()) -> SlowEvents:
    found = simulator.advance(law, law.state(), duration, np.array(times), Tolerance())
    assert isinstance(found, SlowEvents)
    return found


def master(start: State, moves: Callable[[State], Iterator[tuple[float, State]]], t: float) -> dict[State, float]:
    """Return the distribution over all states that can be reached, by the matrix exponential."""
    number, queue, entries = {start: 0}, [start], []
    while queue:
        state = queue.pop()
        for rate, new in moves(state):
            if rate > 0:
                if new not in number:
                    number[new] = len(number)
                    queue.append(new)
                entries.append((number[state], number[new], rate))
    generator = np.zeros((len(number), len(number)))
    for i, j, rate in entries:
        generator[j, i] += rate
        generator[i, i] -= rate
    p = scipy.linalg.expm(generator * t)[:, 0]
    return {state: float(p[i]) for state, i in number.items()}


def agreement(found: Vector, wanted: dict[State, float]) -> float:
    """Return the p-value of a chi-square test of rows against probabilities of whole states; rare ones are pooled."""
    rows = [tuple(int(x) for x in row) for row in found]
    assert set(rows) <= set(wanted)
    often = [s for s, p in wanted.items() if p * len(rows) >= 5]
    observed = np.array([rows.count(s) for s in often], dtype=float)
    expected = np.array([wanted[s] * len(rows) for s in often])
    rest = len(rows) - observed.sum(), len(rows) - expected.sum()
    if rest[1] >= 5:
        observed, expected = np.append(observed, rest[0]), np.append(expected, rest[1])
    return float(scipy.stats.chisquare(observed, expected * observed.sum() / expected.sum()).pvalue)


GATE = "X + J <=> H + B [kf={f}, kr={r}]; H -> Z [k={k}]; X @initial {x}; J @initial {j}; B @initial {b}"


def gate(
    f: float, r: float, k: float, x: int, j: int, b: int
) -> tuple[MassAction, Callable[[State], Iterator[tuple[float, State]]]]:
    """Return a reversible pair with a way out, and its master equation in (H, Z)."""

    def moves(state: State) -> Iterator[tuple[float, State]]:
        h, z = state
        left = x - h - z
        yield f * left * (j - h - z), (h + 1, z)
        yield r * h * (b + h + z), (h - 1, z)
        yield k * h, (h - 1, z + 1)

    return law_of(GATE.format(f=f, r=r, k=k, x=x, j=j, b=b)), moves


def test_a_gate_with_a_way_out_follows_the_master_equation() -> None:
    law, moves = gate(0.04, 0.02, 1.0, 8, 2000, 3000)
    found = ends(law, slow(1), 1.0, ["H", "Z"], 2000)
    assert agreement(found, master((0, 0), moves, 1.0)) > LEVEL
    assert stretch(law, slow(1), 1.0).averaged == 1


def test_what_is_not_fast_enough_is_fired_and_right() -> None:
    law, moves = gate(0.0004, 0.0002, 1.0, 8, 2000, 3000)
    found = ends(law, slow(2), 1.0, ["H", "Z"], 2000)
    assert agreement(found, master((0, 0), moves, 1.0)) > LEVEL
    one = stretch(law, slow(2), 1.0)
    assert one.averaged == 0
    assert "nothing could be averaged" in one.outcome.message


def test_what_is_short_of_partners_is_fired_and_right() -> None:
    law, moves = gate(20.0, 10.0, 1.0, 8, 12, 10)
    found = ends(law, slow(3), 0.5, ["H", "Z"], 1000)
    assert agreement(found, master((0, 0), moves, 0.5)) > LEVEL
    assert stretch(law, slow(3), 0.5).averaged == 0


@pytest.mark.parametrize("exit_", ["H + X -> Z", "2H -> Z"])
def test_two_molecules_of_one_pool_meet_as_often_as_two_can(exit_: str) -> None:
    # With 3 molecules, N^2 p q instead of N (N - 1) p q would be half as much again.
    text = f"X <=> H [kf=300, kr=600]; {exit_} [k=1]; X @initial 3"
    law = law_of(text)

    def moves(state: State) -> Iterator[tuple[float, State]]:
        h, z = state
        left = 3 - h - 2 * z
        yield 300.0 * left, (h + 1, z)
        yield 600.0 * h, (h - 1, z)
        if exit_.startswith("H"):
            yield 1.0 * h * left, (h - 1, z + 1)
        else:
            yield 1.0 * h * (h - 1), (h - 2, z + 1)

    found = ends(law, slow(4), 0.7, ["H", "Z"], 2000)
    assert agreement(found, master((0, 0), moves, 0.7)) > LEVEL


def test_a_chain_of_bound_species_is_multinomial() -> None:
    # X binds three gates one after the other; partners are so many that they hardly change.
    text = """
    X + J1 <=> H1 + B1 [kf=2, kr=1]; H1 + J2 <=> H2 + B2 [kf=1, kr=1]; H2 <=> H3 + B3 [kf=30000, kr=3]
    X @initial 6; J1 @initial 10000; B1 @initial 20000; J2 @initial 30000; B2 @initial 10000; B3 @initial 20000
    """
    law = law_of(text.strip().replace("\n", ";"))
    weights = np.array([1.0, 1.0, 3.0, 1.5])
    found = ends(law, slow(5), 1.0, ["X", "H1", "H2", "H3"], 3000)
    assert np.all(found.sum(axis=1) == 6)
    states = [(a, b, c, 6 - a - b - c) for a in range(7) for b in range(7 - a) for c in range(7 - a - b)]
    wanted: dict[State, float] = {s: float(scipy.stats.multinomial.pmf(s, 6, weights / weights.sum())) for s in states}
    assert agreement(found, wanted) > LEVEL


def test_partners_that_are_taken_up_noticeably_shift_the_equilibrium() -> None:
    # 60 molecules and 1000 partners: the mean solves the equilibrium with what is left of J and what is added to B.
    law = law_of("X + J <=> H + B [kf=10, kr=10]; X @initial 60; J @initial 1000; B @initial 1000")
    found = ends(law, slow(6), 1.0, ["H"], 2000)
    mean = scipy.optimize.brentq(lambda h: (60 - h) * (1000 - h) - h * (1000 + h), 0, 60)
    assert mean < 29.2
    assert found.mean() == pytest.approx(mean, abs=3 * found.std() / np.sqrt(2000))


def test_a_ring_out_of_balance_is_fired() -> None:
    # Without detailed balance: the stationary distribution of one molecule is the kernel of the generator.
    law = law_of("X <=> H [kf=50, kr=10]; H <=> G [kf=60, kr=20]; G <=> X [kf=70, kr=10]; X @initial 4")
    generator = np.array([[-60.0, 10, 70], [50, -70, 20], [10, 60, -90]])
    share = scipy.linalg.null_space(generator).ravel()
    share /= share.sum()
    found = ends(law, slow(7), 2.0, ["X", "H", "G"], 1000)
    states = [(a, b, 4 - a - b) for a in range(5) for b in range(5 - a)]
    assert agreement(found, {s: float(scipy.stats.multinomial.pmf(s, 4, share)) for s in states}) > LEVEL


def test_a_ring_in_balance_is_averaged() -> None:
    law = law_of("X <=> H [kf=50, kr=10]; H <=> G [kf=60, kr=20]; G <=> X [kf=10, kr=150]; X @initial 4")
    one = stretch(law, slow(8), 20.0)
    assert one.events == 0
    found = ends(law, slow(8), 20.0, ["X", "H", "G"], 1000)
    share = np.array([1.0, 5.0, 15.0]) / 21
    states = [(a, b, 4 - a - b) for a in range(5) for b in range(5 - a)]
    assert agreement(found, {s: float(scipy.stats.multinomial.pmf(s, 4, share)) for s in states}) > LEVEL


@pytest.mark.parametrize("back", [2.0, 20.0, 200.0])
def test_the_estimate_is_the_error_of_the_rate(back: float) -> None:
    # X <=> H, H -> : the pool is left at the small eigenvalue of the 2 x 2 matrix, and at share * k when it is averaged.
    there, k = 3 * back, 0.1 * back
    law = law_of(f"X <=> H [kf={there}, kr={back}]; H -> [k={k}]; X @initial 500")
    exact = -np.max(np.linalg.eigvals(np.array([[-there, back], [there, -back - k]])).real)
    error = 0.75 * k / exact - 1
    one = stretch(law, slow(9, error=0.3), 20 / back)
    assert one.averaged == 1
    assert one.estimate == pytest.approx(error, rel=0.15)
    assert stretch(law, slow(9, error=0.01), 20 / back).averaged == 0


@pytest.mark.parametrize("method", [ExactSSA, SlowScaleSSA])
def test_inputs_leave_parameters_behind_as_the_closed_form_says(method: type[Stochastic]) -> None:
    # Each of 42 inputs lives for an exponential time and adds to a parameter at a constant rate k meanwhile. With L the part of its
    # life before t = 3, E L = 1 - exp(-3) and E L^2 = 2 - 8 exp(-3): what it adds has mean k E L, variance k E L + k^2 Var L.
    k, runs = 0.48, 3000
    law = law_of(f"X <=> H [kf=40, kr=1000]; H -> H + P [k={k * 26}]; X -> [k=1]; H -> [k=1]; X @initial 42")
    found = ends(law, method(1.0, np.random.default_rng(15)), 3.0, ["P"], runs).ravel()
    life, square = 1 - np.exp(-3), 2 - 8 * np.exp(-3)
    mean, variance = 42 * k * life, 42 * (k * life + k**2 * (square - life**2))
    assert abs(found.mean() - mean) < 3 * (variance / runs) ** 0.5
    spread = np.var((found - found.mean()) ** 2) / runs
    assert abs(found.var(ddof=1) - variance) < 3 * spread**0.5


def test_a_fuel_that_runs_out_ends_the_averaging_and_nothing_falls_below_zero() -> None:
    law = law_of(
        "X + J <=> H + B [kf=10, kr=10]; J + Y -> Y + W [k=0.5]; H -> Z [k=0.3]; "
        "X @initial 30; J @initial 600; B @initial 400; Y @initial 4"
    )
    times = np.linspace(0, 6, 31)
    one = stretch(law, slow(10), 6.0, times[:-1].tolist())
    assert one.outcome.ok
    assert one.averaged == 0
    values = np.vstack([one.values, one.end])
    assert np.array_equal(values, np.rint(values))
    assert values.min() >= 0
    for conserved in conservation_laws(law.crn):
        sums = sum(n * values[:, law.index[s]] for s, n in conserved)
        assert np.ptp(sums) == 0


def compiled(text: str) -> tuple[MassAction, Vector, float]:
    """Return the DNA level of a network: rate law, start, amount of a formal unit."""
    tube = dna_tube(compile_crn(parse_crn(text).crn, CompileOptions()).state)
    return tube.law, tube.start, tube.factor


@pytest.mark.parametrize(
    ("network", "duration", "runs"),
    [
        ("A + B -> C [k=1]; A @initial 1; B @initial 1.5", 150.0, 120),
        ("2A -> B [k=1]; A @initial 2", 150.0, 200),
        ("A + B -> B + C [k=1]; C + A -> [k=2]; C -> A [k=0.5]; A @initial 2; B @initial 1", 150.0, 120),
        # The second of three bindings is fired: what it meets is rare. It is undone at once, and little comes of it in the time.
        ("A + B + C -> D [k=1]; A @initial 1; B @initial 1.5; C @initial 1.5", 1000.0, 30),
    ],
)
def test_compiled_gates_follow_the_exact_simulation(network: str, duration: float, runs: int) -> None:
    law, start, factor = compiled(network)
    scale = 16.0 / factor
    seen, events = [], []
    for method, count in ((ExactSSA, runs), (SlowScaleSSA, 500)):
        simulator = method(16.0, np.random.default_rng(11)).in_units(factor)
        done = [simulator.advance(law, start, duration, np.array([duration / 3]), Tolerance()) for _ in range(count)]
        seen.append(np.rint(scale * np.array([(d.values[0], d.end) for d in done])).reshape(count, -1))
        events.append(sum(d.events for d in done) / count)
    assert events[1] * 50 < events[0]
    moving = np.flatnonzero(np.ptp(seen[0], axis=0) > 1)
    assert len(moving) > 8
    worst = min(scipy.stats.ks_2samp(seen[0][:, i], seen[1][:, i]).pvalue for i in moving)
    assert worst > LEVEL / len(moving)


@pytest.fixture(scope="module")
def feedback() -> Study:
    """Return the second phase of the first sample of the compiled linear regression, in few molecules and for a short time."""
    return Study.of("linear-regression", 1, 4.0).part(1, 1.0)


@pytest.mark.parametrize(("exact", "averaged"), [(4, 200), pytest.param(250, 1000, marks=pytest.mark.slow)])
def test_the_linear_regression_follows_the_exact_simulation(feedback: Study, exact: int, averaged: int) -> None:
    tube = feedback.tube
    seen, events = [], []
    for method, count in ((ExactSSA, exact), (SlowScaleSSA, averaged)):
        done = [feedback.once(method, seed) for seed in np.random.SeedSequence(14).spawn(count)]
        seen.append(np.array([counts[-1] @ tube.reading.T for counts, *_ in done]) * tube.factor)
        events.append(np.mean([one[1] for one in done]))
    assert events[1] * 50 < events[0]
    moving = np.flatnonzero(seen[1].std(axis=0) > 0.5)
    assert len(moving) >= 6
    first, second = (np.rint(amounts) for amounts in seen)
    worst = min(scipy.stats.ks_2samp(first[:, i], second[:, i]).pvalue for i in moving)
    assert worst > LEVEL / len(moving)


def test_no_strand_is_lost_or_made() -> None:
    law, start, factor = compiled("A + B -> B + C [k=1]; C + A -> [k=2]; C -> A [k=0.5]; A @initial 2; B @initial 1")
    simulator = slow(12, 20.0).in_units(factor)
    done = simulator.advance(law, start, 2000.0, np.linspace(0, 1900, 20), Tolerance())
    assert done.outcome.ok
    counts = np.rint(np.vstack([start, done.values, done.end]) * simulator.molecules)
    laws = conservation_laws(law.crn)
    assert len(laws) > 8
    for conserved in laws:
        assert np.ptp(sum(n * counts[:, law.index[s]] for s, n in conserved)) == 0
    assert counts.min() >= 0


def test_without_anything_fast_it_is_the_exact_simulation() -> None:
    law = law_of("A -> B [k=1]; B + A -> C [k=0.1]; A @initial 10")

    def moves(state: State) -> Iterator[tuple[float, State]]:
        a, b = state
        yield float(a), (a - 1, b + 1)
        yield 0.1 * a * b, (a - 1, b - 1)

    assert agreement(ends(law, slow(13), 0.6, ["A", "B"], 2000), master((10, 0), moves, 0.6)) > LEVEL


def test_one_seed_gives_one_run_and_another_seed_another() -> None:
    law, _ = gate(0.04, 0.02, 1.0, 50, 2000, 3000)
    times = np.linspace(0, 1, 6).tolist()
    first, again, other = (stretch(law, slow(seed), 1.0, times).values for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_budget_ends_a_run_with_advice_and_what_was_reached() -> None:
    law, _ = gate(0.04, 0.02, 1.0, 50, 2000, 3000)
    found = SlowScaleSSA(1.0, np.random.default_rng(1), max_events=20).advance(
        law, law.state(), 9.0, np.linspace(0, 9, 91), Tolerance()
    )
    assert found.outcome.status is Status.LIMIT
    assert found.outcome.advice
    assert found.events == 20
    assert 0 < found.reached < 9
    assert len(found.values) == 1 + int(found.reached * 10)
    assert found.end[law.index["Z"]] == 20


def test_an_error_has_to_be_a_share() -> None:
    with pytest.raises(CircuitError, match="between 0 and 1"):
        SlowScaleSSA(error=0.0)

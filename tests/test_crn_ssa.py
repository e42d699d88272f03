"""The exact stochastic simulation against distributions that are known: closed forms, and the master equation solved."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg
import scipy.stats

from crn.diagnostics import CircuitError
from crn.massaction import MassAction, Vector
from crn.simulate import Status, Tolerance
from crn.simulate.ssa import ExactSSA, reactions_of
from crn.text import parse_crn

LEVEL = 0.01
"""Of the tests; seeds are fixed, so a correct simulator passes or fails for good."""

RUNS = 2000


def law_of(text: str) -> MassAction:
    return MassAction(parse_crn(text).crn)


def ends(text: str, species: str, duration: float, molecules: float, seed: int, runs: int = RUNS) -> Vector:
    """Return how many molecules of a species there are at the end of every run."""
    law, ssa = law_of(text), ExactSSA(molecules, np.random.default_rng(seed))
    found = [ssa.advance(law, law.state(), duration, np.empty(0), Tolerance()).end for _ in range(runs)]
    return np.rint(np.array(found)[:, law.index[species]] * molecules)


def agree(found: Vector, probability: Vector) -> float:
    """Return the p-value of a chi-square test against the probabilities of 0, 1, 2, ...; the rest is pooled with the rare ones."""
    counts = np.bincount(found.astype(int), minlength=len(probability))[: len(probability)].astype(float)
    expected = probability * len(found)
    often = expected >= 5
    observed = np.append(counts[often], len(found) - counts[often].sum())
    wanted = np.append(expected[often], len(found) - expected[often].sum())
    if wanted[-1] < 5:
        observed, wanted = np.append(observed[:-2], observed[-2:].sum()), np.append(wanted[:-2], wanted[-2:].sum())
    return float(scipy.stats.chisquare(observed, wanted).pvalue)


def test_births_and_deaths_are_poisson() -> None:
    # Jahnke and Huisinga, J. Math. Biol. 54:1 (2007): from 0, Poisson with mean b/d (1 - exp(-d t)).
    molecules, b, d, t = 10.0, 2.0, 0.5, 1.7
    found = ends(f"-> X [k={b}]; X -> [k={d}]", "X", t, molecules, 1)
    mean = molecules * b / d * (1 - np.exp(-d * t))
    assert agree(found, scipy.stats.poisson.pmf(np.arange(200), mean)) > LEVEL


def test_a_conversion_is_binomial() -> None:
    found = ends("A <=> B [kf=0.8, kr=0.3]; A @initial 2", "B", 1.1, 20.0, 2)
    share = 0.8 / 1.1 * (1 - np.exp(-1.1 * 1.1))
    assert agree(found, scipy.stats.binom.pmf(np.arange(41), 40, share)) > LEVEL


def master(rate: Vector, step: int, start: int, t: float) -> Vector:
    """Return the distribution of a chain that leaves n for n + step at rate[n], by the matrix exponential."""
    size = len(rate)
    generator = np.zeros((size, size))
    for n in range(size):
        if rate[n] > 0:
            generator[n, n] -= rate[n]
            generator[n + step, n] += rate[n]
    return np.asarray(scipy.linalg.expm(generator * t)[:, start])


def test_pairs_that_vanish_follow_the_master_equation() -> None:
    # 2A -> 0, k = 1, Omega = 10: propensity n (n - 1) / 10, with no 1/2.
    n = np.arange(31.0)
    wanted = master(n * (n - 1) / 10.0, -2, 30, 0.25)
    found = ends("2A -> [k=1]; A @initial 3", "A", 0.25, 10.0, 3)
    assert agree(found, wanted) > LEVEL
    assert not np.any(found % 2)


def test_two_partners_follow_the_master_equation() -> None:
    n = np.arange(26.0)
    wanted = master(0.4 / 10.0 * n * (n + 15), -1, 25, 0.3)
    found = ends("A + B -> C [k=0.4]; A @initial 2.5; B @initial 4", "A", 0.3, 10.0, 4)
    assert agree(found, wanted) > LEVEL


def test_a_dimer_comes_and_goes_as_detailed_balance_says() -> None:
    # At equilibrium the chain of 2A <=> D with N = 20 has weights prod_i up(i - 1) / down(i).
    molecules, kf, kr, pairs = 10.0, 1.0, 2.0, 10
    up = np.array([kf / molecules * (20 - 2 * d) * (19 - 2 * d) for d in range(pairs)])
    down = kr * np.arange(1, pairs + 1)
    weight = np.concatenate([[1.0], np.cumprod(up / down)])
    found = ends(f"2A <=> D [kf={kf}, kr={kr}]; A @initial 2", "D", 20.0, molecules, 5)
    assert agree(found, weight / weight.sum()) > LEVEL


def test_three_of_a_kind_have_the_falling_factorial() -> None:
    n = np.arange(19.0)
    wanted = master(3.0 / 6.0**2 * n * (n - 1) * (n - 2), -1, 18, 0.02)
    assert agree(ends("3A -> 2A [k=3]; A @initial 3", "A", 0.02, 6.0, 6), wanted) > LEVEL


def test_many_reactions_are_chosen_in_proportion() -> None:
    # 600 ways out of one species: more than two levels of the search. The first event takes each with its share.
    rates = np.random.default_rng(7).uniform(0.1, 2.0, 600)
    text = "; ".join(f"X -> Y{i} [k={k}]" for i, k in enumerate(rates)) + "; X @initial 60"
    law, ssa = law_of(text), ExactSSA(1000.0, np.random.default_rng(8))
    end = ssa.advance(law, law.state(), 100.0, np.empty(0), Tolerance()).end
    counts = np.array([end[law.index[f"Y{i}"]] for i in range(600)]) * 1000
    assert counts.sum() == pytest.approx(60_000)
    assert scipy.stats.chisquare(counts, rates / rates.sum() * counts.sum()).pvalue > LEVEL


def test_the_propensities_are_those_of_the_rate_law() -> None:
    law = law_of("2A + B -> C [k=3]; A -> B [k=2]; -> A [k=5]; C + A -> B + A [k=7]")
    system, omega = reactions_of(law, 11.0), 11.0
    counts = {"A": 4.0, "B": 3.0, "C": 2.0}
    n = np.array([counts[s] for s in law.species])
    padded = np.append(n, 1.0)
    found = system.c * np.prod(padded[system.slots] - system.used, axis=1)
    np.testing.assert_allclose(found, law.propensities(n, omega))


def test_samples_are_the_state_at_their_times() -> None:
    # One molecule that decays: at each time the share of runs in which it is still there is exp(-t).
    law, ssa = law_of("A -> [k=1]; A @initial 1"), ExactSSA(1.0, np.random.default_rng(9))
    times = np.array([0.0, 0.5, 1.0, 2.0])
    found = np.array([ssa.advance(law, law.state(), 2.0, times, Tolerance()).values[:, 0] for _ in range(RUNS)])
    there = found.sum(axis=0)
    assert there[0] == RUNS
    for t, count in zip(times[1:], there[1:], strict=True):
        assert scipy.stats.binomtest(int(count), RUNS, float(np.exp(-t))).pvalue > LEVEL
    assert np.all(np.diff(found, axis=1) <= 0)


def test_a_part_of_a_molecule_is_kept_on_average() -> None:
    law, ssa = law_of("A -> B [k=1e-12]; A @initial 0.37"), ExactSSA(1.0, np.random.default_rng(10))
    found = [ssa.advance(law, law.state(), 1.0, np.empty(0), Tolerance()).end[0] for _ in range(RUNS)]
    assert set(found) == {0.0, 1.0}
    assert scipy.stats.binomtest(int(sum(found)), RUNS, 0.37).pvalue > LEVEL


def test_one_seed_gives_one_run_and_another_seed_another() -> None:
    law = law_of("A <=> B [kf=1, kr=1]; A @initial 5")

    def run(seed: int) -> list[float]:
        ssa = ExactSSA(100.0, np.random.default_rng(seed))
        return list(ssa.advance(law, law.state(), 3.0, np.linspace(0, 3, 7), Tolerance()).values.ravel())

    assert run(1) == run(1)
    assert run(1) != run(2)


def test_a_budget_ends_a_run_with_advice_and_what_was_reached() -> None:
    law, ssa = law_of("A <=> B [kf=1, kr=1]; A @initial 5"), ExactSSA(100.0, np.random.default_rng(1), max_events=50)
    found = ssa.advance(law, law.state(), 100.0, np.linspace(0, 100, 11), Tolerance())
    assert found.outcome.status is Status.LIMIT
    assert found.outcome.advice
    assert 0 < found.reached < 100
    assert len(found.values) == 1 + int(found.reached // 10)
    assert found.end.sum() == pytest.approx(5)


def test_more_molecules_than_can_be_counted_are_a_limit() -> None:
    law = law_of("A -> B; A @initial 1")
    found = ExactSSA(1e17).advance(law, law.state(), 1.0, np.empty(0), Tolerance())
    assert found.outcome.status is Status.LIMIT
    assert "A has more molecules" in found.outcome.message


def test_molecules_have_to_be_positive() -> None:
    with pytest.raises(CircuitError, match="positive"):
        ExactSSA(0.0)

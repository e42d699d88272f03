"""Every deterministic simulator against closed forms, and what it answers when there is nothing to integrate any more."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest

from crn.diagnostics import CircuitError
from crn.massaction import MassAction, Vector
from crn.network import CRN
from crn.protocol import Addition, Flush
from crn.simulate import SIMULATORS, ScipyBDF, ScipyLSODA, Simulator, Status, Stretch, Tolerance, Trajectory, simulate
from crn.text import parse_crn

DETERMINISTIC = [s for s in SIMULATORS if s.summary.startswith("deterministic")]
TIMES = np.array([0.0, 0.1, 0.5, 1.0, 2.5, 6.0])
FINE = Tolerance(1e-8, 1e-11)

each = pytest.mark.parametrize("simulator", DETERMINISTIC, ids=[s.name for s in DETERMINISTIC])


def law_of(text: str) -> MassAction:
    return MassAction(parse_crn(text).crn)


def run(
    text: str,
    simulator: Simulator,
    times: Sequence[float] | Vector = TIMES,
    events: Sequence[Addition | Flush] = (),
    tolerance: Tolerance = FINE,
    volume: float | None = None,
) -> Trajectory:
    law = law_of(text)
    return simulate(law, law.state(), events, list(times), simulator, tolerance, volume=volume)


def close(found: Vector, expected: Vector, simulator: Simulator) -> None:
    """Compare to ten times what the tolerance allows in a step; what is tiny counts in units of the largest."""
    assert len(found) == len(expected), simulator
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6 * float(np.max(np.abs(expected))))


# --- closed forms -------------------------------------------------------------------------------------------------------------


@each
def test_exponential_decay_and_growth(simulator: Simulator) -> None:
    found = run("A -> B [0.7]; A @i 3; B @i 1; C -> 2C [0.3]; C @i 2", simulator)
    assert found.outcome.ok
    np.testing.assert_array_equal(found.times, TIMES)
    close(found.of("A"), 3 * np.exp(-0.7 * TIMES), simulator)
    close(found.of("B"), 4 - 3 * np.exp(-0.7 * TIMES), simulator)
    close(found.of("C"), 2 * np.exp(0.3 * TIMES), simulator)


@each
def test_two_of_a_kind_vanish(simulator: Simulator) -> None:
    """da/dt = -2 k a^2: a = a0 / (1 + 2 k a0 t)."""
    found = run("2A -> [3]; A @i 2", simulator)
    close(found.of("A"), 2 / (1 + 12 * TIMES), simulator)


@each
def test_two_z_to_z(simulator: Simulator) -> None:
    """dz/dt = -k z^2."""
    found = run("2Z -> Z [3]; Z @i 2", simulator)
    close(found.of("Z"), 2 / (1 + 6 * TIMES), simulator)


@each
def test_three_of_a_kind(simulator: Simulator) -> None:
    """da/dt = -3 k a^3: a^-2 = a0^-2 + 6 k t."""
    found = run("3A -> B [0.5]; A @i 2", simulator)
    close(found.of("A"), (0.25 + 3 * TIMES) ** -0.5, simulator)
    close(found.of("B"), (2 - (0.25 + 3 * TIMES) ** -0.5) / 3, simulator)


@each
@pytest.mark.parametrize(("a0", "b0", "k"), [(2.0, 1.0, 1.5), (0.3, 4.0, 1.0), (2.0, 1.0, 300.0)])
def test_a_plus_b(simulator: Simulator, a0: float, b0: float, k: float) -> None:
    found = run(f"A + B -> C [{k}]; A @i {a0}; B @i {b0}", simulator)
    d = a0 - b0
    e = np.exp(-k * d * TIMES) if d > 0 else np.exp(k * d * TIMES)
    b = d * b0 * e / (a0 - b0 * e) if d > 0 else -d * b0 / (b0 - a0 * e)
    close(found.of("B"), b, simulator)
    close(found.of("A"), d + b, simulator)
    close(found.of("C"), b0 - b, simulator)


@each
def test_equal_amounts_of_a_and_b(simulator: Simulator) -> None:
    found = run("A + B -> [2]; A @i 1.5; B @i 1.5", simulator)
    close(found.of("A"), 1.5 / (1 + 3 * TIMES), simulator)


@each
def test_relaxation_of_a_reversible_reaction(simulator: Simulator) -> None:
    found = run("A <=> B [2, 0.5]; A @i 1", simulator)
    close(found.of("A"), 0.2 + 0.8 * np.exp(-2.5 * TIMES), simulator)


@each
def test_a_source_and_a_sink(simulator: Simulator) -> None:
    found = run("-> A [4]; A -> [2]; B -> B + C [3]; B @i 0.5", simulator)
    close(found.of("A"), 2 * (1 - np.exp(-2 * TIMES)), simulator)
    close(found.of("C"), 1.5 * TIMES, simulator)


@each
def test_constant_species_stay(simulator: Simulator) -> None:
    found = run("A + F -> B [2]; F -> [5]; A @i 1; F @c 0.3", simulator)
    close(found.of("F"), np.full(len(TIMES), 0.3), simulator)
    close(found.of("A"), np.exp(-0.6 * TIMES), simulator)


@each
def test_stiff_networks(simulator: Simulator) -> None:
    """Rates that are ten orders of magnitude apart: a fast equilibrium that leaks slowly."""
    times = np.array([0.0, 1e-6, 1.0, 100.0])
    found = run("A -> B [1e7]; B -> A [1e7]; B -> C [0.01]; A @i 1", simulator, times)
    assert found.outcome.ok
    close(found.of("C")[2:], 1 - np.exp(-0.005 * times[2:]), simulator)
    close(found.of("A")[1:], 0.5 * (np.exp(-0.005 * times) + np.exp(-2e7 * times))[1:], simulator)


@each
def test_tiny_amounts_in_molar_units(simulator: Simulator) -> None:
    """Amounts of 1e-9 and rate constants of 1e6, as at DNA level, with an absolute tolerance to match."""
    times = np.array([0.0, 60.0, 600.0, 3600.0])
    found = run("A + B -> C [1e6]; A @i 2e-9; B @i 1e-9", simulator, times, tolerance=Tolerance(1e-8, 1e-18))
    e = np.exp(-1e-3 * times)
    close(found.of("B"), 1e-9 * 1e-9 * e / (2e-9 - 1e-9 * e), simulator)


@each
def test_a_tighter_tolerance_errs_less(simulator: Simulator) -> None:
    exact = 2 / (1 + 12 * TIMES)
    loose, tight = (
        np.max(np.abs(run("2A -> [3]; A @i 2", simulator, tolerance=t).of("A") - exact))
        for t in (Tolerance(1e-4, 1e-6), Tolerance(1e-9, 1e-12))
    )
    assert tight < 1e-7 < loose < 1e-2


# --- additions ----------------------------------------------------------------------------------------------------------------


@each
def test_additions_are_instantaneous_and_reported_after(simulator: Simulator) -> None:
    events = [Addition(1.0, "A", 2.0), Addition(0.0, "A", 1.0), Addition(2.5, "B", 5.0), Addition(7.0, "A", 99.0)]
    found = run("A -> [0.7]; A @i 3; B @i 1", simulator, events=events)
    before = 4 * np.exp(-0.7 * TIMES)
    after = before + 2 * np.exp(-0.7 * (TIMES - 1))
    close(found.of("A"), np.where(TIMES < 1, before, after), simulator)
    close(found.of("B"), np.where(TIMES < 2.5, 1.0, 6.0), simulator)


@each
def test_additions_with_a_volume_dilute_everything_first(simulator: Simulator) -> None:
    """100 uL and 25 uL more: everything shrinks to 4/5, and what is added counts in the new volume; then 125 and 125 uL."""
    events = [Addition(1.0, "B", 2.0, 25e-6), Addition(2.5, "A", 1.0, 125e-6)]
    found = run("A -> [0.7]; A @i 3; B @i 10", simulator, events=events, volume=100e-6)
    first, second, third = (TIMES < 1), (TIMES >= 1) & (TIMES < 2.5), TIMES >= 2.5
    a = 3 * np.exp(-0.7 * TIMES)
    expected = np.select([first, second, third], [a, 0.8 * a, 0.4 * a + np.exp(-0.7 * (TIMES - 2.5))])
    close(found.of("A"), expected, simulator)
    close(found.of("B"), np.select([first, second, third], [10.0, 10.0, 5.0]), simulator)


@each
def test_without_a_volume_nothing_dilutes(simulator: Simulator) -> None:
    found = run("A -> [0.7]; A @i 3; B @i 10", simulator, events=[Addition(1.0, "B", 2.0, 25e-6)])
    close(found.of("A"), 3 * np.exp(-0.7 * TIMES), simulator)


@each
def test_events_of_one_moment_happen_in_their_order(simulator: Simulator) -> None:
    flushed = run("A -> [0.7]; A @i 3", simulator, events=[Addition(1.0, "A", 5.0), Flush(1.0, ("A",))])
    close(flushed.of("A"), np.where(TIMES < 1, 3 * np.exp(-0.7 * TIMES), 0.0), simulator)
    added = run("A -> [0.7]; A @i 3", simulator, events=[Flush(1.0, ("A",)), Addition(1.0, "A", 5.0)])
    close(added.of("A")[3:], 5 * np.exp(-0.7 * (TIMES[3:] - 1)), simulator)


def test_an_unknown_species_in_a_protocol_is_an_error_of_the_user() -> None:
    with pytest.raises(CircuitError, match="adds Q"):
        run("A -> B", SIMULATORS[0], events=[Addition(1.0, "Q", 1.0)])


# --- what is asked ------------------------------------------------------------------------------------------------------------


@each
@pytest.mark.parametrize("times", [[], [0.0], [2.0], [0.0, 0.0, 1.0, 1.0], [0.3, 0.7]])
def test_any_ascending_times_will_do(simulator: Simulator, times: list[float]) -> None:
    found = run("A -> [0.7]; A @i 3", simulator, times, events=[Addition(0.0, "A", 1.0)])
    assert found.outcome.ok
    np.testing.assert_array_equal(found.times, times)
    assert found.values.shape == (len(times), 1)
    np.testing.assert_allclose(found.of("A"), 4 * np.exp(-0.7 * np.array(times)), rtol=1e-6)


@each
def test_the_start_is_not_touched(simulator: Simulator) -> None:
    law = law_of("A -> B")
    start = np.array([2.0, 0.0])
    simulate(law, start, [Addition(0.0, "A", 1.0), Addition(0.5, "B", 1.0)], [0.0, 1.0], simulator)
    stretch = simulator.advance(law, start, 1.0, np.array([0.5]), FINE)
    np.testing.assert_array_equal(start, [2.0, 0.0])
    assert stretch.reached == pytest.approx(1.0)
    assert stretch.values.shape == (1, 2)
    np.testing.assert_allclose(stretch.end, [2 * np.exp(-1), 2 - 2 * np.exp(-1)], rtol=1e-6)


@each
def test_a_network_without_reactions_stands_still(simulator: Simulator) -> None:
    law = MassAction(CRN.build([], {"A": 1.5}))
    found = simulate(law, law.state(), [Addition(1.0, "A", 1.0)], [0.0, 1.0, 2.0], simulator)
    assert found.of("A").tolist() == [1.5, 2.5, 2.5]


@each
def test_two_runs_are_identical(simulator: Simulator) -> None:
    text = "A + B -> 2B [3]; B -> [1]; -> A [0.5]; A @i 1; B @i 0.1"
    np.testing.assert_array_equal(run(text, simulator).values, run(text, simulator).values)


@each
def test_stretches_may_be_cut_anywhere(simulator: Simulator) -> None:
    """Going through a stretch in pieces gives what going through it at once gives."""
    law = law_of("A + B -> 2B [3]; B -> [1]; -> A [0.5]; A @i 1; B @i 0.1")
    whole = simulator.advance(law, law.state(), 6.0, np.empty(0), FINE).end
    state = law.state()
    for a, b in pairwise(TIMES):
        state = simulator.advance(law, state, float(b - a), np.empty(0), FINE).end
    np.testing.assert_allclose(state, whole, rtol=1e-5)


# --- outcomes -----------------------------------------------------------------------------------------------------------------


def sound(found: Trajectory, asked: int) -> None:
    """Whether a run that ended early says so and keeps what is true."""
    assert found.outcome.status in (Status.FAILED, Status.LIMIT)
    assert found.outcome.message
    assert found.outcome.advice
    assert len(found.times) == len(found.values) < asked
    assert np.all(np.isfinite(found.values)), found.values


@each
@pytest.mark.parametrize(
    ("text", "explodes"),
    [
        ("2A -> 3A [1]; A @i 1", 1.0),
        ("2A -> 3A [1000000]; A -> [0.001]; A @i 1", 1e-6),
        ("A + B -> 2A + 2B; A @i 1; B @i 1", 1.0),
    ],
)
def test_what_explodes_is_an_outcome_and_no_exception(simulator: Simulator, text: str, explodes: float) -> None:
    """da/dt = a^2 from 1: a = 1 / (1 - t), and after t = 1 there is nothing to report."""
    times = explodes * np.array([0.0, 0.25, 0.5, 1.5, 2.0])
    found = run(text, simulator, times, tolerance=Tolerance())
    sound(found, len(times))
    assert len(found.times) >= (1 if simulator.name == "lsoda" else 3)
    true = 1 / (1 - found.times / explodes)
    np.testing.assert_allclose(found.of("A"), true, rtol=1e-2)


@each
def test_what_outgrows_all_numbers_is_an_outcome(simulator: Simulator) -> None:
    times = [0.0, 1.0, 15.0, 25.0, 30.0]
    found = run("A -> 2A; A @i 1e300", simulator, times, tolerance=Tolerance())
    sound(found, len(times))
    np.testing.assert_allclose(found.of("A"), 1e300 * np.exp(found.times), rtol=1e-2)


@pytest.mark.parametrize("steps", [1, 2, 3, 5, 8, 13])
@pytest.mark.parametrize("simulator", [ScipyBDF(), ScipyLSODA()], ids=lambda s: s.name)
def test_a_limit_of_steps_keeps_what_was_reached(simulator: ScipyBDF | ScipyLSODA, steps: int) -> None:
    """Whatever is reported before the limit is right, also where memory is not fresh; B relaxes within milliseconds."""
    times = [0.0, 1e-6, 1e-4, 0.1, 1.0, 10.0]
    limited = dataclasses.replace(simulator, max_steps=steps)
    used = [np.full(n, 1e300) for n in range(1, 65) for _ in range(20)]
    del used
    found = run("A -> B [1]; B -> A [1000]; A @i 1", limited, times, tolerance=Tolerance(1e-6, 1e-12))
    expected = (1 - np.exp(-1001 * found.times)) / 1001
    np.testing.assert_allclose(found.of("B"), expected, rtol=1e-3, atol=1e-11)
    if not found.outcome.ok:
        sound(found, len(times))
        assert found.outcome.status is Status.LIMIT


@each
def test_a_run_can_be_cancelled_and_keeps_its_beginning(simulator: Simulator) -> None:
    law = law_of("A -> [0.7]; A @i 3")
    seen: list[float] = []

    def stop(reached: float) -> bool:
        seen.append(reached)
        return reached < 1.0

    events = [Addition(t, "A", 1.0) for t in (0.5, 1.0, 2.5)]
    found = simulate(law, law.state(), events, list(TIMES), simulator, FINE, progress=stop)
    assert found.outcome.status is Status.CANCELLED
    assert found.outcome.message
    assert seen == [0.5, 1.0]
    np.testing.assert_array_equal(found.times, [0.0, 0.1, 0.5])
    whole = simulate(law, law.state(), events, list(TIMES), simulator, FINE)
    np.testing.assert_allclose(found.of("A"), whole.of("A")[:3], rtol=1e-9)
    assert whole.outcome.ok


def test_progress_does_not_change_the_run() -> None:
    law = law_of("A -> [0.7]; A @i 3")
    events = [Addition(1.0, "A", 1.0)]
    plain = simulate(law, law.state(), events, list(TIMES), SIMULATORS[0])
    watched = simulate(law, law.state(), events, list(TIMES), SIMULATORS[0], progress=lambda _: True)
    np.testing.assert_array_equal(plain.values, watched.values)
    assert watched.outcome.ok


def test_an_engine_that_returns_negative_amounts_is_not_believed() -> None:
    """A run that ends well below zero has failed, whatever the solver says."""

    @dataclasses.dataclass(frozen=True)
    class Sloppy(ScipyLSODA):
        def advance(
            self, law: MassAction, start: Vector, duration: float, times: Vector, tolerance: Tolerance
        ) -> Stretch:
            return super().advance(law, start - 1.0, duration, times, tolerance)

    found = run("A -> [0.01]; A @i 0.5", Sloppy(), [0.0, 1.0])
    assert found.outcome.status is Status.FAILED
    assert "A" in found.outcome.message

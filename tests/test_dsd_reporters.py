"""Reporters: their closed form against an integrator, their shape in every scheme, and trials against what kinetics say."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from support_lab import any_sequences, state_of, system_of

from compiler.passes import default_pipeline
from compiler.scaling import Physical
from crn.diagnostics import CircuitError
from crn.network import Reaction
from crn.text import parse_crn
from dsd.complexes import UNPAIRED
from dsd.lab.reporters import DYES, Floats, Reporter, completion_s, design_reporters, released
from dsd.lab.trials import Levels, Trace, calibration, gate_trials, predict, watched
from dsd.schemes import SCHEMES
from dsd.system import DsdSystem

LEVELS = Levels(10e-9, 1e-6, 100e-9, 1e6)


# The closed form


@settings(deadline=None, max_examples=60)
@given(st.floats(1e-9, 1e-6), st.floats(1e-9, 1e-6), st.floats(1e4, 3e6))
def test_the_closed_form_is_what_an_integrator_finds(signal: float, reporter: float, rate: float) -> None:
    end = 5 / (rate * max(signal, reporter))
    times = np.linspace(0, end, 7)

    def slope(_: float, f: Floats) -> Floats:
        return np.asarray(rate * (signal - f) * (reporter - f))

    found = solve_ivp(slope, (0, end), [0.0], t_eval=times, rtol=1e-9, atol=1e-16, method="LSODA")
    assert released(signal, reporter, rate, list(times)) == pytest.approx(found.y[0], rel=1e-4, abs=1e-13)


@given(st.floats(1e-10, 1e-6), st.floats(1e-10, 1e-6), st.floats(0.01, 0.995))
def test_completion_is_when_the_closed_form_says_so(signal: float, reporter: float, share: float) -> None:
    found = completion_s(signal, reporter, 1e6, share)
    if share * signal >= reporter:
        assert math.isinf(found)
    else:
        assert released(signal, reporter, 1e6, [found])[0] == pytest.approx(share * signal, rel=1e-5)


def test_equal_amounts_by_hand() -> None:
    # dF/dt = k (S - F)^2: half of it after 1 / (k S), nine tenths after nine times as long.
    assert released(1e-7, 1e-7, 1e6, [0, 10, 90]) == pytest.approx([0, 5e-8, 9e-8])
    assert completion_s(1e-7, 1e-7, 1e6, 0.9) == pytest.approx(90)


def test_nothing_comes_of_nothing() -> None:
    assert released(0.0, 1e-7, 1e6, [0, 100]).tolist() == [0, 0]
    with pytest.raises(ValueError, match="a share"):
        completion_s(1e-9, 1e-7, 1e6, 1.0)


# The complex


def _shape(reporter: Reporter) -> None:
    """Hold a reporter against what it has to be."""
    upper, lower = (s.strand for s in reporter.strands)
    item = reporter.complex
    # The upper strand is bound from end to end; of the lower one just a toehold is open, at one end.
    strands = {upper: [], lower: []}  # type: dict[object, list[bool]]
    at = 0
    for strand in item.strands:
        strands[strand] = [item.pairs[at + i] == UNPAIRED for i in range(len(strand))]
        at += len(strand)
    assert not any(strands[upper])
    free = strands[lower]
    assert sum(free) == 1
    assert free[0] or free[-1]
    opened = lower.domains[0 if free[0] else -1]
    assert opened.length < max(d.length for d in lower)
    # Dye and quencher lie across from one another, away from the toehold.
    dye, quencher = reporter.strands[1], reporter.strands[0]
    if free[0]:
        assert (bool(dye.three_prime), bool(quencher.five_prime)) == (True, True)
    else:
        assert (bool(dye.five_prime), bool(quencher.three_prime)) == (True, True)
    # Every signal strand of the species covers the lower strand as a whole.
    covered = tuple(~d for d in reversed(lower.domains))
    for target in reporter.targets:
        domains = target.strands[0].domains
        assert any(domains[i : i + len(covered)] == covered for i in range(len(domains) - len(covered) + 1))


@pytest.mark.parametrize("scheme", [s.name for s in SCHEMES])
def test_a_reporter_has_its_shape_in_every_scheme(scheme: str) -> None:
    chain = "A -> B + C\nC -> D"
    state = default_pipeline(scheme, Physical(), allow_wrong=True).run(parse_crn(chain).crn, {})
    assert state.system is not None
    for species, _ in state.system.carriers:
        (found,) = design_reporters(state.system, [species])
        _shape(found)


def test_reporters_add_no_domain_and_get_dyes_in_turn() -> None:
    system = system_of("A + B -> C + D")
    sequences = any_sequences(system)
    reporters = design_reporters(system, ["A", "B", "C", "D", "A"])
    assert [r.dye for r in reporters] == [*DYES, DYES[0]]
    more = sequences.adding(s for r in reporters for s in r.strands)
    assert more.domains == sequences.domains
    assert more.sequence("reporter_A_dye") == more.read(reporters[0].strands[1].strand)
    with pytest.raises(CircuitError, match="no signal strand of X"):
        design_reporters(system, ["X"])


# Trials


def _reporter(system: DsdSystem, species: str) -> Reporter:
    return design_reporters(system, [species])[0]


def _reactions(text: str) -> tuple[DsdSystem, dict[str, Reaction]]:
    state = state_of(text, Physical(10e-9, 1e-6))
    assert state.system is not None
    assert state.lowered is not None
    return state.system, {r.id: r for r in state.lowered.reactions}


def _traces(text: str, species: str, gate: str = "r1") -> dict[str, Trace]:
    system, reactions = _reactions(text)
    reporter = _reporter(system, species)
    trials = gate_trials(system, reactions[gate], reporter, LEVELS)
    return {t.trial.name.removeprefix(f"{gate} "): t for t in predict(system, trials, reporter, LEVELS, gate)}


def test_a_calibration_is_the_closed_form() -> None:
    system = system_of("A -> B")
    reporter = _reporter(system, "B")
    traces = predict(system, calibration(reporter, LEVELS), reporter, LEVELS)
    assert len(traces) == 5
    for share, trace in zip((0, 0.25, 0.5, 0.75, 1), traces, strict=True):
        wanted = released(share * 10e-9, 100e-9, 1e6, list(trace.times_s))
        assert trace.dye_M == pytest.approx(wanted, rel=1e-3, abs=1e-13)


def test_a_gate_of_one_reactant_goes_at_its_rate() -> None:
    """A -> B: with fuels in excess and a fast reporter the dye is S (1 - exp(-q C t)), q from the gate's own first step."""
    # The second reaction is a thousand times as fast, so that the first is slow beside its own gate.
    text = "A -> B [0.001]\nC -> D"
    system, _ = _reactions(text)
    (first,) = {r.k for r in system.reactions if r.place == "first" and r.gate == "r1"}
    trace = _traces(text, "B")["complete"]
    rate = first * LEVELS.fuel_M
    assert rate * trace.times_s[-1] > 3
    expected = 10e-9 * (1 - np.exp(-rate * trace.times_s))
    # What is between A and the dye takes some time: the flux strand, the produce gate, the reporter.
    assert trace.dye_M == pytest.approx(expected, abs=0.02 * 10e-9)
    assert trace.final_M == pytest.approx(10e-9, rel=0.03)


def test_without_an_input_or_a_needed_fuel_nothing_is_seen() -> None:
    found = _traces("A + B -> C + D", "C")
    assert set(found) == {
        "complete", "no A", "no B", "no r1_join", "no r1_backward1", "no r1_produce", "no r1_helper",
    }  # fmt: skip
    assert found["complete"].final_M == pytest.approx(10e-9, rel=0.05)
    for dark in ("no A", "no B", "no r1_join", "no r1_produce"):
        assert found[dark].final_M == pytest.approx(0, abs=1e-14)
    # The helper frees the second product only; the first is seen without it.
    assert found["no r1_helper"].final_M == pytest.approx(found["complete"].final_M, rel=0.05)
    assert _traces("A + B -> C + D", "D")["no r1_helper"].final_M == pytest.approx(0, abs=1e-14)
    # Without what pushes A back the gate only goes faster.
    assert found["no r1_backward1"].dye_M[2] > found["complete"].dye_M[2]


def test_what_is_used_up_is_read_by_a_late_reporter() -> None:
    found = _traces("A ->", "A")
    assert found["complete"].trial.added_s > 0
    assert found["complete"].times_s[0] == pytest.approx(found["complete"].trial.added_s)
    assert found["complete"].final_M < 0.1 * found["no r1_join"].final_M
    # The late reporter makes up an eleventh of the tube.
    assert found["no r1_join"].final_M == pytest.approx(10e-9 / 1.1, rel=1e-3)
    assert found["no A"].final_M == 0


def test_a_catalyst_is_not_watched() -> None:
    _, reactions = _reactions("A + B -> A + C\nA + C -> A\nA -> 2A")
    assert watched(reactions["r1"]) == (("C",), True)
    assert watched(reactions["r2"]) == (("C",), False)
    made, by = watched(reactions["r3"])
    assert ("A" in made, by) == (True, True)


def test_reporters_never_show_more_than_there_is_of_them() -> None:
    # A -> A + B goes on for as long as there is fuel; the dye stops at the reporter.
    found = _traces("A -> A + B", "B")["complete"]
    assert found.final_M == pytest.approx(100e-9, rel=0.05)
    assert np.all(np.diff(found.dye_M) >= -1e-13)

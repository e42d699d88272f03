"""Trajectories of DNA against those of the network: closed forms, causes that are known beforehand, and another integrator."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from scipy.linalg import expm
from support_cli import run

from compiler.api import CircuitError, Compiled, CompileOptions, compile_crn, dynamics
from compiler.scaling import Physical
from compiler.verify.dynamics import (
    BUFFERING,
    DELAY,
    DEPLETION,
    REST,
    REWRITES,
    TOEHOLDS,
    Dynamics,
    DynamicsOptions,
    causes_of,
    compare_dynamics,
    horizon,
    initial_states,
    present,
)
from compiler.verify.levels import Level, deviation, run_family
from compiler.verify.verdict import Answer
from crn.simulate import ScipyLSODA
from crn.text import parse_crn


def compiled(text: str, **options: object) -> Compiled:
    return compile_crn(parse_crn(text).crn, dataclasses.replace(CompileOptions(), **options))  # type: ignore[arg-type]


def figures(circuit: Compiled, **options: object) -> Dynamics:
    return compare_dynamics(circuit.state, dataclasses.replace(DynamicsOptions(), **options))  # type: ignore[arg-type]


def share(found: Dynamics, name: str) -> float:
    return next(s.most for s in found.shares if s.cause.name == name)


# --- closed forms -------------------------------------------------------------------------------------------------------------


def test_depletion_of_a_single_fuel_has_a_closed_form() -> None:
    """``A ->`` consumes one join gate for each A: da/dt = -q a (C - a0 + a), which a logistic curve solves."""
    circuit = compiled("A -> [1]\nA @initial 1", physical=Physical(signal_M=1e-6))
    found = figures(circuit, states=0, until=2.0, points=20)
    scale = circuit.scale
    a0, fuel = scale.dose, scale.physical.fuel_M
    rate = dict(scale.first)[circuit.state.gates[0].reaction.id] * scale.time_s
    ratio = (fuel - a0) / a0
    t = found.worst.time
    exact = (fuel - a0) / (np.exp(rate * (fuel - a0) * t) * (1 + ratio) - 1) / scale.dose
    assert found.worst.found == pytest.approx(exact, rel=1e-5)
    assert found.worst.expected == pytest.approx(np.exp(-t), rel=1e-5)
    assert found.worst.error > 0.005
    assert found.shares[0].cause is DEPLETION
    assert found.shares[0].without == pytest.approx(0.0, abs=1e-5)


def test_delay_in_an_intermediate_has_a_closed_form() -> None:
    """With fuels held, A -> flux -> B -> nothing is a chain of first-order steps, whose matrix exponential is the truth."""
    circuit = compiled("A -> B [1]; B -> [0.7]\nA @initial 1".replace("; ", "\n"))
    found = figures(circuit, states=0, until=3.0, points=30)
    scale = circuit.scale
    fuel, q = scale.physical.fuel_M, dict(scale.first)
    make, take = (q[g.reaction.id] * fuel * scale.time_s for g in circuit.state.gates)
    pass_on = scale.physical.q_max * fuel * scale.time_s
    chain = np.array([[-make, 0, 0], [make, -pass_on, 0], [0, pass_on, -take]])
    formal = np.array([[-1.0, 0, 0], [1.0, -1e9, 0], [0, 1e9, -0.7]])
    start = np.array([1.0, 0, 0])
    gaps = []
    for t in found.times:
        dna, abstract = expm(chain * t) @ start, expm(formal * t) @ start
        gaps.append([dna[0] - abstract[0], dna[1] + dna[2] - abstract[1] - abstract[2]])
    b = np.array([expm(formal * t) @ start for t in found.times])[:, 2].max()
    exact = max(np.abs(np.array(gaps)[:, 0]).max(), np.abs(np.array(gaps)[:, 1]).max() / b)
    without = next(s.without for s in found.shares if s.cause is DEPLETION)
    assert without == pytest.approx(exact, rel=1e-3)
    assert exact > 0.1
    assert max(found.shares, key=lambda s: s.most).cause is DELAY


# --- causes -------------------------------------------------------------------------------------------------------------------

TWO_WAYS = "A + B -> C [1]\nC -> A + B [0.5]\nA @initial 1\nB @initial 2"


@pytest.mark.parametrize("scheme", ["srinivas2015", "soloveichik2010"])
def test_what_is_switched_off_goes_away(scheme: str) -> None:
    """The shares add up to the difference, bound it everywhere, and leave next to nothing when all causes are off."""
    found = figures(compiled(TWO_WAYS, scheme=scheme), states=3)
    assert [s.cause for s in found.shares] == [DEPLETION, BUFFERING, TOEHOLDS, DELAY, REST]
    signed = (found.worst.found - found.worst.expected) / found.worst.expected
    total = sum(s.at_worst for s in found.shares)
    assert abs(total) == pytest.approx(found.worst.error, rel=1e-6)
    assert np.sign(total) == np.sign(signed)
    assert found.bound >= found.worst.error
    assert found.worst.error < 0.01
    assert found.shares[-1].most < 1e-4
    assert all(s.most >= abs(s.at_worst) for s in found.shares)


def test_each_cause_follows_what_it_is_said_to_come_from() -> None:
    """What comes of fuels halves with twice the fuel, and a slower scale does nothing to it; it lowers lag and delay.

    A gate that can still give its first reactant back competes with the second one at a ratio of signal to fuel.
    """
    usual = figures(compiled(TWO_WAYS), states=2)
    scale = compiled(TWO_WAYS).scale.time_s
    rich = figures(compiled(TWO_WAYS, physical=Physical(fuel_M=40e-6), time_s=scale * 4), states=2)
    poor = figures(compiled(TWO_WAYS, time_s=scale * 4), states=2)
    assert share(rich, "fuel depletion") == pytest.approx(share(poor, "fuel depletion") / 2, rel=0.1)
    slow = figures(compiled(TWO_WAYS, time_s=scale * 40), states=2)
    for name in ("buffering", "delay in intermediates"):
        assert share(slow, name) < share(usual, name) / 3, name
    for name in ("fuel depletion", "finite toehold rates"):
        assert share(slow, name) == pytest.approx(share(poor, name), rel=0.2), name
    assert share(rich, "finite toehold rates") < 0.7 * share(poor, "finite toehold rates")


def test_a_rewrite_is_a_cause_of_its_own() -> None:
    circuit = compiled("2A -> A [1]\nA -> B [0.2]\nA @initial 1")
    found = figures(circuit, states=1)
    assert [s.cause for s in found.shares][-1] is REWRITES
    assert 1e-4 < share(found, "rewrites") < 0.05
    assert abs(sum(s.at_worst for s in found.shares)) == pytest.approx(found.worst.error, rel=1e-6)


def test_every_reaction_belongs_to_a_cause_or_is_formal() -> None:
    """By what they read: firing belongs to none, buffers to buffering, and the way from flux to product is on its way."""
    state = compiled(TWO_WAYS).state
    assert state.system is not None
    for reaction, cause in zip(state.system.reactions, causes_of(state), strict=True):
        buffer = reaction.gate.startswith("buffer")
        assert (cause is BUFFERING) == buffer
        reverse = any(
            (r.reactants, r.products) == (reaction.products, reaction.reactants) for r in state.system.reactions
        )
        assert (cause is TOEHOLDS) == (reverse and not buffer)
    assert list(causes_of(state)).count(None) == 2
    assert present(state) == (DEPLETION, BUFFERING, TOEHOLDS, DELAY)


# --- the comparison -----------------------------------------------------------------------------------------------------------


def test_another_integrator_finds_the_same() -> None:
    circuit = compiled(TWO_WAYS)
    options = DynamicsOptions(states=2, points=12)
    family = initial_states(circuit.state.formal, options)
    times = np.linspace(0.0, horizon(circuit.state.formal), 13)
    found = figures(circuit, states=2, points=12)
    from compiler.dna_level import dna_tube

    tube = Level.of_tube(dna_tube(circuit.state), dict(circuit.state.lowered.initial))
    formal = Level.formal(circuit.state.formal, circuit.state)
    runs = [run_family(level, family, times, 1e-8, ScipyLSODA()) for level in (formal, tube)]
    assert deviation(runs[0], runs[1], times).error == pytest.approx(found.worst.error, abs=2e-5)


def test_the_family_is_seeded_and_has_the_state_of_the_network() -> None:
    crn = parse_crn(TWO_WAYS).crn
    one, two = (initial_states(crn, DynamicsOptions(states=3, seed=s)) for s in (1, 1))
    assert one == two
    assert one != initial_states(crn, DynamicsOptions(states=3, seed=2))
    assert one[0] == {"A": 1.0, "B": 2.0, "C": 0.0}
    assert len(one) == 4
    assert all(0 <= x <= 2.0 for state in one for x in state.values())
    assert len(initial_states(parse_crn("A -> B").crn, DynamicsOptions(states=3))) == 3


def test_too_fast_is_different_with_a_place_and_a_cause() -> None:
    check, found = dynamics(compiled("-> A\nA ->"))
    assert found is not None
    assert check.answer is Answer.DIFFERENT
    assert "delay in intermediates" in check.reason
    assert "slower --scale" in check.reason
    assert check.counterexample.startswith("from A = ")
    slower, _ = dynamics(compiled("-> A\nA ->", time_s=10.0))
    assert slower.answer is Answer.EQUIVALENT, slower


def test_schemes_whose_rates_cannot_be_set_are_not_examined() -> None:
    circuit = compiled(TWO_WAYS, scheme="lakin2012")
    check, found = dynamics(circuit)
    assert (check.answer, check.examined, found) == (Answer.UNDECIDED, False, None)
    with pytest.raises(CircuitError, match="rates cannot be set"):
        compare_dynamics(circuit.state)


def test_a_learning_circuit_is_followed() -> None:
    from compiler.api import load

    crn = load("linear-regression:inputs=1,bias=none").crn
    check, found = dynamics(compile_crn(crn), DynamicsOptions(states=2, until=5.0))
    assert check.answer is Answer.EQUIVALENT, check
    assert found is not None
    assert found.bound >= found.worst.error > 0


# --- the command --------------------------------------------------------------------------------------------------------------


def test_verify_shows_the_split(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    source = tmp_path / "net.crn"
    source.write_text(TWO_WAYS + "\n", encoding="utf-8")
    block = run(capsys, "verify", str(source), "--dynamics", "--json").json
    assert block["checks"][-1]["name"] == "dynamics"
    figures = block["dynamics"]
    assert figures["bound"] >= figures["max_relative_error"] > 0
    assert {c["cause"] for c in figures["causes"]} >= {"fuel depletion", "buffering", "finite toehold rates"}
    shown = run(capsys, "verify", str(source), "--dynamics", "--until", "1")
    assert shown.code == 0
    assert "switched off by" in shown.out
    assert "fuels are held constant" in shown.out


def test_words_that_do_not_go_together(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    source = tmp_path / "net.crn"
    source.write_text("A -> B\n", encoding="utf-8")
    for words, said in (
        (("--notion", "pathway"), "goes with an implementation file"),
        (("--notion", "trace"), "there is no notion"),
        (("--until", "3"), "--until goes with --dynamics"),
        ((str(source), "--dynamics"), "--dynamics goes with a source"),
    ):
        found = run(capsys, "verify", str(source), *words)
        assert (found.code, said in found.err) == (2, True), found.err


def test_notions_on_the_command_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    formal, made, reading = tmp_path / "formal.crn", tmp_path / "made.crn", tmp_path / "m.json"
    formal.write_text("A -> X\nA -> Y\nB -> X\nB -> Y\n", encoding="utf-8")
    made.write_text("A -> i\nB -> i\ni -> X\ni -> Y\n", encoding="utf-8")
    notions = ("bisimulation", "pathway", "hybrid")
    answers = {n: run(capsys, "verify", str(formal), str(made), "--notion", n).code for n in notions}
    assert answers == {"bisimulation": 1, "pathway": 0, "hybrid": 0}
    made.write_text("a1 -> i\na2 -> i\nB -> i\ni -> X\ni -> Y\n", encoding="utf-8")
    reading.write_text('{"a1": ["A"], "a2": ["A"], "B": ["B"], "X": ["X"], "Y": ["Y"]}', encoding="utf-8")
    words = ("verify", str(formal), str(made), "--interpretation", str(reading))
    assert run(capsys, *words, "--notion", "hybrid").code == 0
    refused = run(capsys, *words, "--notion", "pathway")
    assert (refused.code, "takes no interpretation" in refused.err) == (2, True)

"""Circuits that cannot work, made from one that does by taking lines away, and what they do when they are run all the same."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from support_cli import run

from crn.diagnostics import CircuitError
from crn.massaction import MassAction
from crn.neural.circuit import LearningCircuit
from crn.neural.families import CIRCUITS
from crn.neural.ports import learning_circuit
from crn.neural.soundness import Soundness, check_soundness
from crn.simulate import SIMULATORS, Tolerance, simulate
from crn.text import parse_crn

GOOD = """#! input x -> X
#! target y -> Y
#! output yhat = Ep - Em + y
#! parameter P = Pp - Pm
#! phase forward add X Y wait 3
#! phase feedback add B wait 8
Pp + X -> Pp + X + Ep
Pm + X -> Pm + X + Em
X ->
Y -> Em
Ep + Em ->
Ep + B -> Ep + B + Pm [0.1]
Em + B -> Em + B + Pp [0.1]
B ->
Ep -> [0.4]
Em -> [0.4]
Pp + Pm ->
Pp @initial 0.2
"""


def without(*lines: str, text: str = GOOD) -> str:
    for line in lines:
        assert f"{line}\n" in text
        text = text.replace(f"{line}\n", "")
    return text


def swapped(old: str, new: str, text: str = GOOD) -> str:
    assert old in text
    return text.replace(old, new)


def circuit_of(text: str) -> LearningCircuit:
    circuit = learning_circuit(parse_crn(text, "own.crn"), "own.crn")
    assert circuit is not None
    return circuit


def look(text: str) -> Soundness:
    parsed = parse_crn(text, "own.crn")
    circuit = learning_circuit(parsed, "own.crn")
    assert circuit is not None
    return check_soundness(circuit, parsed.ports)


def parameter_after(text: str, sample: dict[str, float], samples: int = 3) -> list[float]:
    """Return the parameter before, and after every sample of a few."""
    circuit = circuit_of(text)
    law = MassAction(circuit.crn)
    state, found = law.state(), []
    reading = circuit.parameters[0]
    for _ in range(samples):
        found.append(reading.value(dict(zip(law.species, state, strict=True))))
        protocol = circuit.protocol(sample)
        ran = simulate(law, state, protocol.events, [protocol.until], SIMULATORS[0], Tolerance(1e-8, 1e-12))
        state = ran.values[-1]
    return [*found, reading.value(dict(zip(law.species, state, strict=True)))]


NO_EM = swapped("Y -> Em", "Y ->", without("Pm + X -> Pm + X + Em"))
FAULTS = {
    "an error is never produced": (
        NO_EM,
        "Em is never produced, so P can never grow",
        ("Em + B -> Em + B + Pp [0.1]", "Em"),
    ),
    "an error that is made of nothing": (
        swapped("Y -> Em", "Q + Y -> Em", without("Pm + X -> Pm + X + Em")),
        "Em is never produced (Q + Y -> Em lacks Q), so P can never grow",
        ("Em + B -> Em + B + Pp [0.1]", "Em"),
    ),
    "a catalyst that no phase adds": (
        without("#! phase feedback add B wait 8"),
        "B is never produced, so P can never grow and P can never shrink",
        ("Em + B -> Em + B + Pp [0.1]", "B"),
    ),
    "an output of nothing": (
        swapped("yhat = Ep - Em + y", "yhat = Q", GOOD + "Q ->\n"),
        "Q is never produced, so the output yhat reads nothing",
        ("#! output yhat = Q", "Q"),
    ),
    "no update": (
        without("Ep + B -> Ep + B + Pm [0.1]", "Em + B -> Em + B + Pp [0.1]"),
        "no reaction changes a parameter, so nothing is learned",
        ("#! parameter P = Pp - Pm", "parameter P = Pp - Pm"),
    ),
    "an input without effect": (
        without("Pp + X -> Pp + X + Ep", "Pm + X -> Pm + X + Em", text=GOOD + "R -> Ep\nR @i 1\n"),
        "no output depends on an input",
        ("#! output yhat = Ep - Em + y", "output yhat = Ep - Em + y"),
    ),
    "a target without effect": (
        swapped("Y -> Em", "Y ->"),
        "no parameter depends on a target, so nothing is learned",
        ("#! target y -> Y", "target y -> Y"),
    ),
}


@pytest.mark.parametrize("what", FAULTS)
def test_what_cannot_work_is_refused_with_its_place(what: str) -> None:
    text, message, (line, marked) = FAULTS[what]
    faults = look(text).faults
    assert faults[0].message == message
    span = faults[0].span
    assert span is not None
    assert span.text == line == text.splitlines()[span.line - 1]
    assert span.text[span.column - 1 : span.column - 1 + span.length] == marked


def test_what_works_is_not() -> None:
    assert look(GOOD) == Soundness()


def test_the_circuit_learns_and_the_refused_ones_do_not() -> None:
    up, down = {"x": 1.0, "y": 2.0}, {"x": 1.0, "y": 0.0}
    assert parameter_after(GOOD, up)[-1] > 0.25
    assert parameter_after(GOOD, down)[-1] < 0.19
    wrong_way = parameter_after(NO_EM, up)
    assert all(after <= before for before, after in pairwise(wrong_way))
    for what in ("a catalyst that no phase adds", "no update"):
        stuck = parameter_after(FAULTS[what][0], up)
        assert max(stuck) == pytest.approx(min(stuck), abs=1e-9)
    deaf = FAULTS["a target without effect"][0]
    assert parameter_after(deaf, up) == pytest.approx(parameter_after(deaf, down), abs=1e-9)


@pytest.mark.parametrize(
    ("text", "notes"),
    [
        (GOOD + "Q + X -> Em\n", ["Q is never produced, so a reaction never fires: Q + X -> Em (line 19)"]),
        (
            GOOD + "Q + X -> Em; Q -> X\nX + T -> Q\n",
            [
                "Q is never produced, so 2 reactions never fire: Q + X -> Em (line 19), Q -> X (line 19)",
                "T is never produced, so a reaction never fires: T + X -> Q (line 20)",
            ],
        ),
        ("#! parameter K = K\n" + GOOD + "K + X -> K + X + Ep\n", ["no reaction changes the parameter K"]),
        ("#! input z -> Z\n" + GOOD + "Z @i 0\n", ["no output depends on the input z, which no reaction reads"]),
        ("#! input z -> Z\n" + GOOD + "Z ->\n", ["no output depends on the input z"]),
        (
            "#! target t -> T\n#! output that = Ep\n" + GOOD + "T ->\n",
            ["no parameter depends on the target t"],
        ),
        (swapped("yhat = Ep - Em + y", "yhat = Ep - Em + Q", GOOD + "R -> Q\n"), [
            "Q is never produced: the output yhat reads it as 0",
            "R is never produced, so a reaction never fires: R -> Q (line 19)",
        ]),
    ],
)  # fmt: skip
def test_what_is_odd_is_noted(text: str, notes: list[str]) -> None:
    found = look(text)
    assert found.faults == ()
    assert list(found.notes) == notes


def test_a_start_that_is_still_to_be_set_is_no_fault() -> None:
    """Every weight starts at 0, and only a weight makes the output: --set may still change that."""
    assert not look(swapped("Pp @initial 0.2", "Pp @initial 0")).faults


@pytest.mark.parametrize("family", [f.name for f in CIRCUITS])
def test_no_built_in_circuit_is_refused(family: str) -> None:
    (found,) = (f for f in CIRCUITS if f.name == family)
    assert check_soundness(found.build({})).faults == ()
    for option in found.options:
        for choice in option.choices:
            try:
                circuit = found.build({option.name: choice})
            except CircuitError:
                continue  # goes with other options only
            assert check_soundness(circuit).faults == ()


def test_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad, odd, data = tmp_path / "bad.crn", tmp_path / "odd.crn", tmp_path / "data.csv"
    bad.write_text(NO_EM)
    odd.write_text(GOOD + "Q + X -> Em\n")
    data.write_text("x,y\n1,0.5\n0.5,0.25\n")
    for command in (("compile",), ("train", "--data", str(data)), ("verify",)):
        ran = run(capsys, command[0], str(bad), *command[1:])
        assert (ran.code, ran.out) == (2, "")
        assert f"{bad}:12:1: Em is never produced, so P can never grow" in ran.err
        assert "\n  | Em + B -> Em + B + Pp [0.1]\n  | ^^\n" in ran.err
    note = "Q is never produced, so a reaction never fires: Q + X -> Em (line 19)"
    assert note in run(capsys, "compile", str(odd)).out
    assert note in run(capsys, "compile", str(odd), "--json").json["notes"]
    words = ("train", str(odd), "--data", str(data), "--level", "formal", "--epochs", "1", "--set", "P=0.5")
    assert note in run(capsys, *words).out
    assert run(capsys, *words, "--json").json["notes"] == [note]

"""Port lines beyond inputs, outputs and parameters: what is read when, batches, the pace of the step, and classes."""

from __future__ import annotations

import dataclasses

import pytest

from crn.diagnostics import CircuitError
from crn.neural.circuit import LearningCircuit, Phase
from crn.neural.classes import Classes
from crn.neural.ports import learning_circuit, write_circuit
from crn.text import parse_crn

TEXT = """\
X -> X + Z [1]
U + E -> U + E + G
G + CU -> P + CU
Z + CB -> E + CB
"""
PORTS = """\
#! input x -> X
#! input x -> U
#! target y -> E
#! output yhat = Z
#! parameter P = P
#! phase forward add X E wait 1
#! phase feedback add U CB=2 step U wait 3 read
#! batch update add CU=4 wait 5
#! classes low high threshold -0.5
"""


def read(ports: str) -> LearningCircuit:
    found = learning_circuit(parse_crn(TEXT + ports, "f.crn"), "f.crn")
    assert found is not None
    return found


def test_every_word_is_read_and_written_back() -> None:
    circuit = read(PORTS)
    assert circuit.read_after == 1
    assert circuit.phases[1] == Phase("feedback", (("U", None), ("CB", 2.0)), 3.0, step=("U",))
    assert circuit.batch_end == (Phase("update", (("CU", 4.0),), 5.0),)
    assert circuit.classes == Classes(("low", "high"), -0.5)
    again = learning_circuit(parse_crn(write_circuit(circuit)), "f.crn")
    assert again is not None
    written = {r.key for r in again.crn.reactions}
    assert dataclasses.replace(again, crn=circuit.crn) == circuit
    assert written == {r.key for r in circuit.crn.reactions}


@pytest.mark.parametrize(
    ("line", "column", "message"),
    [
        ("#! phase forward add X wait 1 read\n#! phase late wait 1 read", 22, "an earlier line has said which"),
        ("#! phase forward add X step U wait 1", 29, "U is not added in this phase, so it cannot set the step"),
        ("#! phase forward add X wait 1\n#! batch update add CU wait 1 read", 31, "not at the end of a batch"),
        ("#! phase forward add X wait 1\n#! classes one", 4, "classes need two names or more"),
        ("#! phase forward add X wait 1\n#! classes a b c threshold 1", 4, "a threshold tells two classes apart"),
        ("#! phase forward add X wait 1\n#! classes a b threshold x", 26, "expected a number, found 'x'"),
    ],
)
def test_faults_have_a_place(line: str, column: int, message: str) -> None:
    with pytest.raises(CircuitError, match=message) as caught:
        read("".join(f"{p}\n" for p in PORTS.splitlines()[:5]) + line)
    span = caught.value.diagnostics[0].span
    assert span is not None
    assert span.column == column


def test_classes_fit_the_outputs() -> None:
    with pytest.raises(CircuitError, match="1 outputs, and its classes ask for 2"):
        read(PORTS.replace(" threshold -0.5", ""))

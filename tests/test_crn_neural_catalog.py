"""Built-in circuits by name, and circuits as text with port lines."""

from __future__ import annotations

import dataclasses

import pytest

from crn.diagnostics import CircuitError
from crn.neural.catalog import named_circuit, with_start
from crn.neural.ports import learning_circuit, write_circuit
from crn.text import parse_crn

NAMES = [
    "linear-regression",
    "linear-regression:inputs=4,bias=none,rails=dual",
    "linear-regression[inputs=1,bias=fixed]",
    "linear-regression:variant=seed13",
    "linear-regression:variant=lr10",
    "linear-regression:variant=lr14",
    "linear-regression:variant=dual,inputs=3,bias=none",
    "linear-regression:variant=dual,bias=fixed,clock=catalyst",
    "linear-regression:form=two-phase",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_circuit_survives_being_written_and_read(name: str) -> None:
    circuit, _ = named_circuit(name)
    again = learning_circuit(parse_crn(write_circuit(circuit)), circuit.name)
    assert again is not None
    assert [r.key for r in again.crn.reactions] == [r.key for r in circuit.crn.reactions]
    assert dict(again.crn.initial) == dict(circuit.crn.initial)
    assert dataclasses.replace(again, crn=circuit.crn) == dataclasses.replace(circuit, model=None)


def test_sizes_follow_from_the_number_of_inputs() -> None:
    for d in (1, 2, 5):
        circuit, _ = named_circuit(f"linear-regression:inputs={d},bias=none")
        # per input: two forward and two update reactions, two timers, one annihilation; and four for the error
        assert len(circuit.crn.reactions) == 7 * d + 4
        dual, _ = named_circuit(f"linear-regression:variant=dual,inputs={d},bias=none")
        assert len(dual.crn.reactions) == 9 * d + 1


def test_add_only_means_no_flush_and_every_added_species_is_consumed() -> None:
    circuit, _ = named_circuit("linear-regression:inputs=3,rails=dual")
    assert not circuit.ideal
    added = {s for phase in circuit.phases for s, _ in phase.add}
    consumed = {
        s for r in circuit.crn.reactions for s in r.reactants.support if r.products[s] < r.reactants[s]
    }  # fmt: skip
    assert added <= consumed


def test_negative_values_need_two_rails() -> None:
    single, _ = named_circuit("linear-regression")
    with pytest.raises(CircuitError, match="rails=dual"):
        single.protocol({"x1": -1.0, "x2": 1.0, "y": 1.0})
    dual, _ = named_circuit("linear-regression:rails=dual")
    amounts = {a.species: a.amount for a in dual.protocol({"x1": -1.5, "x2": 1.0, "y": -2.0}).additions}
    assert amounts["XF1m"] == 1.5
    assert "XF1p" not in amounts
    assert amounts["Ep"] == 2.0


def test_the_start_of_parameters_is_placed_on_the_right_rail() -> None:
    circuit, _ = named_circuit("linear-regression")
    moved = with_start(circuit, {"P1": -0.25})
    assert dict(moved.crn.initial)["P1m"] == 0.25
    assert "P1p" not in dict(moved.crn.initial)
    assert dict(moved.crn.initial)["P2p"] == dict(circuit.crn.initial)["P2p"]


@pytest.mark.parametrize(
    ("line", "message", "column"),
    [
        ("#! input x1 -> Q", "no reaction has the species Q", 16),
        ("#! inptu x1 -> A", "unknown port line 'inptu'", 4),
        ("#! input x1 A", "expected '->'", 13),
        ("#! target y -> A scale -1", "expected a positive number", 24),
        ("#! output z = A B", "expected a sum", 17),
        ("#! phase p add A wait", "expected 'wait' and a duration", 22),
        ("#! phase p A", "expected add, flush, step, wait or read", 12),
        ("#! input x1 -> A B A", "expected one species, or two", 21),
    ],
)
def test_port_lines_are_told_with_their_place(line: str, message: str, column: int) -> None:
    with pytest.raises(CircuitError) as caught:
        learning_circuit(parse_crn(f"A -> B\n{line}\n", "f.crn"), "f.crn")
    first = caught.value.diagnostics[0]
    assert message in first.message
    assert first.span is not None
    assert (first.span.line, first.span.column) == (2, column)


def test_all_faults_of_the_port_lines_are_reported_at_once() -> None:
    text = "A -> B\n#! input x1 -> Q\n#! target y -> R\n"
    with pytest.raises(CircuitError) as caught:
        learning_circuit(parse_crn(text), "f.crn")
    assert len(caught.value.diagnostics) == 2


def test_carriers_that_no_phase_mentions_are_added_first() -> None:
    text = """
    #! input x1 -> A
    #! target y -> B
    #! output z = A
    #! phase one add C wait 1
    A + B + C -> C
    """.replace("    ", "")
    circuit = learning_circuit(parse_crn(text), "f.crn")
    assert circuit is not None
    assert circuit.phases[0].add == (("C", 1.0), ("A", None), ("B", None))

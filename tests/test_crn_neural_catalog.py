"""Built-in circuits by name, and circuits as text with port lines."""

from __future__ import annotations

import dataclasses

import pytest

from crn.diagnostics import CircuitError
from crn.neural.catalog import named_circuit, with_start
from crn.neural.datasets import builtin_dataset
from crn.neural.families import CIRCUITS
from crn.neural.family import CircuitFamily
from crn.neural.forms.build import CLOCKS, FORMS
from crn.neural.ports import learning_circuit, write_circuit
from crn.neural.soundness import check_soundness
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
    "linear-regression:form=staged,inputs=3,bias=fixed,rails=dual",
    "linear-classification:form=two-phase",
    "linear-classification:batch=yes",
    "nonlinear-regression",
    "nonlinear-regression:gradient=full,form=staged,weights=dense",
    "classifier:inputs=3,outputs=2,form=two-phase,clock=catalyst",
    "classifier:model=relu,readout=frozen,hidden=2",
    "xor",
    "and:model=cubic",
    "or:model=quadratic,form=two-phase,clock=oscillator",
    "rings:form=staged",
    "iris",
    "iris:model=relu,form=two-phase",
    "iris:model=quadratic,form=staged",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_circuit_survives_being_written_and_read(name: str) -> None:
    circuit, _ = named_circuit(name)
    again = learning_circuit(parse_crn(write_circuit(circuit)), circuit.name)
    assert again is not None
    assert [r.key for r in again.crn.reactions] == [r.key for r in circuit.crn.reactions]
    assert dict(again.crn.initial) == dict(circuit.crn.initial)
    assert dataclasses.replace(again, crn=circuit.crn) == dataclasses.replace(circuit, model=None)


@pytest.mark.parametrize("family", CIRCUITS, ids=lambda f: f.name)
def test_every_circuit_can_work_in_every_form_and_has_data(family: CircuitFamily) -> None:
    for form in FORMS:
        circuit = family.build({"form": form})
        found = check_soundness(circuit)
        assert not found.faults
        assert circuit.ideal == (form != "tube")
        assert all(r.origin is not None and "/" in r.origin.path for r in circuit.crn.reactions)
        for name in family.datasets:
            data, _ = builtin_dataset(name, 1)
            assert set(circuit.input_names) == set(data.inputs)
            assert set(circuit.target_names) == set(data.targets)
            for row in data.x:
                circuit.check(dict(zip(data.inputs, row, strict=True)))


@pytest.mark.parametrize("clock", CLOCKS)
@pytest.mark.parametrize("name", ["linear-classification", "nonlinear-regression", "xor", "xor:model=cubic", "iris"])
def test_a_two_phase_circuit_takes_every_clock(name: str, clock: str) -> None:
    circuit, _ = named_circuit(f"{name}{',' if ':' in name else ':'}form=two-phase,clock={clock}")
    order = max(sum(n for _, n in r.reactants) for r in circuit.crn.reactions)
    assert order == 2 + (":model=cubic" in name) + (clock != "additions")
    assert circuit.ideal == (clock != "oscillator")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("xor:hidden=3", "model=products does not take hidden"),
        ("xor:model=cubic,readout=frozen", "model=cubic does not take readout"),
        ("iris:model=relu,readout=frozen", "several outputs"),
        ("xor:clock=oscillator", "belongs to form=two-phase"),
        ("xor:model=relu,form=two-phase,clock=catalyst", "trains its read-out"),
        ("xor:form=staged,batch=yes", "updates after every sample"),
        ("xor:form=two-phase,leak=0.1", "needs clock=catalyst"),
    ],
)
def test_what_contradicts_itself_is_refused(name: str, message: str) -> None:
    with pytest.raises(CircuitError, match=message):
        named_circuit(name)


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
    single, _ = named_circuit("linear-regression:centre=no")
    with pytest.raises(CircuitError, match="rails=dual"):
        single.protocol({"x1": -1.0, "x2": 1.0, "y": 1.0})
    dual, _ = named_circuit("linear-regression:rails=dual,centre=no")
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

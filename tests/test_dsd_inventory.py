"""The inventory against figures measured with Nuskell and Peppercorn, and against gates counted by hand."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from compiler.passes import State, default_pipeline
from compiler.scaling import Physical
from crn.network import Bag
from crn.text import parse_crn
from dsd.complexes import Complex
from dsd.domains import Domain, Strand
from dsd.lab.inventory import Counts, Group, Inventory, Oligo, strands_csv
from dsd.schemes import Role
from dsd.system import DsdSystem, Entry

_TABLE = Path(__file__).parent / "data" / "scheme_counts_srinivas2015.csv"


def _rows() -> list[dict[str, str]]:
    lines = [line for line in _TABLE.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return list(csv.DictReader(lines))


ROWS = _rows()
BY_CRN = pytest.mark.parametrize("row", ROWS, ids=[r["crn"] for r in ROWS])


def _state(text: str) -> State:
    return default_pipeline("srinivas2015", Physical()).run(parse_crn(text).crn, {})


def _system(text: str) -> DsdSystem:
    system = _state(text).system
    assert system is not None
    return system


def test_the_table_has_all_ten_reactions() -> None:
    assert [r["crn"] for r in ROWS] == [
        "A->B",
        "A->",
        "->A",
        "A->B+C",
        "A+B->C",
        "A+B->C+D",
        "A<=>B",
        "A+B->A+C",
        "A+A->B",
        "A+B->",
    ]


@BY_CRN
def test_what_has_to_be_ordered_is_what_nuskell_counts(row: dict[str, str]) -> None:
    inventory = Inventory.of(_system(row["crn"]))
    counts = inventory.for_gates
    assert (counts.fuels, counts.signals) == (int(row["fuels"]), int(row["signals"]))
    assert (counts.strands, counts.nucleotides) == (int(row["strands_enum"]), int(row["nt_enum"]))
    of_fuels = [o for o in inventory.oligos if set(o.complexes) & set(inventory.fuels)]
    assert (len(of_fuels), sum(o.length for o in of_fuels)) == (int(row["fuel_strands"]), int(row["fuel_nt"]))


@BY_CRN
def test_reactions_and_what_forms_on_the_way_are_what_peppercorn_finds(row: dict[str, str]) -> None:
    state = _state(row["crn"])
    assert state.system is not None
    buffers = {g.reaction.id for g in state.buffers}
    reactions = [r for r in state.system.reactions if r.gate not in buffers]
    formed = [e for e in state.system.of_role(Role.INTERMEDIATE, Role.WASTE) if not buffers.issuperset(e.gates)]
    assert len(reactions) == int(row["enum_rxns"])
    assert len(formed) == int(row["intermediates"])


def test_buffers_are_counted_apart_and_in_the_total() -> None:
    inventory = Inventory.of(_system("A + B -> C"))
    assert inventory.buffers == ("buffer_B_join", "buffer_B_backward", "buffer_C_join", "buffer_C_backward")
    # For each of the two species m s x, 25 nt, and x* s* m* f*, 30 nt; the backward strand is the top of the join gate.
    assert inventory.for_buffers == Counts(4, 0, 0, 4, 110, 30)
    assert inventory.for_gates == Counts(3, 3, 0, 7, 260, 50)
    assert inventory.total == Counts(7, 3, 0, 11, 370, 50)
    assert [o.name for o in inventory.of_group(Group.BUFFER)] == [
        "buffer_B_backward",
        "buffer_B_join.2",
        "buffer_C_backward",
        "buffer_C_join.2",
    ]


def test_free_strands_of_gates_are_counted_with_the_fuels_and_apart() -> None:
    with_helper = Inventory.of(_system("A + B -> C + D"))
    assert [o.name for o in with_helper.of_group(Group.HELPER)] == ["r1_helper"]
    assert with_helper.for_gates.helpers == 1
    assert "r1_helper" in with_helper.fuels
    with_feed = Inventory.of(_system("-> A"))
    assert [o.name for o in with_feed.of_group(Group.HELPER)] == ["r1_feed"]
    # The backward strand floats free too, but the join gate is made with it.
    backward = next(o for o in with_helper.oligos if o.name == "r1_backward1")
    assert backward.group is Group.GATE
    assert backward.complexes == ("r1_join", "r1_backward1")


def test_names_say_what_a_strand_is() -> None:
    inventory = Inventory.of(_system("A -> B"))
    assert [(o.name, o.group.value, o.length, o.domains, o.complexes) for o in inventory.oligos] == [
        ("A_h_A", "signal", 40, "h_A f_A m_A s_A", ("A_h_A",)),
        ("B_h_r1_1", "signal", 40, "h_r1_1 f_B m_B s_B", ("B_h_r1_1", "r1_produce")),
        ("r1_flux", "gate", 40, "m_A s_A h_r1_1 f_B", ("r1_join",)),
        ("r1_join.2", "gate", 25, "s_A* m_A* f_A*", ("r1_join",)),
        ("r1_produce.2", "gate", 25, "f_B* h_r1_1* s_A*", ("r1_produce",)),
    ]


def test_the_table_of_strands() -> None:
    inventory = Inventory.of(_system("A -> B"))
    text = strands_csv(inventory)
    assert text.splitlines()[:3] == [
        "name,group,length_nt,domains,complexes",
        "A_h_A,signal,40,h_A f_A m_A s_A,A_h_A",
        "B_h_r1_1,signal,40,h_r1_1 f_B m_B s_B,B_h_r1_1 r1_produce",
    ]
    read = list(csv.DictReader(text.splitlines()))
    assert [(r["name"], int(r["length_nt"])) for r in read] == [(o.name, o.length) for o in inventory.oligos]
    assert text.endswith("\n")
    assert "\r" not in text


@pytest.mark.parametrize(
    "text", ["A + B -> A + C; C -> 2 B; 2 B -> 0; -> A", "A + A -> A", "A' + B -> A_ ; A_ -> A' + B"]
)
def test_an_inventory_lists_what_the_system_needs_once(text: str) -> None:
    system = _system(text)
    inventory = Inventory.of(system)
    prepared = system.of_role(Role.FUEL, Role.SIGNAL, Role.BUFFER)
    strands = {s for e in prepared for s in e.complex.strands}
    assert {o.strand for o in inventory.oligos} == strands
    for entry in prepared:
        used = [o for o in inventory.oligos if entry.complex.name in o.complexes]
        assert {o.strand for o in used} == set(entry.complex.strands)
        assert all(set(entry.gates) <= set(o.gates) for o in used)
    total, gates, buffers = inventory.total, inventory.for_gates, inventory.for_buffers
    assert total.strands == gates.strands + buffers.strands == len(strands)
    assert total.nucleotides == gates.nucleotides + buffers.nucleotides == sum(s.length for s in strands)
    assert total.longest_strand_nt == max(s.length for s in strands)
    assert inventory == Inventory.of(_system(text))


def test_an_empty_inventory_counts_nothing() -> None:
    assert Inventory.of(DsdSystem((), ())).total == Counts(0, 0, 0, 0, 0, 0)


def test_an_inventory_verifies_itself() -> None:
    one, two = (Strand((Domain(name, 15),)) for name in "ab")
    with pytest.raises(ValueError, match="same name"):
        Inventory((Oligo("x", one, Group.GATE, ("c",)), Oligo("x", two, Group.GATE, ("c",))), ("c",))
    with pytest.raises(ValueError, match="listed twice"):
        Inventory((Oligo("x", one, Group.GATE, ("c",)), Oligo("y", one, Group.GATE, ("c",))), ("c",))
    with pytest.raises(ValueError, match="not listed"):
        Inventory((Oligo("x", one, Group.GATE, ("c",)),), ("d",))
    with pytest.raises(ValueError, match="without a name"):
        Oligo("", one, Group.GATE, ("c",))


def test_a_name_that_a_complex_already_has_is_not_given_to_a_strand() -> None:
    a, b, c = (Domain(name, 15) for name in "abc")
    gate = Complex((Strand((a, b)), Strand((~a,))), (2, -1, 0), "g")
    other = Complex.single((c,), "g.2")
    entries = (Entry(gate, Role.FUEL, "join", ("r1",)), Entry(other, Role.SIGNAL, "signal", (), Bag.of("C")))
    names = [o.name for o in Inventory.of(DsdSystem(entries, ())).oligos]
    assert sorted(names) == ["g.1", "g.2", "g.2_"]

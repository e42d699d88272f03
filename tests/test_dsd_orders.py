"""Orders: scales by hand, plates well by well, workbooks cell by cell, and what vendors send back, to the stocks."""

from __future__ import annotations

import csv
import datetime
import io
import itertools
import math
import zipfile

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support_lab import any_sequences, system_of

from crn.diagnostics import CircuitError
from dsd.domains import Domain, Strand
from dsd.lab.annealing import Preparation, bottom
from dsd.lab.demand import Use, strand_needs
from dsd.lab.order_files import PLATE_HEADER, order_table, plates_workbook, price_table, read_mapping, tube_list
from dsd.lab.orders import Order, make_order
from dsd.lab.plate_map import plate_map
from dsd.lab.plates import PLATE_96, PLATE_384, PlateFormat, canonical_well, fill, shares
from dsd.lab.scales import (
    Catalogue,
    Modification,
    Purification,
    ScaleRow,
    Vessel,
    Wanted,
    choose,
    default_catalogue,
    parse_catalogue,
)
from dsd.lab.vendor_files import assumed_stocks, read_delivery, stocks_of
from dsd.lab.workbook import read_sheets, write_workbook
from dsd.sequences.assignment import NamedStrand, Sequences

DAY = datetime.date(2026, 1, 31)
SMALL = ScaleRow("V", "plate", "25nm", Vessel.PLATE, 15, 60, 5.0, 0.2, ("STD",), "list", "list", 24)
MIDDLE = ScaleRow("V", "plate", "100nm", Vessel.PLATE, 10, 90, 20.0, 0.4, ("STD",), "list", "list", 24)
TUBE = ScaleRow("V", "tube", "25nm", Vessel.TUBE, 15, 60, 5.0, 0.3, ("STD",), "list", "list")
BIG_TUBE = ScaleRow("V", "tube", "1um", Vessel.TUBE, 5, 100, 100.0, 1.0, ("STD", "HPLC"), "list", "list")
STD = Purification("STD", False, 1, 80, 1.0, 0.0, "list")
HPLC = Purification("HPLC", True, 1, 200, 0.5, 40.0, "list")


def _catalogue(*rows: ScaleRow, modifications: tuple[Modification, ...] = ()) -> Catalogue:
    return Catalogue(rows, (STD, HPLC), modifications, "EUR", DAY)


def _strands(count: int, length: int = 40) -> Sequences:
    """Return as many strands of one domain each, all different."""
    texts = ("".join(t) + "C" * (length - 8) for t in itertools.product("ACT", repeat=8))
    domains = [(Domain(f"d{i}", length), next(texts)) for i in range(count)]
    return Sequences(tuple(domains), tuple(NamedStrand(f"s{i}", Strand((d,))) for i, (d, _) in enumerate(domains)))


def _order(count: int, need_nmol: float = 1.0, *rows: ScaleRow, **options: object) -> Order:
    sequences = _strands(count)
    needs = {s.name: need_nmol * 1e-9 for s in sequences.strands}
    return make_order(sequences, needs, {}, _catalogue(*(rows or (SMALL, MIDDLE, TUBE, BIG_TUBE))), **options)  # type: ignore[arg-type]  # passed on


# Demand


def test_what_a_run_consumes_by_hand() -> None:
    # A + B -> C: the bottom strand of the join gate once, its tops 1.2 times, all over a yield of one half.
    system = system_of("A + B -> C")
    join = next(e.complex for e in system.entries if e.complex.name == "r1_join")
    uses = [Use(join, 1e-6, top_ups=0.5)]
    found = strand_needs(uses, 100e-6, 3, Preparation(excess=1.2, recovery=0.5))
    each = 3 * 100e-6 * 1e-6 * 1.5 / 0.5
    assert found[join.strands[bottom(join)]] == pytest.approx(each)
    tops = [s for i, s in enumerate(join.strands) if i != bottom(join)]
    assert [found[s] for s in tops] == pytest.approx([1.2 * each, 1.2 * each])


def test_a_free_strand_is_neither_annealed_nor_lost() -> None:
    system = system_of("A + B -> C")
    backward = next(e.complex for e in system.entries if e.complex.name == "r1_backward1")
    assert strand_needs([Use(backward, 2e-6)], 50e-6, 2) == {backward.strands[0]: pytest.approx(2e-10)}


def test_the_bottom_strand_is_the_one_that_holds_the_others() -> None:
    for text in ("A + B -> C", "A -> B + C", "A + B + C -> D"):
        for entry in system_of(text).entries:
            if entry.complex.name.endswith(("join", "produce")):
                assert all(d.star for d in entry.complex.strands[bottom(entry.complex)])


# Scales


def test_the_cheapest_scale_that_yields_enough_by_hand() -> None:
    rows = (TUBE, BIG_TUBE)
    found = choose([Wanted("a", 40, need_nmol=5.0), Wanted("b", 40, need_nmol=5.1)], _catalogue(*rows))
    assert (found["a"].scale, found["b"].scale) == (TUBE, BIG_TUBE)
    assert [found[n].price for n in "ab"] == pytest.approx([12.0, 40.0])


def test_a_dye_is_purified_and_loses_for_it() -> None:
    dye = Modification("/56-FAM/", 70.0, "list")
    found = choose([Wanted("a", 40, ("/56-FAM/",), 50.0)], _catalogue(TUBE, BIG_TUBE, modifications=(dye,)))["a"]
    assert (found.purification, found.guaranteed_nmol) == (HPLC, 50.0)
    assert found.price == pytest.approx(40 * 1.0 + 40 + 70)
    assert not found.unverified
    twice = choose([Wanted("a", 40, ("/56-FAM/",), 50.1)], _catalogue(TUBE, BIG_TUBE, modifications=(dye,)))["a"]
    assert twice.copies == 2
    assert twice.price == pytest.approx(300)


def test_figures_from_memory_are_told() -> None:
    guessed = ScaleRow("V", "tube", "x", Vessel.TUBE, 15, 60, 5.0, 0.3, ("STD",), "list", "unverified")
    assert choose([Wanted("a", 40)], _catalogue(guessed))["a"].unverified
    assert choose([Wanted("a", 40, ("/5Unknown/",))], _catalogue(BIG_TUBE))["a"].unverified
    assert not choose([Wanted("a", 40)], _catalogue(TUBE))["a"].unverified


def test_a_plate_is_filled_or_not_used() -> None:
    few = choose([Wanted(str(i), 40) for i in range(23)], _catalogue(SMALL, TUBE))
    assert {c.scale for c in few.values()} == {TUBE}
    enough = choose([Wanted(str(i), 40) for i in range(24)], _catalogue(SMALL, TUBE))
    assert {c.scale for c in enough.values()} == {SMALL}


def test_strands_move_to_a_larger_scale_where_that_fills_a_plate() -> None:
    # 20 need little and 5 need much; none of the two plates is filled by its own, one of 25 at the larger scale is.
    wanted = [Wanted(f"a{i}", 40, need_nmol=1) for i in range(20)] + [
        Wanted(f"b{i}", 40, need_nmol=10) for i in range(5)
    ]
    found = choose(wanted, _catalogue(SMALL, MIDDLE, BIG_TUBE))
    assert {c.scale for c in found.values()} == {MIDDLE}
    assert math.fsum(c.price for c in found.values()) == pytest.approx(25 * 40 * 0.4)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(10, 95), st.floats(0, 150)), max_size=30), st.integers(1, 8))
def test_every_choice_yields_enough_and_plates_reach_their_minimum(
    strands: list[tuple[int, float]], least: int
) -> None:
    plate = ScaleRow("V", "plate", "25nm", Vessel.PLATE, 15, 60, 5.0, 0.2, ("STD",), "l", "l", least)
    wanted = [Wanted(str(i), n, need_nmol=x) for i, (n, x) in enumerate(strands)]
    found = choose(wanted, _catalogue(plate, TUBE, BIG_TUBE))
    for want in wanted:
        if want.length <= 80:
            assert found[want.name].guaranteed_nmol >= want.need_nmol * (1 - 1e-8)
        else:
            assert want.name not in found
    on_plates = sum(c.scale is plate for c in found.values())
    assert on_plates == 0 or on_plates >= least
    # No single strand would be cheaper in a tube that yields enough.
    for name, choice in found.items():
        if choice.scale.vessel is Vessel.TUBE:
            tubes = [r for r in (TUBE, BIG_TUBE) if r.min_nt <= wanted[int(name)].length <= r.max_nt]
            single = [r for r in tubes if r.guaranteed_nmol >= wanted[int(name)].need_nmol]
            if single:
                assert choice.price <= min(r.per_base for r in single) * wanted[int(name)].length + 1e-9


def test_the_default_catalogue_says_what_is_from_memory() -> None:
    found = default_catalogue()
    assert found.currency == "USD"
    assert all(r.unverified for r in found.scales), "no price of the table was looked up together with its yield"
    assert {p.code for p in found.purifications} == {"STD", "PAGE", "HPLC"}
    assert all(r.minimum_strands == (24 if r.vessel is Vessel.PLATE else 1) for r in found.scales)


GOOD = """\
date = 2026-01-31
currency = "EUR"

[[scale]]
vendor = "V"
product = "tube"
code = "25nm"
vessel = "tube"
min_nt = 15
max_nt = 60
guaranteed_nmol = 5
per_base = 0.3
purifications = ["STD"]

[[purification]]
code = "STD"
use = "plain"
min_nt = 1
max_nt = 200
kept = 1.0
per_strand = 0
"""


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ('vessel = "tube"', 'vessel = "bucket"', 8, "plate or tube"),
        ("guaranteed_nmol = 5", "guaranteed_nmol = 0", 11, "positive"),
        ("min_nt = 15", "min_nt = 70", 9, "more than max_nt"),
        ('purifications = ["STD"]', "purifications = []", 13, "list of codes"),
        ("kept = 1.0", "kept = 1.5", 20, "at most 1"),
        ('use = "plain"', 'use = "any"', 17, "plain or modified"),
        ("per_strand = 0", "per_strnd = 0", 21, "unknown key"),
    ],
)
def test_faults_of_a_catalogue_have_a_place(old: str, new: str, line: int, message: str) -> None:
    assert parse_catalogue(GOOD) is not None
    with pytest.raises(CircuitError, match=message) as caught:
        parse_catalogue(GOOD.replace(old, new), "mine.toml")
    assert line in {d.span.line for d in caught.value.diagnostics if d.span}


def test_a_file_of_prices_alone_orders_by_the_default() -> None:
    assert parse_catalogue("date = 2026-01-31\ncurrency = 'EUR'\n") is None


# Plates


def test_wells_go_down_the_columns_or_along_the_rows() -> None:
    assert [PLATE_96.well(i) for i in (0, 1, 7, 8, 95)] == ["A1", "B1", "H1", "A2", "H12"]
    assert [PLATE_96.well(i, by_rows=True) for i in (0, 1, 11, 12, 95)] == ["A1", "A2", "A12", "B1", "H12"]
    assert [PLATE_384.well(i) for i in (0, 15, 16, 383)] == ["A1", "P1", "A2", "P24"]
    with pytest.raises(ValueError, match="no well 97"):
        PLATE_96.well(96)


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (0, ()),
        (1, (1,)),
        (25, (25,)),
        (96, (96,)),
        (97, (73, 24)),
        (119, (95, 24)),
        (120, (96, 24)),
        (121, (96, 25)),
        (96 + 96 + 1, (96, 73, 24)),
    ],
)
def test_last_plates_are_evened_out(count: int, expected: tuple[int, ...]) -> None:
    assert shares(count) == expected


@given(st.integers(0, 2000), st.integers(1, 16), st.integers(1, 24), st.data())
def test_no_plate_of_several_is_below_the_minimum(count: int, rows: int, columns: int, data: st.DataObject) -> None:
    kind = PlateFormat(rows, columns, data.draw(st.integers(1, max(1, rows * columns // 2))))
    found = shares(count, kind)
    assert sum(found) == count
    assert all(0 < n <= kind.size for n in found)
    assert len(found) == math.ceil(count / kind.size)
    assert len(found) < 2 or min(found) >= kind.minimum


def test_plates_are_numbered_and_filled() -> None:
    names = [f"s{i}" for i in range(97)]
    one, two = fill(names, "p")
    assert (one.name, two.name, len(one.wells), len(two.wells)) == ("p1", "p2", 73, 24)
    assert [n for _, n in (*one.wells, *two.wells)] == names
    assert two.wells[0] == ("A1", "s73")


def test_names_of_wells_are_read_with_and_without_padding() -> None:
    assert [canonical_well(w) for w in ("A01", " h12 ", "P24", "B1")] == ["A1", "H12", "P24", "B1"]
    with pytest.raises(ValueError, match="not a well"):
        canonical_well("Q1")


# Files of an order


def test_the_workbook_cell_by_cell() -> None:
    order = _order(97, title="reg")
    book = openpyxl.load_workbook(io.BytesIO(plates_workbook(order)))
    assert book.sheetnames == ["reg_25nm_1", "reg_25nm_2"] == [p.name for p in order.plates]
    at = 0
    for sheet, plate in zip(book.worksheets, order.plates, strict=True):
        rows = list(sheet.iter_rows(values_only=True))
        assert rows[0] == ("Well Position", "Name", "Sequence") == PLATE_HEADER
        assert len(rows) == 1 + len(plate.wells)
        for place, row in enumerate(rows[1:]):
            column, line = divmod(place, 8)
            assert row == (f"{'ABCDEFGH'[line]}{column + 1}", f"s{at}", order.lines[at].bases)
            at += 1
    assert at == 97


def test_twenty_five_strands_stand_on_one_plate_and_none_is_charged_extra() -> None:
    order = _order(25)
    (plate,) = order.plates
    assert len(plate.wells) == 25 >= plate.format.minimum
    assert order.tubes == ()
    assert order.total == pytest.approx(25 * 40 * 0.2)


def test_rows_first_if_asked() -> None:
    order = _order(30, by_rows=True)
    assert [w for w, _ in order.plates[0].wells[:13]] == [f"A{i}" for i in range(1, 13)] + ["B1"]


def test_modifications_are_kept_everywhere() -> None:
    sequences = _strands(2)
    dye, plain = sequences.strands
    marked = Sequences(sequences.domains, (NamedStrand(dye.name, dye.strand, "/56-FAM/", "/3IABkFQ/"), plain))
    order = make_order(marked, {}, {}, _catalogue(TUBE, BIG_TUBE))
    bases = sequences.sequence("s0")
    assert tube_list(order).splitlines()[0] == f"s0,/56-FAM/{bases}/3IABkFQ/,1um,HPLC"
    row = next(csv.DictReader(io.StringIO(order_table(order))))
    assert (row["sequence"], row["bases"]) == (f"/56-FAM/{bases}/3IABkFQ/", bases)
    assert order.objections == (
        "the table has no price for the modification /56-FAM/; it is left out",
        "the table has no price for the modification /3IABkFQ/; it is left out",
    )
    assert order.unverified


def test_a_subset_is_ordered_by_name() -> None:
    order = _order(5, 1.0, TUBE, only=("s3", "s1"))
    assert [line.strand.name for line in order.lines] == ["s1", "s3"]
    with pytest.raises(CircuitError, match="no strand 's9'"):
        _order(5, 1.0, TUBE, only=("s9",))


def test_what_is_at_hand_is_not_ordered() -> None:
    sequences = _strands(2)
    first, second = sequences.strands
    kept = Sequences(sequences.domains, (NamedStrand(first.name, first.strand, ordered=False), second))
    order = make_order(kept, {}, {}, _catalogue(TUBE))
    assert (order.at_hand, [line.strand.name for line in order.lines]) == (("s0",), ["s1"])


def test_what_no_scale_yields_is_ordered_again_under_another_name() -> None:
    order = _order(1, 250.0, BIG_TUBE)
    assert order.tubes == ("s0", "s0_copy2", "s0_copy3")
    assert tube_list(order).count("1um") == 3
    assert order.total == pytest.approx(120)
    assert "3 times" in order.objections[0]


def test_the_price_per_order_and_per_run_by_hand() -> None:
    # 2 nmol for each of two runs out of a guaranteed 5: the yields last for two, though it is five in the tube of 100.
    order = _order(1, 4.0, TUBE, runs=2)
    assert (order.total, order.runs_covered) == (12.0, 2)
    assert order.price_words.startswith("12.00 EUR for the order, 6.00 EUR a run if all 2 runs are made")
    lines = price_table(order).splitlines()
    assert lines[1] == "s0,40,4,5,1,V tube,25nm,STD,12.00,list"
    guessed = ScaleRow("V", "tube", "25nm", Vessel.TUBE, 15, 60, 5.0, 0.3, ("STD",), "", "list")
    text = price_table(_order(1, 4.0, guessed))
    assert text.splitlines()[1].endswith(",unverified")
    assert "(unverified)" in text


def test_a_table_for_another_vendor() -> None:
    text = """
delimiter = ";"
[columns]
"Oligo" = "{name}"
"Sequence 5'-3'" = "{sequence}"
"umol" = "{scale}"
"Clean" = "{purification}"
"Note" = "{length_nt} nt, {group}"
[values.scale]
25nm = "0.025"
[values.purification]
STD = "DST"
"""
    order = _order(1, 1.0, TUBE)
    table = order_table(order, read_mapping(text, "m.toml"))
    assert table == f"Oligo;Sequence 5'-3';umol;Clean;Note\ns0;{order.lines[0].bases};0.025;DST;40 nt, \n"
    with pytest.raises(CircuitError, match="no word for scale 25nm"):
        order_table(order, read_mapping(text.replace("25nm", "26nm"), "m.toml"))


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("[columns]\nA = '{nam}'\n", 2, "no field 'nam'"),
        ("[columns]\nA = '{name'\n", 2, "no field"),
        ("delimiter = 'ab'\n[columns]\nA = '{name}'\n", 1, "single character"),
        ("header = 1\n[columns]\nA = 'x'\n", 1, "true or false"),
        ("x = 1\n[columns]\nA = 'x'\n", 1, "unknown key"),
        ("[columns]\nA = 'x'\n[values.name]\nb = 'c'\n", 3, "cannot be replaced"),
        ("header = true\n", 1, "no columns"),
    ],
)
def test_faults_of_a_mapping_have_a_place(text: str, line: int, message: str) -> None:
    with pytest.raises(CircuitError, match=message) as caught:
        read_mapping(text, "m.toml")
    (fault,) = caught.value.diagnostics
    assert fault.span is not None
    assert fault.span.line == line


def test_the_map_of_a_plate_names_every_well() -> None:
    order = _order(30)
    text = plate_map(order.plates[0], {"s1": "signal"}, {"s2": "/56-FAM/"})
    assert text == plate_map(order.plates[0], {"s1": "signal"}, {"s2": "/56-FAM/"})
    for name in (f"s{i}" for i in range(30)):
        assert f">{name}</text>" in text
    assert ">/56-FAM/</text>" in text
    assert ">signal</text>" in text


def test_every_file_is_the_same_the_second_time() -> None:
    first, second = _order(97), _order(97)
    assert plates_workbook(first) == plates_workbook(second)
    with zipfile.ZipFile(io.BytesIO(plates_workbook(first))) as book:
        assert {i.date_time for i in book.infolist()} == {(2000, 1, 1, 0, 0, 0)}
        assert b"2000-01-01" in book.read("docProps/core.xml")


def test_a_workbook_is_read_as_it_was_written() -> None:
    rows: list[tuple[str | float, ...]] = [("a", "b"), (1, 2.5), ("x", "")]
    (title, cells), _ = read_sheets(write_workbook([("one", rows), ("two", [("c",)])]), "w")
    assert title == "one"
    assert cells == [["a", "b"], [1, 2.5], ["x", None]]
    with pytest.raises(CircuitError, match="not a workbook"):
        read_sheets(b"PK\x03\x04 nothing", "w")


# What vendors send back

_COA = (
    '"Sales Order","Reference","Manufacturing ID","Product","Purification","Sequence Name","Sequence Notes","Unit Size","Bases",'
    '"Sequence","nmoles","Conc","Volume","Buffer","Well Position"\n'
)


def _specification(rows: list[tuple[str, str, str, str, float, float, float]]) -> bytes:
    """Return a plate specification in the vendor's columns: plate, well, name, sequence, nmol, uM, uL."""
    header = (
        "Plate Name", "Payment Method", "Plate Barcode", "Sales Order #", "Reference #", "Well Position", "Sequence Name",
        "Sequence", "Manufacturing ID", "Measured Molecular Weight", "Calculated Molecular Weight", "OD260", "nmoles", "µg",
        "Measured Concentration µM ", "Final Volume µL ", "Extinction Coefficient L/(mole·cm)", "Tm", "Well Barcode",
    )  # fmt: skip
    lines = [
        (plate, "", "1", "2", "3", well, name, text, "4", 0.0, 0.0, 0.0, nmol, 0.0, conc, volume, 0, 0.0, "5")
        for plate, well, name, text, nmol, conc, volume in rows
    ]
    return write_workbook([("Plate Specs", [header, *lines])])


def test_a_plate_specification_gives_the_true_stocks() -> None:
    sequences = _strands(2)
    texts = [" ".join(sequences.sequence(f"s{i}")[k : k + 3] for k in range(0, 40, 3)) for i in range(2)]
    data = _specification(
        [("p1", "A01", "s0", texts[0], 26.3, 97.4, 270.0), ("p1", "B01", "s1", texts[1], 15.7, 0.0, 0.0)]
    )
    found = stocks_of(read_delivery(data, "spec.xlsx", sequences, {}), {})
    wet, dry = found["s0"], found["s1"]
    assert wet.liquid.concentration_M == pytest.approx(97.4e-6)
    assert (wet.liquid.plate, wet.liquid.well, wet.added_L) == ("p1", "A1", 0.0)
    # 15.7 nmol in whole microlitres for at most 100 uM: 157 uL.
    assert dry.added_L == pytest.approx(157e-6)
    assert dry.liquid.concentration_M == pytest.approx(15.7e-9 / 157e-6)


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_a_certificate_of_analysis_in_either_encoding(encoding: str) -> None:
    sequences = _strands(2)
    text = _COA + "".join(
        f'"1","","2","25 nmol","STD","s{i}","","1","40","{sequences.sequence(f"s{i}")}","{n}","{c}","{v}","TE",""\n'
        for i, (n, c, v) in enumerate([("24.0", "100 µM", "240 µL"), ("31.4", "", "")])
    )
    found = stocks_of(read_delivery(text.encode(encoding), "coa.csv", sequences, {}), {}, 50e-6)
    assert found["s0"].liquid.concentration_M == pytest.approx(100e-6)
    assert found["s1"].added_L == pytest.approx(628e-6)
    assert found["s1"].liquid.concentration_M == pytest.approx(50e-6)


def test_copies_of_a_strand_are_pooled() -> None:
    sequences = _strands(1)
    text = sequences.sequence("s0")
    data = _specification([("p", "A1", "s0", text, 10, 100.0, 100.0), ("p", "B1", "s0_copy2", text, 9, 60.0, 300.0)])
    found = stocks_of(read_delivery(data, "x", sequences, {"s0_copy2": "s0"}), {"s0_copy2": "s0"})
    # 10 nmol and 18 nmol in 400 uL.
    assert found["s0"].liquid.concentration_M == pytest.approx(70e-6)


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ('"s0"', '"s7"', 2, "was not ordered"),
        ('"24.0"', '"-4"', 2, "not negative"),
        ('"100 uM"', '"100 mg"', 2, "unit"),
        ('"100 uM"', '"much"', 2, "the concentration is 'much'"),
        ('"A01"', '"Z9"', 2, "not a well"),
        ("CCCC", "CCGC", 2, "was ordered"),
        ('"24.0","100 uM"', '"",""', 2, "neither an amount nor a concentration"),
        ('"Sequence Name"', '"Label"', 1, "neither a certificate"),
    ],
)
def test_faults_of_a_vendors_file_have_a_place(old: str, new: str, line: int, message: str) -> None:
    sequences = _strands(1)
    text = (
        _COA
        + f'"1","","2","25 nmol","STD","s0","","1","40","{sequences.sequence("s0")}","24.0","100 uM","","TE","A01"\n'
    )
    assert stocks_of(read_delivery(text.encode(), "coa.csv", sequences, {}), {})
    with pytest.raises(CircuitError, match=message) as caught:
        stocks_of(read_delivery(text.replace(old, new, 1).encode(), "coa.csv", sequences, {}), {})
    assert caught.value.diagnostics[0].span is not None
    assert caught.value.diagnostics[0].span.line == line


def test_a_strand_that_stands_twice_is_told() -> None:
    sequences = _strands(1)
    text = "Name,Concentration (nM)\ns0,100000\ns0,90000\n"
    with pytest.raises(CircuitError, match="twice"):
        read_delivery(text.encode(), "x.csv", sequences, {})


@settings(deadline=None, max_examples=80)
@given(st.binary(max_size=300))
def test_whatever_the_file_holds_a_fault_is_a_circuit_error(data: bytes) -> None:
    sequences = _strands(1)
    told = 0
    try:
        found = stocks_of(read_delivery(data, "x", sequences, {}), {})
    except CircuitError as error:
        found, told = {}, len(error.diagnostics)
    assert told or set(found) <= {"s0"}


def test_without_a_file_everything_is_as_ordered() -> None:
    system = system_of("A + B -> C")
    sequences = any_sequences(system)
    found = assumed_stocks(sequences, {"r1_join.3": ("p", "A1")}, 50e-6)
    assert {s.liquid.concentration_M for s in found.values()} == {50e-6}
    assert all(s.assumed for s in found.values())
    assert found["r1_join.3"].liquid.well == "A1"

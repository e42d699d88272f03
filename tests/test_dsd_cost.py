"""Prices: totals by hand, which row a strand goes to, and the faults of a table."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.passes import default_pipeline
from compiler.scaling import Physical
from crn.diagnostics import CircuitError
from crn.text import parse_crn
from dsd.domains import Domain, Strand
from dsd.lab.cost import PriceRow, PriceTable, default_prices, parse_prices, price, read_prices
from dsd.lab.inventory import Group, Inventory, Oligo

DAY = datetime.date(2026, 1, 31)


def _inventory(*lengths: int, group: Group = Group.GATE) -> Inventory:
    strands = [Strand((Domain(f"d{i}", length),)) for i, length in enumerate(lengths)]
    return Inventory(tuple(Oligo(f"s{i}", s, group, ("c",)) for i, s in enumerate(strands)), ("c",))


def _row(least: int, most: int, per_base: float, source: str = "a list", minimum: int = 1) -> PriceRow:
    return PriceRow("V", f"{least}-{most} at {per_base}", "25 nmol", least, most, per_base, DAY, source, minimum)


def _table(*rows: PriceRow) -> PriceTable:
    return PriceTable(rows, "EUR", DAY)


def _compiled(text: str) -> Inventory:
    system = default_pipeline("srinivas2015", Physical()).run(parse_crn(text).crn, {}).system
    assert system is not None
    return Inventory.of(system)


GOOD = """\
date = 2026-01-31
currency = "EUR"

[[row]]
vendor = "Acme"
product = "tube"
scale = "25 nmol"
min_nt = 10
max_nt = 60
per_base = 0.5
date = 2025-12-24
source = "letter of 24 December"
"""


# Totals


def test_a_single_gate_by_hand() -> None:
    # 3 strands of 40 nt and 2 of 25 nt at 0.15 USD: 170 * 0.15.
    found = price(_compiled("A -> B"), default_prices())
    assert found.total == 25.50
    assert found.currency == "USD"
    assert [(line.group, line.strands, line.nucleotides, line.total) for line in found.lines] == [
        (Group.SIGNAL, 2, 80, 12.00),
        (Group.GATE, 3, 90, 13.50),
    ]
    assert [r.per_base for r in found.rows] == [0.15]
    assert found.objections == ()


def test_helpers_and_buffers_have_lines_of_their_own() -> None:
    found = price(_compiled("A + B -> C + D"), default_prices())
    lines = {line.group: line for line in found.lines}
    assert list(lines) == [Group.SIGNAL, Group.GATE, Group.HELPER, Group.BUFFER]
    assert (lines[Group.HELPER].strands, lines[Group.HELPER].total) == (1, 3.75)  # f h f: 25 nt
    # Three buffers of 25 + 30 nt; two bottom strands of 50 nt are covered by the cheaper row, up to 60 nt, too.
    assert (lines[Group.BUFFER].strands, lines[Group.BUFFER].total) == (6, 24.75)
    assert found.total == pytest.approx((340 + 165) * 0.15, abs=0.005)
    assert found.total == pytest.approx(sum(line.total for line in found.lines), abs=1e-9)


def test_every_strand_goes_to_the_cheapest_row_that_covers_it() -> None:
    table = _table(_row(16, 60, 0.15), _row(45, 200, 0.40), _row(5, 100, 0.80))
    found = price(_inventory(5, 15, 16, 60, 61, 200), table)
    assert found.total == pytest.approx(20 * 0.80 + 76 * 0.15 + 261 * 0.40)
    assert found.rows == table.rows
    assert [r.per_base for r in price(_inventory(60, 61), table).rows] == [0.15, 0.40]


def test_every_length_from_5_to_200_nt_has_a_default_price() -> None:
    found = price(_inventory(*range(5, 201)), default_prices())
    assert found.objections == ()
    assert found.lines[0].strands == 196
    by_hand = (
        0.80 * sum(range(5, 10)) + 0.48 * sum(range(10, 16)) + 0.15 * sum(range(16, 61)) + 0.40 * sum(range(61, 201))
    )
    assert found.total == pytest.approx(by_hand, abs=0.01)


def test_the_total_is_rounded_to_hundredths() -> None:
    assert price(_inventory(7), _table(_row(1, 10, 0.333))).total == 2.33


def test_what_no_row_covers_is_said_and_left_out() -> None:
    found = price(_inventory(20, 9, 9, 300, 9, 9), _table(_row(10, 60, 0.5)))
    assert found.total == 10.0
    assert found.lines[0].strands == 1
    assert found.objections == (
        "the table has no price for 9 nt: s1, s2, s4 and 1 more",
        "the table has no price for 300 nt: s3",
    )
    assert "incomplete" in str(found)


def test_nothing_costs_nothing() -> None:
    found = price(Inventory(()), default_prices())
    assert (found.total, found.lines, found.rows, found.unverified, found.objections) == (0.0, (), (), False, ())


# Minimum orders


def test_a_plate_is_used_only_if_it_is_filled() -> None:
    table = _table(_row(15, 60, 0.10, minimum=3), _row(16, 60, 0.15))
    assert price(_inventory(20, 20, 20), table).total == pytest.approx(6.0)
    found = price(_inventory(20, 20), table)
    assert (found.total, [r.per_base for r in found.rows]) == (6.0, [0.15])
    assert price(_inventory(15), table).objections == ("the table has no price for 15 nt: s0",)


def test_strands_of_a_plate_that_is_not_filled_may_fill_the_next() -> None:
    # Two strands are cheapest on the first plate, two on the second; together they fill the second.
    table = _table(_row(20, 29, 0.10, minimum=3), _row(20, 39, 0.12, minimum=4), _row(1, 99, 0.50))
    found = price(_inventory(20, 20, 30, 30), table)
    assert [r.per_base for r in found.rows] == [0.12]
    assert found.total == 12.0


def test_every_row_has_a_minimum_of_its_own() -> None:
    table = _table(_row(10, 19, 0.1, minimum=2), _row(20, 29, 0.1, minimum=2), _row(1, 99, 0.5))
    assert price(_inventory(10, 10, 20), table).total == pytest.approx(2.0 + 10.0)


def test_of_equal_rows_the_first_is_used() -> None:
    table = _table(_row(10, 19, 0.1, minimum=2), _row(10, 19, 0.1, minimum=2))
    assert price(_inventory(10, 10), table).rows == table.rows[:1]
    assert price(_inventory(10), table).objections == ("the table has no price for 10 nt: s0",)


# What is said beside the price


def test_a_price_from_memory_is_marked_if_it_is_used() -> None:
    table = _table(_row(16, 60, 0.15), _row(5, 15, 0.80, "unverified"), _row(61, 99, 0.4, ""))
    assert not price(_inventory(20), table).unverified
    assert price(_inventory(20, 15), table).unverified
    assert price(_inventory(70), table).unverified
    assert "not verified" in str(price(_inventory(15), table))
    assert "not verified" not in str(price(_inventory(20), table))


def test_a_price_comes_with_its_date_and_the_advice_to_ask() -> None:
    text = str(price(_inventory(20), _table(_row(16, 60, 0.15))))
    assert text == "3.00 EUR, prices of 2026-01-31; check your quote"


def test_the_default_table_says_where_its_prices_are_from() -> None:
    table = default_prices()
    sourced = {(r.min_nt, r.max_nt): r.per_base for r in table.rows if not r.unverified}
    assert sourced == {(16, 60): 0.15, (45, 200): 0.40}
    assert all(r.source.startswith("https://") for r in table.rows if not r.unverified)
    assert all(r.source == "unverified" for r in table.rows if r.unverified)
    assert any(r.unverified and r.covers(15) for r in table.rows)


# The file


def test_editing_the_table_changes_the_total(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(GOOD, encoding="utf-8")
    table = read_prices(path)
    assert table.rows == (
        PriceRow("Acme", "tube", "25 nmol", 10, 60, 0.5, datetime.date(2025, 12, 24), "letter of 24 December"),
    )
    assert (table.currency, table.date) == ("EUR", DAY)
    assert price(_inventory(20, 30), table).total == 25.0
    path.write_text(GOOD.replace("0.5", "0.25"), encoding="utf-8")
    assert price(_inventory(20, 30), read_prices(path)).total == 12.5
    path.write_text(GOOD.replace("0.5", "2") + "minimum_strands = 3\n", encoding="utf-8")
    assert price(_inventory(20, 30), read_prices(path)).objections


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CircuitError, match=r"none\.toml"):
        read_prices(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("old", "new", "line", "column", "message"),
    [
        ("min_nt = 10", "min_nt = 0", 8, 1, "whole number"),
        ("min_nt = 10", "min_nt = 61", 8, 1, "more than max_nt"),
        ("min_nt = 10", "min_nt = true", 8, 1, "whole number"),
        ("max_nt = 60", "max_nt = 1e2", 9, 1, "whole number"),
        ("max_nt = 60", "max_nt = 0x" + "f" * 5000, 9, 1, "too large"),
        ("per_base = 0.5", "  per_base = -0.5", 10, 3, "from 0"),
        ("per_base = 0.5", "per_base = nan", 10, 1, "from 0"),
        ("per_base = 0.5", 'per_base = "0.5"', 10, 1, "from 0"),
        ("per_base = 0.5", "prebase = 0.5", 10, 1, "unknown key 'prebase'"),
        ("date = 2025-12-24", "date = 2025-12-24T10:00:00", 11, 1, "a day"),
        ("date = 2025-12-24", 'date = "soon"', 11, 1, "a day"),
        ("date = 2026-01-31", 'date = ""', 1, 1, "a day"),
        ('currency = "EUR"', "currency = 7", 2, 1, "a text"),
        ('currency = "EUR"', 'curency = "EUR"', 2, 1, "unknown key 'curency'"),
        ('vendor = "Acme"', 'vendor = " "', 5, 1, "a text"),
        ('vendor = "Acme"', 'vendor = "a\\nb"', 5, 1, "a text"),
        ('vendor = "Acme"', "", 4, 1, "vendor is missing"),
        ('source = "letter of 24 December"', "source = 1", 12, 1, "a text"),
        ('source = "letter of 24 December"', "minimum_strands = 0", 12, 1, "whole number"),
    ],
)
def test_faults_of_a_table_have_a_place(old: str, new: str, line: int, column: int, message: str) -> None:
    assert old in GOOD
    with pytest.raises(CircuitError) as caught:
        parse_prices(GOOD.replace(old, new), "mine.toml")
    spans = [d.span for d in caught.value.diagnostics if message in d.message]
    assert [(s.source, s.line, s.column) for s in spans if s] == [("mine.toml", line, column)]


@pytest.mark.parametrize(
    ("old", "new", "line"), [('"Acme"', '"Acme', 5), ("2025-12", "2025-13", 11), ("scale =", "scale", 7)]
)
def test_what_is_not_toml_is_told_with_its_line(old: str, new: str, line: int) -> None:
    with pytest.raises(CircuitError, match="not a table of prices") as caught:
        parse_prices(GOOD.replace(old, new), "mine.toml")
    [span] = [d.span for d in caught.value.diagnostics]
    assert span is not None
    assert (span.source, span.line, span.text) == ("mine.toml", line, GOOD.replace(old, new).splitlines()[line - 1])


def test_all_faults_of_a_table_are_told_in_their_order() -> None:
    text = GOOD.replace("min_nt = 10", "min_nt = -1").replace("0.5", '"x"') + '\n[[row]]\nvendor = "B"\n'
    with pytest.raises(CircuitError) as caught:
        parse_prices(text, "mine.toml")
    lines = [d.span.line for d in caught.value.diagnostics if d.span]
    assert lines == [8, 10, 14, 14, 14, 14, 14, 14]


def test_a_misspelt_key_is_guessed() -> None:
    with pytest.raises(CircuitError) as caught:
        parse_prices(GOOD.replace("per_base", "per_bass"), "mine.toml")
    assert "did you mean 'per_base'?" in [d.advice for d in caught.value.diagnostics]


@pytest.mark.parametrize("rows", ["", "row = []\n", "row = 3\n", "row = [1]\n"])
def test_a_table_without_rows(rows: str) -> None:
    with pytest.raises(CircuitError, match="there are no rows"):
        parse_prices(f"{rows}date = 2026-01-31\ncurrency = 'EUR'\n")


def test_rows_that_are_written_in_another_way_are_read_and_numbered() -> None:
    inline = (
        'row = [{vendor = "a", product = "b", scale = "c", min_nt = 1, max_nt = 9, per_base = 1, date = 2026-01-31}]'
    )
    head = "date = 2026-01-31\ncurrency = 'EUR'\n"
    assert price(_inventory(9), parse_prices(head + inline)).total == 9.0
    with pytest.raises(CircuitError, match="row 1: max_nt"):
        parse_prices(head + inline.replace("9,", "'9',"))


def test_values_verify_themselves() -> None:
    with pytest.raises(ValueError, match="nt"):
        _row(20, 10, 0.1)
    with pytest.raises(ValueError, match="a base"):
        _row(10, 20, float("inf"))
    with pytest.raises(ValueError, match="at least one row"):
        PriceTable((), "EUR", DAY)


@settings(max_examples=200, derandomize=True, deadline=None)
@given(st.text(alphabet='[]row=date"currency\n\\ 0123456789-.:x_#{},') | st.text())
def test_whatever_the_file_holds_a_fault_is_a_circuit_error(text: str) -> None:
    for candidate in (text, GOOD + text, text + GOOD):
        read, message = 0, ""
        try:
            read = len(parse_prices(candidate).rows)
        except CircuitError as error:
            message = str(error)
        assert bool(read) is not bool(message)


@settings(max_examples=200, derandomize=True, deadline=None)
@given(
    st.lists(st.integers(1, 250), max_size=30), st.lists(st.tuples(st.integers(1, 200), st.integers(0, 99)), max_size=5)
)
def test_a_price_is_the_least_without_minima(lengths: list[int], bounds: list[tuple[int, int]]) -> None:
    rows = [_row(least, least + more, 0.01 * (more + 1)) for least, more in bounds] or [_row(1, 250, 1.0)]
    found = price(_inventory(*lengths), _table(*rows))
    least = [min((r.per_base for r in rows if r.covers(n)), default=None) for n in lengths]
    by_hand = sum(n * p for n, p in zip(lengths, least, strict=True) if p is not None)
    assert found.total == pytest.approx(by_hand, abs=0.006)
    missing = {n for n, p in zip(lengths, least, strict=True) if p is None}
    assert len(found.objections) == len(missing)
    assert sum(line.strands for line in found.lines) == sum(p is not None for p in least)

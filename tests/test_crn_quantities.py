"""Numbers with units, and tables of numbers."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crn.diagnostics import CircuitError, Span
from crn.quantities import Dimension, format_si, nearest, parse_quantity, rate_unit, read_rows, scaled


@pytest.mark.parametrize(
    ("text", "dimension", "value"),
    [
        ("50nM", Dimension.CONCENTRATION, 5e-8),
        (" 50 nM ", Dimension.CONCENTRATION, 5e-8),
        ("1uM", Dimension.CONCENTRATION, 1e-6),
        ("1µM", Dimension.CONCENTRATION, 1e-6),
        ("1\u03bcM", Dimension.CONCENTRATION, 1e-6),
        (".5 mM", Dimension.CONCENTRATION, 5e-4),
        ("2E2pM", Dimension.CONCENTRATION, 2e-10),
        ("0 M", Dimension.CONCENTRATION, 0.0),
        ("100uL", Dimension.VOLUME, 1e-4),
        ("100 µl", Dimension.VOLUME, 1e-4),
        ("1.5 mL", Dimension.VOLUME, 1.5e-3),
        ("2L", Dimension.VOLUME, 2.0),
        ("72h", Dimension.TIME, 259200.0),
        ("90 s", Dimension.TIME, 90.0),
        ("3min", Dimension.TIME, 180.0),
        ("3 m", Dimension.TIME, 180.0),
        ("2d", Dimension.TIME, 172800.0),
        ("12.5", Dimension.TIME, 12.5),
        ("1e6", Dimension.RATE, 1e6),
        ("1e6/M/s", Dimension.RATE, 1e6),
        ("3 /nM /s", Dimension.RATE, 3e9),
        ("6e7 /M/m", Dimension.RATE, 1e6),
        ("-0.5", Dimension.NUMBER, -0.5),
        ("+3", Dimension.NUMBER, 3.0),
    ],
)
def test_quantities(text: str, dimension: Dimension, value: float) -> None:
    assert parse_quantity(text, dimension) == value


@pytest.mark.parametrize(
    ("text", "dimension", "column", "length", "message"),
    [
        ("", Dimension.TIME, 1, 1, "expected a time such as 72h"),
        ("  ", Dimension.TIME, 3, 1, "expected a time such as 72h"),
        ("nM", Dimension.CONCENTRATION, 1, 2, "expected a concentration such as 50nM, found 'nM'"),
        ("1 10", Dimension.TIME, 3, 2, "unknown unit '10'"),
        ("50", Dimension.CONCENTRATION, 1, 2, "expected a concentration such as 50nM; '50' has no unit"),
        ("50nm", Dimension.CONCENTRATION, 3, 2, "unknown unit 'nm'"),
        ("50 uL", Dimension.CONCENTRATION, 4, 2, "unknown unit 'uL'"),
        ("100", Dimension.VOLUME, 1, 3, "expected a volume such as 100uL; '100' has no unit"),
        ("3 weeks", Dimension.TIME, 3, 5, "unknown unit 'weeks'"),
        (" -3 s", Dimension.TIME, 2, 2, "'-3' is out of range; it must be finite and not negative"),
        ("inf h", Dimension.TIME, 1, 3, "'inf' is out of range; it must be finite and not negative"),
        ("1e308 h", Dimension.TIME, 1, 5, "'1e308' is out of range; it must be finite and not negative"),
        ("nan", Dimension.NUMBER, 1, 3, "'nan' is out of range; it must be finite"),
        ("3 s", Dimension.NUMBER, 3, 1, "expected a number without a unit, found 's' after it"),
        ("3 /s", Dimension.RATE, 3, 2, "expected a rate constant such as 1e6/M/s; '/s' fits reactions of order 1"),
        ("3 /M", Dimension.RATE, 3, 2, "'/M' is not the unit of a rate constant"),
        ("3 /M/x", Dimension.RATE, 3, 4, "unknown unit 'x' in '/M/x'"),
    ],
)
def test_bad_quantities(text: str, dimension: Dimension, column: int, length: int, message: str) -> None:
    with pytest.raises(CircuitError) as caught:
        parse_quantity(text, dimension, "--option")
    (fault,) = caught.value.diagnostics
    assert fault.message == message
    assert fault.span == Span("--option", 1, column, text, length)


def test_a_bad_quantity_is_drawn() -> None:
    with pytest.raises(CircuitError) as caught:
        parse_quantity("50 nm", Dimension.CONCENTRATION, "--signal")
    assert str(caught.value) == "--signal:1:4: unknown unit 'nm'\n  | 50 nm\n  |    ^^\n  advice: did you mean 'nM'?"


@settings(max_examples=200, derandomize=True, deadline=None)
@given(
    st.text(max_size=30) | st.from_regex(r"[0-9.eE+\-]{1,8} ?[/A-Zaµu ]{0,4}", fullmatch=True),
    st.sampled_from(Dimension),
)
def test_junk_raises_nothing_but_circuit_errors(text: str, dimension: Dimension) -> None:
    try:
        assert isinstance(parse_quantity(text, dimension), float)
    except CircuitError as error:
        str(error)


@settings(max_examples=200, derandomize=True, deadline=None)
@given(st.floats(1e-200, 1e200), st.sampled_from([-15, -12, -9, -6, -3, 0, 3, 9, 12]))
def test_scaling_rounds_once(value: float, power: int) -> None:
    assert scaled(repr(value), power) == float(Fraction(repr(value)) * Fraction(10) ** power)


def test_scaling_at_the_ends() -> None:
    assert scaled("1e" + "9" * 5000) == float("inf")
    assert scaled("1e-" + "9" * 5000, 12) == 0.0
    assert scaled("-1e" + "0" * 5000 + "3", -3) == -1.0
    assert scaled("3.", -9) == 3e-9
    assert str(scaled("-nan")) == "nan"
    assert scaled("-Infinity", -9) == -float("inf")


@pytest.mark.parametrize(
    ("text", "order", "value"),
    [
        ("M/s", 0, 2.0),
        ("nM / s", 0, 2e-9),
        ("/s", 1, 2.0),
        ("/m", 1, 2 / 60),
        ("/M/s", 2, 2.0),
        ("/s/nM", 2, 2e9),
        ("/uM/nM/h", 3, 2e15 / 3600),
    ],
)
def test_units_of_rate_constants(text: str, order: int, value: float) -> None:
    unit = rate_unit(text, Span("x", 1, 1))
    assert (unit.order, unit.value("2")) == (order, value)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (5e-8, "M", "50 nM"),
        (1e-6, "M", "1 µM"),
        (9.999e-7, "M", "1 µM"),
        (1.234e-3, "M", "1.23 mM"),
        (2.5e-13, "M", "250 fM"),
        (3e-20, "M", "3e-05 fM"),
        (1e-4, "L", "100 µL"),
        (0.0, "M", "0 M"),
        (-5e-8, "M", "-50 nM"),
        (4320.0, "s", "1.2 h"),
        (259200.0, "s", "72 h"),
        (90.0, "s", "1.5 min"),
        (12.0, "s", "12 s"),
        (0.25, "s", "0.25 s"),
        (1e6, "/M/s", "1e+06 /M/s"),
        (1234.0, "nt", "1234 nt"),
        (-9.256, "kcal/mol", "-9.26 kcal/mol"),
        (float("inf"), "s", "inf s"),
    ],
)
def test_quantities_for_people(value: float, unit: str, text: str) -> None:
    assert format_si(value, unit) == text


@settings(max_examples=100, derandomize=True, deadline=None)
@given(st.floats(1e-12, 1e3))
def test_what_is_written_reads_back_to_three_digits(value: float) -> None:
    assert parse_quantity(format_si(value, "L"), Dimension.VOLUME) == pytest.approx(value, rel=6e-3)


def test_nearest() -> None:
    assert nearest("x1", ["X1", "x2"]) == "did you mean 'X1'?"
    assert nearest("specis", ["time", "species"]) == "did you mean 'species'?"
    assert nearest("q", ["time"]) == ""
    assert nearest("a" * 10_000_000, ["a" * 100]) == ""


def test_rows_know_where_their_cells_are() -> None:
    rows = list(read_rows('\ufeffa, "b ""c"",d" ,\r\n# comment\n\n  1,2 , 3\n"open,4\n', "t.csv"))
    assert [(r.line, r.cells, r.columns) for r in rows] == [
        (1, ("a", 'b "c",d', ""), (1, 5, 17)),
        (4, ("1", "2", "3"), (3, 5, 9)),
        (5, ('"open', "4"), (1, 7)),
    ]
    assert rows[1].span(1) == Span("t.csv", 4, 5, "  1,2 , 3", 1)
    assert rows[1].span(7) == Span("t.csv", 4, 10, "  1,2 , 3", 1)

"""Protocols: values that verify themselves, and their CSV files."""

from __future__ import annotations

import math
import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crn.diagnostics import CircuitError, Diagnostic
from crn.protocol import Addition, Flush, Protocol, read_protocol

KNOWN = ("X1p", "X1m", "Em")


def faults(text: str) -> tuple[Diagnostic, ...]:
    with pytest.raises(CircuitError) as caught:
        read_protocol(text, "p.csv", KNOWN)
    return caught.value.diagnostics


def test_events_are_sorted_and_keep_their_order_within_a_moment() -> None:
    a, b, c, d = Addition(2.0, "A", 1.0), Flush(1.0, ("A", "B")), Addition(1.0, "B", 3.0, 1e-6), Addition(0.0, "C", 0.0)
    protocol = Protocol((a, b, c, d), 2.0)
    assert protocol.events == (d, b, c, a)
    assert protocol.additions == (d, c, a)
    assert protocol.ideal
    assert not Protocol((a, c), 5.0).ideal
    assert Protocol((), 0.0).events == ()
    assert pickle.loads(pickle.dumps(protocol)) == protocol
    assert hash(protocol) == hash(Protocol((d, b, c, a), 2.0))


@pytest.mark.parametrize("bad", [-1.0, math.inf, math.nan])
def test_numbers_must_be_finite_and_not_negative(bad: float) -> None:
    for make in (
        lambda: Addition(bad, "A", 1.0),
        lambda: Addition(0.0, "A", bad),
        lambda: Addition(0.0, "A", 1.0, bad),
        lambda: Flush(bad, ("A",)),
        lambda: Protocol((), bad),
    ):
        with pytest.raises(CircuitError, match="must be finite and not negative"):
            make()


def test_other_faults_of_values() -> None:
    with pytest.raises(CircuitError, match="a protocol that ends at time 1 has an event at time 2"):
        Protocol((Addition(2.0, "A", 1.0),), 1.0)
    with pytest.raises(CircuitError, match="names no species"):
        Flush(0.0, ())


def test_a_formal_protocol() -> None:
    text = "time,species,amount\n# first sample\n5, Em ,0.25\n0,X1p,1e1\n5,X1m,0\n"
    assert read_protocol(text, "p.csv", KNOWN) == (
        (Addition(0.0, "X1p", 10.0), Addition(5.0, "Em", 0.25), Addition(5.0, "X1m", 0.0)),
        False,
    )


def test_a_physical_protocol_is_converted() -> None:
    text = "time_s,species,amount,unit,volume_uL\n3600,X1p,50,nM,1.5\n0,Em,2,µM,\n"
    additions, physical = read_protocol(text, "p.csv", KNOWN)
    assert physical
    assert additions == (Addition(0.0, "Em", 2e-6), Addition(3600.0, "X1p", 5e-8, 1.5e-6))
    shuffled = "unit,amount,species,time_s\nnM,50,X1p,1\n"
    assert read_protocol(shuffled, "p.csv", KNOWN) == ((Addition(1.0, "X1p", 5e-8),), True)


@pytest.mark.parametrize(
    ("text", "line", "column", "length", "message", "advice"),
    [
        (
            "",
            1,
            1,
            1,
            "an empty protocol",
            "begin with the header time,species,amount or time_s,species,amount,unit,volume_uL",
        ),
        ("time,species,amount\n", 1, 1, 4, "a protocol without additions", ""),
        ("time,specis,amount\n0,X1p,1", 1, 6, 6, "unknown column 'specis'", "did you mean 'species'?"),
        ("time,species,species,amount\n", 1, 14, 7, "two columns are called 'species'", ""),
        (
            "time_s,species,amount\n0,X1p,1",
            1,
            22,
            1,
            "no column is called 'unit'",
            "the header is time_s,species,amount,unit,volume_uL",
        ),
        ("time,species,amount\n0,X1P,1", 2, 3, 3, "unknown species 'X1P'", "did you mean 'X1p'?"),
        ("time,species,amount\n0, X1pp,1", 2, 4, 4, "unknown species 'X1pp'", "did you mean 'X1p'?"),
        ("time,species,amount\n0,,1", 2, 3, 1, "the species is missing", ""),
        ("time,species,amount\n0,X1p", 2, 6, 1, "2 cells under a header of 3", ""),
        ("time,species,amount\n0,X1p,1,9", 2, 9, 1, "4 cells under a header of 3", ""),
        ("time,species,amount\n-1,X1p,1", 2, 1, 2, "the time is '-1'; it must not be negative", ""),
        ("time,species,amount\n0,X1p,ten", 2, 7, 3, "the amount is not a number: 'ten'", ""),
        ("time,species,amount\n0,X1p,inf", 2, 7, 3, "the amount is 'inf'; it must be finite", ""),
        ("time,species,amount\n0,X1p,", 2, 7, 1, "the amount is missing", ""),
        ("time_s,species,amount,unit\n0,X1p,1,nm", 2, 9, 2, "unknown unit 'nm'", "did you mean 'nM'?"),
        ("time_s,species,amount,unit\n0,X1p,1,", 2, 9, 1, "the unit is missing", "for example nM"),
        (
            "time_s,species,amount,unit,volume_uL\n0,X1p,1,nM,-2",
            2,
            12,
            2,
            "the volume is '-2'; it must not be negative",
            "",
        ),
    ],
)
def test_a_fault_is_named_with_its_place(
    text: str, line: int, column: int, length: int, message: str, advice: str
) -> None:
    found = faults(text)
    fault = found[0]
    assert fault.span is not None
    assert (fault.span.line, fault.span.column, fault.span.length) == (line, column, length)
    assert (fault.message, fault.advice) == (message, advice)


def test_all_faults_are_reported() -> None:
    found = faults("time_s,species,amount,unit\n1,Y,x,kg\n0,X1p\n2,Em,1,nM\n-2,Em,-1,nM")
    assert [(d.span.line, d.span.column) for d in found if d.span] == [(2, 3), (2, 5), (2, 7), (3, 6), (5, 1), (5, 7)]
    many = faults("time,species,amount\n" + "0,Y,1\n" * 30)
    assert [d.message for d in many[20:]] == ["and 10 more"]
    assert len(faults("time,species,amount\n" + "0,Y,1\n" * 100_000)) == 21


@settings(max_examples=200, derandomize=True, deadline=None)
@given(st.text() | st.lists(st.sampled_from([*'0-,"\n#x', "Em", "1e5", "nM"]), max_size=30).map("".join), st.booleans())
def test_junk_raises_nothing_but_circuit_errors(text: str, header: bool) -> None:
    try:
        read_protocol("time,species,amount\n" * header + text, "p.csv", KNOWN)
    except CircuitError as error:
        str(error)

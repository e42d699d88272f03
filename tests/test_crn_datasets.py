"""Data sets: reading, checking, and the one that is built in."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crn.diagnostics import CircuitError, Diagnostic
from crn.neural.datasets import Dataset, builtin_dataset, read_dataset


def faults(text: str) -> tuple[Diagnostic, ...]:
    with pytest.raises(CircuitError) as caught:
        read_dataset(text, "d.csv", ("x1", "x2"), ("y",))
    return caught.value.diagnostics


def test_columns_are_found_by_name() -> None:
    text = 'y,comment,x2,"x1"\n\n1,"fine, really",2,3\n# none\n-4e-1,,.5,6\n'
    data = read_dataset(text, "d.csv", ["x1", "x2"], ["y"])
    assert data == Dataset(("x1", "x2"), ("y",), ((3.0, 2.0), (6.0, 0.5)), ((1.0,), (-0.4,)), "d.csv")
    assert len(data) == 2
    assert hash(data) == hash(read_dataset(text, "d.csv", ("x1", "x2"), ("y",)))


@pytest.mark.parametrize(
    ("text", "line", "column", "length", "message", "advice"),
    [
        ("", 1, 1, 1, "an empty data set", "begin with a header that names x1, x2, y"),
        ("\n \n# x", 1, 1, 1, "an empty data set", "begin with a header that names x1, x2, y"),
        ("x1,x2,y\n", 1, 1, 2, "a data set without samples", "put one sample on each line below the header"),
        ("x1,y\n1,2", 1, 5, 1, "no column is called 'x2'", "the columns are 'x1, y'"),
        ("a,x1,x2\n1,2,3", 1, 8, 1, "no column is called 'y'", "the columns are 'a, x1, x2'"),
        ("x1,x2,Y\n1,2,3", 1, 8, 1, "no column is called 'y'", "did you mean 'Y'?"),
        ("x1,x2,y,x1\n1,2,3,4", 1, 9, 2, "two columns are called 'x1'", ""),
        ("x1,x2,y\n1,2", 2, 4, 1, "2 cells under a header of 3", ""),
        ("x1,x2,y\n1,2,3,44", 2, 7, 2, "4 cells under a header of 3", ""),
        ("x1,x2,y\n1,two,3", 2, 3, 3, "x2 is not a number: 'two'", ""),
        ("x1,x2,y\n1,,3", 2, 3, 1, "x2 is missing", ""),
        ("x1,x2,y\n1,2, NaN", 2, 6, 3, "y is 'NaN'; it must be finite", ""),
        ("x1,x2,y\n-inf,2,3", 2, 1, 4, "x1 is '-inf'; it must be finite", ""),
        ("x1,x2,y\n1e999,2,3", 2, 1, 5, "x1 is '1e999'; it must be finite", ""),
        ("x1,x2,y\n1_0,2,3", 2, 1, 3, "x1 is not a number: '1_0'", ""),
    ],
)
def test_a_fault_is_named_with_its_place(
    text: str, line: int, column: int, length: int, message: str, advice: str
) -> None:
    (fault,) = faults(text)
    assert fault.span is not None
    assert (fault.span.line, fault.span.column, fault.span.length) == (line, column, length)
    assert (fault.message, fault.advice) == (message, advice)


def test_all_faults_are_reported_and_drawn() -> None:
    found = faults("x1,x2,y\n1,2,3\n1,oops,nan\n7\n")
    assert "\n".join(d.render() for d in found) == (
        "d.csv:3:3: x2 is not a number: 'oops'\n  | 1,oops,nan\n  |   ^^^^\n"
        "d.csv:3:8: y is 'nan'; it must be finite\n  | 1,oops,nan\n  |        ^^^\n"
        "d.csv:4:2: 1 cells under a header of 3\n  | 7\n  |  ^"
    )
    assert faults("x1,x2,y\n" + "1\n" * 1_000_000)[20].message == "and at least 980 more"


def test_a_data_set_verifies_itself() -> None:
    with pytest.raises(CircuitError, match="different names"):
        Dataset(("x",), ("x",), ((1.0,),), ((1.0,),), "s")
    with pytest.raises(CircuitError, match="different names, not none"):
        Dataset((), (), ((),), ((),), "s")
    with pytest.raises(CircuitError, match="2 samples of inputs and 1 of targets"):
        Dataset(("x",), ("y",), ((1.0,), (2.0,)), ((1.0,),), "s")
    with pytest.raises(CircuitError, match="sample 1 does not have one value for each of x, y"):
        Dataset(("x",), ("y",), ((1.0, 2.0),), ((1.0,),), "s")
    with pytest.raises(CircuitError, match="sample 1 has a value that is not finite"):
        Dataset(("x",), ("y",), ((math.nan,),), ((1.0,),), "s")


def test_the_authors_data_reproduce_their_log() -> None:
    """Gradient descent with T = 0.5, rate 0.1 and two h = 0.1 gives the losses of five epochs of their training log."""
    train, validate = builtin_dataset("linreg-authors")
    assert (len(train), len(validate)) == (41, 101)
    assert (train.inputs, train.targets) == (("x1", "x2"), ("y",))
    assert "NeuralCRNGen" in train.source
    assert "2409.00034" in validate.source
    p = np.array([0.33213, 0.34553])
    train_log, validation_log = [], []
    for _ in range(5):
        errors = [sum(x) + 0.5 * (p @ np.array(x) + 0.2) - y for x, (y,) in zip(validate.x, validate.y, strict=True)]
        validation_log.append(0.5 * np.mean(np.square(errors)))
        losses = []
        for x, (y,) in zip(train.x, train.y, strict=True):
            error = sum(x) + 0.5 * (p @ np.array(x) + 0.2) - y
            losses.append(0.5 * error**2)
            p = p - 0.1 * 0.5 * error * np.array(x)
        train_log.append(np.mean(losses))
    assert np.round(train_log, 4).tolist() == [0.5574, 0.1740, 0.1653, 0.1643, 0.1641]
    assert np.round(validation_log, 4).tolist() == [4.2533, 0.1252, 0.1183, 0.1187, 0.1188]
    assert np.round(p, 4).tolist() == [0.3017, 2.1590]


def test_an_unknown_name() -> None:
    with pytest.raises(
        CircuitError, match=r"(?s)no built-in data set is called 'linreg-author'.*did you mean 'linreg-authors'"
    ):
        builtin_dataset("linreg-author")


@settings(max_examples=200, derandomize=True, deadline=None)
@given(
    st.text() | st.lists(st.sampled_from([*'0-,"\n#.e', "x1", "1e5", "nan"]), max_size=30).map("".join), st.booleans()
)
def test_junk_raises_nothing_but_circuit_errors(text: str, header: bool) -> None:
    try:
        read_dataset("x1,y\n" * header + text, "d.csv", ("x1",), ("y",))
    except CircuitError as error:
        str(error)

"""The table of circuits: what is measured of a row, and that rows can be measured one by one."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from compiler.circuits_page import circuits_page
from compiler.circuits_table import ENTRIES, Entry, measure
from compiler.cli import main
from compiler.sources import load
from crn.neural.datasets import builtin_dataset
from crn.neural.families import CIRCUITS


def quiet(_: str, __: int, ___: int) -> bool:
    return True


def measured(entry: Entry, level: str) -> dict[str, Any]:
    return cast(dict[str, Any], measure(entry, 2, quiet, level))


def test_every_row_names_circuits_and_data_that_there_are() -> None:
    for entry in ENTRIES:
        data, _ = builtin_dataset(entry.data)
        for form, specification in entry.forms:
            circuit = load(specification).learning
            assert set(circuit.input_names + circuit.target_names) == set(data.inputs + data.targets)
            assert circuit.ideal == (form != "tube")
    assert len({(e.name, e.data) for e in ENTRIES}) == len(ENTRIES)
    named = {s.partition(":")[0] for e in ENTRIES for _, s in e.forms}
    assert named == {f.name for f in CIRCUITS} - {"classifier"}


def test_a_row_holds_every_form_against_numpy() -> None:
    entry = dataclasses.replace(ENTRIES[4], data="linear-classes:train=9,validation=9", epochs=2)
    row = measured(entry, "formal")
    assert [f["form"] for f in row["forms"]] == ["staged", "two-phase", "tube"]
    for form in row["forms"]:
        assert form["runs"][0]["deviation"] < 0.02
    staged, compact, tube = row["forms"]
    assert staged["order"] == 3
    assert compact["order"] == tube["order"] == 2
    assert (len(staged["runs"]), len(tube["runs"])) == (1, 2)
    assert tube["runs"][0] != tube["runs"][1], "each draw has data of its own"
    assert "dna" not in row


def test_a_row_is_trained_as_dna_or_says_why_not() -> None:
    entry = Entry("tiny", (("tube", "linear-classification"),), "linear-classes:train=3,validation=3", 2, dna_epochs=1)
    row = measured(entry, "dna")
    assert row["dna"]["samples"] == 3
    assert row["dna"]["fuels"] > 0
    assert row["dna"]["parameter_deviation"] < 0.05
    assert np.isclose(row["dna"]["dna"]["validation_loss"], row["dna"]["formal"]["validation_loss"], rtol=0.05)
    refused = {**row, "dna": {"epochs": 1, "objection": "it has three reactants"}}
    page = circuits_page([refused])
    assert "* tiny, linear-classes:train=3,validation=3: it has three reactants." in page
    assert "it has three reactants" not in circuits_page([row])


def test_rows_are_kept_and_measured_one_by_one(tmp_path: Path) -> None:
    words = ["circuits", "--table", "--level", "formal", "--quiet", "-o", str(tmp_path), "--only"]
    for only in ("ten reactions", "minimal listing"):
        with pytest.raises(SystemExit) as ended:
            main([*words, only])
        assert ended.value.code == 0
    rows = json.loads((tmp_path / "circuits.json").read_text("utf-8"))["rows"]
    assert [r["name"] for r in rows] == [e.name for e in ENTRIES], "in the order of the table"
    minimal, ten, *others = (r["forms"][0] for r in rows)
    assert all(form["runs"] == [] and form["reactions"] > 0 for form in others), "what is not measured is counted"
    assert (minimal["reactions"], minimal["species"], ten["reactions"]) == (13, 15, 10)
    for form in (minimal, ten):
        assert form["runs"][0]["validation_loss"] == pytest.approx(0.1188, abs=5e-4)
    page = (tmp_path / "circuits.md").read_text("utf-8")
    assert "| linear regression, ten reactions | linreg-authors, 5 |" in page


def test_what_the_table_refuses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words, message in (([], "name it with -o"), (["-o", str(tmp_path), "--only", "perceptron"], "'perceptron'")):
        with pytest.raises(SystemExit) as ended:
            main(["circuits", "--table", *words])
        assert ended.value.code == 2
        assert message in capsys.readouterr().err

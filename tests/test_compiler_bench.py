"""Plans held against a bench, files written whole, and faults that keep their place through the stages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support_cli import run

from compiler.bench import hold_against, read_limits
from compiler.output import to_json, write_files
from crn.diagnostics import CircuitError


def test_every_limit_that_is_broken_is_named() -> None:
    limits = read_limits()
    fine = hold_against(limits, fuel_M=5e-6, strands_M=100e-6, time_s=72 * 3600, addition_M=2e-6)
    assert fine.line == "within limits (table of 2026-11-24)"
    broken = hold_against(limits, fuel_M=100e-6, strands_M=101e-6, time_s=569 * 3600, addition_M=3e-6)
    assert broken.line == (
        "NOT runnable as planned (fuel 100 µM > 5 µM; strands 101 µM in total > 100 µM; 569 h > 72 h; "
        "3.0% of the volume in one addition > 2.0%)"
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("date = ", "not a table of limits"),
        ("fuel_M = 1e-6", "strands_M is missing"),
        (
            "fuel_M = -1\nstrands_M = 1\nhours = 1\naddition_volume = 1\nstock_M = 1",
            "fuel_M is missing or not a positive",
        ),
        ("fuel_M = 1\nstrands_M = 1\nhours = nan\naddition_volume = 1\nstock_M = 1", "hours is missing or not"),
        ("fuel_M=1\nstrands_M=1\nhours=1\naddition_volume=1\nstock_M=1\nbeakers=3", "unknown limit beakers"),
    ],
)
def test_a_table_of_limits_that_is_at_fault_is_told(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "limits.toml"
    path.write_text(text)
    with pytest.raises(CircuitError, match=says):
        read_limits(str(path))


def test_limits_of_ones_own_change_the_bench_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "limits.toml"
    path.write_text("fuel_M = 1\nstrands_M = 1\nhours = 1e6\naddition_volume = 0.5\nstock_M = 1\n")
    arguments = ["train", "examples/own_circuit.crn", "--data", "examples/own_circuit.csv", "--epochs", "1", "--json"]
    strict = run(capsys, *arguments).json
    lax = run(capsys, *arguments, "--limits", str(path)).json
    assert strict["bench"].startswith("NOT runnable as planned")
    assert lax["bench"].startswith("within limits")
    assert strict["levels"] == lax["levels"]


def test_files_are_written_whole_or_not_at_all(tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert write_files(out, {"a.txt": "1", "b.txt": "2"}) == [str(out / "a.txt"), str(out / "b.txt")]
    write_files(out, {"a.txt": "new"})
    assert {p.name: p.read_text() for p in out.iterdir()} == {"a.txt": "new", "b.txt": "2"}
    assert write_files(out, {"nested/d.txt": "4"}) == [str(out / "nested" / "d.txt")]
    for in_the_way in ("a.txt/e.txt", "nested"):
        with pytest.raises(CircuitError, match="cannot be written"):
            write_files(out, {"c.txt": "3", in_the_way: "5"})
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out"]
    assert sorted(p.name for p in out.iterdir()) == ["a.txt", "b.txt", "nested"]
    assert [p.name for p in (out / "nested").iterdir()] == ["d.txt"]


def test_json_refuses_numbers_that_are_not_numbers() -> None:
    assert json.loads(to_json({"x": 1.5})) == {"x": 1.5}
    with pytest.raises(ValueError, match="JSON"):
        to_json({"x": float("nan")})


def test_a_fault_found_three_stages_later_still_has_its_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "source.crn"
    path.write_text("# makes A for ever\nA -> B\n-> A [1]\n")
    found = run(capsys, "simulate", str(path), "--until", "3000", "--level", "dna")
    assert found.code == 2
    places = [line.split(": ")[0][-len("source.crn:2:1") :] for line in found.err.splitlines() if "runs dry" in line]
    assert places == ["source.crn:2:1", "source.crn:3:1"]
    assert "--fuel 37.5 µM" in found.err

"""The command `enumerate`, called through a small program of its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from compiler.arguments import worded
from compiler.enumerate_command import enumerate_command
from crn.diagnostics import CircuitError
from dsd.enumeration import EnumerationOptions, enumerate_complexes
from dsd.formats.pil import read_pil

DATA = Path(__file__).parent / "data"
EXCHANGE = DATA / "textbook_toehold_exchange.pil"
ENDLESS = DATA / "textbook_hairpin_chain_reaction.pil"


def run(*arguments: object) -> tuple[int, str]:
    app = typer.Typer()
    app.command()(worded("enumerate", enumerate_command))
    result = CliRunner().invoke(app, [str(a) for a in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


def block(*arguments: object) -> tuple[int, dict[str, Any]]:
    code, text = run(*arguments, "--json")
    value: dict[str, Any] = json.loads(text)
    return code, value


def test_condensed_by_default() -> None:
    code, found = block(EXCHANGE)
    assert code == 0
    assert found["command"] == "enumerate"
    assert found["outcome"] == {"complete": True, "limit": "", "advice": ""}
    assert {c["name"] for c in found["complexes"] if c["given"]} == {"X", "gate"}
    assert all(c["resting"] for c in found["complexes"])
    assert {"name": "X", "complexes": ["X"], "shares": [1.0]} in found["macrostates"]
    assert [r["kind"] for r in found["reactions"]] == ["condensed"] * 2
    assert [r["unit"] for r in found["reactions"]] == ["/M/s"] * 2
    assert {"X", "gate"} in [set(r["reactants"]) for r in found["reactions"]]
    assert found["counts"] == {"complexes": 6, "macrostates": 4, "steps": 6, "condensed": 2}


def test_detailed() -> None:
    code, found = block(EXCHANGE, "--detailed")
    assert code == 0
    assert {r["kind"] for r in found["reactions"]} == {"bind21", "open", "branch-3way"}
    assert [c["resting"] for c in found["complexes"]].count(False) == 2
    code, both = block(EXCHANGE, "--detailed", "--condensed")
    assert len(both["reactions"]) == 8


def test_the_text_for_people() -> None:
    code, text = run(EXCHANGE, "--detailed")
    assert code == 0
    assert "X = t b" in text
    assert "X + gate -> e" in text.replace("gate + X", "X + gate")
    assert "branch-3way       22.2222 /s" in text
    assert text.rstrip().endswith("outcome     complete")
    assert run(EXCHANGE, "--quiet") == (0, "")


@pytest.mark.parametrize(
    ("words", "limit"),
    [
        (("--max-complex-size", 5), "max_complex_strands"),
        (("--max-complexes", 8), "max_complexes"),
        (("--max-reactions", 8), "max_reactions"),
        (("--max-seconds", 0.001, "--max-complex-size", 5000), "max_seconds"),
    ],
)
def test_a_limit_ends_with_3(words: tuple[object, ...], limit: str) -> None:
    code, found = block(ENDLESS, "--reject-remote", *words)
    assert code == 3
    assert found["outcome"]["limit"] == limit
    assert found["reactions"] == []
    assert found["complexes"]
    assert {c["resting"] for c in found["complexes"]} == {None}
    code, text = run(ENDLESS, "--reject-remote", *words)
    assert code == 3
    assert f"incomplete ({limit})" in text


def test_options_reach_the_enumerator() -> None:
    _, found = block(ENDLESS, "--release-cutoff", 4)
    assert "helices up to 4 nt open" in found["semantics"]
    assert "remote toeholds on" in found["semantics"]
    given = read_pil(ENDLESS.read_text("utf-8")).complexes
    expected = enumerate_complexes(given, EnumerationOptions(release_cutoff=4))
    assert found["counts"]["steps"] == len(expected.steps)


def test_files(tmp_path: Path) -> None:
    out = tmp_path / "out"
    code, found = block(EXCHANGE, "-o", out)
    assert code == 0
    assert [Path(f).name for f in found["files"]] == ["result.json", "enumerated.pil"]
    read = read_pil((out / "enumerated.pil").read_text("utf-8"))
    assert {c.name for c in read.complexes} == {c["name"] for c in found["complexes"]}
    assert [r.k for r in read.reactions] == pytest.approx([r["rate"] for r in found["reactions"]])
    assert json.loads((out / "result.json").read_text("utf-8"))["outcome"]["complete"]
    run(EXCHANGE, "--detailed", "-o", out)
    assert len(read_pil((out / "enumerated.pil").read_text("utf-8")).detailed) == 6


def test_absent_complexes_lend_their_names(tmp_path: Path) -> None:
    file = tmp_path / "named.pil"
    file.write_text(EXCHANGE.read_text("utf-8") + "loser = b u @initial 0 nM\n", "utf-8")
    _, found = block(file)
    rows = {c["name"]: c for c in found["complexes"]}
    assert rows["loser"]["kernel"] == "b u"
    assert not rows["loser"]["given"]


def test_a_fault_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "bad.pil"
    file.write_text("A = a\n", "utf-8")
    with pytest.raises(CircuitError, match="domain a has no length"):
        run(file)
    with pytest.raises(CircuitError, match="cannot be read"):
        run(tmp_path / "none.pil")

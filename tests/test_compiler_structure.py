"""The structure of a network as the report shows it, on networks whose laws and siphons are known."""

from __future__ import annotations

from pathlib import Path

import pytest
from support_cli import run

from compiler.api import Source, load
from compiler.report.structure import structure_tables
from crn.text import parse_crn


def source(text: str) -> Source:
    return Source("net.crn", parse_crn(text).crn, None, None, "")


def test_an_enzyme_and_a_rail_pair() -> None:
    laws, siphons, absent = structure_tables(source("E + S <=> ES; ES -> E + P; Pp + Pm ->; E @i 1; S @i 2; Pp @i 1"))
    assert laws.rows == (("E + ES", "1"), ("Pm − Pp", "-1"), ("S + ES + P", "2"))
    assert siphons.rows == (
        ("{Pm}", "–", "none is ever there"),
        ("{Pp}", "Pp", "nothing but additions"),
        ("{E, ES}", "E", "E + ES is conserved"),
        ("{S, ES}", "S", "nothing but additions"),
    )
    assert absent.rows == (("Pm", "Pm + Pp ->"),)


def test_what_a_phase_adds_counts_as_there() -> None:
    (siphons,) = structure_tables(load("linear-regression"))
    assert ("{XF1}", "XF1", "nothing but additions") in siphons.rows


def test_a_network_without_either_has_no_tables() -> None:
    assert structure_tables(source("-> A; A ->")) == ()


def test_the_search_says_that_it_was_stopped() -> None:
    text = "; ".join(f"A{i} + B{i} -> A{i} + B{i} + C" for i in range(16)) + "; C -> D; D -> E"
    text += "; " + "; ".join(f"E -> A{i} + B{i}" for i in range(16))
    tables = structure_tables(source(text))
    assert any("the search was stopped" in t.caption for t in tables)


def test_it_is_in_the_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    net = tmp_path / "net.crn"
    net.write_text("E + S -> ES; ES -> E + P; E @i 1; S @i 1\n")
    ran = run(capsys, "build", str(net), "--sequences", "no", "-o", str(tmp_path / "out"), "--json")
    assert ran.code in (0, 3)
    assert {Path(f).name for f in ran.json["files"]} >= {"formal.xml", "report.html"}
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "Sums that no reaction changes" in page
    assert "S + ES + P" in page

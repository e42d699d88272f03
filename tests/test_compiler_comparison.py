"""Schemes side by side: what is compared, what is chosen, and what the commands say."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from support_cli import run

from compiler.api import CompileOptions, compile_crn
from compiler.comparison import RULES, TOEHOLDS, Learned, choose, compare
from compiler.comparison_tables import comparison_block, comparison_text, sufficient, table_of_circuits
from compiler.verify.verdict import Answer
from crn.network import CRN
from crn.text import parse_crn
from dsd.lab.cost import default_prices
from dsd.lab.inventory import Inventory
from dsd.schemes import SCHEMES, Lengths

CAPSYS = pytest.CaptureFixture[str]
OPTIONS = CompileOptions()

LR10 = """
P1p + X1 -> P1p + X1 + Ep; P2p + X2 -> P2p + X2 + Ep; H -> H + Ep
Ep + X1 -> Ep + X1 + P1m [0.1]; Em + X1 -> Em + X1 + P1p [0.1]; Ep + X2 -> Ep + X2 + P2m [0.1]; Em + X2 -> Em + X2 + P2p [0.1]
P1p + P1m -> [1000]; P2p + P2m -> [1000]; Ep + Em -> [1000]
"""
"""The ten reactions of the staged linear regression, without the species of its clock."""


def network(text: str) -> CRN:
    return parse_crn(text).crn


def test_ten_reactions_in_srinivas2015_are_what_nuskell_counts() -> None:
    """33 fuels and 2535 nt, buffers apart; 2295 nt with catalysts given back alike (both measured with Nuskell)."""
    rows = {r.scheme.name: r for r in compare(network(LR10), OPTIONS, default_prices(), SCHEMES[:1])}
    found = rows["srinivas2015"]
    assert found.inventory is not None
    assert (found.inventory.for_gates.fuels, found.inventory.for_gates.nucleotides) == (33, 2535)
    assert found.right
    shared = compile_crn(network(LR10), CompileOptions(share_catalysts=True))
    counts = Inventory.of(shared.system).for_gates
    assert (counts.strands, counts.nucleotides) == (57, 2295)


def test_every_scheme_is_accepted_or_says_why() -> None:
    rows = compare(network("A + B -> C"), OPTIONS, default_prices())
    assert [r.scheme for r in rows] == list(SCHEMES)
    for row in rows:
        assert bool(row.objections) == (row.compiled is None)
        if row.compiled is not None:
            assert row.verdict is not None
            assert row.verdict.answer is Answer.EQUIVALENT
    refused = {r.scheme.name: r.wrong for r in rows if r.objections}
    assert refused == {"qian2011": True, "chen2013": True, "wang2018": False}


def test_figures_are_those_of_the_system() -> None:
    crn = network("A + B -> C + D; D -> 2A")
    for row in compare(crn, OPTIONS, default_prices(), SCHEMES[:4]):
        compiled = compile_crn(crn, dataclasses.replace(OPTIONS, scheme=row.scheme.name))
        assert row.reactions == len(compiled.system.reactions)
        short = {d.name for e in compiled.system.entries for d in e.complex.domains if d.length == 5}
        assert row.toeholds(Lengths()) == len(short)
        assert row.toeholds(Lengths(7, 15)) == 0


def test_a_universal_toehold_is_one() -> None:
    rows = compare(network("A + B -> C + D; D ->; -> A"), OPTIONS, default_prices())
    found = {r.scheme.name: r.toeholds(Lengths()) for r in rows if r.compiled}
    assert {found[s] for s in ("lakin2012", "qian2011-irreversible", "cardelli2013")} == {1}
    # Two for each of A to D and for what feeds the source, and a dead end in the buffers of B, C and D: of these none waits in a
    # gate.
    assert found["srinivas2015"] == 2 * 4 + 2 + 3


def test_toeholds_suffice_up_to_a_length() -> None:
    assert dict(TOEHOLDS) == {6: 14, 7: 40}
    assert [sufficient(n) for n in (0, 14, 15, 40, 41)] == [6, 6, 7, 7, None]


# --- the choice ---------------------------------------------------------------------------------------------------------------


def test_the_choice_follows_the_rules() -> None:
    every = compare(network("A + B -> C"), OPTIONS, default_prices())
    assert choose(every).scheme is SCHEMES[0]
    fixed = [r for r in every if r.scheme.rates]
    least = choose(fixed)
    assert least.scheme is not None
    sizes = {r.scheme.name: r.inventory.total.nucleotides for r in fixed if r.right and r.inventory}
    assert sizes[least.scheme.name] == min(sizes.values())
    assert "no scheme that is proved has rates" in least.reason
    assert choose([r for r in every if not r.right]).scheme is None
    assert "srinivas2015" in RULES


def test_learning_is_asked_for_where_rates_can_be_set() -> None:
    asked = []

    def learn(options: CompileOptions) -> Learned:
        asked.append(options.scheme)
        return Learned(0.25, None, 7200.0)

    rows = compare(network("A -> B"), OPTIONS, default_prices(), learn=learn)
    assert asked == [r.scheme.name for r in rows if not r.scheme.rates and r.compiled]
    block = comparison_block(rows, Lengths(), choose(rows))
    assert "0.2500" in comparison_text(block)
    assert "2 h" in comparison_text(block)


# --- tables and commands ------------------------------------------------------------------------------------------------------


def test_the_table_of_circuits() -> None:
    crn = network("A + B -> C; C -> A")
    text = table_of_circuits([("mine", crn, compare(crn, OPTIONS, default_prices()))], Lengths(), 100)
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) == 2 + len(SCHEMES)
    assert len({line.count("|") for line in rows}) == 1
    assert "## mine" in text
    assert "2 reactions, 3 species" in text
    assert "| qian2011 | wrong |" in text
    assert "| wang2018 | refused |" in text
    assert "* **wang2018**, for example: wang2018 cannot carry A + B -> C" in text


def test_schemes_compares_on_a_source(capsys: CAPSYS, tmp_path: Path) -> None:
    path = tmp_path / "net.crn"
    path.write_text("A + B -> C; C -> A\n")
    found = run(capsys, "schemes", str(path), "--scheme", "srinivas2015,lakin2012,wang2018", "--json")
    assert found.code == 0
    rows = {r["scheme"]: r for r in found.json["schemes"]}
    assert list(rows) == ["srinivas2015", "lakin2012", "wang2018"]
    assert (rows["srinivas2015"]["verdict"], rows["srinivas2015"]["rates"]) == ("equivalent", None)
    assert "one and the same" in rows["lakin2012"]["rates"]
    assert rows["wang2018"]["accepted"] is False
    assert found.json["default"]["scheme"] == "srinivas2015"
    assert rows["srinivas2015"]["toeholds"]["shortest_that_suffices_nt"] == 6
    text = run(capsys, "schemes", str(path)).out
    assert "take srinivas2015" in text
    assert "wang2018 cannot carry" in text


def test_cost_of_all_is_the_same_comparison(capsys: CAPSYS, tmp_path: Path) -> None:
    path = tmp_path / "net.crn"
    path.write_text("A -> B\n")
    cost = run(capsys, "cost", str(path), "--scheme", "all", "--json").json["schemes"]
    compared = run(capsys, "schemes", str(path), "--json").json["schemes"]
    assert [{**r, "volume_L": 0} for r in cost if r["accepted"]] == [
        {**r, "volume_L": 0} for r in compared if r["accepted"]
    ]
    assert {r["scheme"] for r in cost} == {s.name for s in SCHEMES}


@pytest.mark.slow
def test_learning_in_a_comparison_of_costs(capsys: CAPSYS) -> None:
    """The loss that `train` finds, in the schemes whose rates can be set and nowhere else."""
    rows = run(capsys, "cost", "linear-regression", "--scheme", "all", "--learn", "--json").json["schemes"]
    learned = {r["scheme"]: r["learning"] for r in rows if r.get("learning")}
    assert set(learned) == {"srinivas2015", "soloveichik2010"}
    alone = run(capsys, "train", "linear-regression", "--level", "dna", "--epochs", "1", "--json").json["levels"]["dna"]
    assert learned["srinivas2015"]["train_loss"] == pytest.approx(alone["train_loss"][-1], rel=1e-6)
    assert learned["srinivas2015"]["lab_time_s"] == pytest.approx(alone["lab_time_s"])
    assert run(capsys, "cost", "linear-regression", "--learn").code == 2


def test_a_scheme_that_is_not_there(capsys: CAPSYS) -> None:
    found = run(capsys, "schemes", "linear-regression", "--scheme", "srinivas2014")
    assert found.code == 2
    assert "srinivas2015" in found.err


def test_the_table_is_written_by_a_command(capsys: CAPSYS, tmp_path: Path) -> None:
    path = tmp_path / "net.crn"
    path.write_text("A -> B\n")
    given = ("schemes", str(path), "--every-circuit", "--scheme", "srinivas2015,wang2018", "-o", str(tmp_path / "out"))
    assert run(capsys, *given).code == 0
    first = (tmp_path / "out" / "schemes.md").read_bytes()
    assert b"| wang2018 | equivalent | equivalent | 2 |" in first
    assert run(capsys, *given).code == 0
    assert (tmp_path / "out" / "schemes.md").read_bytes() == first


def test_large_circuits_are_compared_where_rates_can_be_set(capsys: CAPSYS, tmp_path: Path) -> None:
    large, small = tmp_path / "large.crn", tmp_path / "small.crn"
    large.write_text("A -> B; B -> C; C -> D")
    small.write_text("A -> B; B -> C")
    given = ("schemes", f"{large};{small};{small}", "--every-circuit", "--largest", "2", "--json")
    found = {c["circuit"]: [r["scheme"] for r in c["schemes"]] for c in run(capsys, *given).json["circuits"]}
    assert found == {
        str(large): [s.name for s in SCHEMES if not s.rates],
        f"{small}, {small}": [s.name for s in SCHEMES],
    }


def test_orders_and_faults_are_told_on_the_command_line(capsys: CAPSYS, tmp_path: Path) -> None:
    path = tmp_path / "net.crn"
    path.write_text("X + W -> X + W + Z\nE + X -> E + X + W\n")
    roles = ("--order", "r1=X,W", "--order", "r2=E,X", "--scheme", "soloveichik2010")
    refused = run(capsys, "compile", str(path), *roles)
    assert refused.code == 2
    assert "wrong together" in refused.err
    assert f"{path}:1:1" in refused.err
    assert run(capsys, "verify", str(path), *roles, "--allow-wrong").code == 1
    compiled = run(capsys, "compile", str(path), "--scheme", "soloveichik2010", "--json").json
    assert json.dumps(compiled["orders"]) == '{"r1": ["W", "X"], "r2": ["E", "X"]}'
    for wrong in ("r1", "r1=", "=X,W", "r1=X,,W"):
        assert run(capsys, "compile", str(path), "--order", wrong).code == 2
    assert run(capsys, "compile", str(path), "--order", "r1=X,W", "--order", "r1=W,X").code == 2

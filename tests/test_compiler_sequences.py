"""Sequences on the command line: the contract, files that later commands work with, refusals, and the study of a whole circuit."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
import stickydesign
from support_cli import run
from support_sequences import apart, system_of

from compiler.api import CircuitError, CompileOptions, compile_crn, load
from compiler.sequencing import MARGIN, Effort, find_stored, sequenced, sufficient_lengths, too_large
from crn.text import parse_crn
from dsd.domains import Domain
from dsd.lab.inventory import Inventory
from dsd.schemes import Lengths
from dsd.sequences import Sequences, reverse_complement
from dsd.sequences.alignment import Binding
from dsd.sequences.quality import measure, random_sequences
from dsd.sequences.rules import Job, Rules
from dsd.sequences.toeholds import choose, library, most
from dsd.thermodynamics import Conditions, duplex_energies

CAPSYS = pytest.CaptureFixture[str]
QUICK = ("--restarts", "1", "--workers", "1")


@pytest.fixture
def network(tmp_path: Path) -> str:
    path = tmp_path / "net.crn"
    path.write_text("A + B -> C\nA @initial 1\nB @initial 0.5\n")
    return str(path)


def test_the_command_reports_the_contract(capsys: CAPSYS, network: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    block = run(capsys, "sequences", network, "-o", str(out), "--json", *QUICK).json
    assert block["command"] == "sequences"
    assert block["passed"]
    reading = {d["name"]: d["sequence"] for d in block["domains"]}
    for row in block["strands"]:
        assert row["length_nt"] == len(row["sequence"])
        pieces = row["domains"].split()
        read = "".join(reverse_complement(reading[p[:-1]]) if p.endswith("*") else reading[p] for p in pieces)
        assert row["sequence"] == read
    assert {c["rule"] for c in block["constraints"]} >= {"toehold_spread", "long_gap", "max_repeat"}
    assert all(m["verdict"] for m in block["metrics"])
    # The energies of the toeholds stand against the design target.
    (supply,) = block["toeholds"]["supply"]
    for row in block["toeholds"]["energies"]:
        energy = duplex_energies([row["sequence"]], Conditions())[0]
        assert row["energy_kcal_per_mol"] == pytest.approx(energy)
        assert row["from_target_kcal_per_mol"] == pytest.approx(energy - supply["target_kcal_per_mol"])
    assert block["toeholds"]["needed"] == len(block["toeholds"]["energies"]) == 8
    assert {Path(f).name for f in block["files"]} == {"sequences.json", "sequences.csv", "quality.md"}
    rows = list(csv.DictReader(io.StringIO((out / "sequences.csv").read_text())))
    assert [(r["name"], r["sequence"]) for r in rows] == [(s["name"], s["sequence"]) for s in block["strands"]]
    text = (out / "quality.md").read_text()
    assert all(f"| {m['name']} |" in text for m in block["metrics"])


def test_two_runs_write_identical_bytes(capsys: CAPSYS, network: str, tmp_path: Path) -> None:
    written = []
    for name in ("a", "b"):
        out = tmp_path / name
        run(capsys, "sequences", network, "-o", str(out), "--quiet", *QUICK)
        written.append({p.name: p.read_bytes() for p in sorted(out.iterdir())})
    assert written[0] == written[1]


def test_the_text_says_what_is_poor_and_how_many_toeholds_there_are(capsys: CAPSYS, network: str) -> None:
    found = run(capsys, "sequences", network, *QUICK)
    assert found.code == 0
    assert "toeholds    8 needed; 5 nt: " in found.out
    assert "toehold_spread          obeyed" in found.out
    assert "dG Range" in found.out


def test_a_circuit_beyond_supply_is_refused(capsys: CAPSYS, tmp_path: Path) -> None:
    path = tmp_path / "chain.crn"
    path.write_text("".join(f"X{k} -> X{k + 1}\n" for k in range(8)))
    out = tmp_path / "out"
    found = run(capsys, "sequences", str(path), "--lengths", "toehold=5,long=15", "-o", str(out), *QUICK)
    assert found.code == 2
    assert (
        "needs 17 different toeholds of 5 nt" in found.err or "different toeholds of 5 nt, and there are" in found.err
    )
    assert "relax one: " in found.err
    assert not out.exists()


def test_time_that_runs_out_is_no_refusal(capsys: CAPSYS, network: str) -> None:
    found = run(capsys, "sequences", network, "--budget", "0.001s", *QUICK)
    assert found.code == 3
    assert "give more time" in found.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--rule", "toehold_gup=2"), "toehold_gap"),
        (("--rule", "long_gap=ten"), "not a value"),
        (("--budget", "soon"), "--budget"),
        (("--budget", "0s"), "positive"),
        (("--sodium", "0M", "--magnesium", "0M"), "salt"),
        (("--wishes", "nothing.csv"), "nothing.csv"),
    ],
)
def test_faults_are_told(capsys: CAPSYS, network: str, words: tuple[str, ...], message: str) -> None:
    found = run(capsys, "sequences", network, *words, *QUICK)
    assert found.code == 2
    assert message in found.err


def test_wishes_are_kept_and_their_faults_have_a_place(capsys: CAPSYS, network: str, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text("kind,name,action,value\nstrand,A_h_A,three_prime,/3Cy5Sp/\nstrand,B_h_B,exclude,\n")
    bad.write_text("kind,name,action,value\ndomain,m_Q,fix,ACT\n")
    out = tmp_path / "out"
    block = run(capsys, "sequences", network, "--wishes", str(good), "-o", str(out), "--json", *QUICK).json
    rows = {s["name"]: s for s in block["strands"]}
    assert rows["A_h_A"]["three_prime"] == "/3Cy5Sp/"
    assert not rows["B_h_B"]["ordered"]
    assert "/3Cy5Sp/," in (out / "sequences.csv").read_text()
    refused = run(capsys, "sequences", network, "--wishes", str(bad), *QUICK)
    assert refused.code == 2
    assert f"{bad}:2:8" in refused.err


def test_a_given_domain_that_breaks_a_rule_is_told(capsys: CAPSYS, network: str, tmp_path: Path) -> None:
    # Two given domains are nobody's fault but the user's: what they break is said, and the answer is no.
    path = tmp_path / "mine.csv"
    path.write_text("kind,name,action,value\ndomain,m_A,fix,CCATCTACTCATCAC\ndomain,m_B,fix,CCATCTACTCATCTC\n")
    found = run(capsys, "sequences", network, "--wishes", str(path), "--json", *QUICK)
    assert found.code == 1
    assert not found.json["passed"]
    broken = {c["rule"] for c in found.json["constraints"] if not c["passed"]}
    assert {"long_gap", "max_repeat"} <= broken


# --- lengths, and what later commands work with


def test_toeholds_are_as_long_as_their_supply_asks() -> None:
    chain = parse_crn("".join(f"X{k} -> X{k + 1}\n" for k in range(8))).crn
    lengths, notes = sufficient_lengths(lambda o: compile_crn(chain, o), CompileOptions())
    need = sum(d.length == 5 for d in _domains(Lengths()))
    assert most(5, Rules(), Conditions()) < MARGIN * need <= most(lengths.toehold, Rules(), Conditions())
    assert lengths == Lengths(6, 15)
    assert f"needs {need} different ones" in notes[0]
    short = parse_crn("A -> B\n").crn
    assert sufficient_lengths(lambda o: compile_crn(short, o), CompileOptions()) == (Lengths(), ())


def _domains(lengths: Lengths) -> set[Domain]:
    chain = parse_crn("".join(f"X{k} -> X{k + 1}\n" for k in range(8))).crn
    inventory = Inventory.of(compile_crn(chain, CompileOptions(lengths=lengths)).system)
    return {~d if d.star else d for o in inventory.oligos for d in o.strand}


def test_what_is_stored_is_used(capsys: CAPSYS, network: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(capsys, "sequences", network, "-o", str(out), "--quiet", "--lengths", "toehold=6,long=16", *QUICK)
    crn = load(network).crn
    for stored in (find_stored(None, out), find_stored(str(out), None), find_stored(str(out / "sequences.json"), None)):
        assert stored is not None
        found = sequenced(lambda o: compile_crn(crn, o), CompileOptions(), stored=stored)
        assert found.sequences == stored.sequences
        assert found.compiled.options.lengths == Lengths(6, 16)
        assert found.design is None
    assert find_stored(None, tmp_path) is None
    assert find_stored(None, None) is None
    other = parse_crn("A + B -> D\n").crn
    with pytest.raises(CircuitError, match="designed for another circuit"):
        sequenced(lambda o: compile_crn(other, o), CompileOptions(), stored=stored)
    with pytest.raises(CircuitError, match="no_such"):
        find_stored(str(tmp_path / "no_such.json"), None)


def test_a_build_of_a_small_circuit_has_sequences(capsys: CAPSYS, network: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    block = run(capsys, "build", network, "-o", str(out), "--json").json
    summary = block["sequences"]
    assert summary["passed"]
    assert summary["strands"] == block["dna"]["strands"]
    stored = find_stored(None, out)
    assert stored is not None
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "Toeholds on their complements against the design energy" in page
    assert all(" ".join(stored.sequences.pieces(s.strand)) in page for s in stored.sequences.strands)
    # Those of a folder are taken where they are named, and none where none are wanted.
    again = run(capsys, "build", network, "-o", str(tmp_path / "b"), "--json", "--sequences", str(out)).json
    assert again["sequences"]["notes"] == [f"sequences of {out}/sequences.json"]
    copied = find_stored(None, tmp_path / "b")
    assert copied is not None
    assert (copied.sequences, copied.lengths) == (stored.sequences, stored.lengths)
    plain = run(capsys, "build", network, "-o", str(tmp_path / "c"), "--json", "--sequences", "no").json
    assert "sequences" not in plain
    assert find_stored(None, tmp_path / "c") is None


def test_a_large_circuit_is_designed_when_asked() -> None:
    compiled = compile_crn(load("linear-regression").crn)
    assert too_large(compiled) == ""
    large = compile_crn(load("linear-regression:inputs=5").crn)
    assert "--sequences yes" in too_large(large)


# --- studies


@pytest.mark.slow
def test_designed_toeholds_are_further_apart_than_those_of_stickydesign() -> None:
    # The tool that Piperine takes, with Piperine's settings: 7.7 kcal/mol without initiation, 0.5 apart, 40 % spurious.
    np.random.seed(1)  # noqa: NPY002  # what stickydesign draws from
    ends = stickydesign.easyends(
        "TD", 7, number=20, alphabet="h", interaction=7.7, maxspurious=0.4, fdev=0.5 / 7.7
    ).ends.tolist()  # fmt: skip
    theirs = Sequences(
        tuple((Domain(f"t{k}", 7), "".join("ACGT"[int(c)] for c in end[:7])) for k, end in enumerate(ends))
    )
    rules, binding = Rules(), Binding(Conditions())
    sets, _ = choose(len(ends), library(7, rules, binding), rules, binding, np.random.default_rng(0))
    ours = Sequences(tuple((Domain(f"t{k}", 7), t) for k, t in enumerate(sets[0][: len(ends)])))
    gap, spread = zip(*(_gap_and_spread(s) for s in (ours, theirs)), strict=True)
    assert gap[0] >= rules.toehold_gap > gap[1]
    assert spread[0] <= rules.toehold_spread < spread[1]


def _gap_and_spread(toeholds: Sequences) -> tuple[float, float]:
    names, texts = [d.name for d, _ in toeholds.domains], [t for _, t in toeholds.domains]
    return apart(toeholds, Conditions(), names), float(np.ptp(duplex_energies(texts, Conditions())))


@pytest.mark.slow
@pytest.mark.parametrize(("name", "size"), [("linear-regression", 31), ("linear-regression:inputs=5,centre=no", 46)])
@pytest.mark.parametrize("seed", range(5))
def test_whole_circuits_pass_every_hard_constraint(name: str, size: int, seed: int) -> None:
    crn = load(name).crn
    assert len(crn.reactions) == size
    found = sequenced(
        lambda o: compile_crn(crn, o), CompileOptions(), effort=Effort(Job(seed=seed), workers=2, folding=False)
    )
    assert found.design is not None
    assert found.design.passed
    assert all(c.passed for c in found.design.checks)
    assert found.design.in_time
    toeholds = [t for d, t in found.sequences.domains if d.length == 7]
    assert np.ptp(duplex_energies(toeholds, Conditions())) <= 0.5


@pytest.mark.slow
def test_a_whole_circuit_beside_random_sequences() -> None:
    crn = load("linear-regression").crn
    found = sequenced(lambda o: compile_crn(crn, o), CompileOptions(), effort=Effort(Job(), workers=2))
    assert found.design is not None
    assert found.quality is not None
    for letters in ("ACT", "ACGT"):
        other = measure(
            random_sequences(found.sequences, letters, 0), found.compiled.system, found.design.job.rules,
            found.design.job.conditions, targets=found.design.targets, workers=2,
        )  # fmt: skip
        for metric in found.quality.metrics:
            beside = other.metric(metric.name)
            if not beside.good:
                better = metric.value >= beside.value if metric.more_is_better else metric.value <= beside.value
                assert better, f"{metric.name}: {metric.value} and, at random, {beside.value}"


def test_random_sequences_fit_the_circuit() -> None:
    inventory = Inventory.of(system_of("A -> B\n"))
    domains = dict.fromkeys(~d if d.star else d for o in inventory.oligos for d in o.strand)
    blank = Sequences(tuple((d, t) for d, t in zip(domains, _distinct(domains), strict=True)))
    found = random_sequences(blank, "ACGT", 1)
    assert [d for d, _ in found.domains] == [d for d, _ in blank.domains]
    assert found != random_sequences(blank, "ACGT", 2)
    assert json.dumps([t for _, t in found.domains]).count("G") > 0


def _distinct(domains: dict[Domain, None]) -> list[str]:
    rng = np.random.default_rng(0)
    return ["".join("ACT"[i] for i in rng.integers(3, size=d.length)) for d in domains]

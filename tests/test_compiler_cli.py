"""The command line as a contract: keys, exit codes, diagnostics, and files that are whole or not there."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from support_cli import Stdin, run

from compiler.cli import PLANNED
from compiler.version import __version__

CAPSYS = pytest.CaptureFixture[str]
BINARY = bytes(range(256)) * 20


@pytest.fixture
def network(tmp_path: Path) -> str:
    path = tmp_path / "net.crn"
    path.write_text("A + B -> C [2]\nA @initial 1\nB @initial 0.5\n")
    return str(path)


def test_every_json_carries_how_it_was_made(capsys: CAPSYS, network: str) -> None:
    found = run(capsys, "compile", network, "--json", "--seed", "7", "--fuel", "50uM")
    block = found.json
    assert found.code == 0
    assert block["schema_version"] == 1
    assert block["command"] == "compile"
    made_by = block["made_by"]
    assert made_by["version"] == __version__
    assert made_by["seed"] == 7
    assert made_by["input_sha256"] == hashlib.sha256(Path(network).read_bytes()).hexdigest()
    assert made_by["options"]["fuel_M"] == "5e-05"
    assert made_by["pipeline"].startswith("merge-duplicates,")
    assert block["timing"]["total_s"] > 0


def test_compile_reports_the_contract(capsys: CAPSYS, network: str) -> None:
    block = run(capsys, "compile", network, "--json").json
    assert block["formal"] == {"species": 3, "reactions": 1}
    assert set(block["dna"]) >= {
        "species", "reactions", "fuels", "signals", "strands", "nucleotides", "longest_strand_nt",
    }  # fmt: skip
    assert block["scale"]["gain"] == pytest.approx(2)
    keys = {"name", "role", "kernel", "concentration_M", "formal_reactions", "interpretation"}
    assert all(set(row) >= keys for row in block["complexes"])
    held = [row["interpretation"] for row in block["complexes"] if row["part"] == "flux"]
    assert held == [["C"]]


def test_verify_proves_a_network_check_by_check(capsys: CAPSYS, network: str) -> None:
    found = run(capsys, "verify", network, "--json")
    checks = {c["name"]: c["verdict"] for c in found.json["checks"]}
    assert found.code == 0
    assert found.json["verdict"] == "equivalent"
    assert checks == {
        "rewrites": "equivalent",
        "gates": "equivalent",
        "enumeration-complete": "equivalent",
        "release": "equivalent",
        "cross-talk": "equivalent",
    }


def test_verify_names_the_complexes_that_disturb_one_another(capsys: CAPSYS, tmp_path: Path) -> None:
    path = tmp_path / "net.crn"
    path.write_text("A + A + B -> C\nA + B -> A\n")
    assert run(capsys, "verify", str(path), "--json").json["verdict"] == "equivalent"
    roles = ("--order", "r1=A,A,B", "--order", "r2=B,A")
    assert run(capsys, "verify", str(path), *roles).code == 2
    found = run(capsys, "verify", str(path), *roles, "--allow-wrong", "--json")
    worst = found.json["checks"][-1]
    assert (found.code, found.json["verdict"]) == (1, "different")
    assert (worst["name"], worst["verdict"]) == ("cross-talk", "different")
    assert "r2_flux + r1_held" in worst["counterexample"]
    assert "reads" in worst["counterexample"]
    assert "r2_flux = m_A s_A h_r2_1 f_A" in worst["counterexample"]


@pytest.mark.parametrize(
    ("implementation", "code", "verdict"),
    [("x <=> i\ni + y -> z\n", 0, "equivalent"), ("x -> i\ni + y -> z\ni ->\n", 1, "different")],
)
def test_verify_of_a_pair_of_files(
    capsys: CAPSYS, tmp_path: Path, implementation: str, code: int, verdict: str
) -> None:
    (tmp_path / "formal.crn").write_text("X + Y -> Z\n")
    (tmp_path / "made.crn").write_text(implementation)
    (tmp_path / "m.json").write_text('{"x": ["X"], "i": ["X"], "y": ["Y"], "z": ["Z"]}')
    names = [str(tmp_path / n) for n in ("formal.crn", "made.crn", "m.json")]
    found = run(capsys, "verify", names[0], names[1], "--interpretation", names[2], "--json")
    assert (found.code, found.json["verdict"]) == (code, verdict)
    assert bool(found.json["checks"][0]["counterexample"]) == (code == 1)


def test_verify_without_interpretation_searches_for_one(capsys: CAPSYS, tmp_path: Path) -> None:
    (tmp_path / "a.crn").write_text("X + Y -> Z\n")
    (tmp_path / "b.crn").write_text("X -> i\ni + Y -> Z\n")
    assert run(capsys, "verify", str(tmp_path / "a.crn"), str(tmp_path / "a.crn")).code == 0
    found = run(capsys, "verify", str(tmp_path / "a.crn"), str(tmp_path / "b.crn"), "--json")
    assert found.code == 0
    assert found.json["interpretation"] == {"X": ["X"], "Y": ["Y"], "Z": ["Z"], "i": ["X"]}


def test_the_circuit_that_build_writes_can_be_verified_from_its_files(
    capsys: CAPSYS, tmp_path: Path, network: str
) -> None:
    block = run(capsys, "compile", network, "-o", str(tmp_path / "out"), "--json").json
    rows = block["complexes"]
    meaning = {r["name"]: r["interpretation"] for r in rows if r["role"] not in ("fuel", "buffer")}
    fuels = ",".join(r["name"] for r in rows if r["role"] in ("fuel", "buffer"))
    (tmp_path / "m.json").write_text(json.dumps(meaning))
    found = run(
        capsys,
        "verify", network, str(tmp_path / "out" / "circuit.pil"),
        "--interpretation", str(tmp_path / "m.json"), "--fuels", fuels, "--json",
    )  # fmt: skip
    assert (found.code, found.json["verdict"]) == (0, "equivalent")


def test_simulate_both_levels_and_a_protocol(capsys: CAPSYS, tmp_path: Path, network: str) -> None:
    (tmp_path / "p.csv").write_text("time,species,amount\n1,A,0.5\n")
    found = run(capsys, "simulate", network, "--until", "4", "--protocol", str(tmp_path / "p.csv"), "--json")
    block = found.json
    assert found.code == 0
    assert block["outcome"].startswith("done")
    assert len(block["times"]) == len(block["values"]) == len(block["dna_values"]) == 101
    total = [a + c for a, _, c in block["values"]]
    assert total[0] == pytest.approx(1)
    assert total[-1] == pytest.approx(1.5)
    assert 0 < block["max_relative_error"] < 0.02


def test_a_network_from_standard_input(capsys: CAPSYS, monkeypatch: pytest.MonkeyPatch) -> None:
    Stdin(b"A -> B\n").install(monkeypatch)
    assert run(capsys, "compile", "-", "--json").json["formal"]["reactions"] == 1


def test_train_writes_curves_that_agree_with_its_json(capsys: CAPSYS, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "run"
    found = run(capsys, "train", "examples/own_circuit.crn", "--data", "examples/own_circuit.csv", "--epochs", "2",
                "-o", str(out), "--json")  # fmt: skip
    levels = found.json["levels"]
    assert set(levels) == {"formal", "dna"}
    keys = {"lab_time_s", "lowest_fuel_fraction", "lowest_fuel", "top_ups", "total_strand_M"}
    assert keys <= set(levels["dna"])
    lines = (out / "training.csv").read_text().splitlines()
    assert lines[1].split(",") == ["epoch", "sample", "x1", "y", "formal_yhat", "formal_P1", "dna_yhat", "dna_P1"]
    assert len(lines) == 2 + 12
    rows = [line.split(",") for line in lines[2:]]
    losses = [0.5 * (float(r[6]) - float(r[3])) ** 2 for r in rows[6:]]
    assert sum(losses) / 6 == pytest.approx(levels["dna"]["train_loss"][1], rel=1e-6)
    assert float(rows[-1][7]) == pytest.approx(levels["dna"]["parameters"]["P1"], rel=1e-6)
    assert "timing" in found.json
    assert "timing" not in json.loads((out / "result.json").read_text())


def test_two_builds_write_identical_bytes(capsys: CAPSYS, tmp_path: Path) -> None:
    texts = []
    for name in ("a", "b"):
        out = tmp_path / name
        code = run(capsys, "build", "examples/own_circuit.crn", "--data", "examples/own_circuit.csv", "--epochs", "1",
                   "--sequences", "no", "-o", str(out), "--quiet").code  # fmt: skip
        assert code == 0
        texts.append({p.name: p.read_bytes() for p in sorted(out.iterdir())})
    assert set(texts[0]) == {
        "result.json", "strands.csv", "circuit.pil", "formal.xml", "training.csv", "report.html", "certificate.json", "proof.txt",
    }  # fmt: skip
    assert texts[0] == texts[1]


def test_staged_circuits_need_the_named_option_at_dna_level(capsys: CAPSYS) -> None:
    refused = run(capsys, "train", "linear-regression:variant=lr10", "--epochs", "1")
    assert refused.code == 2
    assert "--flush ideal" in refused.err


def test_cost_of_all_schemes(capsys: CAPSYS, network: str) -> None:
    block = run(capsys, "cost", network, "--scheme", "all", "--json").json
    row = block["schemes"][0]
    assert row["scheme"] == "srinivas2015"
    assert {"total", "currency", "table_date", "unverified"} <= set(row["price"])
    assert row["gates_only"]["nucleotides"] + row["buffers"]["nucleotides"] == row["nucleotides"]


def test_set_and_rate_change_the_circuit(capsys: CAPSYS) -> None:
    arguments = ["train", "linear-regression", "--level", "formal", "--epochs", "1", "--json"]
    plain = run(capsys, *arguments).json["levels"]["formal"]
    moved = run(capsys, *arguments, "--set", "P1=1.1", "--set", "P2=-0.5").json["levels"]["formal"]
    slower = run(capsys, *arguments, "--rate", "eta=0.001").json["levels"]["formal"]
    assert moved["train_loss"] != plain["train_loss"]
    assert abs(slower["parameters"]["P1"] - 0.33213) < abs(plain["parameters"]["P1"] - 0.33213)


@pytest.mark.parametrize("name", PLANNED)
def test_commands_to_come_say_so(capsys: CAPSYS, name: str) -> None:
    found = run(capsys, name, "x")
    assert found.code == 2
    assert found.err == f"strandwright {name} does not exist yet\n"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["frobnicate"], "No such command"),
        (["compile"], "Missing argument"),
        (["compile", "{net}", "--bogus"], "No such option"),
        (["compile", "{net}", "--scheme", "none"], "there is no scheme 'none'"),
        (["compile", "{net}", "--fuel", "10"], "has no unit"),
        (["compile", "{net}", "--fuel", "0uM"], "--fuel has to be positive"),
        (["compile", "{net}", "--lengths", "toehold=20,long=15"], "a toehold is shorter"),
        (["compile", "{net}", "--scale", "1s"], "--scale"),
        (["compile", "{net}", "--fuel", "100nM"], "more than 1/20 of the fuels"),
        (["compile", "nowhere.crn"], "cannot be read"),
        (["compile", "linear-regresion"], "did you mean 'linear-regression'?"),
        (["compile", "linear-regression:inputs=0"], "inputs is between 1 and 64"),
        (["compile", "linear-regression:inputs=1e9"], "inputs is a whole number"),
        (["simulate", "{net}", "--until", "nan"], "out of range"),
        (["simulate", "{net}", "--until", "0"], "positive"),
        (["simulate", "{net}", "--until", "1", "--level", "rna"], "--level is formal, dna or both"),
        (["simulate", "{net}", "--until", "1", "--method", "magic"], "there is no simulator 'magic'"),
        (["train", "{net}"], "has no ports"),
        (["train", "linear-regression", "--data", "nowhere.csv"], "there is no file"),
        (["train", "linear-regression", "--set", "Q=1"], "no parameter 'Q'"),
        (["train", "linear-regression:inputs=3"], "say --data FILE.csv"),
        (["verify", "{net}", "--fuels", "f"], "go with an implementation"),
    ],
)
def test_wrong_words_are_told_and_exit_two(capsys: CAPSYS, network: str, arguments: list[str], says: str) -> None:
    found = run(capsys, *(network if a == "{net}" else a for a in arguments))
    assert found.code == 2
    assert says in found.err.replace("\n", " ")
    assert found.out == ""
    assert "Traceback" not in found.err


BAD_NETWORKS = {
    "negative rate": (b"A -> B [-1]\n", "1:9"),
    "infinite rate": (b"A -> B [inf]\n", "1:9"),
    "rate that is not a number": (b"A -> B [nan]\n", "1:9"),
    "empty file": (b"", "no reactions"),
    "only comments": (b"# nothing\n", "no reactions"),
    "10 MB line": (b"A + " * 2_500_000 + b"-> B [x]\n", "bad.crn:1:"),
    "binary junk": (BINARY, "bad.crn:"),
    "mixed units": (b"A -> B\nA @initial 10 nM\nB @initial 5\n", "bad.crn:3:"),
    "port of an unknown species": (b"#! input x1 -> Q\nA -> B\n", "bad.crn:1:16"),
}


@pytest.mark.parametrize("command", ["compile", "verify", "simulate", "train", "cost", "build"])
@pytest.mark.parametrize("kind", BAD_NETWORKS)
def test_bad_networks_leave_nothing_behind(capsys: CAPSYS, tmp_path: Path, command: str, kind: str) -> None:
    text, place = BAD_NETWORKS[kind]
    path, out = tmp_path / "bad.crn", tmp_path / "out"
    path.write_bytes(text)
    extra = ["--until", "1"] if command == "simulate" else []
    found = run(capsys, command, str(path), "-o", str(out), *extra)
    assert found.code == 2
    assert place in found.err
    assert len(found.err) < 5000
    assert found.out == ""
    assert sorted(p.name for p in tmp_path.iterdir()) == ["bad.crn"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x1,x2\n1,2\n", "'y'"),
        ("x1,x2,y\n1,2\n", "data.csv:2:"),
        ("x1,x2,y\n1,nan,2\n", "data.csv:2:3"),
        ("x1,x2,y\n1,two,2\n", "data.csv:2:3"),
        ("", "data.csv"),
        ("x1,x2,y\n-1,2,3\n", "below 0"),
    ],
)
def test_bad_data_is_told_with_its_place(capsys: CAPSYS, tmp_path: Path, text: str, says: str) -> None:
    path, out = tmp_path / "data.csv", tmp_path / "out"
    path.write_text(text)
    found = run(capsys, "train", "linear-regression:centre=no", "--data", str(path), "-o", str(out))
    assert found.code == 2
    assert says in found.err
    assert not out.exists()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("time,species,amount\n1,Q,1\n", "p.csv:2:3"),
        ("time,species,amount\n1,A,-1\n", "p.csv:2:5"),
        ("time,species,amount\n1,A,inf\n", "p.csv:2:5"),
        ("when,what\n", "p.csv:1"),
    ],
)
def test_bad_protocols_are_told_with_their_place(
    capsys: CAPSYS, tmp_path: Path, network: str, text: str, says: str
) -> None:
    path = tmp_path / "p.csv"
    path.write_text(text)
    found = run(capsys, "simulate", network, "--until", "2", "--protocol", str(path))
    assert found.code == 2
    assert says in found.err


def test_a_directory_that_cannot_be_written_is_told(capsys: CAPSYS, tmp_path: Path, network: str) -> None:
    (tmp_path / "file").write_text("in the way")
    found = run(capsys, "compile", network, "-o", str(tmp_path / "file" / "out"))
    assert found.code == 2
    assert "cannot be written" in found.err
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "net.crn"]


def test_lists_name_their_sources(capsys: CAPSYS) -> None:
    circuits = run(capsys, "circuits", "--json").json["circuits"]
    schemes = run(capsys, "schemes", "--json").json["schemes"]
    assert all("arXiv" in row["reference"] for row in circuits)
    assert all("doi:" in row["reference"] for row in schemes)
    assert run(capsys, "doctor").code == 0

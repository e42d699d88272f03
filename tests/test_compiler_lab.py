"""The commands `order` and `mix`: keys, files, folders of earlier commands, and a training run as it is pipetted."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from support_cli import run
from support_lab import any_sequences

from compiler.api import CompileOptions, compile_crn, load, peak_amounts
from compiler.lab import (
    doses_of,
    needs_of,
    peak_of,
    plan_of,
    shown_species,
    start_of,
    unplanned,
    untrained,
    uses_of,
    with_reporters,
)
from compiler.output import to_json, write_files
from compiler.provenance import stamp
from compiler.training_data import load_data
from crn.diagnostics import CircuitError
from crn.text import parse_crn
from dsd.lab.annealing import bottom
from dsd.lab.campaign import Setup
from dsd.sequences.storage import FILE_NAME, sequences_block

SMALL = "A + B -> C\nC -> A\nA @i 1\nB @i 2\n"


def _folder(directory: Path, name: str, source: str, text: str = "") -> Path:
    """Return a folder as `sequences` writes it, with nucleotides that nobody judged."""
    path = directory / source if text else Path(source)
    if text:
        path.write_text(text, encoding="utf-8")
    found = load(str(path))
    compiled = compile_crn(found.crn, CompileOptions())
    made_by = stamp("sequences", found.sha256, {"source": str(path), "lengths": "auto"}, 3, compiled.pipeline)
    block = {
        **made_by.block(),
        **sequences_block(any_sequences(compiled.system)),
        "lengths": {"toehold_nt": 5, "long_nt": 15},
    }
    write_files(directory / name, {FILE_NAME: to_json(block)})
    return directory / name


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the sequences of a small network."""
    return _folder(tmp_path_factory.mktemp("small"), "seq", "small.crn", SMALL)


@pytest.fixture(scope="module")
def learner(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with sequences of a circuit that learns."""
    return _folder(tmp_path_factory.mktemp("learner"), "seq", "linear-regression")


def _json(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    done = run(capsys, *words, "--json")
    assert done.code == 0, done.err
    return dict(json.loads(done.out))


def _rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


# Order


def test_order_of_a_folder_has_its_keys_and_files(capsys: pytest.CaptureFixture[str], small: Path) -> None:
    block = _json(capsys, "order", str(small))
    assert {"schema_version", "command", "made_by", "files", "strands", "price"} <= set(block)
    assert block["command"] == "order"
    folder = small / "order"
    assert {Path(f).name for f in block["files"]} == {p.name for p in folder.iterdir()}
    stored = {s["name"]: s["sequence"] for s in json.loads((small / FILE_NAME).read_text())["strands"]}
    ordered = {s["name"]: s["sequence"] for s in block["strands"]}
    assert {n: s for n, s in ordered.items() if n in stored} == stored
    assert set(ordered) - set(stored) == {f"reporter_{s}_{w}" for s in "AC" for w in ("quencher", "dye")}
    assert ordered["reporter_A_dye"].startswith("/56-FAM/")
    assert ordered["reporter_A_quencher"].endswith("/3IABkFQ/")
    assert block["price"]["unverified"] is True
    assert block["price"]["total"] == pytest.approx(sum(s["price"] for s in block["strands"]))


def test_a_plate_order_is_what_the_block_says(
    capsys: pytest.CaptureFixture[str], learner: Path, tmp_path: Path
) -> None:
    block = _json(capsys, "order", str(learner), "-o", str(tmp_path / "o"), "--epochs", "1")
    book = openpyxl.load_workbook(tmp_path / "o" / "plates.xlsx")
    assert book.sheetnames == [p["name"] for p in block["plates"]]
    cells = {
        (s.title, well): (name, text)
        for s in book.worksheets
        for well, name, text in list(s.iter_rows(values_only=True))[1:]
    }
    said = {(s["plate"], s["well"]): (s["name"], s["sequence"]) for s in block["strands"] if s["plate"]}
    assert said.items() <= cells.items()
    assert all(p["strands"] >= 24 for p in block["plates"])
    tubes = (tmp_path / "o" / "tubes.csv").read_text().splitlines()
    assert len(tubes) == len(block["tubes"])
    for plate in block["plates"]:
        assert (tmp_path / "o" / f"{plate['name']}.svg").read_text().startswith("<svg")


def test_tubes_and_tables_for_other_vendors(capsys: pytest.CaptureFixture[str], small: Path, tmp_path: Path) -> None:
    block = _json(
        capsys, "order", str(small), "-o", str(tmp_path / "t"), "--format", "idt-tube", "--only", "A_h_r2_1,r1_flux"
    )
    assert [s["name"] for s in block["strands"]] == ["A_h_r2_1", "r1_flux"]
    lines = (tmp_path / "t" / "tubes.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in lines] == ["A_h_r2_1", "r1_flux"]
    mapping = tmp_path / "m.toml"
    mapping.write_text('[columns]\n"Oligo" = "{name}"\n"Seq" = "{sequence}"\n', encoding="utf-8")
    _json(capsys, "order", str(small), "-o", str(tmp_path / "c"), "--format", "csv", "--mapping", str(mapping))
    rows = _rows(tmp_path / "c" / "order.csv")
    assert {r["Oligo"] for r in rows} >= {"A_h_r2_1", "reporter_C_dye"}


def test_the_users_own_scales_are_ordered_by(capsys: pytest.CaptureFixture[str], small: Path, tmp_path: Path) -> None:
    prices = tmp_path / "mine.toml"
    kinds = [("STD", "plain", 0), ("HPLC", "modified", 10)]
    prices.write_text(
        'date = 2026-01-31\ncurrency = "EUR"\n'
        '[[row]]\nvendor = "V"\nproduct = "p"\nscale = "s"\nmin_nt = 1\nmax_nt = 200\nper_base = 0.5\ndate = 2026-01-31\n'
        '[[scale]]\nvendor = "V"\nproduct = "tube"\ncode = "huge"\nvessel = "tube"\nmin_nt = 1\nmax_nt = 200\n'
        'guaranteed_nmol = 500\nyield_source = "quote"\nper_base = 0.5\nsource = "quote"\npurifications = ["STD", "HPLC"]\n'
        + "".join(
            f'[[purification]]\ncode = "{code}"\nuse = "{use}"\nmin_nt = 1\nmax_nt = 200\nkept = 1.0\nper_strand = {price}\n'
            'source = "quote"\n'
            for code, use, price in kinds
        ),
        encoding="utf-8",
    )
    block = _json(capsys, "order", str(small), "-o", str(tmp_path / "o"), "--prices", str(prices))
    assert {s["scale"] for s in block["strands"]} == {"huge"}
    plain = [s for s in block["strands"] if s["purification"] == "STD"]
    assert all(s["price"] == pytest.approx(0.5 * s["length_nt"]) and not s["unverified"] for s in plain)
    # No price is known for the dyes, so the whole is not verified.
    assert block["price"]["unverified"] is True
    assert block["price"]["currency"] == "EUR"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--format", "excel"), "--format is"),
        (("--mapping", "x.toml"), "goes with --format csv"),
        (("--only", "nobody"), "no strand 'nobody'"),
        (("--report", "X"), "no signal 'X'"),
        (("--volume", "3nM"), "unknown unit"),
    ],
)
def test_what_is_wrong_with_an_order_is_told(
    capsys: pytest.CaptureFixture[str], small: Path, words: tuple[str, ...], message: str
) -> None:
    done = run(capsys, "order", str(small), *words)
    assert done.code == 2
    assert message in done.err


def test_a_folder_that_says_nothing_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    done = run(capsys, "order", str(tmp_path))
    assert done.code == 2
    assert "has written" in done.err


def test_a_source_that_has_changed_since_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    folder = _folder(tmp_path, "seq", "net.crn", SMALL)
    (tmp_path / "net.crn").write_text(SMALL.replace("1", "1.5"), encoding="utf-8")
    done = run(capsys, "order", str(folder))
    assert done.code == 2
    assert "has changed since" in done.err


def test_a_source_needs_a_place_to_write_to(capsys: pytest.CaptureFixture[str], small: Path) -> None:
    done = run(capsys, "order", str(small.parent / "small.crn"), "--from", str(small))
    assert done.code == 2
    assert "name it with -o DIR" in done.err


# Mix


def test_mix_of_a_folder_has_its_keys_and_files(capsys: pytest.CaptureFixture[str], small: Path) -> None:
    block = _json(capsys, "mix", str(small))
    assert {"schema_version", "command", "made_by", "files", "steps", "mixes"} <= set(block)
    names = {p.name for p in (small / "mix").iterdir()}
    assert names == {Path(f).name for f in block["files"]}
    assert {
        "protocol.md",
        "stocks.csv",
        "annealing.csv",
        "dilutions.csv",
        "trials.csv",
        "traces.csv",
        "mixes.csv",
    } <= names
    assert block["steps"][0]["part"].startswith("1.")
    for made in block["mixes"]:
        volume = sum(p["volume_uL"] for p in made["parts"]) + made["buffer_uL"] + made["water_uL"]
        assert volume == pytest.approx(made["volume_uL"])


def test_true_stocks_change_the_volumes_in_proportion(
    capsys: pytest.CaptureFixture[str], small: Path, tmp_path: Path
) -> None:
    first = _json(capsys, "mix", str(small), "-o", str(tmp_path / "a"))
    table = (tmp_path / "a" / "reference.csv").read_text()
    halved = tmp_path / "stocks.csv"
    halved.write_text(table.replace("100000.000000", "50000.000000"), encoding="utf-8")
    second = _json(capsys, "mix", str(small), "-o", str(tmp_path / "b"), "--stock", str(halved))
    one, two = ({m["name"]: m for m in b["mixes"]} for b in (first, second))
    tube = "reporter_C 1x"
    volumes = [
        next(p["volume_uL"] * p["source_M"] for p in m[tube]["parts"] if p["source"].startswith("C_h"))
        for m in (one, two)
    ]
    # Half as concentrated stocks: the same amount arrives.
    assert volumes[1] == pytest.approx(volumes[0])
    annealed = [m["anneal r1_join"]["parts"][0] for m in (one, two)]
    assert annealed[1]["source_M"] == pytest.approx(annealed[0]["source_M"] / 2)
    done = run(capsys, "mix", str(small), "-o", str(tmp_path / "c"), "--stock", str(halved), "--stock", str(halved))
    assert done.code == 2
    assert "stands in an earlier file too" in done.err


def test_both_commands_write_the_same_bytes_twice(
    capsys: pytest.CaptureFixture[str], small: Path, tmp_path: Path
) -> None:
    for command in ("order", "mix"):
        for number in ("1", "2"):
            _json(capsys, command, str(small), "-o", str(tmp_path / f"{command}{number}"))
        one, two = tmp_path / f"{command}1", tmp_path / f"{command}2"
        assert {p.name: p.read_bytes() for p in one.iterdir()} == {p.name: p.read_bytes() for p in two.iterdir()}


def test_the_buffer_is_that_of_the_sequences(capsys: pytest.CaptureFixture[str], small: Path, tmp_path: Path) -> None:
    block = json.loads((small / FILE_NAME).read_text())
    block["conditions"] = {"temperature_C": 30.0, "sodium_M": 0.0, "magnesium_M": 0.02}
    write_files(tmp_path / "seq", {FILE_NAME: to_json(block)})
    text = _json(capsys, "mix", str(tmp_path / "seq"))["steps"][0]["text"]
    # For 10 mL of the ten-fold buffer: 200 mM of magnesium chloride are 2 mL of 1 M.
    assert "30 C, 0 mM Na, 20 mM Mg" in text
    assert "2 mL of 1 M MgCl2" in text
    assert "NaCl" not in text


def test_a_build_with_sequences_has_an_order_and_bench_sheets(
    capsys: pytest.CaptureFixture[str], small: Path, tmp_path: Path
) -> None:
    net, out = str(small.parent / "small.crn"), tmp_path / "out"
    block = _json(capsys, "build", net, "-o", str(out), "--sequences", str(small))
    written = {str(Path(f).relative_to(out)) for f in block["files"]}
    assert {"order/order.md", "order/tubes.csv", "order/prices.csv", "mix/protocol.md", "mix/trials.csv"} <= written
    assert all((out / name).is_file() for name in written)
    assert block["lab"]["price"]["unverified"] is True
    assert [r["species"] for r in block["lab"]["reporters"]] == ["A", "C"]
    # What the folder holds is what the commands make of it.
    _json(capsys, "order", str(out), "-o", str(tmp_path / "again"))
    assert (tmp_path / "again" / "tubes.csv").read_text() == (out / "order" / "tubes.csv").read_text()
    assert (tmp_path / "again" / "prices.csv").read_text() == (out / "order" / "prices.csv").read_text()
    _json(capsys, "mix", str(out), "-o", str(tmp_path / "mixed"))
    for name in ("annealing.csv", "mixes.csv", "trials.csv", "traces.csv", "echo.csv"):
        assert (tmp_path / "mixed" / name).read_text() == (out / "mix" / name).read_text()


def test_a_circuit_that_flushes_is_ordered_without_its_training() -> None:
    source = load("linear-regression:variant=lr10")
    data, _ = load_data(source)
    compiled = compile_crn(source.crn, CompileOptions(allow_wrong=True), peak_amounts(source.learning, [data]))
    plan = plan_of(compiled, source.learning, data, 1, "every-sample")
    assert doses_of(compiled, plan) == ()
    (note,) = unplanned(compiled, source.learning)
    assert "no pipette can do" in note


# What a training run consumes


def test_doses_are_those_of_the_protocol() -> None:
    source = load("linear-regression")
    data, _ = load_data(source)
    circuit = source.learning
    compiled = compile_crn(source.crn, CompileOptions(), peak_amounts(circuit, [data]))
    plan = plan_of(compiled, circuit, data, 2, "every-sample")
    doses = doses_of(compiled, plan)
    scale = compiled.scale
    samples = len(data)
    topped = [d for d in doses if d.mix == "top-up"]
    assert len(topped) == 2 * samples
    assert [d.time_s for d in topped] == pytest.approx(
        [n * circuit.sample_time * scale.time_s for n in range(2 * samples)]
    )
    # The signals of a sample add up to its protocol, times the dose.
    row = dict(zip((*data.inputs, *data.targets), (*data.x[0], *data.y[0]), strict=True))
    protocol = circuit.protocol(row)
    wanted = sorted(a.amount * scale.dose for a in protocol.additions)
    mine = [a for d in doses if d.label.startswith("epoch 1, sample 1,") and d.mix != "top-up" for _, a in d.raises]
    assert sorted(mine) == pytest.approx(wanted)
    # The same mix is the same in both epochs.
    of: dict[str, object] = {}
    assert all(of.setdefault(d.mix, d.raises) == d.raises for d in doses)


def test_needs_are_runs_times_volume_times_concentration_over_yield() -> None:
    source = load("linear-regression")
    data, _ = load_data(source)
    compiled = compile_crn(source.crn, CompileOptions(), peak_amounts(source.learning, [data]))
    plan = plan_of(compiled, source.learning, data, 1, "every-sample")
    setup = Setup(runs=2)
    sequences, reporters = with_reporters(
        compiled, any_sequences(compiled.system), shown_species(compiled, source.circuit)
    )
    needs = needs_of(compiled, sequences, reporters, plan, setup, peak_of(compiled, plan))
    assert set(needs) == set(sequences.by_name)
    # A strand that is in one complex only, as its bottom: no excess, half of it lost.
    entry = next(e for e in compiled.system.entries if e.part == "produce")
    strand = sequences.by_strand[entry.complex.strands[bottom(entry.complex)]]
    added = plan.top_up.get(entry.complex, 0.0) * len(data)
    expected = 2 * setup.volume_L * (entry.concentration + added) / 0.5
    assert needs[strand.name] == pytest.approx(expected)
    use = next(u for u in uses_of(compiled, plan) if u.complex == entry.complex)
    assert use.total_M == pytest.approx(entry.concentration * (1 + use.top_ups))


def test_reporters_go_to_the_outputs_or_to_those_that_are_named() -> None:
    source = load("linear-regression")
    compiled = compile_crn(source.crn, CompileOptions())
    read = {s for r in source.learning.outputs for s, _ in r.terms}
    assert set(shown_species(compiled, source.circuit)) == read
    assert len(shown_species(compiled, source.circuit, ["all"])) == len(compiled.system.carriers)
    with pytest.raises(CircuitError, match="no signal 'Q'"):
        shown_species(compiled, source.circuit, ["Q"])
    # In a network without ports: what is made and not used, or else all that is made.
    ends = compile_crn(parse_crn("A + B -> C").crn, CompileOptions())
    assert shown_species(ends, None) == ("C",)
    circle = compile_crn(parse_crn(SMALL).crn, CompileOptions())
    assert set(shown_species(circle, None)) == {"A", "C"}


def test_an_aliquot_reads_what_there_is() -> None:
    source = load("linear-regression")
    data, _ = load_data(source)
    compiled = compile_crn(source.crn, CompileOptions(), peak_amounts(source.learning, [data]))
    plan = plan_of(compiled, source.learning, data, 1, "none")
    _, reporters = with_reporters(compiled, any_sequences(compiled.system), shown_species(compiled, source.circuit))
    readings = untrained(compiled, reporters, plan, peak_of(compiled, plan))
    assert [r.reporter for r in readings] == [r.name for r in reporters]
    largest = max(readings, key=lambda r: r.present_M)
    # 99 % of the larger rail would be taken alone; what is held by gates comes a little later.
    assert largest.shown_M == pytest.approx(largest.present_M, rel=0.15)
    assert largest.later_M == pytest.approx(largest.present_M, rel=0.05)
    assert dict(start_of(compiled)).keys() <= {e.complex.name for e in compiled.system.entries}

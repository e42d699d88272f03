"""Design sweeps: fronts against brute force, rows against builds of the same designs, and tables that do not depend on luck."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import pickle
import xml.etree.ElementTree as ET
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support_cli import Stdin, run

from compiler.compilation import CompileOptions
from compiler.design_point import Point, read_point
from compiler.designs import Base, axes_of, designs_of, specified
from compiler.explore import LOSS
from compiler.noise import Noise
from compiler.options import compile_options
from compiler.pareto import pareto_front
from compiler.runs_file import PARTIAL, Kept
from compiler.sources import load
from compiler.sweep import Outcome, Part, assess, marked, run_part, sweep
from compiler.training_words import SampleWords
from crn.diagnostics import CircuitError
from crn.simulate.ensemble import median_interval

SMALL = "linear-regression:inputs=1,bias=none"
DATA = "x1,y\n1,2\n2,4.2\n3,5.9\n"

# --- the front ----------------------------------------------------------------------------------------------------------------

coordinates = st.integers(0, 4).map(float) | st.sampled_from([np.inf, np.nan])


@given(st.integers(1, 4).flatmap(lambda m: st.lists(st.tuples(*[coordinates] * m), min_size=1, max_size=40)))
def test_the_front_is_what_no_other_point_dominates(points: list[tuple[float, ...]]) -> None:
    rows = np.array(points)
    finite = np.all(np.isfinite(rows), axis=1)

    def dominated(i: int) -> bool:
        return any(finite[j] and np.all(rows[j] <= rows[i]) and np.any(rows[j] < rows[i]) for j in range(len(rows)))

    wanted = [bool(finite[i]) and not dominated(i) for i in range(len(rows))]
    assert pareto_front(rows).tolist() == wanted


def test_errors_are_no_choice_of_the_designer() -> None:
    """A design in a rough world is not beaten by the same design in a quiet one."""
    axes = axes_of(["noise.rates=0,10%"], SMALL)
    designs = designs_of(Base(SMALL, CompileOptions(), SampleWords(), Noise()), load(SMALL), axes)
    figures = [{"loss": loss, "lab_time_s": 1.0, "strands": 1.0, "price": 1.0} for loss in (0.1, 0.2)]
    found = marked([Outcome(d, f) for d, f in zip(designs, figures, strict=True)])
    assert [o.front for o in found] == [True, True]


@pytest.mark.parametrize(("runs", "covered"), [(6, 0.969), (12, 0.961), (25, 0.957)])
def test_the_interval_of_a_median_covers_it_as_often_as_the_binomial_distribution_says(
    runs: int, covered: float
) -> None:
    draws = np.random.default_rng(1).lognormal(size=(4000, runs))
    intervals = np.array([median_interval(row.tolist()) for row in draws])
    found = np.mean((intervals[:, 0] <= 1) & (intervals[:, 1] >= 1))
    assert abs(found - covered) < 3 * np.sqrt(covered * (1 - covered) / len(draws))
    assert median_interval(draws[0, :5].tolist()) == (-np.inf, np.inf)


# --- the words ----------------------------------------------------------------------------------------------------------------


def test_designs_are_all_combinations_and_say_what_builds_them() -> None:
    base = Base(SMALL, CompileOptions(), SampleWords(data="d.csv"), Noise(), rate=("eta=0.02",), seed=3)
    designs = designs_of(
        base, load(SMALL), axes_of(["scheme=srinivas2015,soloveichik2010", "signal=5nM,10nM", "epochs=2"], SMALL)
    )
    assert [d.number for d in designs] == [1, 2, 3, 4]
    assert dict(designs[2].choices) == {"scheme": "soloveichik2010", "signal": "5nM", "epochs": "2"}
    assert all(d.reason for d in designs), "there is no file d.csv"


@given(
    st.sampled_from(["srinivas2015", "soloveichik2010"]),
    st.none() | st.floats(1e-3, 1e5),
    st.tuples(st.floats(1e-12, 1e-6), st.floats(1e-7, 1e-3), st.floats(1e3, 1e8)),
    st.booleans(),
    st.none() | st.integers(1, 99),
    st.sampled_from(["constant", "exponential:half=10"]),
    st.integers(0, 2**31),
)
def test_a_point_reads_what_it_wrote(
    scheme: str,
    time_s: float | None,
    physical: tuple[float, float, float],
    flag: bool,
    epochs: int | None,
    schedule: str,
    seed: int,
) -> None:
    signal, fuel, qmax = physical
    scale = "auto" if time_s is None else f"{time_s!r}s"
    options = compile_options(
        scheme, scale, f"{signal!r}M", f"{fuel!r}M", f"{qmax!r}", "toehold=6,long=18", ["r1=A,B"], flag
    )
    words = SampleWords(data="some data.csv", epochs=epochs, schedule=schedule)
    point = Point("linear-regression:eta=0.02", options, words, ("P1=-0.5",), seed, "toehold=6,long=18")
    assert Point.of(point.command) == point


def test_a_choice_takes_the_place_of_what_the_source_says() -> None:
    found = specified("linear-regression:inputs=2", ["eta=0.2"], {"inputs": "1"})
    assert found == "linear-regression:inputs=1,eta=0.2"
    assert specified("linear-regression", ["eta=0.2"], {"eta": "0.3"}) == "linear-regression:eta=0.3"


def test_an_option_of_the_circuit_can_have_the_name_of_a_word() -> None:
    name = "linear-classification"
    axes = axes_of(["circuit.batch=yes", "batch=5,10", "circuit.form=tube"], name)
    base = Base(name, CompileOptions(), SampleWords(), Noise())
    designs = designs_of(base, load(name), axes)
    assert [d.job.words.batch for d in designs if d.job] == [5, 10]
    assert designs[0].command == "strandwright build linear-classification:batch=yes,form=tube --batch 5"
    with pytest.raises(CircuitError, match="given twice"):
        axes_of(["form=tube", "circuit.form=staged"], name)


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("scheme", "NAME=VALUE"),
        ("eta=", "NAME=VALUE"),
        ("schema=a", "nothing called 'schema'"),
        ("scheme=nobody", "no scheme 'nobody'"),
        ("signal=5", "unit"),
        ("eta=much", "is a number"),
        ("epochs=0", "whole number"),
        ("epochs=2,2", "twice"),
        ("noise.weather=1", "nothing called"),
        ("noise.rates=-1", "0 or more"),
        ("toehold=30", "shorter"),
    ],
)
def test_what_cannot_be_gone_over_is_said(word: str, message: str) -> None:
    with pytest.raises(CircuitError, match=message):
        axes_of([word], SMALL)


def test_a_sweep_has_an_end() -> None:
    many = ",".join(str(n) for n in range(1, 200))
    with pytest.raises(CircuitError, match="39601 designs"):
        axes_of([f"epochs={many}", f"batch={many}"], SMALL)


# --- sweeps -------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def words(tmp_path: Path) -> list[str]:
    """Return the beginning of a command that sweeps a small circuit over its own small data."""
    path = tmp_path / "points.csv"
    path.write_text(DATA)
    return ["explore", SMALL, "--data", str(path), "--validate", str(path), "--workers", "1", "--epochs", "1"]


def table(path: Path) -> list[dict[str, str]]:
    lines = path.read_text().splitlines(keepends=True)
    assert lines[0].startswith("# strandwright ")
    return list(csv.DictReader(io.StringIO("".join(lines[1:]))))


def test_a_row_is_what_a_build_of_its_design_finds(
    tmp_path: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    over = ["--over", "scheme=srinivas2015,soloveichik2010", "--over", "signal=10nM,10uM", "--over", "eta=0.05"]
    out = tmp_path / "swept"
    swept = run(capsys, *words, "--level", "dna", *over, "-o", str(out), "--json").json
    rows = table(out / "designs.csv")
    assert [r["reason"] == "" for r in rows] == [True, False, True, False]
    assert "--fuel" in rows[1]["reason"], "it says what would help"
    assert [d["design"] for d in swept["designs"] if d["front"]] == swept["summary"]["front"]
    folder = tmp_path / "built"
    made = run(
        capsys, "build", "--design", f"{out / 'designs.csv'}:3", "--sequences", "no", "-o", str(folder), "--quiet"
    )
    assert made.code == 0, made.err
    built: dict[str, Any] = json.loads((folder / "result.json").read_text())
    dna, row, price = built["levels"]["dna"], swept["designs"][2], built["schemes"][0]["price"]
    assert built["scheme"] == row["scheme"] == "soloveichik2010"
    assert row["loss"] == pytest.approx(dna["validation_loss"], rel=1e-11)
    assert (row["lab_time_s"], row["pipetting_steps"]) == (dna["lab_time_s"], dna["pipetting_steps"])
    assert (row["strands"], row["nucleotides"]) == (built["dna"]["strands"], built["dna"]["nucleotides"])
    assert (row["price"], swept["currency"]) == (price["total"], price["currency"])
    assert read_point(f"{out / 'result.json'}:3") == read_point(f"{out / 'designs.csv'}:3")
    typed = run(capsys, *rows[2]["build"].split()[1:], "--sequences", "no", "-o", str(tmp_path / "typed"), "--quiet")
    assert typed.code == 0
    for name in ("strands.csv", "circuit.pil", "training.csv"):
        assert (tmp_path / "typed" / name).read_bytes() == (folder / name).read_bytes()


@pytest.mark.parametrize(
    ("design", "message"),
    [
        ("designs.csv", "names no design"),
        ("designs.csv:9", "it has 1 to 2"),
        ("designs.csv:2", "cannot be built"),
        ("points.csv:1", "no designs"),
    ],
)
def test_what_cannot_be_built_is_said(
    design: str, message: str, tmp_path: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, *words, "--over", "signal=10nM,10uM", "-o", str(tmp_path), "--quiet").code == 0
    with pytest.raises(CircuitError, match=message):
        read_point(str(tmp_path / design))


def test_a_design_says_its_scheme_itself(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    ran = run(capsys, "build", "--design", "x.csv:1", "--scheme", "soloveichik2010", "-o", str(tmp_path))
    assert ran.code == 2
    assert "itself" in ran.err


ROUGH = ["--over", "eta=0.02,0.05", "--over", "noise.rates=0,10%", "--samples", "3"]


def test_a_replicate_depends_on_its_numbers_only(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """One by one, in other company, and out of order: the rows are the same."""
    found = run(capsys, *words, *ROUGH, "--json").json
    assert [(r["design"], r["run"]) for r in found["runs"]] == [(d, n) for d in (2, 4) for n in range(3)]
    data = words[words.index("--data") + 1]
    base = Base(SMALL, CompileOptions(), SampleWords(data=data, validate=data, epochs=1), Noise())
    design = designs_of(base, load(SMALL), axes_of(ROUGH[1:2] + ROUGH[3:4], SMALL))[3]
    task = assess(design, "formal", True).task
    assert task is not None
    _, rows = run_part(Part(4, task, 0, (2, 0)))
    losses = {n: row[LOSS] for n, row in rows}
    assert losses == {r["run"]: r[LOSS] for r in found["runs"] if r["design"] == 4 and r["run"] in (0, 2)}
    median = sorted(r[LOSS] for r in found["runs"] if r["design"] == 4)[1]
    assert found["designs"][3]["loss"] == median


def test_what_was_done_is_not_done_again(tmp_path: Path, words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    assert run(capsys, *words, *ROUGH, "-o", str(whole), "--quiet").code == 0
    broken.mkdir()
    lines = (whole / PARTIAL).read_bytes().splitlines(keepends=True)
    (broken / PARTIAL).write_bytes(
        b"".join(lines[:6]) + b'{"run": 17, "rea'
    )  # all designs, one replicate, and a cut line
    assert run(capsys, *words, *ROUGH, "-o", str(broken), "--quiet").code == 0
    for name in ("designs.csv", "result.json", "designs.svg"):
        assert (broken / name).read_bytes() == (whole / name).read_bytes()
    kept = (broken / PARTIAL).read_bytes().splitlines(keepends=True)
    assert kept[:6] == lines[:6]
    assert sorted(kept) == sorted(lines)


def test_more_replicates_are_made_beside_those_that_are_there(
    tmp_path: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    grown, whole = tmp_path / "grown", tmp_path / "whole"
    for samples in ("1", "3"):
        assert run(capsys, *words, *ROUGH[:-1], samples, "-o", str(grown), "--quiet").code == 0
    assert run(capsys, *words, *ROUGH, "-o", str(whole), "--quiet").code == 0
    assert (grown / "designs.csv").read_bytes() == (whole / "designs.csv").read_bytes()


class Posted(ThreadPoolExecutor):
    """Sends work and what comes of it as bytes, as other processes and machines are sent it."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        return super().submit(self._done, pickle.dumps((fn, args, kwargs)))

    @staticmethod
    def _done(sent: bytes) -> Any:
        fn, args, kwargs = pickle.loads(sent)
        return pickle.loads(pickle.dumps(fn(*args, **kwargs)))


def test_rows_do_not_depend_on_who_works(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    found = run(capsys, *words, *ROUGH, "--json").json
    data = words[words.index("--data") + 1]
    base = Base(SMALL, CompileOptions(), SampleWords(data=data, validate=data, epochs=1), Noise())
    designs = designs_of(base, load(SMALL), axes_of(ROUGH[1:2] + ROUGH[3:4], SMALL))
    with Posted(2) as executor:

        def workplace() -> Any:
            return contextlib.nullcontext((executor, None))

        outcomes = sweep(designs, "formal", 3, 0, Kept(None, {}), workplace, lambda *_: True)
    alone = {(r["design"], r["run"]): r[LOSS] for r in found["runs"]}
    assert {(o.design.number, n): r[LOSS] for o in outcomes for n, r in enumerate(o.rows)} == alone
    assert [o.front for o in outcomes] == [d["front"] for d in found["designs"]]


def test_nothing_at_all_can_be_built(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    ran = run(capsys, *words, "--over", "signal=10uM")
    assert ran.code == 1
    assert "cannot be   1:" in ran.out


def test_figures_of_a_finished_sweep_are_taken_from_the_store() -> None:
    """Nobody works where everything is there."""
    base = Base("linear-regression", CompileOptions(), SampleWords(), Noise())
    design = designs_of(base, load(base.source), axes_of(["eta=0.01"], base.source))[0]
    figures = {"loss": 0.5, "lab_time_s": 1.0, "strands": 2.0, "price": 3.0}
    store = Kept(None, {(1 << 32): figures})

    def nobody() -> Any:
        raise AssertionError("there is nothing to do")

    found = sweep([design], "formal", 0, 0, store, nobody, lambda *_: True)
    assert (found[0].figures, found[0].front) == (figures, True)


def test_the_text_shows_the_front_first_and_how_to_build_it(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    ran = run(capsys, *words, "--over", "eta=0.0001,0.05", "--over", "form=tube,staged")
    lines = ran.out.splitlines()
    assert lines[2].split()[:2] == ["*", "3"] or lines[2].split()[0] == "*3"
    assert any("strandwright build linear-regression:inputs=1,bias=none,eta=0.05,form=tube" in line for line in lines)


def test_a_circuit_from_standard_input_is_read_once(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (Path(__file__).parents[1] / "examples" / "own_circuit.crn").read_bytes()
    Stdin(text).install(monkeypatch)
    words[1] = "-"
    found = run(capsys, *words, "--over", "signal=5nM,10nM", "--json").json["designs"]
    assert [(d["reason"], d["build"]) for d in found] == [(None, None)] * 2


def test_the_picture_is_a_file_of_its_own(tmp_path: Path, words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, *words, "--over", "eta=0.02,0.05", "-o", str(tmp_path), "--quiet").code == 0
    root = ET.fromstring((tmp_path / "designs.svg").read_text())
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    told = {(e.text or "").strip() for e in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {"laboratory, h", "validation loss", "not on the front", "eta 0.02"} <= told


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--noise", "clock=1%"], "clock is no error of a sweep"),
        (["--noise", "leak=1"], "take --level dna"),
        (["--sensitivity", "morris"], "two studies"),
        (["--level", "both"], "formal or dna"),
    ],
)
def test_what_cannot_be_swept_is_said(
    more: list[str], message: str, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    ran = run(capsys, *words, "--over", "eta=0.02", *more)
    assert ran.code == 2
    assert message in ran.err

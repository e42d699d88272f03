"""Ensembles of training runs: what errors do to circuits, and a table that does not depend on how it came about."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from support_cli import run

from compiler.cli import main
from compiler.compilation import CompileOptions
from compiler.explore import ACCURACY, LOSS, TrainingTask, quiet_loss, summary
from compiler.exposed_tube import exposed_dna, exposed_formal
from compiler.noise import KINDS, Noise, noise_of
from compiler.runs_file import PARTIAL
from crn.diagnostics import CircuitError
from crn.neural.catalog import named_circuit
from crn.neural.datasets import builtin_dataset
from crn.neural.dosing import dosed_for
from crn.neural.training import Regime, Tube, train
from crn.simulate import SIMULATORS, ExactSSA
from crn.simulate.ensemble import replicates, stream

DATA, VALIDATION = builtin_dataset("linreg-authors")


def task_of(name: str, noise: Noise, epochs: int = 5) -> TrainingTask:
    circuit = dosed_for(named_circuit(name)[0], DATA, [VALIDATION])
    regime = Regime(schedule=circuit.schedule)
    return TrainingTask(circuit, exposed_formal(circuit, noise), DATA, VALIDATION, epochs, noise, regime)


def median(name: str, noise: str, runs: int) -> float:
    task = task_of(name, noise_of([noise]))
    rows = [row for _, row in replicates(task, 1, range(runs))]
    return summary(rows, quiet_loss(task)).median


def test_without_errors_a_run_is_the_training_run() -> None:
    circuit, _ = named_circuit("linear-regression:variant=lr10")
    plain = train(circuit, Tube.of(circuit), DATA, VALIDATION, 1, SIMULATORS[0])
    found = task_of("linear-regression:variant=lr10", Noise(), 1).run(stream(1, 0))
    assert found[LOSS] == pytest.approx(plain.validation_loss, rel=1e-9)
    assert found["train_loss"] == pytest.approx(plain.train_loss[-1], rel=1e-9)


def test_error_annihilation_is_what_keeps_a_circuit_from_drifting() -> None:
    """Two large fluxes that are subtracted by their effects disagree once their rate constants do; annihilated, they agree."""
    assert median("linear-regression:variant=seed13", "rates=10%", 5) > 0.5
    assert median("linear-regression:variant=lr14", "rates=10%", 5) < 0.14


def test_the_tube_learns_with_rate_constants_that_are_off() -> None:
    assert median("linear-regression", "rates=10%", 5) < 0.13


def test_few_molecules_spoil_the_loss() -> None:
    few, many = (median("linear-regression:variant=lr10", f"molecules={n}", 3) for n in (10, 200))
    assert many < 0.2 < few


def test_errors_of_the_hands_are_told_from_errors_of_learning() -> None:
    """A tube trained by unsteady hands is better than what the same hands read from it."""
    task = task_of("linear-regression", noise_of(["pipetting=10%"]), 2)
    rows = [row for _, row in replicates(task, 3, range(4))]
    found = summary(rows, quiet_loss(task))
    assert found.median < 0.8 * found.losses_of_hands["q50"]


def test_malformed_fuels_and_leaks_are_there_at_dna_level() -> None:
    circuit, _ = named_circuit("linear-regression:inputs=1,bias=none")
    noise = Noise(malformed=0.1, leak=0.5)
    exposed = exposed_dna(circuit, DATA, VALIDATION, 1, CompileOptions(), noise)
    quiet, rough = exposed.disturbed(Noise(), stream(1, 0)), exposed.disturbed(noise, stream(1, 0))
    fuels = list(exposed.fuels)
    lost = 1 - rough.start[fuels] / quiet.start[fuels]
    assert np.all((lost >= 0) & (lost <= 0.2))
    assert 0.05 < np.mean(lost) < 0.15
    others = np.setdiff1d(np.arange(len(quiet.start)), fuels)
    np.testing.assert_array_equal(rough.start[others], quiet.start[others])
    assert len(rough.law.crn.reactions) == len(quiet.law.crn.reactions) + len(exposed.leaks)
    leaks = [r.k for r in rough.law.crn.reactions if r.id.startswith("leak.")]
    assert leaks == [0.5] * len(exposed.leaks)


def test_reactions_at_one_toehold_are_off_by_the_same_factor() -> None:
    circuit, _ = named_circuit("linear-regression:inputs=1,bias=none")
    noise = Noise(toeholds=0.3)
    exposed = exposed_dna(circuit, DATA, VALIDATION, 1, CompileOptions(), noise)
    off = exposed.disturbed(noise, stream(1, 0)).law.k / exposed.tube.law.k
    by_toehold: dict[str, set[float]] = {}
    for toehold, factor in zip(exposed.toeholds, np.round(off, 9).tolist(), strict=True):
        by_toehold.setdefault(toehold, set()).add(factor)
    assert all(len(factors) == 1 for factors in by_toehold.values())
    assert len({next(iter(f)) for f in by_toehold.values()}) == len(by_toehold) < len(off) / 3
    docking = [
        (toehold, reaction.reactants.support)
        for toehold, reaction in zip(exposed.toeholds, exposed.tube.law.crn.reactions, strict=True)
        if any(s.endswith("_join") for s in reaction.reactants.support)
    ]
    # Whatever docks on a join gate brings the first toehold of its species, whichever gate it is.
    species: dict[str, set[str]] = {}
    for toehold, pair in docking:
        strand = next(s for s in pair if not s.endswith("_join"))
        species.setdefault(strand.split("_h_")[0], set()).add(toehold)
    assert len(species) > 3
    assert all(len(toeholds) == 1 for toeholds in species.values())


def test_strands_that_differ_in_their_history_are_one_before_anything_is_off() -> None:
    """Two reactions make P1p, with two histories; both strands dock on the join gate of every reaction that takes it."""
    circuit, _ = named_circuit("linear-regression:inputs=1,bias=none")
    exposed, by_chance = (
        exposed_dna(circuit, DATA, VALIDATION, 1, CompileOptions(), noise)
        for noise in (Noise(rates=0.1), Noise(rates=0.1, volume=1e-12))
    )
    histories = [{s for s in e.tube.law.species if s.startswith("P1p_h_")} for e in (exposed, by_chance)]
    assert len(histories[0]) == 1 < len(histories[1])
    docking = [
        r for r in exposed.tube.law.crn.reactions if histories[0] & set(r.reactants.support) and len(r.reactants) == 2
    ]
    assert len({r.reactants for r in docking}) == len(docking)


def test_a_volume_is_so_many_molecules_for_a_concentration() -> None:
    """10 nM in 1 pL are 6022 molecules: what is there at the start is whole numbers of them."""
    circuit, _ = named_circuit("linear-regression:inputs=1,bias=none")
    noise = Noise(volume=1e-12)
    exposed = exposed_dna(circuit, DATA, VALIDATION, 1, CompileOptions(), noise)
    task = TrainingTask(circuit, exposed, DATA, VALIDATION, 1, noise, max_events=1)
    assert not task.run(stream(1, 0))["reached"]
    by_molecules = dataclasses.replace(task, noise=Noise(molecules=6022.14076 * exposed.tube.factor / 10e-9))
    rngs = [stream(1, 0), stream(1, 0)]
    volume, molecules = (t.simulator(exposed.tube, rng) for t, rng in zip((task, by_molecules), rngs, strict=True))
    assert isinstance(volume, ExactSSA)
    assert isinstance(molecules, ExactSSA)
    assert volume.molecules == pytest.approx(molecules.molecules, rel=1e-9)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["rates=lots"], "expected a number"),
        (["weather=1"], "no noise 'weather'"),
        (["rates=1", "rates=2"], "twice"),
        (["rates=-1"], "0 or more"),
        (["malformed=0.9"], "no more than half"),
        (["rates"], "no usual size"),
        (["volume=1"], "has no unit"),
        (["volume=1pL,molecules=10"], "leave one of them out"),
    ],
)
def test_noise_that_cannot_be_is_said(words: list[str], message: str) -> None:
    with pytest.raises(CircuitError, match=message):
        noise_of(words)


def test_noise_is_read_with_and_without_percent() -> None:
    assert noise_of(["rates=5%,pipetting=0.01", "molecules=100"]) == Noise(rates=0.05, pipetting=0.01, molecules=100)


def test_a_volume_has_a_unit() -> None:
    assert noise_of(["volume=100fL"]).volume == pytest.approx(1e-13, rel=1e-12)


def test_what_a_stamp_says_of_errors_can_be_typed_again() -> None:
    errors = Noise(0.1, 0.24, 0.05, 0.015, 0.02, volume=1e-13, leak=1e-5, malformed=0.02, clock=0.01)
    assert noise_of([str(errors)]) == errors


def test_a_kind_of_error_alone_has_the_usual_size_that_the_page_gives_it() -> None:
    page = (Path(__file__).parents[1] / "docs" / "noise.md").read_text()
    rows = {
        r.split("|")[1].strip(" `"): [c.strip() for c in r.split("|")[2:-1]]
        for r in page.splitlines()
        if r.startswith("| `")
    }
    assert list(rows) == [k.name for k in KINDS] == [f.name for f in dataclasses.fields(Noise)]
    for kind in KINDS:
        unit, usual = rows[kind.name][1:3]
        assert unit == kind.unit
        assert usual == ("" if kind.usual is None else f"{kind.usual:g}")
        if kind.usual is not None:
            assert getattr(noise_of([kind.name]), kind.name) == kind.usual


def test_the_usual_scatter_of_toeholds_is_that_of_what_was_measured() -> None:
    """Zhang and Winfree (2009): displacement by toeholds of 6, 7, 8, 9, 10 and 15 nt, in /M/s."""
    measured = [2.36e6, 3.22e6, 3.15e6, 2.77e6, 2.83e6, 4.78e6]
    assert noise_of(["toeholds"]).toeholds == pytest.approx(np.std(np.log(measured), ddof=1), abs=0.005)


# --- the command --------------------------------------------------------------------------------------------------------------

WORDS = ["explore", "linear-regression:variant=lr10", "--epochs", "1", "--noise", "rates=10%"]


def test_the_command_shows_runs_and_what_they_say(capsys: pytest.CaptureFixture[str]) -> None:
    found = run(capsys, *WORDS, "--samples", "4", "--workers", "1", "--json").json
    losses = sorted(r[LOSS] for r in found["runs"])
    assert found["summary"]["median"] == losses[1]
    good = sum(loss <= 1.25 * found["summary"]["quiet"] for loss in losses)
    assert found["summary"]["success_fraction"] == good / 4
    assert found["summary"]["success_low"] < found["summary"]["success_fraction"] <= found["summary"]["success_high"]


@pytest.mark.parametrize(
    ("circuit", "words"),
    [
        ("linear-regression", ["--schedule", "exponential:half=1", "--epochs", "2"]),
        ("linear-regression", ["--data", "product:train=10,validation=10", "--epochs", "1"]),
        (
            "classifier:batch=yes",
            ["--data", "and", "--batch", "5", "--epochs", "1", "--classes", "0.4"],
        ),
    ],
)
def test_without_errors_explore_trains_as_train_does(
    circuit: str, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    trained = run(capsys, "train", circuit, "--level", "formal", *words, "--json")
    assert trained.code == 0, trained.err
    found = run(capsys, "explore", circuit, "--samples", "1", "--workers", "1", *words, "--json").json
    wanted = trained.json["levels"]["formal"]
    assert found["runs"][0][LOSS] == pytest.approx(wanted["validation_loss"], rel=1e-9)
    assert found["runs"][0].get(ACCURACY) == wanted["validation_accuracy"] == found["summary"].get("accuracy")


def test_at_dna_level_too_to_the_accuracy_of_an_ensemble(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "data.csv").write_text("x1,y\n1,1.5\n2,2.5\n")
    circuit = "linear-regression:inputs=1,bias=none"
    words = ["--data", str(tmp_path / "data.csv"), "--validate", str(tmp_path / "data.csv"), "--level", "dna"]
    words += ["--epochs", "2", "--top-up", "none", "--schedule", "inverse:half=1", "--json"]
    wanted = run(capsys, "train", circuit, *words).json["levels"]["dna"]
    found = run(capsys, "explore", circuit, "--samples", "1", "--workers", "1", *words).json
    assert found["runs"][0][LOSS] == pytest.approx(wanted["validation_loss"], rel=1e-4)
    assert found["runs"][0]["P1"] == pytest.approx(wanted["parameters"]["P1"], rel=1e-4)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a run that nobody disturbed."""
    folder = tmp_path_factory.mktemp("whole")
    words = [*WORDS, "--samples", "40", "--workers", "1", "--quiet", "-o", str(folder)]
    with pytest.raises(SystemExit) as stop:
        main(words)
    assert stop.value.code == 0
    return folder


def workers_end(session: int) -> None:
    """Wait until a session has no process any more; one that goes on for good fails the test."""
    for _ in range(1000):
        try:
            os.killpg(session, 0)
        except ProcessLookupError:
            return
        time.sleep(0.02)
    os.killpg(session, signal.SIGKILL)
    pytest.fail("workers outlive the process that handed out the work")


def test_a_run_that_was_killed_goes_on_to_the_same_table(
    whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "broken"
    words = [*WORDS, "--samples", "40", "--quiet", "-o", str(broken), "--workers"]
    # Started in a session of its own, so that what outlives it can be found.
    program = subprocess.Popen([sys.executable, "-m", "compiler.cli", *words, "2"], start_new_session=True)
    kept = broken / PARTIAL
    while not kept.exists() or kept.read_bytes().count(b"\n") < 4:
        assert program.poll() is None, "it ended before it could be killed"
        time.sleep(0.02)
    program.send_signal(signal.SIGKILL)
    program.wait()
    workers_end(program.pid)
    assert not (broken / "runs.csv").exists()
    with kept.open("a") as stream:
        stream.write('{"run": 39, "rea')  # a line that a kill cut short
    assert run(capsys, *words, "1").code == 0
    assert (broken / "runs.csv").read_bytes() == (whole / "runs.csv").read_bytes()


def test_a_run_that_is_stopped_shows_what_it_has_and_goes_on_to_the_same_table(
    whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "broken"
    words = [*WORDS, "--samples", "40"]
    program = subprocess.Popen(
        [sys.executable, "-m", "compiler.cli", *words, "--workers", "2", "--json", "-o", str(broken)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        text=True,
    )
    kept = broken / PARTIAL
    while not kept.exists() or kept.read_bytes().count(b"\n") < 4:
        assert program.poll() is None, "it ended before it could be stopped"
        time.sleep(0.02)
    os.killpg(program.pid, signal.SIGINT)  # as a terminal does it, to all processes at once
    out, err = program.communicate(timeout=60)
    assert program.returncode == 3
    assert not err
    found = json.loads(out)
    assert 3 <= found["summary"]["runs"] == len(found["runs"]) < 40
    assert found["outcome"].startswith(f"stopped: {len(found['runs'])} rows are there, kept in {kept}")
    assert not (broken / "runs.csv").exists()
    assert run(capsys, *words, "--workers", "1", "--quiet", "-o", str(broken)).code == 0
    assert (broken / "runs.csv").read_bytes() == (whole / "runs.csv").read_bytes()


def test_a_command_that_is_stopped_says_so_in_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(_: TrainingTask) -> float:
        raise KeyboardInterrupt

    monkeypatch.setattr("compiler.explore_command.quiet_loss", interrupted)
    ran = run(capsys, *WORDS, "--samples", "1", "--workers", "1")
    assert (ran.code, ran.err, ran.out) == (3, "stopped\n", "")


def test_rows_of_another_experiment_are_not_gone_on_with(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, *WORDS, "--samples", "1", "--workers", "1", "--quiet", "-o", str(tmp_path)).code == 0
    (tmp_path / PARTIAL).write_text(json.dumps({"experiment": "another"}) + "\n")
    again = run(capsys, *WORDS, "--samples", "1", "--workers", "1", "-o", str(tmp_path))
    assert again.code == 2
    assert "another experiment" in again.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--noise", "leak=1"], "leak is an error of DNA"),
        (["--noise", "clock=1%"], "no clock species"),
        (["--level", "both"], "formal or dna"),
        (["--cluster", "tcp://127.0.0.1:1"], "no cluster answers"),
    ],
)
def test_what_cannot_be_explored_is_said(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    ran = run(capsys, "explore", "linear-regression:variant=lr10", "--samples", "1", *words)
    assert ran.code == 2
    assert message in ran.err

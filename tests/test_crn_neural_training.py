"""The training loop: batches and schedules against plain NumPy, aliquots one by one, and runs that were stopped."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from compiler.cli import main
from crn.diagnostics import CircuitError
from crn.massaction import Vector
from crn.neural.catalog import named_circuit
from crn.neural.checkpoint import identity, read_checkpoint, write_checkpoint
from crn.neural.circuit import LearningCircuit
from crn.neural.classes import Classes
from crn.neural.evaluation import predict
from crn.neural.ports import learning_circuit
from crn.neural.samples import Dataset, Grid, inputs
from crn.neural.schedule import Schedule, read_schedule
from crn.neural.training import Regime, Snapshot, TrainingRun, train
from crn.neural.tube import Step, Tube
from crn.simulate import SIMULATORS
from crn.text import parse_crn

ODE = SIMULATORS[0]
GATHERING = """\
Pp + X -> Pp + X + Z [1]
Z + CB -> Ep + CB [1000]
Y + CB -> Em + CB [1000]
Ep + Em -> 0 [1000]
Ep + U -> Ep + U + Gm [0.1]
Em + U -> Em + U + Gp [0.1]
Gp + CU -> Pp + CU [10]
Gm + CU -> Pm + CU [10]
Pp + Pm -> 0 [1000]
Pp @i 0.3
#! input x -> X
#! input x -> U
#! target y -> Y
#! output yhat = Z
#! parameter P = Pp - Pm
#! phase forward flush Z Ep Em U CB CU add X Y wait 1 read
#! phase feedback flush X add U CB step U wait 1.001
#! batch update flush U CB add CU wait 2
#! classes small large threshold 1
"""
"""yhat = P x by gathered gradients, for positive P."""


def gathering() -> LearningCircuit:
    found = learning_circuit(parse_crn(GATHERING, "g.crn"), "g.crn")
    assert found is not None
    return found


def line(count: int, slope: float = 1.5) -> Dataset:
    x = np.random.default_rng(1).uniform(0.5, 1.5, count)
    return Dataset(("x",), ("y",), tuple((v,) for v in x.tolist()), tuple((slope * v,) for v in x.tolist()), "drawn")


@pytest.mark.parametrize("batch", [1, 3, 4, 7])
def test_batches_are_those_of_gradient_descent(batch: int) -> None:
    """The gradients of a batch are summed, the last batch of an epoch is what is left, and predictions do not move in between."""
    data, circuit = line(7), gathering()
    run = train(circuit, Tube.of(circuit), data, None, 2, ODE, regime=Regime(batch))
    p, wanted, predicted = 0.3, [0.3], []
    for _ in range(2):
        gathered = 0.0
        for n, ((x,), (y,)) in enumerate(zip(data.x, data.y, strict=True), 1):
            predicted.append(p * x)
            gathered += 0.1 * (p * x - y) * x
            if n % batch == 0 or n == len(data):
                p, gathered = p - gathered, 0.0
            wanted.append(p)
    np.testing.assert_allclose(run.predictions[:, 0], predicted, rtol=1e-3)
    np.testing.assert_allclose(run.parameters[:, 0], wanted, rtol=1e-3)


def test_a_batch_needs_a_circuit_that_gathers() -> None:
    circuit = named_circuit("linear-regression")[0]
    with pytest.raises(CircuitError, match=r"no phase that ends a batch[\s\S]*batch=yes"):
        train(circuit, Tube.of(circuit), two(), None, 1, ODE, regime=Regime(2))


# --- schedules ----------------------------------------------------------------------------------------------------------------


def two(count: int = 4) -> Dataset:
    x = np.random.default_rng(2).uniform(0.5, 1.5, (count, 2))
    y = x @ (1, 2)
    return Dataset(("x1", "x2"), ("y",), tuple(map(tuple, x.tolist())), tuple((v,) for v in y.tolist()), "drawn")


@pytest.mark.parametrize(
    "text", ["constant", "stairs:every=10,factor=0.5", "exponential:half=2.5", "inverse:half=1e-3"]
)
def test_the_text_of_a_schedule_reads_back(text: str) -> None:
    schedule = read_schedule(text)
    assert read_schedule(str(schedule)) == schedule
    assert schedule.pace(0) == 1
    assert all(0 < schedule.pace(e + 1) <= schedule.pace(e) for e in range(30))


def test_schedules_by_hand() -> None:
    assert [read_schedule("stairs:every=2,factor=0.5").pace(e) for e in range(5)] == [1, 1, 0.5, 0.5, 0.25]
    assert read_schedule("exponential:half=4").pace(8) == pytest.approx(0.25)
    assert read_schedule("inverse:half=4").pace(8) == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("steps", 1, "no schedule is called 'steps'"),
        ("stairs:every=1.5", 8, "every is a whole number"),
        ("stairs:factor=0.5", 18, "stairs needs every"),
        ("exponential:half=0", 13, "half is between"),
        ("constant:half=1", 10, "constant has no option 'half'"),
    ],
)
def test_schedules_that_are_none(text: str, column: int, message: str) -> None:
    with pytest.raises(CircuitError, match=message) as caught:
        read_schedule(text)
    span = caught.value.diagnostics[0].span
    assert span is not None
    assert span.column == column
    with pytest.raises(CircuitError):
        Schedule("stairs", (("every", 0.0),))


def test_half_the_pace_is_half_the_rate_constant() -> None:
    """In the tube the feedback strands set the step: an epoch at half the pace is one of a circuit with half of eta."""
    data = two()
    whole, half = (named_circuit(f"linear-regression:eta={eta}")[0] for eta in ("0.03", "0.015"))
    run = train(whole, Tube.of(whole), data, None, 2, ODE, regime=Regime(schedule=read_schedule("stairs:every=1")))
    first = Tube.of(whole)
    one = train(whole, first, data, None, 1, ODE)
    later = dataclasses.replace(Tube.of(half), start=one.end)
    # A trace of the strands of the last sample is still there, at the pace of its own epoch.
    np.testing.assert_allclose(run.parameters[5:], train(half, later, data, None, 1, ODE).parameters[1:], rtol=2e-4)


def test_a_schedule_needs_something_that_sets_the_step() -> None:
    circuit = named_circuit("linear-regression:variant=lr10")[0]
    with pytest.raises(CircuitError, match="adds nothing that its step is proportional to"):
        train(circuit, Tube.of(circuit), two(), None, 1, ODE, regime=Regime(schedule=read_schedule("inverse:half=1")))


# --- aliquots and decisions ---------------------------------------------------------------------------------------------------


def trained() -> tuple[LearningCircuit, Tube, TrainingRun, Dataset]:
    circuit, data = gathering(), line(7)
    held_back = dataclasses.replace(line(5), classes=Classes(("small", "large"), 1.0))
    tube = Tube.of(circuit)
    return circuit, tube, train(circuit, tube, data, held_back, 2, ODE), held_back


def test_aliquots_do_not_know_of_one_another() -> None:
    circuit, tube, run, held_back = trained()
    together, outcome = predict(circuit, tube, run.end, inputs(circuit, held_back), ODE)
    assert outcome.ok
    alone = []
    for (x,) in held_back.x:
        plan = tube.segments(circuit, [Step(circuit.phases[0], {"x": x})])
        done = ODE.run(tube.law, run.end, plan, tube.tolerance, tube.reading)
        alone.append(circuit.readout(tube.named(done.ends[0]))["yhat"])
    np.testing.assert_allclose(together[:, 0], alone, rtol=1e-5)
    np.testing.assert_allclose(alone, run.final[0] * np.array(held_back.x)[:, 0], rtol=1e-3)


def test_decisions_are_counted() -> None:
    _, _, run, held_back = trained()
    assert run.decisions is not None
    truth = np.array(held_back.y)[:, 0] > 1
    taken = run.validation_predictions[:, 0] > 1
    wanted = [[int(np.sum((truth == a) & (taken == b))) for b in (False, True)] for a in (False, True)]
    assert run.decisions.confusion.tolist() == wanted
    assert run.decisions.accuracy == pytest.approx(float(np.mean(truth == taken)))
    assert run.decisions.map is None, "one input makes no map"


def test_maps_by_aliquots_and_by_the_formula_agree() -> None:
    circuit, data = named_circuit("linear-regression")[0], two(12)
    grid = Grid((0.4, 0.4), (1.6, 1.6), 6)
    grid = dataclasses.replace(grid, truth=tuple(int(v > 3) for v in grid.points @ (1, 2)))
    data = dataclasses.replace(data, classes=Classes(("a", "b"), 3.0), grid=grid)
    maps = []
    for by in ("aliquots", "parameters"):
        found = train(circuit, Tube.of(circuit), data, data, 3, ODE, mapped_by=by).decisions
        assert found is not None
        assert found.map is not None
        assert found.map.source == by
        maps.append(found.map)
    assert np.mean(maps[0].classes == maps[1].classes) > 0.95
    assert maps[1].accuracy == pytest.approx(float(np.mean(maps[1].classes == np.array(grid.truth))))


# --- checkpoints --------------------------------------------------------------------------------------------------------------


def same(one: TrainingRun, other: TrainingRun) -> bool:
    def figures(run: TrainingRun) -> list[Vector]:
        return [run.predictions, run.parameters, run.end, run.validation_predictions, np.array(run.train_loss)]

    return all(np.array_equal(a, b) for a, b in zip(figures(one), figures(other), strict=True))


def test_a_run_goes_on_to_the_same_numbers(tmp_path: Path) -> None:
    circuit, data, path = gathering(), line(7), tmp_path / "folder" / "formal.npz"
    tube, regime = Tube.of(circuit), Regime(3)
    run = identity(circuit, tube, data, regime, ODE.name)
    whole = train(circuit, tube, data, data, 4, ODE, regime=regime)

    def stop(what: str, done: int, total: int) -> bool:  # noqa: ARG001  # a progress
        return what != "training" or done < 17

    def keep(snapshot: Snapshot) -> None:
        write_checkpoint(path, snapshot, run)

    stopped = train(circuit, tube, data, data, 4, ODE, stop, regime=regime, keep=keep)
    assert not stopped.outcome.ok
    found = read_checkpoint(path, run)
    assert found is not None
    assert found.epochs == 2
    assert same(train(circuit, tube, data, data, 4, ODE, regime=regime, start=found), whole)
    assert [p.name for p in path.parent.iterdir()] == ["formal.npz"], "nothing is left beside it"


def test_a_checkpoint_of_another_run_is_refused(tmp_path: Path) -> None:
    circuit, data, path = gathering(), line(7), tmp_path / "c.npz"
    tube = Tube.of(circuit)
    mine = identity(circuit, tube, data, Regime(), ODE.name)
    assert read_checkpoint(path, mine) is None
    write_checkpoint(path, Snapshot.before(circuit, tube), mine)
    other = identity(circuit, tube, line(7, 1.6), Regime(2), ODE.name)
    with pytest.raises(CircuitError, match="not the same data, batch and schedule"):
        read_checkpoint(path, other)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(CircuitError, match="is no checkpoint"):
        read_checkpoint(path, mine)
    with pytest.raises(CircuitError, match="has seen 3 epochs, and only 1"):
        train(circuit, tube, data, None, 1, ODE, start=dataclasses.replace(Snapshot.before(circuit, tube), epochs=3))


def test_a_killed_process_goes_on_to_the_same_bytes(tmp_path: Path) -> None:
    """A real process, killed without warning after its second epoch, and the files of a run that nobody stopped."""
    words = ["train", "linear-regression", "--level", "formal", "--epochs", "100", "--quiet"]
    command = [sys.executable, "-m", "compiler.cli", *words]
    kept = tmp_path / "kept"
    with subprocess.Popen([*command, "--checkpoint", str(kept)], stdout=subprocess.DEVNULL) as process:
        limit = time.monotonic() + 300
        while not (kept / "formal.npz").exists() and time.monotonic() < limit and process.poll() is None:
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL, "it was killed before its end"
    for name, more in (("resumed", ["--checkpoint", str(kept), "--resume"]), ("whole", [])):
        with pytest.raises(SystemExit) as ended:
            main([*words, *more, "-o", str(tmp_path / name)])
        assert ended.value.code == 0
    for file in ("result.json", "training.csv"):
        assert (tmp_path / "resumed" / file).read_bytes() == (tmp_path / "whole" / file).read_bytes()

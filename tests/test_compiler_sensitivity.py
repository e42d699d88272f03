"""Sensitivities: against closed forms, another library, and what is known of circuits with and without error annihilation."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pytest
import scipy.stats
from support_cli import run

from compiler.compilation import CompileOptions
from compiler.explore import LOSS, TrainingTask
from compiler.exposed_tube import exposed_dna, exposed_formal
from compiler.noise import Noise
from compiler.runs_file import PARTIAL
from compiler.sensitivity import Study, VariedRun, factors
from compiler.sensitivity_inputs import KINDS, USUAL, inputs_of, varied
from crn.diagnostics import CircuitError
from crn.massaction import Vector
from crn.neural.catalog import named_circuit
from crn.neural.datasets import builtin_dataset
from crn.neural.samples import read_dataset
from crn.neural.tube import Tube
from crn.protocol import Addition
from crn.simulate.ensemble import stream

DATA, VALIDATION = builtin_dataset("linreg-authors")
SMALL = "linear-regression:inputs=1,bias=none"

# --- the indices --------------------------------------------------------------------------------------------------------------


def ishigami(x: Vector, a: float = 7.0, b: float = 0.1) -> Vector:
    x = math.pi * x
    return np.asarray(np.sin(x[:, 0]) + a * np.sin(x[:, 1]) ** 2 + b * x[:, 2] ** 4 * np.sin(x[:, 0]))


def test_sobol_indices_of_ishigami_are_those_of_its_closed_form() -> None:
    """T. Ishigami and T. Homma, Proc. ISUMA '90, 398-403 (1990)."""
    a, b, pi = 7.0, 0.1, math.pi
    single = (0.5 * (1 + b * pi**4 / 5) ** 2, a**2 / 8, 0.0)
    joint = b**2 * pi**8 * (1 / 18 - 1 / 50)
    variance = sum(single) + joint
    study = Study("sobol", ("x1", "x2", "x3"), 4096, seed=1)
    found = study.indices(ishigami(study.points).tolist())
    totals = ((single[0] + joint) / variance, single[1] / variance, joint / variance)
    for index, alone, total in zip(found, single, totals, strict=True):
        assert abs(index.first - alone / variance) < 0.01
        assert abs(index.total - total) < 0.01
        assert abs(index.total - total) < index.confidence


def test_sobol_indices_agree_with_another_library() -> None:
    study = Study("sobol", ("x1", "x2", "x3"), 2048, seed=2)
    found = study.indices(ishigami(study.points).tolist())
    uniform = scipy.stats.uniform(-1, 2)
    peer = scipy.stats.sobol_indices(
        func=lambda x: ishigami(x.T),
        n=2048,
        dists=[uniform] * 3,  # type: ignore[list-item]  # their stubs do not know their own distributions
        rng=np.random.default_rng(5),
    )
    np.testing.assert_allclose([i.first for i in found], peer.first_order, atol=0.02)
    np.testing.assert_allclose([i.total for i in found], peer.total_order, atol=0.02)


def test_effects_of_a_plane_are_its_slopes() -> None:
    study = Study("morris", ("x1", "x2", "x3"), 6, seed=1)
    found = study.indices((study.points @ [3.0, -2.0, 0.0]).tolist())
    assert [i.first for i in found] == pytest.approx([6.0, -4.0, 0.0], abs=1e-12)
    assert [i.total for i in found] == pytest.approx([6.0, 4.0, 0.0], abs=1e-12)
    assert [i.spread for i in found] == pytest.approx([0.0, 0.0, 0.0], abs=1e-12)


def test_what_nothing_depends_on_has_no_index() -> None:
    study = Study("sobol", ("x1", "x2"), 4)
    assert all(i.total == 0 for i in study.indices([1.0] * len(study.points)))


@pytest.mark.parametrize(("method", "runs"), [("morris", 5 * 4), ("sobol", 8 * 5)])
def test_runs_are_the_same_for_a_seed_and_as_many_as_said(method: str, runs: int) -> None:
    repeats = runs // (4 if method == "morris" else 5)
    points = Study(method, ("a", "b", "c"), repeats, seed=4).points
    assert points.shape == (runs, 3)
    assert np.all(np.abs(points) <= 1)
    np.testing.assert_array_equal(points, Study(method, ("a", "b", "c"), repeats, seed=4).points)
    assert not np.array_equal(points, Study(method, ("a", "b", "c"), repeats, seed=5).points)


# --- the inputs ---------------------------------------------------------------------------------------------------------------


def test_factors_are_even_in_their_logarithm() -> None:
    assert factors(np.array([-1.0, 0.0, 0.5, 1.0]), 0.21).tolist() == pytest.approx([1 / 1.21, 1.0, 1.1, 1.21])


def test_every_input_multiplies_what_it_says() -> None:
    circuit, _ = named_circuit("linear-regression")
    exposed = exposed_formal(circuit, Noise())
    listed = inputs_of(USUAL, circuit, exposed)
    assert len({(i.kind, i.name) for i in listed}) == len(listed)
    wanted = np.exp(np.linspace(-0.3, 0.3, len(listed)))
    other, tube = varied(circuit, exposed.tube, listed, wanted.tolist())
    by_name = {(i.kind, i.name): f for i, f in zip(listed, wanted.tolist(), strict=True)}
    for before, after in zip(circuit.crn.reactions, tube.law.crn.reactions, strict=True):
        assert after.k == pytest.approx(before.k * by_name["rates", before.id])
    start = dict(circuit.crn.initial)
    for species, amount in tube.amounts(tube.start).items():
        assert amount == pytest.approx(start.get(species, 0.0) * by_name.get(("start", species), 1.0))
    for old, new in zip(circuit.phases, other.phases, strict=True):
        assert new.wait == pytest.approx(old.wait * by_name["phases", old.name])
        values = {"x1": 2.0, "x2": 3.0, "y": 4.0}
        for planned, done in zip(circuit.events(old, values, 0.0), other.events(new, values, 0.0), strict=True):
            assert isinstance(planned, Addition)
            assert isinstance(done, Addition)
            assert done.amount == pytest.approx(planned.amount * by_name["additions", planned.species])


def test_families_are_the_reactions_with_the_same_part() -> None:
    circuit, _ = named_circuit("linear-regression:variant=seed13")
    found = {i.name: len(i.rates) for i in inputs_of(["families"], circuit, exposed_formal(circuit, Noise()))}
    assert found == {
        "forward/product": 2,
        "forward/bias": 2,
        "feedback/error": 3,
        "feedback/update": 4,
        "always/annihilation": 2,
    }


def test_inputs_as_planned_change_nothing() -> None:
    circuit, _ = named_circuit("linear-regression:variant=lr10")
    exposed = exposed_formal(circuit, Noise())
    listed = inputs_of(USUAL, circuit, exposed)
    run_ = VariedRun(circuit, exposed.tube, listed, DATA, VALIDATION, 1, 0.1)
    plain = TrainingTask(circuit, exposed, DATA, VALIDATION, 1, Noise()).run(stream(0, 0))
    assert run_.loss(np.zeros(len(listed))) == pytest.approx(plain[LOSS], rel=1e-12)


def test_at_dna_level_gates_and_fuels_are_off() -> None:
    circuit, _ = named_circuit(SMALL)
    data = read_dataset("x1,y\n1,2\n2,4.2\n", "points", circuit.input_names, circuit.target_names)
    exposed = exposed_dna(circuit, data, data, 1, CompileOptions(), Noise(rates=0.1, toeholds=0.1))
    gates = inputs_of(["rates"], circuit, exposed)
    assert {i.name for i in gates} >= {r.id for r in circuit.crn.reactions}
    assert sorted(n for i in gates for n in i.rates) == list(range(len(exposed.tube.law.crn.reactions)))
    toeholds = inputs_of(["toeholds"], circuit, exposed)
    assert sorted(n for i in toeholds for n in i.rates) == list(range(len(exposed.tube.law.crn.reactions)))
    fuels = inputs_of(["fuels"], circuit, exposed)
    _, tube = varied(circuit, exposed.tube, fuels, [1.5] * len(fuels))
    places = list(exposed.fuels)
    np.testing.assert_allclose(tube.start[places], 1.5 * exposed.tube.start[places])
    assert tube.top_up is not None
    assert exposed.tube.top_up is not None
    np.testing.assert_allclose(tube.top_up[places], 1.5 * exposed.tube.top_up[places])
    others = np.setdiff1d(np.arange(len(tube.start)), places)
    np.testing.assert_array_equal(tube.start[others], exposed.tube.start[others])


def test_all_kinds_are_known_by_name() -> None:
    assert set(USUAL) <= set(KINDS)


# --- what is known ------------------------------------------------------------------------------------------------------------


def strongest(name: str, repeats: int) -> dict[str, float]:
    """Return for every rate constant how much it changes the logarithm of the loss."""
    circuit, _ = named_circuit(name)
    tube = Tube.of(circuit)
    listed = inputs_of(["rates"], circuit, exposed_formal(circuit, Noise()))
    run_ = VariedRun(circuit, tube, listed, DATA, VALIDATION, 5, 0.1)
    study = Study("morris", tuple(i.name for i in listed), repeats, seed=0)
    planned = run_.loss(np.zeros(len(listed)))
    found = study.indices([math.log(run_.loss(p) / planned) for p in study.points])
    return {i.name: index.total for i, index in zip(listed, found, strict=True)}


def test_without_error_annihilation_the_update_reactions_decide() -> None:
    """Rate constants of 8 to 11 that differ make the fixed points of the two parameters contradict each other."""
    found = strongest("linear-regression:variant=seed13", 3)
    updates = {"r8", "r9", "r10", "r11"}
    assert {n for n, v in found.items() if v > 0.5} == updates
    annihilated = strongest("linear-regression:variant=lr14", 3)
    assert max(annihilated.values()) < 0.2
    assert all(annihilated[n] < 0.2 * found[n] for n in updates)


# --- the command --------------------------------------------------------------------------------------------------------------

WORDS = ["explore", "linear-regression:variant=lr10", "--epochs", "1", "--workers", "1", "--sensitivity", "morris"]
FEW = ["--samples", "2", "--inputs", "families,phases", "--spread", "20%"]


def test_the_command_shows_inputs_by_what_they_do(capsys: pytest.CaptureFixture[str]) -> None:
    found = run(capsys, *WORDS, *FEW, "--json").json
    effects = [row["mu_star"] for row in found["sensitivities"]]
    assert effects == sorted(effects, reverse=True)
    assert len(found["runs"]) == 2 * (len(effects) + 1)
    assert found["summary"]["lowest"] <= found["summary"]["median"] <= found["summary"]["highest"]
    text = run(capsys, *WORDS, *FEW).out
    first = found["sensitivities"][0]
    rows = [line for line in text.splitlines() if line.startswith(("families", "phases"))]
    assert rows[0].split()[:3] == [first["kind"], first["name"], f"{first['mu_star']:.3f}"]


def test_a_study_that_was_cut_short_goes_on_to_the_same_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    assert run(capsys, *WORDS, *FEW, "-o", str(whole), "--quiet").code == 0
    broken.mkdir()
    lines = (whole / PARTIAL).read_bytes().splitlines(keepends=True)
    (broken / PARTIAL).write_bytes(b"".join(lines[:4]) + b'{"run": 5')
    assert run(capsys, *WORDS, *FEW, "-o", str(broken), "--quiet").code == 0
    for name in ("sensitivity.csv", "sensitivity.svg", "runs.csv", "result.json"):
        assert (broken / name).read_bytes() == (whole / name).read_bytes()
    rows = list(csv.DictReader((whole / "sensitivity.csv").read_text().splitlines()[1:]))
    assert {r["kind"] for r in rows} == {"families", "phases"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--sensitivity", "fast"], "morris or sobol"),
        (["--sensitivity", "sobol", "--samples", "12"], "take --samples 16"),
        (["--samples", "1"], "2 --samples or more"),
        (["--inputs", "rate"], "no inputs called"),
        (["--inputs", "fuels"], "--level dna"),
        (["--inputs", "rates,families"], "name one of them"),
        (["--inputs", "toeholds"], "--level dna"),
        (["--spread", "0"], "--spread"),
        (["--spread", "wide"], "--spread"),
        (["--noise", "rates=10%"], "without chance"),
        (["--level", "both"], "formal or dna"),
    ],
)
def test_what_cannot_be_asked_is_said(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    ran = run(capsys, *WORDS, *words)
    assert ran.code == 2
    assert message in ran.err


def test_without_its_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("compiler.sensitivity.find_spec", lambda _: None)
    with pytest.raises(CircuitError, match="SALib"):
        Study("morris", ("x",), 2)

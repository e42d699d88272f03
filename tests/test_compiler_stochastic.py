"""Stochastic simulation as a user asks for it: few molecules, at either level."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support_cli import run

from compiler.api import simulate
from crn.simulate.ssa import ExactSSA
from crn.text import parse_crn

MAJORITY = "X + Y -> X + B [1]; Y + X -> Y + B [1]; X + B -> 2X [1]; Y + B -> 2Y [1]\nX @initial 6\nY @initial 4\n"


@pytest.fixture
def majority(tmp_path: Path) -> str:
    path = tmp_path / "majority.crn"
    path.write_text(MAJORITY)
    return str(path)


def test_whole_molecules_come_out_and_the_seed_decides(majority: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = [
        "simulate",
        majority,
        "--until",
        "2",
        "--level",
        "formal",
        "--method",
        "ssa",
        "--molecules",
        "10",
        "--json",
    ]
    first, again, other = (run(capsys, *words, "--seed", str(seed)).json["values"] for seed in (1, 1, 2))
    values = np.array(first) * 10
    np.testing.assert_allclose(values, np.rint(values), atol=1e-9)
    np.testing.assert_allclose(values.sum(axis=1), 100)
    assert first == again
    assert first != other


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--method", "ssa"], "needs --molecules"),
        (["--method", "ode", "--molecules", "10"], "goes with --method ssa"),
        (["--method", "ssa", "--molecules", "0"], "positive"),
    ],
)
def test_what_does_not_go_together_is_said(
    majority: str, words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = run(capsys, "simulate", majority, "--until", "2", "--level", "formal", *words)
    assert ran.code == 2
    assert message in ran.err


def test_the_dna_level_scatters_about_its_mean() -> None:
    # A -> B at rate 1: of 20 molecules, a binomial number is left at t = 1, at either level.
    crn = parse_crn("A -> B [k=1]\nA @initial 1\n").crn
    runs, molecules = 60, 20
    found = []
    for seed in range(runs):
        ssa = ExactSSA(molecules, np.random.default_rng(seed))
        dna = simulate(crn, [0.0, 1.0], "dna", simulator=ssa).dna
        assert dna is not None
        found.append(dna.of("A")[-1])
        np.testing.assert_allclose(dna.values.sum(axis=1), 1.0)
    share = np.exp(-1)
    deviation = np.sqrt(share * (1 - share) / molecules)
    assert abs(np.mean(found) - share) < 3 * deviation / np.sqrt(runs)
    assert 0.7 < np.std(found) / deviation < 1.3


# --- training -----------------------------------------------------------------------------------------------------------------

LR10 = [
    "train",
    "linear-regression:variant=lr10",
    "--level",
    "formal",
    "--method",
    "ssa",
    "--molecules",
    "30",
    "--json",
]


def losses(found: dict[str, Any], level: str = "formal") -> list[float]:
    learned = found["levels"][level]
    return [*learned["train_loss"], learned["validation_loss"], *learned["parameters"].values()]


def test_the_seed_decides_what_a_circuit_learns_by_chance(capsys: pytest.CaptureFixture[str]) -> None:
    first, again, other = (losses(run(capsys, *LR10, "--epochs", "1", "--seed", str(seed)).json) for seed in (1, 1, 2))
    assert first == again
    assert first != other
    parameters = np.array(first[-2:]) * 30
    np.testing.assert_allclose(parameters, np.rint(parameters), atol=1e-9)


def test_many_molecules_learn_what_the_means_do(capsys: pytest.CaptureFixture[str]) -> None:
    words = [w if w != "30" else "3000" for w in LR10]
    chance = losses(run(capsys, *words, "--epochs", "1").json)
    means = losses(run(capsys, *LR10[:4], "--json", "--epochs", "1").json)
    # A parameter is a sum of about a hundred steps of a few hundred molecules each way.
    np.testing.assert_allclose(chance, means, atol=0.05)


def test_a_run_by_chance_goes_on_from_a_checkpoint_to_the_same_numbers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = losses(run(capsys, *LR10, "--epochs", "3").json)
    keep = [*LR10, "--checkpoint", str(tmp_path)]
    assert run(capsys, *keep, "--epochs", "1").code == 0
    assert losses(run(capsys, *keep, "--epochs", "3", "--resume").json) == whole
    other = run(capsys, *keep, "--epochs", "3", "--resume", "--seed", "5")
    assert other.code == 2
    assert "not the same simulator" in other.err


@pytest.fixture
def two_samples(tmp_path: Path) -> list[str]:
    """Return the words that train a circuit of one input on two samples."""
    (tmp_path / "data.csv").write_text("x1,y\n1,1.5\n2,2.5\n")
    (tmp_path / "held.csv").write_text("x1,y\n1.5,2\n")
    words = ["train", "linear-regression:inputs=1,bias=none", "--data", str(tmp_path / "data.csv")]
    return [*words, "--validate", str(tmp_path / "held.csv"), "--epochs", "1", "--method", "ssa", "--json"]


def test_a_tube_of_dna_learns_by_chance(two_samples: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    words = [*two_samples, "--molecules", "20", "--seed", "3"]
    alone, both = (run(capsys, *words, "--level", level).json for level in ("dna", "both"))
    # Each level has luck of its own, and what is planned does not depend on it.
    assert losses(alone, "dna") == losses(both, "dna")
    assert alone["levels"]["dna"]["total_strand_M"] == both["levels"]["dna"]["total_strand_M"]
    assert losses(alone, "dna") != losses(both, "formal")
    assert losses(run(capsys, *words, "--level", "dna").json, "dna") == losses(alone, "dna")


def test_intermediates_are_not_left_out_where_chance_matters(
    two_samples: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    ran = run(capsys, *two_samples, "--molecules", "4", "--level", "dna", "--reduce", "quasi-steady")
    assert ran.code == 2
    assert "--reduce exact" in ran.err


def test_what_is_averaged_is_said(majority: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--until", "2", "--level", "dna", "--method", "slow-scale", "--molecules", "20", "--seed", "1"]
    ran = run(capsys, "simulate", majority, *words)
    assert ran.code == 0
    assert "exchanges averaged, estimated error" in ran.out

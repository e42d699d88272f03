"""Stochastic simulation as a user asks for it: few molecules, at either level."""

from __future__ import annotations

from pathlib import Path

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

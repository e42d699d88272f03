"""Training from the command line: circuits and data of one's own, and what is said of classes, data and words that are wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from compiler.cli import main
from crn.neural.catalog import named_circuit
from crn.neural.datasets import builtin_dataset
from crn.neural.ports import write_circuit
from crn.neural.samples import Dataset


def run(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> tuple[dict[str, Any], str]:
    with pytest.raises(SystemExit) as ended:
        main([*words, "--json"])
    out, err = capsys.readouterr()
    assert ended.value.code == code, err
    return (json.loads(out) if out else {}), err


def csv(path: Path, data: Dataset) -> str:
    rows = [",".join(map(repr, (*x, *y))) for x, y in zip(data.x, data.y, strict=True)]
    path.write_text("\n".join([",".join(data.inputs + data.targets), *rows]) + "\n", encoding="utf-8")
    return str(path)


@pytest.fixture
def own(tmp_path: Path) -> tuple[str, str, str]:
    """Write a classifier of one's own with its classes, and its data, into files."""
    circuit = tmp_path / "own.crn"
    text = write_circuit(named_circuit("linear-classification")[0])
    circuit.write_text("#! classes left right threshold 2\n" + text, encoding="utf-8")
    train, validate = builtin_dataset("linear-classes:train=20,validation=30", 7)
    return str(circuit), csv(tmp_path / "train.csv", train), csv(tmp_path / "validate.csv", validate)


def test_a_classifier_of_ones_own_learns_like_a_built_in_one(
    capsys: pytest.CaptureFixture[str], own: tuple[str, str, str]
) -> None:
    circuit, train, validate = own
    words = ("--data", train, "--validate", validate, "--level", "formal", "--epochs", "2")
    mine = run(capsys, "train", circuit, *words)[0]["levels"]["formal"]
    data = ("--data", "linear-classes:train=20,validation=30", "--seed", "7")
    theirs = run(capsys, "train", "linear-classification", *data, *words[4:])[0]["levels"]["formal"]
    for key in ("train_loss", "validation_loss", "validation_accuracy", "parameters"):
        assert mine[key] == pytest.approx(theirs[key], rel=1e-4)
    assert mine["confusion"]["classes"] == ["left", "right"]
    assert mine["confusion"]["counts"] == theirs["confusion"]["counts"]
    assert theirs["decision_map"]["accuracy"] is not None
    assert mine["decision_map"]["accuracy"] is None, "the truth between the samples of a file is not known"
    assert len(mine["decision_map"]["classes"]) == 40
    assert [len(v) for v in mine["parameters_per_epoch"].values()] == [3, 3]


def test_classes_of_a_file_are_said_or_guessed(capsys: pytest.CaptureFixture[str], own: tuple[str, str, str]) -> None:
    _, train, validate = own
    words = ("train", "linear-classification", "--data", train, "--validate", validate, "--level", "formal")
    guessed = run(capsys, *words, "--epochs", "1")[0]["levels"]["formal"]
    assert guessed["confusion"]["classes"] == ["0", "4"]
    said = run(capsys, *words, "--epochs", "1", "--classes", "2.5")[0]["levels"]["formal"]
    assert said["confusion"]["classes"] == ["0", "4"]
    none = run(capsys, *words, "--epochs", "1", "--classes", "none")[0]["levels"]["formal"]
    assert none["validation_accuracy"] is None
    assert "confusion" not in none


def test_the_seed_draws_the_data(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("train", "linear-classification", "--data", "linear-classes:train=5,validation=5", "--level", "formal")
    one, again, other = (run(capsys, *words, "--epochs", "1", "--seed", s)[0] for s in ("1", "1", "2"))
    assert one["levels"] == again["levels"]
    assert one["levels"] != other["levels"]
    assert one["data"]["source"] == "linear-classes, seed 1"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("xor", "--data", "xr"), "did you mean 'xor'"),
        (("xor", "--data", "nowhere.csv"), "there is no file 'nowhere.csv'"),
        (("xor", "--data", "xor:train=0"), "train is between 1 and"),
        (("xor", "--data", "iris"), "has the ports x1, x2, y; the built-in data iris have"),
        (("xor", "--classes", "largest"), "compares outputs"),
        (("iris", "--classes", "0.5"), "3 outputs; say --classes largest"),
        (("xor", "--classes", "many"), "--classes is a threshold, largest or none"),
        (("xor", "--resume"), "name its folder with --checkpoint"),
        (("xor", "--batch", "3"), "the option batch=yes"),
        (("xor", "--schedule", "cosine"), "no schedule is called 'cosine'"),
    ],
)
def test_wrong_words_are_told(capsys: pytest.CaptureFixture[str], words: tuple[str, ...], message: str) -> None:
    _, err = run(capsys, "train", *words, "--level", "formal", "--epochs", "1", code=2)
    assert message in err

"""Checkpoints: a training run between two epochs as a file, from which it goes on to the same numbers.

A file is written beside its place and moved there, so that it is whole or not there at all. It knows which run it belongs to by
hashes of all that decides the numbers to come; training itself is in `crn.neural.training`.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np

from crn.diagnostics import CircuitError, Diagnostic
from crn.neural.circuit import LearningCircuit
from crn.neural.samples import Dataset
from crn.neural.training import Regime, Snapshot
from crn.neural.tube import Tube

FORMAT: Final = 1
_ARRAYS: Final = ("state", "predictions", "parameters", "supply", "lowest")


def identity(circuit: LearningCircuit, tube: Tube, data: Dataset, regime: Regime, simulator: str) -> dict[str, str]:
    """Return what decides the numbers of a run, as hashes by name; the number of epochs is not among it."""
    mix, network, c = tube.top_up, tube.law.crn, circuit
    ports = (c.inputs, c.targets, c.outputs, c.parameters, c.phases, c.batch_end, c.read_after)
    return {
        "circuit": _hash(repr((ports, c.crn.initial, [r.key for r in c.crn.reactions])).encode()),
        "data": _hash(repr((data.inputs, data.targets, data.x, data.y)).encode()),
        "batch and schedule": _hash(f"{regime.batch} {regime.schedule}".encode()),
        "network that is simulated": _hash(repr([r.key for r in network.reactions]).encode(), tube.start.tobytes()),
        "top-up": _hash(b"" if mix is None else mix.tobytes()),
        "simulator and its tolerance": _hash(f"{simulator} {tube.tolerance} {tube.factor!r} {tube.time!r}".encode()),
    }


def write_checkpoint(path: Path, snapshot: Snapshot, run: Mapping[str, str]) -> None:
    """Write a snapshot of the run that has this identity.

    Raises
    ------
    CircuitError
        If the file cannot be written; what stood there is then untouched.
    """
    head = json.dumps({"format": FORMAT, "epochs": snapshot.epochs, "run": dict(run)}).encode()
    one, text = snapshot, io.BytesIO()
    np.savez_compressed(
        text,
        head=np.frombuffer(head, np.uint8),
        state=one.state,
        predictions=one.predictions,
        parameters=one.parameters,
        supply=one.supply,
        lowest=one.lowest,
    )
    beside: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
        with (beside / path.name).open("wb") as file:
            file.write(text.getvalue())
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside / path.name, path)
    except OSError as error:
        raise CircuitError(f"{path} cannot be written: {error.strerror or error}") from None
    finally:
        if beside is not None:
            shutil.rmtree(beside, ignore_errors=True)


def read_checkpoint(path: Path, run: Mapping[str, str]) -> Snapshot | None:
    """Return the snapshot in a file, or None if there is no file.

    Parameters
    ----------
    path : Path
    run : mapping of str to str
        The identity of the run that is to go on.

    Raises
    ------
    CircuitError
        If the file is no checkpoint, or belongs to another run; it says in what the runs differ.
    """
    try:
        with path.open("rb") as file, np.load(file) as found:
            head = json.loads(bytes(found["head"]))
            arrays = {name: found[name] for name in _ARRAYS}
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise CircuitError(
            Diagnostic(f"{path} is no checkpoint: {error}", advice="remove it to train from the beginning")
        ) from None
    if head["format"] != FORMAT:
        raise CircuitError(f"{path} is a checkpoint of format {head['format']}; this version reads {FORMAT}")
    other = [what for what, value in run.items() if head["run"].get(what) != value]
    if other:
        advice = "repeat the options of that run, or name another checkpoint"
        raise CircuitError(Diagnostic(f"{path} belongs to another run: not the same {', '.join(other)}", advice=advice))
    return Snapshot(int(head["epochs"]), **arrays)


def _hash(*parts: bytes) -> str:
    found = hashlib.sha256()
    for part in parts:
        found.update(len(part).to_bytes(8, "big") + part)
    return found.hexdigest()

"""The data that a circuit is trained on: files, built-in sets, or those that come with the circuit, and their classes.

Which built-in sets there are is said in `crn.neural.datasets`; nothing is trained here.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

from compiler.sources import Source
from crn.diagnostics import CircuitError, Diagnostic
from crn.neural.circuit import LearningCircuit
from crn.neural.classes import Classes
from crn.neural.datasets import BUILTIN, builtin_dataset
from crn.neural.samples import Dataset, read_dataset
from crn.quantities import nearest
from crn.text import read_text_file

LARGEST = "largest"
"""How classes are asked for of which the largest output decides."""


def load_data(
    found: Source, data: str | None = None, validate: str | None = None, seed: int = 0, classes: str | None = None
) -> tuple[Dataset, Dataset | None]:
    """Return the samples to train on, and those to validate with.

    Parameters
    ----------
    found : Source
        With a learning circuit.
    data : str, optional
        A CSV file or a built-in set, ``name:key=value,...``; by default what comes with the circuit.
    validate : str, optional
        A CSV file, in place of the validation samples of a built-in set.
    seed : int
        Of what a built-in set draws.
    classes : str, optional
        A threshold, ``largest``, or ``none``; by default what the circuit or the data say themselves.

    Raises
    ------
    CircuitError
        If there are no such data, or they do not fit the circuit.
    """
    circuit = found.learning
    first, second = _training(found, data, seed)
    if validate is not None:
        held_back = _file(circuit, validate)
        second = dataclasses.replace(held_back, classes=first.classes, grid=first.grid)
    if classes is not None:
        told = None if classes == "none" else _told(circuit, first, classes)
    else:
        told = first.classes or circuit.classes or _guessed(found, circuit, first)

    def of_classes(samples: Dataset) -> Dataset:
        return dataclasses.replace(samples, classes=told, grid=samples.grid if told == samples.classes else None)

    return of_classes(first), None if second is None else of_classes(second)


def _training(found: Source, data: str | None, seed: int) -> tuple[Dataset, Dataset | None]:
    circuit = found.learning
    if data is not None and (data.endswith(".csv") or "/" in data or Path(data).is_file()):
        return _file(circuit, data), None
    name = data or (found.family.datasets[0] if found.family and found.family.datasets else None)
    if name is None:
        raise CircuitError(Diagnostic(f"{found.name} has no data of its own", advice="say --data FILE.csv"))
    if data is not None and name.partition(":")[0] not in BUILTIN:
        advice = nearest(name.partition(":")[0], BUILTIN) or f"built in: {', '.join(BUILTIN)}"
        raise CircuitError(Diagnostic(f"there is no file and no built-in data {data!r}", advice=advice))
    first, second = builtin_dataset(name, seed)
    if set(first.inputs + first.targets) != set(circuit.input_names + circuit.target_names):
        ports, columns = (
            ", ".join(p) for p in (circuit.input_names + circuit.target_names, first.inputs + first.targets)
        )
        raise CircuitError(
            Diagnostic(
                f"{found.name} has the ports {ports}; the built-in data {name} have {columns}",
                advice="say --data FILE.csv with a column for each port, or another built-in set",
            )
        )
    return first, second


def _file(circuit: LearningCircuit, path: str) -> Dataset:
    if not Path(path).exists():
        raise CircuitError(Diagnostic(f"there is no file {path!r}", advice=f"built-in sets: {', '.join(BUILTIN)}"))
    return read_dataset(read_text_file(path), path, circuit.input_names, circuit.target_names)


def _told(circuit: LearningCircuit, data: Dataset, classes: str) -> Classes:
    """Read what --classes says."""
    if classes == LARGEST:
        if len(circuit.target_names) < 2:
            raise CircuitError(f"--classes {LARGEST} compares outputs, and {circuit.name} has one; name a threshold")
        return Classes(circuit.target_names)
    try:
        threshold = float(classes)
    except ValueError:
        raise CircuitError(f"--classes is a threshold, {LARGEST} or none, not {classes!r}") from None
    if len(circuit.target_names) > 1:
        raise CircuitError(f"{circuit.name} has {len(circuit.target_names)} outputs; say --classes {LARGEST}")
    return _two(data, threshold) or Classes((f"up to {threshold:g}", f"above {threshold:g}"), threshold)


def _guessed(found: Source, circuit: LearningCircuit, data: Dataset) -> Classes | None:
    """Return the classes of a file for a built-in classifier: of its two targets, or of its outputs."""
    own = found.family.datasets[0] if found.family and found.family.datasets else None
    if own is None or builtin_dataset(own)[0].classes is None:
        return None
    if len(circuit.target_names) > 1:
        return Classes(circuit.target_names)
    values = {y for (y,) in data.y}
    return _two(data, sum(values) / 2) if len(values) == 2 else None


def _two(data: Dataset, threshold: float) -> Classes | None:
    """Return two classes named after the two targets that there are, if a threshold tells them apart."""
    values = sorted({y for (y,) in data.y})
    if len(values) != 2 or not values[0] <= threshold < values[1]:
        return None
    return Classes((f"{values[0]:g}", f"{values[1]:g}"), threshold)

"""Data sets: samples of inputs and targets, read from CSV files or built in.

A data set knows the names of its ports and where it comes from; the values are in the units of the ports.
How samples become additions is said in `crn.neural.circuit`, how a circuit learns from them in `crn.neural.training`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Final

from crn.diagnostics import CircuitError, Diagnostic, Span
from crn.quantities import Faults, Row, nearest, read_rows, shown

BUILTIN: Final = ("linreg-authors",)
"""Names of the built-in data sets."""

_AUTHORS = "NeuralCRNGen repository of R. T. Nagipogu, accompanying arXiv 2409.00034"


@dataclass(frozen=True, slots=True)
class Dataset:
    """Samples in a fixed order.

    Attributes
    ----------
    inputs, targets : tuple of str
        Names of the ports.
    x : tuple of tuple of float
        One row a sample, one value an input; finite.
    y : tuple of tuple of float
        One row a sample, one value a target; finite.
    source : str
        Where the samples come from.
    """

    inputs: tuple[str, ...]
    targets: tuple[str, ...]
    x: tuple[tuple[float, ...], ...]
    y: tuple[tuple[float, ...], ...]
    source: str

    def __post_init__(self) -> None:
        ports = self.inputs + self.targets
        if not self.inputs or not self.targets or len(set(ports)) < len(ports):
            names = ", ".join(ports) or "none"
            raise CircuitError(f"{self.source}: a data set needs inputs and targets of different names, not {names}")
        if not self.x or len(self.x) != len(self.y):
            raise CircuitError(f"{self.source}: {len(self.x)} samples of inputs and {len(self.y)} of targets")
        for i, (x, y) in enumerate(zip(self.x, self.y, strict=True), 1):
            if len(x) != len(self.inputs) or len(y) != len(self.targets):
                raise CircuitError(f"{self.source}: sample {i} does not have one value for each of {', '.join(ports)}")
            if not all(map(math.isfinite, x + y)):
                raise CircuitError(f"{self.source}: sample {i} has a value that is not finite")

    def __len__(self) -> int:
        """Return the number of samples."""
        return len(self.x)


def read_dataset(text: str, source: str, inputs: Sequence[str], targets: Sequence[str]) -> Dataset:
    """Read samples from a CSV text.

    Parameters
    ----------
    text : str
        A table whose header names one column per input and target; further columns are passed over.
    source : str
        Name of the file.
    inputs, targets : sequence of str
        The ports, in the order in which the data set shall have them.
    """
    faults = Faults()
    ports = (*inputs, *targets)
    rows = read_rows(text, source)
    header = next(rows, None)
    if header is None:
        raise CircuitError(
            Diagnostic("an empty data set", Span(source, 1, 1), f"begin with a header that names {', '.join(ports)}")
        )
    place = _places(header, ports, faults)
    faults.raise_if_any()
    x: list[tuple[float, ...]] = []
    y: list[tuple[float, ...]] = []
    for row in rows:
        if faults.full:
            break
        if len(row.cells) != len(header.cells):
            here = row.span(min(len(header.cells), len(row.cells)))
            faults.add(f"{len(row.cells)} cells under a header of {len(header.cells)}", here)
            continue
        values = [_value(row, place[p], p, faults) for p in ports]
        x.append(tuple(values[: len(inputs)]))
        y.append(tuple(values[len(inputs) :]))
    if not x and not faults.found:
        faults.add("a data set without samples", header.span(0), "put one sample on each line below the header")
    faults.raise_if_any()
    return Dataset(tuple(inputs), tuple(targets), tuple(x), tuple(y), source)


def builtin_dataset(name: str) -> tuple[Dataset, Dataset]:
    """Return a built-in data set: the samples to train on, and those to validate with.

    Parameters
    ----------
    name : str
        ``linreg-authors``: 41 + 101 samples of y = x1 + 2 x2 + 1 + noise with x1, x2 in [1, 5], drawn by the authors.
    """
    if name not in BUILTIN:
        advice = nearest(name, BUILTIN) or f"built in: {', '.join(BUILTIN)}"
        raise CircuitError(Diagnostic(f"no built-in data set is called {shown(name)}", advice=advice))
    return _shipped("linreg_train.csv"), _shipped("linreg_val.csv")


def _shipped(file: str) -> Dataset:
    """Return the samples of a file that is part of the package."""
    text = (resources.files("crn.neural") / "data" / file).read_text(encoding="utf-8")
    return read_dataset(text, f"{_AUTHORS} ({file})", ("x1", "x2"), ("y",))


def _places(header: Row, ports: tuple[str, ...], faults: Faults) -> dict[str, int]:
    """Return the column of every port."""
    place: dict[str, int] = {}
    for i, name in enumerate(header.cells):
        if name in place and name in ports:
            faults.add(f"two columns are called {shown(name)}", header.span(i))
        place.setdefault(name, i)
    for port in ports:
        if port not in place:
            advice = nearest(port, header.cells) or f"the columns are {shown(', '.join(header.cells), 100)}"
            faults.add(f"no column is called {shown(port)}", header.span(len(header.cells)), advice)
    return place


def _value(row: Row, cell: int, port: str, faults: Faults) -> float:
    """Return a cell as a number; a fault is recorded and read as 0."""
    try:
        return row.number(cell, port)
    except CircuitError as error:
        faults.merge(error)
        return 0.0

"""Samples: what a data set is, how outputs become classes, and how samples are read from a CSV file.

A data set knows the names of its ports and where it comes from; the values are in the units of the ports. The sets that are built
in are made in `crn.neural.datasets`; how a circuit learns from samples is the business of `crn.neural.training`.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from crn.diagnostics import CircuitError, Diagnostic, Span
from crn.massaction import Vector
from crn.neural.circuit import LearningCircuit
from crn.neural.classes import Classes
from crn.quantities import Faults, Row, nearest, read_rows, shown


@dataclass(frozen=True, slots=True)
class Grid:
    """Points all over a rectangle of two inputs, at the centres of side x side cells.

    Attributes
    ----------
    low, high : tuple of (float, float)
        Corners of the rectangle.
    side : int
    truth : tuple of int
        The class of every point, or `NO_CLASS`; empty where the truth is not known.
    """

    low: tuple[float, float]
    high: tuple[float, float]
    side: int
    truth: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.side < 1 or not all(a < b for a, b in zip(self.low, self.high, strict=True)):
            raise ValueError(f"no grid of {self.side} x {self.side} points lies between {self.low} and {self.high}")
        if self.truth and len(self.truth) != self.side**2:
            raise ValueError(f"{len(self.truth)} classes for {self.side**2} points")

    @property
    def points(self) -> Vector:
        """The points, shape (side**2, 2): row after row from the bottom, each from left to right."""
        share = (np.arange(self.side) + 0.5) / self.side
        across, up = (a + (b - a) * share for a, b in zip(self.low, self.high, strict=True))
        return np.column_stack([np.tile(across, self.side), np.repeat(up, self.side)])


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
    recipe : str
        How they were made, where that is known.
    classes : Classes, optional
        None for regression.
    grid : Grid, optional
        Where a map of the decisions is drawn.
    floor : float, optional
        The loss that the function the samples were made with has on these very samples: mean of 1/2 (noise)^2, and 0 where there
        is no noise. What gets lower has learned noise, or was lucky.
    """

    inputs: tuple[str, ...]
    targets: tuple[str, ...]
    x: tuple[tuple[float, ...], ...]
    y: tuple[tuple[float, ...], ...]
    source: str
    recipe: str = ""
    classes: Classes | None = None
    grid: Grid | None = None
    floor: float | None = None

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
        if self.classes is not None and self.classes.outputs != len(self.targets):
            wanted = self.classes.outputs
            raise CircuitError(f"{self.source}: {len(self.targets)} targets for classes that are told by {wanted}")
        if self.grid is not None and (len(self.inputs) != 2 or self.classes is None):
            raise CircuitError(f"{self.source}: a map of decisions needs two inputs and classes")

    def __len__(self) -> int:
        """Return the number of samples."""
        return len(self.x)

    def named(self, inputs: tuple[str, ...], targets: tuple[str, ...]) -> Dataset:
        """Return the samples with other names for the ports, in the same order."""
        return dataclasses.replace(self, inputs=inputs, targets=targets)


def grid_around(data: Dataset, side: int = 40) -> Grid | None:
    """Return a grid around samples of two inputs, on which no truth is known; None for any other number of inputs."""
    if len(data.inputs) != 2:
        return None
    x = np.array(data.x)
    margin = np.where(np.ptp(x, axis=0) > 0, 0.05 * np.ptp(x, axis=0), 0.5)
    low = np.min(x, axis=0)
    # Where no sample is negative a circuit may have no species for negative values.
    (a, b), (c, d) = (
        np.where(low >= 0, np.maximum(low - margin, 0.0), low - margin).tolist(),
        (np.max(x, axis=0) + margin).tolist(),
    )
    return Grid((a, b), (c, d), side)


def samples(circuit: LearningCircuit, data: Dataset) -> list[dict[str, float]]:
    """Return every sample as a mapping from port to value."""
    names = circuit.input_names + circuit.target_names
    table = np.hstack([inputs(circuit, data), targets(circuit, data)])
    return [dict(zip(names, map(float, row), strict=True)) for row in table]


def inputs(circuit: LearningCircuit, data: Dataset) -> Vector:
    """Return the inputs in the circuit's order, shape (N, D)."""
    return np.array([[row[data.inputs.index(n)] for n in circuit.input_names] for row in data.x])


def targets(circuit: LearningCircuit, data: Dataset) -> Vector:
    """Return the targets in the circuit's order, shape (N, Q)."""
    return np.array([[row[data.targets.index(n)] for n in circuit.target_names] for row in data.y])


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

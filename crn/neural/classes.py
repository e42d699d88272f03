"""Classes: how the outputs of a classifier become a decision, and how decisions are counted.

One output and a threshold tell two classes apart; with an output for each class the largest decides. Which classes samples belong
to is said by `crn.neural.samples`, what a circuit decides by `crn.neural.evaluation`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from crn.diagnostics import CircuitError
from crn.massaction import Vector

NO_CLASS: Final = -1
"""In place of a class: a point that belongs to none."""


@dataclass(frozen=True, slots=True)
class Classes:
    """How outputs become classes.

    Attributes
    ----------
    names : tuple of str
        Of K classes, in the order of their numbers.
    threshold : float or None
        Of a single output: up to it the class is 0, above it 1. Without one there is an output for each class, and the
        largest decides.
    """

    names: tuple[str, ...]
    threshold: float | None = None

    def __post_init__(self) -> None:
        if len(set(self.names)) < max(2, len(self.names)):
            raise CircuitError(f"classes need two names or more, all different, not {', '.join(self.names) or 'none'}")
        if self.threshold is not None and (len(self.names) != 2 or not math.isfinite(self.threshold)):
            raise CircuitError(f"a threshold tells two classes apart and is finite, not {self.threshold}")

    @property
    def outputs(self) -> int:
        """How many outputs it takes."""
        return len(self.names) if self.threshold is None else 1

    def of(self, outputs: Vector) -> NDArray[np.intp]:
        """Return the number of the class for every row of outputs, shape (N, Q) to (N,)."""
        if self.threshold is None:
            largest: NDArray[np.intp] = np.argmax(outputs, axis=1)
            return largest
        return (outputs[:, 0] > self.threshold).astype(np.intp)

    def accuracy(self, outputs: Vector, wanted: Vector) -> float:
        """Return the share of the rows whose outputs are of the class of the wanted ones."""
        return float(np.mean(self.of(outputs) == self.of(wanted)))

    def confusion(self, outputs: Vector, wanted: Vector) -> NDArray[np.intp]:
        """Return how often class i (row) was taken for class j (column), shape (K, K)."""
        found = np.zeros((len(self.names), len(self.names)), np.intp)
        np.add.at(found, (self.of(wanted), self.of(outputs)), 1)
        return found

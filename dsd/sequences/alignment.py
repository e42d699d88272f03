"""How strongly two sequences may bind by accident: the best helix that they can form side by side.

A helix is a run of pairs in which single mismatches are allowed, with the energies of `dsd.thermodynamics`; bulges, loops and
structures within a strand are not seen here but by folding. The recursion runs along each diagonal, as in Smith and Waterman
(J. Mol. Biol. 147:195, 1981) without gaps: E[k] is the energy of the best helix that ends with pair k.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from crn.simulate.compiled import kernel
from dsd.thermodynamics import Conditions, Floats, Letters, StackTable, encode

Lengths: TypeAlias = NDArray[np.int64]
Packed: TypeAlias = tuple[Letters, Lengths]


class Binding:
    """The energies of the best helices at given conditions.

    Parameters
    ----------
    conditions : Conditions
    """

    def __init__(self, conditions: Conditions = Conditions()) -> None:
        table = StackTable(conditions)
        self.conditions = conditions
        self._stacks, self._initiation, self._terminal_at = table.stacks, table.initiation, table.terminal_at

    def __call__(self, a: str, b: str) -> float:
        """Return the energy of the best helix of two sequences, both 5' to 3', in kcal/mol; 0 if none is stable."""
        x, y = encode([a, b])
        return best_helix(x[: len(a)], y[: len(b)], self._stacks, self._initiation, self._terminal_at)

    def between(self, first: Sequence[str], second: Sequence[str]) -> Floats:
        """Return the energies of all pairs, shape (first, second), in kcal/mol."""
        return self.among(packed(first), packed(second))

    def among(self, first: Packed, second: Packed) -> Floats:
        """Return the same for sequences that are packed already."""
        (x, n), (y, m) = first, second
        return all_helices(x, n, y, m, self._stacks, self._initiation, self._terminal_at)


def packed(sequences: Sequence[str]) -> Packed:
    """Return sequences as rows of numbers, and their lengths."""
    return encode(sequences), np.array([len(s) for s in sequences], dtype=np.int64)


@kernel
def all_helices(
    x: Letters, x_lengths: Lengths, y: Letters, y_lengths: Lengths, stacks: Floats, initiation: float, at: float
) -> Floats:
    """Return the best helix of every pair; sequences are rows, their lengths beside them."""
    found = np.zeros((x.shape[0], y.shape[0]))
    for i in range(x.shape[0]):
        for j in range(y.shape[0]):
            found[i, j] = best_helix(x[i, : x_lengths[i]], y[j, : y_lengths[j]], stacks, initiation, at)
    return found


@kernel
def best_helix(x: Letters, y: Letters, stacks: Floats, initiation: float, at: float) -> float:
    """Return the energy of the best helix of two encoded sequences, both 5' to 3', at most 0."""
    n, m = len(x), len(y)
    best = 0.0
    for shift in range(1 - m, n):
        # x[k] faces y[m - 1 - (k - shift)].
        one, two = np.inf, np.inf  # E[k - 1], E[k - 2]
        for k in range(max(0, shift), min(n, m + shift)):
            a, b = x[k], y[m - 1 - k + shift]
            here = np.inf
            if a + b == 3:
                end = at if a == 0 or a == 3 else 0.0
                here = initiation + end
                if k > 0 and one < np.inf:
                    here = min(here, one + stacks[x[k - 1], a, y[m - k + shift], b])
                elif k > 1 and two < np.inf:
                    c, d = x[k - 1], y[m - k + shift]
                    mismatched = stacks[x[k - 2], c, y[m - k + 1 + shift], d] + stacks[c, a, d, b]
                    here = min(here, two + mismatched)
                best = min(best, here + end)
            one, two = here, one
    return best

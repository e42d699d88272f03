"""Least solutions of the linear equations that interpretations leave open.

A reaction that changes nothing says that what its reactants stand for is what its products stand for: for each formal species an
equation between natural numbers. Solutions that are not least differ from a least one by something that stands for nothing anybody
asks for; if they are bisimulations, so is the least one (``docs/theorem.md``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import product

from crn.network import Species

Side = tuple[Species, ...]
Vector = tuple[int, ...]


def least_solutions(
    equal: Sequence[tuple[Side, Side]],
    unknown: Sequence[Species],
    meaning: Mapping[Species, Side],
    most: int = 20_000,
) -> list[dict[Species, Side]] | None:
    """Return the least readings of unknown species under which reactions change nothing.

    Parameters
    ----------
    equal : sequence of (Side, Side)
    unknown : sequence of Species
    meaning : mapping of Species to Side
        Of all others.
    most : int
        Vectors looked at for one formal species.

    Returns
    -------
    list of dict of Species to Side, or None
        None if there may be more.
    """
    net = [Counter(a) for a, _ in equal]
    for row, (_, b) in zip(net, equal, strict=True):
        row.subtract(b)
    involved = [s for s in unknown if any(row[s] for row in net)]
    matrix = [[row[s] for s in involved] for row in net]
    formal = sorted({f for row in net for s, n in row.items() if n and s in meaning for f in meaning[s]})
    by_formal: list[list[Vector]] = []
    for f in formal:
        constant = [sum(n * meaning[s].count(f) for s, n in row.items() if s in meaning) for row in net]
        found = _least(matrix, constant, most)
        if found is None:
            return None
        by_formal.append(found)
    solutions = []
    for chosen in product(*by_formal):
        reading: dict[Species, Side] = dict.fromkeys(unknown, ())
        for f, vector in zip(formal, chosen, strict=True):
            for s, n in zip(involved, vector, strict=True):
                reading[s] += (f,) * n
        solutions.append(reading)
    return solutions


def _least(matrix: Sequence[Sequence[int]], constant: Sequence[int], most: int) -> list[Vector] | None:
    """Return the least natural x with matrix x + constant = 0.

    E. Contejean, H. Devie, "An efficient incremental algorithm for solving systems of linear Diophantine equations", Information
    and Computation 113, 143-172 (1994), doi:10.1006/inco.1994.1067: grow a vector by a unit only where that turns its defect back.
    """
    width = len(matrix[0]) if matrix else 0
    columns = [tuple(row[j] for row in matrix) for j in range(width)]
    found: list[Vector] = []
    frontier: dict[Vector, tuple[int, ...]] = {(0,) * width: tuple(constant)}
    looked = 0
    while frontier:
        later: dict[Vector, tuple[int, ...]] = {}
        for vector, defect in frontier.items():
            looked += 1
            if looked > most:
                return None
            if not any(defect):
                found.append(vector)
                continue
            for j, column in enumerate(columns):
                if sum(d * c for d, c in zip(defect, column, strict=True)) < 0:
                    grown = (*vector[:j], vector[j] + 1, *vector[j + 1 :])
                    if not any(all(x <= y for x, y in zip(f, grown, strict=True)) for f in found):
                        later[grown] = tuple(d + c for d, c in zip(defect, column, strict=True))
        frontier = later
    return found

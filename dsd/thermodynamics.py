"""Free energies of DNA helices by the nearest-neighbour model, at any temperature and salt, for many helices at once.

J. SantaLucia, PNAS 95:1460 (1998), doi:10.1073/pnas.95.4.1460: dG = dH - T dS, sums over stacks, plus initiation, a term for each
A-T end and one for symmetry. The parameters are in `dsd.nearest_neighbours`; structures of single strands and of whole complexes
are the business of `dsd.folding`.

Salt acts on the entropy: dS = dS(1 M) + 0.368 (n - 1) ln[Na+] for n pairs without phosphates at the ends (the same paper).
Magnesium counts as sodium: [Na+] = Na + 120 sqrt(Mg) in mM (von Ahsen, Wittwer, Schütz, Clinical Chemistry 47:1956, 2001), which
makes the usual 12.5 mM Mg equal to 0.42 M Na; the other law in use, 3.3 sqrt(Mg) in M, gives 0.37 M: 0.1 kcal/mol for 8 pairs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dsd.nearest_neighbours import (
    DANGLING_3,
    DANGLING_5,
    INITIATION,
    MISMATCHES,
    STACKS,
    SYMMETRY,
    TERMINAL_AT,
    Parameters,
)

Floats = NDArray[np.float64]
Letters = NDArray[np.int8]

GAS_CONSTANT: Final = 1.987204e-3
"""In kcal/mol/K."""

_LETTERS: Final = "ACGT"
_NONE: Final = 4
"""Stands for no nucleotide: behind the end of a shorter sequence, or where nothing hangs over."""
_NUMBERS: Final = np.array([(_LETTERS + " ").find(chr(code)) for code in range(128)], dtype=np.int8)
"""The number of every character, -1 for what is none of the letters; a blank fills up."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """What the tube is like.

    Attributes
    ----------
    temperature_C : float
    sodium_M : float
        All monovalent ions. The default, 50 mM with 12.5 mM of magnesium, is what the sequences of Srinivas et al. (2017,
        doi:10.1126/science.aal2052) were judged at, so that figures compare.
    magnesium_M : float
    """

    temperature_C: float = 25.0
    sodium_M: float = 0.05
    magnesium_M: float = 0.0125

    def __post_init__(self) -> None:
        if not -273.15 < self.temperature_C < 200 or min(self.sodium_M, self.magnesium_M) < 0:
            raise ValueError(f"no tube is like this: {self}")
        if not 0 < self.sodium_equivalent_M < 100:
            raise ValueError(
                f"{self.sodium_equivalent_M:g} M of sodium: duplexes need salt, and not more than dissolves"
            )

    @property
    def kelvin(self) -> float:
        """The temperature in K."""
        return self.temperature_C + 273.15

    @property
    def sodium_equivalent_M(self) -> float:  # noqa: N802  # a unit
        """The sodium that acts as this salt does, in M; see the module."""
        return self.sodium_M + 0.120 * math.sqrt(1000 * self.magnesium_M)

    def __str__(self) -> str:
        return f"{self.temperature_C:g} C, {1000 * self.sodium_M:g} mM Na, {1000 * self.magnesium_M:g} mM Mg"


ONE_MOLAR: Final = Conditions(37.0, 1.0, 0.0)
"""Where the parameters were measured."""


def encode(sequences: Sequence[str]) -> Letters:
    """Return sequences as numbers 0 to 3 for A, C, G, T.

    Parameters
    ----------
    sequences : sequence of str
        Of the letters A, C, G, T, 5' to 3'.

    Returns
    -------
    array of int8, shape (sequences, longest)
        4 behind the end of the shorter ones.

    Raises
    ------
    ValueError
        If there is another letter, or a sequence is empty.
    """
    lengths = np.array([len(s) for s in sequences], dtype=np.int64)
    longest = int(lengths.max(initial=0))
    padded = "".join(s.ljust(longest) for s in sequences).encode("ascii", "replace")
    found = _NUMBERS[np.frombuffer(padded, dtype=np.uint8)].reshape(len(sequences), longest)
    wrong = (found < 0).any(axis=1) | ((found != _NONE).sum(axis=1) < np.maximum(lengths, 1))
    if wrong.any():
        raise ValueError(f"not a DNA sequence: {sequences[int(np.argmax(wrong))]!r}")
    return found


def duplex_energies(
    sequences: Sequence[str],
    conditions: Conditions = Conditions(),
    *,
    before: Sequence[str] | None = None,
    after: Sequence[str] | None = None,
    before_complement: Sequence[str] | None = None,
    after_complement: Sequence[str] | None = None,
) -> Floats:
    """Return the free energies of sequences bound to their complements.

    Parameters
    ----------
    sequences : sequence of str
        One strand of each helix, 5' to 3'.
    conditions : Conditions
    before, after : sequence of str, optional
        The nucleotide that hangs over at the 5' end, and at the 3' end, of each sequence; empty where there is none.
    before_complement, after_complement : sequence of str, optional
        The same for the complements.

    Returns
    -------
    array, shape (sequences,)
        In kcal/mol, at a standard state of 1 M.
    """
    enthalpy, entropy = duplex_enthalpies_entropies(
        sequences,
        before=before,
        after=after,
        before_complement=before_complement,
        after_complement=after_complement,
    )
    pairs = np.array([len(s) for s in sequences], dtype=float)
    salted: Floats = entropy + 0.368 * (pairs - 1) * math.log(conditions.sodium_equivalent_M)
    return enthalpy - conditions.kelvin * salted / 1000


def duplex_enthalpies_entropies(
    sequences: Sequence[str],
    *,
    before: Sequence[str] | None = None,
    after: Sequence[str] | None = None,
    before_complement: Sequence[str] | None = None,
    after_complement: Sequence[str] | None = None,
) -> tuple[Floats, Floats]:
    """Return enthalpies in kcal/mol and entropies in cal/mol/K at 1 M sodium; the arguments are those of `duplex_energies`."""
    x = encode(sequences)
    if not len(x):
        return np.zeros(0), np.zeros(0)
    stacks = _pair_table(STACKS)
    total = np.tile(np.array(INITIATION), (len(x), 1))
    inner = x[:, 1:] != _NONE
    total += np.where(inner[..., None], stacks[x[:, :-1] % _NONE, x[:, 1:] % _NONE], 0.0).sum(axis=1)
    last = x[np.arange(len(x)), (x != _NONE).sum(axis=1) - 1]
    for end in (x[:, 0], last):
        total += np.where(((end == 0) | (end == 3))[:, None], np.array(TERMINAL_AT), 0.0)
    symmetric = np.array([is_self_complementary(s) for s in sequences])
    total += np.where(symmetric[:, None], np.array(SYMMETRY), 0.0)
    # Each helix end sees the strand that runs out of it and the one that runs into it.
    left = _end(_hanging(before, x), x[:, 0], _hanging(after_complement, x))
    right = _end(_hanging(before_complement, x), 3 - last, _hanging(after, x))
    total += left + right
    return total[:, 0], total[:, 1]


def is_self_complementary(sequence: str) -> bool:
    """Whether a sequence is its own complement."""
    return sequence == sequence.translate(str.maketrans("ACGT", "TGCA"))[::-1]


@dataclass(frozen=True)
class StackTable:
    """Stacks at given conditions, for kernels that align sequences.

    Attributes
    ----------
    conditions : Conditions
    """

    conditions: Conditions

    @cached_property
    def stacks(self) -> Floats:
        """Energies in kcal/mol, shape (4, 4, 4, 4): of ``xy`` 5' to 3' over ``uv`` 3' to 5'; infinite where nothing is known.

        Known are two pairs, and a pair beside a mismatch.
        """
        found = np.full((4, 4, 4, 4), np.inf)
        per_stack = 0.368 * math.log(self.conditions.sodium_equivalent_M)
        for table in (STACKS, MISMATCHES):
            for name, (enthalpy, entropy) in table.items():
                (x, y), (u, v) = ([_LETTERS.index(c) for c in half] for half in name.split("/"))
                energy = enthalpy - self.conditions.kelvin * (entropy + per_stack) / 1000
                found[x, y, u, v] = found[v, u, y, x] = energy
        return found

    @property
    def initiation(self) -> float:
        """In kcal/mol."""
        return INITIATION[0] - self.conditions.kelvin * INITIATION[1] / 1000

    @property
    def terminal_at(self) -> float:
        """In kcal/mol."""
        return TERMINAL_AT[0] - self.conditions.kelvin * TERMINAL_AT[1] / 1000


def _end(five: Letters, paired: Letters, three: Letters) -> Floats:
    """Return what hangs over at one helix end adds, shape (helices, 2).

    Parameters
    ----------
    five : array of int8
        What precedes the strand that begins at this end.
    paired : array of int8
        Its first letter.
    three : array of int8
        What follows the strand that ends here.
    """
    by_five, by_three = _dangling(five=True), _dangling(five=False)
    alone_5 = by_five[five % _NONE, paired]
    alone_3 = by_three[3 - paired, three % _NONE]
    found: Floats = np.where((five != _NONE)[:, None], alone_5, 0.0)
    found += np.where((three != _NONE)[:, None], alone_3, 0.0)
    return found


def _hanging(letters: Sequence[str] | None, x: Letters) -> Letters:
    if letters is None:
        return np.full(len(x), _NONE, dtype=np.int8)
    if len(letters) != len(x) or any(len(c) > 1 or c not in _LETTERS for c in letters):
        raise ValueError("what hangs over is one nucleotide, or none, for every sequence")
    return np.array([_LETTERS.index(c) if c else _NONE for c in letters], dtype=np.int8)


def _pair_table(parameters: Parameters) -> Floats:
    """Return stacks of two pairs by the letters of either strand, shape (4, 4, 2)."""
    found = np.zeros((4, 4, 2))
    for name, values in parameters.items():
        top, bottom = name.split("/")
        found[_LETTERS.index(top[0]), _LETTERS.index(top[1])] = values
        found[_LETTERS.index(bottom[1]), _LETTERS.index(bottom[0])] = values
    return found


@cache
def _dangling(*, five: bool) -> Floats:
    found = np.zeros((4, 4, 2))
    for name, values in (DANGLING_5 if five else DANGLING_3).items():
        found[_LETTERS.index(name[0]), _LETTERS.index(name[1])] = values
    return found

"""Toeholds: a set of short domains that bind their complements equally well, and each other's badly.

All words of a length whose energies lie in a window are listed; which of them go together is a graph, and a large independent set
of it is found by taking the word with the fewest conflicts over and over, with random ties. What is found is a supply that can be
had: a larger one may exist. Long domains are found in `dsd.sequences.search`.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dsd.sequences.alignment import Binding
from dsd.sequences.assignment import reverse_complement
from dsd.sequences.rules import Rules
from dsd.thermodynamics import Conditions, duplex_energies

PASSES: Final = 12
"""How often a set is searched for at every gap."""

STEP: Final = 0.5
"""By how much gaps are tried, in kcal/mol."""


@dataclass(frozen=True, slots=True)
class Library:
    """The words of one length that may be toeholds.

    Attributes
    ----------
    length_nt : int
    words : tuple of str
    energies : tuple of float
        On their complements, in kcal/mol.
    low, high : float
        The window that these lie in.
    """

    length_nt: int
    words: tuple[str, ...]
    energies: tuple[float, ...]
    low: float
    high: float

    def only(self, kept: Sequence[bool]) -> Library:
        """Return the library with some of its words."""
        chosen = [(w, e) for w, e, k in zip(self.words, self.energies, kept, strict=True) if k]
        return replace(self, words=tuple(w for w, _ in chosen), energies=tuple(e for _, e in chosen))


@dataclass(frozen=True, slots=True)
class Supply:
    """How many toeholds there are.

    Attributes
    ----------
    length_nt : int
    low, high : float
        Window of their energies, in kcal/mol.
    candidates : int
        Words in the window.
    found : tuple of (float, int)
        For every gap tried, in kcal/mol, the size of the largest set found.
    """

    length_nt: int
    low: float
    high: float
    candidates: int
    found: tuple[tuple[float, int], ...]

    @property
    def most(self) -> int:
        """The largest set found."""
        return max((n for _, n in self.found), default=0)

    @property
    def target(self) -> float:
        """The design energy in kcal/mol: the middle of the window."""
        return (self.low + self.high) / 2

    def __str__(self) -> str:
        sets = ", ".join(f"{n} with a gap of {gap:g}" for gap, n in self.found)
        return f"{self.length_nt} nt: {self.candidates} words between {self.low:.2f} and {self.high:.2f} kcal/mol; sets of {sets}"


def library(length_nt: int, rules: Rules, binding: Binding, taken: Sequence[str] = ()) -> Library:
    """Return the words of a length that may be toeholds.

    Parameters
    ----------
    length_nt : int
    rules : Rules
    binding : Binding
    taken : sequence of str
        Toeholds of this length that stand already; the window is laid around them.
    """
    words = ["".join(w) for w in itertools.product(rules.letters, repeat=length_nt)]
    words = [w for w in words if not rules.refuses_domain(w) and not _runs_on(w, rules) and w not in taken]
    energies = duplex_energies(words, binding.conditions)
    if rules.toehold_target is not None:
        low = rules.toehold_target - rules.toehold_spread / 2
    else:
        low = _densest(energies, rules.toehold_spread, duplex_energies(list(taken), binding.conditions))
    inside = np.flatnonzero((low <= energies) & (energies <= low + rules.toehold_spread))
    hanging = energies_in_context([words[i] for i in inside], rules, binding.conditions)
    lowest = _densest(hanging, rules.context_spread, energies_in_context(taken, rules, binding.conditions))
    inside = inside[(lowest <= hanging) & (hanging <= lowest + rules.context_spread)]
    return Library(
        length_nt,
        tuple(words[i] for i in inside),
        tuple(float(energies[i]) for i in inside),
        float(low),
        float(low + rules.toehold_spread),
    )


def energies_in_context(words: Sequence[str], rules: Rules, conditions: Conditions) -> NDArray[np.float64]:
    """Return the energies of toeholds on their complements with the clamps of long domains hanging over, in kcal/mol."""
    before, after = rules.beside_toeholds
    return duplex_energies(words, conditions, before=[before] * len(words), after=[after] * len(words))


def choose(
    wanted: int,
    stock: Library,
    rules: Rules,
    binding: Binding,
    rng: np.random.Generator,
    standing: Sequence[str] = (),
) -> tuple[tuple[tuple[str, ...], ...], Supply]:
    """Return sets of toeholds that are large enough, those that are furthest apart first, and the supply.

    Parameters
    ----------
    wanted : int
    stock : Library
    rules : Rules
    binding : Binding
    rng : Generator
    standing : sequence of str
        Toeholds, of any length, that the new ones have to keep apart from.

    Returns
    -------
    tuple of tuple of str
        None if there are not enough at the least gap that is allowed.
    Supply
    """
    alone, pairs = separations(stock, binding, standing)
    pairs = np.where(_beside_clamps(stock, rules, binding), pairs, -np.inf)
    found: list[tuple[float, int]] = []
    sets: list[tuple[str, ...]] = []
    for gap in (rules.toehold_gap + STEP * k for k in range(5)):
        best: list[int] = []
        for _ in range(PASSES):
            best = max(best, _independent(alone >= gap, pairs < gap, rng), key=len)
        found.append((gap, len(best)))
        if len(best) < wanted:
            break
        sets.insert(0, tuple(stock.words[i] for i in best))
    return tuple(sets), Supply(stock.length_nt, stock.low, stock.high, len(stock.words), tuple(found))


def most(length_nt: int, rules: Rules, conditions: Conditions, seed: int = 0) -> int:
    """Return how many toeholds of a length there are at the least gap that is allowed."""
    binding = Binding(conditions)
    return choose(1, library(length_nt, rules, binding), rules, binding, np.random.default_rng(seed))[1].most


def separations(
    stock: Library, binding: Binding, standing: Sequence[str] = ()
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how far words are apart, in kcal/mol: each from itself and from what stands, and every two.

    Two are as far apart as the worse of one on the other's complement and one on the other is worse than the weaker of the two on
    its own complement.
    """
    words, own = list(stock.words), np.array(stock.energies)
    if not words:
        return np.zeros(0), np.zeros((0, 0))
    stars = [reverse_complement(w) for w in words]
    crossed = binding.between(words, stars)
    straight = np.minimum(binding.between(words, words), binding.between(stars, stars))
    pairs = np.minimum(np.minimum(crossed, crossed.T), straight) - np.maximum.outer(own, own)
    alone = np.diag(straight) - own
    if standing:
        other = duplex_energies(list(standing), binding.conditions)
        tops, bottoms = list(standing), [reverse_complement(w) for w in standing]
        both = ((words, tops), (words, bottoms), (stars, tops), (stars, bottoms))
        worst = np.min([binding.between(a, b) for a, b in both], axis=0)
        alone = np.minimum(alone, (worst - np.maximum.outer(own, other)).min(axis=1))
    np.fill_diagonal(pairs, np.inf)
    return alone, pairs


def _beside_clamps(stock: Library, rules: Rules, binding: Binding) -> NDArray[np.bool_]:
    """Whether two words keep apart as toeholds do from long domains when there are clamps around them, shape (words, words)."""
    before, after = rules.beside_toeholds
    words = list(stock.words)
    if not words:
        return np.zeros((0, 0), dtype=bool)
    around = [before + w + after for w in words]
    bound = np.minimum(
        binding.between(around, words), binding.between(list(map(reverse_complement, around)), words)
    ) - np.array(stock.energies)
    kept = bound >= rules.mixed_gap
    np.fill_diagonal(kept, True)
    return np.asarray(kept & kept.T)


def _independent(allowed: NDArray[np.bool_], conflict: NDArray[np.bool_], rng: np.random.Generator) -> list[int]:
    """Return a large set of allowed words no two of which conflict: the one with the fewest conflicts first."""
    left = allowed.copy()
    degree = (conflict & left[None, :]).sum(axis=1).astype(float)
    chosen: list[int] = []
    while left.any():
        i = int(np.argmin(np.where(left, degree + 3 * rng.random(len(left)), np.inf)))
        chosen.append(i)
        gone = left & conflict[i]
        gone[i] = True
        degree -= conflict[:, gone].sum(axis=1)
        left &= ~gone
    return chosen


def _densest(energies: NDArray[np.float64], width: float, around: NDArray[np.float64]) -> float:
    """Return where the window of a width begins that holds most energies, and all of those it has to lie around."""
    starts = np.sort(energies)
    if len(around):
        starts = np.sort(np.append(starts, around))
        fitting = starts[(starts <= around.min()) & (starts >= around.max() - width)]
        starts = fitting if len(fitting) else np.array([(around.min() + around.max() - width) / 2])
    if not len(starts):
        return 0.0
    counts = [int(((energies >= s) & (energies <= s + width)).sum()) for s in starts]
    return float(starts[int(np.argmax(counts))])


def _runs_on(word: str, rules: Rules) -> bool:
    """Whether a word cannot stand between two clamps."""
    before, after = rules.beside_toeholds
    return bool(rules.refuses(before + word + after))

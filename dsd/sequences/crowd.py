"""The domains that stand, and how strongly they bind each other by accident; words for a domain are drawn here.

Energies are those of `dsd.sequences.alignment`. Rules about letters are those of `dsd.sequences.readings`; which domain is drawn
when is decided in `dsd.sequences.search`.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dsd.domains import Domain
from dsd.sequences.alignment import Binding, Packed, packed
from dsd.sequences.assignment import reverse_complement
from dsd.sequences.layout import Layout, Triple
from dsd.sequences.readings import UNKNOWN, Readings
from dsd.sequences.rules import IUPAC, LONGEST_TOEHOLD, Job, Rules
from dsd.thermodynamics import GAS_CONSTANT, Floats, duplex_energies

BATCH: Final = 96
"""Words drawn at a time."""

BATCHES: Final = 20
"""Batches for one domain before it is given up."""


class Crowd:
    """Domains with their readings and energies.

    Parameters
    ----------
    layout : Layout
    job : Job
        Its rules are settled.
    """

    def __init__(self, layout: Layout, job: Job) -> None:
        self.layout, self.rules = layout, job.rules
        self.binding = Binding(job.conditions)
        self.readings = Readings(layout, job.rules)
        self._thermal = GAS_CONSTANT * job.conditions.kelvin
        size = len(layout.domains)
        self._own = np.zeros(size)
        # The constants, in /M, with which every two bind by accident; nothing for those that do not stand.
        self._constants = np.zeros((size, size))
        self._strangers: dict[Triple, NDArray[np.bool_]] = {}
        for triple in layout.triples:
            kin = {d if not d.star else ~d for d in triple if d is not None}
            self._strangers[triple] = np.array([d not in kin for d in layout.domains], dtype=bool)

    def put(self, domain: Domain, text: str) -> None:
        """Let a domain read a text."""
        number = self.layout.number[domain]
        self._own[number] = duplex_energies([text], self.binding.conditions)[0]
        standing = self.readings.standing()
        if standing:
            others = self._numbers(standing)
            energies = self._energies([text], self._packed(standing))[0]
            self._constants[number, others] = self._constants[others, number] = self._bound(energies)
        self.readings.put(domain, text)

    def take(self, domain: Domain) -> None:
        """Forget what a domain reads, but for its clamps."""
        self.readings.take(domain)
        number = self.layout.number[domain]
        self._constants[number] = self._constants[:, number] = 0.0

    def score(self) -> float:
        """Return how well the domains keep apart; see `dsd.sequences.search.Found`."""
        total = float(self._constants.sum()) / 2
        return -self._thermal * math.log(total) if total > 0 else 0.0

    def worst(self, free: Iterable[Domain], tired: Mapping[Domain, int]) -> Domain | None:
        """Return the domain that binds others most, of those that may change and did not resist ten times."""
        sums = self._constants.sum(axis=1)
        ordered = sorted(free, key=lambda d: (tired.get(d, 0) // 10, -sums[self.layout.number[d]], d.name))
        return ordered[0] if ordered and tired.get(ordered[0], 0) < 10 else None

    def draw(
        self, domain: Domain, rng: np.random.Generator, refused: Counter[str], deadline: float, batches: int = BATCHES
    ) -> str | None:
        """Return a word for a domain that obeys all rules, the best of the first batch that holds any; None if there is none.

        Parameters
        ----------
        domain : Domain
        rng : Generator
        refused : Counter
            Here the words are counted that each rule refuses.
        deadline : float
            By `time.monotonic`, in s.
        batches : int
        """
        for _ in range(batches):
            if time.monotonic() > deadline:
                return None
            words = []
            for text in dict.fromkeys(_random_words(domain.length, self.rules, rng)):
                rule = self.readings.refuses(domain, text)
                if rule:
                    refused[rule] += 1
                else:
                    words.append(text)
            if not words:
                continue
            good, energies = self.keeps_apart(words)
            good[good] = [not self.crowds(domain, w) for w, kept in zip(words, good, strict=True) if kept]
            refused["gap"] += int((~good).sum())
            if good.any():
                cost = np.where(good, self._bound(energies).sum(axis=1), np.inf)
                return words[int(np.argmin(cost))]
        return None

    def keeps_apart(self, words: Sequence[str]) -> tuple[NDArray[np.bool_], Floats]:
        """Return which words of one length keep their distance from every domain that stands and from copies of themselves.

        Returns
        -------
        array of bool, shape (words,)
        array, shape (words, domains that stand)
            Energies of the accidental helices, in kcal/mol.
        """
        standing, length = self.readings.standing(), len(words[0])
        gaps = np.array([self.rules.gap(length, d.length) for d in standing])
        own = duplex_energies(words, self.binding.conditions)
        energies = self._energies(words, self._packed(standing))
        good: NDArray[np.bool_] = self._energies_alone(words) - own >= self.rules.gap(length, length)
        good &= (energies - np.maximum.outer(own, self._own[self._numbers(standing)]) >= gaps).all(axis=1)
        return good, energies

    def crowds(self, domain: Domain, text: str) -> bool:
        """Whether a toehold would bind where this domain meets its neighbours, or this one where others meet."""
        toeholds = [d for d in self.readings.standing() if d.length <= LONGEST_TOEHOLD and d != domain]
        before = self.readings.reading[domain]
        self.readings.reading[domain] = text
        try:
            mine = self.readings.triples(domain)
            if self._meet(mine, toeholds, self._own[self._numbers(toeholds)]):
                return True
            if domain.length > LONGEST_TOEHOLD:
                return False
            others = [t for t in self.layout.triples if domain not in t and ~domain not in t]
            return self._meet(others, [domain], duplex_energies([text], self.binding.conditions))
        finally:
            self.readings.reading[domain] = before

    def _meet(self, triples: Sequence[Triple], toeholds: Sequence[Domain], own: Floats) -> bool:
        """Whether one of some toeholds binds a run of three domains that it is no part of too well."""
        pieces, strangers = [], []
        numbers = self._numbers(toeholds)
        for triple in triples:
            for piece in self.readings.text(triple).split(UNKNOWN):
                if len(piece) > self.rules.max_stem:
                    pieces.append(piece)
                    strangers.append(self._strangers[triple][numbers])
        if not pieces or not toeholds:
            return False
        words = packed([self.readings.reading[d] for d in toeholds])
        both = (packed(pieces), packed([reverse_complement(p) for p in pieces]))
        energies = np.minimum(*(self.binding.among(side, words) for side in both))
        return bool(((energies - own < self.rules.mixed_gap) & np.array(strangers)).any())

    def _bound(self, energies: Floats) -> Floats:
        """Return binding constants in /M."""
        return np.exp(-energies / self._thermal)

    def _numbers(self, domains: Sequence[Domain]) -> list[int]:
        return [self.layout.number[d] for d in domains]

    def _packed(self, domains: Sequence[Domain]) -> tuple[Packed, Packed]:
        texts = [self.readings.reading[d] for d in domains]
        return packed(texts), packed([reverse_complement(t) for t in texts])

    def _energies(self, words: Sequence[str], standing: tuple[Packed, Packed]) -> Floats:
        """Return the best accidental helix of every word, or its complement, with every domain that stands, or its complement."""
        tops, bottoms = packed(words), packed([reverse_complement(w) for w in words])
        among = self.binding.among
        straight = np.minimum(among(tops, standing[0]), among(bottoms, standing[1]))
        crossed = np.minimum(among(tops, standing[1]), among(bottoms, standing[0]))
        return np.minimum(straight, crossed)

    def _energies_alone(self, words: Sequence[str]) -> Floats:
        """Return the best helix of every word, or its complement, with another copy of itself."""
        return np.array([min(self.binding(w, w), self.binding(*2 * (reverse_complement(w),))) for w in words])


def _random_words(length: int, rules: Rules, rng: np.random.Generator) -> list[str]:
    """Return a batch of words of the letters of the rules, with clamps."""
    letters = np.array(list(rules.letters))
    drawn = letters[rng.integers(len(letters), size=(BATCH, length))]
    for clamp, first in ((rules.clamp_5, 0), (rules.clamp_3, length - len(rules.clamp_3))):
        for k, code in enumerate(clamp):
            allowed = np.array([c for c in IUPAC[code] if c in rules.letters] or list(IUPAC[code]))
            drawn[:, first + k] = allowed[rng.integers(len(allowed), size=BATCH)]
    return ["".join(row) for row in drawn]

"""Which toehold goes where: words handed out to toeholds such that no other toehold binds where two of them meet.

Two toeholds side by side read more than either, by chance perhaps most of a third. The words are swapped one at a time, always
where a fault is, for the fewest faults that are left: the min-conflicts search of Minton et al., Artificial Intelligence 58:161
(1992).
Which words there are to hand out is said in `dsd.sequences.toeholds`.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from dsd.domains import Domain
from dsd.sequences.alignment import Binding
from dsd.sequences.assignment import reverse_complement
from dsd.sequences.layout import Layout
from dsd.sequences.rules import LONGEST_TOEHOLD, Rules
from dsd.thermodynamics import duplex_energies

STEPS: Final = 400
"""Most swaps."""


def place(
    layout: Layout,
    domains: Sequence[Domain],
    words: Sequence[str],
    given: Mapping[Domain, str],
    rules: Rules,
    binding: Binding,
    rng: np.random.Generator,
) -> dict[Domain, str] | None:
    """Hand out words to toeholds.

    Parameters
    ----------
    layout : Layout
    domains : sequence of Domain
        All of one length.
    words : sequence of str
        At least as many.
    given : mapping of Domain to str
        Toeholds that have their words already.
    rules : Rules
    binding : Binding
    rng : Generator

    Returns
    -------
    dict of Domain to str, or None
        None if faults are left in the end.
    """
    faults = _Faults(layout, {**given}, [*words, *given.values()], rules, binding)
    hand = [words[i] for i in rng.permutation(len(words))]
    least = faults.count(dict(zip(domains, hand, strict=False)))
    for _ in range(STEPS):
        assigned = dict(zip(domains, hand, strict=False))
        if not least:
            return assigned
        wrong = [i for i, d in enumerate(domains) if d in faults.where]
        here = wrong[rng.integers(len(wrong))] if wrong else int(rng.integers(len(domains)))
        trials = []
        for there in range(len(hand)):
            if there != here:
                hand[here], hand[there] = hand[there], hand[here]
                trials.append((faults.count(dict(zip(domains, hand, strict=False))), float(rng.random()), there))
                hand[here], hand[there] = hand[there], hand[here]
        # Now and then any swap, so that the search does not go in circles.
        least, _, there = min(trials) if rng.random() > 0.05 else trials[rng.integers(len(trials))]
        hand[here], hand[there] = hand[there], hand[here]
        least = faults.count(dict(zip(domains, hand, strict=False)))
    return None


class _Faults:
    """Counts what is wrong with toeholds as they are handed out.

    Attributes
    ----------
    where : set of Domain
        The domains that were at fault when faults were counted last.
    """

    def __init__(
        self, layout: Layout, given: Mapping[Domain, str], words: Sequence[str], rules: Rules, binding: Binding
    ) -> None:
        self.given, self.words, self.rules, self.binding = given, list(words), rules, binding
        self.own = duplex_energies(self.words, binding.conditions)
        pairs = ((a, b) for left, middle, right in layout.triples for a, b in ((left, middle), (middle, right)))
        self.meeting = tuple(dict.fromkeys((a, b) for a, b in pairs if a and b and _short(a) and _short(b)))
        self.sides = tuple(
            (after, tuple(d for d in others if _short(d))) for (_, after), others in layout.neighbours().items()
        )
        self.sides = tuple((after, others) for after, others in self.sides if len(others) > 1)
        self.before, self.after = rules.beside_toeholds
        self.where: set[Domain] = set()
        self._bound: dict[str, frozenset[str]] = {}

    def count(self, assigned: Mapping[Domain, str]) -> int:
        """Return the number of faults."""
        reading = {**self.given, **assigned}
        used = set(reading.values())
        total, self.where = 0, set()
        for one, other in self.meeting:
            if _plain(one) not in reading or _plain(other) not in reading:
                continue
            text = _read(reading, one) + _read(reading, other)
            n = len((self._binders(text) & used) - {reading[_plain(one)], reading[_plain(other)]})
            n += bool(self.rules.refuses(self.before + text + self.after))
            if n:
                total += n
                self.where |= {_plain(one), _plain(other)}
        flank = self.rules.flank or 0
        for after, others in self.sides:
            known = [d for d in others if _plain(d) in reading]
            heads = [_read(reading, d)[:flank] if after else _read(reading, d)[-flank:] for d in known]
            if len(set(heads)) < len(heads):
                total += len(heads) - len(set(heads))
                self.where |= {
                    _plain(a) for (a, x), (_, y) in itertools.permutations(zip(known, heads, strict=True), 2) if x == y
                }
        return total

    def _binders(self, text: str) -> frozenset[str]:
        """Return the words that bind too well where two toeholds meet, or the complement of that."""
        if text not in self._bound:
            long = self.before + text + self.after
            energies = self.binding.between([long, reverse_complement(long)], self.words).min(axis=0)
            near = energies - self.own < self.rules.mixed_gap
            self._bound[text] = frozenset(w for w, n in zip(self.words, near, strict=True) if n)
        return self._bound[text]


def _short(domain: Domain) -> bool:
    return domain.length <= LONGEST_TOEHOLD


def _plain(domain: Domain) -> Domain:
    return ~domain if domain.star else domain


def _read(reading: Mapping[Domain, str], domain: Domain) -> str:
    return reverse_complement(reading[~domain]) if domain.star else reading[domain]

"""What the domains of a circuit read so far, and an index of all words in its strands.

A search puts words in and takes them out; here it is asked whether a word breaks a rule by its letters, alone or with what stands
already. How strongly words bind is known to `dsd.sequences.crowd`; finished sequences are looked at in `dsd.sequences.checks`.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dsd.domains import Domain, Strand
from dsd.sequences.assignment import reverse_complement
from dsd.sequences.layout import Layout, Rivals, Stretch, Triple, share
from dsd.sequences.rules import LONGEST_TOEHOLD, Rules

UNKNOWN: Final = "."
"""Stands for a letter that is still to be found."""

_LETTERS: Final = "ACGT" + UNKNOWN
_NO_LETTER: Final = 4


class Readings:
    """The readings of all domains, some of them unknown.

    Parameters
    ----------
    layout : Layout
    rules : Rules
        With `max_repeat` and `flank` given.
    """

    def __init__(self, layout: Layout, rules: Rules) -> None:
        assert rules.max_repeat is not None, "the rules are settled"
        self.layout, self.rules = layout, rules
        self.reading: dict[Domain, str] = {}
        self._index = _Index(layout, rules.max_repeat + 1)
        self._rivals: dict[Domain, list[Rivals]] = defaultdict(list)
        for rivals in layout.rivals:
            for part in (rivals.one, rivals.other):
                self._rivals[plain(part)].append(rivals)
        self._strands: dict[Domain, list[Strand]] = defaultdict(list)
        for strand in layout.strands:
            if any(~d in strand.domains for d in strand):
                continue  # it is meant to fold
            for part in dict.fromkeys(map(plain, strand)):
                self._strands[part].append(strand)
        self._triples: dict[Domain, list[Triple]] = defaultdict(list)
        for triple in layout.triples:
            for part in dict.fromkeys(plain(d) for d in triple if d is not None):
                self._triples[part].append(triple)
        self._sides: dict[Domain, list[tuple[bool, tuple[Domain, ...]]]] = defaultdict(list)
        for (_, after), others in layout.neighbours().items():
            for other in others if len(others) > 1 else ():
                self._sides[plain(other)].append((after, others))
        for domain in layout.domains:
            self._open(domain)

    def stands(self, domain: Domain) -> bool:
        """Whether all letters of a domain are known."""
        return UNKNOWN not in self.reading[domain]

    def standing(self) -> list[Domain]:
        """Return the domains whose letters are all known."""
        return [d for d, text in self.reading.items() if UNKNOWN not in text]

    def put(self, domain: Domain, text: str) -> None:
        """Let a domain read a text."""
        self._index.remove(domain)
        self.reading[domain] = text
        self._index.add(domain, text)

    def take(self, domain: Domain) -> None:
        """Forget what a domain reads, but for its clamps."""
        self._index.remove(domain)
        self._open(domain)

    def triples(self, domain: Domain) -> list[Triple]:
        """Return the runs of three domains that a domain is part of."""
        return self._triples[domain]

    def read(self, domain: Domain | None) -> str:
        """Return what a domain reads; nothing beyond the end of a strand."""
        if domain is None:
            return ""
        return reverse_complement(self.reading[~domain]) if domain.star else self.reading[domain]

    def text(self, triple: Triple) -> str:
        """Return what three neighbours read."""
        return "".join(map(self.read, triple))

    def refuses(self, domain: Domain, text: str) -> str:
        """Return the rule that a word for a domain breaks by its letters, alone or with what stands, or nothing."""
        rule = self.rules.refuses_domain(text)
        if rule:
            return rule
        before = self.reading[domain]
        self.reading[domain] = text
        try:
            rule = next((r for t in self._triples[domain] if (r := self.rules.refuses(self.text(t)))), "")
            rule = rule or self._alike(domain) or ("max_stem" if self._folds(domain) else "")
            return rule or ("max_repeat" if self._index.repeats(domain, text) else "")
        finally:
            self.reading[domain] = before

    def _open(self, domain: Domain) -> None:
        """Let a domain read its clamps, and what is not known between them."""
        text = UNKNOWN * domain.length
        if domain.length > LONGEST_TOEHOLD:
            five, three = (
                "".join(c if c in "ACGT" else UNKNOWN for c in p) for p in (self.rules.clamp_5, self.rules.clamp_3)
            )
            text = five + text[len(five) + len(three) :] + three
        self.reading[domain] = text
        self._index.add(domain, text)

    def _alike(self, domain: Domain) -> str:
        """Return the rule that two neighbours break because they begin alike, or nothing."""
        for after, others in self._sides[domain]:
            heads = [self._head(other, after=after) for other in others]
            known = [h for h in heads if h]
            if len(set(known)) < len(known):
                return "flank"
        for _, after, one, other in self._rivals[domain]:
            texts = [self.read(d) if after else self.read(d)[::-1] for d in (one, other)]
            common = sum(1 for _ in itertools.takewhile(lambda p: p[0] == p[1] != UNKNOWN, zip(*texts, strict=False)))
            if common > self.rules.rivals:
                return "rivals"
        return ""

    def _head(self, domain: Domain, *, after: bool) -> str:
        """Return how a neighbour begins; nothing if that is not known."""
        text = self.read(domain)
        flank = self.rules.flank or 0
        head = text[:flank] if after else text[-flank:]
        return head if UNKNOWN not in head else ""

    def _folds(self, domain: Domain) -> bool:
        """Whether a strand with this domain could fold back on itself."""
        width = self.rules.max_stem + 1
        for strand in self._strands[domain]:
            text = "".join(map(self.read, strand))
            # Whatever is not known is written differently on the two sides, so that it never agrees.
            turned, text = reverse_complement(text), text.replace(UNKNOWN, " ")
            if any(text[k : k + width] in turned for k in range(len(text) - width + 1)):
                return True
        return False


def plain(domain: Domain) -> Domain:
    """Return a domain without its star."""
    return ~domain if domain.star else domain


class _Index:
    """The words of one width that stand in the strands, and where each stands.

    A word is the number that its letters make in base 4, or that of its complement if that is smaller.
    """

    def __init__(self, layout: Layout, width: int) -> None:
        self.stretches: tuple[Stretch, ...] = layout.stretches(width)
        self.start, self.rows, total = {}, {}, 0
        over: list[list[int]] = [[] for _ in layout.domains]
        for row, stretch in enumerate(self.stretches):
            for number in dict.fromkeys(d for d, _, _ in stretch):
                over[number].append(row)
        for domain, rows in zip(layout.domains, over, strict=True):
            self.start[domain], self.rows[domain] = total, np.array(rows, dtype=np.int64)
            total += domain.length
        starts = list(self.start.values())
        places = [[(starts[d] + k, star) for d, k, star in s] for s in self.stretches]
        table = np.array(places, dtype=np.int64).reshape(len(places), width, 2)
        self.places, self.stars = table[..., 0], table[..., 1].astype(bool)
        self.letters = np.full(total, _NO_LETTER, dtype=np.int8)
        self.powers = 4 ** np.arange(width - 1, -1, -1, dtype=np.int64)
        self.where: dict[int, dict[int, None]] = {}

    def add(self, domain: Domain, text: str) -> None:
        """Enter what a domain reads, which is nothing so far."""
        self._write(domain, text)
        for word, row in zip(*self._words(domain)[:2], strict=True):
            self.where.setdefault(word, {})[row] = None

    def remove(self, domain: Domain) -> None:
        """Take out what a domain reads."""
        for word, row in zip(*self._words(domain)[:2], strict=True):
            del self.where[word][row]
        self._write(domain, UNKNOWN * domain.length)

    def repeats(self, domain: Domain, text: str) -> bool:
        """Whether a word would stand twice, or with its complement, if a domain read a text."""
        at = slice(self.start[domain], self.start[domain] + domain.length)
        before = self.letters[at].copy()
        self._write(domain, text)
        words, rows, turned = self._words(domain)
        self.letters[at] = before
        if turned:
            return True
        seen: dict[int, int] = {}
        for word, row in zip(words, rows, strict=True):
            others = [*self.where.get(word, ()), *([seen[word]] if word in seen else ())]
            if any(not share(self.stretches[row], self.stretches[other]) for other in others):
                return True
            seen[word] = row
        return False

    def _write(self, domain: Domain, text: str) -> None:
        start = self.start[domain]
        self.letters[start : start + domain.length] = [_LETTERS.index(c) for c in text]

    def _words(self, domain: Domain) -> tuple[list[int], list[int], bool]:
        """Return the words over a domain whose letters are all known, their rows, and whether one is its own complement."""
        rows = self.rows[domain]
        letters: NDArray[np.int64] = self.letters[self.places[rows]].astype(np.int64)
        known = (letters != _NO_LETTER).all(axis=1)
        rows, letters = rows[known], letters[known]
        letters = np.where(self.stars[rows], 3 - letters, letters)
        ahead, back = letters @ self.powers, (3 - letters[:, ::-1]) @ self.powers
        return np.minimum(ahead, back).tolist(), rows.tolist(), bool((ahead == back).any())

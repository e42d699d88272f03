"""Metrics of words: what occurs twice in the strands, and what should not occur at all.

The thresholds are what sequences of the same letters have that nobody designed. Scores that SpuriousSSM counts in its own way
(WSAS, WSIS and their kin) are not imitated.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from dsd.sequences.assignment import Sequences, reverse_complement
from dsd.sequences.layout import Layout
from dsd.sequences.metric import Metric
from dsd.sequences.rules import LONGEST_TOEHOLD, Rules

VERBOTEN: Final = ("GGG", "CCCC", "AAAA", "TTTT", "GCGC", "GGCC", "CCGG", "CGCG")
"""What a window of six letters should not hold; nor should it be all A and T, all G and C, of one kind of base, or alternate."""


def word_metrics(sequences: Sequences, random: Sequence[Sequences], rules: Rules) -> list[Metric]:
    """Count words that occur twice, and words that should not occur at all.

    Parameters
    ----------
    sequences : Sequences
    random : sequence of Sequences
        Undesigned ones for the same circuit, whose means are the thresholds.
    rules : Rules
        With `max_repeat` given.
    """
    layout = Layout(tuple(s.strand for s in sequences.strands))
    found, *others = (_Counts.of(s, layout) for s in (sequences, *random))

    def usual(of: Callable[[_Counts], float]) -> float:
        return sum(map(of, others)) / max(1, len(others))

    return [
        Metric("WS-BM", "Piperine", found.common, "", usual(lambda c: c.common), False,
               "common words of branch-migration domains from 5 nt, each weighted 2^(nt - 5), at most 10 nt, summed"),
        Metric("Max-BM", "Piperine", float(found.longest), "nt", float(rules.max_repeat or 0), False,
               "longest word that two branch-migration domains have in common (nuad's LCS)"),
        Metric("Verboten", "Piperine", found.verboten, "per strand", usual(lambda c: c.verboten), False,
               "windows of six nucleotides with words that are hard to make or that stick, not weighted"),
        Metric("Spurious", "Piperine", found.spurious, "per strand", usual(lambda c: c.spurious), False,
               "pairs of places whose words of 6 to 10 nt are equal or complementary, weighted by nt - 5"),
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Counts:
    """What was counted in the strands of a circuit."""

    common: float
    longest: int
    verboten: float
    spurious: float

    @classmethod
    def of(cls, sequences: Sequences, layout: Layout) -> _Counts:
        """Count."""
        long = [t for d, t in sequences.domains if d.length > LONGEST_TOEHOLD]
        shared = [_common(one, other) for one, other in itertools.combinations(map(_words, long), 2)]
        texts = [sequences.read(s.strand) for s in sequences.strands]
        windows = [t[k : k + 6] for t in texts for k in range(len(t) - 5)]
        return cls(
            sum(2.0 ** (min(n, 10) - 5) for n in shared if n >= 5),
            max(shared, default=0),
            sum(map(_verboten, windows)) / max(1, len(texts)),
            _spurious(sequences, layout),
        )


def _words(text: str) -> tuple[frozenset[str], ...]:
    """Return the words of a text by their lengths, from 1 nt."""
    return tuple(frozenset(text[k : k + n] for k in range(len(text) - n + 1)) for n in range(1, len(text) + 1))


def _common(one: Sequence[frozenset[str]], other: Sequence[frozenset[str]]) -> int:
    """Return the length of the longest word that two texts have in common."""
    return sum(
        1 for _ in itertools.takewhile(lambda pair: not pair[0].isdisjoint(pair[1]), zip(one, other, strict=False))
    )


def _verboten(window: str) -> bool:
    """Whether a window of six letters holds what is to be avoided."""
    purine = [c in "AG" for c in window]
    return (
        any(w in window for w in VERBOTEN)
        or set(window) <= set("AT")
        or set(window) <= set("CG")
        or all(purine)
        or not any(purine)
        or all(a != b for a, b in itertools.pairwise(purine))
    )


def _spurious(sequences: Sequences, layout: Layout) -> float:
    """Count places, of all strands, that read alike or each other's complement."""
    texts = [sequences.of(d) for d in layout.domains]
    turned = [reverse_complement(t)[::-1] for t in texts]
    total = 0.0
    for width in range(6, 11):
        # Places with a toehold in common are not told apart: they share what they read by design.
        own = [s for s in layout.stretches(width) if len({(d, star) for d, _, star in s}) == 1]
        words = Counter(
            min(word, reverse_complement(word))
            for word in ("".join([(turned if star else texts)[d][k] for d, k, star in s]) for s in own)
        )
        total += (width - 5) * sum(n * (n - 1) // 2 for n in words.values())
    return total / max(1, len(layout.strands))

"""One search: toeholds from a library, then long domains one after the other, then the worst of them again.

A long domain is drawn at random, and kept if it breaks no rule with what stands already: words by an index of all stretches,
energies by alignment. Of the words that may stand the one that binds the others least is taken, a greedy search in the manner of
Seeman (J. Biomol. Struct. Dyn. 8:573, 1990); afterwards the domain that binds the others most is drawn again and again. Everything
is decided by the seed, unless time runs out.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from dsd.domains import Domain
from dsd.sequences.crowd import Crowd
from dsd.sequences.layout import Layout
from dsd.sequences.placement import place
from dsd.sequences.rules import LONGEST_TOEHOLD, Job
from dsd.sequences.toeholds import Supply, choose, library

DEALS: Final = 12
"""How often the toeholds are chosen anew where the long domains do not fit them."""

SHUFFLES: Final = 3
"""How often the words of a set are handed out to the toeholds."""

ORDERS: Final = 10
"""How often the long domains are gone through from the start."""

Progress = Callable[[str, int, int], object]
"""Told what is being done, how much of it is done, and how much there is."""


@dataclass(frozen=True)
class Found:
    """What one search came to.

    Attributes
    ----------
    readings : tuple of (Domain, str)
    score : float
        How strongly domains bind each other by accident, in kcal/mol: -RT times the log of the sum of their binding constants; the
        higher the better. Minus infinity if a domain could not be found.
    supplies : tuple of Supply
    failed : Domain or None
        The domain that could not be found.
    wanted : int
        How many toeholds of its length the circuit needs, where a toehold failed.
    refusals : tuple of (str, int)
        How many words for it every rule refused, most first.
    in_time : bool
        False if time ran out before the search was over.
    """

    readings: tuple[tuple[Domain, str], ...]
    score: float
    supplies: tuple[Supply, ...]
    failed: Domain | None = None
    wanted: int = 0
    refusals: tuple[tuple[str, int], ...] = ()
    in_time: bool = True


def search(
    layout: Layout,
    fixed: Mapping[Domain, str],
    job: Job,
    seed: np.random.SeedSequence,
    deadline: float = math.inf,
    progress: Progress = lambda *_: None,
) -> Found:
    """Fill in the domains of a circuit.

    Parameters
    ----------
    layout : Layout
    fixed : mapping of Domain to str
        What is given; nothing is asked of given domains among each other.
    job : Job
        Its rules are settled.
    seed : SeedSequence
    deadline : float
        By `time.monotonic`, in s; the improvement stops there, and the search gives up.
    progress : callable
    """
    rng = np.random.default_rng(seed)
    crowd = Crowd(layout, job)
    for domain, text in fixed.items():
        crowd.put(domain, text)
    # Those with the most neighbours first: they leave the least room.
    counts = Counter(d for triple in layout.triples for d in triple if d is not None and not d.star)
    long = [d for d in layout.domains if d.length > LONGEST_TOEHOLD and d not in fixed]
    long.sort(key=lambda d: -counts[d])
    short = [d for d in layout.domains if d.length <= LONGEST_TOEHOLD and d not in fixed]
    total = len(long) + job.improvements
    best: Found | None = None
    for deal in range(DEALS):
        wanted, refused = 0, Counter[str]()
        supplies, failed = _deal(crowd, short, rng, deal // 3, refused)
        if failed is not None:
            wanted = sum(d.length == failed.length for d in short)
        else:
            failed, refused = _fill(crowd, long, rng, deadline, lambda k: progress("sequences", k, total))
        if failed is None:
            left = (set(long), job.improvements, rng, deadline, lambda k: progress("sequences", len(long) + k, total))
            in_time = _improve(crowd, *left)
            readings = tuple((d, crowd.readings.reading[d]) for d in layout.domains)
            return Found(readings, crowd.score(), supplies, in_time=in_time)
        in_time = time.monotonic() < deadline
        standing = tuple((d, crowd.readings.reading[d]) for d in crowd.readings.standing())
        found = Found(standing, -math.inf, supplies, failed, wanted, tuple(refused.most_common()), in_time)
        if best is None or (not wanted, len(standing)) > (not best.wanted, len(best.readings)):
            best = found
        # Other toeholds make room for words that bind too well, but hardly for those that break a rule by their letters.
        if not in_time or (deal and not wanted and 20 * refused["gap"] < refused.total()):
            break
        for domain in crowd.readings.standing():
            if domain not in fixed:
                crowd.take(domain)
    assert best is not None, "at least one deal was made"
    return replace(best, in_time=time.monotonic() < deadline)


def _deal(
    crowd: Crowd, short: Sequence[Domain], rng: np.random.Generator, skipped: int, refused: Counter[str]
) -> tuple[tuple[Supply, ...], Domain | None]:
    """Give every toehold a word; return the supplies, and one that gets none.

    Parameters
    ----------
    skipped : int
        How many of the sets that are furthest apart, and smallest, are passed over.
    refused : Counter
        Here it is counted which rules were in the way of handing them out.
    """
    supplies: list[Supply] = []
    rules, binding = crowd.rules, crowd.binding
    for length in sorted({d.length for d in short}, reverse=True):
        mine = [d for d in short if d.length == length]
        standing = list(_toeholds(crowd).values())
        stock = library(length, rules, binding, [t for t in standing if len(t) == length])
        if stock.words and any(d.length > LONGEST_TOEHOLD for d in crowd.readings.standing()):
            stock = stock.only(crowd.keeps_apart(stock.words)[0].tolist())
        sets, supply = choose(len(mine), stock, rules, binding, rng, standing)
        supplies.append(supply)
        if not any(_place(crowd, mine, words, rng, refused) for words in sets[min(skipped, len(sets) - 1) :]):
            return tuple(supplies), mine[0]
    return tuple(supplies), None


def _place(
    crowd: Crowd, domains: Sequence[Domain], words: Sequence[str], rng: np.random.Generator, refused: Counter[str]
) -> bool:
    """Give every toehold a word, such that neighbours obey the rules too; return whether it could be done."""
    given = _toeholds(crowd)
    for _ in range(SHUFFLES):
        found = place(crowd.layout, domains, words, given, crowd.rules, crowd.binding, rng)
        if found is None:
            refused["placement"] += 1
        placed = []
        for domain, word in (found or {}).items():
            rule = crowd.readings.refuses(domain, word) or ("gap" if crowd.crowds(domain, word) else "")
            if rule:
                refused[rule] += 1
                break
            crowd.put(domain, word)
            placed.append(domain)
        if len(placed) == len(domains):
            return True
        for domain in placed:
            crowd.take(domain)
    return False


def _toeholds(crowd: Crowd) -> dict[Domain, str]:
    """Return the toeholds that stand, with their words."""
    return {d: crowd.readings.reading[d] for d in crowd.readings.standing() if d.length <= LONGEST_TOEHOLD}


def _fill(
    crowd: Crowd, long: Sequence[Domain], rng: np.random.Generator, deadline: float, progress: Callable[[int], object]
) -> tuple[Domain | None, Counter[str]]:
    """Give every long domain a word; return one that gets none however often it comes first, and what refused its words."""
    order, refused = list(long), Counter[str]()
    failures: Counter[Domain] = Counter()
    for _ in range(ORDERS):
        for number, domain in enumerate(order):
            progress(number)
            refused = Counter()
            text = crowd.draw(domain, rng, refused, deadline)
            if text is None:
                break
            crowd.put(domain, text)
        else:
            return None, refused
        for other in order[:number]:
            crowd.take(other)
        # What was left without a word most often chooses first the next time: Boussemart et al., ECAI 16:146 (2004).
        failures[domain] += 1
        order = sorted(long, key=lambda d: -failures[d])
        if number == 0 or time.monotonic() > deadline:
            break
    return domain, refused


def _improve(
    crowd: Crowd,
    free: set[Domain],
    attempts: int,
    rng: np.random.Generator,
    deadline: float,
    progress: Callable[[int], object],
) -> bool:
    """Draw the worse domain of the worst pair again, as long as that helps; return False if time ran out."""
    tired: Counter[Domain] = Counter()
    for attempt in range(attempts):
        progress(attempt)
        if time.monotonic() > deadline:
            return False
        domain = crowd.worst(free, tired)
        if domain is None:
            return True
        before, old = crowd.score(), crowd.readings.reading[domain]
        crowd.take(domain)
        text = crowd.draw(domain, rng, Counter(), deadline, batches=1)
        crowd.put(domain, text or old)
        if crowd.score() <= before:
            crowd.take(domain)
            crowd.put(domain, old)
            tired[domain] += 1
        else:
            tired.clear()
    return True

"""One search: toeholds from a library, then long domains one after the other, then the worst of them again.

A long domain is drawn at random, and kept if it breaks no rule with what stands already: words by an index of all stretches,
energies by alignment. Of the words that may stand the one that binds the others least is taken, a greedy search in the manner of
Seeman (J. Biomol. Struct. Dyn. 8:573, 1990); afterwards the domain that binds the others most is drawn again and again. Everything
is decided by the seed, unless time runs out.
"""

from __future__ import annotations

import itertools
import math
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from dsd.domains import Domain, Strand
from dsd.sequences.alignment import Binding, Packed, packed
from dsd.sequences.assignment import reverse_complement
from dsd.sequences.layout import Layout, Rivals, Stretch, Triple, share
from dsd.sequences.placement import place
from dsd.sequences.rules import IUPAC, LONGEST_TOEHOLD, Job, Rules
from dsd.sequences.toeholds import Supply, choose, library
from dsd.thermodynamics import GAS_CONSTANT, Floats, duplex_energies

BATCH: Final = 96
"""Words drawn at a time."""

DEALS: Final = 12
"""How often the toeholds are chosen anew where the long domains do not fit them."""

SHUFFLES: Final = 3
"""How often the words of a set are handed out to the toeholds."""

ORDERS: Final = 10
"""How often the long domains are gone through from the start."""

BATCHES: Final = 20
"""Batches for one domain before it is given up."""

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


def settled(layout: Layout, rules: Rules) -> Rules:
    """Return the rules with those filled in that depend on the size of the circuit."""
    return replace(rules, max_repeat=_repeat_limit(layout, rules), flank=_flank(layout, rules))


def _flank(layout: Layout, rules: Rules) -> int:
    """Return within how many nt neighbours differ: the least that leaves three beginnings for each."""
    if rules.flank is not None:
        return rules.flank
    most = max((len(others) for others in layout.neighbours().values()), default=1)
    width, choice = 0, 1
    while choice < 3 * most:
        clamped = IUPAC[rules.clamp_5[width]] if width < len(rules.clamp_5) else rules.letters
        choice *= len(set(clamped) & set(rules.letters)) or 1
        width += 1
    return max(width, 2)


def _repeat_limit(layout: Layout, rules: Rules) -> int:
    """Return the longest word that may occur twice, in nt: the least that leaves eight words for every stretch."""
    if rules.max_repeat is not None:
        return rules.max_repeat
    width = 4
    while 8 * len(layout.stretches(width)) > len(rules.letters) ** width:
        width += 1
    return width - 1


def search(
    layout: Layout,
    fixed: Mapping[Domain, str],
    excluded: Sequence[str],
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
    excluded : sequence of str
        Words that no domain may read, nor its complement.
    job : Job
        Its rules are settled.
    seed : SeedSequence
    deadline : float
        By `time.monotonic`, in s; the improvement stops there, and the search gives up.
    progress : callable
    """
    rng = np.random.default_rng(seed)
    table = _Table(layout, job, excluded)
    for domain, text in fixed.items():
        table.put(domain, text)
    # Those with the most neighbours first: they leave the least room.
    counts = Counter(d for triple in layout.triples for d in triple if d is not None and not d.star)
    long = sorted(
        (d for d in layout.domains if d.length > LONGEST_TOEHOLD and d not in fixed), key=lambda d: -counts[d]
    )
    short = [d for d in layout.domains if d.length <= LONGEST_TOEHOLD and d not in fixed]
    best: Found | None = None
    for deal in range(DEALS):
        supplies, missing = _deal(table, short, excluded, rng, deal // 3)
        failed, refused = missing, Counter[str]()
        if missing is None:
            failed, refused = _fill(
                table, long, rng, deadline, lambda k: progress("sequences", k, len(long) + job.improvements)
            )
        if failed is None:
            break
        readings = tuple((d, t) for d, t in table.readings.items() if table.stands(d))
        wanted = sum(d.length == missing.length for d in short) if missing else 0
        in_time = time.monotonic() < deadline
        found = Found(readings, -math.inf, supplies, failed, wanted, tuple(refused.most_common()), in_time)
        if best is None or (not found.wanted, len(readings)) > (not best.wanted, len(best.readings)):
            best = found
        if not in_time:
            break
        for domain in (*short, *long):
            if table.stands(domain):
                table.take(domain)
    else:
        failed = best.failed if best else None
    if failed is not None and best is not None:
        return replace(best, in_time=time.monotonic() < deadline)
    total = len(long) + job.improvements
    in_time = _improve(
        table, set(long), job.improvements, rng, deadline, lambda k: progress("sequences", len(long) + k, total)
    )
    readings = tuple((d, table.readings[d]) for d in layout.domains)
    return Found(readings, table.score(), supplies, in_time=in_time)


def _deal(
    table: _Table, short: Sequence[Domain], excluded: Sequence[str], rng: np.random.Generator, skipped: int
) -> tuple[tuple[Supply, ...], Domain | None]:
    """Give every toehold a word; return the supplies, and one that gets none.

    Parameters
    ----------
    skipped : int
        How many of the sets that are furthest apart, and smallest, are passed over.
    """
    supplies: list[Supply] = []
    rules, binding = table.rules, table.binding
    for length in sorted({d.length for d in short}, reverse=True):
        mine = [d for d in short if d.length == length]
        standing = [t for d, t in table.readings.items() if d.length <= LONGEST_TOEHOLD and table.stands(d)]
        taken = [t for t in standing if len(t) == length]
        stock = library(length, rules, binding, (*taken, *excluded))
        sets, supply = choose(len(mine), stock, rules, binding, rng, standing)
        supplies.append(supply)
        if not any(_place(table, mine, words, rng) for words in sets[min(skipped, len(sets) - 1) :]):
            return tuple(supplies), mine[0]
    return tuple(supplies), None


def _place(table: _Table, domains: Sequence[Domain], words: Sequence[str], rng: np.random.Generator) -> bool:
    """Give every toehold a word, such that neighbours obey the rules too; return whether it could be done."""
    given = {d: t for d, t in table.readings.items() if d.length <= LONGEST_TOEHOLD and table.stands(d)}
    for _ in range(SHUFFLES):
        found = place(table.layout, domains, words, given, table.rules, table.binding, rng)
        placed = []
        for domain, word in (found or {}).items():
            if table.refuses(domain, word) or table.crowds(domain, word):
                break
            table.put(domain, word)
            placed.append(domain)
        if len(placed) == len(domains):
            return True
        for domain in placed:
            table.take(domain)
    return False


def _fill(
    table: _Table, long: Sequence[Domain], rng: np.random.Generator, deadline: float, progress: Callable[[int], object]
) -> tuple[Domain | None, Counter[str]]:
    """Give every long domain a word; return one that gets none however often it comes first, and what refused its words."""
    order, refused = list(long), Counter[str]()
    failures: Counter[Domain] = Counter()
    for _ in range(ORDERS):
        for number, domain in enumerate(order):
            progress(number)
            refused = Counter()
            text = table.draw(domain, rng, refused, deadline)
            if text is None:
                break
            table.put(domain, text)
        else:
            return None, refused
        for other in order[:number]:
            table.take(other)
        # What was left without a word most often chooses first the next time: Boussemart et al., ECAI 16:146 (2004).
        failures[domain] += 1
        order = sorted(long, key=lambda d: -failures[d])
        if number == 0 or time.monotonic() > deadline:
            break
    return domain, refused


def _improve(
    table: _Table,
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
        domain = table.worst(free, tired)
        if domain is None:
            return True
        before, old = table.score(), table.readings[domain]
        table.take(domain)
        text = table.draw(domain, rng, Counter(), deadline, batches=1)
        table.put(domain, text or old)
        if table.score() <= before:
            table.take(domain)
            table.put(domain, old)
            tired[domain] += 1
        else:
            tired.clear()
    return True


@dataclass
class _Table:
    """The domains that stand, what they read, and an index of all words in the strands."""

    layout: Layout
    job: Job
    excluded: Sequence[str]
    readings: dict[Domain, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.binding = Binding(self.job.conditions)
        assert self.job.rules.max_repeat is not None, "the rules are settled"
        self.width = self.job.rules.max_repeat + 1
        self._stretches: dict[Domain, list[Stretch]] = defaultdict(list)
        for stretch in self.layout.stretches(self.width):
            for number in dict.fromkeys(d for d, _, _ in stretch):
                self._stretches[self.layout.domains[number]].append(stretch)
        self._words: dict[str, dict[Stretch, None]] = {}
        self._rivals: dict[Domain, list[Rivals]] = defaultdict(list)
        for rivals in self.layout.rivals:
            for part in (rivals.one, rivals.other):
                self._rivals[~part if part.star else part].append(rivals)
        self._strands: dict[Domain, list[Strand]] = defaultdict(list)
        for strand in self.layout.strands:
            for part in dict.fromkeys(~d if d.star else d for d in strand):
                self._strands[part].append(strand)
        self._triples: dict[Domain, list[Triple]] = defaultdict(list)
        for triple in self.layout.triples:
            for part in dict.fromkeys(~d if d.star else d for d in triple if d is not None):
                self._triples[part].append(triple)
        self._sides: dict[Domain, list[tuple[bool, tuple[Domain, ...]]]] = defaultdict(list)
        for (_, after), others in self.layout.neighbours().items():
            for other in others if len(others) > 1 else ():
                self._sides[~other if other.star else other].append((after, others))
        size = len(self.layout.domains)
        self._own = np.zeros(size)
        # The constants with which every two bind by accident; nothing for those that do not stand.
        self._constants = np.zeros((size, size))
        self._forbidden = {w for e in self.excluded for w in (e, reverse_complement(e))}
        for domain in self.layout.domains:
            self._open(domain)

    @property
    def rules(self) -> Rules:
        return self.job.rules

    def stands(self, domain: Domain) -> bool:
        """Whether all letters of a domain are known."""
        return _UNKNOWN not in self.readings[domain]

    def put(self, domain: Domain, text: str) -> None:
        """Let a domain read a text."""
        number = self.layout.number[domain]
        self._own[number] = duplex_energies([text], self.binding.conditions)[0]
        others = self._numbers()
        if others:
            energies = self._energies([text], self._standing())[0]
            self._constants[number, others] = self._constants[others, number] = self._bound(energies)
        self._close(domain)
        self.readings[domain] = text
        for stretch, word in self._complete(domain):
            self._words.setdefault(word, {})[stretch] = None

    def take(self, domain: Domain) -> None:
        """Forget what a domain reads, but for its clamps."""
        self._close(domain)
        self._open(domain)
        number = self.layout.number[domain]
        self._constants[number] = self._constants[:, number] = 0.0

    def _open(self, domain: Domain) -> None:
        """Let a domain read its clamps, and what is not known between them."""
        text = _UNKNOWN * domain.length
        if domain.length > LONGEST_TOEHOLD:
            ends = (
                "".join(c if c in "ACGT" else _UNKNOWN for c in p) for p in (self.rules.clamp_5, self.rules.clamp_3)
            )
            five, three = ends
            text = five + _UNKNOWN * (domain.length - len(five) - len(three)) + three
        self.readings[domain] = text
        for stretch, word in self._complete(domain):
            self._words.setdefault(word, {})[stretch] = None

    def _close(self, domain: Domain) -> None:
        """Take what a domain reads out of the index."""
        for stretch, word in self._complete(domain):
            del self._words[word][stretch]

    def score(self) -> float:
        """Return how well the domains keep apart; see `Found`."""
        total = float(self._constants.sum()) / 2
        return -self._thermal * math.log(total) if total > 0 else 0.0

    def worst(self, free: set[Domain], tired: Mapping[Domain, int]) -> Domain | None:
        """Return the domain that binds others most, of those that may change and did not resist ten times."""
        sums = self._constants.sum(axis=1)
        ordered = sorted(free, key=lambda d: (tired.get(d, 0) // 10, -sums[self.layout.number[d]], d.name))
        return ordered[0] if ordered and tired.get(ordered[0], 0) < 10 else None

    def draw(
        self, domain: Domain, rng: np.random.Generator, refused: Counter[str], deadline: float, batches: int = BATCHES
    ) -> str | None:
        """Return a word for a domain that obeys all rules, the best of the first batch that holds any; None if there is none."""
        standing = self._standing()
        gaps = np.array([self.rules.gap(domain.length, d.length) for d in self.readings if self.stands(d)])
        owns = self._own[self._numbers()]
        for _ in range(batches):
            if time.monotonic() > deadline:
                return None
            words = []
            for text in dict.fromkeys(_random_words(domain.length, self.rules, rng)):
                rule = self.refuses(domain, text)
                refused[rule] += 1
                if not rule:
                    words.append(text)
            if not words:
                continue
            own = duplex_energies(words, self.binding.conditions)
            itself = self._energies_alone(words) - own >= self.rules.gap(domain.length, domain.length)
            energies = self._energies(words, standing)
            itself &= np.array([not self.crowds(domain, w) for w in words])
            good = itself & (energies - np.maximum.outer(own, owns) >= gaps).all(axis=1)
            refused[""] -= int((~good).sum())
            refused["gap"] += int((~good).sum())
            if good.any():
                cost = np.where(good, self._bound(energies).sum(axis=1), np.inf)
                return words[int(np.argmin(cost))]
        del refused[""]
        return None

    @property
    def _thermal(self) -> float:
        return GAS_CONSTANT * self.binding.conditions.kelvin

    def _bound(self, energies: Floats) -> Floats:
        """Return binding constants in /M."""
        return np.exp(-energies / self._thermal)

    def _numbers(self) -> list[int]:
        return [self.layout.number[d] for d in self.readings if self.stands(d)]

    def _standing(self) -> tuple[Packed, Packed]:
        texts = [t for d, t in self.readings.items() if self.stands(d)]
        return packed(texts), packed([reverse_complement(t) for t in texts])

    def _energies(self, words: Sequence[str], standing: tuple[Packed, Packed]) -> Floats:
        """Return the best accidental helix of every word, or its complement, with every domain that stands, or its complement."""
        tops, bottoms = packed(words), packed([reverse_complement(w) for w in words])
        among = self.binding.among
        straight = np.minimum(among(tops, standing[0]), among(bottoms, standing[1]))
        crossed = np.minimum(among(tops, standing[1]), among(bottoms, standing[0]))
        return np.minimum(straight, crossed)

    def _energies_alone(self, words: Sequence[str]) -> Floats:
        """Return the best helix of every word with another copy of itself."""
        return np.array([min(self.binding(w, w), self.binding(*2 * (reverse_complement(w),))) for w in words])

    def refuses(self, domain: Domain, text: str) -> str:
        """Return the rule that a word breaks by its letters, alone or with what stands, or nothing."""
        rule = self.rules.refuses_domain(text)
        if rule:
            return rule
        if any(w in text for w in self._forbidden):
            return "excluded"
        before = self.readings[domain]
        self.readings[domain] = text
        try:
            for triple in self._triples[domain]:
                rule = self.rules.refuses(self._text(triple))
                if rule:
                    return rule
            rule = self._alike(domain)
            if rule:
                return rule
            if self._stem(domain):
                return "max_stem"
            seen: dict[str, Stretch] = {}
            for stretch, word in self._complete(domain):
                others = list(self._words.get(word, ()))
                if word in seen:
                    others.append(seen[word])
                seen[word] = stretch
                if any(not share(stretch, other) for other in others) or word == reverse_complement(word):
                    return "max_repeat"
        finally:
            self.readings[domain] = before
        return ""

    def _alike(self, domain: Domain) -> str:
        """Return the rule that two neighbours break because they begin alike, or nothing."""
        for after, others in self._sides[domain]:
            heads = [self._head(other, after=after) for other in others]
            known = [h for h in heads if h]
            if len(set(known)) < len(known):
                return "flank"
        for _, after, one, other in self._rivals[domain]:
            texts = [self._read(d) if after else self._read(d)[::-1] for d in (one, other)]
            common = sum(1 for _ in itertools.takewhile(lambda p: p[0] == p[1] != _UNKNOWN, zip(*texts, strict=False)))
            if common > self.rules.rivals:
                return "rivals"
        return ""

    def _stem(self, domain: Domain) -> bool:
        """Whether a strand with this domain could fold back on itself."""
        width = self.rules.max_stem + 1
        for strand in self._strands[domain]:
            if any(~d in strand.domains for d in strand):
                continue  # it is meant to
            text = "".join(map(self._read, strand))
            words = {text[k : k + width] for k in range(len(text) - width + 1)}
            if any(_UNKNOWN not in w and reverse_complement(w) in words for w in words):
                return True
        return False

    def crowds(self, domain: Domain, text: str) -> bool:
        """Whether a toehold would bind where this domain meets its neighbours, or this one where others meet."""
        before = self.readings[domain]
        self.readings[domain] = text
        try:
            own = dict(zip(self.readings, self._own[[self.layout.number[d] for d in self.readings]], strict=True))
            for triple in self._triples[domain]:
                strangers = [d for d in self._toeholds() if d not in triple and ~d not in triple]
                if self._meets(triple, strangers, own):
                    return True
            if domain.length > LONGEST_TOEHOLD:
                return False
            own[domain] = float(duplex_energies([text], self.binding.conditions)[0])
            others = [t for t in self.layout.triples if domain not in t and ~domain not in t]
            return any(self._meets(t, [domain], own) for t in others)
        finally:
            self.readings[domain] = before

    def _meets(self, triple: Triple, toeholds: Sequence[Domain], own: Mapping[Domain, float]) -> bool:
        """Whether one of some toeholds binds a run of three domains too well."""
        pieces = [p for p in self._text(triple).split(_UNKNOWN) if len(p) > self.rules.max_stem]
        if not pieces or not toeholds:
            return False
        both = [*pieces, *map(reverse_complement, pieces)]
        energies = self.binding.between(both, [self.readings[d] for d in toeholds]).min(axis=0)
        return bool((energies - np.array([own[d] for d in toeholds]) < self.rules.mixed_gap).any())

    def _toeholds(self) -> list[Domain]:
        """Return the toeholds that stand."""
        return [d for d in self.readings if d.length <= LONGEST_TOEHOLD and self.stands(d)]

    def _head(self, domain: Domain, *, after: bool) -> str:
        """Return how a neighbour begins; nothing if that is not known."""
        text = self._read(domain)
        flank = self.rules.flank or 0
        head = text[:flank] if after else text[-flank:]
        return head if _UNKNOWN not in head else ""

    def _read(self, domain: Domain | None) -> str:
        """Return what a domain reads; nothing beyond the end of a strand."""
        if domain is None:
            return ""
        return reverse_complement(self.readings[~domain]) if domain.star else self.readings[domain]

    def _text(self, triple: Triple) -> str:
        return "".join(map(self._read, triple))

    def _complete(self, domain: Domain) -> list[tuple[Stretch, str]]:
        """Return the stretches over a domain whose letters are all known, each with what it, or its complement, reads."""
        texts = [self.readings.get(d, _UNKNOWN * d.length) for d in self.layout.domains]
        found = []
        for stretch in self._stretches[domain]:
            word = "".join([texts[d][k].translate(_FLIP) if star else texts[d][k] for d, k, star in stretch])
            if _UNKNOWN not in word:
                found.append((stretch, min(word, reverse_complement(word))))
        return found


_FLIP: Final = str.maketrans("ACGT", "TGCA")
_UNKNOWN: Final = "."
"""Stands for a letter that is still to be found."""


def _random_words(length: int, rules: Rules, rng: np.random.Generator) -> list[str]:
    """Return a batch of words of the letters of the rules, with clamps."""
    letters = np.array(list(rules.letters))
    drawn = letters[rng.integers(len(letters), size=(BATCH, length))]
    for clamp, first in ((rules.clamp_5, 0), (rules.clamp_3, length - len(rules.clamp_3))):
        for k, code in enumerate(clamp):
            allowed = np.array([c for c in IUPAC[code] if c in rules.letters] or list(IUPAC[code]))
            drawn[:, first + k] = allowed[rng.integers(len(allowed), size=BATCH)]
    return ["".join(row) for row in drawn]

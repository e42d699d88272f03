"""Whether finished sequences obey the rules: every hard constraint, measured on whole strands and not by the means of the search.

The search keeps an index of words and adds up what changes; here everything is looked at from the beginning. How good sequences
are beyond that is in `dsd.sequences.quality`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dsd.domains import Domain
from dsd.sequences.alignment import Binding
from dsd.sequences.assignment import Sequences, reverse_complement
from dsd.sequences.layout import Layout, Stretch, opposite
from dsd.sequences.rules import LONGEST_TOEHOLD, Rules
from dsd.sequences.toeholds import energies_in_context
from dsd.thermodynamics import Floats, duplex_energies


@dataclass(frozen=True, slots=True)
class Check:
    """One hard constraint.

    Attributes
    ----------
    rule : str
        Its name; see `Rules`.
    value, limit : float
        What was found, the worst of all, and what is allowed.
    unit : str
    passed : bool
    words : str
        The verdict as a sentence, with the place of the worst.
    """

    rule: str
    value: float
    limit: float
    unit: str
    passed: bool
    words: str


def check(
    sequences: Sequences, layout: Layout, rules: Rules, binding: Binding, fixed: Iterable[Domain] = ()
) -> tuple[Check, ...]:
    """Measure every hard constraint.

    Parameters
    ----------
    sequences : Sequences
    layout : Layout
    rules : Rules
        With those given that depend on the size of the circuit.
    binding : Binding
    fixed : iterable of Domain
        Given by the user: their letters, clamps and shares of G and C are their own affair.
    """
    given = set(fixed)
    own = [(d, t) for d, t in sequences.domains if d not in given]
    return (
        _letters(own, rules),
        _clamps([p for p in own if p[0].length > LONGEST_TOEHOLD], rules),
        _shares([p for p in own if p[0].length > LONGEST_TOEHOLD], rules),
        *_runs(sequences, rules),
        _repeats(sequences, layout, rules),
        _flanks(sequences, layout, rules),
        _rivals(sequences, layout, rules),
        *_spreads([p for p in sequences.domains if p[0].length <= LONGEST_TOEHOLD], rules, binding),
        *_gaps(sequences, rules, binding),
        _junctions(sequences, layout, rules, binding),
        _stems(sequences, rules),
    )


def gaps(sequences: Sequences, binding: Binding) -> tuple[Floats, Floats]:
    """Return own energies of the domains, and how far every two are apart, both in kcal/mol.

    Two are apart by the difference between the strongest accidental helix of either, or its complement, with the other, or its
    complement, and the weaker of their own helices. On the diagonal a domain meets another copy of itself.
    """
    tops = [t for _, t in sequences.domains]
    bottoms = [reverse_complement(t) for t in tops]
    own = duplex_energies(tops, binding.conditions)
    crossed = binding.between(tops, bottoms)
    np.fill_diagonal(crossed, 0.0)
    worst = np.minimum.reduce(
        [binding.between(tops, tops), binding.between(bottoms, bottoms), crossed, crossed.T.copy()]
    )
    return own, worst - np.maximum.outer(own, own)


def _letters(domains: Sequence[tuple[Domain, str]], rules: Rules) -> Check:
    wrong = [d.name for d, t in domains if set(t) - set(rules.letters)]
    words = f"{', '.join(wrong[:3])} read other letters than {rules.letters}" if wrong else f"all of {rules.letters}"
    return Check("letters", len(wrong), 0, "domains", not wrong, words)


def _clamps(domains: Sequence[tuple[Domain, str]], rules: Rules) -> Check:
    wrong = [d.name for d, t in domains if rules.refuses_domain(t) == "clamp"]
    words = (
        f"{', '.join(wrong[:3])} have no clamps" if wrong else f"every long domain is {rules.clamp_5}..{rules.clamp_3}"
    )
    return Check("clamp", len(wrong), 0, "domains", not wrong, words)


def _shares(domains: Sequence[tuple[Domain, str]], rules: Rules) -> Check:
    shares = [((t.count("C") + t.count("G")) / len(t), d.name) for d, t in domains]
    wrong = [name for x, name in shares if not rules.gc_low <= x <= rules.gc_high]
    low, high = (f(x for x, _ in shares) if shares else 0.0 for f in (min, max))
    words = f"{low:.0%} to {high:.0%} of G and C" + (f"; outside: {', '.join(wrong[:3])}" if wrong else "")
    return Check("gc", len(wrong), 0, "domains", not wrong, words)


def _runs(sequences: Sequences, rules: Rules) -> Iterable[Check]:
    texts = [(s.name, sequences.read(s.strand)) for s in sequences.strands]
    for rule, limit, same in (
        ("max_run", rules.max_run, lambda c: c),
        ("max_weak_run", rules.max_weak_run, lambda c: "w" if c in "AT" else None),
    ):
        longest, where = 0, ""
        for name, text in texts:
            for kind, group in itertools.groupby(text, key=same):
                n = sum(1 for _ in group)
                if kind is not None and n > longest:
                    longest, where = n, name
        yield Check(rule, longest, limit, "nt", longest <= limit, f"the longest run has {longest} nt, in {where}")
    held = [(n, w) for n, t in texts for w in rules.forbidden if w in t or w in reverse_complement(t)]
    words = f"{held[0][1]} occurs in {held[0][0]}" if held else "no forbidden word occurs"
    yield Check("forbidden", len(held), 0, "words", not held, words)


def _repeats(sequences: Sequences, layout: Layout, rules: Rules) -> Check:
    """Find the longest word that two different places read, or a place and the complement of one."""
    assert rules.max_repeat is not None, "the design says how long words may be"
    texts = [sequences.of(d) for d in layout.domains]
    longest, where = 0, ""
    width = 3
    while True:
        seen: dict[str, list[Stretch]] = {}
        found = ""
        for stretch in layout.stretches(width):
            word = "".join(reverse_complement(texts[d][k]) if star else texts[d][k] for d, k, star in stretch)
            turned = reverse_complement(word)
            lying = stretch if word <= turned else opposite(stretch)
            others = seen.setdefault(min(word, turned), [])
            # Places that lie alike share a nucleotide only if they are one place seen from two strands.
            if word == turned or any(
                not set(zip(range(width), lying, strict=True)) & set(enumerate(o)) for o in others
            ):
                found = word
                break
            others.append(lying)
        if not found:
            break
        longest, where = width, found
        width += 1
    words = f"the longest word that occurs twice, or with its complement, has {longest} nt: {where}"
    return Check("max_repeat", longest, rules.max_repeat, "nt", longest <= rules.max_repeat, words)


def _flanks(sequences: Sequences, layout: Layout, rules: Rules) -> Check:
    """Find out how many nucleotides two neighbours of a domain have in common, counted from it."""
    longest, where = 0, "no domain has two neighbours on one side"
    for (domain, after), others in layout.neighbours().items():
        for one, other in itertools.combinations(others, 2):
            common = _in_common(sequences, one, other, after=after)
            if common >= longest:
                longest, where = common, f"{one} and {other} beside {domain} have {common} nt in common"
    assert rules.flank is not None, "the design says how soon neighbours differ"
    return Check("flank", longest, rules.flank - 1, "nt", longest < rules.flank, where)


def _rivals(sequences: Sequences, layout: Layout, rules: Rules) -> Check:
    """Find out how far one domain of a complex could take the place of another beside a nick."""
    longest, where = 0, "no domain of a complex could take the place of another"
    for middle, after, one, other in layout.rivals:
        common = _in_common(sequences, one, other, after=after)
        if common > longest:
            longest, where = common, f"{one} and {other}, both next to {middle}, have {common} nt in common"
    return Check("rivals", longest, rules.rivals, "nt", longest <= rules.rivals, where)


def _in_common(sequences: Sequences, one: Domain, other: Domain, *, after: bool) -> int:
    """Return how many nt two neighbours have in common, counted from what they are beside."""
    texts = [sequences.of(d) if after else sequences.of(d)[::-1] for d in (one, other)]
    return sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], zip(*texts, strict=False)))


def _spreads(toeholds: Sequence[tuple[Domain, str]], rules: Rules, binding: Binding) -> Iterable[Check]:
    """Compare the energies of toeholds of one length, bare and with clamps hanging over."""
    by_length: dict[int, list[str]] = {}
    for domain, text in sorted(toeholds):
        by_length.setdefault(domain.length, []).append(text)
    bare = [(n, duplex_energies(t, binding.conditions)) for n, t in sorted(by_length.items())]
    hanging = [(n, energies_in_context(t, rules, binding.conditions)) for n, t in sorted(by_length.items())]
    for rule, limit, found in (
        ("toehold_spread", rules.toehold_spread, bare),
        ("context_spread", rules.context_spread, hanging),
    ):
        worst = max((float(np.ptp(e)) for _, e in found), default=0.0)
        words = "; ".join(f"{n} nt: {e.min():.2f} to {e.max():.2f} kcal/mol" for n, e in found)
        yield Check(rule, worst, limit, "kcal/mol", worst <= limit + 1e-9, words or "there are no toeholds")


def _gaps(sequences: Sequences, rules: Rules, binding: Binding) -> Iterable[Check]:
    _, apart = gaps(sequences, binding)
    short = np.array([d.length <= LONGEST_TOEHOLD for d, _ in sequences.domains], dtype=bool)
    kinds: tuple[tuple[str, float, NDArray[np.bool_]], ...] = (
        ("toehold_gap", rules.toehold_gap, np.logical_and.outer(short, short)),
        ("mixed_gap", rules.mixed_gap, np.logical_xor.outer(short, short)),
        ("long_gap", rules.long_gap, np.logical_and.outer(~short, ~short)),
    )
    for rule, limit, mask in kinds:
        if not mask.any():
            yield Check(rule, limit, limit, "kcal/mol", True, "there are no such pairs")
            continue
        values = np.where(mask, apart, np.inf)
        i, j = np.unravel_index(int(np.argmin(values)), values.shape)
        worst = float(values[i, j])
        one, other = sequences.domains[i][0], sequences.domains[j][0]
        words = f"{one} and {other} are the closest, {worst:.2f} kcal/mol apart"
        yield Check(rule, worst, limit, "kcal/mol", worst >= limit - 1e-9, words)


def _junctions(sequences: Sequences, layout: Layout, rules: Rules, binding: Binding) -> Check:
    """Let every toehold, and its complement, meet every run of three domains that it is no part of."""
    toeholds = [(d, t) for d, t in sequences.domains if d.length <= LONGEST_TOEHOLD]
    triples = [tuple(d for d in t if d) for t in layout.triples]
    if not toeholds or not triples:
        return Check(
            "mixed_gap, neighbours", rules.mixed_gap, rules.mixed_gap, "kcal/mol", True, "there are no toeholds"
        )
    words = [t for _, t in toeholds]
    own = duplex_energies(words, binding.conditions)
    texts = ["".join(map(sequences.of, t)) for t in triples]
    energies = np.minimum(binding.between(texts, words), binding.between(list(map(reverse_complement, texts)), words))
    foreign = np.array([[d not in t and ~d not in t for d, _ in toeholds] for t in triples])
    apart = np.where(foreign, energies - own, np.inf)
    i, j = np.unravel_index(int(np.argmin(apart)), apart.shape)
    worst = float(apart[i, j])
    where = f"{toeholds[j][0]} on {' '.join(map(str, triples[i]))} is the closest, {worst:.2f} kcal/mol apart"
    passed = worst >= rules.mixed_gap - 1e-9
    return Check("mixed_gap, neighbours", worst, rules.mixed_gap, "kcal/mol", passed, where)


def _stems(sequences: Sequences, rules: Rules) -> Check:
    """Find the longest word of a strand whose complement is in it too."""
    longest, where = 0, "no strand holds a word and its complement"
    for strand in sequences.strands:
        if any(~d in strand.strand.domains for d in strand.strand):
            continue  # it is meant to
        text = sequences.read(strand.strand)
        turned = reverse_complement(text)
        while any(text[k : k + longest + 1] in turned for k in range(len(text) - longest)):
            longest += 1
            where = f"the longest word of a strand that is there with its complement has {longest} nt, in {strand.name}"
    return Check("max_stem", longest, rules.max_stem, "nt", longest <= rules.max_stem, where)

"""Circuits to design sequences for, and slow, plain ways to find out what a search has to be right about."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from compiler.api import CompileOptions, compile_crn
from crn.text import parse_crn
from dsd.domains import Strand
from dsd.schemes import Lengths
from dsd.sequences import Sequences, reverse_complement
from dsd.sequences.rules import Job
from dsd.system import DsdSystem
from dsd.thermodynamics import Conditions, StackTable, encode

QUICK = Job(restarts=2, improvements=15)
"""Little effort, for circuits of a few gates."""

Mark = tuple[str, int, bool]
"""A nucleotide: its domain, where in it, and whether its complement is meant."""


def system_of(text: str, toehold: int = 5, scheme: str = "srinivas2015") -> DsdSystem:
    """Compile a network."""
    options = CompileOptions(scheme, lengths=Lengths(toehold, 15))
    return compile_crn(parse_crn(text).crn, options).system


def marks(strand: Strand) -> list[Mark]:
    """Return where every nucleotide of a strand comes from."""
    found: list[Mark] = []
    for d in strand:
        places = [(d.name, k, d.star) for k in range(d.length)]
        found += reversed(places) if d.star else places
    return found


def words(sequences: Sequences, width: int) -> dict[str, set[tuple[Mark, ...]]]:
    """Return all words of a width in the strands and their complements, each with all places it is read at."""
    found: dict[str, set[tuple[Mark, ...]]] = {}
    for named in sequences.strands:
        text, places = sequences.read(named.strand), marks(named.strand)
        turned = [(d, k, not star) for d, k, star in reversed(places)]
        for read, where in ((text, places), (reverse_complement(text), turned)):
            for k in range(len(read) - width + 1):
                found.setdefault(read[k : k + width], set()).add(tuple(where[k : k + width]))
    return found


def longest_repeat(sequences: Sequences) -> int:
    """Return the longest word that is read at two places which have no nucleotide in common."""
    for width in itertools.count(3):
        if not any(
            not any(a == b for a, b in zip(one, other, strict=True))
            for places in words(sequences, width).values()
            for one, other in itertools.combinations(places, 2)
        ):
            return width - 1
    raise AssertionError("there is always a width without a repeat")


def helices(one: str, other: str, conditions: Conditions) -> Iterator[float]:
    """Return the energies of all helices of two sequences, with single mismatches inside, by adding up their stacks."""
    table = StackTable(conditions)
    x, y = encode([one])[0], encode([other[::-1]])[0]
    for shift in range(1 - len(y), len(x)):
        pairs = [(int(x[k]), int(y[k - shift])) for k in range(max(0, shift), min(len(x), len(y) + shift))]
        for start, stop in itertools.combinations(range(len(pairs) + 1), 2):
            run = pairs[start:stop]
            right = [a + b == 3 for a, b in run]
            if not (right[0] and right[-1]) or any(not p and not q for p, q in itertools.pairwise(right)):
                continue
            energy = table.initiation + sum(table.stacks[a, c, b, d] for (a, b), (c, d) in itertools.pairwise(run))
            yield energy + sum(table.terminal_at for a, _ in (run[0], run[-1]) if a in (0, 3))


def best_helix(one: str, other: str, conditions: Conditions) -> float:
    """Return the energy of the best helix of two sequences, at most 0."""
    return min([0.0, *helices(one, other, conditions)])


def apart(sequences: Sequences, conditions: Conditions, names: Sequence[str]) -> float:
    """Return how far the closest two of some domains are apart, complements apart, in kcal/mol."""
    reading = {d.name: t for d, t in sequences.domains}
    found = []
    for one, other in itertools.combinations(names, 2):
        own = [best_helix(reading[n], reverse_complement(reading[n]), conditions) for n in (one, other)]
        both = itertools.product(
            (reading[one], reverse_complement(reading[one])), (reading[other], reverse_complement(reading[other]))
        )
        found.append(min(best_helix(a, b, conditions) for a, b in both) - max(own))
    return min(found)

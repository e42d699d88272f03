"""How good sequences are: a table of metrics under the names that Piperine and nuad use, each with a threshold and a verdict.

Piperine is the designer of Srinivas et al. (2017), doi:10.1126/science.aal2052, nuad that of Doty and Lee, github.com/UC-Davis-
molecular-computing/nuad. Their energies come from NUPACK and ViennaRNA; here accidental helices have the energies of
`dsd.sequences.alignment`, and what needs folding is computed by ViennaRNA where that is installed. Hard constraints are measured
in `dsd.sequences.checks`; scores that SpuriousSSM counts in its own way (WSAS, WSIS and their kin) are not imitated.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from dsd.domains import Domain, Strand
from dsd.folding import Folded, Task, can_fold, fold, nucleotide_pairs, pair_energies
from dsd.schemes.scheme import Role
from dsd.sequences.alignment import Binding
from dsd.sequences.assignment import NamedStrand, Sequences, reverse_complement
from dsd.sequences.checks import gaps
from dsd.sequences.layout import Layout
from dsd.sequences.rules import LONGEST_TOEHOLD, Rules
from dsd.system import DsdSystem
from dsd.thermodynamics import GAS_CONSTANT, Conditions, Floats, duplex_energies

TUBE_M: Final = 1e-6
"""Concentration at which strands meet in TSI and TO, in M; Piperine's."""

VERBOTEN: Final = ("GGG", "CCCC", "AAAA", "TTTT", "GCGC", "GGCC", "CCGG", "CGCG")
"""What a window of six letters should not hold; nor should it be all A and T, all G and C, of one kind of base, or alternate."""

Progress = Callable[[str, int, int], object]


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure of quality.

    Attributes
    ----------
    name : str
    of : str
        Whose name it is: ``Piperine``, ``nuad`` or ``own``.
    value : float
    unit : str
    threshold : float or None
        What a good design stays below, or above; None for a figure that is only told.
    more_is_better : bool
    meaning : str
    """

    name: str
    of: str
    value: float
    unit: str
    threshold: float | None
    more_is_better: bool
    meaning: str

    @property
    def good(self) -> bool | None:
        """Whether the threshold is met; None if there is none."""
        if self.threshold is None:
            return None
        return self.value >= self.threshold if self.more_is_better else self.value <= self.threshold

    @property
    def verdict(self) -> str:
        """The verdict in words."""
        if self.threshold is None:
            return "for information"
        side = "at least" if self.more_is_better else "at most"
        word = "good" if self.good else "poor"
        return f"{word}: {self.value:.3g} where {side} {self.threshold:.3g} {self.unit} is asked".replace(" % ", "% ")


@dataclass(frozen=True)
class Quality:
    """The table, and what stands behind it.

    Attributes
    ----------
    metrics : tuple of Metric
    folded : bool
        Whether ViennaRNA was there; without it the metrics of structure are missing.
    worst_pairs : tuple of (str, str, float)
        The pairs of domains that bind most by accident, with their energies in kcal/mol.
    """

    metrics: tuple[Metric, ...]
    folded: bool
    worst_pairs: tuple[tuple[str, str, float], ...]

    def metric(self, name: str) -> Metric:
        """Return the metric of a name."""
        return next(m for m in self.metrics if m.name == name)


def measure(
    sequences: Sequences,
    system: DsdSystem,
    rules: Rules,
    conditions: Conditions,
    *,
    target: float | None = None,
    workers: int = 1,
    folding: bool | None = None,
    progress: Progress = lambda *_: None,
) -> Quality:
    """Measure the quality of sequences.

    Parameters
    ----------
    sequences : Sequences
    system : DsdSystem
        Whose complexes are folded.
    rules : Rules
        With `max_repeat` given.
    conditions : Conditions
    target : float, optional
        Design energy of the toeholds in kcal/mol; by default their mean.
    workers : int
        Processes to fold in.
    folding : bool, optional
        Whether to fold; by default if ViennaRNA is installed.
    progress : callable
    """
    binding = Binding(conditions)
    metrics = [
        *_toeholds(sequences, rules, conditions, target),
        *_domain_pairs(sequences, rules, binding),
        *_strand_pairs(sequences, binding),
        *_words(sequences, rules),
    ]
    with_folding = can_fold() if folding is None else folding
    if with_folding:
        metrics += _structures(sequences, system, conditions, workers, progress)
        metrics += _ranked(sequences, conditions, workers, progress)
    return Quality(tuple(metrics), with_folding, _worst(sequences, binding))


def random_sequences(like: Sequences, letters: str, seed: int) -> Sequences:
    """Return sequences for the same circuit that nobody designed, for comparison."""
    rng = np.random.default_rng(seed)
    taken: set[str] = set()
    readings = []
    for domain, _ in like.domains:
        while True:
            text = "".join(letters[i] for i in rng.integers(len(letters), size=domain.length))
            if text not in taken and reverse_complement(text) not in taken | {text}:
                break
        taken.add(text)
        readings.append((domain, text))
    return Sequences(tuple(readings), like.strands)


def _toeholds(sequences: Sequences, rules: Rules, conditions: Conditions, target: float | None) -> list[Metric]:
    """Compare toeholds with one another."""
    by_length: dict[int, list[str]] = {}
    for domain, text in sequences.domains:
        if domain.length <= LONGEST_TOEHOLD:
            by_length.setdefault(domain.length, []).append(text)
    if not by_length:
        return []
    energies = {n: duplex_energies(texts, conditions) for n, texts in by_length.items()}
    # In a signal, a toehold follows the end of a long domain and precedes the beginning of another; their letters hang over.
    ends = [t for d, t in sequences.domains if d.length > LONGEST_TOEHOLD]
    before, after = (max(set(c), key=c.count) if c else "" for c in ([t[-1] for t in ends], [t[0] for t in ends]))
    context = {
        n: duplex_energies(t, conditions, before=[before] * len(t), after=[after] * len(t))
        for n, t in by_length.items()
    }
    errors = np.concatenate([e - (target if target is not None else e.mean()) for e in energies.values()])
    largest = max(float(np.ptp(e)) for e in energies.values())
    hanging = max(float(np.ptp(e)) for e in context.values())
    every = np.concatenate(list(energies.values()))
    return [
        Metric("dG Error", "Piperine", float(np.abs(errors).mean()), "kcal/mol", rules.toehold_spread / 2, False,
               "mean distance of the toeholds' energies from the design target"),
        Metric("dG Range", "Piperine", largest, "kcal/mol", rules.toehold_spread, False,
               "difference of the strongest and the weakest toehold of one length"),
        Metric("dG Range in context", "own", hanging, "kcal/mol", None, False,
               "the same with the usual neighbours hanging over on both sides"),
        Metric("toehold dG", "Piperine", float(every.mean()), "kcal/mol", None, False, "mean energy of the toeholds"),
    ]  # fmt: skip


def _domain_pairs(sequences: Sequences, rules: Rules, binding: Binding) -> list[Metric]:
    """Compare domains with one another."""
    own, apart = gaps(sequences, binding)
    energies = apart + np.maximum.outer(own, own)
    long = np.array([d.length > LONGEST_TOEHOLD for d, _ in sequences.domains])
    found = []
    for kind, mask, limit in (
        ("toehold", np.logical_and.outer(~long, ~long), rules.toehold_gap),
        ("toehold and long", np.logical_xor.outer(long, long), rules.mixed_gap),
        ("long", np.logical_and.outer(long, long), rules.long_gap),
    ):
        if mask.any():
            worst = float(apart[mask].min())
            found.append(Metric(f"domain pair gap, {kind}", "own", worst, "kcal/mol", limit, True,
                                "least difference between an accidental and a right helix"))  # fmt: skip
    if long.any():
        mask = np.logical_and.outer(long, long)
        found.append(Metric("domain pair energy", "nuad", float(energies[mask].min()), "kcal/mol", -10.0, True,
                            "strongest accidental helix of two long domains"))  # fmt: skip
        found.append(Metric("nearest neighbor energy range", "nuad", float(np.ptp(own[long])), "kcal/mol", 6.0, False,
                            "difference of the strongest and the weakest long domain"))  # fmt: skip
    return found


def _strand_pairs(sequences: Sequences, binding: Binding) -> list[Metric]:
    """Let strands meet that should not bind, 1 µM of each."""
    tops = [s for s in sequences.strands if not any(d.star for d in s.strand)]
    texts = [sequences.read(s.strand) for s in tops]
    found = []
    if texts:
        energies = binding.between(texts, texts)
        shares = _percent(energies, binding.conditions)
        sums = shares.sum(axis=0)
        found += [
            Metric("TSI avg", "Piperine", float(sums.mean()), "%", 1.0, False,
                   "share of a top strand bound to any other top strand, 1 µM each, summed over all"),
            Metric("TSI max", "Piperine", float(sums.max()), "%", 5.0, False, "the same for the worst top strand"),
            Metric("strand pair energy", "nuad", float(energies.min()), "kcal/mol", -7.0, True,
                   "strongest accidental helix of two top strands"),
        ]  # fmt: skip
    bare = dict.fromkeys(d for s in sequences.strands for d in s.strand if d.star and d.length <= LONGEST_TOEHOLD)
    if bare and texts:
        energies = binding.between([sequences.of(d) for d in bare], texts)
        strangers = np.array([[~d not in s.strand for s in tops] for d in bare])
        taken = np.where(strangers, _percent(energies, binding.conditions), 0.0).sum(axis=1)
        found += [
            Metric("TO avg", "Piperine", float(taken.mean()), "%", 1.0, False,
                   "share of a gate's toehold taken by strands that are not meant for it, 1 µM each, summed over all"),
            Metric("TO max", "Piperine", float(taken.max()), "%", 5.0, False, "the same for the worst toehold"),
        ]  # fmt: skip
    return found


def _percent(energies: Floats, conditions: Conditions) -> Floats:
    """Return the share of two strands of 1 µM each that is bound, of all strands of both, in %."""
    constant = np.exp(-energies / (GAS_CONSTANT * conditions.kelvin)) * (energies < 0)
    # x / (c - x)^2 = K, in a form that keeps its digits for small K.
    kc = constant * TUBE_M
    share: Floats = 2 * kc / (1 + 2 * kc + np.sqrt(1 + 4 * kc))
    return 100 * share / 2


def _words(sequences: Sequences, rules: Rules) -> list[Metric]:
    """Count words that occur twice, and words that should not occur at all."""
    long = [t for d, t in sequences.domains if d.length > LONGEST_TOEHOLD]
    score, largest = 0, 0
    for one, other in itertools.combinations(long, 2):
        common = _common(one, other)
        largest = max(largest, common)
        score += 2 ** (min(common, 10) - 5) if common >= 5 else 0
    texts = [sequences.read(s.strand) for s in sequences.strands]
    windows = [t[k : k + 6] for t in texts for k in range(len(t) - 5)]
    banned = sum(_verboten(w) for w in windows) / max(1, len(texts))
    return [
        Metric("WS-BM", "Piperine", score / max(1, len(long)), "per domain", None, False,
               "common words of branch-migration domains from 5 nt, each weighted 2^(nt - 5), at most 10 nt"),
        Metric("Max-BM", "Piperine", float(largest), "nt", float(rules.max_repeat or 0), False,
               "longest word that two branch-migration domains have in common (nuad's LCS)"),
        Metric("Verboten", "Piperine", banned, "per strand", None, False,
               "windows of six nucleotides with words that are hard to make or that stick, not weighted"),
        Metric("Spurious", "Piperine", _spurious(sequences), "per strand", None, False,
               "pairs of places whose words of 6 to 10 nt are equal or complementary, weighted by nt - 5"),
    ]  # fmt: skip


def _common(one: str, other: str) -> int:
    """Return the length of the longest word that two texts have in common."""
    best = 0
    row = [0] * (len(other) + 1)
    for a in one:
        last = 0
        for j, b in enumerate(other, 1):
            row[j], last = (last + 1 if a == b else 0), row[j]
            best = max(best, row[j])
    return best


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


def _spurious(sequences: Sequences) -> float:
    """Count places, of all strands, that read alike or each other's complement."""
    layout = Layout(tuple(s.strand for s in sequences.strands))
    texts = [sequences.of(d) for d in layout.domains]
    total = 0.0
    for width in range(6, 11):
        counts: dict[str, int] = {}
        for stretch in layout.stretches(width):
            # Places with a toehold in common are not told apart: they share what they read by design.
            if len({(d, star) for d, _, star in stretch}) > 1:
                continue
            word = "".join(reverse_complement(texts[d][k]) if star else texts[d][k] for d, k, star in stretch)
            word = min(word, reverse_complement(word))
            counts[word] = counts.get(word, 0) + 1
        total += (width - 5) * sum(n * (n - 1) // 2 for n in counts.values())
    return total / max(1, len(sequences.strands))


def _structures(
    sequences: Sequences, system: DsdSystem, conditions: Conditions, workers: int, progress: Progress
) -> list[Metric]:
    """Fold every strand alone, and every complex."""
    single = [Task(s.name, (sequences.read(s.strand),), (-1,) * s.strand.length) for s in sequences.strands]
    whole = [
        Task(e.complex.name, tuple(map(sequences.read, e.complex.strands)), nucleotide_pairs(e.complex))
        for e in system.entries
        if len(e.complex.strands) > 1 and e.role is not Role.WASTE and _known(e.complex.strands, sequences)
    ]
    found = fold([*single, *whole], conditions, workers, progress)
    strands, complexes = found[: len(single)], found[len(single) :]
    tops = [(s, f) for s, f in zip(sequences.strands, strands, strict=True) if not any(d.star for d in s.strand)]
    metrics = _free(tops)
    if complexes:
        metrics += _gates([(t, f) for t, f in zip(whole, complexes, strict=True)])
    return metrics


def _known(strands: Sequence[Strand], sequences: Sequences) -> bool:
    """Whether all domains have nucleotides; those of histories that nothing releases have none."""
    names = {d for d, _ in sequences.domains}
    return all((~d if d.star else d) in names for s in strands for d in s)


def _free(tops: Sequence[tuple[NamedStrand, Folded]]) -> list[Metric]:
    """Tell how free single strands are."""
    if not tops:
        return []
    lowest = min(min(f.unpaired) for _, f in tops)
    mean = float(np.mean([np.mean(f.unpaired) for _, f in tops]))
    toeholds = [p for s, f in tops for p in (_toehold_letters(s, f)) if p]
    energies = [f.energy for _, f in tops]
    metrics = [
        Metric("SSU min", "Piperine", lowest, "", 0.5, True, "least probability of a nucleotide of a free top strand to be free"),
        Metric("SSU avg", "Piperine", mean, "", 0.9, True, "its mean"),
        Metric("strand free energy", "nuad", min(energies), "kcal/mol", -1.0, True,
               "energy of the strongest structure of a top strand by itself"),
    ]  # fmt: skip
    if toeholds:
        metrics[2:2] = [
            Metric("SSTU min", "Piperine", min(map(min, toeholds)), "", 0.6, True, "SSU min in the toeholds"),
            Metric("SSTU avg", "Piperine", float(np.mean([np.mean(p) for p in toeholds])), "", 0.9, True,
                   "SSU avg in the toeholds"),
        ]  # fmt: skip
    return metrics


def _toehold_letters(strand: NamedStrand, folded: Folded) -> list[tuple[float, ...]]:
    """Return the probabilities of the nucleotides of every toehold of a strand to be free."""
    found, at = [], 0
    for domain in strand.strand:
        if domain.length <= LONGEST_TOEHOLD:
            found.append(folded.unpaired[at : at + domain.length])
        at += domain.length
    return found


def _gates(folded: Sequence[tuple[Task, Folded]]) -> list[Metric]:
    """Tell how many nucleotides of complexes are not as drawn."""
    bad = []
    inner = []
    for task, found in folded:
        paired = sum(p >= 0 for p in task.pairs)
        bad.append(100 * found.defect / (paired + found.defect))
        for k, p in enumerate(task.pairs):
            # A pair with a pair of the same helix on either side.
            if 0 < k < len(task.pairs) - 1 and p > k and task.pairs[k - 1] == p + 1 and task.pairs[k + 1] == p - 1:
                inner.append(found.intended[k])
    return [
        Metric("BN% max", "Piperine", max(bad), "%", 10.0, False,
               "nucleotides of a complex that are not as drawn, for the worst; complexes do not fall apart here"),
        Metric("BN% avg", "Piperine", float(np.mean(bad)), "%", 5.0, False, "the same for the mean complex"),
        Metric("base-pair probability, interior", "nuad", float(np.mean(inner)) if inner else 1.0, "", 0.98, True,
               "mean probability of pairs inside helices"),
    ]  # fmt: skip


def _ranked(sequences: Sequences, conditions: Conditions, workers: int, progress: Progress) -> list[Metric]:
    """Rank all pairs of long domains by ViennaRNA, with bulges and loops."""
    long = [(d, t) for d, t in sequences.domains if d.length > LONGEST_TOEHOLD]
    pairs = [(a, b) for (_, a), (_, b) in itertools.combinations(long, 2)]
    both = [*pairs, *((a, reverse_complement(b)) for a, b in pairs)]
    energies = pair_energies(both, conditions, workers, progress)
    if not energies:
        return []
    return [
        Metric("domain pair energy, RNAduplex", "nuad", min(energies), "kcal/mol", -12.0, True,
               "strongest accidental helix of two long domains, bulges and loops allowed, at 1 M sodium"),
    ]  # fmt: skip


def _worst(sequences: Sequences, binding: Binding, most: int = 10) -> tuple[tuple[str, str, float], ...]:
    """Return the pairs of domains that bind most by accident."""
    own, apart = gaps(sequences, binding)
    energies = apart + np.maximum.outer(own, own)
    names = [d.name for d, _ in sequences.domains]
    listed = [(float(energies[i, j]), i, j) for i in range(len(names)) for j in range(i + 1, len(names))]
    return tuple((names[i], names[j], e) for e, i, j in sorted(listed)[:most])


def toehold_table(sequences: Sequences, conditions: Conditions) -> Mapping[Domain, float]:
    """Return the energy of every toehold on its complement, in kcal/mol."""
    short = [(d, t) for d, t in sequences.domains if d.length <= LONGEST_TOEHOLD]
    energies = duplex_energies([t for _, t in short], conditions)
    return {d: float(e) for (d, _), e in zip(short, energies, strict=True)}

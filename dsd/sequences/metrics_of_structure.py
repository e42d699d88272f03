"""Metrics of structure: how free single strands are, and how well complexes are as drawn, by ViennaRNA.

Every strand is folded by itself and every complex with all its strands, in the order in which they lie along its boundary. Energies
of plain helices are in `dsd.sequences.metrics_of_energy`.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from dsd.domains import Strand
from dsd.folding import Folded, Task, fold, nucleotide_pairs, pair_energies
from dsd.schemes.scheme import Role
from dsd.sequences.assignment import NamedStrand, Sequences, reverse_complement
from dsd.sequences.metric import Metric
from dsd.sequences.rules import LONGEST_TOEHOLD
from dsd.system import DsdSystem
from dsd.thermodynamics import Conditions

Progress = Callable[[str, int, int], object]


def structure_metrics(
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
    bad, places = [], _Places([], [], [])
    for task, found in folded:
        paired = sum(p >= 0 for p in task.pairs)
        bad.append(100 * found.defect / (paired + found.defect))
        places.add(task, found)
    metrics = [
        Metric("BN% max", "Piperine", max(bad), "%", 10.0, False,
               "nucleotides of a complex that are not as drawn, for the worst; complexes do not fall apart here"),
        Metric("BN% avg", "Piperine", float(np.mean(bad)), "%", 5.0, False, "the same for the mean complex"),
    ]  # fmt: skip
    for name, values, limit, what in (
        ("interior", places.interior, 0.98, "pairs inside helices"),
        ("helix end", places.end, 0.73, "pairs at the ends of helices and beside nicks"),
        ("unpaired", places.free, 0.95, "nucleotides that should be free to be so"),
    ):
        if values:
            mean = float(np.mean(values))
            metrics.append(
                Metric(f"base-pair probability, {name}", "nuad", mean, "", limit, True, f"mean probability of {what}")
            )
    return metrics


class _Places(NamedTuple):
    """Probabilities of nucleotides to be as drawn, by where they are."""

    interior: list[float]
    end: list[float]
    free: list[float]

    def add(self, task: Task, found: Folded) -> None:
        """Take in a complex."""
        ends = set(itertools.accumulate(map(len, task.strands)))
        for k, partner in enumerate(task.pairs):
            if partner < 0:
                self.free.append(found.intended[k])
            elif partner > k:
                # Inside, the pairs on either side belong to the same helix, and no backbone is broken.
                inside = (
                    all(0 <= k + step < len(task.pairs) and task.pairs[k + step] == partner - step for step in (-1, 1))
                    and not {k, k + 1, partner, partner + 1} & ends
                )
                (self.interior if inside else self.end).append(found.intended[k])


def ranking_metrics(sequences: Sequences, conditions: Conditions, workers: int, progress: Progress) -> list[Metric]:
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

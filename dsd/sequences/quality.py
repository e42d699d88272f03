"""How good sequences are: a table of metrics under the names that Piperine and nuad use, each with a threshold and a verdict.

Piperine is the designer of Srinivas et al. (2017), doi:10.1126/science.aal2052, nuad that of Doty and Lee, github.com/UC-Davis-
molecular-computing/nuad. Their energies come from NUPACK and ViennaRNA, so a threshold is a guide and not a rule; hard constraints
are measured in `dsd.sequences.checks`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np

from dsd.folding import can_fold
from dsd.sequences.alignment import Binding
from dsd.sequences.assignment import Sequences, reverse_complement
from dsd.sequences.metric import Metric
from dsd.sequences.metrics_of_energy import domain_pair_metrics, strand_pair_metrics, toehold_metrics, worst_pairs
from dsd.sequences.metrics_of_structure import ranking_metrics, structure_metrics
from dsd.sequences.metrics_of_words import word_metrics
from dsd.sequences.rules import Rules
from dsd.system import DsdSystem
from dsd.thermodynamics import Conditions

RANDOM: Final = 3
"""How many random designs the thresholds of the word metrics are the means of."""

NO_TARGETS: Final[Mapping[int, float]] = MappingProxyType({})

Progress = Callable[[str, int, int], object]


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
    targets: Mapping[int, float] = NO_TARGETS,
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
    targets : mapping of int to float
        Design energies of the toeholds in kcal/mol by their lengths in nt; by default the means.
    workers : int
        Processes to fold in.
    folding : bool, optional
        Whether to fold; by default if ViennaRNA is installed.
    progress : callable
    """
    binding = Binding(conditions)
    undesigned = [random_sequences(sequences, rules.letters, seed) for seed in range(RANDOM)]
    metrics = [
        *toehold_metrics(sequences, rules, conditions, targets),
        *domain_pair_metrics(sequences, rules, binding),
        *strand_pair_metrics(sequences, binding),
        *word_metrics(sequences, undesigned, rules),
    ]
    with_folding = can_fold() if folding is None else folding
    if with_folding:
        metrics += structure_metrics(sequences, system, conditions, workers, progress)
        metrics += ranking_metrics(sequences, conditions, workers, progress)
    return Quality(tuple(metrics), with_folding, worst_pairs(sequences, binding))


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

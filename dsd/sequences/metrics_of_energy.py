"""Metrics of energy: toeholds beside each other, domains and strands that bind by accident.

Accidental helices have the energies of `dsd.sequences.alignment`; what needs folding is in `dsd.sequences.metrics_of_structure`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from dsd.sequences.alignment import Binding
from dsd.sequences.assignment import Sequences
from dsd.sequences.checks import gaps
from dsd.sequences.metric import Metric
from dsd.sequences.rules import LONGEST_TOEHOLD, Rules
from dsd.sequences.toeholds import energies_in_context
from dsd.thermodynamics import GAS_CONSTANT, Conditions, Floats, duplex_energies

TUBE_M: Final = 1e-6
"""Concentration at which strands meet in TSI and TO, in M; Piperine's."""

ASSOCIATION: Final = 3e6
"""Rate constant of hybridisation in /M/s: the plateau of Zhang and Winfree, JACS 131:17303 (2009)."""

OPENING: Final = 0.1
"""How often a toehold opens at least so that steps can be undone, in /s."""


@dataclass(frozen=True, slots=True)
class ToeholdEnergy:
    """How strongly a toehold binds its complement.

    Attributes
    ----------
    name, sequence : str
    energy : float
        Of the bare helix, in kcal/mol.
    in_context : float
        With the clamps of long domains hanging over on both sides, in kcal/mol.
    """

    name: str
    sequence: str
    energy: float
    in_context: float


def toehold_energies(sequences: Sequences, rules: Rules, conditions: Conditions) -> tuple[ToeholdEnergy, ...]:
    """Return the energies of all toeholds."""
    short = [(d.name, t) for d, t in sequences.domains if d.length <= LONGEST_TOEHOLD]
    texts = [t for _, t in short]
    bare, context = duplex_energies(texts, conditions), energies_in_context(texts, rules, conditions)
    return tuple(ToeholdEnergy(n, t, float(b), float(c)) for (n, t), b, c in zip(short, bare, context, strict=True))


def toehold_metrics(
    sequences: Sequences, rules: Rules, conditions: Conditions, targets: Mapping[int, float]
) -> list[Metric]:
    """Compare toeholds with one another, and with the design energies of their lengths; without one with their mean."""
    by_length: dict[int, list[ToeholdEnergy]] = {}
    for toehold in toehold_energies(sequences, rules, conditions):
        by_length.setdefault(len(toehold.sequence), []).append(toehold)
    if not by_length:
        return []
    bare = {n: np.array([t.energy for t in group]) for n, group in by_length.items()}
    context = [np.array([t.in_context for t in group]) for group in by_length.values()]
    errors = np.concatenate([e - targets.get(n, float(e.mean())) for n, e in bare.items()])
    weakest_opens = -GAS_CONSTANT * conditions.kelvin * math.log(ASSOCIATION / OPENING)
    return [
        Metric("dG Error", "Piperine", float(np.abs(errors).mean()), "kcal/mol", rules.toehold_spread / 2, False,
               "mean distance of the toeholds' energies from the design target"),
        Metric("dG Range", "Piperine", max(float(np.ptp(e)) for e in bare.values()), "kcal/mol", rules.toehold_spread,
               False, "difference of the strongest and the weakest toehold of one length"),
        Metric("dG Range in context", "own", max(float(np.ptp(e)) for e in context), "kcal/mol",
               rules.context_spread, False, "the same with the clamps of long domains hanging over on both sides"),
        Metric("toehold dG", "own", min(float(e.min()) for e in bare.values()), "kcal/mol", weakest_opens, True,
               f"strongest toehold; what is asked opens {OPENING:g} times a second if it binds at {ASSOCIATION:.0e} /M/s"),
    ]  # fmt: skip


def domain_pair_metrics(sequences: Sequences, rules: Rules, binding: Binding) -> list[Metric]:
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


def strand_pair_metrics(sequences: Sequences, binding: Binding) -> list[Metric]:
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


def worst_pairs(sequences: Sequences, binding: Binding, most: int = 10) -> tuple[tuple[str, str, float], ...]:
    """Return the pairs of domains that bind most by accident."""
    own, apart = gaps(sequences, binding)
    energies = apart + np.maximum.outer(own, own)
    names = [d.name for d, _ in sequences.domains]
    listed = [(float(energies[i, j]), i, j) for i in range(len(names)) for j in range(i + 1, len(names))]
    return tuple((names[i], names[j], e) for e, i, j in sorted(listed)[:most])

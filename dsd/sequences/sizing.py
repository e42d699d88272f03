"""The rules that depend on the size of a circuit: how long a word may be that occurs twice, and how soon neighbours differ.

Both are chosen as strict as leaves a choice; rules that the user gave stay as they are.
"""

from __future__ import annotations

from dataclasses import replace

from dsd.sequences.layout import Layout
from dsd.sequences.rules import IUPAC, Rules


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

"""What the two ways of drawing gates have in common for a comparison: signals by species, and fuels."""

from __future__ import annotations

from collections.abc import Sequence

from crn.network import CRN, Bag, Reaction
from dsd.complexes import Complex
from dsd.nuskell import Translation
from dsd.schemes import Fresh, Scheme

Labelled = list[tuple[str, Complex]]


def of_translation(made: Translation) -> Labelled:
    """Return signals and fuels of a translation."""
    return [(s.species, s.complex) for s in made.signals] + [("fuel", f.complex) for f in made.fuels]


def of_scheme(scheme: Scheme, crn: CRN) -> Labelled:
    """Return signals and fuels as a built-in scheme draws them, reactants bound in the order of their names."""
    fresh = Fresh()
    signals = {s: scheme.signal(s, 1, fresh) for s in crn.species}
    found = [(s, signal.wild()[0]) for s, signal in signals.items()]
    fuels: dict[Complex, None] = {}
    for reaction in crn.reactions:
        gate = scheme.gate(reaction, reaction.reactants.elements(), signals, fresh)
        fuels.update(dict.fromkeys(m.complex for m in gate.fuels))
    return found + [("fuel", c) for c in fuels]


def reaction(name: str, left: Sequence[str], right: Sequence[str]) -> Reaction:
    """Return a reaction."""
    return Reaction(name, Bag.of(*left), Bag.of(*right))

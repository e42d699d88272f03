"""Circuits with nucleotides that nobody has judged: for tests of orders and bench sheets, which do not care what domains read."""

from __future__ import annotations

import numpy as np

from compiler.passes import State, default_pipeline
from compiler.scaling import Physical
from crn.text import parse_crn
from dsd.lab.inventory import Inventory
from dsd.sequences.assignment import NamedStrand, Sequences, reverse_complement
from dsd.system import DsdSystem


def state_of(text: str, physical: Physical = Physical(5e-9, 1e-6), peak: float = 1.0) -> State:  # frozen
    """Return a compiled network."""
    crn = parse_crn(text).crn
    return default_pipeline("srinivas2015", physical).run(crn, dict.fromkeys(crn.species, peak))


def system_of(text: str) -> DsdSystem:
    """Return the DNA of a network."""
    system = state_of(text).system
    assert system is not None
    return system


def any_sequences(system: DsdSystem, seed: int = 0) -> Sequences:
    """Return random sequences of A, C and T, all different."""
    rng = np.random.default_rng(seed)
    inventory = Inventory.of(system)
    domains = dict.fromkeys(~d if d.star else d for o in inventory.oligos for d in o.strand)
    taken: set[str] = set()
    readings = []
    for domain in domains:
        text = ""
        while not text or text in taken:
            text = "".join(rng.choice(list("ACT"), size=domain.length))
        taken |= {text, reverse_complement(text)}
        readings.append((domain, text))
    return Sequences(tuple(readings), tuple(NamedStrand(o.name, o.strand) for o in inventory.oligos))

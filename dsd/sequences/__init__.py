"""Sequence design: from domains to nucleotides, what they must not do, and how good they are.

The value that the rest of the program works with is `Sequences`, in `dsd.sequences.assignment`; `dsd.sequences.storage` writes and
reads it. Energies are in `dsd.thermodynamics`; orders and bench sheets are in `dsd.lab`.
"""

from dsd.sequences.assignment import NamedStrand, Sequences, reverse_complement

__all__ = ["NamedStrand", "Sequences", "reverse_complement"]

"""Visual DSD: complexes as a program for the simulator of that name, in its classic notation.

M. R. Lakin, S. Youssef, F. Polo, S. Emmott, A. Phillips, "Visual DSD: a design and analysis tool for DNA strand displacement
systems", Bioinformatics 27, 3211 (2011), doi:10.1093/bioinformatics/btr543. ``<a t^>`` is an upper strand, ``{a}`` a lower one,
``[a]`` a duplex, ``:`` joins along the lower strand; toeholds have ``^``, complements ``*``. Hairpins and junctions stand in
comments, for it has no words for them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from dsd.complexes import UNPAIRED, Complex
from dsd.domains import Domain
from dsd.schemes.scheme import Role
from dsd.system import DsdSystem

_TOEHOLD_NT = 8
_WORD = re.compile(r"[^A-Za-z0-9_]")
_NANOMOLAR = 1e-9


def write_visualdsd(system: DsdSystem, made_by: str, until_s: float = 36_000.0) -> str:
    """Write a system as a program.

    Parameters
    ----------
    system : DsdSystem
        Signals and fuels are written, with their concentrations; what they become the program finds itself.
    made_by : str
        How it was made, for the first line.
    until_s : float
        How long the program simulates, in s.
    """
    listed = [e for e in system.entries if e.role in (Role.SIGNAL, Role.FUEL, Role.BUFFER)]
    lengths = {d.name: d.length for e in listed for d in e.complex.domains}
    names = _names(lengths)
    plotted = [p for e in listed if e.role is Role.SIGNAL and (p := program_of(e.complex, names))]
    plots = f"; plots=[{'; '.join(plotted)}]" if plotted else ""
    lines = [
        f"(* {made_by.replace('*)', '* )')} *)",
        f"directive simulation {{final={until_s:g}{plots}}}",
        "directive units {concentration=nM; time=s}",
    ]
    rows, left_out = [], []
    for entry in listed:
        program = program_of(entry.complex, names)
        if program is None:
            left_out.append(f"(* not expressible: {entry.complex.name} = {entry.complex.kernel} *)")
        else:
            rows.append(f"{entry.concentration / _NANOMOLAR:g} * {program} (* {entry.complex.name} *)")
    body = "( " + "\n| ".join(rows) + "\n)" if rows else "()"
    return "\n".join([*lines, *left_out, "", body]) + "\n"


def program_of(item: Complex, names: Mapping[str, str] | None = None) -> str | None:
    """Return a complex in Visual DSD's notation, or None if it has hairpins or junctions.

    Parameters
    ----------
    item : Complex
    names : mapping of str to str, optional
        What domains are called; by default as they are.
    """
    called = names or {}
    if len(item.strands) == 1:
        if any(p != UNPAIRED for p in item.pairs):
            return None
        # A strand of complements only is a lower one; it is written from right to left.
        if all(d.star for d in item.domains):
            return "{" + _row(item.domains[::-1], called) + "}"
        return "<" + _row(item.domains, called) + ">"
    # The strand of complements lies below, if there is a choice.
    for lower in sorted(range(len(item.strands)), key=lambda i: sum(1 - 2 * d.star for d in item.strands[i])):
        found = _along(item, lower, called)
        if found is not None:
            return found
    return None


def _along(item: Complex, lower: int, called: Mapping[str, str]) -> str | None:
    """Return a complex all of whose pairs are with one strand, written along that strand from its 3' end."""
    owner = [i for i, s in enumerate(item.strands) for _ in s]
    if any(q != UNPAIRED and (owner[p] == lower) == (owner[q] == lower) for p, q in enumerate(item.pairs)):
        return None
    start = owner.index(lower)
    below = list(range(start + len(item.strands[lower]) - 1, start - 1, -1))
    segments: list[str] = []
    waiting: list[Domain] = []
    at = 0
    seen: set[int] = set()
    while at < len(below):
        partner = item.pairs[below[at]]
        if partner == UNPAIRED:
            waiting.append(item.domains[below[at]])
            at += 1
            continue
        upper = owner[partner]
        first = owner.index(upper)
        strand = range(first, first + len(item.strands[upper]))
        held = [p for p in strand if item.pairs[p] != UNPAIRED]
        row = [below[at + k] if at + k < len(below) else -1 for k in range(len(held))]
        # One duplex for each upper strand, without anything free in it on either side.
        if upper in seen or held != list(range(held[0], held[-1] + 1)) or [item.pairs[p] for p in held] != row:
            return None
        seen.add(upper)
        text = "{" + _row(waiting, called) + "}" if waiting else ""
        left, right = range(first, held[0]), range(held[-1] + 1, strand.stop)
        text += "<" + _row([item.domains[p] for p in left], called) + ">" if left else ""
        text += "[" + _row([item.domains[p] for p in held], called) + "]"
        text += "<" + _row([item.domains[p] for p in right], called) + ">" if right else ""
        segments.append(text)
        waiting = []
        at += len(held)
    if waiting:
        segments[-1] += "{" + _row(waiting, called) + "}"
    return ":".join(segments)


def _row(domains: Iterable[Domain], called: Mapping[str, str]) -> str:
    """Return domains with their marks."""
    return " ".join(f"{called.get(d.name, d.name)}{'^' * (d.length <= _TOEHOLD_NT)}{'*' * d.star}" for d in domains)


def _names(lengths: Mapping[str, int]) -> dict[str, str]:
    """Return names that Visual DSD can read: a letter first, then letters, digits and underscores."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for name in lengths:
        plain = _WORD.sub("_", name)
        plain = plain if plain[:1].isalpha() else f"d{plain}"
        number, made = 1, plain
        while made in taken:
            number += 1
            made = f"{plain}_{number}"
        taken.add(made)
        found[name] = made
    return found

"""The `.pil` format of Peppercorn and Nuskell: writers for systems and for enumerations, and the reader's names.

Concentrations are in nM and rate constants in /s and /nM/s, because Peppercorn's simulator takes one unit only.
Reading is done in `dsd.formats.pil_reader`; kernel notation itself is read and written in `dsd.complexes`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal

from dsd.complexes import Complex
from dsd.domains import Domain
from dsd.enumeration import Enumeration
from dsd.formats.pil_cursor import NAME
from dsd.formats.pil_reader import LONG, MAX_LENGTH, SHORT, read_pil
from dsd.formats.pil_system import CONDENSED, REACTION_KINDS, PilMacrostate, PilReaction, PilSystem
from dsd.system import DsdSystem, Entry

__all__ = [
    "CONDENSED",
    "LONG",
    "MAX_LENGTH",
    "REACTION_KINDS",
    "SHORT",
    "PilMacrostate",
    "PilReaction",
    "PilSystem",
    "enumerated_names",
    "read_pil",
    "write_enumeration",
    "write_pil",
]


def write_pil(system: DsdSystem, header: str = "") -> str:
    """Write a system so that Peppercorn, its simulator and `read_pil` can read it.

    Parameters
    ----------
    system : DsdSystem
    header : str
        How the file was made; becomes comment lines at the top.

    Returns
    -------
    str
        Concentrations are in nM and rate constants in /s and /nM/s, because Peppercorn's simulator takes one unit only;
        numbers are read back to the last bit. Every complex is a macrostate of its own, because Peppercorn takes condensed
        reactions between macrostates only. What complexes stand for is in comments. Characters that the format does not
        have in names become underscores.
    """
    names = _legal(e.complex.name for e in system.entries)
    lines = _head(header, (d for e in system.entries for d in e.complex.domains))
    for role in dict.fromkeys(e.role for e in system.entries):
        lines += ["", f"# Complexes: {role.value}"]
        for entry in system.of_role(role):
            lines += _complex_lines(entry, names[entry.complex.name])
    lines += ["", "# Every complex is a resting state of its own"]
    lines += [f"macrostate {name} = [{name}]" for name in names.values()]
    lines += ["", "# Reactions"]
    for reaction in system.reactions:
        left, right = ([names[c.name] for c in side] for side in (reaction.reactants, reaction.products))
        lines.append(_reaction_line(CONDENSED, reaction.k, left, right))
    return "\n".join(lines).lstrip("\n") + "\n"


def enumerated_names(found: Enumeration, known: Iterable[Complex] = ()) -> dict[Complex, str]:
    """Return a name of the format for every complex of an enumeration: its own, that of an equal `known` one, or a number."""
    labels = {c: c.name for c in (*known, *found.complexes) if c.name}
    own = _legal(labels.values())
    taken = set(own.values())
    names: dict[Complex, str] = {}
    number = 0
    for item in found.complexes:
        if item in labels:
            names[item] = own[labels[item]]
            continue
        number += 1
        while f"e{number}" in taken:
            number += 1
        names[item] = f"e{number}"
    return names


def write_enumeration(
    found: Enumeration,
    header: str = "",
    detailed: bool = True,
    condensed: bool = True,
    resting_only: bool = False,
    known: Iterable[Complex] = (),
) -> str:
    """Write what a set of complexes can become, so that Peppercorn, its simulator and `read_pil` can read it.

    Parameters
    ----------
    found : Enumeration
    header : str
        How the file was made; becomes comment lines at the top.
    detailed, condensed : bool
        Which reactions to write.
    resting_only : bool
        Whether transient complexes are left out; only without detailed reactions.
    known : iterable of Complex
        Named complexes; what is found equal to one of them has its name.
    """
    if resting_only and detailed:
        raise ValueError("detailed reactions need transient complexes")
    names = enumerated_names(found, known)
    complexes = found.resting if resting_only else found.complexes
    lines = _head(header, (d for c in found.complexes for d in c.domains))
    resting = set(found.resting)
    for title, rests in (("resting", True), ("transient", False)):
        group = [c for c in complexes if (c in resting) is rests]
        lines += ["", f"# Complexes: {title}"] * bool(group) + [f"{names[c]} = {c.kernel}" for c in group]
    if found.macrostates:
        lines += ["", "# Macrostates"]
    for state in found.macrostates:
        lines.append(f"macrostate {names[state.representative]} = [{', '.join(names[c] for c in state.complexes)}]")
    if condensed and found.condensed:
        lines += ["", "# Condensed reactions"]
        for reaction in found.condensed:
            left, right = ([names[c] for c in side] for side in (reaction.reactants, reaction.products))
            lines.append(_reaction_line(CONDENSED, reaction.rate, left, right))
    if detailed and found.steps:
        lines += ["", "# Detailed reactions"]
        for step in found.steps:
            left, right = ([names[c] for c in side] for side in (step.reactants, step.products))
            lines.append(_reaction_line(step.kind, step.rate, left, right))
    lines += ["", f"# {found.outcome}"]
    return "\n".join(lines).lstrip("\n") + "\n"


def _head(header: str, domains: Iterable[Domain]) -> list[str]:
    """Return the lines that begin a file."""
    lengths: dict[str, int] = {}
    for domain in sorted(dict.fromkeys(domains)):
        if not NAME.fullmatch(domain.name) or lengths.setdefault(domain.name, domain.length) != domain.length:
            raise ValueError(f"a domain that .pil cannot express: {domain} of {domain.length} nt")
    lines = [f"# {line}".rstrip() for line in header.splitlines()]
    lines += ["", "# Domains: lengths in nt"]
    return lines + [f"length {name} = {length}" for name, length in lengths.items()]


def _reaction_line(kind: str, k: float, left: Sequence[str], right: Sequence[str]) -> str:
    order = len(left)
    rate = f"{_shifted(k, -9 * (order - 1))} {'/nM' * (order - 1)}/s"
    return f"reaction [{kind} = {rate}] {' + '.join(left)} -> {' + '.join(right)}"


def _complex_lines(entry: Entry, name: str) -> list[str]:
    text = f"{name} = {entry.complex.kernel} @initial {_shifted(entry.concentration, 9)} nM"
    return [f"# interpretation: {name} = {entry.meaning}", text] if len(entry.meaning) else [text]


def _shifted(value: float, power: int) -> str:
    """Return ``value * 10**power`` as a number of the format, without rounding."""
    shifted = Decimal(repr(value)).scaleb(power).normalize()
    return f"{shifted:f}" if -4 <= shifted.adjusted() <= 9 else f"{shifted:e}"


def _legal(names: Iterable[str]) -> dict[str, str]:
    """Return a name of the format for each of the given names, no two alike."""
    made: dict[str, str] = {}
    wanted = dict.fromkeys(names)
    # What is legal already keeps its name, whatever the others would become.
    taken = {n for n in wanted if NAME.fullmatch(n)}
    for name in wanted:
        legal = name
        if name not in taken:
            legal = re.sub(r"[^A-Za-z0-9_-]", "_", name)
            while legal in taken:
                legal += "_"
            taken.add(legal)
        made[name] = legal
    return made

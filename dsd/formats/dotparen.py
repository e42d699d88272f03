"""Dot-paren-plus notation, both ways: the domains of a complex in one line, its pairing in the next.

A dot is a free domain, parentheses are paired ones, and a plus is a nick; with one sign for every nucleotide in place of one
for every domain it is the notation of NUPACK and of most folding programs. Kernel notation lives in `dsd.complexes`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from crn.diagnostics import CircuitError, Diagnostic, Span
from dsd.complexes import UNPAIRED, Complex
from dsd.domains import Domain, Strand

_WORD = re.compile(r"\S+")
_DOMAIN = re.compile(r"([A-Za-z0-9_?'-]+)(\*?)")


def sequence_line(item: Complex) -> str:
    """Return the domains of a complex, strands separated by plus signs: ``a b + b*``."""
    return " + ".join(map(str, item.strands))


def structure_line(item: Complex, by_nucleotide: bool = False) -> str:
    """Return the pairing of a complex: ``.(+)``, or with a sign for every nucleotide."""
    signs = []
    for position, (domain, partner) in enumerate(zip(item.domains, item.pairs, strict=True)):
        sign = "." if partner == UNPAIRED else "(" if partner > position else ")"
        signs.append(sign * (domain.length if by_nucleotide else 1))
    parts, start = [], 0
    for strand in item.strands:
        parts.append("".join(signs[start : start + len(strand)]))
        start += len(strand)
    return "+".join(parts)


def write_dotparen(complexes: Iterable[Complex], by_nucleotide: bool = False) -> str:
    """Write complexes, three lines each: name, domains, pairing.

    Parameters
    ----------
    complexes : iterable of Complex
        Those without a name are numbered.
    by_nucleotide : bool
        Whether the pairing has a sign for every nucleotide.
    """
    lines = []
    for number, item in enumerate(complexes, 1):
        lines += [f"> {item.name or f'c{number}'}", sequence_line(item), structure_line(item, by_nucleotide)]
    return "\n".join(lines) + "\n" if lines else ""


def read_dotparen(text: str, lengths: Mapping[str, int], source: str = "<input>") -> tuple[Complex, ...]:
    """Read what `write_dotparen` writes.

    Parameters
    ----------
    text : str
        Blank lines and lines that begin with ``#`` are passed over.
    lengths : mapping of str to int
        Length in nt of every domain that may be named.
    source : str
        Name of the file.

    Raises
    ------
    CircuitError
        At the first fault, with its place.
    """
    lines = [
        Span(source, number, 1, line, max(1, len(line)))
        for number, line in enumerate(text.splitlines(), 1)
        if line.strip() and not line.lstrip().startswith("#")
    ]
    found = []
    for k in range(0, len(lines), 3):
        head, *rest = lines[k : k + 3]
        if not head.text.startswith(">") or not head.text[1:].strip():
            raise CircuitError(Diagnostic("expected '>' and the name of a complex", head))
        if len(rest) < 2:
            raise CircuitError(Diagnostic("a complex has a line of domains and one of its pairing", head))
        name = head.text[1:].strip()
        found.append(parse_dotparen(rest[0].text, rest[1].text, lengths, name, rest[0], rest[1]))
    return tuple(found)


def parse_dotparen(
    sequence: str,
    structure: str,
    lengths: Mapping[str, int],
    name: str = "",
    sequence_at: Span | None = None,
    structure_at: Span | None = None,
) -> Complex:
    """Read one complex.

    Parameters
    ----------
    sequence : str
        Domains, separated by blanks, and plus signs between strands.
    structure : str
        A sign for every domain, or for every nucleotide, and plus signs between strands.
    lengths : mapping of str to int
        Length in nt of every domain that may be named.
    name : str
        Label of the complex.
    sequence_at, structure_at : Span, optional
        Where the two begin, for messages.

    Raises
    ------
    CircuitError
        If this is not a complex.
    """
    start = sequence_at or Span("<dot-paren-plus>", 1, 1, sequence)
    strands: list[list[Domain]] = [[]]
    for word in _WORD.finditer(sequence):
        place = Span(start.source, start.line, start.column + word.start(), start.text, len(word.group()))
        if word.group() == "+":
            strands.append([])
            continue
        match = _DOMAIN.fullmatch(word.group())
        if match is None or match[1] not in lengths:
            what = "is no domain" if match is None else "has no length"
            raise CircuitError(Diagnostic(f"{word.group()} {what}", place))
        strands[-1].append(Domain(match[1], lengths[match[1]], bool(match[2])))
    place = structure_at or Span("<dot-paren-plus>", 2, 1, structure)
    if not all(strands):
        raise CircuitError(Diagnostic("a strand without domains", start))
    try:
        return Complex(tuple(Strand(tuple(s)) for s in strands), pair_table(strands, structure), name)
    except ValueError as error:
        raise CircuitError(Diagnostic(str(error), place)) from None


def pair_table(strands: Sequence[Sequence[Domain]], structure: str) -> tuple[int, ...]:
    """Return the partner of every domain, or `UNPAIRED`.

    Parameters
    ----------
    strands : sequence of sequence of Domain
    structure : str
        A sign for every domain, or for every nucleotide; blanks do not count.

    Raises
    ------
    ValueError
        If the two do not fit.
    """
    parts = "".join(structure.split()).split("+")
    if len(parts) != len(strands):
        raise ValueError(f"{len(strands)} strands, but {len(parts)} in the pairing")
    if any(len(p) != len(s) for p, s in zip(parts, strands, strict=True)):
        parts = [_by_domain(p, s) for p, s in zip(parts, strands, strict=True)]
    table: list[int] = []
    opened: list[int] = []
    for sign in "".join(parts):
        table.append(UNPAIRED)
        if sign == "(":
            opened.append(len(table) - 1)
        elif sign == ")":
            if not opened:
                raise ValueError("')' without '('")
            partner = opened.pop()
            table[partner], table[-1] = len(table) - 1, partner
        elif sign != ".":
            raise ValueError(f"unexpected {sign!r} in a pairing")
    if opened:
        raise ValueError("'(' is never closed")
    return tuple(table)


def _by_domain(part: str, strand: Sequence[Domain]) -> str:
    """Return one sign for every domain of a strand from one for every nucleotide."""
    total = sum(d.length for d in strand)
    if len(part) != total:
        raise ValueError(f"{len(part)} signs for a strand of {len(strand)} domains or {total} nt")
    signs: list[str] = []
    at = 0
    for domain in strand:
        here = set(part[at : at + domain.length])
        if len(here) > 1:
            raise ValueError(f"domain {domain} is paired in part")
        signs += here
        at += domain.length
    return "".join(signs)

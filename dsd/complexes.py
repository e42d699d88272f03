"""Complexes: strands held together by paired domains, in canonical form, and their kernel notation both ways.

Two complexes are equal if they are the same molecule, however their strands were listed and whatever they are called.
What complexes do to one another is the business of `dsd.enumeration`; this module only says what they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from crn.diagnostics import CircuitError, Diagnostic, Span
from dsd.domains import Domain, Strand

UNPAIRED = -1
"""Mark of a free domain in a pair table."""

_TOKEN = re.compile(r"\s*(?:(?P<domain>[A-Za-z0-9_?'-]+\*?)(?P<open>\()?|(?P<close>\))|(?P<nick>\+))")


@dataclass(frozen=True)
class Complex:
    """A connected, pseudoknot-free complex of one or more strands.

    Attributes
    ----------
    strands : tuple of Strand
        In the order in which they lie along the boundary, rotated so that the whole is the smallest of its rotations.
    pairs : tuple of int
        For every domain, counted through all strands in order, the index of the domain it is paired with, or `UNPAIRED`.
    name : str
        A label; not part of the comparison.
    """

    strands: tuple[Strand, ...]
    pairs: tuple[int, ...]
    name: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        _verify(self.strands, self.pairs)
        strands, pairs = _canonical(self.strands, self.pairs)
        object.__setattr__(self, "strands", strands)
        object.__setattr__(self, "pairs", pairs)

    @classmethod
    def single(cls, domains: Iterable[Domain], name: str = "") -> Complex:
        """Return a free strand."""
        strand = Strand(tuple(domains))
        return cls((strand,), (UNPAIRED,) * len(strand), name)

    @cached_property
    def _hash(self) -> int:
        return hash((self.strands, self.pairs))

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def domains(self) -> tuple[Domain, ...]:
        """All domains, strand after strand."""
        return tuple(d for strand in self.strands for d in strand)

    @property
    def free_domains(self) -> frozenset[Domain]:
        """The domains that are not paired."""
        return frozenset(d for d, p in zip(self.domains, self.pairs, strict=True) if p == UNPAIRED)

    @property
    def length(self) -> int:
        """Length of all strands together, in nt."""
        return sum(s.length for s in self.strands)

    def named(self, name: str) -> Complex:
        """Return the same complex under another name."""
        return self.renamed({}, name)

    def renamed(self, domains: Mapping[Domain, Domain], name: str = "") -> Complex:
        """Return the complex with other domains in place of some of its own.

        Parameters
        ----------
        domains : mapping of Domain to Domain
            From unstarred domains to unstarred ones of the same length; complements follow, so pairs stay pairs.
        name : str
            Label of the result.
        """
        strands = self.strands
        if domains:
            whole = {**domains, **{~a: ~b for a, b in domains.items()}}
            strands = tuple(Strand(tuple([whole.get(d, d) for d in s.domains])) for s in strands)
        # Pairs stay complementary and strands connected, so only the rotation has to be found again.
        made = object.__new__(Complex)
        turned = _canonical(strands, self.pairs) if domains else (strands, self.pairs)
        for field_, value in zip(("strands", "pairs", "name"), (*turned, name), strict=True):
            object.__setattr__(made, field_, value)
        return made

    @property
    def kernel(self) -> str:
        """The complex in kernel notation: ``a( b + )`` is `a b` whose `a` is paired with the `a*` of a second strand."""
        words: list[str] = []
        position = 0
        for number, strand in enumerate(self.strands):
            if number:
                words.append("+")
            for domain in strand:
                partner = self.pairs[position]
                if partner == UNPAIRED:
                    words.append(str(domain))
                else:
                    words.append(f"{domain}(" if partner > position else ")")
                position += 1
        return " ".join(words)

    def __str__(self) -> str:
        return self.name or self.kernel

    def __reduce__(self) -> tuple[type[Complex], tuple[object, ...]]:
        return Complex, (self.strands, self.pairs, self.name)


def parse_kernel(text: str, lengths: Mapping[str, int], name: str = "", span: Span | None = None) -> Complex:
    """Read a complex in kernel notation.

    Parameters
    ----------
    text : str
        For example ``d2( t3( + ) ) t1*``; ``)`` stands for the complement of the domain that opened it.
    lengths : mapping of str to int
        Length in nt of every domain that may be named.
    name : str
        Label of the complex.
    span : Span, optional
        Where the text stands, for messages; its column is the column of the text's first character.

    Raises
    ------
    CircuitError
        If the text is not a complex; the diagnostic points into the text.
    """

    def fault(message: str, at: int) -> CircuitError:
        place = span or Span("<kernel>", 1, 1, text)
        return CircuitError(Diagnostic(message, Span(place.source, place.line, place.column + at, place.text)))

    strands: list[list[Domain]] = [[]]
    pairs: list[int] = []
    opened: list[tuple[int, Domain, int]] = []
    at, end = 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None:
            at += len(text[at:]) - len(text[at:].lstrip())
            raise fault(f"unexpected {text[at]!r} in a complex", at)
        start = match.end() - len(match.group().lstrip())
        if match["nick"]:
            if not strands[-1]:
                raise fault("a strand without domains", start)
            strands.append([])
        elif match["close"]:
            if not opened:
                raise fault("')' without a domain that opens it", start)
            partner, domain, _ = opened.pop()
            pairs[partner] = len(pairs)
            pairs.append(partner)
            strands[-1].append(~domain)
        else:
            label = match["domain"].removesuffix("*")
            if label not in lengths:
                raise fault(f"domain {label} has no length", start)
            domain = Domain(label, lengths[label], match["domain"].endswith("*"))
            if match["open"]:
                opened.append((len(pairs), domain, start))
            pairs.append(UNPAIRED)
            strands[-1].append(domain)
        at = match.end()
    if opened:
        raise fault(f"{opened[-1][1]}( is never closed", opened[-1][2])
    if not strands[-1]:
        raise fault("a strand without domains", max(0, len(text) - 1))
    try:
        return Complex(tuple(Strand(tuple(s)) for s in strands), tuple(pairs), name)
    except ValueError as error:
        raise fault(str(error), 0) from None


def components(strands: Sequence[Strand], pairs: Sequence[int]) -> list[Complex]:
    """Split a pair table into its connected complexes; strands keep their circular order."""
    starts = _starts(strands)
    owner = [i for i, s in enumerate(strands) for _ in s]
    neighbours: list[set[int]] = [set() for _ in strands]
    for a, b in enumerate(pairs):
        if b != UNPAIRED:
            neighbours[owner[a]].add(owner[b])
    left = set(range(len(strands)))
    found = []
    while left:
        seed = min(left)
        group, frontier = {seed}, [seed]
        while frontier:
            for other in neighbours[frontier.pop()] - group:
                group.add(other)
                frontier.append(other)
        left -= group
        members = sorted(group)
        moved: dict[int, int] = {}
        for member in members:
            for k in range(len(strands[member])):
                moved[starts[member] + k] = len(moved)
        table = tuple(moved[pairs[old]] if pairs[old] != UNPAIRED else UNPAIRED for old in moved)
        found.append(Complex(tuple(strands[m] for m in members), table))
    return found


def _starts(strands: Sequence[Strand]) -> list[int]:
    starts, total = [], 0
    for strand in strands:
        starts.append(total)
        total += len(strand)
    return starts


def _verify(strands: tuple[Strand, ...], pairs: tuple[int, ...]) -> None:
    domains = [d for s in strands for d in s]
    if len(domains) != len(pairs) or not strands:
        raise ValueError("a complex needs a partner, or none, for every domain")
    opened: list[int] = []
    for a, b in enumerate(pairs):
        if b == UNPAIRED:
            continue
        if not 0 <= b < len(pairs) or pairs[b] != a or b == a:
            raise ValueError("pairing is not mutual")
        if domains[a] != ~domains[b]:
            raise ValueError(f"{domains[a]} cannot pair with {domains[b]}")
        if b > a:
            opened.append(a)
        elif not opened or opened.pop() != b:
            raise ValueError("the complex has a pseudoknot")
    if len(strands) > 1:
        owner = [i for i, s in enumerate(strands) for _ in s]
        reached, frontier = {0}, [0]
        links = [
            {owner[b] for a, b in enumerate(pairs) if owner[a] == s and b != UNPAIRED} for s in range(len(strands))
        ]
        while frontier:
            for other in links[frontier.pop()] - reached:
                reached.add(other)
                frontier.append(other)
        if len(reached) < len(strands):
            raise ValueError("the strands are not held together")


def _canonical(strands: tuple[Strand, ...], pairs: tuple[int, ...]) -> tuple[tuple[Strand, ...], tuple[int, ...]]:
    """Return the smallest rotation, first by strands, then by pairs."""
    if len(strands) == 1:
        return strands, pairs
    total = len(pairs)
    least = min(strands)
    candidates = []
    for number, start in enumerate(_starts(strands)):
        if strands[number] == least:
            turned = tuple((p - start) % total if p != UNPAIRED else UNPAIRED for p in pairs[start:] + pairs[:start])
            candidates.append((strands[number:] + strands[:number], turned))
    return min(candidates)

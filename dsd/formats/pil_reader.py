"""The reader of `.pil` files: domains, composite domains, complexes in either form, macrostates and reactions.

Statements may stand in any order, and every fault of a file is told with its place.
The values that come out are in `dsd.formats.pil_system`; kernel notation itself is read in `dsd.complexes`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from crn.diagnostics import CircuitError, Span
from crn.quantities import LINE_END, Faults, concentration, nearest, rate_unit, shown
from dsd.complexes import Complex, parse_kernel
from dsd.domains import Domain, Strand
from dsd.formats.dotparen import pair_table
from dsd.formats.pil_cursor import NAME, WORD, Line
from dsd.formats.pil_system import CONDENSED, REACTION_KINDS, PilMacrostate, PilReaction, PilSystem

SHORT, LONG = 5, 15
"""Lengths in nt that the words `short` and `long` stand for."""
MAX_LENGTH: Final = 1_000_000
"""Longest domain that is read, in nt."""

_UNIT = re.compile(r"[A-Za-zµμ]*+(?:[ \t]*+/[ \t]*+[A-Za-zµμ]*+)++|[A-Za-zµμ]++")
_DIGITS = re.compile(r"0*+[1-9][0-9]{0,8}", re.ASCII)
_NUCLEOTIDES = re.compile(r"[ACGTURYSWKMBDHVN]++", re.IGNORECASE)
_COMPLEMENT = str.maketrans("ACGTURYSWKMBDHVN", "TGCAAYRSWMKVHDBN")
_PAIRING = re.compile(r"[(.+)]++(?:[ \t]++[(.+)]++)*+")
_TOKEN = re.compile(r"((?:[A-Za-z0-9_]|-(?!>))++)(\*?+)(\(?+)|\)")
_STRAND_LEVEL = re.compile(r"\s*+complex\s++[^\s=:]")
_STRAND_LEVEL_ANY = re.compile(r"\s*+(?:complex|structure)\s++[^\s=:]")
_MODES: Final = {"initial": False, "i": False, "constant": True, "c": True}
_KINDS: Final = {
    **dict.fromkeys(("length", "domain", "sequence"), 0),
    **dict.fromkeys(("sup-sequence", "strand"), 1),
    **dict.fromkeys(("structure", "complex"), 2),
    **dict.fromkeys(("macrostate", "state"), 3),
    **dict.fromkeys(("reaction", "kinetic"), 4),
}
"""Which pass reads a statement that begins with the word; those without one are complexes in kernel notation, for pass 2."""


def read_pil(text: str, source: str = "<input>") -> PilSystem:
    """Read domains, complexes, macrostates and reactions.

    Parameters
    ----------
    text : str
        Statements may stand in any order, one a line.
    source : str
        Name of the file.

    Returns
    -------
    PilSystem
        An error given to a rate, as in ``[condensed = 2 +/- 0.1 /s]``, is read over.
        Composite domains and strands are spelled out wherever they are used.

    Raises
    ------
    CircuitError
        With every fault of the text (the first twenty are shown).
    """
    reader = _Reader()
    # Lengths are needed for complexes and complexes for reactions, wherever they stand.
    passes = (
        reader.read_length,
        reader.read_composite,
        reader.read_complex,
        reader.read_macrostate,
        reader.read_reaction,
    )
    statements: tuple[list[Line], ...] = ([], [], [], [], [])
    lines = [
        Line(source, number, raw, raw.partition("#")[0].rstrip())
        for number, raw in enumerate(LINE_END.split(text.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")), 1)
    ]
    ahead = iter([line for line in lines if not line.at_end])
    for line in ahead:
        try:
            statements[_kind(line)].append(line)
            if _STRAND_LEVEL.match(line.text):
                reader.continued[line.number] = _continuation(line, ahead)
        except CircuitError as error:
            reader.faults.merge(error)
        if reader.faults.full:
            break
    for read, mine in zip(passes, statements, strict=True):
        for line in mine:
            try:
                read(line)
            except CircuitError as error:
                reader.faults.merge(error)
            if reader.faults.full:
                break
    if not reader.complexes and not reader.faults.found:
        reader.faults.add("no complexes", Span(source, 1, 1), "write for example: G = a( b( + ) ) c")
    reader.faults.raise_if_any()
    return PilSystem(
        tuple(reader.complexes.values()),
        tuple(reader.initial),
        tuple(r for r in reader.reactions if r.kind == CONDENSED),
        tuple(reader.constant),
        tuple(reader.macrostates),
        tuple(r for r in reader.reactions if r.kind != CONDENSED),
        tuple(reader.sequences),
    )


def _continuation(line: Line, ahead: Iterator[Line]) -> list[Line]:
    """Return the further lines of a ``complex`` statement, whose strands and pairing may stand on lines of their own."""
    more: list[Line] = []
    rest = line.text.partition(":" if ":" in line.text else "=")[2].strip()
    missing = 0 if re.search(r"[.(]", rest) else 1 if rest else 2
    while len(more) < missing:
        following = next(ahead, None)
        if following is None:
            break
        more.append(following)
    return more


def _kind(line: Line) -> int:
    """Take the word that begins a statement, if it has one, and return which pass the statement is for."""
    begin = line.at
    word = line.take(NAME) or line.expected("a statement", "write for example: length a = 15, or: G = a( b( + ) ) c")
    if line.sign("="):
        line.at = begin
        return 2
    if word.group() not in _KINDS:
        message = f"expected '=' after {shown(word.group())}, which begins no statement"
        line.fail(message, word.span(), nearest(word.group(), _KINDS))
    return _KINDS[word.group()]


@dataclass(slots=True)
class _Reader:
    """The state of one reading; each method reads one kind of statement."""

    faults: Faults = field(default_factory=Faults)
    lengths: dict[str, int] = field(default_factory=dict)
    complexes: dict[str, Complex] = field(default_factory=dict)
    labels: dict[str, int] = field(default_factory=dict)
    """Line of every complex by name, also of those with a fault, so that no reaction complains as well."""
    states: dict[str, str] = field(default_factory=dict)
    """Representative of every macrostate by name; empty for those with a fault."""
    composites: dict[str, tuple[Domain, ...]] = field(default_factory=dict)
    continued: dict[int, list[Line]] = field(default_factory=dict)
    """Further lines of a statement, by the number of its first."""
    macrostates: list[PilMacrostate] = field(default_factory=list)
    sequences: list[tuple[str, str]] = field(default_factory=list)
    initial: list[tuple[str, float]] = field(default_factory=list)
    constant: list[str] = field(default_factory=list)
    reactions: list[PilReaction] = field(default_factory=list)
    names: dict[Complex, str] = field(default_factory=dict)

    def read_length(self, line: Line) -> None:
        """Length := ('length' | 'domain' | 'sequence') name ['*'] ('=' | ':') (number | 'short' | 'long' | nucleotides)."""
        name = line.name("a domain")
        starred = line.sign("*")  # a domain and its complement are of one length
        if not (line.sign("=") or line.sign(":")):
            line.expected("'=' and a length")
        word = line.take(WORD) or line.expected("a length in nt")
        known = self.lengths.get(name.group())
        self.lengths.setdefault(name.group(), 1)  # until it is understood, so that no complex complains as well
        given = {"short": SHORT, "long": LONG}.get(word.group())
        if given is None and _DIGITS.fullmatch(word.group()):
            given = int(word.group())
        nucleotides = ""
        if given is None:
            if line.text.lstrip().startswith("length") or not _NUCLEOTIDES.fullmatch(word.group()):
                line.fail(f"a length is a whole number from 1 on, not {shown(word.group())}", word.span())
            nucleotides = word.group().upper()
            given = self.checked(line, len(nucleotides), "nucleotides")
        if given > MAX_LENGTH:
            line.fail(f"a domain of {given} nt", word.span(), f"at most {MAX_LENGTH} nt are read")
        line.finish()
        if known is not None:
            line.fail(f"domain {shown(name.group())} has two lengths", name.span())
        self.lengths[name.group()] = given
        if nucleotides:
            forward = nucleotides.translate(_COMPLEMENT)[::-1] if starred else nucleotides
            self.sequences.append((name.group(), forward))

    def checked(self, line: Line, length: int, what: str) -> int:
        """Return a length; if the statement repeats it, the two have to agree."""
        if line.sign(":") or line.sign("="):
            word = line.take(WORD) or line.expected("a length in nt")
            if word.group() != str(length):
                line.fail(f"{length} {what}, not {shown(word.group())}", word.span())
        return length

    def read_composite(self, line: Line) -> None:
        """Composite := ('sup-sequence' | 'strand') name ('=' | ':') domain {domain} [':' number]."""
        name = line.name("a strand")
        if not (line.sign("=") or line.sign(":")):
            line.expected("'=' and domains")
        label = name.group()
        if label in self.composites or label in self.lengths:
            line.fail(f"{shown(label)} has two meanings", name.span())
        domains: list[Domain] = []
        self.composites[label] = ()  # until it is understood
        while word := line.take(NAME):
            starred = line.sign("*")
            domains += self.spelled(line, word, starred)
        if not domains:
            line.expected("a domain")
        self.checked(line, sum(d.length for d in domains), "nt")
        line.finish()
        self.composites[label] = tuple(domains)

    def spelled(self, line: Line, word: re.Match[str], starred: bool) -> list[Domain]:
        """Return the domains that a name stands for."""
        label = word.group()
        if label in self.lengths:
            return [Domain(label, self.lengths[label], starred)]
        if label not in self.composites:
            advice = "" if self.faults.many else nearest(label, [*self.lengths, *self.composites])
            line.fail(f"there is no domain and no strand {shown(label)}", word.span(), advice)
        found = self.composites[label]
        return [~d for d in reversed(found)] if starred else list(found)

    def read_complex(self, line: Line) -> None:
        """Complex := name '=' kernel [amount] | ('structure' | 'complex') name ('=' | ':') strands ':' pairing [amount]."""
        name = line.name("a complex")
        if not (line.sign("=") or line.sign(":")):
            line.expected("'=' and a complex")
        label = name.group()
        if line.at_end and line.number not in self.continued:
            line.expected("a complex in kernel notation")
        if label in self.labels:
            line.fail(f"a second complex {shown(label)}; the first is in line {self.labels[label]}", name.span())
        self.labels[label] = line.number
        begin = line.at
        end = line.text.find("@", begin)
        end = end if end >= 0 else len(line.text)
        if _STRAND_LEVEL_ANY.match(line.text):
            made, line, end = self.strand_level(line, end, label)
        else:
            kernel = line.text[begin:end]
            place = line.span(begin, end)
            made = parse_kernel(self.expanded(kernel), self.lengths, label, place)
        if made in self.names:
            line.fail(f"{shown(label)} is the same complex as {shown(self.names[made])}", name.span())
        self.names[made] = label
        self.complexes[label] = made
        if end < len(line.text):
            line.at = end + 1
            self.amount(line, label)

    def amount(self, line: Line, label: str) -> None:
        """Amount := '@' mode number unit; the sign is taken already."""
        mode = line.name("initial or constant")
        if mode.group() not in _MODES:
            line.fail(f"unknown mark {shown('@' + mode.group())}", mode.span(), "write @initial or @constant")
        number = line.quantity("a concentration")
        unit = line.take(_UNIT) or line.expected("a unit such as nM")
        amount = concentration(number.group(), unit.group(), line.span(*unit.span()))
        line.finish()
        self.initial.append((label, amount))
        self.constant += [label] * _MODES[mode.group()]

    def expanded(self, kernel: str) -> str:
        """Return a kernel in which strands and composite domains are spelled out."""
        if not self.composites:
            return kernel
        opened: list[int] = []

        def spell(match: re.Match[str]) -> str:
            if match[0] == ")":
                return " ".join(")" * (opened.pop() if opened else 1))
            domains = self.composites.get(match[1], ())
            if match[3]:
                opened.append(max(1, len(domains)))
            if not domains:
                return match[0]
            row = [~d for d in reversed(domains)] if match[2] else domains
            return " ".join(f"{d}{match[3]}" for d in row)

        return _TOKEN.sub(spell, kernel)

    def strand_level(self, line: Line, end: int, label: str) -> tuple[Complex, Line, int]:
        """Return a complex given by its strands and their pairing, and the line and place where it ends."""
        lines: list[Line] = [line, *self.continued.get(line.number, ())]
        strands: list[list[Domain]] = []
        for here in lines:
            stop = end if here is line else len(here.text) if "@" not in here.text else here.text.index("@")
            while not here.at_end and here.at < stop:
                pairing = here.take(_PAIRING) if strands and here.text[here.at] != "+" else None
                if pairing:
                    if not here.at_end and here.at < stop:
                        here.expected("the end of the pairing")
                    try:
                        table = pair_table(strands, pairing.group())
                        return Complex(tuple(Strand(tuple(s)) for s in strands), table, label), here, stop
                    except ValueError as error:
                        here.fail(str(error), pairing.span())
                if here.sign("+") or (strands and (here.sign(":") or here.sign("="))):
                    continue
                word = here.name("a strand")
                strands.append(self.spelled(here, word, here.sign("*")))
        return lines[-1].expected("the pairing of the strands, as in ((+))")

    def read_macrostate(self, line: Line) -> None:
        """Macrostate := ('macrostate' | 'state') name '=' '[' name {',' name} ']'."""
        name = line.name("a macrostate")
        if not (line.sign("=") and line.sign("[")):
            line.expected("'= [' and a complex")
        members = [line.name("a complex")]
        while line.sign(","):
            members.append(line.name("a complex"))
        if not line.sign("]"):
            line.expected("']'")
        line.finish()
        label = name.group()
        if label in self.states:
            line.fail(f"a second macrostate {shown(label)}", name.span())
        self.states[label] = ""  # until it is understood
        known = [self.known(line, member) for member in members]
        for member in members:
            if [m.group() for m in members].count(member.group()) > 1:
                line.fail(f"{shown(member.group())} is listed twice", member.span())
        self.states[label] = label if label in known else known[0]
        listed = tuple(self.complexes[k] for k in known if k in self.complexes)
        if len(listed) == len(known):
            self.macrostates.append(PilMacrostate(label, listed))

    def read_reaction(self, line: Line) -> None:
        """Reaction := ('reaction' | 'kinetic') '[' kind '=' number ['+/-' number] unit ']' side '->' side."""
        begin = line.at
        if not line.sign("["):
            line.expected("'['", "a rate is needed, as in: reaction [condensed = 1e6 /M/s] A + B -> C")
        kind = line.name("'condensed ='")
        if not line.sign("="):
            line.fail(f"expected 'condensed =', found {shown(kind.group())}", kind.span())
        if kind.group() not in REACTION_KINDS:
            line.fail(f"no kind of reaction: {shown(kind.group())}", kind.span(), nearest(kind.group(), REACTION_KINDS))
        number = line.quantity("a rate constant")
        if line.sign("+/-") and not line.take(re.compile("inf")):
            line.quantity("the error of the rate constant")
        unit = line.take(_UNIT) or line.expected("a unit such as /M/s")
        if not line.sign("]"):
            line.expected("']'")
        reactants = self.side(line)
        if not line.sign("->"):
            line.expected("'+' or '->'")
        products = self.side(line)
        line.finish()
        measure = rate_unit(unit.group(), line.span(*unit.span()))
        if measure.order != len(reactants):
            message = f"{shown(unit.group())} is a unit for reactions of order {measure.order}, not {len(reactants)}"
            line.fail(message, unit.span())
        k = measure.value(number.group())
        if not (math.isfinite(k) and k > 0):
            line.fail(f"the rate constant is {shown(number.group())}; it must be positive and finite", number.span())
        if None not in reactants + products:
            left, right = (tuple(c for c in side if c is not None) for side in (reactants, products))
            self.reactions.append(PilReaction(left, right, k, line.span(begin, len(line.text)), kind.group()))

    def side(self, line: Line) -> list[Complex | None]:
        """Side := name {'+' name}; None stands for a complex that is listed, but has a fault of its own."""
        found = []
        while True:
            name = line.name("a complex")
            label = self.states[name.group()] if name.group() in self.states else self.known(line, name)
            found.append(self.complexes.get(label))
            if not line.sign("+"):
                return found

    def known(self, line: Line, name: re.Match[str]) -> str:
        """Return the name of a complex that the file lists."""
        if name.group() not in self.labels:
            advice = "" if self.faults.many else nearest(name.group(), self.labels)
            line.fail(f"there is no complex {shown(name.group())}", name.span(), advice)
        return name.group()

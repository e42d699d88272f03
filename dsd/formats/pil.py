"""The `.pil` format of Peppercorn and Nuskell: a writer for systems, and a reader for what such files usually hold.

Both know domain lengths, complexes in kernel notation with their concentrations, and condensed reactions; all else that the format
has is refused as not supported yet. Kernel notation itself is read and written in `dsd.complexes`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from types import MappingProxyType
from typing import Final, NoReturn

from crn.diagnostics import CircuitError, Diagnostic, Span
from crn.quantities import LINE_END, NUMBER, Faults, concentration, nearest, rate_unit, scaled, shown
from dsd.complexes import Complex, parse_kernel
from dsd.system import DsdSystem, Entry

SHORT, LONG = 5, 15
"""Lengths in nt that the words `short` and `long` stand for."""
MAX_LENGTH: Final = 1_000_000
"""Longest domain that is read, in nt."""

_NAME = re.compile(r"(?:[A-Za-z0-9_]|-(?!>))++")
_WORD = re.compile(r"[^\s=:,@\[\]]++")
_SPACE = re.compile(r"[ \t\f\v]*+")
_UNIT = re.compile(r"[A-Za-zµμ]*+(?:[ \t]*+/[ \t]*+[A-Za-zµμ]*+)++|[A-Za-zµμ]++")
_DIGITS = re.compile(r"0*+[1-9][0-9]{0,8}", re.ASCII)
_SEQUENCE = re.compile(r"[A-Za-z]++[ \t]*+(?:[:=].*)?")
_MODES: Final = {"initial": False, "i": False, "constant": True, "c": True}
_KINDS: Final = {"length": 0, "domain": 0, "sequence": 0, "macrostate": 2, "state": 2, "reaction": 3, "kinetic": 3}
"""Which pass reads a statement that begins with the word; those without one are complexes, for pass 1."""
_FOREIGN: Final = ("sup-sequence", "strand", "structure", "complex")


@dataclass(frozen=True, slots=True)
class PilReaction:
    """A condensed reaction of a file.

    Attributes
    ----------
    reactants, products : tuple of Complex
        As listed, with repetitions.
    k : float
        Positive and finite, in M^(1-order) / s.
    span : Span or None
        Its place in the file; not part of the comparison.
    """

    reactants: tuple[Complex, ...]
    products: tuple[Complex, ...]
    k: float
    span: Span | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if not (math.isfinite(self.k) and self.k > 0) or not self.reactants or not self.products:
            raise ValueError(f"not a reaction with a rate: {self.k}")


@dataclass(frozen=True)
class PilSystem:
    """What a `.pil` file says.

    Attributes
    ----------
    complexes : tuple of Complex
        With unique names, in the order of the file.
    initial : tuple of (str, float)
        Concentrations in M by name of the complex, as far as the file gives them.
    reactions : tuple of PilReaction
    constant : tuple of str
        Complexes whose concentration is held fixed.
    """

    complexes: tuple[Complex, ...]
    initial: tuple[tuple[str, float], ...] = ()
    reactions: tuple[PilReaction, ...] = ()
    constant: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        names, given = {c.name for c in self.complexes}, [n for n, _ in self.initial]
        if len(names) < len(self.complexes) or len(set(self.complexes)) < len(self.complexes) or "" in names:
            raise ValueError("complexes and their names are unique")
        if len(set(given)) < len(given) or not names.issuperset(given) or not set(given).issuperset(self.constant):
            raise ValueError("concentrations are given once, to complexes that are listed")
        if not all(math.isfinite(c) and c >= 0 for _, c in self.initial):
            raise ValueError("concentrations are finite and not negative")
        known = set(self.complexes)
        if not all(known.issuperset(r.reactants + r.products) for r in self.reactions):
            raise ValueError("a reaction of a complex that is not listed")

    @cached_property
    def concentrations(self) -> Mapping[str, float]:
        """The concentrations in M by name; complexes to which the file gives none are left out."""
        return MappingProxyType(dict(self.initial))


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
    lengths: dict[str, int] = {}
    for domain in sorted(dict.fromkeys(d for e in system.entries for d in e.complex.domains)):
        if not _NAME.fullmatch(domain.name) or lengths.setdefault(domain.name, domain.length) != domain.length:
            raise ValueError(f"a domain that .pil cannot express: {domain} of {domain.length} nt")
    lines = [f"# {line}".rstrip() for line in header.splitlines()]
    lines += ["", "# Domains: lengths in nt"]
    lines += [f"length {name} = {length}" for name, length in lengths.items()]
    for role in dict.fromkeys(e.role for e in system.entries):
        lines += ["", f"# Complexes: {role.value}"]
        for entry in system.of_role(role):
            lines += _complex_lines(entry, names[entry.complex.name])
    lines += ["", "# Every complex is a resting state of its own"]
    lines += [f"macrostate {name} = [{name}]" for name in names.values()]
    lines += ["", "# Reactions"]
    for reaction in system.reactions:
        left, right = ([names[c.name] for c in side] for side in (reaction.reactants, reaction.products))
        order = len(left)
        rate = f"{_shifted(reaction.k, -9 * (order - 1))} {'/nM' * (order - 1)}/s"
        lines.append(f"reaction [condensed = {rate}] {' + '.join(left)} -> {' + '.join(right)}")
    return "\n".join(lines).lstrip("\n") + "\n"


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
    taken = {n for n in wanted if _NAME.fullmatch(n)}
    for name in wanted:
        legal = name
        if name not in taken:
            legal = re.sub(r"[^A-Za-z0-9_-]", "_", name)
            while legal in taken:
                legal += "_"
            taken.add(legal)
        made[name] = legal
    return made


def read_pil(text: str, source: str = "<input>") -> PilSystem:
    """Read domain lengths, complexes in kernel notation, and condensed reactions.

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

    Raises
    ------
    CircuitError
        With every fault of the text (the first twenty are shown).
    """
    reader = _Reader()
    # Lengths are needed for complexes and complexes for reactions, wherever they stand.
    passes = (reader.read_length, reader.read_complex, reader.read_macrostate, reader.read_reaction)
    statements: tuple[list[_Line], ...] = ([], [], [], [])
    for number, raw in enumerate(LINE_END.split(text.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")), 1):
        line = _Line(source, number, raw, raw.partition("#")[0].rstrip())
        if line.at_end:
            continue
        try:
            statements[_kind(line)].append(line)
        except CircuitError as error:
            reader.faults.merge(error)
        if reader.faults.full:
            break
    for read, lines in zip(passes, statements, strict=True):
        for line in lines:
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
        tuple(reader.complexes.values()), tuple(reader.initial), tuple(reader.reactions), tuple(reader.constant)
    )


@dataclass(slots=True)
class _Line:
    """A cursor over one line."""

    source: str
    number: int
    raw: str
    text: str
    """Without the comment and the blanks before it."""
    at: int = 0

    @property
    def at_end(self) -> bool:
        """Whether nothing is left; blanks are passed over."""
        match = _SPACE.match(self.text, self.at)
        self.at = match.end() if match else self.at
        return self.at >= len(self.text)

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Take a token if it is next, after blanks."""
        match = None if self.at_end else pattern.match(self.text, self.at)
        if match and match.end() > match.start():
            self.at = match.end()
            return match
        return None

    def sign(self, sign: str) -> bool:
        """Take a sign if it is next, after blanks."""
        if self.at_end or not self.text.startswith(sign, self.at):
            return False
        self.at += len(sign)
        return True

    def span(self, start: int, end: int) -> Span:
        """Return the place of the characters from `start` to `end`."""
        return Span(self.source, self.number, start + 1, self.raw, max(1, end - start))

    def fail(self, message: str, place: tuple[int, int], advice: str = "") -> NoReturn:
        """Give up the statement; `place` is the indices of the first character and behind the last one."""
        raise CircuitError(Diagnostic(message, self.span(*place), advice))

    def expected(self, what: str, advice: str = "") -> NoReturn:
        """Give up the statement at what comes next."""
        if self.at_end:
            self.fail(f"expected {what}, found the end of the line", (self.at, self.at), advice)
        match = _WORD.match(self.text, self.at)
        end = match.end() if match else self.at + 1
        self.fail(f"expected {what}, found {shown(self.text[self.at : end])}", (self.at, end), advice)

    def name(self, what: str) -> re.Match[str]:
        """Take a name; `what` says whose in the message."""
        return self.take(_NAME) or self.expected(what)

    def quantity(self, what: str) -> re.Match[str]:
        """Take a number that is finite and not negative."""
        number = self.take(NUMBER) or self.expected(what)
        if not (math.isfinite(scaled(number.group())) and scaled(number.group()) >= 0):
            self.fail(f"{shown(number.group())} must be finite and not negative", number.span())
        return number

    def finish(self) -> None:
        """Give up the statement if anything is left."""
        if not self.at_end:
            self.expected("the end of the line", "one statement a line")


def _kind(line: _Line) -> int:
    """Take the word that begins a statement, if it has one, and return which pass the statement is for."""
    begin = line.at
    word = line.take(_NAME) or line.expected("a statement", "write for example: length a = 15, or: G = a( b( + ) ) c")
    if line.sign("="):
        line.at = begin
        return 1
    if word.group() in _FOREIGN:
        line.fail(f"{shown(word.group())} statements are not supported yet", word.span(), "write kernel notation")
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
    initial: list[tuple[str, float]] = field(default_factory=list)
    constant: list[str] = field(default_factory=list)
    reactions: list[PilReaction] = field(default_factory=list)
    names: dict[Complex, str] = field(default_factory=dict)

    def read_length(self, line: _Line) -> None:
        """Length := ('length' | 'domain' | 'sequence') name ['*'] ('=' | ':') (number | 'short' | 'long')."""
        name = line.name("a domain")
        line.sign("*")  # a domain and its complement are of one length
        if not (line.sign("=") or line.sign(":")):
            line.expected("'=' and a length")
        word = line.take(_WORD) or line.expected("a length in nt")
        known = self.lengths.get(name.group())
        self.lengths.setdefault(name.group(), 1)  # until it is understood, so that no complex complains as well
        if word.group() not in ("short", "long") and not _DIGITS.fullmatch(word.group()):
            if _SEQUENCE.fullmatch(line.text, word.start()):
                line.fail("nucleotide sequences are not supported yet", word.span(), "give the length in nt instead")
            line.fail(f"a length is a whole number from 1 on, not {shown(word.group())}", word.span())
        length = {"short": SHORT, "long": LONG}.get(word.group()) or int(word.group())
        if length > MAX_LENGTH:
            line.fail(f"a domain of {length} nt", word.span(), f"at most {MAX_LENGTH} nt are read")
        line.finish()
        if known is not None:
            line.fail(f"domain {shown(name.group())} has two lengths", name.span())
        self.lengths[name.group()] = length

    def read_complex(self, line: _Line) -> None:
        """Complex := name '=' kernel ['@' mode number unit]."""
        name = line.name("a complex")
        line.sign("=")
        if line.at_end:
            line.expected("a complex in kernel notation")
        begin = line.at
        end = line.text.find("@", begin)
        kernel = line.text[begin : end if end >= 0 else len(line.text)]
        label = name.group()
        if label in self.labels:
            line.fail(f"a second complex {shown(label)}; the first is in line {self.labels[label]}", name.span())
        self.labels[label] = line.number
        made = parse_kernel(kernel, self.lengths, label, line.span(begin, begin + len(kernel)))
        if made in self.names:
            line.fail(f"{shown(label)} is the same complex as {shown(self.names[made])}", name.span())
        self.names[made] = label
        self.complexes[label] = made
        if end >= 0:
            line.at = end + 1
            mode = line.name("initial or constant")
            if mode.group() not in _MODES:
                line.fail(f"unknown mark {shown('@' + mode.group())}", mode.span(), "write @initial or @constant")
            number = line.quantity("a concentration")
            unit = line.take(_UNIT) or line.expected("a unit such as nM")
            amount = concentration(number.group(), unit.group(), line.span(*unit.span()))
            line.finish()
            self.initial.append((label, amount))
            self.constant += [label] * _MODES[mode.group()]

    def read_macrostate(self, line: _Line) -> None:
        """Macrostate := ('macrostate' | 'state') name '=' '[' name ']'."""
        name = line.name("a macrostate")
        if not (line.sign("=") and line.sign("[")):
            line.expected("'= [' and a complex")
        member = line.name("a complex")
        if line.sign(","):
            self.labels.setdefault(name.group(), line.number)
            message = "macrostates of several complexes are not supported yet"
            line.fail(message, (member.start(), len(line.text)), "keep the one that the reactions are meant for")
        if not line.sign("]"):
            line.expected("']'")
        line.finish()
        if name.group() in self.states:
            line.fail(f"a second macrostate {shown(name.group())}", name.span())
        self.states[name.group()] = self.known(line, member)

    def read_reaction(self, line: _Line) -> None:
        """Reaction := ('reaction' | 'kinetic') '[' 'condensed' '=' number ['+/-' number] unit ']' side '->' side."""
        begin = line.at
        if not line.sign("["):
            line.expected("'['", "a rate is needed, as in: reaction [condensed = 1e6 /M/s] A + B -> C")
        kind = line.name("'condensed ='")
        if not line.sign("="):
            line.fail(f"expected 'condensed =', found {shown(kind.group())}", kind.span())
        if kind.group() != "condensed":
            line.fail(f"{shown(kind.group())} reactions are not supported yet", kind.span(), "condensed ones are")
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
            self.reactions.append(PilReaction(left, right, k, line.span(begin, len(line.text))))

    def side(self, line: _Line) -> list[Complex | None]:
        """Side := name {'+' name}; None stands for a complex that is listed, but has a fault of its own."""
        found = []
        while True:
            name = line.name("a complex")
            label = self.states.get(name.group()) or self.known(line, name)
            found.append(self.complexes.get(label))
            if not line.sign("+"):
                return found

    def known(self, line: _Line, name: re.Match[str]) -> str:
        """Return the name of a complex that the file lists."""
        if name.group() not in self.labels:
            advice = "" if self.faults.many else nearest(name.group(), self.labels)
            line.fail(f"there is no complex {shown(name.group())}", name.span(), advice)
        return name.group()

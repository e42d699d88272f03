"""Networks as text: the reader and the writer of `.crn` files.

The reader is a hand-written recursive descent that takes more than other programs do and reports all faults at once;
the writer keeps to what Nuskell, crnsimulator and crnverifier read too. What ports and rates mean is not decided here.
"""

from __future__ import annotations

import math
import os
import re
import unicodedata
from dataclasses import dataclass, field
from typing import Final, NoReturn

from crn.diagnostics import CircuitError, Diagnostic, Span
from crn.network import CRN, NAME, Bag, Origin, Reaction, Species, Units
from crn.quantities import LINE_END, NUMBER, Faults, concentration, nearest, rate_unit, scaled, shown

MAX_BYTES: Final = 64 * 1024 * 1024
"""Largest file that is read."""
MAX_MOLECULES: Final = 10_000
"""Most molecules on one side of a reaction."""
MAX_NAME: Final = 1000
"""Longest name of a species, in characters."""

_SPACE = re.compile(r"[ \t\f\v]*+")
_COUNT = re.compile(r"[0-9]++(?P<fraction>\.[0-9]*+)?")
_EMPTY = re.compile(r"(?:∅|0)(?![ \t]*+[A-Za-z0-9_.'])")
_ARROW = re.compile(r"->|<=>|<->")
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*+(?=[ \t]*+=)")
_WORD = re.compile(r"[A-Za-zµμ]++")
_UNIT = re.compile(r"[A-Za-zµμ]*+(?:[ \t]*+/[ \t]*+[A-Za-zµμ]*+)++|[A-Za-zµμ]++")
_MODE = re.compile(r"@[ \t]*+([A-Za-z]*+)")
_STOP = re.compile(r"[;#]")
_SIGN = {c: re.compile(re.escape(c)) for c in "+[],="} | {";": re.compile(r";[; \t\f\v]*+")}
_ARROWS = "-−–—=<>~→⟶⇌⇄↔"
_THING = re.compile(rf"[A-Za-z0-9_.']+|[{_ARROWS}]+|.", re.DOTALL)
"""What a message calls one thing when something else was expected."""

_MODES: Final = {"initial": False, "i": False, "constant": True, "c": True}
_SLOTS: Final = {"k": 0, "kf": 0, "fw": 0, "kr": 1, "bw": 1, "rv": 1}
_SHARED_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class PortLine:
    """A line that begins with ``#!``: a comment to other readers, the description of a port to a learning circuit.

    Attributes
    ----------
    text : str
        What follows the mark, without blanks at its ends and without a further comment.
    span : Span
        The place of that text.
    """

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class CrnText:
    """What a `.crn` text says: the network, and its port lines in order."""

    crn: CRN
    ports: tuple[PortLine, ...]


@dataclass(slots=True)
class _Line:
    """A cursor over one line. It matches at a position and never copies the rest, so long lines take linear time."""

    source: str
    number: int
    text: str
    at: int = 0
    """Index of the next character."""
    start: int = 0
    """Index at which the last token began."""

    def skip(self) -> int:
        """Pass over blanks; return the index of what follows."""
        match = _SPACE.match(self.text, self.at)
        self.at = match.end() if match else self.at
        return self.at

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Take a token if it is next, after blanks."""
        match = pattern.match(self.text, self.skip())
        if match:
            self.start, self.at = match.span()
        return match

    def sees(self, characters: str) -> bool:
        """Whether the next thing is one of the characters, a comment or the end."""
        at = self.skip()
        return at >= len(self.text) or self.text[at] in characters or self.text[at] == "#"

    def span(self, start: int, end: int) -> Span:
        """Return the place of the characters from `start` to `end`."""
        return Span(self.source, self.number, start + 1, self.text, max(1, end - start))

    def fail(self, message: str, place: tuple[int, int], advice: str = "") -> NoReturn:
        """Give up the statement; `place` is the indices of the first character and behind the last one."""
        raise CircuitError(Diagnostic(message, self.span(*place), advice))

    def expected(self, what: str, advice: str = "") -> NoReturn:
        """Give up the statement at what comes next."""
        thing = None if self.sees("") else _THING.match(self.text, self.at)
        if thing is None:
            self.fail(f"expected {what}, found the end of the line", (self.at, self.at), advice)
        found = shown(thing.group())
        if len(thing.group()) == 1 and not found.isascii():  # a minus sign may look like what is right
            found += f" ({unicodedata.name(thing.group(), 'a character without a name').lower()})"
        self.fail(f"expected {what}, found {found}", thing.span(), advice)

    def recover(self) -> None:
        """Go on behind a fault, at the next statement."""
        match = _STOP.search(self.text, self.at)
        self.at = match.start() if match else len(self.text)


@dataclass(frozen=True, slots=True)
class _Amount:
    """An initial amount, as far as it is understood before the whole text is read."""

    value: float
    constant: bool
    unit: bool
    span: Span


@dataclass(slots=True)
class _Reader:
    """The state of one reading."""

    faults: Faults = field(default_factory=Faults)
    reactions: list[Reaction] = field(default_factory=list)
    statements: int = 0
    amounts: dict[Species, _Amount] = field(default_factory=dict)
    ports: list[PortLine] = field(default_factory=list)
    molar: bool = False
    """Whether a line says so, so that numbers without a unit are in M and s."""
    unit: Span | None = None
    """The first unit."""
    bags: dict[tuple[tuple[Species, int], ...], Bag] = field(default_factory=dict)
    """Equal sides share one object: large networks repeat themselves."""

    def line(self, line: _Line) -> None:
        """Line := '#!' port | [statement] {';' [statement]} ['#' comment]."""
        if not line.text:
            return
        if line.text.startswith("#!", line.skip()):
            self.port(line)
            return
        while not line.sees("") and not self.faults.full:
            if line.take(_SIGN[";"]):
                continue
            try:
                self.statement(line)
                if not line.sees(";"):
                    advice = "all rates stand in one pair of brackets" if line.text[line.at] == "[" else ""
                    line.expected("';' or the end of the line", advice)
            except CircuitError as error:
                self.faults.merge(error)
                line.recover()

    def port(self, line: _Line) -> None:
        """Port := text; the line ``units molar`` is meant for this reader."""
        begin = line.at + 2
        if line.number == 1 and line.text.startswith("/", begin):
            return  # the line by which a shell finds the program
        raw = line.text[begin:].partition("#")[0]
        text = raw.strip()
        if not text:
            return
        begin += len(raw) - len(raw.lstrip())
        port = PortLine(text, line.span(begin, begin + len(text)))
        words = text.split()
        if words[0] != "units":
            self.ports.append(port)
        elif words[1:] == ["molar"]:
            self.molar = True
        else:
            self.faults.add("expected 'units molar'", port.span, "a network without units has no such line")

    def statement(self, line: _Line) -> None:
        """Statement := amount | [side] arrow [side] [rates]."""
        begin = line.skip()
        left = self.side(line)
        if line.take(_MODE):
            self.amount(line, begin)
            return
        arrow = line.take(_ARROW)
        if arrow is None:
            line.expected("an arrow or '@'" if line.at > begin else "a reaction or an amount", _arrow_advice(line))
        right = self.side(line)
        reversible = arrow.group() != "->"
        rates = self.rates(line, (len(left), len(right)) if reversible else (len(left),))
        end = line.at
        self.statements += 1
        origin = Origin(span=line.span(begin, end))
        name = f"r{self.statements}"
        self.reactions.append(Reaction(name, left, right, rates[0], origin))
        if reversible:
            self.reactions.append(Reaction(f"{name}r", right, left, rates[1], origin))

    def side(self, line: _Line) -> Bag:
        """Side := '0' | '∅' | [count] name {'+' [count] name} | nothing."""
        counts: dict[Species, int] = {}
        total = 0
        if line.take(_EMPTY) or not (_COUNT.match(line.text, line.skip()) or NAME.match(line.text, line.at)):
            return self.bag(counts)
        while True:
            begin = line.skip()
            count = line.take(_COUNT)
            name = line.take(NAME)
            if name is None and count is not None:
                what = "'0' stands for an empty side, alone" if count.group() == "0" else "a count without a species"
                line.fail(what, count.span())
            if name is None:
                line.expected("a species")
            if len(name.group()) > MAX_NAME:
                line.fail(f"a name of {len(name.group())} characters", name.span(), f"at most {MAX_NAME} are read")
            n = 1 if count is None else _whole(line, count)
            total += n
            if total > MAX_MOLECULES:
                line.fail("too many molecules", (begin, line.at), f"at most {MAX_MOLECULES} are read on one side")
            counts[name.group()] = counts.get(name.group(), 0) + n
            if not line.take(_SIGN["+"]):
                return self.bag(counts)

    def bag(self, counts: dict[Species, int]) -> Bag:
        """Return the bag of these counts, one object for equal bags."""
        key = tuple(sorted(counts.items()))
        if key not in self.bags:
            self.bags[key] = Bag(key)
        return self.bags[key]

    def amount(self, line: _Line, begin: int) -> None:
        """Amount := name '@' mode number [unit]; the cursor is behind the mode."""
        mark, behind = line.start, line.at
        name = NAME.match(line.text, begin)
        if name is None or line.text[name.end() : mark].strip():
            line.fail("an amount is given to one species, as in 'A @initial 10'", (begin, max(mark, begin + 1)))
        species = name.group()
        mode = line.text[mark + 1 : behind].strip()
        if mode not in _MODES:
            advice = nearest(f"@{mode}", ("@initial", "@constant")) or "write @initial or @constant"
            line.fail(f"unknown mark {shown('@' + mode)}", (mark, behind), advice)
        number = line.take(NUMBER)
        if number is None:
            line.expected("a number")
        unit = line.take(_WORD)
        span = line.span(number.start(), line.at)
        value = scaled(number.group())
        if unit is not None:
            place = line.span(*unit.span())
            self.unit = self.unit or place
            value = concentration(number.group(), unit.group(), place)
        if not (math.isfinite(value) and value >= 0):
            message = f"the amount of {shown(species)} is {shown(number.group())}; it must be finite and not negative"
            self.faults.add(message, line.span(*number.span()))
        first = self.amounts.get(species)
        if first is not None:
            message = f"a second amount of {shown(species)}; the first is in line {first.span.line}"
            self.faults.add(message, line.span(begin, line.at), "each species has one amount, initial or constant")
            return
        self.amounts[species] = _Amount(value, _MODES[mode], unit is not None, span)

    def rates(self, line: _Line, orders: tuple[int, ...]) -> list[float]:
        """Rates := '[' [key '='] number [unit] {',' [key '='] number [unit]} ']' | nothing."""
        values: dict[int, float] = {}
        named = False
        if not line.take(_SIGN["["]):
            return [1.0] * len(orders)
        while not values or line.take(_SIGN[","]):
            begin = line.skip()
            key = line.take(_KEY)
            if key is not None and key.group() not in _SLOTS:
                line.fail(f"unknown rate {shown(key.group())}", key.span(), "write k, or kf and kr")
            if values and named is (key is None):
                line.fail(
                    "one rate has a name and another has none", (begin, line.at), "write [kf = 1, kr = 2] or [1, 2]"
                )
            named = key is not None
            slot = _SLOTS[key.group()] if key is not None else len(values)
            if key is not None:
                line.take(_SIGN["="])
            number = line.take(NUMBER)
            if number is None:
                line.expected("a number")
            if slot >= len(orders):
                surplus = "a reverse rate on an irreversible" if len(orders) == 1 else "a third rate on a reversible"
                line.fail(
                    f"{surplus} reaction", (begin, line.at), "a reversible one is written with <=> and has two rates"
                )
            if slot in values:
                line.fail(f"the {('forward', 'reverse')[slot]} rate is given twice", (begin, line.at))
            values[slot] = self.rate(line, number, orders[slot])
        if not line.take(_SIGN["]"]):
            line.expected("',' or ']'")
        if len(values) < len(orders):
            missing, advice = ("forward", "reverse")[0 in values], "a reversible reaction has two: [kf = 1, kr = 2]"
            line.fail(f"the {missing} rate is missing", (line.start, line.at), advice)
        return [values[slot] for slot in range(len(orders))]

    def rate(self, line: _Line, number: re.Match[str], order: int) -> float:
        """Return a rate constant, behind whose number the cursor is; a bad value is recorded and read as 1."""
        value = scaled(number.group())
        text = line.take(_UNIT)
        if text is not None:
            place = line.span(*text.span())
            self.unit = self.unit or place
            unit = rate_unit(text.group(), place)
            if unit.order != order:
                message = f"{shown(text.group())} is a unit for reactions of order {unit.order}, not {order}"
                line.fail(message, text.span(), f"write {_fitting(order)}")
            value = unit.value(number.group())
        if math.isfinite(value) and value > 0:
            return value
        message = f"the rate constant is {shown(number.group())}; it must be positive and finite"
        advice = "a reaction that never fires is left out" if value == 0 else ""
        self.faults.add(message, line.span(*number.span()), advice)
        return 1.0

    def finish(self, source: str) -> CrnText:
        """Check what only the whole text shows, and return the network."""
        if self.unit is not None and not self.molar:
            for species, amount in self.amounts.items():
                if not amount.unit and not self.faults.full:
                    message = f"the amount of {shown(species)} has no unit, but line {self.unit.line} has one"
                    self.faults.add(message, amount.span, "give a unit to every amount, or to none and to no rate")
        if not self.reactions and not self.faults.found:
            self.faults.add("no reactions", Span(source, 1, 1), "write for example: A + B -> C [k = 1]")
        self.faults.raise_if_any()
        units = Units.MOLAR if self.molar or self.unit is not None else Units.FORMAL
        initial = tuple((s, a.value) for s, a in self.amounts.items())
        constant = tuple(s for s, a in self.amounts.items() if a.constant)
        return CrnText(CRN(tuple(self.reactions), initial, constant, units), tuple(self.ports))


def _arrow_advice(line: _Line) -> str:
    """Return the advice for what stands in the place of an arrow."""
    if NAME.match(line.text, line.skip()):
        return "species are joined with +"
    return "write -> or <=>" if line.text[line.at : line.at + 1] in tuple(_ARROWS) else ""


def _fitting(order: int) -> str:
    """Return the unit of the rate constants of an order."""
    return "M/s" if order == 0 else "/M" * (order - 1) + "/s" if order < 6 else "/s, and /M for every reactant but one"


def _whole(line: _Line, count: re.Match[str]) -> int:
    """Return a count, which must be a whole number from 1 on."""
    if count["fraction"]:
        line.fail(f"{shown(count.group())} is not a count", count.span(), "counts are whole numbers")
    digits = count.group().lstrip("0")
    if not digits:
        line.fail("a count of 0", count.span(), "leave the species out; an empty side is nothing, or a lone 0")
    return int(digits) if len(digits) < 10 else MAX_MOLECULES + 1  # long ones would not even be read by int()


def parse_crn(text: str, source: str = "<input>") -> CrnText:
    """Read a network.

    Parameters
    ----------
    text : str
        For example ``A + 2B -> C [k = 1.5]; C <=> 0 [1, 2]`` and ``A @initial 10`` on lines of their own.
    source : str
        Name of the file.

    Returns
    -------
    CrnText
        The reactions are called r1, r2, ... in the order of the text, the reverse of r3 is r3r; each knows its place.
        Without units the network is formal; with a unit anywhere, or the line ``#! units molar``, it is molar: amounts
        are in M, and rate constants in M and s, also those without a unit.

    Raises
    ------
    CircuitError
        With every fault of the text (the first twenty are shown).
    """
    reader = _Reader()
    for number, line in enumerate(LINE_END.split(text.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")), 1):
        reader.line(_Line(source, number, line))
        if reader.faults.full:
            break
    return reader.finish(source)


def write_crn(crn: CRN) -> str:
    """Write a network in the grammar that other programs share.

    What `parse_crn` returned is read back exactly, numbers to the last bit. Of other networks the names of reactions
    are lost (they become r1, r2, ...), and a constant species gets an initial amount, of 0 if it has none. That a
    network is molar is said in a comment, ``#! units molar``, because the shared grammar has no units.
    """
    odd = [s for s in crn.species if not _SHARED_NAME.fullmatch(s)]
    if odd:
        names = ", ".join(shown(s) for s in odd[:5]) + (", …" if len(odd) > 5 else "")
        raise CircuitError(
            Diagnostic(
                f"names that other programs cannot read: {names}", advice="use letters, digits and _, a letter first"
            )
        )
    if not crn.reactions:
        raise CircuitError("a network without reactions cannot be written: no program reads an empty file")
    lines = ["#! units molar"] if crn.units is Units.MOLAR else []
    following = [*crn.reactions[1:], None]
    reverse: Reaction | None = None
    for reaction, after in zip(crn.reactions, following, strict=True):
        if reaction is reverse:
            continue
        left, right, k = str(reaction.reactants), str(reaction.products), _number(reaction.k)
        if (
            after
            and after.id == f"{reaction.id}r"
            and (after.reactants, after.products) == (reaction.products, reaction.reactants)
        ):
            reverse = after
            lines.append(f"{left} <=> {right} [kf = {k}, kr = {_number(after.k)}]")
        else:
            lines.append(f"{left} -> {right} [k = {k}]")
    initial, constant = dict(crn.initial), set(crn.constant)
    for species in crn.constant:
        initial.setdefault(species, 0.0)
    lines += [f"{s} @{'constant' if s in constant else 'initial'} {_number(x)}" for s, x in initial.items()]
    return "\n".join(line.strip().replace("  ", " ") for line in lines) + "\n"


def _number(value: float) -> str:
    """Return a number that is not negative as a text that reads back as the same float.

    Whole numbers are written with all their digits, because crnverifier takes neither ``1.0`` nor ``1e+16``.
    """
    value = abs(float(value))
    return str(int(value)) if value.is_integer() else repr(value)


def read_text_file(path: str | os.PathLike[str]) -> str:
    """Return the text of a UTF-8 file; whatever else the file may be is reported as a `CircuitError`."""
    source = os.fspath(path)
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or str(error)
        raise CircuitError(f"{shown(source, 200)} cannot be read: {reason}") from None
    if len(data) > MAX_BYTES:
        raise CircuitError(f"{source} is larger than {MAX_BYTES // 1024**2} MB")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise CircuitError(Diagnostic("the file is in UTF-16", Span(source, 1, 1), "save it as UTF-8"))
    at = data.find(b"\0")
    if at >= 0:
        raise CircuitError(
            Diagnostic("a NUL byte: this is not a text", _place(source, data, at), "is it the right file?")
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"byte 0x{data[error.start]:02X} is not UTF-8"
        raise CircuitError(Diagnostic(message, _place(source, data, error.start), "save the file as UTF-8")) from None


def _place(source: str, data: bytes, at: int) -> Span:
    """Return the place of a byte, with its line as far as it can be read."""
    before = LINE_END.split(data[:at].decode("utf-8-sig", "replace"))
    behind = LINE_END.split(data[at : at + 200].decode("utf-8", "replace"), 1)[0]
    return Span(source, len(before), len(before[-1]) + 1, before[-1] + behind)

"""The syntax tree of a translation scheme: what the parser writes and the evaluator reads.

Every node knows its place as an offset into the text, from which a span is made when something is to be said about it.
The language is Nuskell's (Badelt, Shin, Johnson, Dong, Thachuk & Winfree, doi:10.1007/978-3-319-66799-7_15, 2017); what the
nodes mean is decided in `dsd.nuskell.evaluation`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from crn.diagnostics import CircuitError, Diagnostic, Span


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of the text: offset of its first character, and its length."""

    at: int
    length: int = 1


@dataclass(frozen=True)
class SchemeText:
    """The text of a scheme, for messages about it."""

    name: str
    text: str

    def span(self, place: Place) -> Span:
        """Return the span of a place; what runs over the end of its line is cut there."""
        line = self.text.count("\n", 0, place.at) + 1
        begin = self.text.rfind("\n", 0, place.at) + 1
        end = self.text.find("\n", place.at)
        end = len(self.text) if end < 0 else end
        length = max(1, min(place.length, end - place.at))
        return Span(self.name, line, place.at - begin + 1, self.text[begin:end].rstrip("\r"), length)

    def fault(self, message: str, place: Place, advice: str = "") -> CircuitError:
        """Return the error that says `message` about `place`."""
        return CircuitError(Diagnostic(message, self.span(place), advice))


@dataclass(frozen=True, slots=True)
class Name:
    """A name that is bound somewhere."""

    place: Place
    name: str


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number."""

    place: Place
    value: int


@dataclass(frozen=True, slots=True)
class Quoted:
    """A text in quotes."""

    place: Place
    text: str


@dataclass(frozen=True, slots=True)
class DnaItem:
    """One domain of a fragment with its sign in the structure.

    Attributes
    ----------
    place : Place
    name : str
        What is bound to it; ``?`` for a history, ``+`` for a nick.
    star : bool
        Whether the complement is meant.
    sign : str
        One of ``( ) . ~ +``.
    """

    place: Place
    name: str
    star: bool
    sign: str


@dataclass(frozen=True, slots=True)
class Dna:
    """A fragment of DNA: ``"a b + b*" | ". ( + )"``."""

    place: Place
    items: tuple[DnaItem, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """A list of expressions."""

    place: Place
    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Dictionary:
    """Names with constants: ``length: 5, mark: 'x'``."""

    place: Place
    items: tuple[tuple[str, int | str], ...]


@dataclass(frozen=True, slots=True)
class Negation:
    """A number with the other sign."""

    place: Place
    inner: Expression


@dataclass(frozen=True, slots=True)
class Operation:
    """Two expressions and the sign between them; the place is that of the sign."""

    place: Place
    sign: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments."""

    place: Place
    function: Expression
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Index:
    """An element of a list."""

    place: Place
    inner: Expression
    index: Expression


@dataclass(frozen=True, slots=True)
class Attribute:
    """What a name means inside of a value: ``s.a``; the place is that of the name."""

    place: Place
    inner: Expression
    name: str


@dataclass(frozen=True, slots=True)
class Choice:
    """``if .. then .. elseif .. then .. else ..``."""

    place: Place
    branches: tuple[tuple[Expression, Expression], ...]
    otherwise: Expression


@dataclass(frozen=True, slots=True)
class PatternList:
    """A list of names, or of lists of names, that a list is taken apart by."""

    place: Place
    items: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class Where:
    """An expression with names that are bound for it, one after the other."""

    place: Place
    inner: Expression
    bindings: tuple[tuple[Pattern, Expression], ...]


Expression: TypeAlias = (
    Name
    | Number
    | Quoted
    | Dna
    | Listing
    | Dictionary
    | Negation
    | Operation
    | Call
    | Index
    | Attribute
    | Choice
    | Where
)
Pattern: TypeAlias = Name | PatternList


@dataclass(frozen=True, slots=True)
class Definition:
    """A class, function, module or macro: four words for the same thing."""

    place: Place
    name: str
    parameters: tuple[str, ...]
    body: Expression


@dataclass(frozen=True, slots=True)
class GlobalValue:
    """A value that is found once, when the scheme is read."""

    place: Place
    pattern: Pattern
    value: Expression


@dataclass(frozen=True)
class SchemeTree:
    """A whole scheme.

    Attributes
    ----------
    source : SchemeText
    statements : tuple of Definition or GlobalValue
    notes : tuple of str
        What is read, and may not have been meant.
    """

    source: SchemeText
    statements: tuple[Definition | GlobalValue, ...]
    notes: tuple[str, ...] = ()

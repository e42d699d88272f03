"""The grammar of translation schemes: a Pratt parser that tells all faults of a file at once.

Operators bind, from loose to tight: ``and or``, comparisons, ``+ -``, ``* /``, unary minus; calls, indices and attributes are
tightest. All group from the left; Nuskell itself groups from the right, which a note tells where it makes a difference.
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import Final, TypeVar

from crn.diagnostics import CircuitError, Collector
from dsd.nuskell.lexing import DECLARATORS, END, KEYWORDS, Word, dna, whole, words
from dsd.nuskell.tree import (
    Attribute,
    Call,
    Choice,
    Definition,
    Dictionary,
    Dna,
    Expression,
    GlobalValue,
    Index,
    Listing,
    Name,
    Negation,
    Number,
    Operation,
    Pattern,
    PatternList,
    Place,
    Quoted,
    SchemeText,
    SchemeTree,
    Where,
)

_LEVELS: Final = (("and", "or"), ("==", "!=", ">=", "<=", ">", "<"), ("+", "-"), ("*", "/"))
BINDING: Final = MappingProxyType({sign: level for level, signs in enumerate(_LEVELS, 1) for sign in signs})
"""How tightly an operator binds; larger is tighter."""
_DEEPEST: Final = 100
"""How deeply expressions may be nested in one another."""

_Item = TypeVar("_Item")


def parse_scheme(text: str, source: str = "<input>") -> SchemeTree:
    """Read a translation scheme.

    Parameters
    ----------
    text : str
    source : str
        Name of the file.

    Raises
    ------
    CircuitError
        With every statement that is at fault.
    """
    return _Parser(SchemeText(source, text)).document()


class _Parser:
    def __init__(self, source: SchemeText) -> None:
        self.source = source
        self.words = list(words(source))
        self.at = 0
        self.depth = 0
        self.notes: list[str] = []

    @property
    def next(self) -> Word:
        return self.words[self.at]

    def take(self, *kinds: str) -> Word | None:
        """Return the next word and step over it, if it is of one of these kinds."""
        word = self.words[self.at]
        if word.kind not in kinds:
            return None
        self.at += word.kind != END
        return word

    def need(self, kind: str, what: str = "") -> Word:
        """Step over a word that has to be there."""
        word = self.take(kind)
        if word is None:
            raise self.expected(what or repr(kind))
        return word

    def expected(self, what: str) -> CircuitError:
        """Return the error that something else should stand here."""
        word = self.next
        if word.kind == END:
            return self.source.fault(f"expected {what}, but the file ends here", word.place)
        advice = "a keyword cannot be a name" if word.kind in KEYWORDS and what == "a name" else ""
        return self.source.fault(f"expected {what}, not {word.shown}", word.place, advice)

    def document(self) -> SchemeTree:
        """Document := statement {';' statement} [';']."""
        faults = Collector()
        statements = []
        while self.take(END) is None:
            try:
                statements.append(self.statement())
                if self.next.kind not in (END, ";"):
                    raise self.expected("';' or an operator" if self.next.kind not in DECLARATORS else "';'")
                self.take(";")
            except CircuitError as error:
                faults.found += error.diagnostics
                self.depth = 0
                while self.next.kind not in (END, *DECLARATORS) or self.at == 0:
                    self.at += 1
        faults.raise_if_any()
        return SchemeTree(self.source, tuple(statements), tuple(self.notes))

    def statement(self) -> Definition | GlobalValue:
        """Statement := declarator name '(' [name {',' name}] ')' '=' expression | 'global' pattern '=' expression."""
        word = self.take(*DECLARATORS)
        if word is None:
            raise self.expected("class, function, module, macro or global")
        if word.kind == "global":
            pattern = self.pattern()
            self.need("=")
            return GlobalValue(word.place, pattern, self.expression())
        name = self.need("name", "a name")
        self.need("(")
        parameters = self.listed(lambda: self.need("name", "a name").text, ")")
        self.need("=")
        return Definition(name.place, name.text, parameters, self.expression())

    def listed(self, item: Callable[[], _Item], close: str) -> tuple[_Item, ...]:
        """Items := [item {',' item}] close."""
        found: list[_Item] = []
        while not self.take(close):
            if found and not self.take(","):
                raise self.expected(f"',' or {close!r}")
            found.append(item())
        return tuple(found)

    def pattern(self) -> Pattern:
        """Pattern := name | '[' pattern {',' pattern} ']'."""
        bracket = self.take("[")
        if bracket is None:
            word = self.need("name", "a name")
            return Name(word.place, word.text)
        self.enter(bracket)
        items = self.listed(self.pattern, "]")
        self.depth -= 1
        return PatternList(bracket.place, items)

    def enter(self, word: Word) -> None:
        """Go one level deeper, at a word."""
        self.depth += 1
        if self.depth > _DEEPEST:
            raise self.source.fault(f"more than {_DEEPEST} levels of nesting", word.place, "name the inner parts")

    def expression(self) -> Expression:
        """Expression := dictionary | choice | test ['where' bindings]."""
        self.enter(self.next)
        if self.next.kind == "name" and self.words[self.at + 1].kind == ":":
            found = self.dictionary()
        elif self.next.kind == "if":
            found = self.choice()
        else:
            found = self.test(0)
            mark = self.take("where")
            if mark:
                found = Where(mark.place, found, self.bindings())
        self.depth -= 1
        return found

    def dictionary(self) -> Expression:
        """Read a dictionary := name ':' constant {[','] name ':' constant}."""
        place = self.next.place
        items: list[tuple[str, int | str]] = []
        while True:
            name = self.need("name").text
            self.need(":")
            number = self.take("number")
            items.append((name, whole(self.source, number) if number else self.need("text", "a constant").text[1:-1]))
            comma = self.next.kind == ","
            if [w.kind for w in self.words[self.at + comma : self.at + comma + 2]] != ["name", ":"]:
                return Dictionary(place, tuple(items))
            self.at += comma

    def choice(self) -> Expression:
        """Choice := 'if' expression 'then' expression {'elseif' ... 'then' ...} 'else' expression."""
        first = self.need("if")
        branches = []
        while True:
            test = self.expression()
            self.need("then")
            branches.append((test, self.expression()))
            if not self.take("elseif"):
                break
        self.need("else", "'elseif' or 'else'")
        return Choice(first.place, tuple(branches), self.expression())

    def bindings(self) -> tuple[tuple[Pattern, Expression], ...]:
        """Bindings := '{' binding {';' binding} [';'] '}' | binding."""
        if not self.take("{"):
            return (self.binding(),)
        found = [self.binding()]
        while not self.take("}"):
            if not self.take(";"):
                raise self.expected("';' or '}'")
            if self.next.kind != "}":
                found.append(self.binding())
        return tuple(found)

    def binding(self) -> tuple[Pattern, Expression]:
        """Binding := pattern '=' expression."""
        pattern = self.pattern()
        self.need("=")
        return pattern, self.expression()

    def test(self, tightness: int) -> Expression:
        """Test := factor {operator factor}, of operators that bind more tightly than `tightness`."""
        left = self.factor()
        last: dict[int, str] = {}
        while BINDING.get(self.next.kind, 0) > tightness:
            sign = self.next
            level = BINDING[sign.kind]
            before = last.get(level)
            if before is not None and (before in ("-", "/") or level == 2 or (level == 1 and before != sign.kind)):
                span = self.source.span(sign.place)
                self.notes.append(
                    f"{span}: {before} and {sign.kind} are grouped from the left; Nuskell does it from the right"
                )
            last = {k: v for k, v in last.items() if k < level} | {level: sign.kind}
            self.at += 1
            left = Operation(sign.place, sign.kind, left, self.test(level))
        return left

    def factor(self) -> Expression:
        """Factor := '-' factor | atom {'(' arguments ')' | '[' expression ']' | '.' name}."""
        minus = self.take("-")
        if minus:
            self.enter(minus)
            inner = self.factor()
            self.depth -= 1
            return Negation(minus.place, inner)
        found = self.atom()
        while True:
            if self.take("("):
                found = Call(found.place, found, self.listed(self.expression, ")"))
            elif bracket := self.take("["):
                found = Index(bracket.place, found, self.expression())
                self.need("]")
            elif self.take("."):
                name = self.need("name", "the name of an attribute")
                found = Attribute(name.place, found, name.text)
            else:
                return found

    def atom(self) -> Expression:
        """Atom := '(' expression ')' | '[' expressions ']' | name | number | text ['|' text]."""
        word = self.next
        if self.take("("):
            found = self.expression()
            self.need(")")
            return found
        if self.take("["):
            return Listing(word.place, self.listed(self.expression, "]"))
        if self.take("name"):
            return Name(word.place, word.text)
        if self.take("number"):
            return Number(word.place, whole(self.source, word))
        if self.take("text"):
            if not self.take("|"):
                return Quoted(word.place, word.text[1:-1])
            structure = self.need("text", "a structure in quotes")
            end = structure.place.at + structure.place.length
            return Dna(Place(word.place.at, end - word.place.at), dna(self.source, word, structure))
        raise self.expected("an expression")

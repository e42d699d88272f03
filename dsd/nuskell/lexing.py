"""Words of a translation scheme, and what stands inside of its double quotes.

A double-quoted text is a row of domains, a structure or a plain text, which only its neighbours decide; the first two may run
over several lines. Grammar is the business of `dsd.nuskell.parsing`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from dsd.nuskell.tree import DnaItem, Place, SchemeText

DECLARATORS = ("class", "function", "module", "macro", "global")
"""Words that begin a statement."""
KEYWORDS = (*DECLARATORS, "where", "if", "then", "elseif", "else", "and", "or")
END = ""
"""Kind of the last word."""

_WORD = re.compile(
    r"(?P<blank>\s+|\#[^\n]*)|(?P<name>[A-Za-z][A-Za-z0-9_]*)|(?P<number>[0-9]+)|(?P<text>\"[^\"]*\"|'[^'\n]*')"
    r"|(?P<sign>==|>=|<=|!=|[-()\[\]{},;=<>+*/|.:])"
)
_DOMAIN = re.compile(r"\s*(?:(?P<name>[A-Za-z][A-Za-z0-9_]*)(?P<star>\s*\*)?|(?P<mark>[?+]))")
_DOMAIN_ROW = re.compile(r"[\sA-Za-z0-9_*?+]*")
_STRUCTURE = re.compile(r"[\s().~+]*")
_MOST_DIGITS = 18


@dataclass(frozen=True, slots=True)
class Word:
    """One word of the text.

    Attributes
    ----------
    kind : str
        ``name``, ``number``, ``text``, the word itself for keywords and signs, or `END`.
    text : str
        As written; quotes are part of it.
    place : Place
    """

    kind: str
    text: str
    place: Place

    @property
    def shown(self) -> str:
        """The word as messages quote it."""
        return (
            "the end of the file"
            if self.kind == END
            else repr(self.text if len(self.text) < 40 else self.text[:37] + "...")
        )


def words(source: SchemeText) -> Iterator[Word]:
    """Yield the words of a text, an `END` last.

    Raises
    ------
    CircuitError
        At a character that begins no word, and at quotes that are not closed.
    """
    at, text = 0, source.text
    while at < len(text):
        match = _WORD.match(text, at)
        if match is None:
            line = text[at : text.find("\n", at) if "\n" in text[at:] else len(text)]
            if text[at] in "\"'":
                raise source.fault("a text that is never closed", Place(at, len(line)), f"close it with {text[at]}")
            raise source.fault(f"unexpected {text[at]!r}", Place(at))
        kind = str(match.lastgroup)
        if kind == "text":
            _check_lines(source, match.group(), at)
        if kind != "blank":
            word = match.group()
            own = word if kind == "sign" or word in KEYWORDS else kind
            yield Word(own, word, Place(at, len(word)))
        at = match.end()
    yield Word(END, "", Place(max(0, len(text.rstrip()) - 1)))


def _check_lines(source: SchemeText, quoted: str, at: int) -> None:
    """Refuse a text that holds what belongs between texts, and one over several lines unless it is DNA: a quote is missing."""
    inner = quoted[1:-1]
    if quoted[0] == '"' and "|" in inner:
        length = quoted.index("|") if "\n" not in quoted[: quoted.index("|")] else quoted.index("\n")
        raise source.fault("a text that is not closed before '|'", Place(at, length), f"close it with {quoted[0]}")
    if "\n" in inner and not (_DOMAIN_ROW.fullmatch(inner) or _STRUCTURE.fullmatch(inner)):
        raise source.fault(
            "a text that is not closed in its line", Place(at, quoted.index("\n")), f"close it with {quoted[0]}"
        )


def whole(source: SchemeText, word: Word) -> int:
    """Return the value of a number."""
    if len(word.text) > _MOST_DIGITS:
        raise source.fault(f"a number of {len(word.text)} digits", word.place, f"at most {_MOST_DIGITS} are read")
    return int(word.text)


def dna(source: SchemeText, domains: Word, structure: Word) -> tuple[DnaItem, ...]:
    """Return the items of ``"domains" | "structure"``.

    Raises
    ------
    CircuitError
        At the first sign that does not belong there, or that stands against no domain.
    """
    signs = []
    for offset, sign in enumerate(structure.text[1:-1], structure.place.at + 1):
        if sign in "().~+":
            signs.append((sign, offset))
        elif not sign.isspace():
            raise source.fault(f"{sign!r} is no sign of a structure", Place(offset), "a structure has ( ) . ~ +")
    items: list[DnaItem] = []
    text, at, end = domains.text, 1, len(domains.text) - 1
    while text[at:end].strip():
        match = _DOMAIN.match(text, at, end)
        if match is None:
            wrong = at + len(text[at:end]) - len(text[at:end].lstrip())
            raise source.fault(f"unexpected {text[wrong]!r} among domains", Place(domains.place.at + wrong))
        begin = match.start("name") if match["name"] else match.start("mark")
        place = Place(domains.place.at + begin, match.end() - begin)
        name, star = match["name"] or match["mark"], bool(match["star"])
        if len(items) == len(signs):
            raise source.fault(
                f"nothing in the structure stands for {match.group().strip()}", place, f"it has {len(signs)} signs"
            )
        sign, offset = signs[len(items)]
        if (name == "+") != (sign == "+"):
            raise source.fault(f"{sign!r} stands for {match.group().strip()}", Place(offset), "nicks stand for nicks")
        if sign == "~" and (star or name == "?"):
            raise source.fault("a fragment that is put in here has a plain name", place, "~ stands for fragments")
        items.append(DnaItem(place, name, star, sign))
        at = match.end()
    if len(signs) > len(items):
        sign, offset = signs[len(items)]
        raise source.fault(f"{sign!r} stands for no domain", Place(offset), f"there are {len(items)} domains and nicks")
    if not items:
        raise source.fault("a fragment without domains", domains.place)
    return tuple(items)

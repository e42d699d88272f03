"""Pipelines as text, both ways: ``lower-order{most=3,held=0.01},gates{scheme=srinivas2015}``.

The text of a pipeline goes into every output; read back it is the same pipeline, so that what was made once can be made again.
What passes do is said in `compiler.passes`.
"""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Sequence
from dataclasses import fields, is_dataclass

from crn.diagnostics import CircuitError, Diagnostic, Span
from crn.quantities import nearest

_NAME = re.compile(r"[a-z][a-z-]*")
_KEY = re.compile(r"([A-Za-z_]+)=")
_PLAIN = re.compile(r"[^,{}]*")


def write_options(value: object) -> str:
    """Return the fields of a pass or of an option as ``{name=value,...}``, values within values likewise."""
    shown = [f"{f.name}={_write(getattr(value, f.name))}" for f in fields(value)]  # type: ignore[arg-type]  # a dataclass
    return f"{{{','.join(shown)}}}" if shown else ""


def _write(value: object) -> str:
    if is_dataclass(value):
        return write_options(value) or "{}"
    if isinstance(value, tuple):
        return ";".join(f"{name}:{'>'.join(order)}" for name, order in value)
    return "yes" if value is True else "no" if value is False else "none" if value is None else str(value)


def read_passes(text: str, known: Sequence[type]) -> tuple[object, ...]:
    """Read passes.

    Parameters
    ----------
    text : str
        Passes with commas between them, each a name and its options in braces; options that are left out have their defaults.
    known : sequence of type
        Dataclasses with a class attribute ``name``.

    Raises
    ------
    CircuitError
        With the place in the text.
    """
    reader = _Reader(text, {each.name: each for each in known})  # type: ignore[attr-defined]  # passes have names
    found = [reader.one()]
    while reader.at < len(text):
        reader.take(",")
        found.append(reader.one())
    return tuple(found)


class _Reader:
    """Reads a text from left to right."""

    def __init__(self, text: str, known: dict[str, type]) -> None:
        self.text, self.known, self.at = text, known, 0

    def fault(self, message: str, at: int, advice: str = "") -> CircuitError:
        return CircuitError(Diagnostic(message, Span("<pipeline>", 1, at + 1, self.text), advice))

    def take(self, sign: str) -> None:
        if not self.text.startswith(sign, self.at):
            found = self.text[self.at : self.at + 1]
            raise self.fault(f"expected {sign!r}, found {found!r}" if found else f"expected {sign!r}", self.at)
        self.at += len(sign)

    def one(self) -> object:
        """Read a pass."""
        begin = self.at
        match = _NAME.match(self.text, begin)
        if match is None:
            raise self.fault("expected the name of a pass", begin)
        if match[0] not in self.known:
            advice = nearest(match[0], self.known) or f"passes: {', '.join(self.known)}"
            raise self.fault(f"there is no pass {match[0]!r}", begin, advice)
        self.at = match.end()
        return self.fill(self.known[match[0]], begin)

    def fill(self, kind: type, begin: int) -> object:
        """Read options in braces into a value of a dataclass."""
        hints = typing.get_type_hints(kind)
        given: dict[str, typing.Any] = {}
        names = [f.name for f in fields(kind)]
        if self.text.startswith("{", self.at):
            self.at += 1
            while not self.text.startswith("}", self.at):
                if given:
                    self.take(",")
                match = _KEY.match(self.text, self.at)
                if match is None or match[1] not in names:
                    raise self.fault(f"expected an option: {', '.join(names) or 'there are none'}", self.at)
                self.at = match.end()
                given[match[1]] = self.value(hints[match[1]])
            self.at += 1
        try:
            return kind(**given)
        except (TypeError, ValueError) as error:
            raise self.fault(f"{getattr(kind, 'name', kind.__name__)}: {error}", begin) from None

    def value(self, hint: object) -> object:
        """Read a value of the given type."""
        kinds = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
        begin = self.at
        kind = next(k for k in kinds if k is not type(None))
        if isinstance(kind, type) and is_dataclass(kind):
            return self.fill(kind, begin)
        match = _PLAIN.match(self.text, begin)
        assert match is not None, "matches everything"
        text, self.at = match[0], match.end()
        if text == "none" and type(None) in kinds:
            return None
        try:
            if kind is bool:
                return {"yes": True, "no": False}[text]
            if kind in (int, float, str):
                return kind(text)
            return tuple(
                (name, tuple(order.split(">")) if order else ())
                for name, _, order in (o.partition(":") for o in text.split(";") if o)
            )
        except (KeyError, ValueError):
            raise self.fault(f"{text!r} is not a value for this option", begin) from None

"""Errors as data with a place, and the one renderer that draws them.

A `Diagnostic` says what is wrong and where; a `CircuitError` carries one or more of them to whoever shows them.
Everything that a user can get wrong ends as a `CircuitError`; defects of the program stay ordinary exceptions.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

_WIDTH = 100
"""Longest stretch of a source line that a rendering quotes, in characters."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of one line of a source text.

    Attributes
    ----------
    source : str
        Name of the file, or `<input>`.
    line, column : int
        Both counted from 1.
    text : str
        The whole line, without its end.
    length : int
        Number of characters meant; at least 1.
    """

    source: str
    line: int
    column: int
    text: str = ""
    length: int = 1

    def __str__(self) -> str:
        return f"{self.source}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One fault: what is wrong, where, and what would cure it."""

    message: str
    span: Span | None = None
    advice: str = ""

    def render(self) -> str:
        """Return the message with file, line and column, the line itself and a caret under the fault."""
        lines = [f"{self.span}: {self.message}" if self.span else self.message]
        if self.span and self.span.text:
            lines += _quote(self.span)
        if self.advice:
            lines.append(f"  advice: {self.advice}")
        return "\n".join(lines)


class CircuitError(Exception):
    """The user's input is at fault.

    Parameters
    ----------
    diagnostics : Diagnostic or str or iterable of Diagnostic
        What was found; a string is short for one diagnostic without a place.
    """

    def __init__(self, diagnostics: Diagnostic | str | Iterable[Diagnostic]) -> None:
        if isinstance(diagnostics, str):
            diagnostics = Diagnostic(diagnostics)
        if isinstance(diagnostics, Diagnostic):
            diagnostics = (diagnostics,)
        self.diagnostics: tuple[Diagnostic, ...] = tuple(diagnostics)
        super().__init__(self.diagnostics)

    def __str__(self) -> str:
        return "\n".join(d.render() for d in self.diagnostics)


class InfeasibleError(CircuitError):
    """The circuit is well formed but cannot be built at the chosen scale; the advice names the smallest cure."""


@dataclass(slots=True)
class Collector:
    """Gathers the diagnostics of one reading, so that all faults of a file are reported at once."""

    found: list[Diagnostic] = field(default_factory=list)

    def add(self, message: str, span: Span | None = None, advice: str = "") -> None:
        """Record one fault."""
        self.found.append(Diagnostic(message, span, advice))

    def raise_if_any(self) -> None:
        """Raise a `CircuitError` with everything found so far."""
        if self.found:
            raise CircuitError(self.found)


def _quote(span: Span) -> list[str]:
    """Return the quoted line and its caret line, cut to a readable width around the fault."""
    start = max(0, span.column - 1 - _WIDTH // 2)
    piece = span.text[start : start + _WIDTH].replace("\t", " ")
    shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in piece)
    ahead, behind = ("…" if start else ""), ("…" if len(span.text) > start + _WIDTH else "")
    offset = len(ahead) + span.column - 1 - start
    carets = max(1, min(span.length, len(shown) + len(ahead) - offset))
    return [f"  | {ahead}{shown}{behind}", f"  | {' ' * offset}{'^' * carets}"]

"""A cursor over one line of a `.pil` file: takes tokens, and says with their place what was expected in their stead.

What the tokens mean is the business of `dsd.formats.pil_reader`; a fault ends the statement, never the reading of the file.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import NoReturn

from crn.diagnostics import CircuitError, Diagnostic, Span
from crn.quantities import NUMBER, scaled, shown

NAME = re.compile(r"(?:[A-Za-z0-9_]|-(?!>))++")
"""A name of the format."""
WORD = re.compile(r"[^\s=:,@\[\]]++")
"""What is quoted of a text that is not understood."""
_SPACE = re.compile(r"[ \t\f\v]*+")


@dataclass(slots=True)
class Line:
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
        match = WORD.match(self.text, self.at)
        end = match.end() if match else self.at + 1
        self.fail(f"expected {what}, found {shown(self.text[self.at : end])}", (self.at, end), advice)

    def name(self, what: str) -> re.Match[str]:
        """Take a name; `what` says whose in the message."""
        return self.take(NAME) or self.expected(what)

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

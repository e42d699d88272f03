"""Verdicts: what was checked, how far, and what came out.

A verdict is the worst of its checks, and a check that was not made is undecided. The checks themselves are made elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum


class Answer(IntEnum):
    """The answer to one question; larger is worse."""

    EQUIVALENT = 0
    UNDECIDED = 1
    DIFFERENT = 2

    @property
    def word(self) -> str:
        """The answer as it is printed."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Check:
    """One question and its answer.

    Attributes
    ----------
    name : str
        What was asked, for example ``gates``.
    scope : str
        About what, for example the id of a reaction or how many gates.
    answer : Answer
    reason : str
        One sentence.
    counterexample : str
        Empty unless the answer is `DIFFERENT`.
    examined : bool
        False if nobody has looked, so that the answer is `UNDECIDED` for want of trying.
    """

    name: str
    scope: str
    answer: Answer
    reason: str
    counterexample: str = ""
    examined: bool = True

    def __str__(self) -> str:
        text = f"{self.name} ({self.scope}): {self.answer.word}: {self.reason}"
        return f"{text}\n  counterexample: {self.counterexample}" if self.counterexample else text


@dataclass(frozen=True, slots=True)
class Verdict:
    """The checks that were made, and the worst of their answers.

    Attributes
    ----------
    checks : tuple of Check
    warnings : tuple of str
        What is proved and still looks odd, a sentence each.
    """

    checks: tuple[Check, ...]
    warnings: tuple[str, ...] = ()

    @property
    def answer(self) -> Answer:
        """The worst answer; undecided if nothing was checked."""
        return max((c.answer for c in self.checks), default=Answer.UNDECIDED)


def not_examined(name: str, scope: str, why: str) -> Check:
    """Return the check that says that nobody has looked."""
    return Check(name, scope, Answer.UNDECIDED, f"not examined: {why}", examined=False)


def worst_of(name: str, scope: str, checks: Iterable[Check], fine: str) -> Check:
    """Return one check in place of many: the first of the worst, or `fine` if all are equivalent."""
    found = list(checks)
    answer = max((c.answer for c in found), default=Answer.EQUIVALENT)
    if answer is Answer.EQUIVALENT:
        return Check(name, scope, answer, fine)
    bad = [c for c in found if c.answer is answer]
    more = f" (and {len(bad) - 1} more)" if len(bad) > 1 else ""
    return Check(name, scope, answer, f"{bad[0].scope}: {bad[0].reason}{more}", bad[0].counterexample)

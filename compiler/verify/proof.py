"""What came of proving: the verdict, and the certificates where it is equivalent.

A proof of a compiled circuit has two parts, that the network that is built is the one that was written and that the complexes
implement it; a proof of foreign work has one. Making them is the task of `compiler.verify.gates` and `compiler.verify.foreign`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from compiler.verify.certificate import Certificate
from compiler.verify.story import Story, tell
from compiler.verify.verdict import Answer, Verdict
from crn.network import Species


@dataclass(frozen=True)
class Proof:
    """A verdict with what it rests on.

    Attributes
    ----------
    verdict : Verdict
    rewrites : Certificate or None
        That the network that is built is the one that was written; None unless it was proved.
    implementation : Certificate or None
        That the implementation does what that network says; None unless it was proved.
    interpretation : mapping of Species to tuple of Species, or None
        What was found where it was searched for.
    """

    verdict: Verdict
    rewrites: Certificate | None = None
    implementation: Certificate | None = None
    interpretation: Mapping[Species, tuple[Species, ...]] | None = None

    @property
    def whole(self) -> bool:
        """Whether everything was proved of complexes, so that the certificate can be checked by anyone."""
        made = self.implementation
        proved = self.verdict.answer is Answer.EQUIVALENT and self.rewrites is not None
        return proved and made is not None and made.tube is not None

    @property
    def stories(self) -> tuple[Story, ...]:
        """What the certificates say, first of what was rewritten, if anything was; none unless all is proved."""
        if self.verdict.answer is not Answer.EQUIVALENT or self.implementation is None:
            return ()
        rewritten = self.rewrites if self.rewrites is not None and not self.rewrites.plain else None
        return tuple(tell(c) for c in (rewritten, self.implementation) if c is not None)

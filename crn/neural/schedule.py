"""Learning-rate schedules: how the step of the parameters shrinks from epoch to epoch.

A schedule multiplies what the step is proportional to, which in a tube is how much of a strand is added, by a number that is 1 at
most; so it is fixed before the run and nothing is measured for it. Which species that is, is said by the phases of a circuit.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from crn.neural.specification import Number, read_specification

_HALF: Final = Number("half", None, 1e-3, 1e6, "epochs after which the step is half of what it was at first")

KINDS: Final[Mapping[str, tuple[Number, ...]]] = MappingProxyType(
    {
        "constant": (),
        "stairs": (
            Number("every", None, 1, 1e6, "epochs from one stair to the next", whole=True),
            Number("factor", 0.5, 1e-6, 1, "by what a stair multiplies the step"),
        ),
        "exponential": (_HALF,),
        "inverse": (_HALF,),
    }
)
"""The schedules, and the numbers that each takes."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """How the step shrinks.

    Attributes
    ----------
    kind : {'constant', 'stairs', 'exponential', 'inverse'}
        ``stairs``: factor^(e // every) in epoch e = 0, 1, ...; ``exponential``: 2^(-e / half); ``inverse``: 1 / (1 + e / half).
    numbers : tuple of (str, float)
    """

    kind: str = "constant"
    numbers: tuple[tuple[str, float], ...] = ()

    def __post_init__(self) -> None:
        read_specification(str(self), "<schedule>", "schedule", KINDS)

    def pace(self, epoch: int) -> float:
        """Return by what the step is multiplied in an epoch, counted from 0; between 0 and 1."""
        given = dict(self.numbers)
        if self.kind == "stairs":
            return float(given["factor"] ** (epoch // int(given["every"])))
        if self.kind == "exponential":
            return math.exp2(-epoch / given["half"])
        return 1 / (1 + epoch / given["half"]) if self.kind == "inverse" else 1.0

    @property
    def constant(self) -> bool:
        """Whether the step stays what it is."""
        return self.kind == "constant"

    def __str__(self) -> str:
        """Return the schedule as it is typed; `read_schedule` reads it back."""
        return (
            self.kind
            + ":" * bool(self.numbers)
            + ",".join(f"{n}={repr(v).removesuffix('.0')}" for n, v in self.numbers)
        )


CONSTANT: Final = Schedule()


def read_schedule(text: str) -> Schedule:
    """Read ``constant``, ``stairs:every=10,factor=0.5``, ``exponential:half=10`` or ``inverse:half=10``.

    Raises
    ------
    CircuitError
        If there is no such schedule, number or value; points into the text.
    """
    kind, numbers = read_specification(text, "<schedule>", "schedule", KINDS)
    return Schedule(kind, tuple(numbers.items()))

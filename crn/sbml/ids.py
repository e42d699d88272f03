"""Ids of SBML: from any name to one that is allowed, and back.

SBML allows letters, digits and underscores. What a name has beyond these is spelt out, and the name itself goes with the id.
"""

from __future__ import annotations

import re

_NUMBERED = re.compile(r"_[0-9]+")


class Ids:
    """Ids that are all different, each as near to what it stands for as SBML allows."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def fresh(self, name: str) -> str:
        """Return the id of the next thing with this name."""
        first = sid = sid_of(name)
        number = 1
        while sid in self._taken:
            number += 1
            sid = f"{first}_{number}"
        self._taken.add(sid)
        return sid


def sid_of(name: str) -> str:
    """Return a name with every character that an id of SBML must not have spelt out: ``A'`` becomes ``A_x27_``."""
    plain = re.sub(r"[^A-Za-z0-9_]", lambda m: f"_x{ord(m[0]):x}_", name)
    return plain if plain[:1].isalpha() or plain[:1] == "_" else f"_{plain}"


def stands_for(sid: str, name: str) -> bool:
    """Whether the writer would have given this id to this name."""
    plain = sid_of(name)
    return sid == plain or (sid.startswith(plain) and _NUMBERED.fullmatch(sid[len(plain) :]) is not None)

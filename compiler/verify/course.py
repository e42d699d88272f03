"""How a counterexample comes about: a short course of events from what is put into the tube to where it is.

Every species gets the reaction by which it can come about first, in as few rounds as possible; the course are the reactions that
the wanted species need. Whether they are wrong is decided elsewhere.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable

from compiler.verify.certificate import Claim, Path, arrow
from crn.network import Species

MOST = 8
"""Reactions of a course that are shown."""


def course_to(claim: Claim, present: Collection[Species], wanted: Iterable[Species]) -> Path | None:
    """Return reactions that make species, one after the other.

    Parameters
    ----------
    claim : Claim
    present : collection of Species
        What may be put into the tube, besides fuels.
    wanted : iterable of Species

    Returns
    -------
    tuple of int or None
        By their place in the claim; None if nothing that is present leads to them.
    """
    waiting = [len(set(a)) for a, _ in claim.bare]
    users: dict[Species, list[int]] = {}
    for k, (a, _) in enumerate(claim.bare):
        for s in set(a):
            users.setdefault(s, []).append(k)
    makes: dict[Species, int] = dict.fromkeys(present, -1)
    agenda = deque([k for k, n in enumerate(waiting) if n == 0])
    met = deque(sorted(present))
    while met or agenda:
        while met:
            for k in users.get(met.popleft(), ()):
                waiting[k] -= 1
                if not waiting[k]:
                    agenda.append(k)
        # One round: reactions wait for what others of their round make.
        for _ in range(len(agenda)):
            k = agenda.popleft()
            for s in claim.bare[k][1]:
                if s not in makes:
                    makes[s] = k
                    met.append(s)
    needed: dict[int, None] = {}
    stack = [(s, False) for s in wanted]
    while stack:
        s, done = stack.pop()
        if s not in makes:
            return None
        made = makes[s]
        if made < 0 or made in needed:
            continue
        if done:
            needed[made] = None
        else:
            stack += [(s, True), *((x, False) for x in claim.bare[made][0])]
    return tuple(needed)


def course_text(claim: Claim, present: Collection[Species], wanted: Iterable[Species]) -> str:
    """Return a course as lines that follow a counterexample; empty if there is nothing to tell."""
    course = course_to(claim, present, wanted)
    if not course:
        return ""
    shown = [arrow(*claim.reactions[k]) for k in course[:MOST]]
    more = [f".. and {len(course) - MOST} more"] if len(course) > MOST else []
    return "\n".join(["", "it comes about by:", *(f"  {line}" for line in (*shown, *more))])

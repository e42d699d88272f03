"""A certificate told as a story: who carries what, and by which steps each formal reaction happens.

Of the states from which a formal reaction fires one is told, of free strands where there is such a state, and how many others there
are. Nothing is proved here: the steps are those that the checker replays.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from compiler.verify.certificate import Certificate, Claim, Path, Side, arrow, side
from compiler.verify.checker import terminal
from crn.network import Species

SHOWN = 4
"""Names in a row before the rest is counted."""


@dataclass(frozen=True, slots=True)
class Carried:
    """Who stands for a formal species.

    Attributes
    ----------
    species : Species
    free : tuple of Species
        Those from which reactions fire.
    held : tuple of Species
        Those that release it first.
    """

    species: Species
    free: tuple[Species, ...]
    held: tuple[Species, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One reaction of a path.

    Attributes
    ----------
    reaction : str
        With its fuels.
    effect : str
        What it does in formal terms.
    """

    reaction: str
    effect: str


@dataclass(frozen=True, slots=True)
class Told:
    """How one formal reaction happens.

    Attributes
    ----------
    formal, gate : str
        The reaction, and who carries it out; the gate may be empty.
    start : str
    others : int
        Further states from which it happens.
    steps : tuple of Step
    """

    formal: str
    gate: str
    start: str
    others: int
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Story:
    """What a certificate says."""

    carriers: tuple[Carried, ...]
    reactions: tuple[Told, ...]

    def lines(self, most: int | None = None) -> list[str]:
        """Return the story for people, of so many species and reactions at most."""
        found = []
        for c in self.carriers[:most]:
            held = f", and held by {_listed(c.held)}" if c.held else ""
            found.append(f"{c.species} is carried by {_listed(c.free) if c.free else 'no free strand'}{held}")
        found += _rest(len(self.carriers), most, "species")
        for t in self.reactions[:most]:
            also = f", and likewise from {t.others} other state{'s' * (t.others > 1)}" if t.others else ""
            found.append(f"{f'{t.gate}: ' if t.gate else ''}{t.formal} happens from {t.start or 'nothing'}{also}:")
            found += [f"  {s.reaction}  ({s.effect})" for s in t.steps]
        return found + _rest(len(self.reactions), most, "reactions")


def tell(certificate: Certificate) -> Story:
    """Tell a certificate that was accepted."""
    claim = certificate.claim
    free = terminal(certificate)
    carried: dict[Species, tuple[list[Species], list[Species]]] = {f: ([], []) for f in sorted(claim.species)}
    for s in sorted(claim.relevant):
        for f in dict.fromkeys(claim.meaning[s]):
            carried[f][s not in free].append(s)
    atoms = set(certificate.atoms.values())
    release = dict(certificate.release)
    starts: dict[int, list[Side]] = {}
    for k, start in certificate.fire:
        starts.setdefault(k, []).append(start)
    reactions = []
    for k, sides in enumerate(claim.formal):
        if k not in starts:
            continue  # It is written twice, and told once.
        start = min(starts[k], key=lambda s: (sum(x not in atoms for x in s), len(s), s))
        steps = _steps(claim, start, certificate.fire[k, start], release)
        others = len(starts[k]) - 1
        reactions.append(Told(arrow(*sides), claim.gates[k], side(start), others, tuple(steps)))
    return Story(tuple(Carried(f, tuple(a), tuple(b)) for f, (a, b) in carried.items()), tuple(reactions))


def _steps(claim: Claim, start: Side, path: Path, release: Mapping[Species, Path]) -> list[Step]:
    """Return the steps of a path, and how what comes of it is set free."""
    found = []
    for k in path:
        idle = claim.readings[k][0] == claim.readings[k][1]
        word = "changes nothing" if idle else f"this is {arrow(*claim.readings[k])}"
        found.append(Step(arrow(*claim.reactions[k]), word))
    left = Counter(start)
    for k in path:
        left.subtract(claim.bare[k][0])
        left.update(claim.bare[k][1])
    agenda = sorted((+left).elements(), reverse=True)
    while agenda:
        held = agenda.pop()
        what = f"sets free {side(claim.meaning[held])}" if held in release else ""
        found += [Step(arrow(*claim.reactions[k]), what) for k in release.get(held, ())]
    return found


def _listed(names: tuple[Species, ...]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def _rest(count: int, most: int | None, what: str) -> list[str]:
    return [f".. and {count - most} more {what}"] if most is not None and count > most else []

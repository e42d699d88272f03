"""Finding interpretations: ``search(formal, implementation, partial)`` returns bisimulations, or that there is none.

Readings under which every reaction changes nothing or is formal come from `compiler.verify.readings`. Each is judged like an
interpretation that was given, so that nothing is believed of the search but that it left none out (``docs/theorem.md``, section 7).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from compiler.verify import certificate
from compiler.verify.bisimulation import Sides, claim_of, judge
from compiler.verify.certificate import Claim, Side
from compiler.verify.certify import Limits, atoms_of, certify
from compiler.verify.readings import Tree, twins
from compiler.verify.verdict import Answer, Check
from crn.network import Bag, Species

_ONE = Limits(states=5000, starts=5000, gaps=1)


@dataclass(frozen=True, slots=True)
class SearchLimits:
    """How far to look."""

    nodes: int = 200_000
    """Choices made, in all branches together."""
    better: int = 20
    """Interpretations looked at, once one was found, for one that commits earlier."""
    permissive: Limits = _ONE
    """Of the judgement of one candidate."""


CORE = 2000
"""Choices made before it is left open whether some reactions have a reading."""

LIMITS = SearchLimits()
"""Where nothing else is said."""


@dataclass(frozen=True)
class Found:
    """What a search came to.

    Attributes
    ----------
    interpretations : tuple of mapping of Species to Bag
        Bisimulations; those that commit early come first.
    complete : bool
        Whether there is no other, up to species that never take part in what is done (`compiler.verify.equations`).
    reason : str
        Why it is not complete; empty if it is.
    nodes : int
        Choices made.
    closest : Check or None
        Why a reading with the right reactions is no bisimulation: of all that were looked at, the one that says so in the smallest
        state. None if there was no such reading.
    """

    interpretations: tuple[Mapping[Species, Bag], ...]
    complete: bool
    reason: str
    nodes: int
    closest: Check | None = None

    @property
    def none(self) -> bool:
        """Whether it is certain that there is no bisimulation."""
        return self.complete and not self.interpretations


def search(
    formal: Sequence[Sides],
    implementation: Iterable[Sides],
    partial: Mapping[Species, Bag] | None = None,
    *,
    fuels: Iterable[Species] = (),
    formals: Iterable[Species] = (),
    every: bool = False,
    limits: SearchLimits = LIMITS,
) -> Found:
    """Find interpretations that are bisimulations.

    Parameters
    ----------
    formal : sequence of (Bag, Bag)
        None of them with equal sides.
    implementation : iterable of (Bag, Bag)
    partial : mapping of Species to Bag, optional
        What is known, and stays as it is.
    fuels : iterable of Species
        Always present.
    formals : iterable of Species
        Formal species beyond those of the reactions.
    every : bool
        Whether to find all, and not only one that commits early.
    limits : SearchLimits
    """
    made, fixed, listed, present = list(implementation), dict(partial or {}), tuple(formals), tuple(fuels)
    claim = claim_of(formal, made, fixed, present, listed)
    wanted = sorted({s for side in claim.formal for part in side for s in part} | set(listed))
    net = list(dict.fromkeys((a, b) for a, b in claim.bare if a != b))
    start = {s: m.elements() for s, m in fixed.items() if s not in present}
    alike = {} if every else twins(net, start)
    tree = Tree(claim.formal, net, wanted, sorted(claim.meaning), limits.nodes, alike, claim.formal)
    found: dict[tuple[Side, ...], tuple[int, Mapping[Species, Bag]]] = {}
    undecided, closest = "", None
    looked = 0
    for reading in tree.solutions(start):
        key = tuple(reading[s] for s in tree.species)
        if key in found:
            continue
        looked += bool(found)
        bags = {s: Bag.of(*m) for s, m in reading.items()}
        read = claim_of(formal, made, bags, present, listed)
        check, proof = judge(read, limits=limits.permissive)
        if proof is not None:
            found[key] = (delay(read, [s for s, m in start.items() if len(m) == 1]), bags)
        elif check.answer is Answer.UNDECIDED:
            undecided = check.reason
        elif closest is None or len(check.counterexample) < len(closest.counterexample):
            closest = check
        if not every and found and (min(d for d, _ in found.values()) == 0 or looked >= limits.better):
            break
    else:
        reason = undecided or tree.stopped
        return Found(_ranked(found), not reason, reason, tree.nodes, closest)
    return Found(_ranked(found), False, "others were not looked for", tree.nodes, closest)


def unread(
    formal: Sequence[Sides],
    implementation: Iterable[Sides],
    partial: Mapping[Species, Bag],
    fuels: Iterable[Species] = (),
) -> list[Sides]:
    """Return few reactions that cannot all change nothing or be formal, whatever the species that are not known stand for.

    Empty if there are none, or if that is not settled soon. Each of the reactions is needed: the others alone have a reading.
    """
    claim = claim_of(formal, implementation, partial, fuels)
    start = {s: m.elements() for s, m in partial.items() if s in claim.meaning}
    species = sorted(claim.meaning)

    def impossible(net: Sequence[certificate.Sides]) -> bool:
        tree = Tree(claim.formal, net, (), species, CORE, {}, ())
        return next(tree.solutions(start), None) is None and not tree.stopped

    core = list(dict.fromkeys((a, b) for a, b in claim.bare if a != b))
    if not impossible(core):
        return []
    # Many are dropped at once first, and then one by one.
    size = len(core) // 2
    while size:
        at = 0
        while at < len(core):
            fewer = core[:at] + core[at + size :]
            if impossible(fewer):
                core = fewer
            else:
                at += size
        size //= 2
    return [(Bag.of(*a), Bag.of(*b)) for a, b in core]


def out_of_reach(
    formal: Sequence[Sides],
    implementation: Iterable[Sides],
    partial: Mapping[Species, Bag],
    fuels: Iterable[Species] = (),
    formals: Iterable[Species] = (),
) -> tuple[list[Sides], list[Species]]:
    """Return the formal reactions that no reaction can be, and the formal species that nothing can stand for alone.

    Each by itself: whatever the species that are not known stand for, if every reaction changes nothing or is formal.
    """
    claim = claim_of(formal, implementation, partial, fuels, formals)
    start = {s: m.elements() for s, m in partial.items() if s in claim.meaning}
    net = list(dict.fromkeys((a, b) for a, b in claim.bare if a != b))

    def impossible(wanted: Sequence[Species], goals: Sequence[certificate.Sides]) -> bool:
        tree = Tree(claim.formal, net, wanted, sorted(claim.meaning), CORE, {}, goals)
        return next(tree.solutions(start), None) is None and not tree.stopped

    lost = [(Bag.of(*a), Bag.of(*b)) for a, b in claim.formal if impossible((), [(a, b)])]
    return lost, [f for f in sorted(claim.species) if impossible([f], ())]


def _ranked(found: Mapping[tuple[Side, ...], tuple[int, Mapping[Species, Bag]]]) -> tuple[Mapping[Species, Bag], ...]:
    return tuple(m for _, m in sorted(found.values(), key=lambda f: f[0]))


def delay(claim: Claim, signals: Collection[Species]) -> int:
    """Return how much is held that cannot be given back: 0 if every step that binds for good is read as what it leads to.

    Parameters
    ----------
    claim : Claim
    signals : collection of Species
        What is free. For a formal species of which none is known, one that stands for it is taken.
    """
    known = {claim.meaning[s] for s in signals}
    free = {*signals, *(s for f, s in atoms_of(claim).items() if (f,) not in known)}
    return sum(len(claim.meaning[s]) for s, _ in certify(claim, free, limits=_ONE).kept)

"""The checker of certificates, which anyone can run: no search, every step is replayed.

The conditions H0, H1, L1 to L5 that a certificate has to meet, and why they prove a CRN bisimulation, are in ``docs/theorem.md``;
each has its function here. Who made the certificate does not matter and is not known; trusted are this file, the values of
`compiler.verify.certificate`, and, for L5, the step rules of `dsd.enumeration` and the pairs of `dsd.soup` (``docs/trust.md``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from compiler.verify.certificate import Certificate, Claim, Side, Sides, arrow, side
from crn.network import Species
from dsd.soup import enumerate_soup


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why a certificate proves nothing.

    Attributes
    ----------
    condition : str
        Which one fails: ``form``, ``L1`` to ``L5``.
    reason : str
        In a sentence, with the species, reaction or state.
    reaction : int
        The reaction at fault, by its place; -1 if it is none.
    limited : bool
        Whether it was a limit that ended the check.
    """

    condition: str
    reason: str
    reaction: int = -1
    limited: bool = False

    def __str__(self) -> str:
        return f"{self.condition}: {self.reason}"


def check(certificate: Certificate) -> Rejection | None:
    """Check a certificate; in time linear in its size, but for the pairs of complexes that expose complementary domains.

    Returns
    -------
    Rejection or None
        None if the claim is proved.
    """
    conditions = (check_form, check_atomic, check_delimiting, check_release, check_firing, check_complete)
    return next((r for condition in conditions if (r := condition(certificate)) is not None), None)


def check_form(certificate: Certificate) -> Rejection | None:
    """H0 and H1: the certificate speaks of what it names, no formal reaction is idle, and fuels stand for nothing."""
    claim = certificate.claim
    if not claim.species.issuperset(chain.from_iterable(chain.from_iterable(claim.formal))):
        return Rejection("form", "a formal reaction of species that are not listed")
    for k, (a, b) in enumerate(claim.formal):
        if a == b:
            return Rejection("form", f"the formal reaction {arrow(a, b)} changes nothing")
        if list(a) != sorted(a) or list(b) != sorted(b):
            return Rejection("form", f"the formal reaction {k} is not in order")
    if len(claim.gates) != len(claim.formal) or len(claim.owners) != len(claim.reactions):
        return Rejection("form", "a reaction without its gate")
    for s, m in claim.meaning.items():
        if s in claim.fuels:
            return Rejection("form", f"the fuel {s} stands for something")
        if not claim.species.issuperset(m) or list(m) != sorted(m):
            return Rejection("form", f"{s} stands for {side(m)}, which the formal network does not have")
    for k, sides in enumerate(claim.bare):
        for s in chain(*sides):
            if s not in claim.meaning:
                return Rejection("form", f"{s} has no reading", k)
    places = range(len(claim.reactions))
    for path in chain((p for _, p in certificate.release), certificate.fire.values()):
        if any(k not in places for k in path):
            return Rejection("form", "a path names a reaction that is not there")
    return None


def check_atomic(certificate: Certificate) -> Rejection | None:
    """L1: every formal species has a species that stands for it alone."""
    claim = certificate.claim
    for wanted in sorted(claim.species):
        atom = certificate.atoms.get(wanted)
        if atom is None or claim.meaning.get(atom) != (wanted,):
            return Rejection("L1", f"nothing stands for exactly one {wanted}")
    return None


def check_delimiting(certificate: Certificate) -> Rejection | None:
    """L2: every reaction changes nothing, or reads as a formal reaction."""
    claim = certificate.claim
    for k, (a, b) in enumerate(claim.readings):
        if a != b and (a, b) not in claim.firing:
            return Rejection("L2", f"{arrow(*claim.bare[k])} reads {arrow(a, b)}, which is no formal reaction", k)
    return None


def check_release(certificate: Certificate) -> Rejection | None:
    """L3: every species of the release table turns, alone and by reactions that change nothing, into what is safe.

    Safe are the species that are not in the table, those that come earlier in it, and those that stand for nothing.
    """
    claim = certificate.claim
    listed = {s for s, _ in certificate.release}
    if len(listed) != len(certificate.release):
        return Rejection("L3", "a species is released twice")
    waiting = set(listed)
    for species, path in certificate.release:
        state: Counter[Species] = Counter([species])
        for k in path:
            if not _idle(claim, k) or not _step(state, claim.bare[k]):
                return Rejection("L3", f"{species} is not released: {arrow(*claim.bare[k])} is no step of it", k)
        for end in state:
            if end in waiting and end in claim.relevant:
                return Rejection("L3", f"{species} is not released: it leaves {end}, which is released later or never")
        waiting.discard(species)
    return None


def check_firing(certificate: Certificate) -> Rejection | None:
    """L4: from every minimal state of species that are not in the release table every formal reaction fires."""
    claim = certificate.claim
    carriers = carriers_of(claim, terminal(certificate))
    for place in claim.firing.values():
        reactants, products = claim.formal[place]
        for start in minimal_states(reactants, carriers, claim.meaning):
            path = certificate.fire.get((place, start))
            what = f"{arrow(reactants, products)} from {{{side(start)}}}"
            if not path:
                return Rejection("L4", f"there is no path for {what}")
            state = Counter(start)
            for k in path[:-1]:
                if not _idle(claim, k) or not _step(state, claim.bare[k]):
                    return Rejection("L4", f"the path for {what} breaks off at {arrow(*claim.bare[k])}", k)
            last = path[-1]
            if claim.readings[last] != (reactants, products) or not _step(state, claim.bare[last]):
                return Rejection("L4", f"the path for {what} does not end with it", last)
    return None


def check_complete(certificate: Certificate) -> Rejection | None:
    """L5: the reactions are those that the complexes have, no more and no fewer."""
    tube, claim = certificate.tube, certificate.claim
    if tube is None:
        return None
    names = {c: c.name for c in tube.complexes}
    if len(names) != len(tube.complexes) or len(set(names.values())) != len(names):
        return Rejection("L5", "a complex or a name is listed twice")
    if not tube.initial.issuperset(claim.fuels) or set(names.values()) != claim.fuels | set(claim.meaning):
        return Rejection("L5", "a species is no complex, or a complex no species, or a fuel is not put into the tube")
    soup = enumerate_soup([c for c in tube.complexes if c.name in tube.initial], tube.options)
    if not soup.outcome.complete:
        return Rejection("L5", str(soup.outcome), limited=True)
    resting = set(soup.complexes)
    for c in tube.complexes:
        if c not in resting:
            why = "does not last" if c.name in tube.initial else "is neither put into the tube nor made in it"
            return Rejection("L5", f"{c.name} {why}, so that nothing is known of what it does")
    left = dict(claim.recorded)
    for r in soup.reactions:
        if not all(c in names for c in (*r.reactants, *r.products)):
            return Rejection("L5", f"{r} makes a complex that is not listed")
        found = (tuple(sorted([names[c] for c in r.reactants])), tuple(sorted([names[c] for c in r.products])))
        left.pop(found, None)
        if found not in claim.recorded:
            return Rejection("L5", f"{arrow(*found)} happens and is not recorded")
    for sides, k in left.items():
        return Rejection("L5", f"{arrow(*sides)} is recorded, and the complexes do not have it", k)
    return None


def terminal(certificate: Certificate) -> frozenset[Species]:
    """Return T: the species that stand for something and are not in the release table."""
    return certificate.claim.relevant - {s for s, _ in certificate.release}


def carriers_of(claim: Claim, species: Iterable[Species]) -> dict[Species, list[Species]]:
    """Return for every formal species those of the given ones that stand for it, perhaps among others."""
    found: dict[Species, list[Species]] = {}
    for s in sorted(species):
        for f in dict.fromkeys(claim.meaning[s]):
            found.setdefault(f, []).append(s)
    return found


def minimal_states(
    wanted: Side, carriers: Mapping[Species, Sequence[Species]], meaning: Mapping[Species, Side]
) -> list[Side]:
    """Return the states of carriers that stand for at least `wanted` and would not without any one of their molecules."""
    found: dict[Side, None] = {}
    agenda: list[tuple[Counter[Species], Side]] = [(Counter(wanted), ())]
    while agenda:
        need, chosen = agenda.pop()
        if not need:
            found.setdefault(tuple(sorted(chosen)))
            continue
        agenda += [(need - Counter(meaning[s]), (*chosen, s)) for s in reversed(carriers.get(min(need), ()))]

    def spare(state: Side, s: Species) -> bool:
        rest = list(state)
        rest.remove(s)
        return not Counter(wanted) - Counter(chain.from_iterable([meaning[x] for x in rest]))

    # Where all stand for one species each, none is to spare: they are no more than was wanted.
    return [m for m in found if all(len(meaning[s]) == 1 for s in m) or not any(spare(m, s) for s in set(m))]


def _idle(claim: Claim, k: int) -> bool:
    """Whether a reaction changes nothing."""
    return claim.readings[k][0] == claim.readings[k][1]


def _step(state: Counter[Species], sides: Sides) -> bool:
    """Let a reaction happen; return False where its reactants are not all there."""
    for s in sides[0]:
        if state[s] == 1:
            del state[s]
        elif state[s] > 1:
            state[s] -= 1
        else:
            return False
    for s in sides[1]:
        state[s] += 1
    return True

"""CRN bisimulation, checked for a given interpretation and never searched.

R. F. Johnson, Q. Dong, E. Winfree, "Verifying chemical reaction network implementations: a bisimulation approach", Theoretical
Computer Science 765, 3-46 (2019), doi:10.1016/j.tcs.2018.01.002. An interpretation is a bisimulation if it is atomic (every formal
species has a carrier), delimiting (every implementation reaction changes nothing or is a formal reaction) and permissive (whatever
state stands for enough reactants can get, by reactions that change nothing, to where the formal reaction fires). The answer rests
on a certificate, or on a counterexample.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from compiler.verify import checker
from compiler.verify.certificate import Certificate, Claim, Tube, arrow, side
from compiler.verify.certify import LIMITS, Draft, Gap, Limits, atoms_of, certify
from compiler.verify.verdict import Answer, Check
from crn.network import Bag, Species

__all__ = ["Limits", "Sides", "check_bisimulation", "claim_of", "judge", "said_of"]

Sides: TypeAlias = tuple[Bag, Bag]
"""Reactants and products of a reaction; rates play no part."""


def check_bisimulation(
    formal: Sequence[Sides],
    implementation: Iterable[Sides],
    interpretation: Mapping[Species, Bag],
    *,
    fuels: Iterable[Species] = (),
    formals: Iterable[Species] = (),
    scope: str = "",
    name: str = "bisimulation",
    limits: Limits = LIMITS,
) -> Check:
    """Check that an interpretation is a CRN bisimulation.

    Parameters
    ----------
    formal : sequence of (Bag, Bag)
        None of them with equal sides.
    implementation : iterable of (Bag, Bag)
    interpretation : mapping of Species to Bag
        Species that it does not name stand for nothing.
    fuels : iterable of Species
        Always present: removed from both sides first.
    formals : iterable of Species
        Formal species beyond those of the reactions.
    scope, name : str
        For the report.
    limits : Limits
    """
    return judge(claim_of(formal, implementation, interpretation, fuels, formals), name, scope, limits)[0]


def claim_of(
    formal: Sequence[Sides],
    implementation: Iterable[Sides],
    interpretation: Mapping[Species, Bag],
    fuels: Iterable[Species] = (),
    formals: Iterable[Species] = (),
) -> Claim:
    """Return what is to be proved; see `check_bisimulation`."""
    present = frozenset(fuels)
    goals = tuple(dict.fromkeys((a.elements(), b.elements()) for a, b in formal))
    made = tuple(dict.fromkeys((a.elements(), b.elements()) for a, b in implementation))
    species = {s for a, b in made for s in (*a, *b)} | set(interpretation)
    meaning = {s: interpretation.get(s, Bag()).elements() for s in sorted(species - present)}
    known = frozenset({s for a, b in goals for s in (*a, *b)} | set(formals) | {f for m in meaning.values() for f in m})
    return Claim(known, goals, ("",) * len(goals), made, ("",) * len(made), meaning, present)


def judge(
    claim: Claim, name: str = "bisimulation", scope: str = "", limits: Limits = LIMITS, tube: Tube | None = None
) -> tuple[Check, Certificate | None]:
    """Return the answer to a claim, with the certificate where it is proved."""
    bare = Certificate(claim, atoms_of(claim), (), {})
    rejection = checker.check_form(bare) or checker.check_atomic(bare) or checker.check_delimiting(bare)
    if rejection is not None:
        return rejected(claim, rejection, name, scope), None
    draft = certify(claim, tube=tube, limits=limits)
    if draft.gaps:
        return said_of(draft, draft.gaps[0], name, scope), None
    rejection = checker.check(draft.certificate)
    if rejection is None:
        fine = "the interpretation is atomic, delimiting and permissive"
        return Check(name, scope, Answer.EQUIVALENT, fine), draft.certificate
    return rejected(claim, rejection, name, scope), None


def rejected(claim: Claim, rejection: checker.Rejection, name: str, scope: str) -> Check:
    """Say in what way the first two conditions fail."""
    if rejection.condition == "L1":
        wanted = rejection.reason.split()[-1]
        return Check(name, scope, Answer.DIFFERENT, rejection.reason, f"{wanted} has no carrier")
    if rejection.condition == "L2":
        bare, read = claim.bare[rejection.reaction], claim.readings[rejection.reaction]
        reason = f"a reaction reads {arrow(*read)}, which is not among the formal reactions"
        return Check(name, scope, Answer.DIFFERENT, reason, f"{arrow(*bare)} reads {arrow(*read)}")
    return Check(name, scope, Answer.UNDECIDED, f"the certificate was rejected: {rejection}")


def said_of(draft: Draft, gap: Gap, name: str, scope: str) -> Check:
    """Say what a gap in a certificate means: a counterexample if the search came to its end."""
    claim = draft.certificate.claim
    what = arrow(*claim.formal[gap.formal])
    if not gap.settled:
        where = f" from {{{side(gap.start)}}}" if gap.start else ""
        return Check(name, scope, Answer.UNDECIDED, f"whether {what} fires{where} is open: {gap.reason}")
    return Check(
        name,
        scope,
        Answer.DIFFERENT,
        f"{what} cannot fire from every state that stands for its reactants",
        f"{{{side(gap.start)}}} reads {{{side(claim.read(gap.start))}}}, but {what} cannot fire from there",
    )

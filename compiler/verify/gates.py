"""The proof of a compiled circuit: a certificate of its whole network, and what it says told check by check.

The compiler knows its gates and what their complexes stand for, so that the certificate is made and never searched for; the checker
that accepts it derives all reactions from the complexes once more. Where no certificate can be made, the reason is a counterexample
or a limit; what was not looked at is undecided.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable
from itertools import chain

from compiler.passes import State
from compiler.verify import checker
from compiler.verify.bisimulation import claim_of, judge, said_of
from compiler.verify.certificate import Certificate, Claim, Tube, arrow, side, warnings_of
from compiler.verify.certify import Draft, atoms_of, certify
from compiler.verify.course import course_text
from compiler.verify.proof import Proof
from compiler.verify.verdict import Answer, Check, Verdict, not_examined
from crn.network import Bag, Species
from dsd.complexes import Complex
from dsd.crosstalk import CROSS_TALK, Encounter
from dsd.schemes import Role
from dsd.system import DsdSystem


def verify_compiled(state: State, *, strict: bool = False) -> Verdict:
    """Check a compiled circuit; see `prove_compiled`."""
    return prove_compiled(state, strict=strict).verdict


def prove_compiled(state: State, *, strict: bool = False) -> Proof:
    """Prove that a compiled circuit does what was written, or find out why not.

    Parameters
    ----------
    state : State
    strict : bool
        Whether it is a fault if a complex of one gate fires the reaction of another.

    Returns
    -------
    Proof
        With the checks ``rewrites``, ``gates``, ``release``, ``enumeration-complete`` and ``cross-talk``.
    """
    system = state.system
    assert system is not None, "compile first"
    written, rewrites = _rewrites(state)
    claim = claim_of_system(state, system)
    signals = [e.complex.name for e in system.of_role(Role.SIGNAL)]
    tube = tube_of(state, system)
    unknown = {d.gate.reaction.id: str(d.network.outcome) for d in state.drawn if not d.network.outcome.complete}
    faults = _faults(claim)
    own = [k for k in faults if claim.owners[k] != CROSS_TALK]
    # Where only cross-talk is at fault, the gates are proved without it.
    meant = _without_cross_talk(claim) if faults and not own else claim
    draft = certify(meant, signals, tube) if not own else Draft(Certificate(claim, {}, (), {}, tube), ())
    gates = _gates(state, draft, own, unknown, signals)
    release = _release(draft, set(signals), bool(own), unknown)
    accepted = gates.answer is release.answer is Answer.EQUIVALENT and not faults and not unknown
    talk = _cross_talk(state, claim, draft.certificate, unknown)
    checks = [written, gates, release, _complete(state), talk]
    warnings = warnings_of(claim)
    if strict and warnings:
        what = "a complex of one gate fires the reaction of another: what happens is right, how fast is not known"
        checks.append(Check("alias", f"{len(warnings)} reactions", Answer.DIFFERENT, what, warnings[0]))
    proved = draft.certificate if accepted and talk.answer is Answer.EQUIVALENT else None
    return Proof(Verdict(tuple(checks), tuple(warnings)), rewrites, proved)


def claim_of_system(state: State, system: DsdSystem) -> Claim:
    """Return what is to be proved of a system of complexes."""
    carrier = {r.id: d.gate.reaction.id for d in state.drawn for r in d.gate.reactions}
    formal = [r for r in state.lowered.reactions if r.reactants != r.products]
    fuels = frozenset(e.complex.name for e in system.of_role(Role.FUEL, Role.BUFFER))
    sides = [tuple(tuple(sorted([c.name for c in x])) for x in (r.reactants, r.products)) for r in system.reactions]
    return Claim(
        frozenset(state.lowered.species) | {f for e in system.entries for f in e.meaning.support},
        tuple((r.reactants.elements(), r.products.elements()) for r in formal),
        tuple(carrier.get(r.id, r.id) for r in formal),
        tuple((a, b) for a, b in sides),
        tuple(r.gate for r in system.reactions),
        {e.complex.name: e.meaning.elements() for e in system.entries if e.complex.name not in fuels},
        fuels,
    )


def tube_of(state: State, system: DsdSystem) -> Tube:
    """Return the complexes of a system, and which of them may be put into the tube."""
    initial = system.of_role(Role.FUEL, Role.BUFFER, Role.SIGNAL)
    return Tube(tuple(e.complex for e in system.entries), frozenset(e.complex.name for e in initial), state.options)


def _faults(claim: Claim) -> list[int]:
    """Return the reactions that change something and read as no formal reaction."""
    return [k for k, read in enumerate(claim.readings) if read[0] != read[1] and read not in claim.firing]


def _without_cross_talk(claim: Claim) -> Claim:
    kept = [k for k, owner in enumerate(claim.owners) if owner != CROSS_TALK]
    return dataclasses.replace(
        claim, reactions=tuple(claim.reactions[k] for k in kept), owners=tuple(claim.owners[k] for k in kept)
    )


def _gates(
    state: State, draft: Draft, faults: list[int], unknown: dict[str, str], signals: Collection[Species]
) -> Check:
    """L1, L2 and L4: what the reactions of the gates read, and whether every formal reaction fires."""
    name, claim = "gates", draft.certificate.claim
    scope = f"{len(state.gates)} gates and {len(state.buffers)} buffers"
    equation = {r.id: r.equation for r in state.lowered.reactions}

    def titled(gate: str) -> str:
        return f"{gate} ({equation[gate]})" if gate in equation else gate

    if faults:
        k = min(faults, key=lambda k: (claim.owners[k] in unknown, sum(map(len, claim.bare[k]))))
        read = arrow(*claim.readings[k])
        reason = f"{titled(claim.owners[k])}: a reaction reads {read}, which is not among the formal reactions"
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        shown = f"{arrow(*claim.reactions[k])} reads {read}" + course_text(claim, signals, claim.bare[k][0])
        return Check(name, scope, Answer.DIFFERENT, reason + more, shown)
    atomic = checker.check_atomic(dataclasses.replace(draft.certificate, atoms=atoms_of(claim)))
    if atomic is not None:
        lost = atomic.reason.split()[-1]
        return Check(name, scope, Answer.DIFFERENT, atomic.reason, f"{lost} has no carrier")
    gaps = [g for g in draft.gaps if claim.gates[g.formal] not in unknown]
    if gaps:
        check = said_of(draft, gaps[0], name, scope)
        course = course_text(claim, signals, gaps[0].start) if check.counterexample else ""
        reason = f"{titled(claim.gates[gaps[0].formal])}: {check.reason}"
        return dataclasses.replace(check, reason=reason, counterexample=check.counterexample + course)
    for gate, outcome in unknown.items():
        return Check(name, scope, Answer.UNDECIDED, f"{titled(gate)}: its reactions are not all known: {outcome}")
    rejection = None if draft.gaps else checker.check(dataclasses.replace(draft.certificate, tube=None))
    if rejection is not None:
        return Check(name, scope, Answer.UNDECIDED, f"the certificate was rejected: {rejection}")
    fine = (
        "every reaction changes nothing or is the formal one, which fires from whatever strands stand for its reactants"
    )
    return Check(name, scope, Answer.EQUIVALENT, fine)


def _release(draft: Draft, free: set[Species], faults: bool, unknown: dict[str, str]) -> Check:
    """L3, and more: whatever is held gets on to free signals, so that other gates and a read-out can take it.

    What needs a strand that it has itself freed to turn back cannot do so from every state; `certify` starts from it as it is.
    """
    claim = draft.certificate.claim
    name, scope = "release", f"{len(claim.relevant - free)} intermediates"
    if faults:
        return not_examined(name, scope, "some reaction is not what the network says")
    stuck = _stuck(claim, {s for s, _ in draft.kept})
    for species, settled in sorted(draft.kept, key=lambda k: (not k[1], k[0])):
        if unknown or not settled:
            return Check(name, scope, Answer.UNDECIDED, f"whether {species} turns into free signals is open")
        if species in stuck:
            held = f"{species} stands for {side(claim.meaning[species])} and never gets on to free signals"
            return Check(name, scope, Answer.DIFFERENT, held, held)
    fine = "each hands what it stands for back to free signal strands"
    if draft.kept:
        fine += (
            f"; {len(draft.kept)} of them by a strand that they have freed, so that reactions fire from them as well"
        )
    return Check(name, scope, Answer.EQUIVALENT, fine)


def _stuck(claim: Claim, kept: set[Species]) -> set[Species]:
    """Return those of which nothing comes but others of them, whatever strands that stand for nothing they meet."""
    stuck = set(kept)
    while True:
        freed = {s for a, b in claim.bare if stuck.isdisjoint(b) for s in a} & stuck
        if not freed:
            return stuck
        stuck -= freed


def _rewrites(state: State) -> tuple[Check, Certificate | None]:
    """Hold the network that is built against the one that was written."""
    name, scope = "rewrites", "the network that is built"
    formal = list(dict.fromkeys((r.reactants, r.products) for r in state.formal.reactions if r.reactants != r.products))
    built = list(dict.fromkeys((r.reactants, r.products) for r in state.lowered.reactions))
    if not state.meaning:
        for reason, these, those in (
            ("a reaction was lost", formal, set(built)),
            ("a reaction was added", built, set(formal)),
        ):
            for left, right in (s for s in these if s not in those):
                return Check(name, scope, Answer.DIFFERENT, reason, f"{left} -> {right}"), None
    # Species that take part in nothing are neither built nor missed.
    used = {s for sides in formal for part in sides for s in part.support}
    meaning = {s: Bag.of(s) for s in sorted(used.union(state.lowered.species))} | dict(state.meaning)
    check, certificate = judge(claim_of(formal, built, meaning), name, scope)
    if check.answer is Answer.EQUIVALENT and not state.meaning:
        check = dataclasses.replace(check, reason="it has the reactions that were written")
    return check, certificate


def _complete(state: State) -> Check:
    limited = [f"{d.gate.reaction.id}: {d.network.outcome}" for d in state.drawn if not d.network.outcome.complete]
    scope = f"{len(state.drawn)} gates and buffers, each by itself"
    if limited:
        return Check("enumeration-complete", scope, Answer.UNDECIDED, limited[0])
    return Check("enumeration-complete", scope, Answer.EQUIVALENT, f"no limit was reached: {state.options.describe()}")


def _cross_talk(state: State, claim: Claim, certificate: Certificate, unknown: dict[str, str]) -> Check:
    """L2 for reactions between gates, and L5: the reactions that were recorded are all there are."""
    name, found, system = "cross-talk", state.cross_talk, state.system
    if found is None or system is None:
        why = "whether strands of one gate act on another gate has not been looked at"
        return not_examined(name, "between gates", why)
    scope = f"{found.pairs} pairs of complexes with complementary free domains, {found.shapes} shapes of pairs"
    formal = {(r.reactants, r.products) for r in state.lowered.reactions}
    # What complexes of gates do comes before what follows from it, the fastest first.
    for encounter in sorted(found.encounters, key=lambda e: (_follows(system, e), -e.rate)):
        sides = [_read(system, side) for side in (encounter.reactants, encounter.products)]
        if sides[0] == sides[1] or (sides[0], sides[1]) in formal:
            continue
        if unknown and (
            _follows(system, encounter)
            or any(g in unknown for c in encounter.reactants for g in system.by_complex[c].gates)
        ):
            continue  # What a gate does by itself and nobody found is not cross-talk.
        reason = "complexes of different gates react, and not as the network says"
        signals = [e.complex.name for e in system.of_role(Role.SIGNAL)]
        course = course_text(claim, signals, [system.by_complex[c].complex.name for c in encounter.reactants])
        shown = f"{encounter} reads {sides[0]} -> {sides[1]}\n{encounter.drawn}{course}"
        return Check(name, scope, Answer.DIFFERENT, reason, shown)
    if not found.outcome.complete:
        return Check(name, scope, Answer.UNDECIDED, str(found.outcome))
    for gate, outcome in unknown.items():
        return Check(name, scope, Answer.UNDECIDED, f"the reactions of {gate} are not all known: {outcome}")
    rejection = checker.check_complete(certificate)
    if rejection is not None and rejection.reaction >= 0:
        reason = "the gates were given a reaction that their complexes do not have"
        return Check(name, scope, Answer.DIFFERENT, reason, arrow(*certificate.claim.reactions[rejection.reaction]))
    if rejection is not None:
        return Check(name, scope, Answer.UNDECIDED, rejection.reason)
    options = f"remote toeholds {'on' if found.options.remote else 'off'}"
    fine = "no pair reacts beyond what its gate is meant to do"
    if found.encounters:
        fine = f"{len(found.encounters)} further reactions, none of which does what the network does not"
    return Check(name, scope, Answer.EQUIVALENT, f"{fine} ({options})")


def _follows(system: DsdSystem, encounter: Encounter) -> bool:
    """Return whether a reactant is itself a product of cross-talk."""
    return any(not system.by_complex[c].gates and system.by_complex[c].role is Role.WASTE for c in encounter.reactants)


def _read(system: DsdSystem, side: Iterable[Complex]) -> Bag:
    return Bag.of(*chain.from_iterable(system.by_complex[c].meaning.elements() for c in side))

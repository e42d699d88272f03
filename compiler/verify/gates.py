"""The proof of a compiled circuit: its gates one by one, and what lies between them.

Each gate is held against its formal reaction with the interpretation that the compiler carries, and so are the rewrites that came
before. With the release condition and the absence of harmful cross-talk the checks of the gates add up to a proof of the whole
network; each check has its line, and what was not looked at is undecided.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from compiler.passes import State
from compiler.verify.bisimulation import check_bisimulation
from compiler.verify.release import check_release
from compiler.verify.verdict import Answer, Check, Verdict, not_examined, worst_of
from crn.network import Bag, Reaction, Species
from dsd.assembly import variants
from dsd.complexes import Complex
from dsd.crosstalk import Encounter
from dsd.schemes import Role
from dsd.system import DsdReaction, DsdSystem


def verify_compiled(state: State) -> Verdict:
    """Check a compiled circuit.

    Returns
    -------
    Verdict
        With the checks ``rewrites``, ``gates``, ``enumeration-complete``, ``wildcards``, ``release`` and ``cross-talk``.
    """
    assert state.system is not None, "compile first"
    by_gate = reactions_by_gate(state.system)
    reactions = {r.id: r for r in state.lowered.reactions}
    single = []
    for drawn in state.drawn:
        gate = drawn.gate.reaction.id
        if drawn.network.outcome.complete:
            single.append(check_gate(state.system, reactions.pop(gate, None), gate, by_gate))
        else:
            reactions.pop(gate, None)
            single.append(
                Check("gates", gate, Answer.UNDECIDED, f"its reactions are not all known: {drawn.network.outcome}")
            )
    for reaction in reactions.values():
        scope, lost = f"{reaction.id} ({reaction.equation})", f"{reaction.equation} cannot fire"
        single.append(Check("gates", scope, Answer.DIFFERENT, "no gate was drawn for it", lost))
    return Verdict(
        (
            _rewrites(state),
            worst_of(
                "gates",
                f"{len(state.gates)} gates and {len(state.buffers)} buffers",
                single,
                "each is a CRN bisimulation of its formal reaction under the carried interpretation",
            ),
            _complete(state),
            _wildcards(state),
            check_release(state.system),
            _cross_talk(state),
        )
    )


def reactions_by_gate(system: DsdSystem) -> dict[str, list[DsdReaction]]:
    """Return the reactions of a system by the gate they belong to."""
    found: dict[str, list[DsdReaction]] = {}
    for reaction in system.reactions:
        found.setdefault(reaction.gate, []).append(reaction)
    return found


def check_gate(
    system: DsdSystem, formal: Reaction | None, gate: str, by_gate: Mapping[str, list[DsdReaction]]
) -> Check:
    """Check one gate; a buffer has no formal reaction, and everything it does has to change nothing."""
    reactions = by_gate.get(gate, [])
    touched = {c for r in reactions for c in r.reactants + r.products}
    if formal is not None:
        wanted = set((formal.reactants + formal.products).support)
        touched |= {c for s, strands in system.carriers if s in wanted for c in strands}
    entries = [e for e in system.entries if e.complex in touched or gate in e.gates]
    name = {e.complex: e.complex.name for e in entries}
    fuels = [name[e.complex] for e in entries if e.role in (Role.FUEL, Role.BUFFER)]
    interpretation: dict[Species, Bag] = {name[e.complex]: e.meaning for e in entries if e.complex in touched}
    return check_bisimulation(
        [(formal.reactants, formal.products)] if formal else [],
        [(Bag.of(*(name[c] for c in r.reactants)), Bag.of(*(name[c] for c in r.products))) for r in reactions],
        interpretation,
        fuels=fuels,
        name="gates",
        scope=f"{gate} ({formal.equation})" if formal else gate,
    )


def _rewrites(state: State) -> Check:
    """Hold the network that is built against the one that was written."""
    meaning = dict(state.meaning) | {s: Bag.of(s) for s in state.formal.species}
    formal = dict.fromkeys((r.reactants, r.products) for r in state.formal.reactions if r.reactants != r.products)
    scope = "the network that is built"
    if not state.meaning:
        built = {(r.reactants, r.products) for r in state.lowered.reactions}
        for left, right in [f for f in formal if f not in built]:
            return Check("rewrites", scope, Answer.DIFFERENT, "a reaction was lost", f"{left} -> {right} is not built")
        for left, right in sorted(built - set(formal), key=str):
            return Check(
                "rewrites", scope, Answer.DIFFERENT, "a reaction was added", f"{left} -> {right} was not written"
            )
        return Check("rewrites", scope, Answer.EQUIVALENT, "it has the reactions that were written")
    return check_bisimulation(
        list(formal),
        [(r.reactants, r.products) for r in state.lowered.reactions],
        meaning,
        name="rewrites",
        scope=scope,
    )


def _complete(state: State) -> Check:
    limited = [f"{d.gate.reaction.id}: {d.network.outcome}" for d in state.drawn if not d.network.outcome.complete]
    scope = f"{len(state.drawn)} gates and buffers, each by itself"
    if limited:
        return Check("enumeration-complete", scope, Answer.UNDECIDED, limited[0])
    return Check("enumeration-complete", scope, Answer.EQUIVALENT, f"no limit was reached: {state.options.describe()}")


def _wildcards(state: State) -> Check:
    """Check that what was enumerated with wildcard histories holds for every strand that may arrive.

    A step lifts from one history to another if the history takes no part in it: if its complement is nowhere in the gate. That is
    asked of the wildcards themselves and of every history that may stand in their place, those apart that the gate itself releases
    and was enumerated with.
    """
    signals = dict(state.signals)
    arriving = variants(signals, state.gates)
    scope = f"{len(state.drawn)} gates and buffers"
    for drawn in state.drawn:
        naming = dict(drawn.naming)
        complexes = {c for r in drawn.network.reactions for c in (*r.reactants, *r.products)}
        bottoms = {naming.get(~d, ~d) for c in complexes for d in c.domains if d.star}
        for species in dict.fromkeys(drawn.gate.order):
            own = {m.complex.domains[0] for m in drawn.gate.released if species in m.meaning}
            for history in (*signals[species].histories, *(h for h in arriving[species] if h not in own)):
                if history in bottoms:
                    gate = drawn.gate.reaction.id
                    reason = f"{gate}: strands of {species} with the history {history} can pair with it inside the gate"
                    return Check("wildcards", scope, Answer.DIFFERENT, reason, f"{history}* is part of {gate}")
    fine = "a history that arrives has no complement in a gate that did not release it"
    return Check("wildcards", scope, Answer.EQUIVALENT, fine)


def _cross_talk(state: State) -> Check:
    """Read what complexes of different gates do to one another under the interpretation."""
    name, found, system = "cross-talk", state.cross_talk, state.system
    if found is None or system is None:
        return not_examined(
            name, "between gates", "whether strands of one gate act on another gate has not been looked at"
        )
    scope = f"{found.pairs} pairs of complexes with complementary free domains, {found.shapes} shapes of pairs"
    if found.missing and found.outcome.complete:
        left, right = (" + ".join(map(str, side)) for side in found.missing[0])
        reason = "the gates were given a reaction that their complexes do not have"
        return Check(name, scope, Answer.DIFFERENT, reason, f"{left} -> {right}")
    formal = {(r.reactants, r.products) for r in state.lowered.reactions}
    aliases = 0
    # What complexes of gates do comes before what follows from it, the fastest first.
    for encounter in sorted(found.encounters, key=lambda e: (_follows(system, e), -e.rate)):
        sides = [_read(system, side) for side in (encounter.reactants, encounter.products)]
        if sides[0] != sides[1] and (sides[0], sides[1]) not in formal:
            reason = "complexes of different gates react, and not as the network says"
            return Check(
                name, scope, Answer.DIFFERENT, reason, f"{encounter} reads {sides[0]} -> {sides[1]}\n{encounter.drawn}"
            )
        aliases += sides[0] != sides[1]
    if not found.outcome.complete:
        return Check(name, scope, Answer.UNDECIDED, str(found.outcome))
    options = f"remote toeholds {'on' if found.options.remote else 'off'}"
    if not found.encounters:
        return Check(name, scope, Answer.EQUIVALENT, f"no pair reacts beyond what its gate is meant to do ({options})")
    fine = f"{len(found.encounters)} further reactions, none of which changes what the state stands for"
    if aliases:
        fine = (
            f"{len(found.encounters)} further reactions, {aliases} of which fire a formal reaction through another gate"
        )
    return Check(name, scope, Answer.EQUIVALENT, f"{fine} ({options})")


def _follows(system: DsdSystem, encounter: Encounter) -> bool:
    """Return whether a reactant is itself a product of cross-talk."""
    return any(not system.by_complex[c].gates and system.by_complex[c].role is Role.WASTE for c in encounter.reactants)


def _read(system: DsdSystem, side: Iterable[Complex]) -> Bag:
    total = Bag()
    for each in side:
        total += system.by_complex[each].meaning
    return total

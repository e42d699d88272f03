"""The proof of a compiled circuit, gate by gate.

Each gate is held against its formal reaction with the interpretation that the compiler carries; so are the rewrites that came
before. Whether gates disturb one another is a question of its own, and as long as nobody has looked the answer is undecided.
"""

from __future__ import annotations

from collections.abc import Mapping

from compiler.passes import State
from compiler.verify.bisimulation import check_bisimulation
from compiler.verify.verdict import Answer, Check, Verdict, not_examined, worst_of
from crn.network import Bag, Reaction, Species
from dsd.schemes import Role
from dsd.system import DsdReaction, DsdSystem


def verify_compiled(state: State) -> Verdict:
    """Check a compiled circuit.

    Returns
    -------
    Verdict
        With the checks ``rewrites``, ``gates``, ``enumeration-complete`` and ``cross-talk``.
    """
    assert state.system is not None, "compile first"
    by_gate = reactions_by_gate(state.system)
    reactions = {r.id: r for r in state.lowered.reactions}
    single = [
        check_gate(state.system, reactions.get(d.gate.reaction.id), d.gate.reaction.id, by_gate) for d in state.drawn
    ]
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
            not_examined(
                "cross-talk", "between gates", "whether strands of one gate act on another gate has not been looked at"
            ),
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
    if not state.meaning:
        same = set(formal) == {(r.reactants, r.products) for r in state.lowered.reactions}
        answer = Answer.EQUIVALENT if same else Answer.DIFFERENT
        return Check("rewrites", "the network that is built", answer, "it has the reactions that were written")
    return check_bisimulation(
        list(formal),
        [(r.reactants, r.products) for r in state.lowered.reactions],
        meaning,
        name="rewrites",
        scope="the network that is built",
    )


def _complete(state: State) -> Check:
    limited = [f"{d.gate.reaction.id}: {d.network.outcome}" for d in state.drawn if not d.network.outcome.complete]
    scope = f"{len(state.drawn)} gates and buffers, each by itself"
    if limited:
        return Check("enumeration-complete", scope, Answer.UNDECIDED, limited[0])
    return Check("enumeration-complete", scope, Answer.EQUIVALENT, f"no limit was reached: {state.options.describe()}")

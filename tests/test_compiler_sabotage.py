"""Gates that were drawn wrong: every kind of sabotage, on every shape of gate, is seen and comes with a counterexample.

What is edited are complexes; the reactions of the edited gate come from the pass that the compiler uses, and the verdict from the
verification that the user sees. Sabotage that does no harm is excluded one by one, by `harmless`, which argues why; the exclusions
are tested too, in the other direction.
"""

from __future__ import annotations

import dataclasses
import itertools
import random
from collections import Counter
from collections.abc import Sequence
from functools import cache

import pytest
from support_sabotage import Sabotage, every_sabotage, exchanged, proof

from compiler.passes import Enumerate, FindCrossTalk, Pipeline, State, default_pipeline, scheme_of
from compiler.scaling import Physical, plan_scale
from compiler.verify.bisimulation import check_bisimulation
from compiler.verify.gates import verify_compiled
from compiler.verify.verdict import Answer, Check
from crn.network import CRN, Bag, Reaction
from crn.neural.catalog import named_circuit
from crn.text import parse_crn
from dsd.enumeration import EnumerationOptions
from dsd.schemes import Fresh, Gate, Role

SCHEME = scheme_of("srinivas2015")

PROOF = ("rewrites", "gates", "enumeration-complete")

GRID = [f"{' + '.join('ABC'[:n])} -> {' + '.join('DEF'[:p])}".strip() for n in range(4) for p in range(4) if n or p]
"""0 to 3 different reactants, 0 to 3 different products."""

REPEATED = ["2A ->", "2A -> B", "2A -> 2B", "2A -> A + B", "2A -> 3A", "2A + B -> C", "3A -> B", "A -> 2B"]

CATALYTIC = [
    "A -> A + B",
    "A + B -> A + C",
    "A + B -> B",
    "A + B -> B + C",
    "A + B -> 2A",
    "A + B -> A + B + C",
    "A + B + C -> A + B + C + D",
]

LARGE = ["A + B + C -> D + E + F + G + H", "A + B + C -> A + B + C + D + E", "A + B -> A + B + 4C", "A -> 7B"]
"""Any products: gates larger than those of the built-in circuits."""

EXHAUSTIVE = ["A ->", "A -> D", "-> D", "A -> D + E", "A + B ->", "A + B -> D", "A -> D + E + F"]
"""Shapes on which every sabotage in every place is tried, to hold `harmless` against the truth in both directions."""

CIRCUITS = [
    "linear-regression",
    "linear-regression:bias=fixed",
    "linear-regression:variant=seed13",
    "linear-regression:variant=lr10",
    "linear-regression:variant=lr14",
    "linear-regression:variant=dual",
    "linear-regression:variant=dual,bias=fixed",
    "linear-regression:variant=dual,clock=catalyst,inputs=1,bias=none",
    "linear-regression:variant=dual,clock=catalyst,inputs=1,bias=fixed",
]
"""With a clock made of catalysts every gate multiplies the histories of the clock, and two inputs take a minute to prove."""


def drawn(crn: CRN) -> State:
    """Compile as far as to the enumerated gates; what happens between gates is tested elsewhere."""
    passes = default_pipeline(SCHEME.name, Physical()).passes
    last = next(i for i, each in enumerate(passes) if isinstance(each, Enumerate))
    return Pipeline(passes[: last + 1]).run(crn, {})


def compiled(text: str) -> State:
    return drawn(parse_crn(text).crn)


def without_buffers(state: State) -> State:
    """Leave the buffers out, which no sabotage of a gate touches: enumerating them again and again is a waste."""
    assert state.scale is not None
    return dataclasses.replace(state, buffers=(), scale=dataclasses.replace(state.scale, buffers=()))


@cache
def spoiled(text: str) -> tuple[State, tuple[Sabotage, ...]]:
    """Return a network of one reaction, compiled, and every sabotage of its gate."""
    state = without_buffers(compiled(text))
    return state, tuple(every_sabotage(SCHEME, state.gates[0], dict(state.signals)))


def shape(reaction: Reaction) -> str:
    """Name the species of a reaction A, B, .. in the order in which they come."""
    names: dict[str, str] = {}

    def side(bag: Bag) -> Bag:
        return Bag.of(*(names.setdefault(s, "ABCDEFG"[len(names)]) for s in bag.elements()))

    return Reaction("r", side(reaction.reactants), side(reaction.products)).equation


def is_enumerated(state: State) -> bool:
    """Whether all reactions of the gates are known."""
    return all(d.network.outcome.complete for d in state.drawn)


def names_a_fault(found: Check) -> bool:
    """Whether the answer is different, with a counterexample that names a reaction or a state."""
    named = any(mark in found.counterexample for mark in ("{", "->", "carrier", " stands for "))
    return found.answer is Answer.DIFFERENT and bool(found.reason) and named


def is_seen(edited: State) -> bool:
    """Whether the verification sees that a gate is spoiled.

    Edits that leave a long domain and its complement open let strands polymerise without end, and the enumeration stops at its
    limit. Nothing can be proved of such a gate, for or against: it is enough that it is not called equivalent.
    """
    found = proof(edited)
    return names_a_fault(found) if is_enumerated(edited) else found.answer is not Answer.EQUIVALENT


def spares_a_way_back(found: Sabotage) -> bool:
    """Whether backward strands are gone or hold nothing, and no state holds so much that the reaction is stuck without them.

    It is stuck if a reactant that the join already holds is asked for once more: two joins may hold one each. A strand whose
    branch domains are turned around does more than nothing.
    """
    order = found.gate.order
    turned = {"domain complemented": 2, "domains swapped": 1}
    if found.domain < turned.get(found.kind, 0):
        return False
    if found.strand is not None:
        following = found.strand.domains[-1].name
    else:
        left = {m.complex.strands[0].domains[-1].name for m in found.gate.fuels if m.part == "backward"}
        following = next(f"f_{s}" for s in order[1:] if f"f_{s}" not in left)
    at = next(i for i, s in enumerate(order[1:], 1) if f"f_{s}" == following)
    return set(order[:at]).isdisjoint(order[at:])


def harmless(found: Sabotage) -> str:
    """Return why an edited gate still carries out its reaction, or nothing if it does not.

    A signal is ``h f m s``; bisimulation asks what can happen and whether it may, not how fast.
    """
    gate, strand, at = found.gate, found.strand, found.domain
    reactants, products = gate.reaction.reactants.elements(), gate.reaction.products.elements()
    unusable = found.kind in ("domain renamed", "domain complemented", "domain missing")
    if found.part == "backward" and spares_a_way_back(found):
        return "the strand that the join frees takes its reactant back, and what nobody else asks for is as good held as free"
    if found.part == "helper" and strand is not None:
        last = len(strand) - 1
        if at == last and (unusable or found.kind == "strand cut"):
            return (
                "the helper has taken the last history, and a product that hangs by a toehold alone comes off by itself"
            )
        if 2 <= at < last and ((unusable and at % 2 == 0) or found.kind == "domains swapped"):
            return "a product that hangs by a toehold alone comes off by itself, and migration goes on across the gap"
    single = found.part == "produce" and len(products) == 1 and strand is not None and strand.domains[0].star
    if single and found.kind == "strand cut" and at == 1:
        return "the toehold that is cut off comes off by itself, and nobody asks for the product before it leaves"
    if (
        found.part == "produce"
        and len(products) == 1
        and unusable
        and at == 0
        and strand is not None
        and strand.domains[0].star
    ):
        return (
            "the flux strand takes the history; it reaches over the toehold of a single product only to hold on better"
        )
    backward = [m.complex.strands[0] for m in gate.members if m.part == "backward"]
    if found.part == "join" and strand is not None and strand in backward[:1]:
        if found.kind == "strand cut" and at == 1:
            return "the first reactant frees both halves, and whole backward strands, a fuel, push it out again"
        alone = gate.order[0] not in (*gate.order[1:], *products)
        if found.kind in ("domain renamed", "domain missing") and at == 0 and alone:
            return (
                "nothing else has the domain that lies open; the first reactant takes it, backward strands take it back"
            )
    if len(reactants) == 1 and not products and found.part == "join" and strand is not None:
        word = "to take a molecule away for good an open toehold and a recognition domain are enough"
        name = strand.domains[at].name
        if found.kind == "strand missing" and not strand.domains[0].star:
            return word
        if name.startswith("s_") and (unusable or found.kind == "domains swapped"):
            return word
        if found.kind == "domains swapped" and not strand.domains[0].star:
            return word
    if not reactants and len(products) == 1:
        word = "all of a source are fuels: a flux strand that nobody has to set free makes the product too, only at another rate"
        bottom = strand is not None and strand.domains[0].star
        if found.part == "join" and found.kind in ("domain renamed", "domain missing") and bottom and at == 0:
            return word
        if found.part == "join" and found.kind == "domains swapped" and at == 0:
            return word
        if found.part == "join" and found.kind == "strand missing" and bottom:
            return word
        if found.part == "feed" and found.kind == "domain complemented" and at == 1:
            return word
        if found.kind == "product doubled" and "read as if it were right" in found.place:
            return "a second product is what the reaction makes when it fires again"
    return ""


# --- gates as they should be --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", GRID + REPEATED + CATALYTIC + LARGE)
def test_untouched_gates_are_equivalent(text: str) -> None:
    verdict = verify_compiled(compiled(text))
    answers = {c.name: c.answer for c in verdict.checks}
    assert [answers[n] for n in PROOF] == [Answer.EQUIVALENT] * len(PROOF), verdict
    assert not any(c.counterexample for c in verdict.checks)


@pytest.mark.parametrize("name", CIRCUITS)
def test_gates_of_built_in_circuits_are_equivalent(name: str) -> None:
    circuit = named_circuit(name)[0]
    state = drawn(circuit.crn)
    assert len(state.gates) == len(circuit.crn.reactions)
    found = proof(state)
    assert found.answer is Answer.EQUIVALENT, found


def test_every_shape_of_the_built_in_circuits_is_sabotaged() -> None:
    names = [*CIRCUITS, "linear-regression:variant=dual,clock=catalyst", "linear-regression:rails=dual"]
    shapes = {shape(r) for name in names for r in named_circuit(name)[0].crn.reactions}
    tried = {shape(compiled(text).lowered.reactions[0]) for text in GRID + REPEATED + CATALYTIC}
    assert shapes <= tried
    assert len(shapes) > 5
    assert {"A + B -> A + B + C", "A + B + C -> A + B + C + D", "A + B ->", "A ->", "A -> B"} <= shapes


# --- sabotage -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", GRID + REPEATED + CATALYTIC)
def test_every_kind_of_sabotage_is_seen(text: str) -> None:
    """One place of every kind, drawn by lot, or two where strands polymerise; at least eight kinds, whatever the shape."""
    state, found = spoiled(text)
    rng = random.Random(text)
    by_kind: dict[str, list[Sabotage]] = {}
    for one in found:
        if not harmless(one):
            by_kind.setdefault(one.kind, []).append(one)
    seen = set()
    for kind, places in by_kind.items():
        for one in rng.sample(places, min(2, len(places))):
            edited = exchanged(state, one.gate)
            assert is_seen(edited), f"{kind}: {one}\n{proof(edited)}"
            if is_enumerated(edited):
                seen.add(kind)
                break
    assert len(seen) >= 8
    if len(state.gates[0].reaction.products) > 1:
        assert {"helper missing", "product missing", "wrong history"} <= seen
        assert {"product doubled", "wrong product"} <= set(by_kind)


@pytest.mark.parametrize("text", EXHAUSTIVE)
def test_sabotage_in_every_place(text: str) -> None:
    """Every edit in every place is seen unless `harmless` says why not, and then the gate is proved as before."""
    state, found = spoiled(text)
    wrong = []
    for one in found:
        edited = exchanged(state, one.gate)
        right = proof(edited).answer is Answer.EQUIVALENT if harmless(one) else is_seen(edited)
        if not right:
            wrong.append(f"{one}: {proof(edited)}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("text", GRID + REPEATED + CATALYTIC)
def test_no_fuel_can_be_spared(text: str) -> None:
    state, found = spoiled(text)
    removals = [s for s in found if s.kind in ("fuel left out", "helper missing")]
    assert {s.part for s in removals} == {m.part for m in state.gates[0].fuels}
    for one in removals:
        answer = proof(exchanged(state, one.gate))
        assert names_a_fault(answer) or harmless(one), f"{one}\n{answer}"


def test_backward_strands_cannot_be_spared_where_another_reaction_asks_for_what_is_held() -> None:
    """Without them a reactant is given back only if the strand is met that it freed, which it is not from every state."""
    state = without_buffers(compiled("A + B -> C; A -> D"))
    assert proof(state).answer is Answer.EQUIVALENT
    found = [s for s in every_sabotage(SCHEME, state.gates[0], dict(state.signals)) if s.part == "backward"]
    kinds = {s.kind: s for s in found}
    assert len(kinds) >= 6
    for one in kinds.values():
        edited = exchanged(state, one.gate)
        if is_enumerated(edited):
            answer = proof(edited)
            assert names_a_fault(answer), f"{one}\n{answer}"
            assert "A -> D cannot fire" in answer.counterexample


def test_sabotage_of_one_gate_among_many_is_seen_and_named() -> None:
    """In a whole circuit, where signals come with several histories; the counterexample names a complex of the gate."""
    circuit = named_circuit("linear-regression:inputs=1,bias=none")[0]
    state = without_buffers(drawn(circuit.crn))
    assert proof(state).answer is Answer.EQUIVALENT
    rng = random.Random(3)
    tried = {}
    for gate in state.gates:
        if shape(gate.reaction) not in tried:
            choices = [
                s for s in every_sabotage(SCHEME, gate, dict(state.signals)) if s.part != "all" and not harmless(s)
            ]
            tried[shape(gate.reaction)] = [(gate.reaction.id, s) for s in rng.sample(choices, 5)]
    assert len(tried) >= 3
    enumerated = 0
    for name, one in itertools.chain(*tried.values()):
        edited = exchanged(state, one.gate)
        answer = proof(edited)
        assert is_seen(edited), f"{one}\n{answer}"
        if is_enumerated(edited):
            enumerated += 1
            assert f"{name}_" in answer.counterexample or answer.reason.startswith(f"{name} "), answer
    assert enumerated >= 10


@pytest.mark.parametrize("text", ["A + B -> C; C -> A", "A -> B + C; 2C -> B"])
def test_what_passes_gate_by_gate_is_a_bisimulation_of_the_whole(text: str) -> None:
    """The proof is made gate by gate; here all gates together are checked at once, spoiled ones too, and never disagree."""
    state = Enumerate().apply(without_buffers(compiled(text)))
    assert proof(state).answer is Answer.EQUIVALENT
    assert monolithic(state).answer is Answer.EQUIVALENT
    rng = random.Random(text)
    count = Counter[Answer]()
    for gate in state.gates:
        found = every_sabotage(SCHEME, gate, dict(state.signals))
        good = [s for s in found if harmless(s)]
        for one in rng.sample(found, 10) + rng.sample(good, min(3, len(good))):
            edited = exchanged(state, one.gate)
            answer = proof(edited).answer
            count[answer] += 1
            assert answer is not Answer.EQUIVALENT or monolithic(edited).answer is Answer.EQUIVALENT, one
    assert min(count[Answer.EQUIVALENT], count[Answer.DIFFERENT]) > 0


def monolithic(state: State) -> Check:
    """Check the reactions of all gates at once against all formal reactions."""
    system = state.system
    assert system is not None
    fuels = [e.complex.name for e in system.of_role(Role.FUEL, Role.BUFFER)]
    return check_bisimulation(
        [(r.reactants, r.products) for r in state.lowered.reactions],
        [(Bag.of(*(c.name for c in r.reactants)), Bag.of(*(c.name for c in r.products))) for r in system.reactions],
        {e.complex.name: e.meaning for e in system.entries if e.complex.name not in fuels},
        fuels=fuels,
    )


def test_a_gate_that_was_never_drawn_is_seen() -> None:
    state = compiled("A -> B; B -> C")
    edited = Enumerate().apply(dataclasses.replace(state, gates=state.gates[:1]))
    assert proof(edited).answer is Answer.DIFFERENT
    assert "B -> C" in str(proof(edited))


def test_a_gate_drawn_for_another_reaction_is_seen() -> None:
    state = without_buffers(compiled("A -> B; B -> C"))
    other = dataclasses.replace(compiled("B -> A; A -> C").gates[0], reaction=state.gates[0].reaction)
    assert names_a_fault(proof(exchanged(state, other)))


def test_gates_that_cannot_be_enumerated_are_undecided() -> None:
    """A limit that stops the enumeration proves nothing, neither that a gate works nor that it does not."""
    state = compiled("A + B -> C")
    stopped = Enumerate(EnumerationOptions(max_complexes=3)).apply(state)
    verdict = verify_compiled(stopped)
    assert verdict.answer is Answer.UNDECIDED
    assert "max_complexes" in next(str(c) for c in verdict.checks if c.name == "enumeration-complete")
    # What the gate itself does and nobody found is not cross-talk between gates.
    searched = FindCrossTalk().apply(dataclasses.replace(stopped, cross_talk=None))
    assert verify_compiled(searched).answer is Answer.UNDECIDED, verify_compiled(searched)


# --- buffers ------------------------------------------------------------------------------------------------------------------


def test_a_buffer_that_keeps_its_species_is_seen() -> None:
    """Buffers have no reaction to carry out: what they must not do is keep, or lose, what they hold.

    A buffer that holds nothing (no join gate, a spoiled toehold) breaks no reaction: it spoils the rates, which a proof by
    bisimulation does not speak of. Such sabotage is left out here for that reason: taken is whatever spoils the way back.
    """
    state = compiled("A + B -> C")
    buffer = state.buffers[0]
    assert proof(exchanged(state, buffer)).answer is Answer.EQUIVALENT
    edits = [
        s
        for s in every_sabotage(
            SCHEME, dataclasses.replace(buffer, reaction=Reaction(buffer.reaction.id, Bag(), Bag())), {}
        )
        if s.part == "backward" and s.kind in ("fuel left out", "domain renamed", "domain missing", "strand cut")
    ]
    assert len(edits) == 9
    for one in edits:
        answer = proof(exchanged(state, dataclasses.replace(one.gate, reaction=buffer.reaction)))
        assert names_a_fault(answer), f"{one}\n{answer}"


# --- what the scheme refuses --------------------------------------------------------------------------------------------------


def forced(order: Sequence[str], products: Sequence[str]) -> State:
    """Draw a reaction whose reactants bind in a given order, whatever the scheme says."""
    reaction = Reaction("r1", Bag.of(*order), Bag.of(*products))
    crn = CRN.build([reaction])
    scale = plan_scale(crn, {reaction.id: tuple(order)}, Physical(), None, {})
    scale = dataclasses.replace(scale, buffers=())
    fresh = Fresh()
    signals = {s: SCHEME.signal(s, max(1, reaction.reactants[s]), fresh) for s in crn.species}
    gate: Gate = SCHEME.gate(reaction, order, signals, fresh)
    state = State(crn, crn, scale=scale, signals=tuple(signals.items()), gates=(gate,))
    return Enumerate().apply(state)


def first_names(seen: Sequence[str]) -> bool:
    """Whether letters appear in the order of the alphabet."""
    return list(dict.fromkeys(seen)) == list("ABCDEFG"[: len(set(seen))])


def possible(products: int) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Return all reactions of up to three reactants, in binding order, up to the names of the species."""
    return [
        (order, made)
        for n in range(4)
        for order in itertools.product("ABC", repeat=n)
        for made in itertools.combinations_with_replacement("ABCDEF", products)
        if first_names(order + made) and Bag.of(*order) != Bag.of(*made)
    ]


@pytest.mark.parametrize("products", [0, 1, 2])
def test_the_known_faults_are_exact(products: int) -> None:
    """Whatever the scheme is said to get wrong is wrong, and everything else is right, in every binding order."""
    wrong = 0
    for order, made in possible(products):
        fault = SCHEME.fault(order, made)
        found = proof(forced(order, made))
        wrong += fault is not None
        assert (found.answer is Answer.EQUIVALENT) == (fault is None), (order, made, fault, found)
    assert wrong == (4 if products == 1 else 0)


def test_a_plus_a_to_a_forced_through_is_different() -> None:
    state = forced("AA", "A")
    assert is_enumerated(state)
    assert names_a_fault(proof(state))
    assert SCHEME.fault("AA", "A") is not None


@pytest.mark.parametrize("text", ["2Z -> Z + E", "2Z -> 3Z", "2Z -> E", "2Z ->"])
def test_its_relatives_are_equivalent(text: str) -> None:
    state = compiled(text)
    assert len(state.lowered.reactions) == 1
    assert proof(state).answer is Answer.EQUIVALENT


def test_a_plus_a_to_a_takes_a_detour_and_says_what_it_costs() -> None:
    state = compiled("2A -> A [5]")
    first, second = state.lowered.reactions
    between = first.products.support[0]
    assert (first.reactants, first.k) == (Bag.of("A", "A"), 5.0)
    assert (second.reactants, second.products, second.k) == (Bag.of(between), Bag.of("A"), 500.0)
    assert dict(state.meaning) == {between: Bag.of("A")}
    note = next(n for n in state.notes if "2A -> A" in n)
    assert between in note
    assert "%" in note
    verdict = verify_compiled(state)
    answers = {c.name: c.answer for c in verdict.checks}
    assert [answers[n] for n in PROOF] == [Answer.EQUIVALENT] * len(PROOF), verdict


def test_a_wrong_detour_is_seen() -> None:
    """The rewrite is proved too: a detour that loses the product, or one whose step is missing, is not the network written."""
    state = compiled("2A -> A")
    lost = dataclasses.replace(state, meaning=((state.meaning[0][0], Bag()),))
    check = next(c for c in verify_compiled(lost).checks if c.name == "rewrites")
    assert names_a_fault(check)
    shorter = CRN(state.lowered.reactions[:1], state.lowered.initial)
    check = next(c for c in verify_compiled(dataclasses.replace(state, lowered=shorter)).checks if c.name == "rewrites")
    assert names_a_fault(check)


def test_a_network_that_lost_a_reaction_is_seen() -> None:
    state = compiled("A -> B; B -> C")
    check = next(
        c
        for c in verify_compiled(dataclasses.replace(state, lowered=CRN(state.lowered.reactions[:1]))).checks
        if c.name == "rewrites"
    )
    assert names_a_fault(check)
    assert "B -> C" in check.counterexample


def test_too_many_reactants_are_refused() -> None:
    assert SCHEME.objection("ABC", ()) is None
    assert "more than 3 reactants" in (SCHEME.objection("ABCD", ()) or "")

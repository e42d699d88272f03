"""Cross-talk and templates: what the pairs say against what the whole soup does."""

from __future__ import annotations

import dataclasses
import itertools
from collections import Counter

import pytest
from support_soloveichik import gate as soloveichik_gate
from support_soloveichik import signal as soloveichik_signal

from compiler.api import CircuitError, CompileOptions, compile_crn
from compiler.passes import Pipeline, default_pipeline
from compiler.scaling import Physical
from compiler.verify.gates import verify_compiled
from compiler.verify.verdict import Answer, Check
from crn.network import CRN, Bag, Reaction
from crn.neural.catalog import named_circuit
from crn.text import parse_crn
from dsd.assembly import assemble, enumerate_gate
from dsd.complexes import Complex, parse_kernel
from dsd.crosstalk import find_cross_talk
from dsd.enumeration import EnumerationOptions, condensed_network
from dsd.schemes import Fresh, Role
from dsd.system import DsdReaction, DsdSystem
from dsd.templates import Templates, shape_of

BUILT_IN = [
    "linear-regression",
    "linear-regression:inputs=1,bias=none",
    "linear-regression:inputs=1,bias=fixed,rails=dual",
    "linear-regression:variant=seed13",
    "linear-regression:variant=lr10",
    "linear-regression:variant=lr14",
    "linear-regression:variant=dual,inputs=1,bias=none",
    "linear-regression:variant=dual,inputs=1,bias=fixed,clock=catalyst",
]

Key = tuple[frozenset[tuple[Complex, int]], frozenset[tuple[Complex, int]]]


def _key(left: tuple[Complex, ...], right: tuple[Complex, ...]) -> Key:
    return frozenset(Counter(left).items()), frozenset(Counter(right).items())


def _whole(system: DsdSystem, options: EnumerationOptions) -> set[Key]:
    """Return the reactions of everything at once, enumerated without templates, gates or pairs."""
    soup = [e.complex for e in system.of_role(Role.FUEL, Role.BUFFER, Role.SIGNAL)]
    network = condensed_network(soup, options)
    assert network.outcome.complete
    return {_key(r.reactants, r.products) for r in network.reactions}


@pytest.mark.parametrize("remote", [True, pytest.param(False, marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    "name", [n if i % 2 else pytest.param(n, marks=pytest.mark.slow) for i, n in enumerate(BUILT_IN)]
)
def test_gates_and_pairs_together_are_the_whole_soup(name: str, remote: bool) -> None:
    options = EnumerationOptions(remote=remote, max_complexes=50_000, max_reactions=200_000)
    system = compile_crn(named_circuit(name)[0].crn).system
    found = find_cross_talk(system, options)
    assert found.outcome.complete
    assert found.encounters == ()
    assert found.missing == ()
    assert {_key(r.reactants, r.products) for r in system.reactions} == _whole(system, options)


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_built_in_circuit_is_proved_as_a_whole(name: str) -> None:
    verdict = verify_compiled(compile_crn(named_circuit(name)[0].crn).state)
    assert {c.name: c.answer for c in verdict.checks} == dict.fromkeys(
        ("rewrites", "gates", "release", "enumeration-complete", "cross-talk"), Answer.EQUIVALENT
    )


def test_an_impostor_across_gates_is_found_and_joins_the_network() -> None:
    # The flux strand of A + B -> A, m_B s_B h f_A, imitates the backward strand m s f_A of A + A + B -> C.
    orders = (("r1", ("A", "A", "B")), ("r2", ("B", "A")))
    network = parse_crn("A + A + B -> C\nA + B -> A").crn
    with pytest.raises(CircuitError, match="wrong together"):
        compile_crn(network, CompileOptions(orders=orders))
    compiled = compile_crn(network, CompileOptions(orders=orders, allow_wrong=True))
    assert any("imitates" in n for n in compiled.state.notes)
    found = compiled.state.cross_talk
    assert found is not None
    assert found.encounters
    impostor = [e for e in found.encounters if {c.name for c in e.reactants} == {"r2_flux", "r1_held_h_r2_1"}]
    assert impostor
    assert [d.name for d in impostor[0].domains] == ["f_A"]
    soup = {_key(r.reactants, r.products) for r in compiled.system.reactions}
    assert {_key(e.reactants, e.products) for e in found.encounters} <= soup
    assert verify_compiled(compiled.state).answer is Answer.DIFFERENT
    passes = compiled.options.pipeline.passes
    gates_alone = Pipeline(passes[:-1]).run(compiled.state.formal, {}).system
    assert gates_alone is not None
    without = find_cross_talk(gates_alone, EnumerationOptions(remote=False, four_way=False))
    assert without.encounters == ()


def _soloveichik(orders: dict[str, tuple[str, str]], options: EnumerationOptions) -> DsdSystem:
    """Return the two gates of X + W -> X + W + Z and E + X -> E + X + W, with reactants bound in the given orders."""
    fresh = Fresh()
    signals = {s: soloveichik_signal(s, fresh) for s in "XWZE"}
    reactions = [
        Reaction("r1", Bag.of("X", "W"), Bag.of("X", "W", "Z")),
        Reaction("r2", Bag.of("E", "X"), Bag.of("E", "X", "W")),
    ]
    templates = Templates(options)
    gates = [soloveichik_gate(r, orders[r.id], signals, fresh) for r in reactions]
    return assemble([enumerate_gate(g, 1e5, templates) for g in gates], signals, 1e-6, 1e6)


ORDERS = list(itertools.product((("X", "W"), ("W", "X")), (("E", "X"), ("X", "E"))))


@pytest.mark.parametrize("remote", [True, False])
@pytest.mark.parametrize("order", ORDERS)
def test_the_pair_that_soloveichik2010_gets_wrong(order: tuple[tuple[str, str], tuple[str, str]], remote: bool) -> None:
    """X first next to W, and last where W is made: the output strand of r2 imitates the backward strand of r1."""
    options = EnumerationOptions(remote=remote)
    system = _soloveichik({"r1": order[0], "r2": order[1]}, options)
    found = find_cross_talk(system, options, most_new=5000)
    assert found.outcome.complete
    assert found.missing == ()
    harmful = remote and order == (("X", "W"), ("E", "X"))
    assert bool(found.encounters) == harmful
    if harmful:
        first = next(e for e in found.encounters if "r2_output" in {c.name for c in e.reactants})
        held = next(c for c in first.reactants if c.name != "r2_output")
        assert system.by_complex[held].part == "held"
        assert "r1" in system.by_complex[held].gates
        # An X comes out although the gate keeps its place occupied.
        signals = {c for s, strands in system.carriers if s == "X" for c in strands}
        assert signals & set(first.products)


@pytest.mark.parametrize("remote", [True, False])
def test_the_same_pair_is_right_in_srinivas2015(remote: bool) -> None:
    system = compile_crn(parse_crn("X + W -> X + W + Z\nE + X -> E + X + W").crn).system
    assert find_cross_talk(system, EnumerationOptions(remote=remote)).encounters == ()


def test_a_reaction_that_the_complexes_do_not_have_is_missing() -> None:
    system = compile_crn(parse_crn("A + B -> C").crn).system
    one = next(r for r in system.reactions if r.place == "first")
    forged = DsdReaction(one.reactants, (one.products[0], one.products[0]), one.k, one.gate, one.place)
    wrong = DsdSystem(system.entries, (*system.reactions, forged), system.carriers)
    assert find_cross_talk(wrong).missing == ((forged.reactants, forged.products),)


def test_an_intermediate_that_cannot_let_go_is_named() -> None:
    state = compile_crn(parse_crn("A + B -> C; A -> D").crn).state
    assert state.system is not None
    kept = tuple(r for r in state.system.reactions if not any("backward" in c.name for c in r.reactants))
    cut = DsdSystem(state.system.entries, kept, state.system.carriers)

    def release(system: DsdSystem) -> Check:
        checks = verify_compiled(dataclasses.replace(state, system=system)).checks
        return next(c for c in checks if c.name == "release")

    stuck = release(cut)
    assert stuck.answer is Answer.DIFFERENT
    assert "held" in stuck.counterexample
    assert "stands for" in stuck.counterexample
    assert release(state.system).answer is Answer.EQUIVALENT


def test_a_history_that_could_pair_inside_a_gate_is_judged_by_what_it_does() -> None:
    """A gate holds the complement of a history that arrives: proved is what the complexes do, with the history in place."""
    state = compile_crn(parse_crn("A -> B; B -> C").crn).state
    maker = next(g for g in state.gates if g.reaction.id == "r1")
    history = maker.released[0].complex.domains[0]
    drawn = next(d for d in state.drawn if d.gate.reaction.id == "r2")
    join = drawn.gate.join
    base = next(d for d in join.domains if d.name == "h_r2_1")
    swapped = {c: c.renamed({base: history}, c.name) for m in drawn.gate.members for c in [m.complex]}
    members = tuple(dataclasses.replace(m, complex=swapped[m.complex]) for m in drawn.gate.members)
    wrong = dataclasses.replace(drawn.gate, members=members, join=swapped[join])
    gates = tuple(wrong if g is drawn.gate else g for g in state.gates)
    again = state
    for step in default_pipeline("srinivas2015", Physical()).passes[-2:]:
        again = step.apply(dataclasses.replace(again, gates=gates))
    assert again.system is not None
    assert again.cross_talk is not None
    assert any(~history in m.complex.domains for m in wrong.members)
    seen = {_key(r.reactants, r.products) for r in again.system.reactions}
    assert seen == _whole(again.system, EnumerationOptions(max_complexes=50_000))
    assert verify_compiled(again).answer is Answer.EQUIVALENT


def test_gates_of_one_shape_are_enumerated_once() -> None:
    chain = CRN.build(Reaction(f"r{k}", Bag.of(f"A{k}", f"B{k}"), Bag.of(f"A{k + 1}", f"C{k}")) for k in range(40))
    compiled = compile_crn(chain)
    networks = {id(d.network) for d in compiled.state.drawn}
    # two kinds of gate (and few rotations of them): join gates and buffers
    assert len(networks) <= 6
    assert compiled.state.cross_talk is not None
    assert compiled.state.cross_talk.shapes <= 20
    small = compile_crn(CRN.build(chain.reactions[:2]))
    assert verify_compiled(compiled.state).answer is verify_compiled(small.state).answer is Answer.EQUIVALENT


def test_a_template_renamed_is_the_gate_enumerated() -> None:
    gates = [d.gate for d in compile_crn(parse_crn("A + B -> C + A; D + E -> F + D; Q + P -> R + Q").crn).state.drawn]
    templates = Templates()
    for gate in gates:
        template, naming = templates.of(gate.initial)
        renamed = {
            _key(tuple(c.renamed(naming) for c in r.reactants), tuple(c.renamed(naming) for c in r.products))
            for r in template.network.reactions
        }
        direct = {_key(r.reactants, r.products) for r in condensed_network(gate.initial).reactions}
        assert renamed == direct
    assert len(templates) < len(gates)


def test_shapes_forget_names_and_nothing_else() -> None:
    lengths = {"a": 15, "b": 5, "c": 15, "d": 5, "e": 6}
    one = parse_kernel("a( b + ) b*", lengths)
    same = parse_kernel("c( d + ) d*", lengths)
    longer = parse_kernel("c( e + ) e*", lengths)
    apart = parse_kernel("c( d + ) e*", lengths)
    assert shape_of([one])[0] == shape_of([same])[0]
    assert len({shape_of([x])[0] for x in (one, longer, apart)}) == 3
    assert same.renamed(dict(zip(shape_of([same])[1], shape_of([one])[1], strict=True))) == one

"""Pipelines as text, the lowering passes, and the roles that reactants get."""

from __future__ import annotations

import dataclasses
import itertools
import math

import pytest

from compiler.api import CompileOptions, compile_crn, simulate
from compiler.passes import (
    PASSES,
    AssignRoles,
    DrawGates,
    Enumerate,
    JoinReversible,
    LowerOrder,
    Pipeline,
    SplitReversible,
    State,
    default_pipeline,
    scheme_of,
)
from compiler.roles import KnownFaultError, assign_roles
from compiler.scaling import Physical
from compiler.verify.gates import verify_compiled
from compiler.verify.verdict import Answer
from crn.diagnostics import CircuitError
from crn.neural.catalog import named_circuit
from crn.rewrite import reversible_pairs
from crn.text import parse_crn
from dsd.enumeration import EnumerationOptions
from dsd.lab.inventory import Inventory
from dsd.schemes import SCHEMES, Lengths

# --- pipelines as text --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", [s.name for s in SCHEMES])
@pytest.mark.parametrize("time_s", [None, 12.5, 1e-07, 1 / 3])
def test_what_is_written_is_read_back(scheme: str, time_s: float | None) -> None:
    orders = (("r1", ("A", "B'")), ("r2", ()), ("r10", ("X_1", "X_1", "Y")))
    pipeline = default_pipeline(scheme, Physical(1e-9, 3e-5, 1.7e6), time_s, Lengths(7, 19), orders, True, True)
    assert Pipeline.parse(str(pipeline)) == pipeline
    assert Pipeline.parse(str(default_pipeline(scheme, Physical()))) == default_pipeline(scheme, Physical())


def test_every_pass_and_every_kind_of_value_is_read_back() -> None:
    options = EnumerationOptions(3, False, False, max_seconds=math.inf)
    given = {"scheme": "srinivas2015", "signal_M": 0.1 + 0.2, "fuel_M": 1.0, "q_max": 3e6}
    every = Pipeline(
        tuple(each(**{k: v for k, v in given.items() if k in each.__dataclass_fields__}) for each in PASSES)
    )
    assert Pipeline.parse(str(every)) == every
    timed = Enumerate(dataclasses.replace(options, max_seconds=2.5))
    assert Pipeline.parse(f"{timed},{Enumerate(options)}") == Pipeline((timed, Enumerate(options)))


def test_options_that_are_left_out_have_their_defaults() -> None:
    assert Pipeline.parse("lower-order").passes == (LowerOrder(),)
    assert Pipeline.parse("lower-order{held=0.5}").passes == (LowerOrder(held=0.5),)
    assert Pipeline.parse("gates{scheme=a,lengths={long=20}}").passes == (DrawGates("a", Lengths(5, 20)),)


@pytest.mark.parametrize(
    ("text", "column", "word"),
    [
        ("", 1, "name of a pass"),
        ("gats{}", 1, "no pass 'gats'"),
        ("lower-order,", 13, "name of a pass"),
        ("lower-order{most=3", 19, "expected ','"),
        ("lower-order{mast=3}", 13, "most, held"),
        ("lower-order{most=three}", 18, "'three' is not a value"),
        ("lower-order{most=3}gates", 20, "expected ','"),
        ("gates", 1, "gates"),
        ("enumerate{options={release_cutoff=-1}}", 19, "release cutoff"),
        ("assign-roles{scheme=s,allow_wrong=maybe}", 35, "'maybe'"),
    ],
)
def test_faults_of_a_text_have_a_place(text: str, column: int, word: str) -> None:
    with pytest.raises(CircuitError) as caught:
        Pipeline.parse(text)
    found = caught.value.diagnostics[0]
    assert word in found.message
    assert found.span is not None
    assert found.span.column == column


def test_a_pipeline_that_was_read_compiles_the_same() -> None:
    compiled = compile_crn(parse_crn("A + B <=> C; 2C -> A; A @i 1").crn, CompileOptions("qian2011-irreversible"))
    again = Pipeline.parse(compiled.pipeline).run(compiled.state.formal, {"A": 1.0})
    assert again.system == compiled.system


# --- reversible reactions -----------------------------------------------------------------------------------------------------


def test_pairs_of_reverses() -> None:
    crn = parse_crn("A + B <=> C; C -> D; C -> A + B; D -> A; B + A -> C; A -> D; A -> A").crn
    assert reversible_pairs(crn) == (("r1", "r1r"), ("r3", "r5"), ("r4", "r6"))


def test_joined_and_split_again() -> None:
    crn = parse_crn("A <=> B").crn
    joined = JoinReversible().apply(State(crn, crn))
    assert joined.pairs == (("r1", "r1r"),)
    assert SplitReversible().apply(joined).pairs == ()
    passes = default_pipeline("qian2011-irreversible", Physical()).passes
    apart = Pipeline(tuple(p for p in passes if not isinstance(p, JoinReversible))).run(crn, {})
    together = Pipeline(passes).run(crn, {})
    assert (len(apart.gates), len(together.gates)) == (2, 1)
    assert verify_compiled(apart).answer is verify_compiled(together).answer is Answer.EQUIVALENT
    sizes = [Inventory.of(s.system).total.nucleotides for s in (apart, together) if s.system]
    assert sizes[0] > sizes[1]


def test_a_lost_reverse_is_seen() -> None:
    """A gate that goes both ways, where only one was written, does what it should not."""
    crn = parse_crn("A <=> B").crn
    state = default_pipeline("qian2011", Physical()).run(crn, {})
    assert verify_compiled(state).answer is Answer.EQUIVALENT
    one_way = dataclasses.replace(state, lowered=dataclasses.replace(crn, reactions=crn.reactions[:1]))
    checks = {c.name: c.answer for c in verify_compiled(one_way).checks}
    assert checks["gates"] is Answer.DIFFERENT


# --- who binds first ----------------------------------------------------------------------------------------------------------


def test_each_catalyst_keeps_to_one_role() -> None:
    """The known pair of soloveichik2010, in any order in which it may be written."""
    for text in ("X + W -> X + W + Z; E + X -> E + X + W", "W + X -> X + W + Z; X + E -> W + X + E"):
        for scheme in ("soloveichik2010", "srinivas2015"):
            state = compile_crn(parse_crn(text).crn, CompileOptions(scheme)).state
            assert verify_compiled(state).answer is Answer.EQUIVALENT
            assert state.cross_talk is not None
            assert state.cross_talk.encounters == ()


def test_impostors_are_avoided_rather_than_loads_evened_out() -> None:
    crn = parse_crn("X + W -> X + W + Z [5]; E + X -> E + X + W [4]; W + E -> Q; X + Q -> W").crn
    scheme = scheme_of("soloveichik2010")
    roles = assign_roles(crn, scheme, Physical())
    assert roles.faults == ()
    orders = dict(roles.orders)
    imitated = {r.id: scheme.imitated(orders[r.id], r.products.elements()) for r in crn.reactions}
    for a, b in itertools.permutations(orders, 2):
        assert imitated[a].isdisjoint(itertools.pairwise(orders[b]))


def test_what_cannot_be_avoided_is_named() -> None:
    """X and W are both made by a gate that ends with the other, whichever binds first in the first reaction."""
    text = "X + W -> Z; X -> W; W -> X"
    crn = parse_crn(text).crn
    roles = assign_roles(crn, scheme_of("soloveichik2010"), Physical())
    assert len(roles.faults) == 1
    assert "wrong together" in roles.faults[0].message
    with pytest.raises(KnownFaultError, match="--allow-wrong"):
        compile_crn(crn, CompileOptions("soloveichik2010"))
    state = compile_crn(crn, CompileOptions("soloveichik2010", allow_wrong=True)).state
    assert verify_compiled(state).answer is Answer.DIFFERENT
    assert any(n.startswith("wrong, and allowed") for n in state.notes)


def test_the_user_decides() -> None:
    crn = parse_crn("A + B -> C; A + D -> C; D + B -> A").crn
    wanted = (("r1", ("B", "A")), ("r3", ("B", "D")))
    found = dict(compile_crn(crn, CompileOptions(orders=wanted)).state.orders)
    assert (found["r1"], found["r3"]) == (("B", "A"), ("B", "D"))
    gates = {g.reaction.id: g.order for g in compile_crn(crn, CompileOptions(orders=wanted)).state.gates}
    assert gates == found


@pytest.mark.parametrize(
    ("order", "message"),
    [(("r7", ("A", "B")), "there is no reaction r7"), (("r1", ("A",)), "reactants of r1 are A \\+ B")],
)
def test_orders_that_cannot_be_are_refused(order: tuple[str, tuple[str, ...]], message: str) -> None:
    with pytest.raises(CircuitError, match=message):
        compile_crn(parse_crn("A + B -> C").crn, CompileOptions(orders=(order,)))


def test_roles_of_many_reactions_are_found_in_time() -> None:
    """Two hundred reactions that disturb one another; the search must not go through all assignments."""
    text = "\n".join(f"X{i} + X{i + 1} -> X{i} + X{i + 1} + X{(i * 7) % 40}" for i in range(200))
    roles = assign_roles(parse_crn(text).crn, scheme_of("soloveichik2010"), Physical())
    assert len(roles.orders) == 200


# --- what other passes do -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scheme", "name"),
    [
        ("srinivas2015", "linear-regression:variant=lr10"),
        ("lakin2012", "linear-regression"),
        pytest.param("soloveichik2010", "linear-regression", marks=pytest.mark.slow),
        pytest.param("cardelli2011", "linear-regression:variant=lr10", marks=pytest.mark.slow),
    ],
)
def test_catalysts_given_back_alike_save_strands(scheme: str, name: str) -> None:
    crn = named_circuit(name)[0].crn
    fresh, shared = (compile_crn(crn, CompileOptions(scheme, share_catalysts=s)) for s in (False, True))
    assert verify_compiled(shared.state).answer is Answer.EQUIVALENT
    before, after = (Inventory.of(c.system).total for c in (fresh, shared))
    assert after.strands < before.strands
    assert after.nucleotides < before.nucleotides
    assert after.fuels == before.fuels
    assert len(shared.system.reactions) < len(fresh.system.reactions)


@pytest.mark.parametrize(
    "text", ["X + Y -> X; X + Z -> X", "X + Y -> X + Y + Z; X -> X + Z; X + Z -> X + 2Z", "2X -> 2X + Y; 2X + Y -> 2X"]
)
@pytest.mark.parametrize(
    "scheme",
    [
        "srinivas2015",
        "cardelli2011",
        *(pytest.param(s, marks=pytest.mark.slow) for s in ("soloveichik2010", "lakin2012")),
    ],
)
def test_catalysts_that_are_all_there_is_are_given_back_apart(scheme: str, text: str) -> None:
    crn = parse_crn(text).crn
    state = compile_crn(crn, CompileOptions(scheme, share_catalysts=True)).state
    assert verify_compiled(state).answer is Answer.EQUIVALENT


def test_catalysts_given_back_alike_change_no_rate() -> None:
    crn = parse_crn("X + W -> X + W + Z; Z + X -> X; W + Z -> W; X @i 1; W @i 1").crn
    run = simulate(crn, [0.0, 0.5, 1.0, 2.0], options=CompileOptions(share_catalysts=True))
    assert run.max_relative_error is not None
    assert run.max_relative_error < 0.01


@pytest.mark.parametrize("scheme", [s.name for s in SCHEMES if s.rates])
def test_rates_that_cannot_be_set_are_refused_where_they_are_needed(scheme: str) -> None:
    crn = parse_crn("A <=> B; A @i 1").crn
    options = CompileOptions(scheme, allow_wrong=True)
    compiled = compile_crn(crn, options)
    assert compiled.scale.unset == scheme_of(scheme).rates
    with pytest.raises(CircuitError, match="rates cannot be set") as caught:
        simulate(crn, [0.0, 1.0], "dna", options=options)
    assert "srinivas2015" in caught.value.diagnostics[0].advice
    with pytest.raises(CircuitError, match="leave --scale out"):
        compile_crn(crn, dataclasses.replace(options, time_s=10.0))


def test_a_detour_is_taken_where_it_helps() -> None:
    """Around reactions of any number of products, and only where the scheme would be wrong."""
    crn = parse_crn("2A -> A + B; 2C -> D").crn
    state = compile_crn(crn, CompileOptions("soloveichik2010")).state
    assert [r.id for r in state.lowered.reactions] == ["r1", "r1b", "r2"]
    assert verify_compiled(state).answer is Answer.EQUIVALENT
    assert [r.id for r in compile_crn(crn).state.lowered.reactions] == ["r1", "r2"]


def test_a_rewrite_says_what_it_costs() -> None:
    """By the name of its pass, in the numbers of reactions and species counted by hand; a pass with nothing to do says nothing."""
    text = "A + B + C + D -> 2A; 2A -> A; E + F -> E + G"
    notes = compile_crn(parse_crn(text).crn, CompileOptions(share_catalysts=True)).state.notes
    assert "lower-order: 3 reactions become 5, with 1 more species" in notes
    assert "detour: 5 reactions become 6, with 1 more species" in notes
    assert "share-catalysts: E come back alike from every gate" in notes
    joined = compile_crn(parse_crn("A <=> B; B -> C").crn, CompileOptions("qian2011-irreversible")).state.notes
    assert "join-reversible: r1 and the reverse share a gate each" in joined
    silent = compile_crn(parse_crn("A -> B").crn, CompileOptions(share_catalysts=True)).state.notes
    assert not any(n.startswith(f"{p.name}:") for n in silent for p in PASSES)


def test_assigning_roles_says_what_it_was_given() -> None:
    shown = str(AssignRoles("srinivas2015", orders=(("r1", ("B", "A")),)))
    assert "orders=r1:B>A" in shown
    assert "allow_wrong=no" in shown

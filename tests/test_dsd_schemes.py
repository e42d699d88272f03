"""Every scheme against figures measured with Nuskell, Peppercorn and crnverifier, and against its own claims."""

from __future__ import annotations

import csv
import itertools
import random
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest

from compiler.api import CompileOptions, simulate
from compiler.passes import Pipeline, State, default_pipeline, scheme_of
from compiler.scaling import Physical
from compiler.verify.bisimulation import check_bisimulation
from compiler.verify.gates import verify_compiled
from compiler.verify.verdict import Answer, Check
from crn.diagnostics import CircuitError
from crn.network import CRN, Bag, Reaction
from crn.text import parse_crn
from dsd.lab.inventory import Inventory
from dsd.leaks import find_leaks
from dsd.schemes import SCHEMES, Fresh, Role, Scheme

_TABLE = Path(__file__).parent / "data" / "scheme_counts.csv"
SIZES = ("fuels", "strands", "nucleotides", "intermediates", "reactions")

EXCEPTIONS = {
    ("soloveichik2010", "A->"): ((1, 3, 85, 2, 1), "no translator of 5 nt where there is nothing to release"),
    ("soloveichik2010", "A+B->"): ((2, 5, 175, 3, 3), "no translator of 5 nt where there is nothing to release"),
    ("soloveichik2010", "->A"): ((3, 5, 155, 3, 2), "the strand that feeds a source has no history domain"),
    ("lakin2012", "A->"): ((3, 5, 160, 3, 3), "the strand that nobody wants is not there from the start"),
    ("lakin2012", "A+B->"): ((4, 7, 235, 4, 5), "the strand that nobody wants is not there from the start"),
}
"""Where our sizes differ from the table: ours, and why."""


def _rows() -> list[dict[str, str]]:
    lines = [line for line in _TABLE.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return list(csv.DictReader(lines))


ROWS = _rows()
BY_ROW = pytest.mark.parametrize("row", ROWS, ids=[f"{r['scheme']}:{r['crn']}" for r in ROWS])
BY_SCHEME = pytest.mark.parametrize("scheme", SCHEMES, ids=[s.name for s in SCHEMES])


@cache
def compiled(scheme: str, text: str, *, allow_wrong: bool = True) -> State:
    return default_pipeline(scheme, Physical(), allow_wrong=allow_wrong).run(parse_crn(text).crn, {})


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


def refusal(scheme: str, text: str, orders: Sequence[tuple[str, tuple[str, ...]]] = ()) -> str:
    """Return what the compiler says instead of compiling; nothing if it compiles."""
    try:
        default_pipeline(scheme, Physical(), orders=tuple(orders)).run(parse_crn(text).crn, {})
    except CircuitError as error:
        return str(error)
    return ""


# --- against what others measured ---------------------------------------------------------------------------------------------


def test_the_table_has_every_scheme_that_others_have_too() -> None:
    assert len(ROWS) == 90
    assert {r["scheme"] for r in ROWS} == {s.name for s in SCHEMES} - {"wang2018"}
    assert set(EXCEPTIONS) <= {(r["scheme"], r["crn"]) for r in ROWS}


@BY_ROW
def test_sizes_are_those_of_nuskell(row: dict[str, str]) -> None:
    state = compiled(row["scheme"], row["crn"])
    assert state.system is not None
    buffers = {g.reaction.id for g in state.buffers}
    formed = [e for e in state.system.of_role(Role.INTERMEDIATE, Role.WASTE) if not buffers.issuperset(e.gates)]
    reactions = [r for r in state.system.reactions if r.gate not in buffers]
    counts = Inventory.of(state.system).for_gates
    ours = (counts.fuels, counts.strands, counts.nucleotides, len(formed), len(reactions))
    theirs = tuple(int(row[key]) for key in SIZES)
    exception = EXCEPTIONS.get((row["scheme"], row["crn"]))
    assert ours == (exception[0] if exception else theirs)
    assert exception is None or exception[0] != theirs


@BY_ROW
def test_verdicts_are_those_of_crnverifier(row: dict[str, str]) -> None:
    """Theirs come from a search for an interpretation, ours from the one that the scheme carries."""
    state = compiled(row["scheme"], row["crn"])
    expected = {"T": Answer.EQUIVALENT, "F": Answer.DIFFERENT}[row["bisimulation"]]
    assert monolithic(state).answer is expected


@BY_ROW
def test_what_the_compiler_lets_pass_is_proved(row: dict[str, str]) -> None:
    """A scheme that is wrong for a reaction says so and is refused; one that says nothing is right, gate by gate and as a whole."""
    message = refusal(row["scheme"], row["crn"])
    verdict = verify_compiled(compiled(row["scheme"], row["crn"]))
    assert verdict.answer is (Answer.DIFFERENT if message else Answer.EQUIVALENT), (message, verdict)
    if message:
        assert "wrong" in message
        assert "--allow-wrong" in message


# --- against their own claims -------------------------------------------------------------------------------------------------

SHAPES = [
    (order, made)
    for n in range(3)
    for order in itertools.product("AB", repeat=n)
    for m in range(3)
    for made in itertools.combinations_with_replacement("ABC", m)
    if (n or m) and Bag.of(*order) != Bag.of(*made) and list(dict.fromkeys(order)) == list("AB"[: len(set(order))])
]
"""Reactions of up to two reactants, in binding order, and up to two products."""


SOME_SHAPES = random.Random(3).sample([x for x in SHAPES if x[0] != ("A", "A") or "A" not in x[1]], 10)
"""Without those that fill the enumerator of a scheme with backward strands; one of these is `test_the_pair_that..` below."""


@BY_SCHEME
@pytest.mark.parametrize("shapes", [SOME_SHAPES, pytest.param(SHAPES, marks=pytest.mark.slow)], ids=["some", "all"])
def test_faults_are_exact(scheme: Scheme, shapes: Sequence[tuple[Sequence[str], Sequence[str]]]) -> None:
    """In every binding order of every small reaction: the proof fails where a fault is stated, and only there."""
    wrong = []
    for order, made in shapes:
        if scheme.objection(order, made):
            continue
        reaction = Reaction("r1", Bag.of(*order), Bag.of(*made))
        passes = default_pipeline(scheme.name, Physical(), orders=(("r1", tuple(order)),), allow_wrong=True).passes
        state = Pipeline(tuple(p for p in passes if p.name != "detour")).run(CRN.build([reaction]), {})
        known = scheme.fault(order, made) or (made and scheme.undone)
        proved = verify_compiled(state).answer is Answer.EQUIVALENT
        if proved == bool(known):
            wrong.append((order, made, known, verify_compiled(state)))
    assert not wrong, wrong[0]


@BY_SCHEME
def test_fields_are_filled_in(scheme: Scheme) -> None:
    assert "doi:" in scheme.reference
    assert all(text and text[-1] != "." for text in (scheme.summary, scheme.arity))
    assert scheme_of(scheme.name) is scheme


@BY_SCHEME
def test_signals_tell_their_species(scheme: Scheme) -> None:
    fresh = Fresh()
    signals = {s: scheme.signal(s, 2, fresh) for s in ("A", "B")}
    for species, signal in signals.items():
        for strand in signal.wild(2):
            assert [s for s, x in signals.items() if x.carried_by(strand.strands[0])] == [species]


SLOW = CompileOptions("wang2018", time_s=2000.0)
"""Slow beside the gates themselves."""

PAIRS = [
    "A + B -> C; C -> A; A -> D",
    "X + W -> X + W + Z; E + X -> E + X + W",
    "A + B -> A + C; A + C -> B; B -> ",
    "2A -> B; B -> A + C; C + A -> B; -> C",
    "A <=> B; B + A -> 2A",
]


@BY_SCHEME
@pytest.mark.parametrize("text", PAIRS)
def test_networks_are_right_or_refused(scheme: Scheme, text: str) -> None:
    """Gate by gate, with what gates do to one another; and once all reactions together, by the definition."""
    message = refusal(scheme.name, text)
    if message:
        assert "wrong" in message or "cannot carry" in message
        return
    state = compiled(scheme.name, text)
    verdict = verify_compiled(state)
    assert verdict.answer is Answer.EQUIVALENT, verdict
    if len(state.lowered.reactions) < 4 and scheme.name != "qian2011":
        assert monolithic(state).answer is Answer.EQUIVALENT


def test_the_pair_that_soloveichik2010_gets_wrong_is_named() -> None:
    """X before W in one gate, and X last where W is made: said beforehand, found by the search for cross-talk, and avoided."""
    text = "X + W -> X + W + Z; E + X -> E + X + W"
    orders = (("r1", ("X", "W")), ("r2", ("E", "X")))
    message = refusal("soloveichik2010", text, orders)
    assert "X + W -> " in message.replace("W + X", "X + W")
    assert "imitates the backward strand of X before W" in message
    state = default_pipeline("soloveichik2010", Physical(), orders=orders, allow_wrong=True).run(
        parse_crn(text).crn, {}
    )
    checks = {c.name: c.answer for c in verify_compiled(state).checks}
    assert (checks["gates"], checks["cross-talk"]) == (Answer.EQUIVALENT, Answer.DIFFERENT)
    assert verify_compiled(compiled("soloveichik2010", text, allow_wrong=False)).answer is Answer.EQUIVALENT


LARGE = ["A + B + C -> D + E + F", "2A + B -> 3A + C", "A + B -> A + B + 4C", "3A -> B"]


@pytest.mark.parametrize(
    "scheme", [s.name for s in SCHEMES if not s.undone and s.name not in ("cardelli2011-gc", "wang2018")]
)
@pytest.mark.parametrize("text", LARGE)
def test_large_gates_are_right(scheme: str, text: str) -> None:
    verdict = verify_compiled(compiled(scheme, text, allow_wrong=False))
    assert verdict.answer is Answer.EQUIVALENT, verdict


@pytest.mark.parametrize("scheme", [s.name for s in SCHEMES if s.two_way])
def test_a_reaction_and_its_reverse_share_a_gate(scheme: str) -> None:
    state = compiled(scheme, "A + B <=> C [2, 3]; C -> ; A <=> D", allow_wrong=False)
    assert [tuple(r.id for r in g.reactions) for g in state.gates] == [("r1", "r1r"), ("r2",), ("r3", "r3r")]
    assert verify_compiled(state).answer is Answer.EQUIVALENT


# --- leakless -----------------------------------------------------------------------------------------------------------------

TRANSLATIONS = [
    "A -> B",
    "A -> ",
    "-> A",
    "A -> B + C",
    "-> A + B",
    "A -> A + B",
    "A -> 2B",
    "A -> B + C; B -> A; C -> B + D; D -> A",
]


@pytest.mark.parametrize("text", [*TRANSLATIONS, "A -> B + C + D + E; B -> A"])
def test_translators_are_right_and_leakless(text: str) -> None:
    state = compiled("wang2018", text, allow_wrong=False)
    assert verify_compiled(state).answer is Answer.EQUIVALENT
    assert state.system is not None
    assert find_leaks(state.system) == ()


@pytest.mark.parametrize("scheme", [s.name for s in SCHEMES if s.name != "wang2018"])
def test_other_schemes_leak(scheme: str) -> None:
    """Some fuel exposes all that holds a strand of another: a trigger, a tail, a stand-in or a lock."""
    system = compiled(scheme, "A -> B").system
    assert system is not None
    assert find_leaks(system)


def test_leaks_counted_by_hand() -> None:
    """Who exposes all that holds another.

    The tail of the join gate does for C, the helper for D; both products, on the produce gate, for the upper strands of their
    buffers; and the backward strand of the buffer of B for the flux strand, both of them m_B s_B and more.
    """
    system = compiled("srinivas2015", "A + B -> C + D").system
    assert system is not None
    found = {(x.invader.name, x.target.name, str(x.freed)) for x in find_leaks(system)}
    assert found == {
        ("buffer_B_backward", "r1_join", "m_B s_B h_r1_1"),
        ("r1_join", "r1_produce", "h_r1_1 f_C m_C s_C"),
        ("r1_helper", "r1_produce", "h_r1_2 f_D m_D s_D"),
        ("r1_produce", "buffer_C_join", "m_C s_C x_C"),
        ("r1_produce", "buffer_D_join", "m_D s_D x_D"),
    }


def test_a_relay_that_goes_to_the_wrong_gate_is_foreseen() -> None:
    """Two gates that open with the domain of A and release B first: the relay strand of one frees B from the other."""
    assert "A -> B + C and A -> B" in refusal("wang2018", "A -> B; A -> B + C") or "A -> B and A -> B + C" in refusal(
        "wang2018", "A -> B; A -> B + C"
    )
    assert verify_compiled(compiled("wang2018", "A -> B; A -> B + C")).answer is Answer.DIFFERENT
    assert verify_compiled(compiled("wang2018", "A -> B; A -> D; A -> E + C")).answer is Answer.EQUIVALENT


def test_translators_behave_as_written() -> None:
    run = simulate(
        parse_crn("A -> B [2]; B -> A + C [0.5]; C -> [1]; -> A [0.3]; A @i 1").crn, [0.0, 1.0, 3.0], options=SLOW
    )
    assert run.max_relative_error is not None
    assert run.max_relative_error < 0.01

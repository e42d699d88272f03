"""The search for interpretations, against recorded lists, against trying every map, and on foreign work as a user brings it."""

from __future__ import annotations

import itertools
import json
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from support_networks import Plain, bags, random_system, reactions

from compiler import api
from compiler.verify.bisimulation import check_bisimulation, claim_of, judge
from compiler.verify.certificate import Certificate, Claim, aliases
from compiler.verify.certify import Limits, certify
from compiler.verify.checker import check_atomic, check_delimiting
from compiler.verify.foreign import prove_pair
from compiler.verify.paths import AllSafe, Net
from compiler.verify.search import Found, SearchLimits, delay, out_of_reach, search, unread
from compiler.verify.verdict import Answer
from crn.diagnostics import CircuitError
from crn.network import CRN, Bag, Reaction

DATA = Path(__file__).parent / "data"


def load(file: str) -> dict[str, Any]:
    """Return recorded cases by their id."""
    return {c["id"]: c for c in json.loads((DATA / file).read_text(encoding="utf-8"))["cases"]}


WHOLE = load("bisimulation_cases.json")
MODULAR = load("modular_cases.json")
THEOREM = load("theorem_cases.json")
MODULES = {n: c for n, c in MODULAR.items() if c["kind"] == "modular"}
SLOW = {"C061", "C062"}
"""The Roessler system: half a minute without an interpretation; crnverifier's search takes more than two days."""


def look(formal: str, implementation: str, partial: Mapping[str, Sequence[str]] | None = None, **options: Any) -> Found:
    """Search for texts."""
    given = {s: Bag.of(*m) for s, m in (partial or {}).items()}
    return search(bags(reactions(formal)), bags(reactions(implementation)), given, **options)


def plain(found: Found) -> set[tuple[tuple[str, tuple[str, ...]], ...]]:
    """Return interpretations as what can be compared."""
    return {tuple(sorted((s, m.elements()) for s, m in each.items())) for each in found.interpretations}


def recorded(case: Mapping[str, Any]) -> set[tuple[tuple[str, tuple[str, ...]], ...]]:
    """Return the list that a case has."""
    return {tuple(sorted((s, tuple(sorted(m))) for s, m in each.items())) for each in case["bisimulations"]}


# --- recorded cases -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [n for n, c in WHOLE.items() if "bisimulations" in c])
def test_all_interpretations_are_found(name: str) -> None:
    case = WHOLE[name]
    every = look(case["fcrn"], case["icrn"], formals=case["formals"] or (), every=True)
    assert every.complete
    assert plain(every) == recorded(case)
    one = look(case["fcrn"], case["icrn"], formals=case["formals"] or ())
    assert plain(one) <= recorded(case)
    assert bool(one.interpretations) == case["verdict"] == (not one.none)


@pytest.mark.parametrize("name", [n for n, c in WHOLE.items() if c.get("interpretation")])
def test_parts_of_interpretations_are_kept_and_completed(name: str) -> None:
    case = WHOLE[name]
    found = look(case["fcrn"], case["icrn"], case["interpretation"], formals=case["formals"] or ())
    assert bool(found.interpretations) == case["verdict"] == (not found.none)
    for each in found.interpretations:
        assert all(each[s].elements() == tuple(sorted(m)) for s, m in case["interpretation"].items())


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(n, marks=pytest.mark.slow) if n in SLOW else n
        for n, c in WHOLE.items()
        if c["verdict"] and c.get("interpretation")
    ],
)
def test_what_has_an_interpretation_has_one_that_is_found_from_nothing(name: str) -> None:
    """Crn6 of Dong's thesis, C032, takes crnverifier 17.5 h."""
    case = WHOLE[name]
    assert look(case["fcrn"], case["icrn"], formals=case["formals"] or ()).interpretations


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow) if n in SLOW else n for n in MODULES])
def test_modules_are_searched_as_the_whole_that_they_are(name: str) -> None:
    """Where crnverifier gave up, on implementation species that modules share, there are interpretations of the whole."""
    case = MODULES[name]
    found = look(
        "; ".join(case["fcrn"]), "; ".join(case["icrn"]), case["interpretation"], formals=case["formals"] or ()
    )
    assert bool(found.interpretations) == (case["verdict"] is not False) == (not found.none)


def test_the_roessler_system_in_modules_has_the_interpretation_that_is_recorded_for_the_whole() -> None:
    """C062, where crnverifier gave up: the same reactions as C061, whose interpretation it accepts."""
    modules, whole = MODULAR["C062"], WHOLE["C061"]
    made = reactions("; ".join(modules["icrn"]))
    assert {(tuple(sorted(a)), tuple(sorted(b))) for a, b in made} == {
        (tuple(sorted(a)), tuple(sorted(b))) for a, b in reactions(whole["icrn"])
    }
    meaning = {s: Bag.of(*m) for s, m in whole["interpretation"].items()}
    formal = bags(reactions("; ".join(modules["fcrn"])))
    assert check_bisimulation(formal, bags(made), meaning).answer is Answer.EQUIVALENT


@pytest.mark.parametrize("name", [n for n, c in MODULAR.items() if c["kind"] == "modularity_condition"])
def test_the_recorded_modularity_conditions(name: str) -> None:
    """Every species hands what it shares over to common species: what the release table says, with the common ones as safe."""
    case = MODULAR[name]
    claim = claim_of([], bags(reactions(case["icrn"])), {s: Bag.of(*m) for s, m in case["interpretation"].items()})
    shared, common = set(case["common_fs"]), set(case["common_is"])
    goal = AllSafe({s for s, m in claim.meaning.items() if shared.intersection(m)}, common)
    net = Net.of(claim)
    assert all(net.path((s,), goal, 1000)[0] is not None for s in claim.meaning) == case["verdict"]


def test_the_recorded_atomic_and_delimiting_conditions() -> None:
    atomic, delimiting = MODULAR["C013"], MODULAR["C014"]
    meaning, species = atomic["args"]
    claim = Claim(frozenset(species["__set__"]), (), (), (), (), {s: tuple(m) for s, m in meaning.items()})
    assert (check_atomic(certify(claim).certificate) is None) == atomic["verdict"]
    formal, made, _, meaning = delimiting["args"]
    read = {s: Bag.of(*m) for s, m in meaning.items()}
    whole = claim_of(bags(formal), bags(made), read)
    assert (check_delimiting(Certificate(whole, {}, (), {})) is None) == delimiting["verdict"]


# --- cases of the theorem -----------------------------------------------------------------------------------------------------


def owned(case: Mapping[str, Any]) -> Claim:
    """Return a case as a claim in which every reaction belongs to its module."""
    formal: list[Plain] = []
    made: list[Plain] = []
    gates: list[str] = []
    owners: list[str] = []
    for n, module in enumerate(case["modules"]):
        for part, owner, listed in (("formal", gates, formal), ("implementation", owners, made)):
            for a, b in module[part]:
                sides = (tuple(sorted(a)), tuple(sorted(b)))
                if sides not in listed or part == "formal":
                    listed.append(sides)
                    owner.append(f"module {n}")
    meaning = {s: tuple(sorted(m)) for s, m in case["interpretation"].items()}
    species = frozenset(s for f in formal for side in f for s in side) | {f for m in meaning.values() for f in m}
    made += [(tuple(sorted(a)), tuple(sorted(b))) for a, b in case["crosstalk"]]
    owners += ["cross-talk"] * len(case["crosstalk"])
    return Claim(species, tuple(formal), tuple(gates), tuple(made), tuple(owners), meaning)


@pytest.mark.parametrize("name", THEOREM)
def test_cases_of_the_theorem_gate_by_gate(name: str) -> None:
    """With the modules as gates whose paths are sought first, the verdict is that of the whole, and certificates are checked."""
    check, certificate = judge(owned(THEOREM[name]))
    assert check.answer is (Answer.EQUIVALENT if THEOREM[name]["verdict"] else Answer.DIFFERENT)
    assert (certificate is not None) == THEOREM[name]["verdict"]


def test_aliases_of_the_theorem_are_told() -> None:
    """The cases whose local delimiting fails, and no other of those that are equivalent."""
    told = {n[:3] for n, c in THEOREM.items() if c["verdict"] and aliases(owned(c))}
    assert told == {"T11", "T16", "T19"}


def test_interpretations_that_commit_early_are_preferred() -> None:
    """T16 is the real system with the reading that crnverifier finds, which commits late; T17 the same with the early one."""
    late, early = (owned(c) for n, c in THEOREM.items() if n[:3] in ("T16", "T17"))
    assert [judge(c)[1] is not None for c in (late, early)] == [True, True]
    signals = {s: Bag.of(*late.meaning[s]) for s in "abcd"}
    formal = [(Bag.of(*a), Bag.of(*b)) for a, b in late.formal]
    made = [(Bag.of(*a), Bag.of(*b)) for a, b in late.reactions]
    assert [delay(c, "abcd") for c in (late, early)] == [1, 0]
    assert search(formal, made, signals).interpretations[0]["i18"] == Bag.of("A", "B")


# --- trying every map ---------------------------------------------------------------------------------------------------------


def try_all(formal: Sequence[Plain], made: Sequence[Plain], species: Sequence[str]) -> bool:
    """Whether some map to bags of up to two formal species is a bisimulation."""
    letters = sorted({s for a, b in formal for s in a + b})
    choices = [Bag.of(*c) for n in range(3) for c in itertools.combinations_with_replacement(letters, n)]
    few = Limits(states=500, gaps=1)
    return any(
        check_bisimulation(bags(formal), bags(made), dict(zip(species, chosen, strict=True)), limits=few).answer
        is Answer.EQUIVALENT
        for chosen in itertools.product(choices, repeat=len(species))
    )


def test_trying_every_map_agrees_on_tiny_systems() -> None:
    rng = random.Random(4)
    count: Counter[tuple[bool, bool]] = Counter()
    while count.total() < 60:
        formal, made, _ = random_system(rng)
        species = sorted({s for a, b in made for s in a + b})
        letters = {s for a, b in formal for s in a + b}
        if len(species) > 4 or len(letters) > 2 or len(species) * len(letters) > 7:
            continue
        expected = try_all(formal, made, species)
        found = search(bags(formal), bags(made), limits=SearchLimits(permissive=Limits(states=500, gaps=1)))
        if not found.complete and not found.interpretations:
            continue
        count[expected, bool(found.interpretations)] += 1
        # A reading may need three of a species; what has one of up to two is found.
        assert not (expected and found.none), (formal, made)
        if found.interpretations and not expected:
            assert max(len(m) for m in found.interpretations[0].values()) > 2, (formal, made, found)
    assert min(count[True, True], count[False, False]) > 15


def test_what_was_built_to_be_right_is_found_right() -> None:
    """Of random systems those that are bisimulations: without their interpretation, and with a part of it, one is found."""
    rng = random.Random(11)
    tried = 0
    while tried < 60:
        formal, made, meaning = random_system(rng)
        read = {s: Bag.of(*m) for s, m in meaning.items()}
        used = {s for a, b in made for s in a + b}
        if set(read) - used or len(used) > 9:
            continue
        if (
            check_bisimulation(bags(formal), bags(made), read, limits=Limits(states=500)).answer
            is not Answer.EQUIVALENT
        ):
            continue
        tried += 1
        part = {s: m for s, m in read.items() if rng.random() < 0.5}
        for given in ({}, part):
            found = search(bags(formal), bags(made), given)
            assert found.interpretations, (formal, made, meaning, given, found)
            assert all(found.interpretations[0][s] == m for s, m in given.items())


def test_what_is_given_is_kept_even_if_species_look_alike() -> None:
    """Species that can be exchanged for one another are not, once one of them is fixed."""
    for given, other in (({"x": ["A"]}, "y"), ({"x": ["B"]}, "y"), ({"y": ["A"]}, "x"), ({"y": ["B"]}, "x")):
        (first,) = look("A + B -> C", "x + y -> c", given).interpretations
        (letter,) = itertools.chain(*given.values())
        assert first[other] == Bag.of("A" if letter == "B" else "B")
    assert look("A -> B", "a -> b", {"a": []}).none
    assert not look("A -> B", "a -> b").none


def test_limits_are_an_answer() -> None:
    many = "; ".join(f"x{i} + y{i} -> z{i}" for i in range(6))
    found = look("A + B -> C; C + B -> A; A + A -> B", many, limits=SearchLimits(nodes=5))
    assert not found.complete
    assert "5 choices" in found.reason


def test_what_cannot_be_read_is_named_and_is_no_more_than_needed() -> None:
    made = bags(reactions("a -> b; x -> y; y -> a + a; b -> x; p -> q"))
    core = unread(bags(reactions("A -> B")), made, {s: Bag.of(s.upper()) for s in "ab"})
    assert {f"{a} -> {b}" for a, b in core} == {"x -> y", "y -> 2a", "b -> x"}
    assert unread(bags(reactions("A -> B")), bags(reactions("a -> b; b -> x")), {"a": Bag.of("A")}) == []
    read = {"a": Bag.of("A"), "b": Bag.of("B")}
    lost, bare = out_of_reach(bags(reactions("A -> B; A + B -> C")), bags(reactions("a -> b; b -> b2")), read)
    assert ([f"{a} -> {b}" for a, b in lost], bare) == (["A + B -> C"], ["C"])
    assert out_of_reach(bags(reactions("A -> B")), bags(reactions("a -> b")), {"a": Bag.of("A")}, formals="C") == (
        [],
        ["C"],
    )


# --- foreign work -------------------------------------------------------------------------------------------------------------


def crn(text: str, *more: str) -> CRN:
    """Return a network; `more` are species without a reaction."""
    listed = [Reaction(f"r{n}", a, b) for n, (a, b) in enumerate(bags(reactions(text)), 1)]
    return CRN.build(listed, dict.fromkeys(more, 0.0))


def test_names_are_taken_at_their_word_first() -> None:
    """By its names a swapped network is wrong; with an interpretation that names nothing it may be read otherwise."""
    proof = prove_pair(crn("A -> B; B -> C"), crn("A -> x; x -> B; B -> C"))
    assert proof.verdict.answer is Answer.EQUIVALENT
    assert proof.interpretation is not None
    assert proof.interpretation["A"] == ("A",)
    swapped = crn("A -> B"), crn("B -> x; x -> A")
    assert prove_pair(*swapped).verdict.answer is Answer.DIFFERENT
    free = prove_pair(*swapped, {})
    assert free.verdict.answer is Answer.EQUIVALENT
    assert free.interpretation is not None
    assert free.interpretation["B"] == ("A",)
    few = prove_pair(crn("A -> B; B -> C"), crn("B -> x; x -> y; y -> z"))
    assert few.verdict.answer is Answer.EQUIVALENT


@pytest.mark.parametrize(
    ("formal", "made", "given", "shown"),
    [
        ("A -> B", "A -> x; x -> B; x -> A + A", None, "x -> B; x -> 2A: cannot be read"),
        ("A -> B", "a -> b; b -> a", {"a": ["A"], "b": ["B"]}, "b -> a reads B -> A"),
        ("A -> B", "a -> i; i -> b + b", {"a": ["A"], "b": ["B"]}, "a -> i; i -> 2b: cannot be read"),
        ("A -> B; A + B -> C; B -> C", "A -> B; B -> C", None, "{A + B} reads {A + B}, but A + B -> C cannot"),
        ("A + B -> C; A -> D", "A + B -> i; i -> C; A -> D; i -> j; j -> C", {"i": ["A", "B"]}, "(in the reading"),
    ],
)
def test_counterexamples_are_in_the_users_names(
    formal: str, made: str, given: Mapping[str, Sequence[str]] | None, shown: str
) -> None:
    (check,) = prove_pair(crn(formal), crn(made), given).verdict.checks
    assert check.answer is Answer.DIFFERENT
    assert shown in check.counterexample


def test_all_interpretations_of_foreign_work() -> None:
    found = api.interpretations(crn("A + B -> C"), crn("x + y -> c + d"))
    assert found.complete
    assert plain(found) == recorded(WHOLE["C007"])
    fixed = api.interpretations(crn("A + B -> C"), crn("x + y + f -> c + d"), {"d": []}, fuels=["f"])
    assert {i["x"].support[0] for i in fixed.interpretations} == {"A", "B"}
    assert all(i["c"] == Bag.of("C") for i in fixed.interpretations)


def test_the_end_of_a_search_is_told() -> None:
    (check,) = prove_pair(crn("A -> B"), crn("x -> y; y -> z"), limits=SearchLimits(nodes=1)).verdict.checks
    assert check.answer is Answer.UNDECIDED
    assert "not all were tried" in check.reason


def test_fuels_and_formals_of_foreign_work() -> None:
    formal, made = crn("A -> B"), crn("a + f -> b + w")
    assert prove_pair(formal, made, fuels=["f"]).verdict.answer is Answer.EQUIVALENT
    assert prove_pair(formal, made, {"a": ["A"], "b": ["B"], "w": []}, fuels=["f"]).verdict.answer is Answer.EQUIVALENT
    assert prove_pair(formal, crn("a + f -> b; c -> d"), formals=["C"], fuels=["f"]).verdict.answer is Answer.EQUIVALENT
    (bare,) = prove_pair(formal, made, {"a": ["A"]}, formals=["C"], fuels=["f"]).verdict.checks
    assert (bare.answer, bare.counterexample) == (Answer.DIFFERENT, "nothing can stand for exactly one C")
    with pytest.raises(CircuitError, match="names g, which the implementation does not have"):
        prove_pair(formal, made, fuels=["g"])
    with pytest.raises(CircuitError, match="names Z, which the formal network does not have"):
        prove_pair(formal, made, {"a": ["Z"]})

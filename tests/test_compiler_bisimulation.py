"""The bisimulation checker, against recorded verdicts, a theorem's cases, crnverifier, and a search that shares no code with it."""

from __future__ import annotations

import itertools
import json
import random
import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from support_networks import Names, Plain, bags, random_system, reactions

from compiler.verify.bisimulation import Limits, check_bisimulation
from compiler.verify.verdict import Answer, Check
from crn.network import Bag

DATA = Path(__file__).parent / "data"


def load(file: str) -> dict[str, Any]:
    """Return recorded cases by their id."""
    return {c["id"]: c for c in json.loads((DATA / file).read_text(encoding="utf-8"))["cases"]}


RECORDED = load("bisimulation_cases.json")
THEOREM = load("theorem_cases.json")


def check(
    formal: Sequence[Plain],
    implementation: Sequence[Plain],
    meaning: Mapping[str, Sequence[str]],
    formals: Sequence[str] = (),
    fuels: Sequence[str] = (),
    limits: Limits | None = None,
) -> Check:
    """Ask the checker."""
    interpretation = {s: Bag.of(*names) for s, names in meaning.items()}
    return check_bisimulation(
        bags(formal), bags(implementation), interpretation, formals=formals, fuels=fuels, limits=limits or Limits()
    )


def ask(formal: str, implementation: str, meaning: str, **options: Any) -> Check:
    """Ask about texts; the interpretation is written ``a=A i=A+B n=``."""
    read = {s: [f for f in names.split("+") if f] for s, names in (x.split("=") for x in meaning.split())}
    return check(reactions(formal), reactions(implementation), read, **options)


# --- recorded cases -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [n for n, c in RECORDED.items() if "interpretation" in c])
def test_recorded_verdicts_for_a_given_interpretation(name: str) -> None:
    case = RECORDED[name]
    meaning = case.get("completed", case["interpretation"])
    found = check(reactions(case["fcrn"]), reactions(case["icrn"]), meaning, case["formals"])
    assert found.answer is (Answer.EQUIVALENT if case["verdict"] else Answer.DIFFERENT), found
    assert bool(found.counterexample) != case["verdict"]


@pytest.mark.parametrize("name", [n for n, c in RECORDED.items() if "bisimulations" in c])
def test_recorded_lists_of_all_bisimulations(name: str) -> None:
    """Where crnverifier listed all interpretations, trying every one finds the same.

    Tried is every map to bags of up to two formal species, or up to one where that is too many; where that is too many still (and
    nothing is to be found) 3000 of them drawn by lot.
    """
    case = RECORDED[name]
    formal, implementation = reactions(case["fcrn"]), reactions(case["icrn"])
    formals = sorted(case["formals"] or {s for a, b in formal for s in a + b})
    species = sorted({s for a, b in implementation for s in a + b})
    bags = [c for n in range(3) for c in itertools.combinations_with_replacement(formals, n)]
    if len(bags) ** len(species) > 5000:
        bags = [b for b in bags if len(b) < 2]
    maps = list(itertools.product(bags, repeat=len(species)))
    if len(maps) > 5000:
        maps = random.Random(name).sample(maps, 3000)
        assert not case["bisimulations"]
    found = set()
    for chosen in maps:
        meaning = dict(zip(species, chosen, strict=True))
        if check(formal, implementation, meaning, formals).answer is Answer.EQUIVALENT:
            found.add(chosen)
    assert found == {tuple(tuple(b[s]) for s in species) for b in case["bisimulations"]}


@pytest.mark.parametrize("name", THEOREM)
def test_cases_of_the_compositional_theorem(name: str) -> None:
    """The union of the modules and the cross-talk, against the union of what the modules are meant to do."""
    case = THEOREM[name]

    def union(part: str) -> list[Plain]:
        listed = [r for module in case["modules"] for r in module[part]]
        listed += case["crosstalk"] if part == "implementation" else []
        return list(dict.fromkeys((tuple(sorted(a)), tuple(sorted(b))) for a, b in listed))

    found = check(union("formal"), union("implementation"), case["interpretation"])
    assert found.answer is (Answer.EQUIVALENT if case["verdict"] else Answer.DIFFERENT), found


def test_the_recorded_cases_are_all_there() -> None:
    assert len(RECORDED) == 25
    assert len(THEOREM) == 21
    assert Counter(c["verdict"] for c in RECORDED.values()) == {True: 18, False: 7}
    assert Counter(c["verdict"] for c in THEOREM.values()) == {True: 9, False: 12}


# --- crnverifier --------------------------------------------------------------------------------------------------------------


def test_crnverifier_agrees_on_random_systems() -> None:
    """The verdict of crnverifier's monolithic test, given the whole interpretation, is the checker's.

    The two agree by definition once three habits are allowed for. (1) crnverifier asserts that no reaction has equal sides: those
    are left out. (2) It takes the formal species from `formals`: that is given as the species of the formal reactions, which all
    occur. (3) It strips no wastes; the checker does, and a closed set of species that stand for nothing neither enables nor blocks
    what other species do, so the verdict is the same, null species and wastes included. Its graph search is asked for, which
    decides every case and draws no random numbers; where the checker runs into its limit it has no verdict, which is counted.
    """
    from crnverifier import crn_bisimulation_test

    rng = random.Random(20190)
    count: Counter[tuple[bool, Answer]] = Counter()
    for _ in range(500):
        formal, implementation, meaning = random_system(rng)
        fcrn = [[list(a), list(b)] for a, b in formal]
        icrn = [[list(a), list(b)] for a, b in implementation]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected, _ = crn_bisimulation_test(
                fcrn,
                icrn,
                formals={s for a, b in formal for s in a + b},
                interpretation={s: list(names) for s, names in meaning.items()},
                permissive="graphsearch",
            )
        found = check(formal, implementation, meaning, limits=Limits(states=2000))
        count[expected, found.answer] += 1
        assert found.answer in (Answer.UNDECIDED, Answer.EQUIVALENT if expected else Answer.DIFFERENT), (
            formal,
            implementation,
            meaning,
            found,
        )
    assert count[True, Answer.EQUIVALENT] > 120
    assert count[False, Answer.DIFFERENT] > 120
    assert count[True, Answer.UNDECIDED] + count[False, Answer.UNDECIDED] < 20


# --- a search that shares no code ---------------------------------------------------------------------------------------------


def naive(formal: Sequence[Plain], made: Sequence[Plain], meaning: Mapping[str, Names], size: int) -> bool | None:
    """Decide bisimulation from the definition: from EVERY state of up to `size` molecules, by trying all that can happen.

    None if some state leads to more than 400 others, which a search of this kind does not settle.
    """

    def read(state: Sequence[str]) -> Names:
        return tuple(sorted(f for s in state for f in meaning[s]))

    def enabled(state: Names, side: Names) -> bool:
        return not Counter(side) - Counter(state)

    goals = {(tuple(sorted(a)), tuple(sorted(b))) for a, b in formal}
    if any((f,) not in meaning.values() for f in {s for a, b in formal for s in a + b}):
        return False
    reads = [(read(a), read(b)) for a, b in made]
    if any(x != y and (x, y) not in goals for x, y in reads):
        return False
    quiet = [r for r, (x, y) in zip(made, reads, strict=True) if x == y]
    for n in range(size + 1):
        for start in itertools.combinations_with_replacement(sorted(meaning), n):
            reached, agenda = {start}, [start]
            while agenda:
                state = agenda.pop()
                for a, b in quiet:
                    if enabled(state, a):
                        later = tuple(sorted([*(Counter(state) - Counter(a)).elements(), *b]))
                        if later not in reached:
                            reached.add(later)
                            agenda.append(later)
                if len(reached) > 400:
                    return None
            for goal in goals:
                firing = [a for (a, _), r in zip(made, reads, strict=True) if r == goal]
                if enabled(read(start), goal[0]) and not any(enabled(s, a) for s in reached for a in firing):
                    return False
    return True


def test_a_naive_search_agrees_on_tiny_systems() -> None:
    """States of up to three molecules are enough: a minimal state has no more than the reaction has reactants, here two."""
    rng = random.Random(77)
    count: Counter[tuple[bool | None, Answer]] = Counter()
    while count.total() < 220:
        formal, made, meaning = random_system(rng)
        if len(meaning) > 7:
            continue
        expected = naive(formal, made, meaning, 3)
        found = check(formal, made, meaning, limits=Limits(states=2000))
        count[expected, found.answer] += 1
        if expected is not None and found.answer is not Answer.UNDECIDED:
            assert found.answer is (Answer.EQUIVALENT if expected else Answer.DIFFERENT), (formal, made, meaning, found)
    assert count[True, Answer.EQUIVALENT] > 30
    assert count[False, Answer.DIFFERENT] > 60
    assert sum(n for (_, answer), n in count.items() if answer is Answer.UNDECIDED) < 10


# --- the conditions, one by one -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("formal", "implementation", "meaning", "counterexample"),
    [
        ("A -> B", "a -> b", "a=A b=A", "B has no carrier"),
        ("A -> B", "a -> b", "a=A b=B+B", "B has no carrier"),
        ("A -> B", "a -> b; b -> a", "a=A b=B", "b -> a reads B -> A"),
        ("A -> B", "a + c -> b + c", "a=A b=B c=C", "a + c -> b + c reads A + C -> B + C"),
        ("A + C -> B + C", "a -> b; c -> c2", "a=A b=B c=C c2=C", "a -> b reads A -> B"),
        ("A -> B", "a -> b", "a=A a2=A b=B", "{a2} reads {A}, but A -> B cannot fire from there"),
        ("A -> B", "a -> i; i -> b", "a=A b=B i=", "a -> i reads A ->"),
        ("A + A -> B", "a + a -> b", "a=A a2=A b=B", "{a + a2} reads {2A}"),
        ("-> A", "-> n; n + n -> a; n -> w; w -> n", "a=A n= w=", ""),
        ("-> A", "n -> a", "a=A n=", "{} reads {}, but -> A cannot fire from there"),
        ("A -> B; B -> C", "a -> b; b -> c; a -> j; j + q -> b", "a=A b=B c=C j=B q=", "{j} reads {B}"),
        ("A -> B", "a + q -> b; q -> r", "a=A b=B q= r=", "{a} reads {A}, but A -> B cannot fire from there"),
        ("A -> B", "", "a=A b=B", "{a} reads {A}, but A -> B cannot fire from there"),
        ("A + B -> C", "a + b -> i; i -> c", "a=A b=B c=C i=A+B", ""),
        ("A + B -> C; A -> D", "a + b -> i; i -> c; a -> d", "a=A b=B c=C d=D i=A+B", "{i} reads {A + B}, but A -> D"),
        ("A + B -> C; A -> D", "a + b -> i; i -> a + b; i -> c; a -> d", "a=A b=B c=C d=D i=A+B", ""),
        ("A -> B", "a + a -> c + c; c -> b", "a=A b=B c=A", "{a} reads {A}, but A -> B cannot fire from there"),
        ("A -> B", "a -> a + n; a + n + n + n -> b", "a=A b=B n=", ""),
        ("A + A -> B", "a + a -> i; i -> b; i -> a + a", "a=A b=B i=A+A", ""),
        ("A -> A + A", "a -> i; i -> a + a", "a=A i=A+A", ""),
        ("A -> A + A", "a -> i; i -> a + a", "a=A i=A", ""),
        ("A -> A + A", "a -> i; i -> a + i", "a=A i=A", ""),
        ("A -> A + A", "a -> i; i -> j + a; j -> w", "a=A i=A+A j=A w=", "j -> w reads A ->"),
    ],
)
def test_the_three_conditions(formal: str, implementation: str, meaning: str, counterexample: str) -> None:
    found = ask(formal, implementation, meaning)
    assert found.answer is (Answer.DIFFERENT if counterexample else Answer.EQUIVALENT), found
    assert counterexample in found.counterexample


def test_fuels_are_always_there() -> None:
    question = ("A -> B", "a + f -> b + w; b + w -> a + f", "a=A b=B")
    assert ask("A -> B", "a + f -> b + w", "a=A b=B").answer is Answer.DIFFERENT
    assert ask("A -> B", "a + f -> b + w", "a=A b=B", fuels=["f"]).answer is Answer.EQUIVALENT
    assert ask(*question, fuels=["f"]).counterexample == "b + w -> a reads B -> A"
    assert ask("-> B", "f + g -> b", "b=B", fuels=["f", "g"]).answer is Answer.EQUIVALENT
    assert ask("A -> B", "a -> b; f -> a", "a=A b=B", fuels=["f"]).counterexample == "-> a reads -> A"


def test_wastes_may_react_with_one_another_but_not_with_signals() -> None:
    assert ask("A -> B", "a -> b + w; w + w -> v; v -> w + u", "a=A b=B").answer is Answer.EQUIVALENT
    kept = ask("A -> B; B -> A", "a -> b + w; b + w -> a", "a=A b=B")
    assert (kept.answer, kept.counterexample) == (
        Answer.DIFFERENT,
        "{b} reads {B}, but B -> A cannot fire from there",
    )


def test_formal_species_without_a_reaction_need_a_carrier_too() -> None:
    assert ask("A -> B", "a -> b", "a=A b=B c=C", formals=["A", "B", "C"]).answer is Answer.EQUIVALENT
    assert ask("A -> B", "a -> b", "a=A b=B", formals=["A", "B", "C"]).counterexample == "C has no carrier"


def test_order_repetition_and_names_do_not_matter() -> None:
    rng = random.Random(5)
    for _ in range(60):
        formal, made, meaning = random_system(rng)
        limits = Limits(states=300)
        answer = check(formal, made, meaning, limits=limits).answer
        twice = made + made[::-1]
        rng.shuffle(twice)
        other = {s: f"x{i}" for i, s in enumerate(sorted(meaning, reverse=True))}
        turned = [(tuple(other[s] for s in a), tuple(other[s] for s in b)) for a, b in twice]
        again = check(formal[::-1], turned, {other[s]: m for s, m in meaning.items()}, limits=limits).answer
        assert Answer.UNDECIDED in (answer, again) or answer is again


def test_limits_are_an_answer() -> None:
    """Null species without end, and more starting states than allowed: undecided, with the limit in the reason."""
    endless = ask("A -> B", "a -> a + n; n + q -> b; n -> n + n", "a=A b=B n= q=", limits=Limits(states=50))
    assert endless.answer is not Answer.EQUIVALENT
    loop = ask("A -> B", "a -> a + n; a + n + q -> b", "a=A b=B n= q=", limits=Limits(states=50))
    assert loop.answer is Answer.UNDECIDED
    assert "50 states" in loop.reason
    assert not loop.counterexample
    many = "; ".join(f"a{i} + a{j} -> b" for i in range(12) for j in range(12))
    meaning = "b=B " + " ".join(f"a{i}=A" for i in range(12))
    assert ask("A + A -> B", many, meaning).answer is Answer.EQUIVALENT
    few = ask("A + A -> B", many, meaning, limits=Limits(starts=77))
    assert (few.answer, "77" in few.reason) == (Answer.UNDECIDED, True)
    assert ask("A + A -> B", many, meaning, limits=Limits(starts=78)).answer is Answer.EQUIVALENT

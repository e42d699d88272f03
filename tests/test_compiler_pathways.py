"""Formal bases, against recorded ones, against the definition by brute force, and against crnverifier; and the two notions."""

from __future__ import annotations

import itertools
import json
import random
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
from support_random_networks import Names, Oracle, Plain

from compiler.verify.notions import bare, check_hybrid, check_pathway
from compiler.verify.pathways import Basis, PathwayLimits, formal_basis, modules
from compiler.verify.search import search
from compiler.verify.verdict import Answer, Check
from crn.network import Bag

DATA = Path(__file__).parent / "data"
RECORDED: dict[str, dict[str, Any]] = {
    c["id"]: c for c in json.loads((DATA / "formal_basis_cases.json").read_text(encoding="utf-8"))["cases"]
}


def reactions(text: str) -> list[Plain]:
    """Read ``A + B -> C; C -> ``."""
    found = []
    for part in filter(str.strip, text.split(";")):
        left, right = (tuple(sorted(n.strip() for n in side.split("+") if n.strip())) for side in part.split("->"))
        found.append((left, right))
    return found


def bags(text: str) -> list[tuple[Bag, Bag]]:
    return [(Bag.of(*a), Bag.of(*b)) for a, b in reactions(text)]


def basis_of(text: str, formal: str, limits: PathwayLimits | None = None) -> Basis:
    return formal_basis(reactions(text), formal.split(), limits=limits or PathwayLimits())


# --- recorded cases -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_formal_bases(name: str) -> None:
    """Where the oracle found no basis there is none, and the reason holds: a pathway without a turning point."""
    case = RECORDED[name]
    meaning = case["interpretation"]
    reading = {s: tuple(m) for s, m in meaning.items()} if meaning else None
    found = formal_basis(reactions(case["icrn"]), case["formals"], reading)
    if case["basis"] is None:
        assert not found.primes
        assert found.fault.startswith(("not regular: ", "not tidy: "))
        return
    assert not found.fault + found.limit
    assert set(found.reactions) == set(reactions(case["basis"]))
    assert len(found.reactions) == len(set(found.reactions))
    if meaning:
        formal = [(Bag.of(*a), Bag.of(*b)) for a, b in reactions(case["interpreted"])]
        check = check_hybrid(formal, bags(case["icrn"]), {s: Bag.of(*m) for s, m in meaning.items()})
        assert check.answer is Answer.EQUIVALENT, check


def test_the_recorded_cases_are_all_there() -> None:
    assert len(RECORDED) == 12
    assert Counter(c["basis"] is None for c in RECORDED.values()) == {False: 9, True: 3}


# --- the definition, by brute force -------------------------------------------------------------------------------------------


def ends(path: Sequence[Plain]) -> tuple[Counter[str], Counter[str]]:
    """Return the least state from which a pathway can happen, and the state that it then leaves."""
    initial: Counter[str] = Counter()
    state: Counter[str] = Counter()
    for a, b in path:
        missing = Counter(a) - state
        initial += missing
        state = state + missing - Counter(a) + Counter(b)
    return initial, state


def is_formal(state: Iterable[str], formal: Collection[str]) -> bool:
    return all(s in formal for s in state)


def is_prime(path: Sequence[Plain], formal: Collection[str]) -> bool:
    """Whether no division of a formal pathway into two leaves two formal pathways."""
    for chosen in range(1, 2 ** (len(path) - 1)):
        parts = [[r for k, r in enumerate(path) if (chosen >> k & 1) == which] for which in (0, 1)]
        if all(is_formal(end, formal) for part in parts for end in ends(part)):
            return False
    return True


def is_regular(path: Sequence[Plain], formal: Collection[str]) -> bool:
    """Whether a pathway has a turning point."""
    initial, final = ends(path)
    states = [initial]
    for a, b in path:
        states.append(states[-1] - Counter(a) + Counter(b))
    shown = [Counter({s: n for s, n in state.items() if s in formal}) for state in states]
    for j, (a, _) in enumerate(path):
        rest = Counter({s: n for s, n in (states[j] - Counter(a)).items() if s in formal})
        if all(f <= initial for f in shown[: j + 1]) and not rest and all(f <= final for f in shown[j + 1 :]):
            return True
    return False


def by_force(net: Sequence[Plain], formal: Collection[str], longest: int) -> tuple[set[Plain], bool]:
    """Return what all prime pathways up to a length do, and whether all of them are regular."""
    done: set[Plain] = set()
    regular = True
    paths: list[list[Plain]] = [[]]
    for _ in range(longest):
        paths = [[*p, r] for p in paths for r in net if is_formal(ends([*p, r])[0], formal)]
        for path in paths:
            initial, final = ends(path)
            if is_formal(final, formal) and is_prime(path, formal):
                regular &= is_regular(path, formal)
                if initial != final:
                    done.add((tuple(sorted(initial.elements())), tuple(sorted(final.elements()))))
    return done, regular


def small_network(rng: random.Random) -> list[Plain]:
    """Return three to five reactions between two formal species and up to three intermediates."""
    formal, between = ["A", "B"], ["i", "j", "k"][: rng.randint(1, 3)]
    found: dict[Plain, None] = {}
    for _ in range(rng.randint(3, 5)):
        left = tuple(sorted(rng.choices(formal + between, k=rng.choice((1, 1, 2)))))
        right = tuple(sorted(rng.choices(formal + between, k=rng.choice((1, 1, 2)))))
        if left != right:
            found[left, right] = None
    return list(found)


def test_the_definition_by_brute_force() -> None:
    """Every prime pathway of up to four reactions is in the basis, and what the basis shows are prime pathways.

    Longer pathways are not tried, so that the basis may have more; each of these comes with a pathway, held to the definition.
    A network with a pathway that is not regular has no basis.
    """
    rng = random.Random(11)
    count: Counter[str] = Counter()
    for _ in range(60):
        net = small_network(rng)
        done, regular = by_force(net, "AB", 4)
        found = formal_basis(net, "AB", limits=PathwayLimits(width=12, pathways=1000))
        if found.limit:
            count["limit"] += 1
            continue
        if found.fault:
            count[found.fault[:8]] += 1
            continue
        count["basis"] += 1
        count["more than one reaction"] += any(len(p.steps) > 1 for p in found.primes)
        assert regular, net
        assert done <= set(found.reactions), (net, done, found)
        for prime in found.primes:
            start, end = ends(prime.steps)
            assert (tuple(sorted(start.elements())), tuple(sorted(end.elements()))) == (prime.initial, prime.final)
            assert is_formal(end, "AB")
            assert len(prime.steps) > 8 or is_prime(prime.steps, "AB")
            assert is_regular(prime.steps, "AB")
    assert count["basis"] > 12
    assert count["more than one reaction"] > 2
    assert count["not regu"] > 0
    assert count["not tidy"] > 8


@pytest.mark.parametrize("fault", ["not regular", "not tidy"])
def test_networks_without_a_basis_are_shown_to_have_none(fault: str) -> None:
    """The pathway that is named is prime and has no turning point, or leaves what intermediates cannot clean up."""
    rng = random.Random(12)
    seen = 0
    while seen < 5:
        net = small_network(rng)
        found = formal_basis(net, "AB", limits=PathwayLimits(width=12, pathways=1000))
        if not found.fault.startswith(fault):
            continue
        seen += 1
        text = found.fault.removeprefix(f"{fault}: ").split(" has no ")[0].split(" leaves ")[0]
        path = [expanded(r) for r in text.split("; ")]
        initial, final = ends(path)
        assert is_formal(initial, "AB")
        if fault == "not regular":
            assert is_formal(final, "AB")
            assert len(path) > 10 or is_prime(path, "AB")
            assert not is_regular(path, "AB")
        else:
            start = tuple(sorted(s for s in final.elements() if s not in "AB"))
            reached = cleaned(start, net)
            assert () not in reached, (net, found)


def expanded(text: str) -> Plain:
    """Read one reaction with multiplicities, ``2A + i -> B``."""
    sides = []
    for part in text.split("->"):
        names = []
        for term in filter(str.strip, part.split("+")):
            digits = "".join(itertools.takewhile(str.isdigit, term.strip()))
            names += [term.strip().removeprefix(digits)] * int(digits or 1)
        sides.append(tuple(sorted(names)))
    return sides[0], sides[1]


def cleaned(start: Names, net: Sequence[Plain]) -> set[Names]:
    """Return the states of intermediates that intermediates alone can reach, up to eight molecules."""
    reached, agenda = {start}, [start]
    while agenda:
        state = Counter(agenda.pop())
        for a, b in net:
            if a and not set(a) & set("AB") and not Counter(a) - state:
                after = [*(state - Counter(a)).elements(), *(s for s in b if s not in "AB")]
                later = tuple(sorted(after))
                if len(later) <= 8 and later not in reached:
                    reached.add(later)
                    agenda.append(later)
    return reached


# --- crnverifier --------------------------------------------------------------------------------------------------------------


def test_crnverifier_finds_the_same_bases() -> None:
    """Small networks, with a basis or without; where it needs more than a second it has no answer."""
    rng = random.Random(13)
    count: Counter[tuple[str, bool]] = Counter()
    with Oracle(1.0) as oracle:
        for _ in range(40):
            net = bare(small_network(rng), "AB", ())
            found = formal_basis(net, "AB", limits=PathwayLimits(width=12, pathways=1000))
            theirs = oracle.basis(net, ["A", "B"]) if net and not found.limit else "not asked"
            count["given up" if isinstance(theirs, str) else "answered", bool(found.fault)] += 1
            if not isinstance(theirs, str):
                assert (theirs is None) == bool(found.fault), (net, theirs, found)
                assert theirs is None or theirs == set(found.reactions), (net, theirs, found)
    assert count["answered", False] > 15
    assert count["answered", True] > 4


# --- the notions --------------------------------------------------------------------------------------------------------------


def pathway(formal: str, implementation: str, **options: Any) -> Check:
    return check_pathway(bags(formal), bags(implementation), **options)


def test_delayed_choice_is_equivalent_though_no_bisimulation() -> None:
    """The intermediate forgets what it was made of before it decides: no interpretation can say what it stands for."""
    formal, made = "A -> X; A -> Y; B -> X; B -> Y", "A -> i; B -> i; i -> X; i -> Y"
    assert search(bags(formal), bags(made)).none
    found = pathway(formal, made)
    assert found.answer is Answer.EQUIVALENT, found
    assert "A -> X; A -> Y; B -> X; B -> Y" in found.reason


@pytest.mark.parametrize(
    ("formal", "implementation", "answer", "said"),
    [
        ("A + B -> C", "A -> i; i -> A; i + B -> j; j -> C", Answer.EQUIVALENT, "A + B -> C"),
        ("A + B -> C", "A -> i; i -> A; i + B -> j; j -> C + w; w -> v", Answer.EQUIVALENT, "A + B -> C"),
        ("A -> B", "A -> i; i -> B; i -> C", Answer.DIFFERENT, "A -> i; i -> does A ->"),
        ("A -> B; A -> C", "A -> i; i -> B", Answer.DIFFERENT, "A -> C is not in the formal basis"),
        ("A -> B", "A -> i", Answer.DIFFERENT, "A -> does A ->"),
        ("A -> B", "A -> i; i -> B; A -> i + i", Answer.DIFFERENT, "does A -> 2B"),
        ("A -> B", "A -> i; i + B -> 0B", Answer.UNDECIDED, "not tidy: A -> i leaves i"),
        ("A -> B + C", "A -> i; i -> B + k; B + k -> i; k -> C", Answer.EQUIVALENT, "A -> B + C"),
        ("A + B -> C + D", "A -> C + i; i + B -> D; i + C -> A", Answer.UNDECIDED, "not "),
        ("A -> B", "A -> i; i -> i + B; i -> B", Answer.UNDECIDED, "more than"),
    ],
)
def test_pathway_decomposition(formal: str, implementation: str, answer: Answer, said: str) -> None:
    found = pathway(formal, implementation.replace("0B", "B"))
    assert found.answer is answer, found
    assert said in f"{found.reason} {found.counterexample}", found


def test_fuels_are_removed_first() -> None:
    assert pathway("A -> B", "A + f -> i; i + g -> B + w", fuels=["f", "g"]).answer is Answer.EQUIVALENT
    assert pathway("A -> B", "A + f -> i; i + g -> B + w", fuels=["f"]).answer is not Answer.EQUIVALENT


def test_reactions_are_divided_by_their_intermediates() -> None:
    net = reactions("A -> i; i -> B; B -> j; j -> C; A -> C; i + k -> j; B -> A")
    assert sorted(len(m) for m in modules(net, "ABC")) == [1, 1, 5]
    assert sorted(len(m) for m in modules(net[:5], "ABC")) == [1, 2, 2]


def test_limits_are_an_answer() -> None:
    long = "; ".join(f"i{n} -> A + i{n + 1}" for n in range(30))
    assert "30 A" not in basis_of(f"B -> i0; {long}; i30 -> C", "A B C", PathwayLimits(width=10)).limit
    assert "10 molecules" in basis_of(f"B -> i0; {long}; i30 -> C", "A B C", PathwayLimits(width=10)).limit
    assert basis_of(f"B -> i0; {long}; i30 -> C", "A B C", PathwayLimits(width=80)).reactions == (
        (("B",), ("A",) * 30 + ("C",)),
    )
    assert "9 pathways" in basis_of(RECORDED["C065"]["icrn"], "A1 A2 X1 X2 X3 X4", PathwayLimits(pathways=9)).limit
    grows = basis_of("A -> i; i -> i + i; i + j -> B", "A B", PathwayLimits(states=20))
    assert grows.limit


def test_the_hybrid_takes_signals_with_histories() -> None:
    """Signals of A in two forms: by names alone there is no answer, by what they stand for there is."""
    formal = bags("A -> B")
    made = bags("a1 -> i; a2 -> i; i -> a1; i -> j; j -> b")
    meaning = {"a1": Bag.of("A"), "a2": Bag.of("A"), "b": Bag.of("B")}
    assert check_hybrid(formal, made, meaning).answer is Answer.EQUIVALENT
    stuck = check_hybrid(formal, bags("a1 -> i; i -> a1; i -> j; j -> b; b -> k; k -> a2"), meaning)
    assert stuck.answer is Answer.DIFFERENT
    assert "B -> A" in stuck.counterexample
    lost = check_hybrid(formal, bags("a1 -> i; i -> b; a2 -> k; k -> a2"), meaning)
    assert (lost.answer, "a2" in lost.counterexample) == (Answer.DIFFERENT, True)


def test_the_hybrid_is_regular_in_what_signals_stand_for() -> None:
    """A history is exchanged on the way and given back: not regular by names, regular in what they stand for."""
    made = bags("a1 -> i; i -> a1; i -> a2 + n; a2 + n -> i; i + c -> b")
    meaning = {"a1": Bag.of("A"), "a2": Bag.of("A"), "b": Bag.of("B"), "c": Bag.of("C")}
    named = formal_basis(reactions("a1 -> i; i -> a1; i -> a2 + n; a2 + n -> i; i + c -> b"), meaning)
    assert named.fault.startswith(("not tidy", "not regular"))
    found = check_hybrid(bags("A + C -> B"), made, meaning)
    assert found.answer is Answer.UNDECIDED  # n is left behind, so that it is not tidy either
    kept = bags("a1 -> i; i -> a2; i + c -> b; a2 -> i; i -> a1")
    assert check_hybrid(bags("A + C -> B"), kept, meaning).answer is Answer.EQUIVALENT

"""Rewriting networks: what stays, what is new, what the new species stand for, and how large the stated errors are."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from compiler.verify.bisimulation import check_bisimulation
from compiler.verify.verdict import Answer
from crn.massaction import MassAction
from crn.network import CRN, Bag, Reaction, Units
from crn.rewrite import Rewritten, detour, lower_order, merge_duplicates
from crn.simulate import SIMULATORS, Tolerance, simulate
from crn.text import parse_crn


def network(text: str) -> CRN:
    return parse_crn(text, "net.crn").crn


def lines(made: Rewritten) -> list[str]:
    return [f"{r.id}: {r}" for r in made.crn.reactions]


def worst_error(crn: CRN, made: Rewritten, until: float) -> float:
    """Return the largest difference over time, relative to the largest amount of the species, pairs counted as what they hold."""
    times = np.linspace(0, until, 9)
    runs = []
    for one in (crn, made.crn):
        law = MassAction(one)
        runs.append(simulate(law, law.state(), [], list(times), SIMULATORS[0], Tolerance(1e-8, 1e-10)))
    assert all(r.outcome.ok for r in runs)
    gaps = []
    for species in crn.species:
        exact = runs[0].of(species)
        found = runs[1].of(species) + sum(
            (bag[species] * runs[1].of(s) for s, bag in made.meaning), np.zeros(len(times))
        )
        gaps.append(float(np.max(np.abs(found - exact)) / max(np.max(exact), 1e-300)))
    return max(gaps)


def proved(crn: CRN, made: Rewritten) -> bool:
    """Whether the rewritten network is the old one, by bisimulation."""
    formal = dict.fromkeys((r.reactants, r.products) for r in crn.reactions if r.reactants != r.products)
    meaning = {s: Bag.of(s) for s in crn.species} | dict(made.meaning)
    built = [(r.reactants, r.products) for r in made.crn.reactions]
    return check_bisimulation(list(formal), built, meaning).answer is Answer.EQUIVALENT


# --- merging ------------------------------------------------------------------------------------------------------------------


def test_equal_reactions_become_one_and_their_rates_add_up() -> None:
    crn = network(
        "A + B -> C [1]; B -> D [5]; B + A -> C [0.5]; A + B -> C [2]; A -> A [9]; A + B -> 2C [4]\nA @i 3; E @c 2"
    )
    made = merge_duplicates(crn)
    assert lines(made) == ["r1: A + B -> C [3.5]", "r2: B -> D [5]", "r6: A + B -> 2C [4]"]
    assert (made.crn.initial, made.crn.constant, made.meaning) == (crn.initial, crn.constant, ())
    assert Counter(n.split(":")[0].split(" is ")[0].split(" changes")[0] for n in made.notes) == {
        "A -> A": 1,
        "A + B -> C": 2,
    }
    law, old = MassAction(made.crn), MassAction(crn)
    y = {"A": 2.0, "B": 3.0, "C": 0.1, "D": 0.0, "E": 1.0}
    new = dict(zip(law.species, law.derivative(law.state(y)), strict=True))
    assert new == pytest.approx(dict(zip(old.species, old.derivative(old.state(y)), strict=True)))


def test_merging_keeps_the_first_place_in_the_file() -> None:
    made = merge_duplicates(network("A -> B\nC -> D\nA -> B"))
    assert [r.origin.span.line for r in made.crn.reactions if r.origin.span] == [1, 2]


def test_nothing_to_merge_changes_nothing() -> None:
    crn = network("A -> B; B -> A [2]; A @i 1")
    made = merge_duplicates(crn)
    assert (made.crn, made.meaning, made.notes) == (crn, (), ())


def test_a_network_that_changes_nothing_becomes_empty() -> None:
    assert merge_duplicates(network("A -> A; 2B + A -> A + 2B")).crn.reactions == ()


# --- lowering the order -------------------------------------------------------------------------------------------------------


def test_low_orders_stay_as_they_are() -> None:
    crn = network("A + B + C -> D [2]; -> A; 2A -> B; A @i 1")
    made = lower_order(crn, 3)
    assert (made.crn, made.meaning, made.notes) == (crn, (), ())


@pytest.mark.parametrize("most", [2, 3])
@pytest.mark.parametrize(
    "text", ["A + B + C + D -> E", "4A -> B", "2A + 2B -> A + C", "A + B + C + D + E -> A + B", "2A + 3B -> "]
)
def test_no_reaction_keeps_too_many_reactants(text: str, most: int) -> None:
    crn = network(f"{text} [0.5]; A -> B; A @i 1; B @i 2\n")
    made = lower_order(crn, most)
    assert made.crn.order <= most
    assert len({r.id for r in made.crn.reactions}) == len(made.crn.reactions)
    assert made.crn.initial == crn.initial
    assert proved(crn, made)
    new = [s for s in made.crn.species if s not in crn.species]
    assert new == [s for s, _ in made.meaning]
    assert sum(len(bag) > 1 for bag in dict(made.meaning).values()) == len(new)
    assert any(text.split(" ->")[0].split()[0] in n for n in made.notes)
    span = crn.reactions[0].origin.span
    assert all(r.origin.span == span for r in made.crn.reactions if r.id.startswith("r1"))


def test_pairs_get_names_that_nothing_else_has() -> None:
    made = lower_order(network("A + B + C + D -> E; A + B + C + D -> F; A_B -> E"), 3)
    names = [s for s, _ in made.meaning]
    assert len(set(names)) == 2
    assert "A_B" not in names
    assert made.crn.reactions[-1] == Reaction("r3", Bag.of("A_B"), Bag.of("E"), 1.0)


@pytest.mark.parametrize("k", [0.01, 0.3, 1.0, 20.0])
@pytest.mark.parametrize(
    "text",
    [
        "A + B + C + D -> E [{k}]; A @i 1; B @i 1; C @i 1; D @i 1",
        "2A + 2B -> C [{k}]; A @i 1; B @i 1",
        "A + B + C + D -> A + B + C + 2D [{k}]; A @i 1; B @i 1; C @i 1; D @i 1",
    ],
)
def test_the_error_of_lowering_is_what_the_note_says(text: str, k: float) -> None:
    """About 1 % is held per unit of the partner, so at unit amounts nothing is off by more than a few per cent."""
    crn = network(text.format(k=k))
    made = lower_order(crn, 3)
    assert "1%" in made.notes[0]
    assert worst_error(crn, made, 0.5 / k) < 0.03


def test_holding_less_errs_less() -> None:
    crn = network("A + B + C + D -> E [2]; A @i 1; B @i 1; C @i 1; D @i 1")
    errors = [worst_error(crn, lower_order(crn, 3, held), 0.5) for held in (0.04, 0.02, 0.01)]
    assert errors[0] > 1.5 * errors[1] > 2.25 * errors[2]


# --- detours ------------------------------------------------------------------------------------------------------------------


def test_a_detour() -> None:
    crn = network("2A -> A [4]; A + B -> A [2]; A @i 1")
    made = detour(crn, ["r1"])
    between = made.meaning[0][0]
    assert lines(made) == [f"r1: 2A -> {between} [4]", f"r1b: {between} -> A [400]", "r2: A + B -> A [2]"]
    assert made.meaning == ((between, Bag.of("A")),)
    assert made.crn.initial == crn.initial
    assert proved(crn, made)
    note = made.notes[0]
    assert "2A -> A" in note
    assert between in note
    assert "0.0025" in note
    assert "1.0%" in note
    assert [r.origin for r in made.crn.reactions[:2]] == [crn.reactions[0].origin] * 2


def test_the_error_of_a_detour_is_what_the_note_says() -> None:
    crn = network("2A -> A [3]; A @i 1")
    assert worst_error(crn, detour(crn, ["r1"]), 1.0) < 0.011
    assert worst_error(crn, detour(crn, ["r1"], speed=1000), 1.0) < 0.0011
    assert worst_error(crn, detour(crn, ["r1"]), 1.0) > 0.002


def test_detours_of_one_product_get_different_names() -> None:
    crn = network("2A -> A; 3A -> A; A_r1 -> A; A + B -> B")
    made = detour(crn, ["r1", "r2"])
    names = [s for s, _ in made.meaning]
    assert len({*names, *crn.species}) == len(names) + len(crn.species)
    assert proved(crn, made)
    assert detour(crn, []).crn == crn


def test_rewrites_keep_units_and_constants() -> None:
    crn = network("A + B + C + D -> E [1]; 2A -> A; A -> B; A -> B; A @i 1 nM; F @c 2 nM")
    assert crn.units is Units.MOLAR
    for made in (merge_duplicates(crn), lower_order(crn, 3), detour(crn, ["r2"])):
        assert (made.crn.units, made.crn.constant, made.crn.initial) == (crn.units, crn.constant, crn.initial)

"""Graph, conservation laws, siphons and reachability, against brute force, linear algebra and linear programming."""

from __future__ import annotations

import itertools

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from crn.network import CRN, Bag, Reaction
from crn.structure import (
    conservation_laws,
    minimal_siphons,
    non_negative_laws,
    reachable_species,
    species_reaction_graph,
)
from crn.text import parse_crn


def laws(text: str) -> list[str]:
    return [" ".join(f"{n:+d}{s}" for s, n in law) for law in conservation_laws(parse_crn(text).crn)]


@st.composite
def networks(draw: st.DrawFn) -> CRN:
    pool = "ABCDEF"
    side = st.dictionaries(st.sampled_from(pool), st.integers(1, 3), max_size=3).map(Bag.from_counts)
    pairs = draw(st.lists(st.tuples(side, side), min_size=1, max_size=7))
    initial = draw(st.dictionaries(st.sampled_from(pool), st.sampled_from([0.0, 1.0])))
    constant = draw(st.sets(st.sampled_from(pool), max_size=2))
    return CRN.build([Reaction(f"r{i}", a, b) for i, (a, b) in enumerate(pairs)], initial, constant=sorted(constant))


def stoichiometry(crn: CRN) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    rows = [[0 if s in crn.constant else r.products[s] - r.reactants[s] for r in crn.reactions] for s in crn.species]
    return np.array(rows, dtype=float).reshape(len(crn.species), len(crn.reactions))


def test_the_graph() -> None:
    graph = species_reaction_graph(parse_crn("A + 2B -> A + C; C -> r1").crn)
    assert set(graph.nodes) == {("species", s) for s in ("A", "B", "C", "r1")} | {
        ("reaction", "r1"),
        ("reaction", "r2"),
    }
    assert {(u, v): n for u, v, n in graph.edges(data="count")} == {
        (("species", "A"), ("reaction", "r1")): 1,
        (("species", "B"), ("reaction", "r1")): 2,
        (("reaction", "r1"), ("species", "A")): 1,
        (("reaction", "r1"), ("species", "C")): 1,
        (("species", "C"), ("reaction", "r2")): 1,
        (("reaction", "r2"), ("species", "r1")): 1,
    }
    assert nx.is_bipartite(graph)
    assert graph.nodes["reaction", "r1"]["bipartite"] == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A -> B", ["+1A +1B"]),
        ("A <=> B; 2B -> C", ["+1A +1B +2C"]),
        ("3A -> 2B", ["+2A +3B"]),
        ("A + B -> C", ["+1A +1C", "+1B +1C"]),
        ("Pp + Pm ->", ["+1Pm -1Pp"]),
        ("A -> ", []),
        ("E + S <=> ES; ES -> E + P", ["+1E +1ES", "+1S +1ES +1P"]),
        ("X + P -> X + P + Z", ["+1P", "+1X"]),
        ("A + F -> B; F @constant 3", ["+1A +1B", "+1F"]),
        ("A -> B; C -> D", ["+1A +1B", "+1C +1D"]),
    ],
)
def test_known_laws(text: str, expected: list[str]) -> None:
    assert sorted(laws(text)) == sorted(expected)


@settings(max_examples=200, derandomize=True, deadline=None)
@given(networks())
def test_laws_are_a_basis_of_the_left_null_space(crn: CRN) -> None:
    S = stoichiometry(crn)
    found = conservation_laws(crn)
    W = np.array([[dict(law).get(s, 0) for s in crn.species] for law in found], dtype=float).reshape(len(found), len(S))
    assert not (W @ S).any()
    assert len(found) == len(S) - np.linalg.matrix_rank(S)
    assert np.linalg.matrix_rank(W) == len(found) if found else True
    assert all(law[0][1] > 0 and np.gcd.reduce([n for _, n in law]) == 1 for law in found)


def test_reachable_species() -> None:
    crn = parse_crn("A + B -> C; C -> D; -> E; F -> G; E + F -> H; A @i 1; B @i 0").crn
    assert reachable_species(crn) == ("A", "E")
    assert reachable_species(crn, ["B"]) == ("A", "B", "C", "D", "E")
    assert reachable_species(crn, ["F"]) == ("A", "E", "F", "G", "H")


@settings(max_examples=200, derandomize=True, deadline=None)
@given(networks(), st.sets(st.sampled_from("ABCDEF"), max_size=2))
def test_reachability_agrees_with_repeated_firing(crn: CRN, added: set[str]) -> None:
    present = {s for s, x in crn.initial if x > 0} | added
    for _ in crn.reactions:
        for r in crn.reactions:
            if set(r.reactants.support) <= present:
                present |= set(r.products.support)
    assert set(reachable_species(crn, added)) == present & set(crn.species)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # In echelon form the first is 4A + 2C - D + 3E.
        ("A + B -> 2C; C -> D + E; D + A -> E", [{"A": 1, "B": 1, "C": 1, "E": 1}, {"B": 4, "C": 2, "D": 1, "E": 1}]),
        ("E + S <=> ES; ES -> E + P", [{"E": 1, "ES": 1}, {"S": 1, "ES": 1, "P": 1}]),
        ("Pp + Pm ->", [{"Pm": 1, "Pp": -1}]),
        ("Pp + Pm ->; A -> B", [{"A": 1, "B": 1}, {"Pm": 1, "Pp": -1}]),
    ],
)
def test_known_non_negative_laws(text: str, expected: list[dict[str, int]]) -> None:
    assert [dict(law) for law in non_negative_laws(parse_crn(text).crn)] == expected


@settings(max_examples=100, derandomize=True, deadline=None)
@given(networks())
def test_as_many_laws_as_possible_are_without_a_minus(crn: CRN) -> None:
    S = stoichiometry(crn)
    found = non_negative_laws(crn)
    W = np.array([[dict(law).get(s, 0) for s in crn.species] for law in found], dtype=float).reshape(len(found), len(S))
    assert not (W @ S).any()
    assert len(found) == len(S) - np.linalg.matrix_rank(S)
    assert not len(found) or np.linalg.matrix_rank(W) == len(found)
    assert all(np.gcd.reduce([n for _, n in law]) == 1 for law in found)
    # A species can be in a law without a minus if a linear program finds one. The laws among all such species are spanned by
    # these, as enough of one that has them all can be added to any other.
    n = len(S)
    covered = [
        i
        for i in range(n)
        if linprog(
            np.zeros(n), A_eq=S.T, b_eq=np.zeros(S.shape[1]), bounds=[(float(i == j), None) for j in range(n)]
        ).success
    ]
    possible = len(covered) - np.linalg.matrix_rank(S[covered]) if covered else 0
    assert sum(all(x > 0 for _, x in law) for law in found) == possible


def test_too_many_edges_are_given_up() -> None:
    crn = parse_crn("A + C -> B; B -> A + D; C -> E; E -> D").crn
    assert non_negative_laws(crn, most=0) == conservation_laws(crn)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # What makes ES needs E, but P keeps what S and ES lose.
        ("E + S <=> ES; ES -> E + P; E @i 1; S @i 1", [("E ES", "E", "E ES"), ("S ES", "S", "")]),
        # Autocatalysis: once B is gone it stays gone; A is never made.
        ("A + B -> 2B; B -> A; B @i 1", [("A B", "B", "A B"), ("B", "B", "")]),
        ("A -> B; -> B", [("A", "", "")]),
        ("F -> A; A ->; F @c 1", []),
        ("A <=> B; A @i 1", [("A B", "A", "A B")]),
        ("2A <=> B; B -> C; C -> 2A", [("A B C", "", "")]),
    ],
)
def test_known_siphons(text: str, expected: list[tuple[str, str, str]]) -> None:
    found = minimal_siphons(parse_crn(text).crn)
    assert found.complete
    shown = [(" ".join(x.species), " ".join(x.filled), " ".join(s for s, _ in x.law)) for x in found.found]
    wanted = {e for e in expected if not any(set(f[0].split()) < set(e[0].split()) for f in expected)}
    assert set(shown) == wanted
    assert all(x.runs_dry == (bool(x.filled) and not x.law) for x in found.found)


def is_siphon(crn: CRN, names: set[str]) -> bool:
    return all(names & set(r.reactants.support) for r in crn.reactions if names & set(r.products.support))


@settings(max_examples=100, derandomize=True, deadline=None)
@given(networks(), st.sets(st.sampled_from("ABCDEF"), max_size=2))
def test_minimal_siphons_against_all_subsets(crn: CRN, added: set[str]) -> None:
    moving = [s for s in crn.species if s not in crn.constant]
    sets = [
        set(c) for k in range(1, len(moving) + 1) for c in itertools.combinations(moving, k) if is_siphon(crn, set(c))
    ]
    minimal = [a for a in sets if not any(b < a for b in sets)]
    answer = minimal_siphons(crn, added)
    assert answer.complete
    assert sorted(sorted(x.species) for x in answer.found) == sorted(sorted(m) for m in minimal)
    present = {s for s, x in crn.initial if x > 0} | added
    S = stoichiometry(crn)
    for siphon in answer.found:
        assert set(siphon.filled) == set(siphon.species) & present
        at = [crn.species.index(s) for s in siphon.species]
        # A positive conserved sum within it that holds something, if a linear program finds one.
        guarded = any(
            linprog(
                np.zeros(len(at)),
                A_eq=S[at].T,
                b_eq=np.zeros(S.shape[1]),
                bounds=[(float(s == f), None) for s in siphon.species],
            ).success
            for f in siphon.filled
        )
        assert bool(siphon.law) == guarded


def test_the_search_for_siphons_has_an_end() -> None:
    # Every one of 2**12 choices of one reactant is a minimal siphon.
    text = "; ".join(f"A{i} + B{i} -> A{i} + C" for i in range(12)) + "; C -> D"
    crn = parse_crn(text + "; " + "; ".join(f"D -> D + A{i} + B{i}" for i in range(12))).crn
    answer = minimal_siphons(crn, most=500)
    assert not answer.complete

"""Graph, conservation laws and reachability, against brute force and linear algebra."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crn.network import CRN, Bag, Reaction
from crn.structure import conservation_laws, reachable_species, species_reaction_graph
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

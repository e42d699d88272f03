"""Whole systems against Peppercorn, reaction for reaction: the gates of srinivas2015 in all shapes, and textbook systems.

The default run takes a fixed sample; the rest is marked slow. Where the two differ the case stays, with the reason.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from support_peppercorn import agree, run_peppercorn, side

from crn.network import Bag, Reaction
from dsd.complexes import Complex
from dsd.enumeration import EnumerationOptions, condensed_network, enumerate_complexes
from dsd.formats.pil import read_pil
from dsd.schemes import SCHEMES
from dsd.schemes.scheme import Fresh

DATA = Path(__file__).parent / "data"
TEXTBOOK = tuple(sorted(p.stem.removeprefix("textbook_") for p in DATA.glob("textbook_*.pil")))
ENDLESS = "hairpin_chain_reaction"
RIVALS = ("remote_toehold",)
"""Here pathways of different rates lead to the same products; see `agree`."""


def patterns(size: int, known: int = 0) -> Iterable[tuple[int, ...]]:
    """Yield all ways in which `size` species can be equal to each other and to `known` earlier ones."""
    if size == 0:
        yield ()
        return
    for first in range(known + 1):
        for rest in patterns(size - 1, max(known, first + 1)):
            yield (first, *rest)


def shapes() -> list[tuple[str, str]]:
    """Return reactants, in their order, and products of every shape with up to three of each."""
    found = []
    for few, many in itertools.product(range(4), repeat=2):
        for left in patterns(few):
            known = max(left, default=-1) + 1
            # The order of products does not make another shape.
            right = {tuple(sorted(p)) for p in patterns(many, known)}
            found += [("".join("ABCDEF"[i] for i in left), "".join("ABCDEF"[i] for i in r)) for r in sorted(right)]
    return sorted(set(found))


(SCHEME,) = (s for s in SCHEMES if s.name == "srinivas2015")
SHAPES = shapes()
WRONG = [s for s in SHAPES if SCHEME.fault(*map(list, s))]
"""Shapes that the scheme is known to get wrong: the flux strand imitates a backward strand over a remote toehold."""
SAMPLE = sorted(random.Random(1).sample(SHAPES, 5))


def gate(reactants: str, products: str) -> tuple[Complex, ...]:
    """Return the fuels and signals of one gate."""
    fresh = Fresh()
    signals = {s: SCHEME.signal(s, max(1, reactants.count(s)), fresh) for s in sorted(set(reactants + products))}
    reaction = Reaction("r", Bag.of(*reactants), Bag.of(*products))
    return SCHEME.gate(reaction, list(reactants), signals, fresh).initial


def textbook(name: str) -> tuple[Complex, ...]:
    return read_pil((DATA / f"textbook_{name}.pil").read_text("utf-8"), name).present


def lengths(given: Iterable[Complex]) -> Mapping[str, int]:
    return {d.name: d.length for c in given for d in c.domains}


def test_there_are_enough_systems() -> None:
    assert len(SHAPES) == 199
    assert WRONG == [("AA", "A"), ("AAA", "A"), ("ABA", "B"), ("ABB", "B")]
    assert len(TEXTBOOK) >= 35


@pytest.mark.parametrize(
    ("name", "remote"),
    [
        pytest.param(n, remote, marks=() if remote or n in RIVALS else pytest.mark.slow)
        for n in TEXTBOOK
        if n != ENDLESS
        for remote in (True, False)
    ],
)
def test_textbook_systems(name: str, remote: bool) -> None:
    _, rivals = agree(textbook(name), EnumerationOptions(remote=remote))
    assert (rivals > 0) is (remote and name in RIVALS)


@pytest.mark.parametrize(("reactants", "products"), SAMPLE)
def test_some_gates(reactants: str, products: str) -> None:
    agree(gate(reactants, products), EnumerationOptions())


@pytest.mark.slow
@pytest.mark.parametrize("remote", [True, False])
@pytest.mark.parametrize(("reactants", "products"), SHAPES)
def test_all_gates(reactants: str, products: str, remote: bool) -> None:
    if remote and (reactants, products) in WRONG:
        pytest.skip("thousands of complexes; see test_four_way_migration_changes_only_gates_that_are_wrong")
    _, rivals = agree(gate(reactants, products), EnumerationOptions(remote=remote))
    assert rivals == 0


@pytest.mark.slow
def test_a_gate_that_is_wrong() -> None:
    found, rivals = agree(gate("AA", "A"), EnumerationOptions())
    assert len(found.condensed) == 277
    assert rivals > 0


@pytest.mark.parametrize(
    ("reactants", "products"),
    [pytest.param(*s, marks=() if s in SAMPLE or s == ("AA", "A") else pytest.mark.slow) for s in SHAPES],
)
def test_four_way_migration_changes_only_gates_that_are_wrong(reactants: str, products: str) -> None:
    given = gate(reactants, products)
    cheap = EnumerationOptions(max_reactions=4000)
    with_it, without = (condensed_network(given, replace(cheap, four_way=f)) for f in (True, False))
    if (reactants, products) in WRONG:
        assert (len(without.reactions), without.outcome.complete) == ((53, True) if reactants == "AA" else (0, False))
        assert with_it.outcome.limit == "max_reactions"
    else:
        assert with_it == without
        assert with_it.outcome.complete
    # Without remote toeholds even these end soon, and alike.
    local = [condensed_network(given, EnumerationOptions(remote=False, four_way=f)) for f in (True, False)]
    assert local[0] == local[1]
    assert local[0].outcome.complete


def test_an_endless_system_is_told_and_not_cut() -> None:
    """Peppercorn drops every step to a complex that is too large, and answers as if that were all; we say where it ends."""
    given = textbook(ENDLESS)
    small = EnumerationOptions(remote=False, max_complex_strands=6)
    found = enumerate_complexes(given, small)
    assert found.outcome.limit == "max_complex_strands"
    assert found.condensed == ()
    truth = run_peppercorn(given, lengths(given), give_up=False, reject_remote=True, max_complex_size=6)
    assert truth is not None
    dropped = [s for s in found.steps if any(len(c.strands) > 6 for c in s.products)]
    assert len(dropped) == 1
    steps = {(s.kind, side(s.reactants), side(s.products)): s.rate for s in found.steps if s not in dropped}
    assert steps == pytest.approx({s: truth.steps[s] for s in steps}, rel=1e-9)

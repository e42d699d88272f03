"""Laws of complexes and of their steps, tried on random ones: rotation, conservation, reversal, order, notation."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from crn.diagnostics import CircuitError
from dsd.complexes import UNPAIRED, Complex, parse_kernel
from dsd.enumeration import Enumeration, EnumerationOptions, enumerate_complexes
from dsd.formats.dotparen import parse_dotparen, sequence_line, structure_line
from dsd.steps import BIND11, BIND21, FOUR_WAY, KINDS, OPEN, THREE_WAY

LENGTHS = {"a": 5, "b": 6, "c": 7, "d": 15}
WORDS = [name + star for name in LENGTHS for star in ("", "*")]
ALL_OPEN = EnumerationOptions(15, max_complexes=150, max_reactions=600)
SMALL = EnumerationOptions(max_complexes=120, max_reactions=400)


def _tree(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Return pieces of kernel notation that hold together, whatever is in them."""
    parts = st.lists(inner, max_size=3).map(" ".join)
    nicked = st.tuples(parts, parts).map(lambda p: f"{p[0]} + {p[1]}")
    return st.tuples(st.sampled_from(WORDS), st.one_of(parts, nicked)).map(lambda p: f"{p[0]}( {p[1]} )")


PIECES = st.recursive(st.sampled_from(WORDS), _tree, max_leaves=8)


@st.composite
def complexes(draw: st.DrawFn) -> Complex:
    """Return a complex of a few strands."""
    kernel = " ".join(draw(st.lists(PIECES, min_size=1, max_size=3)))
    try:
        return parse_kernel(kernel, LENGTHS)
    except CircuitError:
        assume(False)
        raise


STRANDS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(lambda w: parse_kernel(" ".join(w), LENGTHS))
SOUPS = st.lists(st.one_of(STRANDS, complexes()), min_size=2, max_size=3)
SLOW = settings(max_examples=40, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))


def rotated(item: Complex, turn: int) -> Complex:
    """Return the same complex, its strands listed from another one on."""
    start, total = sum(len(s) for s in item.strands[:turn]), len(item.pairs)
    pairs = tuple((p - start) % total if p != UNPAIRED else UNPAIRED for p in item.pairs[start:] + item.pairs[:start])
    return Complex(item.strands[turn:] + item.strands[:turn], pairs)


@settings(max_examples=300, derandomize=True, deadline=None)
@given(complexes(), st.integers(0, 9))
def test_rotation_does_not_matter(item: Complex, turn: int) -> None:
    again = rotated(item, turn % len(item.strands))
    assert again == item
    assert hash(again) == hash(item)
    assert (again.strands, again.pairs, again.kernel) == (item.strands, item.pairs, item.kernel)


@settings(max_examples=300, derandomize=True, deadline=None)
@given(complexes())
def test_notations_are_read_back(item: Complex) -> None:
    assert parse_kernel(item.kernel, LENGTHS) == item
    for by_nucleotide in (False, True):
        assert parse_dotparen(sequence_line(item), structure_line(item, by_nucleotide), LENGTHS) == item


@SLOW
@given(SOUPS)
def test_steps_conserve_strands_and_make_complexes(soup: list[Complex]) -> None:
    """Holds too as far as an enumeration that hit a limit came."""
    found = enumerate_complexes(soup, SMALL)
    for step in found.steps:
        before, after = (Counter(s for c in part for s in c.strands) for part in (step.reactants, step.products))
        assert before == after
    for item in found.complexes:
        verified = Complex(item.strands, item.pairs)
        assert (verified.strands, verified.pairs) == (item.strands, item.pairs)


@SLOW
@given(SOUPS, st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_matter(soup: list[Complex], random: object) -> None:
    shuffled = [rotated(c, len(c.strands) - 1) for c in reversed(soup)]
    shuffled += shuffled[:1]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert enumerate_complexes(shuffled, SMALL) == enumerate_complexes(soup, SMALL)


def zips_up(soup: list[Complex]) -> bool:
    """Whether a helix could ever be of more than one domain."""
    rows = {pair for c in soup for s in c.strands for pair in pairwise(s.domains)}
    return any((~y, ~x) in rows for x, y in rows)


def check_reversal(found: Enumeration) -> set[str]:
    """Demand that what can be undone is; return the kinds of steps that were seen."""
    known = {(s.kind, s.reactants, s.products) for s in found.steps}
    resting = set(found.resting)
    backward = {BIND21: OPEN, BIND11: OPEN, THREE_WAY: THREE_WAY, FOUR_WAY: FOUR_WAY}
    for step in found.steps:
        if step.kind == OPEN:
            if len(step.products) == 1:
                assert (BIND11, step.products, step.reactants) in known
            elif resting.issuperset(step.products):
                assert (BIND21, step.products, step.reactants) in known
        elif len(step.products) == 1:
            assert (backward[step.kind], step.products, step.reactants) in known
    return {s.kind for s in found.steps}


@settings(SLOW, max_examples=80)
@given(st.lists(STRANDS, min_size=2, max_size=4))
def test_every_step_that_can_be_undone_is(soup: list[Complex]) -> None:
    """Holds where every helix is of one domain; a longer one forms at once and may come apart at one end.

    A step into two complexes is undone only if both rest, since others meet nobody; migration does not bind.
    """
    assume(not zips_up(soup))
    found = enumerate_complexes(soup, ALL_OPEN)
    assume(found.outcome.complete)
    check_reversal(found)


@pytest.mark.parametrize(
    "kernels",
    [
        ["d", "c c d* c*", "b a*", "d"],
        ["c* a b c", "d* b", "a* d c*", "b b d c*"],
        ["a*", "b* c b c"],
        ["c* d* c", "c* b a*"],
    ],
)
def test_every_kind_of_step_is_undone(kernels: list[str]) -> None:
    """The law above is not empty: here each kind occurs."""
    soup = [parse_kernel(k, LENGTHS) for k in kernels]
    assert not zips_up(soup)
    found = enumerate_complexes(soup, ALL_OPEN)
    assert found.outcome.complete
    assert check_reversal(found) == set(KINDS)

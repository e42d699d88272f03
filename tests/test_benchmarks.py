"""The generators, the error metrics and the interpolation of the benchmarks; nothing here is timed and no peer is needed."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.sparse as sp

from benchmarks.arrays import Flat
from benchmarks.metrics import Bound, best, front, max_error, median, ratio, rms_error, time_at
from benchmarks.networks import C_MAX, HUBS, Q_MAX, RATES, expand, formal, scaled, shares
from benchmarks.problems import build
from benchmarks.slow_scale import Spread
from crn.massaction import MassAction
from crn.network import CRN, Bag, Reaction


def kind(reaction: Reaction) -> str:
    """Tell the kind of a formal reaction from its equation alone."""
    if reaction.order == 1:
        return "convert" if len(reaction.products) == 1 else "split"
    if set(reaction.reactants.support) & set(HUBS):
        return "catalyse"
    return "join" if reaction.products else "annihilate"


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (10, {"convert": 3, "split": 2, "catalyse": 1, "join": 3, "annihilate": 1}),
        (50, {"convert": 15, "split": 8, "catalyse": 5, "join": 15, "annihilate": 7}),
        (100, {"convert": 30, "split": 15, "catalyse": 10, "join": 30, "annihilate": 15}),
    ],
)
def test_the_shares_are_exact(size: int, expected: dict[str, int]) -> None:
    assert shares(size) == expected
    for seed in range(3):
        found = [kind(r) for r in formal(size, seed).reactions]
        assert {k: found.count(k) for k in expected} == expected


def test_a_network_depends_on_size_and_seed_alone() -> None:
    assert formal(30, 4) == formal(30, 4)
    assert formal(30, 4) != formal(30, 5)
    assert build("loop:10:2").segments[7].additions == build("loop:10:2").segments[7].additions


@pytest.mark.parametrize("seed", range(3))
def test_formal_networks_are_as_stated(seed: int) -> None:
    crn = formal(100, seed)
    assert len(crn.species) == 60
    start = dict(crn.initial)
    amounts = [start[s] for s in crn.species]
    assert sum(a == 0 for a in amounts) == round(0.3 * 58)
    assert all(a == 0 or 1 <= a <= 100 for a in amounts)
    assert all(start[h] > 0 for h in HUBS)
    near = 0
    for reaction in crn.reactions:
        low, high = RATES[kind(reaction)]
        assert 10**low <= reaction.k <= 10**high
        assert reaction.reactants != reaction.products
        left, right = (
            [int(s[1:]) for s in b.elements() if s not in HUBS] for b in (reaction.reactants, reaction.products)
        )
        assert len(set(left)) == len(left)
        near += all(min((i - j) % 58, (j - i) % 58) <= 5 for i in left for j in left)
        if kind(reaction) == "catalyse":
            assert {h: reaction.reactants[h] for h in HUBS} == {h: reaction.products[h] for h in HUBS}
            assert left != right
    assert near >= 90  # one neighbour in 20 is anywhere


@pytest.mark.parametrize(("size", "species", "reactions"), [(10, 46, 29), (100, 440, 295)])
def test_expanded_sizes(size: int, species: int, reactions: int) -> None:
    for seed in range(2):
        crn = expand(formal(size, seed))
        assert (len(crn.species), len(crn.reactions)) == (species, reactions)


def test_expansion_of_each_kind() -> None:
    plain = CRN.build(
        [
            Reaction("u", Bag.of("A"), Bag.of("B", "B"), 1e-3),
            Reaction("v", Bag.of("A", "B"), Bag.of("C"), 1e-5),
            Reaction("w", Bag.of("B", "C"), Bag(), 2e-4),
        ],
        {"A": 5.0},
    )
    crn = expand(plain)
    assert [(r.equation, r.k) for r in crn.reactions] == [
        ("A + G_u -> O_u", 1e-3 / C_MAX),
        ("O_u + T_u -> 2B", Q_MAX),
        ("A + L_v -> B_v + H_v", 1e-5),
        ("B_v + H_v -> A + L_v", Q_MAX),
        ("B + H_v -> O_v", Q_MAX),
        ("O_v + T_v -> C", Q_MAX),
        ("B + L_w -> B_w + H_w", 2e-4),
        ("B_w + H_w -> B + L_w", Q_MAX),
        ("C + H_w ->", Q_MAX),
    ]
    assert dict(crn.initial) == {"A": 5.0} | dict.fromkeys(("G_u", "T_u", "L_v", "B_v", "T_v", "L_w", "B_w"), C_MAX)


def test_gates_are_conserved() -> None:
    crn = expand(formal(50, 0))
    law = MassAction(crn)
    index = law.index
    y = np.random.default_rng(0).uniform(1, 10, len(law.species))
    slope = law.derivative(y)
    for species in crn.species:
        if species.startswith("G_"):
            gate, out, rest = (index[f"{x}{species[1:]}"] for x in "GOT")
            assert slope[gate] + slope[out] == pytest.approx(slope[rest], abs=1e-12)
        if species.startswith("T_") and f"L{species[1:]}" in index:
            gate, half, out, rest = (index[f"{x}{species[1:]}"] for x in "LHOT")
            assert slope[gate] + slope[half] + slope[out] == pytest.approx(slope[rest], abs=1e-12)


def test_a_change_of_unit_changes_no_time() -> None:
    crn = formal(20, 1)
    one, other = MassAction(crn), MassAction(scaled(crn, 1e3))
    y = np.linspace(1, 2, len(one.species))
    assert other.derivative(1e3 * y) == pytest.approx(1e3 * one.derivative(y), rel=1e-12)


def test_problems() -> None:
    single = build("random:10:0")
    assert len(single.segments) == 1
    assert single.segments[0].times == pytest.approx(np.linspace(0, 2e4, 51))
    assert single.observe(np.tile(single.start, (51, 1))).shape == (51, 8)
    loop = build("loop:50:0")
    assert len(loop.segments) == 200
    assert {s.duration for s in loop.segments} == {500.0}
    fuels = sum(a == C_MAX for _, a in loop.crn.initial)
    assert [len(s.resets) for s in loop.segments[18:21]] == [4, 4 + fuels, 4]
    assert all(len(s.additions) == 4 and all(1 <= a <= 20 for _, a in s.additions) for s in loop.segments)
    state = loop.segments[0].begin(loop.start)
    names = dict(zip(loop.crn.species, state, strict=True))
    assert (names["C1"], names["C2"]) == (50.0, 0.0)
    with pytest.raises(ValueError, match="no problem"):
        build("other:10:0")


def test_a_compiled_network_is_read_in_nanomolar() -> None:
    problem = build("compiled:10:0")
    start = dict(formal(10, 0).initial)
    found = sorted(problem.observe(problem.start[None, :])[0])
    gain = found[-1] / max(start.values())
    assert found == pytest.approx([gain * a for a in sorted(start.values())])
    assert 1 <= gain <= 10


def test_flat_arrays_say_the_same_as_the_rate_law() -> None:
    reactions = [Reaction("a", Bag.of("A", "A"), Bag.of("B"), 2.0), Reaction("b", Bag.of("A", "B"), Bag.of("A"), 3.0)]
    for crn in (CRN.build(reactions), expand(formal(10, 3))):
        law = MassAction(crn)
        flat = Flat.of(law)
        y = np.random.default_rng(1).uniform(0, 2, flat.size)
        padded = np.append(y, 1.0)
        rates = flat.k * padded[flat.one] * padded[flat.two]
        slope = np.zeros(flat.size)
        np.add.at(slope, flat.who, flat.change * np.repeat(rates, np.diff(flat.start)))
        assert slope == pytest.approx(law.derivative(y))
        entries = np.zeros(len(flat.indices))
        np.add.at(entries, flat.at, flat.weight * flat.k[flat.reaction] * padded[flat.other])
        matrix = sp.csc_matrix((entries, flat.indices, flat.indptr), shape=(flat.size, flat.size))
        assert matrix.toarray() == pytest.approx(law.jacobian(y).toarray())


def test_errors_by_hand() -> None:
    reference = np.array([[0.0, 1.0], [0.99, 100.0]])
    values = reference + np.array([[1e-5, 0.0], [-2e-3, 0.0]])
    assert max_error(values, reference) == pytest.approx(2e-3)
    assert rms_error(values, reference) == pytest.approx(math.sqrt((1e-3**2 + 2e-3**2) / 4))
    assert math.isinf(max_error(values[:1], reference))
    assert math.isinf(rms_error(values * np.nan, reference))


def test_interpolation_is_logarithmic() -> None:
    points = [(1e-3, 1.0), (1e-5, 4.0)]
    found = time_at(points, 1e-4)
    assert found is not None
    assert found.flag == ""
    assert found.value == pytest.approx(2.0)
    assert time_at(points, 1e-6) == Bound(4.0, "≥")
    assert time_at(points, 1e-2) == Bound(1.0, "≤")
    assert time_at([(math.inf, math.inf)], 1e-4) is None


def test_worse_and_slower_points_do_not_count() -> None:
    points = [(1e-2, 1.0), (3e-2, 2.0), (1e-3, 5.0), (1e-4, 4.0), (math.inf, 0.1)]
    assert front(points) == [(1e-2, 1.0), (1e-4, 4.0)]
    found = time_at(points, 1e-3)
    assert found is not None
    assert found.value == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("peer", "own", "expected"),
    [("", "", ""), ("≥", "", "≥"), ("≤", "", "≤"), ("", "≤", "≥"), ("≥", "≤", "≥"), ("≥", "≥", "~"), ("", "≥", "≤")],
)
def test_bounds_carry_over_to_ratios(peer: str, own: str, expected: str) -> None:
    assert ratio(Bound(6.0, peer), Bound(2.0, own)) == Bound(3.0, expected)


def test_medians_and_the_best() -> None:
    assert median([Bound(1.0), Bound(5.0, "≥"), Bound(2.0)]) == Bound(2.0, "≥")
    assert median([Bound(1.0, "≤"), Bound(5.0, "≥")]) == Bound(3.0, "~")
    assert median([]) is None
    assert best([Bound(3.0), Bound(2.0, "≥")]) == Bound(2.0, "≥")
    assert best([]) is None


def test_a_spread_knows_how_well_it_is_known() -> None:
    # Of 2,000 samples the means and the standard deviations scatter by the errors that each sample gives; exponential values, whose
    # fourth moment is not that of the normal distribution.
    drawn = np.random.default_rng(1).exponential(size=(2000, 400))
    spreads = [Spread.of(values) for values in drawn]
    assert np.std([s.mean for s in spreads]) == pytest.approx(np.mean([s.mean_error for s in spreads]), rel=0.05)
    assert np.std([s.sd for s in spreads]) == pytest.approx(np.mean([s.sd_error for s in spreads]), rel=0.1)

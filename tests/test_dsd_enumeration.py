"""Elementary steps, their closure and its condensation, against Peppercorn and against what can be worked out by hand."""

from __future__ import annotations

import math
import os
import random
import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from support_peppercorn import Side, agree, run_peppercorn, side

from crn.diagnostics import CircuitError
from dsd.complexes import Complex, parse_kernel
from dsd.condensation import FastStep, condense
from dsd.domains import Domain
from dsd.enumeration import (
    Enumeration,
    EnumerationOptions,
    EnumerationOutcome,
    condensed_network,
    enumerate_complexes,
)
from dsd.ratemodel import Linker, RateModel
from dsd.steps import Step

MODEL = RateModel()
NO_REMOTE = EnumerationOptions(remote=False)
PEER_NO_REMOTE = EnumerationOptions(remote=False, as_peppercorn=True)
ROOT = Path(__file__).resolve().parents[1]


def read(kernels: Iterable[str]) -> tuple[list[Complex], dict[str, int]]:
    """Read complexes whose domains have 5 nt if their name begins with f, s, t or u, else 15 nt."""
    kernels = list(kernels)
    names = {name for kernel in kernels for name in re.findall(r"\w+", kernel)}
    lengths = {name: 5 if name[0] in "fstu" else 15 for name in sorted(names)}
    return [parse_kernel(k, lengths) for k in kernels], lengths


def srinivas(reactants: str, products: str) -> list[str]:
    """Signals and fuels of one reaction in the architecture of srinivas2015; species are single letters."""
    signals = [f"h{x} f{x} m{x} s{x}" for x in sorted(set(reactants + products))]
    histories = [f"h{n}" for n in range(len(products))]
    tail = {0: "", 1: f"h0 f{products}"}.get(len(products), "h0")
    join = f"m{reactants[-1]}( s{reactants[-1]}( {tail} + ) )"
    for first, second in reversed(list(pairwise(reactants))):
        join = f"m{first}( s{first}( f{second}( + {join} ) ) )"
    fuels = [f"{join} f{reactants[0]}*", *(f"m{a} s{a} f{b}" for a, b in pairwise(reactants))]
    if products:
        produce = ""
        for history, species in reversed(list(zip(histories, products, strict=True))):
            produce = f"{history}( f{species}( m{species} s{species} + {produce} ) )"
        fuels.append(f"{produce} s{reactants[-1]}*")
        fuels += [f"f{a} {h} f{b}" for h, (a, b) in zip(histories[1:], pairwise(products), strict=True)]
    return signals + fuels


IMPOSTOR = [
    "hX t1 d2 t3",
    "hW t4 d5 t6",
    "hE t10 d11 t12",
    "hZ t7 d8 t9",
    # X + W -> X + W + Z
    "d2( t3( t4( + d5( t6( d17 t1 d18 t4 d19 t7 + ) ) ) ) ) t1*",
    "d17( t1( d2 t3 + d18( t4( d5 t6 + d19( t7( d8 t9 + ) ) ) ) ) ) t6*",
    "d2 t3 t4",
    # E + X -> E + X + W
    "d11( t12( t1( + d2( t3( d20 t10 d21 t1 d22 t4 + ) ) ) ) ) t10*",
    "d20( t10( d11 t12 + d21( t1( d2 t3 + d22( t4( d5 t6 + ) ) ) ) ) ) t3*",
    "d11 t12 t1",
]
"""Two gates of soloveichik2010 of which the output of the second passes for the backward strand of the first."""


def soup(seed: int) -> tuple[list[Complex], dict[str, int]]:
    """Return three or four random strands of two to four domains."""
    rng = random.Random(seed)
    names = "abct"[: rng.randint(3, 4)]
    lengths = {name: rng.choice((4, 5, 6, 7, 8, 15)) for name in names}
    kernels = [
        " ".join(rng.choice(names) + rng.choice(("", "*")) for _ in range(rng.randint(2, 4)))
        for _ in range(rng.randint(3, 4))
    ]
    return [parse_kernel(k, lengths) for k in kernels], lengths


# fmt: off
SOUPS = (0, 4, 5, 6, 11, 12, 16, 20, 21, 27, 30, 37, 57, 59, 61, 66, 72, 73, 81, 85, 86, 90, 101, 103, 112, 134, 151, 155,
         167, 173, 183, 194)
"""Soups that end."""
FOUR_WAY_SOUPS = (2, 7, 15, 26, 53, 55, 70, 113, 130, 161, 193)
"""The same, but only without remote toeholds or without four-way steps; the latter are possible in them."""
# fmt: on


# --- against Peppercorn -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reactants", "products", "count"),
    [
        ("AB", "CD", 6),
        ("AB", "C", 4),
        ("A", "B", 2),
        ("AB", "", 3),
        ("A", "", 1),
        ("A", "BC", 4),
        ("ABC", "D", 6),
        ("AB", "AC", 9),
    ],
)
def test_srinivas_gates(reactants: str, products: str, count: int) -> None:
    found, rivals = agree(read(srinivas(reactants, products))[0], EnumerationOptions())
    assert (len(found.condensed), rivals) == (count, 0)


RIVALS = (["b t", "u( b( + t* c ) )"], ["t a c", "a( c( + ) ) x* t*", "t x a c"])
"""Here two equal complexes, bound to each other, come apart by the migration of either of two helices."""


@pytest.mark.parametrize(
    "kernels",
    [
        pytest.param(["t b", "b( u( + ) ) t*"], id="toehold exchange, 5' toehold"),
        pytest.param(["b t", "u( b( + t* c ) )"], id="toehold exchange, 3' toehold behind a spacer"),
        pytest.param(["t b c d", "b( c( d( + ) ) ) t*"], id="several domains, 5' toehold"),
        pytest.param(["b c d t", "b( c( d( + t* ) ) )"], id="several domains, 3' toehold"),
        pytest.param(["t a( l )", "a* t*"], id="hairpin opened from outside"),
        pytest.param(["a( l t m )", "m* t* l*"], id="hairpin, loop shut away"),
        pytest.param(["a l a*", "a* l* a"], id="two hairpins that form a duplex"),
        pytest.param(["t a c", "a( c( + ) ) x* t*", "t x a c"], id="remote toehold, 5'"),
        pytest.param(["a c x t", "a( c( + t* x* ) )"], id="remote toehold, 3'"),
        pytest.param(["a t b", "a( t( b( + ) ) )", "b* t*"], id="strand exchange without a toehold"),
        pytest.param(["t a t a", "a* t*"], id="two sites of one kind"),
        pytest.param(["b( a( l ) t a c( m ) )", "t*"], id="multiloop, shut away"),
        pytest.param(["l a*( ) m a* a"], id="hairpin without a loop against its own strand"),
    ],
)
@pytest.mark.parametrize("four_way", [True, False])
def test_small_systems(kernels: list[str], four_way: bool) -> None:
    given, _ = read(kernels)
    _, rivals = agree(given, EnumerationOptions(four_way=four_way))
    assert (rivals > 0) is (kernels in RIVALS)
    agree(given, EnumerationOptions(four_way=four_way, remote=False))


@pytest.mark.parametrize("seed", SOUPS)
def test_soups(seed: int) -> None:
    agree(soup(seed)[0], EnumerationOptions())


@pytest.mark.parametrize(
    "seed",
    [
        *FOUR_WAY_SOUPS[::4],
        *(pytest.param(s, marks=pytest.mark.slow) for s in FOUR_WAY_SOUPS if s not in FOUR_WAY_SOUPS[::4]),
    ],
)
def test_soups_without_four_way_migration_and_remote_toeholds(seed: int) -> None:
    for remote in (True, False):
        agree(soup(seed)[0], EnumerationOptions(four_way=False, remote=remote))


@pytest.mark.parametrize("cutoff", [5, 6, 9])
def test_release_cutoff(cutoff: int) -> None:
    agree(soup(61)[0], EnumerationOptions(release_cutoff=cutoff))


def test_peppercorn_gives_each_of_two_isomers_the_rate_of_both() -> None:
    """Where we differ from Peppercorn by default: the rates of isomers.

    One strand rests in two folds; neither goes over into the other, and each makes the same product with the same partner.
    A fold binds its partner at the rate of a helix of 15 nt, and this is the rate of the reaction. Peppercorn looks for the
    steps of any reactant that end in the products, and so counts those of the other fold too: it doubles the rate.
    """
    given, _ = read(["a( l ) l a", "a l a*( l )", "l* a l*"])
    agree(given, NO_REMOTE)
    first, second, partner = given
    for options, both in ((NO_REMOTE, 1), (PEER_NO_REMOTE, 2)):
        found = enumerate_complexes(given, options)
        for isomer in (first, second):
            rates = [r.rate for r in found.condensed if side(r.reactants) == side([isomer, partner])]
            assert sorted(rates) == pytest.approx([MODEL.bind21(15), both * MODEL.bind21(15)])


def test_rival_pathways() -> None:
    _, rivals = agree(soup(9)[0], EnumerationOptions(four_way=False))
    assert rivals > 0


def test_impostor_without_remote_toeholds() -> None:
    found, rivals = agree(read(IMPOSTOR)[0], NO_REMOTE)
    assert (len(found.condensed), rivals) == (27, 0)


@pytest.mark.slow
@pytest.mark.parametrize(("four_way", "count"), [(True, 173), (False, 64)])
def test_impostor_with_remote_toeholds(four_way: bool, count: int) -> None:
    found, rivals = agree(read(IMPOSTOR)[0], EnumerationOptions(four_way=four_way))
    assert len(found.condensed) == count
    assert rivals > 0


# --- what is known by hand --------------------------------------------------------------------------------------------


def test_impostor_chain() -> None:
    """The first and the last link of the chain by which an X is lost, and their rates."""
    given, lengths = read(IMPOSTOR)
    found = enumerate_complexes(given)
    assert len(found.condensed) == 173
    assert len(condensed_network(given, NO_REMOTE).reactions) == 27

    def rate(reactants: Sequence[str], products: Sequence[str], among: Enumeration) -> float:
        sides = [side(parse_kernel(k, lengths) for k in kernels) for kernels in (reactants, products)]
        return sum(r.rate for r in among.condensed if [side(r.reactants), side(r.products)] == sides)

    signal, output = "hX t1 d2 t3", "d2 t3 d20 t10 d21 t1 d22 t4"
    docked = "hX t1( d2( t3( + d5( t6( d17 t1 d18 t4 d19 t7 + ) ) t4* ) ) )"
    imitated = "d2( t3( d20 t10 d21 t1 d22 t4 + d5( t6( d17 t1 d18 t4 d19 t7 + ) ) t4* ) ) t1*"
    steal = [docked, output], [signal, imitated]
    assert rate(*steal, found) == pytest.approx(21.8, rel=1e-3)
    assert rate(*steal, enumerate_complexes(given, NO_REMOTE)) == 0
    in_debt, spent = "d2( t3( t4 + hW t4( d5( t6( + ) ) ) ) ) t1*", "hX t1( d2( t3( + hW t4( d5( t6( + ) ) ) ) ) )"
    assert rate([in_debt, signal], [spent, "d2 t3 t4"], found) == pytest.approx(5.9e5, rel=1e-2)


def test_flux_strand_poses_as_backward_strand() -> None:
    """In A + A -> A the flux strand ``m s h f`` carries both ends of the backward strand ``m s f``."""
    given, lengths = read(srinivas("AA", "A"))
    flux = parse_kernel("mA sA h0 fA", lengths)
    half_open = parse_kernel("hA fA( mA( sA( + mA( sA( h0 fA + ) ) fA* ) ) )", lengths)
    undone = parse_kernel("mA( sA( h0 fA + mA( sA( h0 fA + ) ) fA* ) ) fA*", lengths)
    theft = side([half_open, flux]), side([given[0], undone])
    for options, expected in ((EnumerationOptions(), True), (NO_REMOTE, False)):
        found = enumerate_complexes(given, options)
        assert found.outcome.complete
        assert (theft in {(side(r.reactants), side(r.products)) for r in found.condensed}) is expected


def test_rates_of_toehold_exchange() -> None:
    given, lengths = read(["t b", "b( u( + ) ) t*"])
    found = enumerate_complexes(given)
    migrate, leave = 1 / 3e-3 / 15, 3e5 * 5 * math.exp((1.9 - 1.7 * 5) / (0.001987 * 298.15))
    onward, off = migrate / (migrate + leave), leave / (migrate + leave)
    expected = 3e5 * 5 * onward * off / (1 - onward * onward)
    products = [parse_kernel(k, lengths) for k in ("b u", "u* b*( t*( + ) )")]
    assert {(side(r.reactants), side(r.products)) for r in found.condensed} == {
        (side(given), side(products)),
        (side(products), side(given)),
    }
    assert [r.rate for r in found.condensed] == pytest.approx([expected, expected])


@pytest.mark.parametrize(
    ("kernels", "options"), [(srinivas("AB", "CD"), EnumerationOptions()), (srinivas("AA", "A"), NO_REMOTE)]
)
def test_steps_keep_strands(kernels: list[str], options: EnumerationOptions) -> None:
    found = enumerate_complexes(read(kernels)[0], options)
    known = set(found.complexes)
    for step in found.steps:
        before, after = (Counter(s for c in part for s in c.strands) for part in (step.reactants, step.products))
        assert before == after
        assert known.issuperset(step.reactants + step.products)
    reached = {c for step in found.steps for c in step.products}.union(read(kernels)[0])
    assert reached == known


@pytest.mark.parametrize("seed", [*SOUPS[:10], *FOUR_WAY_SOUPS])
def test_shares_are_stationary(seed: int) -> None:
    found = enumerate_complexes(soup(seed)[0])
    share = {c: w for m in found.macrostates for c, w in zip(m.complexes, m.shares, strict=True)}
    flow: defaultdict[Complex, float] = defaultdict(float)
    through: defaultdict[Complex, float] = defaultdict(float)
    for step in found.steps:
        if len(step.reactants) == 1 and step.reactants[0] in share:
            (source,), (target,) = step.reactants, step.products
            flow[source] -= share[source] * step.rate
            flow[target] += share[source] * step.rate
            through[source] += share[source] * step.rate
    assert all(abs(flow[c]) <= 1e-9 * through[c] for c in flow)
    assert sum(share.values()) == pytest.approx(len(found.macrostates))


TWINS = [parse_kernel(k, {"a": 7, "b": 6}) for k in ("b* b* a*", "a b b b", "b b", "a* a b* a")]
"""A soup where a complex falls into two of one transient kind; Peppercorn counts their fates twice and stops itself."""


@pytest.mark.parametrize("given", [TWINS, read(srinivas("AB", "CD"))[0]], ids=["twins", "gate"])
def test_a_pair_reacts_no_faster_than_it_binds(given: list[Complex]) -> None:
    found = enumerate_complexes(given)
    place = {c: (m.representative, w) for m in found.macrostates for c, w in zip(m.complexes, m.shares, strict=True)}
    binding: defaultdict[Side, float] = defaultdict(float)
    reacting: defaultdict[Side, float] = defaultdict(float)
    for step in found.steps:
        if len(step.reactants) == 2:
            weight = math.prod(place[c][1] for c in step.reactants)
            binding[side(place[c][0] for c in step.reactants)] += step.rate * weight
    for reaction in found.condensed:
        reacting[side(reaction.reactants)] += reaction.rate
    assert reacting
    assert all(rate <= binding[pair] * (1 + 1e-9) for pair, rate in reacting.items())


def test_twins_go_their_own_ways() -> None:
    """Complexes 4 and 5 bind to 0, which falls into two of 1; each of these ends as 2 or as 3, with chances 1 to 3."""
    fast: list[list[FastStep]] = [[((1, 1), 7.0)], [((2,), 1.0), ((3,), 3.0)], [], [], [], []]
    found = condense(fast, [((4, 5), (0,), 16.0)])
    assert found.basins == ((2,), (3,), (4,), (5,))
    assert found.reactions == (((2, 3), (0, 0), 1.0), ((2, 3), (0, 1), 6.0), ((2, 3), (1, 1), 9.0))


# --- the record: limits, order, options -------------------------------------------------------------------------------

POLYMER = ["a b", "a* b*"]
"""Each strand binds two of the other, in a chain without end."""


def test_polymer_hits_the_strand_limit() -> None:
    given, lengths = read(POLYMER)
    found = enumerate_complexes(given)
    assert found.outcome.limit == "max_complex_strands"
    assert "11 strands" in found.outcome.advice
    assert not found.outcome.complete
    assert (found.macrostates, found.condensed) == ((), ())
    oversize = [c for c in found.complexes if len(c.strands) > 10]
    assert len(oversize) == 1
    assert any(oversize[0] in step.products for step in found.steps)
    assert run_peppercorn(given, lengths) is None


@pytest.mark.parametrize(
    ("limits", "name"),
    [
        (EnumerationOptions(max_complexes=10), "max_complexes"),
        (EnumerationOptions(max_reactions=10), "max_reactions"),
        (EnumerationOptions(max_complex_strands=3), "max_complex_strands"),
        (EnumerationOptions(max_complex_strands=2), "max_complex_strands"),
        (EnumerationOptions(max_seconds=1e-9), "max_seconds"),
    ],
)
def test_limits_are_outcomes(limits: EnumerationOptions, name: str) -> None:
    given, _ = read(srinivas("AB", "CD"))
    found = enumerate_complexes(given, limits)
    assert found.outcome.limit == name
    assert str(found.outcome).startswith(f"incomplete ({name}): ")
    assert found.condensed == ()
    assert condensed_network(given, limits).outcome == found.outcome
    whole = enumerate_complexes(given)
    assert str(whole.outcome) == "complete"
    assert set(found.complexes) < set(whole.complexes)
    assert set(found.steps) < set(whole.steps)


def test_just_enough_is_complete() -> None:
    given, _ = read(srinivas("AB", "CD"))
    whole = enumerate_complexes(given)
    size = max(len(c.strands) for c in whole.complexes)
    limits: dict[str, Any] = {
        "max_complex_strands": size,
        "max_complexes": len(whole.complexes),
        "max_reactions": len(whole.steps),
    }
    tight = replace(EnumerationOptions(), **limits)
    assert enumerate_complexes(given, tight) == whole
    for name, least in limits.items():
        assert enumerate_complexes(given, replace(tight, **{name: least - 1})).outcome.limit == name


@pytest.mark.parametrize("seed", [20, 53, 61])
def test_order_and_repetition_of_the_given_do_not_matter(seed: int) -> None:
    given, _ = soup(seed)
    found = enumerate_complexes(given)
    again = enumerate_complexes([*reversed(given), given[0]])
    assert again == found
    assert [s.rate for s in again.steps] == [s.rate for s in found.steps]


def test_runs_do_not_depend_on_hash_seeds() -> None:
    program = (
        "from dsd.complexes import parse_kernel\n"
        "from dsd.enumeration import enumerate_complexes\n"
        f"found = enumerate_complexes([parse_kernel(k, {dict(soup(61)[1])!r}) for k in {[c.kernel for c in soup(61)[0]]!r}])\n"
        "print(*found.complexes, *found.steps, *found.condensed, *map(repr, found.macrostates), sep='\\n')\n"
    )
    texts = [
        subprocess.run(
            [sys.executable, "-c", program],
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert texts[0] == texts[1]
    assert texts[0].count("\n") > 100


@pytest.mark.parametrize("kernels", [srinivas("AB", "CD"), srinivas("AB", "AC"), IMPOSTOR])
def test_condensed_network_is_that_of_the_enumeration(kernels: list[str]) -> None:
    given, _ = read(kernels)
    found, network = enumerate_complexes(given, NO_REMOTE), condensed_network(given, NO_REMOTE)
    assert (network.macrostates, network.reactions, network.outcome) == (
        found.macrostates,
        found.condensed,
        found.outcome,
    )
    assert network.reactions


def test_given_complexes_represent_their_macrostates_and_keep_their_names() -> None:
    lengths = {"a": 15, "l": 8, "t": 5}
    other = parse_kernel("a( l ) t* a t", lengths)
    members = next(m for m in enumerate_complexes([other]).macrostates).complexes
    assert len(members) > 1
    for member in members:
        (state,) = enumerate_complexes([member.named("mine")]).macrostates
        assert (state.representative, state.representative.name) == (member, "mine")
        assert state.complexes == members
    (state,) = enumerate_complexes(members).macrostates
    assert state.representative.kernel == min(m.kernel for m in members)


def test_options() -> None:
    text = EnumerationOptions(release_cutoff=6, remote=False).describe()
    assert "remote toeholds off" in text
    assert "6 nt" in text
    assert "10 strands" in text
    assert "with four-way" in text
    assert "pooled" not in text
    assert "\n" not in text
    text = EnumerationOptions(four_way=False, as_peppercorn=True, max_seconds=2.5).describe()
    assert "without four-way" in text
    assert "pooled as in Peppercorn" in text
    assert text.endswith(", 2.5 s")
    wrong: tuple[dict[str, Any], ...] = (
        {"release_cutoff": -1},
        {"max_complexes": 0},
        {"max_reactions": 0},
        {"max_complex_strands": 0},
        {"max_seconds": 0},
    )
    for options in wrong:
        with pytest.raises(ValueError, match=r"is 0|-1 nt"):
            EnumerationOptions(**options)
    with pytest.raises(ValueError, match="advice"):
        EnumerationOutcome("max_complexes")


def test_nothing_given() -> None:
    found = enumerate_complexes([])
    assert found.outcome.complete
    assert (found.complexes, found.steps, found.macrostates, found.condensed) == ((), (), (), ())


def test_one_name_has_one_length() -> None:
    with pytest.raises(CircuitError, match="domain a has 5 and 6 nt"):
        enumerate_complexes([Complex.single([Domain("a", 5)]), Complex.single([Domain("a", 6)])])


def test_steps_verify_themselves() -> None:
    (left, right, both), _ = read(["a", "a*", "a( + )"])
    step = Step("bind21", (left, right), (both,), 1.0)
    assert step == Step("bind21", (right, left), (both,), 1.0)
    assert str(step) == "a + a* -> a( + ) [bind21, 1 /M/s]"
    for kind, reactants, products, rate in (
        ("open", (left, right), (both,), 1.0),
        ("leak", (both,), (left, right), 1.0),
        ("open", (both,), (left, right), 0.0),
        ("open", (both,), (left, right), math.inf),
        ("open", (both,), (left,), 1.0),
    ):
        with pytest.raises(ValueError, match=r"step|strands"):
            Step(kind, reactants, products, rate)


# --- rates ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("length", "rate"), [(5, 21.77), (6, 1.482), (7, 0.0981), (8, 6.36e-3), (10, 2.56e-5)])
def test_opening(length: int, rate: float) -> None:
    assert MODEL.open(length) == pytest.approx(rate, rel=5e-3)
    energy = MODEL.gas_constant * MODEL.temperature * math.log(MODEL.open(length) / MODEL.bind21(length))
    assert energy == pytest.approx(1.9 - 1.7 * length)


def test_binding_within_a_complex() -> None:
    flush, exterior = Linker(0, 1, False), Linker(0, 0, True)
    assert MODEL.bind21(5) == 1.5e6
    assert MODEL.bind11(10, flush, flush) == 1e4
    assert MODEL.bind11(10, flush, exterior) == MODEL.bind11(10, exterior, flush) == 1e5
    assert MODEL.bind11(10, Linker(3, 0, False), exterior) == pytest.approx(1e6 * 4**-2.5)
    assert MODEL.bind11(10, Linker(0, 0, False), exterior) == 33_000
    assert MODEL.bind11(10, Linker(7, 2, False), exterior) == pytest.approx(1e6 * (10 + 2 * 2 / 0.43) ** -2.5)
    with pytest.raises(ValueError, match="two nicks"):
        MODEL.bind11(10, exterior, exterior)


def test_three_way_migration() -> None:
    flush, exterior = Linker(0, 1, False), Linker(0, 0, True)
    assert MODEL.three_way(15, flush, exterior, dangling=False) == pytest.approx(1 / 3e-3 / 15)
    assert MODEL.three_way(15, flush, exterior, dangling=True) == pytest.approx(1 / 1e-4 / 15)
    remote = MODEL.three_way(15, Linker(20, 1, False), exterior, dangling=True)
    assert remote == pytest.approx(1e4 / 15 * (22 + 2 / 0.43) ** -2.5)


@pytest.mark.parametrize("change", [{"nucleation": 0.0}, {"migration_step": -1.0}, {"pair_energy": math.nan}])
def test_rate_models_verify_themselves(change: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(change))):
        RateModel(**change)

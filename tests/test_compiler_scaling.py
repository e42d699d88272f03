"""From formal units to molar and seconds: the formulas, and what the DNA-level network makes of them."""

from __future__ import annotations

import dataclasses
import itertools
import random
import re
from collections import Counter

import numpy as np
import pytest

from compiler.api import Compiled, CompileOptions, compile_crn, simulate
from compiler.compilation import DEFAULT_SCHEME
from compiler.dna_level import dna_tube
from compiler.passes import scheme_of
from compiler.roles import assign_roles
from compiler.scaling import DILUTION, Physical, Scale, plan_scale
from crn.diagnostics import Diagnostic, InfeasibleError
from crn.massaction import MassAction, Vector
from crn.network import CRN, Bag, Reaction
from crn.protocol import Addition
from crn.simulate import SIMULATORS, ScipyBDF, Simulator, Tolerance
from crn.simulate import simulate as integrate
from crn.text import parse_crn
from dsd.domains import Strand
from dsd.schemes import Role

TIMES = (0.0, 0.5, 1.0, 2.0, 4.0)

PREFIX = {"": 1.0, "m": 1e-3, "u": 1e-6, "µ": 1e-6, "μ": 1e-6, "n": 1e-9, "p": 1e-12, "f": 1e-15}


def network(text: str) -> CRN:
    return parse_crn(text).crn


def orders_of(crn: CRN, physical: Physical = Physical()) -> dict[str, tuple[str, ...]]:
    return dict(assign_roles(crn, scheme_of(DEFAULT_SCHEME), physical).orders)


def scale_of(text: str, time_s: float | None = None, physical: Physical = Physical(), **peaks: float) -> Scale:
    crn = network(text)
    return plan_scale(crn, orders_of(crn, physical), physical, time_s, peaks)


def refusal(text: str, time_s: float | None = None, physical: Physical = Physical()) -> tuple[Diagnostic, ...]:
    crn = network(text)
    with pytest.raises(InfeasibleError) as caught:
        compile_crn(crn, CompileOptions(time_s=time_s, physical=physical))
    return caught.value.diagnostics


def random_network(rng: random.Random) -> CRN:
    letters = "ABCD"[: rng.randint(2, 4)]
    found: dict[tuple[Bag, Bag], Reaction] = {}
    while not found:
        for i in range(rng.randint(1, 5)):
            a = Bag.of(*rng.choices(letters, k=rng.choice((0, 1, 1, 2, 2, 2, 3))))
            b = Bag.of(*rng.choices(letters, k=rng.choice((0, 2, 2, 3))))
            if a != b and (a, b) not in found:
                found[a, b] = Reaction(f"r{i}", a, b, round(10 ** rng.uniform(-2, 2), 4))
    return CRN.build(found.values(), dict.fromkeys(letters, 1.0))


# --- formulas -----------------------------------------------------------------------------------------------------------------


def test_worked_example() -> None:
    """c0 = 10 nM, C_max = 20 uM, q_max = 1e6 /M/s, 1000 s a unit of time; B is loaded by 3, A by 2, D by 1 a unit of time."""
    text = "A + B -> C [2]; A + D -> C [1]; B -> [4]; -> D [8]; B + D -> [3]"
    found = scale_of(text, 1000.0)
    assert orders_of(network(text)) == {"r1": ("A", "B"), "r2": ("D", "A"), "r3": ("B",), "r4": (), "r5": ("B", "D")}
    assert dict(found.loads) == pytest.approx({"A": 2e5, "B": 3e5, "C": 0, "D": 1e5})
    assert found.sigma == pytest.approx(3e5)
    assert found.gain == pytest.approx(1 / 0.7)
    assert found.dose == pytest.approx(10e-9 / 0.7)
    first = {"r1": 2e5, "r2": 1e5, "r3": 4 / 1000 / 20e-6, "r4": 8 / 1000 * 10e-9 / 20e-6**2, "r5": 3e5}
    assert dict(found.first) == pytest.approx({name: q / 0.7 for name, q in first.items()})
    assert dict(found.buffers) == pytest.approx({"A": 1e5 / 0.7, "C": 3e5 / 0.7, "D": 2e5 / 0.7})


def test_three_reactants_bind_a_pair_each() -> None:
    found = scale_of("A + B + C -> D [5]", 1e7, A=2.0)
    step = 5 / 1e7 * 20e-6 / 10e-9**2
    assert found.sigma == pytest.approx(step)
    assert dict(found.first)["r1"] == pytest.approx(found.gain * step)
    note = next(n for n in found.notes if "A + B + C -> D" in n)
    assert f"{2 * 10e-9 / 20e-6:.2g}" in note


@pytest.mark.parametrize("seed", range(25))
def test_every_rate_keeps_to_its_formula_and_its_limit(seed: int) -> None:
    rng = random.Random(seed)
    crn = random_network(rng)
    physical = Physical(10 ** rng.uniform(-9, -7), 10 ** rng.uniform(-5, -4), 10 ** rng.uniform(5, 7))
    orders = orders_of(crn, physical)
    fastest = plan_scale(crn, orders, physical, None, {})
    for time_s in (fastest.time_s, 3.7 * fastest.time_s):
        found = plan_scale(crn, orders, physical, time_s, {})
        c0, top, q_max, g = physical.signal_M, physical.fuel_M, physical.q_max, found.gain
        load = dict.fromkeys(crn.species, 0.0)
        for reaction in crn.reactions:
            order = orders[reaction.id]
            assert Bag.of(*order) == reaction.reactants
            # Free amounts are the formal ones times c0; events have to be g times as frequent, as all amounts are g times as large.
            physical_k = reaction.k / found.time_s * c0 ** (1 - reaction.order)
            expected = {0: g * physical_k / top**2, 1: g * physical_k / top, 2: g * physical_k, 3: g * physical_k * top}
            assert dict(found.first)[reaction.id] == pytest.approx(expected[reaction.order])
            if reaction.order >= 2:
                load[order[0]] += physical_k * (top if reaction.order == 3 else 1.0)
        assert dict(found.loads) == pytest.approx(load)
        assert found.sigma == pytest.approx(max(load.values()))
        assert g == pytest.approx(q_max / (q_max - found.sigma))
        buffers = {s: g * (found.sigma - x) for s, x in load.items() if x < found.sigma * (1 - 1e-9)}
        assert dict(found.buffers) == pytest.approx(buffers)
        assert max([q for _, q in found.first + found.buffers]) <= q_max * (1 + 1e-9)
    assert max([q for _, q in fastest.first + fastest.buffers]) == pytest.approx(physical.q_max)


def test_no_reaction_of_two_reactants_no_gain() -> None:
    found = scale_of("A -> B [3]; -> A [2]; B ->")
    assert (found.sigma, found.gain, found.buffers) == (0.0, 1.0, ())
    assert found.time_s == pytest.approx(3 / (20e-6 * 1e6))


def test_an_unloaded_species_halves_what_can_be_had() -> None:
    assert scale_of("A + B -> C").gain == pytest.approx(2.0)
    assert scale_of("A + B -> C").sigma == pytest.approx(0.5e6)
    assert scale_of("A + B -> ; A + B -> A; A + A -> B; B + B -> A + A + A").gain <= 3.0


def test_rates_of_the_compiled_gates() -> None:
    """The first step of a gate has the designed rate, every later one q_max, buffers their own."""
    compiled = compile_crn(network("A + B -> C [2]; C -> D [3]; 2D -> D + A; -> B"), CompileOptions(time_s=2000.0))
    scale = compiled.scale
    first = dict(scale.first) | {f"buffer_{s}": q for s, q in scale.buffers}
    seen = Counter((r.gate, r.place) for r in compiled.system.reactions)
    assert {gate for gate, place in seen if place == "first"} == set(first)
    for reaction in compiled.system.reactions:
        assert reaction.k == (first[reaction.gate] if reaction.place == "first" else scale.physical.q_max)


# --- who binds first ----------------------------------------------------------------------------------------------------------


def test_loads_are_evened_out() -> None:
    text = "A + B -> D; A + C -> D; A + E -> D; A + F -> D"
    found = scale_of(text)
    assert sorted(load * found.time_s * 10e-9 for _, load in found.loads) == pytest.approx([0, 0, 0, 1, 1, 1, 1][1:])
    assert len({order[0] for order in orders_of(network(text)).values()}) == 4


@pytest.mark.parametrize("seed", range(30))
def test_no_other_assignment_is_much_better(seed: int) -> None:
    """Among all assignments with the fewest impostors the largest load is at most half as large again as the smallest possible."""
    crn = random_network(random.Random(1000 + seed))
    scheme = scheme_of(DEFAULT_SCHEME)
    made = {r.id: r.products.elements() for r in crn.reactions}
    steps = {r.id: r.k * {2: 1 / 10e-9, 3: 20e-6 / 10e-9**2}.get(r.order, 0.0) for r in crn.reactions}

    def impostors(orders: dict[str, tuple[str, ...]]) -> int:
        imitated = [p for name, o in orders.items() for p in scheme.imitated(o, made[name])]
        return sum(imitated.count(p) for o in orders.values() for p in itertools.pairwise(o))

    def heaviest(orders: dict[str, tuple[str, ...]]) -> float:
        return max(sum(steps[name] for name, o in orders.items() if o and o[0] == s) for s in crn.species)

    ways = [sorted(set(itertools.permutations(r.reactants.elements()))) for r in crn.reactions]
    every = [dict(zip(made, chosen, strict=True)) for chosen in itertools.product(*ways)]
    fewest = min(map(impostors, every))
    best = min(heaviest(o) for o in every if impostors(o) == fewest)
    found = orders_of(crn)
    assert impostors(found) == fewest
    assert heaviest(found) <= 1.5 * best * (1 + 1e-9)


# --- what cannot be built -----------------------------------------------------------------------------------------------------


def test_too_fast_names_what_binds_and_the_cure_works() -> None:
    slow = refusal("A + B -> C [0.1]; C -> D [1000000]", 10.0)[0]
    assert slow.message.startswith("reaction C -> D would need")
    loaded = refusal("A + B -> C; A + C -> D; 2B -> C; 2C -> B", 100.0)[0]
    assert loaded.message.startswith("the buffer of D would need")


@pytest.mark.parametrize("seed", range(20))
def test_the_suggested_time_works(seed: int) -> None:
    crn = random_network(random.Random(2000 + seed))
    fastest = compile_crn(crn).scale.time_s
    with pytest.raises(InfeasibleError) as caught:
        compile_crn(crn, CompileOptions(time_s=fastest / 3))
    match = re.search(r"--scale ([\d.e+-]+) ?(s|min|h)\b", caught.value.diagnostics[0].advice)
    assert match, caught.value
    suggested = float(match[1]) * {"s": 1, "min": 60, "h": 3600}[match[2]]
    cured = compile_crn(crn, CompileOptions(time_s=suggested))
    assert cured.scale.time_s <= 1.01 * fastest


@pytest.mark.parametrize("seed", range(15))
def test_physical_rates_above_q_max_and_the_cures_work(seed: int) -> None:
    k = round(10 ** random.Random(seed).uniform(5.71, 8), 2)
    found = refusal(f"A + B -> C [{k!r} /M/s]; A @i 5 nM; B @i 5 nM")[0]
    assert found.message.startswith("reaction A + B -> C would need")
    slower, q_max = re.search(
        r"slow all rates down ([\d.e+-]+) times, or raise --qmax to ([\d.e+-]+)", found.advice
    ).groups()  # type: ignore[union-attr]  # the assertion is that it matches
    cured = compile_crn(network(f"A + B -> C [{k / float(slower)!r} /M/s]; A @i 5 nM; B @i 5 nM"))
    assert cured.scale.time_s == 1.0
    cured = compile_crn(
        network(f"A + B -> C [{k!r} /M/s]; A @i 5 nM; B @i 5 nM"), CompileOptions(physical=Physical(q_max=float(q_max)))
    )
    assert cured.scale.gain <= 2.03


def test_too_much_of_a_species_is_named() -> None:
    found = refusal("A + B -> C; A @i 40; B @i 60; C @i 120.5")
    assert [d.message.split()[0] for d in found] == ["B", "C"]
    assert all("times the gain 2" in d.message for d in found)
    assert compile_crn(network("A + B -> C; A @i 40; B @i 50; C @i 49.99")).scale.gain == pytest.approx(2)


@pytest.mark.parametrize("seed", range(20))
def test_the_suggested_concentrations_work(seed: int) -> None:
    """Also where a reaction of one reactant sets the pace: another fuel or signal concentration then changes the gain as well."""
    rng = random.Random(3000 + seed)
    amount = round(10 ** rng.uniform(2.1, 3), 2)
    text = f"A + B -> C [{10 ** rng.uniform(-3, 3):.6g}]; A -> B [{10 ** rng.uniform(-3, 3):.6g}]; A @i {amount}"
    advice = refusal(text)[0].advice
    match = re.search(r"--fuel ([\d.e+-]+) ?(\w?)M or more, or --signal ([\d.e+-]+) ?(\w?)M or less", advice)
    assert match, advice
    fuel, signal = float(match[1]) * PREFIX[match[2]], float(match[3]) * PREFIX[match[4]]
    more = compile_crn(network(text), CompileOptions(physical=Physical(fuel_M=fuel)))
    assert amount * more.scale.dose * DILUTION <= fuel * (1 + 1e-9)
    less = compile_crn(network(text), CompileOptions(physical=Physical(signal_M=signal)))
    assert amount * less.scale.dose * DILUTION <= 20e-6 * (1 + 1e-9)
    assert fuel <= 2.1 * amount * 10e-9 * DILUTION
    assert signal >= 0.45 * 20e-6 / DILUTION / amount


def test_the_suggested_concentrations_work_where_no_buffer_holds_the_gain_down() -> None:
    """Two reactions load the only species there is: the gain grows from 1.04 to 3 as the first-order reaction falls behind."""
    text = "2A -> [1]; 2A -> 3A [1]; A -> [100000]; A @i 5000"
    advice = refusal(text)[0].advice
    match = re.search(r"--fuel ([\d.e+-]+) ?(\w?)M or more, or --signal ([\d.e+-]+) ?(\w?)M or less", advice)
    assert match, advice
    for physical in (
        Physical(fuel_M=float(match[1]) * PREFIX[match[2]]),
        Physical(signal_M=float(match[3]) * PREFIX[match[4]]),
    ):
        scale = compile_crn(network(text), CompileOptions(physical=physical)).scale
        assert 5000 * scale.dose * DILUTION <= physical.fuel_M * (1 + 1e-9)


def test_a_fuel_that_runs_dry_is_named_and_the_cure_works() -> None:
    crn = network("-> A [1]; A -> [0.01]")
    with pytest.raises(InfeasibleError) as caught:
        simulate(crn, [0.0, 3000.0], "dna")
    fault = caught.value.diagnostics[0]
    assert "-> A" in fault.message
    assert "runs dry" in fault.message
    match = re.search(r"--fuel ([\d.e+-]+) ?(\w?)M", fault.advice)
    assert match
    fuel = float(match[1]) * PREFIX[match[2]]
    run = simulate(crn, [0.0, 3000.0], "both", options=CompileOptions(physical=Physical(fuel_M=fuel)))
    assert run.outcome.ok


def test_a_physical_network_keeps_molar_and_seconds() -> None:
    compiled = compile_crn(network("A + B -> C [2e5 /M/s]; C -> A [0.01 /s]; A @i 30 nM; B @i 50 nM"))
    scale = compiled.scale
    assert (scale.physical.signal_M, scale.time_s) == (1.0, 1.0)
    assert (scale.sigma, scale.gain) == pytest.approx((2e5, 1.25))
    assert dict(scale.first) == pytest.approx({"r1": 2.5e5, "r2": 1.25 * 0.01 / 20e-6})
    tube = dna_tube(compiled.state)
    assert tube.start[tube.dose["A"]] == pytest.approx(1.25 * 30e-9)
    assert tube.amounts(tube.start) == pytest.approx({"A": 30e-9, "B": 50e-9, "C": 0.0})
    run = simulate(network("A + B -> C [2e5 /M/s]; C -> A [0.01 /s]; A @i 30 nM; B @i 50 nM"), [0.0, 60.0, 600.0])
    assert run.max_relative_error is not None
    assert run.max_relative_error < 0.01


# --- what the DNA does --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ratio", [0.1, 0.3, 0.5])
def test_first_reactants_are_free_to_one_part_in_the_gain(ratio: float) -> None:
    """Control 1: everything that binds first is there, what binds second is not; in equilibrium every species is free to 1/g."""
    text = "A + X -> P [2]; B + X -> Q [1.5]; C + Y -> P [1]; A @i 3; B @i 2; C @i 1; P @i 0.5; Q @i 4"
    crn = network(text)
    top = compile_crn(crn).scale
    compiled = compile_crn(crn, CompileOptions(time_s=top.sigma * top.time_s / (ratio * 1e6)))
    scale = compiled.scale
    assert scale.sigma == pytest.approx(ratio * 1e6)
    assert {o[0] for _, o in compiled.state.orders} == {"A", "B", "C"}
    tube = dna_tube(compiled.state)
    run = integrate(tube.law, tube.start, [], [0.0, 50.0], SIMULATORS[0], Tolerance(1e-8, 1e-15))
    for species, amount in crn.initial:
        total = amount * scale.dose
        free = run.of(compiled.system.carrier(species).name)[-1]
        assert free / total == pytest.approx(1 / scale.gain, rel=0.01), species
    assert tube.amounts(run.values[-1]) == pytest.approx({**dict.fromkeys("XY", 0.0), **dict(crn.initial)}, abs=1e-6)


@pytest.mark.parametrize("ratio", [0.1, 0.3, 0.5])
def test_a_plus_b_against_its_closed_form(ratio: float) -> None:
    """Control 2: a(t) - b(t) = d is constant, b = d b0 e / (a0 - b0 e) with e = exp(-k d t)."""
    a0, b0, k = 2.0, 1.0, 1.5
    time_s = k / (10e-9 * ratio * 1e6)
    run = simulate(
        network(f"A + B -> C [{k}]; A @i {a0}; B @i {b0}"), TIMES, "dna", options=CompileOptions(time_s=time_s)
    )
    assert run.dna is not None
    t = np.array(TIMES)
    e = np.exp(-k * (a0 - b0) * t)
    b = (a0 - b0) * b0 * e / (a0 - b0 * e)
    np.testing.assert_allclose(run.dna.of("B"), b, rtol=0, atol=0.01 * b0)
    np.testing.assert_allclose(run.dna.of("A"), a0 - b0 + b, rtol=0.01)
    np.testing.assert_allclose(run.dna.of("C")[1:], (b0 - b)[1:], rtol=0.01)


@pytest.mark.parametrize("ratio", [0.1, 0.3, 0.5])
def test_two_of_a_kind_against_the_closed_form(ratio: float) -> None:
    """da/dt = -2 k a^2: no 1/2 anywhere."""
    options = CompileOptions(time_s=1 / (10e-9 * ratio * 1e6))
    run = simulate(network("2A -> C; A @i 2"), TIMES, "dna", options=options)
    assert run.dna is not None
    np.testing.assert_allclose(run.dna.of("A"), 2 / (1 + 4 * np.array(TIMES)), rtol=0.01)
    np.testing.assert_allclose(run.dna.of("C"), 1 - 1 / (1 + 4 * np.array(TIMES)), rtol=0.01, atol=1e-9)


def test_one_reactant_decays_exponentially_and_none_makes_a_line() -> None:
    run = simulate(network("A -> B [0.7]; A @i 2"), TIMES, "dna")
    assert run.dna is not None
    np.testing.assert_allclose(run.dna.of("A"), 2 * np.exp(-0.7 * np.array(TIMES)), rtol=0.01)
    run = simulate(network("-> A [0.7]; A @i 2"), TIMES, "dna")
    assert run.dna is not None
    np.testing.assert_allclose(run.dna.of("A"), 2 + 0.7 * np.array(TIMES), rtol=0.01)


@pytest.mark.parametrize(
    "text", ["A + B + C -> D; A @i 4; B @i 2; C @i 3", "2A + B -> D [0.3]; A @i 3; B @i 2", "3A -> D [0.2]; A @i 5"]
)
def test_three_reactants_err_by_what_is_stated(text: str) -> None:
    crn = network(text)
    compiled = compile_crn(crn)
    match = re.search(r"rate error of order ([\d.e-]+) ", " ".join(compiled.state.notes))
    assert match
    run = simulate(crn, TIMES)
    assert run.max_relative_error is not None
    assert run.max_relative_error < 2 * float(match[1])


@pytest.mark.parametrize("seed", range(8))
def test_random_networks_behave_as_written(seed: int) -> None:
    """Compiled and simulated against the network itself; two reactants somewhere, so that later steps are fast beside the first."""
    rng = random.Random(4000 + seed)
    crn = random_network(rng)
    while all(r.order < 2 for r in crn.reactions) or any(len(r.products) > r.order > 1 for r in crn.reactions):
        crn = random_network(rng)
    crn = CRN.build(
        [dataclasses.replace(r, k=rng.uniform(0.2, 2)) for r in crn.reactions], dict.fromkeys(crn.species, 0.8)
    )
    added = [Addition(0.5, crn.species[0], 0.7), Addition(0.75, crn.species[-1], 0.4)]
    run = simulate(crn, [0.0, 0.25, 0.5, 0.75, 1.0], additions=added)
    assert run.outcome.ok
    assert run.max_relative_error is not None
    assert run.max_relative_error < 0.02, run.worst


@pytest.mark.parametrize("text", ["A + B -> A + B + 4C; A @i 1; B @i 1", "A + B -> 2A + 2B + 2C; A @i 1; B @i 1"])
def test_large_gates_do_what_they_should(text: str) -> None:
    """A gate whose reactions are not all found must not be simulated as if it had none."""
    run = simulate(network(text), [0.0, 0.25, 0.5])
    assert run.max_relative_error is not None
    assert run.max_relative_error < 0.02


@pytest.mark.parametrize("text", ["A -> 2A; A @i 1", "A -> A + B; A @i 1", "-> A + B; A -> B + C; A @i 1"])
def test_gates_that_are_slow_to_finish_are_accurate_or_say_so(text: str) -> None:
    """Without a reaction of two reactants the first step may be as fast as the later ones, whose time then shows.

    Slowed down a thousand times the network is right to 1 %; at the fastest scale it is off, so the notes have to say so.
    """
    crn = network(text)
    compiled = compile_crn(crn)
    slow = simulate(crn, [0.0, 0.5, 1.0], options=CompileOptions(time_s=1000 * compiled.scale.time_s))
    assert slow.max_relative_error is not None
    assert slow.max_relative_error < 0.01
    fast = simulate(crn, [0.0, 0.5, 1.0])
    assert fast.max_relative_error is not None
    assert fast.max_relative_error < 0.02 or compiled.state.notes


# --- conservation -------------------------------------------------------------------------------------------------------------

CONSERVING = [
    "A + B -> C [2]; C -> A [0.5]; A @i 2; B @i 1",
    "A + B -> A + 2B; B -> [0.8]; -> A; A @i 1; B @i 1",
    "2A -> 3A; A + B -> ; -> B [2]; A @i 1",
    "A + B + C -> 2A + D; D -> B + C; A @i 1; B @i 2; C @i 1",
    "2A -> A; A -> 2B; A @i 3",
]


def strand_totals(compiled: Compiled, law: MassAction, values: Vector) -> tuple[list[Strand], Vector]:
    """Return every distinct strand and how much there is of it in each state, in all complexes together, shape (T, strands)."""
    counts: dict[Strand, Vector] = {}
    for entry in compiled.system.entries:
        for strand, n in Counter(entry.complex.strands).items():
            counts.setdefault(strand, np.zeros(len(law.species)))[law.index[entry.complex.name]] += n
    return list(counts), np.asarray(values @ np.array(list(counts.values())).T)


@pytest.mark.parametrize("text", CONSERVING)
@pytest.mark.parametrize("simulator", [SIMULATORS[0], ScipyBDF()], ids=lambda s: s.name)
def test_every_strand_is_conserved(text: str, simulator: Simulator) -> None:
    """Wastes kept; additions in the middle account for what they add and for nothing else."""
    crn = network(text)
    compiled = compile_crn(crn)
    scale, system = compiled.scale, compiled.system
    law = MassAction(system.as_crn())
    start = law.state({system.carrier(s).name: a * scale.dose for s, a in crn.initial})
    times = [x * scale.time_s for x in (0.0, 0.5, 1.0, 2.0)]
    run = integrate(law, start, [], times, simulator, Tolerance(1e-6, 1e-14))
    strands, totals = strand_totals(compiled, law, run.values)
    assert run.outcome.ok
    assert np.all(totals[0] >= 0)
    assert np.any(run.values[-1] - run.values[0] > 1e-10)
    there = totals[0] > 0
    np.testing.assert_allclose(totals[:, there], np.broadcast_to(totals[0, there], totals[:, there].shape), rtol=1e-9)
    assert np.all(np.abs(totals[:, ~there]) < 1e-20), [str(s) for s, x in zip(strands, there, strict=True) if not x]


@pytest.mark.parametrize("text", CONSERVING)
def test_every_reaction_conserves_every_strand(text: str) -> None:
    for reaction in compile_crn(network(text)).system.reactions:
        before, after = (
            Counter(s for c in side for s in c.strands) for side in (reaction.reactants, reaction.products)
        )
        assert before == after, reaction


def test_only_signals_and_fuels_are_there_at_the_start() -> None:
    compiled = compile_crn(network(CONSERVING[0]))
    fuel = compiled.scale.physical.fuel_M
    for entry in compiled.system.entries:
        assert entry.concentration == (fuel if entry.role in (Role.FUEL, Role.BUFFER) else 0.0)
        assert not len(entry.meaning) or entry.role in (Role.SIGNAL, Role.INTERMEDIATE)

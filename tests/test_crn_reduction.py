"""Reductions against the full network: the same readings, the known sizes, and what must not be merged or left out."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.sparse.linalg import splu

from compiler.compilation import compile_crn
from compiler.dna_level import dna_tube
from compiler.reduced_tube import dosed, reduced_tube, span
from compiler.training import peak_amounts
from crn.massaction import MassAction, Vector
from crn.network import CRN, Bag, Reaction, Species
from crn.neural.circuit import LearningCircuit
from crn.neural.datasets import Dataset
from crn.neural.regression import dual, tube
from crn.neural.training import Tube, train
from crn.neural.tube import Step
from crn.protocol import Addition
from crn.simulate import ScipyLSODA, Tolerance, simulate
from crn.simulate.quasi_steady import QuasiSteady, quasi_steady
from crn.simulate.reduction import (
    Reduction,
    amounts_of,
    blocks,
    conserve,
    drift,
    drop_dead,
    lump,
    net_change,
    reduce_exactly,
)
from crn.structure import conservation_laws
from crn.text import parse_crn
from dsd.schemes import Role

TIGHT = Tolerance(1e-10, 1e-12)
DATA = Dataset(("x1", "x2"), ("y",), ((1.0, 2.0), (2.0, 0.5)), ((2.0,), (4.0,)), "made up")


def network(text: str) -> CRN:
    return parse_crn(text).crn


def random_network(rng: np.random.Generator, species: int = 8, reactions: int = 12) -> CRN:
    """Return a network in which nothing can grow without bound: no reaction makes more molecules than it takes."""
    names = [f"S{i}" for i in range(species)]
    made: dict[tuple[Bag, Bag], Reaction] = {}
    for i in range(reactions):
        left = [str(s) for s in rng.choice(names, size=rng.integers(1, 3))]
        right = [str(s) for s in rng.choice(names, size=rng.integers(0, len(left) + 1))]
        sides = Bag.of(*left), Bag.of(*right)
        if sides[0] != sides[1]:
            made[sides] = Reaction(f"r{i}", *sides, float(rng.choice([0.3, 1.0, 2.5])))
    return CRN.build(made.values(), {s: float(rng.uniform(0, 2)) for s in names[: species // 2 + 2]})


def run(crn: CRN, additions: list[tuple[float, dict[Species, float]]] | None = None, end: float = 4.0) -> Vector:
    """Return the states at some times, shape (T, S)."""
    law = MassAction(crn)
    events = [Addition(t, s, a) for t, m in additions or [] for s, a in m.items()]
    found = simulate(law, law.state(), events, list(np.linspace(0, end, 9)), ScipyLSODA(), TIGHT)
    assert found.outcome.ok
    return found.values


def moved(reduction: Reduction, added: dict[Species, float]) -> dict[Species, float]:
    """Return an addition to the full network as one to the reduced network."""
    column = reduction.restrict @ np.array([added.get(s, 0.0) for s in reduction.full.species])
    return {s: float(a) for s, a in zip(reduction.crn.species, column, strict=True) if a}


def gap(reduction: Reduction, reading: sp.csr_matrix, added: dict[Species, float] | None = None) -> float:
    """Return the largest relative difference between reading the full run and reading the reduced run."""
    additions = [(2.0, added)] if added else []
    wanted = reading @ run(reduction.full, additions).T
    found = reduction.read(reading) @ run(reduction.crn, [(t, moved(reduction, a)) for t, a in additions]).T
    size = np.max(np.abs(wanted), axis=1, keepdims=True)
    return float(np.max(np.abs(found - wanted) / np.where(size > 0, size, 1), initial=0.0))


def states_of(crn: CRN, rng: np.random.Generator) -> Vector:
    return rng.uniform(0, 2, (4, len(crn.species)))


# Dead species


def test_what_influences_nothing_goes() -> None:
    crn = network("A + B -> C + W; C -> A + V; V -> U; U -> ; X + A -> B; A @initial 1; B @initial 2")
    found = drop_dead(crn, amounts_of(crn, ["C"]))
    assert found.crn.species == ("A", "B", "C")  # W and V go, V although it reacts; X is never there
    assert [r.equation for r in found.crn.reactions] == ["A + B -> C", "C -> A"]
    assert gap(found, amounts_of(crn, ["C"])) < 1e-8
    with_x = drop_dead(crn, amounts_of(crn, ["C"]), ["X"])
    assert set(with_x.crn.species) == {"A", "B", "C", "X"}
    assert gap(with_x, amounts_of(crn, ["C"]), {"X": 0.7}) < 1e-8
    read = drop_dead(crn, amounts_of(crn, ["U"]))
    assert set(read.crn.species) == {"A", "B", "C", "U", "V"}


def test_a_reaction_that_only_makes_waste_still_uses_up_what_it_takes() -> None:
    crn = network("A -> W; A + B -> W; B -> C; A @initial 1; B @initial 1")
    found = drop_dead(crn, amounts_of(crn, ["C"]))
    assert [r.equation for r in found.crn.reactions] == ["A ->", "A + B ->", "B -> C"]
    assert drop_dead(crn, amounts_of(crn, ["A"])).crn.species == ("A", "B")


@pytest.mark.parametrize("seed", range(8))
def test_dead_species_of_random_networks(seed: int) -> None:
    rng = np.random.default_rng(seed)
    crn = random_network(rng)
    reading = amounts_of(crn, list(rng.choice(crn.species, 2, replace=False)))
    found = drop_dead(crn, reading, crn.species[:1])
    assert gap(found, reading, {crn.species[0]: 0.5}) < 1e-7


# Lumping


def copied(crn: CRN, rng: np.random.Generator, copies: int = 3) -> tuple[CRN, dict[Species, list[Species]]]:
    """Return the network with some species in several copies that differ in where they come from only."""
    chosen = {str(s) for s in rng.choice(crn.species, 3, replace=False)}
    members = {s: [f"{s}_{i}" for i in range(copies)] if s in chosen else [s] for s in crn.species}
    reactions = []
    for reaction in crn.reactions:
        sides: dict[Bag, float] = {Bag(): 1.0}  # (A_0 + A_1 + ..)^n, multiplied out
        for molecule in reaction.reactants.elements():
            grown: dict[Bag, float] = {}
            for bag, n in sides.items():
                for one in members[molecule]:
                    grown[bag + Bag.of(one)] = grown.get(bag + Bag.of(one), 0.0) + n
            sides = grown
        for i, (left, n) in enumerate(sides.items()):
            right = Bag.of(*(str(rng.choice(members[s])) for s in reaction.products.elements()))
            reactions.append(Reaction(f"{reaction.id}_{i}", left, right, n * reaction.k))
    initial = {members[s][int(rng.integers(len(members[s])))]: a for s, a in crn.initial}
    return CRN.build(reactions, initial), members


@pytest.mark.parametrize("seed", range(12))
def test_planted_copies_are_found(seed: int) -> None:
    rng = np.random.default_rng(seed)
    small = random_network(rng)
    crn, members = copied(small, rng)
    index = {s: i for i, s in enumerate(crn.species)}
    known = [s for s in small.species if any(m in index for m in members[s])]
    reading = sp.csr_matrix(
        [[float(s in members[k]) for s in crn.species] for k in known]
    )  # every original species, as the sum of its copies
    found = lump(crn, reading)
    assert len(found.crn.species) == len(known)
    assert len(found.crn.reactions) <= len(small.reactions)
    assert found.defect(states_of(crn, rng)) < 1e-13
    assert found.keeps(reading, states_of(crn, rng)) < 1e-14
    added = {crn.species[-1]: 0.5}
    assert gap(found, reading, added) < 1e-7
    wanted = run(small)[:, [small.species.index(k) for k in known]]
    assert np.allclose(run(found.crn) @ found.read(reading).T.toarray(), wanted, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize(
    ("text", "reading", "expected"),
    [
        ("A1 -> B; A2 -> B", "B", ["A1 A2", "B"]),
        ("A1 -> B; A2 -> B [2]", "B", ["A1", "A2", "B"]),  # different rates
        ("A1 + X -> B; A2 + Y -> B; X -> ; Y -> [2]", "B", ["A1", "A2", "B", "X", "Y"]),  # different partners
        ("A1 + X -> B; A2 + Y -> B; X -> ; Y -> ", "B", ["A1", "A2", "B", "X", "Y"]),  # partners that only look alike
        ("A1 -> B + B; A2 -> B", "B", ["A1", "A2", "B"]),
        ("A1 -> B; A2 -> B", "A1 B", ["A1", "A2", "B"]),  # told apart by the reading
        ("A1 -> B; A2 -> B; A1 @constant 1", "B", ["A1", "A2", "B"]),
        ("2A1 -> B; A1 + A2 -> B [2]; 2A2 -> B", "B", ["A1 A2", "B"]),  # (A1 + A2)^2
        ("2A1 -> B; A1 + A2 -> B; 2A2 -> B", "B", ["A1", "A2", "B"]),
        ("2A1 -> B; 2A2 -> B", "B", ["A1", "A2", "B"]),
        ("X + L1 -> B; X + L2 -> B; ", "B", ["B", "L1 L2", "X"]),  # identical gates
        ("A1 -> A2; A2 -> A1 [7]; A1 -> B; A2 -> B", "B", ["A1 A2", "B"]),  # turning into each other does not show
        ("A1 + C -> A2 + C; A1 -> B; A2 -> B", "B", ["A1 A2", "B", "C"]),
        ("A1 -> B [0.1]; A1 -> B [0.2]; A2 -> B [0.2]; A2 -> B [0.1]", "B", ["A1 A2", "B"]),
    ],
)
def test_what_is_lumped_and_what_is_not(text: str, reading: str, expected: list[str]) -> None:
    crn = network(text)
    block = blocks(crn, amounts_of(crn, reading.split()))
    members: dict[int, list[Species]] = {}
    for species, number in block.items():
        members.setdefault(number, []).append(species)
    if "C" in expected[-1]:  # a catalyst of what does not show is not needed
        expected = sorted(expected)
    assert sorted(" ".join(sorted(m)) for m in members.values()) == expected


def partitions(items: list[int]) -> Iterator[list[list[int]]]:
    if not items:
        yield []
        return
    for rest in partitions(items[1:]):
        for i, part in enumerate(rest):
            yield [*rest[:i], [items[0], *part], *rest[i + 1 :]]
        yield [[items[0]], *rest]


@pytest.mark.parametrize("seed", range(10))
def test_the_partition_is_the_coarsest_of_all(seed: int) -> None:
    rng = np.random.default_rng(100 + seed)
    small = random_network(rng, species=3, reactions=4)
    crn, _ = copied(CRN.build(small.reactions, dict.fromkeys(("S0", "S1", "S2"), 1.0)), rng, copies=2)
    law = MassAction(crn)
    read = crn.species[0]
    found = blocks(crn, amounts_of(crn, [read]))
    points = [law.jacobian(y).toarray() for y in states_of(crn, rng)]
    fewest = len(crn.species)
    for parts in partitions(list(range(len(crn.species)))):
        if [0] in parts and len(parts) < fewest:
            sums = [np.array([jacobian[part].sum(axis=0) for part in parts]) for jacobian in points]
            if all(np.ptp(s[:, part], axis=1).max() < 1e-9 for s in sums for part in parts):
                fewest = len(parts)
    assert len(set(found.values())) == fewest


# Conserved totals


def test_a_waste_is_known_by_what_it_came_from() -> None:
    crn = network("A + B -> C + W; C -> A + V; A @initial 1; B @initial 2; W @initial 0.5")
    reading = amounts_of(crn, ["A", "B", "C", "V", "W"])
    found = conserve(crn, reading)
    reacting = {s for r in found.crn.reactions for s in (*r.reactants.support, *r.products.support)}
    assert reacting == {"A", "B", "C"}
    assert found.keeps(reading, states_of(crn, np.random.default_rng(0))) < 1e-14
    assert gap(found, reading, {"A": 0.3, "B": 0.1, "W": 0.2}) < 1e-7
    assert found.defect(states_of(crn, np.random.default_rng(0))) < 1e-13


def test_a_waste_without_a_law_stays() -> None:
    crn = network("A -> W; A -> ; A @initial 1")
    found = conserve(crn, amounts_of(crn, ["W"]))
    assert found.crn.species == ("A", "W")
    assert found.crn.reactions == crn.reactions


@pytest.mark.parametrize("seed", range(8))
def test_all_exact_reductions_of_random_networks(seed: int) -> None:
    rng = np.random.default_rng(200 + seed)
    crn, _ = copied(random_network(rng), rng)
    marked = [dataclasses.replace(r, products=r.products + Bag.of(f"N{i % 3}")) for i, r in enumerate(crn.reactions)]
    crn = CRN(tuple(marked), crn.initial)
    reading = amounts_of(crn, [crn.species[0], "N0", "N1", "N2"])
    added = {crn.species[1]: 0.4}
    for dead, lumped, conserved in (
        (True, False, False),
        (False, True, False),
        (False, False, True),
        (True, True, True),
    ):
        found = reduce_exactly(crn, reading, added, dead=dead, lumped=lumped, conserved=conserved)
        assert gap(found, reading, added) < 1e-7
    off = reduce_exactly(crn, reading, dead=False, lumped=False, conserved=False)
    assert off.crn == crn


def test_drift_shows_what_went_astray() -> None:
    crn = network("A + B <=> C; C -> D; A @initial 1; B @initial 2")
    laws = conservation_laws(crn)
    values = run(crn)
    assert len(laws) == 2
    assert np.max(drift(crn, laws, values)) < 1e-9
    values[-1, crn.species.index("D")] += 0.01
    assert np.max(drift(crn, laws, values)) > 1e-3


def test_reductions_compose_only_where_they_meet() -> None:
    crn = network("A -> B; A @initial 1")
    with pytest.raises(ValueError, match="another network"):
        Reduction.identity(crn).then(Reduction.identity(network("A -> C")))


# DNA


@pytest.fixture(scope="module")
def small() -> Tube:
    return tube_of(tube())


def tube_of(circuit: LearningCircuit) -> Tube:
    compiled = compile_crn(circuit.crn, peaks=peak_amounts(circuit, [DATA]))
    return dataclasses.replace(dna_tube(compiled.state), tolerance=Tolerance(1e-9, 1e-16))


def sizes(reduction: Reduction) -> tuple[int, int, int, int]:
    full, crn = reduction.full, reduction.crn
    return len(full.species), len(full.reactions), len(crn.species), len(crn.reactions)


def test_wastes_of_the_tube_are_dead() -> None:
    state = compile_crn(tube().crn, peaks=peak_amounts(tube(), [DATA])).state
    assert state.system is not None
    crn = state.system.as_crn()
    lean = state.system.as_crn(wastes=False)
    added = [e.complex.name for e in state.system.of_role(Role.SIGNAL)]
    found = drop_dead(crn, amounts_of(crn, lean.species), added)
    assert set(found.crn.species) == set(lean.species)
    assert len(found.crn.species) < len(crn.species) / 2


def test_exact_reductions_of_the_tube(small: Tube) -> None:
    reading = small.readout
    found = reduce_exactly(small.law.crn, reading, dosed(small))
    assert sizes(found) == (189, 320, 157, 200)
    states = states_of(small.law.crn, np.random.default_rng(0))
    assert found.defect(states) < 1e-13
    assert found.keeps(reading, states) < 1e-14
    reduced = reduced_tube(small, found)
    wanted = train(tube(), small, DATA, None, 1, ScipyLSODA())
    run_ = train(tube(), reduced, DATA, None, 1, ScipyLSODA())
    assert wanted.outcome.ok
    assert run_.outcome.ok
    assert np.allclose(run_.parameters, wanted.parameters, rtol=0, atol=1e-6)
    assert np.allclose(run_.predictions, wanted.predictions, rtol=0, atol=1e-6)
    assert np.allclose(run_.supply, wanted.supply, rtol=1e-7)


def test_exact_reductions_of_the_dual_rail_circuit() -> None:
    full = tube_of(dual(2))
    reading = full.readout
    found = reduce_exactly(full.law.crn, reading, dosed(full), conserved=False)
    assert sizes(found) == (392, 920, 303, 529)
    rng = np.random.default_rng(0)
    assert found.defect(states_of(full.law.crn, rng)) < 1e-13
    assert found.keeps(reading, states_of(full.law.crn, rng)) < 1e-14
    start = full.start.copy()
    for species, place in full.dose.items():
        start[place] += full.factor * (1 + 0.1 * len(species))
    duration = full.time * 0.05
    law = MassAction(found.crn)
    wanted = ScipyLSODA().advance(full.law, start, duration, np.empty(0), full.tolerance)
    short = ScipyLSODA().advance(law, found.restrict @ start, duration, np.empty(0), full.tolerance)
    assert wanted.outcome.ok
    assert short.outcome.ok
    assert np.allclose(found.read(reading) @ short.end, reading @ wanted.end, rtol=1e-6, atol=1e-6 * full.factor)


def test_more_conservation_laws_would_not_pay(small: Tube) -> None:
    """Eliminate one species per law from the linear algebra of the tube: fewer rows, and nothing gained."""
    crn = small.law.crn
    laws = conservation_laws(crn)
    index = small.law.index
    gone = [index[law[0][0]] for law in laws]
    kept = [i for i in range(len(crn.species)) if i not in set(gone)]
    slope = np.zeros((len(gone), len(kept)))  # d(eliminated) / d(kept)
    for row, law in enumerate(laws):
        for s, n in law[1:]:
            slope[row, kept.index(index[s])] = -n / law[0][1]
    y = small.start + 1e-9 * np.random.default_rng(0).uniform(0.5, 1, len(small.start))
    full = small.law.jacobian(y).tocsr()
    shorter = sp.csr_matrix(full[kept][:, kept] + full[kept][:, gone] @ sp.csr_matrix(slope))
    assert (len(laws), max(map(len, laws)), len(kept)) == (65, 27, 124)
    assert full.nnz < shorter.nnz
    assert _factor(full) < _factor(shorter)


def _factor(jacobian: sp.csr_matrix) -> int:
    """Return the number of entries of L and U of a step's matrix."""
    found = splu(sp.csc_matrix(sp.identity(jacobian.shape[0]) - jacobian), permc_spec="MMD_AT_PLUS_A")
    return int(found.L.nnz + found.U.nnz)


# Fast intermediates

GATE = "A + B -> I [1]; I + F -> C [{k}]; C -> A + B [0.5]; A @initial 1; B @initial 2; F @initial 50"


def left_out(text: str, read: str = "A B C", tolerance: float = 0.05, time: float = 1.0) -> QuasiSteady:
    crn = network(text)
    law = MassAction(crn)
    return quasi_steady(crn, amounts_of(crn, read.split()), law.state()[None, :], time, tolerance)


@pytest.mark.parametrize("k", [2.0, 20.0, 200.0])
def test_the_error_is_within_its_estimate(k: float) -> None:
    found = left_out(GATE.format(k=k))
    assert [s for s, _ in found.residence] == ["I"]
    assert found.residence[0][1] == pytest.approx(1 / (50 * k))
    assert [str(r) for r in found.reduction.crn.reactions] == ["A + B -> C [1]", "C -> A + B [0.5]"]
    error = gap(found.reduction, found.reading)
    estimate = found.estimate(run(found.reduction.crn) @ found.reduction.lift.T)
    assert 0.05 * estimate < error < estimate


@pytest.mark.parametrize("seed", range(6))
def test_planted_intermediates_of_random_networks(seed: int) -> None:
    rng = np.random.default_rng(300 + seed)
    small = random_network(rng)
    reactions = []
    for r in small.reactions:
        if r.order == 2:
            reactions.append(Reaction(r.id, r.reactants, Bag.of(f"I_{r.id}"), r.k))
            reactions.append(Reaction(f"{r.id}b", Bag.of(f"I_{r.id}", "F"), r.products, float(rng.uniform(2, 5))))
        else:
            reactions.append(r)
    crn = CRN.build(reactions, dict(small.initial) | {"F": 100.0})
    reading = amounts_of(crn, small.species)
    found = quasi_steady(crn, reading, run(crn), 1.0)
    assert {s for s, _ in found.residence} == {s for s in crn.species if s.startswith("I_")}
    wanted = {r.equation: r.k for r in small.reactions}
    assert {r.equation: r.k for r in found.reduction.crn.reactions} == wanted
    states = run(found.reduction.crn) @ found.reduction.lift.T
    assert gap(found.reduction, reading) <= found.estimate(states) + 1e-9


def test_a_fuel_that_is_read_is_counted() -> None:
    found = left_out(GATE.format(k=200), "A B C F")
    assert set(found.reduction.crn.species) == {"A", "B", "C", "F@total", "F@spent"}
    assert gap(found.reduction, found.reading, {"F": 3.0, "A": 0.2}) < 0.01
    known = found.reduction.then(conserve(found.reduction.crn, found.reduction.read(found.reading)))
    assert known.keeps(found.reading, states_of(known.full, np.random.default_rng(0))) > 0  # I is not zero there
    assert gap(known, found.reading, {"F": 3.0, "A": 0.2}) < 0.01


def test_a_chain_with_a_reversal_is_left_out_as_a_whole() -> None:
    text = (
        "A + B -> I; I + F <=> C + J [20, 20]; J + G -> D + A [20]; D -> B; "
        "A @initial 1; B @initial 2; F @initial 50; G @initial 50; D @initial 0.5"
    )
    found = left_out(text, "A B C D F G")
    assert dict(found.residence).keys() == {"I", "J"}
    assert [r.equation for r in found.reduction.crn.reactions] == ["A + B -> A + C + D + F@spent", "D -> B"]
    assert gap(found.reduction, found.reading) < found.estimate(run(found.reduction.full))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            "X + L <=> H + B [1, 200]; H + Y -> C [1]; X @initial 1; Y @initial 1; L @initial 50; B @initial 50",
            "held gates",
        ),
        (
            "A -> I; I + F -> C [200]; I + Y -> D [0.01]; A @initial 1; F @initial 50; Y @initial 1",
            "a rare branch elsewhere",
        ),
        ("A -> I; I <=> J [1000, 900]; J -> C [0.1]; A @initial 1", "in a circle"),
        ("A -> I; I + F -> C; A @initial 1; F @initial 5", "too slow"),
        ("A -> I [500]; I + F -> C [20]; A @initial 1; F @initial 50", "formed as fast"),
        ("A -> I; I + F -> C [200]; C + F -> D; A @initial 1; F @initial 50", "a fuel that others need"),
        ("A -> I; 2I -> C [500]; I + F -> C [200]; A @initial 1; F @initial 50", "in pairs"),
    ],
)
def test_what_stays(text: str, why: str) -> None:
    read = " ".join(s for s in network(text).species if s not in "HIJ")
    assert left_out(text, read).residence == (), why


def test_an_intermediate_that_is_read_stays_unless_it_counts_as_its_products() -> None:
    text = "A -> I; I + F -> 2C [200]; A @initial 1; F @initial 50"
    crn = network(text)
    state = MassAction(crn).state()[None, :]
    assert left_out(text, "A C I").residence == ()
    through = sp.csr_matrix([[{"C": 1.0, "I": 2.0}.get(s, 0.0) for s in crn.species]])
    found = quasi_steady(crn, through, state, 1.0, 0.05)
    assert [s for s, _ in found.residence] == ["I"]
    only = quasi_steady(crn, through, state, 1.0, 0.05, species=["C"])
    assert only.residence == ()


def test_fast_intermediates_of_the_tube(small: Tube) -> None:
    reading = small.readout
    crn = small.law.crn
    states = span(small, peak_amounts(tube(), [DATA]))
    found = quasi_steady(crn, reading, states, small.time, 0.1)
    lumped = found.reduction.then(lump(found.reduction.crn, found.reduction.read(reading)))
    both = lumped.then(conserve(lumped.crn, lumped.read(reading)))
    assert len(found.residence) == 26  # a flux strand and an opened gate for each of 13 gates with products
    assert sizes(lumped) == (189, 320, 125, 67)
    # The others are totals, which nothing changes.
    assert len({s for r in both.crn.reactions for s in net_change(r)}) == 85

    wanted = train(tube(), small, DATA, None, 1, ScipyLSODA())
    for reduction in (lumped, both):
        reduced = reduced_tube(small, reduction)
        run_ = train(tube(), reduced, DATA, None, 1, ScipyLSODA())
        assert run_.outcome.ok
        path = []
        formal = dataclasses.replace(found, reading=small.reading)
        state = reduced.start.copy()
        plan = reduced.segments(tube(), [Step(p, {"x1": 1.0, "x2": 2.0, "y": 2.0}) for p in tube().phases])
        for number, wait in enumerate(plan.durations):
            plan.begin(number, state)
            times = np.geomspace(1e-4, 1, 20) * wait
            stretch = ScipyLSODA().advance(reduced.law, state, float(times[-1]), times, reduced.tolerance)
            path += [reduction.lift @ y for y in stretch.values]
            state = stretch.end.copy()
        estimate = formal.estimate(np.array(path))
        error = np.max(np.abs(run_.parameters - wanted.parameters)) / np.max(np.abs(wanted.parameters))
        assert 1e-6 < error < estimate < 0.05
        assert np.max(np.abs(run_.predictions - wanted.predictions)) < estimate * np.max(np.abs(wanted.predictions))
        assert np.allclose(run_.supply, wanted.supply, rtol=estimate)

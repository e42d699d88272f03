"""The rate law: worked numbers, and every array held against the sentence that defines it."""

from __future__ import annotations

import itertools
import math
import random
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest

from crn.massaction import MassAction, Vector
from crn.network import CRN, Bag, Reaction
from crn.text import parse_crn


def law_of(text: str) -> MassAction:
    return MassAction(parse_crn(text).crn)


def random_network(seed: int) -> CRN:
    """Return a network of reactions of order 0 to 4, repeated and catalytic reactants and constant species included."""
    rng = random.Random(seed)
    letters = "ABCDE"[: rng.randint(1, 5)]
    made = []
    for i in range(rng.randint(1, 7)):
        sides = [Bag.of(*rng.choices(letters, k=rng.randint(0, most))) for most in (4, 3)]
        made.append(Reaction(f"r{i}", sides[0], sides[1], 10 ** rng.uniform(-2, 2)))
    constant = [s for s in letters if rng.random() < 0.2]
    return CRN.build(made, dict.fromkeys(letters, 1.0), constant=constant)


def amounts(law: MassAction, seed: int) -> Vector:
    rng = random.Random(seed)
    return np.array([rng.choice((0.0, rng.uniform(0, 3), rng.uniform(0, 3))) for _ in law.species])


# --- worked numbers of the plan -----------------------------------------------------------------------------------------------


def test_two_z_to_z() -> None:
    """dz/dt = -k z^2."""
    law = law_of("2Z -> Z [3]")
    assert law.rates(np.array([5.0])) == pytest.approx([75.0])
    assert law.derivative(np.array([5.0])) == pytest.approx([-75.0])
    assert law.jacobian(np.array([5.0])).toarray() == pytest.approx(np.array([[-30.0]]))


def test_two_a_to_nothing() -> None:
    """da/dt = -2 a^2 with k = 1; with 10 molecules a unit and 4 molecules the propensity is 1.2."""
    law = law_of("2A -> 0")
    assert law.derivative(np.array([3.0])) == pytest.approx([-18.0])
    assert law.propensities(np.array([4.0]), 10.0) == pytest.approx([1.2])


@pytest.mark.parametrize(
    ("text", "counts", "expected"),
    [
        ("-> A [3]", [7], 3 * 10),
        ("A -> [3]", [7], 3 * 7),
        ("A + B -> [3]", [7, 2], 3 / 10 * 14),
        ("2A + B -> [3]", [7, 2], 3 / 100 * 7 * 6 * 2),
        ("3A -> [3]", [7], 3 / 100 * 7 * 6 * 5),
        ("3A -> [3]", [2], 0.0),
        ("2A -> [3]", [1], 0.0),
        ("2A -> A [3]", [0], 0.0),
    ],
)
def test_propensities(text: str, counts: list[int], expected: float) -> None:
    assert law_of(text).propensities(np.array(counts, dtype=float), 10.0) == pytest.approx([expected])


def test_a_propensity_counts_ordered_choices_of_molecules() -> None:
    """The product n (n - 1) ... is the number of ways to draw the reactants one after another: there is no division by nu!."""
    law = law_of("2A + B -> [0.5]; 3B -> A [2]")
    for a, b in itertools.product(range(5), range(5)):
        molecules = ["A"] * a + ["B"] * b
        drawn = Counter("".join(molecules[i] for i in p) for p in itertools.permutations(range(a + b), 3))
        found = law.propensities(np.array([a, b], dtype=float), 2.0)
        assert found == pytest.approx([0.5 / 4 * drawn["AAB"], 2 / 4 * drawn["BBB"]])


@pytest.mark.parametrize("seed", range(10))
def test_propensities_of_many_molecules_become_rates(seed: int) -> None:
    law = MassAction(random_network(seed))
    y, omega = amounts(law, seed), 1e9
    np.testing.assert_allclose(law.propensities(y * omega, omega) / omega, law.rates(y), rtol=1e-6)


# --- against the definition ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(40))
def test_rates_and_derivative_by_the_book(seed: int) -> None:
    """Event rate k * prod(c ** nu), each event changing every species that is not constant by its net amount; in fractions."""
    crn = random_network(seed)
    law = MassAction(crn)
    y = amounts(law, seed + 1)
    exact = {s: Fraction(float(x)) for s, x in zip(law.species, y, strict=True)}
    rates = [
        Fraction(r.k) * math.prod((exact[s] ** n for s, n in r.reactants), start=Fraction(1)) for r in crn.reactions
    ]
    np.testing.assert_allclose(law.rates(y), [float(r) for r in rates], rtol=1e-13)
    for i, s in enumerate(law.species):
        changes = [(r.products[s] - r.reactants[s]) * rate for r, rate in zip(crn.reactions, rates, strict=True)]
        expected = 0.0 if s in crn.constant else float(sum(changes))
        size = max([1e-12, *(abs(float(c)) for c in changes)])
        assert law.derivative(y)[i] == pytest.approx(expected, abs=1e-12 * size)


@pytest.mark.parametrize("seed", range(40))
def test_jacobian_against_finite_differences(seed: int) -> None:
    law = MassAction(random_network(seed))
    y = amounts(law, seed + 2)
    exact = law.jacobian(y).toarray()
    for j in range(len(y)):
        step = np.zeros_like(y)
        step[j] = 1e-4
        # Of fourth order, and the rates are polynomials of fourth degree at most: only rounding is left.
        f = [law.derivative(y + i * step) for i in (-2, -1, 1, 2)]
        column = (f[0] - 8 * f[1] + 8 * f[2] - f[3]) / 12e-4
        np.testing.assert_allclose(exact[:, j], column, rtol=1e-7, atol=1e-7 * max(1.0, float(np.max(np.abs(f[0])))))


@pytest.mark.parametrize("seed", range(10))
def test_the_pattern_of_the_jacobian_does_not_depend_on_the_state(seed: int) -> None:
    law = MassAction(random_network(seed))
    one, other = law.jacobian(np.zeros(len(law.species))), law.jacobian(amounts(law, seed))
    np.testing.assert_array_equal(one.indices, other.indices)
    np.testing.assert_array_equal(one.indptr, other.indptr)
    assert other.has_canonical_format


@pytest.mark.parametrize("seed", range(10))
def test_conserved_totals_do_not_move(seed: int) -> None:
    """Every left null vector of the net changes is constant along the flow."""
    law = MassAction(random_network(seed))
    net = law.net.toarray()
    _, size, rows = np.linalg.svd(net.T)
    laws = rows[int(np.sum(size > 1e-10)) :]
    y = amounts(law, seed)
    scale = float(np.max(law.rates(y), initial=1.0))
    np.testing.assert_allclose(laws @ law.derivative(y), 0, atol=1e-10 * scale)


# --- edges --------------------------------------------------------------------------------------------------------------------


def test_constant_species_drive_but_do_not_move() -> None:
    law = law_of("A + F -> 2F + B [2]; F @constant 3; A @i 5")
    y = law.state()
    assert law.species == ("A", "F", "B")
    assert law.rates(y) == pytest.approx([30.0])
    assert law.derivative(y) == pytest.approx([-30.0, 0.0, 30.0])
    assert law.net.toarray()[1] == pytest.approx([0.0])
    assert law.jacobian(y).toarray() == pytest.approx(np.array([[-6.0, -10, 0], [0, 0, 0], [6, 10, 0]]))


def test_catalysts_cancel_in_the_net_change_but_not_in_the_rate() -> None:
    law = law_of("A + C -> B + C [2]")
    assert law.derivative(np.array([3.0, 5.0, 0.0])) == pytest.approx([-30.0, 0.0, 30.0])
    assert law.net.nnz == 2


def test_the_initial_state() -> None:
    law = law_of("A + B -> C; B @i 2; D @i 4; A @i 1")
    assert dict(zip(law.species, law.state(), strict=True)) == {"A": 1.0, "B": 2.0, "C": 0.0, "D": 4.0}
    assert dict(zip(law.species, law.state({"B": 7.0, "C": 1.0}), strict=True)) == {
        "A": 1.0,
        "B": 7.0,
        "C": 1.0,
        "D": 4.0,
    }
    assert law.derivative(law.state()) == pytest.approx([-2.0, -2.0, 2.0, 0.0])


def test_networks_without_reactions_or_reactants() -> None:
    still = MassAction(CRN.build([], {"A": 1.0}))
    assert still.rates(np.ones(1)).shape == (0,)
    assert still.derivative(np.ones(1)) == pytest.approx([0.0])
    assert still.jacobian(np.ones(1)).shape == (1, 1)
    source = law_of("-> A [4]")
    assert source.derivative(np.array([9.0])) == pytest.approx([4.0])
    assert source.jacobian(np.array([9.0])).nnz == 0

"""Networks with known answers, for tests of the stiff engines: random ones, a linear one, and the usual stiff problems."""

from __future__ import annotations

from typing import Literal

import numpy as np
import scipy.integrate

from crn.massaction import MassAction, Vector
from crn.network import CRN, Bag, Reaction


def law(text: str, constant: tuple[str, ...] = ()) -> MassAction:
    """Return the rate law of lines like ``2A + B -> C @ 0.5``."""
    made = []
    for number, line in enumerate(x.strip() for x in text.strip().splitlines()):
        equation, k = line.split("@")
        left, right = equation.split("->")
        made.append(Reaction(f"r{number}", bag(left), bag(right), float(k)))
    return MassAction(CRN.build(made, constant=constant))


def bag(text: str) -> Bag:
    counts: dict[str, int] = {}
    for term in (t.strip() for t in text.split("+") if t.strip()):
        digits = term[: len(term) - len(term.lstrip("0123456789"))]
        name = term[len(digits) :].strip()
        counts[name] = counts.get(name, 0) + int(digits or 1)
    return Bag.from_counts(counts)


def state(rates: MassAction, **amounts: float) -> Vector:
    return rates.state(amounts)


def random_network(seed: int, species: int = 12, reactions: int = 20, order: int = 3) -> MassAction:
    """Return a network in which nothing grows without bound: no reaction makes more molecules than it takes."""
    rng = np.random.default_rng(seed)
    names = [f"S{i}" for i in range(species)]
    made = []
    for j in range(reactions):
        taken = rng.choice(names, rng.integers(1, order + 1))
        given = rng.choice(names, rng.integers(0, len(taken) + 1))
        made.append(Reaction(f"r{j}", Bag.of(*taken), Bag.of(*given), float(10 ** rng.uniform(-2, 3))))
    made.append(Reaction("feed", Bag(), Bag.of(names[0]), 0.1))
    initial = dict(zip(names, rng.uniform(0, 2, species).tolist(), strict=True))
    return MassAction(CRN.build(made, initial, constant=[names[-1]] if seed % 2 else []))


def scipy_end(rates: MassAction, start: Vector, duration: float, method: Literal["BDF", "Radau"]) -> Vector:
    found = scipy.integrate.solve_ivp(
        lambda _, y: rates.derivative(y),
        (0.0, duration),
        start,
        method=method,
        jac=lambda _, y: rates.jacobian(y),
        rtol=1e-9,
        atol=1e-11,
    )
    return np.asarray(found.y[:, -1])


def linear() -> tuple[MassAction, Vector, Vector]:
    rates = law("A -> B @ 3\nB -> A @ 1\nB -> C @ 2\nC -> D @ 0.7\nD -> B @ 0.4\nC -> @ 0.1")
    start = state(rates, A=1.0, C=0.5)
    return rates, start, rates.jacobian(start).toarray()


# Published end values: F. Mazzia and C. Magherini, "Test Set for Initial Value Problem Solvers", release 2.4 (2008); Bari.

ROBERTSON = """
A -> B @ 0.04
2B -> B + C @ 3e7
B + C -> A + C @ 1e4"""

HIRES = """
Y1 -> Y2 @ 1.71
Y2 -> Y1 @ 0.43
Y3 -> Y1 @ 8.32
-> Y1 @ 0.0007
Y2 -> Y4 @ 8.32
Y3 -> Y4 @ 1.71
Y4 -> Y3 @ 0.43
Y4 -> Y6 @ 0.69
Y5 -> Y3 @ 0.035
Y5 -> Y6 @ 1.71
Y6 -> Y5 @ 0.43
Y6 + Y8 -> Y7 @ 280
Y7 -> Y5 + Y8 @ 0.43
Y7 -> Y6 + Y8 @ 0.69
Y7 -> Y8 @ 0.69"""

POLLUTION = """
Y1 -> Y2 + Y3 @ 0.35
Y2 + Y4 -> Y1 @ 26.6
Y5 + Y2 -> Y6 + Y1 @ 1.23e4
Y7 -> Y5 + Y5 + Y8 @ 8.6e-4
Y7 -> Y8 @ 8.2e-4
Y7 + Y6 -> Y5 + Y8 @ 1.5e4
Y9 -> Y10 + Y5 + Y8 @ 1.3e-4
Y9 + Y6 -> Y11 @ 2.4e4
Y11 + Y2 -> Y10 + Y1 + Y12 @ 1.65e4
Y11 + Y1 -> Y13 @ 9e3
Y13 -> Y11 + Y1 @ 0.022
Y10 + Y2 -> Y14 + Y1 @ 1.2e4
Y14 -> Y7 + Y5 @ 1.88
Y1 + Y6 -> Y15 @ 1.63e4
Y3 -> Y4 @ 4.8e6
Y4 -> Y16 @ 3.5e-4
Y4 -> Y3 @ 1.75e-2
Y16 -> Y6 + Y6 @ 1e8
Y16 -> Y3 @ 4.44e11
Y17 + Y6 -> Y18 + Y5 @ 1.24e3
Y19 -> Y2 @ 2.1
Y19 -> Y1 + Y3 @ 5.78
Y1 + Y4 -> Y19 @ 4.74e-2
Y19 + Y1 -> Y20 @ 1.78e3
Y20 -> Y19 + Y1 @ 3.12"""

E5 = """
Y1 -> Y2 + Y3 @ 7.89e-10
Y1 + Y3 -> Y4 @ 1.1e7
Y2 + Y3 -> @ 1.13e9
Y4 -> Y3 @ 1.13e3"""

OREGONATOR = f"""
Y -> Y + X @ 77.27
X -> 2X @ 77.27
2X -> X @ {77.27 * 8.375e-6}
X + Y -> Y @ 77.27
Z -> Z + Y @ {1 / 77.27}
Y -> @ {1 / 77.27}
X + Y -> X @ {1 / 77.27}
X -> X + Z @ 0.161
Z -> @ 0.161"""

STIFF = {
    "robertson": (ROBERTSON, {"A": 1.0}, 1e11, 1e-14, {"A": 0.2083340149701255e-7, "B": 0.8333360770334713e-13}),
    "hires": (
        HIRES,
        {"Y1": 1.0, "Y8": 0.0057},
        321.8122,
        1e-10,
        {
            "Y1": 0.7371312573325668e-3,
            "Y2": 0.1442485726316185e-3,
            "Y3": 0.5888729740967575e-4,
            "Y4": 0.1175651343283149e-2,
            "Y5": 0.2386356198831331e-2,
            "Y6": 0.6238968252742796e-2,
            "Y7": 0.2849998395185769e-2,
            "Y8": 0.2850001604814231e-2,
        },
    ),
    "pollution": (
        POLLUTION,
        {"Y2": 0.2, "Y4": 0.04, "Y7": 0.1, "Y8": 0.3, "Y9": 0.01, "Y17": 0.007},
        60.0,
        1e-13,
        {
            "Y1": 0.5646255480022769e-1,
            "Y2": 0.1342484130422339,
            "Y3": 0.4139734331099427e-8,
            "Y4": 0.5523140207484359e-2,
            "Y7": 0.7784249118997964e-1,
            "Y8": 0.3245075353396018,
            "Y12": 0.2230505975721359e-2,
            "Y15": 0.8964884856898295e-2,
            "Y19": 0.1772146513969984e-5,
            "Y20": 0.5682943292316392e-4,
        },
    ),
    "e5": (E5, {"Y1": 1.76e-3}, 1e13, 1e-26, {"Y2": 0.8867655517642120e-22, "Y3": 0.8854814626268838e-22}),
    "oregonator": (
        OREGONATOR,
        {"X": 1.0, "Y": 2.0, "Z": 3.0},
        360.0,
        1e-8,
        {"X": 0.1000814870318523e1, "Y": 0.1228178521549917e4, "Z": 0.1320554942846706e3},
    ),
}

"""Seeded random formal networks, and their expansion into strand displacement reactions.

The mapping is the one of D. Soloveichik, G. Seelig and E. Winfree, PNAS 107, 5393 (2010), doi:10.1073/pnas.0909380107, without
buffers; all amounts are in nM and all times in s. The README states the generator exactly, and a network depends only on its size
and its seed; what is simulated with a network is the business of `benchmarks.problems`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from crn.network import CRN, Bag, Reaction, Species

C_MAX = 1e4
"""Every fuel, in nM."""

Q_MAX = 1e-3
"""Fastest strand displacement, in /nM/s."""

END = 2e4
"""How long a network is simulated, in s."""

SHARES = (("convert", 30), ("split", 15), ("catalyse", 10), ("join", 30), ("annihilate", 15))
"""Kinds of formal reactions and how many of 100 there are; what is missing to R goes to the largest remainders."""

RATES = {
    "convert": (-4.0, -2.3),
    "split": (-4.3, -3.3),
    "catalyse": (-6.0, -5.0),
    "join": (-6.0, -4.0),
    "annihilate": (-4.0, -3.3),
}
"""Decimal logarithms between which rate constants are drawn, in /s or /nM/s."""

HUBS = ("C1", "C2")
"""The species that catalyse: the clock of a learning circuit."""

REACH = 5
FAR = 0.05
ZEROS = 0.3


def shares(reactions: int) -> dict[str, int]:
    """Return how many reactions of each kind a network of the given size has."""
    exact = {kind: reactions * share / 100 for kind, share in SHARES}
    counts = {kind: int(x) for kind, x in exact.items()}
    missing = reactions - sum(counts.values())
    for kind in sorted(exact, key=lambda k: counts[k] - exact[k])[:missing]:
        counts[kind] += 1
    return counts


def formal(reactions: int, seed: int = 0) -> CRN:
    """Return a random formal network in nM and s.

    Parameters
    ----------
    reactions : int
        At least 10.
    seed : int
    """
    if reactions < 10:
        raise ValueError("a network has at least 10 reactions")
    rng = np.random.default_rng([reactions, seed])
    count = max(8, round(0.6 * reactions))
    ring = count - len(HUBS)
    width = len(str(ring - 1))
    names: list[Species] = [f"X{i:0{width}d}" for i in range(ring)]

    def near(i: int, *but: int) -> int:
        while True:
            step = int(rng.integers(1, REACH + 1)) * (1 if rng.random() < 0.5 else -1)
            j = int(rng.integers(ring)) if rng.random() < FAR else (i + step) % ring
            if j != i and j not in but:
                return j

    kinds = [kind for kind, n in shares(reactions).items() for _ in range(n)]
    made = []
    for j, at in enumerate(rng.permutation(reactions)):
        kind = kinds[at]
        a = j if j < ring else int(rng.integers(ring))
        k = float(10 ** rng.uniform(*RATES[kind]))
        left, right = _sides(kind, a, near, names, HUBS[int(rng.integers(2))])
        made.append(Reaction(f"r{j}", Bag.of(*left), Bag.of(*right), k))
    every = [*names, *HUBS]
    amounts = 10 ** rng.uniform(0, 2, count)
    amounts[rng.permutation(ring)[: round(ZEROS * ring)]] = 0.0
    return CRN.build(made, dict(zip(every, map(float, amounts), strict=True)))


def _sides(
    kind: str, a: int, near: Callable[..., int], names: list[Species], hub: Species
) -> tuple[tuple[Species, ...], tuple[Species, ...]]:
    """Return reactants and products of one reaction of the given kind around species `a`."""
    if kind == "convert":
        return (names[a],), (names[near(a)],)
    if kind == "split":
        return (names[a],), (names[near(a)], names[near(a)])
    if kind == "catalyse":
        return (hub, names[a]), (hub, names[near(a)])
    b = near(a)
    if kind == "join":
        return (names[a], names[b]), (names[near(a, b)],)
    return (names[a], names[b]), ()


def expand(crn: CRN) -> CRN:
    """Return the strand displacement reactions that carry a formal network, in nM and s; inert wastes are left out.

    ``X -> P`` becomes X + G -> O [k / C_max] and O + T -> P [q_max]; ``X + Y -> P``, with X before Y in the order of names, becomes
    X + L -> H + B [k], H + B -> X + L [q_max], Y + H -> O [q_max] and O + T -> P [q_max]. G, T, L and B start at C_max. Where there
    are no products there is no T, no last reaction, and O is waste.

    Parameters
    ----------
    crn : CRN
        Of order 1 or 2, in nM and s.
    """
    made: list[Reaction] = []
    start = dict(crn.initial)

    def step(name: str, left: tuple[Species, ...], right: tuple[Species, ...], k: float) -> None:
        made.append(Reaction(name, Bag.of(*left), Bag.of(*right), k))

    for reaction in crn.reactions:
        name, reactants, products = reaction.id, reaction.reactants.elements(), reaction.products.elements()
        out = (f"O_{name}",) if products else ()
        if len(reactants) == 1:
            start[f"G_{name}"] = C_MAX
            step(f"{name}a", (reactants[0], f"G_{name}"), out, reaction.k / C_MAX)
        elif len(reactants) == 2:
            join, half, back = f"L_{name}", f"H_{name}", f"B_{name}"
            start |= {join: C_MAX, back: C_MAX}
            step(f"{name}a", (reactants[0], join), (half, back), min(reaction.k, Q_MAX))
            step(f"{name}b", (half, back), (reactants[0], join), Q_MAX)
            step(f"{name}c", (reactants[1], half), out, Q_MAX)
        else:
            raise ValueError(f"cannot expand {reaction}")
        if products:
            start[f"T_{name}"] = C_MAX
            step(f"{name}d", (*out, f"T_{name}"), products, Q_MAX)
    return CRN.build(made, start)


def scaled(crn: CRN, factor: float) -> CRN:
    """Return the same network with amounts in a unit `factor` times smaller, so that its amounts are `factor` times larger."""
    reactions = (
        Reaction(r.id, r.reactants, r.products, r.k * factor ** (1 - r.order), r.origin) for r in crn.reactions
    )
    return CRN.build(reactions, {s: a * factor for s, a in crn.initial}, constant=crn.constant, units=crn.units)

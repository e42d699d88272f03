"""Mean rates of slow reactions while pools are in equilibrium, and the loop that lets slow events happen at these rates.

With abundant partners the molecules of a pool move independently of one another, so that it is distributed multinomially
(T. Jahnke and W. Huisinga, J. Math. Biol. 54, 1 (2007), doi:10.1007/s00285-006-0034-x) and averages are known in closed form. When
this may be done, and what is done with it, is the business of `crn.simulate.slow_scale`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

from crn.massaction import MassAction, Vector
from crn.simulate.compiled import kernel
from crn.simulate.pools import ENOUGH, PLENTY, Pools
from crn.simulate.ssa import Integers, Reactions

CLOSE = 1e-7
"""Relative change of the partners at which their equilibrium with the pools counts as found."""

SWEEPS = 50
"""Steps of that iteration at most; each makes the error smaller by the ratio of molecules in pools to partners."""


class Averaged(NamedTuple):
    """A network with pools, for the compiled loop; pools are known by their roots, and a ghost species pads reactants.

    Attributes
    ----------
    c : ndarray, shape (R,)
        Rate constants of the slow reactions, in molecules.
    slots, used : ndarray, shape (R, O)
        The reactants one by one, and how many of the same pool stand before each.
    place : ndarray, shape (S + 1,)
        Of every species the root of its pool, or itself.
    net_start, net, change : ndarray
        What an event of each reaction changes: totals of pools, and partners as if every molecule were at its root.
    near, far : ndarray, shape (E,)
        The branches of the pools.
    there, back : ndarray, shape (E,)
        Their rate constants away from the root and towards it.
    taken, given : ndarray, shape (E, O)
        Their partners.
    roots, partners : ndarray
    spent_start, spender, spent : ndarray
        For every partner the species that have changed it on their way from the root, and by how much.
    drain_start, drain, loss : ndarray
        For every species the slow reactions that use it up, and how many molecules each takes.
    """

    c: Vector
    slots: Integers
    used: Vector
    place: Integers
    net_start: Integers
    net: Integers
    change: Vector
    near: Integers
    far: Integers
    there: Vector
    back: Vector
    taken: Integers
    given: Integers
    roots: Integers
    partners: Integers
    spent_start: Integers
    spender: Integers
    spent: Vector
    drain_start: Integers
    drain: Integers
    loss: Vector


@kernel
def settle(system: Averaged, n: Vector, m: Vector, share: Vector, weights: Vector, short: Integers) -> bool:
    """Find the equilibrium of the exchanges: the share of every species in its pool, and the mean amounts `m`.

    `m` holds a guess of the partners; totals are taken from `n`. Partners are what they would be with all molecules at their roots,
    plus what the molecules have spent on their way, on average. `weights` is room for the sum of the weights of every pool.
    Partners that are not abundant are marked in `short`, and it is returned whether there are any.
    """
    for _ in range(SWEEPS):
        for i in range(len(system.roots)):
            weights[system.roots[i]] = share[system.roots[i]] = 1.0
        for e in range(len(system.far)):
            weight = share[system.near[e]] * system.there[e] / system.back[e]
            for slot in range(system.taken.shape[1]):
                weight *= m[system.taken[e, slot]] / m[system.given[e, slot]]
            share[system.far[e]] = weight
            weights[system.place[system.far[e]]] += weight
        for i in range(len(system.roots)):
            share[system.roots[i]] /= weights[system.roots[i]]
        for e in range(len(system.far)):
            share[system.far[e]] /= weights[system.place[system.far[e]]]
        moved = 0.0
        for i in range(len(system.partners)):
            partner = system.partners[i]
            amount, need = n[partner], ENOUGH
            for at in range(system.spent_start[i], system.spent_start[i + 1]):
                s = system.spender[at]
                amount += system.spent[at] * n[system.place[s]] * share[s]
                need += PLENTY * n[system.place[s]]
            short[i] = amount < need
            amount = max(amount, 1.0)
            moved = max(moved, abs(amount / m[partner] - 1.0))
            m[partner] = amount
        if moved < CLOSE:
            break
    return bool(np.any(short))


@kernel
def averages(system: Averaged, m: Vector, share: Vector, a: Vector) -> float:
    """Find the averaged propensities, and return their sum.

    Of N molecules in a pool, of which each is in species i with probability p_i, N (N - 1) p_i p_j is the mean of n_i n_j, and with
    j = i that of n_i (n_i - 1); different pools are independent.
    """
    total = 0.0
    for j in range(len(system.c)):
        value = system.c[j]
        for slot in range(system.slots.shape[1]):
            s = system.slots[j, slot]
            value *= max(m[system.place[s]] - system.used[j, slot], 0.0) * share[s]
        a[j] = value
        total += value
    return total


@kernel
def lag(system: Averaged, m: Vector, share: Vector, a: Vector, error: Vector, leaving: Vector) -> None:
    """Estimate for every branch the largest relative error of a rate at which its pool is used, and how fast the pool is left.

    Reactions use up the species of a pool unevenly. In a steady state what lies beyond a branch has to be refilled, or emptied,
    through the branch by the difference between its own drain and its share of that of the whole pool. Divided by what passes
    the branch in equilibrium this is, to first order, the relative error of the ratio of what lies on its two sides; each
    side has so much of it as is the share of the other one, and counts if it is used.
    """
    beyond, drained = share.copy(), np.zeros(len(share))
    for i in range(len(system.roots) + len(system.far)):
        s = system.roots[i] if i < len(system.roots) else system.far[i - len(system.roots)]
        for at in range(system.drain_start[s], system.drain_start[s + 1]):
            drained[s] += system.loss[at] * a[system.drain[at]]
    for e in range(len(system.far) - 1, -1, -1):
        beyond[system.near[e]] += beyond[system.far[e]]
        drained[system.near[e]] += drained[system.far[e]]
    for e in range(len(system.far)):
        far, root = system.far[e], system.place[system.far[e]]
        passing = system.there[e] * m[root] * share[system.near[e]]
        for slot in range(system.taken.shape[1]):
            passing *= m[system.taken[e, slot]]
        leaving[e], error[e] = drained[root], 0.0
        if leaving[e] > 0.0:
            ratio = abs(drained[far] - beyond[far] * drained[root]) / passing
            here = beyond[far] if drained[far] < drained[root] else 0.0
            there = 1.0 - beyond[far] if drained[far] > 0.0 else 0.0
            error[e] = ratio * max(here, there)


@kernel
def fire_slow(
    system: Averaged,
    n: Vector,
    m: Vector,
    share: Vector,
    duration: float,
    times: Vector,
    samples: Vector,
    shares: Vector,
    clock: Vector,
    tally: Integers,
    late: Vector,
    left: Vector,
    short: Integers,
    budget: int,
    rng: np.random.Generator,
) -> bool:
    """Let slow events happen until `duration`, `budget` of them, or a shortage of partners; return whether the end was reached.

    `n` is advanced in place, with pools on their roots; ``clock[0]`` is the time, ``tally`` holds the events so far and the samples
    written; `late` and `left` add up over time the error of every branch, weighted by what leaves its pool, and the weight.
    """
    a, weights = np.empty(len(system.c)), np.empty(len(n))
    error, leaving = np.zeros(len(late)), np.zeros(len(late))
    t, fired, sampled, done = clock[0], 0, tally[1], False
    while True:
        if settle(system, n, m, share, weights, short) or fired == budget:
            break
        total = averages(system, m, share, a)
        lag(system, m, share, a, error, leaving)
        later = t + rng.standard_exponential() / total if total > 0.0 else np.inf
        while sampled < len(times) and times[sampled] < later and times[sampled] <= duration:
            samples[sampled], shares[sampled] = n, share
            sampled += 1
        step = min(later, duration) - t
        for e in range(len(late)):
            late[e] += step * leaving[e] * error[e]
            left[e] += step * leaving[e]
        t += step
        if later > duration:
            done = True
            break
        u, j = rng.random() * total, 0
        for q in range(len(a)):
            if a[q] > 0.0:
                j = q
                if u < a[q]:
                    break
                u -= a[q]
        fired += 1
        for i in range(system.net_start[j], system.net_start[j + 1]):
            n[system.net[i]] += system.change[i]
            m[system.net[i]] += system.change[i]
    clock[0] = t
    tally[0] += fired
    tally[1] = sampled
    return done


def averaged(law: MassAction, reactions: Reactions, pools: Pools) -> Averaged:
    """Return a network with some of its reactions averaged, for the compiled loop."""
    size = len(law.species)
    slow = np.array([j for j in range(len(reactions.c)) if j not in pools.averaged], dtype=np.int64)
    place = np.arange(size + 1)
    for s, root in pools.root.items():
        place[s] = root
    slots = reactions.slots[slow]
    where = place[slots]
    used = np.array([[list(row[:i]).count(p) if p < size else 0 for i, p in enumerate(row)] for row in where.tolist()])
    net = law.net.tocsc()[:, slow]
    change = (pools.gathering @ net).tocsc()
    change.eliminate_zeros()
    drain = sp.csr_matrix(-net.minimum(0))
    width = max((len(side) for b in pools.branches for side in (b.taken, b.given)), default=0)

    def padded(sides: Sequence[tuple[int, ...]]) -> Integers:
        return np.array([side + (size,) * (width - len(side)) for side in sides], dtype=np.int64).reshape(
            len(sides), width
        )

    def rate(ways: Sequence[tuple[int, ...]]) -> Vector:
        return np.array([reactions.c[list(way)].sum() for way in ways])

    users = [[(s, n) for s, spent in pools.spent.items() for q, n in spent.items() if q == p] for p in pools.partners]
    branches = pools.branches
    return Averaged(
        reactions.c[slow],
        slots,
        used.astype(np.float64).reshape(slots.shape),
        place,
        change.indptr.astype(np.int64),
        change.indices.astype(np.int64),
        change.data.astype(np.float64),
        np.array([b.source for b in branches], dtype=np.int64),
        np.array([b.target for b in branches], dtype=np.int64),
        rate([b.forward for b in branches]),
        rate([b.backward for b in branches]),
        padded([b.taken for b in branches]),
        padded([b.given for b in branches]),
        np.array(sorted(pools.members), dtype=np.int64),
        np.array(pools.partners, dtype=np.int64),
        np.cumsum([0, *(len(u) for u in users)]),
        np.array([s for u in users for s, _ in u], dtype=np.int64),
        np.array([float(n) for u in users for _, n in u]),
        drain.indptr.astype(np.int64),
        drain.indices.astype(np.int64),
        drain.data.astype(np.float64),
    )

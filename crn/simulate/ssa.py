"""Exact stochastic simulation: every event of every reaction, one after the other.

D. T. Gillespie, J. Comput. Phys. 22, 403-434 (1976), the direct method; after an event only the reactions that it touches are
looked at again, M. A. Gibson and J. Bruck, J. Phys. Chem. A 104, 1876-1889 (2000), and the next one is looked for in groups, then
in blocks, then one by one. Use it where molecules are few; what reversible gates do millions of times to no effect takes millions
of steps, and a run that would go on for hours ends with an outcome that says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from crn.massaction import MassAction, Vector
from crn.simulate.compiled import kernel
from crn.simulate.engine import Outcome
from crn.simulate.stochastic import Events, Stochastic

Integers = NDArray[np.int64]

WIDTH = 5
"""Of a block, in bits: reactions in a block, and blocks in a group."""

REFRESH = 16_384
"""Events after which sums are added up anew, so that rounding cannot drift."""


class Reactions(NamedTuple):
    """A network for the compiled loop; a ghost species with one molecule pads the reactants.

    Attributes
    ----------
    c : ndarray, shape (R,)
        Rate constants in molecules instead of amounts.
    slots, used : ndarray, shape (R, O)
        The reactant molecules one by one, and how many of the same species stand before each.
    net_start, net, change : ndarray
        What an event of each reaction changes, and by how much.
    touched_start, touched : ndarray
        The reactions whose propensity an event of each reaction changes.
    """

    c: Vector
    slots: Integers
    used: Vector
    net_start: Integers
    net: Integers
    change: Vector
    touched_start: Integers
    touched: Integers


@kernel
def propensity(system: Reactions, j: int, n: Vector) -> float:
    """Return ``c * prod(n * (n - 1) * ...)`` of one reaction."""
    value: float = system.c[j]
    for slot in range(system.slots.shape[1]):
        value *= n[system.slots[j, slot]] - system.used[j, slot]
    return value


@kernel
def sums(a: Vector, block: Vector, group: Vector) -> float:
    """Add up the propensities of every block and of every group of blocks, and of all."""
    block[:] = 0.0
    group[:] = 0.0
    for j in range(len(a)):
        block[j >> WIDTH] += a[j]
        group[j >> 2 * WIDTH] += a[j]
    return float(group.sum())


@kernel
def fire(
    system: Reactions,
    n: Vector,
    a: Vector,
    block: Vector,
    group: Vector,
    duration: float,
    times: Vector,
    samples: Vector,
    clock: Vector,
    tally: Integers,
    budget: int,
    rng: np.random.Generator,
) -> bool:
    """Let events happen until `duration`, or until `budget` of them have; return whether the end was reached.

    `n` is advanced in place; ``clock[0]`` is the time, ``tally`` holds the events so far and the samples written.
    """
    for j in range(len(system.c)):
        a[j] = propensity(system, j, n)
    total = sums(a, block, group)
    t, fired, sampled = clock[0], 0, tally[1]
    done = False
    while fired < budget:
        if fired % REFRESH == REFRESH - 1:
            total = sums(a, block, group)
        later = t + rng.standard_exponential() / total if total > 0.0 else np.inf
        while sampled < len(times) and times[sampled] < later and times[sampled] <= duration:
            samples[sampled] = n
            sampled += 1
        if later > duration:
            t, done = duration, True
            break
        t = later
        u, j = rng.random() * total, 0
        while j < len(group) - 1 and u >= group[j]:
            u -= group[j]
            j += 1
        j, last = j << WIDTH, min(len(block), (j + 1) << WIDTH) - 1
        while j < last and u >= block[j]:
            u -= block[j]
            j += 1
        j, last = j << WIDTH, min(len(a), (j + 1) << WIDTH) - 1
        while j < last and u >= a[j]:
            u -= a[j]
            j += 1
        if a[j] <= 0.0:  # rounding led past the end of a block
            total = sums(a, block, group)
            continue
        fired += 1
        for i in range(system.net_start[j], system.net_start[j + 1]):
            n[system.net[i]] += system.change[i]
        for i in range(system.touched_start[j], system.touched_start[j + 1]):
            q = system.touched[i]
            new = propensity(system, q, n)
            step = new - a[q]
            a[q] = new
            block[q >> WIDTH] += step
            group[q >> 2 * WIDTH] += step
            total += step
    clock[0] = t
    tally[0] += fired
    tally[1] = sampled
    return done


def reactions_of(law: MassAction, omega: float) -> Reactions:
    """Return a network for the compiled loop; `omega` is molecules per unit of amount, and the law keeps the last result."""
    known = vars(law).get("_reactions")
    if known is None or known[0] != omega:
        known = vars(law)["_reactions"] = omega, _listed(law, omega)
    found: Reactions = known[1]
    return found


def _listed(law: MassAction, omega: float) -> Reactions:
    size, count = len(law.species), len(law.crn.reactions)
    order = max(law.crn.order, 1)
    slots = np.full((count, order), size, dtype=np.int64)
    used = np.zeros((count, order))
    c = law.k.copy()
    net = law.net.tocsc()
    wanted_by: list[list[int]] = [[] for _ in range(size)]
    for j, reaction in enumerate(law.crn.reactions):
        c[j] *= omega ** (1 - reaction.order)
        places = [law.index[name] for name in reaction.reactants.elements()]
        for slot, place in enumerate(places):
            slots[j, slot] = place
            used[j, slot] = places[:slot].count(place)
        for place in set(places):
            wanted_by[place].append(j)
    touched, start = [], [0]
    for j in range(count):
        changed = net.indices[net.indptr[j] : net.indptr[j + 1]]
        found = sorted({q for place in changed for q in wanted_by[place]})
        touched += found
        start.append(len(touched))
    return Reactions(
        c,
        slots,
        used,
        net.indptr.astype(np.int64),
        net.indices.astype(np.int64),
        net.data.astype(np.float64),
        np.array(start, dtype=np.int64),
        np.array(touched, dtype=np.int64),
    )


@dataclass(frozen=True, eq=False)
class ExactSSA(Stochastic):
    """The direct method in molecules, seen in amounts; see `Stochastic` for its fields."""

    name: ClassVar[str] = "ssa"
    summary: ClassVar[str] = "stochastic: every event of every reaction, for small numbers of molecules"

    def fired(self, law: MassAction, counts: Vector, duration: float, times: Vector) -> Events:
        """Advance whole molecules; see `Stochastic.fired`."""
        system = reactions_of(law, self.molecules)
        n = np.append(counts, 1.0)
        samples = np.empty((len(times), len(n)))
        clock, tally = np.zeros(1), np.zeros(2, dtype=np.int64)
        width = 1 << WIDTH
        a = np.zeros(len(system.c))
        block = np.zeros(-(-len(a) // width))
        group = np.zeros(-(-len(block) // width))
        done = fire(system, n, a, block, group, duration, times, samples, clock, tally, self.max_events, self.rng)
        events, reached = int(tally[0]), float(clock[0])
        outcome = Outcome(message=f"reached the end after {events} events")
        if not done:
            outcome = self.exhausted(events, reached, duration)
        return Events(samples[: tally[1], :-1], n[:-1], reached, outcome, events)

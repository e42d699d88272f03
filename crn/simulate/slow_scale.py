"""Stochastic simulation of the slow reactions only: what fast exchanges do is averaged, not carried out.

Y. Cao, D. T. Gillespie and L. R. Petzold, "The slow-scale stochastic simulation algorithm", J. Chem. Phys. 122, 014116 (2005),
doi:10.1063/1.1824902. Which molecules exchange is found in `crn.simulate.pools`, and the averages in `crn.simulate.averages`; here
it is decided, again and again, what is fast enough. The rest is fired event by event, as in `crn.simulate.ssa`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from crn.diagnostics import CircuitError
from crn.massaction import MassAction, Vector
from crn.simulate.averages import Averaged, averaged, averages, fire_slow, lag, settle
from crn.simulate.engine import Outcome
from crn.simulate.pools import Exchange, Pools, exchanges, pace
from crn.simulate.ssa import Integers, Reactions, reactions_of
from crn.simulate.stochastic import Events, Stochastic

CHECKED = 128
"""Events after which it is looked whether what is averaged is still fast enough."""


@dataclass(frozen=True, eq=False)
class SlowEvents(Events):
    """A stretch of a run in which fast exchanges are averaged.

    Attributes
    ----------
    averaged : int
        How many exchanges were, at the end.
    estimate : float
        Estimated relative error of a rate at which a pool is used, the mean over what leaves it; to first order, no bound.
    """

    averaged: int = 0
    estimate: float = 0.0


@dataclass(frozen=True, eq=False)
class SlowScaleSSA(Stochastic):
    """Slow events one by one, between which fast exchanges are in equilibrium.

    An exchange is averaged as long as its partners are abundant and its estimated error is at most `error`; otherwise it is fired
    event by event, which is exact and takes time. A network of which nothing can be averaged is simulated exactly.

    Attributes
    ----------
    error : float
        Largest relative error of an average that is put up with, to first order.

    Notes
    -----
    The amounts in a pool are drawn from its equilibrium whenever they are asked for: they are whole, no strand is lost, and at any
    one time they have the right distribution. Two times that are closer to each other than an exchange takes show them
    independent of each other, which they are not.
    """

    name: ClassVar[str] = "slow-scale"
    summary: ClassVar[str] = "stochastic: slow events only; what reversible gates do in between is averaged"

    error: float = 0.05

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.error < 1:
            raise CircuitError(f"the error of averages has to be between 0 and 1, not {self.error:g}")

    @property
    def identity(self) -> str:
        """What its results depend on; see `Simulator.identity`."""
        return f"{super().identity} {self.error!r}"

    def fired(self, law: MassAction, counts: Vector, duration: float, times: Vector) -> SlowEvents:
        """Advance whole molecules; see `Stochastic.fired`."""
        reactions = reactions_of(law, self.molecules)
        clock, tally = np.zeros(1), np.zeros(2, dtype=np.int64)
        refused: set[int] = set()
        seen, done, estimate, kept = [np.empty((0, len(counts)))], False, 0.0, 0
        while not done and tally[0] < self.max_events:
            now = _Equilibrium.at(law, reactions, counts, duration, self.error, refused)
            branches, before = now.pools.branches, int(tally[1])
            samples, shares = np.empty((len(times), len(now.n))), np.empty((len(times), len(now.n)))
            late, left = np.zeros(len(branches)), np.zeros(len(branches))
            failed: set[int] = set()
            while not (done or failed) and tally[0] < self.max_events:
                lately, leaving = np.zeros(len(branches)), np.zeros(len(branches))
                budget = min(CHECKED, self.max_events - int(tally[0]))
                done = fire_slow(
                    *(now.system, now.n, now.m, now.share, duration, times, samples, shares),
                    *(clock, tally, lately, leaving, now.short, budget, self.rng),
                )
                failed = now.failing(_ratio(lately, leaving), self.error)
                late, left = late + lately, left + leaving
            refused |= failed
            estimate, kept = max(estimate, float(np.max(_ratio(late, left), initial=0.0))), len(branches)
            if (rows := slice(before, int(tally[1]))) != slice(before, before):
                seen.append(now.pools.draw(samples[rows, :-1], shares[rows], self.rng))
            counts = now.pools.draw(now.n[None, :-1], now.share[None], self.rng)[0]
        events, reached = int(tally[0]), float(clock[0])
        said = (
            f"{kept} exchanges averaged, estimated error {100 * estimate:.2g} %"
            if kept
            else "nothing could be averaged"
        )
        outcome = Outcome(message=f"reached the end after {events} events; {said}")
        if not done:
            outcome = self.exhausted(events, reached, duration)
        return SlowEvents(np.concatenate(seen), counts, reached, outcome, events, kept, estimate)


@dataclass(frozen=True, eq=False)
class _Equilibrium:
    """The pools of a network in equilibrium, with the amounts that go on changing in place.

    Attributes
    ----------
    pools : Pools
    system : Averaged
    n, m, share : ndarray, shape (S + 1,)
    short : ndarray, shape (P,)
        As in `crn.simulate.averages.settle`.
    """

    pools: Pools
    system: Averaged
    n: Vector
    m: Vector
    share: Vector
    short: Integers

    @classmethod
    def at(
        cls, law: MassAction, reactions: Reactions, counts: Vector, duration: float, error: float, refused: set[int]
    ) -> _Equilibrium:
        """Return the equilibrium of all that is fast enough; what is not is refused from now on."""
        while True:
            pools, system = _pools(law, reactions, exchanges(law, reactions.c, counts, refused))
            n = np.append(pools.gathering @ counts, 1.0)
            found = cls(pools, system, n, n.copy(), np.ones(len(n)), np.zeros(len(system.partners), dtype=np.int64))
            found.m[system.partners] = np.maximum(n[system.partners], 1.0)
            settle(system, n, found.m, found.share, np.empty(len(n)), found.short)
            a, now, leaving = np.empty(len(system.c)), np.zeros(len(pools.branches)), np.zeros(len(pools.branches))
            tried = found.m.copy()
            tried[system.roots] = np.maximum(tried[system.roots], 1.0)  # an empty pool would have no error
            averages(system, tried, found.share, a)
            lag(system, tried, found.share, a, now, leaving)
            bad = found.failing(now, error)
            for branch in pools.branches:
                if pace(branch, reactions.c, found.m) * duration * error < 1:
                    bad.update(branch.reactions)
            if not bad:
                return found
            refused |= bad

    def failing(self, error: Vector, largest: float) -> set[int]:
        """Return the reactions of exchanges that are not to be averaged any longer, given the error of every branch."""
        starving = {p for p, short in zip(self.pools.partners, self.short.tolist(), strict=True) if short}
        found = set[int]()
        for branch, size in zip(self.pools.branches, error, strict=True):
            if size > largest or not starving.isdisjoint(branch.partners):
                found.update(branch.reactions)
        return found


def _pools(law: MassAction, reactions: Reactions, found: tuple[Exchange, ...]) -> tuple[Pools, Averaged]:
    """Return the pools of some exchanges and their arrays; the law keeps those of the last volume."""
    known = vars(law).get("_pools")
    if known is None or known[0] is not reactions:
        known = vars(law)["_pools"] = reactions, {}
    kept: dict[tuple[Exchange, ...], tuple[Pools, Averaged]] = known[1]
    if found not in kept:
        pools = Pools.of(law, reactions.c, found)
        kept[found] = pools, averaged(law, reactions, pools)
    return kept[found]


def _ratio(late: Vector, left: Vector) -> Vector:
    return np.divide(late, left, out=np.zeros(len(late)), where=left > 0)

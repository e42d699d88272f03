"""Ensembles: one task many times over, with nothing but the seed changed, spread over whatever executes it.

Every replicate has its own random stream by its number, so that the rows are the same however the work was spread, P. L'Ecuyer et
al., Math. Comput. Simul. 135, 3-17 (2017). Any `concurrent.futures.Executor` will do: processes on this machine, or a cluster that
offers one. What a task simulates is its own business, and so is what its rows mean.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias, TypeVar

import numpy as np

Row: TypeAlias = Mapping[str, float]
"""What came out of one replicate, by name; the names are the same for all of one ensemble."""

Part = TypeVar("Part")
Done = TypeVar("Done")

TRIES = 3
"""How often a part is handed out before its failure is the failure of the whole."""

AT_ONCE = 512
"""Parts handed out at one time: several for every worker of a large cluster, and still few enough to be taken back."""


class Task(ABC):
    """What is done for every replicate; pickles."""

    @abstractmethod
    def run(self, rng: np.random.Generator) -> Row:
        """Do it once."""


def stream(seed: int, *place: int) -> np.random.Generator:
    """Return the random stream of one replicate, by its number, or by that of its design and its own."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=place))


def run_chunk(task: Task, seed: int, numbers: Sequence[int]) -> list[tuple[int, Row]]:
    """Run some replicates, in the process that was given them."""
    return [(number, task.run(stream(seed, number))) for number in numbers]


def replicates(
    task: Task,
    seed: int,
    numbers: Sequence[int],
    executor: Executor | None = None,
    *,
    chunk: int = 4,
    at_once: int = AT_ONCE,
    again: Callable[[], Executor] | None = None,
) -> Iterator[tuple[int, Row]]:
    """Yield replicates by number as they are done, in no order.

    Parameters
    ----------
    task : Task
    seed : int
    numbers : sequence of int
        Which replicates; those that are known already are left out by the caller.
    executor, at_once, again
        See `handed_out`.
    chunk : int
        Replicates handed out together, as one part.

    Raises
    ------
    Exception
        Of the task itself, after it has failed `TRIES` times.
    """
    chunks = [tuple(numbers[i : i + chunk]) for i in range(0, len(numbers), chunk)]
    for rows in handed_out(partial(run_chunk, task, seed), chunks, executor, at_once=at_once, again=again):
        yield from rows


def handed_out(
    work: Callable[[Part], Done],
    parts: Sequence[Part],
    executor: Executor | None = None,
    *,
    at_once: int = AT_ONCE,
    again: Callable[[], Executor] | None = None,
) -> Iterator[Done]:
    """Yield what comes out of every part of some work, as it is done, in no order.

    Parameters
    ----------
    work : callable
        Pickles, as its parts do.
    parts : sequence
    executor : Executor, optional
        Without one they are done here, one after the other.
    at_once : int
        Parts handed out at one time.
    again : callable, optional
        Makes another executor after one has broken, as a pool of processes is when one of them is killed.

    Raises
    ------
    Exception
        Of the work itself, after a part has failed `TRIES` times; of the executor, if as many have broken and nothing got done.
    """
    if executor is None:
        yield from map(work, parts)
        return
    waiting, tries, breaks = list(reversed(range(len(parts)))), [0] * len(parts), 0
    pending: dict[Future[Done], int] = {}
    try:
        while waiting or pending:
            broken: BrokenExecutor | None = None
            try:
                while waiting and len(pending) < at_once:
                    future = executor.submit(work, parts[waiting[-1]])
                    pending[future] = waiting.pop()
            except BrokenExecutor as error:
                broken = error
            done, _ = wait(pending, return_when=FIRST_COMPLETED)
            for future in done:
                number, failure = pending.pop(future), future.exception()
                if failure is None:
                    breaks = 0
                    yield future.result()
                    continue
                waiting.append(number)
                if isinstance(failure, BrokenExecutor):
                    broken = failure  # whose fault it was is not known
                    continue
                tries[number] += 1
                if tries[number] >= TRIES:
                    raise failure
            if broken is not None:
                breaks += 1
                if again is None or breaks >= TRIES:
                    raise broken
                waiting += pending.values()
                pending.clear()
                executor = again()
    finally:
        for future in pending:
            future.cancel()


@dataclass(frozen=True, slots=True)
class Share:
    """A fraction of replicates, with its interval of confidence.

    Attributes
    ----------
    fraction, low, high : float
        `low` and `high` after E. B. Wilson, J. Am. Stat. Assoc. 22, 209-212 (1927), at 95 %.
    """

    fraction: float
    low: float
    high: float


def share(successes: int, runs: int) -> Share:
    """Return how often it went well."""
    import scipy.stats  # takes half a second to load

    interval = scipy.stats.binomtest(successes, runs).proportion_ci(0.95, method="wilson")
    return Share(successes / runs, float(interval.low), float(interval.high))


QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def quantiles(values: Sequence[float]) -> dict[str, float]:
    """Return the quantiles of what came out, by their names; what is no number counts as worst."""
    ordered = np.where(np.isfinite(values), values, np.inf)
    found = np.quantile(ordered, QUANTILES, method="inverted_cdf")
    return {f"q{round(100 * q):02d}": float(v) for q, v in zip(QUANTILES, found, strict=True)}


def median_interval(values: Sequence[float]) -> tuple[float, float]:
    """Return between which replicates the median of all that could be made lies, at 95 % or more.

    Without an assumption on how they are distributed: the median is as likely below as above each of them, H. A. David and H. N.
    Nagaraja, Order Statistics, 3rd ed., section 7.1 (2003). What is no number counts as worst.

    Returns
    -------
    tuple of (float, float)
        Minus and plus infinity for fewer than six values, which do not say so much.
    """
    import scipy.stats  # takes half a second to load

    ordered = np.sort(np.where(np.isfinite(values), values, np.inf))
    outside = int(scipy.stats.binom.ppf(0.025, len(ordered), 0.5))
    if outside < 1:
        return -math.inf, math.inf
    return float(ordered[outside - 1]), float(ordered[len(ordered) - outside])

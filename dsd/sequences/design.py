"""Sequence design: from the strands of a circuit to nucleotides, by several searches of which the best is kept.

`design` is the function that the rest of the program calls. Searches run in processes of their own, and how many of these there are
makes no difference to the outcome; time does, if it runs out, and then the result says so. What cannot be done is refused, with
numbers.
"""

from __future__ import annotations

import math
import multiprocessing
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace

import numpy as np

from dsd.domains import Domain
from dsd.lab.inventory import Inventory
from dsd.schemes.scheme import Role
from dsd.sequences.alignment import Binding
from dsd.sequences.assignment import NamedStrand, Sequences
from dsd.sequences.checks import Check, check
from dsd.sequences.layout import Layout
from dsd.sequences.refusal import refusal, refuse_beyond_supply
from dsd.sequences.rules import LONGEST_TOEHOLD, Job
from dsd.sequences.search import Found, Progress, search
from dsd.sequences.sizing import settled
from dsd.sequences.toeholds import Supply
from dsd.sequences.wishes import NO_WISHES, Wishes
from dsd.system import DsdSystem


@dataclass(frozen=True)
class Design:
    """Sequences with how they came about.

    Attributes
    ----------
    sequences : Sequences
    job : Job
        With the longest repeated word that was allowed.
    checks : tuple of Check
        Every hard constraint.
    supplies : tuple of Supply
        How many toeholds there were to choose from, one for each length.
    toeholds : int
        How many the circuit needs.
    score : float
        See `Found`.
    in_time : bool
        False if time ran out, so that another run may find others.
    fixed : tuple of Domain
        What was given.
    """

    sequences: Sequences
    job: Job
    checks: tuple[Check, ...]
    supplies: tuple[Supply, ...]
    toeholds: int
    score: float
    in_time: bool
    fixed: tuple[Domain, ...] = ()

    @property
    def targets(self) -> Mapping[int, float]:
        """The design energies of the toeholds, in kcal/mol, by their lengths in nt."""
        return {s.length_nt: s.target for s in self.supplies}

    @property
    def passed(self) -> bool:
        """Whether all hard constraints are obeyed."""
        return all(c.passed for c in self.checks)


ROUNDS = 3
"""How often the restarts are tried anew, with other seeds, before a circuit near its supply of toeholds is refused."""


def design(
    system: DsdSystem,
    job: Job = Job(),
    wishes: Wishes = NO_WISHES,
    *,
    budget_s: float = math.inf,
    workers: int = 1,
    progress: Progress = lambda *_: None,
) -> Design:
    """Design sequences for the strands of a circuit.

    Parameters
    ----------
    system : DsdSystem
    job : Job
    wishes : Wishes
        What is fixed, excluded or to be modified.
    budget_s : float
        When it is spent, the best so far is returned.
    workers : int
        Processes; 1 for none besides this one.
    progress : callable
        Called with what is done, how much of it, and of how much.

    Raises
    ------
    InfeasibleError
        If no search finds sequences; says which rule is in the way and what relaxing it would give.
    OutOfTimeError
        If the budget is spent before a search found any.
    """
    inventory = Inventory.of(system)
    layout = layout_of(system)
    rules = replace(job.rules, forbidden=(*job.rules.forbidden, *wishes.excluded))
    job = replace(job, rules=settled(layout, rules))
    deadline = time.monotonic() + budget_s
    fixed = dict(wishes.fixed)
    refuse_beyond_supply(layout, fixed, job)
    root, found, best = np.random.SeedSequence(job.seed), list[Found](), None
    for _ in range(ROUNDS):
        found += _searches(layout, fixed, job, root.spawn(job.restarts), deadline, workers, progress)
        best = max(found, key=lambda f: f.score)
        if best.score > -math.inf or time.monotonic() > deadline:
            break
    assert best is not None, "there is a round"
    if best.score == -math.inf:
        raise refusal(best, job, budget_s)
    binding = Binding(job.conditions)
    strands = tuple(
        NamedStrand(o.name, o.strand, *wishes.codes(o.name), o.name not in wishes.at_hand) for o in inventory.oligos
    )
    sequences = Sequences(best.readings, strands)
    return Design(
        sequences,
        job,
        check(sequences, layout, job.rules, binding, fixed),
        best.supplies,
        sum(d.length <= LONGEST_TOEHOLD for d in layout.domains),
        best.score,
        all(f.in_time for f in found),
        tuple(fixed),
    )


def layout_of(system: DsdSystem) -> Layout:
    """Return the layout of the strands to be ordered, and of the complexes that matter."""
    strands = tuple(o.strand for o in Inventory.of(system).oligos)
    return Layout(strands, tuple(e.complex for e in system.entries if e.role is not Role.WASTE))


def _searches(
    layout: Layout,
    fixed: Mapping[Domain, str],
    job: Job,
    seeds: Sequence[np.random.SeedSequence],
    deadline: float,
    workers: int,
    progress: Progress,
) -> Iterator[Found]:
    """Run searches, one for each seed; equal seeds give equal results whatever runs beside them."""
    if workers == 1 or job.restarts == 1:
        for number, seed in enumerate(seeds):
            if number and time.monotonic() > deadline:
                return

            def step(what: str, done: int, total: int, number: int = number) -> object:
                return progress(what, number * total + done, job.restarts * total)

            yield search(layout, fixed, job, seed, deadline, step)
        return
    # Spawned, not forked: the parent may hold threads.
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        left_s = deadline - time.monotonic()
        jobs = [pool.submit(_search_within, layout, fixed, job, seed, left_s) for seed in seeds]
        for done, _ in enumerate(as_completed(jobs), 1):
            progress("sequences", done, len(jobs))
        yield from (j.result() for j in jobs)


def _search_within(
    layout: Layout,
    fixed: Mapping[Domain, str],
    job: Job,
    seed: np.random.SeedSequence,
    seconds: float,
) -> Found:
    return search(layout, fixed, job, seed, time.monotonic() + seconds)

"""Sequence design: from the strands of a circuit to nucleotides, by several searches of which the best is kept.

`design` is the function that the rest of the program calls. Searches run in processes of their own, and how many of these there are
makes no difference to the outcome; time does, if it runs out, and then the result says so. What cannot be done is refused, with
numbers.
"""

from __future__ import annotations

import math
import multiprocessing
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace

import numpy as np

from crn.diagnostics import Diagnostic, InfeasibleError
from dsd.domains import Domain
from dsd.lab.inventory import Inventory
from dsd.schemes.scheme import Role
from dsd.sequences.alignment import Binding
from dsd.sequences.assignment import NamedStrand, Sequences
from dsd.sequences.checks import Check, check
from dsd.sequences.layout import Layout
from dsd.sequences.rules import LONGEST_TOEHOLD, Job, Rules
from dsd.sequences.search import Found, Progress, search
from dsd.sequences.sizing import settled
from dsd.sequences.toeholds import STEP, Supply, choose, library
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
    """
    inventory = Inventory.of(system)
    layout = layout_of(system)
    rules = replace(job.rules, forbidden=(*job.rules.forbidden, *wishes.excluded))
    job = replace(job, rules=settled(layout, rules))
    deadline = time.monotonic() + budget_s
    fixed = dict(wishes.fixed)
    _refuse_beyond_supply(layout, fixed, job)
    found = list(_searches(layout, fixed, job, deadline, workers, progress))
    best = max(found, key=lambda f: f.score)
    if best.score == -math.inf:
        raise _infeasible(best, job, budget_s)
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
    deadline: float,
    workers: int,
    progress: Progress,
) -> Iterator[Found]:
    """Run the searches of a job; equal seeds give equal results whatever runs beside them."""
    seeds = np.random.SeedSequence(job.seed).spawn(job.restarts)
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


def _refuse_beyond_supply(layout: Layout, fixed: Mapping[Domain, str], job: Job) -> None:
    """Refuse a circuit that needs more toeholds than there are, and say what would help."""
    binding, rules = Binding(job.conditions), job.rules
    faults = []
    for length in sorted({d.length for d in layout.domains if d.length <= LONGEST_TOEHOLD}):
        given = [t for d, t in fixed.items() if d.length == length]
        need = sum(d.length == length and d not in fixed for d in layout.domains)
        if not need:
            continue
        rng = np.random.default_rng(job.seed)
        _, supply = choose(need, library(length, rules, binding, given), rules, binding, rng, given)
        if supply.most >= need:
            continue

        looser = [
            (f"toehold_gap={g:g}", _most(length, replace(rules, toehold_gap=g), job))
            for g in (rules.toehold_gap - STEP, rules.toehold_gap - 2 * STEP)
            if g >= 0
        ]
        wider = replace(rules, toehold_spread=2 * rules.toehold_spread)
        looser.append((f"toehold_spread={wider.toehold_spread:g}", _most(length, wider, job)))
        ways = [f"--rule {word} gives {n}" for word, n in looser if n > supply.most]
        if length < LONGEST_TOEHOLD - 1:
            ways.append(f"toeholds of {length + 1} nt give {_most(length + 1, rules, job)}")
        enough = "a smaller circuit, or a scheme that shares toeholds, needs fewer"
        faults.append(
            Diagnostic(
                f"cannot be done: the circuit needs {need} different toeholds of {length} nt, and there are {supply.most} "
                f"within {rules.toehold_spread:g} kcal/mol of one another and {rules.toehold_gap:g} kcal/mol apart",
                advice=f"relax one: {', '.join(ways)}; {enough}",
            )
        )
    if faults:
        raise InfeasibleError(faults)


def _most(length_nt: int, rules: Rules, job: Job) -> int:
    """Return how many toeholds of a length there are at the least gap."""
    binding = Binding(job.conditions)
    return choose(1, library(length_nt, rules, binding), rules, binding, np.random.default_rng(job.seed))[1].most


def _infeasible(best: Found, job: Job, budget_s: float) -> InfeasibleError:
    """Say which rule was in the way."""
    assert best.failed is not None, "a search that found nothing names what failed"
    domain = best.failed
    if not best.in_time:
        return InfeasibleError(
            Diagnostic(
                f"no sequences after {budget_s:g} s: {len(best.readings)} domains stand, {domain} does not",
                advice="give more time, or relax a rule",
            )
        )
    if best.wanted:
        return InfeasibleError(
            Diagnostic(
                f"cannot be done: {best.wanted} toeholds of {domain.length} nt exist, but not such that neighbours obey "
                f"max_run={job.rules.max_run}, max_weak_run={job.rules.max_weak_run} and flank={job.rules.flank}",
                advice=f"relax one: --rule max_weak_run={job.rules.max_weak_run + 1}, --rule flank={(job.rules.flank or 0) + 1}",
            )
        )
    total = sum(n for _, n in best.refusals)
    shares = ", ".join(f"{rule} {n / total:.0%}" for rule, n in best.refusals)
    ways = [f"--rule {way}" for rule, _ in best.refusals if (way := _relaxed(rule, job.rules))][:3]
    return InfeasibleError(
        Diagnostic(
            f"cannot be done: none of {total} words fits {domain} ({domain.length} nt) beside {len(best.readings)} domains; "
            f"refused by {shares}",
            advice=f"relax one: {', '.join(ways) or 'what the file fixes or excludes'}",
        )
    )


def _relaxed(rule: str, rules: Rules) -> str:
    """Return how a rule is relaxed by a little, or nothing where that is not for a rule to do."""
    return {
        "max_repeat": f"max_repeat={(rules.max_repeat or 0) + 1}",
        "gap": f"mixed_gap={max(0.0, rules.mixed_gap - 0.5):g} --rule long_gap={max(0.0, rules.long_gap - 1):g}",
        "gc": f"gc_high={min(1.0, rules.gc_high + 0.1):g}",
        "max_run": f"max_run={rules.max_run + 1}",
        "max_weak_run": f"max_weak_run={rules.max_weak_run + 1}",
        "flank": f"flank={(rules.flank or 0) + 1}",
        "rivals": f"rivals={rules.rivals + 1}",
        "max_stem": f"max_stem={rules.max_stem + 1}",
        "forbidden": "forbidden=none",
        "clamp": "clamp_5=S --rule clamp_3=S",
    }.get(rule, "")

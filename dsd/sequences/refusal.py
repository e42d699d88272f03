"""What cannot be done: refusals with the numbers, the rule that is in the way, and what relaxing it would give.

Whether it can be done is found out in `dsd.sequences.toeholds` and `dsd.sequences.search`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from crn.diagnostics import Diagnostic, InfeasibleError
from dsd.domains import Domain
from dsd.sequences.alignment import Binding
from dsd.sequences.layout import Layout
from dsd.sequences.rules import LONGEST_TOEHOLD, Job, Rules
from dsd.sequences.search import Found
from dsd.sequences.toeholds import STEP, choose, library, most


class OutOfTimeError(InfeasibleError):
    """Time ran out before any sequences were found; whether there are any is not known."""


def refuse_beyond_supply(layout: Layout, fixed: Mapping[Domain, str], job: Job) -> None:
    """Refuse a circuit that needs more toeholds than there are, and say what would help.

    Raises
    ------
    InfeasibleError
        With one diagnostic for each length of toeholds that does not suffice.
    """
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
            (f"toehold_gap={g:g}", most(length, replace(rules, toehold_gap=g), job.conditions, job.seed))
            for g in (rules.toehold_gap - STEP, rules.toehold_gap - 2 * STEP)
            if g >= 0
        ]
        wider = replace(rules, toehold_spread=2 * rules.toehold_spread)
        looser.append((f"toehold_spread={wider.toehold_spread:g}", most(length, wider, job.conditions, job.seed)))
        ways = [f"--rule {word} gives {n}" for word, n in looser if n > supply.most]
        if length < LONGEST_TOEHOLD - 1:
            ways.append(f"toeholds of {length + 1} nt give {most(length + 1, rules, job.conditions, job.seed)}")
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


def refusal(best: Found, job: Job, budget_s: float) -> InfeasibleError:
    """Return what is to be raised where a search found nothing: which rule was in the way."""
    assert best.failed is not None, "a search that found nothing names what failed"
    domain = best.failed
    if not best.in_time:
        return OutOfTimeError(
            Diagnostic(
                f"no sequences after {budget_s:g} s: {len(best.readings)} domains stand, {domain} does not",
                advice="give more time, or relax a rule",
            )
        )
    total = sum(n for _, n in best.refusals)
    shares = ", ".join(f"{rule} {n / total:.0%}" for rule, n in best.refusals)
    ways = [f"--rule {way}" for rule, _ in best.refusals if (way := _relaxed(rule, job.rules))][:3]
    if best.wanted:
        return InfeasibleError(
            Diagnostic(
                f"cannot be done: {best.wanted} toeholds of {domain.length} nt exist, but they could not be handed out such that "
                f"neighbours obey the rules in {total} attempts; refused by {shares}",
                advice=f"relax one: {', '.join(ways)}; or take longer toeholds",
            )
        )
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
        "placement": f"mixed_gap={max(0.0, rules.mixed_gap - 0.5):g} --rule max_weak_run={rules.max_weak_run + 1} "
        f"--rule flank={(rules.flank or 0) + 1}",
        "flank": f"flank={(rules.flank or 0) + 1}",
        "rivals": f"rivals={rules.rivals + 1}",
        "max_stem": f"max_stem={rules.max_stem + 1}",
        "forbidden": "forbidden=none",
        "clamp": "clamp_5=S --rule clamp_3=S",
    }.get(rule, "")

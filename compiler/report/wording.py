"""Words and numbers as the report has them: the verdict in a sentence, the bench in a line, quantities with their units.

What was not proved is never called proved here. Which of them stand where on the page is decided in `compiler.report.page`.
"""

from __future__ import annotations

from collections.abc import Iterable

from compiler.api import Estimate, Training
from compiler.verify.verdict import Answer, Check, Verdict
from crn.quantities import format_si
from dsd.lab.cost import UNVERIFIED, Price

NONE = "–"
"""In a cell without a value."""


def amount(molar: float) -> str:
    """Return a concentration for people."""
    return format_si(molar, "M")


def hours(seconds: float) -> str:
    """Return a time in the laboratory, in h whatever its length."""
    return f"{seconds / 3600:.3g} h" if seconds < 360_000 else f"{seconds / 3600:.0f} h"


def number(value: float) -> str:
    """Return a number of four digits."""
    return f"{value:.4g}"


def loss(value: float | None) -> str:
    """Return a loss or a learned parameter."""
    return NONE if value is None else f"{value:.4f}"


def percent(share: float) -> str:
    """Return a share."""
    return f"{share:.1%}"


def deviation(wanted: float | None, found: float | None) -> str:
    """Return how far a value is from the one that was wanted, relative to that."""
    if wanted is None or found is None or wanted == 0:
        return NONE
    return f"{(found - wanted) / abs(wanted):+.2%}"


def price_words(price: Price) -> str:
    """Return a price with what has to stand beside it."""
    remarks = ([UNVERIFIED] if price.unverified else []) + (["incomplete"] if price.objections else [])
    return f"{price.total:.2f} {price.currency}" + (f" ({', '.join(remarks)})" if remarks else "")


def priced_words(estimate: Estimate) -> str:
    """Return how many strands are in the total."""
    priced, all_ = sum(line.strands for line in estimate.price.lines), estimate.inventory.total.strands
    return str(all_) if priced == all_ else f"{priced} of {all_}"


def bench_words(training: Training | None) -> tuple[str, str]:
    """Return what the bench says to the plan: a word for its look, and the line."""
    if training is None:
        return "undecided", "not assessed: nothing was trained, so there is no plan to hold against the limits"
    if training.dna is None:
        return "undecided", "not assessed: there was no run at DNA level"
    bench = training.dna.bench
    return "different" if bench.problems else "equivalent", bench.line


def verdict_words(verdict: Verdict) -> str:
    """Return a verdict in one sentence."""
    if verdict.answer is Answer.DIFFERENT:
        bad = [c for c in verdict.checks if c.answer is Answer.DIFFERENT]
        shown = " with a counterexample" if any(c.counterexample for c in bad) else ""
        return f"The DNA does not do what the network says: {_listed(c.name for c in bad)} came back different{shown}."
    if verdict.answer is Answer.EQUIVALENT:
        return "Every check was made and every one is proved: the DNA does what the network says, so it is equivalent."
    open_ = [_open_question(c) for c in verdict.checks if c.answer is Answer.UNDECIDED]
    if not open_:
        return "Nothing was checked, so the verdict is undecided."
    proved = {c.name for c in verdict.checks if c.answer is Answer.EQUIVALENT}
    if {"gates", "enumeration-complete"} <= proved:
        return f"Every gate is proved; {_listed(open_)}, so the verdict is undecided."
    start = _listed(open_)
    return f"{start[:1].upper()}{start[1:]}, so the verdict is undecided."


def _open_question(check: Check) -> str:
    """Return what a check leaves open."""
    question = {
        "rewrites": "whether the network that is built does what was written",
        "gates": "whether every gate carries out its reaction",
        "enumeration-complete": "whether every step of every gate was found",
        "release": "whether every intermediate gives back what it stands for",
        "cross-talk": "whether gates disturb one another",
    }.get(check.name, f"the question of {check.name}")
    examined = check.examined
    return f"{question} {'could not be decided' if examined else 'has not been examined'}"


def _listed(names: Iterable[str]) -> str:
    """Return an enumeration in words."""
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last

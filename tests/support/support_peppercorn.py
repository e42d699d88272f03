"""Peppercorn as an oracle: runs it on our complexes, brings back what it found as our values, and compares.

All that is awkward about it stays here: text in, process-wide singletons, warnings, log lines, a raised recursion limit.
Both enumerators are given the same complexes and nothing else.
"""

from __future__ import annotations

import gc
import logging
import sys
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import pytest

from dsd.complexes import Complex, parse_kernel
from dsd.condensation import FastStep, condense
from dsd.enumeration import DEFAULT_MODEL, Enumeration, EnumerationOptions, enumerate_complexes
from dsd.steps import Alphabet, Shape

Side: TypeAlias = frozenset[tuple[Complex, int]]
"""A multiset of complexes."""

State: TypeAlias = frozenset[Complex]
"""A macrostate by its members."""

StateSide: TypeAlias = frozenset[tuple[State, int]]
"""A multiset of macrostates."""


@dataclass(frozen=True)
class Oracle:
    """What Peppercorn found; rates in /s and /M/s.

    Attributes
    ----------
    steps : mapping of (kind, reactants, products) to float
    resting : frozenset of Complex
    states : frozenset of State
    condensed : mapping of (reactants, products) to float
    """

    steps: Mapping[tuple[str, Side, Side], float]
    resting: frozenset[Complex]
    states: frozenset[State]
    condensed: Mapping[tuple[StateSide, StateSide], float]

    @property
    def four_way(self) -> bool:
        """Whether a four-way migration is among the steps."""
        return any(kind == "branch-4way" for kind, _, _ in self.steps)


def side(complexes: Iterable[Complex]) -> Side:
    return frozenset(Counter(complexes).items())


def run_peppercorn(
    initial: Iterable[Complex], lengths: Mapping[str, int], four_way: bool = True, give_up: bool = True, **options: Any
) -> Oracle | None:
    """Enumerate with Peppercorn; None if it gave up because something polymerises or grows too large.

    Parameters
    ----------
    initial : iterable of Complex
    lengths : mapping of str to int
        In nt, of every domain.
    four_way : bool
        Whether four-way migration is among its moves; it has no option for that, so that its list of moves is changed.
    give_up : bool
        Whether it counts as giving up that it dropped steps to complexes that are too large.
    **options
        Attributes of Peppercorn's enumerator; ``release_cutoff`` is 7 unless given.
    """
    text = "".join(f"length {name} = {length}\n" for name, length in sorted(lengths.items()))
    text += "".join(f"given{i} = {item.kernel}\n" for i, item in enumerate(dict.fromkeys(initial)))
    depth, muted = sys.getrecursionlimit(), logging.root.manager.disable
    watch = _TooLarge()
    logging.getLogger("peppercornenumerator.enumerator").addFilter(watch)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from peppercornenumerator import enumerate_pil, enumerator
            from peppercornenumerator.objects import clear_memory

            logging.disable(logging.INFO)
            clear_memory()
            moves = list(enumerator.UNI_REACTIONS)
            try:
                enumerator.UNI_REACTIONS[:] = [m for m in moves if four_way or m.__name__ != "branch_4way"]
                search, _ = enumerate_pil(text, condensed=True, enumconc="M", **{"release_cutoff": 7} | options)
            except enumerator.PolymerizationError:
                return None
            finally:
                enumerator.UNI_REACTIONS[:] = moves
            found = None if watch.seen and give_up else _collect(search, lengths)
            del search
            gc.collect()
            clear_memory()
            return found
    finally:
        logging.getLogger("peppercornenumerator.enumerator").removeFilter(watch)
        logging.disable(muted)
        sys.setrecursionlimit(depth)


class _TooLarge(logging.Filter):
    """Notices the only trace that Peppercorn leaves of a step it drops, and keeps its log off the screen."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = False

    def filter(self, record: logging.LogRecord) -> bool:
        self.seen |= "max-complex-size" in record.getMessage()
        return False


def _collect(search: Any, lengths: Mapping[str, int]) -> Oracle:
    known: dict[str, Complex] = {}

    def read(item: Any) -> Complex:
        if item.name not in known:
            known[item.name] = parse_kernel(item.kernel_string, lengths)
        return known[item.name]

    def state(item: Any) -> State:
        return frozenset(map(read, item.complexes))

    steps = {
        (r.rtype, side(map(read, r.reactants)), side(map(read, r.products))): r.rate_constant[0]
        for r in search.reactions
    }
    condensed = {
        (frozenset(Counter(map(state, r.reactants)).items()), frozenset(Counter(map(state, r.products)).items())): (
            r.rate_constant[0].real
        )
        for r in search.condensed_reactions
    }
    return Oracle(
        steps,
        frozenset(map(read, search.resting_complexes)),
        frozenset(map(state, search.resting_macrostates)),
        condensed,
    )


def states(found: Enumeration) -> dict[Complex, State]:
    """Return the members of every macrostate by its representative."""
    return {m.representative: frozenset(m.complexes) for m in found.macrostates}


def condensed(found: Enumeration) -> dict[tuple[StateSide, StateSide], float]:
    """Return condensed rates by the macrostates on either side."""
    members = states(found)

    def lifted(complexes: Sequence[Complex]) -> StateSide:
        return frozenset(Counter(members[c] for c in complexes).items())

    return {(lifted(r.reactants), lifted(r.products)): r.rate for r in found.condensed}


def agree(given: Iterable[Complex], options: EnumerationOptions) -> tuple[Enumeration, int]:
    """Demand that both find the same; return what we found, and how many steps have rival pathways.

    Steps, macrostates and condensed reactions are the same, and so are their rates, but for one thing: where pathways of one
    kind but different rates lead to the same products, Peppercorn keeps the one that it meets first, which may change from
    run to run, and we keep the fastest. Then its rate has to be that of one of our pathways, and its condensed rates have to
    be what our condensation makes of its own steps.
    """
    given = list(given)
    truth = run_peppercorn(
        given,
        {d.name: d.length for c in given for d in c.domains},
        options.four_way,
        reject_remote=not options.remote,
        release_cutoff=options.release_cutoff,
    )
    assert truth is not None, "Peppercorn gave up"
    found = enumerate_complexes(given, replace(options, as_peppercorn=True))
    assert found.outcome.complete
    steps = {(s.kind, side(s.reactants), side(s.products)): s.rate for s in found.steps}
    assert len(steps) == len(found.steps)
    assert steps.keys() == truth.steps.keys()
    rivals = _rivals(found, options)
    assert {s: r for s, r in steps.items() if s not in rivals} == pytest.approx(
        {s: r for s, r in truth.steps.items() if s not in rivals}, rel=1e-9
    )
    for step, rates in rivals.items():
        assert steps[step] == max(rates)
        assert any(truth.steps[step] == pytest.approx(r, rel=1e-9) for r in rates)
    assert frozenset(found.resting) == truth.resting
    assert frozenset(states(found).values()) == truth.states
    reactions = condensed(found)
    assert len(reactions) == len(found.condensed)
    assert reactions.keys() == truth.condensed.keys()
    assert (_condensed_again(found, truth) if rivals else reactions) == pytest.approx(truth.condensed, rel=1e-6)
    return found, len(rivals)


def _rivals(found: Enumeration, options: EnumerationOptions) -> dict[tuple[str, Side, Side], list[float]]:
    """Return the rates of all pathways of every step of which they differ."""
    alphabet = Alphabet(found.complexes)
    rates: defaultdict[tuple[str, Side, Side], list[float]] = defaultdict(list)
    for item in found.complexes:
        shape = Shape(alphabet, alphabet.encode(item))
        for move in shape.pathways(options.release_cutoff, options.remote, DEFAULT_MODEL, options.four_way):
            rates[move.kind, side([item]), side(map(alphabet.decode, move.products))].append(move.rate)
    return {step: found for step, found in rates.items() if max(found) > min(found) * (1 + 1e-9)}


def _condensed_again(found: Enumeration, truth: Oracle) -> dict[tuple[StateSide, StateSide], float]:
    """Return what our condensation makes of the steps of Peppercorn."""
    place = {c: i for i, c in enumerate(found.complexes)}
    fast: list[list[FastStep]] = [[] for _ in place]
    slow = []
    for step in found.steps:
        rate = truth.steps[step.kind, side(step.reactants), side(step.products)]
        products = tuple(place[p] for p in step.products)
        if len(step.reactants) == 1:
            fast[place[step.reactants[0]]].append((products, rate))
        else:
            slow.append(((place[step.reactants[0]], place[step.reactants[1]]), products, rate))
    made = condense(fast, slow, as_peppercorn=True)
    basins = [frozenset(found.complexes[i] for i in basin) for basin in made.basins]

    def lifted(fate: Iterable[int]) -> StateSide:
        return frozenset(Counter(basins[b] for b in fate).items())

    return {(lifted(left), lifted(right)): rate for left, right, rate in made.reactions}

"""Peppercorn as an oracle: runs it on our complexes and brings back what it found as our values.

All that is awkward about it stays here: text in, process-wide singletons, warnings, log lines, a raised recursion limit.
Nothing here knows how `dsd.enumeration` works; the two only share `Complex`.
"""

from __future__ import annotations

import gc
import logging
import sys
import warnings
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from dsd.complexes import Complex, parse_kernel

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
    initial: Iterable[Complex], lengths: Mapping[str, int], four_way: bool = True, **options: Any
) -> Oracle | None:
    """Enumerate with Peppercorn; None if it gave up because something polymerises or grows too large.

    Parameters
    ----------
    initial : iterable of Complex
    lengths : mapping of str to int
        In nt, of every domain.
    four_way : bool
        Whether four-way migration is among its moves; it has no option for that, so that its list of moves is changed.
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
            found = None if watch.seen else _collect(search, lengths)
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

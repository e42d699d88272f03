"""Loops: what lies between the helices of a complex, and which steps can happen within one loop.

Every step but the opening of a helix takes place within a single loop, since a complex never becomes a pseudoknot.
Loops are measured here, in integers; what a step makes of the whole complex, and at which rate, is decided in `dsd.steps`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from dsd.complexes import UNPAIRED
from dsd.ratemodel import Linker

NICK = -1
"""Mark of a break of the backbone among the items of a loop."""


class Frame(NamedTuple):
    """The complex that a loop belongs to, position by position, counted through all strands.

    Attributes
    ----------
    pairs : tuple of int
        The pair table.
    domains : tuple of int
        Numbers in the alphabet; a domain has an even one, its complement the next.
    bounds : frozenset of int
        Where strands begin, and the end.
    lengths : tuple of int
        Of every domain of the alphabet, in nt.
    """

    pairs: tuple[int, ...]
    domains: tuple[int, ...]
    bounds: frozenset[int]
    lengths: tuple[int, ...]


class Exposure(NamedTuple):
    """What one part of a loop could offer to another, as sets of bits; needed to see that nothing can happen.

    Attributes
    ----------
    free : int
        Free domains, by number.
    wanted : int
        The complements of these.
    free_names : int
        Free domains, by number, complements as one.
    entries : int
        The domains where helices are entered, 5' to 3'.
    stem_names : int
        The same, complements as one.
    """

    free: int = 0
    wanted: int = 0
    free_names: int = 0
    entries: int = 0
    stem_names: int = 0

    def rests_beside(self, other: Exposure, entry: int) -> bool:
        """Whether two parts that rest by themselves have no step together, nor with a new helix between them.

        `entry` is the domain where the new helix is entered. True is certain; False only means that one has to look.
        """
        return not (
            self.free & other.wanted
            or self.free_names & other.stem_names
            or other.free_names & self.stem_names
            or self.entries & other.entries
            or (self.free_names | other.free_names) >> (entry >> 1) & 1
            or (self.entries | other.entries) >> entry & 1
        )


class Loop:
    """One loop of a complex, with running sums so that any side of it is measured at once.

    Parameters
    ----------
    frame : Frame
    items : list of int
        From 5' to 3': a nick (always the first), the position of a free domain, or the position where a helix is entered.
        A loop without a nick begins with a helix.
    free, stems : list of int
        The places in `items` of free domains and of helices.
    """

    __slots__ = ("_bases", "_frame", "_free", "_items", "_stem_sums", "_stems")

    def __init__(self, frame: Frame, items: list[int], free: list[int], stems: list[int]) -> None:
        self._frame, self._items, self._free, self._stems = frame, items, free, stems
        self._bases, self._stem_sums = [0], [0]
        pairs, domains, lengths = frame.pairs, frame.domains, frame.lengths
        bases = helices = 0
        for at in items:
            if at != NICK:
                if pairs[at] == UNPAIRED:
                    bases += lengths[domains[at]]
                else:
                    helices += 1
            self._bases.append(bases)
            self._stem_sums.append(helices)

    def _linker(self, start: int, end: int, more: int = 0) -> Linker:
        """Measure the side from item `start` to item `end`, both left out, 5' to 3'; `more` nt are added."""
        bases, stems = self._bases[end] - self._bases[start + 1], self._stem_sums[end] - self._stem_sums[start + 1]
        if start < end:
            return Linker(bases + more, stems, False)
        return Linker(self._bases[-1] + bases + more, self._stem_sums[-1] + stems, self._items[0] == NICK)

    def _match(self, left: int, right: int) -> bool:
        """Whether two items are free domains that complement each other."""
        pairs, domains = self._frame.pairs, self._frame.domains
        a, b = self._items[left], self._items[right % len(self._items)]
        # Item 0 is never a free domain, so that nothing runs over the end of the list.
        return a != NICK != b and pairs[a] == UNPAIRED == pairs[b] and domains[a] == domains[b] ^ 1

    def exposure(self, start: int, end: int) -> Exposure:
        """Return what the items from `start` on, up to `end` but without it, could offer."""
        free = wanted = free_names = entries = stem_names = 0
        for at in self._items[start:end]:
            if at != NICK:
                domain = self._frame.domains[at]
                if self._frame.pairs[at] == UNPAIRED:
                    free |= 1 << domain
                    wanted |= 1 << (domain ^ 1)
                    free_names |= 1 << (domain >> 1)
                else:
                    entries |= 1 << domain
                    stem_names |= 1 << (domain >> 1)
        return Exposure(free, wanted, free_names, entries, stem_names)

    def hairpins(self) -> Iterator[tuple[list[int], list[int], Linker, Linker]]:
        """Yield the two sides of every helix that can form within the loop, and what lies on either side of it."""
        items = self._items
        for left in self._free:
            for right in self._free:
                if right <= left or not self._match(left, right) or self._match(left - 1, right + 1):
                    continue
                size = 1
                while left + size < right - size and self._match(left + size, right - size):
                    size += 1
                sides = [items[left + k] for k in range(size)], [items[right - k] for k in range(size)]
                yield *sides, self._linker(left + size - 1, right - size + 1), self._linker(right, left)

    def displacements(self) -> Iterator[tuple[list[int], list[int], Linker, Linker, bool]]:
        """Yield invader, target, what lies before and after, and whether the loser dangles at the branch point."""
        items = self._items
        pairs, domains, bounds, lengths = self._frame
        for stem in self._stems:
            entry = items[stem]
            leave = pairs[entry]
            for free in self._free:
                # The target is the side of the helix where a walk from the invader, 5' to 3' (1) or back, enters it.
                if domains[items[free]] == domains[leave]:
                    sign, target, loser = 1, entry, leave
                elif domains[items[free]] == domains[entry]:
                    sign, target, loser = -1, leave, entry
                else:
                    continue
                size = 1
                while True:
                    k, t, d = free - sign * size, target + sign * size, loser - sign * size
                    if not (0 < k < len(items) and items[k] != NICK and pairs[items[k]] == UNPAIRED):
                        break
                    # Target and loser must go on as one helix, on the strands where they are.
                    if max(t, t - sign) in bounds or max(d, d + sign) in bounds or t == d + sign or pairs[t] != d:
                        break
                    if domains[items[k]] != domains[t] ^ 1:
                        break
                    size += 1
                invader = [items[free - sign * k] for k in range(size)]
                if sign > 0:
                    before, after = self._linker(free, stem), self._linker(stem, free, lengths[domains[items[free]]])
                else:
                    # Peppercorn counts the invader's further domains twice here; only remote rates can tell.
                    extra = sum(lengths[domains[a]] for a in invader)
                    before, after = self._linker(stem, free), self._linker(free, stem, extra)
                dangling = items[(stem + sign) % len(items)] != NICK
                yield invader, [target + sign * k for k in range(size)], before, after, dangling

    def exchanges(self) -> Iterator[tuple[range, range, Linker, Linker]]:
        """Yield where two helices of one kind are entered that can exchange their partners, and what lies between them."""
        items, stems = self._items, self._stems
        pairs, domains, bounds, _ = self._frame
        for number, left in enumerate(stems):
            for right in stems[number + 1 :]:
                a, b = items[left], items[right]
                if domains[a] != domains[b]:
                    continue
                size = 1
                # Both helices must go on, on the strands where they are, with the same domains.
                while (
                    not bounds.intersection((a + size, pairs[a] - size + 1, b + size, pairs[b] - size + 1))
                    and pairs[a + size] == pairs[a] - size
                    and pairs[b + size] == pairs[b] - size
                    and a + size != pairs[a] - size + 1
                    and b + size != pairs[b] - size + 1
                    and domains[a + size] == domains[b + size]
                ):
                    size += 1
                yield range(a, a + size), range(b, b + size), self._linker(left, right), self._linker(right, left)

"""Elementary steps of strand displacement: binding, opening and three-way branch migration of max-helix units.

The steps and their rates are those of Peppercorn's max-helix semantics; complexes are handled here as tuples of
integers, since making a verified `Complex` of everything that a search meets would cost more than the search.
Which complexes meet and when a search stops is decided in `dsd.enumeration`; four-way migration is not here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from crn.diagnostics import CircuitError, Diagnostic
from dsd.complexes import UNPAIRED, Complex
from dsd.domains import Domain, Strand
from dsd.ratemodel import Linker, RateModel

BIND21, BIND11, OPEN, THREE_WAY = "bind21", "bind11", "open", "branch-3way"
KINDS = (BIND11, BIND21, THREE_WAY, OPEN)
"""Names of the elementary steps, as Peppercorn writes them."""

Code: TypeAlias = tuple[tuple[int, ...], tuple[int, ...]]
"""A complex as numbers: its strands in the alphabet, and its pair table; rotated as `Complex` rotates."""

_NICK = -1
"""Mark of a break of the backbone among the items of a loop."""


def order_key(item: Complex) -> tuple[tuple[Strand, ...], tuple[int, ...]]:
    """Return what complexes are sorted by, wherever an order is needed."""
    return item.strands, item.pairs


@dataclass(frozen=True, slots=True)
class Step:
    """One elementary step; equal steps compare equal, in whatever order their complexes were listed.

    Attributes
    ----------
    kind : str
        One of `KINDS`.
    reactants, products : tuple of Complex
        Sorted.
    rate : float
        In /s for one reactant, in /M/s for two; the event fires at ``rate * [A] * [B]`` also if A is B.
    """

    kind: str
    reactants: tuple[Complex, ...]
    products: tuple[Complex, ...]
    rate: float

    def __post_init__(self) -> None:
        if self.kind not in KINDS or len(self.reactants) != 1 + (self.kind == BIND21) or not self.products:
            raise ValueError(f"no step {self.kind!r} of {len(self.reactants)} into {len(self.products)}")
        if not (math.isfinite(self.rate) and self.rate > 0):
            raise ValueError(f"a step with the rate {self.rate}")
        if sum(len(c.pairs) for c in self.reactants) != sum(len(c.pairs) for c in self.products):
            raise ValueError("a step neither makes nor loses strands")
        for side in ("reactants", "products"):
            value = getattr(self, side)
            if len(value) > 1:
                object.__setattr__(self, side, tuple(sorted(value, key=order_key)))

    def __str__(self) -> str:
        left, right = (" + ".join(map(str, side)) for side in (self.reactants, self.products))
        return f"{left} -> {right} [{self.kind}, {self.rate:.6g} /{'M/' * (len(self.reactants) - 1)}s]"


class Alphabet:
    """The strands and domains of one search, numbered in their own order so that numbers sort as the strands do.

    A domain has an even number, its complement the next odd one.
    """

    __slots__ = ("_number", "domains", "lengths", "strands")

    def __init__(self, complexes: Iterable[Complex]) -> None:
        self.strands: tuple[Strand, ...] = tuple(sorted({s for c in complexes for s in c.strands}))
        self._number = {s: i for i, s in enumerate(self.strands)}
        known: dict[str, int] = {}
        for domain in (d for strand in self.strands for d in strand):
            if known.setdefault(domain.name, domain.length) != domain.length:
                lengths = f"{known[domain.name]} and {domain.length} nt"
                raise CircuitError(
                    Diagnostic(f"domain {domain.name} has {lengths}", advice="give one of the two another name")
                )
        names = sorted(known)
        code = {Domain(name, known[name], star): 2 * i + star for i, name in enumerate(names) for star in (False, True)}
        self.lengths: tuple[int, ...] = tuple(known[name] for name in names for _ in range(2))
        self.domains: tuple[tuple[int, ...], ...] = tuple(tuple(code[d] for d in s) for s in self.strands)

    def encode(self, item: Complex) -> Code:
        """Return the number form of a complex made of these strands."""
        return tuple(self._number[s] for s in item.strands), item.pairs

    def decode(self, code: Code) -> Complex:
        """Return the complex of a number form."""
        return Complex(tuple(self.strands[i] for i in code[0]), code[1])

    def canonical(self, strands: tuple[int, ...], pairs: tuple[int, ...]) -> Code:
        """Return the least rotation; the same as `Complex` chooses, since the numbers sort as the strands."""
        least = min(strands)
        total = len(pairs)
        best: Code | None = None
        start = 0
        for turn, strand in enumerate(strands):
            if strand == least:
                turned = strands, pairs
                if start:
                    table = tuple((p - start) % total if p != UNPAIRED else p for p in pairs[start:] + pairs[:start])
                    turned = strands[turn:] + strands[:turn], table
                if best is None or turned < best:
                    best = turned
            start += len(self.domains[strand])
        assert best is not None
        return best

    def split(self, strands: tuple[int, ...], pairs: list[int]) -> tuple[Code, ...]:
        """Return the connected complexes of a pair table, sorted."""
        owner = [n for n, strand in enumerate(strands) for _ in self.domains[strand]]
        group = list(range(len(strands)))
        left = len(strands)
        for a, b in enumerate(pairs):
            if b > a and group[owner[a]] != group[owner[b]]:
                old, new = group[owner[b]], group[owner[a]]
                group = [new if g == old else g for g in group]
                left -= 1
        if left == 1:
            return (self.canonical(strands, tuple(pairs)),)
        parts = []
        for label in sorted(set(group)):
            moved = {old: new for new, old in enumerate(a for a in range(len(pairs)) if group[owner[a]] == label)}
            table = tuple(moved[pairs[a]] if pairs[a] != UNPAIRED else UNPAIRED for a in moved)
            parts.append(self.canonical(tuple(s for s, g in zip(strands, group, strict=True) if g == label), table))
        return tuple(sorted(parts))


class Move(NamedTuple):
    """A step as numbers: its kind, its products and its rate in /s or /M/s."""

    kind: str
    products: tuple[Code, ...]
    rate: float


class Site(NamedTuple):
    """A free domain that another complex can reach.

    Attributes
    ----------
    domain : int
        Its number in the alphabet.
    position : int
        Counted through all strands of its complex.
    turn : int
        The strand that begins at the nick of its loop: rotated to it, the complex has the site on its outside.
    """

    domain: int
    position: int
    turn: int


class Shape:
    """A complex taken apart into its loops, ready to be asked for its steps.

    Attributes
    ----------
    code : Code
    sites : tuple of Site
        Free domains in loops with a nick; the others are shut away from other complexes, since no pseudoknot may form.
    """

    __slots__ = ("_alphabet", "_bounds", "_domains", "_first", "_loops", "_pairs", "_strands", "code", "sites")

    def __init__(self, alphabet: Alphabet, code: Code) -> None:
        self.code = code
        self._alphabet = alphabet
        self._strands, self._pairs = code
        self._domains = tuple(d for s in self._strands for d in alphabet.domains[s])
        self._first = [0]
        for strand in self._strands:
            self._first.append(self._first[-1] + len(alphabet.domains[strand]))
        self._bounds = frozenset(self._first)
        self._loops: list[_Loop] = []
        sites = []
        for items, turn in self._walk():
            free = [k for k, at in enumerate(items) if at != _NICK and self._pairs[at] == UNPAIRED]
            if free:
                self._loops.append(_Loop(self, items, free))
                if turn >= 0:
                    sites += [Site(self._domains[items[k]], items[k], turn) for k in free]
        self.sites = tuple(sorted(sites))

    def _walk(self) -> Iterator[tuple[list[int], int]]:
        """Yield the items of every loop from 5' to 3', and the strand that begins at its nick, or -1.

        An item is a nick (always the first), the position of a free domain, or the position where a helix is entered;
        a loop without a nick begins with a helix.
        """
        pairs, bounds = self._pairs, self._bounds
        entered = [False] * len(pairs)
        for turn in range(len(self._strands)):
            at = self._first[turn]
            items = [_NICK]
            while True:
                items.append(at)
                if pairs[at] != UNPAIRED:
                    entered[at] = True
                    at = pairs[at]
                at += 1
                if at in bounds:
                    break
            yield items, turn
        for start, partner in enumerate(pairs):
            if partner != UNPAIRED and not entered[start]:
                items, at = [start], partner + 1
                while at != start:
                    items.append(at)
                    if pairs[at] != UNPAIRED:
                        entered[at] = True
                        at = pairs[at]
                    at += 1
                yield items, -1

    def moves(self, release_cutoff: int, remote: bool, model: RateModel) -> list[Move]:
        """Return every unimolecular step, sorted by kind and products.

        Parameters
        ----------
        release_cutoff : int
            The longest helix that opens by itself, in nt.
        remote : bool
            Whether a branch migration may start from a toehold that is not next to it.
        model : RateModel

        Notes
        -----
        As in Peppercorn, several pathways of one kind between the same complexes are one step with the rate of one of
        them. Nearly always they are images of each other under a symmetry; where they are not, Peppercorn takes the one
        it meets first, which may change from run to run, and we take the fastest.
        """
        found: dict[tuple[str, tuple[Code, ...]], float] = {}
        for kind, pairs, rate in self._rearranged(release_cutoff, remote, model):
            key = kind, self._alphabet.split(self._strands, pairs)
            found[key] = max(rate, found.get(key, 0.0))
        return [Move(kind, products, rate) for (kind, products), rate in sorted(found.items())]

    def _rearranged(self, cutoff: int, remote: bool, model: RateModel) -> Iterator[tuple[str, list[int], float]]:
        """Yield kind, new pair table and rate of every unimolecular step."""
        for helix, length in self._helices(cutoff):
            pairs = list(self._pairs)
            for a in helix:
                pairs[pairs[a]] = UNPAIRED
                pairs[a] = UNPAIRED
            yield OPEN, pairs, model.open(length)
        for loop in self._loops:
            for left, right, before, after in loop.hairpins():
                pairs = list(self._pairs)
                for a, b in zip(left, right, strict=True):
                    pairs[a], pairs[b] = b, a
                yield BIND11, pairs, model.bind11(self._length(left), before, after)
            for invader, target, before, after, dangling in loop.displacements():
                if remote or before.flush:
                    pairs = list(self._pairs)
                    for a, b in zip(invader, target, strict=True):
                        pairs[pairs[b]] = UNPAIRED
                        pairs[a], pairs[b] = b, a
                    yield THREE_WAY, pairs, model.three_way(self._length(invader), before, after, dangling)

    def _helices(self, cutoff: int) -> Iterator[tuple[range, int]]:
        """Yield the left sides of the helices of at most `cutoff` nt, with their lengths in nt."""
        pairs, bounds = self._pairs, self._bounds
        for a, b in enumerate(pairs):
            if b < a or (a not in bounds and b + 1 not in bounds and pairs[a - 1] == b + 1):
                continue
            length, end = self._alphabet.lengths[self._domains[a]], a + 1
            # A hairpin without a loop is walked through to its other side and so counts twice, as in Peppercorn.
            while (
                length <= cutoff
                and end not in bounds
                and pairs[end] == (inner := a + b - end)
                and inner + 1 not in bounds
            ):
                length += self._alphabet.lengths[self._domains[end]]
                end += 1
            if length <= cutoff:
                yield range(a, min(end, (a + b + 1) // 2)), length

    def _length(self, positions: Iterable[int]) -> int:
        return sum(self._alphabet.lengths[self._domains[a]] for a in positions)

    def _unpaired(self, at: int, neighbour: int) -> bool:
        """Whether the domain next to `at` on its strand is there and free."""
        return max(at, neighbour) not in self._bounds and self._pairs[neighbour] == UNPAIRED

    def bind(self, site: Site, other: Shape, partner: Site, model: RateModel) -> tuple[Code, float] | None:
        """Return the complex that forms when the helix that starts at two sites closes, and its rate in /M/s.

        The helix takes in every complementary pair that follows; None if it would start further out, where it is found.
        """
        a, b = site.position, partner.position
        mine, theirs = self._domains, other._domains
        if self._unpaired(a, a - 1) and other._unpaired(b, b + 1) and mine[a - 1] == theirs[b + 1] ^ 1:
            return None
        size = 1
        while (
            self._unpaired(a + size - 1, a + size)
            and other._unpaired(b - size + 1, b - size)
            and mine[a + size] == theirs[b - size] ^ 1
        ):
            size += 1
        pairs = self._turned(site.turn, 0) + other._turned(partner.turn, len(self._pairs))
        here = (a - self._first[site.turn]) % len(self._pairs)
        there = len(self._pairs) + (b - other._first[partner.turn]) % len(other._pairs)
        for k in range(size):
            pairs[here + k], pairs[there - k] = there - k, here + k
        strands = self._strands[site.turn :] + self._strands[: site.turn]
        strands += other._strands[partner.turn :] + other._strands[: partner.turn]
        return self._alphabet.canonical(strands, tuple(pairs)), model.bind21(self._length(range(a, a + size)))

    def _turned(self, turn: int, offset: int) -> list[int]:
        """Return the pair table rotated to a strand, counted from `offset`."""
        start, total = self._first[turn], len(self._pairs)
        table = self._pairs[start:] + self._pairs[:start]
        return [(p - start) % total + offset if p != UNPAIRED else UNPAIRED for p in table]


class _Loop:
    """One loop of a shape: items from 5' to 3', with running sums so that any side of it is measured at once."""

    __slots__ = ("_bases", "_free", "_items", "_shape", "_stems")

    def __init__(self, shape: Shape, items: list[int], free: list[int]) -> None:
        self._shape, self._items, self._free = shape, items, free
        self._bases, self._stems = [0], [0]
        for at in items:
            single = at != _NICK and shape._pairs[at] == UNPAIRED
            self._bases.append(self._bases[-1] + (shape._alphabet.lengths[shape._domains[at]] if single else 0))
            self._stems.append(self._stems[-1] + (at != _NICK and not single))

    def _linker(self, start: int, end: int, more: int = 0) -> Linker:
        """Measure the side from item `start` to item `end`, both left out, 5' to 3'; `more` nt are added."""
        bases, stems = self._bases[end] - self._bases[start + 1], self._stems[end] - self._stems[start + 1]
        if start < end:
            return Linker(bases + more, stems, False)
        return Linker(self._bases[-1] + bases + more, self._stems[-1] + stems, self._items[0] == _NICK)

    def _match(self, left: int, right: int) -> bool:
        """Whether two items are free domains that complement each other."""
        pairs, domains = self._shape._pairs, self._shape._domains
        a, b = self._items[left], self._items[right % len(self._items)]
        # Item 0 is never a free domain, so that nothing runs over the end of the list.
        return a != _NICK != b and pairs[a] == UNPAIRED == pairs[b] and domains[a] == domains[b] ^ 1

    def hairpins(self) -> Iterator[tuple[list[int], list[int], Linker, Linker]]:
        """Yield the two sides of every helix that can form within the loop, and what lies on either side of it."""
        for left in self._free:
            for right in self._free:
                if right <= left or not self._match(left, right) or self._match(left - 1, right + 1):
                    continue
                size = 1
                while left + size < right - size and self._match(left + size, right - size):
                    size += 1
                sides = [self._items[left + k] for k in range(size)], [self._items[right - k] for k in range(size)]
                yield *sides, self._linker(left + size - 1, right - size + 1), self._linker(right, left)

    def displacements(self) -> Iterator[tuple[list[int], list[int], Linker, Linker, bool]]:
        """Yield invader, target, what lies before and after, and whether the loser dangles at the branch point."""
        shape, items = self._shape, self._items
        pairs, domains, bounds = shape._pairs, shape._domains, shape._bounds
        for stem, entry in enumerate(items):
            if entry == _NICK or pairs[entry] == UNPAIRED:
                continue
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
                    if not (0 < k < len(items) and items[k] != _NICK and pairs[items[k]] == UNPAIRED):
                        break
                    # Target and loser must go on as one helix, on the strands where they are.
                    if max(t, t - sign) in bounds or max(d, d + sign) in bounds or t == d + sign or pairs[t] != d:
                        break
                    if domains[items[k]] != domains[t] ^ 1:
                        break
                    size += 1
                invader = [items[free - sign * k] for k in range(size)]
                length = shape._alphabet.lengths[domains[items[free]]]
                if sign > 0:
                    before, after = self._linker(free, stem), self._linker(stem, free, length)
                else:
                    # Peppercorn counts the invader's further domains twice here; only remote rates can tell.
                    extra = shape._length(invader)
                    before, after = self._linker(stem, free), self._linker(free, stem, extra)
                dangling = items[(stem + sign) % len(items)] != _NICK
                yield invader, [target + sign * k for k in range(size)], before, after, dangling

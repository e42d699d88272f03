"""Elementary steps of strand displacement: binding, opening, three-way and four-way branch migration of max-helix units.

The steps and their rates are those of Peppercorn's max-helix semantics; complexes are handled here as tuples of
integers, since making a verified `Complex` of everything that a search meets would cost more than the search.
What can happen within one loop is found in `dsd.loops`; which complexes meet is decided in `dsd.enumeration`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from crn.diagnostics import CircuitError, Diagnostic
from dsd.complexes import UNPAIRED, Complex
from dsd.domains import Domain, Strand
from dsd.loops import NICK, Exposure, Frame, Loop
from dsd.ratemodel import RateModel

BIND21, BIND11, OPEN, THREE_WAY, FOUR_WAY = "bind21", "bind11", "open", "branch-3way", "branch-4way"
KINDS = (BIND11, BIND21, THREE_WAY, FOUR_WAY, OPEN)
"""Names of the elementary steps, as Peppercorn writes them."""

Code: TypeAlias = tuple[tuple[int, ...], tuple[int, ...]]
"""A complex as numbers: its strands in the alphabet, and its pair table; rotated as `Complex` rotates."""


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
        """Return the complex of a number form.

        It is not verified: number forms come from verified complexes by steps, which make neither faults nor pseudoknots.
        """
        made = object.__new__(Complex)
        for name, value in (("strands", tuple(self.strands[i] for i in code[0])), ("pairs", code[1]), ("name", "")):
            object.__setattr__(made, name, value)
        return made

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


class Bound(NamedTuple):
    """What two complexes become when they bind.

    Attributes
    ----------
    code : Code
    length : int
        Of the new helix, in nt.
    idle : bool
        If true, two complexes that have no steps of their own have none now either, but to let go of each other.
    """

    code: Code
    length: int
    idle: bool


class Shape:
    """A complex taken apart into its loops, ready to be asked for its steps.

    Attributes
    ----------
    code : Code
    sites : tuple of Site
        Free domains in loops with a nick; the others are shut away from other complexes, since no pseudoknot may form.
    """

    __slots__ = ("_alphabet", "_exposures", "_first", "_frame", "_loops", "_places", "_strands", "code", "sites")

    def __init__(self, alphabet: Alphabet, code: Code) -> None:
        self.code = code
        self._alphabet = alphabet
        self._strands, pairs = code
        domains = tuple(d for s in self._strands for d in alphabet.domains[s])
        self._first = [0]
        for strand in self._strands:
            self._first.append(self._first[-1] + len(alphabet.domains[strand]))
        self._frame = frame = Frame(pairs, domains, frozenset(self._first), alphabet.lengths)
        self._loops: list[Loop] = []
        self._places: dict[int, tuple[Loop, int, int]] = {}
        self._exposures: dict[tuple[int, int], tuple[Exposure, Exposure]] = {}
        sites = []
        for items, turn in self._walk():
            free = [k for k, at in enumerate(items) if at != NICK and pairs[at] == UNPAIRED]
            stems = [k for k, at in enumerate(items) if at != NICK and pairs[at] != UNPAIRED]
            # A loop of helices alone has no step unless two of them are alike.
            if free or len(stems) > len({domains[items[k]] for k in stems}):
                loop = Loop(frame, items, free, stems)
                self._loops.append(loop)
                if turn >= 0:
                    for k in free:
                        sites.append(Site(domains[items[k]], items[k], turn))
                        self._places[items[k]] = loop, k, len(items)
        self.sites = tuple(sorted(sites))

    def _walk(self) -> Iterator[tuple[list[int], int]]:
        """Yield the items of every loop as `Loop` wants them, and the strand that begins at its nick, or -1."""
        pairs, _, bounds, _ = self._frame
        entered = [False] * len(pairs)
        for turn in range(len(self._strands)):
            at = self._first[turn]
            items = [NICK]
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

    def moves(self, release_cutoff: int, remote: bool, model: RateModel, four_way: bool = True) -> list[Move]:
        """Return every unimolecular step, sorted by kind and products.

        Parameters
        ----------
        release_cutoff : int
            The longest helix that opens by itself, in nt.
        remote : bool
            Whether a branch migration may start from a toehold that is not next to it.
        model : RateModel
        four_way : bool
            Whether two helices may exchange their partners.

        Notes
        -----
        As in Peppercorn, several pathways of one kind between the same complexes are one step with the rate of one of
        them. Nearly always they are images of each other under a symmetry; where they are not, Peppercorn takes the one
        it meets first, which depends on how it came to list the strands, and we take the fastest.
        """
        found: dict[tuple[str, tuple[Code, ...]], float] = {}
        for kind, products, rate in self.pathways(release_cutoff, remote, model, four_way):
            found[kind, products] = max(rate, found.get((kind, products), 0.0))
        return [Move(kind, products, rate) for (kind, products), rate in sorted(found.items())]

    def pathways(self, release_cutoff: int, remote: bool, model: RateModel, four_way: bool = True) -> Iterator[Move]:
        """Yield every pathway of a unimolecular step, also where several lead to the same products; see `moves`."""
        for kind, pairs, rate in self._rearranged(release_cutoff, remote, model, four_way):
            yield Move(kind, self._alphabet.split(self._strands, pairs), rate)

    def _rearranged(
        self, cutoff: int, remote: bool, model: RateModel, four_way: bool
    ) -> Iterator[tuple[str, list[int], float]]:
        """Yield kind, new pair table and rate of every unimolecular step."""
        table = self._frame.pairs
        for helix, length in self._helices(cutoff):
            pairs = list(table)
            for a in helix:
                pairs[pairs[a]] = UNPAIRED
                pairs[a] = UNPAIRED
            yield OPEN, pairs, model.open(length)
        for loop in self._loops:
            for left, right, before, after in loop.hairpins():
                pairs = list(table)
                for a, b in zip(left, right, strict=True):
                    pairs[a], pairs[b] = b, a
                yield BIND11, pairs, model.bind11(self._length(left), before, after)
            for invader, target, before, after, dangling in loop.displacements():
                if remote or before.flush:
                    pairs = list(table)
                    for a, b in zip(invader, target, strict=True):
                        pairs[pairs[b]] = UNPAIRED
                        pairs[a], pairs[b] = b, a
                    yield THREE_WAY, pairs, model.three_way(self._length(invader), before, after, dangling)
            for first, second, before, after in loop.exchanges() if four_way else ():
                if remote or before.flush or after.flush:
                    pairs = list(table)
                    for a, b in zip(first, second, strict=True):
                        c, d = table[a], table[b]
                        pairs[a], pairs[d], pairs[b], pairs[c] = d, a, c, b
                    yield FOUR_WAY, pairs, model.four_way(self._length(first), before, after)

    def _helices(self, cutoff: int) -> Iterator[tuple[range, int]]:
        """Yield the left sides of the helices of at most `cutoff` nt, with their lengths in nt."""
        pairs, domains, bounds, lengths = self._frame
        for a, b in enumerate(pairs):
            if b < a or (a not in bounds and b + 1 not in bounds and pairs[a - 1] == b + 1):
                continue
            length, end = lengths[domains[a]], a + 1
            # A hairpin without a loop is walked through to its other side and so counts twice, as in Peppercorn.
            while (
                length <= cutoff
                and end not in bounds
                and pairs[end] == (inner := a + b - end)
                and inner + 1 not in bounds
            ):
                length += lengths[domains[end]]
                end += 1
            if length <= cutoff:
                yield range(a, min(end, (a + b + 1) // 2)), length

    def _length(self, positions: Iterable[int]) -> int:
        return sum(self._alphabet.lengths[self._frame.domains[a]] for a in positions)

    def _unpaired(self, at: int, neighbour: int) -> bool:
        """Whether the domain next to `at` on its strand is there and free."""
        return max(at, neighbour) not in self._frame.bounds and self._frame.pairs[neighbour] == UNPAIRED

    def bind(self, site: Site, other: Shape, partner: Site) -> Bound | None:
        """Return what forms when the helix that starts at two sites closes.

        The helix takes in every complementary pair that follows; None if it would start further out, where it is found.
        """
        a, b = site.position, partner.position
        mine, theirs = self._frame.domains, other._frame.domains
        if self._unpaired(a, a - 1) and other._unpaired(b, b + 1) and mine[a - 1] == theirs[b + 1] ^ 1:
            return None
        size = 1
        while (
            self._unpaired(a + size - 1, a + size)
            and other._unpaired(b - size + 1, b - size)
            and mine[a + size] == theirs[b - size] ^ 1
        ):
            size += 1
        total = len(mine)
        pairs = self._turned(site.turn, 0) + other._turned(partner.turn, total)
        here = (a - self._first[site.turn]) % total
        there = total + (b - other._first[partner.turn]) % len(theirs)
        for k in range(size):
            pairs[here + k], pairs[there - k] = there - k, here + k
        strands = self._strands[site.turn :] + self._strands[: site.turn]
        strands += other._strands[partner.turn :] + other._strands[: partner.turn]
        before, after = self._beside(a, size)
        ahead, behind = other._beside(b - size + 1, size)
        # The outer loops of both become one loop on either side of the new helix, each of a part of either.
        idle = before.rests_beside(behind, mine[a]) and ahead.rests_beside(after, theirs[b - size + 1])
        return Bound(self._alphabet.canonical(strands, tuple(pairs)), self._length(range(a, a + size)), idle)

    def _beside(self, position: int, size: int) -> tuple[Exposure, Exposure]:
        """Return what lies before and after `size` free domains, up to the nick of their loop."""
        key = position, size
        if key not in self._exposures:
            loop, at, end = self._places[position]
            self._exposures[key] = loop.exposure(1, at), loop.exposure(at + size, end)
        return self._exposures[key]

    def _turned(self, turn: int, offset: int) -> list[int]:
        """Return the pair table rotated to a strand, counted from `offset`."""
        start, total = self._first[turn], len(self._frame.pairs)
        if not start:
            return [p + offset if p != UNPAIRED else UNPAIRED for p in self._frame.pairs]
        table = self._frame.pairs[start:] + self._frame.pairs[:start]
        return [(p - start) % total + offset if p != UNPAIRED else UNPAIRED for p in table]

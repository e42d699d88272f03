"""Where the domains of a complex lie in a picture: helices as ladders, nicked duplexes straight, closed loops as circles.

A complex without pseudoknots is a tree of helices and loops, which is laid out from its longest strand outwards. What a break
leaves dangling stands off from the duplex; two helices on either side of a nick go on in one line, as chemists draw them.
Colours, labels and text are the business of `dsd.draw`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from dsd.complexes import UNPAIRED, Complex
from dsd.domains import Domain

Point: TypeAlias = tuple[float, float]
"""In pixels; y grows downwards."""

GAP = 14.0
"""Between the two strands of a helix, in pixels."""
NICK = 14.0
"""Between the ends of two strands that meet in a duplex, in pixels."""


@dataclass(frozen=True)
class Placed:
    """A complex in the plane.

    Attributes
    ----------
    paths : tuple of tuple of Point
        For every domain, counted through all strands, the points of its line from 5' to 3'.
    outward : tuple of Point
        For every domain the direction in which there is room for its label, of length 1.
    """

    paths: tuple[tuple[Point, ...], ...]
    outward: tuple[Point, ...]


def place(item: Complex, size: Callable[[Domain], float], spread: float = 1.0, lean: float = 60.0) -> Placed:
    """Lay out a complex.

    Parameters
    ----------
    item : Complex
    size : callable
        Length of a domain in pixels.
    spread : float
        How much larger loops are than they need to be.
    lean : float
        Angle between a duplex and what dangles from a nick in it, in degrees.
    """
    layout = _Layout(item, size, spread, math.radians(lean))
    layout.run()
    return Placed(
        tuple(tuple(layout.paths[p]) for p in range(len(item.pairs))),
        tuple(layout.outward[p] for p in range(len(item.pairs))),
    )


@dataclass(frozen=True, slots=True)
class _Branch:
    """A helix that leaves a loop: its first pair, in the direction of the walk."""

    first: int
    last: int


_Element: TypeAlias = list[int] | _Branch | None
"""Of a loop: a row of free domains, a helix, or a nick."""


@dataclass
class _Layout:
    item: Complex
    size: Callable[[Domain], float]
    spread: float
    lean: float
    paths: dict[int, list[Point]] = field(default_factory=dict)
    outward: dict[int, Point] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.total = len(self.item.pairs)
        self.length = [self.size(d) for d in self.item.domains]
        self.broken = [False] * self.total
        end = -1
        for strand in self.item.strands:
            end += len(strand)
            self.broken[end] = True

    def run(self) -> None:
        if all(p == UNPAIRED for p in self.item.pairs):
            self._straight(range(self.total), (0.0, 0.0), (1.0, 0.0), (0.0, -1.0))
            return
        first, last = self._root()
        self._helix(first, last, (0.0, 0.0), (1.0, 0.0))
        self._loop(last, first, (0.0, 0.0), (-1.0, 0.0))

    def _root(self) -> tuple[int, int]:
        """Return the outermost pair of the longest helix of the strand that holds the others, which is to lie at the bottom."""
        owner = [i for i, strand in enumerate(self.item.strands) for _ in strand]
        partners: list[set[int]] = [set() for _ in self.item.strands]
        for p, q in enumerate(self.item.pairs):
            if q != UNPAIRED:
                partners[owner[p]].add(owner[q])

        def standing(i: int) -> tuple[int, int, float, int]:
            stars = sum(d.star for d in self.item.strands[i])
            extent = sum(self.length[p] for p in range(self.total) if owner[p] == i)
            return -len(partners[i] - {i}), len(self.item.strands[i]) - 2 * stars, -extent, i

        for i in sorted(range(len(partners)), key=standing):
            found = [
                (sum(self.length[a] for a, _ in self._pairs(p, q)), -q, p)
                for q, p in enumerate(self.item.pairs)
                if owner[q] == i and p != UNPAIRED and not self._stacked(self._before(p), self._after(q))
            ]
            if found:
                _, q, p = max(found)
                return p, -q
        raise AssertionError("some domain is paired")

    def _after(self, p: int) -> int:
        return (p + 1) % self.total

    def _before(self, p: int) -> int:
        return (p - 1) % self.total

    def _stacked(self, p: int, q: int) -> bool:
        """Whether the pair of p and q exists and goes on without a break at its inner side."""
        return self.item.pairs[p] == q and not self.broken[p] and not self.broken[self._before(q)]

    def _pairs(self, first: int, last: int) -> list[tuple[int, int]]:
        """Return the pairs of a helix, beginning with one that is given."""
        found = [(first, last)]
        while True:
            p, q = found[-1]
            inner = self._after(p), self._before(q)
            if not self._stacked(p, q) or self.item.pairs[inner[0]] != inner[1] or inner[0] == q:
                return found
            found.append(inner)

    # pieces

    def _straight(self, positions: Sequence[int], start: Point, way: Point, outward: Point) -> None:
        """Lay free domains on a line from 5' to 3'."""
        at = start
        for p in positions:
            then = _moved(at, way, self.length[p])
            self.paths[p], self.outward[p] = [at, then], outward
            at = then

    def _ending(self, positions: Sequence[int], end: Point, way: Point, outward: Point) -> None:
        """Lay free domains on a line whose 3' end is given; `way` leads from there to the 5' end."""
        extent = sum(self.length[p] for p in positions)
        self._straight(positions, _moved(end, way, extent), (-way[0], -way[1]), outward)

    def _helix(self, first: int, last: int, middle: Point, way: Point) -> None:
        """Lay out a helix that begins at `middle`, and everything behind it."""
        up = _up(way)
        pairs = self._pairs(first, last)
        for p, q in pairs:
            then = _moved(middle, way, self.length[p])
            above, below = ([_moved(m, up, s * GAP / 2) for m in (middle, then)] for s in (1, -1))
            self.paths[p], self.outward[p] = above, up
            self.paths[q], self.outward[q] = below[::-1], (-up[0], -up[1])
            middle = then
        self._loop(*pairs[-1], middle, way)

    def _loop(self, first: int, last: int, middle: Point, way: Point) -> None:
        """Lay out what is behind the last pair of a helix."""
        elements = self._elements(first, last)
        branches = [e for e in elements if isinstance(e, _Branch)]
        nicks = elements.count(None)
        if not branches and nicks:
            self._end(elements, middle, way)
        elif len(branches) == 1 and nicks == 1:
            self._onwards(elements, branches[0], middle, way)
        elif len(branches) == 1 and not nicks and len(elements) == 2:
            self._bulge(elements, branches[0], middle, way)
        else:
            self._circle(elements, middle, way)

    def _elements(self, first: int, last: int) -> list[_Element]:
        found: list[_Element] = []
        at = first
        while True:
            if self.broken[at]:
                found.append(None)
            at = self._after(at)
            if at == last:
                return found
            partner = self.item.pairs[at]
            if partner != UNPAIRED:
                found.append(_Branch(at, partner))
                at = partner
            elif found and isinstance(found[-1], list):
                found[-1].append(at)
            else:
                found.append([at])

    def _end(self, elements: list[_Element], middle: Point, way: Point) -> None:
        """Lay out the end of a duplex: one overhang goes straight on, two spread."""
        up = _up(way)
        down = (-up[0], -up[1])
        tails = _around(elements, elements.index(None))
        angle = self.lean / 2 if all(tails) else 0.0
        self._straight(tails[0], _moved(middle, up, GAP / 2), _turned(way, up, angle), up)
        self._ending(tails[1], _moved(middle, down, GAP / 2), _turned(way, down, angle), down)

    def _onwards(self, elements: list[_Element], branch: _Branch, middle: Point, way: Point) -> None:
        """Lay out two helices in line with a break between them on one side."""
        up = _up(way)
        at = elements.index(branch)
        nick = elements.index(None)
        above = nick < at
        side = up if above else (-up[0], -up[1])
        joined = [p for e in (elements[at + 1 :] if above else elements[:at]) if isinstance(e, list) for p in e]
        extent = max(NICK, sum(self.length[p] for p in joined))
        then = _moved(middle, way, extent)
        slack = (extent - sum(self.length[p] for p in joined)) / 2
        if above:
            begin = _moved(_moved(then, side, -GAP / 2), way, -slack)
            self._straight(joined, begin, (-way[0], -way[1]), (-side[0], -side[1]))
        else:
            begin = _moved(_moved(middle, side, -GAP / 2), way, slack)
            self._straight(joined, begin, way, (-side[0], -side[1]))
        tails = _around(elements, nick)
        run = way if above else (-way[0], -way[1])
        ends = (middle, then) if above else (then, middle)
        both = all(tails)
        self._straight(
            tails[0], _moved(ends[0], side, GAP / 2), _turned((-run[0], -run[1]) if both else run, side, self.lean), run
        )
        back = run if both else (-run[0], -run[1])
        self._ending(tails[1], _moved(ends[1], side, GAP / 2), _turned(back, side, self.lean), back)
        self._helix(branch.first, branch.last, then, way)

    def _bulge(self, elements: list[_Element], branch: _Branch, middle: Point, way: Point) -> None:
        """Lay out two helices in line, with free domains as a loop at one side between them."""
        up = _up(way)
        above = elements[1] is branch
        side = up if above else (-up[0], -up[1])
        run = way if above else (-way[0], -way[1])
        positions = next(e for e in elements if isinstance(e, list))
        whole = sum(self.length[p] for p in positions) * self.spread
        radius = (whole + NICK) / (2 * math.pi)
        mouth = math.asin(min(1.0, NICK / 2 / radius))
        foot = _moved(_moved(middle, way, NICK / 2), side, GAP / 2)
        centre = _moved(foot, side, radius * math.cos(mouth))

        def at(turn: float) -> Point:
            return -run[0] * math.sin(turn) - side[0] * math.cos(turn), -run[1] * math.sin(turn) - side[1] * math.cos(
                turn
            )

        self._arc(positions, centre, radius, at, mouth, 2 * math.pi - 2 * mouth)
        self._helix(branch.first, branch.last, _moved(middle, way, NICK), way)

    def _circle(self, elements: list[_Element], middle: Point, way: Point) -> None:
        """Lay out a loop as a circle that helices leave along its radii; what a nick leaves free stands off."""
        up = _up(way)
        pad = NICK / 2
        loose = {p for i, e in enumerate(elements) if e is None for tail in _around(elements, i) for p in tail}
        helices = 1 + sum(isinstance(e, _Branch) for e in elements)
        extents = [self._extent(e, loose) + pad for e in elements]
        round_ = (GAP + pad + sum(extents)) * self.spread
        radius = max(round_ / (2 * math.pi), 1.15 * self.spread * GAP / (2 * math.sin(math.pi / max(3, helices))))
        mouth = math.asin(min(1.0, GAP / 2 / radius))
        centre = _moved(middle, way, radius * math.cos(mouth))
        free = 2 * math.pi - 2 * mouth
        scale = free / (sum(extents) + pad)
        angle = mouth + pad / 2 * scale

        def at(turn: float) -> Point:
            return (
                -way[0] * math.cos(turn) + up[0] * math.sin(turn),
                -way[1] * math.cos(turn) + up[1] * math.sin(turn),
            )

        for number, element in enumerate(elements):
            share = extents[number] * scale
            if isinstance(element, _Branch):
                ray = at(angle + share / 2)
                self._helix(element.first, element.last, _moved(centre, ray, radius * math.cos(mouth)), ray)
            elif element is None:
                before, after = _around(elements, number)
                wide = share / 2 + (0.35 if before and after else 0.0)
                turns = angle + share / 2 - wide / 2, angle + share / 2 + wide / 2
                rays = [at(t) for t in turns] if before and after else [at(angle + share / 2)] * 2
                self._straight(before, _moved(centre, rays[0], radius), rays[0], _up(rays[0]))
                self._ending(after, _moved(centre, rays[1], radius), rays[1], _up((-rays[1][0], -rays[1][1])))
            elif element[0] not in loose:
                self._arc(element, centre, radius, at, angle + pad / 2 * scale, share - pad * scale)
            angle += share

    def _extent(self, element: _Element, loose: set[int]) -> float:
        if isinstance(element, _Branch):
            behind = (element.last - element.first) % self.total
            ends = sum(self.broken[(element.first + k) % self.total] for k in range(behind + 1))
            return GAP * (1 + 0.5 * (self.spread - 1) * ends)
        if element is None:
            return NICK / 2
        return 0.0 if element[0] in loose else sum(self.length[p] for p in element)

    def _arc(
        self,
        positions: Sequence[int],
        centre: Point,
        radius: float,
        at: Callable[[float], Point],
        angle: float,
        share: float,
    ) -> None:
        whole = sum(self.length[p] for p in positions)
        for p in positions:
            mine = share * self.length[p] / whole
            steps = max(2, math.ceil(mine / 0.15))
            self.paths[p] = [_moved(centre, at(angle + mine * k / steps), radius) for k in range(steps + 1)]
            self.outward[p] = at(angle + mine / 2)
            angle += mine


def _around(elements: Sequence[_Element], nick: int) -> tuple[list[int], list[int]]:
    """Return what dangles on either side of a nick: the 3' end before it, the 5' end behind it."""
    before = elements[nick - 1] if nick else None
    after = elements[nick + 1] if nick + 1 < len(elements) else None
    return before if isinstance(before, list) else [], after if isinstance(after, list) else []


def _moved(start: Point, way: Point, by: float) -> Point:
    return start[0] + way[0] * by, start[1] + way[1] * by


def _up(way: Point) -> Point:
    """Return the direction to the left of a way, which is upwards on the screen if the way leads to the right."""
    return way[1], -way[0]


def _turned(way: Point, towards: Point, angle: float) -> Point:
    cos, sin = math.cos(angle), math.sin(angle)
    return way[0] * cos + towards[0] * sin, way[1] * cos + towards[1] * sin

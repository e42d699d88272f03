"""A complex as a picture: strands as coloured lines from a dot (5') to an arrow head (3'), with the names of their domains.

A domain and its complement have one colour; toeholds stand on a pale band; paired strands run side by side, joined by rungs.
The picture is SVG text and the same bytes each time. Where things lie is decided in `dsd.layout`; rows of complexes and whole
networks are drawn in `dsd.draw_strip` and `dsd.draw_network`.
"""

from __future__ import annotations

import colorsys
import hashlib
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from types import MappingProxyType
from xml.sax.saxutils import escape, quoteattr

from dsd.complexes import UNPAIRED, Complex
from dsd.domains import Domain
from dsd.layout import Placed, Point, place

FONT = 11.0
"""Height of labels, in pixels."""
_WIDE = 0.66
"""Width of a letter, as a part of its height; a little more than most letters need."""
_SHORT_NT = 8
"""Longest toehold, in nt."""
_MARGIN = 10.0
_PALETTE = (
    "#1f6fb4", "#c0392b", "#27804e", "#8e44ad", "#9c640a", "#117a8b", "#b03a7a", "#5d6d1e", "#34495e", "#a0522d", "#4b5fc7",
    "#6f783a",
)  # fmt: skip
_BRIGHTEST = 0.18
"""Relative luminance of a text, white being 1: a contrast of about 4.5, as WCAG 2 asks for."""
_RUNG = "#b8bec4"
_INK = "#24292f"


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle, in pixels."""

    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: Box, least: float = 0.0) -> bool:
        """Whether two boxes come nearer to one another than `least`."""
        return (
            self.left < other.right + least
            and other.left < self.right + least
            and self.top < other.bottom + least
            and other.top < self.bottom + least
        )


@dataclass(frozen=True, slots=True)
class Label:
    """A text with its place."""

    text: str
    centre: Point
    colour: str

    @property
    def box(self) -> Box:
        """What it covers."""
        half = text_width(self.text) / 2
        x, y = self.centre
        return Box(x - half, y - FONT / 2, x + half, y + FONT / 2)


@dataclass(frozen=True)
class Picture:
    """A piece of SVG with its size.

    Attributes
    ----------
    body : str
        Elements without the `svg` around them; the upper left corner is 0, 0.
    width, height : float
        In pixels.
    labels : tuple of Label
        The texts in it, for whoever puts pictures together.
    """

    body: str
    width: float
    height: float
    labels: tuple[Label, ...] = ()

    def inline(self, title: str) -> str:
        """Return the picture as an element of a page, in the page's own font, and no larger than it is."""
        size = f'viewBox="0 0 {self.width:.0f} {self.height:.0f}" style="max-width: {self.width:.0f}px"'
        return f'<svg {size} font-size="{FONT:g}" role="img" aria-label={quoteattr(title)}>\n{self.body}\n</svg>'

    def svg(self, title: str = "") -> str:
        """Return the picture as a document of its own."""
        size = f'width="{self.width:.0f}" height="{self.height:.0f}" viewBox="0 0 {self.width:.0f} {self.height:.0f}"'
        head = f"<title>{escape(title)}</title>" if title else ""
        style = f'font-family="Helvetica, Arial, sans-serif" font-size="{FONT:g}"'
        return f'<svg xmlns="http://www.w3.org/2000/svg" {size} {style} role="img">{head}\n{self.body}\n</svg>\n'


def text_width(text: str, height: float = FONT) -> float:
    """Return how wide a text is at the most, in pixels."""
    return len(text) * height * _WIDE


def colour_of(name: str) -> str:
    """Return the colour of a domain by its name, the same in every picture."""
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big")
    hue, lightness = number % 360 / 360, 0.36 + number // 360 % 3 * 0.05
    red, green, blue = colorsys.hls_to_rgb(hue, lightness, 0.62)
    # Greens and yellows are the brightest to the eye; they are darkened until they can be read on white.
    while 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2 > _BRIGHTEST:
        lightness -= 0.01
        red, green, blue = colorsys.hls_to_rgb(hue, lightness, 0.62)
    return f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"


def palette_of(complexes: Iterable[Complex]) -> Mapping[str, str]:
    """Return colours for the domains of complexes that are shown together: the first twelve are easily told apart."""
    names = dict.fromkeys(d.name for c in complexes for d in c.domains)
    return MappingProxyType({n: _PALETTE[i] if i < len(_PALETTE) else colour_of(n) for i, n in enumerate(names)})


def draw_complex(item: Complex, colours: Mapping[str, str] | None = None) -> Picture:
    """Draw a complex.

    Parameters
    ----------
    item : Complex
    colours : mapping of str to str, optional
        By name of the domain; `colour_of` for what it does not name.
    """
    given = colours or {}
    best: tuple[int, Placed, list[Label]] | None = None
    # The first layout that is free of clashes is taken; those that follow take more room.
    for spread, lean in ((1.0, 60.0), (1.0, 75.0), (1.4, 60.0), (1.4, 80.0), (2.0, 60.0), (2.8, 70.0), (4.0, 75.0)):
        placed = place(item, _size, spread, lean)
        labels, clashes = _labels(item, placed, given)
        if best is None or clashes < best[0]:
            best = clashes, placed, labels
        if not clashes:
            break
    assert best is not None, "there are layouts"
    return _rendered(item, best[1], best[2], given)


def svg_of(item: Complex, colours: Mapping[str, str] | None = None) -> str:
    """Return a complex as an SVG document."""
    return draw_complex(item, colours).svg(f"{item.name}: {item.kernel}" if item.name else item.kernel)


def _size(domain: Domain) -> float:
    """Return the length of a domain in pixels: enough for its nucleotides to show, and for its name."""
    return max(16.0 + 4.4 * min(domain.length, 40), text_width(f"{domain.name}*") + 6.0)


def _colour(domain: Domain, colours: Mapping[str, str]) -> str:
    return colours.get(domain.name) or colour_of(domain.name)


def _labels(item: Complex, placed: Placed, colours: Mapping[str, str]) -> tuple[list[Label], int]:
    """Put a name to every domain where there is room; return them, and how much comes in the way of something else."""
    segments = [(number, a, b) for number, path in enumerate(placed.paths) for a, b in pairwise(path)]
    labels: list[Label] = []
    clashes = sum(_cross(a, b, c, d) for (i, a, b), (j, c, d) in combinations(segments, 2) if abs(i - j) > 1 and i != j)
    for number, (domain, path) in enumerate(zip(item.domains, placed.paths, strict=True)):
        options = list(_spots(str(domain), path, placed.outward[number], item.pairs[number] == UNPAIRED))
        weighed = [
            (
                sum(_touches(label.box, a, b) for _, a, b in segments)
                + 3 * sum(label.box.overlaps(other.box, 1.0) for other in labels),
                rank,
                label,
            )
            for rank, label in enumerate(Label(str(domain), spot, _colour(domain, colours)) for spot in options)
        ]
        cost, _, label = min(weighed, key=lambda w: w[:2])
        clashes += cost
        labels.append(label)
    return labels, clashes


def _spots(text: str, path: Sequence[Point], outward: Point, free: bool) -> Iterable[Point]:
    """Yield places for a label beside a line: outside of it, then, where nothing is paired, on the other side, then further off."""
    half = text_width(text) / 2
    middle = len(path) // 2
    a, b = (path[0], path[-1]) if len(path) == 2 else (path[middle - 1], path[middle])
    x, y = ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2) if len(path) % 2 == 0 else path[middle]
    length = math.hypot(b[0] - a[0], b[1] - a[1]) or 1.0
    along = ((b[0] - a[0]) / length, (b[1] - a[1]) / length)
    normal = (along[1], -along[0])
    if normal[0] * outward[0] + normal[1] * outward[1] < 0:
        normal = (-normal[0], -normal[1])
    reach = 6.0 + abs(normal[0]) * half + abs(normal[1]) * FONT / 2
    for further in (0.0, 5.0, 10.0):
        for side in (1.0, -1.0) if free else (1.0,):
            for shift in (0.0, 0.2, -0.2, 0.35, -0.35):
                slide = shift * length
                off = side * (reach + further)
                yield x + normal[0] * off + along[0] * slide, y + normal[1] * off + along[1] * slide


def _touches(box: Box, a: Point, b: Point) -> bool:
    """Whether a line comes into a box (Liang and Barsky's clipping)."""
    low, high = 0.0, 1.0
    dx, dy = b[0] - a[0], b[1] - a[1]
    for p, q in ((-dx, a[0] - box.left), (dx, box.right - a[0]), (-dy, a[1] - box.top), (dy, box.bottom - a[1])):
        if p == 0:
            if q < 0:
                return False
        elif p < 0:
            low = max(low, q / p)
        else:
            high = min(high, q / p)
    return low <= high


def _cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Whether two lines cross between their ends."""

    def side(p: Point, q: Point, r: Point) -> float:
        return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])

    return side(a, b, c) * side(a, b, d) < -1e-6 and side(c, d, a) * side(c, d, b) < -1e-6


def _rendered(item: Complex, placed: Placed, labels: Sequence[Label], colours: Mapping[str, str]) -> Picture:
    """Write the picture, shifted so that everything is inside."""
    points = [p for path in placed.paths for p in path]
    boxes = [label.box for label in labels]
    left = min([x for x, _ in points] + [b.left for b in boxes]) - _MARGIN
    top = min([y for _, y in points] + [b.top for b in boxes]) - _MARGIN
    right = max([x for x, _ in points] + [b.right for b in boxes]) + _MARGIN
    bottom = max([y for _, y in points] + [b.bottom for b in boxes]) + _MARGIN

    def at(point: Point) -> str:
        return f"{point[0] - left:.1f},{point[1] - top:.1f}"

    bands, rungs, lines, ends = [], [], [], []
    start = 0
    for strand in item.strands:
        positions = range(start, start + len(strand))
        start += len(strand)
        for p in positions:
            path, domain = placed.paths[p], item.domains[p]
            colour, drawn = _colour(domain, colours), " ".join(map(at, path))
            if domain.length <= _SHORT_NT:
                bands.append(f'<polyline points="{drawn}" stroke={quoteattr(colour)} stroke-width="9" opacity="0.25"/>')
            lines.append(f'<polyline points="{drawn}" stroke={quoteattr(colour)} stroke-width="2.4"/>')
            if p + 1 in positions and math.dist(path[-1], placed.paths[p + 1][0]) > 0.5:
                lines.append(
                    f'<polyline points="{at(path[-1])} {at(placed.paths[p + 1][0])}" stroke="{_RUNG}" stroke-width="2"/>'
                )
            if item.pairs[p] > p:
                rungs += _rungs(path, placed.paths[item.pairs[p]], at, domain.length)
        first, last = placed.paths[positions[0]], placed.paths[positions[-1]]
        ends.append(_dot(first[0], at, _colour(item.domains[positions[0]], colours)))
        ends.append(_arrow(last[-2], last[-1], at, _colour(item.domains[positions[-1]], colours)))
    texts = [_text(label, left, top) for label in labels]
    body = "\n".join(
        [
            '<g fill="none" stroke-linejoin="round">',
            *([f'<path d="{"".join(rungs)}" stroke="{_RUNG}"/>'] if rungs else []),
            *bands,
            *lines,
            "</g>",
            *ends,
            *texts,
        ]
    )
    moved = tuple(Label(n.text, (n.centre[0] - left, n.centre[1] - top), n.colour) for n in labels)
    return Picture(body, right - left, bottom - top, moved)


def _rungs(path: Sequence[Point], partner: Sequence[Point], at: Callable[[Point], str], length: int) -> list[str]:
    """Return the rungs between two paired domains, one for every nucleotide, or for every second of many."""
    (a, b), (d, c) = (path[0], path[-1]), (partner[0], partner[-1])
    count = length if length <= 10 else max(8, min(length // 2, 20))
    drawn = []
    for k in range(count):
        t = (k + 0.5) / count
        one = a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t
        other = c[0] + (d[0] - c[0]) * t, c[1] + (d[1] - c[1]) * t
        drawn.append(f"M{at(one)} {at(other)}")
    return drawn


def _dot(point: Point, at: Callable[[Point], str], colour: str) -> str:
    x, y = at(point).split(",")
    return f'<circle cx="{x}" cy="{y}" r="2.6" fill={quoteattr(colour)}/>'


def _arrow(before: Point, tip: Point, at: Callable[[Point], str], colour: str) -> str:
    length = math.dist(before, tip) or 1.0
    way = (tip[0] - before[0]) / length, (tip[1] - before[1]) / length
    up = way[1], -way[0]
    corners = (
        (tip[0] + way[0] * 3, tip[1] + way[1] * 3),
        (tip[0] - way[0] * 6 + up[0] * 4.5, tip[1] - way[1] * 6 + up[1] * 4.5),
        (tip[0] - way[0] * 6 - up[0] * 4.5, tip[1] - way[1] * 6 - up[1] * 4.5),
    )
    return f'<polygon points="{" ".join(map(at, corners))}" fill={quoteattr(colour)}/>'


def _text(label: Label, left: float = 0.0, top: float = 0.0) -> str:
    x, y = label.centre[0] - left, label.centre[1] - top + FONT * 0.35
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="middle" fill={quoteattr(label.colour)}>{escape(label.text)}</text>'
    )

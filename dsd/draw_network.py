"""A network as a graph: species as ovals, gates as boxes between them.

Places are found by networkx's layout after Kamada and Kawai, which needs no random start, and are stretched until no two names
overlap. How a gate works inside is drawn in `dsd.draw_strip`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import combinations
from xml.sax.saxutils import escape, quoteattr

import networkx as nx

from crn.network import CRN
from dsd.draw import FONT, Box, Label, Picture, colour_of, text_width

_INK, _LINE, _GATE = "#24292f", "#8a929a", "#eef1f4"
_HIGH = 22.0
_PAD = 16.0
_MARGIN = 14.0
MOST_NODES = 250
"""Species and gates that are laid out; of more nothing could be made out."""


def draw_network(crn: CRN, colours: Mapping[str, str] | None = None) -> Picture:
    """Draw the species and gates of a network.

    Parameters
    ----------
    crn : CRN
        Every reaction is a gate, called by its id.
    colours : mapping of str to str, optional
        Of the species by name.

    Raises
    ------
    ValueError
        If there are too many to be made out.
    """
    species, gates = list(crn.species), [r.id for r in crn.reactions]
    if len(species) + len(gates) > MOST_NODES:
        raise ValueError(
            f"{len(species)} species and {len(gates)} gates are too many for a picture; {MOST_NODES} is the most"
        )
    nodes = [("species", s) for s in species] + [("gate", g) for g in gates]
    edges: list[tuple[tuple[str, str], tuple[str, str], int]] = []
    for r in crn.reactions:
        edges += [(("species", s), ("gate", r.id), n) for s, n in r.reactants]
        edges += [(("gate", r.id), ("species", s), n) for s, n in r.products]
    places = _placed(nodes, edges)
    return _rendered(nodes, edges, places, colours or {})


def _placed(
    nodes: Sequence[tuple[str, str]], edges: Sequence[tuple[tuple[str, str], tuple[str, str], int]]
) -> dict[tuple[str, str], tuple[float, float]]:
    """Return centres in pixels, far enough apart for every box."""
    graph = nx.Graph()
    graph.add_nodes_from(nodes)
    graph.add_edges_from((a, b) for a, b, _ in edges)
    parts = sorted((sorted(part) for part in nx.connected_components(graph)), key=lambda p: (-len(p), p))
    places: dict[tuple[str, str], tuple[float, float]] = {}
    left = 0.0
    for part in parts:
        mine = graph.subgraph(part)
        ordered = nx.Graph()
        ordered.add_nodes_from(part)
        ordered.add_edges_from(sorted(tuple(sorted(e)) for e in mine.edges))
        raw = nx.kamada_kawai_layout(ordered, scale=1.0) if len(part) > 1 else {part[0]: (0.0, 0.0)}
        points = {n: (round(float(x), 6), round(float(y), 6)) for n, (x, y) in raw.items()}
        scale = 40.0 * math.sqrt(len(part))
        while scale < 6000 and any(
            _box(a, _times(points[a], scale)).overlaps(_box(b, _times(points[b], scale)), 8.0)
            for a, b in combinations(part, 2)
        ):
            scale *= 1.1
        scaled = {n: _times(p, scale) for n, p in points.items()}
        boxes = [_box(n, p) for n, p in scaled.items()]
        shift = left - min(b.left for b in boxes)
        places |= {n: (x + shift, y) for n, (x, y) in scaled.items()}
        left = max(b.right for b in boxes) + shift + 2 * _MARGIN
    return places


def _times(point: tuple[float, float], scale: float) -> tuple[float, float]:
    return point[0] * scale, point[1] * scale


def _box(node: tuple[str, str], centre: tuple[float, float]) -> Box:
    half = (text_width(node[1]) + _PAD) / 2
    x, y = centre
    return Box(x - half, y - _HIGH / 2, x + half, y + _HIGH / 2)


def _rendered(
    nodes: Sequence[tuple[str, str]],
    edges: Sequence[tuple[tuple[str, str], tuple[str, str], int]],
    places: Mapping[tuple[str, str], tuple[float, float]],
    colours: Mapping[str, str],
) -> Picture:
    boxes = [_box(n, places[n]) for n in nodes]
    left, top = min(b.left for b in boxes) - _MARGIN, min(b.top for b in boxes) - _MARGIN
    width = max(b.right for b in boxes) + _MARGIN - left
    height = max(b.bottom for b in boxes) + _MARGIN - top
    lines, shapes, labels = [], [], []
    twice = {(b, a) for a, b, _ in edges}
    for a, b, n in edges:
        lines += _edge(places[a], _box(b, places[b]), places[b], n, (a, b) in twice, left, top)
    for node in nodes:
        kind, name = node
        x, y = places[node][0] - left, places[node][1] - top
        half = (text_width(name) + _PAD) / 2
        colour = colours.get(name) or colour_of(name)
        if kind == "species":
            shapes.append(
                f'<ellipse cx="{x:.1f}" cy="{y:.1f}" rx="{half:.1f}" ry="{_HIGH / 2:.1f}" fill="#ffffff" '
                f'stroke={quoteattr(colour)} stroke-width="1.8"/>'
            )
        else:
            shapes.append(
                f'<rect x="{x - half:.1f}" y="{y - _HIGH / 2:.1f}" width="{2 * half:.1f}" height="{_HIGH:.1f}" rx="3" '
                f'fill="{_GATE}" stroke="{_LINE}"/>'
            )
        shapes.append(
            f'<text x="{x:.1f}" y="{y + FONT * 0.35:.1f}" text-anchor="middle" fill="{_INK}">{escape(name)}</text>'
        )
        labels.append(Label(name, (x, y), _INK))
    return Picture("\n".join([*lines, *shapes]), width, height, tuple(labels))


def _edge(
    start: tuple[float, float],
    box: Box,
    end: tuple[float, float],
    count: int,
    both: bool,
    left: float,
    top: float,
) -> list[str]:
    """Return an arrow to the rim of a box; the two of a catalyst bend away from one another."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = math.hypot(dx, dy) or 1.0
    ux, uy = dx / length, dy / length
    bend = 9.0 if both else 0.0
    middle = (start[0] + end[0]) / 2 + uy * bend * 2, (start[1] + end[1]) / 2 - ux * bend * 2
    # The rim, seen from the bend of the line.
    wx, wy = end[0] - middle[0], end[1] - middle[1]
    reach = min(
        (box.right - box.left) / 2 / abs(wx) if wx else math.inf,
        (box.bottom - box.top) / 2 / abs(wy) if wy else math.inf,
    )
    tip = end[0] - wx * min(1.0, reach), end[1] - wy * min(1.0, reach)
    away = math.hypot(wx, wy) or 1.0
    vx, vy = wx / away, wy / away
    wings = [(tip[0] - vx * 8 + s * vy * 3.5, tip[1] - vy * 8 - s * vx * 3.5) for s in (1, -1)]

    def at(point: tuple[float, float]) -> str:
        return f"{point[0] - left:.1f},{point[1] - top:.1f}"

    drawn = [
        f'<path d="M{at(start)} Q{at(middle)} {at(tip)}" fill="none" stroke="{_LINE}" stroke-width="1.2"/>',
        f'<polygon points="{at(tip)} {at(wings[0])} {at(wings[1])}" fill="{_LINE}"/>',
    ]
    if count > 1:
        x, y = middle[0] - left + uy * 8, middle[1] - top - ux * 8 + 4
        drawn.append(f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="middle" fill="{_INK}" font-size="10">{count}</text>')
    return drawn

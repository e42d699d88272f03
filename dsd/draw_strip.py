"""A row of complexes with plus signs and arrows: what a gate does, step by step.

Every step is a row: reactants, an arrow (a double one if the step goes back as well), products, each with its name and what it
stands for. How one complex looks is the business of `dsd.draw`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from crn.network import Species
from dsd.complexes import Complex
from dsd.draw import FONT, Picture, draw_complex, palette_of, text_width
from dsd.schemes.scheme import Role
from dsd.system import DsdReaction, DsdSystem

_SPACE = 14.0
_ARROW = 46.0
_CAPTION = 30.0
_INK = "#24292f"


@dataclass(frozen=True, slots=True)
class Step:
    """A reaction as it is drawn."""

    reactants: tuple[Complex, ...]
    products: tuple[Complex, ...]
    reversible: bool = False


def steps_of(reactions: Iterable[DsdReaction]) -> tuple[Step, ...]:
    """Return reactions as steps; those that undo one another are one."""
    found: list[Step] = []
    for reaction in reactions:
        left, right = tuple(reaction.reactants), tuple(reaction.products)
        undone = next((i for i, s in enumerate(found) if _same(s.reactants, right) and _same(s.products, left)), None)
        if undone is not None:
            found[undone] = Step(found[undone].reactants, found[undone].products, True)
        elif not any(_same(s.reactants, left) and _same(s.products, right) for s in found):
            found.append(Step(left, right))
    return tuple(found)


def pathway_of(system: DsdSystem, gate: str, reactants: Iterable[Species]) -> tuple[Step, ...]:
    """Return what the gate of a formal reaction does with one strand of each reactant, in the order in which it happens.

    Parameters
    ----------
    system : DsdSystem
    gate : str
        Id of the formal reaction.
    reactants : iterable of Species
        What it consumes.
    """
    carriers = dict(system.carriers)
    signals = {c for strands in carriers.values() for c in strands}
    there = {carriers[s][0] for s in reactants if carriers.get(s)}
    there |= {e.complex for e in system.of_role(Role.FUEL) if gate in e.gates}
    released: set[Complex] = set()
    left = [r for r in system.reactions if r.gate == gate]
    chosen: list[DsdReaction] = []
    while True:
        # What the gate releases is not fed to it again, but it may go back the way it came.
        ready = [
            r
            for r in left
            if there.issuperset(r.reactants)
            or ((there | released).issuperset(r.reactants) and any(_undoes(r, other) for other in chosen))
        ]
        if not ready:
            return steps_of(chosen)
        chosen += ready
        left = [r for r in left if r not in ready]
        made = {c for r in ready for c in r.products}
        released |= made & signals
        there |= made - signals


def _undoes(reaction: DsdReaction, other: DsdReaction) -> bool:
    return _same(reaction.reactants, other.products) and _same(reaction.products, other.reactants)


def _same(side: Sequence[Complex], other: Sequence[Complex]) -> bool:
    return Counter(side) == Counter(other)


def draw_strip(
    steps: Sequence[Step],
    meanings: Mapping[Complex, str] | None = None,
    colours: Mapping[str, str] | None = None,
    widest: float = math.inf,
) -> Picture:
    """Draw steps below one another.

    Parameters
    ----------
    steps : sequence of Step
    meanings : mapping of Complex to str, optional
        What is written below the name of a complex.
    colours : mapping of str to str, optional
        By name of the domain; by default those of `dsd.draw.palette_of`.
    widest : float
        In pixels; the products of a longer step go on a line of their own, and so do complexes that do not fit into one.
    """
    every = [c for s in steps for c in s.reactants + s.products]
    chosen = colours or palette_of(every)
    drawn = {c: _captioned(c, draw_complex(c, chosen), (meanings or {}).get(c, "")) for c in every}
    lines = [line for step in steps for line in _lines(step, drawn, widest)]
    parts, y = [], 0.0
    for line in lines:
        height = max(piece.height for piece in line)
        x = _SPACE
        for piece in line:
            parts.append(f'<g transform="translate({x:.1f},{y + (height - piece.height) / 2:.1f})">{piece.body}</g>')
            x += piece.width + _SPACE
        y += height + _SPACE
    width = max((sum(p.width + _SPACE for p in line) + _SPACE for line in lines), default=0.0)
    return Picture("\n".join(parts), width, y)


def _lines(step: Step, drawn: Mapping[Complex, Picture], widest: float) -> list[list[Picture]]:
    """Return a step in pieces: one line if it fits, else reactants and products apart, each in as many as it takes."""
    left, right = (_joined([drawn[c] for c in side]) for side in (step.reactants, step.products))
    arrow = Picture(_arrow(0.0, 8.0, step.reversible), _ARROW, 16.0)
    whole = [*left, arrow, *right]
    if sum(p.width + _SPACE for p in whole) <= widest:
        return [whole]
    found: list[list[Picture]] = []
    for part in (left, [arrow, *right]):
        line: list[Picture] = []
        for piece in part:
            if line and sum(p.width + _SPACE for p in (*line, piece)) > widest:
                found.append(line)
                line = []
            line.append(piece)
        found.append(line)
    return found


def _joined(pictures: Sequence[Picture]) -> list[Picture]:
    """Return pictures with a plus sign between each two."""
    plus = Picture(_written("+", 6.0, 13.0, 16.0), 12.0, 16.0)
    return [piece for i, p in enumerate(pictures) for piece in ((plus, p) if i else (p,))]


def _captioned(item: Complex, picture: Picture, meaning: str) -> Picture:
    """Return a picture with the name of the complex and what it stands for below; its middle stays in the middle."""
    lines = [line for line in (item.name, meaning) if line]
    width = max([picture.width, *(text_width(line) for line in lines)])
    parts = [f'<g transform="translate({(width - picture.width) / 2:.1f},{_CAPTION:.1f})">{picture.body}</g>']
    for k, line in enumerate(lines):
        y = _CAPTION + picture.height + FONT + k * (FONT + 2)
        parts.append(_written(line, width / 2, y, FONT, "" if k else ' font-weight="600"'))
    return Picture("\n".join(parts), width, picture.height + 2 * _CAPTION)


def _arrow(x: float, y: float, both: bool) -> str:
    """Return an arrow, or two half arrows for what goes both ways."""
    ways = ((-3.0, 1), (3.0, -1)) if both else ((0.0, 1),)
    drawn = []
    for shift, way in ways:
        a, b = (x, x + _ARROW) if way > 0 else (x + _ARROW, x)
        head = f"{b - way * 9:.1f},{y + shift - 5:.1f} {b:.1f},{y + shift:.1f}"
        if not both:
            head += f" {b - way * 9:.1f},{y + shift + 5:.1f}"
        elif way < 0:
            head = f"{b - way * 9:.1f},{y + shift + 5:.1f} {b:.1f},{y + shift:.1f}"
        drawn.append(f'<polyline points="{a:.1f},{y + shift:.1f} {b:.1f},{y + shift:.1f}"/><polyline points="{head}"/>')
    return f'<g fill="none" stroke="{_INK}" stroke-width="1.6">{"".join(drawn)}</g>'


def _written(text: str, x: float, y: float, height: float, more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="middle" font-size="{height:g}" fill="{_INK}"{more}>{escape(text)}</text>'

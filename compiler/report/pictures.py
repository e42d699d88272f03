"""Pictures of the report: the network as a graph, and what a gate of each shape does, complex by complex.

Gates that differ only in the names of their domains are drawn once. The pictures themselves are made in `dsd`; here is decided
which are shown, and what is said of them.
"""

from __future__ import annotations

from dataclasses import dataclass

from compiler.api import Compiled
from crn.network import Reaction
from dsd.draw_network import MOST_NODES, draw_network
from dsd.draw_strip import draw_strip, pathway_of
from dsd.schemes import Role
from dsd.system import Entry
from dsd.templates import shape_of

_WIDEST = 1150.0
"""Of a strip, in pixels."""
_MOST_SHAPES = 8
_LARGEST_NETWORK = 90
"""Species and reactions that are drawn as a graph."""


@dataclass(frozen=True, slots=True)
class GatePicture:
    """A picture and what is said of it."""

    svg: str
    caption: str


def pictures(compiled: Compiled) -> tuple[GatePicture, ...]:
    """Return the pictures of a compiled circuit."""
    formal, system = compiled.state.lowered, compiled.system
    found = []
    if len(formal.species) + len(formal.reactions) <= min(_LARGEST_NETWORK, MOST_NODES):
        title = f"{len(formal.species)} species and {len(formal.reactions)} reactions as a graph"
        found.append(
            GatePicture(
                draw_network(formal).inline(title),
                "The network that is built: species as ovals, gates as boxes with what they take and give.",
            )
        )
    by_shape: dict[object, list[Reaction]] = {}
    of_gate: dict[str, list[Entry]] = {}
    for entry in system.of_role(Role.FUEL):
        for gate in entry.gates:
            of_gate.setdefault(gate, []).append(entry)
    for reaction in formal.reactions:
        shape, _ = shape_of([e.complex for e in of_gate.get(reaction.id, ())])
        by_shape.setdefault(shape, []).append(reaction)
    said = {e.complex: f"stands for {e.meaning}" if len(e.meaning) else e.role.value for e in system.entries}
    for alike in list(by_shape.values())[:_MOST_SHAPES]:
        first, *others = alike
        steps = pathway_of(system, first.id, first.reactants.support)
        if steps:
            names = ", ".join(r.id for r in others[:6]) + (f" and {len(others) - 6} more" if len(others) > 6 else "")
            same = f" Gates of the same shape: {names}." if others else ""
            svg = draw_strip(steps, said, widest=_WIDEST).inline(f"pathway of the gate for {first.equation}")
            found.append(GatePicture(svg, f"The gate of {first.id}: {first.equation}.{same}"))
    return tuple(found)

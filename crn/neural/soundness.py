"""Whether a learning circuit can work at all, seen from its structure: what is never there, never read or never changed.

A circuit that cannot learn whatever its rates and data are is refused, with the place in its file; what only looks odd is a note.
How well a circuit learns is for `crn.neural.training` to find out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crn.diagnostics import Diagnostic, Span
from crn.network import CRN, Reaction, Species
from crn.neural.circuit import LearningCircuit, Reading
from crn.structure import reachable_species, species_reaction_graph
from crn.text import PortLine

if TYPE_CHECKING:
    import networkx as nx


@dataclass(frozen=True, slots=True)
class Soundness:
    """What the structure of a circuit tells.

    Attributes
    ----------
    faults : tuple of Diagnostic
        Why the circuit cannot work; empty if it can, as far as structure tells.
    notes : tuple of str
        What is odd.
    """

    faults: tuple[Diagnostic, ...] = ()
    notes: tuple[str, ...] = ()


def check_soundness(circuit: LearningCircuit, ports: Sequence[PortLine] = ()) -> Soundness:
    """Look for what keeps a circuit from learning.

    Parameters
    ----------
    circuit : LearningCircuit
    ports : sequence of PortLine
        Where its ports are described; places of reactions are their own.

    Returns
    -------
    Soundness
        Refused are a circuit in which a parameter was meant to go up or down and cannot, because the reactions for it never fire;
        in which no output, or no parameter, can ever change or depend on what it should. Parameters may start anywhere.
    """
    look = _Look(circuit, ports)
    look.parameters()
    look.outputs()
    look.inputs()
    look.targets()
    if not look.faults:
        look.idle()
    return Soundness(tuple(look.faults), tuple(dict.fromkeys(look.notes)))


class _Look:
    """One look at a circuit."""

    def __init__(self, circuit: LearningCircuit, ports: Sequence[PortLine]) -> None:
        self.circuit, self.ports = circuit, ports
        self.crn = circuit.crn
        self.faults: list[Diagnostic] = []
        self.notes: list[str] = []
        added = [s for p in (*circuit.phases, *circuit.batch_end) for s, _ in p.add]
        start = [s for reading in circuit.parameters for s, _ in reading.terms]
        self.present = set(reachable_species(self.crn, [*added, *start]))
        self.live = [r for r in self.crn.reactions if self.present.issuperset(r.reactants.support)]
        self.dead = [r for r in self.crn.reactions if not self.present.issuperset(r.reactants.support)]
        self.influence = _influence(self.crn, self.live)

    def parameters(self) -> None:
        """Fault a parameter that is meant to move in a direction and cannot; note one that nothing changes."""
        stuck = 0
        lost: dict[Species, list[str]] = {}
        users: dict[Species, list[Reaction]] = {}
        for reading in self.circuit.parameters:
            moves = [
                (r, sum(c * _net(r, s) for s, c in reading.terms if s not in self.crn.constant))
                for r in self.crn.reactions
            ]
            moved = False
            for word, sign in (("grow", 1), ("shrink", -1)):
                meant = [r for r, effect in moves if effect * sign > 0]
                moved = moved or bool(meant)
                if meant and all(r in self.dead for r in meant):
                    for species in self._missing(meant):
                        lost.setdefault(species, []).append(f"{reading.name} can never {word}")
                        users.setdefault(species, []).extend(r for r in meant if species in r.reactants)
            if not moved:
                stuck += 1
                self.notes.append(f"no reaction changes the parameter {reading.name}")
        for species, losses in lost.items():
            self._never(species, f", so {_listed(losses)}", users[species])
        if stuck and stuck == len(self.circuit.parameters):
            self._fault(
                "no reaction changes a parameter, so nothing is learned",
                self._line("parameter", self.circuit.parameters[0].name),
                "the update makes one rail of a parameter, as in Em + B1 -> Em + B1 + P1p",
            )

    def outputs(self) -> None:
        """Fault an output that reads nothing; note a species in it that is never there."""
        for reading in self.circuit.outputs:
            absent = [s for s, _ in reading.terms if s not in self.present]
            if absent and len(absent) == len(reading.terms):
                for species in dict.fromkeys(absent):
                    self._never(species, f", so the output {reading.name} reads nothing", (), reading)
            else:
                self.notes += [
                    f"{s} is never produced: the output {reading.name} reads it as 0" for s in dict.fromkeys(absent)
                ]

    def inputs(self) -> None:
        """Fault outputs that depend on no input; note an input that none depends on."""
        read = {s for r in self.live for s in r.reactants.support}
        wanted = {s for o in self.circuit.outputs for s, _ in o.terms}
        deaf = []
        for port in self.circuit.input_names:
            carriers = [c.species for c in self.circuit.inputs if c.port == port]
            if not wanted & self._reached(carriers):
                deaf.append(port if read.intersection(carriers) else f"{port}, which no reaction reads")
        if len(deaf) == len(self.circuit.input_names) and not self.faults:
            self._fault(
                "no output depends on an input",
                self._line("output", self.circuit.outputs[0].name),
                f"no chain of reactions leads from {_words([c.species for c in self.circuit.inputs])} to what the outputs read",
            )
        else:
            self.notes += [f"no output depends on the input {port}" for port in deaf]

    def targets(self) -> None:
        """Fault parameters that depend on no target; note a target that changes no parameter."""
        wanted = {s for p in self.circuit.parameters for s, _ in p.terms}
        deaf = []
        for port in self.circuit.target_names:
            carriers = [c.species for c in self.circuit.targets if c.port == port]
            if wanted and not wanted & self._reached(carriers):
                deaf.append(port)
        if deaf and len(deaf) == len(self.circuit.target_names) and not self.faults:
            self._fault(
                "no parameter depends on a target, so nothing is learned",
                self._line("target", deaf[0]),
                f"no chain of reactions leads from {_words([c.species for c in self.circuit.targets])} to a parameter",
            )
        else:
            self.notes += [f"no parameter depends on the target {port}" for port in deaf]

    def idle(self) -> None:
        """Note the reactions that never fire, by what they lack."""
        for species in self._missing(self.dead):
            without = [r for r in self.dead if species in r.reactants]
            some = ", ".join(f"{r.equation}{_where(r)}" for r in without[:3]) + (", …" if len(without) > 3 else "")
            self.notes.append(
                f"{species} is never produced, so {len(without)} reactions never fire: {some}"
                if len(without) > 1
                else f"{species} is never produced, so a reaction never fires: {some}"
            )

    def _missing(self, reactions: Iterable[Reaction]) -> list[Species]:
        """Return what the reactions lack."""
        return list(dict.fromkeys(s for r in reactions for s in r.reactants.support if s not in self.present))

    def _reached(self, species: Iterable[Species]) -> set[Species]:
        """Return the species, and those that depend on them."""
        import networkx as nx  # takes a quarter of a second to load, and is rarely needed

        found: set[Species] = set(species)
        for s in tuple(found):
            found |= {name for kind, name in nx.descendants(self.influence, ("species", s)) if kind == "species"}
        return found

    def _never(self, species: Species, so: str, users: Sequence[Reaction], reading: Reading | None = None) -> None:
        makers = [r for r in self.crn.reactions if _net(r, species) > 0]
        why = f" ({makers[0].equation} lacks {_words(self._missing(makers[:1]))})" if makers else ""
        place = next((_span_of(r.origin.span, species) for r in users if r.origin.span is not None), None)
        if reading is not None:
            place = _span_of(self._line("output", reading.name), species)
        self._fault(
            f"{species} is never produced{why}{so}", place, f"a reaction has to make {species}, or a phase to add it"
        )

    def _fault(self, message: str, place: Span | None, advice: str) -> None:
        self.faults.append(Diagnostic(message, place, advice))

    def _line(self, kind: str, name: str) -> Span | None:
        """Return the place of a port line."""
        return next((p.span for p in self.ports if p.text.split()[:2] == [kind, name]), None)


def _influence(crn: CRN, live: Sequence[Reaction]) -> nx.DiGraph:
    """Return the graph in which an edge leads from a reactant to a reaction that can fire, and from it to what it changes."""
    graph = species_reaction_graph(CRN.build(live, dict.fromkeys(crn.species, 0.0), constant=crn.constant))
    for reaction in live:
        node = ("reaction", reaction.id)
        for species in {*reaction.reactants.support, *reaction.products.support}:
            if _net(reaction, species) and species not in crn.constant:
                graph.add_edge(node, ("species", species))
            elif graph.has_edge(node, ("species", species)):
                graph.remove_edge(node, ("species", species))
    return graph


def _net(reaction: Reaction, species: Species) -> int:
    return reaction.products[species] - reaction.reactants[species]


def _span_of(span: Span | None, species: Species) -> Span | None:
    """Return the place of a species within a place."""
    if span is None:
        return None
    match = re.compile(rf"(?<![\w']){re.escape(species)}(?![\w'])").search(span.text, span.column - 1)
    return span if match is None else Span(span.source, span.line, match.start() + 1, span.text, len(species))


def _where(reaction: Reaction) -> str:
    span = reaction.origin.span
    return f" (line {span.line})" if span is not None else ""


def _words(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(names))


def _listed(losses: Sequence[str]) -> str:
    some = list(dict.fromkeys(losses))
    return " and ".join(some) if len(some) < 3 else f"{some[0]}, and so for {len(some) - 1} more"

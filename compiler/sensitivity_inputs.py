"""What a training run depends on and may be off: rate constants, amounts and durations, one by one or in groups.

An input is a factor, 1 as planned. What follows from many inputs that are off together is `compiler.sensitivity`.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np

from compiler.exposed_tube import ExposedTube
from crn.diagnostics import CircuitError, Diagnostic
from crn.massaction import MassAction, Vector
from crn.network import Reaction
from crn.neural.circuit import LearningCircuit, Phase
from crn.neural.tube import Tube
from crn.quantities import nearest

_PLACE: Final = re.compile(r"\[[^\]]*\]")


@dataclass(frozen=True, slots=True)
class Input:
    """One factor, with everything that it multiplies.

    Attributes
    ----------
    kind : str
        One of `KINDS`.
    name : str
        Of the reaction, gate, family, species or phase.
    about : str
        For people: the equations, or nothing.
    rates, amounts : tuple of int
        Places of the reactions and of the starting amounts in the network that is simulated.
    added, phases : tuple of str
        Species whose additions it multiplies, and phases whose duration.
    """

    kind: str
    name: str
    about: str = ""
    rates: tuple[int, ...] = ()
    amounts: tuple[int, ...] = ()
    added: tuple[str, ...] = ()
    phases: tuple[str, ...] = ()


def _rates(circuit: LearningCircuit, exposed: ExposedTube) -> list[Input]:
    """Return every reaction; at DNA level every gate, all steps of it together."""
    return _grouped("rates", circuit, exposed, lambda _, gate: gate)


def _families(circuit: LearningCircuit, exposed: ExposedTube) -> list[Input]:
    """Return the reactions that play the same part for different inputs or classes together."""
    return _grouped("families", circuit, exposed, lambda formal, gate: _family(formal) or gate)


def _toeholds(circuit: LearningCircuit, exposed: ExposedTube) -> list[Input]:
    """Return the steps that begin at the same toehold together; none at formal level."""
    formal = {r.id: r.equation for r in circuit.crn.reactions}
    found: dict[str, list[int]] = {}
    for place, name in enumerate(exposed.toeholds):
        found.setdefault(name, []).append(place)

    def about(places: Sequence[int]) -> str:
        gates = dict.fromkeys(exposed.tube.law.crn.reactions[p].origin.path for p in places)
        return "; ".join(formal.get(gate, gate) for gate in gates)

    return [Input("toeholds", n, about(places), rates=tuple(places)) for n, places in found.items()]


def _grouped(
    kind: str, circuit: LearningCircuit, exposed: ExposedTube, group: Callable[[Reaction | None, str], str]
) -> list[Input]:
    formal = {r.id: r for r in circuit.crn.reactions}
    found: dict[str, list[int]] = {}
    told: dict[str, list[str]] = {}
    for place, reaction in enumerate(exposed.tube.law.crn.reactions):
        gate = reaction.id if reaction.id in formal else reaction.origin.path
        name = group(formal.get(gate), gate)
        found.setdefault(name, []).append(place)
        equation = formal[gate].equation if gate in formal else ""
        if equation and equation not in told.setdefault(name, []):
            told[name].append(equation)
    return [Input(kind, n, "; ".join(told.get(n, ())), rates=tuple(places)) for n, places in found.items()]


def _family(reaction: Reaction | None) -> str:
    return _PLACE.sub("", reaction.origin.path) if reaction is not None else ""


def _additions(circuit: LearningCircuit, exposed: ExposedTube) -> list[Input]:
    """Return the strength of every stock that is added from."""
    del exposed
    species = dict.fromkeys(s for p in (*circuit.phases, *circuit.batch_end) for s, _ in p.add)
    return [Input("additions", s, added=(s,)) for s in species]


def _start(circuit: LearningCircuit, exposed: ExposedTube) -> list[Input]:
    """Return what is there before the first sample."""
    return [Input("start", s, amounts=(exposed.tube.dose[s],)) for s, amount in circuit.crn.initial if amount]


def _phases(circuit: LearningCircuit, exposed: ExposedTube) -> list[Input]:
    """Return the duration of every phase."""
    del exposed
    return [Input("phases", p.name, phases=(p.name,)) for p in (*circuit.phases, *circuit.batch_end)]


def _fuels(circuit: LearningCircuit, exposed: ExposedTube) -> list[Input]:
    """Return the concentration of every fuel, at the start and in what tops it up; none at formal level."""
    del circuit
    return [Input("fuels", exposed.tube.law.species[i], amounts=(i,)) for i in exposed.fuels]


KINDS: Final[Mapping[str, Callable[[LearningCircuit, ExposedTube], list[Input]]]] = MappingProxyType(
    {
        "rates": _rates,
        "families": _families,
        "toeholds": _toeholds,
        "additions": _additions,
        "start": _start,
        "phases": _phases,
        "fuels": _fuels,
    }
)
"""The kinds of inputs, each with what lists them."""

_SPEEDS: Final = ("rates", "families", "toeholds")
_OF_DNA: Final = ("toeholds", "fuels")
USUAL: Final = ("rates", "additions", "start", "phases")


def inputs_of(kinds: Sequence[str], circuit: LearningCircuit, exposed: ExposedTube) -> tuple[Input, ...]:
    """Return the inputs of the given kinds.

    Raises
    ------
    CircuitError
        If there is no such kind, or the circuit has nothing of it.
    """
    found: list[Input] = []
    for kind in kinds:
        if kind not in KINDS:
            advice = nearest(kind, KINDS) or f"known: {', '.join(KINDS)}"
            raise CircuitError(Diagnostic(f"there are no inputs called {kind!r}", advice=advice))
        some = KINDS[kind](circuit, exposed)
        if not some:
            advice = "take --level dna, or leave it out" if kind in _OF_DNA else "leave it out"
            raise CircuitError(Diagnostic(f"{circuit.name} has no {kind} that could be off", advice=advice))
        found += some
    same = [kind for kind in _SPEEDS if kind in kinds]
    if len(same) > 1:
        raise CircuitError(f"{' and '.join(same)} are the same rate constants; name one of them")
    return tuple(found)


def varied(
    circuit: LearningCircuit, tube: Tube, inputs: Sequence[Input], factors: Iterable[float]
) -> tuple[LearningCircuit, Tube]:
    """Return the circuit and its tube with every input multiplied by its factor."""
    rates = np.array([r.k for r in tube.law.crn.reactions])
    start, top_up = tube.start.copy(), None if tube.top_up is None else tube.top_up.copy()
    added: dict[str, float] = {}
    phases: dict[str, float] = {}
    for one, factor in zip(inputs, factors, strict=True):
        rates[list(one.rates)] *= factor
        start[list(one.amounts)] *= factor
        if top_up is not None:
            top_up[list(one.amounts)] *= factor
        added |= dict.fromkeys(one.added, float(factor))
        phases |= dict.fromkeys(one.phases, float(factor))
    return _dosed(circuit, added, phases), dataclasses.replace(
        tube, law=_law(tube.law, rates), start=start, top_up=top_up
    )


def _law(law: MassAction, rates: Vector) -> MassAction:
    reactions = tuple(dataclasses.replace(r, k=float(k)) for r, k in zip(law.crn.reactions, rates, strict=True))
    return MassAction(dataclasses.replace(law.crn, reactions=reactions))


def _dosed(circuit: LearningCircuit, added: Mapping[str, float], phases: Mapping[str, float]) -> LearningCircuit:
    def phase(given: Phase) -> Phase:
        doses = tuple((s, None if a is None else a * added.get(s, 1.0)) for s, a in given.add)
        return dataclasses.replace(given, add=doses, wait=given.wait * phases.get(given.name, 1.0))

    return dataclasses.replace(
        circuit,
        inputs=tuple(dataclasses.replace(c, scale=c.scale * added.get(c.species, 1.0)) for c in circuit.inputs),
        targets=tuple(dataclasses.replace(c, scale=c.scale * added.get(c.species, 1.0)) for c in circuit.targets),
        phases=tuple(map(phase, circuit.phases)),
        batch_end=tuple(map(phase, circuit.batch_end)),
    )

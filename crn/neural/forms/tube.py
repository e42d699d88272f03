"""The add-only form: nothing is ever taken out of the tube, so everything that has to go has a reaction that removes it.

This project's own form of the two-phase circuits of arXiv 2409.00034. What is dosed fades by itself and so ends its own phase: an
input of x drives the state with ``x exp(-t)``. What a phase leaves behind is destroyed by a strand that comes with the next one and
fades as well. The same rewriting serves every two-phase circuit whose clock is additions.
"""

from __future__ import annotations

import dataclasses

from crn.network import CRN, Bag, Origin, Reaction, Species
from crn.neural.circuit import LearningCircuit, Phase
from crn.neural.neural_ode import NeuralODE, OdeModel

FADING = 1.0
"""Rate at which inputs fade: it sets the unit of time."""

BRIEF = 2.0
"""Rate at which the strands fade that hand over or remove."""

DOSE = 4.0
"""How much of those strands is added: more of it allows for smaller rate constants, which set the hours of the laboratory."""

CLEARING = 5.0
"""Rate constant of removal; its strand removes all but exp(-DOSE CLEARING / BRIEF) of what a sample leaves behind."""

FORWARD, FEEDBACK, CLEARED = 4.0, 5.0, 4.0
"""How long the phases last, in lives of an input strand."""

CLEAR = "CX"
"""The strand that removes what a sample has left behind."""


def add_only(circuit: LearningCircuit, ode: NeuralODE) -> LearningCircuit:
    """Return a circuit that needs no flush, from its two-phase form with the clock ``additions``.

    Parameters
    ----------
    circuit : LearningCircuit
    ode : NeuralODE
        Its page of mathematics; the prediction is that with fading inputs.
    """
    reactions = list(circuit.crn.reactions)
    dosed = {s for p in (*circuit.phases, *circuit.batch_end) for s, _ in p.add}
    catalysts = [
        s for s in circuit.crn.species if s in dosed and not any(r.products[s] < r.reactants[s] for r in reactions)
    ]
    clocks = {s for s in catalysts if s.startswith("C")}
    # Inputs and clocks take part as catalysts only, so a decay of their own is what ends them.
    fading = {s: BRIEF if s in clocks else FADING for s in catalysts if not _accumulates(s, reactions)}
    leaving = {s for r in reactions for s in r.reactants.support if _leaves(r, s, clocks)} | set(fading)

    def write(path: str, left: list[Species], right: list[Species], k: float) -> None:
        reactions.append(Reaction(f"r{len(reactions) + 1}", Bag.of(*left), Bag.of(*right), k, Origin(path)))

    for species, rate in fading.items():
        write(f"always/timer[{species}]", [species], [], rate)
    phases = []
    waits = [FORWARD, *[p.wait for p in circuit.phases[1:-1]], FEEDBACK]
    for number, (phase, wait) in enumerate(zip(circuit.phases, waits, strict=True)):
        add = [(s, DOSE if s in clocks else a) for s, a in phase.add]
        gone = [s for s in phase.flush if s not in leaving] if number else []
        if gone:
            switch = next((s for s, _ in phase.add if s in clocks), None)
            if switch is None:
                switch = "CB"
                add.append((switch, DOSE))
                write(f"always/timer[{switch}]", [switch], [], BRIEF)
            for species in gone:
                write(f"{phase.name}/clear[{species}]", [species, switch], [switch], CLEARING)
                leaving.add(species)
        phases.append(Phase(phase.name, tuple(add), wait, step=phase.step))
    rest = [s for s in circuit.phases[0].flush if s not in leaving]
    for species in rest:
        write(f"clear/clear[{species}]", [species, CLEAR], [CLEAR], CLEARING)
    if rest:
        write(f"always/timer[{CLEAR}]", [CLEAR], [], BRIEF)
        phases.append(Phase("clear", ((CLEAR, DOSE),), CLEARED))
    return dataclasses.replace(
        circuit,
        crn=CRN.build(reactions, dict(circuit.crn.initial)),
        phases=tuple(phases),
        batch_end=tuple(
            dataclasses.replace(p, add=tuple((s, DOSE) for s, _ in p.add), flush=(), wait=CLEARED)
            for p in circuit.batch_end
        ),
        model=OdeModel(dataclasses.replace(ode, duration=FORWARD), fading=FADING),
    )


def _accumulates(species: Species, reactions: list[Reaction]) -> bool:
    """Whether a reaction makes the species."""
    return any(r.products[species] > r.reactants[species] for r in reactions)


def _leaves(reaction: Reaction, species: Species, clocks: set[Species]) -> bool:
    """Whether a reaction uses the species up with nothing but a clock, or all by itself."""
    others = [s for s in reaction.reactants.support if s != species]
    return reaction.reactants[species] == 1 and reaction.products[species] == 0 and all(s in clocks for s in others)

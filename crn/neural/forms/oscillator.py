"""A clock of its own: a ring of six autocatalytic reactions that switches the phases, so that nobody has to.

``X1 + X2 -> 2 X2, ..., X6 + X1 -> 2 X1``: each species is eaten by the next one, so that they are abundant in turn (A. J. Lotka
1920; as a clock for molecular programs in M. Vasic, D. Soloveichik and S. Khurshid, "CRN++", Natural Computing 19, 391-407
(2020), doi:10.1007/s11047-019-09775-1). The first, third and fifth gate forward, feedback and clearing, and those between keep the
phases apart; samples are added while the sixth is abundant. The oscillation is neutrally stable: it neither damps nor corrects
itself.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

from crn.diagnostics import CircuitError
from crn.network import CRN, Bag, Origin, Reaction, Species
from crn.neural.circuit import LearningCircuit, Phase

RING: tuple[Species, ...] = ("CF", "CG", "CB", "CH", "CC", "CI")
"""Forward, a pause, feedback, a pause, clearing, and the pause in which samples are added."""

CLEARING = 20.0
"""How many lives of what a sample left behind a pulse of the clearing species lasts."""


@dataclass(frozen=True, slots=True)
class Ring:
    """A travelling wave of the ring.

    With amounts ``(1/2, 1/2, 2 e, e, e, 2 e)`` at the crossing of two species, up to terms of order e^2, every species follows
    the one before it after ``tau = ln(1/e) / k``, unchanged: after 6 tau the ring is where it was.

    Attributes
    ----------
    rest : float
        e: what is left of a species while others are abundant, where 1 is abundant.
    k : float
        Rate constant of the six reactions.
    """

    rest: float
    k: float

    @property
    def turn(self) -> float:
        """Time from one species to the next; also the integral of one over a pulse."""
        return math.log(1 / self.rest) / self.k

    @property
    def period(self) -> float:
        """Time after which the ring is where it was."""
        return 6 * self.turn

    def start(self) -> dict[Species, float]:
        """Return the amounts at the moment when the clearing species gives way to the pause in which samples are added."""
        e = self.rest
        amounts = ((1 - 6 * e) / 2, (1 - 6 * e) / 2, 2 * e, e, e, 2 * e)
        return dict(zip((RING[4:] + RING[:4]), amounts, strict=True))

    def reactions(self, first: int) -> list[Reaction]:
        """Return the six reactions, numbered from `first`."""
        pairs = zip(RING, RING[1:] + RING[:1], strict=True)
        return [
            Reaction(f"r{first + n}", Bag.of(a, b), Bag.of(b, b), self.k, Origin(f"clock/ring[{a}]"))
            for n, (a, b) in enumerate(pairs)
        ]


def self_clocked(circuit: LearningCircuit, rest: float = 1e-6) -> LearningCircuit:
    """Return a circuit whose phases are switched by a ring, from its two-phase form with the clock ``catalyst``.

    Everything but the parameters and what a sample adds is removed while the clearing species is abundant, so that nothing is
    flushed and nothing but samples is added.

    Parameters
    ----------
    circuit : LearningCircuit
        With the clock species CF and CB.
    rest : float
        What is left of a clock species while others are abundant; smaller is sharper and slower.
    """
    if circuit.batch_end:
        raise CircuitError("an oscillator switches the phases of every sample alike; batches need clock=additions")
    forward, feedback = circuit.phases
    # A pulse of the forward species has the duration of the forward phase as its integral.
    ring = Ring(rest, math.log(1 / rest) / forward.wait)
    stretch = feedback.wait / forward.wait
    reactions = [dataclasses.replace(r, k=r.k * stretch) if "CB" in r.reactants else r for r in circuit.crn.reactions]
    for species in (s for s in forward.flush if s not in RING):
        name, path = f"r{len(reactions) + 1}", f"clear/{species}"
        clear = CLEARING / ring.turn
        reactions.append(Reaction(name, Bag.of(species, "CC"), Bag.of("CC"), clear, Origin(path)))
    reactions += ring.reactions(len(reactions) + 1)
    load = tuple((s, a) for s, a in forward.add if s not in RING)
    tau = ring.turn
    return dataclasses.replace(
        circuit,
        crn=CRN.build(reactions, dict(circuit.crn.initial) | ring.start()),
        phases=(Phase("clear", (), tau / 2), Phase("forward", load, 2 * tau), Phase("feedback", (), 3.5 * tau)),
        read_after=1,
    )

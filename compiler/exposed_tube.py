"""A tube with what is needed to disturb it, at either level, and what one laboratory would have in its place.

How large errors are is said in `compiler.noise`; what becomes of a training run in a disturbed tube is `compiler.explore`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from compiler.compilation import Compiled, CompileOptions, compile_crn
from compiler.dna_level import counted, dna_tube
from compiler.noise import Noise
from compiler.reduced_tube import dosed, reduced_tube
from compiler.training import peak_amounts, topped_up
from crn.diagnostics import CircuitError, Diagnostic
from crn.massaction import MassAction
from crn.network import CRN, Bag, Reaction
from crn.neural.circuit import LearningCircuit
from crn.neural.samples import Dataset
from crn.neural.training import Regime, train
from crn.neural.tube import Tube
from crn.simulate import SIMULATORS
from crn.simulate.perturbation import factors, faster
from crn.simulate.reduction import reduce_exactly
from dsd.leaks import find_leaks
from dsd.schemes import Role
from dsd.system import DsdSystem

ACCURACY = 1e-3
"""Relative error that is allowed for a step at DNA level.

In runs of the tube of the linear regression with errors of 10 % no loss and no parameter moved by more than 4e-5 of itself against
1e-7; it takes half the time of the 1e-5 with which a single run is trained."""


@dataclass(frozen=True, eq=False)
class ExposedTube:
    """A tube with what is needed to disturb it.

    Attributes
    ----------
    tube : Tube
    fuels : tuple of int
        Places of the species that are fuels; none at formal level.
    leaks : tuple of Reaction
        What fuels do to one another, with the rate constant 1 /M/s.
    toeholds : tuple of str
        For every reaction the toehold at which it begins; none at formal level.
    """

    tube: Tube
    fuels: tuple[int, ...] = ()
    leaks: tuple[Reaction, ...] = ()
    toeholds: tuple[str, ...] = ()

    def disturbed(self, noise: Noise, rng: np.random.Generator) -> Tube:
        """Return the tube as one laboratory would have it."""
        tube, crn = self.tube, self.tube.law.crn
        speed = factors(noise.rates, len(crn.reactions), rng)
        if noise.toeholds:
            names = list(dict.fromkeys(self.toeholds))
            of_toehold = dict(zip(names, factors(noise.toeholds, len(names), rng), strict=True))
            speed *= np.array([of_toehold[t] for t in self.toeholds])
        crn = faster(crn, speed)
        if noise.leak and self.leaks:
            crn = _with_leaks(crn, self.leaks, noise.leak * factors(noise.rates, len(self.leaks), rng))
        start = tube.start * factors(noise.concentrations, len(tube.start), rng)
        good = np.ones(len(start))
        good[list(self.fuels)] = 1 - 2 * noise.malformed * rng.random(len(self.fuels))
        top_up = None
        if tube.top_up is not None:  # one mix for the whole run, prepared once
            top_up = tube.top_up * good * factors(noise.pipetting, len(start), rng)
        return dataclasses.replace(tube, law=MassAction(crn), start=start * good, top_up=top_up)


def _with_leaks(crn: CRN, leaks: Sequence[Reaction], rates: Iterable[float]) -> CRN:
    added = tuple(dataclasses.replace(r, k=float(k)) for r, k in zip(leaks, rates, strict=True))
    return dataclasses.replace(crn, reactions=crn.reactions + added)


def exposed_formal(circuit: LearningCircuit, noise: Noise) -> ExposedTube:
    """Return the tube of the abstract network.

    Raises
    ------
    CircuitError
        If the noise needs DNA.
    """
    if noise.needs_dna:
        raise CircuitError(
            Diagnostic(f"{noise.needs_dna} is an error of DNA", advice="take --level dna, or leave it out")
        )
    return ExposedTube(Tube.of(circuit))


def exposed_dna(
    circuit: LearningCircuit,
    data: Dataset,
    validation: Dataset,
    epochs: int,
    options: CompileOptions,
    noise: Noise,
    top_up: str | Mapping[str, float] = "every-sample",
    regime: Regime = Regime(),
    accuracy: float = ACCURACY,
    compiled: Compiled | None = None,
) -> ExposedTube:
    """Return the tube of a compiled circuit, topped up by what the circuit without errors uses.

    What is compiled already, with the same options for the same data, need not be compiled again.

    Strands that differ only in a history that hangs loose go through the same steps, at the same toehold and through the same
    branch migration: they are summed before anything is disturbed, so that the errors of such steps are one. Where molecules are
    counted, only what plays no part is left out.
    """
    counting = dataclasses.replace(circuit, crn=counted(circuit.crn))
    quiet = train(counting, Tube.of(counting), data, None, epochs, SIMULATORS[0], regime=regime)
    if compiled is None:
        compiled = compile_crn(circuit.crn, options, peak_amounts(circuit, [data, validation]))
    used = dict(zip(counting.crn.species, quiet.end.tolist(), strict=True))
    tube = dna_tube(compiled.state, accuracy, topped_up(compiled, used, top_up, epochs * len(data)))
    leaks = _leaks(compiled.system, tube.law.index) if noise.leak else ()
    if not leaks:
        found = reduce_exactly(tube.law.crn, tube.readout, dosed(tube), lumped=not noise.by_chance, conserved=False)
        tube = reduced_tube(tube, found)
    fuels = [e.complex.name for e in compiled.system.of_role(Role.FUEL, Role.BUFFER)]
    places = tuple(tube.law.index[f] for f in fuels if f in tube.law.index)
    return ExposedTube(tube, places, leaks, _toeholds(compiled.system, tube.law.crn) if noise.toeholds else ())


def _toeholds(system: DsdSystem, crn: CRN) -> tuple[str, ...]:
    """Return the toehold of every reaction by name: what is free on one side and has its complement free on the other."""
    known = {e.complex.name: e.complex for e in system.entries}
    found = []
    for reaction in crn.reactions:
        sides = [known[s].free_domains for s in reaction.reactants.elements()]
        # A complex that goes on by itself has no toehold to find, and a pace of its own.
        shared = [d for d in sides[0] if ~d in sides[1]] if len(sides) == 2 else []
        shortest = min((d.length for d in shared), default=0)
        found.append(" ".join(sorted({d.name for d in shared if d.length == shortest})) or reaction.id)
    return tuple(found)


def _leaks(system: DsdSystem, simulated: Collection[str]) -> tuple[Reaction, ...]:
    """Return what a fuel frees from another without a toehold, where it is a strand that something happens to."""
    known = {e.complex.strands: e.complex.name for e in system.entries if len(e.complex.strands) == 1}
    found = []
    for number, leak in enumerate(find_leaks(system)):
        freed = known.get((leak.freed,), "")
        if freed in simulated:
            pair = Bag.of(leak.invader.name, leak.target.name)
            found.append(Reaction(f"leak.{number}", pair, Bag.of(freed), 1.0))
    return tuple(found)

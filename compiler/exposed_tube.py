"""A tube with what is needed to disturb it, at either level, and what one laboratory would have in its place.

How large errors are is said in `compiler.noise`; what becomes of a training run in a disturbed tube is `compiler.explore`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from compiler.compilation import CompileOptions, compile_crn
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
from crn.simulate.perturbation import factors, other_rates
from crn.simulate.reduction import reduce_exactly
from dsd.leaks import find_leaks
from dsd.schemes import Role
from dsd.system import DsdSystem


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
    """

    tube: Tube
    fuels: tuple[int, ...] = ()
    leaks: tuple[Reaction, ...] = ()

    def disturbed(self, noise: Noise, rng: np.random.Generator) -> Tube:
        """Return the tube as one laboratory would have it."""
        tube, crn = self.tube, other_rates(self.tube.law.crn, noise.rates, rng)
        if noise.leak and self.leaks:
            crn = _with_leaks(crn, self.leaks, noise.leak * factors(noise.rates, len(self.leaks), rng))
        start = tube.start * factors(noise.concentrations, len(tube.start), rng)
        good = np.ones(len(start))
        good[list(self.fuels)] = 1 - 2 * noise.malformed * rng.random(len(self.fuels))
        top_up = None if tube.top_up is None else tube.top_up * good
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
) -> ExposedTube:
    """Return the tube of a compiled circuit, topped up by what the circuit without errors uses.

    Where nothing is disturbed that tells reactions apart which were alike, and no molecules are counted, the network is made
    smaller by what changes no reading; otherwise only what plays no part is left out.
    """
    counting = dataclasses.replace(circuit, crn=counted(circuit.crn))
    quiet = train(counting, Tube.of(counting), data, None, epochs, SIMULATORS[0], regime=regime)
    compiled = compile_crn(circuit.crn, options, peak_amounts(circuit, [data, validation]))
    used = dict(zip(counting.crn.species, quiet.end.tolist(), strict=True))
    tube = dna_tube(compiled.state, top_up=topped_up(compiled, used, top_up, epochs * len(data)))
    leaks = _leaks(compiled.system, tube.law.index) if noise.leak else ()
    if not leaks:
        alike = not (noise.rates or noise.malformed or noise.concentrations or noise.molecules)
        found = reduce_exactly(tube.law.crn, tube.readout, dosed(tube), lumped=alike, conserved=False)
        tube = reduced_tube(tube, found)
    fuels = [e.complex.name for e in compiled.system.of_role(Role.FUEL, Role.BUFFER)]
    return ExposedTube(tube, tuple(tube.law.index[f] for f in fuels if f in tube.law.index), leaks)


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

"""A learning circuit: a network with ports, phases and a read-out.

The ports say which species carry an input or a target and how an output or a parameter is read; the phases say what is added
when. Which reactions make a circuit learn is the business of its family's file, and running it that of `crn.neural.training`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol as Interface

import numpy as np

from crn.diagnostics import CircuitError
from crn.massaction import Vector
from crn.network import CRN, Species
from crn.neural.classes import Classes
from crn.neural.schedule import CONSTANT, Schedule
from crn.protocol import Addition, Flush, Protocol

ABOUT = ("least", "mean")
"""What of the data the offset of a carrier may be."""


@dataclass(frozen=True, slots=True)
class Carrier:
    """One species that is dosed with the value of a port.

    Attributes
    ----------
    port : str
        Name of the input or target.
    species : Species
    rail : int
        +1 if the species takes the positive part of the value, -1 if it takes the negative part.
    scale : float
        Formal amount added per unit of the value.
    offset : float
        What is taken off the value before: an input between 0 and 1 is dosed about 0 with an offset of 1/2.
    about : {'', 'least', 'mean'}
        What of the data the offset is to be, once they are known; see `crn.neural.dosing`.
    """

    port: str
    species: Species
    rail: int = 1
    scale: float = 1.0
    offset: float = 0.0
    about: str = ""

    def amount(self, value: float) -> float:
        """Return the formal amount to add for a value of the port."""
        return max(0.0, self.rail * (value - self.offset)) * self.scale


@dataclass(frozen=True, slots=True)
class Reading:
    """A quantity read from a state: a linear combination of amounts and, for an output, of the known targets.

    Attributes
    ----------
    name : str
    terms : tuple of (Species, float)
    target_terms : tuple of (str, float)
        Empty for a parameter.
    """

    name: str
    terms: tuple[tuple[Species, float], ...]
    target_terms: tuple[tuple[str, float], ...] = ()

    def value(self, amounts: Mapping[Species, float], targets: Mapping[str, float] | None = None) -> float:
        """Return the quantity; targets that are not given count as 0, as they were not added either."""
        known = targets or {}
        return sum(c * amounts[s] for s, c in self.terms) + sum(c * known.get(t, 0.0) for t, c in self.target_terms)


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of the protocol of one sample.

    Attributes
    ----------
    name : str
    add : tuple of (Species, float or None)
        What is added at its start: a fixed formal amount, or None for the value of the ports that the species carries.
    wait : float
        Duration, in formal time.
    flush : tuple of Species
        Removed at its start, before anything is added: an ideal that no pipette can do, empty in a tube.
    step : tuple of Species
        Those of the added species whose amount the step of the parameters is proportional to.
    """

    name: str
    add: tuple[tuple[Species, float | None], ...]
    wait: float
    flush: tuple[Species, ...] = ()
    step: tuple[Species, ...] = ()


class Model(Interface):
    """The prediction of a circuit as a formula of its parameters."""

    def predict_all(self, parameters: Sequence[float] | Vector, inputs: Vector) -> Vector:
        """Return the outputs in the order of the targets, shape (N, Q), for inputs of shape (N, D).

        Parameters are numbers, or rows of N of them: one for every sample.
        """


@dataclass(frozen=True, slots=True)
class LinearModel:
    """The prediction that a linear circuit makes, as a formula of its parameters.

    ``yhat = sum_i (offset + gain * P_i) * (x_i - origin_i) + constant + level``, with the bias, where there is one, as the last
    parameter at x = 1.

    Attributes
    ----------
    gain, offset, constant : float
    bias : bool
    origins : tuple of float
        What is taken off the inputs before they are dosed; empty for nothing.
    level : float
        What is taken off the target.
    """

    gain: float = 1.0
    offset: float = 0.0
    constant: float = 0.0
    bias: bool = False
    origins: tuple[float, ...] = ()
    level: float = 0.0

    def predict_all(self, parameters: Sequence[float] | Vector, inputs: Vector) -> Vector:
        """Return the predictions, shape (N, 1), for inputs of shape (N, D)."""
        count = inputs.shape[1]
        total = np.full(len(inputs), self.constant + self.level)
        taken = self.origins or (0.0,) * count
        for p, x, origin in zip(parameters[:count], inputs.T, taken, strict=True):
            total += (self.offset + self.gain * p) * (x - origin)
        return (total + self.gain * parameters[count] if self.bias else total)[:, None]

    def formula(self, inputs: Sequence[str], parameters: Sequence[str]) -> str:
        """Return what is predicted of data that something is taken off, for people."""

        def plus(number: float) -> str:
            return f"{'-' if number < 0 else '+'} {abs(number):.4g}"

        terms = [f"{p} ({x} {plus(-o)})" for p, x, o in zip(parameters, inputs, self.origins, strict=False)]
        terms += parameters[len(inputs) :]
        return f"{' + '.join(terms)} {plus(self.constant + self.level)}"


@dataclass(frozen=True)
class LearningCircuit:
    """A network that learns.

    Attributes
    ----------
    name : str
        As the command line spells it, options included.
    crn : CRN
        Its initial amounts hold the initial parameters.
    inputs, targets : tuple of Carrier
        Several carriers may share a port.
    outputs, parameters : tuple of Reading
        One output for each target, in the same order.
    phases : tuple of Phase
        What is done for one sample.
    read_after : int
        The place of the phase at whose end the outputs are read.
    batch_end : tuple of Phase
        What is done after the last sample of every batch; empty where each sample updates the parameters itself.
    model : Model, optional
        The prediction as a formula of the parameters, where there is one.
    classes : Classes, optional
        How the outputs become classes, unless the data say it themselves.
    schedule : Schedule
        How its step shrinks, unless another schedule is asked for.
    """

    name: str
    crn: CRN
    inputs: tuple[Carrier, ...]
    targets: tuple[Carrier, ...]
    outputs: tuple[Reading, ...]
    parameters: tuple[Reading, ...]
    phases: tuple[Phase, ...]
    model: Model | None = None
    read_after: int = 0
    batch_end: tuple[Phase, ...] = ()
    classes: Classes | None = None
    schedule: Schedule = CONSTANT

    def __post_init__(self) -> None:
        known = set(self.crn.species)
        phases = self.phases + self.batch_end
        named = [c.species for c in self.inputs + self.targets]
        named += [s for r in self.outputs + self.parameters for s, _ in r.terms]
        named += [s for p in phases for s, _ in p.add] + [s for p in phases for s in (*p.flush, *p.step)]
        unknown = sorted(set(named) - known)
        if unknown:
            raise CircuitError(f"the ports name {', '.join(unknown)}, which no reaction of {self.name} has")
        if not self.phases or any(p.wait <= 0 for p in phases):
            raise CircuitError(f"{self.name} needs at least one phase, and every phase a positive duration")
        if not 0 <= self.read_after < len(self.phases):
            raise CircuitError(f"{self.name} has no phase {self.read_after + 1} to read its outputs after")
        if len(self.outputs) != len(self.target_names):
            raise CircuitError(f"{self.name} has {len(self.outputs)} outputs for {len(self.target_names)} targets")
        if self.classes is not None and self.classes.outputs != len(self.outputs):
            raise CircuitError(
                f"{self.name} has {len(self.outputs)} outputs, and its classes ask for {self.classes.outputs}"
            )
        carried = {c.species for c in self.inputs + self.targets}
        for phase in phases:
            for species, amount in phase.add:
                if amount is None and species not in carried:
                    raise CircuitError(f"phase {phase.name} adds {species}, which carries no port, without an amount")

    @property
    def input_names(self) -> tuple[str, ...]:
        """The input ports, in order."""
        return tuple(dict.fromkeys(c.port for c in self.inputs))

    @property
    def target_names(self) -> tuple[str, ...]:
        """The target ports, in order."""
        return tuple(dict.fromkeys(c.port for c in self.targets))

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """The parameters, in order."""
        return tuple(p.name for p in self.parameters)

    @property
    def formula(self) -> str:
        """What is predicted, where something is taken off the data; empty where parameters speak for themselves."""
        if isinstance(self.model, LinearModel) and self.model.origins:
            return self.model.formula(self.input_names, self.parameter_names)
        return ""

    @property
    def ideal(self) -> bool:
        """Whether a phase removes something, which no pipette can do."""
        return any(p.flush for p in self.phases + self.batch_end)

    @property
    def sample_time(self) -> float:
        """Duration of one sample, in formal time."""
        return sum(p.wait for p in self.phases)

    @property
    def batch_time(self) -> float:
        """Duration of what ends a batch, in formal time."""
        return sum(p.wait for p in self.batch_end)

    def events(
        self, phase: Phase, values: Mapping[str, float], time: float, *, step: float = 1.0
    ) -> list[Addition | Flush]:
        """Return what is done at the start of a phase, at formal time `time`; ports without a value are not dosed.

        `step` multiplies what the step of the parameters is proportional to: the learning-rate schedule.
        """
        found: list[Addition | Flush] = [Flush(time, phase.flush)] if phase.flush else []
        doses: dict[Species, float] = {}
        for species, fixed in phase.add:
            if fixed is not None:
                doses[species] = doses.get(species, 0.0) + fixed
                continue
            for carrier in self.inputs + self.targets:
                if carrier.species == species and carrier.port in values:
                    doses[species] = doses.get(species, 0.0) + carrier.amount(values[carrier.port])
        paced = dict.fromkeys(phase.step, step)
        found += [Addition(time, s, amount * paced.get(s, 1.0)) for s, amount in doses.items() if amount > 0]
        return found

    def check(self, values: Mapping[str, float]) -> None:
        """Raise a `CircuitError` if a value is below what is taken off it and its port has no species for the negative part."""
        carriers = self.inputs + self.targets
        negative = {(c.port, c.offset, c.about) for c in carriers if c.rail < 0}
        lowest = {c.port: c.offset for c in carriers if c.rail > 0 and (c.port, c.offset, c.about) not in negative}
        for port, value in values.items():
            if value < lowest.get(port, value):
                raise CircuitError(
                    f"{port} = {value:g} is below {lowest[port]:g}, but {self.name} carries {port} on one rail only; "
                    "use the option rails=dual, or shift the data"
                )

    def protocol(self, sample: Mapping[str, float]) -> Protocol:
        """Return the timed additions of one sample, in formal units."""
        self.check(sample)
        time, found = 0.0, []
        for phase in self.phases:
            found += self.events(phase, sample, time)
            time += phase.wait
        return Protocol(tuple(found), time)

    def readout(self, amounts: Mapping[Species, float], targets: Mapping[str, float] | None = None) -> dict[str, float]:
        """Return every output, given the amounts at the end of the phase it is read after; a target not given was not dosed."""
        known = {c.port: c.offset for c in self.targets} | dict(targets or {})
        return {r.name: r.value(amounts, known) for r in self.outputs}

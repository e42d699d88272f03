"""Does a circuit still learn when the world is rough: many training runs with errors drawn anew, at either level.

The errors are those of `compiler.noise`; each replicate disturbs one prepared tube, trains it with unsteady hands, and is judged by
validation with additions that are free of errors, beside one with the same errors. How replicates are spread is said in
`crn.simulate.ensemble`, and who executes them in `compiler.executors`.
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
from crn.neural.evaluation import half_mean_square, predict
from crn.neural.samples import Dataset, inputs, targets
from crn.neural.training import Regime, TrainingRun, train
from crn.neural.tube import Tube
from crn.simulate import SIMULATORS, Simulator
from crn.simulate.ensemble import Row, Share, Task, quantiles, share
from crn.simulate.perturbation import Clumsy, factors, other_rates
from crn.simulate.reduction import reduce_exactly
from crn.simulate.ssa import ExactSSA
from dsd.leaks import find_leaks
from dsd.schemes import Role
from dsd.system import DsdSystem

SUCCESS = 1.25
"""A run succeeds if its loss is at most this many times that without errors."""

LOSS, LOSS_OF_HANDS = "validation_loss", "validation_loss_same_errors"
"""Columns: judged with additions free of errors, and with the errors of the run itself."""


@dataclass(frozen=True, eq=False)
class Bench:
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


@dataclass(frozen=True, eq=False)
class TrainingTask(Task):
    """One training run with errors.

    Attributes
    ----------
    circuit : LearningCircuit
    bench : Bench
    data, validation : Dataset
    epochs : int
    noise : Noise
    regime : Regime
    max_events : int
        Of a stochastic run, for one phase.
    """

    circuit: LearningCircuit
    bench: Bench
    data: Dataset
    validation: Dataset
    epochs: int
    noise: Noise
    regime: Regime = Regime()
    max_events: int = 200_000_000

    def run(self, rng: np.random.Generator) -> Row:
        """Train once; a run that did not reach its end has no number for a loss."""
        tube = self.bench.disturbed(self.noise, rng)
        inner: Simulator = SIMULATORS[0]
        if self.noise.molecules:
            inner = ExactSSA(self.noise.molecules, rng, self.max_events).in_units(tube.factor)
        hands = Clumsy(inner, self.noise.pipetting, self.noise.phases, rng)
        done = train(self.circuit, tube, self.data, None, self.epochs, hands, regime=self.regime)
        row = {"reached": float(done.outcome.ok), "train_loss": _last(done)}
        row[LOSS] = self._loss(tube, done, inner)
        row[LOSS_OF_HANDS] = self._loss(tube, done, hands)
        if self.circuit.model is not None:
            wanted = targets(self.circuit, self.validation)
            found = self.circuit.model.predict_all(list(done.final), inputs(self.circuit, self.validation))
            row["validation_loss_of_parameters"] = half_mean_square(found, wanted)
        return row | dict(zip(self.circuit.parameter_names, done.final, strict=True))

    def _loss(self, tube: Tube, done: TrainingRun, simulator: Simulator) -> float:
        if not done.outcome.ok:
            return float("nan")
        read, outcome = predict(self.circuit, tube, done.end, inputs(self.circuit, self.validation), simulator)
        return half_mean_square(read, targets(self.circuit, self.validation)) if outcome.ok else float("nan")


def _last(done: TrainingRun) -> float:
    return done.train_loss[-1] if done.outcome.ok else float("nan")


def formal_bench(circuit: LearningCircuit, noise: Noise) -> Bench:
    """Return the bench of the abstract network.

    Raises
    ------
    CircuitError
        If the noise needs DNA.
    """
    if noise.needs_dna:
        raise CircuitError(
            Diagnostic(f"{noise.needs_dna} is an error of DNA", advice="take --level dna, or leave it out")
        )
    return Bench(Tube.of(circuit))


def dna_bench(
    circuit: LearningCircuit,
    data: Dataset,
    validation: Dataset,
    epochs: int,
    options: CompileOptions,
    noise: Noise,
    top_up: str = "every-sample",
    regime: Regime = Regime(),
) -> Bench:
    """Return the bench of a compiled circuit, topped up by what the circuit without errors uses.

    Where no rate constant is disturbed, the network is made smaller by what changes no reading; disturbed ones tell reactions apart
    that were alike, and then only what plays no part is left out.
    """
    counting = dataclasses.replace(circuit, crn=counted(circuit.crn))
    quiet = train(counting, Tube.of(counting), data, None, epochs, SIMULATORS[0], regime=regime)
    compiled = compile_crn(circuit.crn, options, peak_amounts(circuit, [data, validation]))
    used = dict(zip(counting.crn.species, quiet.end.tolist(), strict=True))
    tube = dna_tube(compiled.state, top_up=topped_up(compiled, used, top_up, epochs * len(data)))
    leaks = _leaks(compiled.system, tube.law.index) if noise.leak else ()
    if not leaks:
        alike = not (noise.rates or noise.malformed or noise.concentrations)
        found = reduce_exactly(tube.law.crn, tube.readout, dosed(tube), lumped=alike, conserved=False)
        tube = reduced_tube(tube, found)
    fuels = [e.complex.name for e in compiled.system.of_role(Role.FUEL, Role.BUFFER)]
    return Bench(tube, tuple(tube.law.index[f] for f in fuels if f in tube.law.index), leaks)


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


@dataclass(frozen=True)
class Summary:
    """What an ensemble showed.

    Attributes
    ----------
    quiet : float
        Loss without any error, judged alike.
    losses, losses_of_hands : mapping of str to float
        Quantiles of the loss with additions free of errors, and with the errors of the run.
    success : Share
        Of runs whose loss is at most `SUCCESS` times `quiet`.
    runs, failed : int
        Replicates, and those that did not reach their end; these count as no success and as the largest losses.
    """

    quiet: float
    losses: Mapping[str, float]
    losses_of_hands: Mapping[str, float]
    success: Share
    runs: int
    failed: int

    @property
    def median(self) -> float:
        """The median loss."""
        return self.losses["q50"]


def summary(rows: Sequence[Row], quiet: float) -> Summary:
    """Return what the replicates showed, given the loss without errors."""
    losses = [r[LOSS] for r in rows]
    good = sum(loss <= SUCCESS * quiet for loss in losses)
    return Summary(
        quiet,
        quantiles(losses),
        quantiles([r[LOSS_OF_HANDS] for r in rows]),
        share(good, len(rows)),
        len(rows),
        sum(not r["reached"] for r in rows),
    )


def quiet_loss(task: TrainingTask) -> float:
    """Return the loss of the same training without any error."""
    silent = dataclasses.replace(task, noise=Noise())
    return float(silent.run(np.random.default_rng(0))[LOSS])

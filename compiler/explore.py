"""Does a circuit still learn when the world is rough: many training runs with errors drawn anew, at either level.

The errors are those of `compiler.noise`; each replicate disturbs one prepared tube, trains it with unsteady hands, and is judged by
validation with additions that are free of errors, beside one with the same errors. How replicates are spread is said in
`crn.simulate.ensemble`, and who executes them in `compiler.executors`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from compiler.exposed_tube import ExposedTube
from compiler.noise import Noise
from crn.neural.circuit import LearningCircuit
from crn.neural.evaluation import half_mean_square, predict
from crn.neural.samples import Dataset, inputs, targets
from crn.neural.training import Regime, TrainingRun, train
from crn.neural.tube import Tube
from crn.simulate import SIMULATORS, Simulator
from crn.simulate.ensemble import Row, Share, Task, quantiles, share
from crn.simulate.perturbation import Clumsy
from crn.simulate.ssa import ExactSSA

SUCCESS = 1.25
"""A run succeeds if its loss is at most this many times that without errors."""

LOSS, LOSS_OF_HANDS = "validation_loss", "validation_loss_same_errors"
"""Columns: judged with additions free of errors, and with the errors of the run itself."""


@dataclass(frozen=True, eq=False)
class TrainingTask(Task):
    """One training run with errors.

    Attributes
    ----------
    circuit : LearningCircuit
    exposed : ExposedTube
    data, validation : Dataset
    epochs : int
    noise : Noise
    regime : Regime
    max_events : int
        Of a stochastic run, for one phase.
    """

    circuit: LearningCircuit
    exposed: ExposedTube
    data: Dataset
    validation: Dataset
    epochs: int
    noise: Noise
    regime: Regime = Regime()
    max_events: int = 200_000_000

    def run(self, rng: np.random.Generator) -> Row:
        """Train once; a run that did not reach its end has no number for a loss."""
        tube = self.exposed.disturbed(self.noise, rng)
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

"""Does a circuit still learn when the world is rough: many training runs with errors drawn anew, at either level.

The errors are those of `compiler.noise`; each replicate disturbs one prepared tube, trains it with unsteady hands, and is judged by
validation with additions that are free of errors, beside one with the same errors. How replicates are spread is said in
`crn.simulate.ensemble`, and who executes them in `compiler.executors`.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.constants import Avogadro

from compiler.exposed_tube import ExposedTube
from compiler.noise import Noise
from crn.neural.circuit import LearningCircuit
from crn.neural.evaluation import half_mean_square, predict
from crn.neural.samples import Dataset, inputs, targets
from crn.neural.training import Regime, TrainingRun, train
from crn.neural.tube import Tube
from crn.simulate import SIMULATORS, STOCHASTIC, Simulator, Stochastic
from crn.simulate.ensemble import Row, Share, Task, quantiles, share
from crn.simulate.perturbation import Clumsy

SUCCESS = 1.25
"""A run succeeds if its loss is at most this many times that without errors."""

LOSS, LOSS_OF_HANDS = "validation_loss", "validation_loss_same_errors"
"""Columns: judged with additions free of errors, and with the errors of the run itself."""

ACCURACY = "validation_accuracy"
"""Column: of a classifier, the share of the validation samples that are taken for what they are."""


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
    method : type of Stochastic
        What counts molecules, where the noise has any.
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
    method: type[Stochastic] = STOCHASTIC[0]
    max_events: int = 200_000_000

    def run(self, rng: np.random.Generator) -> Row:
        """Train once; a run that did not reach its end has no number for a loss."""
        tube = self.exposed.disturbed(self.noise, rng)
        inner = self.simulator(tube, rng)
        hands = Clumsy(inner, self.noise.pipetting, self.noise.phases, rng)
        done = train(self.circuit, tube, self.data, None, self.epochs, hands, regime=self.regime)
        row = {"reached": float(done.outcome.ok), "train_loss": _last(done)}
        row |= self._judged(tube, done, inner)
        unsteady = self.noise.pipetting or self.noise.phases
        row[LOSS_OF_HANDS] = self._judged(tube, done, hands)[LOSS] if unsteady else row[LOSS]
        if self.circuit.model is not None:
            wanted = targets(self.circuit, self.validation)
            found = self.circuit.model.predict_all(list(done.final), inputs(self.circuit, self.validation))
            row["validation_loss_of_parameters"] = half_mean_square(found, wanted)
        return row | dict(zip(self.circuit.parameter_names, done.final, strict=True))

    def simulator(self, tube: Tube, rng: np.random.Generator) -> Simulator:
        """Return what runs the tube: the means, or molecules where they are counted."""
        if self.noise.volume:
            return self.method(Avogadro * self.noise.volume, rng, self.max_events)
        if self.noise.molecules:
            return self.method(self.noise.molecules, rng, self.max_events).in_units(tube.factor)
        return SIMULATORS[0]

    def _judged(self, tube: Tube, done: TrainingRun, simulator: Simulator) -> dict[str, float]:
        """Return the loss on the validation samples, and for a classifier the accuracy."""
        wanted, read = targets(self.circuit, self.validation), None
        if done.outcome.ok:
            found, outcome = predict(self.circuit, tube, done.end, inputs(self.circuit, self.validation), simulator)
            read = found if outcome.ok else None
        judged = {LOSS: half_mean_square(read, wanted) if read is not None else math.nan}
        classes = self.validation.classes or self.circuit.classes
        if classes is not None:
            judged[ACCURACY] = classes.accuracy(read, wanted) if read is not None else math.nan
        return judged


def _last(done: TrainingRun) -> float:
    return done.train_loss[-1] if done.outcome.ok else math.nan


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
    accuracy : float or None
        Of a classifier, the median accuracy with additions free of errors.
    """

    quiet: float
    losses: Mapping[str, float]
    losses_of_hands: Mapping[str, float]
    success: Share
    runs: int
    failed: int
    accuracy: float | None = None

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
        1 - quantiles([1 - r[ACCURACY] for r in rows])["q50"] if ACCURACY in rows[0] else None,
    )


def quiet_loss(task: TrainingTask) -> float:
    """Return the loss of the same training without any error."""
    silent = dataclasses.replace(task, noise=Noise())
    return float(silent.run(np.random.default_rng(0))[LOSS])

"""Which inputs does the loss depend on: elementary effects and variance shares, from runs with all inputs off at once.

Every input is a factor anywhere between 1 / (1 + spread) and 1 + spread, evenly in its logarithm; what is judged is the logarithm
of the loss, relative to the loss as planned. The plans and estimators are those of SALib: M. D. Morris, Technometrics 33, 161-174
(1991), with F. Campolongo et al., Environ. Model. Softw. 22, 1509-1518 (2007); A. Saltelli et al., Comput. Phys. Commun. 181,
259-270 (2010). Which inputs there are is said in `compiler.sensitivity_inputs`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from compiler.explore import LOSS
from compiler.sensitivity_inputs import Input, varied
from crn.diagnostics import CircuitError, Diagnostic
from crn.massaction import Vector
from crn.neural.circuit import LearningCircuit
from crn.neural.evaluation import half_mean_square, predict
from crn.neural.samples import Dataset, inputs, targets
from crn.neural.training import Regime, train
from crn.neural.tube import Tube
from crn.simulate import SIMULATORS
from crn.simulate.ensemble import Row

METHODS: Final = ("morris", "sobol")
"""Screening by elementary effects, and shares of the variance."""

REPEATS: Final[Mapping[str, int]] = MappingProxyType({"morris": 16, "sobol": 64})
"""Trajectories, and points of each of the two base samples, unless said otherwise."""

_LEVELS: Final = 4
"""Of every input of an elementary effect."""


@dataclass(frozen=True, slots=True)
class Index:
    """How much one input matters.

    Attributes
    ----------
    first : float
        morris: mean of the effect, between -infinity and infinity. sobol: share of the variance that the input has by itself.
    total, confidence : float
        morris: mean size of the effect (mu*); sobol: share of the variance in which the input takes part. `confidence` is half the
        interval at 95 %.
    spread : float
        morris: standard deviation of the effect, which is 0 for an input that acts alone and evenly; sobol: half the interval of
        `first`.
    """

    first: float
    total: float
    confidence: float
    spread: float


@dataclass(frozen=True, slots=True)
class Study:
    """Which runs are made, and what follows from them; inputs are coordinates from -1 to 1.

    Attributes
    ----------
    method : {'morris', 'sobol'}
    names : tuple of str
        Of the D inputs, all different.
    repeats : int
        Trajectories of `morris`, which take D + 1 runs each; points of `sobol`, a power of two, which take D + 2 runs each.
    seed : int
    """

    method: str
    names: tuple[str, ...]
    repeats: int
    seed: int = 0

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise CircuitError(f"--sensitivity is {' or '.join(METHODS)}, not {self.method!r}")
        if find_spec("SALib") is None:
            advice = "pip install 'strandwright[sensitivity]'"
            raise CircuitError(Diagnostic("--sensitivity needs SALib, which is not installed", advice=advice))
        if self.repeats < 2:
            raise CircuitError("sensitivities take 2 --samples or more")
        if self.method == "sobol" and self.repeats & (self.repeats - 1):
            fitting = 1 << self.repeats.bit_length()
            raise CircuitError(Diagnostic("--samples of sobol is a power of two", advice=f"take --samples {fitting}"))

    @property
    def points(self) -> Vector:
        """Where the inputs are in every run, shape (R, D)."""
        if self.method == "morris":
            from SALib.sample.morris import sample  # of the extra [sensitivity], and slow to load

            found = sample(self._problem, self.repeats, _LEVELS, seed=self.seed)
        else:
            from SALib.sample.sobol import sample

            found = sample(self._problem, self.repeats, calc_second_order=False, seed=self.seed)
        return np.asarray(found, dtype=np.float64)

    def indices(self, values: Sequence[float]) -> tuple[Index, ...]:
        """Return how much every input matters, from what came out at every point."""
        y = np.asarray(values, dtype=np.float64)
        if self.method == "morris":
            from SALib.analyze.morris import analyze

            found = analyze(self._problem, self.points, y, num_levels=_LEVELS, seed=self.seed)
            columns = ("mu", "mu_star", "mu_star_conf", "sigma")
        else:
            from SALib.analyze.sobol import analyze

            if np.ptp(y) == 0:
                return tuple(Index(0.0, 0.0, 0.0, 0.0) for _ in self.names)  # no variance, and no shares of it
            found = analyze(self._problem, y, calc_second_order=False, seed=self.seed)
            columns = ("S1", "ST", "ST_conf", "S1_conf")
        return tuple(Index(*(float(found[c][i]) for c in columns)) for i in range(len(self.names)))

    @property
    def _problem(self) -> dict[str, Any]:
        count = len(self.names)
        return {"num_vars": count, "names": list(self.names), "bounds": [[-1.0, 1.0]] * count}


def factors(point: Vector, spread: float) -> Vector:
    """Return what the inputs are multiplied by at a point."""
    return np.asarray((1.0 + spread) ** point)


@dataclass(frozen=True, eq=False)
class VariedRun:
    """Training with inputs off; without chance.

    Attributes
    ----------
    circuit : LearningCircuit
    tube : Tube
    inputs : tuple of Input
    data, validation : Dataset
    epochs : int
    spread : float
    regime : Regime
    """

    circuit: LearningCircuit
    tube: Tube
    inputs: tuple[Input, ...]
    data: Dataset
    validation: Dataset
    epochs: int
    spread: float
    regime: Regime = Regime()

    def loss(self, point: Vector) -> float:
        """Return the loss by validation in the same tube with the same stocks; not a number if the end is not reached."""
        circuit, tube = varied(self.circuit, self.tube, self.inputs, factors(point, self.spread).tolist())
        done = train(circuit, tube, self.data, None, self.epochs, SIMULATORS[0], regime=self.regime)
        if not done.outcome.ok:
            return math.nan
        read, outcome = predict(circuit, tube, done.end, inputs(self.circuit, self.validation), SIMULATORS[0])
        return half_mean_square(read, targets(self.circuit, self.validation)) if outcome.ok else math.nan


def run_points(run: VariedRun, points: Sequence[tuple[int, Vector]]) -> list[tuple[int, Row]]:
    """Run at some points, in the process that was given them."""
    return [(number, {LOSS: run.loss(point)}) for number, point in points]

"""The classifiers of the paper: linear, cubic, quadratic with frozen state, and the smooth ReLU with a trained read-out.

R. T. Nagipogu and J. H. Reif, "Neural CRNs", arXiv 2409.00034. Every input drives every hidden component, and what differs is how
a component relaxes; classes are told apart by a threshold or, with several outputs, by the largest. The project's own classifier
is in `crn.neural.products`; forms are in `crn.neural.forms`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from crn.massaction import Vector
from crn.neural.neural_ode import Input, NeuralODE, Output, State
from crn.neural.polynomial import Polynomial, value

CUBIC = 1 / 6
"""The authors' 3Z -> 2Z at "rate 1"."""

QUADRATIC = 0.15
"""The authors' 2Z -> Z at "rate 0.3"."""


def linear(*, seed: int = 1, duration: float = 0.8) -> NeuralODE:
    """Return dz_i/dt = p_i x_i, z(0) = x, for two positive inputs, with initial weights |N(0.2, 0.5)|."""
    rng = np.random.default_rng(seed)
    return NeuralODE(
        "linear-classification",
        tuple(Input(f"X{i}", f"x{i}") for i in (1, 2)),
        tuple(State(f"Z{i}", value(f"P{i}") * value(f"X{i}"), ((f"X{i}", 1.0),)) for i in (1, 2)),
        (Output("y", (("Z1", 1), ("Z2", 1))),),
        tuple((f"P{i}", float(abs(rng.normal(0.2, 0.5)))) for i in (1, 2)),
        duration,
    )


PLANE = (("x1", True), ("x2", True))
"""Two inputs that may be negative."""


def relaxing(
    relaxation: str,
    inputs: Sequence[tuple[str, bool]] = PLANE,
    targets: Sequence[str] = ("y",),
    *,
    alpha: float | None = None,
    augmented: float = 0.2,
    duration: float = 0.9,
    seed: int = 1,
    name: str = "classifier",
) -> NeuralODE:
    """Return dz/dt = theta x - alpha z^3 (``cubic``) or theta x - alpha z |z| (``quadratic``), with a constant among the inputs.

    z(0) = x. A single output is the sum of the components; several have trained weights.

    Parameters
    ----------
    relaxation : {'cubic', 'quadratic'}
    inputs : sequence of (str, bool)
        Ports, and whether they may be negative.
    targets : sequence of str
    alpha : float, optional
        By default the authors'.
    augmented : float
        The constant input.
    duration : float
    seed : int
        Of the initial theta, N(0, 1) / sqrt D or its modulus for ``quadratic``, and of the weights of several outputs, N(0, 1) / D.
    """
    rng = np.random.default_rng(seed)
    size = len(inputs) + 1
    theta = rng.normal(0, 1, (size, size)) / math.sqrt(size)
    if relaxation == "cubic":
        alpha = CUBIC if alpha is None else alpha
    else:
        theta, alpha = np.abs(theta), QUADRATIC if alpha is None else alpha
    numbers = range(1, size + 1)
    x = [value(f"X{j}") for j in numbers]
    z = [value(f"Z{i}") for i in numbers]
    own = [v**3 if relaxation == "cubic" else v * abs(v) for v in z]
    states = [State(f"Z{i}", _row(f"P{i}", x) - alpha * own[i - 1], ((f"X{i}", 1.0),)) for i in numbers]
    parameters = [(f"P{i}{j}", float(theta[i - 1, j - 1])) for i in numbers for j in numbers]
    outputs = [Output(targets[0], tuple((f"Z{i}", 1) for i in numbers))]
    if len(targets) > 1:
        outputs, weights = _trained(targets, numbers, rng.normal(0, 1, (len(targets), size)) / size)
        parameters += weights
    return NeuralODE(
        name,
        (
            *(Input(f"X{j}", port, signed=signed) for j, (port, signed) in enumerate(inputs, 1)),
            Input(f"X{size}", None, augmented),
        ),
        tuple(states),
        tuple(outputs),
        tuple(parameters),
        duration,
    )


def smooth_relu(
    inputs: Sequence[tuple[str, bool]],
    targets: Sequence[str],
    *,
    hidden: int = 3,
    h: float = 0.3,
    alpha: float = 0.5,
    duration: float = 0.6,
    augmented: float = 1.0,
    dual: bool = False,
    frozen_readout: bool = False,
    seed: int = 1,
    name: str = "classifier",
) -> NeuralODE:
    """Return dz_i/dt = h + (theta x + beta)_i z_i - alpha z_i^2 with a trained read-out, of order 3.

    z starts at h and stays positive, so that one rail carries it; beta is the weight of the constant input.

    Parameters
    ----------
    inputs : sequence of (str, bool)
        Ports, and whether they may be negative.
    targets : sequence of str
    hidden : int
        Number of units.
    h, alpha : float
        The steady state is (u + sqrt(u^2 + 4 alpha h)) / (2 alpha) for a drive of u.
    duration : float
    augmented : float
        The constant input.
    dual : bool
        Whether the state gets a second rail all the same, which running it back needs.
    frozen_readout : bool
        Whether every weight of the read-out stays 1; for one target.
    seed : int
        Of theta and the read-out: N(0, 2) / sqrt(D), the spread of the authors' iris network.
    """
    rng = np.random.default_rng(seed)
    count = len(inputs) + 1
    x = [value(f"X{j}") for j in range(1, count + 1)]
    units = range(1, hidden + 1)
    spread = 2 / math.sqrt(count) / math.sqrt(count)
    theta = rng.normal(0, spread, (hidden, count))
    readout = rng.normal(0, spread, (len(targets), hidden))
    states = []
    for i in units:
        z = value(f"Z{i}")
        states.append(State(f"Z{i}", value("H") + _row(f"P{i}", x) * z - alpha * z**2, (("H", 1.0),), signed=dual))
    outputs, weights = _trained(targets, units, readout)
    if frozen_readout:
        outputs, weights = [Output(targets[0], tuple((f"Z{i}", 1) for i in units))], []
    parameters = [(f"P{i}{j}", float(theta[i - 1, j - 1])) for i in units for j in range(1, count + 1)]
    parameters += weights
    return NeuralODE(
        name,
        (
            *(Input(f"X{j}", port, signed=signed) for j, (port, signed) in enumerate(inputs, 1)),
            Input(f"X{count}", None, augmented),
            Input("H", None, h),
        ),
        tuple(states),
        tuple(outputs),
        tuple(parameters),
        duration,
    )


def _trained(
    targets: Sequence[str], units: Sequence[int], weights: Vector
) -> tuple[list[Output], list[tuple[str, float]]]:
    """Return outputs with trained weights, and the weights, shape (Q, D), as parameters."""
    outputs = [Output(t, tuple((f"Z{i}", f"W{q}{i}") for i in units)) for q, t in enumerate(targets, 1)]
    numbers = range(1, len(targets) + 1)
    return outputs, [(f"W{q}{i}", float(weights[q - 1, i - 1])) for q in numbers for i in units]


def _row(stem: str, x: Sequence[Polynomial]) -> Polynomial:
    """Return the row of theta x whose weights begin with a stem."""
    return sum((value(f"{stem}{j}") * x_j for j, x_j in enumerate(x, 1)), Polynomial())

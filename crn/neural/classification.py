"""The classifiers of the paper: linear, cubic, quadratic with frozen state, and the smooth ReLU with a trained read-out.

R. T. Nagipogu and J. H. Reif, "Neural CRNs", arXiv 2409.00034. Every input drives every hidden component, and what differs is how
a component relaxes; classes are told apart by a threshold or, with several outputs, by the largest. The project's own classifier
is in `crn.neural.features`; forms are in `crn.neural.forms`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

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


def relaxing(
    relaxation: str,
    *,
    alpha: float | None = None,
    augmented: float = 0.2,
    duration: float = 0.9,
    signed: bool = True,
    seed: int = 1,
    name: str = "classifier",
) -> NeuralODE:
    """Return dz/dt = theta x - alpha z^3 (``cubic``) or theta x - alpha z |z| (``quadratic``), for two inputs and a constant.

    Parameters
    ----------
    relaxation : {'cubic', 'quadratic'}
    alpha : float, optional
        By default the authors'.
    augmented : float
        The constant input.
    duration : float
    signed : bool
        Whether inputs may be negative.
    seed : int
        Of the initial theta: N(0, 1) / sqrt 3, or its modulus for ``quadratic``.
    """
    rng = np.random.default_rng(seed)
    theta = rng.normal(0, 1, (3, 3)) / math.sqrt(3)
    if relaxation == "cubic":
        alpha = CUBIC if alpha is None else alpha
    else:
        theta, alpha = np.abs(theta), QUADRATIC if alpha is None else alpha
    numbers = (1, 2, 3)
    x = [value(f"X{j}") for j in numbers]
    z = [value(f"Z{i}") for i in numbers]
    own = [v**3 if relaxation == "cubic" else v * abs(v) for v in z]
    states = [State(f"Z{i}", _row(f"P{i}", x) - alpha * own[i - 1], ((f"X{i}", 1.0),)) for i in numbers]
    return NeuralODE(
        name,
        (Input("X1", "x1", signed=signed), Input("X2", "x2", signed=signed), Input("X3", None, augmented)),
        tuple(states),
        (Output("y", tuple((f"Z{i}", 1) for i in numbers)),),
        tuple((f"P{i}{j}", float(theta[i - 1, j - 1])) for i in numbers for j in numbers),
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
    outputs = [Output(t, tuple((f"Z{i}", f"W{q}{i}") for i in units)) for q, t in enumerate(targets, 1)]
    parameters = [(f"P{i}{j}", float(theta[i - 1, j - 1])) for i in units for j in range(1, count + 1)]
    parameters += [(f"W{q}{i}", float(readout[q - 1, i - 1])) for q in range(1, len(targets) + 1) for i in units]
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


def _row(stem: str, x: Sequence[Polynomial]) -> Polynomial:
    """Return the row of theta x whose weights begin with a stem."""
    return sum((value(f"{stem}{j}") * x_j for j, x_j in enumerate(x, 1)), Polynomial())

"""The same learning in plain NumPy: the independent truth that the circuits are held against.

Stochastic gradient descent with a batch of one and a fixed order, as arXiv 2409.00034 trains; no chemistry is involved. It shares
no code with the circuits, their polynomials or the simulators.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Reference:
    """Losses per epoch (mean of 1/2 e^2, read before each update), final weights, and the loss on the validation data."""

    train_loss: tuple[float, ...]
    weights: NDArray[np.float64]
    validation_loss: float


def sgd_linear(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    x_val: NDArray[np.float64],
    y_val: NDArray[np.float64],
    start: NDArray[np.float64],
    step: float,
    epochs: int,
    *,
    gain: float = 1.0,
    offset: float = 0.0,
    constant: float = 0.0,
    driven_by: NDArray[np.float64] | None = None,
) -> Reference:
    """Train yhat = (offset + gain w) . x + constant by w -= step * e * z, where z is x unless something else is given.

    Parameters
    ----------
    x, x_val : ndarray, shape (N, D) and (V, D)
        With a column of ones where a bias is trained.
    y, y_val : ndarray, shape (N,) and (V,)
    start : ndarray, shape (D,)
    step : float
        For the paper's circuit eta * T.
    epochs : int
    gain, offset, constant : float
        For the paper's circuit T, 1 and 2 T h.
    driven_by : ndarray, shape (N, D), optional
        z: other inputs that drive the update, such as x about its mean.
    """
    w = np.array(start, dtype=np.float64)
    losses = []
    for _ in range(epochs):
        errors = []
        for row, z, target in zip(x, x if driven_by is None else driven_by, y, strict=True):
            error = (offset + gain * w) @ row + constant - target
            errors.append(error)
            w = w - step * error * z
        losses.append(float(np.mean(0.5 * np.square(errors))))
    residual = x_val @ (offset + gain * w) + constant - y_val
    return Reference(tuple(losses), w, float(np.mean(0.5 * np.square(residual))))


@dataclass(frozen=True, slots=True)
class Cell:
    """One hidden unit: dz/dt = h + f(z, u) for a drive u = (theta x)_i, written by hand with its two derivatives.

    h is a constant input like any other: it fades where they do.
    """

    f: Callable[[Array, Array], Array]
    df_dz: Callable[[Array, Array], Array]
    df_du: Callable[[Array, Array], Array]
    h: float = 0.0


def linear_cell() -> Cell:
    """Return dz/dt = u."""
    return Cell(lambda z, u: u + 0 * z, lambda z, u: 0 * z * u, _one)


def square_cell(alpha: float, h: float = 0.0) -> Cell:
    """Return dz/dt = u + h - alpha z |z|."""
    return Cell(lambda z, u: u - alpha * z * np.abs(z), lambda z, u: -2 * alpha * np.abs(z) + 0 * u, _one, h)


def cubic_cell(alpha: float) -> Cell:
    """Return dz/dt = u - alpha z^3."""
    return Cell(lambda z, u: u - alpha * z**3, lambda z, u: -3 * alpha * z**2 + 0 * u, _one)


def relu_cell(h: float, alpha: float = 0.5) -> Cell:
    """Return dz/dt = h + u z - alpha z^2, whose steady state is a smooth ReLU of u."""
    return Cell(lambda z, u: u * z - alpha * z**2, lambda z, u: u - 2 * alpha * z, lambda z, u: z + 0 * u, h)


def _one(z: Array, u: Array) -> Array:
    return 1 + 0 * z * u


@dataclass(frozen=True, slots=True)
class Procedure:
    """How the reference learns, with what distinguishes the forms of a circuit as an exact statement.

    Attributes
    ----------
    step, step_readout : float
        Per unit gradient; the second for a trained read-out.
    forward, feedback : float
        Durations.
    gradient : {'full', 'frozen', 'first-order'}
    concurrent : bool
        Whether the parameters move while the error is fed back, as they do in a circuit that writes updates directly; those of
        the read-out as well, where the adjoint is gathered through them.
    fading : float
        Rate at which the inputs fade in both phases.
    gathering : bool
        For a trained read-out: whether the adjoint gathers w e in the course of the feedback instead of starting from it.
    exposures : tuple of (float, float) or None
        For the first-order gradient of a self-timed tube: how long an error of 1 acts together with the copy of an input of 1,
        and with that of a product of 1; instead of the duration of the feedback.
    """

    step: float
    forward: float
    feedback: float
    gradient: str = "full"
    concurrent: bool = False
    fading: float = 0.0
    step_readout: float = 0.0
    gathering: bool = False
    exposures: tuple[float, float] | None = None


def forward_pass(cell: Cell, theta: Array, x: Array, start: Array, procedure: Procedure, steps: int = 40) -> Array:
    """Return z(T), shape (D, ...), for a drive theta x of inputs x, shape (d, ...)."""
    drive = theta @ x

    def rate(t: float, state: tuple[Array, ...]) -> tuple[Array, ...]:
        fade = np.exp(-procedure.fading * t)
        return (cell.h * fade + cell.f(state[0], drive * fade),)

    return _runge_kutta(rate, (start,), procedure.forward, steps)[0]


def sgd_cells(
    cell: Cell,
    x: Array,
    start: Array,
    y: Array,
    theta: Array,
    readout: Array,
    procedure: Procedure,
    epochs: int,
    *,
    mask: Array | None = None,
    steps: int = 40,
) -> tuple[tuple[float, ...], Array, Array]:
    """Train yhat = W z(T) by steepest descent along the adjoint's gradient, sample by sample.

    Parameters
    ----------
    cell : Cell
    x : ndarray, shape (N, d)
        With the constant inputs.
    start : ndarray, shape (N, D)
        z(0).
    y : ndarray, shape (N, Q)
    theta : ndarray, shape (D, d)
    readout : ndarray, shape (Q, D)
        Trained if ``procedure.step_readout`` is not 0.
    procedure : Procedure
    epochs : int
    mask : ndarray, shape (D, d), optional
        0 where there is no parameter.
    steps : int
        Of the Runge-Kutta method, in each phase.

    Returns
    -------
    train_loss : tuple of float
        Per epoch, the mean of 1/2 |e|^2, read before each update.
    theta, readout : ndarray
    """
    theta, readout = theta.copy(), readout.copy()
    mask = np.ones_like(theta) if mask is None else mask
    losses = []
    for _ in range(epochs):
        total = 0.0
        for row, z0, target in zip(x, start, y, strict=True):
            z = forward_pass(cell, theta, row, z0, procedure, steps)
            error = readout @ z - target
            total += 0.5 * float(error @ error)
            gradient = mask * _feedback(cell, theta, readout, row, z, error, procedure, steps, mask)
            if procedure.step_readout:
                lasting = procedure.feedback if procedure.gathering else 1.0
                readout -= procedure.step_readout * lasting * np.outer(error, z)
            theta -= procedure.step * gradient
        losses.append(total / len(x))
    return tuple(losses), theta, readout


def _feedback(
    cell: Cell,
    theta: Array,
    readout: Array,
    x: Array,
    z: Array,
    error: Array,
    procedure: Procedure,
    steps: int,
    mask: Array,
) -> Array:
    """Return the integral of a df/dtheta over the feedback."""
    seed, last = error @ readout, np.outer(error, z)
    if procedure.exposures is not None:
        return np.outer(seed, x) * procedure.exposures[0]
    back = 1.0 if procedure.gradient == "full" else 0.0
    bend = 0.0 if procedure.gradient == "first-order" else 1.0
    moving = procedure.step if procedure.concurrent else 0.0

    def rate(s: float, state: tuple[Array, ...]) -> tuple[Array, ...]:
        z, a, gradient = state
        fade = np.exp(-procedure.fading * s)
        inputs = x * fade
        u = (theta - moving * mask * gradient) @ inputs
        turned = (procedure.step_readout * s if procedure.concurrent else 0.0) * last
        gathered = error @ (readout - turned) if procedure.gathering else 0.0 * seed
        return (
            -back * (cell.h * fade + cell.f(z, u)),
            gathered + bend * a * cell.df_dz(z, u),
            np.outer(a * cell.df_du(z, u), inputs),
        )

    a = 0 * seed if procedure.gathering else seed
    return _runge_kutta(rate, (z, a, np.zeros_like(theta)), procedure.feedback, steps)[2]


def self_timed_exposures(
    forward: float, feedback: float, *, error: float, copies: float, switch: float, transfer: float, steps: int = 4000
) -> tuple[float, float]:
    """Return int E U ds and int E B ds over the feedback of a self-timed tube, for an input, a product and an error of 1.

    Forward, from x = 1: x' = -x, U' = x - k U, F' = 2 x^2 - F, B' = F - k B. Feedback, from h = c = 1: the error h not yet handed
    over, h' = -t c h, by a strand c' = -s c; E' = t c h - r E.
    """

    def rate(_: float, state: tuple[Array, ...]) -> tuple[Array, ...]:
        x, u, f, b, h, c, e = state[0][:7]
        moved = transfer * c * h
        changes = (
            -x,
            x - copies * u,
            2 * x * x - f,
            f - copies * b,
            -moved,
            -switch * c,
            moved - error * e,
            e * u,
            e * b,
        )
        return (np.array(changes),)

    (middle,) = _runge_kutta(rate, (np.array([1.0, *[0.0] * 8]),), forward, steps)
    middle[4:6] = 1.0
    (end,) = _runge_kutta(rate, (middle,), feedback, steps)
    return float(end[7]), float(end[8])


def sgd_products(
    x: Array,
    y: Array,
    alpha: float,
    middle: float,
    procedure: Procedure,
    epochs: int,
    *,
    weights: Array | None = None,
    steps: int = 40,
) -> tuple[tuple[float, ...], Array]:
    """Train yhat = middle + z(T), dz/dt = W phi c(t) - alpha z |z|, by W -= step e phi, sample by sample.

    phi are the products of two of 1 and the inputs; their course c is t / T where the inputs stay, and 2 (exp(-t) - exp(-2 t))
    where they fade.

    Parameters
    ----------
    x : ndarray, shape (N, d)
        As they are dosed, between -1 and 1.
    y : ndarray, shape (N, Q)
    alpha, middle : float
    procedure : Procedure
    epochs : int
    weights : ndarray, shape (Q, K), optional
        For the K products in the order of `products_of`; 0 at first where they are not given.
    steps : int
        Of the Runge-Kutta method.

    Returns
    -------
    train_loss : tuple of float
    weights : ndarray, shape (Q, K)
    """
    phi = products_of(x)
    w = np.zeros((y.shape[1], phi.shape[1])) if weights is None else weights.copy()
    exposure = procedure.exposures[1] if procedure.exposures else procedure.feedback
    losses = []
    for _ in range(epochs):
        total = 0.0
        for features, target in zip(phi, y, strict=True):
            error = middle + _saturated(w @ features, alpha, procedure, steps) - target
            total += 0.5 * float(error @ error)
            w -= procedure.step * exposure * np.outer(error, features)
        losses.append(total / len(x))
    return tuple(losses), w


def products_of(x: Array) -> Array:
    """Return the products of two of x_0 = 1 and the inputs, x0 x0, x0 x1, ..., x1 x1, ..., shape (N, (d + 1) (d + 2) / 2)."""
    full = np.column_stack([np.ones(len(x)), x])
    d = full.shape[1]
    return np.column_stack([full[:, i] * full[:, j] for i in range(d) for j in range(i, d)])


def predict_products(x: Array, weights: Array, alpha: float, middle: float, procedure: Procedure) -> Array:
    """Return the outputs, shape (N, Q)."""
    return middle + _saturated(products_of(x) @ weights.T, alpha, procedure, 200)


def _saturated(drive: Array, alpha: float, procedure: Procedure, steps: int) -> Array:
    """Return z(T) for the drives W phi."""

    def rate(t: float, state: tuple[Array, ...]) -> tuple[Array, ...]:
        fade = np.exp(-procedure.fading * t)
        course = 2 * (fade - fade**2) if procedure.fading else t / procedure.forward
        return (drive * course - alpha * state[0] * np.abs(state[0]),)

    return _runge_kutta(rate, (0 * drive,), procedure.forward, steps)[0]


def _runge_kutta(
    rate: Callable[[float, tuple[Array, ...]], tuple[Array, ...]], state: tuple[Array, ...], end: float, steps: int
) -> tuple[Array, ...]:
    """Integrate by the classical method of order 4."""
    h = end / steps

    def moved(by: tuple[Array, ...], c: float) -> tuple[Array, ...]:
        return tuple(s + c * b for s, b in zip(state, by, strict=True))

    for n in range(steps):
        k1 = rate(n * h, state)
        k2 = rate((n + 0.5) * h, moved(k1, h / 2))
        k3 = rate((n + 0.5) * h, moved(k2, h / 2))
        k4 = rate((n + 1) * h, moved(k3, h))
        state = tuple(s + h / 6 * (a + 2 * b + 2 * c + d) for s, a, b, c, d in zip(state, k1, k2, k3, k4, strict=True))
    return state

"""The same learning in plain NumPy: the independent truth that the circuits are held against.

Stochastic gradient descent with a batch of one and a fixed order, as arXiv 2409.00034 trains; no chemistry is involved. It shares
no code with the circuits or the simulators.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


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
) -> Reference:
    """Train yhat = (offset + gain w) . x + constant by w -= step * e * x.

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
    """
    w = np.array(start, dtype=np.float64)
    losses = []
    for _ in range(epochs):
        errors = []
        for row, target in zip(x, y, strict=True):
            error = (offset + gain * w) @ row + constant - target
            errors.append(error)
            w = w - step * error * row
        losses.append(float(np.mean(0.5 * np.square(errors))))
    residual = x_val @ (offset + gain * w) + constant - y_val
    return Reference(tuple(losses), w, float(np.mean(0.5 * np.square(residual))))

"""Regression as pages of mathematics: a state that saturates, dz/dt = theta x + h - alpha z |z|, and one that does not.

R. T. Nagipogu and J. H. Reif, "Neural CRNs", arXiv 2409.00034: x1 x2 + x2^2 and sin x1 + x2^2 with one parameter for each input and
an input that is always 1. The sum of separate functions of x1 and x2 cannot represent x1 x2, which bounds what the circuit can
learn, however it is trained. Forms are in `crn.neural.forms`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from crn.neural.neural_ode import Input, NeuralODE, Output, State
from crn.neural.polynomial import Polynomial, value
from crn.neural.regression import AUTHORS_BIAS, AUTHORS_START, START


def saturating(
    *,
    alpha: float = 0.5,
    duration: float = 0.5,
    drive: float = 1.0,
    h: float = 0.0,
    dense: bool = False,
    dual: bool = False,
    seed: int = 1,
    name: str = "nonlinear-regression",
) -> NeuralODE:
    """Return the page of the nonlinear regression of two inputs.

    Parameters
    ----------
    alpha : float
        The state decays with alpha z |z|; the authors' 2Z -> Z at "rate 1" is alpha = 1/2.
    duration : float
        T, in formal time.
    drive : float
        What a parameter of 1 times an input of 1 drives the state with; more of it keeps the parameters small.
    h : float
        A constant drive that is not trained; 0 for none.
    dense : bool
        Whether every input drives every component, with 9 parameters instead of 3.
    dual : bool
        Whether inputs and targets may be negative.
    seed : int
        Of the initial parameters, |N(0, 0.4)|.
    """
    rng = np.random.default_rng(seed)
    one, size = 1.0, 3
    x = [value(f"X{j}") for j in range(1, size + 1)]
    z = [value(f"Z{i}") for i in range(1, size + 1)]
    driven = [(i, j) for i in range(size) for j in range(size) if dense or i == j]
    rates = [Polynomial()] * size
    for i, j in driven:
        rates[i] += drive * value(f"P{i + 1}{j + 1}") * x[j]
    inputs = [Input("X1", "x1", signed=dual), Input("X2", "x2", signed=dual), Input("X3", None, one, signed=dual)]
    if h:
        inputs += [Input(f"H{i + 1}", None, h, signed=dual) for i in range(size)]
        rates = [r + value(f"H{i + 1}") for i, r in enumerate(rates)]
    return NeuralODE(
        name,
        tuple(inputs),
        tuple(State(f"Z{i + 1}", rates[i] - alpha * z[i] * abs(z[i]), ((f"X{i + 1}", 1.0),)) for i in range(size)),
        (Output("y", tuple((f"Z{i + 1}", 1) for i in range(size)), signed=dual),),
        tuple((f"P{i + 1}{j + 1}", float(abs(rng.normal(0, 0.4))) / drive) for i, j in driven),
        duration,
    )


def straight(inputs: Sequence[str], bias: str, *, dual: bool = False, duration: float = 0.5) -> NeuralODE:
    """Return dz_i/dt = p_i x_i from z = 0, so that yhat = T P . x: linear regression.

    Parameters
    ----------
    inputs : sequence of str
        Ports.
    bias : {'none', 'fixed', 'trained'}
        Of an input that is always 1; a fixed one adds the authors' 0.1 to the prediction.
    dual : bool
        Whether inputs and targets may be negative.
    duration : float
        T, in formal time.
    """
    given = [Input(f"X{i}", port, signed=dual) for i, port in enumerate(inputs, 1)]
    given += [Input("X0", None, 1.0)] if bias == "trained" else []
    numbers = [i.value[1:] for i in given]
    states = [State(f"Z{n}", value(f"P{n}") * value(f"X{n}")) for n in numbers]
    if bias == "fixed":
        given.append(Input("H", None, AUTHORS_BIAS / duration))
        states.append(State("Z0", value("H")))
    start = dict(zip(("1", "2", "0"), (*AUTHORS_START, AUTHORS_BIAS), strict=True))
    return NeuralODE(
        "linear-regression",
        tuple(given),
        tuple(states),
        (Output("y", tuple((s.value, 1) for s in states), signed=dual),),
        tuple((f"P{n}", start.get(n, START)) for n in numbers),
        duration,
    )

"""The project's own classifier: an output that saturates, driven by the products of the inputs, in order 2.

``dz_q/dt = sum_k P_qk phi_k - alpha z_q |z_q|`` with phi = 1, x_i and x_i x_j, the products made by the inputs themselves as they
run; yhat = z + 1/2. The state equation is the quadratic one of R. T. Nagipogu and J. H. Reif, "Neural CRNs", arXiv 2409.00034,
with one component an output; what drives it is this project's. The first-order gradient e phi is the exact gradient of another
loss, the integral of g(u) - y over the drive u, which is convex as the response g never falls: so there are no local minima, and
training may begin at 0.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from crn.neural.neural_ode import Input, NeuralODE, Output, State
from crn.neural.polynomial import Polynomial, value

HALF = 0.5
"""Half-way between the targets 0 and 1: where the output begins, as nothing drives it."""


def products(
    inputs: Sequence[tuple[str, float, float]],
    targets: Sequence[str],
    *,
    alpha: float = 4.0,
    duration: float = 2.0,
    fading: bool = False,
    middle: float = HALF,
    name: str = "classifier",
) -> NeuralODE:
    """Return the page of a classifier whose outputs saturate and are driven by all products of two inputs.

    Parameters
    ----------
    inputs : sequence of (str, float, float)
        Ports, each with the middle of its values and half of their range: it is dosed as a value between -1 and 1.
    targets : sequence of str
    alpha : float
        How strongly the outputs saturate.
    duration : float
    fading : bool
        Whether the inputs fade with a rate of 1, as in a tube: the products are then made twice as fast and fade as well.
    middle : float
        What the outputs are without any drive.
    """
    numbers = range(1, len(inputs) + 1)
    x = {i: value(f"X{i}") for i in numbers}
    states, drives = [], {"0": value("X0")} | {str(i): x[i] for i in numbers}
    for i, j in itertools.combinations_with_replacement(numbers, 2):
        feature = f"F{i}{j}"
        made = 2 * x[i] * x[j] - value(feature) if fading else x[i] * x[j] * (1 / duration)
        states.append(State(feature, made, signed=i != j))
        drives[f"{i}{j}"] = value(feature)
    count = len(targets)
    weights = [(f"P{k}" if count == 1 else f"P{q}_{k}") for q in range(1, count + 1) for k in drives]
    for q in range(1, count + 1):
        z = value(f"Z{q}")
        own = weights[(q - 1) * len(drives) : q * len(drives)]
        drive = sum((value(w) * phi for w, phi in zip(own, drives.values(), strict=True)), Polynomial())
        states.append(State(f"Z{q}", drive - alpha * z * abs(z)))
    states.append(State("Z0", Polynomial(), (("H", 1.0),), signed=False))
    return NeuralODE(
        name,
        (
            *(Input(f"X{i}", p, 1 / half, True, mid) for i, (p, mid, half) in enumerate(inputs, 1)),
            Input("X0", None, 1.0),
            Input("H", None, middle),
        ),
        tuple(states),
        tuple(Output(t, ((f"Z{q}", 1), ("Z0", 1))) for q, t in enumerate(targets, 1)),
        tuple((w, 0.0) for w in weights),
        duration,
    )

"""The project's own classifier: an output that saturates, driven by the products of the inputs, in order 2.

``dz_q/dt = sum_ij P_q,ij F_ij - alpha z_q |z_q|`` with F_ij = x_i x_j, where x_0 = 1, made by the inputs themselves as they run;
yhat = 1/2 + z. The state equation is the quadratic one of R. T. Nagipogu and J. H. Reif, "Neural CRNs", arXiv 2409.00034, with one
component an output; what drives it is this project's. All products take the same course, so that z is a rising function g of the
one number u = P . x x, and the first-order gradient e x x is the exact gradient of another loss, the integral of 1/2 + g(u) - y
over u. That one is convex, so there are no local minima, and training may begin at 0.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from crn.neural.neural_ode import Input, NeuralODE, Output, State
from crn.neural.polynomial import Polynomial, value

HALF = 0.5
"""Half-way between the targets 0 and 1: what an output is that nothing drives."""


def products(
    inputs: Sequence[tuple[str, float, float]],
    targets: Sequence[str],
    *,
    alpha: float = 8.0,
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
        Whether the inputs fade with a rate of 1, as in a tube: the products then fade as well.
    middle : float
        What an output is that nothing drives.
    """
    numbers = range(len(inputs) + 1)
    x = [value(f"X{i}") for i in numbers]
    pairs = [f"{i}{j}" for i, j in itertools.combinations_with_replacement(numbers, 2)]
    states = []
    for pair in pairs:
        i, j = map(int, pair)
        made = 2 * x[i] * x[j] - value(f"F{pair}") if fading else x[i] * x[j] * (1 / duration)
        states.append(State(f"F{pair}", made, signed=i != j))
    weights = []
    for q in range(1, len(targets) + 1):
        own = [f"P{pair}" if len(targets) == 1 else f"P{q}_{pair}" for pair in pairs]
        drive = sum((value(w) * value(f"F{pair}") for w, pair in zip(own, pairs, strict=True)), Polynomial())
        z = value(f"Z{q}")
        states.append(State(f"Z{q}", drive - alpha * z * abs(z)))
        weights += own
    return NeuralODE(
        name,
        (
            Input("X0", None, 1.0),
            *(Input(f"X{i}", p, 1 / half, True, mid) for i, (p, mid, half) in enumerate(inputs, 1)),
            Input("H", None, middle),
        ),
        (*states, State("Z0", Polynomial(), (("H", 1.0),), signed=False)),
        tuple(Output(t, ((f"Z{q}", 1), ("Z0", 1))) for q, t in enumerate(targets, 1)),
        tuple((w, 0.0) for w in weights),
        duration,
    )

"""The same learning in NumPy for a built-in circuit: what its losses are held against.

A plan says which of the procedures of `crn.neural.reference` a circuit carries out, and with which numbers. Chemistry is not
simulated here, and the procedures know nothing of plans.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from crn.diagnostics import CircuitError
from crn.neural.family import Plan
from crn.neural.forms.self_timed import FADING, serves
from crn.neural.forms.tube import FEEDBACK, FORWARD
from crn.neural.reference import (
    Array,
    Cell,
    Procedure,
    cubic_cell,
    linear_cell,
    relu_cell,
    self_timed_exposures,
    sgd_cells,
    sgd_products,
    square_cell,
)
from crn.neural.samples import Dataset


@dataclass(frozen=True, eq=False)
class Learned:
    """What came of it.

    Attributes
    ----------
    train_loss : tuple of float
        Per epoch, the mean of 1/2 |e|^2, read before each update.
    parameters : tuple of float
        In the order of the page.
    """

    train_loss: tuple[float, ...]
    parameters: tuple[float, ...]


def learn_in_numpy(plan: Plan, data: Dataset, epochs: int, steps: int = 40) -> Learned:
    """Return what a plan learns from data, sample by sample.

    Parameters
    ----------
    plan : Plan
    data : Dataset
    epochs : int
    steps : int
        Of the Runge-Kutta method, in each phase.

    Raises
    ------
    CircuitError
        For batches, which these procedures do not know.
    """
    if plan.form.batch:
        raise CircuitError("the reference learns sample by sample")
    page, procedure = plan.page, procedure_of(plan)
    ports = [i for i in page.inputs if i.port is not None]
    raw = np.array(data.x)[:, [data.inputs.index(str(i.port)) for i in ports]]
    x = (raw - [i.offset for i in ports]) * [i.amount for i in ports]
    y = np.array(data.y)[:, [data.targets.index(o.target) for o in page.outputs]]
    if plan.cell == "products":
        middle = next(i.amount for i in page.inputs if i.value == "H")
        losses, weights = sgd_products(x, y, plan.alpha, middle, procedure, epochs, steps=steps)
        return Learned(losses, tuple(float(w) for w in weights.ravel()))
    return _cells(plan, procedure, x, y, epochs, steps)


def procedure_of(plan: Plan) -> Procedure:
    """Return how the form of a plan learns, as a statement without chemistry."""
    page, form = plan.page, plan.form
    rates, in_tube = form.rates, form.form == "tube"
    forward, back, fading, exposures = page.duration, rates.feedback or page.duration, 0.0, None
    if in_tube:
        forward, back, fading = FORWARD, FEEDBACK, FADING
    if in_tube and serves(page, form.gradient):
        time = form.timing
        forward, back = time.forward, time.feedback
        exposures = self_timed_exposures(
            forward, back, error=time.error, copies=time.copies, switch=time.switch, transfer=rates.transfer * time.dose
        )
    return Procedure(
        rates.eta,
        forward,
        back,
        form.gradient,
        concurrent=form.form != "staged",
        fading=fading,
        step_readout=rates.eta_readout if page.trained_readout else 0.0,
        gathering=page.trained_readout and form.form != "staged",
        exposures=exposures,
    )


def _cells(plan: Plan, procedure: Procedure, x: Array, y: Array, epochs: int, steps: int) -> Learned:
    page = plan.page
    constants = {i.value: i.amount for i in page.inputs if i.port is None}
    augmented = [a for n, a in constants.items() if n.startswith("X")]
    full = np.hstack([x, np.tile(augmented, (len(x), 1))])
    gain = max(abs(c) for m, c in page.state[0].rate.terms if any(n.startswith("P") for n, _, _ in m))
    size, place = len(page.state), dict[str, tuple[int, int, int]]()
    theta, mask = np.zeros((size, full.shape[1])), np.zeros((size, full.shape[1]))
    readout = np.ones((len(page.outputs), size))
    for name, start in page.parameters:
        i, j = (int(n) - 1 for n in (name[1:] if len(name) == 3 else name[1] * 2))
        place[name] = (0 if name[0] == "P" else 1, i, j)
        if name[0] == "P":
            theta[i, j], mask[i, j] = start, 1
        else:
            readout[i, j] = start
    h = constants.get("H", constants.get("H1", 0.0))
    start_at = full[:, :size] if page.state[0].start else np.zeros((len(x), size))
    if plan.cell == "relu":
        start_at = np.full((len(x), size), h)
    if plan.cell == "linear":
        # A drive of its own component adds the same to the sum as a part of it in every component.
        h /= size
    losses, *final = sgd_cells(
        _cell(plan, h), gain * full, start_at, y, theta, readout, procedure, epochs, mask=mask, steps=steps
    )
    values = tuple(float(final[k][i, j]) for k, i, j in place.values())
    return Learned(losses, values)


def _cell(plan: Plan, h: float) -> Cell:
    made: dict[str, Callable[[], Cell]] = {
        "linear": linear_cell,
        "square": lambda: square_cell(plan.alpha, h),
        "cubic": lambda: cubic_cell(plan.alpha),
        "relu": lambda: relu_cell(h, plan.alpha),
    }
    return made[plan.cell]()

"""A circuit from an equation of one's own: two outputs, a gate that is trained, and gradients gathered over batches of ten.

The state relaxes to p1 x1 x2 and to a leaky mixture of the inputs; the adjoint, the gradient and every reaction are derived from
these two lines.
"""

from __future__ import annotations

import numpy as np

from compiler import api
from crn.neural.forms.build import Form
from crn.neural.forms.two_phase import Rates
from crn.neural.samples import Dataset
from crn.neural.training import Regime
from crn.neural.written import neural_ode


def main() -> None:
    """Write the equation, train the circuit and compare what it found with what the data were made with."""
    circuit = neural_ode(
        state={"gate": "p1*x1*x2 - gate", "leak": "p2*x1 + p3*x2 - 0.5*leak"},
        inputs=["x1", "x2"],
        outputs={"y1": "gate", "y2": "leak"},
        parameters={"p1": 0.1, "p2": 0.1, "p3": 0.1},
        form=Form("two-phase", rates=Rates(eta=0.2), batch=True),
        name="own-mathematics",
    )
    print(f"{len(circuit.crn.reactions)} reactions among {len(circuit.crn.species)} species, for example:")
    for reaction in circuit.crn.reactions[::9]:
        print(f"  {reaction.origin.path:42} {reaction}")

    # What the equation comes to after a time of 1, for known parameters.
    x = np.random.default_rng(3).uniform(0.2, 1.5, (40, 2))
    y1 = 1.5 * x[:, 0] * x[:, 1] * (1 - np.exp(-1))
    y2 = (0.4 * x[:, 0] + 0.8 * x[:, 1]) * 2 * (1 - np.exp(-0.5))
    rows, targets = (tuple(map(tuple, a.tolist())) for a in (x, np.column_stack([y1, y2])))
    data = Dataset(("x1", "x2"), ("y1", "y2"), rows, targets, "drawn")

    result = api.train(circuit, data, None, epochs=30, level="formal", regime=Regime(batch=10))
    assert result.formal is not None
    first, last = result.formal.train_loss[0], result.formal.train_loss[-1]
    print(f"loss {first:.4f} in the first epoch, {last:.2g} in the last")
    for name, found, true in zip(circuit.parameter_names, result.formal.final, (1.5, 0.4, 0.8), strict=True):
        print(f"{name.removeprefix('P_')}: {found:.3f}, made with {true}")
    assert last < 1e-3 * first


if __name__ == "__main__":
    main()

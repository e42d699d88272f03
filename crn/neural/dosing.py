"""Dosing: what is taken off inputs and targets before they are pipetted, once the data are known.

Small amounts make small errors, and data that lie about 0 are learned more quickly and more evenly. No reaction and no strand
depends on it, only how much of each is added; the circuits that ask for it say so in their carriers (`Carrier.about`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from crn.neural.circuit import Carrier, LearningCircuit, LinearModel
from crn.neural.samples import Dataset, inputs, targets


def dosed_for(circuit: LearningCircuit, data: Dataset, others: Sequence[Dataset] = ()) -> LearningCircuit:
    """Return a circuit whose carriers have their offsets from the data.

    Parameters
    ----------
    circuit : LearningCircuit
    data : Dataset
        What it is trained on.
    others : sequence of Dataset
        What it will be asked besides: the least input is that of all sets, so that none is below what is taken off.
    """
    carriers = circuit.inputs + circuit.targets
    if not any(c.about for c in carriers):
        return circuit
    x, y = inputs(circuit, data), targets(circuit, data)
    lowest = np.min([inputs(circuit, d).min(axis=0) for d in (data, *others)], axis=0)
    ports = (*circuit.input_names, *circuit.target_names)
    offsets = {
        "least": dict(zip(ports, [*lowest.tolist(), *y.min(axis=0).tolist()], strict=True)),
        "mean": dict(zip(ports, [*x.mean(axis=0).tolist(), *y.mean(axis=0).tolist()], strict=True)),
    }

    def placed(carrier: Carrier) -> Carrier:
        return dataclasses.replace(carrier, offset=offsets[carrier.about][carrier.port]) if carrier.about else carrier

    found = dataclasses.replace(
        circuit, inputs=tuple(map(placed, circuit.inputs)), targets=tuple(map(placed, circuit.targets))
    )
    if not isinstance(circuit.model, LinearModel):
        return found
    # The forward phase decides what a parameter means; its carriers come first.
    first = {c.port: c.offset for c in reversed(found.inputs + found.targets)}
    origins = tuple(first[i] for i in found.input_names)
    model = dataclasses.replace(circuit.model, origins=origins, level=sum(first[t] for t in found.target_names))
    return dataclasses.replace(found, model=model)

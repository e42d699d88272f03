"""The table of circuits: every circuit of the paper and the project's own, each form of it trained and held against NumPy.

What is measured stands in a JSON object, from which the Markdown is written; the authors' figures are quoted from their single
runs. Nothing is trained otherwise than `train` does it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from compiler.blocks import Block
from compiler.sources import Source, load
from compiler.training import train
from compiler.training_data import load_data
from crn.diagnostics import CircuitError
from crn.neural.catalog import named_family
from crn.neural.circuit import LearningCircuit, LinearModel
from crn.neural.counterpart import learn_in_numpy
from crn.neural.dosing import dosed_for
from crn.neural.reference import sgd_linear
from crn.neural.regression import CENTRED, CENTRED_ONE, TubeRates
from crn.neural.samples import Dataset, inputs, targets
from crn.neural.schedule import CONSTANT, Schedule, read_schedule
from crn.neural.training import Regime, TrainingRun
from crn.neural.training import train as run_training
from crn.neural.tube import Tube
from crn.simulate import SIMULATORS

FORMS: Final = ("staged", "two-phase", "tube")
NUMPY_EPOCHS: Final = 5
"""Epochs for which a circuit is held against NumPy, which takes longer over them than the chemistry."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One circuit of the table.

    Attributes
    ----------
    name : str
    forms : tuple of (str, str)
        The form, and the specification of the circuit in it.
    data : str
        Of a built-in set.
    epochs : int
    authors : str
        What the authors report, of a single run; empty where there is nothing.
    dna_epochs : int
        How many epochs the tube is trained as DNA; a large one is not followed to the end.
    schedule : Schedule, optional
        By default the circuit's own.
    """

    name: str
    forms: tuple[tuple[str, str], ...]
    data: str
    epochs: int
    authors: str = ""
    dna_epochs: int = 1
    schedule: Schedule | None = None


def _forms(family: str, *options: str) -> tuple[tuple[str, str], ...]:
    return tuple((form, f"{family}:{','.join([*options, f'form={form}'])}") for form in FORMS)


_BIG_RINGS: Final = "rings:inner=0.4,outer=0.6"
_QUADRATIC_RINGS: Final = "rings:inner=0.4,outer=0.6,centre=1,low=0,high=2"
_LINEAR: Final = "linear-regression"

ENTRIES: Final[tuple[Entry, ...]] = (
    Entry(
        "linear regression, the minimal listing",
        (("staged", f"{_LINEAR}:variant=seed13"),),
        "linreg-authors",
        5,
        "13 reactions, 15 species; validation .1188",
    ),
    Entry("linear regression, ten reactions", (("staged", f"{_LINEAR}:variant=lr10"),), "linreg-authors", 5),
    Entry(
        "linear regression, trained bias",
        (("two-phase", f"{_LINEAR}:variant=dual"), ("tube", _LINEAR)),
        "linreg-authors",
        5,
        dna_epochs=5,
    ),
    Entry(
        "linear regression, trained bias of the size of the inputs, step that shrinks",
        (("two-phase", f"{_LINEAR}:variant=dual,one=2,eta=0.08"),),
        "linreg-authors",
        10,
        schedule=read_schedule("exponential:half=2"),
    ),
    Entry(
        "linear classification",
        _forms("linear-classification"),
        "linear-classes",
        10,
        "validation .629; .99 of validation, .944 of a grid",
        3,
    ),
    Entry(
        "nonlinear regression, first-order gradient",
        _forms("nonlinear-regression", "gradient=first-order"),
        "product",
        50,
        "85 reactions (91 with bias); validation .0702",
        3,
    ),
    Entry(
        "nonlinear regression, full adjoint",
        _forms("nonlinear-regression", "gradient=full"),
        "product",
        80,
        "115 reactions (127 with bias); validation .119",
    ),
    Entry(
        "nonlinear regression, first-order gradient",
        _forms("nonlinear-regression", "gradient=first-order"),
        "sine",
        50,
        "85 reactions (91 with bias); validation .0750",
        3,
    ),
    Entry("cubic classifier", _forms("xor", "model=cubic"), "xor", 30, "220 reactions; .847 of a grid"),
    Entry("cubic classifier", _forms("rings", "model=cubic"), "rings", 64, "220 reactions; .726 of 201 points"),
    Entry("cubic classifier", _forms("and", "model=cubic"), "and", 45, "220 reactions; loss near .04"),
    Entry("cubic classifier", _forms("or", "model=cubic"), "or", 60, "220 reactions; loss near .036"),
    Entry("quadratic classifier", _forms("xor", "model=quadratic"), "xor", 80, "178 reactions; .788 of a grid"),
    Entry(
        "quadratic classifier",
        _forms("rings", "model=quadratic", "low=0", "high=2", "augmented=1"),
        _QUADRATIC_RINGS,
        65,
        "178 reactions; .822 of 101 points",
    ),
    Entry("smooth ReLU network", _forms("xor", "model=relu"), "xor", 40, "plots only"),
    Entry("smooth ReLU network", _forms("iris", "model=relu"), "iris", 40, "1296 reactions; near .87"),
    Entry("classifier of products", _forms("xor"), "xor", 100, "the paper's circuits: .847 (cubic)"),
    Entry("classifier of products", _forms("rings"), "rings", 100, "the paper's circuits: .726 (cubic)"),
    Entry("classifier of products", _forms("rings"), _BIG_RINGS, 100, "the paper's circuits: .822 (quadratic)"),
    Entry("classifier of products", _forms("and"), "and", 100),
    Entry("classifier of products", _forms("or"), "or", 100),
    Entry("classifier of products", _forms("iris"), "iris", 40, "the paper's circuits: near .87 (ReLU)"),
    Entry("quadratic classifier", _forms("iris", "model=quadratic"), "iris", 40),
)
"""All circuits of arXiv 2409.00034 and its repository that have a stored result, and the project's own on the same tasks."""

Report = Callable[[str, int, int], bool]


def measure(entry: Entry, seeds: int, progress: Report, level: str = "both") -> Block:
    """Train every form of an entry, and the tube as DNA.

    Parameters
    ----------
    entry : Entry
    seeds : int
        Draws of data and initial parameters for the tube; the other forms have one. With 0 nothing is trained.
    progress : callable
        Called with what is done, and how much of how much.
    level : {'formal', 'dna', 'both'}
    """
    found: Block = {"name": entry.name, "data": entry.data, "epochs": entry.epochs, "authors": entry.authors}
    found["loss_of_noise"] = _sets(load(entry.forms[-1][1]), entry, 0)[1].floor
    if level != "dna":
        found["forms"] = _in_every_form(entry, seeds, progress)
    tube = dict(entry.forms).get("tube")
    if level != "formal" and tube is not None:
        found["dna"] = _as_dna(entry, tube, progress)
    return found


def _in_every_form(entry: Entry, seeds: int, progress: Report) -> list[Block]:
    forms: list[Block] = []
    for form, specification in entry.forms:
        try:
            circuit = load(specification).learning
        except CircuitError as error:
            forms.append({"form": form, "circuit": specification, "objection": error.diagnostics[0].message})
            continue
        draws = seeds if form == "tube" and entry.data != "linreg-authors" else min(seeds, 1)
        runs = [_run(entry, form, specification, seed, progress) for seed in range(draws)]
        forms.append(
            {
                "form": form,
                "circuit": specification,
                "reactions": len(circuit.crn.reactions),
                "species": len(circuit.crn.species),
                "order": max(r.order for r in circuit.crn.reactions),
                "runs": runs,
            }
        )
    return forms


def _sets(source: Source, entry: Entry, seed: int) -> tuple[Dataset, Dataset]:
    first, second = load_data(source, entry.data, seed=seed)
    assert second is not None, "a built-in set has samples to validate with"
    return first, second


def _seeded(specification: str, seed: int) -> Source:
    """Return the circuit with initial parameters of its own for every seed but the first, where they are drawn."""
    family, given = named_family(specification)
    if seed and any(o.name == "init" for o in family.options):
        try:
            return load(specification + ("," if given else ":") + f"init={seed + 1}")
        except CircuitError:
            pass  # a model that begins at zero has nothing to draw
    return load(specification)


def _run(entry: Entry, form: str, specification: str, seed: int, progress: Report) -> Block:
    source = _seeded(specification, seed)
    data, validation = _sets(source, entry, seed)
    what = f"{entry.name}, {entry.data}, {form}, seed {seed}"

    def report(_: str, done: int, total: int) -> bool:
        return progress(what, done, total)

    circuit = dosed_for(source.learning, data, [validation])
    schedule = entry.schedule or circuit.schedule
    run = run_training(
        circuit,
        Tube.of(circuit),
        data,
        validation,
        entry.epochs,
        SIMULATORS[0],
        report,
        regime=Regime(schedule=schedule),
        mapped_by="parameters",
    )
    found: Block = {"seed": seed, "outcome": str(run.outcome), **_figures(run)}
    epochs = min(NUMPY_EPOCHS, entry.epochs)
    reference = in_numpy(source.name, circuit, data, validation, epochs, schedule) if seed == 0 else None
    if reference is not None:
        found |= {
            "numpy_epochs": epochs,
            "numpy_train_loss": reference[-1],
            "crn_train_loss": run.train_loss[epochs - 1],
        }
        found["deviation"] = float(np.max(np.abs(np.array(run.train_loss[:epochs]) / np.array(reference) - 1)))
    return found


def _figures(run: TrainingRun) -> Block:
    decided = run.decisions
    return {
        "train_loss": run.train_loss[-1] if run.train_loss else None,
        "validation_loss": run.validation_loss,
        "accuracy": decided.accuracy if decided else None,
        "map_accuracy": decided.map.accuracy if decided and decided.map else None,
    }


def in_numpy(
    name: str,
    circuit: LearningCircuit,
    data: Dataset,
    validation: Dataset,
    epochs: int,
    schedule: Schedule = CONSTANT,
) -> tuple[float, ...] | None:
    """Return the losses of the same mathematics in plain NumPy; None where it is not written down there."""
    family, options = named_family(name)
    if family.plan is not None:
        return learn_in_numpy(family.plan(options), data, epochs).train_loss if schedule.constant else None
    model = circuit.model
    if not isinstance(model, LinearModel):
        return None
    x, y = inputs(circuit, data) - (model.origins or 0.0), targets(circuit, data)[:, 0] - model.level
    x_val, y_val = (
        inputs(circuit, validation) - (model.origins or 0.0),
        targets(circuit, validation)[:, 0] - model.level,
    )
    # The feedback phase comes last, so that a port's last carrier says what its input is there.
    z = inputs(circuit, data) - [{c.port: c.offset for c in circuit.inputs}[p] for p in circuit.input_names]
    weights = np.array([p.value(dict(circuit.crn.initial) | _zeros(circuit)) for p in circuit.parameters])
    if model.bias:
        forward, feedback = _ones(options)
        x, x_val, z = (
            np.column_stack([m, np.full(len(m), one)]) for m, one in ((x, forward), (x_val, forward), (z, feedback))
        )
        weights[-1] /= forward
    losses: list[float] = []
    for epoch in range(epochs):
        step = _step(options) * schedule.pace(epoch)
        found = sgd_linear(
            x,
            y,
            x_val,
            y_val,
            weights,
            step,
            1,
            gain=model.gain,
            offset=model.offset,
            constant=model.constant,
            driven_by=z,
        )
        losses, weights = [*losses, *found.train_loss], found.weights
    return tuple(losses)


def _zeros(circuit: LearningCircuit) -> dict[str, float]:
    known = dict(circuit.crn.initial)
    return {s: known.get(s, 0.0) for p in circuit.parameters for s, _ in p.terms}


def _ones(options: Mapping[str, str]) -> tuple[float, float]:
    """Return the input of a trained bias in the forward and in the feedback phase."""
    usual = 1.0 if options.get("variant") or options.get("centre") == "no" else CENTRED_ONE
    one = float(options.get("one", usual))
    return (one if options.get("variant") else 1.0), one


def _step(options: Mapping[str, str]) -> float:
    """Return the step of a linear regression per unit gradient of its prediction."""
    if options.get("variant"):
        return float(options.get("eta", "0.1")) * 0.5
    rates = TubeRates() if options.get("centre") == "no" else CENTRED
    return float(options.get("eta", rates.eta)) * -math.expm1(
        -rates.feedback
    )  # what is left of the feedback strand at the end has done nothing


def _as_dna(entry: Entry, specification: str, progress: Report) -> Block:
    """Return what the tube learns as DNA with the default scheme, beside the formal level; or why it is refused."""
    source = load(specification)
    data, validation = _sets(source, entry, 0)
    epochs = min(entry.dna_epochs, entry.epochs)
    what = f"{entry.name}, {entry.data}, as DNA"

    def report(_: str, done: int, total: int) -> bool:
        return progress(what, done, total)

    try:
        regime = None if entry.schedule is None else Regime(schedule=entry.schedule)
        both = train(source.learning, data, validation, epochs=epochs, progress=report, regime=regime)
    except CircuitError as error:
        return {"epochs": epochs, "objection": "; ".join(dict.fromkeys(d.message for d in error.diagnostics[:2]))}
    formal, dna = both.formal, both.dna
    if formal is None or dna is None:
        return {"epochs": epochs, "objection": str(both.outcome)}
    gone = np.max(np.abs(formal.parameters - formal.parameters[0]))
    network = dna.compiled.system.as_crn()
    return {
        "epochs": epochs,
        "samples": epochs * len(data),
        "reactions": len(network.reactions),
        "species": len(network.species),
        "fuels": len(dna.fuels),
        "lab_time_h": dna.lab_time_s / 3600,
        "lowest_fuel_fraction": dna.lowest_fuel_fraction,
        "formal": _figures(formal),
        "dna": _figures(dna.run),
        "parameter_deviation": float(np.max(np.abs(np.subtract(dna.run.final, formal.final))) / gone),
        "outcome": str(both.outcome),
    }

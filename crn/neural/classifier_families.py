"""The families of classifiers: the project's own, those of the paper, and each of the paper's tasks by its own name.

The pages of mathematics are in `crn.neural.products` and `crn.neural.classification`; the defaults here were measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from crn.diagnostics import CircuitError
from crn.neural.classification import CUBIC, QUADRATIC, linear, relaxing, smooth_relu
from crn.neural.family import CircuitFamily, Option, Plan
from crn.neural.products import products
from crn.neural.wishes import COMMON, INIT, REFERENCE, built, gradient_option, rate_options, refuse, wish

MODELS = ("products", "cubic", "quadratic", "relu")
"""The models of a classifier, the default first."""


@dataclass(frozen=True, slots=True)
class Task:
    """What a family of classifiers is for.

    Attributes
    ----------
    name : str
    inputs, targets : tuple of str
        Empty where the options say how many there are.
    low, high : float
        What the inputs span.
    augmented : float
        The constant input of the paper's models.
    """

    name: str
    inputs: tuple[str, ...] = ("x1", "x2")
    targets: tuple[str, ...] = ("y",)
    low: float = 0.0
    high: float = 1.0
    augmented: float = 0.2


def linear_classification(options: Mapping[str, str]) -> Plan:
    """Return the plan of the linear classifier of two positive inputs."""
    in_tube = options.get("form", "tube") == "tube"
    page = linear(seed=int(options.get("init", "1")), duration=1.0 if in_tube else 0.8)
    return Plan(page, wish(options, eta="0.06" if in_tube else "0.01", gradient="first-order"), "linear")


def classifier(task: Task, options: Mapping[str, str]) -> Plan:
    """Return the plan of a classifier for a task."""
    own = {"products": _products, "relu": _relu}.get(options.get("model", MODELS[0]), _relaxing)
    return own(task, options)


def _ports(task: Task, options: Mapping[str, str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    inputs = tuple(f"x{i + 1}" for i in range(int(options["inputs"]))) if "inputs" in options else task.inputs
    if "outputs" not in options or options["outputs"] == "1":
        return inputs, task.targets if "outputs" not in options else ("y",)
    return inputs, tuple(f"y{q + 1}" for q in range(int(options["outputs"])))


def _span(task: Task, options: Mapping[str, str]) -> tuple[float, float]:
    return float(options.get("low", task.low)), float(options.get("high", task.high))


def _products(task: Task, options: Mapping[str, str]) -> Plan:
    refuse(task.name, options, "model=products", "hidden", "augmented", "init", "gradient", "readout", "eta_readout")
    in_tube = options.get("form", "tube") == "tube"
    inputs, targets = _ports(task, options)
    low, high = _span(task, options)
    softly = "0.4" if len(targets) == 1 else "0.3"
    alpha = float(options.get("alpha", softly if in_tube else "8"))
    page = products(
        tuple((x, (low + high) / 2, (high - low) / 2) for x in inputs),
        targets,
        alpha=alpha,
        duration=6.0 if in_tube else 2.0,
        fading=in_tube,
    )
    return Plan(page, wish(options, eta="0.4" if in_tube else "0.035", gradient="first-order"), "products", alpha)


def _relaxing(task: Task, options: Mapping[str, str]) -> Plan:
    model = options["model"]
    inputs, targets = _ports(task, options)
    refuse(task.name, options, f"model={model}", "hidden", "readout", *(["eta_readout"] if len(targets) == 1 else []))
    in_tube, cubic = options.get("form", "tube") == "tube", model == "cubic"
    several = len(targets) > 1
    alpha = float(options.get("alpha", "0.1" if in_tube else str(CUBIC if cubic else QUADRATIC)))
    page = relaxing(
        model,
        tuple((x, _span(task, options)[0] < 0) for x in inputs),
        targets,
        alpha=alpha,
        augmented=float(options.get("augmented", task.augmented)),
        duration=0.9 if cubic else 0.4,
        seed=int(options.get("init", "1")),
    )
    form = wish(
        options,
        eta=("0.01" if in_tube else "0.05") if several else "0.3" if in_tube else "0.5",
        gradient="first-order" if several else "full" if cubic and not in_tube else "frozen",
        feedback="0.9" if cubic else "2.0",
    )
    return Plan(page, form, "cubic" if cubic else "square", alpha)


def _relu(task: Task, options: Mapping[str, str]) -> Plan:
    inputs, targets = _ports(task, options)
    form = options.get("form", "tube")
    # In a tube the state outlives its drive, and an adjoint that goes with it can grow without bounds.
    gradient = options.get("gradient", {"staged": "full", "tube": "first-order"}.get(form, "frozen"))
    if options.get("readout") == "frozen" and len(targets) > 1:
        raise CircuitError(f"{task.name} has several outputs, which a frozen read-out cannot tell apart")
    page = smooth_relu(
        tuple((x, _span(task, options)[0] < 0) for x in inputs),
        targets,
        hidden=int(options.get("hidden", str(max(4, len(inputs) + 1)))),
        augmented=float(options.get("augmented", "1")),
        dual=gradient == "full",
        frozen_readout=options.get("readout") == "frozen",
        seed=int(options.get("init", "1")),
    )
    eta, slower = ("0.5" if form == "staged" else "1", "0.3") if len(targets) == 1 else ("0.2", "0.2")
    own = {"eta_readout": slower} if "eta" not in options else {}
    return Plan(page, wish(options, eta=eta, gradient=gradient, **own), "relu", 0.5)


def _family(task: Task, summary: str, data: tuple[str, ...], epochs: int, *more: Option) -> CircuitFamily:
    plan = partial(classifier, task)
    return CircuitFamily(
        task.name,
        REFERENCE,
        summary,
        (
            Option("model", MODELS[0], "what the state equation is; products is the project's own", MODELS),
            *more,
            gradient_option(
                "first-order (products, quadratic of several outputs, relu in a tube), frozen, or full (cubic, staged relu)"
            ),
            *rate_options("by model and form"),
            Option(
                "readout", "trained", "model=relu with one output: whether its weights stay 1", ("trained", "frozen")
            ),
            Option("eta_readout", "eta", "step of a trained read-out", limits=(1e-9, 1e3)),
            Option("alpha", "by model and form", "how strongly the state saturates", limits=(1e-6, 100)),
            Option("low", f"{task.low:g}", "smallest input", limits=(-1e6, 1e6)),
            Option("high", f"{task.high:g}", "largest input", limits=(-1e6, 1e6)),
            Option("augmented", f"{task.augmented:g}; relu: 1", "the constant input", limits=(1e-6, 1e3)),
            Option("hidden", "inputs + 1, 4 or more", "model=relu: number of units", limits=(1, 64), whole=True),
            INIT,
            *COMMON,
        ),
        built(task.name, plan),
        data,
        epochs,
        plan,
    )


LINEAR = CircuitFamily(
    "linear-classification",
    REFERENCE,
    "yhat = sum x + T P . x against a threshold, for two positive inputs",
    (*rate_options("0.06 (tube), 0.01"), INIT, *COMMON),
    built("linear-classification", linear_classification),
    ("linear-classes",),
    10,
    linear_classification,
)

CLASSIFIERS: tuple[CircuitFamily, ...] = (
    LINEAR,
    _family(
        Task("classifier"),
        "classes of any inputs; model=cubic, quadratic and relu are the paper's",
        ("xor", "and", "or"),
        100,
        Option("inputs", "2", "number of inputs x1, x2, ...", limits=(1, 9), whole=True),
        Option("outputs", "1", "number of outputs y1, y2, ..., or y alone", limits=(1, 16), whole=True),
    ),
    *(
        _family(Task(gate), f"the classifier for x1 {gate} x2, true above 1/2", (gate,), 100)
        for gate in ("xor", "and", "or")
    ),
    _family(Task("rings", low=-1.0), "the classifier for a disc and the ring around it", ("rings",), 100),
    _family(
        Task("iris", ("x1", "x2", "x3", "x4"), ("y1", "y2", "y3"), augmented=1.0),
        "the classifier for three kinds of iris",
        ("iris",),
        40,
    ),
)

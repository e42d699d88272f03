"""The families of built-in circuits: what the command line can ask for, with defaults that were measured.

Each entry says where the circuit comes from and which options it has; the mathematics is in the files of the families, the forms in
`crn.neural.forms`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from crn.diagnostics import CircuitError
from crn.neural.circuit import LearningCircuit
from crn.neural.classification import linear, relaxing, smooth_relu
from crn.neural.family import CircuitFamily, Option
from crn.neural.forms.build import CLOCKS, FORMS, Form, circuit_of
from crn.neural.forms.oscillator import self_clocked
from crn.neural.forms.two_phase import GRADIENTS, Rates
from crn.neural.nonlinear import saturating
from crn.neural.regression import TubeRates, dual, lr10, seed13, tube

REFERENCE = "Nagipogu and Reif, Neural CRNs, arXiv 2409.00034"

_FORMS = {"seed13": "staged", "lr10": "staged", "lr14": "staged", "dual": "two-phase"}


def _linear_regression(options: Mapping[str, str]) -> LearningCircuit:
    variant = options.get("variant", "")
    form = options.get("form", _FORMS.get(variant, "tube"))
    if variant and form != _FORMS[variant]:
        raise CircuitError(f"variant={variant} implies form={_FORMS[variant]}; leave form out")
    takes = {
        "": {"inputs", "bias", "rails", "form", "annihilation", "eta", "decay", "forward", "feedback"},
        "dual": {"inputs", "bias", "form", "annihilation", "eta", "clock"},
    }.get(variant, {"form", "annihilation", "eta"})
    surplus = sorted(set(options) - takes - {"variant"})
    if not variant and form == "two-phase":
        return _linear_regression({**options, "variant": "dual"})
    if surplus or (form == "staged" and not variant):
        what = f"the option {surplus[0]}" if surplus else "form=staged without a variant"
        raise CircuitError(f"linear-regression{f':variant={variant}' if variant else ''} does not take {what}")
    inputs, bias = int(options.get("inputs", "2")), options.get("bias", "trained")
    given = {k: float(options[k]) for k in ("eta", "annihilation") if k in options}
    if variant in ("seed13", "lr14"):
        return seed13(**given, error_annihilation=variant == "lr14")
    if variant == "lr10":
        return lr10(**given)
    if variant == "dual":
        clock = options.get("clock", "additions")
        circuit = dual(inputs, bias, **given, clock="additions" if clock == "additions" else "catalyst")
        if clock == "oscillator":
            return dataclasses.replace(self_clocked(circuit), name=circuit.name.replace("catalyst", clock))
        return circuit
    names = {"eta": "eta", "decay": "decay_error", "forward": "forward", "feedback": "feedback"}
    changed = {names[k]: float(options[k]) for k in names if k in options}
    if "annihilation" in options:
        changed |= dict.fromkeys(("annihilation_error", "annihilation_weights"), float(options["annihilation"]))
    if changed.get("decay_error") == 1:
        raise CircuitError("decay=1 is as fast as the input strands themselves; use any other rate")
    return tube(inputs, bias, options.get("rails", "single"), dataclasses.replace(TubeRates(), **changed))


def _wish(options: Mapping[str, str], **defaults: str) -> Form:
    """Return form, clock, gradient and rates as the options say."""
    o = defaults | dict(options)
    form = o.get("form", "tube")
    fast = o.get("annihilation", "10" if form == "tube" else "1000")
    eta = float(o["eta"])
    rates = Rates(
        eta=eta,
        eta_readout=float(o.get("eta_readout", eta)),
        annihilation=float(fast),
        annihilation_weights=float(fast),
        transfer=20.0 if form == "tube" else 1000.0,
        feedback=float(o["feedback"]) if "feedback" in o and form != "tube" else None,
        error_annihilation=o.get("error_annihilation", "yes") == "yes",
    )
    return Form(
        form,
        o.get("clock", "additions"),
        o["gradient"],
        rates,
        o.get("batch", "no") == "yes",
        float(o.get("leak", "0")),
        o.get("adjoint_annihilation", "yes") == "yes",
    )


def _named(family: str, options: Mapping[str, str]) -> str:
    return f"{family}:{','.join(f'{k}={v}' for k, v in options.items())}" if options else family


def _refuse(family: str, options: Mapping[str, str], model: str, *others: str) -> None:
    """Refuse options that belong to another model or form."""
    for name in others:
        if name in options:
            raise CircuitError(f"{family} with {model} does not take {name}")


def _linear_classification(options: Mapping[str, str]) -> LearningCircuit:
    form = options.get("form", "tube")
    duration = 0.8 if form != "tube" else 1.0
    page = linear(seed=int(options.get("init", "1")), duration=duration)
    return circuit_of(
        page, _wish(options, eta="0.01", gradient="first-order"), _named("linear-classification", options)
    )


def _nonlinear_regression(options: Mapping[str, str]) -> LearningCircuit:
    gradient, in_tube = options.get("gradient", "first-order"), options.get("form", "tube") == "tube"
    page = saturating(
        alpha=float(options.get("alpha", "0.05" if in_tube else "0.5")),
        duration=float(options.get("duration", "1.0" if gradient == "first-order" else "0.5")),
        drive=10.0 if in_tube else 1.0,
        h=float(options.get("h", "0")),
        dense=options.get("weights") == "dense",
        dual=options.get("rails") == "dual",
        seed=int(options.get("init", "1")),
    )
    eta = "0.003" if in_tube else "0.2"
    return circuit_of(
        page,
        _wish(options, eta=eta, gradient=gradient, adjoint_annihilation="no"),
        _named("nonlinear-regression", options),
    )


def _hidden(family: str, options: Mapping[str, str]) -> LearningCircuit:
    """Return one of the paper's classifiers of two inputs."""
    model, name = options["model"], _named(family, options)
    in_tube, signed = options.get("form", "tube") == "tube", family == "rings" or options.get("rails") == "dual"
    seed = int(options.get("init", "1"))
    if model == "relu":
        page = smooth_relu(
            (("x1", signed), ("x2", signed)),
            ("y",),
            hidden=int(options.get("hidden", "4")),
            dual=options.get("gradient") == "full",
            seed=seed,
        )
        return circuit_of(page, _wish(options, eta="0.3", eta_readout="0.1", gradient="frozen"), name)
    _refuse(family, options, f"model={model}", "hidden")
    cubic = model == "cubic"
    page = relaxing(
        model,
        alpha=0.02 if in_tube else None,
        augmented=float(options.get("augmented", "0.2")),
        duration=0.9 if cubic else 0.4,
        signed=signed,
        seed=seed,
    )
    return circuit_of(
        page,
        _wish(
            options,
            eta="0.5",
            gradient="full" if cubic and not in_tube else "frozen",
            feedback="0.9" if cubic else "2.0",
        ),
        name,
    )


_FORM = Option("form", "tube", "how samples are told apart", FORMS)
_CLOCK = Option("clock", "additions", "form=two-phase: what switches the phases", CLOCKS)
_BATCH = Option("batch", "no", "whether gradients are gathered over a batch (train --batch)", ("no", "yes"))
_LEAK = Option("leak", "0", "clock=catalyst: amount of the clock species of the phase that is off", limits=(0, 1))
_INIT = Option("init", "1", "seed of the initial parameters", limits=(0, 2**32 - 1), whole=True)
_ERROR = Option("error_annihilation", "yes", "whether the rails of the error annihilate", ("yes", "no"))


def _gradient(default: str) -> Option:
    return Option("gradient", default, "how the error is fed back", GRADIENTS)


def _rates(eta: str) -> tuple[Option, ...]:
    return (
        Option("eta", eta, "step per unit gradient", limits=(1e-9, 1e3)),
        Option("annihilation", "10 (tube), 1000", "rate constant of the annihilations", limits=(1e-9, 1e6)),
    )


CIRCUITS: tuple[CircuitFamily, ...] = (
    CircuitFamily(
        "linear-regression",
        REFERENCE,
        "yhat = P . x, trained sample by sample; the minimal circuits of the paper and the add-only tube",
        (
            Option("inputs", "2", "number of inputs", limits=(1, 64), whole=True),
            Option("bias", "trained", "an input that is always 1", ("none", "fixed", "trained")),
            Option("rails", "single", "whether inputs and targets may be negative", ("single", "dual")),
            Option("variant", "", "a listing of the paper; implies its form", ("seed13", "lr10", "lr14", "dual")),
            Option("form", "tube", "how samples are told apart", ("tube", "two-phase", "staged")),
            Option("clock", "additions", "what switches the phases of variant=dual", CLOCKS),
            Option("eta", "0.03 (tube), 0.1", "rate constant of the update", limits=(1e-9, 1e3)),
            Option("annihilation", "1 (tube), 1000", "rate constant of the annihilations", limits=(1e-9, 1e6)),
            Option("decay", "0.4", "tube: rate constant of the decay of the error", limits=(1e-6, 100)),
            Option("forward", "3", "tube: duration of the forward phase", limits=(0.1, 1e3)),
            Option("feedback", "8", "tube: duration of the feedback phase", limits=(0.1, 1e3)),
        ),
        _linear_regression,
        ("linreg-authors",),
    ),
    CircuitFamily(
        "linear-classification",
        REFERENCE,
        "yhat = sum x + T P . x against a threshold, for two positive inputs",
        (_FORM, _CLOCK, *_rates("0.01"), _BATCH, _LEAK, _INIT, _ERROR),
        _linear_classification,
        ("linear-classes",),
        10,
    ),
    CircuitFamily(
        "nonlinear-regression",
        REFERENCE,
        "a state that saturates, dz/dt = theta x - alpha z |z|, for two positive inputs",
        (
            _gradient("first-order"),
            _FORM,
            _CLOCK,
            *_rates("0.003 (tube), 0.2"),
            Option("alpha", "0.05 (tube), 0.5", "how strongly the state saturates", limits=(1e-6, 100)),
            Option("duration", "1 (first-order), 0.5", "duration of the state equation", limits=(0.01, 100)),
            Option("h", "0", "a constant drive that is not trained", limits=(0, 10)),
            Option("weights", "diagonal", "which inputs drive which component", ("diagonal", "dense")),
            Option("rails", "single", "whether inputs and targets may be negative", ("single", "dual")),
            _BATCH,
            _LEAK,
            _INIT,
            _ERROR,
        ),
        _nonlinear_regression,
        ("product", "sine"),
        50,
    ),
)

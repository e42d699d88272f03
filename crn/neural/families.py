"""The families of built-in circuits: what the command line can ask for, with defaults that were measured.

Each entry says where the circuit comes from and which options it has; the mathematics is in the files of the families, the forms in
`crn.neural.forms`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from crn.diagnostics import CircuitError
from crn.neural.circuit import LearningCircuit
from crn.neural.classifier_families import CLASSIFIERS
from crn.neural.family import CircuitFamily, Option, Plan
from crn.neural.forms.build import CLOCKS
from crn.neural.forms.oscillator import self_clocked
from crn.neural.nonlinear import saturating, straight
from crn.neural.regression import CENTRED, CENTRED_ONE, TubeRates, dual, lr10, seed13, tube
from crn.neural.wishes import COMMON, INIT, REFERENCE, built, gradient_option, rate_options, wish

_FORMS = {"seed13": "staged", "lr10": "staged", "lr14": "staged", "dual": "two-phase"}

_TUBE_RATES = ("eta", "clear", "forward", "feedback", "clearing")
"""Options of the tube that are fields of `TubeRates` as they are."""


def _linear_regression(options: Mapping[str, str]) -> LearningCircuit:
    variant = options.get("variant", "")
    form = options.get("form", _FORMS.get(variant, "tube"))
    if variant and form != _FORMS[variant]:
        raise CircuitError(f"variant={variant} implies form={_FORMS[variant]}; leave form out")
    takes = {
        "": {"inputs", "bias", "rails", "form", "annihilation", "centre", "one", *_TUBE_RATES},
        "staged": {"inputs", "bias", "rails", "form", "annihilation", "eta"},
        "dual": {"inputs", "bias", "form", "annihilation", "eta", "clock", "one"},
    }.get(variant or ("staged" if form == "staged" else ""), {"form", "annihilation", "eta"})
    surplus = sorted(set(options) - takes - {"variant"})
    if not variant and form == "two-phase":
        return _linear_regression({**options, "variant": "dual"})
    if surplus:
        which = f"variant={variant}" if variant else f"form={form}"
        raise CircuitError(f"linear-regression:{which} does not take the option {surplus[0]}")
    if form == "staged" and not variant:
        return built("linear-regression", _staged_regression)(options)
    inputs, bias = int(options.get("inputs", "2")), options.get("bias", "trained")
    given = {k: float(options[k]) for k in ("eta", "annihilation", "one") if k in options}
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
    changed = {k: float(options[k]) for k in _TUBE_RATES if k in options}
    if "annihilation" in options:
        changed |= dict.fromkeys(("annihilation_error", "annihilation_weights"), float(options["annihilation"]))
    centre = options.get("centre", "yes" if bias == "trained" else "no") == "yes"
    if centre and bias != "trained":
        raise CircuitError(
            "linear-regression:centre=yes needs bias=trained, which makes up for what is taken off the data"
        )
    rates = dataclasses.replace(CENTRED if centre else TubeRates(), **changed)
    one = float(options.get("one", CENTRED_ONE if centre else 1))
    return tube(inputs, bias, options.get("rails", "single"), rates, centre=centre, one=one)


def _staged_regression(options: Mapping[str, str]) -> Plan:
    page = straight(
        tuple(f"x{i + 1}" for i in range(int(options.get("inputs", "2")))),
        options.get("bias", "trained"),
        dual=options.get("rails") == "dual",
    )
    return Plan(page, wish(options, eta="0.1", gradient="first-order"), "linear")


def _nonlinear_regression(options: Mapping[str, str]) -> Plan:
    gradient, in_tube = options.get("gradient", "first-order"), options.get("form", "tube") == "tube"
    alpha = float(options.get("alpha", "0.003" if in_tube else "0.5"))
    page = saturating(
        alpha=alpha,
        duration=float(options.get("duration", "1.0" if gradient == "first-order" else "0.5")),
        drive=10.0 if in_tube else 1.0,
        h=float(options.get("h", "0")),
        dense=options.get("weights") == "dense",
        dual=options.get("rails") == "dual",
        seed=int(options.get("init", "1")),
    )
    first = gradient == "first-order"
    eta = ("0.01" if first else "0.001") if in_tube else "0.2" if first else "0.6"
    # Large outputs and small errors: in a tube with an adjoint the handing over has to be quick for the two to match.
    own = {"transfer": "20"} if in_tube and not first else {}
    return Plan(page, wish(options, eta=eta, gradient=gradient, adjoint_annihilation="no", **own), "square", alpha)


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
            Option(
                "centre",
                "yes (bias=trained), no",
                "tube: whether data are dosed from their least value up, and the feedback about their mean",
                ("yes", "no"),
            ),
            Option(
                "one",
                "3 (tube), 1",
                "the input that a trained bias is the weight of; tube: in the feedback only, 1 with centre=no",
                limits=(1e-3, 1e3),
            ),
            Option("eta", "0.06 (tube; 0.01 with centre=no), 0.1", "rate constant of the update", limits=(1e-9, 1e3)),
            Option("annihilation", "1 (tube), 1000", "rate constant of the annihilations", limits=(1e-9, 1e6)),
            Option(
                "clear",
                "6",
                "tube: how often the error meets what clears it; exp(-clear) of it stays",
                limits=(0.1, 50),
            ),
            Option("forward", "8", "tube: duration of the forward phase", limits=(0.1, 1e3)),
            Option("feedback", "5", "tube: duration of the feedback phase", limits=(0.1, 1e3)),
            Option("clearing", "5 (4 with centre=no)", "tube: duration of the clearing phase", limits=(0.1, 1e3)),
        ),
        _linear_regression,
        ("linreg-authors",),
    ),
    CircuitFamily(
        "nonlinear-regression",
        REFERENCE,
        "a state that saturates, dz/dt = theta x - alpha z |z|, for two positive inputs",
        (
            gradient_option("first-order"),
            *rate_options("0.2, 0.01 in a tube (first-order); 0.6, 0.001"),
            Option("alpha", "0.003 (tube), 0.5", "how strongly the state saturates", limits=(1e-6, 100)),
            Option("duration", "1 (first-order), 0.5", "duration of the state equation", limits=(0.01, 100)),
            Option("h", "0", "a constant drive that is not trained", limits=(0, 10)),
            Option("weights", "diagonal", "which inputs drive which component", ("diagonal", "dense")),
            Option("rails", "single", "whether inputs and targets may be negative", ("single", "dual")),
            INIT,
            *COMMON,
        ),
        built("nonlinear-regression", _nonlinear_regression),
        ("product", "sine"),
        50,
        _nonlinear_regression,
    ),
    *CLASSIFIERS,
)

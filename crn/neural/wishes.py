"""What the families of circuits share: their common options, and how those become the form, clock, gradient and rates of a circuit.

The families themselves are in `crn.neural.families` and `crn.neural.classifier_families`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from crn.diagnostics import CircuitError
from crn.neural.circuit import LearningCircuit
from crn.neural.family import Option, Plan
from crn.neural.forms.build import CLOCKS, FORMS, Form, circuit_of
from crn.neural.forms.self_timed import Timing
from crn.neural.forms.two_phase import GRADIENTS, Rates

REFERENCE: Final = "Nagipogu and Reif, Neural CRNs, arXiv 2409.00034"

GENTLE: Final = {"annihilation": "5", "transfer": "5"}
"""Rate constants of a tube: the largest of them sets the hours of the laboratory."""

IDEAL: Final = {"annihilation": "1000", "transfer": "1000"}
"""Rate constants of the other forms, which are compared with their mathematics."""

FORM = Option("form", "tube", "how samples are told apart", FORMS)
CLOCK = Option("clock", "additions", "form=two-phase: what switches the phases", CLOCKS)
BATCH = Option("batch", "no", "whether gradients are gathered over a batch (train --batch)", ("no", "yes"))
LEAK = Option("leak", "0", "clock=catalyst: amount of the clock species of the phase that is off", limits=(0, 1))
INIT = Option("init", "1", "seed of the initial parameters", limits=(0, 2**32 - 1), whole=True)
ERROR = Option("error_annihilation", "yes", "whether the rails of the error annihilate", ("yes", "no"))

COMMON = (FORM, CLOCK, BATCH, LEAK, ERROR)
"""What every family takes that is built from a page of mathematics."""


def built(family: str, plan: Callable[[Mapping[str, str]], Plan]) -> Callable[[Mapping[str, str]], LearningCircuit]:
    """Return what builds the circuits of a family from their plans."""

    def build(options: Mapping[str, str]) -> LearningCircuit:
        found = plan(options)
        return circuit_of(found.page, found.form, named(family, options))

    return build


def gradient_option(default: str) -> Option:
    """Return the option that says how the error is fed back."""
    return Option("gradient", default, "how the error is fed back", GRADIENTS)


def rate_options(eta: str) -> tuple[Option, ...]:
    """Return the options of the rate constants."""
    return (
        Option("eta", eta, "step per unit gradient", limits=(1e-9, 1e3)),
        Option("annihilation", "5 (tube), 1000", "rate constant of the annihilations", limits=(1e-9, 1e6)),
        Option("transfer", "5 (tube), 1000", "rate constant of handing over between the phases", limits=(1e-9, 1e6)),
    )


def wish(options: Mapping[str, str], **defaults: str) -> Form:
    """Return form, clock, gradient and rates as the options say.

    Parameters
    ----------
    options : mapping of str to str
    defaults : str
        By option; `eta` and `gradient` are needed.
    """
    in_tube = options.get("form", "tube") == "tube"
    o = (GENTLE if in_tube else IDEAL) | defaults | dict(options)
    eta = float(o["eta"])
    rates = Rates(
        eta=eta,
        eta_readout=float(o.get("eta_readout", eta)),
        annihilation=float(o["annihilation"]),
        annihilation_weights=float(o["annihilation"]),
        transfer=float(o["transfer"]),
        feedback=float(o["feedback"]) if "feedback" in o and not in_tube else None,
        error_annihilation=o.get("error_annihilation", "yes") == "yes",
    )
    return Form(
        o.get("form", "tube"),
        o.get("clock", "additions"),
        o["gradient"],
        rates,
        o.get("batch", "no") == "yes",
        float(o.get("leak", "0")),
        o.get("adjoint_annihilation", "yes") == "yes",
        Timing(),
    )


def named(family: str, options: Mapping[str, str]) -> str:
    """Return a circuit's name as the command line spells it."""
    return f"{family}:{','.join(f'{k}={v}' for k, v in options.items())}" if options else family


def refuse(family: str, options: Mapping[str, str], model: str, *others: str) -> None:
    """Refuse options that belong to another model or form."""
    for name in others:
        if name in options:
            raise CircuitError(f"{family} with {model} does not take {name}")

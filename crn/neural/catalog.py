"""The built-in circuits by name: what the command line can ask for, with options and their limits.

`CIRCUITS` is the one list; each entry says where the circuit comes from and how it is built. The mathematics is in the files of
the families.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from crn.diagnostics import CircuitError, Diagnostic, Span
from crn.network import CRN
from crn.neural.circuit import LearningCircuit
from crn.neural.regression import TubeRates, dual, lr10, seed13, tube
from crn.quantities import nearest

REFERENCE = "Nagipogu and Reif, Neural CRNs, arXiv 2409.00034"


@dataclass(frozen=True, slots=True)
class Option:
    """An option of a circuit.

    Attributes
    ----------
    name : str
    default : str
    choices : tuple of str
        Empty where any number in `limits` will do.
    limits : tuple of (float, float) or None
        Smallest and largest number.
    summary : str
    """

    name: str
    default: str
    summary: str
    choices: tuple[str, ...] = ()
    limits: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class CircuitFamily:
    """A built-in circuit: its name, source, options, and the function that builds it from them."""

    name: str
    reference: str
    summary: str
    options: tuple[Option, ...]
    build: Callable[[Mapping[str, str]], LearningCircuit]
    datasets: tuple[str, ...] = ()
    """Built-in data that fit it, the default first."""


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
        return dual(inputs, bias, **given, clock=options.get("clock", "additions"))
    names = {"eta": "eta", "decay": "decay_error", "forward": "forward", "feedback": "feedback"}
    changed = {names[k]: float(options[k]) for k in names if k in options}
    if "annihilation" in options:
        changed |= dict.fromkeys(("annihilation_error", "annihilation_weights"), float(options["annihilation"]))
    if changed.get("decay_error") == 1:
        raise CircuitError("decay=1 is as fast as the input strands themselves; use any other rate")
    return tube(inputs, bias, options.get("rails", "single"), dataclasses.replace(TubeRates(), **changed))


CIRCUITS: tuple[CircuitFamily, ...] = (
    CircuitFamily(
        "linear-regression",
        REFERENCE,
        "yhat = P . x, trained sample by sample; the minimal circuits of the paper and the add-only tube",
        (
            Option("inputs", "2", "number of inputs", limits=(1, 64)),
            Option("bias", "trained", "an input that is always 1", ("none", "fixed", "trained")),
            Option("rails", "single", "whether inputs and targets may be negative", ("single", "dual")),
            Option("variant", "", "a listing of the paper; implies its form", ("seed13", "lr10", "lr14", "dual")),
            Option("form", "tube", "how samples are told apart", ("tube", "two-phase", "staged")),
            Option("clock", "additions", "what switches the phases of variant=dual", ("additions", "catalyst")),
            Option("eta", "0.03 (tube), 0.1", "rate constant of the update", limits=(1e-9, 1e3)),
            Option("annihilation", "1 (tube), 1000", "rate constant of the annihilations", limits=(1e-9, 1e6)),
            Option("decay", "0.4", "tube: rate constant of the decay of the error", limits=(1e-6, 100)),
            Option("forward", "3", "tube: duration of the forward phase", limits=(0.1, 1e3)),
            Option("feedback", "8", "tube: duration of the feedback phase", limits=(0.1, 1e3)),
        ),
        _linear_regression,
        ("linreg-authors",),
    ),
)

_SPECIFICATION = re.compile(r"(?P<name>[A-Za-z0-9_.-]+)(?::(?P<plain>.*)|\[(?P<square>.*)\])?", re.DOTALL)


def named_circuit(text: str) -> tuple[LearningCircuit, CircuitFamily]:
    """Return the built-in circuit that a specification asks for.

    Parameters
    ----------
    text : str
        ``name``, ``name:key=value,key=value`` or ``name[key=value]``.

    Raises
    ------
    CircuitError
        If there is no such circuit, option or value; points into the text.
    """

    def fault(message: str, offset: int, length: int, advice: str = "") -> CircuitError:
        return CircuitError(Diagnostic(message, Span("<circuit>", 1, offset + 1, text, max(1, length)), advice))

    match = _SPECIFICATION.fullmatch(text)
    name = match["name"] if match else text
    family = next((f for f in CIRCUITS if f.name == name), None)
    if match is None or family is None:
        known = [f.name for f in CIRCUITS]
        raise fault(
            f"there is no file and no built-in circuit {name[:60]!r}",
            0,
            min(len(name), 60),
            nearest(name, known) or f"built in: {', '.join(known)}",
        )
    group = "plain" if match["plain"] is not None else "square"
    options: dict[str, str] = {}
    at = match.start(group)
    for part in (match[group] or "").split(",") if match[group] else ():
        key, equals, value = part.partition("=")
        option = next((o for o in family.options if o.name == key.strip()), None)
        if option is None or not equals:
            keys = [o.name for o in family.options]
            raise fault(
                f"{name} has no option {key!r}", at, len(key), nearest(key, keys) or f"options: {', '.join(keys)}"
            )
        if key.strip() in options:
            raise fault(f"{key} is given twice", at, len(part))
        _check(option, value.strip(), lambda m, p=part, a=at: fault(m, a + p.index("=") + 1, len(p) - p.index("=") - 1))  # type: ignore[misc]  # defaults bind the loop variables
        options[key.strip()] = value.strip()
        at += len(part) + 1
    return family.build(options), family


def _check(option: Option, value: str, fault: Callable[[str], CircuitError]) -> None:
    if option.choices and value not in option.choices:
        raise fault(f"{option.name} is one of {', '.join(option.choices)}, not {value[:40]!r}")
    if option.limits:
        low, high = option.limits
        try:
            number = int(value) if option.name == "inputs" else float(value)
        except ValueError:
            raise fault(
                f"{option.name} is a{' whole' if option.name == 'inputs' else ''} number, not {value[:40]!r}"
            ) from None
        if not low <= number <= high:
            raise fault(f"{option.name} is between {low:g} and {high:g}, not {value[:40]}")


def with_start(circuit: LearningCircuit, values: Mapping[str, float]) -> LearningCircuit:
    """Return a circuit whose parameters start at the given values.

    Raises
    ------
    CircuitError
        If a name is not a parameter of the circuit, or a value needs a rail that it has not.
    """
    initial = dict(circuit.crn.initial)
    for name, value in values.items():
        reading = next((p for p in circuit.parameters if p.name == name), None)
        if reading is None:
            known = circuit.parameter_names
            raise CircuitError(
                Diagnostic(
                    f"{circuit.name} has no parameter {name!r}",
                    advice=nearest(name, known) or f"parameters: {', '.join(known)}",
                )
            )
        for species, _ in reading.terms:
            initial[species] = 0.0
        sign = 1.0 if value >= 0 else -1.0
        rail = next(((s, c) for s, c in reading.terms if c * sign > 0), None)
        if rail is None:
            raise CircuitError(f"{name} cannot be {value:g}: it has no species for that sign")
        initial[rail[0]] = value / rail[1]
    kept = {s: a for s, a in initial.items() if a or s not in {t for p in circuit.parameters for t, _ in p.terms}}
    crn = CRN(circuit.crn.reactions, tuple(kept.items()), circuit.crn.constant, circuit.crn.units)
    return dataclasses.replace(circuit, crn=crn)

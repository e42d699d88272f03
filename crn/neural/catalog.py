"""The built-in circuits by name: what the command line can ask for, with options and their limits.

A specification is a name with options; what there is stands in `crn.neural.families`. The mathematics is in the files of the
families.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping

from crn.diagnostics import CircuitError, Diagnostic, Span
from crn.network import CRN
from crn.neural.circuit import LearningCircuit
from crn.neural.families import CIRCUITS
from crn.neural.family import CircuitFamily
from crn.quantities import nearest

_SPECIFICATION = re.compile(r"(?P<name>[A-Za-z0-9_.-]+)(?::(?P<plain>.*)|\[(?P<square>.*)\])?", re.DOTALL)


def named_circuit(text: str) -> tuple[LearningCircuit, CircuitFamily]:
    """Return the built-in circuit that a specification asks for; see `named_family`."""
    family, options = named_family(text)
    return family.build(options), family


def named_family(text: str) -> tuple[CircuitFamily, dict[str, str]]:
    """Return the family that a specification asks for, and the options that it gives.

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
        objection = option.objection(value.strip())
        if objection:
            raise fault(objection, at + len(key) + 1, len(value))
        options[key.strip()] = value.strip()
        at += len(part) + 1
    return family, options


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

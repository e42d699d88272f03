"""The arithmetic of SBML models: a kinetic law as a polynomial in the species, and constants as numbers.

Only what a polynomial with constant coefficients can hold is read: sums, products, quotients and whole powers, calls of functions
of the model, and any arithmetic among constants. Which polynomials are mass action is decided in `crn.sbml.reading`.
"""

from __future__ import annotations

import math
from collections import ChainMap
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, TypeAlias

import libsbml

from crn.network import Bag, Species
from crn.quantities import shown

Polynomial: TypeAlias = dict[Bag, float]
"""Coefficients by the product of species that they belong to; the empty bag has the constant."""

MAX_STEPS: Final = 500_000
"""Operations in the reading of one model, so that it ends within seconds."""
MAX_TERMS: Final = 1000
MAX_POWER: Final = 1000

_ONE: Final = Bag()
_OF_NUMBERS: Final[Mapping[int, Callable[..., float]]] = MappingProxyType(
    {
        libsbml.AST_FUNCTION_EXP: math.exp,
        libsbml.AST_FUNCTION_LN: math.log,
        libsbml.AST_FUNCTION_ABS: abs,
        libsbml.AST_FUNCTION_ROOT: lambda degree, x: x ** (1 / degree),
    }
)
_LITERALS: Final[Mapping[int, float]] = MappingProxyType(
    {libsbml.AST_CONSTANT_E: math.e, libsbml.AST_CONSTANT_PI: math.pi, libsbml.AST_NAME_AVOGADRO: 6.02214179e23}
)
_POWERS: Final = (libsbml.AST_POWER, libsbml.AST_FUNCTION_POWER)
_READ: Final = frozenset(
    (
        libsbml.AST_FUNCTION,
        libsbml.AST_PLUS,
        libsbml.AST_MINUS,
        libsbml.AST_TIMES,
        libsbml.AST_DIVIDE,
        *_POWERS,
        *_OF_NUMBERS,
    )
)


class Unreadable(Exception):  # noqa: N818  # it is not an error until it has a place
    """A law or a value that a network cannot express."""

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.advice = advice


class Laws:
    """The values and formulas of one model.

    Parameters
    ----------
    model : Model
    species : mapping of str to Species
        What the species with an id is called.
    """

    def __init__(self, model: libsbml.Model, species: Mapping[str, Species]) -> None:
        self._model = model
        self._species: dict[str, Polynomial] = {i: {Bag.of(s): 1.0} for i, s in species.items()}
        self._known: dict[str, float] = {}
        self._steps = 0

    def value(self, name: str) -> float:
        """Return what an id stands for at the start; what could change a parameter or a compartment is refused elsewhere.

        A species stands for its concentration, or for its amount where it has only substance units.
        """
        if name not in self._known:
            self._known[name] = self._start(name)
        return self._known[name]

    def _start(self, name: str) -> float:
        model = self._model
        assignment = model.getInitialAssignment(name)
        if assignment is not None and assignment.getMath() is not None:
            return _number(self._read(assignment.getMath(), {}))
        parameter, compartment, species = model.getParameter(name), model.getCompartment(name), model.getSpecies(name)
        if parameter is not None and parameter.isSetValue():
            return float(parameter.getValue())
        if compartment is not None and compartment.isSetSize():
            return float(compartment.getSize())
        if species is not None and species.isSetInitialConcentration():
            factor = self.value(species.getCompartment()) if species.getHasOnlySubstanceUnits() else 1.0
            return float(species.getInitialConcentration()) * factor
        if species is not None and species.isSetInitialAmount():
            factor = 1.0 if species.getHasOnlySubstanceUnits() else self.value(species.getCompartment())
            return float(species.getInitialAmount()) / factor
        raise Unreadable(f"{shown(name)} has no value")

    def polynomial(self, law: libsbml.KineticLaw) -> Polynomial:
        """Return a kinetic law as a polynomial in the symbols of its species; terms that vanish are left out.

        Raises
        ------
        Unreadable
        """
        local_values: dict[str, Polynomial] = {}
        for i in range(law.getNumParameters()):
            local = law.getParameter(i)  # of Level 3 too: a local parameter hides what is called like it
            if not local.isSetValue():
                raise Unreadable(f"{shown(local.getId())} has no value")
            local_values[local.getId()] = {_ONE: float(local.getValue())}
        found = self._read(law.getMath(), ChainMap(local_values, self._species))
        return {bag: value for bag, value in found.items() if value != 0}

    def _read(self, node: libsbml.ASTNode, known: Mapping[str, Polynomial]) -> Polynomial:
        """Return a formula, in which some names are known, as a polynomial."""
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise Unreadable(f"the formulas of the model take more than {MAX_STEPS} steps")
        kind = node.getType()
        if node.isNumber():
            return {_ONE: float(node.getValue())}
        if kind in _LITERALS:
            return {_ONE: _LITERALS[kind]}
        if kind == libsbml.AST_NAME:
            name = node.getName()
            return known[name] if name in known else {_ONE: self.value(name)}
        if kind not in _READ:
            raise Unreadable(f"{shown(libsbml.formulaToL3String(node) or 'its formula', 80)} is more than arithmetic")
        parts = [self._read(node.getChild(i), known) for i in range(node.getNumChildren())]
        if kind == libsbml.AST_FUNCTION:
            return self._call(node.getName(), parts)
        if kind == libsbml.AST_PLUS:
            return _sum(parts)
        if kind == libsbml.AST_MINUS:
            first, *rest = [{_ONE: 0.0}, *parts] if len(parts) == 1 else parts
            return _sum([first, *({b: -v for b, v in p.items()} for p in rest)])
        if kind == libsbml.AST_TIMES:
            return _product(parts)
        if kind == libsbml.AST_DIVIDE:
            divisor = _number(parts[1], "divides by")
            if divisor == 0:
                raise Unreadable("divides by 0")
            return {b: v / divisor for b, v in parts[0].items()}
        if kind in _POWERS:
            return _power(*parts)
        if kind in _OF_NUMBERS:
            try:
                return {_ONE: float(_OF_NUMBERS[kind](*(_number(p) for p in parts)))}
            except (ArithmeticError, ValueError, TypeError):
                pass
        raise Unreadable(f"{shown(libsbml.formulaToL3String(node) or 'its formula', 80)} is not a number")

    def _call(self, name: str, arguments: list[Polynomial]) -> Polynomial:
        definition = self._model.getFunctionDefinition(name)
        if definition is None or definition.getBody() is None or definition.getNumArguments() != len(arguments):
            raise Unreadable(f"the function {shown(name)} is not defined for {len(arguments)} arguments")
        names = [definition.getArgument(i).getName() for i in range(len(arguments))]
        return self._read(definition.getBody(), dict(zip(names, arguments, strict=True)))


def _number(value: Polynomial, what: str = "needs the value of") -> float:
    """Return a polynomial that is a constant as a number."""
    varying = next((bag for bag, v in value.items() if bag != _ONE and v != 0), None)
    if varying is not None:
        raise Unreadable(f"it {what} {varying.support[0]}, which changes")
    return value.get(_ONE, 0.0)


def _sum(parts: list[Polynomial]) -> Polynomial:
    total: Polynomial = {}
    for part in parts:
        for bag, value in part.items():
            total[bag] = total[bag] + value if bag in total else value
    return total


def _product(parts: list[Polynomial]) -> Polynomial:
    total: Polynomial = {_ONE: 1.0}
    for part in parts:
        if len(total) * len(part) > MAX_TERMS:
            raise Unreadable("its formula has too many terms")
        total = _sum([{a + b: x * y} for a, x in total.items() for b, y in part.items()])
    return total


def _power(base: Polynomial, exponent: Polynomial) -> Polynomial:
    n = _number(exponent)
    if not any(bag != _ONE for bag in base):
        try:
            return {_ONE: float(_number(base) ** n)}
        except (ArithmeticError, TypeError):
            raise Unreadable(f"{_number(base):g} to the power {n:g} is not a number") from None
    if not (0 <= n <= MAX_POWER and n.is_integer()):
        raise Unreadable(f"it raises a species to the power {n:g}")
    if len(base) == 1:
        (bag, value), times = next(iter(base.items())), int(n)
        return {Bag.from_counts({s: m * times for s, m in bag}): value**times}
    return _product([base] * int(n))

"""libroadrunner: SUNDIALS' CVODE with dense matrices behind SBML, compiled for every network.

The network is written as SBML with libsbml and compiled by LLVM, which is the setup. Amounts are set between stretches through its
own interface.
"""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from benchmarks.engine import Accuracy, Engine
from benchmarks.problems import Problem
from crn.massaction import MassAction, Vector


def sbml_text(law: MassAction, start: Vector) -> str:
    """Return a network as SBML: species S0, S1, ... in one compartment of volume 1."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    lines.append('<sbml xmlns="http://www.sbml.org/sbml/level3/version1/core" level="3" version="1"><model id="m">')
    lines.append(
        '<listOfCompartments><compartment id="c" size="1" constant="true" spatialDimensions="3"/></listOfCompartments>'
    )
    lines.append("<listOfSpecies>")
    fixed = 'compartment="c" hasOnlySubstanceUnits="false" boundaryCondition="false" constant="false"'
    lines += [f'<species id="S{i}" initialConcentration="{a!r}" {fixed}/>' for i, a in enumerate(start.tolist())]
    lines.append("</listOfSpecies><listOfParameters>")
    lines += [f'<parameter id="k{j}" value="{r.k!r}" constant="true"/>' for j, r in enumerate(law.crn.reactions)]
    lines.append("</listOfParameters><listOfReactions>")
    for j, r in enumerate(law.crn.reactions):
        lines.append(f'<reaction id="J{j}" reversible="false" fast="false">')
        for tag, bag in (("listOfReactants", r.reactants), ("listOfProducts", r.products)):
            items = [
                f'<speciesReference species="S{law.index[s]}" stoichiometry="{n}" constant="true"/>' for s, n in bag
            ]
            if items:
                lines.append(f"<{tag}>{''.join(items)}</{tag}>")
        factors = "".join(f"<ci>S{law.index[s]}</ci>" for s in r.reactants.elements())
        math = f'<math xmlns="http://www.w3.org/1998/Math/MathML"><apply><times/><ci>k{j}</ci>{factors}</apply></math>'
        lines.append(f"<kineticLaw>{math}</kineticLaw></reaction>")
    lines.append("</listOfReactions></model></sbml>")
    return "".join(lines)


class RoadRunner(Engine):
    """CVODE, dense."""

    name = "roadrunner"
    configuration = "libroadrunner CVODE, stiff, dense LU, LLVM-compiled network"
    largest = 1500

    def prepare(self, problem: Problem, law: MassAction) -> None:
        """Write the network as SBML and have it compiled."""
        super().prepare(problem, law)
        roadrunner: Any = importlib.import_module("roadrunner")
        roadrunner.Logger.setLevel(roadrunner.Logger.LOG_FATAL)
        self._model: Any = roadrunner.RoadRunner(sbml_text(law, problem.start))
        self._model.integrator.stiff = True
        self._model.integrator.maximum_num_steps = 10**7
        names = list(self._model.model.getFloatingSpeciesIds())
        self._places = np.array([int(n[1:]) for n in names])
        self._model.timeCourseSelections = [f"[{n}]" for n in names]

    def advance(self, start: Vector, times: Vector, accuracy: Accuracy) -> Vector:
        """See `Engine.advance`."""
        m = self._model
        m.reset()
        m.integrator.relative_tolerance = accuracy.relative
        m.integrator.absolute_tolerance = accuracy.absolute
        m.model.setFloatingSpeciesConcentrations(start[self._places])
        found = np.asarray(m.simulate(times=[0.0, *times.tolist()]))
        values = np.empty((len(times), len(start)))
        values[:, self._places] = found[1:]
        return values

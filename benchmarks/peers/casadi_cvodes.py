"""casadi: SUNDIALS' CVODES on casadi's sparse direct solvers, with exact derivatives from its expression graph.

The function is interpreted by casadi's virtual machine. An integrator is built anew for every tolerance, which is left out of the
time, and for one grid of output times.
"""

from __future__ import annotations

import importlib
from typing import Any, ClassVar

import numpy as np

from benchmarks.engine import Accuracy, Engine
from benchmarks.problems import Problem
from crn.massaction import MassAction, Vector


class CasadiCsparse(Engine):
    """CVODES on CSparse."""

    name = "casadi-csparse"
    configuration = "casadi CVODES BDF, newton_scheme direct, linear_solver csparse, SX expressions"
    largest = 1500
    solver: ClassVar[str] = "csparse"

    def prepare(self, problem: Problem, law: MassAction) -> None:
        """Write the derivative as an expression."""
        super().prepare(problem, law)
        casadi: Any = importlib.import_module("casadi")
        self._casadi = casadi
        y = casadi.SX.sym("y", len(law.species))
        rates = []
        for r in law.crn.reactions:
            rate: Any = r.k
            for s in r.reactants.elements():
                rate = rate * y[law.index[s]]
            rates.append(rate)
        net = law.net.tocsc()
        net.sort_indices()
        pattern = casadi.Sparsity(*net.shape, net.indptr.tolist(), net.indices.tolist())
        self._ode = {"x": y, "ode": casadi.DM(pattern, net.data.tolist()) @ casadi.vertcat(*rates)}
        self._built: dict[tuple[Accuracy, bytes], Any] = {}

    def build(self, times: Vector, accuracy: Accuracy) -> Any:
        """Return an integrator for one tolerance and one grid."""
        key = accuracy, times.tobytes()
        if key not in self._built:
            options = {
                "reltol": accuracy.relative,
                "abstol": accuracy.absolute,
                "max_num_steps": 10**7,
                "newton_scheme": "direct",
                "linear_solver": self.solver,
            }
            self._built[key] = self._casadi.integrator("F", "cvodes", self._ode, 0.0, times.tolist(), options)
        return self._built[key]

    def advance(self, start: Vector, times: Vector, accuracy: Accuracy) -> Vector:
        """See `Engine.advance`."""
        return np.asarray(self.build(times, accuracy)(x0=start)["xf"]).T

    def ready(self, accuracy: Accuracy) -> None:
        """Build what depends on the tolerance, outside of the time."""
        for segment in self.problem.segments:
            self.build(segment.times[segment.times > 0], accuracy)


class CasadiMumps(CasadiCsparse):
    """CVODES on MUMPS."""

    name = "casadi-mumps"
    configuration = "the same with linear_solver mumps"
    largest = 6000
    solver = "mumps"

"""scikit-sundae: SUNDIALS' CVODE with Python callbacks, on SuperLU_MT or dense.

SuperLU_MT orders with COLAMD; the package has no option for that. The callbacks are compiled by numba, so that Python only passes
them on.
"""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from benchmarks.arrays import Compiled, Flat
from benchmarks.engine import Accuracy, Engine
from benchmarks.problems import Problem
from crn.massaction import MassAction, Vector


class SundaeSparse(Engine):
    """CVODE on SuperLU_MT."""

    name = "sundae-superlu"
    configuration = "scikit-sundae CVODE BDF, linsolver sparse (SuperLU_MT, COLAMD, 1 thread), analytic numba callbacks"

    def prepare(self, problem: Problem, law: MassAction) -> None:
        """Compile the callbacks; the solver itself takes its tolerances in its constructor."""
        super().prepare(problem, law)
        self._make: Any = importlib.import_module("sksundae.cvode").CVODE
        self.net = Compiled(Flat.of(law))
        self.net.f(0.0, problem.start)
        self.net.jac(0.0, problem.start)
        self._options = self.options()
        self._solver: Any = None
        self._accuracy: Accuracy | None = None

    def options(self) -> dict[str, Any]:
        """Return the options that differ between linear solvers."""

        def jacobian(_t: float, y: Vector, _yp: Vector, JJ: Vector) -> None:
            self.net.entries(y, JJ)

        return {"linsolver": "sparse", "sparsity": self.net.flat.pattern, "jacfn": jacobian}

    def advance(self, start: Vector, times: Vector, accuracy: Accuracy) -> Vector:
        """See `Engine.advance`."""

        def derivative(_t: float, y: Vector, yp: Vector) -> None:
            self.net.derivative(y, yp)

        if self._accuracy != accuracy:
            tolerances = {"rtol": accuracy.relative, "atol": accuracy.absolute}
            self._solver = self._make(derivative, **tolerances, **self._options, max_num_steps=10**7)
            self._accuracy = accuracy
        grid = np.concatenate([[0.0], times])
        # Two times would mean: report every step.
        middle = len(grid) == 2
        if middle:
            grid = np.array([0.0, 0.5 * times[-1], times[-1]])
        found = self._solver.solve(grid, start)
        if not found.success:
            raise RuntimeError(str(found.message))
        return np.asarray(found.y[2:] if middle else found.y[1:])


class SundaeDense(SundaeSparse):
    """CVODE on LAPACK."""

    name = "sundae-dense"
    configuration = "scikit-sundae CVODE BDF, linsolver lapackdense, analytic numba callbacks"
    largest = 1500

    def options(self) -> dict[str, Any]:
        """Return the options for dense matrices."""
        flat = self.net.flat
        columns = np.repeat(np.arange(flat.size), np.diff(flat.indptr))
        entries = np.empty(len(flat.indices))

        def jacobian(_t: float, y: Vector, _yp: Vector, JJ: Vector) -> None:
            self.net.entries(y, entries)
            JJ[flat.indices, columns] = entries

        return {"linsolver": "lapackdense", "jacfn": jacobian}

"""scipy's stiff integrators with the analytic Jacobian, as they come and with a better ordering.

`scipy.integrate.BDF` and `Radau` factorise sparse Jacobians by SuperLU with COLAMD, which no option changes; the ordered variants
replace that one call. The derivative and the Jacobian are compiled by numba.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from scipy.integrate import BDF, Radau, solve_ivp
from scipy.sparse.linalg import splu

from benchmarks.arrays import Compiled, Flat
from benchmarks.engine import Accuracy, Engine, Kind
from benchmarks.problems import Problem
from crn.massaction import MassAction, Vector


def _ordered(solver: Any) -> Any:
    """Have a solver factorise with a minimum degree ordering of A + A^T and weak pivoting off the diagonal."""

    def lu(matrix: Any) -> Any:
        solver.nlu += 1
        options = {"SymmetricMode": True}
        return splu(matrix.tocsc(), permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.01, options=options)

    solver.lu = lu
    return solver


class OrderedBDF(BDF):
    """scipy's BDF on SuperLU with MMD_AT_PLUS_A."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        _ordered(self)


class OrderedRadau(Radau):
    """scipy's Radau on SuperLU with MMD_AT_PLUS_A."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        _ordered(self)


class _Scipy(Engine):
    method: ClassVar[Any]
    dense: ClassVar[bool] = False

    def prepare(self, problem: Problem, law: MassAction) -> None:
        """Compile the callbacks."""
        super().prepare(problem, law)
        self.net = Compiled(Flat.of(law))
        self.net.f(0.0, problem.start)
        self.net.jac(0.0, problem.start)

    def _dense(self, t: float, y: Vector) -> Vector:
        return np.asarray(self.net.jac(t, y).toarray())

    def advance(self, start: Vector, times: Vector, accuracy: Accuracy) -> Vector:
        """See `Engine.advance`."""
        jac: Any = self._dense if self.dense else self.net.jac
        found: Any = solve_ivp(
            self.net.f,
            (0.0, float(times[-1])),
            start,
            self.method,
            t_eval=times,
            rtol=accuracy.relative,
            atol=accuracy.absolute,
            jac=jac,
        )
        if not found.success:
            raise RuntimeError(found.message)
        return np.asarray(found.y.T)


class ScipyBDF(_Scipy):
    """`solve_ivp` with BDF."""

    name = "scipy-bdf"
    configuration = "solve_ivp BDF, analytic sparse Jacobian, numba callbacks, SuperLU with COLAMD (no option)"
    method = "BDF"


class ScipyRadau(_Scipy):
    """`solve_ivp` with Radau."""

    name = "scipy-radau"
    configuration = (
        "solve_ivp Radau IIA of order 5, analytic sparse Jacobian, numba callbacks, SuperLU with COLAMD (no option)"
    )
    method = "Radau"


class ScipyLSODA(_Scipy):
    """`solve_ivp` with LSODA."""

    name = "scipy-lsoda"
    configuration = "solve_ivp LSODA, analytic dense Jacobian, numba callbacks, dense LU"
    method = "LSODA"
    dense = True
    largest = 1500


class ScipyBDFOrdered(_Scipy):
    """BDF with a good ordering."""

    name = "scipy-bdf-mmd"
    kind = Kind.ORDERED
    configuration = "scipy BDF, its splu replaced by MMD_AT_PLUS_A in symmetric mode, numba callbacks"
    method = OrderedBDF


class ScipyRadauOrdered(_Scipy):
    """Radau with a good ordering."""

    name = "scipy-radau-mmd"
    kind = Kind.ORDERED
    configuration = "scipy Radau, its splu replaced by MMD_AT_PLUS_A in symmetric mode, numba callbacks"
    method = OrderedRadau

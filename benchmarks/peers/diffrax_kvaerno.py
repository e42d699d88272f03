"""diffrax: an ESDIRK method of order 5 in JAX, with dense matrices.

P. Kidger, "On neural differential equations", thesis, Oxford (2021). The derivative is written with gathers and a segment sum and
compiled by XLA for every network size, which is part of the setup; diffrax has no sparse linear solver for this.
"""

from __future__ import annotations

import importlib
import os
from typing import Any

import numpy as np

from benchmarks.arrays import Flat
from benchmarks.engine import Accuracy, Engine
from benchmarks.problems import Problem
from crn.massaction import MassAction, Vector


class DiffraxKvaerno5(Engine):
    """Kvaerno's method of order 5."""

    name = "diffrax-kvaerno5"
    configuration = (
        "diffrax Kvaerno5, PIDController with documented stiff coefficients (0.3, 0.3, 0), dense, float64, jitted, CPU"
    )
    largest = 600

    def prepare(self, problem: Problem, law: MassAction) -> None:
        """Have the whole solve compiled, for every number of outputs in the problem."""
        super().prepare(problem, law)
        os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")
        os.environ.setdefault("JAX_PLATFORMS", "cpu")
        diffrax: Any = importlib.import_module("diffrax")
        jax: Any = importlib.import_module("jax")
        jnp: Any = importlib.import_module("jax.numpy")
        jax.config.update("jax_enable_x64", True)
        flat = Flat.of(law)
        k, one, two, who, change = map(jnp.asarray, (flat.k, flat.one, flat.two, flat.who, flat.change))
        source = jnp.asarray(np.repeat(np.arange(len(flat.k)), np.diff(flat.start)))

        def derivative(_t: Any, y: Any, _args: Any) -> Any:
            padded = jnp.append(y, 1.0)
            rates = k * padded[one] * padded[two]
            return jnp.zeros(flat.size).at[who].add(change * rates[source])

        def solve(y: Any, times: Any, relative: Any, absolute: Any) -> Any:
            return diffrax.diffeqsolve(
                diffrax.ODETerm(derivative),
                diffrax.Kvaerno5(),
                0.0,
                times[-1],
                None,
                y,
                saveat=diffrax.SaveAt(ts=times),
                stepsize_controller=diffrax.PIDController(relative, absolute, pcoeff=0.3, icoeff=0.3),
                max_steps=10**6,
            ).ys

        self._solve: Any = jax.jit(solve)
        for count in {int(np.sum(s.times > 0)) for s in problem.segments}:
            self._solve(problem.start, np.linspace(1e-6, 2e-6, count), 1e-3, 1e-3).block_until_ready()

    def advance(self, start: Vector, times: Vector, accuracy: Accuracy) -> Vector:
        """See `Engine.advance`."""
        return np.asarray(self._solve(start, times, accuracy.relative, accuracy.absolute).block_until_ready())

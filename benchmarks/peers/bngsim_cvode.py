"""bngsim: SUNDIALS' CVODE on KLU behind BioNetGen's network format.

Networks go in as a .net file; the ordering of KLU is not among its options. With code generation the derivative and the Jacobian
are compiled to C for every network, which is part of the setup.
"""

from __future__ import annotations

import importlib
import tempfile
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from benchmarks.engine import Accuracy, Engine
from benchmarks.problems import Problem
from crn.massaction import MassAction, Vector


def net_text(law: MassAction, start: Vector) -> str:
    """Return a network in BioNetGen's .net format.

    The format's rate law of 2A -> B is k a^2 / 2, so such constants are doubled.
    """
    lines = ["begin parameters"]
    numbers = [" ".join(str(law.index[s] + 1) for s in r.reactants.elements()) for r in law.crn.reactions]
    for j, (r, ids) in enumerate(zip(law.crn.reactions, numbers, strict=True), 1):
        same = len(ids.split()) == 2 and len(set(ids.split())) == 1
        lines.append(f"  {j} k{j} {r.k * (2 if same else 1)!r}")
    lines += ["end parameters", "begin species"]
    lines += [f"  {i} S{i}() {amount!r}" for i, amount in enumerate(start.tolist(), 1)]
    lines += ["end species", "begin reactions"]
    for j, r in enumerate(law.crn.reactions, 1):
        left, right = (",".join(str(law.index[s] + 1) for s in b.elements()) or "0" for b in (r.reactants, r.products))
        lines.append(f"  {j} {left} {right} k{j}")
    return "\n".join([*lines, "end reactions", "begin groups", "  1 G1 1", "end groups", ""])


class Bngsim(Engine):
    """CVODE on KLU, interpreted."""

    name = "bngsim"
    configuration = (
        "bngsim ODE (CVODE BDF), jacobian auto, force_sparse_linear_solver (KLU, COLAMD), no code generation"
    )
    codegen: ClassVar[bool] = False

    def prepare(self, problem: Problem, law: MassAction) -> None:
        """Write the network and have it read."""
        super().prepare(problem, law)
        bngsim: Any = importlib.import_module("bngsim")
        self._folder = tempfile.TemporaryDirectory()
        path = Path(self._folder.name) / "network.net"
        path.write_text(net_text(law, problem.start))
        model: Any = bngsim.Model.from_net(str(path))
        more = {"net_path": str(path)} if self.codegen else {}
        self._simulator: Any = bngsim.Simulator(
            model, method="ode", codegen=self.codegen, force_sparse_linear_solver=True, **more
        )

    def advance(self, start: Vector, times: Vector, accuracy: Accuracy) -> Vector:
        """See `Engine.advance`."""
        self._simulator.set_state(start)
        found = self._simulator.run(
            sample_times=[0.0, *times.tolist()], rtol=accuracy.relative, atol=accuracy.absolute, max_steps=10**7
        )
        return np.asarray(found.species)[1:]


class BngsimCodegen(Bngsim):
    """CVODE on KLU, compiled for the network."""

    name = "bngsim-codegen"
    configuration = "the same with codegen=True"
    codegen = True
    largest = 6000

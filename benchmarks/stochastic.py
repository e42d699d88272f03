"""Exact stochastic simulation side by side: million events a second of CPU time, on expanded random networks.

All engines run the same network in counts, one after the other in one process, over the same time; how many events that is, is the
mean of our own runs. Engines that are not installed are reported and left out. Run ``python -m benchmarks.stochastic``.
"""

from __future__ import annotations

import argparse
import importlib
import statistics
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.networks import expand, formal, scaled
from benchmarks.peers.bngsim_cvode import net_text
from benchmarks.peers.roadrunner_cvode import sbml_text
from crn.massaction import MassAction, Vector
from crn.network import CRN
from crn.simulate import Tolerance
from crn.simulate.ssa import ExactSSA

MOLECULES = 50.0
"""Per nM."""


class Engine(ABC):
    """Simulates one network in counts."""

    name: str

    def __init__(self, law: MassAction, start: Vector) -> None:
        self.law, self.start = law, start

    @abstractmethod
    def run(self, end: float, seed: int) -> None:
        """Simulate from the start until `end`."""


class Own(Engine):
    """Direct method, dependency graph, three levels of search."""

    name = "own"

    def run(self, end: float, seed: int) -> None:
        """See `Engine.run`."""
        self.events(end, seed, 10**12)

    def events(self, end: float, seed: int, budget: int) -> tuple[int, float]:
        """Return how many events there were, and the time that they took it to."""
        ssa = ExactSSA(1.0, np.random.default_rng(seed), budget)
        done = ssa.advance(self.law, self.start, end, np.empty(0), Tolerance())
        return done.events, done.reached


class Bngsim(Engine):
    """The direct method of bngsim."""

    name = "bngsim"

    def __init__(self, law: MassAction, start: Vector) -> None:
        super().__init__(law, start)
        bngsim: Any = importlib.import_module("bngsim")
        self._folder = tempfile.TemporaryDirectory()
        path = Path(self._folder.name) / "network.net"
        path.write_text(net_text(law, start))
        self._simulator: Any = bngsim.Simulator(bngsim.Model.from_net(str(path)), method="ssa")

    def run(self, end: float, seed: int) -> None:
        """See `Engine.run`."""
        self._simulator.set_state(self.start)
        self._simulator.run(t_span=(0, end), n_points=2, seed=seed)


class Rebop(Engine):
    """The direct method of rebop, in Rust, sparse."""

    name = "rebop"

    def __init__(self, law: MassAction, start: Vector) -> None:
        super().__init__(law, start)
        rebop: Any = importlib.import_module("rebop")
        self._network: Any = rebop.Gillespie()
        for r in law.crn.reactions:
            self._network.add_reaction(r.k, list(r.reactants.elements()), list(r.products.elements()))
        self._amounts = {s: int(a) for s, a in zip(law.species, start, strict=True)}

    def run(self, end: float, seed: int) -> None:
        """See `Engine.run`."""
        self._network.run(self._amounts, tmax=end, nb_steps=1, rng=seed, sparse=True)


class RoadRunner(Engine):
    """The direct method of libroadrunner, compiled for the network."""

    name = "roadrunner"

    def __init__(self, law: MassAction, start: Vector) -> None:
        super().__init__(law, start)
        roadrunner: Any = importlib.import_module("roadrunner")
        roadrunner.Logger.setLevel(roadrunner.Logger.LOG_FATAL)
        self._model: Any = roadrunner.RoadRunner(sbml_text(law, start))
        self._model.setIntegrator("gillespie")
        self._model.integrator.variable_step_size = False

    def run(self, end: float, seed: int) -> None:
        """See `Engine.run`."""
        self._model.reset()
        self._model.integrator.seed = seed
        self._model.simulate(0, end, 2)


PEERS: tuple[type[Engine], ...] = (Bngsim, Rebop, RoadRunner)
SLOW_AT = {"rebop": 100, "roadrunner": 100}
"""Reactions beyond which an engine is left out: it would take minutes."""


def measure(size: int, seed: int, events: int, rounds: int) -> dict[str, float]:
    """Return million events a second for every engine that is there."""
    counts = scaled(expand(formal(size, seed)), MOLECULES)
    counts = CRN.build(counts.reactions, {s: float(round(a)) for s, a in counts.initial})
    law = MassAction(counts)
    own = Own(law, law.state())
    own.events(1e12, 0, 100)
    _, end = own.events(1e12, 1, events)
    fired = statistics.mean(own.events(end, k, 10**12)[0] for k in range(2, 5))
    engines: list[Engine] = [own]
    for kind in PEERS:
        if size > SLOW_AT.get(kind.name, size):
            continue
        try:
            engines.append(kind(law, law.state()))
            engines[-1].run(end / 1000, 1)
        except ImportError as missing:
            sys.stderr.write(f"{kind.name} is left out: {missing}\n")
    spent: dict[str, list[float]] = {e.name: [] for e in engines}
    for k in range(rounds):
        for engine in engines if k % 2 else engines[::-1]:
            began = time.process_time()
            engine.run(end, 10 + k)
            spent[engine.name].append(time.process_time() - began)
    return {name: fired / statistics.median(times) / 1e6 for name, times in spent.items()}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10, 100, 1000])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--events", type=int, default=2_000_000, help="about how many our engine fires in one run")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args(arguments)
    sys.stdout.write("| R | seed | million events a second | own / fastest peer |\n|---|---|---|---|\n")
    for size in given.sizes:
        for seed in given.seeds:
            found = measure(size, seed, given.events, given.rounds)
            peers = [v for name, v in found.items() if name != "own"]
            ratio = f"{found['own'] / max(peers):.2f}" if peers else "-"
            shown = ", ".join(f"{name} {value:.2f}" for name, value in found.items())
            sys.stdout.write(f"| {size} | {seed} | {shown} | {ratio} |\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()

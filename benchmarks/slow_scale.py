"""The slow-scale simulation of a compiled circuit beside the exact one: events, CPU time, means and standard deviations.

Both run the same samples of the tube of linear regression at DNA level, with the same additions, run after run with seeds of their
own. Exact runs take long: they are kept in a folder, and a study that was stopped goes on. Run
``python -m benchmarks.slow_scale --molecules 10 --runs 1000``.
"""

from __future__ import annotations

import argparse
import hashlib
import pickle
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from compiler.compilation import CompileOptions
from compiler.exposed_tube import exposed_dna
from compiler.noise import Noise
from crn.massaction import Vector
from crn.neural.catalog import named_circuit
from crn.neural.datasets import builtin_dataset
from crn.neural.samples import samples
from crn.neural.tube import Step, Tube
from crn.simulate import STOCHASTIC, Segments, Stochastic

POINTS = 4
"""Readings in every phase, evenly spaced, the last one at its end."""


@dataclass(frozen=True, eq=False)
class Study:
    """What is simulated again and again.

    Attributes
    ----------
    tube : Tube
    segments : Segments
        Of the first samples.
    molecules : float
        Per formal unit.
    """

    tube: Tube
    segments: Segments
    molecules: float

    @classmethod
    def of(cls, name: str, count: int, molecules: float) -> Study:
        """Return the study of the first `count` samples of a built-in circuit."""
        circuit, family = named_circuit(name)
        data, validation = builtin_dataset(family.datasets[0])
        tube = exposed_dna(circuit, data, validation, 1, CompileOptions(), Noise(molecules=molecules)).tube
        plan = [
            Step(phase, values, number == 0)
            for values in samples(circuit, data)[:count]
            for number, phase in enumerate(circuit.phases)
        ]
        return cls(tube, tube.segments(circuit, plan), molecules)

    @property
    def hash(self) -> str:
        """What a kept run has to agree in."""
        law, added = self.tube.law, self.segments.additions
        arrays = (law.k, self.tube.start, self.segments.durations, added.indptr, added.indices, added.data)
        equations = "\n".join(r.equation for r in law.crn.reactions)
        return hashlib.sha256(equations.encode() + b"".join(a.tobytes() for a in arrays)).hexdigest()

    def once(self, method: type[Stochastic], seed: np.random.SeedSequence) -> tuple[Vector, int, float, float]:
        """Return the molecules of every species at all times, shape (T, S), the events, the CPU time in s and the estimate."""
        began, state, seen, events, worst = time.process_time(), self.tube.start.copy(), [], 0, 0.0
        simulator = method(self.molecules, np.random.default_rng(seed), 10**12).in_units(self.tube.factor)
        for number, duration in enumerate(self.segments.durations):
            self.segments.begin(number, state)
            times = np.linspace(0.0, duration, POINTS + 1)[1:-1]
            done = simulator.advance(self.tube.law, state, float(duration), times, self.tube.tolerance)
            if not done.outcome.ok:
                raise RuntimeError(str(done.outcome))
            state = done.end.copy()
            seen += [*done.values, done.end]
            events += done.events
            worst = max(worst, getattr(done, "estimate", 0.0))
        counts = np.array(seen) * self.molecules / self.tube.factor
        return counts.astype(np.float32), events, time.process_time() - began, worst


@dataclass(frozen=True, eq=False)
class Runs:
    """Runs of one method: counts of shape (N, T, S), events, CPU time in s and estimated errors of shape (N,)."""

    counts: Vector
    events: Vector
    seconds: Vector
    estimates: Vector


def runs_of(study: Study, method: type[Stochastic], wanted: int, seed: int, folder: Path, minutes: float) -> Runs:
    """Return as many runs as are wanted, or as there is time for; those that are kept are not made again."""
    path = folder / f"{method.name}-{study.molecules:g}-{len(study.segments.durations)}-{seed}-{study.hash[:12]}.pickle"
    kept = pickle.loads(path.read_bytes()) if path.exists() else []
    seeds = np.random.SeedSequence([seed, len(method.name)]).spawn(wanted)
    end, saved = time.monotonic() + 60 * minutes, time.monotonic()
    study.once(method, np.random.SeedSequence(0)) if len(kept) < wanted and not kept else None
    while len(kept) < wanted and time.monotonic() < end:
        kept.append(study.once(method, seeds[len(kept)]))
        if time.monotonic() - saved > 30 or len(kept) == wanted:
            folder.mkdir(parents=True, exist_ok=True)
            path.write_bytes(pickle.dumps(kept))
            saved = time.monotonic()
    counts, events, seconds, estimates = zip(*kept[:wanted], strict=True)
    return Runs(np.array(counts, dtype=np.float64), np.array(events), np.array(seconds), np.array(estimates))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run both methods."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--circuit", default="linear-regression")
    parser.add_argument("--molecules", type=float, default=10.0, help="per formal unit")
    parser.add_argument("--samples", type=int, default=1, help="how many of the data")
    parser.add_argument("--runs", type=int, default=100, help="of each method")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--methods", nargs="+", default=[m.name for m in STOCHASTIC])
    parser.add_argument("--minutes", type=float, default=60.0, help="for each method")
    parser.add_argument(
        "--folder", type=Path, default=Path("benchmarks/results/slow_scale"), help="where runs are kept"
    )
    given = parser.parse_args(arguments)
    study = Study.of(given.circuit, given.samples, given.molecules)
    for method in STOCHASTIC:
        if method.name in given.methods:
            found = runs_of(study, method, given.runs, given.seed, given.folder, given.minutes)
            sys.stdout.write(
                f"{method.name}: {len(found.events)} runs, {found.events.mean():.4g} events, {found.seconds.mean():.3g} s\n"
            )


if __name__ == "__main__":
    main()

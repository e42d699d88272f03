"""The slow-scale simulation of a compiled circuit beside the exact one: events, CPU time, means and standard deviations.

Both run the first samples of the tube of linear regression at DNA level, with the same additions, run after run with seeds of their
own, and are compared in the formal amounts at several times of every phase. Exact runs take long: runs are kept in a folder, and a
study that was stopped goes on. ``python -m benchmarks.slow_scale --molecules 10 --exact 1000 --slow 10000``; with many molecules,
``--exact 0`` compares with the differential equations instead.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import pickle
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.sparse as sp

from compiler.compilation import CompileOptions
from compiler.exposed_tube import exposed_dna
from compiler.noise import Noise
from crn.massaction import Vector
from crn.neural.catalog import named_circuit
from crn.neural.datasets import builtin_dataset
from crn.neural.samples import samples
from crn.neural.tube import Step, Tube
from crn.simulate import SIMULATORS, ExactSSA, Segments, SlowScaleSSA, Stochastic, Tolerance
from crn.simulate.slow_scale import SlowEvents

POINTS = 4
"""Readings in every phase, evenly spaced, the last one at its end."""

FEWEST = 1.0
"""Molecules below which a mean is not compared by its relative size: a hundredth of a tenth of a molecule means nothing."""


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

    def part(self, number: int, duration: float) -> Study:
        """Return one phase by itself, from the whole molecules nearest to the differential equations, for a shorter time.

        Exact runs are dear, and most of their events happen where little else does. `duration` is in formal units.
        """
        before = dataclasses.replace(self, segments=self.segments.part(slice(number)))
        end = before.deterministic(1)[-1] * self.tube.factor / self.molecules if number else self.tube.start
        state = end.copy()
        self.segments.begin(number, state)
        whole = np.rint(state * self.molecules / self.tube.factor) * self.tube.factor / self.molecules
        nothing = sp.csr_matrix((1, len(state)))
        segments = Segments(np.array([duration * self.tube.time]), nothing)
        return dataclasses.replace(self, tube=dataclasses.replace(self.tube, start=whole), segments=segments)

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
            worst = max(worst, done.estimate if isinstance(done, SlowEvents) else 0.0)
        counts = np.array(seen) * self.molecules / self.tube.factor
        return counts.astype(np.float32), events, time.process_time() - began, worst

    def deterministic(self, points: int = POINTS) -> Vector:
        """Return what the differential equations say, in molecules, shape (T, S), at some points of every phase."""
        state, seen = self.tube.start.copy(), []
        for number, duration in enumerate(self.segments.durations):
            self.segments.begin(number, state)
            times = np.linspace(0.0, duration, points + 1)[1:-1]
            tight = Tolerance(1e-8, 1e-6 * self.tube.tolerance.absolute)
            done = SIMULATORS[0].advance(self.tube.law, state, float(duration), times, tight)
            state = done.end.copy()
            seen += [*done.values, done.end]
        return np.array(seen) * self.molecules / self.tube.factor


@dataclass(frozen=True, eq=False)
class Runs:
    """N runs of one method.

    Attributes
    ----------
    counts : ndarray, shape (N, T, S)
        Molecules.
    events, seconds, estimates : ndarray, shape (N,)
        CPU time in s; the largest error that was estimated.
    """

    counts: Vector
    events: Vector
    seconds: Vector
    estimates: Vector


def runs_of(study: Study, method: type[Stochastic], wanted: int, seed: int, folder: Path, minutes: float) -> Runs:
    """Return as many runs as are wanted, or as there is time for; those that are kept are not made again."""
    path = folder / f"{method.name}-{study.molecules:g}-{len(study.segments.durations)}-{seed}-{study.hash[:12]}.pickle"
    kept = pickle.loads(path.read_bytes()) if path.exists() else []
    seeds = np.random.SeedSequence([seed, len(method.name)]).spawn(wanted)
    if not kept:
        study.once(method, np.random.SeedSequence(0))  # compiles the kernels
    end, saved = time.monotonic() + 60 * minutes, time.monotonic()
    while len(kept) < wanted and time.monotonic() < end:
        kept.append(study.once(method, seeds[len(kept)]))
        if time.monotonic() - saved > 30 or len(kept) == wanted:
            folder.mkdir(parents=True, exist_ok=True)
            path.write_bytes(pickle.dumps(kept))
            saved = time.monotonic()
    counts, events, seconds, estimates = zip(*kept[:wanted], strict=True)
    return Runs(np.array(counts, dtype=np.float64), np.array(events), np.array(seconds), np.array(estimates))


@dataclass(frozen=True, slots=True)
class Spread:
    """Mean and standard deviation of a sample, each with its standard error."""

    mean: float
    mean_error: float
    sd: float
    sd_error: float

    @classmethod
    def of(cls, values: Vector) -> Spread:
        """Return those of some values; the error of the standard deviation follows from the fourth moment."""
        sd, count = float(values.std(ddof=1)), len(values)
        fourth = float(np.mean((values - values.mean()) ** 4)) / sd**4 if sd else 1.0
        return cls(float(values.mean()), sd / count**0.5, sd, sd * (max(fourth - 1.0, 0.0) / (4 * count)) ** 0.5)


def compared(study: Study, exact: Vector, slow: Vector) -> str:
    """Return a table of formal amounts, in molecules, from counts of shape (N, T, S), and what it amounts to."""
    reading = study.tube.reading.toarray().T * study.tube.factor
    formal = exact @ reading, slow @ reading
    lines = ["| reading | species | mean, exact | slow-scale | difference | sd, exact | slow-scale | difference |"]
    lines.append("|---|---|---|---|---|---|---|---|")
    shifts, z = [], []
    for at in range(exact.shape[1]):
        for i, name in enumerate(study.tube.formal):
            a, b = (Spread.of(values[:, at, i]) for values in formal)
            if not (a.sd and b.sd):
                continue
            errors = (a.mean_error**2 + b.mean_error**2) ** 0.5, (a.sd_error**2 + b.sd_error**2) ** 0.5
            z.append(((b.mean - a.mean) / errors[0], (b.sd - a.sd) / errors[1]))
            if a.mean < FEWEST:
                continue
            shown = [(b.mean / a.mean - 1, errors[0] / a.mean), (b.sd / a.sd - 1, errors[1] / a.sd)]
            shifts.append([x for pair in shown for x in pair])
            mean, sd = (f"{100 * shift:+.1f} ± {100 * error:.1f} %" for shift, error in shown)
            lines.append(
                f"| {at + 1} | {name} | {a.mean:.3f} | {b.mean:.3f} | {mean} | {a.sd:.3f} | {b.sd:.3f} | {sd} |"
            )
    found, scores = np.array(shifts), np.array(z)
    for what, column in (("means", 0), ("standard deviations", 2)):
        shift, error = found[:, column], found[:, column + 1]
        average = np.sum(shift / error**2) / np.sum(1 / error**2)
        rms = np.sqrt(np.mean(scores[:, column // 2] ** 2))
        lines.append(
            f"\n{what}: differences of {100 * np.min(shift):+.2f} to {100 * np.max(shift):+.2f} %, known to "
            f"{100 * np.min(error):.2f} to {100 * np.max(error):.2f} %; weighted average {100 * average:+.2f} %. In units of "
            f"what is to be expected by chance, over all {len(scores)} readings, those below {FEWEST:g} molecule included: "
            f"{rms:.2f} (root mean square), {np.max(np.abs(scores[:, column // 2])):.1f} (largest)."
        )
    return "\n".join(lines)


def against_equations(study: Study, slow: Vector) -> str:
    """Return a table of mean formal amounts and the solution of the differential equations, in molecules."""
    reading = study.tube.reading.toarray().T * study.tube.factor
    wanted, found = study.deterministic() @ reading, slow @ reading
    lines = ["| reading | species | equations | slow-scale, mean | difference |", "|---|---|---|---|---|"]
    for at, amounts in enumerate(wanted):
        for i, name in enumerate(study.tube.formal):
            if amounts[i] >= FEWEST:
                one = Spread.of(found[:, at, i])
                shift = f"{100 * (one.mean / amounts[i] - 1):+.2f} ± {100 * one.mean_error / amounts[i]:.2f} %"
                lines.append(f"| {at + 1} | {name} | {amounts[i]:.2f} | {one.mean:.2f} | {shift} |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run both methods, and print what they have in common."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--circuit", default="linear-regression")
    parser.add_argument("--molecules", type=float, default=10.0, help="per formal unit")
    parser.add_argument("--samples", type=int, default=1, help="how many of the data")
    parser.add_argument("--phase", type=int, help="only this one, from 0")
    parser.add_argument("--units", type=float, default=3.0, help="formal time for which --phase lasts")
    parser.add_argument("--exact", type=int, default=100, help="runs of the exact method")
    parser.add_argument("--slow", type=int, default=1000, help="runs of the slow-scale method")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=60.0, help="at most, for each method")
    parser.add_argument("--folder", type=Path, default=Path("out/slow_scale"), help="where runs are kept")
    given = parser.parse_args(arguments)
    study = Study.of(given.circuit, given.samples, given.molecules)
    if given.phase is not None:
        study = study.part(given.phase, given.units)
    runs = {}
    for method, count in ((ExactSSA, given.exact), (SlowScaleSSA, given.slow)):
        if count:
            found = runs[method.name] = runs_of(study, method, count, given.seed, given.folder, given.minutes)
            sys.stdout.write(
                f"{method.name}: {len(found.events)} runs of {found.events.mean():.4g} events and "
                f"{found.seconds.mean():.3g} s CPU, estimated error at most {100 * found.estimates.max():.2g} %\n"
            )
            sys.stdout.flush()
    slow = runs[SlowScaleSSA.name]
    if given.exact:
        exact = runs[ExactSSA.name]
        sys.stdout.write(f"{exact.events.mean() / slow.events.mean():.0f} times fewer events, ")
        sys.stdout.write(f"{exact.seconds.mean() / slow.seconds.mean():.0f} times less CPU time\n\n")
        sys.stdout.write(compared(study, exact.counts, slow.counts) + "\n")
    else:
        sys.stdout.write(against_equations(study, slow.counts) + "\n")


if __name__ == "__main__":
    main()

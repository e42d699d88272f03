"""The public functions: what the command line, the report and a script call.

Each takes values and returns values; nothing is printed and nothing is written. Everything else in the three packages may change.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from compiler.bench import Bench, Limits, hold_against, read_limits
from compiler.dna_level import counted, counter, dna_tube, plan_top_up
from compiler.passes import Pipeline, State, default_pipeline
from compiler.scaling import Physical, Scale
from compiler.sources import Source, load
from compiler.verify.bisimulation import check_bisimulation
from compiler.verify.gates import verify_compiled
from compiler.verify.verdict import Answer, Check, Verdict
from crn.diagnostics import CircuitError, Diagnostic, InfeasibleError
from crn.massaction import MassAction, Vector
from crn.network import CRN, Species
from crn.neural.circuit import LearningCircuit
from crn.neural.datasets import Dataset
from crn.neural.training import Progress, TrainingRun, Tube, samples
from crn.neural.training import train as run_training
from crn.protocol import Addition
from crn.simulate import SIMULATORS, Outcome, Simulator, Tolerance, Trajectory
from crn.simulate import simulate as run_simulation
from dsd.complexes import Complex
from dsd.lab.cost import Price, PriceTable, price, read_prices
from dsd.lab.inventory import Inventory, inventory
from dsd.schemes import Lengths, Role
from dsd.system import DsdSystem

__all__ = [
    "Answer",
    "CircuitError",
    "Compiled",
    "CompileOptions",
    "DnaRun",
    "Estimate",
    "InfeasibleError",
    "Simulation",
    "Source",
    "Training",
    "Verdict",
    "compile_crn",
    "estimate",
    "load",
    "peak_amounts",
    "simulate",
    "train",
    "verify",
]

DEFAULT_SCHEME = "srinivas2015"
"""Taken when none is named: the one with kinetics that follow from concentrations, and an experimental record."""


@dataclass(frozen=True, slots=True)
class CompileOptions:
    """How to compile.

    Attributes
    ----------
    scheme : str
    time_s : float or None
        Seconds per formal unit of time; None for the fastest that is feasible.
    physical : Physical
    lengths : Lengths
    """

    scheme: str = DEFAULT_SCHEME
    time_s: float | None = None
    physical: Physical = Physical()
    lengths: Lengths = Lengths()

    @property
    def pipeline(self) -> Pipeline:
        """The passes."""
        return default_pipeline(self.scheme, self.physical, self.time_s, self.lengths)


@dataclass(frozen=True)
class Compiled:
    """A compiled circuit.

    Attributes
    ----------
    state : State
        After the last pass: the network, its gates and the system.
    options : CompileOptions
    """

    state: State
    options: CompileOptions

    @property
    def system(self) -> DsdSystem:
        """The DNA."""
        assert self.state.system is not None, "the pipeline ends with a system"
        return self.state.system

    @property
    def scale(self) -> Scale:
        """Formal units in molar and seconds."""
        assert self.state.scale is not None, "the pipeline chooses a scale"
        return self.state.scale

    @property
    def pipeline(self) -> str:
        """How it was made."""
        return str(self.options.pipeline)


def compile_crn(
    crn: CRN, options: CompileOptions = CompileOptions(), peaks: Mapping[Species, float] | None = None
) -> Compiled:
    """Compile a network into DNA.

    Parameters
    ----------
    crn : CRN
    options : CompileOptions
    peaks : mapping of Species to float, optional
        Largest amount of each species at the start or added at once; by default the initial amounts.

    Raises
    ------
    CircuitError
        If the scheme cannot carry it.
    InfeasibleError
        If it cannot be built at the chosen scale.
    """
    return Compiled(options.pipeline.run(crn, dict(crn.initial) if peaks is None else peaks), options)


def peak_amounts(circuit: LearningCircuit, data: Sequence[Dataset]) -> dict[Species, float]:
    """Return the largest amount of each species that is there at the start or added at once, in formal units."""
    peaks = dict(circuit.crn.initial)
    for values in (row for d in data for row in samples(circuit, d)):
        for event in circuit.protocol(values).events:
            if isinstance(event, Addition):
                peaks[event.species] = max(peaks.get(event.species, 0.0), event.amount)
    return peaks


def verify(compiled: Compiled) -> Verdict:
    """Check the interpretation that a compiled circuit carries; see `compiler.verify.gates`."""
    return verify_compiled(compiled.state)


def verify_pair(
    formal: CRN, implementation: CRN, interpretation: Mapping[Species, Sequence[Species]] | None, fuels: Sequence[Species]
) -> Verdict:
    """Check an implementation network against a formal one under a given interpretation.

    Without an interpretation, species that are called like a formal species stand for it; what the others stand for would have to be
    searched, so the answer is then undecided unless there are none.
    """
    from crn.network import Bag

    known = set(formal.species)
    given = {s: Bag.of(*names) for s, names in (interpretation or {}).items()}
    unread = [s for s in implementation.species if s not in given and s not in known and s not in fuels]
    name, scope = "bisimulation", f"{len(formal.reactions)} formal and {len(implementation.reactions)} implementation reactions"
    if interpretation is None and unread:
        why = f"no interpretation was given for {', '.join(unread[:5])}, and none is searched"
        return Verdict((Check(name, scope, Answer.UNDECIDED, why),))
    meaning = {s: Bag.of(s) for s in implementation.species if s in known} | given
    wrong = sorted({s for b in meaning.values() for s in b.support} - known)
    if wrong:
        raise CircuitError(f"the interpretation names {', '.join(wrong)}, which the formal network does not have")
    sides = dict.fromkeys((r.reactants, r.products) for r in formal.reactions if r.reactants != r.products)
    return Verdict(
        (
            check_bisimulation(
                list(sides),
                [(r.reactants, r.products) for r in implementation.reactions],
                {s: b for s, b in meaning.items() if s not in fuels},
                fuels=fuels,
                scope=scope,
                name=name,
            ),
        )
    )


@dataclass(frozen=True)
class Estimate:
    """What there is to order, and what it costs."""

    inventory: Inventory
    price: Price


def estimate(compiled: Compiled, prices: PriceTable | None = None) -> Estimate:
    """Count strands and price them."""
    found = inventory(compiled.system)
    return Estimate(found, price(found, prices or read_prices()))


@dataclass(frozen=True, eq=False)
class Simulation:
    """Trajectories at one or both levels, in formal units.

    Attributes
    ----------
    formal, dna : Trajectory or None
        Over the formal species; `dna` is read through the interpretation.
    time_s : float or None
        Seconds per formal unit of time, where there is a DNA level.
    max_relative_error : float or None
        Largest difference between the levels, relative to the largest amount of the same species.
    worst : str
        The species and time of that difference.
    """

    formal: Trajectory | None
    dna: Trajectory | None
    time_s: float | None
    max_relative_error: float | None
    worst: str = ""

    @property
    def outcome(self) -> Outcome:
        """How it ended: the first level that did not reach its end, if any."""
        runs = [t.outcome for t in (self.formal, self.dna) if t is not None]
        return next((o for o in runs if not o.ok), Outcome())


def simulate(
    crn: CRN,
    times: Sequence[float],
    level: str = "both",
    additions: Sequence[Addition] = (),
    options: CompileOptions = CompileOptions(),
    simulator: Simulator = SIMULATORS[0],
    tolerance: float = 1e-6,
) -> Simulation:
    """Integrate a network at formal level, at DNA level, or both.

    Parameters
    ----------
    crn : CRN
    times : sequence of float
        In the network's units.
    level : {'formal', 'dna', 'both'}
    additions : sequence of Addition
        In the network's units.
    options : CompileOptions
    simulator : Simulator
    tolerance : float
        Relative.
    """
    peaks = dict(crn.initial)
    for event in additions:
        peaks[event.species] = max(peaks.get(event.species, 0.0), event.amount)
    largest = max(peaks.values(), default=0.0) or 1.0
    formal = dna = time_s = None
    if level in ("formal", "both"):
        law = MassAction(crn)
        formal = run_simulation(law, law.state(), additions, times, simulator, Tolerance(tolerance, 1e-3 * tolerance * largest))
    if level in ("dna", "both"):
        compiled = compile_crn(crn, options, peaks)
        tube = dna_tube(compiled.state)
        time_s = tube.time
        moved = [
            Addition(a.time * tube.time, tube.law.species[tube.dose[a.species]], a.amount * tube.factor) for a in additions
        ]
        accuracy = Tolerance(tolerance, 1e-3 * tolerance * largest * tube.factor)
        run = run_simulation(tube.law, tube.start, moved, [t * tube.time for t in times], simulator, accuracy)
        read = np.asarray((tube.reading @ run.values.T).T)
        dna = Trajectory(tube.formal, np.asarray(times[: len(read)], dtype=np.float64), read, run.outcome)
    error, worst = _difference(formal, dna) if formal is not None and dna is not None else (None, "")
    return Simulation(formal, dna, time_s, error, worst)


def _difference(formal: Trajectory, dna: Trajectory) -> tuple[float, str]:
    rows = min(len(formal.values), len(dna.values))
    if not rows:
        return 0.0, ""
    columns = [dna.species.index(s) for s in formal.species]
    size = np.max(np.abs(formal.values), axis=0)
    gap = np.abs(dna.values[:rows][:, columns] - formal.values[:rows]) / np.where(size > 0, size, 1.0)
    at, which = np.unravel_index(int(np.argmax(gap)), gap.shape)
    return float(gap[at, which]), f"{formal.species[which]} at {formal.times[at]:g}"


@dataclass(frozen=True, eq=False)
class DnaRun:
    """A training run at DNA level.

    Attributes
    ----------
    run : TrainingRun
    compiled : Compiled
    lab_time_s : float
    fuels : tuple of str
        The columns of ``run.supply``.
    fractions : ndarray, shape (N + 1, W)
        Each fuel relative to its start, before the first sample and at the end of every one.
    lowest_fuel, lowest_fuel_fraction : str, float
    top_up : tuple of (Complex, float)
        The master mix that goes in before every sample: what, and by how much it raises the concentration, in M.
    top_ups : int
        How often it goes in.
    additions : int
        Pipetting steps in all, top-ups included.
    total_strand_M : float
        All strands together at the end, when there are most.
    highest_fuel_M : float
    bench : Bench
    """

    run: TrainingRun
    compiled: Compiled
    lab_time_s: float
    fuels: tuple[str, ...]
    fractions: Vector
    lowest_fuel: str
    lowest_fuel_fraction: float
    top_up: tuple[tuple[Complex, float], ...]
    top_ups: int
    additions: int
    total_strand_M: float
    highest_fuel_M: float
    bench: Bench


@dataclass(frozen=True, eq=False)
class Training:
    """Training at one or both levels."""

    circuit: LearningCircuit
    formal: TrainingRun | None
    dna: DnaRun | None
    notes: tuple[str, ...] = field(default=())

    @property
    def outcome(self) -> Outcome:
        """How it ended: the first level that did not reach its end, if any."""
        runs = [r.outcome for r in (self.formal, self.dna.run if self.dna else None) if r is not None]
        return next((o for o in runs if not o.ok), Outcome())


def train(
    circuit: LearningCircuit,
    data: Dataset,
    validation: Dataset | None = None,
    *,
    epochs: int = 5,
    level: str = "both",
    options: CompileOptions = CompileOptions(),
    top_up: str | Mapping[str, float] = "every-sample",
    flush: str = "none",
    limits: Limits | None = None,
    simulator: Simulator = SIMULATORS[0],
    progress: Progress | None = None,
) -> Training:
    """Train a circuit at formal level, at DNA level, or both.

    Parameters
    ----------
    circuit : LearningCircuit
    data, validation : Dataset
    epochs : int
    level : {'formal', 'dna', 'both'}
    options : CompileOptions
    top_up : {'none', 'every-sample'} or mapping of str to float
        Open loop: ``every-sample`` adds a master mix of fixed composition, computed from the abstract network before the run; a
        mapping gives the mix itself, complex names to M.
    flush : {'none', 'ideal'}
        Whether the ideal removals of a staged circuit are allowed at DNA level, to reproduce published simulations.
    limits : Limits, optional
        Of the bench; by default those that come with the program.
    simulator : Simulator
    progress : callable, optional
    """
    if level != "formal" and circuit.ideal and flush != "ideal":
        raise CircuitError(
            Diagnostic(
                f"{circuit.name} removes species between its phases, which no pipette can do",
                advice="use the add-only form (form=tube), or say --flush ideal to simulate it all the same",
            )
        )
    for one in (data, validation):
        _check_columns(circuit, one)
    counting = counted(circuit)
    formal = run_training(
        counting, Tube.of(counting), data, validation if level != "dna" else None, epochs, simulator, _named(progress, "formal")
    )
    dna = None
    if level != "formal" and formal.outcome.ok:
        dna = _train_dna(circuit, counting, formal, data, validation, epochs, options, top_up, limits, simulator, progress)
    return Training(circuit, formal if level != "dna" or dna is None else None, dna)


def _train_dna(
    circuit: LearningCircuit,
    counting: LearningCircuit,
    formal: TrainingRun,
    data: Dataset,
    validation: Dataset | None,
    epochs: int,
    options: CompileOptions,
    top_up: str | Mapping[str, float],
    limits: Limits | None,
    simulator: Simulator,
    progress: Progress | None,
) -> DnaRun:
    sets = [d for d in (data, validation) if d is not None]
    peaks = peak_amounts(circuit, sets)
    compiled = compile_crn(circuit.crn, options, peaks)
    system, scale = compiled.system, compiled.scale
    total = epochs * len(data.x)
    place = {s: i for i, s in enumerate(counting.crn.species)}
    events = {r.id: float(formal.end[place[counter(r.id)]]) for r in circuit.crn.reactions}
    mix = _mix(system, top_up, events, scale.dose, total)
    _check_fuels(compiled, events, mix, total)
    tube = dna_tube(compiled.state, top_up=mix)
    run = run_training(circuit, tube, data, validation, epochs, simulator, _named(progress, "DNA"))
    start = tube.start[tube.watched]
    fractions = run.supply / start
    shares = np.minimum(run.lowest / start, np.min(fractions, axis=0))
    names = tuple(tube.law.species[i] for i in tube.watched)
    lowest = int(np.argmin(shares))
    added = _signal_total(circuit, data) * epochs * scale.dose
    in_mix = sum(len(c.strands) * m for c, m in mix.items())
    loaded = sum(len(e.complex.strands) * e.concentration for e in system.entries) + sum(
        a for _, a in circuit.crn.initial
    ) * scale.dose
    steps = len(circuit.phases) + (1 if mix else 0)
    highest = max(float(np.max(run.supply)), compiled.scale.physical.fuel_M)
    largest_addition = max([*(a * scale.dose for a in _phase_totals(circuit, data)), in_mix])
    lab_time = circuit.sample_time * scale.time_s * total
    strands = loaded + added + in_mix * total
    return DnaRun(
        run,
        compiled,
        lab_time,
        names,
        fractions,
        names[lowest],
        float(shares[lowest]),
        tuple(mix.items()),
        total if mix else 0,
        steps * total,
        strands,
        highest,
        hold_against(
            limits or read_limits(), fuel_M=highest, strands_M=strands, time_s=lab_time, addition_M=largest_addition
        ),
    )


def _mix(
    system: DsdSystem, top_up: str | Mapping[str, float], events: Mapping[str, float], dose: float, total: int
) -> dict[Complex, float]:
    if top_up == "none":
        return {}
    if top_up == "every-sample":
        return plan_top_up(system, events, dose, total)
    if isinstance(top_up, str):
        raise CircuitError(f"--top-up is none, every-sample or a file, not {top_up!r}")
    named = {e.complex.name: e.complex for e in system.of_role(Role.FUEL, Role.BUFFER)}
    unknown = [n for n in top_up if n not in named]
    if unknown:
        raise CircuitError(f"the top-up names {unknown[0]!r}, which is not a fuel of this circuit")
    return {named[n]: amount for n, amount in top_up.items()}


def _check_fuels(compiled: Compiled, events: Mapping[str, float], mix: Mapping[Complex, float], total: int) -> None:
    """Refuse a plan in which a fuel runs dry, as the abstract network says beforehand."""
    scale = compiled.scale
    for entry in compiled.system.of_role(Role.FUEL):
        if entry.part == "backward":
            continue
        used = sum(events.get(g, 0.0) for g in entry.gates) * scale.dose
        supply = entry.concentration + mix.get(entry.complex, 0.0) * total
        if used >= supply:
            gate = next(g for g in entry.gates if g in events)
            reaction = next(r for r in compiled.state.formal.reactions if r.id == gate)
            raise InfeasibleError(
                Diagnostic(
                    f"{entry.complex.name} runs dry: {reaction.equation} uses {used * 1e6:.3g} uM of {supply * 1e6:.3g} uM",
                    reaction.origin.span,
                    f"use --top-up every-sample, or --fuel {used * 1.25e6:.3g}uM",
                )
            )


def _phase_totals(circuit: LearningCircuit, data: Dataset) -> list[float]:
    """Return the formal amount of all strands of every addition."""
    return [
        sum(e.amount for e in circuit.events(phase, values, 0.0) if isinstance(e, Addition))
        for values in samples(circuit, data)
        for phase in circuit.phases
    ]


def _signal_total(circuit: LearningCircuit, data: Dataset) -> float:
    return sum(_phase_totals(circuit, data))


def _check_columns(circuit: LearningCircuit, data: Dataset | None) -> None:
    if data is None:
        return
    missing = [n for n in circuit.input_names if n not in data.inputs]
    missing += [n for n in circuit.target_names if n not in data.targets]
    if missing:
        raise CircuitError(
            Diagnostic(
                f"{data.source} has no column {', '.join(missing)}, which {circuit.name} needs",
                advice=f"it has {', '.join(data.inputs + data.targets)}",
            )
        )


def _named(progress: Progress | None, level: str) -> Progress | None:
    if progress is None:
        return None
    return lambda what, done, total: progress(f"{what} ({level} level)", done, total)


def rescaled(options: CompileOptions, **changes: object) -> CompileOptions:
    """Return the options with some fields changed."""
    return dataclasses.replace(options, **changes)  # type: ignore[arg-type]  # names are checked by replace itself

"""Training a circuit at formal level, at DNA level, or both side by side, and what the laboratory would see of it.

The run itself is `crn.neural.training`; here it gets its tube, its open-loop top-ups, and the bookkeeping of fuels, strands and
hours. Finding a better plan is not done here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from compiler.bench import Bench, Limits, hold_against, read_limits
from compiler.checkpoints import Checkpoints
from compiler.compilation import Compiled, CompileOptions, compile_crn
from compiler.dna_level import check_supply, counted, dna_tube, events_of, plan_top_up
from compiler.reduced_tube import dosed, reduced_tube, span
from crn.diagnostics import CircuitError, Diagnostic
from crn.massaction import Vector
from crn.network import Species
from crn.neural.checkpoint import identity
from crn.neural.circuit import LearningCircuit, Phase
from crn.neural.dosing import dosed_for
from crn.neural.samples import Dataset, samples
from crn.neural.training import Progress, Regime, TrainingRun
from crn.neural.training import train as run_training
from crn.neural.tube import Step, Tube
from crn.protocol import Addition
from crn.simulate import SIMULATORS, Outcome, Simulator, Stochastic
from crn.simulate.quasi_steady import quasi_steady
from crn.simulate.reduction import lump, reduce_exactly
from dsd.complexes import Complex
from dsd.schemes import Role
from dsd.system import DsdSystem


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
    mixes : int
        Different mixes to prepare: one for every phase of every sample, and the master mix.
    total_strand_M : float
        All strands together at the end, when there are most.
    highest_fuel_M : float
    bench : Bench
    reductions : tuple of str
        How the simulated network was made smaller.
    reduction_error : float or None
        Estimated relative error of the readings, where a reduction is not exact.
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
    mixes: int
    total_strand_M: float
    highest_fuel_M: float
    bench: Bench
    reductions: tuple[str, ...] = ()
    reduction_error: float | None = None


@dataclass(frozen=True, eq=False)
class Training:
    """Training at one or both levels."""

    circuit: LearningCircuit
    formal: TrainingRun | None
    dna: DnaRun | None

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
    reduce: str = "exact",
    simulator: Simulator = SIMULATORS[0],
    progress: Progress | None = None,
    regime: Regime | None = None,
    checkpoints: Checkpoints | None = None,
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
    reduce : {'none', 'exact', 'quasi-steady'}
        How the DNA-level network is made smaller before it is simulated: not at all, by what changes no reading, or also by
        leaving out intermediates that last a short time, with an estimate of the error in the notes.
    simulator : Simulator
        Of formal amounts; a stochastic one has luck of its own at each level and in every epoch.
    progress : callable, optional
    regime : Regime, optional
        Size of a batch and schedule of the step; by default one sample at a time and the schedule of the circuit.
    checkpoints : Checkpoints, optional
        Where a snapshot is written after every epoch, and whether to go on from one.
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
    if reduce == "quasi-steady" and isinstance(simulator, Stochastic):
        raise CircuitError(
            Diagnostic(
                f"--reduce quasi-steady has the means right and not the chances, which --method {simulator.name} is about",
                advice="say --reduce exact",
            )
        )
    circuit = dosed_for(circuit, data, [] if validation is None else [validation])
    pace = regime or Regime(schedule=circuit.schedule)
    counting = dataclasses.replace(circuit, crn=counted(circuit.crn))
    in_formal, in_dna = simulator.apart(2)

    def run(
        learner: LearningCircuit, tube: Tube, name: str, hands: Simulator, held_back: Dataset | None
    ) -> TrainingRun:
        start, keep = None, None
        if checkpoints is not None:
            start, keep = checkpoints.of(name, identity(learner, tube, data, pace, hands.identity))
        named = _named(progress, "DNA" if name == "dna" else "formal")
        # A map of decisions asks for many aliquots, which only the small network can give quickly.
        mapped = "parameters" if name == "dna" else "aliquots"
        return run_training(
            learner,
            tube,
            data,
            held_back,
            epochs,
            hands,
            named,
            regime=pace,
            start=start,
            keep=keep,
            mapped_by=mapped,
        )

    formal = plan = None
    if level != "dna":
        formal = plan = run(counting, Tube.of(counting), "formal", in_formal, validation)
    if level == "formal" or (formal is not None and not formal.outcome.ok):
        return Training(circuit, formal, None)
    if plan is None or isinstance(simulator, Stochastic):
        # What is planned must not hang on luck: where there is chance, its means are run.
        name, means = ("means", SIMULATORS[0]) if isinstance(simulator, Stochastic) else ("formal", simulator)
        plan = run(counting, Tube.of(counting), name, means, None)
        if not plan.outcome.ok:
            return Training(circuit, plan, None)
    dna = _train_dna(
        circuit,
        dict(zip(counting.crn.species, plan.end, strict=True)),
        data,
        validation,
        epochs,
        options,
        top_up,
        limits,
        reduce,
        simulator,
        pace,
        lambda tube: run(circuit, tube, "dna", in_dna.in_units(tube.factor), validation),
    )
    return Training(circuit, formal, dna)


def _train_dna(
    circuit: LearningCircuit,
    counts: Mapping[Species, float],
    data: Dataset,
    validation: Dataset | None,
    epochs: int,
    options: CompileOptions,
    top_up: str | Mapping[str, float],
    limits: Limits | None,
    reduce: str,
    simulator: Simulator,
    regime: Regime,
    run_in: Callable[[Tube], TrainingRun],
) -> DnaRun:
    """Train at DNA level; `counts` are the amounts at the end of the abstract run, in which reactions count their events."""
    sets = [d for d in (data, validation) if d is not None]
    peaks = peak_amounts(circuit, sets)
    compiled = compile_crn(circuit.crn, options, peaks)
    system, scale = compiled.system, compiled.scale
    total = epochs * len(data.x)
    mix = topped_up(compiled, counts, top_up, total)
    tube, estimate, notes = _reduced(dna_tube(compiled.state, top_up=mix), reduce, peaks, circuit, data, simulator)
    run = run_in(tube)
    start = tube.supplies(tube.start)
    fractions = run.supply / start
    shares = np.minimum(run.lowest / start, np.min(fractions, axis=0))
    names = tuple(e.complex.name for e in system.of_role(Role.FUEL, Role.BUFFER))
    lowest = int(np.argmin(shares))
    batches = -(-len(data) // regime.batch) if circuit.batch_end else 0
    doses = _phase_doses(circuit, data, batches)
    added = sum(doses) * epochs * scale.dose
    in_mix = sum(len(c.strands) * m for c, m in mix.items())
    loaded = (
        sum(len(e.complex.strands) * e.concentration for e in system.entries)
        + sum(a for _, a in circuit.crn.initial) * scale.dose
    )
    highest = max(float(np.max(run.supply)), compiled.scale.physical.fuel_M)
    largest_addition = max([*(a * scale.dose for a in doses), in_mix])
    lab_time = (circuit.sample_time * len(data) + circuit.batch_time * batches) * scale.time_s * epochs
    each = sum(d > 0 for d in doses)
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
        each * epochs + (total if mix else 0),
        each + (1 if mix else 0),
        strands,
        highest,
        hold_against(
            limits or read_limits(), fuel_M=highest, strands_M=strands, time_s=lab_time, addition_M=largest_addition
        ),
        notes,
        estimate,
    )


def topped_up(
    compiled: Compiled, end: Mapping[Species, float], top_up: str | Mapping[str, float], total: int
) -> dict[Complex, float]:
    """Return the master mix that goes in `total` times, in M.

    Parameters
    ----------
    compiled : Compiled
    end : mapping of Species to float
        Amounts after a run of the counted abstract network, see `compiler.dna_level.counted`.
    top_up : {'none', 'every-sample'} or mapping of str to float
    total : int

    Raises
    ------
    InfeasibleError
        If a fuel runs dry all the same.
    """
    events = events_of(compiled.state.formal, end)
    mix = _mix(compiled.system, top_up, events, compiled.scale.dose, total)
    check_supply(compiled.state, events, mix, total)
    return mix


def _reduced(
    tube: Tube,
    reduce: str,
    peaks: Mapping[Species, float],
    circuit: LearningCircuit,
    data: Dataset,
    simulator: Simulator,
) -> tuple[Tube, float | None, tuple[str, ...]]:
    """Return the tube on a smaller network, the estimated relative error of its readings, and what was done."""
    if reduce == "none":
        return tube, None, ()
    if reduce == "exact":
        # Species whose sum moves by a law of its own in the mean need not do so molecule by molecule.
        by_chance = isinstance(simulator, Stochastic)
        found = reduce_exactly(tube.law.crn, tube.readout, dosed(tube), lumped=not by_chance, conserved=False)
        return reduced_tube(tube, found), None, found.notes
    if reduce != "quasi-steady":
        raise CircuitError(f"--reduce is none, exact or quasi-steady, not {reduce!r}")
    fast = quasi_steady(tube.law.crn, tube.readout, span(tube, peaks), tube.time, tolerance=0.1)
    lumped = lump(fast.reduction.crn, fast.reduction.read(tube.readout))
    smaller = reduced_tube(tube, fast.reduction)
    # The error is estimated along the first samples, where the amounts move most.
    rows = samples(circuit, data)[:3]
    plan = smaller.segments(
        circuit, [Step(p, values) for values in rows for p in (*circuit.phases, *circuit.batch_end)]
    )
    state, seen = smaller.start.copy(), [smaller.start]
    for number, end in enumerate(plan.durations):
        plan.begin(number, state)
        stretch = simulator.advance(smaller.law, state, end, np.linspace(0.0, end, 20), smaller.tolerance)
        seen.extend(stretch.values)
        state = stretch.end.copy()
    estimate = fast.estimate(np.array([fast.reduction.lift @ y for y in seen]))
    whole = fast.reduction.then(lumped)
    return reduced_tube(tube, whole), estimate, whole.notes


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


def _phase_doses(circuit: LearningCircuit, data: Dataset, batches: int) -> list[float]:
    """Return the formal amount of all strands that go in at the start of every phase of an epoch; 0 where none does."""
    steps: list[tuple[Phase, Mapping[str, float]]] = [
        (phase, values) for values in samples(circuit, data) for phase in circuit.phases
    ]
    steps += [(phase, {}) for phase in circuit.batch_end] * batches
    return [
        sum(e.amount for e in circuit.events(phase, values, 0.0) if isinstance(e, Addition)) for phase, values in steps
    ]


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


def peak_amounts(circuit: LearningCircuit, data: Sequence[Dataset]) -> dict[Species, float]:
    """Return the largest amount of each species that is there at the start or added at once, in formal units."""
    peaks = dict(circuit.crn.initial)
    steps: list[tuple[Phase, Mapping[str, float]]] = [(phase, {}) for phase in circuit.batch_end]
    steps += [(phase, values) for d in data for values in samples(circuit, d) for phase in circuit.phases]
    for phase, values in steps:
        for event in circuit.events(phase, values, 0.0):
            if isinstance(event, Addition):
                peaks[event.species] = max(peaks.get(event.species, 0.0), event.amount)
    return peaks

"""A compiled circuit for the bench: its reporters, what a training run consumes and adds, its order, its campaign.

Here the circuit's ports, data and scale become amounts of complexes; what is computed from these is in `dsd.lab`. Files are
written in `compiler.lab_files`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from compiler.compilation import Compiled
from compiler.dna_level import counted, dna_tube
from compiler.training import peak_amounts, topped_up, train
from crn.diagnostics import CircuitError, Diagnostic
from crn.massaction import MassAction
from crn.network import Species
from crn.neural.circuit import LearningCircuit
from crn.neural.samples import Dataset, samples
from crn.neural.schedule import CONSTANT, Schedule
from crn.neural.training import Regime
from crn.protocol import Addition
from crn.quantities import nearest
from crn.simulate import SIMULATORS, Tolerance, simulate
from dsd.complexes import Complex
from dsd.domains import Strand
from dsd.lab.campaign import ALIQUOT_FOLD, Circuit, Setup, reporter_level
from dsd.lab.demand import Use, strand_needs
from dsd.lab.inventory import Inventory
from dsd.lab.reporters import Reporter, completion_s, design_reporters
from dsd.lab.sessions import Dose
from dsd.lab.trials import reporter_reactions
from dsd.schemes import Role
from dsd.sequences import Sequences

TOP_UP = "top-up"
"""Name of the master mix that goes in before every sample."""


@dataclass(frozen=True, eq=False)
class Plan:
    """What a circuit is run with.

    Attributes
    ----------
    circuit : LearningCircuit or None
        None for a network without ports: then there is nothing to add.
    data : Dataset or None
    epochs : int
    top_up : mapping of Complex to float
        Added before every sample, in M.
    schedule : Schedule
        Of the step of the parameters.
    """

    circuit: LearningCircuit | None = None
    data: Dataset | None = None
    epochs: int = 1
    top_up: Mapping[Complex, float] = dataclasses.field(default_factory=dict)
    schedule: Schedule = CONSTANT


def plan_of(
    compiled: Compiled,
    circuit: LearningCircuit,
    data: Dataset,
    epochs: int,
    top_up: str | Mapping[str, float],
    schedule: Schedule = CONSTANT,
) -> Plan:
    """Return the plan of a training run; the master mix is computed from a run of the abstract network.

    What cannot be pipetted or timed is not planned; `unplanned` says why.
    """
    if compiled.scale.unset or circuit.ideal:
        return Plan(circuit)
    if top_up == "none":
        return Plan(circuit, data, epochs, schedule=schedule)
    formal = train(circuit, data, epochs=epochs, level="formal", regime=Regime(schedule=schedule)).formal
    assert formal is not None, "the formal level was asked for"
    counts = dict(zip(counted(circuit.crn).species, formal.end, strict=True))
    return Plan(circuit, data, epochs, topped_up(compiled, counts, top_up, epochs * len(data)), schedule)


def unplanned(compiled: Compiled, circuit: LearningCircuit | None) -> tuple[str, ...]:
    """Return why the training of a circuit is not on the sheets, if it is not."""
    if circuit is None:
        return ()
    if circuit.ideal:
        return (
            f"{circuit.name} removes species between its phases, which no pipette can do: its training is left out; "
            "the add-only form (form=tube) can be trained at the bench",
        )
    return (f"training is left out: {compiled.scale.unset}",) if compiled.scale.unset else ()


def shown_species(
    compiled: Compiled, circuit: LearningCircuit | None, named: Sequence[str] = ()
) -> tuple[Species, ...]:
    """Return the species that get reporters: those that are named, or those that the outputs are read from.

    In a network without ports these are the species that reactions make and none consumes, or all that are made if there are none.
    """
    known = [s for s, _ in compiled.system.carriers]
    if list(named) == ["all"]:
        return tuple(known)
    for name in named:
        if name not in known:
            raise CircuitError(Diagnostic(f"there is no signal {name!r} in this circuit", advice=nearest(name, known)))
    if named:
        return tuple(dict.fromkeys(named))
    if circuit is not None:
        return tuple(dict.fromkeys(s for r in circuit.outputs for s, _ in r.terms if s in known))
    reactions = compiled.state.lowered.reactions
    made = [s for s in known if any(r.products[s] > r.reactants[s] for r in reactions)]
    return tuple([s for s in made if not any(s in r.reactants for r in reactions)] or made)


def with_reporters(
    compiled: Compiled, sequences: Sequences, species: Sequence[Species]
) -> tuple[Sequences, tuple[Reporter, ...]]:
    """Return the sequences with the strands of reporters, and the reporters."""
    reporters = design_reporters(compiled.system, species)
    have = set(sequences.by_name)
    return sequences.adding(s for r in reporters for s in r.strands if s.name not in have), reporters


def doses_of(compiled: Compiled, plan: Plan) -> tuple[Dose, ...]:
    """Return everything that is added in a training run, in the order in which it is added."""
    circuit, data = plan.circuit, plan.data
    if circuit is None or data is None:
        return ()
    system, scale = compiled.system, compiled.scale
    top_up = tuple((c.name, amount) for c, amount in plan.top_up.items() if amount > 0)
    found: list[Dose] = []
    time = 0.0
    rows = samples(circuit, data)
    for epoch in range(plan.epochs):
        pace = plan.schedule.pace(epoch)
        for number, values in enumerate(rows):
            where = f"epoch {epoch + 1}, sample {number + 1}"
            if top_up:
                found.append(Dose(time * scale.time_s, f"{where}, before it", TOP_UP, top_up))
            phases = [(p, values, f"sample {number + 1} {p.name}") for p in circuit.phases]
            phases += [(p, {}, f"batch end {p.name}") for p in circuit.batch_end]
            for phase, given, name in phases:
                added: dict[str, float] = {}
                for event in circuit.events(phase, given, 0.0, step=pace):
                    if isinstance(event, Addition):
                        strand = system.carrier(event.species).name
                        added[strand] = added.get(strand, 0.0) + event.amount * scale.dose
                if added:
                    found.append(Dose(time * scale.time_s, f"{where}, {phase.name}", name, tuple(added.items())))
                time += phase.wait
    return tuple(found)


def start_of(compiled: Compiled) -> tuple[tuple[str, float], ...]:
    """Return the signals that are in the tube before anything is added, in M."""
    system, dose = compiled.system, compiled.scale.dose
    return tuple((system.carrier(s).name, a * dose) for s, a in compiled.state.lowered.initial if a > 0)


def uses_of(compiled: Compiled, plan: Plan) -> tuple[Use, ...]:
    """Return what one run consumes of every complex."""
    totals: dict[str, float] = {}
    for dose in doses_of(compiled, plan):
        for name, amount in dose.raises:
            totals[name] = totals.get(name, 0.0) + amount
    start = dict(start_of(compiled))
    found = []
    for entry in compiled.system.of_role(Role.SIGNAL, Role.FUEL, Role.BUFFER):
        name = entry.complex.name
        first, later = entry.concentration + start.get(name, 0.0), totals.get(name, 0.0)
        if first > 0:
            found.append(Use(entry.complex, first, later / first))
        elif later > 0:
            found.append(Use(entry.complex, later))
    return tuple(found)


def needs_of(
    compiled: Compiled, sequences: Sequences, reporters: Sequence[Reporter], plan: Plan, setup: Setup, peak_M: float
) -> dict[str, float]:
    """Return how much of every strand is consumed, in mol, by its name.

    For a reporter that is what its calibration, the trials of all gates, and one reading of every sample take, each a tube of the
    volume of a trial.
    """
    by_strand = strand_needs(uses_of(compiled, plan), setup.volume_L, setup.runs, setup.preparation)
    reporting = {s.name for r in reporters for s in r.strands}
    found = {s.name: by_strand.get(s.strand, 0.0) for s in sequences.strands if s.name not in reporting}
    readings = 5 + 6 * len(compiled.state.lowered.reactions) + (len(plan.data) if plan.data else 0)
    for reporter in reporters:
        level = max(reporter_level(peak_M / ALIQUOT_FOLD), reporter_level(compiled.scale.dose))
        each = Use(reporter.complex, level)
        mine: dict[Strand, float] = strand_needs([each], setup.trial_L * readings, setup.runs, setup.preparation)
        found |= {s.name: mine[s.strand] for s in reporter.strands}
    return found


def peak_of(compiled: Compiled, plan: Plan) -> float:
    """Return the largest amount of a signal that is there at the start or added at once, in M."""
    amounts = dict(compiled.state.lowered.initial)
    if plan.circuit is not None and plan.data is not None:
        amounts = peak_amounts(plan.circuit, [plan.data])
    return max([*amounts.values(), 1.0]) * compiled.scale.dose


def groups_of(compiled: Compiled, reporters: Sequence[Reporter]) -> dict[str, str]:
    """Return what each strand is for."""
    found = {o.name: o.group.value for o in Inventory.of(compiled.system).oligos}
    return found | {s.name: "reporter" for r in reporters for s in r.strands}


def bench_circuit(compiled: Compiled, sequences: Sequences, reporters: Sequence[Reporter], plan: Plan) -> Circuit:
    """Return what a campaign is planned for."""
    system = compiled.system
    seen = {r.species for r in reporters}
    rest = [s for s, _ in system.carriers if s not in seen]
    others: tuple[Reporter, ...] = ()
    for species in rest:
        try:
            others += design_reporters(system, [species])
        except CircuitError:
            continue
    return Circuit(
        system,
        sequences,
        () if compiled.scale.unset else compiled.state.lowered.reactions,
        tuple(reporters),
        others,
        start_of(compiled),
        doses_of(compiled, plan),
        compiled.scale.dose,
        peak_of(compiled, plan),
        compiled.scale.physical.q_max,
    )


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reporter shows in an aliquot of the untrained tube, after the first sample's forward phase.

    Attributes
    ----------
    reporter : str
    present_M : float
        What there is of the species in the tube, bound and free, in M.
    shown_M : float
        What the reporter says that there is, when it would have taken 99 % if it were alone with it: what it has opened, times the
        dilution of the aliquot.
    after_s : float
        That time.
    later_M : float
        What it says after ten times as long: the circuit goes on.
    """

    reporter: str
    present_M: float
    shown_M: float
    after_s: float
    later_M: float


def untrained(compiled: Compiled, reporters: Sequence[Reporter], plan: Plan, peak_M: float) -> tuple[Reading, ...]:
    """Simulate the untrained tube through its first forward phase, and read it in a diluted aliquot with all reporters at once."""
    circuit, data = plan.circuit, plan.data
    if circuit is None or data is None or not reporters:
        return ()
    tube = dna_tube(compiled.state)
    values = samples(circuit, data)[0]
    state, tolerance = tube.start.copy(), Tolerance(1e-6, tube.tolerance.absolute)
    for phase in circuit.phases[: circuit.read_after + 1]:
        for event in circuit.events(phase, values, 0.0):
            if isinstance(event, Addition):
                state[tube.dose[event.species]] += event.amount * tube.factor
        state = simulate(tube.law, state, (), [0.0, phase.wait * tube.time], SIMULATORS[0], tolerance).values[-1]
    amounts = tube.amounts(state)
    rate, level = compiled.scale.physical.q_max, reporter_level(peak_M / ALIQUOT_FOLD)
    crn = tube.law.crn
    reactions = (*crn.reactions, *(x for r in reporters for x in reporter_reactions(r, rate)))
    initial = {**dict(crn.initial), **{r.name: 0.0 for r in reporters}, **{f"{r.name} opened": 0.0 for r in reporters}}
    law = MassAction(type(crn).build(reactions, initial, units=crn.units))
    diluted = dict(zip(tube.law.species, state / ALIQUOT_FOLD, strict=True))
    begin = law.state({**diluted, **{r.name: level for r in reporters}})
    found = []
    for reporter in reporters:
        present = amounts.get(reporter.species, 0.0) * tube.factor
        # The reporter is in excess of all that is expected; of more it would show no more.
        after = completion_s(min(max(present / ALIQUOT_FOLD, 1e-12), level / 2), level, rate)
        run = simulate(law, begin, (), [0.0, after, 10 * after], SIMULATORS[0], tolerance)
        opened = ALIQUOT_FOLD * run.of(f"{reporter.name} opened")
        found.append(Reading(reporter.name, float(present), float(opened[1]), float(after), float(opened[2])))
    return tuple(found)

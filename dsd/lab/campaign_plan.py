"""How a campaign is planned: liquids get their concentrations, trials and runs their mixes, and what does not fit is said.

The values are in `dsd.lab.campaign`, the volumes of a single mix in `dsd.lab.mixing`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from crn.network import Reaction
from crn.quantities import format_si
from dsd.complexes import Complex
from dsd.lab.annealing import Preparation
from dsd.lab.campaign import ALIQUOT_FOLD, MASTER_FOLD, Batch, Campaign, Circuit, Setup, Tube, reporter_level
from dsd.lab.mixing import BUFFER_FOLD, Liquid, Mix, drawn_from, mix, with_dilutions
from dsd.lab.reporters import Reporter
from dsd.lab.sessions import Session, plan_session
from dsd.lab.trials import LATE_SHARE, Levels, Trace, calibration, gate_trials, predict, watched
from dsd.lab.vendor_files import Stock
from dsd.schemes.scheme import Role
from dsd.sequences.assignment import NamedStrand, Sequences

_LEAST_BATCH_L: Final = 20e-6
"""No less is annealed at a time, in L."""
_TOLD: Final = 3
"""How many mixes that do not fit are named."""
_ROOM: Final = 0.9
"""What may be filled with stocks, so that the buffer finds room."""


def plan_campaign(circuit: Circuit, stocks: Mapping[str, Stock], setup: Setup) -> Campaign:
    """Plan everything that is prepared and pipetted.

    Parameters
    ----------
    circuit : Circuit
    stocks : mapping of str to Stock
        By the names of the strands; see `dsd.lab.vendor_files`.
    setup : Setup
    """
    strands = {name: stock.liquid for name, stock in stocks.items()}
    liquids = _liquids(circuit, strands, setup)
    read_M = circuit.peak_M / ALIQUOT_FOLD
    calibrated = Levels(read_M, 0.0, reporter_level(read_M), circuit.rate)
    reporter_M = reporter_level(circuit.signal_M)
    levels = Levels(circuit.signal_M, _trial_fuel(circuit, liquids, reporter_M), reporter_M, circuit.rate)
    calibrations = [t for r in circuit.reporters for t in _tubes(circuit, r, None, calibrated, liquids, setup)]
    gates: list[Tube] = []
    unseen: list[Trace] = []
    for reaction in circuit.reactions:
        if (reporter := _shown_by(reaction, circuit.reporters)) is not None:
            gates += _tubes(circuit, reporter, reaction, levels, liquids, setup)
        elif (reporter := _shown_by(reaction, circuit.others)) is not None:
            trials = gate_trials(circuit.system, reaction, reporter, levels)
            unseen += predict(circuit.system, trials, reporter, levels, reaction.id)
    tried = (*calibrations, *gates)
    later = _later(tried, liquids, setup)
    fuels, tube = _run_tube(circuit, liquids, setup)
    session = plan_session(circuit.doses, setup.volume_L, liquids, setup.pipetting, setup.most_share)
    spare = setup.runs * setup.pipetting.spare
    additions = [
        _large_enough(name, wanted, max(session.poured_L(name) * spare, 5 * setup.pipetting.minimum_L), liquids, setup)
        for name, wanted in session.wanted().items()
    ]
    # What does not fit is not made, so that nothing is diluted or annealed for it.
    made = [*(t.mix for t in tried), *later, fuels, tube, *additions]
    dilutions, drawn = with_dilutions([m for m in made if m.fits], setup.pipetting)
    batches = tuple(_batches(circuit, strands, drawn_from((*dilutions, *drawn)), setup))
    ready = {m.name: m for m in made} | {m.name: m for m in drawn}
    tubes = [Tube(t.trace, ready[t.mix.name], t.late_L) for t in tried]
    return Campaign(
        setup,
        tuple(stocks[s.name] for s in circuit.sequences.strands if s.name in stocks),
        batches,
        dilutions,
        circuit.reporters,
        tuple(tubes[: len(calibrations)]),
        tuple(tubes[len(calibrations) :]),
        tuple(ready[m.name] for m in later),
        tuple(unseen),
        ready[fuels.name],
        ready[tube.name],
        tuple(ready[m.name] for m in additions),
        session,
        levels,
        calibrated,
        tuple(_problems(circuit, stocks, batches, (*dilutions, *ready.values()), session, levels)),
    )


def _large_enough(
    name: str, wanted: Mapping[str, float], least_L: float, liquids: Mapping[str, Liquid], setup: Setup
) -> Mix:
    """Return a mix of at least a volume, larger where its small parts would need dilutions that there is no room for."""
    first = mix(name, wanted, least_L, liquids)
    for factor in (1, 2, 5, 10, 20, 50, 100) if first.fits else ():
        found = mix(name, wanted, factor * least_L, liquids)
        if with_dilutions([found], setup.pipetting)[1][0].fits:
            return found
    return first


def _later(tried: Sequence[Tube], liquids: Mapping[str, Liquid], setup: Setup) -> list[Mix]:
    """Return the mixes from which reporters go into tubes later: as concentrated as the share that they make up asks for."""
    found = []
    late = [t for t in tried if t.late_L]
    for name in dict.fromkeys(t.trace.trial.reporter for t in late):
        mine = [t for t in late if t.trace.trial.reporter == name]
        wanted = {name: mine[0].trace.trial.reporter_M * (1 + LATE_SHARE) / LATE_SHARE}
        volume = sum(t.late_L for t in mine) * setup.pipetting.spare
        found.append(mix(f"{name} for later", wanted, volume, liquids))
    return found


def _name(sequences: Sequences, item: Complex) -> str:
    """Return what a complex is drawn as: a strand by the name that it is ordered under, all else by its own."""
    return sequences.by_strand[item.strands[0]].name if len(item.strands) == 1 else item.name


def _needed(circuit: Circuit) -> tuple[Complex, ...]:
    prepared = circuit.system.of_role(Role.SIGNAL, Role.FUEL, Role.BUFFER)
    return (*(e.complex for e in prepared), *(r.complex for r in circuit.reporters))


def _strands_of(circuit: Circuit, item: Complex) -> tuple[NamedStrand, ...]:
    """Return the strands of a complex as they are ordered; those of a reporter carry its dye and its quencher."""
    for reporter in circuit.reporters:
        if reporter.name == item.name:
            own = {s.strand: s for s in reporter.strands}
            return tuple(own[s] for s in item.strands)
    return tuple(circuit.sequences.by_strand[s] for s in item.strands)


def _anneal_M(  # noqa: N802  # a unit
    circuit: Circuit, item: Complex, strands: Mapping[str, Liquid], preparation: Preparation
) -> float:
    """Return the concentration at which a complex is annealed: the wanted one, or what there is room for beside the buffer."""
    filled = math.fsum(
        preparation.ratio(item, place) / strands[s.name].concentration_M
        for place, s in enumerate(_strands_of(circuit, item))
        if s.name in strands
    )
    return min(preparation.anneal_M, (1 - 1 / BUFFER_FOLD) / filled) if filled else preparation.anneal_M


def _liquids(circuit: Circuit, strands: Mapping[str, Liquid], setup: Setup) -> dict[str, Liquid]:
    """Return everything that mixes draw from: single strands as they are, complexes as they will be; by the names of complexes."""
    found: dict[str, Liquid] = {}
    for item in _needed(circuit):
        if len(item.strands) > 1:
            ready = _anneal_M(circuit, item, strands, setup.preparation) * setup.preparation.yield_
            found[item.name] = Liquid(item.name, ready, in_buffer=True)
        elif (name := _name(circuit.sequences, item)) in strands:
            found[item.name] = strands[name]
    return found


def _batches(
    circuit: Circuit, strands: Mapping[str, Liquid], used_L: Mapping[str, float], setup: Setup
) -> Iterable[Batch]:
    """Return what is annealed: as much of each complex as is drawn in all, and some to spare."""
    preparation = setup.preparation
    for item in _needed(circuit):
        if len(item.strands) < 2:
            continue
        named = _strands_of(circuit, item)
        if any(s.name not in strands for s in named):
            continue
        concentration = _anneal_M(circuit, item, strands, preparation)
        volume = max(used_L.get(item.name, 0.0) * setup.pipetting.spare, _LEAST_BATCH_L)
        wanted: dict[str, float] = {}
        for place, strand in enumerate(named):
            wanted[strand.name] = wanted.get(strand.name, 0.0) + concentration * preparation.ratio(item, place)
        yield Batch(
            item,
            mix(f"anneal {item.name}", wanted, volume, strands),
            Liquid(item.name, concentration * preparation.yield_, in_buffer=True),
        )


def _trial_fuel(circuit: Circuit, liquids: Mapping[str, Liquid], reporter_M: float) -> float:
    """Return at which concentration fuels are tried: that of the circuit, or the largest of 1, 2, 5, ... that fits in a tube."""
    highest = max((e.concentration for e in circuit.system.of_role(Role.FUEL)), default=100e-9)
    dry = BUFFER_FOLD / (BUFFER_FOLD - 1)
    for reaction in circuit.reactions:
        fuels = [e.complex.name for e in circuit.system.of_role(Role.FUEL) if reaction.id in e.gates]
        stocks = [liquids[n] for n in fuels if n in liquids]
        per_molar = math.fsum((1 if s.in_buffer else dry) / s.concentration_M for s in stocks)
        if per_molar:
            highest = min(highest, (_ROOM - reporter_M * per_molar / len(stocks)) / per_molar)
    power = 10.0 ** math.floor(math.log10(highest))
    fits = max((f * power for f in (1, 2, 5) if f * power <= highest * (1 + 1e-9)), default=power)
    exact = max((e.concentration for e in circuit.system.of_role(Role.FUEL)), default=fits)
    return exact if exact <= highest * (1 + 1e-9) else float(f"{fits:.3g}")


def _shown_by(reaction: Reaction, reporters: Sequence[Reporter]) -> Reporter | None:
    """Return the first reporter that shows a reaction."""
    species, _ = watched(reaction)
    return next((r for r in reporters if r.species in species), None)


def _tubes(
    circuit: Circuit,
    reporter: Reporter,
    reaction: Reaction | None,
    levels: Levels,
    liquids: Mapping[str, Liquid],
    setup: Setup,
) -> list[Tube]:
    """Return the tubes of a calibration, or those of a gate, with what they should show."""
    system = circuit.system
    trials = calibration(reporter, levels) if reaction is None else gate_trials(system, reaction, reporter, levels)
    found = []
    for trace in predict(system, trials, reporter, levels, reaction.id if reaction else ""):
        trial = trace.trial
        wanted = {n: a for n, a in trial.contents if n in liquids}
        late = setup.trial_L * LATE_SHARE if trial.added_s else 0.0
        if not trial.added_s:
            wanted[reporter.name] = trial.reporter_M
        tube = mix(trial.name, wanted, setup.trial_L, liquids)
        found.append(Tube(trace, tube, late))
    return found


def _run_tube(circuit: Circuit, liquids: Mapping[str, Liquid], setup: Setup) -> tuple[Mix, Mix]:
    """Return the master mix of the fuels, and one tube made with it."""
    prepared = circuit.system.of_role(Role.FUEL, Role.BUFFER)
    amounts = {e.complex.name: e.concentration for e in prepared if e.concentration and e.complex.name in liquids}
    volume = setup.volume_L / MASTER_FOLD * setup.runs * setup.pipetting.spare
    fuels = mix("master mix of fuels", {n: MASTER_FOLD * a for n, a in amounts.items()}, volume, liquids)
    nominal = max(amounts.values(), default=1e-9)
    master = Liquid(fuels.name, MASTER_FOLD * nominal, in_buffer=True)
    wanted = {fuels.name: nominal, **dict(circuit.start)}
    return fuels, mix("tube", wanted, setup.volume_L, {**liquids, fuels.name: master})


def _problems(
    circuit: Circuit,
    stocks: Mapping[str, Stock],
    batches: Sequence[Batch],
    mixes: Sequence[Mix],
    session: Session,
    levels: Levels,
) -> Iterable[str]:
    """Say what does not fit, what there is too little of, and what nobody will see."""
    crowded = sorted((m for m in (*(b.mix for b in batches), *mixes) if not m.fits), key=lambda m: -m.dilution)
    yield from (f"{m.name} {m.problem}" for m in crowded[:_TOLD])
    if len(crowded) > _TOLD:
        yield f"{len(crowded) - _TOLD} more mixes do not fit; the tables say which"
    yield from (f"training: {p}" for p in session.problems)
    drawn = drawn_from((*(b.mix for b in batches), *mixes))
    for name, stock in stocks.items():
        if stock.nmol is not None and drawn.get(name, 0.0) * stock.liquid.concentration_M > stock.nmol * 1e-9 * (
            1 + 1e-9
        ):
            have = stock.nmol * 1e-9 / stock.liquid.concentration_M
            yield f"{name}: {format_si(drawn[name], 'L')} are drawn, and there are {format_si(have, 'L')}"
    missing = [s.name for s in circuit.sequences.strands if s.name not in stocks]
    if missing:
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        yield f"no stock is known of {', '.join(missing[:3])}{more}; what needs them is left out"
    highest = max((e.concentration for e in circuit.system.of_role(Role.FUEL)), default=0.0)
    if levels.fuel_M < highest * (1 - 1e-9):
        yield (
            f"gates are tried with fuels at {format_si(levels.fuel_M, 'M')}, not at {format_si(highest, 'M')} as in the "
            "circuit, because more does not fit; the predictions are for that"
        )

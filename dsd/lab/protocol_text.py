"""The protocol of a campaign in words, from the first reporter to the last addition, and its steps one by one.

The tables that it refers to are written in `dsd.lab.bench_sheet`. No figure is computed here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from crn.quantities import format_si
from dsd.lab.annealing import RAMP
from dsd.lab.bench_sheet import clock, microlitres, nanomolar
from dsd.lab.campaign import ALIQUOT_FOLD, Campaign, Tube, reporter_level
from dsd.lab.mixing import BUFFER_FOLD, buffer_recipe
from dsd.lab.reporters import completion_s


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the protocol.

    Attributes
    ----------
    part : str
        The heading that it stands under.
    text : str
    table : str
        The file with its figures; empty if there is none.
    reading : bool
        Whether the untrained circuit is read here.
    """

    part: str
    text: str
    table: str = ""
    reading: bool = False


def steps(campaign: Campaign) -> tuple[Step, ...]:
    """Return the steps in the order in which they are made."""
    return (
        *_preparation(campaign),
        *_calibrating(campaign),
        *_trying(campaign),
        *_running(campaign),
        *_training(campaign),
    )


def protocol(
    campaign: Campaign, title: str, header: str, readings: Sequence[str] = (), notes: Sequence[str] = ()
) -> str:
    """Return the protocol.

    Parameters
    ----------
    campaign : Campaign
    title : str
        What is done.
    header : str
        How it was made.
    readings : sequence of str
        What the untrained circuit should show.
    notes : sequence of str
    """
    lines = [f"# {title}: at the bench", "", header, ""]
    lines += ["## Before you begin: what does not fit", ""] if campaign.problems else []
    lines += [f"* {p}" for p in campaign.problems] + ([""] if campaign.problems else [])
    lines += [f"* note: {n}" for n in notes] + ([""] if notes else [])
    part = ""
    number = 0
    for step in steps(campaign):
        if step.part != part:
            part, number = step.part, 0
            lines += ([""] if lines[-1] else []) + [f"## {part}", ""]
        number += 1
        where = f" Table: `{step.table}`." if step.table else ""
        lines.append(f"{number}. {step.text}{where}")
        lines += [f"   * {r}" for r in readings] if step.reading else []
    lines += ["", *_tables(campaign)]
    return "\n".join(lines).rstrip("\n") + "\n"


def _preparation(campaign: Campaign) -> Iterable[Step]:
    setup, part = campaign.setup, "1. Buffer, stocks, gates"
    conditions, preparation = setup.conditions, setup.preparation
    recipe = buffer_recipe(conditions)
    parts = ", ".join(f"{v * 10:.3g} mL of {name}" for name, v in recipe.parts)
    yield Step(
        part,
        f"Make 10 mL of {BUFFER_FOLD:g}x buffer: {parts}, water to 10 mL. All tubes are at {conditions} in TE (Tris "
        "10 mM, "
        "EDTA 1 mM), pH 8.0.",
    )
    dry = sum(1 for s in campaign.stocks if s.added_L)
    assumed = sum(1 for s in campaign.stocks if s.assumed)
    target = campaign.stocks[0].liquid.concentration_M if campaign.stocks else 1e-4
    if assumed:
        yield Step(
            part,
            f"Dissolve all {assumed} strands in TE at {format_si(target, 'M')}: {1e-3 / target:.3g} uL for every "
            "nmol. What follows is "
            "for that concentration; run `strandwright mix` again with the vendor's file as --stock for the true ones.",
            "stocks.csv",
        )
    else:
        yield Step(
            part,
            f"Dissolve {dry} dry strands in the volume of TE that the table says; {len(campaign.stocks) - dry} came "
            "dissolved.",
            "stocks.csv",
        )
    ratio = (
        f"{preparation.excess:g} of every other strand for 1 of the bottom strand"
        if preparation.purified
        else "all 1:1"
    )
    yield Step(
        part,
        f"Anneal {len(campaign.batches)} complexes, {ratio}: mix as the table says, then {RAMP}.",
        "annealing.csv",
    )
    if preparation.purified:
        yield Step(
            part,
            "Cut each complex from a native 12 % polyacrylamide gel and elute it in as much buffer as was loaded; "
            f"{preparation.recovery:.0%} of the bottom strand is expected to come back (assumed). Measure the "
            "absorbance at 260 nm and "
            "scale every volume of that complex by expected over measured.",
        )
    else:
        yield Step(
            part,
            "No purification: what the stocks are off by stays single. A free top strand of a produce gate is a "
            "signal, a free bottom "
            "strand takes signals away; expect some percent of the fuels of either.",
        )
    if campaign.dilutions:
        yield Step(part, f"Make {len(campaign.dilutions)} dilutions, in the order of the table.", "dilutions.csv")


def _calibrating(campaign: Campaign) -> Iterable[Step]:
    part, levels = "2. Reporter calibration", campaign.calibrated
    for reporter in campaign.reporters:
        dye = reporter.dye
        wait = completion_s(levels.signal_M, levels.reporter_M, levels.rate)
        yield Step(
            part,
            f"{reporter.name} ({dye.name}, excite {dye.excite_nm} nm, read {dye.emit_nm} nm) shows "
            f"{reporter.species}: make its "
            f"{sum(1 for t in campaign.calibrations if t.trace.trial.reporter == reporter.name)} tubes of "
            f"{microlitres(campaign.setup.trial_L)} uL with the reporter at {nanomolar(levels.reporter_M)} nM and "
            f"{reporter.targets[0].name} at 0 to {nanomolar(levels.signal_M)} nM, adding the signal last. 99 % of "
            "the largest is taken "
            f"after {wait:.0f} s at {levels.rate:.3g} /M/s; read every 10 s for {max(600.0, 10 * wait) / 60:.0f} min.",
            "mixes.csv",
        )
    yield Step(
        part,
        "Fit a line through the plateaus: its slope is light per nM, its offset what the closed reporter shines. Fit "
        "the rise for the "
        "rate constant; if it is not the one assumed, plan again with it as --qmax.",
        "traces.csv",
    )


def _trying(campaign: Campaign) -> Iterable[Step]:
    part, levels = "3. Every gate alone", campaign.levels
    gates = len({t.trace.trial.name.split()[0] for t in campaign.gates})
    if not campaign.gates and not campaign.unseen:
        yield Step(part, "The rates of this scheme cannot be set, so that nothing is predicted of its gates.")
        return
    yield Step(
        part,
        f"{gates} gates, {len(campaign.gates)} tubes of {microlitres(campaign.setup.trial_L)} uL: each gate with all "
        "it needs, without "
        f"each input, without each fuel; inputs at {nanomolar(levels.signal_M)} nM, fuels at "
        f"{nanomolar(levels.fuel_M)} nM, reporter "
        f"at {nanomolar(levels.reporter_M)} nM. What is expected stands in the table; leak is what rises without an "
        "input.",
        "trials.csv",
    )
    late = [t for t in campaign.gates if t.late_L]
    if late:
        yield Step(
            part,
            f"In {len(late)} of these tubes the reaction uses up what is watched: {microlitres(late[0].late_L)} uL of the "
            "reporter's mix for later go in when the table says, and show what is left.",
        )
    unseen = list(dict.fromkeys(t.trial.reporter.removeprefix("reporter_") for t in campaign.unseen))
    if unseen:
        count = len({t.trial.name.split()[0] for t in campaign.unseen})
        yield Step(
            part,
            f"{count} gates show nothing to the reporters of this order; their traces are predicted all the same. To "
            "see them, "
            f"order with --report {','.join(dict.fromkeys([*(r.species for r in campaign.reporters), *unseen]))}.",
            "traces.csv",
        )


def _running(campaign: Campaign) -> Iterable[Step]:
    part, setup = "4. The untrained circuit", campaign.setup
    yield Step(
        part,
        f"Make the master mix of all {len(campaign.fuels.parts)} fuels for {setup.runs} tubes"
        + (f"; it {campaign.fuels.problem}" if campaign.fuels.problem else "")
        + ".",
        "mixes.csv",
    )
    yield Step(
        part,
        f"Make {setup.runs} tubes of {microlitres(setup.volume_L)} uL: master mix and signals at the start.",
        "mixes.csv",
    )
    if campaign.session.pours:
        level = reporter_level(campaign.calibrated.signal_M)
        yield Step(
            part,
            "Add the first sample as the table of additions begins. When its first phase is over, dilute "
            f"{microlitres(setup.trial_L / ALIQUOT_FOLD)} uL of the tube to {microlitres(setup.trial_L)} uL with "
            "buffer and all reporters "
            f"at {nanomolar(level)} nM, and read: what they show, times {ALIQUOT_FOLD:g}, is what was there.",
            "additions.csv",
            reading=True,
        )


def _training(campaign: Campaign) -> Iterable[Step]:
    part, session = "5. Training", campaign.session
    if not session.pours:
        return
    yield Step(part, f"Make {len(campaign.additions)} mixes for {campaign.setup.runs} runs.", "mixes.csv")
    volumes = [p.volume_L for p in session.pours]
    yield Step(
        part,
        f"Add {len(session.pours)} times over {clock(session.pours[-1].dose.time_s)} (h:min:s), {microlitres(min(volumes))} to "
        f"{microlitres(max(volumes))} uL each time, and take as much out again after mixing. What is in the tube is diluted "
        f"{session.dilution:.4g} times in all, which the simulated run neglects.",
        "additions.csv",
    )
    yield Step(
        part,
        "Keep the tube closed and at temperature between additions, and mix after each by drawing up half of it "
        "three times. Read an "
        "aliquot of each sample as before, when its first phase is over.",
    )


def _tables(campaign: Campaign) -> list[str]:
    """Return the short tables that a person at the bench wants on the page."""
    lines = [
        "## Expected in the calibrations",
        "",
        "| tube | signal, nM | opened reporter in the end, nM |",
        "|---|---|---|",
    ]
    lines += [_calibrated(t) for t in campaign.calibrations]
    if campaign.gates:
        lines += ["", "## Expected of the gates", "", "| tube | read until | opened reporter, nM |", "|---|---|---|"]
        lines += [
            f"| {t.trace.trial.name} | {clock(float(t.trace.times_s[-1]))} | {nanomolar(t.trace.final_M)} |"
            for t in campaign.gates
        ]
    return lines


def _calibrated(tube: Tube) -> str:
    amount = sum(a for _, a in tube.trace.trial.contents)
    return f"| {tube.trace.trial.name} | {nanomolar(amount)} | {nanomolar(tube.trace.final_M)} |"

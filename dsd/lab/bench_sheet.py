"""The sheets of a campaign: tables for a spreadsheet and for a liquid handler.

Volumes are in uL to two digits, which is what a pipette can be set to. The protocol in words is written in `dsd.lab.protocol_text`;
no figure is computed in either.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

from dsd.lab.campaign import Campaign
from dsd.lab.mixing import Mix
from dsd.lab.plates import PLATE_96, PLATE_384, PlateFormat
from dsd.sequences.assignment import Sequences

DROPLET_L: Final = 25e-9
"""What an acoustic liquid handler moves at a time, in L."""

Cells = Sequence[object]

ECHO_COLUMNS: Final = (
    "Sample Name", "Source Plate Name", "Source Plate Type", "Source Well", "Source Concentration",
    "Source Concentration Units", "Destination Plate Name", "Destination Plate Type", "Destination Well",
    "Destination Sample Name", "Destination Concentration", "Destination Concentration Units", "Transfer Volume",
)  # fmt: skip


def microlitres(volume_L: float) -> str:
    """Return a volume in uL; nothing has no sign."""
    return f"{round(volume_L * 1e6, 2) + 0.0:.2f}"


def nanomolar(concentration_M: float) -> str:
    """Return a concentration in nM; what is below a tenth of a picomolar is nothing."""
    return f"{concentration_M * 1e9:.5g}" if abs(concentration_M) >= 1e-13 else "0"


def clock(time_s: float) -> str:
    """Return a time as hours, minutes, seconds."""
    minutes, seconds = divmod(round(time_s), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}"


def sheets(campaign: Campaign, sequences: Sequences) -> dict[str, str]:
    """Return the tables by the names of their files."""
    becomes = {b.mix.name: b.liquid.concentration_M for b in campaign.batches}
    return {
        "stocks.csv": stocks_table(campaign),
        "reference.csv": reference_table(campaign, sequences),
        "annealing.csv": _mix_table((b.mix for b in campaign.batches), becomes),
        "dilutions.csv": _mix_table(campaign.dilutions, {}),
        "trials.csv": trials_table(campaign),
        "traces.csv": traces_table(campaign),
        "mixes.csv": _mix_table(_all_but_annealing(campaign), {}),
        "additions.csv": additions_table(campaign),
        "echo.csv": echo_table(campaign),
    }


def stocks_table(campaign: Campaign) -> str:
    """Return in what every strand is dissolved, and what that makes."""
    rows: list[Cells] = []
    for stock in campaign.stocks:
        liquid = stock.liquid
        what = "as ordered" if stock.assumed else "measured by the vendor"
        nmol = "" if stock.nmol is None else f"{stock.nmol:.4g}"
        added = microlitres(stock.added_L) if stock.added_L else ""
        rows.append((liquid.name, liquid.plate, liquid.well, nmol, added, f"{liquid.concentration_M * 1e6:.5g}", what))
    return _csv(("name", "plate", "well", "nmol", "dissolve_in_uL", "concentration_uM", "source"), rows)


def reference_table(campaign: Campaign, sequences: Sequences) -> str:
    """Return the stocks as riverine reads them, and as ``mix --stock`` does: correct the concentrations by what you measure."""
    rows: list[Cells] = []
    for stock in campaign.stocks:
        liquid = stock.liquid
        text = sequences.sequence(liquid.name)
        rows.append((liquid.name, liquid.plate or "tube", liquid.well, f"{liquid.concentration_M * 1e9:.6f}", text))
    return _csv(("Name", "Plate", "Well", "Concentration (nM)", "Sequence"), rows)


def trials_table(campaign: Campaign) -> str:
    """Return what each trial is for and what it should show in the end; those that nobody can see say what they lack."""
    rows: list[Cells] = []
    for tube in (*campaign.calibrations, *campaign.gates):
        trial = tube.trace.trial
        late = (f"{trial.added_s:.0f}", microlitres(tube.late_L)) if tube.late_L else ("0", "")
        end = (f"{tube.trace.times_s[-1]:.0f}", nanomolar(tube.trace.final_M))
        rows.append((trial.name, trial.why, trial.reporter, nanomolar(trial.reporter_M), *late, *end, "yes"))
    for trace in campaign.unseen:
        trial = trace.trial
        end = (f"{trace.times_s[-1]:.0f}", nanomolar(trace.final_M))
        rows.append(
            (trial.name, trial.why, trial.reporter, nanomolar(trial.reporter_M), f"{trial.added_s:.0f}", "", *end, "no")
        )
    header = (
        "tube", "purpose", "reporter", "reporter_nM", "reporter_added_s", "reporter_added_uL", "read_until_s", "expected_nM",
        "reporter_ordered",
    )  # fmt: skip
    return _csv(header, rows)


def traces_table(campaign: Campaign) -> str:
    """Return the predicted traces: opened reporter in nM against time."""
    traces = [*(t.trace for t in (*campaign.calibrations, *campaign.gates)), *campaign.unseen]
    rows = [
        (trace.trial.name, trace.trial.reporter, f"{time:.1f}", nanomolar(dye))
        for trace in traces
        for time, dye in zip(trace.times_s, trace.dye_M, strict=True)
    ]
    return _csv(("tube", "reporter", "time_s", "opened_nM"), rows)


def additions_table(campaign: Campaign) -> str:
    """Return the additions of a run, one a line, for each of the runs."""
    rows = [
        (
            number, f"{p.dose.time_s:.0f}", clock(p.dose.time_s), p.dose.label, p.dose.mix, microlitres(p.volume_L),
            microlitres(p.volume_L), f"{p.dilution:.4g}",
        )
        for number, p in enumerate(campaign.session.pours, 1)
    ]  # fmt: skip
    return _csv(
        ("step", "time_s", "time_h_min_s", "what", "mix", "volume_uL", "then_take_out_uL", "diluted_so_far"), rows
    )


def echo_table(campaign: Campaign) -> str:
    """Return the transfers of trials and additions as a picklist of an Echo, in whole droplets; volumes in nL.

    Buffer and water go in first, by pipette: they are larger than what droplets are for.
    """
    trials = [t.mix for t in (*campaign.calibrations, *campaign.gates)]
    mixes = [*trials, *campaign.later, *campaign.additions]
    sources = list(dict.fromkeys(p.source.name for m in mixes for p in m.parts))
    from_ = {name: _place("sources", i, PLATE_384) for i, name in enumerate(sources)}
    to = {m.name: _place("trials", i, PLATE_96) for i, m in enumerate(trials)}
    to |= {m.name: _place("additions", i, PLATE_96) for i, m in enumerate((*campaign.later, *campaign.additions))}
    rows: list[Cells] = []
    for each in mixes:
        for part in each.parts:
            droplets = round(part.volume_L / DROPLET_L)
            plate, well = from_[part.source.name]
            there, hole = to[each.name]
            rows.append(
                (
                    part.source.name, plate, "384PP_AQ_BP", well, nanomolar(part.source.concentration_M), "nM", there, "96 well",
                    hole, each.name, nanomolar(droplets * DROPLET_L * part.source.concentration_M / each.volume_L), "nM",
                    f"{droplets * DROPLET_L * 1e9:.0f}",
                )
            )  # fmt: skip
    return _csv(ECHO_COLUMNS, rows)


def _place(plate: str, number: int, kind: PlateFormat) -> tuple[str, str]:
    return f"{plate}_{number // kind.size + 1}", kind.well(number % kind.size)


def _all_but_annealing(campaign: Campaign) -> Iterable[Mix]:
    yield from (t.mix for t in (*campaign.calibrations, *campaign.gates))
    yield from campaign.later
    yield campaign.fuels
    yield campaign.tube
    yield from campaign.additions


def _mix_table(mixes: Iterable[Mix], becomes: dict[str, float]) -> str:
    """Return mixes with one line for each part, buffer and water among them."""
    rows: list[Cells] = []
    for each in mixes:
        for part in each.parts:
            final = nanomolar(part.amount_mol / each.volume_L)
            rows.append(
                (each.name, part.source.name, nanomolar(part.source.concentration_M), microlitres(part.volume_L), final)
            )
        rows.append((each.name, "10x buffer", "", microlitres(each.buffer_L), ""))
        rows.append((each.name, "water", "", microlitres(each.water_L), ""))
        made = nanomolar(becomes[each.name]) if each.name in becomes else ""
        rows.append((each.name, "in all", "", microlitres(each.volume_L), made))
        if each.problem:
            rows.append((each.name, f"PROBLEM: {each.problem}", "", "", ""))
    return _csv(("mix", "component", "source_nM", "volume_uL", "in_the_mix_nM"), rows)


def _csv(header: Sequence[str], rows: Iterable[Cells]) -> str:
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(header)
    table.writerows(rows)
    return text.getvalue()

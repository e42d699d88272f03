"""Orders and campaigns as files, as JSON blocks, and as text for people.

What stands in them comes from `dsd.lab`; no figure is computed here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from compiler.blocks import Block
from compiler.lab import Reading
from crn.quantities import format_si
from dsd.lab.bench_sheet import sheets
from dsd.lab.campaign import Campaign
from dsd.lab.cost import ADVICE
from dsd.lab.mixing import Mix
from dsd.lab.order_files import TableForm, order_table, order_words, plates_workbook, price_table, tube_list
from dsd.lab.orders import Order
from dsd.lab.plate_map import plate_map
from dsd.lab.protocol_text import protocol, steps
from dsd.sequences import Sequences

FORMATS = ("idt-plate", "idt-tube", "csv")


def order_files(order: Order, form: str, mapping: TableForm, header: str) -> dict[str, str | bytes]:
    """Return the files of an order in one of `FORMATS`; `header` says how it was made."""
    files: dict[str, str | bytes] = {"order.md": order_words(order, header, form)}
    if form == "csv":
        files["order.csv"] = order_table(order, mapping)
    elif form == "idt-plate" and order.plates:
        files["plates.xlsx"] = plates_workbook(order)
    if form != "csv" and order.tubes:
        files["tubes.csv"] = tube_list(order)
    groups = {piece: line.group for piece, line in order.by_piece.items()}
    modified = {
        piece: f"{line.strand.five_prime}{line.strand.three_prime}"
        for piece, line in order.by_piece.items()
        if line.strand.five_prime or line.strand.three_prime
    }
    files |= {f"{plate.name}.svg": plate_map(plate, groups, modified) for plate in order.plates}
    files["prices.csv"] = price_table(order)
    return files


def order_block(order: Order) -> Block:
    """Return what `order` reports."""
    placed = {name: (p.name, well) for p in order.plates for well, name in p.wells}
    return {
        "runs": order.runs,
        "strands": [
            {
                "name": line.strand.name,
                "sequence": line.sequence,
                "length_nt": len(line.bases),
                "pieces": list(line.pieces),
                "scale": line.choice.scale.code,
                "purification": line.choice.purification.code,
                "vessel": line.choice.scale.vessel.value,
                "plate": placed.get(line.pieces[0], ("", ""))[0] or None,
                "well": placed.get(line.pieces[0], ("", ""))[1] or None,
                "need_nmol": line.need_nmol,
                "guaranteed_nmol": line.choice.guaranteed_nmol,
                "price": line.choice.price,
                "unverified": line.choice.unverified,
            }
            for line in order.lines
        ],
        "price": {
            "total": order.total,
            "per_run": order.total / max(1, order.runs_covered),
            "runs_covered": order.runs_covered,
            "currency": order.currency,
            "table_date": order.table_date,
            "unverified": order.unverified,
            "advice": ADVICE,
            "words": order.price_words,
        },
        "plates": [{"name": p.name, "strands": len(p.wells)} for p in order.plates],
        "tubes": list(order.tubes),
        "at_hand": list(order.at_hand),
        "objections": list(order.objections),
    }


def order_text(block: Mapping[str, Any]) -> str:
    """Return an order for people."""
    plates = ", ".join(f"{p['name']} ({p['strands']})" for p in block["plates"]) or "none"
    nucleotides = sum(s["length_nt"] for s in block["strands"])
    lines = [
        f"strands     {len(block['strands'])}, {nucleotides} nt, for {block['runs']} runs",
        f"plates      {plates}",
        f"tubes       {len(block['tubes'])}",
        f"price       {block['price']['words']}",
    ]
    if block["at_hand"]:
        lines.append(f"at hand     {', '.join(block['at_hand'])}: not ordered")
    lines += [f"note        {o}" for o in (*block["objections"], *block.get("notes", ()))]
    return "\n".join([*lines, *(f"wrote       {path}" for path in block.get("files") or ())])


def mix_files(
    campaign: Campaign, sequences: Sequences, title: str, header: str, readings: Sequence[Reading], notes: Sequence[str]
) -> dict[str, str]:
    """Return the files of a campaign."""
    text = protocol(campaign, title, header, [_reading(r) for r in readings], notes)
    return {"protocol.md": text, **sheets(campaign, sequences)}


def mix_block(campaign: Campaign, readings: Sequence[Reading]) -> Block:
    """Return what `mix` reports."""
    return {
        "steps": [{"part": s.part, "text": s.text, "table": s.table or None} for s in steps(campaign)],
        "mixes": [_mix_block(m) for m in campaign.mixes],
        "reporters": [
            {
                "name": r.name,
                "species": r.species,
                "kernel": r.complex.kernel,
                "dye": r.dye.name,
                "strands": [s.name for s in r.strands],
            }
            for r in campaign.reporters
        ],
        "readings": [
            {
                "reporter": r.reporter,
                "present_M": r.present_M,
                "shown_M": r.shown_M,
                "after_s": r.after_s,
                "later_M": r.later_M,
            }
            for r in readings
        ],
        "trials": {
            "calibrations": len(campaign.calibrations),
            "gates": len(campaign.gates),
            "unseen": len(campaign.unseen),
        },
        "additions": len(campaign.session.pours),
        "diluted": campaign.session.dilution,
        "problems": list(campaign.problems),
    }


def _mix_block(made: Mix) -> Block:
    return {
        "name": made.name,
        "volume_uL": made.volume_L * 1e6,
        "buffer_uL": made.buffer_L * 1e6,
        "water_uL": made.water_L * 1e6,
        "fits": made.fits,
        "problem": made.problem or None,
        "parts": [
            {"source": p.source.name, "source_M": p.source.concentration_M, "volume_uL": p.volume_L * 1e6}
            for p in made.parts
        ],
    }


def mix_text(block: Mapping[str, Any]) -> str:
    """Return a campaign for people."""
    trials = block["trials"]
    lines = [
        f"reporters   {', '.join(_named(r) for r in block['reporters']) or 'none'}",
        f"trials      {trials['calibrations']} calibrations, {trials['gates']} of gates, {trials['unseen']} more "
        "that no reporter shows",
        f"mixes       {len(block['mixes'])}, {block['additions']} additions",
    ]
    lines += [f"problem     {p}" for p in block["problems"]]
    lines += [f"note        {n}" for n in block.get("notes", ())]
    return "\n".join([*lines, *(f"wrote       {path}" for path in block.get("files") or ())])


def _reading(found: Reading) -> str:
    error = (found.shown_M - found.present_M) / found.present_M if found.present_M else 0.0
    return (
        f"{found.reporter}: there are {format_si(found.present_M, 'M')}, bound and free; it says "
        f"{format_si(found.shown_M, 'M')} after "
        f"{format_si(found.after_s, 's')} ({error:+.1%}), {format_si(found.later_M, 'M')} after ten times as long"
    )


def _named(reporter: Mapping[str, Any]) -> str:
    return f"{reporter['name']} ({reporter['dye']})"


def lab_lines(block: Mapping[str, Any]) -> list[str]:
    """Return what a build tells of its order and its campaign, for people."""
    found = block.get("lab")
    if found is None:
        return []
    lines = [f"order       {found['strands']} strands for {found['runs']} runs: {found['price']['words']}"]
    reporters = ", ".join(r["name"] for r in found["reporters"])
    lines.append(
        f"bench       {reporters}; {found['trials']['calibrations']} calibrations, {found['trials']['gates']} trials"
    )
    return lines + [f"problem     {p}" for p in found["problems"]]

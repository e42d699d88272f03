"""Sequences as files and as text: the JSON block, the table for a spreadsheet, the table of quality, and the words for a terminal.

No figure is computed here. Vendors' order files are made in `dsd.lab`.
"""

from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Mapping, Sequence
from typing import Any

from compiler.blocks import Block, rounded
from compiler.output import to_json
from compiler.provenance import MadeBy
from compiler.sequencing import Sequenced
from dsd.sequences import Sequences
from dsd.sequences.design import Design
from dsd.sequences.metrics_of_energy import toehold_energies
from dsd.sequences.quality import Quality
from dsd.sequences.rules import Job
from dsd.sequences.storage import FILE_NAME, sequences_block


def sequence_files(found: Sequenced, made_by: MadeBy) -> dict[str, str]:
    """Return what a folder holds of the sequences: for programs, for a spreadsheet, and for people."""
    files = {
        FILE_NAME: to_json(rounded({**made_by.block(), **design_block(found)})),
        "sequences.csv": sequences_csv(found.sequences),
    }
    if found.design is not None and found.quality is not None:
        files["quality.md"] = quality_markdown(found.design, found.quality, made_by.line)
    return files


def design_block(found: Sequenced) -> Block:
    """Return what `sequences` reports."""
    lengths = found.compiled.options.lengths
    block: Block = {
        **sequences_block(found.sequences),
        "lengths": {"toehold_nt": lengths.toehold, "long_nt": lengths.long},
        "notes": list(found.notes),
    }
    if found.design is not None and found.quality is not None:
        block |= summary_block(found.design, found.quality)
    return block


def summary_block(design: Design, quality: Quality) -> Block:
    """Return how a design was made, and how good it is."""
    return {
        "passed": design.passed,
        "in_time": design.in_time,
        "score_kcal_per_mol": design.score,
        "constraints": [dataclasses.asdict(c) for c in design.checks],
        "metrics": [
            {
                "name": m.name,
                "of": m.of,
                "value": m.value,
                "unit": m.unit,
                "threshold": m.threshold,
                "more_is_better": m.more_is_better,
                "good": m.good,
                "verdict": m.verdict,
                "meaning": m.meaning,
            }
            for m in quality.metrics
        ],
        "folded": quality.folded,
        "worst_pairs": [{"one": a, "other": b, "energy_kcal_per_mol": e} for a, b, e in quality.worst_pairs],
        "toeholds": _toeholds(design),
        "rules": dataclasses.asdict(design.job.rules) | {"forbidden": list(design.job.rules.forbidden)},
        "conditions": _conditions(design.job),
        "fixed": [d.name for d in design.fixed],
    }


def sequences_summary(found: Sequenced | None, reason: str) -> Block:
    """Return what a build tells of its sequences, which have a file of their own; `reason` says why there are none."""
    if found is None:
        return {"sequences": {"file": None, "reason": reason}} if reason else {}
    summary: Block = {"file": FILE_NAME, "strands": len(found.sequences.strands), "notes": list(found.notes)}
    if found.design is not None and found.quality is not None:
        whole = summary_block(found.design, found.quality)
        summary |= {key: whole[key] for key in ("passed", "in_time", "constraints", "metrics", "toeholds", "folded")}
    return {"sequences": summary}


def _toeholds(design: Design) -> Block:
    targets = design.targets
    return {
        "needed": design.toeholds,
        "supply": [
            {
                "length_nt": s.length_nt,
                "low_kcal_per_mol": s.low,
                "high_kcal_per_mol": s.high,
                "target_kcal_per_mol": s.target,
                "candidates": s.candidates,
                "sets": [{"gap_kcal_per_mol": gap, "toeholds": n} for gap, n in s.found],
            }
            for s in design.supplies
        ],
        "energies": [
            {
                "name": t.name,
                "sequence": t.sequence,
                "energy_kcal_per_mol": t.energy,
                "from_target_kcal_per_mol": _from_target(t.energy, targets.get(len(t.sequence))),
                "in_context_kcal_per_mol": t.in_context,
            }
            for t in toehold_energies(design.sequences, design.job.rules, design.job.conditions)
        ],
    }


def _from_target(energy: float, target: float | None) -> float | None:
    return None if target is None else energy - target


def _conditions(job: Job) -> Block:
    c = job.conditions
    return {
        "temperature_C": c.temperature_C,
        "sodium_M": c.sodium_M,
        "magnesium_M": c.magnesium_M,
        "sodium_equivalent_M": c.sodium_equivalent_M,
    }


def sequences_csv(sequences: Sequences) -> str:
    """Return the strands as a table, with what the vendor attaches written where it is attached."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("name", "sequence", "length_nt", "domains", "ordered"))
    for s in sequences.strands:
        text = f"{s.five_prime}{sequences.read(s.strand)}{s.three_prime}"
        writer.writerow((s.name, text, s.strand.length, str(s.strand), "yes" if s.ordered else "no"))
    return out.getvalue()


def quality_markdown(design: Design, quality: Quality, header: str) -> str:
    """Return the tables of constraints, metrics and toeholds."""
    job = design.job
    lines = [
        "# Quality of the sequences",
        "",
        f"{header}  ",
        f"At {job.conditions}, which acts as {job.conditions.sodium_equivalent_M:.3f} M of sodium.",
        "",
        "## Hard constraints",
        "",
        *_table(
            ("rule", "found", "limit", "unit", "verdict", "where"),
            [
                (c.rule, f"{c.value:.3g}", f"{c.limit:.3g}", c.unit, "obeyed" if c.passed else "BROKEN", c.words)
                for c in design.checks
            ],
        ),
        "",
        "## Metrics",
        "",
        *_table(
            ("metric", "named by", "value", "verdict", "meaning"),
            [(m.name, m.of, f"{m.value:.3g} {m.unit}".rstrip(), m.verdict, m.meaning) for m in quality.metrics],
        ),
        "",
        *([] if quality.folded else ["ViennaRNA is not installed, so nothing was folded: `pip install strandwright[fold]`.", ""]),
        "## Toeholds",
        "",
        *(f"{s}; design energy {s.target:.2f} kcal/mol.  " for s in design.supplies),
        "",
        *_table(
            ("toehold", "sequence", "energy, kcal/mol", "from the design energy", "with neighbours"),
            [
                (
                    t.name,
                    t.sequence,
                    f"{t.energy:.2f}",
                    f"{t.energy - target:+.2f}" if (target := design.targets.get(len(t.sequence))) is not None else "given",
                    f"{t.in_context:.2f}",
                )
                for t in toehold_energies(design.sequences, job.rules, job.conditions)
            ],
        ),
        "",
        "## Domains that bind most by accident",
        "",
        *_table(("one", "other", "kcal/mol"), [(a, b, f"{e:.2f}") for a, b, e in quality.worst_pairs]),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(cells)} |" for cells in (heads, ["---"] * len(heads), *rows)]


def sequences_text(block: Mapping[str, Any]) -> str:
    """Return a design for people."""
    strands = block["strands"]
    total = sum(s["length_nt"] for s in strands)
    lengths = block["lengths"]
    lines = [
        f"strands     {len(strands)}, {total} nt, longest {max(s['length_nt'] for s in strands)} nt",
        f"domains     {len(block['domains'])}, toeholds of {lengths['toehold_nt']} nt, long ones of {lengths['long_nt']} nt",
        *(f"note        {n}" for n in block["notes"]),
    ]
    if "constraints" in block:
        lines += design_lines(block)
    return "\n".join([*lines, *(f"wrote       {path}" for path in block.get("files") or ())])


def summary_lines(block: Mapping[str, Any]) -> list[str]:
    """Return what a build tells of its sequences, for people."""
    found = block.get("sequences")
    if found is None:
        return []
    if found["file"] is None:
        return [f"sequences   none: {found['reason']}"]
    lines = [
        f"sequences   {found['strands']} strands, in {found['file']}",
        *(f"note        {n}" for n in found["notes"]),
    ]
    if "constraints" in found:
        broken = [c["rule"] for c in found["constraints"] if not c["passed"]]
        poor = [m["name"] for m in found["metrics"] if not m["good"]]
        lines += [
            f"            {len(found['constraints'])} hard constraints, "
            + (f"BROKEN: {', '.join(broken)}" if broken else "all obeyed"),
            f"            {len(found['metrics'])} figures of quality, "
            + (f"poor: {', '.join(poor)}" if poor else "all good")
            + ("" if found["folded"] else "; nothing was folded"),
        ]
    return lines


def design_lines(block: Mapping[str, Any]) -> list[str]:
    """Return the toeholds, the constraints and the metrics, one a line."""
    toeholds, conditions = block["toeholds"], block["conditions"]
    lines = [
        f"toeholds    {toeholds['needed']} needed; {s['length_nt']} nt: {s['candidates']} words within "
        f"{s['low_kcal_per_mol']:.2f} to {s['high_kcal_per_mol']:.2f} kcal/mol, "
        + ", ".join(f"{x['toeholds']} at least {x['gap_kcal_per_mol']:g} kcal/mol apart" for x in s["sets"])
        for s in toeholds["supply"]
    ]
    lines += [
        f"conditions  {conditions['temperature_C']:g} C, {1000 * conditions['sodium_M']:g} mM Na, "
        f"{1000 * conditions['magnesium_M']:g} mM Mg (acts as {conditions['sodium_equivalent_M']:.3f} M Na)",
        "constraints",
    ]
    for c in block["constraints"]:
        lines.append(f"  {c['rule']:<24}{'obeyed' if c['passed'] else 'BROKEN':<8}{c['words']}")
    lines.append("quality")
    lines += [f"  {m['name']:<32}{m['of']:<10}{m['verdict']}" for m in block["metrics"]]
    if not block["folded"]:
        lines.append("  nothing was folded: ViennaRNA is not installed (pip install strandwright[fold])")
    if not block["in_time"]:
        lines.append("note        time ran out: this is the best so far, and another run may find others")
    return lines

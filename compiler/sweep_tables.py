"""A design sweep as JSON, as a table on disk, and as a text for people.

No figure is computed here; they come from `compiler.sweep`.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from compiler.blocks import Block
from compiler.explore import LOSS
from compiler.sweep import Outcome
from crn.simulate.ensemble import Row, median_interval

SHOWN: Final = 30
"""Designs in the text; the table on disk has all."""
COMMANDS: Final = 12
"""Commands in the text."""
_COUNTS: Final = ("strands", "fuels", "nucleotides", "longest_strand_nt", "pipetting_steps", "mixes")


def sweep_block(outcomes: Sequence[Outcome], currency: str) -> Block:
    """Return the keys of a sweep: its designs, their replicates, and the numbers of the front."""
    return {
        "currency": currency,
        "designs": [design_block(o) for o in outcomes],
        "runs": [
            {"design": o.design.number, "run": n, **_finite(row)} for o in outcomes for n, row in enumerate(o.rows)
        ],
        "summary": {
            "designs": len(outcomes),
            "infeasible": sum(o.figures is None for o in outcomes),
            "front": [o.design.number for o in outcomes if o.front],
        },
    }


def design_block(outcome: Outcome) -> Block:
    """Return one design: what was chosen, what it is judged by, whether it is on the front, and what builds it."""
    figures, found = outcome.figures, outcome.summary
    low, high = median_interval([row[LOSS] for row in outcome.rows]) if found else (math.nan, math.nan)
    block: Block = {
        "design": outcome.design.number,
        **dict(outcome.design.choices),
        "front": outcome.front,
        "loss": _number(outcome.objectives[0]),
        "loss_without_errors": figures["loss"] if figures else None,
        "loss_low": _number(low),
        "loss_high": _number(high),
        "loss_q05": _number(found.losses["q05"]) if found else None,
        "loss_q95": _number(found.losses["q95"]) if found else None,
        "success_fraction": found.success.fraction if found else None,
        "success_low": found.success.low if found else None,
        "success_high": found.success.high if found else None,
        "runs": found.runs if found else 0,
    }
    for name, value in (figures or {}).items():
        if name != "loss":
            block[name] = bool(value) if name == "within_limits" else int(value) if name in _COUNTS else value
    return block | {"reason": outcome.reason or None, "build": outcome.design.command or None if figures else None}


def designs_csv(outcomes: Sequence[Outcome], header: str) -> str:
    """Return the table of all designs, after a line that says how it was made."""
    blocks = [design_block(o) for o in outcomes]
    # Designs without figures have fewer columns; reason and command stand last in all.
    names = list(dict.fromkeys(n for b in sorted(blocks, key=len, reverse=True) for n in b))
    out = io.StringIO()
    out.write(f"# {header}\n")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([_cell(b.get(n)) for n in names] for b in blocks)
    return out.getvalue()


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.9g}"
    return "" if value is None else str(value)


def sweep_text(block: Mapping[str, Any]) -> str:
    """Return a sweep for people: the front first, each part by its loss, then what cannot be."""
    designs: Sequence[Mapping[str, Any]] = block["designs"]
    axes: Sequence[str] = block["axes"]
    noise = ", ".join(f"{k} {v:g}" for k, v in block["noise"].items()) or "none"
    feasible = [d for d in designs if d["reason"] is None]
    replicated = any(d["runs"] for d in designs)
    many = "design" if len(designs) == 1 else "designs"
    title = f"{block['circuit']}, {block['level']} level, {len(designs)} {many}, errors: {noise}"
    lines = [title + (f", {max(d['runs'] for d in designs)} runs each" if replicated else "")]
    if feasible:
        ordered = sorted(feasible, key=lambda d: (not d["front"], d["loss"] is None, d["loss"] or 0.0))
        lines.append(_table(ordered[:SHOWN], axes, block["currency"], replicated))
    if len(feasible) > SHOWN:
        lines.append(f"and {len(feasible) - SHOWN} designs more; -o DIR writes all")
    lines += _reasons([d for d in designs if d["reason"] is not None])
    limits = [d["within_limits"] for d in feasible if "within_limits" in d]
    if limits:
        lines.append(f"{sum(limits)} of {len(limits)} keep to the limits of a bench; build says what is beyond them")
    front = sorted((d for d in feasible if d["front"]), key=lambda d: d["loss"])
    if front:
        lines += [
            "",
            "* nothing is better in loss, hours, strands and price at once; to build one of them, add -o DIR:",
        ]
        lines += [f"{d['design']:>4}  {d['build'] or 'read from standard input'}" for d in front[:COMMANDS]]
    return "\n".join(lines + [f"wrote       {path}" for path in block.get("files") or ()])


def _table(designs: Sequence[Mapping[str, Any]], axes: Sequence[str], currency: str, replicated: bool) -> str:
    table = Table("", *axes, box=None, pad_edge=False)
    names = ["median loss", "within", "success"] if replicated else ["loss"]
    for name in (*names, "hours", "strands", currency):
        table.add_column(name, justify="right")
    for d in designs:
        losses = [_shown(d["loss"])]
        if replicated:
            success = d["success_fraction"]
            losses += [f"{_end(d['loss_low'])} to {_end(d['loss_high'])}" if d["runs"] else ""]
            losses += [f"{success:.0%}" if success is not None else ""]
        table.add_row(
            f"{'*' if d['front'] else ' '}{d['design']:>3}",
            *(d[a] for a in axes),
            *losses,
            f"{d['lab_time_s'] / 3600:.1f}",
            f"{d['strands']}",
            f"{d['price']:.0f}",
        )
    console = Console(file=io.StringIO(), width=140, no_color=True, legacy_windows=False)
    console.print(table)
    assert isinstance(console.file, io.StringIO), "it was given one"
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())


def _reasons(designs: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what cannot be, one line for a reason."""
    by_reason: dict[str, list[str]] = {}
    for d in designs:
        by_reason.setdefault(d["reason"], []).append(str(d["design"]))
    return [f"cannot be   {_listed(numbers)}: {reason}" for reason, numbers in by_reason.items()]


def _listed(numbers: Sequence[str]) -> str:
    return ", ".join(numbers[:8]) + (f" and {len(numbers) - 8} more" if len(numbers) > 8 else "")


def _finite(row: Row) -> dict[str, float | None]:
    return {name: _number(value) for name, value in row.items()}


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _end(value: float | None) -> str:
    return "?" if value is None else f"{value:.3g}"


def _shown(value: float | None) -> str:
    return "no number" if value is None else f"{value:.4g}"

"""What `explore --sensitivity` does: runs with all inputs off at once, kept as they come, and which inputs matter.

The words are read by `explore` itself; what follows from the runs is in `compiler.sensitivity`.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any, NoReturn

import numpy as np
from rich.console import Console
from rich.table import Table

from compiler.api import CircuitError
from compiler.arguments import Say
from compiler.blocks import Block, rounded
from compiler.console import Meter
from compiler.designs import Base
from compiler.explore import LOSS
from compiler.exposed_tube import ExposedTube, exposed_dna, exposed_formal
from compiler.noise import Noise
from compiler.options import load_source, shown_options
from compiler.output import to_json
from compiler.provenance import stamp
from compiler.runs_file import kept, runs_csv
from compiler.sensitivity import REPEATS, Index, Study, VariedRun, run_points
from compiler.sensitivity_inputs import USUAL, Input, inputs_of
from compiler.sources import Source
from compiler.sweep import Workplace
from crn.diagnostics import Diagnostic
from crn.simulate.ensemble import handed_out

SPREAD = "10%"
"""How far inputs are off, unless said otherwise."""
SHOWN = 25
"""Inputs in the text; the table on disk has all."""
_CHUNK = 4
USUAL_INPUTS = ",".join(USUAL)
"""What is off, unless said otherwise."""
_COLUMNS: Mapping[str, tuple[str, str, str, str]] = MappingProxyType(
    {
        "morris": ("mu", "mu_star", "mu_star_confidence", "sigma"),
        "sobol": ("first_order", "total_order", "total_order_confidence", "first_order_confidence"),
    }
)


def explore_sensitivity(
    base: Base,
    method: str,
    kinds: str,
    spread: str,
    level: str,
    repeats: int | None,
    say: Say,
    workplace: Workplace,
) -> NoReturn:
    """Find out which inputs the loss depends on, and write or show it."""
    if base.noise != Noise():
        advice = "leave --noise out; --spread says how far inputs are off"
        raise CircuitError(Diagnostic("sensitivities come from runs without chance", advice=advice))
    found = load_source(base.source, list(base.rate), list(base.set_))
    run, listed = _prepared(base, found, kinds, _share(spread), level, say.seed)
    names = tuple(f"{i.kind} {i.name}" for i in listed)
    study = Study(method, names, REPEATS.get(method, 2) if repeats is None else repeats, say.seed)
    points, planned = study.points, run.loss(np.zeros(len(listed)))
    if not math.isfinite(planned):
        raise CircuitError(f"{run.circuit.name} does not reach the end of its training with nothing off")
    shown: dict[str, object] = {"source": base.source, "sensitivity": method, "samples": study.repeats, "inputs": kinds}
    shown |= {"spread": spread, "level": level, **base.words.shown(), "epochs": run.epochs}
    shown |= {"set": ",".join(base.set_), "rate": ",".join(base.rate)}
    shown |= shown_options(base.options) if level == "dna" else {}
    made_by = stamp("explore", found.sha256, shown, say.seed, str(base.options.pipeline) if level == "dna" else "")
    with (
        Meter(quiet=say.quiet or say.as_json) as meter,
        kept(say.out, made_by.line) as store,
        workplace() as (executor, again),
    ):
        left = [(n, points[n]) for n in range(len(points)) if n not in store.rows]
        parts = [left[i : i + _CHUNK] for i in range(0, len(left), _CHUNK)]
        for rows in handed_out(partial(run_points, run), parts, executor, again=again):
            for number, row in rows:
                store.add(number, row)
            meter.step("runs", len(store.rows), len(points))
        losses = [store.rows[n][LOSS] for n in range(len(points))]
        table = {n: dict(store.rows[n]) for n in range(len(points))}
    failed = sum(not math.isfinite(loss) for loss in losses)
    indices = () if failed else study.indices([math.log(loss / planned) for loss in losses])
    ranked = sorted(zip(listed, indices, strict=False), key=lambda pair: -pair[1].total)
    block: Block = {
        **made_by.block(),
        "circuit": run.circuit.name,
        "level": level,
        "method": method,
        "spread": run.spread,
        "sensitivities": [_row(method, one, index) for one, index in ranked],
        "runs": [{"run": n, LOSS: loss if math.isfinite(loss) else None} for n, loss in enumerate(losses)],
        "summary": {"planned": planned, **_quartiles(losses), "runs": len(losses), "failed": failed},
    }
    say.end(
        block,
        sensitivity_text,
        lambda: {
            "result.json": to_json(rounded(block)),
            "sensitivity.csv": sensitivity_csv(method, ranked, made_by.line),
            "runs.csv": runs_csv(table, made_by.line),
            **_picture(method, ranked),
        },
        3 if failed else 0,
    )


def _picture(method: str, ranked: Sequence[tuple[Input, Index]]) -> dict[str, str]:
    """Return the picture, if there is anything to be seen on it."""
    if not ranked:
        return {}
    from compiler.report.sensitivities import sensitivities_svg  # drawing is slow to load

    what = "effect on the logarithm of the loss" if method == "morris" else "share of the variance of the logarithm"
    rows = [(f"{one.kind} {one.name}", index.total, index.confidence) for one, index in ranked]
    return {"sensitivity.svg": sensitivities_svg(rows, what)}


def _prepared(
    base: Base, found: Source, kinds: str, spread: float, level: str, seed: int
) -> tuple[VariedRun, tuple[Input, ...]]:
    words = base.words
    found, (data, validation) = words.sets(found, seed)
    circuit = found.learning
    if validation is None:
        raise CircuitError(Diagnostic("explore judges by validation", advice="say --validate FILE.csv"))
    epochs, regime = words.times(found), words.regime(found)
    exposed: ExposedTube
    if level == "formal":
        exposed = exposed_formal(circuit, Noise())
    elif level == "dna":
        # With rate constants off, steps that were alike are told apart, by gate as by toehold.
        told_apart = Noise(rates=spread, toeholds=spread)
        exposed = exposed_dna(circuit, data, validation, epochs, base.options, told_apart, words.mix, regime)
    else:
        raise CircuitError(f"--level is formal or dna, not {level!r}")
    listed = inputs_of([k.strip() for k in kinds.split(",")], circuit, exposed)
    return VariedRun(circuit, exposed.tube, listed, data, validation, epochs, spread, regime), listed


def _share(text: str) -> float:
    """Read ``10%`` or ``0.1``."""
    try:
        found = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        found = math.nan
    if not 0 < found <= 10:
        raise CircuitError(f"--spread is how far inputs are off, as in 10%, and not {text!r}")
    return found


def _quartiles(losses: Sequence[float]) -> Block:
    """Return the middle of the losses and their ends."""
    finite = [loss for loss in losses if math.isfinite(loss)]
    if not finite:
        return {"median": None, "lowest": None, "highest": None}
    return {"median": float(np.median(finite)), "lowest": min(finite), "highest": max(finite)}


def _row(method: str, one: Input, index: Index) -> Block:
    numbers = (index.first, index.total, index.confidence, index.spread)
    return {"kind": one.kind, "name": one.name, **dict(zip(_COLUMNS[method], numbers, strict=True)), "about": one.about}


def sensitivity_csv(method: str, ranked: Sequence[tuple[Input, Index]], header: str) -> str:
    """Return the table of all inputs, the strongest first, after a line that says how it was made."""
    out = io.StringIO()
    out.write(f"# {header}\n")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["kind", "name", *_COLUMNS[method], "about"])
    for one, index in ranked:
        row = _row(method, one, index)
        writer.writerow([f"{v:.9g}" if isinstance(v, float) else v for v in row.values()])
    return out.getvalue()


def sensitivity_text(block: Mapping[str, Any]) -> str:
    """Return sensitivities for people, the strongest first."""
    summary, method, rows = block["summary"], block["method"], block["sensitivities"]
    lines = [
        f"{block['circuit']}, {block['level']} level, {summary['runs']} runs with inputs off by up to {block['spread']:.0%}",
        f"loss as planned {summary['planned']:.4g}; with inputs off {_shown(summary['lowest'])} to "
        f"{_shown(summary['highest'])}, median {_shown(summary['median'])}",
    ]
    if not rows:
        lines.append(f"undecided: {summary['failed']} runs did not reach their end; take a smaller --spread")
    else:
        first, total, confidence, spread = _COLUMNS[method]
        table = Table("", "", box=None, pad_edge=False)
        table.columns[1].no_wrap = True
        heads = ("effect", "±", "signed", "sigma") if method == "morris" else ("total", "±", "alone", "±")
        for head in heads:
            table.add_column(head, justify="right", no_wrap=True)
        table.add_column("", no_wrap=True)
        for row in rows[:SHOWN]:
            numbers = (row[total], row[confidence], row[first], row[spread])
            table.add_row(row["kind"], row["name"], *(f"{v:.3f}" for v in numbers), _brief(row["about"]))
        console = Console(file=io.StringIO(), width=160, no_color=True, legacy_windows=False)
        console.print(table)
        assert isinstance(console.file, io.StringIO), "it was given one"
        lines += [line.rstrip() for line in console.file.getvalue().splitlines()]
        if len(rows) > SHOWN:
            lines.append(f"and {len(rows) - SHOWN} inputs more; -o DIR writes all")
        lines.append(
            "effect: by how much an input changes the logarithm of the loss on average, from one end of its range to the other"
            if method == "morris"
            else "total: the share of the variance of the logarithm of the loss in which an input takes part; alone: by itself"
        )
    return "\n".join(lines + [f"wrote       {path}" for path in block.get("files") or ()])


def _brief(text: str, letters: int = 60) -> str:
    return text if len(text) <= letters else text[: letters - 1] + "…"


def _shown(value: float | None) -> str:
    return "no number" if value is None else f"{value:.4g}"

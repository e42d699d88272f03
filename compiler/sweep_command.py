"""What `explore --over` does: a design sweep, kept as it goes.

The words are read by `explore` itself; designs are made in `compiler.designs`, judged in `compiler.sweep`, and shown here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import asdict
from typing import NoReturn

from compiler.api import CircuitError
from compiler.arguments import Say
from compiler.blocks import Block, rounded
from compiler.console import Meter
from compiler.designs import NOISE, Axis, Base, axes_of, designs_of
from compiler.noise import Noise
from compiler.options import load_source, shown_options
from compiler.output import to_json
from compiler.provenance import stamp
from compiler.report.designs import designs_svg
from compiler.runs_file import kept
from compiler.sweep import Outcome, Workplace, sweep
from compiler.sweep_tables import design_block, designs_csv, sweep_block, sweep_text
from dsd.lab.cost import default_prices

REPLICATES = 20
"""Of every design, unless said otherwise."""


def explore_designs(
    base: Base, over: Sequence[str], level: str, samples: int | None, say: Say, workplace: Workplace
) -> NoReturn:
    """Sweep over designs, and write or show what they are good for."""
    if level not in ("formal", "dna"):
        raise CircuitError(f"--level is formal or dna, not {level!r}")
    if base.noise.clock:
        raise CircuitError("clock is no error of a sweep: a leaking clock is an option of the circuit, leak")
    found = load_source(base.source, list(base.rate), list(base.set_))
    axes = axes_of(over, base.source)
    designs = designs_of(base, found, axes)
    noisy = base.noise != Noise() or any(a.name.startswith(NOISE) for a in axes)
    replicates = (REPLICATES if samples is None else samples) if noisy else 0
    for errors in {d.job.noise for d in designs if d.job is not None}:
        if level == "formal" and errors.needs_dna:
            raise CircuitError(f"{errors.needs_dna} is an error of DNA: take --level dna, or leave it out")
    shown: dict[str, object] = {"source": base.source, "over": " ".join(over), "noise": str(base.noise), "level": level}
    shown |= base.words.shown() | {"set": ",".join(base.set_), "rate": ",".join(base.rate)}
    experiment = stamp("explore", found.sha256, {**shown, **shown_options(base.options)}, say.seed)
    with (
        Meter(quiet=say.quiet or say.as_json) as meter,
        kept(say.out, experiment.line) as store,
    ):
        outcomes = sweep(designs, level, replicates, say.seed, store, workplace, meter.step)
    # How many replicates there were is no part of the experiment: more can be asked for later.
    made_by = dataclasses.replace(experiment, options=(*experiment.options, ("samples", str(replicates))))
    block: Block = {
        **made_by.block(),
        "circuit": found.learning.name,
        "level": level,
        "noise": {k: v for k, v in asdict(base.noise).items() if v},
        "axes": [a.name for a in axes],
        **sweep_block(outcomes, default_prices().currency),
    }
    say.end(
        block,
        sweep_text,
        lambda: {
            "result.json": to_json(rounded(block)),
            "designs.csv": designs_csv(outcomes, made_by.line),
            **_picture(outcomes, axes, replicates),
        },
        0 if any(o.figures is not None for o in outcomes) else 1,
    )


def _picture(outcomes: Sequence[Outcome], axes: Sequence[Axis], replicates: int) -> dict[str, str]:
    """Return the picture, if there is anything to be seen on it."""
    rows = [design_block(o) for o in outcomes]
    drawn = [r for r in rows if r["loss"] is not None]
    if not drawn:
        return {}
    varied = next((a.name for a in axes if 1 < len({str(r[a.name]) for r in drawn}) <= 7), "")
    loss = f"median validation loss of {replicates} runs" if replicates else "validation loss"
    return {"designs.svg": designs_svg(drawn, varied, loss, default_prices().currency)}

"""The command explore: an ensemble of training runs with errors, kept as it goes.

It reads its words, calls functions of `compiler.explore`, and shows or writes what came out.
"""

from __future__ import annotations

import dataclasses
import math
import sys
from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from typing import Annotated, Any

import typer

from compiler.api import CircuitError, CompileOptions, load
from compiler.arguments import RateOpt, Say, SetOpt, SourceArg
from compiler.blocks import Block, rounded
from compiler.console import Meter
from compiler.designs import Base
from compiler.executors import Cluster, executors, processors
from compiler.explore import SUCCESS, TrainingTask, quiet_loss, summary
from compiler.exposed_tube import exposed_dna, exposed_formal
from compiler.noise import KINDS, Noise, noise_of
from compiler.options import load_source, shown_options, stochastic_of
from compiler.output import to_json
from compiler.provenance import stamp
from compiler.runs_file import Stopped, kept, runs_csv
from compiler.sensitivity_command import explore_sensitivity
from compiler.sources import Source
from compiler.training_words import SampleWords
from crn.diagnostics import Diagnostic
from crn.simulate import ExactSSA
from crn.simulate.ensemble import Row, replicates

OverOpt = Annotated[
    list[str] | None,
    typer.Option(
        "--over",
        help="NAME=VALUE,VALUE: go over designs; scheme, scale, signal, fuel, qmax, toehold, long, epochs, batch, schedule, "
        "top-up, an option of the circuit, or noise.KEY. May be repeated.",
    ),
]


NOISE_HELP = (
    "Errors: KEY=VALUE, as in rates=10%, or KEY alone for its usual size; may be repeated. Keys: "
    f"{', '.join(f'{k.name} ({k.unit})' if k.usual is None else f'{k.name} ({k.unit}; {k.usual:g})' for k in KINDS)}."
)


def explore_command(
    source: SourceArg,
    words: SampleWords,
    options: CompileOptions,
    say: Say,
    samples: Annotated[
        int | None,
        typer.Option(
            "--samples", min=1, max=1_000_000, help="Training runs: 100, or 20 a design, unless said otherwise."
        ),
    ] = None,
    noise: Annotated[list[str] | None, typer.Option("--noise", help=NOISE_HELP)] = None,
    level: Annotated[str, typer.Option("--level", help="formal or dna.")] = "formal",
    method: Annotated[
        str, typer.Option("--method", help="Stochastic simulator, where molecules are counted.")
    ] = ExactSSA.name,
    over: OverOpt = None,
    sensitivity: Annotated[
        str,
        typer.Option("--sensitivity", help="morris or sobol: which inputs the loss depends on, in place of errors."),
    ] = "",
    inputs: Annotated[
        str,
        typer.Option(
            "--inputs", help="Of --sensitivity: rates, families or toeholds; additions, start, phases, fuels."
        ),
    ] = "rates,additions,start,phases",
    spread: Annotated[str, typer.Option("--spread", help="Of --sensitivity: how far inputs are off.")] = "10%",
    set_: SetOpt = None,
    rate: RateOpt = None,
    workers: Annotated[int, typer.Option("--workers", min=0, help="Processes here; 0 for as many as fit.")] = 0,
    cluster: Annotated[
        str, typer.Option("--cluster", help="A Dask scheduler, tcp://host:port or tls://host:port, in their place.")
    ] = "",
    tls_ca: Annotated[str, typer.Option("--tls-ca", help="Who is trusted in the cluster, a PEM file.")] = "",
    tls_cert: Annotated[str, typer.Option("--tls-cert", help="Who this is in the cluster, a PEM file.")] = "",
    tls_key: Annotated[
        str, typer.Option("--tls-key", help="Its key, a PEM file, if it is not in that of --tls-cert.")
    ] = "",
) -> None:
    """Train a circuit many times with errors drawn anew, sweep over designs, or ask which inputs matter.

    -o keeps the runs as they come, and goes on where it stopped.
    """
    errors = noise_of(noise) if noise else Noise()
    there = Cluster(cluster, tls_ca, tls_cert, tls_key) if cluster or tls_ca or tls_cert or tls_key else None
    if there is not None and there.in_the_open and not say.quiet:
        sys.stderr.write(f"what is sent to {cluster} can be read on the way; beyond a private network use tls://\n")
    workplace = partial(executors, workers or processors(), there)
    base = Base(source, options, words, errors, tuple(rate or ()), tuple(set_ or ()), say.seed, stochastic_of(method))
    if over and sensitivity:
        raise CircuitError("--over and --sensitivity are two studies; make one after the other")
    if over:
        from compiler.sweep_command import explore_designs  # draws, and drawing is slow to load

        explore_designs(base, over, level, samples, say, workplace)
    if sensitivity:
        explore_sensitivity(base, sensitivity, inputs, spread, level, samples, say, workplace)
    samples = 100 if samples is None else samples
    found = _clocked(source, rate, set_, errors)
    found, (training, validation) = words.sets(found, say.seed)
    if validation is None:
        raise CircuitError(Diagnostic("explore judges by validation", advice="say --validate FILE.csv"))
    circuit, epochs, regime = found.learning, words.times(found), words.regime(found)
    if level == "formal":
        exposed = exposed_formal(circuit, errors)
    elif level == "dna":
        exposed = exposed_dna(circuit, training, validation, epochs, options, errors, words.mix, regime)
    else:
        raise CircuitError(f"--level is formal or dna, not {level!r}")
    task = TrainingTask(circuit, exposed, training, validation, epochs, errors, regime, base.method)
    shown = {"source": source, "noise": str(errors), "level": level, **words.shown(), "epochs": epochs}
    shown |= {"method": method} if errors.by_chance else {}
    shown |= {"set": ",".join(set_ or ()), "rate": ",".join(rate or ())}
    shown |= shown_options(options) if level == "dna" else {}
    experiment = stamp("explore", found.sha256, shown, say.seed, str(options.pipeline) if level == "dna" else "")
    quiet = quiet_loss(task)
    stopped: Stopped | None = None
    try:
        with (
            Meter(quiet=say.quiet or say.as_json) as meter,
            kept(say.out, experiment.line) as store,
            workplace() as (executor, again),
        ):
            left = [n for n in range(samples) if n not in store.rows]
            made = replicates(task, say.seed, left, executor, again=again)
            for done, (number, row) in enumerate(made, samples - len(left) + 1):
                store.add(number, row)
                meter.step("runs", done, samples)
            found_rows: Mapping[int, Row] = store.rows
    except Stopped as early:
        stopped, found_rows = early, early.rows
    rows = {n: found_rows[n] for n in range(samples) if n in found_rows}
    if stopped and not rows:
        raise stopped
    made_by = dataclasses.replace(experiment, options=(*experiment.options, ("samples", str(samples))))
    block: Block = {
        **made_by.block(),
        "circuit": circuit.name,
        "level": level,
        "noise": {k: v for k, v in asdict(errors).items() if v},
        "outcome": str(stopped) if stopped else f"done: {samples} runs",
        "runs": [{"run": n, **_finite(row)} for n, row in rows.items()],
        "summary": _summary_block(list(rows.values()), quiet),
    }
    if stopped:
        say.end(block, explore_text, code=3)
    say.end(
        block,
        explore_text,
        lambda: {"result.json": to_json(rounded(block)), "runs.csv": runs_csv(rows, made_by.line)},
    )


def _summary_block(rows: list[Row], quiet: float) -> Block:
    found = summary(rows, quiet)
    return {
        "quiet": quiet,
        "median": _number(found.median),
        "quantiles": _finite(found.losses),
        "quantiles_same_errors": _finite(found.losses_of_hands),
        "success_factor": SUCCESS,
        "success_fraction": found.success.fraction,
        "success_low": found.success.low,
        "success_high": found.success.high,
        "runs": found.runs,
        "failed": found.failed,
        **({"accuracy": _number(found.accuracy)} if found.accuracy is not None else {}),
    }


def _clocked(source: str, rate: list[str] | None, set_: list[str] | None, noise: Noise) -> Source:
    """Return the source with a leaking clock, where that is asked for."""
    if not noise.clock:
        return load_source(source, rate, set_)
    found = load(source)
    takes = found.family is not None and any(o.name == "leak" for o in found.family.options)
    if not takes or "clock=catalyst" not in source:
        advice = "take a circuit with form=two-phase,clock=catalyst, or leave clock out"
        raise CircuitError(Diagnostic(f"{found.name} has no clock species that could leak", advice=advice))
    return load_source(source, [*(rate or ()), f"leak={noise.clock!r}"], set_)


def explore_text(block: Mapping[str, Any]) -> str:
    """Return an ensemble for people."""
    found = block["summary"]
    noise = ", ".join(f"{k} {v:g}" for k, v in block["noise"].items()) or "none"
    lines = [
        f"{block['circuit']}, {block['level']} level, {found['runs']} runs, errors: {noise}",
        f"loss without errors   {found['quiet']:.4g}",
        f"loss, median          {_shown(found['median'])}   5 to 95 %: {_shown(found['quantiles']['q05'])} to "
        f"{_shown(found['quantiles']['q95'])}",
        f"read with the errors  {_shown(found['quantiles_same_errors']['q50'])}   5 to 95 %: "
        f"{_shown(found['quantiles_same_errors']['q05'])} to {_shown(found['quantiles_same_errors']['q95'])}",
        f"success               {100 * found['success_fraction']:.1f} % of runs within {found['success_factor']:g} times the "
        f"loss without errors ({100 * found['success_low']:.1f} to {100 * found['success_high']:.1f} % at 95 % confidence)",
    ]
    if "accuracy" in found:
        lines.append(f"accuracy, median      {_shown(found['accuracy'])}")
    if found["failed"]:
        lines.append(f"failed                {found['failed']} runs did not reach their end and count as no success")
    if not block["outcome"].startswith("done"):
        lines.append(block["outcome"])
    return "\n".join(lines + [f"wrote       {path}" for path in block.get("files") or ()])


def _finite(row: Mapping[str, float]) -> dict[str, float | None]:
    return {name: _number(value) for name, value in row.items()}


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _shown(value: float | None) -> str:
    return "no number" if value is None else f"{value:.4g}"

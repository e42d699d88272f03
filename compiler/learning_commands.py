"""Commands about circuits that learn: train, build, demo.

Each reads its words, calls functions of `compiler.api`, and shows or writes what came out.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from compiler import console
from compiler.api import (
    Answer,
    CircuitError,
    Compiled,
    CompileOptions,
    Source,
    Training,
    compile_crn,
    estimate,
    load,
    peak_amounts,
    train,
)
from compiler.arguments import (
    DataOpt,
    EpochsOpt,
    FlushOpt,
    LevelOpt,
    LimitsOpt,
    MethodOpt,
    PricesOpt,
    RateOpt,
    ReduceOpt,
    Say,
    SetOpt,
    SourceArg,
    TopUpOpt,
    ValidateOpt,
)
from compiler.bench import read_limits
from compiler.blocks import Block, rounded, train_block, training_csv
from compiler.build import build
from compiler.options import level_of, load_data, load_source, shown_options, simulator_of
from compiler.output import to_json
from compiler.provenance import stamp
from compiler.report.page import report_html
from crn.neural.datasets import Dataset
from dsd.lab.cost import PriceTable, default_prices, read_prices


def train_command(
    source: SourceArg,
    options: CompileOptions,
    say: Say,
    data: DataOpt = None,
    validate: ValidateOpt = None,
    level: LevelOpt = "both",
    epochs: EpochsOpt = 5,
    top_up: TopUpOpt = "every-sample",
    flush: FlushOpt = "none",
    set_: SetOpt = None,
    rate: RateOpt = None,
    limits: LimitsOpt = None,
    reduce: ReduceOpt = "exact",
    method: MethodOpt = "ode",
) -> None:
    """Train a circuit, abstract, as DNA, or both side by side."""
    found = load_source(source, rate, set_)
    sets = load_data(found, data, validate)
    plan = Plan(level, epochs, top_up, flush, limits, reduce, method)
    result, timing = _train(say, found, sets, plan, options)
    shown = {"source": source, "data": data, "validate": validate, "level": level, "epochs": epochs, "top_up": top_up}
    shown |= {"flush": flush, "set": ",".join(set_ or ()), "limits": limits, "reduce": reduce, "method": method}
    pipeline = str(options.pipeline) if level != "formal" else ""
    made_by = stamp("train", found.sha256, {**shown, **shown_options(options)}, say.seed, pipeline)
    block = {**made_by.block(), **train_block(result, found.notes)}
    say.end(
        block,
        console.train_text,
        lambda: {
            "result.json": to_json(rounded(block)),
            "training.csv": training_csv(result, sets[0], made_by.line),
        },
        0 if result.outcome.ok else 3,
        timing,
    )


def build_command(
    source: SourceArg,
    options: CompileOptions,
    say: Say,
    data: DataOpt = None,
    validate: ValidateOpt = None,
    epochs: EpochsOpt = 5,
    top_up: TopUpOpt = "every-sample",
    flush: FlushOpt = "none",
    set_: SetOpt = None,
    rate: RateOpt = None,
    limits: LimitsOpt = None,
    prices: PricesOpt = None,
) -> None:
    """Compile, verify, train, count and price a circuit, and write it all into the folder that -o names."""
    if say.out is None:
        raise CircuitError("build writes a folder: name it with -o DIR")
    shown = {"source": source, "data": data, "validate": validate, "epochs": epochs, "top_up": top_up, "flush": flush}
    shown |= {"set": ",".join(set_ or ()), "rate": ",".join(rate or ()), "limits": limits, "prices": prices}
    table = read_prices(prices) if prices else default_prices()
    found = load_source(source, rate, set_)
    if found.circuit is None and (data or validate):
        raise CircuitError(f"{found.name} has no ports, so there is nothing to train with --data")
    sets = load_data(found, data, validate) if found.circuit is not None else None
    plan = Plan(epochs=epochs, top_up=top_up, flush=flush, limits=limits)
    _build_all(say, found, sets, plan, table, options, {**shown, **shown_options(options)})


def demo_command(say: Say) -> None:
    """Train the minimal linear regression on the authors' 41 + 101 points at both levels; verify, count and price it."""
    say.out = say.out or Path("strandwright-demo")
    found = load("linear-regression")
    _build_all(say, found, load_data(found, None, None), Plan(), default_prices(), CompileOptions(), {})


@dataclass(frozen=True, slots=True)
class Plan:
    """How to train, as it was typed; see the options of the same names."""

    level: str = "both"
    epochs: int = 5
    top_up: str = "every-sample"
    flush: str = "none"
    limits: str | None = None
    reduce: str = "exact"
    method: str = "ode"


def _build_all(
    say: Say,
    found: Source,
    sets: tuple[Dataset, Dataset | None] | None,
    plan: Plan,
    table: PriceTable,
    options: CompileOptions,
    shown: dict[str, object],
) -> NoReturn:
    training, timing = _train(say, found, sets, plan, options) if sets else (None, {})
    data, validation = sets or (None, None)
    compiled = (
        training.dna.compiled if training is not None and training.dna is not None else _compiled(found, sets, options)
    )
    made_by = stamp(say.command, found.sha256, shown, say.seed, compiled.pipeline)
    result = build(found, compiled, estimate(compiled, table), made_by, training, data, validation)
    wrong = result.verdict.answer is Answer.DIFFERENT
    say.end(
        result.block(),
        console.build_text,
        lambda: {**result.files(), "report.html": report_html(result)},
        1 if wrong else 0,
        timing,
    )


def _compiled(found: Source, sets: tuple[Dataset, Dataset | None] | None, options: CompileOptions) -> Compiled:
    """Compile what was not trained as DNA, with the amounts that its data would ask for."""
    if found.circuit is None or sets is None:
        return compile_crn(found.crn, options)
    return compile_crn(found.crn, options, peak_amounts(found.circuit, [d for d in sets if d is not None]))


def _train(
    say: Say, found: Source, sets: tuple[Dataset, Dataset | None], plan: Plan, options: CompileOptions
) -> tuple[Training, Block]:
    if plan.flush not in ("none", "ideal"):
        raise CircuitError(f"--flush is none or ideal, not {plan.flush!r}")
    mix = plan.top_up if plan.top_up in ("none", "every-sample") else console.read_mix(plan.top_up)
    with console.Meter(quiet=say.quiet or say.as_json) as meter:
        result = train(
            found.learning,
            *sets,
            epochs=plan.epochs,
            level=level_of(plan.level),
            options=options,
            top_up=mix,
            flush=plan.flush,
            limits=read_limits(plan.limits),
            reduce=plan.reduce,
            simulator=simulator_of(plan.method),
            progress=meter.step,
        )
    return result, {f"{name}_s": spent for name, spent in meter.spent.items()}

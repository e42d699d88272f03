"""Commands about circuits that learn: train, build, demo.

Each reads its words, calls functions of `compiler.api`, and shows or writes what came out.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, NoReturn

import typer

from compiler import console
from compiler.api import (
    DEFAULT_SCHEME,
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
    FUEL,
    LENGTHS,
    QMAX,
    SIGNAL,
    DataOpt,
    EpochsOpt,
    FlushOpt,
    FuelOpt,
    JsonOpt,
    LengthsOpt,
    LevelOpt,
    LimitsOpt,
    MethodOpt,
    OutOpt,
    PricesOpt,
    QmaxOpt,
    QuietOpt,
    RateOpt,
    Say,
    ScaleOpt,
    SchemeOpt,
    SeedOpt,
    SetOpt,
    SignalOpt,
    SourceArg,
    TopUpOpt,
    ValidateOpt,
)
from compiler.bench import read_limits
from compiler.blocks import Block, rounded, train_block, training_csv
from compiler.build import build
from compiler.options import compile_options, level_of, load_data, load_source, shown_options, simulator_of
from compiler.output import to_json, write_files
from compiler.provenance import stamp
from compiler.report.page import report_html
from crn.neural.datasets import Dataset
from dsd.lab.cost import default_prices, read_prices


def train_command(
    source: SourceArg,
    data: DataOpt = None,
    validate: ValidateOpt = None,
    level: LevelOpt = "both",
    epochs: EpochsOpt = 5,
    top_up: TopUpOpt = "every-sample",
    flush: FlushOpt = "none",
    set_: SetOpt = None,
    rate: RateOpt = None,
    limits: LimitsOpt = None,
    method: MethodOpt = "ode",
    scheme: SchemeOpt = DEFAULT_SCHEME,
    scale: ScaleOpt = "auto",
    signal: SignalOpt = SIGNAL,
    fuel: FuelOpt = FUEL,
    qmax: QmaxOpt = QMAX,
    lengths: LengthsOpt = LENGTHS,
    out: OutOpt = None,
    seed: SeedOpt = 0,
    json_: JsonOpt = False,
    quiet: QuietOpt = False,
) -> None:
    """Train a circuit, abstract, as DNA, or both side by side."""
    say = Say("train", as_json=json_, quiet=quiet)
    options = compile_options(scheme, scale, signal, fuel, qmax, lengths)
    found = load_source(source, rate, set_)
    training_data, validation = load_data(found, data, validate)
    result, timing = _train(
        found, training_data, validation, level, epochs, options, top_up, flush, limits, method, quiet=quiet or json_
    )
    shown = {"source": source, "data": data, "validate": validate, "level": level, "epochs": epochs, "top_up": top_up}
    shown |= {"flush": flush, "set": ",".join(set_ or ()), "limits": limits, "method": method}
    pipeline = str(options.pipeline) if level != "formal" else ""
    made_by = stamp("train", found.sha256, {**shown, **shown_options(options)}, seed, pipeline)
    block = {**made_by.block(), **train_block(result)}
    if out is not None:
        table = training_csv(result, training_data, made_by.line)
        block["files"] = write_files(out, {"result.json": to_json(rounded(block)), "training.csv": table})
    say.end(block, console.train_text(block), 0 if result.outcome.ok else 3, timing)


def build_command(
    source: SourceArg,
    out: Annotated[Path, typer.Option("-o", help="Directory to write to.")],
    data: DataOpt = None,
    validate: ValidateOpt = None,
    epochs: EpochsOpt = 5,
    top_up: TopUpOpt = "every-sample",
    flush: FlushOpt = "none",
    set_: SetOpt = None,
    rate: RateOpt = None,
    limits: LimitsOpt = None,
    prices: PricesOpt = None,
    scheme: SchemeOpt = DEFAULT_SCHEME,
    scale: ScaleOpt = "auto",
    signal: SignalOpt = SIGNAL,
    fuel: FuelOpt = FUEL,
    qmax: QmaxOpt = QMAX,
    lengths: LengthsOpt = LENGTHS,
    seed: SeedOpt = 0,
    json_: JsonOpt = False,
    quiet: QuietOpt = False,
) -> None:
    """Compile, verify, train, count and price a circuit, and write it all into a folder."""
    shown = {"source": source, "data": data, "validate": validate, "epochs": epochs, "top_up": top_up, "flush": flush}
    shown |= {"set": ",".join(set_ or ()), "rate": ",".join(rate or ()), "limits": limits, "prices": prices}
    options = compile_options(scheme, scale, signal, fuel, qmax, lengths)
    found = load_source(source, rate, set_)
    _build_all(
        Say("build", as_json=json_, quiet=quiet),
        found,
        out,
        options,
        {**shown, **shown_options(options)},
        seed,
        data=data,
        validate=validate,
        epochs=epochs,
        top_up=top_up,
        flush=flush,
        limits=limits,
        prices=prices,
    )


def demo_command(
    out: Annotated[Path, typer.Option("-o", help="Directory to write to.")] = Path("strandwright-demo"),
    json_: JsonOpt = False,
    quiet: QuietOpt = False,
) -> None:
    """Train the minimal linear regression on the authors' 41 + 101 points at both levels; verify, count and price it."""
    options = CompileOptions()
    _build_all(Say("demo", as_json=json_, quiet=quiet), load("linear-regression"), out, options, {}, 0)


def _build_all(
    say: Say,
    found: Source,
    out: Path,
    options: CompileOptions,
    shown: dict[str, object],
    seed: int,
    *,
    data: str | None = None,
    validate: str | None = None,
    epochs: int = 5,
    top_up: str = "every-sample",
    flush: str = "none",
    limits: str | None = None,
    prices: str | None = None,
) -> NoReturn:
    table = read_prices(prices) if prices else default_prices()
    training = training_data = validation = None
    timing: Block = {}
    if found.circuit is not None:
        training_data, validation = load_data(found, data, validate)
        training, timing = _train(
            found,
            training_data,
            validation,
            "both",
            epochs,
            options,
            top_up,
            flush,
            limits,
            "ode",
            quiet=say.quiet or say.as_json,
        )
    elif data or validate:
        raise CircuitError(f"{found.name} has no ports, so there is nothing to train with --data")
    compiled = _compiled_for(found, training, options, training_data, validation)
    made_by = stamp(say.command, found.sha256, shown, seed, compiled.pipeline)
    result = build(found, compiled, estimate(compiled, table), made_by, training, training_data, validation)
    written = write_files(out, {**result.files(), "report.html": report_html(result)})
    block: Block = {**result.block(), "files": written}
    wrong = result.verdict.answer is Answer.DIFFERENT
    say.end(block, console.build_text(block, training), 1 if wrong else 0, timing)


def _compiled_for(
    found: Source, training: Training | None, options: CompileOptions, data: Dataset | None, validation: Dataset | None
) -> Compiled:
    if training is not None and training.dna is not None:
        return training.dna.compiled
    sets = [d for d in (data, validation) if d is not None]
    peaks = peak_amounts(found.circuit, sets) if found.circuit is not None else None
    return compile_crn(found.crn, options, peaks)


def _train(
    found: Source,
    data: Dataset,
    validation: Dataset | None,
    level: str,
    epochs: int,
    options: CompileOptions,
    top_up: str,
    flush: str,
    limits: str | None,
    method: str,
    *,
    quiet: bool,
) -> tuple[Training, Block]:
    if flush not in ("none", "ideal"):
        raise CircuitError(f"--flush is none or ideal, not {flush!r}")
    mix = top_up if top_up in ("none", "every-sample") else console.read_mix(top_up)
    with console.Meter(quiet=quiet) as meter:
        result = train(
            found.learning,
            data,
            validation,
            epochs=epochs,
            level=level_of(level),
            options=options,
            top_up=mix,
            flush=flush,
            limits=read_limits(limits),
            simulator=simulator_of(method),
            progress=meter.step,
        )
    timing: Block = {f"{name}_s": spent for name, spent in meter.spent.items()}
    return result, timing

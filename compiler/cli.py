"""The command line: options in, functions of `compiler.api` called, results shown or written, exit codes out.

0 is fine, 1 means the answer is no, 2 that the user's input is at fault, 3 that something is undecided. What is printed for people
is composed in `compiler.console`.
"""

from __future__ import annotations

import os
import sys
import time
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
    simulate,
    train,
    verify,
    verify_pair,
)
from compiler.bench import read_limits
from compiler.blocks import (
    Block,
    circuits_block,
    compile_block,
    cost_block,
    rounded,
    schemes_block,
    simulate_block,
    train_block,
    training_csv,
    verify_block,
)
from compiler.build import build
from compiler.options import (
    compile_options,
    level_of,
    load_additions,
    load_data,
    load_implementation,
    load_interpretation,
    load_source,
    shown_options,
    simulator_of,
)
from compiler.output import to_json, write_files
from compiler.provenance import stamp
from compiler.report.page import report_html
from compiler.scaling import Physical
from compiler.version import __version__
from crn.neural.datasets import Dataset
from crn.quantities import Dimension, parse_quantity
from dsd.formats.pil import write_pil
from dsd.lab.cost import default_prices, read_prices
from dsd.lab.inventory import strands_csv
from dsd.schemes import SCHEMES

app = typer.Typer(
    name="strandwright",
    help="Compiles learning chemistry into DNA: gates, proofs, training, counts and cost.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

PLANNED = ("sequences", "order", "mix", "plan", "explore", "report", "serve")
"""Commands of the contract that do not exist yet."""

SourceArg = Annotated[
    str, typer.Argument(help="A .crn file, - for standard input, or a built-in circuit name[:key=value,...].")
]
SchemeOpt = Annotated[str, typer.Option("--scheme", help=f"Translation scheme; by default {DEFAULT_SCHEME}.")]
JsonOpt = Annotated[bool, typer.Option("--json", help="One JSON object on standard output and nothing else.")]
OutOpt = Annotated[Path | None, typer.Option("-o", help="Directory to write to.")]
SeedOpt = Annotated[int, typer.Option("--seed", help="Seed of everything random.")]
QuietOpt = Annotated[bool, typer.Option("--quiet", help="No progress, no summary.")]
ScaleOpt = Annotated[
    str, typer.Option("--scale", help="Seconds per formal unit of time, or auto for the fastest feasible.")
]
SignalOpt = Annotated[str, typer.Option("--signal", help="Concentration of one formal unit.")]
FuelOpt = Annotated[str, typer.Option("--fuel", help="Concentration of every fuel.")]
QmaxOpt = Annotated[str, typer.Option("--qmax", help="Largest rate constant of a strand displacement, /M/s.")]
LengthsOpt = Annotated[str, typer.Option("--lengths", help="Domain lengths in nt: toehold=5,long=15.")]
LevelOpt = Annotated[str, typer.Option("--level", help="formal, dna or both.")]
TopUpOpt = Annotated[
    str, typer.Option("--top-up", help="none, every-sample, or a file with columns complex,amount,unit.")
]
FlushOpt = Annotated[str, typer.Option("--flush", help="none, or ideal to allow removals at DNA level.")]
SetOpt = Annotated[list[str] | None, typer.Option("--set", help="PARAMETER=VALUE at the start; may be repeated.")]
RateOpt = Annotated[
    list[str] | None, typer.Option("--rate", help="A rate option of the circuit: eta=0.1; may be repeated.")
]
DataOpt = Annotated[str | None, typer.Option("--data", help="Training data: a CSV file or a built-in set.")]
ValidateOpt = Annotated[str | None, typer.Option("--validate", help="Validation data: a CSV file.")]
EpochsOpt = Annotated[int, typer.Option("--epochs", min=1, max=100_000, help="How often all samples are gone through.")]
LimitsOpt = Annotated[str | None, typer.Option("--limits", help="Bench limits, a TOML file.")]
PricesOpt = Annotated[str | None, typer.Option("--prices", help="Price table, a TOML file.")]
MethodOpt = Annotated[str, typer.Option("--method", help="Simulator; ode by default.")]

DEFAULT_PHYSICAL = Physical()
SIGNAL, FUEL, QMAX = "10nM", "20uM", "1e6"
LENGTHS = "toehold=5,long=15"


class Say:
    """Ends a command: with JSON on standard output, or with a text for people, and with its exit code."""

    def __init__(self, command: str, *, as_json: bool, quiet: bool = False) -> None:
        self.command, self.as_json, self.quiet = command, as_json, quiet
        self.started = time.perf_counter()

    def end(self, block: Block, text: str, code: int = 0, timing: Block | None = None) -> NoReturn:
        """Show a result and exit."""
        if self.as_json:
            spent: Block = {"total_s": time.perf_counter() - self.started, **(timing or {})}
            sys.stdout.write(to_json({**block, "timing": spent}))
        elif not self.quiet:
            sys.stdout.write(text.rstrip("\n") + "\n")
        raise typer.Exit(code)


@app.command("circuits")
def circuits_command(json_: JsonOpt = False) -> None:
    """List the built-in circuits with source, size, options and limits."""
    block = circuits_block()
    Say("circuits", as_json=json_).end({**stamp("circuits", "", {}).block(), **block}, console.circuits_text(block))


@app.command("schemes")
def schemes_command(json_: JsonOpt = False) -> None:
    """List the translation schemes with source and limits."""
    block = schemes_block()
    Say("schemes", as_json=json_).end({**stamp("schemes", "", {}).block(), **block}, console.schemes_text(block))


@app.command("doctor")
def doctor_command(json_: JsonOpt = False) -> None:
    """Say what is installed."""
    block = console.doctor_block()
    Say("doctor", as_json=json_).end({**stamp("doctor", "", {}).block(), **block}, console.doctor_text(block))


@app.command("compile")
def compile_command(
    source: SourceArg,
    scheme: SchemeOpt = DEFAULT_SCHEME,
    scale: ScaleOpt = "auto",
    signal: SignalOpt = SIGNAL,
    fuel: FuelOpt = FUEL,
    qmax: QmaxOpt = QMAX,
    lengths: LengthsOpt = LENGTHS,
    rate: RateOpt = None,
    out: OutOpt = None,
    seed: SeedOpt = 0,
    json_: JsonOpt = False,
    quiet: QuietOpt = False,
) -> None:
    """Compile a network into DNA gates."""
    say = Say("compile", as_json=json_, quiet=quiet)
    options = compile_options(scheme, scale, signal, fuel, qmax, lengths)
    found = load_source(source, rate)
    compiled = compile_crn(found.crn, options)
    what = estimate(compiled)
    made_by = stamp("compile", found.sha256, {"source": source, **shown_options(options)}, seed, compiled.pipeline)
    block = {**made_by.block(), **compile_block(compiled, what.inventory)}
    if out is not None:
        files = {
            "result.json": to_json(rounded(block)),
            "strands.csv": strands_csv(what.inventory),
            "circuit.pil": write_pil(compiled.system, made_by.line),
        }
        block["files"] = write_files(out, files)
    say.end(block, console.compile_text(block))


@app.command("verify")
def verify_command(
    source: Annotated[str, typer.Argument(help="A source, or the formal network if an implementation follows.")],
    implementation: Annotated[str | None, typer.Argument(help="A .crn or .pil file.")] = None,
    interpretation: Annotated[
        str | None, typer.Option("--interpretation", help="JSON: implementation species to lists.")
    ] = None,
    formals: Annotated[str, typer.Option("--formals", help="Formal species: A,B")] = "",
    fuels: Annotated[str, typer.Option("--fuels", help="Implementation species that are always present: f1,f2")] = "",
    scheme: SchemeOpt = DEFAULT_SCHEME,
    scale: ScaleOpt = "auto",
    signal: SignalOpt = SIGNAL,
    fuel: FuelOpt = FUEL,
    qmax: QmaxOpt = QMAX,
    lengths: LengthsOpt = LENGTHS,
    rate: RateOpt = None,
    out: OutOpt = None,
    seed: SeedOpt = 0,
    json_: JsonOpt = False,
    quiet: QuietOpt = False,
) -> None:
    """Prove that the gates implement the network, or find a counterexample."""
    say = Say("verify", as_json=json_, quiet=quiet)
    options = compile_options(scheme, scale, signal, fuel, qmax, lengths)
    found = load_source(source, rate)
    shown: dict[str, object] = {"source": source}
    pipeline = ""
    if implementation is None:
        if interpretation or formals or fuels:
            raise CircuitError("--interpretation, --formals and --fuels go with an implementation file")
        compiled = compile_crn(found.crn, options)
        verdict = verify(compiled)
        shown |= shown_options(options)
        pipeline = compiled.pipeline
    else:
        reading = load_interpretation(interpretation) if interpretation else None
        names = [n.strip() for n in formals.split(",") if n.strip()]
        present = [n.strip() for n in fuels.split(",") if n.strip()]
        verdict = verify_pair(found.crn, load_implementation(implementation), reading, names, present)
        shown |= {
            "implementation": implementation,
            "interpretation": interpretation,
            "formals": formals,
            "fuels": fuels,
        }
    made_by = stamp("verify", found.sha256, shown, seed, pipeline)
    block = {**made_by.block(), **verify_block(verdict)}
    if out is not None:
        block["files"] = write_files(out, {"result.json": to_json(rounded(block))})
    code = {Answer.EQUIVALENT: 0, Answer.DIFFERENT: 1, Answer.UNDECIDED: 3}[verdict.answer]
    say.end(block, console.verify_text(block), code)


@app.command("simulate")
def simulate_command(
    source: SourceArg,
    until: Annotated[
        str, typer.Option("--until", help="End, in formal units (or s, with a unit, for a physical network).")
    ],
    level: LevelOpt = "both",
    method: MethodOpt = "ode",
    protocol: Annotated[str | None, typer.Option("--protocol", help="Timed additions, a CSV file.")] = None,
    points: Annotated[int, typer.Option("--points", min=2, max=100_000, help="Number of times to report.")] = 101,
    scheme: SchemeOpt = DEFAULT_SCHEME,
    scale: ScaleOpt = "auto",
    signal: SignalOpt = SIGNAL,
    fuel: FuelOpt = FUEL,
    qmax: QmaxOpt = QMAX,
    lengths: LengthsOpt = LENGTHS,
    rate: RateOpt = None,
    out: OutOpt = None,
    seed: SeedOpt = 0,
    json_: JsonOpt = False,
    quiet: QuietOpt = False,
) -> None:
    """Simulate a network, abstract, as DNA, or both side by side."""
    say = Say("simulate", as_json=json_, quiet=quiet)
    options = compile_options(scheme, scale, signal, fuel, qmax, lengths)
    found = load_source(source, rate)
    end = parse_quantity(until, Dimension.TIME, "--until")
    if end <= 0:
        raise CircuitError("--until has to be a positive time")
    times = [end * i / (points - 1) for i in range(points)]
    additions = load_additions(protocol, found.crn, options) if protocol else ()
    result = simulate(found.crn, times, level_of(level), additions, options, simulator_of(method))
    shown = {"source": source, "until": until, "level": level, "method": method, "protocol": protocol, "points": points}
    pipeline = str(options.pipeline) if level != "formal" else ""
    made_by = stamp("simulate", found.sha256, {**shown, **shown_options(options)}, seed, pipeline)
    block = {**made_by.block(), **simulate_block(result)}
    if out is not None:
        block["files"] = write_files(
            out,
            {"result.json": to_json(rounded(block)), "trajectory.csv": console.trajectory_csv(result, made_by.line)},
        )
    say.end(block, console.simulate_text(block), 0 if result.outcome.ok else 3)


@app.command("train")
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


@app.command("cost")
def cost_command(
    source: SourceArg,
    scheme: SchemeOpt = DEFAULT_SCHEME,
    volume: Annotated[str, typer.Option("--volume", help="Of the tube.")] = "100uL",
    prices: PricesOpt = None,
    scale: ScaleOpt = "auto",
    signal: SignalOpt = SIGNAL,
    fuel: FuelOpt = FUEL,
    qmax: QmaxOpt = QMAX,
    lengths: LengthsOpt = LENGTHS,
    rate: RateOpt = None,
    out: OutOpt = None,
    seed: SeedOpt = 0,
    json_: JsonOpt = False,
    quiet: QuietOpt = False,
) -> None:
    """Count strands and price them."""
    say = Say("cost", as_json=json_, quiet=quiet)
    table = read_prices(prices) if prices else default_prices()
    litres = parse_quantity(volume, Dimension.VOLUME, "--volume")
    found = load_source(source, rate)
    rows: list[Block] = []
    names = [s.name for s in SCHEMES] if scheme == "all" else [scheme]
    for name in names:
        options = compile_options(name, scale, signal, fuel, qmax, lengths)
        try:
            rows.append(cost_block(name, lengths, estimate(compile_crn(found.crn, options), table), volume_L=litres))
        except CircuitError as error:
            if scheme != "all":
                raise
            rows.append(cost_block(name, lengths, None, error.diagnostics[0].message))
    shown = {"source": source, "volume": volume, "prices": prices, "scheme": scheme, "scale": scale, "signal": signal}
    shown |= {"fuel": fuel, "qmax": qmax, "lengths": lengths}
    made_by = stamp("cost", found.sha256, shown, seed)
    block: Block = {**made_by.block(), "schemes": rows}
    if out is not None:
        block["files"] = write_files(out, {"result.json": to_json(rounded(block))})
    say.end(block, console.cost_text(block))


@app.command("build")
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


@app.command("demo")
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


def _version(value: bool) -> None:
    if value:
        sys.stdout.write(f"strandwright {__version__}\n")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Compiles learning chemistry into DNA."""


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line and exit; the user's faults are told without a traceback."""
    given = sys.argv[1:] if arguments is None else arguments
    wanted = next((a for a in given if not a.startswith("-")), "")
    if wanted in PLANNED:
        sys.stderr.write(f"strandwright {wanted} does not exist yet\n")
        sys.exit(2)
    try:
        app(given)
    except CircuitError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)
    except BrokenPipeError:
        # Whoever read the output has seen enough; a second complaint at exit is kept back.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(0)


if __name__ == "__main__":
    main()

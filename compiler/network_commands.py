"""Commands about networks: what is built in, compile, simulate, cost.

Each reads its words, calls functions of `compiler.api`, and shows or writes what came out.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Annotated, NoReturn

import typer

from compiler import console
from compiler.api import (
    DEFAULT_SCHEME,
    CircuitError,
    CompileOptions,
    Source,
    compile_crn,
    estimate,
    load,
    simulate,
    train,
)
from compiler.arguments import (
    EpochsOpt,
    LevelOpt,
    MethodOpt,
    MoleculesOpt,
    PricesOpt,
    RateOpt,
    Say,
    SchemeOpt,
    SourceArg,
)
from compiler.blocks import (
    Block,
    compile_block,
    cost_block,
    formal_sbml,
    rounded,
    schemes_block,
    simulate_block,
)
from compiler.comparison import Learned, choose, compare
from compiler.comparison_tables import comparison_block, comparison_text, table_of_circuits
from compiler.options import (
    level_of,
    load_additions,
    load_source,
    schemes_named,
    shown_options,
    simulator_of,
)
from compiler.output import to_json
from compiler.provenance import stamp
from compiler.training_data import load_data
from crn.neural.families import CIRCUITS
from crn.quantities import Dimension, parse_quantity
from dsd.formats.pil import write_pil
from dsd.formats.visualdsd import write_visualdsd
from dsd.lab.cost import default_prices, read_prices
from dsd.lab.inventory import strands_csv
from dsd.schemes import Scheme


def schemes_command(
    options: CompileOptions,
    say: Say,
    source: Annotated[str, typer.Argument(help="A source to compare the schemes on; without, they are listed.")] = "",
    scheme: Annotated[str, typer.Option("--scheme", help="Compare only these: a,b,c.")] = "all",
    learn: Annotated[bool, typer.Option("--learn", help="Train the circuit as DNA where rates can be set.")] = False,
    epochs: EpochsOpt = 1,
    prices: PricesOpt = None,
    every_circuit: Annotated[
        bool, typer.Option("--every-circuit", help="All built-in circuits, as a table schemes.md; -o names the folder.")
    ] = False,
    rate: RateOpt = None,
) -> None:
    """List the translation schemes, or compare them on a source."""
    chosen = schemes_named(scheme)
    if every_circuit:
        _every_circuit(say, options, chosen, source)
    if not source:
        if learn or rate:
            raise CircuitError("name a source to compare the schemes on")
        say.end({**stamp("schemes", "", {}).block(), **schemes_block()}, console.schemes_text)
    found = load_source(source, rate)
    table = read_prices(prices) if prices else default_prices()
    rows = compare(found.crn, options, table, chosen, _learner(found, epochs) if learn else None)
    shown = {"source": source, "scheme": scheme, "learn": learn, "epochs": epochs if learn else None, "prices": prices}
    made_by = stamp("schemes", found.sha256, {**shown_options(options), **shown}, say.seed)
    block = {**made_by.block(), **comparison_block(rows, options.lengths, choose(rows))}
    say.end(block, comparison_text, lambda: {"result.json": to_json(rounded(block))})


def _learner(found: Source, epochs: int) -> Callable[[CompileOptions], Learned]:
    """Return what trains a circuit on the data that come with it."""
    data, validation = load_data(found)

    def run(options: CompileOptions) -> Learned:
        dna = train(found.learning, data, validation, epochs=epochs, level="dna", options=options).dna
        assert dna is not None, "the DNA level was asked for"
        return Learned(dna.run.train_loss[-1], dna.run.validation_loss, dna.lab_time_s)

    return run


def _every_circuit(say: Say, options: CompileOptions, schemes: Sequence[Scheme], source: str) -> NoReturn:
    """Compare the schemes on every built-in circuit, or on those that are named with commas."""
    names = source.split(";") if source else [f.name for f in CIRCUITS] + ["linear-regression:variant=lr10"]
    table = default_prices()
    found = []
    for name in names:
        crn = load(name).crn
        found.append((name, crn, compare(crn, options, table, schemes)))
    made_by = stamp("schemes", "", {**shown_options(options), "every_circuit": True, "source": source}, say.seed)
    circuits = [{"circuit": name, **comparison_block(rows, options.lengths, choose(rows))} for name, _, rows in found]
    text = table_of_circuits(found, options.lengths)
    say.end({**made_by.block(), "circuits": circuits}, lambda _: text, lambda: {"schemes.md": text})


def doctor_command(say: Say) -> None:
    """Say what is installed."""
    say.end({**stamp("doctor", "", {}).block(), **console.doctor_block()}, console.doctor_text)


def compile_command(
    source: SourceArg,
    options: CompileOptions,
    say: Say,
    rate: RateOpt = None,
) -> None:
    """Compile a network into DNA gates."""
    found = load_source(source, rate)
    compiled = compile_crn(found.crn, options)
    what = estimate(compiled)
    made_by = stamp("compile", found.sha256, {"source": source, **shown_options(options)}, say.seed, compiled.pipeline)
    block = {**made_by.block(), **compile_block(compiled, what.inventory, found.notes)}
    say.end(
        block,
        console.compile_text,
        lambda: {
            "result.json": to_json(rounded(block)),
            "strands.csv": strands_csv(what.inventory),
            "circuit.pil": write_pil(compiled.system, made_by.line),
            "circuit.dna": write_visualdsd(compiled.system, made_by.line),
            "formal.xml": formal_sbml(compiled, found.name, made_by.line),
        },
    )


def simulate_command(
    source: SourceArg,
    until: Annotated[
        str, typer.Option("--until", help="End, in formal units (or s, with a unit, for a physical network).")
    ],
    options: CompileOptions,
    say: Say,
    level: LevelOpt = "both",
    method: MethodOpt = "ode",
    protocol: Annotated[str | None, typer.Option("--protocol", help="Timed additions, a CSV file.")] = None,
    points: Annotated[int, typer.Option("--points", min=2, max=100_000, help="Number of times to report.")] = 101,
    rate: RateOpt = None,
    molecules: MoleculesOpt = None,
) -> None:
    """Simulate a network, abstract, as DNA, or both side by side."""
    found = load_source(source, rate)
    end = parse_quantity(until, Dimension.TIME, "--until")
    if end <= 0:
        raise CircuitError("--until has to be a positive time")
    times = [end * i / (points - 1) for i in range(points)]
    additions = load_additions(protocol, found.crn, options) if protocol else ()
    simulator = simulator_of(method, molecules, say.seed)
    result = simulate(found.crn, times, level_of(level), additions, options, simulator)
    shown = {"source": source, "until": until, "level": level, "method": method, "protocol": protocol, "points": points}
    shown |= {"molecules": molecules}
    pipeline = str(options.pipeline) if level != "formal" else ""
    made_by = stamp("simulate", found.sha256, {**shown, **shown_options(options)}, say.seed, pipeline)
    block = {**made_by.block(), **simulate_block(result)}
    say.end(
        block,
        console.simulate_text,
        lambda: {
            "result.json": to_json(rounded(block)),
            "trajectory.csv": console.trajectory_csv(result, made_by.line),
        },
        0 if result.outcome.ok else 3,
    )


def cost_command(
    source: SourceArg,
    options: CompileOptions,
    say: Say,
    scheme: SchemeOpt = DEFAULT_SCHEME,
    volume: Annotated[str, typer.Option("--volume", help="Of the tube.")] = "100uL",
    prices: PricesOpt = None,
    rate: RateOpt = None,
) -> None:
    """Count strands and price them."""
    table = read_prices(prices) if prices else default_prices()
    litres = parse_quantity(volume, Dimension.VOLUME, "--volume")
    found = load_source(source, rate)
    shown = {**shown_options(options), "source": source, "volume": volume, "prices": prices, "scheme": scheme}
    made_by = stamp("cost", found.sha256, shown, say.seed)
    if scheme == "all":
        rows = compare(found.crn, options, table)
        block: Block = {**made_by.block(), **comparison_block(rows, options.lengths, choose(rows), litres)}
        say.end(block, comparison_text, lambda: {"result.json": to_json(rounded(block))})
    chosen = dataclasses.replace(options, scheme=scheme)
    row = cost_block(scheme, str(options.lengths), estimate(compile_crn(found.crn, chosen), table), volume_L=litres)
    single: Block = {**made_by.block(), "schemes": [row]}
    say.end(single, console.cost_text, lambda: {"result.json": to_json(rounded(single))})

"""Commands about networks: compile and simulate, and what is installed.

Each reads its words, calls functions of `compiler.api`, and shows or writes what came out.
"""

from __future__ import annotations

from typing import Annotated

import typer

from compiler import console
from compiler.api import (
    CircuitError,
    CompileOptions,
    compile_crn,
    estimate,
    simulate,
)
from compiler.arguments import (
    LevelOpt,
    MethodOpt,
    MoleculesOpt,
    RateOpt,
    Say,
    SourceArg,
)
from compiler.blocks import (
    compile_block,
    formal_sbml,
    rounded,
    simulate_block,
)
from compiler.options import (
    level_of,
    load_additions,
    load_source,
    shown_options,
    simulator_of,
)
from compiler.output import to_json
from compiler.provenance import stamp
from crn.quantities import Dimension, parse_quantity
from dsd.formats.pil import write_pil
from dsd.formats.visualdsd import write_visualdsd
from dsd.lab.inventory import strands_csv


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
    shown: dict[str, object] = {
        "source": source,
        "until": until,
        "level": level,
        "method": method,
        "protocol": protocol,
    }
    shown |= {"points": points, "molecules": molecules}
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

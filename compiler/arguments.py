"""The words of the command line: the options that commands share, and how a command ends.

What an option means is read in `compiler.options`; the commands are in `compiler.network_commands` and
`compiler.learning_commands`.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from compiler.api import DEFAULT_SCHEME
from compiler.blocks import Block
from compiler.output import to_json

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

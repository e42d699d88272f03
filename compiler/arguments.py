"""The words of the command line: the options that commands share, and how a command ends.

What an option means is read in `compiler.options`; the commands are in `compiler.network_commands` and
`compiler.learning_commands`.
"""

from __future__ import annotations

import inspect
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, NoReturn

import typer

from compiler.api import DEFAULT_SCHEME, CompileOptions
from compiler.blocks import Block
from compiler.options import compile_options
from compiler.output import to_json, write_files
from compiler.runs_file import Stopped
from compiler.scheme_file import OWN
from compiler.training_words import SampleWords, TrainingWords
from crn.neural.schedule import KINDS

SourceArg = Annotated[
    str, typer.Argument(help="A .crn or SBML file, - for standard input, or a built-in circuit name[:key=value,...].")
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
OrderOpt = Annotated[
    list[str] | None, typer.Option("--order", help="REACTION=A,B: A binds before B; may be repeated. Chosen otherwise.")
]
AllowWrongOpt = Annotated[
    bool, typer.Option("--allow-wrong", help="Go on where the scheme is known to be wrong for a reaction or a pair.")
]
EngineOpt = Annotated[
    str, typer.Option("--engine", help="Who translates by a scheme file: own, or nuskell where it is installed.")
]
RejectRemoteOpt = Annotated[
    bool, typer.Option("--reject-remote", help="Enumerate what a scheme file draws without remote toeholds.")
]
ShareCatalystsOpt = Annotated[
    bool,
    typer.Option("--share-catalysts", help="All gates give a catalyst back as the same strand: fewer nucleotides."),
]
LevelOpt = Annotated[str, typer.Option("--level", help="formal, dna or both.")]
TopUpOpt = Annotated[
    str, typer.Option("--top-up", help="none, every-sample, or a file with columns complex,amount,unit.")
]
FlushOpt = Annotated[str, typer.Option("--flush", help="none, or ideal to allow removals at DNA level.")]
SetOpt = Annotated[list[str] | None, typer.Option("--set", help="PARAMETER=VALUE at the start; may be repeated.")]
RateOpt = Annotated[
    list[str] | None, typer.Option("--rate", help="A rate option of the circuit: eta=0.1; may be repeated.")
]
DataOpt = Annotated[
    str | None, typer.Option("--data", help="Training data: a CSV file, or a built-in set NAME[:key=value,...].")
]
ValidateOpt = Annotated[str | None, typer.Option("--validate", help="Validation data: a CSV file.")]
EpochsOpt = Annotated[int, typer.Option("--epochs", min=1, max=100_000, help="How often all samples are gone through.")]
LimitsOpt = Annotated[str | None, typer.Option("--limits", help="Bench limits, a TOML file.")]
PricesOpt = Annotated[str | None, typer.Option("--prices", help="Price table, a TOML file.")]
ReduceOpt = Annotated[
    str, typer.Option("--reduce", help="Before the DNA level is simulated: none, exact, or quasi-steady (approximate).")
]
MethodOpt = Annotated[str, typer.Option("--method", help="Simulator; ode by default.")]
ClassesOpt = Annotated[
    str | None,
    typer.Option(
        "--classes", help="What tells classes apart: a threshold of the output, largest (of several), or none."
    ),
]
OwnEpochsOpt = Annotated[
    int | None,
    typer.Option(
        "--epochs", min=1, max=100_000, help="How often all samples are gone through; by default the circuit's."
    ),
]
BatchOpt = Annotated[
    int, typer.Option("--batch", min=1, max=100_000, help="Samples whose gradients are applied together.")
]
ScheduleOpt = Annotated[
    str | None,
    typer.Option(
        "--schedule",
        help=f"How the step shrinks: {', '.join(KINDS)}; as in exponential:half=10. By default as the circuit says.",
    ),
]
CheckpointOpt = Annotated[
    Path | None, typer.Option("--checkpoint", help="Folder for a checkpoint after every epoch, one file a level.")
]
ResumeOpt = Annotated[
    bool, typer.Option("--resume", help="Go on from the checkpoint, if there is one, to the same numbers.")
]
MoleculesOpt = Annotated[
    float | None, typer.Option("--molecules", help="Molecules per formal unit, for the stochastic methods.", min=0)
]


class Say:
    """How a command ends: where it writes, in which form it answers, and its exit code.

    Attributes
    ----------
    command : str
    out : Path or None
        Directory to write to.
    seed : int
    as_json, quiet : bool
    """

    def __init__(self, command: str, out: Path | None, seed: int, *, json_: bool, quiet: bool) -> None:
        self.command, self.out, self.seed, self.as_json, self.quiet = command, out, seed, json_, quiet
        self.started = time.perf_counter()

    def end(
        self,
        block: Block,
        text: Callable[[Block], str],
        files: Callable[[], Mapping[str, str | bytes]] = dict,
        code: int = 0,
        timing: Block | None = None,
    ) -> NoReturn:
        """Write files where a directory was named, show the result, and exit."""
        if self.out is not None and files is not dict:
            block = {**block, "files": write_files(self.out, files())}
        if self.as_json:
            spent: Block = {"total_s": time.perf_counter() - self.started, **(timing or {})}
            sys.stdout.write(to_json({**block, "timing": spent}))
        elif not self.quiet:
            sys.stdout.write(text(block).rstrip("\n") + "\n")
        raise typer.Exit(code)


PHYSICAL: Mapping[str, tuple[object, Any]] = MappingProxyType(
    {
        "scheme": (SchemeOpt, DEFAULT_SCHEME),
        "scale": (ScaleOpt, "auto"),
        "signal": (SignalOpt, "10nM"),
        "fuel": (FuelOpt, "20uM"),
        "qmax": (QmaxOpt, "1e6"),
        "lengths": (LengthsOpt, "toehold=5,long=15"),
        "order": (OrderOpt, None),
        "allow_wrong": (AllowWrongOpt, False),
        "share_catalysts": (ShareCatalystsOpt, False),
        "engine": (EngineOpt, OWN),
        "reject_remote": (RejectRemoteOpt, False),
    }
)
"""The words that make `CompileOptions`, with their defaults."""

ENDING: Mapping[str, tuple[object, object]] = MappingProxyType(
    {"out": (OutOpt, None), "seed": (SeedOpt, 0), "json_": (JsonOpt, False), "quiet": (QuietOpt, False)}
)
"""The words that make `Say`, with their defaults."""


SAMPLES: Mapping[str, tuple[object, object]] = MappingProxyType(
    {
        "data": (DataOpt, None),
        "validate": (ValidateOpt, None),
        "classes": (ClassesOpt, None),
        "epochs": (OwnEpochsOpt, None),
        "batch": (BatchOpt, 1),
        "schedule": (ScheduleOpt, None),
        "top_up": (TopUpOpt, "every-sample"),
    }
)
"""The words that make `SampleWords`, with their defaults."""

LEARNING: Mapping[str, tuple[object, object]] = MappingProxyType(
    {
        **SAMPLES,
        "flush": (FlushOpt, "none"),
        "limits": (LimitsOpt, None),
        "reduce": (ReduceOpt, "exact"),
        "method": (MethodOpt, "ode"),
        "molecules": (MoleculesOpt, None),
        "checkpoint": (CheckpointOpt, None),
        "resume": (ResumeOpt, False),
    }
)
"""The words that make `TrainingWords`, with their defaults."""


SHARED: Mapping[type, Mapping[str, tuple[object, Any]]] = MappingProxyType(
    {SampleWords: SAMPLES, TrainingWords: LEARNING, CompileOptions: PHYSICAL, Say: ENDING}
)
"""The types that commands take, and the words that make them."""


def worded(name: str, command: Callable[..., None]) -> Callable[..., None]:
    """Return a command with plain words in place of its parameters of the types in `SHARED`.

    A word that the command takes itself keeps the meaning that it gives it.
    """
    own = inspect.signature(command, eval_str=True).parameters
    made = {p.name: p.annotation for p in own.values() if p.annotation in SHARED}
    words = {n: p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for n, p in own.items() if n not in made}
    for kind, shared in SHARED.items():
        for word, (annotation, default) in shared.items() if kind in made.values() else ():
            if word not in words:
                parameter = inspect.Parameter(
                    word, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
                )
                words[word] = parameter

    def call(**given: Any) -> None:
        passed = {n: given[n] for n in own if n not in made}
        for parameter, kind in made.items():
            if kind is CompileOptions:
                passed[parameter] = compile_options(*(d if w in own else given[w] for w, (_, d) in PHYSICAL.items()))
            elif kind is not Say:
                passed[parameter] = kind(**{w: given[w] for w in SHARED[kind]})
            else:
                passed[parameter] = Say(
                    name, *(given[w] for w in ("out", "seed")), json_=given["json_"], quiet=given["quiet"]
                )
        try:
            command(**passed)
        except (KeyboardInterrupt, Stopped) as stopped:
            sys.stderr.write(f"{str(stopped) or 'stopped'}\n")
            raise typer.Exit(3) from None

    call.__name__, call.__doc__ = command.__name__, command.__doc__
    call.__signature__ = inspect.Signature(list(words.values()))  # type: ignore[attr-defined]  # what inspect reads
    call.__annotations__ = {n: p.annotation for n, p in words.items()}
    return call

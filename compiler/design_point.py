"""A point of a design sweep as the words that `build` takes: written into its tables, and read from them again.

The words are those of the command line, so that a point can be typed as well as named. What is swept is in `compiler.designs`.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Final

import typer

from compiler.compilation import CompileOptions
from compiler.options import compile_options
from compiler.scheme_file import OWN
from compiler.training_words import SampleWords
from crn.diagnostics import CircuitError, Diagnostic
from crn.quantities import Dimension, parse_quantity
from crn.text import read_text_file

DesignOpt = Annotated[
    str,
    typer.Option("--design", help="A design of a sweep in place of a source: designs.csv:3, the file and its number."),
]
_PROGRAM: Final = ("strandwright", "build")
_NUMBERS: Final = ("epochs", "batch")


@dataclass(frozen=True, slots=True)
class Point:
    """A design, in the words of `build`.

    Attributes
    ----------
    source : str
        With the options of the circuit.
    options : CompileOptions
    words : SampleWords
    set_ : tuple of str
        ``PARAMETER=VALUE`` at the start.
    seed : int
    lengths : str
        As they were asked for; empty for those that sequences turn out to need.
    """

    source: str
    options: CompileOptions
    words: SampleWords
    set_: tuple[str, ...] = ()
    seed: int = 0
    lengths: str = ""

    @property
    def command(self) -> str:
        """What to type, without ``-o``."""
        return shlex.join([*_PROGRAM, self.source, *self._words()])

    def _words(self) -> Iterator[str]:
        options, usual = self.options, CompileOptions()
        physical, plain = options.physical, usual.physical
        if options.scheme != usual.scheme:
            yield from ("--scheme", options.scheme)
        if options.time_s is not None:
            yield from ("--scale", f"{options.time_s!r}s")
        if physical.signal_M != plain.signal_M:
            yield from ("--signal", _molar(physical.signal_M))
        if physical.fuel_M != plain.fuel_M:
            yield from ("--fuel", _molar(physical.fuel_M))
        if physical.q_max != plain.q_max:
            yield from ("--qmax", repr(physical.q_max))
        if self.lengths:
            yield from ("--lengths", self.lengths)
        for reaction, order in options.orders:
            yield from ("--order", f"{reaction}={','.join(order)}")
        if options.engine != usual.engine:
            yield from ("--engine", options.engine)
        for flag in ("allow_wrong", "share_catalysts", "reject_remote"):
            if getattr(options, flag):
                yield _option(flag)
        for field in dataclasses.fields(SampleWords):
            value = getattr(self.words, field.name)
            if value != field.default:
                yield from (_option(field.name), str(value))
        for value in self.set_:
            yield from ("--set", value)
        if self.seed:
            yield from ("--seed", str(self.seed))

    @classmethod
    def of(cls, command: str) -> Point:
        """Read what `command` wrote.

        Raises
        ------
        CircuitError
            If it is anything else.
        """
        try:
            given = shlex.split(command)
        except ValueError:
            given = []
        if tuple(given[:2]) != _PROGRAM or len(given) < 3:
            raise CircuitError(f"{command[:60]!r} is no command that builds a design")
        found = _read(given[3:])
        one = {name: values[-1] for name, values in found.items()}
        usual = CompileOptions()
        physical = usual.physical
        options = compile_options(
            one.pop("scheme", usual.scheme),
            one.pop("scale", "auto"),
            one.pop("signal", f"{physical.signal_M!r}M"),
            one.pop("fuel", f"{physical.fuel_M!r}M"),
            one.pop("qmax", repr(physical.q_max)),
            one.get("lengths", str(usual.lengths)),
            found.get("order"),
            "allow_wrong" in found,
            "share_catalysts" in found,
            one.pop("engine", OWN),
            "reject_remote" in found,
        )
        names = {f.name for f in dataclasses.fields(SampleWords)}
        words = {n: int(v) if n in _NUMBERS else v for n, v in one.items() if n in names}
        return cls(
            given[2],
            options,
            SampleWords(**words),  # type: ignore[arg-type]  # numbers and texts side by side
            tuple(found.get("set", ())),
            int(one.get("seed", "0")),
            one.get("lengths", ""),
        )


def read_point(name: str) -> Point:
    """Read a point of a sweep: ``designs.csv:3`` or ``result.json:3``, the file and the number of the design.

    Raises
    ------
    CircuitError
        If there is no such file or design, or it cannot be built.
    """
    path, _, number = name.rpartition(":")
    if not path or not number.isdigit():
        advice = "as in --design out/designs.csv:3"
        raise CircuitError(Diagnostic(f"{name} names no design: a file of a sweep, a colon, a number", advice=advice))
    rows = _rows(read_text_file(path), path)
    row = next((r for r in rows if r[0] == number), None)
    if row is None:
        raise CircuitError(Diagnostic(f"{path} has no design {number}", advice=f"it has {_range(rows)}"))
    if not row[1]:
        raise CircuitError(
            f"design {number} of {path} cannot be built: {row[2] or 'its circuit was read from standard input'}"
        )
    return Point.of(row[1])


def _rows(text: str, path: str) -> list[tuple[str, str, str]]:
    """Return number, command and reason of every design in a file of a sweep."""
    try:
        if text.lstrip().startswith("{"):
            found = [(str(d["design"]), d["build"] or "", d["reason"] or "") for d in json.loads(text)["designs"]]
        else:
            lines = "".join(line for line in text.splitlines(keepends=True) if not line.startswith("#"))
            found = [(d["design"], d["build"], d["reason"]) for d in csv.DictReader(io.StringIO(lines))]
    except (KeyError, ValueError, TypeError):
        found = []
    if not found:
        raise CircuitError(Diagnostic(f"{path} holds no designs", advice="name designs.csv or result.json of a sweep"))
    return found


def _range(rows: Sequence[tuple[str, str, str]]) -> str:
    return f"{rows[0][0]} to {rows[-1][0]}" if len(rows) > 1 else rows[0][0]


def _read(words: Sequence[str]) -> dict[str, list[str]]:
    """Return the values of every option, by its name in Python."""
    found: dict[str, list[str]] = {}
    place = 0
    while place < len(words):
        name = words[place].removeprefix("--").replace("-", "_")
        alone = place + 1 == len(words) or words[place + 1].startswith("--")
        found.setdefault(name, []).extend(() if alone else [words[place + 1]])
        place += 1 if alone else 2
    return {n: v or [""] for n, v in found.items()}


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")


def _molar(value: float) -> str:
    """Write a concentration in the unit that people use, if nothing is lost by it, and else in M."""
    for power, unit in ((1e9, "nM"), (1e6, "uM")):
        text = f"{value * power:.12g}{unit}"
        if parse_quantity(text, Dimension.CONCENTRATION) == value and len(text) < 12:
            return text
    return f"{value!r}M"

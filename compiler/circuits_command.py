"""The command `circuits`: what is built in, and the table of what every circuit learns.

The table is measured by `compiler.circuits_table` and written by `compiler.circuits_page`.
"""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from compiler import console
from compiler.api import CircuitError
from compiler.arguments import Say
from compiler.blocks import Block, circuits_block, rounded
from compiler.circuits_page import circuits_page
from compiler.circuits_table import ENTRIES, Entry, measure
from compiler.options import level_of
from compiler.output import to_json, write_files
from compiler.provenance import stamp
from crn.text import read_text_file

FIGURES = "circuits.json"


def circuits_command(
    say: Say,
    table: Annotated[
        bool, typer.Option("--table", help="Train every circuit and write circuits.md into the folder that -o names.")
    ] = False,
    only: Annotated[
        str | None, typer.Option("--only", help="With --table: measure only rows whose name or data contain this.")
    ] = None,
    seeds: Annotated[int, typer.Option("--seeds", min=1, max=1000, help="With --table: draws of every circuit.")] = 5,
    level: Annotated[
        str, typer.Option("--level", help="With --table: measure anew what is formal, dna, or both.")
    ] = "both",
) -> None:
    """List the built-in circuits with source, size, options and limits."""
    if not table:
        say.end({**stamp("circuits", "", {}).block(), **circuits_block()}, console.circuits_text)
    if say.out is None:
        raise CircuitError("the table is written into a folder: name it with -o DIR")
    chosen = [e for e in ENTRIES if only is None or only in _key(e)]
    if not chosen:
        raise CircuitError(f"no row of the table is about {only!r}")
    rows = _kept(say) if only is not None or level_of(level) != "both" else {}
    for entry in ENTRIES:
        if _key(entry) not in rows:
            rows[_key(entry)] = measure(entry, 0, _quiet, "formal")  # counted at least
    made_by = stamp("circuits", "", {"table": True, "seeds": seeds}, say.seed)
    files: dict[str, str] = {}
    block: Block = {}
    with console.Meter(quiet=say.quiet or say.as_json) as meter:
        for entry in chosen:
            rows[_key(entry)] = rows.get(_key(entry), {}) | measure(entry, seeds, meter.step, level)
            ordered = [rows[_key(e)] for e in ENTRIES]
            block = rounded({**made_by.block(), "rows": ordered}, 6)
            files = {FIGURES: to_json(block), "circuits.md": circuits_page(ordered)}
            write_files(say.out, files)  # after every row, as all of them take long
    say.end(block, lambda _: f"measured {len(chosen)} of {len(ENTRIES)} rows into {say.out}", lambda: files)


def _quiet(_: str, __: int, ___: int) -> bool:
    return True


def _key(entry: Entry) -> str:
    return f"{entry.name}, {entry.data}"


def _kept(say: Say) -> dict[str, Any]:
    """Return the rows that were measured before."""
    assert say.out is not None, "a folder is named"
    path = say.out / FIGURES
    if not path.exists():
        return {}
    found = json.loads(read_text_file(str(path)))
    return {f"{row['name']}, {row['data']}": row for row in found["rows"]}

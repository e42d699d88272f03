"""What the command line shows people: short texts made from the JSON blocks, a progress bar, and a look at the installation.

Everything a program should read is in the blocks themselves; no figure is computed here.
"""

from __future__ import annotations

import csv
import importlib.metadata
import io
import platform
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, cast

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from compiler.api import Simulation
from compiler.blocks import Block
from compiler.lab_files import lab_lines
from compiler.sequence_blocks import summary_lines
from compiler.verdict_blocks import verdict_text
from compiler.version import __version__
from crn.diagnostics import CircuitError, Diagnostic
from crn.neural.training import PREPARING
from crn.quantities import concentration, format_si, read_rows
from crn.text import read_text_file

Rows = list[dict[str, Any]]


class Meter:
    """A progress bar on standard error, which also takes the time of every level, without what is prepared before it."""

    def __init__(self, *, quiet: bool) -> None:
        self.spent: dict[str, float] = {}
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            disable=quiet,
            transient=True,
        )
        self._tasks: dict[str, TaskID] = {}
        self._last = time.perf_counter()

    def __enter__(self) -> Meter:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def step(self, what: str, done: int, total: int) -> bool:
        """Note that `done` of `total` steps are made; never stops the run."""
        if what not in self._tasks:
            self._tasks[what] = self._bar.add_task(what, total=total)
        self._bar.update(self._tasks[what], completed=done)
        now = time.perf_counter()
        if done and not what.startswith(PREPARING):
            level = "formal" if "(formal" in what else "dna"
            self.spent[level] = self.spent.get(level, 0.0) + now - self._last
        self._last = now
        return True


def read_mix(path: str) -> dict[str, float]:
    """Read a top-up: a CSV file with the header ``complex,amount,unit``; amounts in M."""
    rows = list(read_rows(read_text_file(path), path))
    wanted = ("complex", "amount", "unit")
    if not rows or tuple(c.strip() for c in rows[0].cells) != wanted:
        span = rows[0].span(0) if rows else None
        raise CircuitError(
            Diagnostic(
                f"{path}: the header of a top-up is {','.join(wanted)}",
                span,
                "--top-up is none, every-sample or a file",
            )
        )
    mix: dict[str, float] = {}
    for row in rows[1:]:
        if len(row.cells) != len(wanted):
            raise CircuitError(Diagnostic(f"expected {len(wanted)} cells, found {len(row.cells)}", row.span(0)))
        if row.number(1, "the amount") < 0:
            raise CircuitError(Diagnostic("the amount is negative", row.span(1)))
        mix[row.cells[0]] = concentration(row.cells[1], row.cells[2], row.span(2))
    return mix


def trajectory_csv(found: Simulation, header: str) -> str:
    """Return a simulation as a table: time, and the formal amount of every species at each level."""
    out = io.StringIO()
    out.write(f"# {header}\n")
    writer = csv.writer(out, lineterminator="\n")
    levels = [(n, t) for n, t in (("formal", found.formal), ("dna", found.dna)) if t is not None]
    writer.writerow(["time", *(f"{name}_{s}" for name, t in levels for s in t.species)])
    for i in range(min(len(t.times) for _, t in levels)):
        values = [f"{float(v):.9g}" for _, t in levels for v in t.values[i]]
        writer.writerow([f"{float(levels[0][1].times[i]):.9g}", *values])
    return out.getvalue()


def circuits_text(block: Block) -> str:
    """Return the built-in circuits for people."""
    lines = []
    for row in cast(Rows, block["circuits"]):
        size = row["size"]
        lines += [f"{row['name']}  ({size['reactions']} reactions, {size['species']} species by default)"]
        lines += [f"  {row['summary']}", f"  {row['reference']}", f"  data: {', '.join(row['datasets'])}"]
        for option in row["options"]:
            limits = option["limits"]
            allowed = ", ".join(option["choices"]) or (f"{limits[0]:g} to {limits[1]:g}" if limits else "")
            default = f"; default {option['default']}" if option["default"] else ""
            lines.append(f"    {option['name']:<13}{option['summary']} ({allowed}{default})")
    return "\n".join(lines)


def schemes_text(block: Block) -> str:
    """Return the schemes for people."""
    lines = []
    for row in cast(Rows, block["schemes"]):
        lines += [row["name"], f"  {row['summary']}", f"  carries: {row['arity']}"]
        lines += [f"  rates cannot be set: {row['rates']}"] if row["rates"] else ["  rates are set by concentrations"]
        lines += [f"  goes backwards: {row['undone']}"] if row["undone"] else []
        lines += [] if row["remote_toeholds"] else ["  right only without remote toeholds"]
        lines.append(f"  {row['reference']}")
    found = ", ".join(cast(list[str], block["library"])) or "none; Nuskell is not installed"
    lines += ["scheme files: --scheme path/to/it.ts, in Nuskell's language", f"  of Nuskell's library: {found}"]
    return "\n".join(lines)


def compile_text(block: Mapping[str, Any]) -> str:
    """Return a compilation for people."""
    formal, dna, scale = block["formal"], block["dna"], block["scale"]
    lines = [
        f"scheme      {block['scheme']}",
        f"formal      {formal['species']} species, {formal['reactions']} reactions",
        f"DNA         {dna['species']} species, {dna['reactions']} reactions, {dna['fuels']} fuels, {dna['signals']} signals",
        f"strands     {dna['strands']}, {dna['nucleotides']} nt, longest {dna['longest_strand_nt']} nt ({_whose(block)})",
        f"scale       1 formal unit = {format_si(scale['signal_M'], 'M')}, "
        + (
            f"times are not set: {scale['unset']}"
            if scale["unset"]
            else f"1 unit of time = {format_si(scale['time_s'], 's')}, gain {scale['gain']:.4g}"
        ),
        f"fuels at    {format_si(scale['fuel_M'], 'M')}",
        *_roles(block["orders"]),
    ]
    return "\n".join(lines + [f"note        {n}" for n in block["notes"]] + _files(block))


def _roles(orders: Mapping[str, list[str]]) -> list[str]:
    """Return who binds first, where that was a choice."""
    chosen = [f"{name}={','.join(order)}" for name, order in orders.items() if len(set(order)) > 1]
    more = f" and {len(chosen) - 6} more" if len(chosen) > 6 else ""
    return [f"binding     {'  '.join(chosen[:6])}{more} (first reactant first; --order fixes it)"] if chosen else []


def simulate_text(block: Mapping[str, Any]) -> str:
    """Return the last state of a simulation for people."""
    both = "dna_values" in block
    table = Table(
        "species", f"at {block['times'][-1]:g}" if block["times"] else "end", *(["at DNA level"] if both else [])
    )
    for i, species in enumerate(block["species"]):
        cells = [f"{block['values'][-1][i]:.6g}"] if block["values"] else ["-"]
        cells += [f"{block['dna_values'][-1][i]:.6g}"] if both and block["dna_values"] else []
        table.add_row(species, *cells)
    lines = [_plain(table), f"outcome: {block['outcome']}"]
    if block["max_relative_error"] is not None:
        lines.append(f"largest difference between the levels: {block['max_relative_error']:.3%} ({block['worst']})")
    return "\n".join(lines + _files(block))


def train_text(block: Mapping[str, Any]) -> str:
    """Return a training run for people."""
    levels: Mapping[str, Any] = block["levels"]
    table = Table("", *levels)
    epochs = max(len(v["train_loss"]) for v in levels.values())
    for i in range(epochs):
        table.add_row(f"train loss, epoch {i + 1}", *(_cell(v["train_loss"], i) for v in levels.values()))
    table.add_row("validation, in aliquots", *(_number(v["validation_loss"]) for v in levels.values()))
    table.add_row("validation, of parameters", *(_number(v["validation_loss_of_parameters"]) for v in levels.values()))
    if any(v["validation_accuracy"] is not None for v in levels.values()):
        table.add_row("validation, accuracy", *(_share(v["validation_accuracy"]) for v in levels.values()))
    if any("decision_map" in v for v in levels.values()):
        maps = [v.get("decision_map", {}).get("accuracy") for v in levels.values()]
        table.add_row("map, accuracy", *map(_share, maps))
    for name in next(iter(levels.values()))["parameters"]:
        table.add_row(name, *(f"{v['parameters'][name]:.4f}" for v in levels.values()))
    asked = block["made_by"]["options"]
    lines = [block["circuit"], *_about_data(block)]
    if "molecules" in asked:
        lines.append(f"by chance   {asked['molecules']} molecules for a formal unit, --method {asked['method']}")
    lines.append(_plain(table))
    lines += [f"prediction  {block['formula']}"] if "formula" in block else []
    for level, found in levels.items():
        if "confusion" in found:
            lines.append(_confusion(level, found["confusion"]))
    dna = levels.get("dna")
    if dna:
        if dna["reduction_error"] is not None:
            lines.append(f"reduced     intermediates left out, estimated relative error {dna['reduction_error']:.1%}")
        lines += [
            f"lab time    {dna['lab_time_s'] / 3600:.4g} h, {dna['pipetting_steps']} pipetting steps, "
            f"{dna['top_ups']} of them top-ups, "
            f"{dna['mixes']} mixes",
            f"fuels       lowest {dna['lowest_fuel_fraction']:.1%} of its start ({dna['lowest_fuel']})",
            f"strands     {format_si(dna['total_strand_M'], 'M')} in total at the end",
            f"bench       {block['bench']}",
        ]
    lines += [f"note        {n}" for n in block.get("notes", ())]
    return "\n".join([*lines, f"outcome: {block['outcome']}", *_files(block)])


def cost_text(block: Mapping[str, Any]) -> str:
    """Return counts and prices for people."""
    lines = []
    for row in block["schemes"]:
        if "price" not in row:
            lines += [f"{row['scheme']}: {o}" for o in row["objections"]]
            continue
        price, gates, buffers = row["price"], row["gates_only"], row["buffers"]
        mark = ", unverified" if price["unverified"] else ""
        lines += [
            f"{row['scheme']}: {row['strands']} strands, {row['nucleotides']} nt, longest {row['longest_strand_nt']} nt, "
            f"{row['fuels']} fuels ({_whose(block)} {row['lengths']})",
            f"  of these buffers: {buffers['strands']} strands, {buffers['nucleotides']} nt; "
            f"gates: {gates['strands']} strands, {gates['nucleotides']} nt",
            f"  {price['total']:.2f} {price['currency']} (prices of {price['table_date']}{mark}; {price['advice']})",
            *(f"  {o}" for o in row["objections"]),
        ]
    return "\n".join(lines + _files(block))


def build_text(block: Mapping[str, Any]) -> str:
    """Return a whole build for people."""
    inner = {**block, "files": None}
    trained = [train_text({**inner, "notes": ()})] if "levels" in block else []
    parts = [verdict_text(inner), compile_text(inner), *trained, cost_text(inner), "\n".join(summary_lines(block))]
    parts.append("\n".join(lab_lines(block)))
    return "\n\n".join([*filter(None, parts), "\n".join(_files(block))])


def doctor_block() -> Block:
    """Return what is installed."""
    needed = ("numpy", "scipy", "networkx", "matplotlib", "typer", "rich", "jinja2", "python-libsbml", "openpyxl")
    extras = {
        "nuskell": "reads and compares with Nuskell's own schemes",
        "viennarna": "folds strands and complexes, for the quality of sequences",
        "distributed": "spreads ensembles and sweeps over a cluster",
        "SALib": "says which inputs a loss depends on",
    }
    return {
        "strandwright": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": {name: _version(name) for name in needed},
        "extras": {name: {"version": _version(name), "use": use} for name, use in extras.items()},
    }


def doctor_text(block: Mapping[str, Any]) -> str:
    """Return what is installed for people."""
    lines = [f"strandwright {block['strandwright']} on Python {block['python']}, {block['platform']}"]
    lines += [f"  {name:<16}{version or 'MISSING'}" for name, version in block["packages"].items()]
    lines += [
        f"  {name:<16}{extra['version'] or 'not installed'} (optional: {extra['use']})"
        for name, extra in block["extras"].items()
    ]
    return "\n".join(lines)


def _whose(block: Mapping[str, Any]) -> str:
    """Return what lengths are called: assumed, or those of the sequences that a block tells of."""
    return "lengths of the sequences" if (block.get("sequences") or {}).get("file") else "assumed lengths"


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _files(block: Mapping[str, Any]) -> list[str]:
    return [f"wrote       {path}" for path in block.get("files") or ()]


def _plain(table: Table) -> str:
    console = Console(file=io.StringIO(), width=100, no_color=True, legacy_windows=False)
    console.print(table)
    return cast(io.StringIO, console.file).getvalue().rstrip()


def _cell(values: list[float], i: int) -> str:
    return f"{values[i]:.4f}" if i < len(values) else "-"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"


def _about_data(block: Mapping[str, Any]) -> list[str]:
    data = block.get("data")
    if not data:
        return []
    floor = data["loss_of_noise"]
    noise = f"; the function they were made with has the loss {floor:.4f} on them" if floor else ""
    return [f"data        {data['source']}, {data['samples']} samples{noise}"]


def _confusion(level: str, found: Mapping[str, Any]) -> str:
    """Return how often each class was taken for which."""
    table = Table(f"{level} level", *(f"taken for {c}" for c in found["classes"]))
    for name, row in zip(found["classes"], found["counts"], strict=True):
        table.add_row(name, *map(str, row))
    return _plain(table)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"

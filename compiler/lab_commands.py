"""The commands `order` and `mix`: what is bought for a circuit, and what is done with it.

Each takes a source or the folder of an earlier command, calls functions of `compiler.lab`, and shows or writes what came out.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from compiler import console
from compiler.api import CircuitError, Compiled, CompileOptions, Source, compile_crn, peak_amounts
from compiler.arguments import PricesOpt, RateOpt, Say, SetOpt, SourceArg
from compiler.blocks import rounded
from compiler.build_folder import is_folder, judged_at, open_folder
from compiler.lab import Plan, plan_of, shown_species, unplanned, with_reporters
from compiler.lab_files import FORMATS, mix_block, mix_files, mix_text, order_block, order_files, order_text
from compiler.lab_work import Work
from compiler.options import load_source, positive, shown_options
from compiler.output import to_json
from compiler.provenance import MadeBy, stamp
from compiler.sequence_commands import AutoLengthsOpt, StoredOpt, asked_lengths
from compiler.sequencing import find_stored, sequenced
from compiler.training_words import TrainingWords
from crn.neural.samples import Dataset
from crn.quantities import Dimension
from crn.text import read_text_file
from dsd.lab.annealing import Preparation
from dsd.lab.campaign import Setup
from dsd.lab.mixing import Pipetting
from dsd.lab.order_files import TableForm, read_mapping
from dsd.lab.scales import default_catalogue, read_catalogue

FormatOpt = Annotated[str, typer.Option("--format", help=f"{', '.join(FORMATS)}.")]
OnlyOpt = Annotated[str, typer.Option("--only", help="Only these strands: NAME,NAME.")]
MappingOpt = Annotated[str | None, typer.Option("--mapping", help="How the table of --format csv looks, a TOML file.")]
RowsOpt = Annotated[bool, typer.Option("--row-major", help="Fill plates along the rows.")]
RunsOpt = Annotated[int, typer.Option("--runs", min=1, max=1000, help="How many tubes are run; trials are made once.")]
VolumeOpt = Annotated[str, typer.Option("--volume", help="Of the tube at the start.")]
ReportOpt = Annotated[
    str, typer.Option("--report", help="Species that get a reporter: A,B or all; by default those of the outputs.")
]
PurifyOpt = Annotated[bool, typer.Option("--purify/--no-purify", help="Cut annealed gates from a gel.")]
EpochsOpt = Annotated[
    int | None, typer.Option("--epochs", min=1, max=10_000, help="Of the training that is planned for.")
]
DataOpt = Annotated[str | None, typer.Option("--data", help="What is trained on; by default the circuit's own data.")]
TopUpOpt = Annotated[
    str, typer.Option("--top-up", help="none, every-sample, or a file with columns complex,amount,unit.")
]
StockOpt = Annotated[
    list[str] | None,
    typer.Option("--stock", help="A file of the vendor's, or a table of stocks: true concentrations. May be repeated."),
]
StockAtOpt = Annotated[str, typer.Option("--stock-at", help="What dry strands are dissolved at.")]
TrialOpt = Annotated[str, typer.Option("--trial-volume", help="Of the tube of a trial.")]
PipetteOpt = Annotated[str, typer.Option("--pipette", help="The least volume that is pipetted.")]


def order_command(
    source: SourceArg,
    options: CompileOptions,
    say: Say,
    format_: FormatOpt = "idt-plate",
    only: OnlyOpt = "",
    mapping: MappingOpt = None,
    row_major: RowsOpt = False,
    runs: RunsOpt = 3,
    volume: VolumeOpt = "100uL",
    report: ReportOpt = "",
    purify: PurifyOpt = True,
    lengths: AutoLengthsOpt = "auto",
    stored: StoredOpt = None,
    data: DataOpt = None,
    epochs: EpochsOpt = None,
    top_up: TopUpOpt = "every-sample",
    set_: SetOpt = None,
    rate: RateOpt = None,
    prices: PricesOpt = None,
) -> None:
    """Write the order of a circuit's strands: plates, tubes, a table for any vendor, and prices."""
    if format_ not in FORMATS:
        raise CircuitError(f"--format is {', '.join(FORMATS)}, not {format_!r}")
    if mapping and format_ != "csv":
        raise CircuitError("--mapping goes with --format csv")
    form = read_mapping(read_text_file(mapping), mapping) if mapping else TableForm()
    catalogue = read_catalogue(prices) if prices else default_catalogue()
    setup = Setup(positive(volume, Dimension.VOLUME, "--volume"), runs, preparation=Preparation(purified=purify))
    asked = Asked(source, options, lengths, stored, data, epochs, top_up, report, set_, rate)
    work = asked.work(say, setup)
    wished = [n.strip() for n in only.split(",") if n.strip()]
    order = work.order(catalogue, format_, row_major, wished)
    made_by = _stamp(
        work,
        say,
        asked,
        {"format": format_, "only": only, "mapping": mapping, "row_major": row_major, "prices": prices},
    )
    notes = list(work.notes)
    if format_ == "idt-plate" and not order.plates:
        notes.append("nothing comes on a plate: too few strands of one scale; all are in the list of tubes")
    block = {**made_by.block(), **order_block(order), "notes": notes}
    say.out = say.out or _inside(source, "order")
    say.end(
        block,
        order_text,
        lambda: {**order_files(order, format_, form, made_by.line), "result.json": to_json(rounded(block))},
    )


def mix_command(
    source: SourceArg,
    options: CompileOptions,
    say: Say,
    stock: StockOpt = None,
    stock_at: StockAtOpt = "100uM",
    runs: RunsOpt = 3,
    volume: VolumeOpt = "100uL",
    trial_volume: TrialOpt = "50uL",
    pipette: PipetteOpt = "1uL",
    report: ReportOpt = "",
    purify: PurifyOpt = True,
    lengths: AutoLengthsOpt = "auto",
    stored: StoredOpt = None,
    data: DataOpt = None,
    epochs: EpochsOpt = None,
    top_up: TopUpOpt = "every-sample",
    set_: SetOpt = None,
    rate: RateOpt = None,
    prices: PricesOpt = None,
) -> None:
    """Write the bench sheets of a circuit: stocks, annealing, calibration, trials, the additions of its training."""
    setup = Setup(
        positive(volume, Dimension.VOLUME, "--volume"),
        runs,
        positive(trial_volume, Dimension.VOLUME, "--trial-volume"),
        Preparation(purified=purify),
        Pipetting(positive(pipette, Dimension.VOLUME, "--pipette")),
    )
    target = positive(stock_at, Dimension.CONCENTRATION, "--stock-at")
    catalogue = read_catalogue(prices) if prices else default_catalogue()
    asked = Asked(source, options, lengths, stored, data, epochs, top_up, report, set_, rate)
    work = asked.work(say, setup)
    order = work.order(catalogue)
    stocks = work.stocks(order, stock or [], target)
    campaign = work.campaign(stocks)
    readings = work.readings()
    shown = {"stock": ",".join(stock or ()), "stock_at": stock_at, "trial_volume": trial_volume, "pipette": pipette}
    made_by = _stamp(work, say, asked, shown)
    notes = work.notes
    block = {**made_by.block(), **mix_block(campaign, readings), "notes": list(notes)}
    say.out = say.out or _inside(source, "mix")
    say.end(
        block,
        mix_text,
        lambda: {
            **mix_files(campaign, work.sequences, work.source.name, made_by.line, readings, notes),
            "result.json": to_json(rounded(block)),
        },
    )


def _inside(source: str, name: str) -> Path:
    """Return where a command writes that was not told: inside the folder that it works on."""
    if not is_folder(source):
        raise CircuitError(f"{name} writes a folder: name it with -o DIR")
    return Path(source) / name


@dataclass(frozen=True, slots=True)
class Asked:
    """What both commands were asked for, as it was typed."""

    source: str
    options: CompileOptions
    lengths: str
    stored: str | None
    data: str | None
    epochs: int | None
    top_up: str
    report: str
    set_: list[str] | None
    rate: list[str] | None

    def work(self, say: Say, setup: Setup) -> Work:
        """Compile, sequence, and plan the training."""
        options, stored, seed = self.options, self.stored, say.seed
        words = TrainingWords(data=self.data, epochs=self.epochs, top_up=self.top_up)
        if is_folder(self.source):
            folder = open_folder(self.source)
            source, options, seed = folder.source, folder.options, folder.seed
            stored = stored or self.source
            # What the folder was trained with holds unless something else is asked for.
            words = dataclasses.replace(
                folder.words,
                data=self.data or folder.words.data,
                epochs=self.epochs or folder.words.epochs,
                top_up=self.top_up if self.top_up != "every-sample" else folder.words.top_up,
            )
        else:
            source = load_source(self.source, self.rate, self.set_)
        sets = None
        if _has_data(source, words):
            source, sets = words.sets(source, seed)
        there = find_stored(stored, say.out)
        with console.Meter(quiet=say.quiet or say.as_json) as meter:
            found = sequenced(
                lambda o: _compiled(source, sets, o), options, asked_lengths(self.lengths), there, progress=meter.step
            )
        if there is not None:
            setup = dataclasses.replace(setup, conditions=judged_at(there.path))
        plan = Plan(source.circuit)
        if sets is not None:
            regime = words.regime(source)
            plan = plan_of(found.compiled, source.learning, sets[0], words.times(source), words.mix, regime.schedule)
        named = [n.strip() for n in self.report.split(",") if n.strip()]
        species = shown_species(found.compiled, source.circuit, named)
        sequences, reporters = with_reporters(found.compiled, found.sequences, species)
        notes = (*found.notes, *unplanned(found.compiled, source.circuit))
        return Work(source, found, sequences, reporters, plan, setup, notes)


def _has_data(source: Source, words: TrainingWords) -> bool:
    if source.circuit is None:
        if words.about_data:
            raise CircuitError(f"{source.name} has no ports, so there is nothing to train")
        return False
    return words.data is not None or bool(source.family and source.family.datasets)


def _compiled(source: Source, sets: tuple[Dataset, Dataset | None] | None, options: CompileOptions) -> Compiled:
    if source.circuit is None or sets is None:
        return compile_crn(source.crn, options)
    return compile_crn(source.crn, options, peak_amounts(source.circuit, [d for d in sets if d is not None]))


def _stamp(work: Work, say: Say, asked: Asked, more: Mapping[str, object]) -> MadeBy:
    """Return how the output was made."""
    setup = work.setup
    shown: dict[str, object] = {
        "source": work.source.name,
        "lengths": asked.lengths,
        "runs": setup.runs,
        "volume_L": f"{setup.volume_L:g}",
        "purify": setup.preparation.purified,
        "report": asked.report,
        "data": asked.data,
        "epochs": work.plan.epochs if work.plan.data is not None else None,
        "top_up": asked.top_up,
        "set": ",".join(asked.set_ or ()),
        "rate": ",".join(asked.rate or ()),
    }
    options = {**shown_options(work.compiled.options), **shown, **more}
    return stamp(say.command, work.source.sha256, options, say.seed, work.compiled.pipeline)

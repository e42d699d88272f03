"""The commands `order` and `mix`: what is bought for a circuit, and what is done with it.

Each takes a source or the folder of an earlier command, calls functions of `compiler.lab`, and shows or writes what came out.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from compiler import console
from compiler.api import CircuitError, Compiled, CompileOptions, Source, compile_crn, peak_amounts
from compiler.arguments import PricesOpt, RateOpt, Say, SetOpt, SourceArg
from compiler.blocks import rounded
from compiler.build_folder import is_folder, open_folder
from compiler.lab import (
    Plan,
    bench_circuit,
    groups_of,
    needs_of,
    peak_of,
    plan_of,
    shown_species,
    untrained,
    with_reporters,
)
from compiler.lab_files import FORMATS, mix_block, mix_files, mix_text, order_block, order_files, order_text
from compiler.options import load_source, positive, shown_options
from compiler.output import to_json
from compiler.provenance import MadeBy, stamp
from compiler.sequence_commands import AutoLengthsOpt, StoredOpt, asked_lengths
from compiler.sequencing import Sequenced, find_stored, sequenced
from compiler.training_words import TrainingWords
from crn.diagnostics import Diagnostic
from crn.neural.samples import Dataset
from crn.quantities import Dimension
from crn.text import read_text_file
from dsd.lab.annealing import Preparation
from dsd.lab.campaign import Campaign, Setup, plan_campaign
from dsd.lab.mixing import Pipetting
from dsd.lab.order_files import TableForm, read_mapping
from dsd.lab.orders import Order, make_order
from dsd.lab.reporters import Reporter
from dsd.lab.scales import Catalogue, Vessel, default_catalogue, read_catalogue
from dsd.lab.vendor_files import Stock, assumed_stocks, read_delivery, stocks_of
from dsd.sequences import Sequences

FormatOpt = Annotated[str, typer.Option("--format", help=f"{', '.join(FORMATS)}.")]
OnlyOpt = Annotated[str, typer.Option("--only", help="Only these strands: NAME,NAME.")]
MappingOpt = Annotated[str | None, typer.Option("--mapping", help="How the table of --format csv looks, a TOML file.")]
RowsOpt = Annotated[bool, typer.Option("--row-major", help="Fill plates along the rows.")]
RunsOpt = Annotated[int, typer.Option("--runs", min=1, max=1000, help="How often everything is done.")]
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
    made_by = work.stamp(
        say,
        "order",
        asked,
        {"format": format_, "only": only, "mapping": mapping, "row_major": row_major, "prices": prices},
    )
    notes = list(work.sequenced.notes)
    if format_ == "idt-plate" and not order.plates:
        notes.append("nothing comes on a plate: too few strands of one scale; all are in the list of tubes")
    block = {**made_by.block(), **order_block(order), "notes": notes}
    say.out = say.out or _inside(source, "order")
    say.end(block, order_text, lambda: {**order_files(order, format_, form), "result.json": to_json(rounded(block))})


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
    readings = untrained(work.compiled, work.reporters, work.plan, work.peak_M)
    shown = {"stock": ",".join(stock or ()), "stock_at": stock_at, "trial_volume": trial_volume, "pipette": pipette}
    made_by = work.stamp(say, "mix", asked, shown)
    notes = work.sequenced.notes
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
        sets = words.sets(source, seed) if _has_data(source, words) else None
        with console.Meter(quiet=say.quiet or say.as_json) as meter:
            found = sequenced(
                lambda o: _compiled(source, sets, o),
                options,
                asked_lengths(self.lengths),
                find_stored(stored, say.out),
                progress=meter.step,
            )
        usual = source.family.epochs if source.family is not None else 5
        mix = words.top_up if words.top_up in ("none", "every-sample") else console.read_mix(words.top_up)
        plan = plan_of(found.compiled, source.circuit, sets[0] if sets else None, words.epochs or usual, mix)
        named = [n.strip() for n in self.report.split(",") if n.strip()]
        species = shown_species(found.compiled, source.circuit, named)
        sequences, reporters = with_reporters(found.compiled, found.sequences, species)
        return Work(source, found, sequences, reporters, plan, setup)


@dataclass(frozen=True, eq=False)
class Work:
    """A circuit that is ready to be ordered and mixed."""

    source: Source
    sequenced: Sequenced
    sequences: Sequences
    reporters: tuple[Reporter, ...]
    plan: Plan
    setup: Setup

    @property
    def compiled(self) -> Compiled:
        """With the lengths of the sequences."""
        return self.sequenced.compiled

    @property
    def peak_M(self) -> float:  # noqa: N802  # a unit
        """The largest amount of a signal."""
        return peak_of(self.compiled, self.plan)

    def order(
        self, catalogue: Catalogue, form: str = "idt-plate", by_rows: bool = False, only: Sequence[str] = ()
    ) -> Order:
        """Return the order."""
        title = (self.source.circuit.name if self.source.circuit else Path(self.source.name).stem).split(":")[0]
        vessels = (Vessel.TUBE,) if form == "idt-tube" else tuple(Vessel)
        return make_order(
            self.sequences,
            needs_of(self.compiled, self.sequences, self.reporters, self.plan, self.setup, self.peak_M),
            groups_of(self.compiled, self.reporters),
            catalogue,
            runs=self.setup.runs,
            vessels=vessels,
            # A sheet may be called by 31 letters; scale and number take eleven.
            title=title[:18],
            by_rows=by_rows,
            only=only,
        )

    def stocks(self, order: Order, files: Sequence[str], target_M: float) -> dict[str, Stock]:
        """Return the stocks: those that the vendor's files say, or, without any file, what was ordered."""
        if not files:
            placed = {name: (p.name, well) for p in order.plates for well, name in p.wells}
            return assumed_stocks(self.sequences, placed, target_M)
        pieces = {piece: line.strand.name for line in order.lines for piece in line.pieces}
        found: dict[str, Stock] = {}
        for path in files:
            try:
                data = Path(path).read_bytes()
            except OSError as error:
                raise CircuitError(f"{path} cannot be read: {error.strerror or error}") from None
            mine = stocks_of(read_delivery(data, path, self.sequences, pieces), pieces, target_M)
            twice = [n for n in mine if n in found]
            if twice:
                raise CircuitError(Diagnostic(f"{path}: {twice[0]} stands in an earlier file too"))
            found |= mine
        return found

    def campaign(self, stocks: Mapping[str, Stock]) -> Campaign:
        """Return the plan of everything that is prepared and pipetted."""
        return plan_campaign(
            bench_circuit(self.compiled, self.sequences, self.reporters, self.plan), stocks, self.setup
        )

    def stamp(self, say: Say, command: str, asked: Asked, more: Mapping[str, object]) -> MadeBy:
        """Return how the output was made."""
        setup = self.setup
        shown: dict[str, object] = {
            "source": self.source.name,
            "lengths": asked.lengths,
            "runs": setup.runs,
            "volume_L": f"{setup.volume_L:g}",
            "purify": setup.preparation.purified,
            "report": asked.report,
            "data": asked.data,
            "epochs": self.plan.epochs if self.plan.data is not None else None,
            "top_up": asked.top_up,
            "set": ",".join(asked.set_ or ()),
            "rate": ",".join(asked.rate or ()),
        }
        options = {**shown_options(self.compiled.options), **shown, **more}
        return stamp(command, self.source.sha256, options, say.seed, self.compiled.pipeline)


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

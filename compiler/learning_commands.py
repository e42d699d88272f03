"""Commands about circuits that learn: train, build, demo.

Each reads its words, calls functions of `compiler.api`, and shows or writes what came out.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from compiler import console
from compiler.api import (
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
)
from compiler.arguments import LevelOpt, PricesOpt, RateOpt, Say, SetOpt, SourceArg
from compiler.blocks import Block, rounded, train_block, training_csv
from compiler.build import Build, build
from compiler.design_point import DesignOpt, read_point
from compiler.lab_work import LabFolder
from compiler.options import load_source, shown_options
from compiler.output import to_json
from compiler.provenance import MadeBy, stamp
from compiler.sequence_commands import AutoLengthsOpt, SequencesOpt, WantedSequences, asked_lengths
from compiler.training_words import TrainingWords
from crn.diagnostics import Diagnostic
from crn.neural.samples import Dataset
from dsd.lab.cost import PriceTable, default_prices, read_prices
from dsd.lab.scales import Catalogue, default_catalogue, read_catalogue


def train_command(
    source: SourceArg,
    words: TrainingWords,
    options: CompileOptions,
    say: Say,
    level: LevelOpt = "both",
    set_: SetOpt = None,
    rate: RateOpt = None,
) -> None:
    """Train a circuit, abstract, as DNA, or both side by side."""
    found = load_source(source, rate, set_)
    found, sets = words.sets(found, say.seed)
    result, timing = _train(say, found, sets, words, options, level)
    shown = {"source": source, "level": level, **words.shown(), "set": ",".join(set_ or ())}
    pipeline = str(options.pipeline) if level != "formal" else ""
    made_by = stamp("train", found.sha256, {**shown, **shown_options(options)}, say.seed, pipeline)
    block = {**made_by.block(), **train_block(result, found.notes, sets[0])}
    say.end(
        block,
        console.train_text,
        lambda: {
            "result.json": to_json(rounded(block)),
            "training.csv": training_csv(result, sets[0], made_by.line),
            "training.html": _drawn(result, sets, made_by, source, found.notes),
        },
        0 if result.outcome.ok else 3,
        timing,
    )


def build_command(
    words: TrainingWords,
    options: CompileOptions,
    say: Say,
    source: SourceArg = "",
    design: DesignOpt = "",
    lengths: AutoLengthsOpt = "auto",
    sequences: SequencesOpt = "auto",
    set_: SetOpt = None,
    rate: RateOpt = None,
    prices: PricesOpt = None,
) -> None:
    """Compile, verify, train, count and price a circuit, and write it all into the folder that -o names."""
    if say.out is None:
        raise CircuitError("build writes a folder: name it with -o DIR")
    if design:
        if source or rate or set_ or lengths != "auto" or options != CompileOptions() or words.sampled or say.seed:
            advice = "name the design alone, or type its words, which stand in its row, and change them"
            raise CircuitError(Diagnostic("a design says its circuit, scheme, scale and data itself", advice=advice))
        point = read_point(design)
        source, options, set_, say.seed = point.source, point.options, list(point.set_), point.seed
        words, lengths = dataclasses.replace(words, **dataclasses.asdict(point.words)), point.lengths or lengths
    if not source:
        raise CircuitError("build needs a circuit: a source, or --design FILE:NUMBER")
    shown = {"source": source, **words.shown(), "set": ",".join(set_ or ()), "rate": ",".join(rate or ())}
    shown |= {"prices": prices, "sequences": sequences if sequences != "auto" else None}
    tables = Tables.of(prices)
    found = load_source(source, rate, set_)
    if found.circuit is None and words.about_data:
        raise CircuitError(f"{found.name} has no ports, so there is nothing to train")
    sets = None
    if found.circuit is not None:
        found, sets = words.sets(found, say.seed)
    wanted = WantedSequences(sequences, asked_lengths(lengths))
    _build_all(say, found, sets, words, tables, options, shown, wanted)


def demo_command(say: Say) -> None:
    """Train the minimal linear regression on the authors' 41 + 101 points at both levels; verify, count and price it."""
    say.out = say.out or Path("strandwright-demo")
    found = load("linear-regression")
    words = TrainingWords()
    found, sets = words.sets(found, say.seed)
    wanted = WantedSequences("no", None)
    _build_all(say, found, sets, words, Tables.of(None), CompileOptions(), {"source": found.name}, wanted)


@dataclasses.dataclass(frozen=True, slots=True)
class Tables:
    """What a build prices by: one file for what strands cost, and for what they are ordered by."""

    prices: PriceTable
    catalogue: Catalogue

    @classmethod
    def of(cls, path: str | None) -> Tables:
        """Read a user's file, or take the one that comes with the program."""
        if path is None:
            return cls(default_prices(), default_catalogue())
        return cls(read_prices(path), read_catalogue(path))


def _build_all(
    say: Say,
    found: Source,
    sets: tuple[Dataset, Dataset | None] | None,
    words: TrainingWords,
    tables: Tables,
    options: CompileOptions,
    shown: dict[str, object],
    wanted: WantedSequences,
) -> NoReturn:
    options, sequenced, reason = wanted.design(lambda o: _compiled(found, sets, o), options, say)
    training, timing = _train(say, found, sets, words, options) if sets else (None, {})
    data, validation = sets or (None, None)
    dna = training.dna if training is not None else None
    compiled = dna.compiled if dna is not None else _compiled(found, sets, options)
    if sequenced is not None:
        sequenced = dataclasses.replace(sequenced, compiled=compiled)
    made_by = stamp(say.command, found.sha256, {**shown, **shown_options(options)}, say.seed, compiled.pipeline)
    lab = None
    if sequenced is not None:
        lab = LabFolder.of(found, sequenced, dna, data, words, tables.catalogue)
    result = build(
        found, compiled, estimate(compiled, tables.prices), made_by, training, data, validation, sequenced, reason, lab
    )
    wrong = result.verdict.answer is Answer.DIFFERENT
    say.end(
        result.block(),
        console.build_text,
        lambda: {**result.files(), **result.lab_files(), "report.html": _reported(result)},
        1 if wrong else 0,
        timing,
    )


def _drawn(
    result: Training, sets: tuple[Dataset, Dataset | None], made_by: MadeBy, source: str, notes: Sequence[str]
) -> str:
    from compiler.report.learning import training_html  # draws, and drawing is slow to load

    return training_html(result, *sets, made_by, source, notes)


def _reported(result: Build) -> str:
    from compiler.report.page import report_html  # draws, and drawing is slow to load

    return report_html(result)


def _compiled(found: Source, sets: tuple[Dataset, Dataset | None] | None, options: CompileOptions) -> Compiled:
    """Compile what was not trained as DNA, with the amounts that its data would ask for."""
    if found.circuit is None or sets is None:
        return compile_crn(found.crn, options)
    return compile_crn(found.crn, options, peak_amounts(found.circuit, [d for d in sets if d is not None]))


def _train(
    say: Say,
    found: Source,
    sets: tuple[Dataset, Dataset | None],
    words: TrainingWords,
    options: CompileOptions,
    level: str = "both",
) -> tuple[Training, Block]:
    with console.Meter(quiet=say.quiet or say.as_json) as meter:
        result = words.train(found, sets, options, level, say.seed, meter.step)
    return result, {f"{name}_s": spent for name, spent in meter.spent.items()}

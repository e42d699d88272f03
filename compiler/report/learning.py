"""What was learned, for the report of a build and as a page of its own: drawings, and the tables beside them.

How a page looks is the business of the templates beside this file; every number is one of the training's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from compiler.api import DnaRun, Training
from compiler.provenance import MadeBy
from compiler.report import decisions, figures
from compiler.report.tables import fuel_table, learning_tables, levels
from compiler.report.wording import bench_words, percent
from crn.massaction import Vector
from crn.neural.samples import Dataset, inputs, targets


@dataclass(frozen=True, slots=True)
class Drawing:
    """A figure and what it shows."""

    svg: Markup
    caption: str


def page_environment() -> Environment:
    """Return what fills the templates of the pages in."""
    return Environment(
        loader=PackageLoader("compiler", "report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def training_html(
    training: Training,
    data: Dataset,
    validation: Dataset | None,
    made_by: MadeBy,
    source: str,
    notes: Sequence[str] = (),
) -> str:
    """Return the page of a training run; the same run gives the same bytes."""
    return (
        page_environment()
        .get_template("training.html.j2")
        .render(
            name=training.circuit.name,
            source=source,
            data=data,
            validation=validation,
            bench=bench_words(training) if training.dna else None,
            training=training,
            learning=learning_tables(training),
            both=len(levels(training)) == 2,
            drawings=learning_drawings(training, data, validation),
            fuels=fuel_table(training.dna) if training.dna else None,
            notes=notes,
            made_by=made_by.block()["made_by"],
            command=made_by.command,
        )
    )


def learning_drawings(
    training: Training, data: Dataset | None = None, validation: Dataset | None = None
) -> list[Drawing]:
    """Return the figures that there is something to show in."""
    runs, names = levels(training), training.circuit.parameter_names
    found: list[tuple[str, str]] = []
    if any(r.train_loss for r in runs.values()):
        svg = figures.learning_curves(
            {level: r.train_loss for level, r in runs.items()},
            {level: r.validation_loss for level, r in runs.items()},
            {level: r.validation_curve for level, r in runs.items()},
            "learning",
        )
        found.append(
            (svg, "Loss per epoch, read in the tube before each update; validation in aliquots after the last.")
        )
    if names and any(len(r.parameters) > 1 for r in runs.values()):
        epoch = len(data) if data is not None else 0
        svg = figures.parameter_paths(names, {level: r.parameters for level, r in runs.items()}, epoch, "parameters")
        how = "; the DNA level runs thin on top of the formal level" if len(runs) == 2 else ""
        found.append((svg, f"Every parameter after every sample{how}."))
    if training.dna is not None and training.dna.fuels and len(training.dna.fractions) > 1:
        dna = training.dna
        svg = figures.fuel_levels(_sample_hours(training, dna), dna.fractions, dna.fuels, dna.lowest_fuel, "fuels")
        lowest = f"The lowest at the end of any phase is {dna.lowest_fuel} with {percent(dna.lowest_fuel_fraction)} of its start."
        found.append((svg, f"All {len(dna.fuels)} fuels and buffers at the end of every sample. {lowest}"))
    if validation is not None and any(r.validation_predictions.size for r in runs.values()):
        truth = targets(training.circuit, validation)
        svg = figures.predictions(truth, {n: r.validation_predictions for n, r in runs.items()}, "predictions")
        found.append((svg, f"The {len(truth)} validation samples, each in an aliquot of the trained tube."))
        found += _decided(training, validation)
    return [Drawing(Markup(svg), caption) for svg, caption in found]


def _decided(training: Training, validation: Dataset) -> list[tuple[str, str]]:
    """Return what a classifier decides on the validation data, and between them, at every level."""
    found = []
    for level, run in levels(training).items():
        decided = run.decisions
        if decided is None:
            continue
        names, total = decided.classes.names, int(decided.confusion.sum())
        svg = decisions.confusion_matrix(decided.confusion, names, level, f"confusion-{level}")
        found.append((svg, f"{percent(decided.accuracy)} of {total} validation samples are taken for what they are."))
        if decided.map is not None:
            x, truth = inputs(training.circuit, validation), decided.classes.of(targets(training.circuit, validation))
            key, ports = f"map-{level}", training.circuit.input_names
            svg = decisions.decision_map(decided.map.grid, decided.map.classes, x, truth, names, ports, level, key)
            right = decided.map.accuracy
            share = f" {percent(right)} of the points whose class is known are right." if right is not None else ""
            how = (
                "aliquots of the trained tube"
                if decided.map.source == "aliquots"
                else "the trained parameters by formula"
            )
            found.append((svg, f"What every point is taken for, by {how}, and the validation samples.{share}"))
    return found


def _sample_hours(training: Training, dna: DnaRun) -> Vector:
    """Return the time in the laboratory before the first sample and at the end of every one, in h."""
    return np.arange(len(dna.fractions), dtype=np.float64) * (
        training.circuit.sample_time * dna.compiled.scale.time_s / 3600
    )

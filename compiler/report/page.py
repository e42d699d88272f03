"""The report of a build: one page of HTML with everything in it, to be read, printed and passed on.

Here the parts are put together: key figures, drawings, and the tables of `compiler.report.tables`. How they look is the business
of the templates beside this file, and nothing is found out here: every number is one of the build's own.
"""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from compiler.build import Build
from compiler.report.learning import Drawing, learning_drawings, page_environment
from compiler.report.pictures import pictures
from compiler.report.sequence_tables import quality_tables, sequence_table
from compiler.report.structure import structure_tables
from compiler.report.tables import (
    cost_tables,
    counts_table,
    fuel_table,
    interpretation_table,
    learning_tables,
    levels,
    network_tables,
    strands_table,
)
from compiler.report.wording import (
    amount,
    bench_words,
    hours,
    number,
    percent,
    price_words,
    priced_words,
    verdict_words,
)
from crn.network import CRN
from crn.quantities import format_si
from dsd.lab.cost import ADVICE


@dataclass(frozen=True, slots=True)
class Fact:
    """A figure that matters, with a remark."""

    name: str
    value: str
    remark: str


def report_html(build: Build) -> str:
    """Return the page; the same build gives the same bytes.

    Parameters
    ----------
    build : Build
    """
    compiled, training, estimate = build.compiled, build.training, build.estimate
    return (
        page_environment()
        .get_template("report.html.j2")
        .render(
            name=build.source.circuit.name if build.source.circuit else build.source.name,
            source=build.source.name,
            verdict=build.verdict,
            verdict_line=verdict_words(build.verdict),
            bench=bench_words(training),
            facts=_facts(build),
            training=training,
            learning=learning_tables(training) if training else (),
            both=training is not None and len(levels(training)) == 2,
            drawings=learning_drawings(training, build.data, build.validation) if training else (),
            fuels=fuel_table(training.dna) if training and training.dna else None,
            counts=counts_table(estimate.inventory),
            price=estimate.price,
            price_line=price_words(estimate.price),
            priced=priced_words(estimate),
            advice=ADVICE,
            costs=cost_tables(estimate.price),
            lengths=compiled.options.lengths,
            network=network_tables(compiled),
            pictures=[Drawing(Markup(p.svg), p.caption) for p in pictures(compiled)],
            structure=structure_tables(build.source),
            strands=strands_table(estimate),
            sequences=sequence_table(build.sequenced.sequences) if build.sequenced else None,
            quality=quality_tables(build.sequenced) if build.sequenced else (),
            without_sequences=build.without_sequences,
            interpretation=interpretation_table(compiled.system),
            dose=amount(compiled.scale.dose),
            notes=(
                *build.source.notes,
                *compiled.state.notes,
                *(build.sequenced.notes if build.sequenced else ()),
            ),
            made_by=build.made_by.block()["made_by"],
            command=build.made_by.command,
        )
    )


def _facts(build: Build) -> list[tuple[str, list[Fact]]]:
    """Return the key figures, in groups."""
    compiled, training, total = build.compiled, build.training, build.estimate.inventory.total
    scale = compiled.scale
    groups = [
        (
            "Size",
            [
                Fact("formal level", *_size(compiled.state.formal)),
                Fact("DNA level", *_size(compiled.system.as_crn())),
                Fact(
                    "to order",
                    f"{total.strands} strands",
                    f"{total.nucleotides} nt, the longest {total.longest_strand_nt} nt",
                ),
                Fact("price", price_words(build.estimate.price), ADVICE),
            ],
        ),
        (
            "Scale",
            [
                Fact("one formal unit (c₀)", amount(scale.physical.signal_M), "of a free species"),
                Fact("one formal unit of time", "not set", scale.unset)
                if scale.unset
                else Fact("one formal unit of time", f"{number(scale.time_s)} s", format_si(scale.time_s, "s")),
                Fact("gain", number(scale.gain), f"one formal unit is pipetted as {amount(scale.dose)}"),
                Fact("fuels at the start", amount(scale.physical.fuel_M), f"each; {total.fuels} fuels"),
            ],
        ),
    ]
    if training is not None and training.dna is not None:
        dna = training.dna
        length = training.circuit.sample_time
        facts = [
            Fact(
                "lab time",
                hours(dna.lab_time_s),
                f"{format_si(length * scale.time_s, 's')} ({number(length)} formal units) a sample",
            ),
            Fact("lowest fuel", f"{percent(dna.lowest_fuel_fraction)} of its start", dna.lowest_fuel),
            Fact("pipetting steps", str(dna.additions), "top-ups included"),
            Fact("top-ups", str(dna.top_ups), "of one mix, planned beforehand" if dna.top_ups else "no fuel is added"),
            Fact("all strands together", amount(dna.total_strand_M), "at the end, when there are most"),
            Fact("highest fuel", amount(dna.highest_fuel_M), "of any one"),
        ]
        groups.append((f"Training at DNA level: {len(dna.run.supply) - 1} samples", facts))
    return groups


def _size(crn: CRN) -> tuple[str, str]:
    return f"{len(crn.species)} species", f"{len(crn.reactions)} reactions"

"""The tables of the report about sequences: hard constraints, figures of quality, toeholds, and what every strand reads.

Every number is one of the design's own. How a table looks is the business of the template.
"""

from __future__ import annotations

from compiler.report.tables import Table
from compiler.report.wording import NONE
from compiler.sequencing import Sequenced
from dsd.sequences import Sequences
from dsd.sequences.design import Design
from dsd.sequences.metrics_of_energy import toehold_energies
from dsd.sequences.quality import Quality


def quality_tables(found: Sequenced) -> tuple[Table, ...]:
    """Return the constraints, the figures of quality and the toeholds; nothing for sequences that came from a file."""
    if found.design is None or found.quality is None:
        return ()
    return (_constraints(found.design), _metrics(found.quality), _toeholds(found.design))


def sequence_table(sequences: Sequences) -> Table:
    """Return what every strand reads, with what the vendor attaches."""
    return Table(
        "Sequences from 5′ to 3′, domains apart",
        ("name", "#length, nt", "sequence", "ordered"),
        tuple(
            (
                s.name,
                str(s.strand.length),
                " ".join(p for p in (s.five_prime, *sequences.pieces(s.strand), s.three_prime) if p),
                "yes" if s.ordered else "no",
            )
            for s in sequences.strands
        ),
    )


def _constraints(design: Design) -> Table:
    conditions = design.job.conditions
    return Table(
        f"Hard constraints, at {conditions.temperature_C:g} °C, {1000 * conditions.sodium_M:g} mM Na⁺ and "
        f"{1000 * conditions.magnesium_M:g} mM Mg²⁺",
        ("rule", "verdict", "#found", "#allowed", "unit", "the worst of all"),
        tuple(
            (c.rule, "obeyed" if c.passed else "broken", f"{c.value:.3g}", f"{c.limit:.3g}", c.unit, c.words)
            for c in design.checks
        ),
    )


def _metrics(quality: Quality) -> Table:
    missing = "" if quality.folded else "; nothing was folded, because ViennaRNA is not installed"
    return Table(
        f"Quality, by the names that Piperine and nuad use{missing}",
        ("figure", "named by", "verdict", "meaning"),
        tuple((m.name, m.of, m.verdict, m.meaning) for m in quality.metrics),
    )


def _toeholds(design: Design) -> Table:
    targets = design.targets
    supply = "; ".join(
        f"{s.length_nt} nt: {s.candidates} words in the window, {s.most} of them far enough apart"
        for s in design.supplies
    )
    rows = []
    for t in toehold_energies(design.sequences, design.job.rules, design.job.conditions):
        target = targets.get(len(t.sequence))
        against = (NONE, NONE) if target is None else (f"{target:.2f}", f"{t.energy - target:+.2f}")
        rows.append((t.name, t.sequence, f"{t.energy:.2f}", *against, f"{t.in_context:.2f}"))
    return Table(
        f"Toeholds on their complements against the design energy, in kcal/mol ({supply})",
        ("toehold", "sequence", "#energy", "#design", "#difference", "#between clamps"),
        tuple(rows),
    )

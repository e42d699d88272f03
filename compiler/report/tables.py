"""The tables of the report: the figures of a build as rows of text.

Every number is one of the build's own, and nothing is found out here. How a table looks is the business of the template.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from compiler.api import Compiled, DnaRun, Estimate, Training
from compiler.report.wording import NONE, amount, deviation, loss, number, percent
from crn.network import CRN, Reaction, Units
from crn.neural.training import TrainingRun
from dsd.lab.cost import UNVERIFIED, Price
from dsd.lab.inventory import Counts, Inventory
from dsd.schemes import Role
from dsd.system import DsdSystem

FORMAL, DNA = "formal", "DNA"
"""The names of the two levels."""

MOST_EPOCHS = 20
"""Rows of the table of losses; of a longer run evenly chosen epochs are shown."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of texts.

    Attributes
    ----------
    caption : str
    heads : tuple of str
        One that begins with ``#`` stands over numbers.
    rows : tuple of tuple of str
        The first cell is the head of its row.
    """

    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def __post_init__(self) -> None:
        if any(len(row) != len(self.heads) for row in self.rows):
            raise ValueError(f"a row of the table {self.caption!r} is too short or too long")


def levels(training: Training) -> dict[str, TrainingRun]:
    """Return the runs that there are, by the name of their level."""
    runs = ((FORMAL, training.formal), (DNA, training.dna.run if training.dna else None))
    return {level: run for level, run in runs if run is not None}


def learning_tables(training: Training) -> tuple[Table, ...]:
    """Return the losses and the parameters, level beside level."""
    runs = levels(training)
    heads = tuple(f"#{level} level" for level in runs) + (("#relative difference",) if len(runs) == 2 else ())
    epochs = max((len(r.train_loss) for r in runs.values()), default=0)
    shown = np.unique(np.linspace(0, epochs - 1, min(epochs, MOST_EPOCHS)).round().astype(int)).tolist()
    losses = {
        f"training, epoch {i + 1}": [r.train_loss[i] if i < len(r.train_loss) else None for r in runs.values()]
        for i in shown
    }
    losses["validation in aliquots"] = [r.validation_loss for r in runs.values()]
    losses["validation of the parameters"] = [r.validation_of_parameters for r in runs.values()]
    some = f"; {len(shown)} of {epochs} epochs, all are in result.json" if len(shown) < epochs else ""
    caption = f"Loss: mean of ½ (prediction − target)², in the target’s units squared{some}"
    found = [Table(caption, ("", *heads), tuple((name, *_compared(v)) for name, v in losses.items()))]

    decided = {level: r.decisions for level, r in runs.items()}
    if any(decided.values()):
        maps = {level: d.map.accuracy if d and d.map else None for level, d in decided.items()}
        shares = (
            ("validation samples", [d.accuracy if d else None for d in decided.values()]),
            ("points of the map whose class is known", list(maps.values())),
        )
        found.append(
            Table(
                "Share of what is taken for what it is",
                ("", *(f"#{level} level" for level in runs)),
                tuple((name, *(NONE if v is None else percent(v) for v in row)) for name, row in shares),
            )
        )
    names = training.circuit.parameter_names
    if names and runs:
        unit = training.dna.compiled.scale.physical.signal_M if training.dna else None
        first = next(iter(runs.values()))
        found.append(
            Table(
                "Learned parameters, in formal units, as read after the last sample"
                + (f"; prediction = {training.circuit.formula}" if training.circuit.formula else ""),
                ("parameter", "#at the start", *heads, *(("#DNA level, times c₀",) if unit is not None else ())),
                tuple(
                    (
                        name,
                        loss(float(first.parameters[0, i])),
                        *_compared([r.final[i] for r in runs.values()]),
                        *((amount(runs[DNA].final[i] * unit),) if unit is not None else ()),
                    )
                    for i, name in enumerate(names)
                ),
            )
        )
    return tuple(found)


def _compared(values: Sequence[float | None]) -> tuple[str, ...]:
    """Return the values and, if there are two levels, how far the second is from the first."""
    return (*map(loss, values), *((deviation(*values),) if len(values) == 2 else ()))


def fuel_table(dna: DnaRun) -> Table:
    """Return what becomes of every fuel, and what is added of it."""
    mix = {c.name: m for c, m in dna.top_up}
    start = {e.complex.name: e.concentration for e in dna.compiled.system.entries}
    rows = (
        (
            name,
            amount(start[name]),
            percent(float(np.min(dna.fractions[:, i]))),
            percent(float(dna.fractions[-1, i])),
            amount(mix[name]) if name in mix else NONE,
        )
        for i, name in enumerate(dna.fuels)
    )
    return Table(
        "Fuels and buffers at the ends of the samples, and the master mix that goes in before every sample",
        ("complex", "#at the start", "#lowest, of its start", "#at the end, of its start", "#in the mix raises it by"),
        tuple(rows),
    )


def counts_table(found: Inventory) -> Table:
    """Return how much there is of everything, buffers apart."""

    def row(name: str, c: Counts) -> tuple[str, ...]:
        return (name, *map(str, (c.fuels, c.signals, c.strands, c.helpers, c.nucleotides, c.longest_strand_nt)))

    return Table(
        "Every distinct strand is counted once, however many complexes it is part of",
        ("", "#fuel complexes", "#signals", "#strands", "#of these helpers", "#nucleotides, nt", "#longest strand, nt"),
        (row("gates and signals", found.for_gates), row("buffers only", found.for_buffers), row("total", found.total)),
    )


def cost_tables(price: Price) -> tuple[Table, ...]:
    """Return what the strands cost, and the prices that were used."""
    lines = [(p.group.value, str(p.strands), str(p.nucleotides), f"{p.total:.2f}") for p in price.lines]
    strands, bases = sum(p.strands for p in price.lines), sum(p.nucleotides for p in price.lines)
    used = (
        (
            str(r),
            f"{r.min_nt} to {r.max_nt}",
            f"{r.per_base:.2f}",
            r.date.isoformat(),
            UNVERIFIED if r.unverified else r.source,
        )
        for r in price.rows
    )
    return (
        Table(
            "Cost by what the strands are for",
            ("", "#strands", "#nt", f"#{price.currency}"),
            (*lines, ("total", str(strands), str(bases), f"{price.total:.2f}")),
        ),
        Table(
            f"Prices that were used, from the table of {price.table_date.isoformat()}",
            ("product", "#lengths, nt", f"#{price.currency} a base", "#date", "source"),
            tuple(used),
        ),
    )


def network_tables(compiled: Compiled) -> tuple[Table, ...]:
    """Return the network that was written and, where it is another one, the network that is built, with its gates."""
    state, scale = compiled.state, compiled.scale
    fuels = _fuels(compiled.system)
    first = dict(scale.first)
    found = []
    if [(r.id, r.key) for r in state.formal.reactions] != [(r.id, r.key) for r in state.lowered.reactions]:
        heads = ("id", "reaction", _rate_head(state.formal), "origin")
        rows = (_reaction(r) for r in state.formal.reactions)
        found.append(Table("The network that was written", heads, tuple(rows)))
    built = (
        (*_reaction(r), f"{first[r.id]:.3g}" if r.id in first else NONE, ", ".join(fuels.get(r.id, ())) or NONE)
        for r in state.lowered.reactions
    )
    found.append(
        Table(
            "The network that is built: one gate for every reaction" if found else "One gate for every reaction",
            ("id", "reaction", _rate_head(state.lowered), "origin", "#first step, /M/s", "fuels of the gate"),
            tuple(built),
        )
    )
    buffers = tuple(
        (g.reaction.id, species, f"{q:.3g}", ", ".join(fuels.get(g.reaction.id, ())) or NONE)
        for g, (species, q) in zip(state.buffers, scale.buffers, strict=True)
    )
    if buffers:
        caption = "Buffers, which hold every species back to the same degree"
        found.append(Table(caption, ("id", "species", "#first step, /M/s", "fuels"), buffers))
    start = tuple((s, number(a), amount(a * scale.dose)) for s, a in state.formal.initial if a > 0)
    if start:
        units = "formal units" if state.formal.units is Units.FORMAL else "M"
        found.append(Table("Amounts at the start", ("species", f"#{units}", "#in the tube, gain included"), start))
    return tuple(found)


def _rate_head(crn: CRN) -> str:
    return "#rate constant, formal units" if crn.units is Units.FORMAL else "#rate constant, in M and s"


def _reaction(reaction: Reaction) -> tuple[str, ...]:
    span = reaction.origin.span
    origin = [reaction.origin.path] if reaction.origin.path else []
    origin += [f"{span.source}, line {span.line}"] if span else []
    # No-break spaces: a line ends at the arrow or not at all.
    sides = [str(side).replace(" ", "\N{NO-BREAK SPACE}") or "∅" for side in (reaction.reactants, reaction.products)]
    return reaction.id, " → ".join(sides), number(reaction.k), "; ".join(origin) or NONE


def _fuels(system: DsdSystem) -> Mapping[str, list[str]]:
    """Return the names of the fuels by the gate or buffer that they belong to."""
    found: dict[str, list[str]] = {}
    for entry in system.of_role(Role.FUEL, Role.BUFFER):
        for gate in entry.gates:
            found.setdefault(gate, []).append(entry.complex.name)
    return found


def strands_table(found: Estimate) -> Table:
    """Return the strands to order."""
    return Table(
        "Strands to order, domains from 5′ to 3′",
        ("name", "for", "#length, nt", "domains", "part of"),
        tuple(
            (o.name, o.group.value, str(o.length), o.domains, ", ".join(o.complexes)) for o in found.inventory.oligos
        ),
    )


def interpretation_table(system: DsdSystem) -> Table:
    """Return what every complex stands for."""
    return Table(
        "Every DNA species, what it is and what it stands for",
        ("complex", "role", "place in the gate", "gates", "stands for", "#at the start"),
        tuple(
            (
                e.complex.name,
                e.role.value,
                e.part or NONE,
                ", ".join(e.gates) or NONE,
                str(e.meaning) or "nothing",
                amount(e.concentration) if e.concentration else NONE,
            )
            for e in system.entries
        ),
    )

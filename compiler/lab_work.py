"""A circuit with its sequences, ready for the bench: its order and its campaign, and what a build tells of both.

The commands `order` and `mix` ask for what they want of it; a build takes it as it is. What is computed is in `compiler.lab` and
`dsd.lab`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from compiler.api import CircuitError, Compiled, DnaRun, Source
from compiler.blocks import Block
from compiler.lab import (
    Plan,
    Reading,
    bench_circuit,
    groups_of,
    needs_of,
    peak_of,
    shown_species,
    unplanned,
    untrained,
    with_reporters,
)
from compiler.lab_files import mix_block, mix_files, order_block, order_files
from compiler.sequencing import Sequenced
from compiler.training_words import SampleWords
from crn.diagnostics import Diagnostic
from crn.neural.samples import Dataset
from dsd.lab.campaign import Campaign, Setup
from dsd.lab.campaign_plan import plan_campaign
from dsd.lab.order_files import TableForm
from dsd.lab.orders import Order, make_order
from dsd.lab.reporters import Reporter
from dsd.lab.scales import Catalogue, Vessel
from dsd.lab.vendor_files import Stock, assumed_stocks, read_delivery, stocks_of
from dsd.sequences import Sequences

TITLE = 18
"""How many letters of a plate's name the circuit gives: a sheet may be called by 31, and scale and number take some."""


@dataclass(frozen=True, eq=False)
class Work:
    """A circuit that is ready to be ordered and mixed."""

    source: Source
    sequenced: Sequenced
    sequences: Sequences
    reporters: tuple[Reporter, ...]
    plan: Plan
    setup: Setup
    notes: tuple[str, ...] = ()

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
        named = self.source.circuit.name if self.source.circuit else Path(self.source.name).stem
        vessels = (Vessel.TUBE,) if form == "idt-tube" else tuple(Vessel)
        return make_order(
            self.sequences,
            needs_of(self.compiled, self.sequences, self.reporters, self.plan, self.setup, self.peak_M),
            groups_of(self.compiled, self.reporters),
            catalogue,
            runs=self.setup.runs,
            vessels=vessels,
            title=named.split(":")[0][:TITLE],
            by_rows=by_rows,
            only=only,
        )

    def stocks(self, order: Order, files: Sequence[str], target_M: float) -> dict[str, Stock]:
        """Return the stocks: those that the vendor's files say, or, without any file, what was ordered."""
        if not files:
            placed = {name: (p.name, well) for p in order.plates for well, name in p.wells}
            return assumed_stocks(self.sequences, placed, target_M)
        # An order in another format may have had more copies of a strand.
        pieces = {f"{s.name}_copy{n}": s.name for s in self.sequences.strands for n in range(2, 10)}
        pieces |= {piece: line.strand.name for line in order.lines for piece in line.pieces}
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

    def readings(self) -> tuple[Reading, ...]:
        """Return what reporters show of the untrained circuit."""
        return untrained(self.compiled, self.reporters, self.plan, self.peak_M)


@dataclass(frozen=True, eq=False)
class LabFolder:
    """The order and the campaign of a build, as they are if nothing else is asked for."""

    work: Work
    order: Order
    campaign: Campaign
    readings: tuple[Reading, ...]

    @classmethod
    def of(
        cls,
        source: Source,
        sequenced: Sequenced,
        dna: DnaRun | None,
        data: Dataset | None,
        words: SampleWords,
        catalogue: Catalogue,
    ) -> LabFolder:
        """Plan order and campaign for what a build has trained, or for the circuit alone."""
        plan = Plan(source.circuit)
        if source.circuit is not None and dna is not None and data is not None and not source.circuit.ideal:
            schedule = words.regime(source).schedule
            plan = Plan(source.circuit, data, words.times(source), dict(dna.top_up), schedule)
        compiled, sequences = sequenced.compiled, sequenced.sequences
        reporters: tuple[Reporter, ...] = ()
        notes = (*sequenced.notes, *unplanned(compiled, source.circuit))
        try:
            sequences, reporters = with_reporters(compiled, sequences, shown_species(compiled, source.circuit))
        except CircuitError as error:
            notes = (*notes, error.diagnostics[0].message)
        setup = Setup(conditions=sequenced.design.job.conditions) if sequenced.design is not None else Setup()
        work = Work(source, sequenced, sequences, reporters, plan, setup, notes)
        order = work.order(catalogue)
        return cls(work, order, work.campaign(work.stocks(order, (), 100e-6)), work.readings())

    def block(self) -> Block:
        """Return what a build tells of them: the price and what does not fit; the folders have the rest."""
        order, mixing = order_block(self.order), mix_block(self.campaign, self.readings)
        told: Block = {key: order[key] for key in ("price", "plates", "objections")}
        told |= {key: mixing[key] for key in ("reporters", "readings", "trials", "additions", "diluted", "problems")}
        return {
            "lab": {"runs": self.order.runs, "strands": len(self.order.lines), "tubes": len(self.order.tubes), **told}
        }

    def files(self, header: str) -> dict[str, str | bytes]:
        """Return the files, in the folders ``order`` and ``mix``."""
        ordered = order_files(self.order, "idt-plate", TableForm(), header)
        work = self.work
        mixed = mix_files(self.campaign, work.sequences, work.source.name, header, self.readings, work.notes)
        return {f"order/{n}": c for n, c in ordered.items()} | {f"mix/{n}": c for n, c in mixed.items()}

"""Orders: which strands are bought, at which scale, on which plate, and for how much.

Here an order is put together; the files that a vendor reads are written in `dsd.lab.order_files`. How much of each strand is needed
is the business of `dsd.lab.demand`.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from crn.diagnostics import CircuitError, Diagnostic
from crn.quantities import nearest
from dsd.lab.cost import ADVICE, UNVERIFIED
from dsd.lab.plates import PLATE_96, Plate, PlateFormat, fill
from dsd.lab.scales import Catalogue, Choice, Vessel, Wanted, choose
from dsd.sequences.assignment import NamedStrand, Sequences

ALL_VESSELS: Final = (Vessel.PLATE, Vessel.TUBE)


@dataclass(frozen=True, slots=True)
class Line:
    """One strand of an order.

    Attributes
    ----------
    strand : NamedStrand
    bases : str
        What it reads, 5' to 3', without modifications.
    pieces : tuple of str
        The names that it is ordered under: its own and, where one synthesis does not yield enough, one more for each further.
    group : str
        What it is for.
    need_nmol : float
        What all runs consume.
    choice : Choice
    """

    strand: NamedStrand
    bases: str
    pieces: tuple[str, ...]
    group: str
    need_nmol: float
    choice: Choice

    @property
    def sequence(self) -> str:
        """What is ordered: the bases with the codes of what is attached."""
        return f"{self.strand.five_prime}{self.bases}{self.strand.three_prime}"


@dataclass(frozen=True)
class Order:
    """An order.

    Attributes
    ----------
    lines : tuple of Line
        In the order of the circuit.
    plates : tuple of Plate
        With the names of pieces.
    runs : int
        For how many runs it is meant.
    currency : str
    table_date : str
    at_hand : tuple of str
        Strands that are not ordered because the user has them.
    objections : tuple of str
        What cannot be ordered, or not as wished.
    """

    lines: tuple[Line, ...]
    plates: tuple[Plate, ...]
    runs: int
    currency: str
    table_date: str
    at_hand: tuple[str, ...] = ()
    objections: tuple[str, ...] = ()

    @property
    def by_piece(self) -> dict[str, Line]:
        """The lines by the names that are ordered."""
        return {piece: line for line in self.lines for piece in line.pieces}

    @property
    def tubes(self) -> tuple[str, ...]:
        """The pieces that come in tubes."""
        placed = {name for plate in self.plates for _, name in plate.wells}
        return tuple(p for line in self.lines for p in line.pieces if p not in placed)

    @property
    def total(self) -> float:
        """The price of all, to hundredths."""
        return round(math.fsum(line.choice.price for line in self.lines), 2)

    @property
    def unverified(self) -> bool:
        """Whether a figure from memory is in the price."""
        return any(line.choice.unverified for line in self.lines)

    @property
    def runs_covered(self) -> int:
        """For how many runs the guaranteed yields last; as many as wanted if nothing is consumed."""
        per_run = [
            (line.choice.guaranteed_nmol, line.need_nmol / self.runs) for line in self.lines if line.need_nmol > 0
        ]
        return min((math.floor(have / need * (1 + 1e-9)) for have, need in per_run), default=self.runs)

    @property
    def price_words(self) -> str:
        """The price in words, per order and per run."""
        kind = f" ({UNVERIFIED})" if self.unverified else ""
        covered = max(1, self.runs_covered)
        return (
            f"{self.total:.2f} {self.currency}{kind} for the order, {self.total / covered:.2f} {self.currency} a run if all "
            f"{covered} runs are made that the guaranteed yields last for; prices of {self.table_date}; {ADVICE}"
        )


def make_order(
    sequences: Sequences,
    needs_mol: Mapping[str, float],
    groups: Mapping[str, str],
    catalogue: Catalogue,
    *,
    runs: int = 1,
    vessels: Collection[Vessel] = ALL_VESSELS,
    title: str = "plate",
    kind: PlateFormat = PLATE_96,
    by_rows: bool = False,
    only: Sequence[str] = (),
) -> Order:
    """Put an order together.

    Parameters
    ----------
    sequences : Sequences
        With all strands, those of reporters too.
    needs_mol : mapping of str to float
        By name of the strand, for all runs.
    groups : mapping of str to str
        What each strand is for.
    catalogue : Catalogue
    runs : int
    vessels : collection of Vessel
        What strands may come in.
    title : str
        Plates are called by it, with their scale and a number.
    kind : PlateFormat
    by_rows : bool
        Whether wells are filled along the rows rather than down the columns.
    only : sequence of str
        Names of strands to order; all if empty.

    Raises
    ------
    CircuitError
        If a name is not that of a strand.
    """
    chosen = _chosen(sequences, only)
    at_hand = tuple(s.name for s in chosen if not s.ordered)
    wished = [s for s in chosen if s.ordered]
    wanted = [
        Wanted(
            s.name,
            s.strand.length,
            tuple(c for c in (s.five_prime, s.three_prime) if c),
            needs_mol.get(s.name, 0) * 1e9,
        )
        for s in wished
    ]
    choices = choose(wanted, catalogue, vessels)
    taken = {s.name for s in sequences.strands}
    lines = []
    for strand, want in zip(wished, wanted, strict=True):
        if strand.name in choices:
            choice = choices[strand.name]
            pieces = (strand.name, *(_fresh(f"{strand.name}_copy{n}", taken) for n in range(2, choice.copies + 1)))
            bases = sequences.read(strand.strand)
            lines.append(Line(strand, bases, pieces, groups.get(strand.name, ""), want.need_nmol, choice))
    objections = [
        f"{w.name} ({w.length} nt) is not sold with what it needs: no scale and purification of the table fit"
        for w in wanted
        if w.name not in choices
    ]
    objections += [
        f"{line.strand.name}: no scale yields {line.need_nmol:.3g} nmol, so it is ordered {line.choice.copies} times"
        for line in lines
        if line.choice.copies > 1
    ]
    known = {m.code for m in catalogue.modifications}
    codes = dict.fromkeys(c for line in lines for c in (line.strand.five_prime, line.strand.three_prime) if c)
    objections += [f"the table has no price for the modification {c}; it is left out" for c in codes if c not in known]
    plates = _plates(lines, title, kind, by_rows=by_rows)
    return Order(tuple(lines), plates, runs, catalogue.currency, catalogue.date.isoformat(), at_hand, tuple(objections))


def _chosen(sequences: Sequences, only: Sequence[str]) -> tuple[NamedStrand, ...]:
    if not only:
        return sequences.strands
    for name in only:
        if name not in sequences.by_name:
            raise CircuitError(
                Diagnostic(f"there is no strand {name!r} in this circuit", advice=nearest(name, sequences.by_name))
            )
    return tuple(s for s in sequences.strands if s.name in only)


def _plates(lines: Iterable[Line], title: str, kind: PlateFormat, *, by_rows: bool) -> tuple[Plate, ...]:
    """Put what comes on plates there, one series of plates for each scale."""
    by_scale: dict[tuple[str, ...], list[str]] = {}
    for line in lines:
        if line.choice.scale.vessel is Vessel.PLATE:
            scale = (*line.choice.scale.order, line.choice.purification.code)
            by_scale.setdefault(scale, []).extend(line.pieces)
    return tuple(
        plate
        for (_, _, code, _), names in by_scale.items()
        for plate in fill(names, f"{title}_{code}_", kind, by_rows=by_rows)
    )


def _fresh(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    taken.add(name)
    return name

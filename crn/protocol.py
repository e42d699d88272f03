"""Protocols: what is done to a tube, and when.

Adding is all that a pipette can do, so a protocol is a list of timed additions; an ideal removal has its own type.
How an addition changes the amounts in a simulated tube is the business of the simulators.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from crn.diagnostics import CircuitError, Diagnostic, Span
from crn.network import Species
from crn.quantities import NUMBER, Faults, Row, concentration, nearest, read_rows, scaled, shown

_FORMAL = ("time", "species", "amount")
_PHYSICAL = ("time_s", "species", "amount", "unit", "volume_uL")


@dataclass(frozen=True, slots=True)
class Addition:
    """A species is added at a moment.

    Attributes
    ----------
    time : float
        In formal units or s.
    species : Species
    amount : float
        By how much its amount in the tube rises, counted after the addition; in formal units or M.
    volume : float
        Liquid that comes with it and dilutes everything else, in L; 0 means that the dilution is neglected.
    """

    time: float
    species: Species
    amount: float
    volume: float = 0.0

    def __post_init__(self) -> None:
        for what, value in (("time", self.time), ("amount", self.amount), ("volume", self.volume)):
            if not (math.isfinite(value) and value >= 0):
                raise CircuitError(
                    f"the {what} of an addition of {self.species} is {value}; it must be finite and not negative"
                )


@dataclass(frozen=True, slots=True)
class Flush:
    """An ideal removal: the species are gone at once and nothing else is touched.

    No pipette can do this. It exists to reproduce simulations in the literature that set species to 0 between samples,
    and stands only in protocols that say so (`Protocol.ideal`); in a tube, what must vanish needs a reaction.

    Attributes
    ----------
    time : float
        In formal units or s.
    species : tuple of Species
        At least one.
    """

    time: float
    species: tuple[Species, ...]

    def __post_init__(self) -> None:
        if not (math.isfinite(self.time) and self.time >= 0):
            raise CircuitError(f"the time of a flush is {self.time}; it must be finite and not negative")
        if not self.species:
            raise CircuitError(f"the flush at time {self.time:g} names no species")


@dataclass(frozen=True, slots=True)
class Protocol:
    """Timed events, and the time at which everything ends.

    Attributes
    ----------
    events : tuple of Addition or Flush
        Sorted by time by the constructor; events of one moment keep their order and happen in it.
    until : float
        In formal units or s; no event is later.
    """

    events: tuple[Addition | Flush, ...]
    until: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.until) and self.until >= 0):
            raise CircuitError(f"a protocol ends at time {self.until}; it must be finite and not negative")
        object.__setattr__(self, "events", tuple(sorted(self.events, key=lambda e: e.time)))
        if self.events and self.events[-1].time > self.until:
            raise CircuitError(
                Diagnostic(
                    f"a protocol that ends at time {self.until:g} has an event at time {self.events[-1].time:g}",
                    advice="let it run longer, or leave the late events out",
                )
            )

    @property
    def ideal(self) -> bool:
        """Whether it removes something, which no pipette can do."""
        return any(isinstance(e, Flush) for e in self.events)

    @property
    def additions(self) -> tuple[Addition, ...]:
        """What is added, in order of time."""
        return tuple(e for e in self.events if isinstance(e, Addition))


def read_protocol(text: str, source: str, known_species: Iterable[Species]) -> tuple[tuple[Addition, ...], bool]:
    """Read the additions of a protocol file.

    Parameters
    ----------
    text : str
        A table with the header ``time_s,species,amount,unit,volume_uL`` (physical) or ``time,species,amount`` (formal),
        the columns in any order; a cell of `volume_uL`, or that column, may be left out.
    source : str
        Name of the file.
    known_species : iterable of Species
        What may be added.

    Returns
    -------
    additions : tuple of Addition
        Sorted by time; physical ones in s, M and L.
    physical : bool
        Which of the two headers it has.
    """
    faults = Faults()
    known = dict.fromkeys(known_species)
    rows = read_rows(text, source)
    header = next(rows, None)
    if header is None:
        advice = f"begin with the header {','.join(_FORMAL)} or {','.join(_PHYSICAL)}"
        raise CircuitError(Diagnostic("an empty protocol", Span(source, 1, 1), advice))
    physical = "time_s" in header.cells or "unit" in header.cells
    place = _places(header, _PHYSICAL if physical else _FORMAL, faults)
    faults.raise_if_any()
    additions: list[Addition] = []
    for row in rows:
        if faults.full:
            break
        before = len(faults.found)
        if len(row.cells) != len(header.cells):
            here = row.span(min(len(header.cells), len(row.cells)))
            faults.add(f"{len(row.cells)} cells under a header of {len(header.cells)}", here)
            continue
        name = row.cells[place["species"]]
        if name not in known:
            message = f"unknown species {shown(name)}" if name else "the species is missing"
            faults.add(message, row.span(place["species"]), "" if faults.many else nearest(name, known))
        time = _amount(row, place[_time(physical)], "the time", faults)
        if physical:
            amount = _concentration(row, place["amount"], place["unit"], faults)
            cell = place.get("volume_uL")
            given = cell is not None and row.cells[cell] != ""
            volume = _amount(row, cell, "the volume", faults, -6) if given and cell is not None else 0.0
        else:
            amount, volume = _amount(row, place["amount"], "the amount", faults), 0.0
        if len(faults.found) == before:
            additions.append(Addition(time, name, amount, volume))
    if not additions and not faults.found:
        faults.add("a protocol without additions", header.span(0))
    faults.raise_if_any()
    return tuple(sorted(additions, key=lambda a: a.time)), physical


def _time(physical: bool) -> str:
    """Return the name of the column of times."""
    return _PHYSICAL[0] if physical else _FORMAL[0]


def _places(header: Row, columns: tuple[str, ...], faults: Faults) -> dict[str, int]:
    """Return where the columns are; unknown ones are refused, because a mistyped column would silently be left out."""
    place: dict[str, int] = {}
    for i, name in enumerate(header.cells):
        if name not in columns:
            faults.add(
                f"unknown column {shown(name)}",
                header.span(i),
                nearest(name, columns) or f"columns: {','.join(columns)}",
            )
        elif name in place:
            faults.add(f"two columns are called {shown(name)}", header.span(i))
        else:
            place[name] = i
    missing = [c for c in columns if c not in place and c != "volume_uL"]
    if missing:
        faults.add(
            f"no column is called {', '.join(map(repr, missing))}",
            header.span(len(header.cells)),
            f"the header is {','.join(columns)}",
        )
    return place


def _amount(row: Row, cell: int, what: str, faults: Faults, power: int = 0) -> float:
    """Return a cell as a number that is not negative, times a power of ten; a fault is recorded and read as 0."""
    try:
        value = row.number(cell, what)
    except CircuitError as error:
        faults.merge(error)
        return 0.0
    if value < 0:
        faults.add(f"{what} is {shown(row.cells[cell])}; it must not be negative", row.span(cell))
        return 0.0
    return scaled(row.cells[cell], power)


def _concentration(row: Row, amount: int, unit: int, faults: Faults) -> float:
    """Return an amount with its unit in M; a fault is recorded and read as 0."""
    _amount(row, amount, "the amount", faults)
    if not row.cells[unit]:
        faults.add("the unit is missing", row.span(unit), "for example nM")
        return 0.0
    number = row.cells[amount] if NUMBER.fullmatch(row.cells[amount]) else "0"
    try:
        return concentration(number, row.cells[unit], row.span(unit))
    except CircuitError as error:
        faults.merge(error)
        return 0.0

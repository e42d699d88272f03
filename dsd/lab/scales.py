"""Which scale and which purification a strand is ordered at: stated rules over a table that a laboratory can edit.

The purification follows from what a strand carries and how long it is; the scale is the cheapest whose guaranteed yield, after
what the purification takes of it, covers the need. How much is needed is the business of `dsd.lab.demand`, what an order looks like
that of `dsd.lab.orders`.
"""

from __future__ import annotations

import datetime
import itertools
import math
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from importlib import resources
from typing import Final

from crn.diagnostics import CircuitError
from crn.text import read_text_file
from dsd.lab.cost import MAX_NT, TABLE_KEYS, without_source
from dsd.lab.tables import Place, TableReader, load_toml

_SCALE_TEXTS: Final = ("vendor", "product", "code", "vessel")
_SCALE_KEYS: Final = (
    *_SCALE_TEXTS, "min_nt", "max_nt", "guaranteed_nmol", "yield_source", "per_base", "source", "minimum_strands",
    "purifications",
)  # fmt: skip
_PURIFICATION_KEYS: Final = ("code", "use", "min_nt", "max_nt", "kept", "per_strand", "source")
_MODIFICATION_KEYS: Final = ("code", "price", "source")


class Vessel(Enum):
    """What strands come in."""

    PLATE = "plate"
    TUBE = "tube"


@dataclass(frozen=True, slots=True)
class ScaleRow:
    """A scale of synthesis as it is sold.

    Attributes
    ----------
    vendor, product, code : str
        `code` as the vendor writes it in an order.
    vessel : Vessel
    min_nt, max_nt : int
        The lengths it is sold in, in nt.
    guaranteed_nmol : float
        The least that is delivered of one strand, before losses of a purification.
    per_base : float
        In the currency of the table.
    purifications : tuple of str
        Codes of those that it is sold with.
    source, yield_source : str
        Where the price and the yield are from; empty or ``unverified`` for a figure from memory.
    minimum_strands : int
        The fewest strands on a plate.
    """

    vendor: str
    product: str
    code: str
    vessel: Vessel
    min_nt: int
    max_nt: int
    guaranteed_nmol: float
    per_base: float
    purifications: tuple[str, ...]
    source: str = ""
    yield_source: str = ""
    minimum_strands: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.min_nt <= self.max_nt <= MAX_NT or self.minimum_strands < 1:
            raise ValueError(f"a scale for {self.min_nt} to {self.max_nt} nt, from {self.minimum_strands} strands on")
        if not (self.guaranteed_nmol > 0 and math.isfinite(self.guaranteed_nmol) and 0 <= self.per_base < math.inf):
            raise ValueError(f"a scale of {self.guaranteed_nmol} nmol at {self.per_base} a base")

    @property
    def unverified(self) -> bool:
        """Whether the price or the yield is from memory."""
        return without_source(self.source) or without_source(self.yield_source)

    @property
    def order(self) -> tuple[str, str, str]:
        """What has to be equal for two strands to stand on one plate: vendor, product, code."""
        return self.vendor, self.product, self.code


@dataclass(frozen=True, slots=True)
class Purification:
    """A purification, and the strands that it is for.

    Attributes
    ----------
    code : str
    modified : bool
        Whether it is for strands that carry something, or for those that do not.
    min_nt, max_nt : int
    kept : float
        The part of the yield that is left, above 0 and at most 1.
    per_strand : float
        In the currency of the table.
    source : str
    """

    code: str
    modified: bool
    min_nt: int
    max_nt: int
    kept: float = 1.0
    per_strand: float = 0.0
    source: str = ""

    def __post_init__(self) -> None:
        if not 0 < self.kept <= 1 or not 0 <= self.per_strand < math.inf:
            raise ValueError(f"{self.code} keeps {self.kept} and costs {self.per_strand}")


@dataclass(frozen=True, slots=True)
class Modification:
    """What is attached to a strand, by its code, and what that costs."""

    code: str
    price: float
    source: str = ""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What can be ordered.

    Attributes
    ----------
    scales : tuple of ScaleRow
    purifications : tuple of Purification
        The first that fits a strand is taken.
    modifications : tuple of Modification
    currency : str
    date : datetime.date
    """

    scales: tuple[ScaleRow, ...]
    purifications: tuple[Purification, ...]
    modifications: tuple[Modification, ...]
    currency: str
    date: datetime.date


@dataclass(frozen=True, slots=True)
class Wanted:
    """A strand to be ordered.

    Attributes
    ----------
    name : str
    length : int
        In nt.
    codes : tuple of str
        Of what is attached.
    need_nmol : float
        What all runs consume.
    """

    name: str
    length: int
    codes: tuple[str, ...] = ()
    need_nmol: float = 0.0


@dataclass(frozen=True, slots=True)
class Choice:
    """How a strand is ordered.

    Attributes
    ----------
    scale : ScaleRow
    purification : Purification
    copies : int
        How often; more than once where no scale yields enough.
    price : float
        Of all copies, in the currency of the table.
    unverified : bool
        Whether a figure from memory is in it.
    """

    scale: ScaleRow
    purification: Purification
    copies: int
    price: float
    unverified: bool

    @property
    def guaranteed_nmol(self) -> float:
        """The least that will be there after the purification."""
        return self.copies * self.scale.guaranteed_nmol * self.purification.kept


def offers(wanted: Wanted, catalogue: Catalogue, vessels: Iterable[Vessel]) -> tuple[Choice, ...]:
    """Return how a strand can be ordered, those that take one copy first, then by price.

    The purification is the first of the table that is for strands of this length with, or without, a modification; a scale is
    offered if it is sold in this length and with that purification, as often as its yield has to be doubled.
    """
    purification = next(
        (
            p
            for p in catalogue.purifications
            if p.modified == bool(wanted.codes) and p.min_nt <= wanted.length <= p.max_nt
        ),
        None,
    )
    if purification is None:
        return ()
    attached = {m.code: m for m in catalogue.modifications}
    known = [attached[c] for c in wanted.codes if c in attached]
    extra = math.fsum(m.price for m in known)
    doubtful = len(known) < len(wanted.codes) or any(without_source(m.source) for m in known)
    found = []
    for row in catalogue.scales:
        if row.vessel not in set(vessels) or purification.code not in row.purifications:
            continue
        if row.min_nt <= wanted.length <= row.max_nt:
            # A strand that fills a yield to the last digit is not ordered twice.
            copies = max(1, math.ceil(wanted.need_nmol / (row.guaranteed_nmol * purification.kept) - 1e-9))
            price = copies * (wanted.length * row.per_base + purification.per_strand + extra)
            unverified = row.unverified or without_source(purification.source) or doubtful
            found.append(Choice(row, purification, copies, price, unverified))
    return tuple(sorted(found, key=lambda c: (c.copies > 1, c.price)))


def choose(
    wanted: Sequence[Wanted], catalogue: Catalogue, vessels: Iterable[Vessel] = tuple(Vessel)
) -> dict[str, Choice]:
    """Choose how every strand is ordered, so that all together is as cheap as plates with a minimum allow.

    Every strand takes its cheapest offer. A kind of plate that fewer strands than its minimum would stand on is filled with those
    that cost least to move there, or not used at all: all sets of kinds of plates are tried, and the cheapest is kept.

    Returns
    -------
    dict of str to Choice
        By name. Strands that nobody makes are not in it.
    """
    listed = tuple(vessels)
    plates = list(
        dict.fromkeys(r.order for r in catalogue.scales if r.vessel is Vessel.PLATE and Vessel.PLATE in listed)
    )
    everything = {w.name: offers(w, catalogue, listed) for w in wanted}
    best: tuple[int, float, dict[str, Choice]] | None = None
    for number in range(len(plates) + 1):
        for opened in itertools.combinations(plates, number):
            found = _with_plates(everything, opened)
            if found is not None:
                total = math.fsum(c.price for c in found.values())
                # As many strands as can be had; of equal prices the one with fewer kinds of plates.
                if best is None or (-len(found), total) < best[:2]:
                    best = -len(found), total, found
    return {} if best is None else {w.name: best[2][w.name] for w in wanted if w.name in best[2]}


def _with_plates(
    everything: Mapping[str, Sequence[Choice]], opened: Sequence[tuple[str, str, str]]
) -> dict[str, Choice] | None:
    """Return the cheapest choice if just these kinds of plates are used, or None if one cannot be filled."""
    allowed = {
        name: [c for c in offered if c.scale.vessel is Vessel.TUBE or c.scale.order in opened]
        for name, offered in everything.items()
    }
    # Two syntheses of one strand are for those that no single one yields enough of.
    allowed = {n: [c for c in o if c.copies == 1] or o for n, o in allowed.items()}
    found = {name: offered[0] for name, offered in allowed.items() if offered}
    for kind in opened:
        taken = Counter(c.scale.order for c in found.values())
        least = max((c.scale.minimum_strands for o in allowed.values() for c in o if c.scale.order == kind), default=1)
        moves = sorted(
            (there.price - found[name].price, place, name, there)
            for place, (name, offered) in enumerate(allowed.items())
            if name in found and found[name].scale.vessel is Vessel.TUBE
            for there in offered
            if there.scale.order == kind
        ) if taken[kind] < least else []  # fmt: skip
        for _, _, name, there in moves:
            if taken[kind] >= least:
                break
            if found[name].scale.order != kind:
                found[name] = there
                taken[kind] += 1
        if taken[kind] < least:
            return None
    return found


def default_catalogue() -> Catalogue:
    """Return the table that comes with the program; most of its figures are from memory, and say so."""
    text = resources.files("dsd.lab").joinpath("prices.toml").read_text(encoding="utf-8")
    found = parse_catalogue(text, "prices.toml")
    assert found is not None, "the table that comes with the program has scales"
    return found


def read_catalogue(path: str | os.PathLike[str]) -> Catalogue:
    """Return the catalogue of a user's file of prices; where that has none, the one that comes with the program."""
    return parse_catalogue(read_text_file(path), os.fspath(path)) or default_catalogue()


def parse_catalogue(text: str, source: str = "<prices>") -> Catalogue | None:
    """Read what is ordered by from a file of prices.

    Parameters
    ----------
    text : str
        TOML; ``prices.toml`` beside this module says which keys there are.
    source : str
        Name of the file.

    Returns
    -------
    Catalogue or None
        None if the file has no ``[[scale]]``.

    Raises
    ------
    CircuitError
        With every fault, and its line as far as it can be told.
    """
    data = load_toml(text, source, "a table of prices")
    if "scale" not in data:
        if "purification" in data or "modification" in data:
            raise CircuitError(f"{source}: purifications and modifications go with scales; there is no [[scale]]")
        return None
    reader = TableReader(source, text, data, TABLE_KEYS)
    currency = reader.text(data, None, "currency")
    date = reader.date(data, None, "date")
    scales = [_scale(reader, entry, place) for place, entry in reader.array("scale", "write [[scale]]")]
    ways = [
        _purification(reader, entry, place) for place, entry in reader.array("purification", "write [[purification]]")
    ]
    extras = [
        _modification(reader, entry, place)
        for place, entry in reader.array("modification", "write [[modification]]", needed=False)
    ]
    reader.faults.raise_if_any()
    return Catalogue(
        tuple(s for s in scales if s is not None),
        tuple(p for p in ways if p is not None),
        tuple(m for m in extras if m is not None),
        currency,
        date,
    )


def _scale(reader: TableReader, row: Mapping[str, object], place: Place) -> ScaleRow | None:
    before = len(reader.faults.found)
    reader.check_keys(row, place, _SCALE_KEYS)
    vendor, product, code, vessel = (reader.text(row, place, key) for key in _SCALE_TEXTS)
    if vessel not in ("?", *(v.value for v in Vessel)):
        reader.fault(f"vessel is {vessel!r}; it must be plate or tube", place, "vessel")
    least, most = reader.lengths(row, place, MAX_NT)
    guaranteed = reader.amount(row, place, "guaranteed_nmol")
    if "guaranteed_nmol" in row and guaranteed == 0:
        reader.fault("guaranteed_nmol must be positive", place, "guaranteed_nmol")
    per_base = reader.amount(row, place, "per_base")
    sources = [reader.text(row, place, key) if key in row else "" for key in ("source", "yield_source")]
    minimum = reader.whole(row, place, "minimum_strands", 10**6) if "minimum_strands" in row else 1
    codes = row.get("purifications")
    if not isinstance(codes, list) or not codes or not all(isinstance(c, str) and c for c in codes):
        reader.fault('purifications is a list of codes such as ["STD"]', place, "purifications")
        codes = []
    if len(reader.faults.found) > before:
        return None
    source, yields = sources
    return ScaleRow(
        vendor, product, code, Vessel(vessel), least, most, guaranteed, per_base, tuple(codes), source, yields, minimum
    )


def _purification(reader: TableReader, row: Mapping[str, object], place: Place) -> Purification | None:
    before = len(reader.faults.found)
    reader.check_keys(row, place, _PURIFICATION_KEYS)
    code, use = reader.text(row, place, "code"), reader.text(row, place, "use")
    if use not in ("?", "plain", "modified"):
        reader.fault(f"use is {use!r}; it must be plain or modified", place, "use")
    least, most = reader.lengths(row, place, MAX_NT)
    kept, per_strand = reader.amount(row, place, "kept"), reader.amount(row, place, "per_strand")
    if "kept" in row and not 0 < kept <= 1:
        reader.fault("kept is the part of the yield that is left: above 0, at most 1", place, "kept")
    source = reader.text(row, place, "source") if "source" in row else ""
    if len(reader.faults.found) > before:
        return None
    return Purification(code, use == "modified", least, most, kept, per_strand, source)


def _modification(reader: TableReader, row: Mapping[str, object], place: Place) -> Modification | None:
    before = len(reader.faults.found)
    reader.check_keys(row, place, _MODIFICATION_KEYS)
    code, price = reader.text(row, place, "code"), reader.amount(row, place, "price")
    source = reader.text(row, place, "source") if "source" in row else ""
    return None if len(reader.faults.found) > before else Modification(code, price, source)

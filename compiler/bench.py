"""Can it be run as planned? The plan of a training run held against the limits of a bench.

The limits are a dated table that a laboratory can edit. Finding a plan that keeps to them is not done here.
"""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass, fields
from importlib import resources

from crn.diagnostics import CircuitError, Span
from crn.diagnostics import Diagnostic as Fault
from crn.quantities import format_si
from crn.text import read_text_file


@dataclass(frozen=True, slots=True)
class Limits:
    """What a tube on a bench can be; concentrations in M, `addition_volume` as a share of the tube."""

    date: str
    source: str
    fuel_M: float
    strands_M: float
    hours: float
    addition_volume: float
    stock_M: float


@dataclass(frozen=True, slots=True)
class Bench:
    """Whether a plan keeps to the limits, and where it does not."""

    limits_date: str
    problems: tuple[str, ...]

    @property
    def line(self) -> str:
        """The one line of the report."""
        if not self.problems:
            return f"within limits (table of {self.limits_date})"
        return f"NOT runnable as planned ({'; '.join(self.problems)})"


def read_limits(path: str | None = None) -> Limits:
    """Read a limits file, or the one that comes with the program."""
    text = read_text_file(path) if path else resources.files("compiler").joinpath("limits.toml").read_text("utf-8")
    source = path or "limits.toml"
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CircuitError(Fault(f"not a table of limits: {error}", Span(source, 1, 1))) from None
    values = {}
    for field in fields(Limits):
        value = table.get(field.name)
        if field.name in ("date", "source"):
            values[field.name] = str(value or "without a date")
        elif isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value > 0:
            values[field.name] = float(value)  # type: ignore[assignment]  # text and numbers side by side
        else:
            raise CircuitError(Fault(f"{field.name} is missing or not a positive number", Span(source, 1, 1)))
    surplus = sorted(set(table) - {f.name for f in fields(Limits)})
    if surplus:
        raise CircuitError(Fault(f"unknown limit {surplus[0]}", Span(source, 1, 1)))
    return Limits(**values)  # type: ignore[arg-type]  # checked field by field above


def hold_against(limits: Limits, *, fuel_M: float, strands_M: float, time_s: float, addition_M: float) -> Bench:
    """Compare a plan with the limits.

    Parameters
    ----------
    limits : Limits
    fuel_M : float
        Highest concentration of any one fuel.
    strands_M : float
        Of all strands together, when it is highest.
    time_s : float
    addition_M : float
        Largest amount that is added at once, all strands of the mix together; its volume follows from the stocks.
    """
    found = []
    if fuel_M > limits.fuel_M * (1 + 1e-9):
        found.append(f"fuel {format_si(fuel_M, 'M')} > {format_si(limits.fuel_M, 'M')}")
    if strands_M > limits.strands_M * (1 + 1e-9):
        found.append(f"strands {format_si(strands_M, 'M')} in total > {format_si(limits.strands_M, 'M')}")
    hours = time_s / 3600
    if hours > limits.hours * (1 + 1e-9):
        found.append(f"{hours:.3g} h > {limits.hours:g} h")
    volume = addition_M / limits.stock_M
    if volume > limits.addition_volume * (1 + 1e-9):
        found.append(f"{volume:.1%} of the volume in one addition > {limits.addition_volume:.1%}")
    return Bench(limits.date, tuple(found))

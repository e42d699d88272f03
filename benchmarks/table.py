"""The results as a page of tables and as CSV.

Every number that may be a bound says so; ratios are taken problem by problem and their medians over the seeds are printed. Nothing
in the output names the machine beyond its architecture.
"""

from __future__ import annotations

import csv
import math
import os
import platform
import statistics
from collections.abc import Iterable, Sequence
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.engine import Engine, Kind
from benchmarks.metrics import Bound, best, median, ratio, time_at

if TYPE_CHECKING:
    from benchmarks.run import Measured, Plan, Series

PACKAGES = (
    "numpy",
    "scipy",
    "numba",
    "bngsim",
    "scikit-sundae",
    "casadi",
    "libroadrunner",
    "jax",
    "diffrax",
)


def times(series: Series, target: float) -> tuple[Bound | None, Bound | None]:
    """Return what the target costs in the largest error and in the root mean square, in s."""
    largest = [(p.max_error, p.median) for p in series.points]
    mean = [(p.rms_error, p.median) for p in series.points]
    return time_at(largest, target), time_at(mean, target)


def ratios(found: Sequence[Measured], name: str, own: str, target: float, metric: int) -> list[Bound]:
    """Return how many times as long an engine takes as `own`, for every problem where both have a time."""
    made = []
    for one in found:
        if name in one.series and own in one.series:
            theirs, ours = times(one.series[name], target)[metric], times(one.series[own], target)[metric]
            if theirs is not None and ours is not None:
                made.append(Bound(1.0) if name == own else ratio(theirs, ours))
    return made


def rivals(found: Sequence[Measured], kind: Kind, own: str, target: float) -> tuple[Bound | None, str]:
    """Return the median over problems of the ratio to the best engine of a kind on each, and which these were."""
    made, names = [], []
    for one in found:
        if own not in one.series:
            continue
        ours = times(one.series[own], target)[0]
        candidates = {
            n: t
            for n, s in one.series.items()
            if s.engine.kind is kind and n != own and (t := times(s, target)[0]) is not None
        }
        winner = best(list(candidates.values()))
        if ours is not None and winner is not None:
            made.append(ratio(winner, ours))
            names.append(next(n for n, t in candidates.items() if t is winner))
    return median(made), ", ".join(dict.fromkeys(names))


def markdown(found: Sequence[Measured], plan: Plan, own: str, date: str) -> str:
    """Return the whole page."""
    groups: dict[str, list[Measured]] = {}
    for one in found:
        groups.setdefault(one.group, []).append(one)
    target = f"{plan.target:g}"
    lines = [f"# Benchmarks of {date}", ""]
    lines += [
        f"CPU time at an achieved error of {target}: ratios to `{own}`, medians over the seeds; {plan.rounds} interleaved rounds.",
        "≥ lower bound (it never got there), ≤ upper bound (it was better at its loosest), ~ either. "
        "benchmarks/README.md says how to read this.",
        "",
        f"| problem | size | seeds | {own}, ms | (a) best packaged | which | (b) best on a good ordering | which |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for group, ones in groups.items():
        ours = median([t for o in ones if own in o.series and (t := times(o.series[own], plan.target)[0])])
        a, which_a = rivals(ones, Kind.PACKAGED, own, plan.target)
        b, which_b = rivals(ones, Kind.ORDERED, own, plan.target)
        cells = [group, ones[0].size, len(ones), _ms(ours), a or "-", which_a, b or "-", which_b]
        lines.append(_row(cells))
    for group, ones in groups.items():
        lines += ["", f"## {group} ({ones[0].size})", ""]
        lines += [f"* {o.name}: {o.reference or 'no reference'}" for o in ones]
        lines += [
            "",
            "| engine | CPU, ms | ratio, max error | ratio, rms error | smallest error | setup, s | MB | remarks |",
        ]
        lines.append("|---|---|---|---|---|---|---|---|")
        lines += [_engine(name, ones, own, plan.target) for name in plan.engines]
    lines += ["", "## Configurations", ""]
    lines += [f"* {n} ({ones.kind.value}): {ones.configuration}" for n, ones in _engines(found).items()]
    lines += [
        "",
        "## Setting",
        "",
        f"* relative tolerances and absolute ones in nM: {', '.join(f'{a.relative:g}/{a.absolute:g}' for a in plan.accuracies)}",
        f"* a run that takes more than {plan.slow:g} s is not repeated; one that takes more than {plan.limit:g} s is ended",
        f"* Python {platform.python_version()}, {platform.system()} {platform.machine()}, {os.cpu_count()} cores, "
        "one thread for each engine",
        f"* {', '.join(f'{p} {v}' for p in PACKAGES if (v := _version(p)))}",
        "",
    ]
    return "\n".join(lines)


def _engine(name: str, ones: Sequence[Measured], own: str, target: float) -> str:
    series = [o.series[name] for o in ones if name in o.series]
    cpu = median([t for s in series if (t := times(s, target)[0]) is not None])
    largest, mean = (median(ratios(ones, name, own, target, m)) for m in (0, 1))
    smallest = [min(p.max_error for p in s.points) for s in series]
    reached = f"{max(smallest):.0e}" if smallest and math.isfinite(max(smallest)) else "-"
    worked = [s for s in series if not s.trouble]
    setup = f"{statistics.median(s.setup for s in worked):.2f}" if worked else "-"
    memory = f"{max(s.memory for s in worked):.0f}" if worked else "-"
    remarks = "; ".join(dict.fromkeys(t for s in series for t in [s.trouble, *(p.trouble for p in s.points)] if t))
    return _row([name, _ms(cpu), largest or "-", mean or "-", reached, setup, memory, remarks])


def _engines(found: Sequence[Measured]) -> dict[str, type[Engine]]:
    return {n: s.engine for one in found for n, s in one.series.items()}


def _ms(time: Bound | None) -> str:
    return str(Bound(time.value * 1e3, time.flag)) if time else "-"


def _row(cells: Iterable[object]) -> str:
    return "| " + " | ".join(str(c).replace("|", "/") for c in cells) + " |"


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def write_csv(found: Sequence[Measured], path: Path) -> None:
    """Write every measured point as a line."""
    head = ["problem", "size", "engine", "kind", "relative", "absolute_nM", "cpu_s", "cpu_min_s", "rounds"]
    head += ["max_error", "rms_error", "setup_s", "memory_MB", "reference_agreement", "trouble"]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(head)
        for one in found:
            agreement = one.reference.agreement if one.reference else math.inf
            for name, series in one.series.items():
                for p in (p for p in series.points if p.cpu or p.trouble or series.trouble):
                    line = [
                        one.name,
                        one.size,
                        name,
                        series.engine.kind.value,
                        p.accuracy.relative,
                        p.accuracy.absolute,
                    ]
                    line += [p.median, min(p.cpu, default=math.inf), len(p.cpu), p.max_error, p.rms_error]
                    line += [series.setup, series.memory, agreement, series.trouble or p.trouble]
                    writer.writerow(line)

"""The table of an ensemble on disk: rows are kept as they come, and the table is written whole when all are there.

A run that was killed leaves what it had in a file beside, which the next run of the same experiment goes on from; an experiment is
known by how it was made. The finished table is ordered by replicate, so that it is the same however the work was spread.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from crn.diagnostics import CircuitError, Diagnostic
from crn.simulate.ensemble import Row

PARTIAL = "runs.partial.jsonl"
"""Where rows are kept until there is a table."""


class Stopped(Exception):  # noqa: N818  # nothing went wrong
    """Somebody stopped it; what there was is kept where there was a place for it.

    Attributes
    ----------
    rows : mapping of int to Row
    path : Path or None
    """

    def __init__(self, rows: Mapping[int, Row], path: Path | None) -> None:
        kept = f"kept in {path}; the same command goes on from there" if path else "lost; with -o DIR it would be kept"
        super().__init__(f"stopped: {len(rows)} rows are there, {kept}" if rows else "stopped before the first row")
        self.rows, self.path = rows, path


class Kept:
    """Rows on disk, one line each after a line that says what they are rows of; in memory only without a stream."""

    def __init__(self, stream: IO[str] | None, rows: dict[int, Row]) -> None:
        self.stream, self.rows = stream, rows

    def add(self, number: int, row: Row) -> None:
        """Keep a row."""
        self.rows[number] = dict(row)
        if self.stream is None:
            return
        self.stream.write(json.dumps({"run": number, **row}) + "\n")
        self.stream.flush()
        os.fsync(self.stream.fileno())


@contextmanager
def kept(directory: Path | None, experiment: str) -> Iterator[Kept]:
    """Offer a place for rows, with those that an earlier run of the same experiment left.

    Parameters
    ----------
    directory : Path or None
        Without one nothing is kept.
    experiment : str
        What the rows are rows of.

    Raises
    ------
    CircuitError
        If the directory holds the rows of another experiment, or cannot be written.
    Stopped
        In place of a KeyboardInterrupt.
    """
    if directory is None:
        lost = Kept(None, {})
        try:
            yield lost
        except KeyboardInterrupt:
            raise Stopped(lost.rows, None) from None
        return
    path = directory / PARTIAL
    try:
        directory.mkdir(parents=True, exist_ok=True)
        rows, whole = _read(path, experiment)
        with path.open("r+" if whole else "w", encoding="utf-8") as stream:
            stream.seek(whole)
            stream.truncate()
            if not whole:
                stream.write(json.dumps({"experiment": experiment}) + "\n")
            yield Kept(stream, rows)
    except KeyboardInterrupt:
        raise Stopped(rows, path) from None
    except OSError as error:
        raise CircuitError(f"{directory} cannot be written: {error.strerror or error}") from None


def _read(path: Path, experiment: str) -> tuple[dict[int, Row], int]:
    """Return the rows of a file and how many of its bytes are whole lines."""
    if not path.exists():
        return {}, 0
    rows: dict[int, Row] = {}
    whole = 0
    for place, line in enumerate(path.read_bytes().splitlines(keepends=True)):
        if not line.endswith(b"\n"):
            break  # a kill may cut the last line
        value = json.loads(line)
        if place == 0 and value.get("experiment") != experiment:
            advice = "name another directory, or remove the file to begin anew"
            raise CircuitError(Diagnostic(f"{path} holds the runs of another experiment", advice=advice))
        if place:
            rows[int(value.pop("run"))] = value
        whole += len(line)
    return rows, whole


def runs_csv(rows: Mapping[int, Row], header: str) -> str:
    """Return the table, a line for every replicate, after a line that says how it was made."""
    ordered = [rows[n] for n in sorted(rows)]
    names = list(ordered[0]) if ordered else []
    lines = [f"# {header}", ",".join(["run", *names])]
    lines += [",".join([str(n), *(f"{rows[n][name]:.9g}" for name in names)]) for n in sorted(rows)]
    return "\n".join(lines) + "\n"

"""Sequences for a compiled circuit: toeholds that are long enough, the design with its quality, and what a build folder holds.

The search is in `dsd.sequences`; here lengths are chosen, files are found again, and everything is put side by side. A later
command of the same folder works with the sequences that lie there, so that what is ordered is what was designed.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from compiler.compilation import Compiled, CompileOptions
from crn.diagnostics import CircuitError
from crn.text import read_text_file
from dsd.lab.inventory import Inventory
from dsd.schemes import Lengths
from dsd.sequences import Sequences
from dsd.sequences.design import Design, design, layout_of
from dsd.sequences.quality import Quality, measure
from dsd.sequences.rules import Job
from dsd.sequences.storage import FILE_NAME, check_against, read_sequences
from dsd.sequences.toeholds import most
from dsd.sequences.wishes import NO_WISHES, read_wishes

LONGEST_OPENING_NT: Final = 7
"""Toeholds up to this length open by themselves, in nt; a proof is about such toeholds."""

MARGIN: Final = 1.25
"""How many toeholds there should be for each that is needed, so that neighbours can be chosen."""

SMALL: Final = 110
"""A circuit of up to so many domains is designed along with a build: it takes less than a minute."""

Progress = Callable[[str, int, int], object]


@dataclass(frozen=True, slots=True)
class Effort:
    """How sequences are designed.

    Attributes
    ----------
    job : Job
        Rules, conditions, seed.
    wishes : str
        Path of the user's file, or nothing.
    budget_s : float
    workers : int
        Processes; they make no difference to the outcome.
    folding : bool or None
        Whether structures are computed; by default where ViennaRNA is installed.
    """

    job: Job = Job()
    wishes: str = ""
    budget_s: float = math.inf
    workers: int = 1
    folding: bool | None = None


@dataclass(frozen=True)
class Stored:
    """Sequences of an earlier command.

    Attributes
    ----------
    path : str
    sequences : Sequences
    lengths : Lengths
        Those that the circuit was compiled with.
    """

    path: str
    sequences: Sequences
    lengths: Lengths


@dataclass(frozen=True)
class Sequenced:
    """A circuit with its nucleotides.

    Attributes
    ----------
    compiled : Compiled
        With the lengths that the sequences have.
    sequences : Sequences
    notes : tuple of str
        Why the lengths are what they are, and where the sequences came from.
    design : Design or None
        None if they came from a file.
    quality : Quality or None
        None if they came from a file.
    """

    compiled: Compiled
    sequences: Sequences
    notes: tuple[str, ...] = ()
    design: Design | None = None
    quality: Quality | None = None


def find_stored(named: str | None, folder: Path | None) -> Stored | None:
    """Return the sequences of an earlier command.

    Parameters
    ----------
    named : str or None
        A file, or a folder of a build, as the user named it.
    folder : Path or None
        Where the command writes: what lies there is taken if nothing is named.

    Raises
    ------
    CircuitError
        If there is no such file, or it is at fault.
    """
    if named:
        path = Path(named) / FILE_NAME if Path(named).is_dir() else Path(named)
    elif folder is not None and (folder / FILE_NAME).is_file():
        path = folder / FILE_NAME
    else:
        return None
    text = read_text_file(str(path))
    sequences = read_sequences(text, str(path))
    written = json.loads(text).get("lengths", {})
    try:
        lengths = Lengths(int(written["toehold_nt"]), int(written["long_nt"]))
    except (KeyError, TypeError, ValueError):
        raise CircuitError(f"{path} does not say which lengths its circuit was compiled with") from None
    return Stored(str(path), sequences, lengths)


def sequenced(
    compile_: Callable[[CompileOptions], Compiled],
    options: CompileOptions,
    lengths: Lengths | None = None,
    stored: Stored | None = None,
    effort: Effort = Effort(),
    progress: Progress = lambda *_: None,
) -> Sequenced:
    """Return a circuit with sequences: those that are stored, or newly designed ones.

    Parameters
    ----------
    compile_ : callable
        Compiles the circuit with given options.
    options : CompileOptions
    lengths : Lengths, optional
        What the user asked for; by default those of the stored sequences, or the shortest that suffice.
    stored : Stored, optional
        See `find_stored`.
    effort : Effort
    progress : callable

    Raises
    ------
    CircuitError
        If stored sequences are for another circuit, or wishes are at fault.
    InfeasibleError
        If there are no sequences that obey the rules.
    """
    if stored is not None:
        compiled = compile_(replace(options, lengths=lengths or stored.lengths))
        check_against(stored.sequences, Inventory.of(compiled.system), stored.path)
        return Sequenced(compiled, stored.sequences, (f"sequences of {stored.path}",))
    chosen, notes = (lengths, ()) if lengths else sufficient_lengths(compile_, options, effort.job)
    return design_sequences(compile_(replace(options, lengths=chosen)), effort, notes, progress)


def design_sequences(
    compiled: Compiled, effort: Effort = Effort(), notes: tuple[str, ...] = (), progress: Progress = lambda *_: None
) -> Sequenced:
    """Design sequences for a compiled circuit and measure their quality; see `sequenced`."""
    wishes = NO_WISHES
    if effort.wishes:
        wishes = read_wishes(read_text_file(effort.wishes), effort.wishes, Inventory.of(compiled.system))
    found = design(
        compiled.system, effort.job, wishes, budget_s=effort.budget_s, workers=effort.workers, progress=progress
    )
    quality = measure(
        found.sequences,
        compiled.system,
        found.job.rules,
        found.job.conditions,
        targets=found.targets,
        workers=effort.workers,
        folding=effort.folding,
        progress=progress,
    )
    return Sequenced(compiled, found.sequences, notes, found, quality)


def sufficient_lengths(
    compile_: Callable[[CompileOptions], Compiled], options: CompileOptions, job: Job = Job()
) -> tuple[Lengths, tuple[str, ...]]:
    """Return lengths with the shortest toeholds of which there are enough, and a note if they differ from those of the options."""
    asked = options.lengths
    need = sum(d.length == asked.toehold for d in layout_of(compile_(options).system).domains)
    there: list[str] = []
    for length in range(asked.toehold, max(asked.toehold, LONGEST_OPENING_NT) + 1):
        supply = most(length, job.rules, job.conditions, job.seed)
        if supply >= MARGIN * need or length == LONGEST_OPENING_NT:
            break
        there.append(f"{supply} of {length} nt")
    if length == asked.toehold:
        return asked, ()
    note = (
        f"toeholds of {length} nt: the circuit needs {need} different ones; there are {', '.join(there)}, and {supply} of "
        f"{length} nt; --lengths sets others"
    )
    return replace(asked, toehold=length), (note,)


def too_large(compiled: Compiled) -> str:
    """Return why sequences for a circuit are not designed unless they are asked for, or nothing if it is small enough."""
    domains = len(layout_of(compiled.system).domains)
    if domains <= SMALL:
        return ""
    return f"{domains} domains take their time; --sequences yes designs them with the build, `strandwright sequences` apart"

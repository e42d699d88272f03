"""The command `sequences`, and the options that design sequences wherever they are designed.

What is designed, and how, is said in `compiler.sequencing`.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated

import typer

from compiler import console
from compiler.api import CircuitError, Compiled, CompileOptions, InfeasibleError, compile_crn
from compiler.arguments import RateOpt, Say, SourceArg
from compiler.options import lengths_of, load_source, positive, shown_options
from compiler.provenance import stamp
from compiler.sequence_blocks import design_block, sequence_files, sequences_text
from compiler.sequencing import Effort, Sequenced, find_stored, sequenced, too_large
from crn.quantities import Dimension, parse_quantity
from dsd.schemes import Lengths
from dsd.sequences.refusal import OutOfTimeError
from dsd.sequences.rules import Job, rules_of
from dsd.thermodynamics import Conditions

WishesOpt = Annotated[
    str | None,
    typer.Option("--wishes", help="CSV file: kind,name,action,value; domains or strands fixed, excluded, modified."),
]
RuleOpt = Annotated[
    list[str] | None, typer.Option("--rule", help="A hard constraint, such as toehold_gap=2; may be repeated.")
]
BudgetOpt = Annotated[
    str, typer.Option("--budget", help="Time for the search, such as 10min; the best so far is kept.")
]
WorkersOpt = Annotated[int, typer.Option("--workers", min=0, help="Processes; 0 for one per core.")]
AutoLengthsOpt = Annotated[
    str, typer.Option("--lengths", help="Domain lengths in nt: toehold=7,long=15; auto for toeholds that suffice.")
]
TemperatureOpt = Annotated[float, typer.Option("--temperature", help="Of the tube, in °C.")]
SodiumOpt = Annotated[str, typer.Option("--sodium", help="All monovalent ions.")]
MagnesiumOpt = Annotated[str, typer.Option("--magnesium", help="Magnesium.")]
StoredOpt = Annotated[
    str | None, typer.Option("--from", help="sequences.json, or a folder with one, to be taken instead of new ones.")
]


SequencesOpt = Annotated[
    str,
    typer.Option("--sequences", help="auto designs them for a small circuit; yes, no, or a file or folder with some."),
]


def sequences_command(
    source: SourceArg,
    options: CompileOptions,
    say: Say,
    lengths: AutoLengthsOpt = "auto",
    wishes: WishesOpt = None,
    rule: RuleOpt = None,
    budget: BudgetOpt = "",
    restarts: Annotated[int, typer.Option("--restarts", min=1, max=64, help="Independent searches.")] = 2,
    workers: WorkersOpt = 0,
    temperature: TemperatureOpt = 25.0,
    sodium: SodiumOpt = "50mM",
    magnesium: MagnesiumOpt = "12.5mM",
    rate: RateOpt = None,
) -> None:
    """Design the nucleotides of every strand, and say how good they are."""
    found = load_source(source, rate)
    given = asked_lengths(lengths)
    job = Job(rules_of(tuple(rule or ())), conditions_of(temperature, sodium, magnesium), say.seed, restarts)
    effort = effort_of(job, wishes, budget, workers)
    shown: dict[str, object] = {
        "source": source,
        "lengths": lengths,
        "wishes": wishes,
        "rule": ",".join(rule or ()),
        "budget": budget,
    }
    shown |= {"restarts": restarts, "conditions": str(job.conditions)}
    try:
        with console.Meter(quiet=say.quiet or say.as_json) as meter:
            result = sequenced(lambda o: compile_crn(found.crn, o), options, given, effort=effort, progress=meter.step)
    except OutOfTimeError as error:
        sys.stderr.write(f"{error}\n")
        raise typer.Exit(3) from None
    assert result.design is not None, "they were designed"
    made_by = stamp(
        "sequences",
        found.sha256,
        {**shown_options(result.compiled.options), **shown},
        say.seed,
        result.compiled.pipeline,
    )
    block = {**made_by.block(), **design_block(result)}
    say.end(block, sequences_text, lambda: sequence_files(result, made_by), 0 if result.design.passed else 1)


def asked_lengths(word: str) -> Lengths | None:
    """Read the lengths that a command with sequences is given; None for ``auto``."""
    return None if word == "auto" else lengths_of(word)


def conditions_of(temperature_C: float, sodium: str, magnesium: str) -> Conditions:
    """Read the conditions in the tube."""
    na = parse_quantity(sodium, Dimension.CONCENTRATION, "--sodium")
    mg = parse_quantity(magnesium, Dimension.CONCENTRATION, "--magnesium")
    try:
        return Conditions(temperature_C, na, mg)
    except ValueError as error:
        raise CircuitError(f"--temperature, --sodium, --magnesium: {error}") from None


def effort_of(job: Job, wishes: str | None = None, budget: str = "", workers: int = 0) -> Effort:
    """Read how much work is to be done, and where."""
    budget_s = positive(budget, Dimension.TIME, "--budget") if budget else math.inf
    return Effort(job, wishes or "", budget_s, workers or min(job.restarts, os.cpu_count() or 1))


@dataclass(frozen=True, slots=True)
class WantedSequences:
    """Which sequences a build is to have.

    Attributes
    ----------
    word : str
        ``auto``, ``yes``, ``no``, or a path.
    lengths : Lengths or None
        None for what suffices.
    """

    word: str
    lengths: Lengths | None

    def design(
        self, compile_: Callable[[CompileOptions], Compiled], options: CompileOptions, say: Say
    ) -> tuple[CompileOptions, Sequenced | None, str]:
        """Return the options with the lengths of the sequences, these, and why there are none.

        Raises
        ------
        CircuitError
            If sequences were asked for and cannot be had.
        """
        asked = replace(options, lengths=self.lengths or options.lengths)
        if self.word == "no":
            return asked, None, ""
        asked_for = self.word != "auto"
        stored = find_stored(self.word, None) if self.word not in ("auto", "yes") else None
        reason = "" if asked_for else too_large(compile_(asked))
        if reason:
            return asked, None, reason
        effort = effort_of(Job(seed=say.seed))
        try:
            with console.Meter(quiet=say.quiet or say.as_json) as meter:
                found = sequenced(compile_, options, self.lengths, stored, effort, meter.step)
        except InfeasibleError as error:
            if asked_for:
                raise
            return asked, None, str(error)
        return found.compiled.options, found, ""

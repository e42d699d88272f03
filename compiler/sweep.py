"""A design sweep: what every design is good for, what errors make of it, and which designs nothing is better than.

Every design is compiled once and trained without errors, which gives its loss, its hours and what it costs; after that its tube is
trained again and again with errors, each replicate with a random stream by the number of the design and its own. What can be
varied is said in `compiler.designs`, and what is shown of it in `compiler.sweep_tables`.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import Final

from compiler.api import Estimate, estimate
from compiler.compilation import Compiled, compile_crn
from compiler.designs import Design, Job, reason_of
from compiler.dna_level import need_rates
from compiler.explore import Summary, TrainingTask, summary
from compiler.exposed_tube import exposed_dna, exposed_formal
from compiler.noise import Noise
from compiler.pareto import pareto_front
from compiler.runs_file import Kept
from compiler.training import peak_amounts, train
from crn.diagnostics import CircuitError
from crn.neural.training import Progress
from crn.simulate.ensemble import Row, handed_out, stream

OBJECTIVES: Final = ("loss", "lab_time_s", "strands", "price")
"""What a design is judged by, all of them the smaller the better; with errors the loss is the median of the replicates."""

CHUNK: Final = 4
"""Replicates handed out together."""

_STRIDE: Final = 1 << 32
"""Between the places of two designs in the store of rows: 0 for what it is without errors, then its replicates."""

Workplace = Callable[[], AbstractContextManager[tuple[Executor | None, Callable[[], Executor] | None]]]
"""Opens what the work is spread over; see `compiler.executors`."""


@dataclass(frozen=True, eq=False)
class Assessed:
    """A design without errors.

    Attributes
    ----------
    number : int
    figures : Row or None
        None where it cannot be built or trained.
    task : TrainingTask or None
        What is done for every replicate; None where there are no errors.
    reason : str
        Why there are no figures.
    """

    number: int
    figures: Row | None = None
    task: TrainingTask | None = None
    reason: str = ""


def assess(design: Design, level: str, replicated: bool) -> Assessed:
    """Compile and train one design without errors, and get its replicates ready.

    Parameters
    ----------
    design : Design
    level : {'formal', 'dna'}
        At which the losses are; counts, hours and price are those of the DNA at either.
    replicated : bool
        Whether there are to be replicates.
    """
    job = design.job
    if job is None:
        return Assessed(design.number, reason=design.reason)
    try:
        figures, compiled = _dna_figures(job) if level == "dna" else _formal_figures(job)
        task = _task(job, level, compiled) if replicated and job.noise != Noise() else None
    except CircuitError as error:
        return Assessed(design.number, reason=reason_of(error))
    if not math.isfinite(figures["loss"]):
        return Assessed(design.number, reason="the training did not reach its end")
    return Assessed(design.number, figures, task)


def _dna_figures(job: Job) -> tuple[Row, Compiled]:
    circuit, words = job.source.learning, job.words
    done = train(
        circuit,
        job.data,
        job.validation,
        epochs=words.times(job.source),
        level="dna",
        options=job.options,
        top_up=words.mix,
        regime=words.regime(job.source),
    )
    dna = done.dna
    if dna is None or not done.outcome.ok or dna.run.validation_loss is None:
        raise CircuitError(f"the training did not reach its end: {done.outcome}")
    figures = {
        "loss": dna.run.validation_loss,
        "lab_time_s": dna.lab_time_s,
        **_counts(estimate(dna.compiled)),
        "time_s": dna.compiled.scale.time_s,
        "pipetting_steps": float(dna.additions),
        "mixes": float(dna.mixes),
        "total_strand_M": dna.total_strand_M,
        "lowest_fuel_fraction": dna.lowest_fuel_fraction,
        "within_limits": float(not dna.bench.problems),
    }
    return figures, dna.compiled


def _formal_figures(job: Job) -> tuple[Row, Compiled]:
    circuit, words = job.source.learning, job.words
    epochs = words.times(job.source)
    compiled = compile_crn(circuit.crn, job.options, peak_amounts(circuit, [job.data, job.validation]))
    need_rates(compiled.state)
    done = train(circuit, job.data, job.validation, epochs=epochs, level="formal", regime=words.regime(job.source))
    if done.formal is None or not done.outcome.ok or done.formal.validation_loss is None:
        raise CircuitError(f"the training did not reach its end: {done.outcome}")
    batches = -(-len(job.data) // words.batch) if circuit.batch_end else 0
    time = circuit.sample_time * len(job.data) + circuit.batch_time * batches
    figures = {
        "loss": done.formal.validation_loss,
        "lab_time_s": time * compiled.scale.time_s * epochs,
        **_counts(estimate(compiled)),
        "time_s": compiled.scale.time_s,
    }
    return figures, compiled


def _counts(found: Estimate) -> Row:
    total = found.inventory.total
    return {
        "strands": float(total.strands),
        "price": found.price.total,
        "fuels": float(total.fuels),
        "nucleotides": float(total.nucleotides),
        "longest_strand_nt": float(total.longest_strand_nt),
    }


def _task(job: Job, level: str, compiled: Compiled) -> TrainingTask:
    circuit, words = job.source.learning, job.words
    epochs, regime = words.times(job.source), words.regime(job.source)
    if level == "dna":
        exposed = exposed_dna(
            circuit, job.data, job.validation, epochs, job.options, job.noise, words.mix, regime, compiled=compiled
        )
    else:
        exposed = exposed_formal(circuit, job.noise)
    return TrainingTask(circuit, exposed, job.data, job.validation, epochs, job.noise, regime, job.method)


@dataclass(frozen=True, eq=False)
class Part:
    """Some replicates of one design, handed out together."""

    design: int
    task: TrainingTask
    seed: int
    replicates: tuple[int, ...]


def run_part(part: Part) -> tuple[int, list[tuple[int, Row]]]:
    """Run some replicates of one design, in the process that was given them."""
    rows = [(n, part.task.run(stream(part.seed, part.design, n))) for n in part.replicates]
    return part.design, rows


@dataclass(frozen=True, eq=False)
class Outcome:
    """What came of one design.

    Attributes
    ----------
    design : Design
    figures : Row or None
        Without errors; None where there is a reason.
    rows : tuple of Row
        The replicates, by number.
    reason : str
    front : bool
        Whether no other design under the same errors is better.
    """

    design: Design
    figures: Row | None
    rows: tuple[Row, ...] = ()
    reason: str = ""
    front: bool = False

    @property
    def summary(self) -> Summary | None:
        """What the replicates showed, if there are any."""
        return summary(self.rows, self.figures["loss"]) if self.rows and self.figures else None

    @property
    def objectives(self) -> tuple[float, ...]:
        """What it is judged by, in the order of `OBJECTIVES`; not finite where it cannot be built."""
        if self.figures is None:
            return (math.inf,) * len(OBJECTIVES)
        found = self.summary
        loss = found.median if found else self.figures["loss"]
        return (loss, *(self.figures[name] for name in OBJECTIVES[1:]))


def sweep(
    designs: Sequence[Design],
    level: str,
    samples: int,
    seed: int,
    store: Kept,
    workplace: Workplace,
    progress: Progress,
) -> list[Outcome]:
    """Find out what every design is good for.

    Parameters
    ----------
    designs : sequence of Design
    level : {'formal', 'dna'}
    samples : int
        Replicates of every design that has errors.
    seed : int
    store : Kept
        What it holds is not done again.
    workplace : callable
    progress : callable

    Returns
    -------
    list of Outcome
        In the order of the designs, with the front marked.
    """
    wanted = {d.number: samples if d.job is not None and d.job.noise != Noise() else 0 for d in designs}
    left = {n: [r for r in range(wanted[n]) if _place(n, 1 + r) not in store.rows] for n in wanted}
    open_ = [d for d in designs if d.job is not None and (_place(d.number, 0) not in store.rows or left[d.number])]
    reasons = {d.number: d.reason for d in designs}
    parts: list[Part] = []
    done = len(designs) - len(open_)
    if not open_:
        return marked(list(_outcomes(designs, wanted, store, reasons)))
    with workplace() as (executor, again):
        work = partial(assess, level=level, replicated=samples > 0)
        for found in handed_out(work, open_, executor, again=again):
            if found.figures is not None:
                if _place(found.number, 0) not in store.rows:
                    store.add(_place(found.number, 0), found.figures)
                parts += _parts(found, seed, left[found.number])
            reasons[found.number] = found.reason
            done += 1
            progress("designs", done, len(designs))
        runs = sum(wanted[n] for n in wanted if _place(n, 0) in store.rows)
        made = runs - sum(len(p.replicates) for p in parts)
        for number, rows in handed_out(run_part, sorted(parts, key=lambda p: p.design), executor, again=again):
            for replicate, row in rows:
                store.add(_place(number, 1 + replicate), row)
            made += len(rows)
            progress("runs", made, runs)
    return marked(list(_outcomes(designs, wanted, store, reasons)))


def _parts(found: Assessed, seed: int, left: Sequence[int]) -> Iterator[Part]:
    for first in range(0, len(left), CHUNK):
        assert found.task is not None, "where there are errors there is a task"
        yield Part(found.number, found.task, seed, tuple(left[first : first + CHUNK]))


def _outcomes(
    designs: Sequence[Design], wanted: Mapping[int, int], store: Kept, reasons: Mapping[int, str]
) -> Iterator[Outcome]:
    for design in designs:
        n = design.number
        figures = None if reasons[n] else dict(store.rows[_place(n, 0)])
        rows = tuple(dict(store.rows[_place(n, 1 + r)]) for r in range(wanted[n])) if figures else ()
        yield Outcome(design, figures, rows, reasons[n])


def _place(design: int, row: int) -> int:
    return design * _STRIDE + row


def marked(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Mark the front: designs that no other under the same errors is better than."""
    found = list(outcomes)
    for errors in {o.design.errors for o in found}:
        places = [i for i, o in enumerate(found) if o.design.errors == errors]
        front = pareto_front([found[i].objectives for i in places])
        for i, best in zip(places, front, strict=True):
            found[i] = dataclasses.replace(found[i], front=bool(best))
    return found

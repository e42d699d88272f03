"""The words of the command line about training: which data, how often, in which order, and where to go on from.

`train`, `build` and `explore` share them; what a word means is read here, and the training itself is `compiler.training`.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

from compiler import console
from compiler.api import CompileOptions, Source, Training, train
from compiler.bench import read_limits
from compiler.checkpoints import Checkpoints
from compiler.options import level_of, simulator_of
from compiler.training_data import load_data
from crn.diagnostics import CircuitError
from crn.neural.dosing import dosed_for
from crn.neural.samples import Dataset
from crn.neural.schedule import read_schedule
from crn.neural.training import Progress, Regime


@dataclass(frozen=True, slots=True)
class SampleWords:
    """What to train on and in which order, as it was typed; see the options of the same names."""

    data: str | None = None
    validate: str | None = None
    classes: str | None = None
    epochs: int | None = None
    batch: int = 1
    schedule: str | None = None
    top_up: str = "every-sample"

    def shown(self) -> dict[str, object]:
        """Return the words as they go into a stamp."""
        unsaid = {"batch": 1, "schedule": None}
        words = dataclasses.asdict(self)
        return {word: value for word, value in words.items() if word not in unsaid or value != unsaid[word]}

    def sets(self, found: Source, seed: int) -> tuple[Source, tuple[Dataset, Dataset | None]]:
        """Return the source with its doses for the samples, and the samples: to train on and to validate with."""
        data, validation = load_data(found, self.data, self.validate, seed, self.classes)
        circuit = dosed_for(found.learning, data, [] if validation is None else [validation])
        return dataclasses.replace(found, circuit=circuit), (data, validation)

    def times(self, found: Source) -> int:
        """Return how often all samples are gone through: as often as was said, or as the circuit's family does."""
        return self.epochs or (found.family.epochs if found.family is not None else 5)

    @property
    def sampled(self) -> bool:
        """Whether anything is said about samples and their order."""
        return any(getattr(self, f.name) != f.default for f in dataclasses.fields(SampleWords))

    def regime(self, found: Source) -> Regime:
        """Return batch and schedule; without a word it is the schedule of the circuit."""
        schedule = found.learning.schedule if self.schedule is None else read_schedule(self.schedule)
        return Regime(self.batch, schedule)

    @property
    def mix(self) -> str | dict[str, float]:
        """The top-up: ``none``, ``every-sample``, or what a file says, in M."""
        return self.top_up if self.top_up in ("none", "every-sample") else console.read_mix(self.top_up)


@dataclass(frozen=True, slots=True)
class TrainingWords(SampleWords):
    """How to train once and how to watch it, beside what to train on."""

    flush: str = "none"
    limits: str | None = None
    reduce: str = "exact"
    method: str = "ode"
    molecules: float | None = None
    checkpoint: Path | None = None
    resume: bool = False

    def shown(self) -> dict[str, object]:
        """Return the words as they go into a stamp; where a run was stopped and taken up again changes nothing in it."""
        left_out = {"checkpoint", "resume"} | ({"molecules"} if self.molecules is None else set())
        return {word: value for word, value in SampleWords.shown(self).items() if word not in left_out}

    @property
    def about_data(self) -> bool:
        """Whether a word speaks of samples, which only a learning circuit has."""
        return bool(self.data or self.validate or self.classes or self.checkpoint)

    def train(
        self,
        found: Source,
        sets: tuple[Dataset, Dataset | None],
        options: CompileOptions,
        level: str,
        seed: int,
        progress: Progress,
    ) -> Training:
        """Train a source as the words say.

        Raises
        ------
        CircuitError
            If a word is wrong, or the circuit cannot be trained so.
        """
        if self.flush not in ("none", "ideal"):
            raise CircuitError(f"--flush is none or ideal, not {self.flush!r}")
        if self.resume and self.checkpoint is None:
            raise CircuitError("--resume goes on from a checkpoint: name its folder with --checkpoint")
        return train(
            found.learning,
            *sets,
            epochs=self.times(found),
            level=level_of(level),
            options=options,
            top_up=self.mix,
            flush=self.flush,
            limits=read_limits(self.limits),
            reduce=self.reduce,
            simulator=simulator_of(self.method, self.molecules, seed),
            progress=progress,
            regime=self.regime(found),
            checkpoints=Checkpoints(self.checkpoint, self.resume) if self.checkpoint is not None else None,
        )

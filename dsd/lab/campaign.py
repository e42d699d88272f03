"""A campaign: everything that is prepared and pipetted for a circuit, from the first reporter to the last addition of its training.

Here are the values: what it is planned for, what a laboratory chooses, and the plan. How it is planned is the business of
`dsd.lab.campaign_plan`, and what is read off it as sheets that of `dsd.lab.bench_sheet`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from crn.network import Reaction
from dsd.complexes import Complex
from dsd.lab.annealing import Preparation
from dsd.lab.mixing import Liquid, Mix, Pipetting
from dsd.lab.reporters import Reporter
from dsd.lab.sessions import Dose, Session
from dsd.lab.trials import Levels, Trace
from dsd.lab.vendor_files import Stock
from dsd.sequences.assignment import Sequences
from dsd.system import DsdSystem
from dsd.thermodynamics import Conditions

MASTER_FOLD: Final = 1.25
"""How many times as concentrated as in the tube the fuels are in their master mix: it makes up four fifths of the tube."""
ALIQUOT_FOLD: Final = 10.0
"""By how much a sample of the tube is diluted where it is read: what is bound lets go, and the circuit all but stops."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What a laboratory chooses.

    Attributes
    ----------
    volume_L : float
        Of the tube that is trained, at the start.
    runs : int
        How many tubes are run; trials are made once.
    trial_L : float
        Of the tube of a trial.
    preparation : Preparation
    pipetting : Pipetting
    conditions : Conditions
    most_share : float
        What one addition may be of the tube.
    """

    volume_L: float = 100e-6
    runs: int = 3
    trial_L: float = 50e-6
    preparation: Preparation = Preparation()
    pipetting: Pipetting = Pipetting()
    conditions: Conditions = Conditions()
    most_share: float = 0.02

    def __post_init__(self) -> None:
        if not (0 < self.volume_L < 1 and 0 < self.trial_L < 1 and self.runs >= 1):
            raise ValueError(f"{self.runs} runs in {self.volume_L} L, trials in {self.trial_L} L")


@dataclass(frozen=True)
class Batch:
    """A complex that is annealed.

    Attributes
    ----------
    complex : Complex
    mix : Mix
        Of its strands.
    liquid : Liquid
        What it becomes: finished complexes in the buffer of the experiment.
    """

    complex: Complex
    mix: Mix
    liquid: Liquid


@dataclass(frozen=True, eq=False)
class Tube:
    """A trial with what is pipetted for it, and what it should show.

    Attributes
    ----------
    trace : Trace
    mix : Mix
    late_L : float
        Of the reporter's mix, where that goes in later; otherwise 0.
    """

    trace: Trace
    mix: Mix
    late_L: float


@dataclass(frozen=True, eq=False)
class Campaign:
    """The plan.

    Attributes
    ----------
    setup : Setup
    stocks : tuple of Stock
        Of all strands.
    batches : tuple of Batch
    dilutions : tuple of Mix
        In the order in which they are made.
    reporters : tuple of Reporter
    calibrations, gates : tuple of Tube
    later : tuple of Mix
        Reporters that go into tubes later.
    unseen : tuple of Trace
        Of gates that no reporter that is ordered would show.
    fuels : Mix
        The master mix of everything that is in the tube from the start but signals.
    tube : Mix
        One tube before its training.
    additions : tuple of Mix
        What is added in the training.
    session : Session
    levels : Levels
        Of the trials of gates.
    calibrated : Levels
        Of the calibrations.
    problems : tuple of str
        What does not fit or cannot be done as it stands, with a way out.
    """

    setup: Setup
    stocks: tuple[Stock, ...]
    batches: tuple[Batch, ...]
    dilutions: tuple[Mix, ...]
    reporters: tuple[Reporter, ...]
    calibrations: tuple[Tube, ...]
    gates: tuple[Tube, ...]
    later: tuple[Mix, ...]
    unseen: tuple[Trace, ...]
    fuels: Mix
    tube: Mix
    additions: tuple[Mix, ...]
    session: Session
    levels: Levels
    calibrated: Levels
    problems: tuple[str, ...]

    @property
    def mixes(self) -> tuple[Mix, ...]:
        """All mixes in the order in which they are made."""
        trials = tuple(t.mix for t in (*self.calibrations, *self.gates))
        rest = (*self.later, self.fuels, self.tube, *self.additions)
        return (*(b.mix for b in self.batches), *self.dilutions, *trials, *rest)


@dataclass(frozen=True)
class Circuit:
    """What a campaign is planned for.

    Attributes
    ----------
    system : DsdSystem
    sequences : Sequences
        Of its strands and those of the reporters.
    reactions : tuple of Reaction
        The formal ones that its gates carry out.
    reporters : tuple of Reporter
        Those that are ordered.
    others : tuple of Reporter
        Those that would show the other gates.
    start : tuple of (str, float)
        Signals that are in the tube before anything is added, in M.
    doses : tuple of Dose
        What is added, in terms of complexes.
    signal_M, peak_M : float
        What one formal unit is in the tube, and the largest amount of a signal.
    rate : float
        Of a displacement by a full toehold, in /M/s.
    """

    system: DsdSystem
    sequences: Sequences
    reactions: tuple[Reaction, ...]
    reporters: tuple[Reporter, ...]
    others: tuple[Reporter, ...]
    start: tuple[tuple[str, float], ...]
    doses: tuple[Dose, ...]
    signal_M: float
    peak_M: float
    rate: float


def reporter_level(signal_M: float) -> float:
    """Return the concentration of a reporter for signals of up to `signal_M`, both in M: twice as much, 100 nM at the least."""
    return max(100e-9, 2 * signal_M)

"""Simulators; `SIMULATORS` is the one list of them, the default first."""

from crn.simulate.bdf import BDF
from crn.simulate.engine import (
    Outcome,
    SegmentRun,
    Segments,
    Simulator,
    Status,
    Stretch,
    Threshold,
    Tolerance,
    Trajectory,
    simulate,
)
from crn.simulate.ladder import Ladder, ScipyRadau
from crn.simulate.scipy_bdf import ScipyBDF
from crn.simulate.scipy_lsoda import ScipyLSODA
from crn.simulate.segments import Rosenbrock

SIMULATORS: tuple[Simulator, ...] = (Ladder(), Rosenbrock(), BDF(), ScipyBDF(), ScipyLSODA(), ScipyRadau())

__all__ = [
    "BDF",
    "SIMULATORS",
    "Ladder",
    "Outcome",
    "Rosenbrock",
    "ScipyBDF",
    "ScipyLSODA",
    "ScipyRadau",
    "SegmentRun",
    "Segments",
    "Simulator",
    "Status",
    "Stretch",
    "Threshold",
    "Tolerance",
    "Trajectory",
    "simulate",
]

"""Simulators, in two lists with the default first: `SIMULATORS` of mass action, and `STOCHASTIC`, whose chance has to be given."""

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
from crn.simulate.slow_scale import SlowScaleSSA
from crn.simulate.ssa import ExactSSA
from crn.simulate.stochastic import Stochastic

SIMULATORS: tuple[Simulator, ...] = (Ladder(), Rosenbrock(), BDF(), ScipyBDF(), ScipyLSODA(), ScipyRadau())

STOCHASTIC: tuple[type[Stochastic], ...] = (ExactSSA, SlowScaleSSA)

__all__ = [
    "BDF",
    "SIMULATORS",
    "STOCHASTIC",
    "ExactSSA",
    "Ladder",
    "Outcome",
    "Rosenbrock",
    "ScipyBDF",
    "ScipyLSODA",
    "ScipyRadau",
    "SegmentRun",
    "Segments",
    "Simulator",
    "SlowScaleSSA",
    "Status",
    "Stochastic",
    "Stretch",
    "Threshold",
    "Tolerance",
    "Trajectory",
    "simulate",
]

"""Simulators; `SIMULATORS` is the one list of them, the default first."""

from crn.simulate.automatic import Automatic
from crn.simulate.engine import Outcome, Simulator, Status, Stretch, Tolerance, Trajectory, simulate
from crn.simulate.scipy_bdf import ScipyBDF
from crn.simulate.scipy_lsoda import ScipyLSODA

SIMULATORS: tuple[Simulator, ...] = (Automatic(), ScipyBDF(), ScipyLSODA())

__all__ = [
    "SIMULATORS",
    "Automatic",
    "Outcome",
    "ScipyBDF",
    "ScipyLSODA",
    "Simulator",
    "Status",
    "Stretch",
    "Tolerance",
    "Trajectory",
    "simulate",
]

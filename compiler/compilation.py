"""Compiling: options in, a compiled circuit out.

The passes do the work and `compiler.scaling` decides the rates; here they are put together under one name. Training, simulating
and proving what was compiled have files of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from compiler.passes import Pipeline, State, default_pipeline
from compiler.scaling import Physical, Scale
from crn.network import CRN, Species
from dsd.schemes import Lengths
from dsd.system import DsdSystem

DEFAULT_SCHEME = "srinivas2015"
"""Taken when none is named: the one with kinetics that follow from concentrations, and an experimental record."""


@dataclass(frozen=True, slots=True)
class CompileOptions:
    """How to compile.

    Attributes
    ----------
    scheme : str
    time_s : float or None
        Seconds per formal unit of time; None for the fastest that is feasible.
    physical : Physical
    lengths : Lengths
    """

    scheme: str = DEFAULT_SCHEME
    time_s: float | None = None
    physical: Physical = Physical()
    lengths: Lengths = Lengths()

    @property
    def pipeline(self) -> Pipeline:
        """The passes."""
        return default_pipeline(self.scheme, self.physical, self.time_s, self.lengths)


@dataclass(frozen=True)
class Compiled:
    """A compiled circuit.

    Attributes
    ----------
    state : State
        After the last pass: the network, its gates and the system.
    options : CompileOptions
    """

    state: State
    options: CompileOptions

    @property
    def system(self) -> DsdSystem:
        """The DNA."""
        assert self.state.system is not None, "the pipeline ends with a system"
        return self.state.system

    @property
    def scale(self) -> Scale:
        """Formal units in molar and seconds."""
        assert self.state.scale is not None, "the pipeline chooses a scale"
        return self.state.scale

    @property
    def pipeline(self) -> str:
        """How it was made."""
        return str(self.options.pipeline)


def compile_crn(
    crn: CRN, options: CompileOptions = CompileOptions(), peaks: Mapping[Species, float] | None = None
) -> Compiled:
    """Compile a network into DNA.

    Parameters
    ----------
    crn : CRN
    options : CompileOptions
    peaks : mapping of Species to float, optional
        Largest amount of each species at the start or added at once; by default the initial amounts.

    Raises
    ------
    CircuitError
        If the scheme cannot carry it.
    InfeasibleError
        If it cannot be built at the chosen scale.
    """
    return Compiled(options.pipeline.run(crn, dict(crn.initial) if peaks is None else peaks), options)

"""Compiling: options in, a compiled circuit out.

The passes do the work and `compiler.scaling` decides the rates; here they are put together under one name. Training, simulating
and proving what was compiled have files of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from compiler.passes import Pipeline, State, default_pipeline
from compiler.scaling import Physical, Scale
from compiler.scheme_file import OWN, file_pipeline
from crn.network import CRN, Species
from dsd.nuskell.library import is_scheme_file
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
    orders : tuple of (str, tuple of Species)
        Who binds first in the reactions where that is not to be chosen.
    allow_wrong : bool
        Whether to go on where a scheme is known to be wrong for a reaction or for two together.
    share_catalysts : bool
        Whether all gates give a catalyst back as one and the same strand.
    engine : str
        Who translates by a scheme file: one of `compiler.scheme_file.ENGINES`.
    reject_remote : bool
        Whether what a scheme file draws is enumerated without remote toeholds; a built-in scheme knows that itself.
    """

    scheme: str = DEFAULT_SCHEME
    time_s: float | None = None
    physical: Physical = Physical()
    lengths: Lengths = Lengths()
    orders: tuple[tuple[str, tuple[Species, ...]], ...] = ()
    allow_wrong: bool = False
    share_catalysts: bool = False
    engine: str = OWN
    reject_remote: bool = False

    @property
    def pipeline(self) -> Pipeline:
        """The passes."""
        if is_scheme_file(self.scheme):
            return file_pipeline(self.scheme, self.physical, self.lengths, self.engine, not self.reject_remote)
        return default_pipeline(
            self.scheme,
            self.physical,
            self.time_s,
            self.lengths,
            self.orders,
            self.allow_wrong,
            self.share_catalysts,
        )


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

"""Compilation as a pipeline of passes: each a small value with a name, options and one function from state to state.

Here are the passes that turn a network into DNA, the pipeline, and its text, which says how an output was made. What a pass cannot
do it refuses with a place in the user's file; the passes call the functions that do the work.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from compiler.lowering import (
    Detour,
    JoinReversible,
    LowerOrder,
    LowerProducts,
    MergeDuplicates,
    ShareCatalysts,
    SplitReversible,
    scheme_of,
)
from compiler.pipeline_text import read_passes
from compiler.roles import KnownFaultError, Order, assign_roles
from compiler.scaling import Physical, Scale, plan_scale, unset_scale
from compiler.state import Pass, State
from crn.diagnostics import CircuitError, Diagnostic, InfeasibleError
from crn.network import CRN, Species
from dsd.assembly import assemble, enumerate_gate
from dsd.complexes import Complex
from dsd.crosstalk import find_cross_talk, with_cross_talk
from dsd.enumeration import DEFAULT_OPTIONS, EnumerationOptions
from dsd.schemes import Fresh, Lengths
from dsd.templates import Templates

__all__ = [
    "PASSES", "AssignRoles", "ChooseScale", "Detour", "DrawGates", "Enumerate", "FindCrossTalk", "JoinReversible", "LowerOrder",
    "LowerProducts", "MergeDuplicates", "Pass", "Pipeline", "ShareCatalysts", "SplitReversible", "State", "default_pipeline",
    "scheme_of",
]  # fmt: skip


@dataclass(frozen=True)
class AssignRoles(Pass):
    """Who binds first: loads are spread, and no strand may imitate the backward strand of another gate."""

    name: ClassVar[str] = "assign-roles"
    scheme: str
    signal_M: float = 10e-9
    fuel_M: float = 20e-6
    orders: tuple[tuple[str, Order], ...] = ()
    """What the user wants."""
    allow_wrong: bool = False
    """Whether to go on where the scheme is known to be wrong."""

    def apply(self, state: State) -> State:
        """See `compiler.roles.assign_roles`."""
        physical = Physical(self.signal_M, self.fuel_M)
        roles = assign_roles(state.lowered, scheme_of(self.scheme), physical, dict(self.orders))
        if roles.faults and not self.allow_wrong:
            last = dataclasses.replace(
                roles.faults[-1], advice="take another --scheme or --order, or say --allow-wrong to see what happens"
            )
            raise KnownFaultError([*roles.faults[:-1], last])
        notes = tuple(f"wrong, and allowed: {f.message}" for f in roles.faults)
        return dataclasses.replace(state, orders=roles.orders, notes=state.notes + notes)


@dataclass(frozen=True)
class ChooseScale(Pass):
    """Formal units become molar and seconds, where the scheme's rates can be set."""

    name: ClassVar[str] = "scale"
    scheme: str
    signal_M: float
    fuel_M: float
    q_max: float
    time_s: float | None = None

    def apply(self, state: State) -> State:
        """See `compiler.scaling.plan_scale`."""
        physical = Physical(self.signal_M, self.fuel_M, self.q_max)
        scheme = scheme_of(self.scheme)
        if scheme.rates:
            if self.time_s is not None:
                raise CircuitError(Diagnostic(f"{scheme.name}: {scheme.rates}", advice="leave --scale out"))
            return dataclasses.replace(state, scale=unset_scale(state.lowered, physical, scheme.rates))
        scale = plan_scale(state.lowered, dict(state.orders), physical, self.time_s, dict(state.peaks))
        return dataclasses.replace(state, scale=scale, notes=state.notes + scale.notes)


@dataclass(frozen=True)
class DrawGates(Pass):
    """Every reaction gets its gate, every species that needs one its buffer."""

    name: ClassVar[str] = "gates"
    scheme: str
    lengths: Lengths = Lengths()

    def apply(self, state: State) -> State:
        """Ask the scheme."""
        scheme, scale = scheme_of(self.scheme), _made(state.scale)
        fresh = Fresh(self.lengths)
        copies = dict.fromkeys(state.lowered.species, 0)
        for reaction in state.lowered.reactions:
            for species, count in reaction.reactants:
                copies[species] = max(copies[species], count)
        signals = {s: scheme.signal(s, copies[s], fresh) for s in state.lowered.species}
        for s in state.catalysts:
            if signals[s].histories:
                signals[s] = dataclasses.replace(signals[s], returned=fresh.long(f"h_{s}_back"))
        orders, reverse = dict(state.orders), dict(state.pairs)
        by_id = {r.id: r for r in state.lowered.reactions}
        gates = tuple(
            scheme.pair(r, by_id[reverse[r.id]], orders[r.id], signals, fresh)
            if r.id in reverse
            else scheme.gate(r, orders[r.id], signals, fresh)
            for r in state.lowered.reactions
            if r.id not in reverse.values()
        )
        buffers = tuple(scheme.buffer(s, signals, fresh) for s, _ in scale.buffers)
        return dataclasses.replace(state, signals=tuple(signals.items()), gates=gates, buffers=buffers)


@dataclass(frozen=True)
class Enumerate(Pass):
    """The reactions of every gate are derived from its complexes, and the gates are put together."""

    name: ClassVar[str] = "enumerate"
    options: EnumerationOptions = DEFAULT_OPTIONS

    def apply(self, state: State) -> State:
        """See `dsd.assembly`."""
        scale = _made(state.scale)
        q = dict(scale.first) | {g.reaction.id: q for g, (_, q) in zip(state.buffers, scale.buffers, strict=True)}
        options = _roomy(self.options, [c for g in state.gates + state.buffers for c in g.initial])
        templates = Templates(options)
        drawn = tuple(enumerate_gate(g, q[g.reaction.id], templates) for g in state.gates + state.buffers)
        system = assemble(drawn, dict(state.signals), scale.physical.fuel_M, scale.physical.q_max)
        return dataclasses.replace(state, drawn=drawn, system=system, options=options)


@dataclass(frozen=True)
class FindCrossTalk(Pass):
    """Complexes of different gates meet; what they do to one another joins the network."""

    name: ClassVar[str] = "cross-talk"
    options: EnumerationOptions = DEFAULT_OPTIONS

    def apply(self, state: State) -> State:
        """See `dsd.crosstalk`."""
        assert state.system is not None, "the pass 'enumerate' has to come before this one"
        options = _roomy(self.options, [e.complex for e in state.system.entries])
        found = find_cross_talk(state.system, options)
        system = with_cross_talk(state.system, found, _made(state.scale).physical.q_max)
        return dataclasses.replace(state, system=system, cross_talk=found)


@dataclass(frozen=True)
class Pipeline:
    """A tuple of passes, applied in order."""

    passes: tuple[Pass, ...]

    def run(self, crn: CRN, peaks: Mapping[Species, float]) -> State:
        """Compile a network."""
        state = State(crn, crn, peaks=tuple(peaks.items()))
        for step in self.passes:
            state = step.apply(state)
        return state

    def __str__(self) -> str:
        return ",".join(map(str, self.passes))

    @classmethod
    def parse(cls, text: str) -> Pipeline:
        """Read the text of a pipeline; see `compiler.pipeline_text`."""
        return cls(tuple(p for p in read_passes(text, PASSES) if isinstance(p, Pass)))


PASSES: tuple[type[Pass], ...] = (
    MergeDuplicates,
    LowerOrder,
    LowerProducts,
    JoinReversible,
    SplitReversible,
    Detour,
    ShareCatalysts,
    AssignRoles,
    ChooseScale,
    DrawGates,
    Enumerate,
    FindCrossTalk,
)
"""Every pass that a text may name."""


def default_pipeline(
    scheme: str,
    physical: Physical,
    time_s: float | None = None,
    lengths: Lengths = Lengths(),
    orders: tuple[tuple[str, Order], ...] = (),
    allow_wrong: bool = False,
    share_catalysts: bool = False,
) -> Pipeline:
    """Return the standard way from reactions to DNA; the scheme says which passes it needs."""
    chosen = scheme_of(scheme)
    options = dataclasses.replace(DEFAULT_OPTIONS, remote=chosen.remote)
    needs: list[Pass] = [LowerOrder(chosen.most)]
    needs += [LowerProducts(chosen.most_products)] if chosen.most_products else []
    needs += [JoinReversible()] if chosen.two_way else []
    return Pipeline(
        (
            MergeDuplicates(),
            *needs,
            Detour(scheme),
            *([ShareCatalysts()] if share_catalysts else []),
            AssignRoles(scheme, physical.signal_M, physical.fuel_M, orders, allow_wrong),
            ChooseScale(scheme, physical.signal_M, physical.fuel_M, physical.q_max, time_s),
            DrawGates(scheme, lengths),
            Enumerate(options),
            FindCrossTalk(options),
        )
    )


def _roomy(options: EnumerationOptions, complexes: Iterable[Complex]) -> EnumerationOptions:
    """Return the options with room for two of the largest complexes and what they may pick up."""
    largest = max((len(c.strands) for c in complexes), default=1)
    return dataclasses.replace(options, max_complex_strands=max(options.max_complex_strands, 2 * largest + 2))


def _made(scale: Scale | None) -> Scale:
    if scale is None:
        raise InfeasibleError("the pass 'scale' has to come before this one")
    return scale

"""Compilation as a pipeline of passes: each a small value with a name, options and one function from state to state.

A state is valid before and after every pass; what a pass cannot do it refuses with a place in the user's file. The passes call
the functions that do the work, and the pipeline's text says how an output was made.
"""

from __future__ import annotations

import dataclasses
import itertools
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from compiler.pipeline_text import read_passes, write_options
from compiler.roles import KnownFaultError, Order, assign_roles
from compiler.scaling import Physical, Scale, plan_scale, unset_scale
from crn.diagnostics import CircuitError, Diagnostic, InfeasibleError
from crn.network import CRN, Bag, Reaction, Species
from crn.rewrite import Rewritten, detour, lower_order, lower_products, merge_duplicates, reversible_pairs
from dsd.assembly import Drawn, assemble, enumerate_gate
from dsd.complexes import Complex
from dsd.crosstalk import CrossTalk, find_cross_talk, with_cross_talk
from dsd.enumeration import DEFAULT_OPTIONS, EnumerationOptions
from dsd.schemes import SCHEMES, Fresh, Gate, Lengths, Scheme, Signal
from dsd.system import DsdSystem
from dsd.templates import Templates


@dataclass(frozen=True)
class State:
    """A circuit on its way from reactions to DNA.

    Attributes
    ----------
    formal : CRN
        What the user wrote.
    lowered : CRN
        What is built.
    meaning : tuple of (Species, Bag)
        What the species that a rewrite introduced stand for.
    peaks : tuple of (Species, float)
        Largest amount of each species at the start or added at once, in formal units.
    notes : tuple of str
        Approximations and remarks.
    orders : tuple of (str, Order)
        For every reaction its reactants in the order in which they bind.
    pairs : tuple of (str, str)
        Reactions that are each other's reverse and share a gate.
    scale, gates, buffers, signals, drawn, system, options, cross_talk
        Filled in by the passes.
    """

    formal: CRN
    lowered: CRN
    meaning: tuple[tuple[Species, Bag], ...] = ()
    peaks: tuple[tuple[Species, float], ...] = ()
    notes: tuple[str, ...] = ()
    orders: tuple[tuple[str, Order], ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()
    scale: Scale | None = None
    signals: tuple[tuple[Species, Signal], ...] = ()
    gates: tuple[Gate, ...] = ()
    buffers: tuple[Gate, ...] = ()
    drawn: tuple[Drawn, ...] = ()
    system: DsdSystem | None = None
    options: EnumerationOptions = DEFAULT_OPTIONS
    cross_talk: CrossTalk | None = None

    def rewritten(self, made: Rewritten) -> State:
        """Return the state after a rewrite of the network."""
        return dataclasses.replace(
            self, lowered=made.crn, meaning=self.meaning + made.meaning, notes=self.notes + made.notes
        )


class Pass(ABC):
    """One step of the compilation; its fields are its options."""

    name: ClassVar[str]

    @abstractmethod
    def apply(self, state: State) -> State:
        """Return the state after this step."""

    def __str__(self) -> str:
        return self.name + write_options(self)


@dataclass(frozen=True)
class MergeDuplicates(Pass):
    """Equal reactions become one."""

    name: ClassVar[str] = "merge-duplicates"

    def apply(self, state: State) -> State:
        """See `crn.rewrite.merge_duplicates`."""
        made = merge_duplicates(state.lowered)
        if not made.crn.reactions:
            raise CircuitError("no reaction of the network changes anything")
        if made.crn.constant:
            raise CircuitError(
                Diagnostic(
                    f"{', '.join(made.crn.constant)}: @constant cannot be held in a tube",
                    advice="write what makes and what removes it as reactions",
                )
            )
        return state.rewritten(made)


@dataclass(frozen=True)
class LowerOrder(Pass):
    """Reactions of too high an order are bound in pairs first."""

    name: ClassVar[str] = "lower-order"
    most: int = 3
    held: float = 0.01

    def apply(self, state: State) -> State:
        """See `crn.rewrite.lower_order`."""
        return state.rewritten(lower_order(state.lowered, self.most, self.held))


@dataclass(frozen=True)
class LowerProducts(Pass):
    """Reactions of too many products make them in several steps."""

    name: ClassVar[str] = "lower-products"
    most: int = 2
    speed: float = 100.0

    def apply(self, state: State) -> State:
        """See `crn.rewrite.lower_products`."""
        return state.rewritten(lower_products(state.lowered, self.most, self.speed))


@dataclass(frozen=True)
class JoinReversible(Pass):
    """A reaction and its reverse share a gate."""

    name: ClassVar[str] = "join-reversible"

    def apply(self, state: State) -> State:
        """See `crn.rewrite.reversible_pairs`."""
        return dataclasses.replace(state, pairs=reversible_pairs(state.lowered))


@dataclass(frozen=True)
class SplitReversible(Pass):
    """A reaction and its reverse have gates of their own, as they have unless they were joined."""

    name: ClassVar[str] = "split-reversible"

    def apply(self, state: State) -> State:
        """Forget the pairs."""
        return dataclasses.replace(state, pairs=())


@dataclass(frozen=True)
class Detour(Pass):
    """Reactions that the scheme gets wrong in one step are carried in two, where that helps."""

    name: ClassVar[str] = "detour"
    scheme: str
    speed: float = 100.0

    def apply(self, state: State) -> State:
        """See `crn.rewrite.detour`."""
        scheme = scheme_of(self.scheme)
        stuck = [r.id for r in state.lowered.reactions if not carried(scheme, r) and helped(scheme, r)]
        return state.rewritten(detour(state.lowered, stuck, self.speed))


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
    share_catalysts: bool = False
    """Whether all gates give a catalyst back with one and the same history."""

    def apply(self, state: State) -> State:
        """Ask the scheme."""
        scheme, scale = scheme_of(self.scheme), _made(state.scale)
        fresh = Fresh(self.lengths)
        copies = dict.fromkeys(state.lowered.species, 0)
        for reaction in state.lowered.reactions:
            for species, count in reaction.reactants:
                copies[species] = max(copies[species], count)
        signals = {s: scheme.signal(s, copies[s], fresh) for s in state.lowered.species}
        if self.share_catalysts:
            for s in dict.fromkeys(s for r in state.lowered.reactions for s in r.reactants.support if s in r.products):
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
            AssignRoles(scheme, physical.signal_M, physical.fuel_M, orders, allow_wrong),
            ChooseScale(scheme, physical.signal_M, physical.fuel_M, physical.q_max, time_s),
            DrawGates(scheme, lengths, share_catalysts),
            Enumerate(options),
            FindCrossTalk(options),
        )
    )


def _roomy(options: EnumerationOptions, complexes: Iterable[Complex]) -> EnumerationOptions:
    """Return the options with room for two of the largest complexes and what they may pick up."""
    largest = max((len(c.strands) for c in complexes), default=1)
    return dataclasses.replace(options, max_complex_strands=max(options.max_complex_strands, 2 * largest + 2))


def scheme_of(name: str) -> Scheme:
    """Return the built-in scheme with the given name."""
    for scheme in SCHEMES:
        if scheme.name == name:
            return scheme
    raise CircuitError(
        Diagnostic(f"there is no scheme {name!r}", advice=f"built in: {', '.join(s.name for s in SCHEMES)}")
    )


def carried(scheme: Scheme, reaction: Reaction) -> bool:
    """Whether the scheme can carry a reaction, and is right, with its reactants bound in some order."""
    products = reaction.products.elements()
    orders = dict.fromkeys(itertools.permutations(reaction.reactants.elements()))
    return any(scheme.objection(o, products) is None and scheme.fault(o, products) is None for o in orders)


def helped(scheme: Scheme, reaction: Reaction) -> bool:
    """Whether the scheme can carry the two steps of a detour around a reaction."""
    between = Bag.of("between")
    first = dataclasses.replace(reaction, products=between)
    return carried(scheme, first) and carried(scheme, dataclasses.replace(reaction, reactants=between))


def _made(scale: Scale | None) -> Scale:
    if scale is None:
        raise InfeasibleError("the pass 'scale' has to come before this one")
    return scale

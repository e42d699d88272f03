"""Rate-level equivalence: how far the trajectories of the DNA are from those of the network, and why.

Both are integrated from a family of initial states and compared in formal units. What the difference comes from is found by
switching causes off one after the other, from the tube as it is to an ideal one; the steps between add up to the whole, so that
their sizes bound it. Whether the right reactions happen at all is asked elsewhere, by the proofs.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from compiler.dna_level import dna_tube
from compiler.passes import State
from compiler.verify.levels import Deviation, Level, deviation, run_family
from compiler.verify.verdict import Answer, Check, not_examined
from crn.massaction import MassAction, Vector
from crn.network import CRN, Bag, Species
from crn.simulate import Outcome
from dsd.crosstalk import CROSS_TALK
from dsd.schemes import Role
from dsd.system import DsdReaction

FAST = 1000.0
"""How many times as fast a step is when its slowness is switched off."""


@dataclass(frozen=True, slots=True)
class DynamicsOptions:
    """What to compare.

    Attributes
    ----------
    states : int
        Random initial states, beside that of the network.
    points : int
        Times at which the levels are compared, equally far apart.
    until : float or None
        End, in formal units; None for three times the mean lifetime (see `horizon`).
    within : float
        Largest relative difference that counts as the same.
    top : float or None
        Random amounts are drawn from 0 to this; None for the largest initial amount, or 1.
    seed : int
    tolerance : float
        Relative, of the integration.
    """

    states: int = 5
    points: int = 40
    until: float | None = None
    within: float = 0.05
    top: float | None = None
    seed: int = 0
    tolerance: float = 1e-6


@dataclass(frozen=True, slots=True)
class Cause:
    """Something that the tube does and the network does not.

    Attributes
    ----------
    name : str
    off : str
        How it is switched off, in words.
    """

    name: str
    off: str


CROSS = Cause("cross-talk", "reactions between gates are left out")
DEPLETION = Cause("fuel depletion", "fuels are held constant")
BUFFERING = Cause("buffering", f"buffers take and give {FAST:g} times as fast")
TOEHOLDS = Cause("finite toehold rates", f"steps that gates can take back go {FAST:g} times as fast, both ways")
DELAY = Cause("delay in intermediates", f"steps between commitment and release go {FAST:g} times as fast")
REWRITES = Cause("rewrites", "the network that was written in place of the one that is built")
REST = Cause("rest", "what remains when all that can be switched off is")

CAUSES = (CROSS, DEPLETION, BUFFERING, TOEHOLDS, DELAY)
"""What can be switched off in a tube, in the order in which it is."""


@dataclass(frozen=True, slots=True)
class Share:
    """What one cause contributes.

    Attributes
    ----------
    cause : Cause
    most : float
        The largest relative change, anywhere, when it is switched off after those before it.
    at_worst : float
        The same with its sign at the place of the worst difference; all of them add up to it.
    without : float or None
        The worst difference with this cause alone switched off; None for what cannot be switched off by itself.
    """

    cause: Cause
    most: float
    at_worst: float
    without: float | None


@dataclass(frozen=True)
class Dynamics:
    """The comparison of two levels.

    Attributes
    ----------
    states : tuple of mapping of Species to float
        Initial amounts in formal units.
    times : ndarray, shape (T,)
        In formal units.
    worst : Deviation
    shares : tuple of Share
    outcome : Outcome
        Of the first run that did not reach its end, if any.
    """

    states: tuple[Mapping[Species, float], ...]
    times: Vector
    worst: Deviation
    shares: tuple[Share, ...]
    outcome: Outcome = Outcome()

    @property
    def bound(self) -> float:
        """The sum of what each cause can do at the most; never below the worst difference."""
        return sum(s.most for s in self.shares)


def compare_dynamics(state: State, options: DynamicsOptions = DynamicsOptions()) -> Dynamics:
    """Compare the DNA of a compiled circuit with its network, and split the difference by cause.

    Parameters
    ----------
    state : State
        After the last pass.
    options : DynamicsOptions

    Raises
    ------
    CircuitError
        If the scheme's rates cannot be set.
    """
    tube = dna_tube(state)
    family = initial_states(state.formal, options)
    times = np.linspace(0.0, options.until or horizon(state.formal, options), options.points + 1)
    real = Level.of_tube(tube, dict(state.lowered.initial))
    causes = present(state)
    levels = [without(state, real, frozenset(causes[:n])) for n in range(len(causes) + 1)]
    names = [*causes, REST]
    if state.lowered.reactions != state.formal.reactions:
        levels.append(Level.formal(state.lowered, state))
        names.append(REWRITES)
    levels.append(Level.formal(state.formal, state))
    runs = [run_family(level, family, times, options.tolerance) for level in levels]
    alone = {c: without(state, real, frozenset({c})) for c in causes[1:]}
    trials = {c: run_family(level, family, times, options.tolerance) for c, level in alone.items()} | {
        causes[0]: runs[1]
    }
    outcome = next((r.outcome for r in [*runs, *trials.values()] if not r.outcome.ok), Outcome())
    if not outcome.ok:
        return Dynamics(family, times, Deviation(float("nan"), "", 0.0, 0, 0.0, 0.0), (), outcome)
    truth = runs[-1]
    worst = deviation(truth, runs[0], times)
    place = worst.state, int(np.searchsorted(times, worst.time)), truth.species.index(worst.species)
    shares = []
    for cause, before, after in zip(names, runs[:-1], runs[1:], strict=True):
        change = (before.values - after.values) / truth.size[:, None, :]
        alone_off = deviation(truth, trials[cause], times).error if cause in trials else None
        shares.append(Share(cause, float(np.max(np.abs(change))), float(change[place]), alone_off))
    return Dynamics(family, times, worst, tuple(shares))


def check_dynamics(state: State, options: DynamicsOptions = DynamicsOptions()) -> tuple[Check, Dynamics | None]:
    """Return the check ``dynamics`` of a compiled circuit, with its figures."""
    name = "dynamics"
    if state.scale is not None and state.scale.unset:
        return not_examined(name, "trajectories", f"this scheme's rates cannot be set: {state.scale.unset}"), None
    found = compare_dynamics(state, options)
    scope = f"{len(found.states)} initial states, {len(found.times)} times up to {found.times[-1]:.3g}"
    if not found.outcome.ok:
        return Check(name, scope, Answer.UNDECIDED, f"a run did not reach its end: {found.outcome}"), found
    worst = found.worst
    where = f"{worst.species} at {worst.time:.3g}: {worst.found:.4g} in place of {worst.expected:.4g}"
    main = max(found.shares, key=lambda s: abs(s.at_worst))
    reason = (
        f"off by at most {worst.error:.2%} ({where}), most of it {main.cause.name}; {options.within:.0%} is allowed"
    )
    if worst.error <= options.within:
        return Check(name, scope, Answer.EQUIVALENT, reason), found
    slow, rich = main.cause in (BUFFERING, DELAY), main.cause in (DEPLETION, TOEHOLDS)
    reason += "; a slower --scale makes it less" if slow else "; more --fuel makes it less" if rich else ""
    start = ", ".join(f"{s} = {x:.4g}" for s, x in found.states[worst.state].items())
    return Check(name, scope, Answer.DIFFERENT, reason, f"from {start}: {where}"), found


def initial_states(crn: CRN, options: DynamicsOptions) -> tuple[Mapping[Species, float], ...]:
    """Return the family: the initial state of the network, unless it is empty, and random ones."""
    own = dict(crn.initial)
    top = options.top or max(own.values(), default=0.0) or 1.0
    rng = np.random.default_rng(options.seed)
    drawn = [dict(zip(crn.species, map(float, rng.uniform(0.0, top, len(crn.species))), strict=True))
             for _ in range(options.states)]  # fmt: skip
    return ({s: own.get(s, 0.0) for s in crn.species}, *drawn) if any(own.values()) else tuple(drawn)


def horizon(crn: CRN, options: DynamicsOptions = DynamicsOptions()) -> float:
    """Return three mean lifetimes, where that of a reaction is 1 / (k top^(order - 1)) at amounts of `top`.

    The mean is geometric, since rates may lie orders apart.
    """
    top = options.top or max((x for _, x in crn.initial), default=0.0) or 1.0
    rates = [np.log(r.k * top ** (r.order - 1)) for r in crn.reactions]
    return float(3.0 / np.exp(np.mean(rates)))


# --- causes -------------------------------------------------------------------------------------------------------------------


def causes_of(state: State) -> tuple[Cause | None, ...]:
    """Return for every reaction of the system the cause that it belongs to, by what it reads under the interpretation.

    What changes what the tube stands for happens at the rate of the formal reaction and belongs to none. Of what changes nothing,
    steps with a reverse are docking at a toehold, and those without it are on the way from commitment to release.
    """
    system = state.system
    assert system is not None, "compile first"
    buffers = {g.reaction.id for g in state.buffers}
    fuels = {e.complex for e in system.of_role(Role.FUEL, Role.BUFFER)}
    sides = {(r.reactants, r.products) for r in system.reactions}

    def cause(r: DsdReaction) -> Cause | None:
        read = [Bag.of(*(f for c in side if c not in fuels for f in system.by_complex[c].meaning.elements()))
                for side in (r.reactants, r.products)]  # fmt: skip
        if read[0] != read[1]:
            return None
        if r.gate == CROSS_TALK:
            return CROSS
        if r.gate in buffers:
            return BUFFERING
        return TOEHOLDS if (r.products, r.reactants) in sides else DELAY

    return tuple(map(cause, system.reactions))


def without(state: State, level: Level, off: frozenset[Cause]) -> Level:
    """Return the tube of a compiled circuit with some causes switched off."""
    if not off:
        return level
    assert state.system is not None, "compile first"
    crn = state.system.as_crn(wastes=False)
    reactions = [
        dataclasses.replace(r, k=r.k * FAST) if cause in off else r
        for r, cause in zip(crn.reactions, causes_of(state), strict=True)
        if cause not in off or cause is not CROSS
    ]
    fuels = [e.complex.name for e in state.system.of_role(Role.FUEL, Role.BUFFER)] if DEPLETION in off else []
    known = set(level.law.species)
    changed = CRN.build(reactions, dict(crn.initial), constant=[f for f in fuels if f in known], units=crn.units)
    return level.with_law(MassAction(changed))


def present(state: State) -> tuple[Cause, ...]:
    """Return the causes that a compiled circuit has, in the order of `CAUSES`."""
    found = {DEPLETION, *causes_of(state)}
    return tuple(c for c in CAUSES if c in found)

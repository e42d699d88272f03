"""From formal units to molar and seconds: time scale, gain, buffers, and the rate constant of every first step.

A species that is the first to bind in some reactions is partly held by their join gates. Buffers hold every other species to the
same degree, so that all free concentrations are 1 / gain of the total, and every amount is multiplied by the gain on its way in.
After Soloveichik, Seelig and Winfree, PNAS 107, 5393 (2010), doi:10.1073/pnas.0909380107; drawing the gates happens elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from crn.diagnostics import Diagnostic, InfeasibleError
from crn.network import CRN, Species, Units
from crn.quantities import format_si

DILUTION = 20.0
"""Fuels are at least this many times as concentrated as any amount of signal, so that they count as constant."""

NOTICED = 0.01
"""Shares below this are not worth a note."""


@dataclass(frozen=True, slots=True)
class Physical:
    """What the laboratory fixes.

    Attributes
    ----------
    signal_M : float
        Concentration that one formal unit becomes (c0), in M.
    fuel_M : float
        Concentration of every fuel (C_max), in M.
    q_max : float
        Largest rate constant of a strand displacement step, in /M/s.
    """

    signal_M: float = 10e-9
    fuel_M: float = 20e-6
    q_max: float = 1e6


@dataclass(frozen=True)
class Scale:
    """How formal units become physical ones.

    Attributes
    ----------
    physical : Physical
        With ``signal_M`` = 1 for a network that is in M and s already.
    time_s : float
        Seconds per formal unit of time (t0).
    sigma : float
        Largest load, in /M/s: how strongly the join gates hold their first reactants.
    gain : float
        g = q_max / (q_max - sigma).
    first : tuple of (str, float)
        For every reaction the rate constant q of its first step, in /M/s.
    loads : tuple of (Species, float)
        sigma_j of every species, in /M/s.
    buffers : tuple of (Species, float)
        q of the buffer of every species that needs one, in /M/s.
    notes : tuple of str
        Approximations made, with their size.
    unset : str
        Why there is no scale, in a sentence: the scheme's rates cannot be set, and times mean nothing. Empty if there is one.
    """

    physical: Physical
    time_s: float
    sigma: float
    gain: float
    first: tuple[tuple[str, float], ...]
    loads: tuple[tuple[Species, float], ...]
    buffers: tuple[tuple[Species, float], ...]
    notes: tuple[str, ...] = ()
    unset: str = ""

    @property
    def dose(self) -> float:
        """Concentration to add per formal unit, in M."""
        return self.gain * self.physical.signal_M


def unset_scale(crn: CRN, physical: Physical, why: str) -> Scale:
    """Return what stands in for a scale where the scheme's rates cannot be set: every step goes as fast as it can."""
    physical = in_units_of(crn, physical)
    first = tuple((r.id, physical.q_max) for r in crn.reactions)
    return Scale(physical, 1.0, 0.0, 1.0, first, tuple((s, 0.0) for s in crn.species), (), (), why)


def in_units_of(crn: CRN, physical: Physical) -> Physical:
    """Return the physical constants with the concentration that one unit of this network's amounts is."""
    return Physical(1.0, physical.fuel_M, physical.q_max) if crn.units is Units.MOLAR else physical


def first_steps(crn: CRN, physical: Physical) -> dict[str, float]:
    """Return q * time_s / gain of the first step of every reaction, in /M: what its gate must provide per formal rate."""
    c0, fuel = in_units_of(crn, physical).signal_M, physical.fuel_M
    return {r.id: r.k * (fuel ** (r.order - 2) / c0 ** (r.order - 1)) for r in crn.reactions}


def plan_scale(
    crn: CRN,
    orders: Mapping[str, tuple[Species, ...]],
    physical: Physical,
    time_s: float | None,
    peaks: Mapping[Species, float],
) -> Scale:
    """Choose time scale, rates and buffers.

    Parameters
    ----------
    crn : CRN
        Of order 3 at the most.
    orders : mapping of str to tuple of Species
        For every reaction the order in which its reactants bind.
    physical : Physical
    time_s : float or None
        Seconds per formal unit; None for the fastest that is feasible.
    peaks : mapping of Species to float
        Largest amount of each species that is present at the start or added at once, in formal units.

    Raises
    ------
    InfeasibleError
        Names the reaction or species that binds and the smallest change that cures it.
    """
    physical = in_units_of(crn, physical)
    if crn.units is Units.MOLAR:
        time_s = 1.0
    steps = first_steps(crn, physical)
    loads = _loads(crn, orders, steps)
    top = max(loads.values(), default=0.0)
    # Everything below is proportional to 1 / time_s: q = gain * step / time_s <= q_max, sigma = top / time_s.
    hardest, largest = max(((f"reaction {r.equation}", steps[r.id]) for r in crn.reactions), key=lambda x: x[1])
    for species, load in loads.items():
        if top - load > largest:
            hardest, largest = f"the buffer of {species}", top - load
    fastest = (top + largest) / physical.q_max
    if time_s is None:
        time_s = fastest
    elif time_s < fastest * (1 - 1e-9):
        raise InfeasibleError(_too_fast(crn, hardest, largest, top, time_s, fastest, physical))
    sigma = top / time_s
    gain = physical.q_max / (physical.q_max - sigma)
    _check_amounts(peaks, gain, max(gain, _largest_gain(crn, orders, steps)), physical)
    return Scale(
        physical,
        time_s,
        sigma,
        gain,
        tuple((i, gain * step / time_s) for i, step in steps.items()),
        tuple((s, load / time_s) for s, load in loads.items()),
        tuple((s, gain * (top - load) / time_s) for s, load in loads.items() if load < top * (1 - 1e-12)),
        _notes(crn, peaks, physical, time_s),
    )


def _loads(crn: CRN, orders: Mapping[str, tuple[Species, ...]], steps: Mapping[str, float]) -> dict[Species, float]:
    """Return how strongly each species is held by the join gates that it is the first to bind, times time_s, in /M."""
    loads = dict.fromkeys(crn.species, 0.0)
    for reaction in crn.reactions:
        if reaction.order > 1:
            loads[orders[reaction.id][0]] += steps[reaction.id]
    return loads


def _largest_gain(crn: CRN, orders: Mapping[str, tuple[Species, ...]], steps: Mapping[str, float]) -> float:
    """Return a bound on the gain at any concentrations of fuels and signals.

    The gain is 1 + top / largest, the largest load over the largest rate. More fuel and less signal slow reactions of one reactant
    and of none down beside those of two, whose rates and loads keep their proportions; what reactions of three do can only be
    counted: no load is above the sum of its reactions.
    """
    several = [r for r in crn.reactions if r.order > 1]
    if not several:
        return 1.0
    if crn.order > 2:
        counts = [sum(s in r.reactants for r in several) for s in crn.species]
        return 1.0 + (max(counts) if min(counts) else 1.0)
    loads = _loads(crn, orders, steps)
    top = max(loads.values())
    return 1.0 + top / max(top - min(loads.values()), *(steps[r.id] for r in several))


def _too_fast(
    crn: CRN, hardest: str, largest: float, top: float, time_s: float, fastest: float, physical: Physical
) -> Diagnostic:
    wanted = (largest + top) / time_s
    message = (
        f"{hardest} would need a rate constant of {wanted:.6g} /M/s in all, above q_max = {physical.q_max:.6g} /M/s, "
        f"at {format_si(time_s, 's')} per unit of time"
    )
    if crn.units is Units.MOLAR:
        slower, quicker = _rounded(fastest / time_s, up=True), _rounded(wanted, up=True)
        return Diagnostic(message, advice=f"slow all rates down {slower} times, or raise --qmax to {quicker}")
    advice = f"use --scale {_rounded(fastest, up=True)}s or slower (--scale auto takes the fastest that is feasible)"
    return Diagnostic(message, advice=advice)


def _rounded(value: float, *, up: bool) -> str:
    """Return a number with four digits that is certainly not below (or not above) the value."""
    digits = 3 - math.floor(math.log10(value))
    scaled = value * 10.0**digits
    whole = math.ceil(scaled * (1 - 1e-12)) if up else math.floor(scaled * (1 + 1e-12))
    return f"{whole * 10.0**-digits:.4g}"


def _check_amounts(peaks: Mapping[Species, float], gain: float, most: float, physical: Physical) -> None:
    """Refuse amounts that fuels are too few for; `most` is the gain that other concentrations may bring with them."""
    found = []
    for species, amount in peaks.items():
        concentration = amount * gain * physical.signal_M
        if concentration > physical.fuel_M / DILUTION * (1 + 1e-9):
            more = _rounded(amount * most * physical.signal_M * DILUTION * 1e6, up=True)
            advice = f"use --fuel {more} uM or more"
            if physical.signal_M != 1:
                less = _rounded(physical.fuel_M / DILUTION / most / amount * 1e9, up=False)
                advice += f", or --signal {less} nM or less"
            found.append(
                Diagnostic(
                    f"{species} reaches {format_si(concentration, 'M')} ({amount:g} formal, times the gain {gain:.3g}), "
                    f"more than 1/{DILUTION:g} of the fuels at {format_si(physical.fuel_M, 'M')}",
                    advice=advice,
                )
            )
    if found:
        raise InfeasibleError(found)


def _notes(crn: CRN, peaks: Mapping[Species, float], physical: Physical, time_s: float) -> tuple[str, ...]:
    """Say how far gates are off: those for three reactants hold pairs, those for fewer than two need time to finish."""
    notes = []
    for reaction in crn.reactions:
        if reaction.order == 3:
            most = max((peaks.get(s, 0.0) for s in reaction.reactants.support), default=0.0)
            share = most * physical.signal_M / physical.fuel_M
            notes.append(f"{reaction.equation}: three reactants, rate error of order {share:.2g} ([x] / C_max)")
        # A flux strand finds its produce gate, and the helper that, each after 1 / (q_max C_max) on average.
        waits = min(len(reaction.products), 2) / (physical.q_max * physical.fuel_M * time_s)
        if reaction.order < 2 and reaction.k * waits > NOTICED:
            notes.append(
                f"{reaction.equation}: as fast as the gates themselves; about {reaction.k * waits:.0%} of what it makes in a "
                f"unit of its time is still on the way, less at a slower --scale"
            )
    return tuple(notes)

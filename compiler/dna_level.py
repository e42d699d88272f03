"""Training at DNA level: the tube in which a compiled circuit runs, and the top-ups planned for it.

The protocol is the formal one; additions are multiplied by the gain and go to signal strands, readings go through the
interpretation. Top-ups are open loop: their composition is computed beforehand from the abstract network and fixed for the run.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np
import scipy.sparse as sp

from compiler.passes import State
from crn.diagnostics import CircuitError, Diagnostic, InfeasibleError
from crn.massaction import MassAction, Vector
from crn.network import CRN, Bag, Species
from crn.neural.training import Tube
from crn.quantities import format_si
from crn.simulate import Tolerance
from crn.simulate.reduction import amounts_of
from dsd.complexes import Complex
from dsd.schemes import SCHEMES, Role
from dsd.system import DsdSystem


def counted(crn: CRN) -> CRN:
    """Return the network with a counter on every reaction: a product that nothing consumes."""
    reactions = tuple(dataclasses.replace(r, products=r.products + Bag.of(counter(r.id))) for r in crn.reactions)
    return CRN(reactions, crn.initial, crn.constant, crn.units)


def events_of(crn: CRN, end: Mapping[Species, float]) -> dict[str, float]:
    """Return how often each reaction of a network fired, from the end of a run of its counted twin."""
    return {r.id: float(end[counter(r.id)]) for r in crn.reactions}


def counter(reaction: str) -> Species:
    """Return the name of a reaction's counter, which no user can have given to a species."""
    return f"#{reaction}"


def dna_tube(state: State, tolerance: float = 1e-5, top_up: Mapping[Complex, float] | None = None) -> Tube:
    """Return the tube of a compiled circuit.

    Parameters
    ----------
    state : State
        After the last pass.
    tolerance : float
        Relative; the absolute one is this share of a formal unit.
    top_up : mapping of Complex to float, optional
        Added before every sample, in M.
    """
    need_rates(state)
    system, scale = state.system, state.scale
    assert system is not None, "compile first"
    assert scale is not None, "compile first"
    unfinished = [d for d in state.drawn if not d.network.outcome.complete]
    if unfinished:
        reaction = unfinished[0].gate.reaction
        raise InfeasibleError(
            Diagnostic(
                f"not all reactions of the gate of {reaction.equation} are known: {unfinished[0].network.outcome}",
                reaction.origin.span,
            )
        )
    law = MassAction(system.as_crn(wastes=False))
    start = law.state()
    dose = {s: law.index[system.carrier(s).name] for s in state.lowered.species}
    for species, amount in state.lowered.initial:
        start[dose[species]] += amount * scale.dose
    reading = read_out(state, law) / scale.dose
    supply = amounts_of(law.crn, [e.complex.name for e in system.of_role(Role.FUEL, Role.BUFFER)])
    added: Vector | None = None
    if top_up:
        added = np.zeros(len(start))
        for complex_, amount in top_up.items():
            added[law.index[system.by_complex[complex_].complex.name]] += amount
    return Tube(
        law,
        start,
        state.formal.species,
        dose,
        scale.dose,
        scale.time_s,
        sp.csr_matrix(reading),
        Tolerance(tolerance, tolerance * scale.physical.signal_M * 0.1),
        added,
        supply,
    )


def need_rates(state: State) -> None:
    """Refuse what needs rates where the scheme's cannot be set.

    Raises
    ------
    CircuitError
    """
    if state.scale is not None and state.scale.unset:
        raise CircuitError(
            Diagnostic(
                f"this scheme's rates cannot be set, so there is nothing to simulate at DNA level: {state.scale.unset}",
                advice=f"compile, verify and cost work; take {' or '.join(s.name for s in SCHEMES if not s.rates)} to simulate",
            )
        )


def read_out(state: State, law: MassAction) -> sp.csr_matrix:
    """Return the matrix, shape (F, S), that counts the formal species which the simulated species stand for.

    This is the one place where the interpretation becomes a read-out.
    """
    system = state.system
    assert system is not None, "compile first"
    rows, columns, values = [], [], []
    meaning = dict(state.meaning)
    index = {s: i for i, s in enumerate(state.formal.species)}
    for entry in system.entries:
        if entry.complex.name not in law.index:
            continue
        for species, count in expand(entry.meaning, meaning):
            rows.append(index[species])
            columns.append(law.index[entry.complex.name])
            values.append(float(count))
    return sp.csr_matrix((values, (rows, columns)), shape=(len(index), len(law.species)))


def expand(bag: Bag, meaning: Mapping[Species, Bag]) -> Bag:
    """Replace the species that a rewrite introduced by what they stand for."""
    total = Bag()
    for species in bag.elements():
        total += expand(meaning[species], meaning) if species in meaning else Bag.of(species)
    return total


def plan_top_up(system: DsdSystem, events: Mapping[str, float], dose_M: float, samples: int) -> dict[Complex, float]:
    """Return the master mix that is added before every sample, in M per fuel.

    A fuel is added at the average rate at which the abstract network uses it up. Every firing also sets a backward strand
    free, and what pushes a reactant out of a join gate grows with it: join fuels are added beyond their use so that their ratio to
    the backward strands stays what it was.

    Parameters
    ----------
    system : DsdSystem
    events : mapping of str to float
        How often each formal reaction fires in the whole run, in formal units.
    dose_M : float
        Concentration per formal unit, gain included.
    samples : int
    """
    fired = {g: dose_M * n / samples for g, n in events.items()}
    fuels = system.of_role(Role.FUEL)
    grown = {e.complex: sum(fired[g] for g in e.gates if g in fired) for e in fuels if e.part == "backward"}
    mix: dict[Complex, float] = {}
    for entry in fuels:
        used = sum(fired[g] for g in entry.gates if g in fired)
        if entry.part == "backward":
            continue
        if entry.part == "join":
            mine = [e for e in fuels if e.part == "backward" and set(e.gates) & set(entry.gates)]
            used += sum(grown[e.complex] for e in mine)
        mix[entry.complex] = used
    return mix


def check_supply(state: State, events: Mapping[str, float], mix: Mapping[Complex, float], times: int) -> None:
    """Refuse a plan in which a fuel runs dry, as the abstract network says beforehand.

    Parameters
    ----------
    state : State
    events : mapping of str to float
        How often each formal reaction fires in the whole run, in formal units.
    mix : mapping of Complex to float
        What is added `times` times, in M.
    times : int
    """
    need_rates(state)
    system, scale = state.system, state.scale
    assert system is not None, "compile first"
    assert scale is not None, "compile first"
    worst: dict[str, tuple[float, float, str]] = {}
    for entry in system.of_role(Role.FUEL):
        if entry.part == "backward":
            continue
        used = sum(events.get(g, 0.0) for g in entry.gates) * scale.dose
        supply = entry.concentration + mix.get(entry.complex, 0.0) * times
        for gate in entry.gates:
            if used >= supply and used / supply > worst.get(gate, (0.0, 1.0, ""))[0]:
                worst[gate] = (used / supply, used, entry.complex.name)
    if worst:
        raise InfeasibleError(
            Diagnostic(
                f"{name} runs dry: {reaction.equation} uses {format_si(used, 'M')} of {format_si(used / share, 'M')}",
                reaction.origin.span,
                f"use --fuel {format_si(1.25 * used, 'M')} or more, or top up if this is training",
            )
            for reaction in state.lowered.reactions
            if reaction.id in worst
            for share, used, name in [worst[reaction.id]]
        )

"""The sabotage study: mutants of every scheme's complexes, what they do, and whether anything notices.

The kinds are those of `support_sabotage` that any drawing of any scheme can suffer. A mutant changes behaviour if a search over the
whole network of its reactions finds no interpretation that agrees with what its signals are, or if a formal species is off by more
than 5 %; both are asked of parts of the program that neither the verdict nor the check of the dynamics uses, or of other states.
"""

from __future__ import annotations

import dataclasses
import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from support_sabotage import (
    Sabotage,
    complemented,
    cut,
    distinct_fuels,
    domain_missing,
    exchanged,
    left_out,
    proof,
    renamed,
    strand_missing,
    swapped,
    toehold_moved,
)

from compiler.compilation import CompileOptions, compile_crn
from compiler.dna_level import dna_tube
from compiler.passes import FindCrossTalk, State
from compiler.verify.dynamics import DynamicsOptions, horizon, initial_states
from compiler.verify.gates import verify_compiled
from compiler.verify.levels import Level, deviation, run_family
from compiler.verify.search import SearchLimits, search
from compiler.verify.verdict import Answer
from crn.diagnostics import CircuitError
from crn.network import Bag
from crn.simulate import SIMULATORS, ScipyLSODA, Simulator
from crn.text import parse_crn
from dsd.schemes import Gate, Role, Scheme

WITHIN = 0.05
"""Relative difference of a formal species that counts as a change of behaviour."""

KINDS = {
    "fuel left out": left_out,
    "domain renamed": renamed,
    "domain complemented": complemented,
    "domains swapped": swapped,
    "domain missing": domain_missing,
    "strand cut": cut,
    "strand missing": strand_missing,
    "toehold moved": toehold_moved,
}
"""Eight ways to spoil complexes, of any scheme."""

NETWORKS = (
    "A -> B",
    "A -> B + C",
    "A -> 2B",
    "A ->",
    "A + B -> C",
    "A + B -> C + D",
    "A + B ->",
    "2A -> B",
    "A + B -> A + C",
    "A -> B; B -> C",
    "A -> B; B -> A",
    "A -> B + C; B + C -> A",
    "2A -> B; B -> 2A",
    "A + B -> C; C -> A + B",
    "A + B -> C + D; C + D -> A + B",
    "A -> A + B; B ->",
    "A -> B + C; C -> B",
    "A -> B + C + D",
)
"""Networks whose gates are spoiled; of each scheme those that it carries and gets right."""

MORE = (
    "A -> 2B; 2B -> A",
    "A + B -> A + C; A + C -> A + B",
    "A + B -> 2C; 2C -> A + B",
    "2A -> B + C; B + C -> 2A",
    "A -> B + C + D; B + C + D -> A",
)
"""Where those have fewer than `ENOUGH` places for a kind, these too."""

ENOUGH = 20

FEW = ("A ->", "A -> B + C", "A + B -> C", "A + B -> C; C -> A + B")
"""A few of them, for a sample: at least two for every scheme."""

FAITHFUL = 0.01
"""How far gates that are as they should be may be off."""

SLOWER = 200.0
"""How many times as slow a scale is where the fastest is too fast."""

TRUTH = DynamicsOptions(states=5, points=20, seed=20, top=1.0)
"""Where behaviour is judged: 20 times from 5 random states."""

CHECK = DynamicsOptions(states=5, points=40, seed=0, top=1.0, within=WITHIN / 2)
"""What the check of the dynamics looks at: other states, so that it asks for more."""


@dataclass(frozen=True)
class Mutant:
    """A spoiled gate in its network.

    Attributes
    ----------
    scheme, network, kind : str
    state : State
        The network as it should be.
    one : Sabotage
    """

    scheme: str
    network: str
    kind: str
    state: State
    one: Sabotage


@dataclass(frozen=True, slots=True)
class Finding:
    """What a mutant does, and what notices.

    Attributes
    ----------
    verdict : str
        Of the proof.
    seen_error, true_error : float
        The worst relative differences at the states of the check, and at those where behaviour is judged; nan where its reactions
        are not all known.
    searched : str
        Whether there is an interpretation that agrees with its signals; asked of what is proved, which is where it matters.
    counterexample : str
    """

    verdict: str
    seen_error: float
    true_error: float
    searched: str
    counterexample: str = ""

    @property
    def changed(self) -> bool:
        """Whether behaviour is known to have changed."""
        return self.searched == "different" or self.true_error > WITHIN

    @property
    def noticed(self) -> str:
        """By what: verdict, limit (not proved, for want of an end), dynamics, or nothing."""
        if self.verdict == "different":
            return "verdict"
        if self.verdict == "undecided":
            return "limit"
        return "dynamics" if self.seen_error > CHECK.within else ""


@cache
def specimens(scheme: Scheme, networks: tuple[str, ...] = NETWORKS) -> tuple[tuple[str, State], ...]:
    """Return the networks that a scheme carries, compiled and proved.

    Where the fastest scale leaves a reaction as slow as its own gate, so that the network is not followed, a slower one is taken.
    """
    found = []
    for text in networks:
        crn, options = parse_crn(text).crn, CompileOptions(scheme=scheme.name)
        try:
            state = compile_crn(crn, options).state
        except CircuitError:
            continue
        if not scheme.rates and errors(state, state)[1] > FAITHFUL:
            assert state.scale is not None
            state = compile_crn(crn, dataclasses.replace(options, time_s=SLOWER * state.scale.time_s)).state
            assert errors(state, state)[1] <= FAITHFUL, text
        if verify_compiled(state).answer is Answer.EQUIVALENT:
            found.append((text, state))
    return tuple(found)


def mutants(scheme: Scheme, per_kind: int, seed: int, networks: tuple[str, ...] = NETWORKS) -> Iterator[Mutant]:
    """Yield mutants of every kind, drawn by lot from all places in all gates; fewer where there are fewer places."""
    for kind, spoil in KINDS.items():
        places: list[Mutant] = []
        for more in (networks, MORE):
            if len(places) < min(per_kind, ENOUGH):
                for text, state in specimens(scheme, more):
                    for gate in state.gates:
                        places += [Mutant(scheme.name, text, kind, state, s) for s in spoil(gate) if changes(gate, s)]
        rng = random.Random(f"{seed} {scheme.name} {kind}")
        yield from rng.sample(places, min(per_kind, len(places)))


def changes(gate: Gate, one: Sabotage) -> bool:
    """Whether the spoiled gate has other complexes than the right one."""
    return {m.complex for m in distinct_fuels(gate)} != {m.complex for m in distinct_fuels(one.gate)}


def examine(mutant: Mutant, *, searched: bool = True) -> Finding:
    """Enumerate a mutant, ask the proof, compare trajectories, and search the whole network."""
    # Strands that polymerise reach any limit; a low one saves the wait.
    options = dataclasses.replace(mutant.state.options, max_complexes=150, max_reactions=1500)
    spoiled = exchanged(dataclasses.replace(mutant.state, options=options), mutant.one.gate)
    if not all(d.network.outcome.complete for d in spoiled.drawn):
        worst = max(verify_compiled(spoiled).checks, key=lambda c: c.answer)
        return Finding(worst.answer.word, float("nan"), float("nan"), "", worst.counterexample)
    # What the gates themselves get wrong needs no look at pairs of gates, and no search, to be noticed.
    verdict = proof(spoiled)
    if verdict.answer is not Answer.DIFFERENT:
        spoiled = FindCrossTalk(spoiled.options).apply(spoiled)
        verdict = max(verify_compiled(spoiled).checks, key=lambda c: c.answer)
    truth, seen = errors(mutant.state, spoiled)
    whole = search_whole(spoiled, 1000) if searched and verdict.answer is Answer.EQUIVALENT else ""
    return Finding(verdict.answer.word, seen, truth, whole, verdict.counterexample)


def errors(right: State, spoiled: State) -> tuple[float, float]:
    """Return the worst differences at the states of `TRUTH`, by another integrator, and at those of `CHECK`.

    The truth is the network itself where a scheme's rates can be set, and the DNA as it should be where they cannot.
    """
    found = []
    scale = right.scale
    assert scale is not None
    unset = bool(scale.unset)
    until = 3.0 / (scale.physical.q_max * scale.physical.signal_M) if unset else horizon(right.formal, TRUTH)
    lower = tube_level(right) if unset else Level.formal(right.formal, right)
    for options, simulator in ((TRUTH, LSODA), (CHECK, SIMULATORS[0])):
        times = np.linspace(0.0, until, options.points + 1)
        family = initial_states(right.formal, options)
        runs = []
        for level in (lower, tube_level(spoiled)):
            run = run_family(level, family, times, simulator=simulator)
            if not run.outcome.ok:
                run = run_family(level, family, times)
            assert run.outcome.ok, run.outcome
            runs.append(run)
        found.append(deviation(runs[0], runs[1], times).error)
    return found[0], found[1]


LSODA: Simulator = ScipyLSODA()


def tube_level(state: State) -> Level:
    """Return the tube of a network, also where the rates of its scheme cannot be set: all steps are then equally fast."""
    assert state.scale is not None
    paced = dataclasses.replace(state, scale=dataclasses.replace(state.scale, unset=""))
    return Level.of_tube(dna_tube(paced), dict(state.lowered.initial))


def search_whole(state: State, most: int) -> str:
    """Search the whole network of reactions, up to so many choices, for an interpretation that agrees with the signals."""
    system = state.system
    assert system is not None
    fuels = [e.complex.name for e in system.of_role(Role.FUEL, Role.BUFFER)]
    known = {e.complex.name: e.meaning for e in system.of_role(Role.SIGNAL)}
    made = [(Bag.of(*(c.name for c in r.reactants)), Bag.of(*(c.name for c in r.products))) for r in system.reactions]
    formal = [(r.reactants, r.products) for r in state.lowered.reactions]
    found = search(
        formal, made, known, fuels=fuels, formals=state.formal.species, limits=SearchLimits(nodes=most, better=1)
    )
    if found.interpretations:
        return "equivalent"
    return "different" if found.none else "undecided"


def described(mutant: Mutant) -> str:
    """Return a mutant in words."""
    return re.sub(r"\s+", " ", f"{mutant.scheme}, {mutant.network}: {mutant.one}")


def examined(
    scheme: Scheme, per_kind: int, seed: int, networks: tuple[str, ...] = NETWORKS, *, searched: bool = True
) -> list[tuple[Mutant, Finding]]:
    """Examine mutants of every kind; where nothing notices, the whole network is searched in any case."""
    found = []
    for mutant in mutants(scheme, per_kind, seed, networks):
        finding = examine(mutant, searched=searched)
        if not finding.noticed and not searched:
            finding = examine(mutant)
        found.append((mutant, finding))
    return found


def table(rows: Sequence[tuple[Mutant, Finding]]) -> dict[str, object]:
    """Return the counts by kind and by what noticed, those that changed and those that nobody noticed, each in words."""
    counts: dict[str, Counter[str]] = {}
    for mutant, finding in rows:
        count = counts.setdefault(mutant.kind, Counter())
        count[finding.noticed or "nothing"] += 1
        count["changed"] += finding.changed
        count["all"] += 1
    return {
        "counts": {kind: dict(sorted(c.items())) for kind, c in counts.items()},
        "escaped": [described(m) for m, f in rows if f.changed and not f.noticed],
        "survivors": [
            {"what": described(m), "largest_error": max(f.true_error, f.seen_error), "searched": f.searched}
            for m, f in rows
            if not f.noticed
        ],
    }

"""From gates to a system: every gate is enumerated, its reactions get their places, and wildcard histories become concrete.

Gates of one shape are enumerated once, with wildcard histories on their reactants, and repeated for every strand that may
arrive, which is allowed because a free history neither enables nor blocks a step. Rates are given by place; which gates to draw,
and at what rate, is decided by the compiler.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from crn.network import Bag, Species
from dsd.complexes import Complex
from dsd.domains import Domain
from dsd.enumeration import CondensedNetwork
from dsd.schemes.scheme import Gate, Member, Role, Signal
from dsd.system import DsdReaction, DsdSystem, Entry
from dsd.templates import Templates


@dataclass(frozen=True, slots=True)
class Drawn:
    """A gate with its reactions.

    Attributes
    ----------
    gate : Gate
    network : CondensedNetwork
        What its fuels and the wildcard signals of its reactants can do, in the domains of the first gate of its shape.
    naming : tuple of (Domain, Domain)
        What those domains are called in this gate.
    q : float
        Designed rate constant of its first step, in /M/s.
    """

    gate: Gate
    network: CondensedNetwork
    naming: tuple[tuple[Domain, Domain], ...]
    q: float


def enumerate_gate(gate: Gate, q: float, templates: Templates) -> Drawn:
    """Derive the reactions of a gate from its complexes; once for each shape."""
    template, naming = templates.of(gate.initial)
    return Drawn(gate, template.network, tuple(naming.items()), q)


def assemble(drawn: Sequence[Drawn], signals: Mapping[Species, Signal], fuel_M: float, q_max: float) -> DsdSystem:
    """Put gates together.

    Parameters
    ----------
    drawn : sequence of Drawn
        One for each formal reaction and each buffer.
    signals : mapping of Species to Signal
    fuel_M : float
        Initial concentration of every fuel.
    q_max : float
        Rate constant of every step that is not a first one, in /M/s.
    """
    histories = variants(signals, (d.gate for d in drawn))
    builder = _Builder(fuel_M, q_max)
    carriers = {s: tuple(signals[s].strand(h) for h in hs) or signals[s].wild() for s, hs in histories.items()}
    for species, strands in carriers.items():
        for strand in strands:
            builder.place(Member(strand, Role.SIGNAL, "signal", Bag.of(species)), "")
    for d in drawn:
        builder.add_gate(d, {h: histories[r] for r in d.gate.order for h in signals[r].histories})
    return DsdSystem(tuple(builder.entries.values()), tuple(builder.reactions), tuple(carriers.items()))


def variants(signals: Mapping[Species, Signal], gates: Iterable[Gate]) -> dict[Species, tuple[Domain, ...]]:
    """Return the histories with which each species occurs; the wildcard stays only where no gate releases the species.

    Of a species whose strands are all alike there are none.
    """
    found: dict[Species, dict[Domain, None]] = {s: {} for s in signals}
    for gate in gates:
        for member in gate.released:
            species = member.meaning.support[0]
            if signals[species].histories:
                found[species][member.complex.domains[0]] = None
    return {s: tuple(hs) or signals[s].histories[:1] for s, hs in found.items()}


class _Builder:
    """Collects entries and reactions; equal complexes of different gates become one."""

    def __init__(self, fuel_M: float, q_max: float) -> None:
        self.fuel_M, self.q_max = fuel_M, q_max
        self.entries: dict[Complex, Entry] = {}
        self.reactions: list[DsdReaction] = []
        self._names: set[str] = set()

    def place(self, member: Member, gate: str) -> None:
        """Enter a complex, or note that one more gate has it."""
        known = self.entries.get(member.complex)
        supplied = member.role in (Role.FUEL, Role.BUFFER)
        if known is not None:
            gates = tuple(dict.fromkeys(g for g in (*known.gates, gate) if g))
            # What one gate throws away may be what another one lives on.
            better = supplied and known.role is Role.WASTE
            role, part = (member.role, member.part) if better else (known.role, known.part)
            amount = self.fuel_M if better else known.concentration
            self.entries[member.complex] = Entry(known.complex, role, part, gates, known.meaning, amount)
            return
        name = self._fresh(member.complex.name)
        amount = self.fuel_M if supplied else 0.0
        named = member.complex if name == member.complex.name else member.complex.named(name)
        self.entries[member.complex] = Entry(
            named, member.role, member.part, (gate,) if gate else (), member.meaning, amount
        )

    def add_gate(self, drawn: Drawn, choices: Mapping[Domain, Sequence[Domain]]) -> None:
        """Enter a gate: its members and reactions for every choice of concrete histories."""
        gate, tag = drawn.gate, drawn.gate.reaction.id
        listed = {m.complex: m for m in gate.members}
        read: dict[Complex, Member] = {}

        def described(found: Complex) -> Member:
            if found not in read:
                read[found] = listed.get(found) or gate.read(found)
            return read[found]

        naming = dict(drawn.naming)
        here: dict[Complex, Complex] = {}
        for reaction in drawn.network.reactions:
            for c in (*reaction.reactants, *reaction.products):
                if c not in here:
                    here[c] = c.renamed(naming) if naming else c
        for member in gate.fuels:
            self.place(member, tag)
        seen = set()
        for reaction in drawn.network.reactions:
            left = tuple(here[c] for c in reaction.reactants)
            right = tuple(here[c] for c in reaction.products)
            wild = sorted({d for c in (*left, *right) for d in c.domains if d in choices})
            place = "first" if gate.join in left else "later"
            k = drawn.q if place == "first" else self.q_max
            for picked in itertools.product(*(choices[w] for w in wild)):
                renaming = dict(zip(wild, picked, strict=True))
                made = {
                    c: self._enter(described(c), c in listed, tag, renaming) for c in dict.fromkeys((*left, *right))
                }
                sides = tuple(tuple(sorted((made[c] for c in side), key=_by_name)) for side in (left, right))
                if sides not in seen:
                    seen.add(sides)
                    self.reactions.append(DsdReaction(sides[0], sides[1], k, tag, place))

    def _enter(self, wild: Member, listed: bool, tag: str, renaming: Mapping[Domain, Domain]) -> Complex:
        """Enter a complex of a gate with concrete histories, and return it under the name that the system gives it."""
        mine = [d for d in wild.complex.domains if d in renaming]
        changed = {d: renaming[d] for d in mine if renaming[d] != d}
        plain = listed and not mine
        name = wild.complex.name if plain else "_".join([tag, wild.part, *(str(renaming[d]) for d in mine)])
        made = wild.complex.renamed(changed, name)
        self.place(Member(made, wild.role, wild.part, wild.meaning), tag)
        return self.entries[made].complex

    def _fresh(self, wanted: str) -> str:
        name, number = wanted, 1
        while name in self._names:
            number += 1
            name = f"{wanted}_{number}"
        self._names.add(name)
        return name


def _by_name(found: Complex) -> str:
    return found.name

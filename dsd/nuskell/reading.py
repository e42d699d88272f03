"""Reading a translated system: which strands are signals, which complexes are wastes, and what is left out.

Histories are forgotten: whatever equals a signal but for its history is a variant of it. A wildcard history stands in for strands
that the system itself makes, so that it goes where there are such strands. What intermediates stand for is not decided here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from crn.network import Bag, Species
from dsd.complexes import Complex
from dsd.condensation import CondensedReaction
from dsd.crosstalk import CROSS_TALK
from dsd.domains import Domain
from dsd.nuskell.translation import FormalSignal, Translation
from dsd.schemes.scheme import Role
from dsd.soup import Soup
from dsd.system import DsdReaction, DsdSystem, Entry

_ANY = "any"
"""Stands in for a history where signals are compared."""


@dataclass(frozen=True, slots=True)
class Strands:
    """Tells signals by what they carry beside their histories."""

    known: Mapping[object, Species]
    wild: Mapping[tuple[int, int], tuple[tuple[int, ...], ...]]

    @classmethod
    def of(cls, signals: Iterable[FormalSignal]) -> Strands:
        """Return what tells these signals from other complexes."""
        known: dict[object, Species] = {}
        wild: dict[tuple[int, int], dict[tuple[int, ...], None]] = {}
        for signal in signals:
            places = tuple(i for i, d in enumerate(signal.complex.domains) if d in signal.histories)
            wild.setdefault(_size(signal.complex), {})[places] = None
            known[_masked(signal.complex, places)] = signal.species
        return cls(known, {size: tuple(masks) for size, masks in wild.items()})

    def species(self, item: Complex) -> Species | None:
        """Return the species that a complex is a signal of, or None."""
        for places in self.wild.get(_size(item), ()):
            found = self.known.get(_masked(item, places))
            if found is not None:
                return found
        return None


def _size(item: Complex) -> tuple[int, int]:
    return len(item.strands), len(item.pairs)


def _masked(item: Complex, places: tuple[int, ...]) -> object:
    """Return a complex with its domains at some places left open; paired domains are never left open."""
    lengths = tuple(len(s) for s in item.strands)
    domains = tuple(_ANY if i in places and item.pairs[i] < 0 else d for i, d in enumerate(item.domains))
    return lengths, item.pairs, domains


def read_system(translation: Translation, soup: Soup, fuel_M: float) -> DsdSystem:
    """Give every complex of a soup its role and its name.

    Parameters
    ----------
    translation : Translation
    soup : Soup
        Of the complexes of the translation; complete.
    fuel_M : float
        Concentration of every fuel, in M.

    Returns
    -------
    DsdSystem
        Signals stand for their species, fuels and wastes for nothing; intermediates are yet to be interpreted. The gate of
        a reaction is the formal reaction that its fuels and intermediates belong to.
    """
    strands = Strands.of(translation.signals)
    fuels = {f.complex: f for f in translation.fuels}
    species = {c: s for c in soup.complexes if c not in fuels and (s := strands.species(c)) is not None}
    gone = _superseded(translation.signals, species)
    kept = [c for c in soup.complexes if gone.isdisjoint(c.domains)]
    reactions = [r for r in soup.reactions if all(gone.isdisjoint(c.domains) for c in (*r.reactants, *r.products))]
    owners = _owners(kept, reactions, {f.complex: f.owners for f in translation.fuels}, species)
    wastes = wastes_of(kept, reactions, fuels, species)

    taken = {f.complex.name for f in translation.fuels}
    counts: dict[str, int] = {}
    entries: dict[Complex, Entry] = {}
    own = {s.species: s for s in translation.signals}
    for item in [*(c for c in kept if c in species), *(c for c in kept if c not in species)]:
        if item in fuels:
            entries[item] = Entry(fuels[item].complex, Role.FUEL, "fuel", owners[item], Bag(), fuel_M)
        elif item in species:
            name = _signal_name(own[species[item]], item, taken)
            entries[item] = Entry(item.named(name), Role.SIGNAL, "signal", (), Bag.of(species[item]))
        else:
            role = Role.WASTE if item in wastes else Role.INTERMEDIATE
            tag = f"{owners[item][0]}_{role.value[0]}" if len(owners[item]) == 1 else role.value[0]
            name = _counted(tag, counts, taken)
            entries[item] = Entry(item.named(name), role, role.value, owners[item])
    made = tuple(_reaction(r, entries, owners, species) for r in reactions)
    carriers: dict[Species, list[Complex]] = {s.species: [] for s in translation.signals}
    for item, entry in entries.items():
        if item in species:
            carriers[species[item]].append(entry.complex)
    return DsdSystem(tuple(entries.values()), made, tuple((s, tuple(found)) for s, found in carriers.items()))


def _superseded(signals: Iterable[FormalSignal], species: Mapping[Complex, Species]) -> frozenset[Domain]:
    """Return the wildcard histories, and complements, of the signals that the system makes with histories of its own."""
    own = {s.complex for s in signals}
    concrete = {s for c, s in species.items() if c not in own}
    wild = [h for s in signals if s.species in concrete for h in s.histories]
    return frozenset(wild) | {~h for h in wild}


def _owners(
    complexes: Sequence[Complex],
    reactions: Sequence[CondensedReaction],
    fuels: Mapping[Complex, tuple[str, ...]],
    species: Mapping[Complex, Species],
) -> dict[Complex, tuple[str, ...]]:
    """Return the formal reactions that each complex belongs to: those of the fuels that it comes from."""
    found: dict[Complex, tuple[str, ...]] = {c: fuels.get(c, ()) for c in complexes}
    for reaction in reactions:  # whatever reacts was made by a reaction before, or given
        mine = dict.fromkeys(o for c in reaction.reactants if c not in species for o in found[c])
        for product in reaction.products:
            if product not in species and product not in fuels and not found[product]:
                found[product] = tuple(mine)
    return found


def wastes_of(
    complexes: Iterable[Complex],
    reactions: Iterable[CondensedReaction],
    fuels: Iterable[Complex],
    signals: Iterable[Complex],
) -> set[Complex]:
    """Return the largest set of complexes that do nothing but react with fuels and with one another, into one another."""
    present = set(fuels)
    wastes = set(complexes) - present - set(signals)
    uses: dict[Complex, list[CondensedReaction]] = {}
    agenda = []
    for reaction in reactions:
        sides = (*reaction.reactants, *reaction.products)
        if any(c not in wastes and c not in present for c in sides):
            agenda.append(reaction)
        for c in dict.fromkeys(sides):
            uses.setdefault(c, []).append(reaction)
    while agenda:
        for c in agenda.pop().reactants:
            if c in wastes:
                wastes.discard(c)
                agenda += uses[c]
    return wastes


def _reaction(
    reaction: CondensedReaction,
    entries: Mapping[Complex, Entry],
    owners: Mapping[Complex, tuple[str, ...]],
    species: Mapping[Complex, Species],
) -> DsdReaction:
    parts = [set(owners[c]) for c in reaction.reactants if c not in species]
    shared = set.intersection(*parts) if parts else set()
    gate = next((o for c in reaction.reactants for o in owners[c] if o in shared), CROSS_TALK)
    left, right = (tuple(entries[c].complex for c in side) for side in (reaction.reactants, reaction.products))
    return DsdReaction(left, right, reaction.rate, gate, "later")


def _signal_name(signal: FormalSignal, item: Complex, taken: set[str]) -> str:
    """Return a name for a variant: the species, and the history that it has."""
    rest = set(signal.complex.domains) - set(signal.histories)
    histories = [d.name for d in item.domains if d not in rest]
    return _counted("_".join([signal.species, *histories]), {}, taken, plain=True)


def _counted(tag: str, counts: dict[str, int], taken: set[str], plain: bool = False) -> str:
    """Return a name that is not taken: a tag and a number, or the tag alone if it is free and `plain`."""
    name = tag
    while name in taken or not (plain or name != tag):
        counts[tag] = counts.get(tag, 0) + 1
        name = f"{tag}{counts[tag]}"
    taken.add(name)
    return name

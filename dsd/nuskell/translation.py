"""From a formal network and a translation scheme to signals and fuels.

The scheme's class ``formal`` draws one signal complex for each species, its module ``main`` lists the fuels of the whole network.
What these complexes do, and what they stand for, is found out afterwards; see `dsd.nuskell.reading`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crn.diagnostics import CircuitError
from crn.network import CRN, Reaction, Species
from dsd.complexes import Complex
from dsd.domains import Domain
from dsd.nuskell.evaluation import Evaluator
from dsd.nuskell.parsing import parse_scheme
from dsd.nuskell.tree import Definition, SchemeTree
from dsd.nuskell.values import FormalReaction, FormalSpecies, Fragment, Fuel, Value, complexes_of, kind_of, shown
from dsd.schemes.scheme import Lengths


@dataclass(frozen=True, slots=True)
class FormalSignal:
    """The signal complex of a formal species.

    Attributes
    ----------
    species : Species
    complex : Complex
        Called like the species.
    histories : tuple of Domain
        Those of its domains that stand for any other; sorted.
    """

    species: Species
    complex: Complex
    histories: tuple[Domain, ...] = ()


@dataclass(frozen=True)
class Translation:
    """What a scheme makes of a network.

    Attributes
    ----------
    signals : tuple of FormalSignal
        One for each species, in the order of the network.
    fuels : tuple of Fuel
        With unique names and all different, in the order in which the scheme lists them.
    notes : tuple of str
        Remarks, among them what the scheme prints.
    """

    signals: tuple[FormalSignal, ...]
    fuels: tuple[Fuel, ...]
    notes: tuple[str, ...] = ()

    @property
    def complexes(self) -> tuple[Complex, ...]:
        """Signals and fuels."""
        return tuple(s.complex for s in self.signals) + tuple(f.complex for f in self.fuels)


def translate(crn: CRN, text: str, source: str = "<input>", lengths: Lengths = Lengths()) -> Translation:
    """Translate a network by a scheme.

    Parameters
    ----------
    crn : CRN
        A reaction whose successor undoes it and is called like it with an ``r`` is reversible for the scheme.
    text : str
        The scheme.
    source : str
        Name of its file.
    lengths : Lengths
        Of short and long domains.

    Raises
    ------
    CircuitError
        If the scheme is at fault, or gives up.
    """
    return translate_with(crn, parse_scheme(text, source), lengths)


def translate_with(crn: CRN, tree: SchemeTree, lengths: Lengths = Lengths()) -> Translation:
    """Translate a network by a scheme that has been read; see `translate`."""
    evaluator = Evaluator(tree, lengths)
    formal, main = evaluator.definition("formal", 1), evaluator.definition("main", 1)
    drawn: dict[Species, Value] = {s: evaluator.call(formal, (FormalSpecies(s),)) for s in crn.species}
    signals = tuple(_signal(tree, formal, species, value) for species, value in drawn.items())
    taken: dict[Complex, Species] = {}
    for signal in signals:
        other = taken.setdefault(signal.complex, signal.species)
        if other != signal.species:
            message = f"formal(s) draws the same complex for {other} and {signal.species}"
            raise tree.source.fault(message, formal.place, "use long() or short() in it")
    listed = evaluator.call(main, (tuple(_reactions(crn.reactions, drawn)),))
    fuels = _fuels(tree, main, listed)
    notes = list(evaluator.notes)
    notes += [f"{taken[f.complex]} is a fuel and a signal" for f in fuels if f.complex in taken]
    return Translation(signals, fuels, tuple(notes))


def _signal(tree: SchemeTree, formal: Definition, species: Species, value: Value) -> FormalSignal:
    if not isinstance(value, Fragment):
        raise tree.source.fault(f"formal({species}) is {kind_of(value)}, not a complex", formal.place)
    try:
        found = complexes_of(value)
    except ValueError as error:
        raise tree.source.fault(
            f"formal({species}) is not a complex: {error}", value.place, f"it is {shown(value)}"
        ) from None
    if len(found) != 1:
        raise tree.source.fault(f"formal({species}) is {len(found)} complexes, not one", value.place)
    return FormalSignal(species, found[0].named(species), tuple(sorted(value.histories)))


def _reactions(reactions: Sequence[Reaction], drawn: dict[Species, Value]) -> list[FormalReaction]:
    """Return the reactions as the scheme sees them; pairs that were written with a double arrow are one."""
    found: list[FormalReaction] = []
    for before, reaction in zip((None, *reactions), reactions, strict=False):
        left, right = (tuple(drawn[s] for s in side.elements()) for side in (reaction.reactants, reaction.products))
        undoes = before is not None and (before.products, before.reactants) == (reaction.reactants, reaction.products)
        if before is not None and undoes and reaction.id == f"{before.id}r" and found:
            found[-1] = FormalReaction(right, left, True, (before.id, reaction.id))
        else:
            found.append(FormalReaction(left, right, False, (reaction.id,)))
    return found


def _fuels(tree: SchemeTree, main: Definition, value: Value) -> tuple[Fuel, ...]:
    """Return the fuels with names; equal ones are one, which belongs to the reactions of all."""
    if not isinstance(value, tuple):
        raise _main_fault(tree, main, value)
    owners: dict[Complex, dict[str, None]] = {}
    for item in value:
        if not isinstance(item, Fuel):
            raise _main_fault(tree, main, item, "a list with ")
        owners.setdefault(item.complex, {}).update(dict.fromkeys(item.owners))
    tally: dict[str, int] = {}
    fuels = []
    for made, ids in owners.items():
        tag = f"{next(iter(ids))}_f" if len(ids) == 1 else "f"
        tally[tag] = tally.get(tag, 0) + 1
        fuels.append(Fuel(made.named(f"{tag}{tally[tag]}"), tuple(ids)))
    return tuple(fuels)


def _main_fault(tree: SchemeTree, main: Definition, value: Value, inside: str = "") -> CircuitError:
    advice = (
        "sum(map(f, crn)) makes one list of many"
        if isinstance(value, tuple)
        else "infty(...) makes a fuel of a complex"
    )
    return tree.source.fault(f"main(crn) is {inside}{kind_of(value)}, not a list of fuels", main.place, advice)

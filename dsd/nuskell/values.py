"""What expressions of a translation scheme stand for: DNA, species, reactions, functions; and how they are shown.

Numbers are `int` or `Fraction`, texts `str`, lists `tuple`, domains `Domain`; nothing is changed once it is made.
How values come about is decided in `dsd.nuskell.evaluation`, what functions do with them in `dsd.nuskell.functions`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TypeAlias

from dsd.complexes import UNPAIRED, Complex, components
from dsd.domains import Domain, Strand
from dsd.nuskell.tree import Definition, Place

NICK = None
"""Stands between two strands of a fragment."""


@dataclass(frozen=True, slots=True)
class Fragment:
    """A piece of DNA that need not be whole: brackets may be open at either end.

    Attributes
    ----------
    items : tuple of Domain or NICK
        5' to 3'.
    signs : str
        One of ``( ) . +`` for every item.
    attributes : mapping of str to Value
        What the names meant where it was written.
    histories : frozenset of Domain
        Those of its domains that were written ``?``.
    place : Place
        Where it was written.
    """

    items: tuple[Domain | None, ...]
    signs: str
    attributes: Mapping[str, Value] = field(compare=False)
    histories: frozenset[Domain] = field(compare=False)
    place: Place = field(compare=False)


@dataclass(frozen=True, slots=True)
class FormalSpecies:
    """A formal species, as the function ``formal`` gets it."""

    name: str


@dataclass(frozen=True, slots=True)
class FormalReaction:
    """A formal reaction between signal complexes.

    Attributes
    ----------
    reactants, products : tuple of Value
        The signals of its species.
    reversible : bool
    ids : tuple of str
        The reactions of the network that it stands for.
    """

    reactants: tuple[Value, ...]
    products: tuple[Value, ...]
    reversible: bool
    ids: tuple[str, ...] = field(compare=False)


@dataclass(frozen=True, slots=True)
class Fuel:
    """A complex that is always there, and the formal reactions that it was made for."""

    complex: Complex
    owners: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Builtin:
    """A function of the language itself."""

    name: str


Value: TypeAlias = (
    int
    | Fraction
    | str
    | Domain
    | Fragment
    | FormalSpecies
    | FormalReaction
    | Fuel
    | Builtin
    | Definition
    | tuple["Value", ...]
    | Mapping[str, "Value"]
    | None
)
"""``None`` is what ``print`` returns."""

_KINDS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (bool, "a truth value"),
    ((int, Fraction), "a number"),
    (str, "a text"),
    (tuple, "a list"),
    (Domain, "a domain"),
    (Fragment, "a complex"),
    (FormalSpecies, "a species"),
    (FormalReaction, "a reaction"),
    (Fuel, "a fuel"),
    ((Builtin, Definition), "a function"),
    (Mapping, "a dictionary"),
)


def kind_of(value: Value) -> str:
    """Return what a value is, for messages."""
    return next((word for types, word in _KINDS if isinstance(value, types)), "nothing")


def shown(value: Value, depth: int = 3) -> str:
    """Return a value as text; lists within lists are cut short below `depth`."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return f"[{', '.join(shown(v, depth - 1) for v in value)}]" if depth else "[...]"
    if isinstance(value, Fragment):
        return f'"{" ".join("+" if i is NICK else str(i) for i in value.items)}" | "{" ".join(value.signs)}"'
    if isinstance(value, FormalReaction):
        return f"reaction {' and '.join(value.ids)}"
    if isinstance(value, Fuel):
        return f"fuel {value.complex.kernel}"
    if isinstance(value, (FormalSpecies, Builtin, Definition)):
        return value.name
    if isinstance(value, Mapping):
        return ", ".join(f"{k}: {shown(v, depth - 1)}" for k, v in value.items()) if depth else "..."
    return "nothing" if value is None else str(value)


def complexes_of(fragment: Fragment) -> list[Complex]:
    """Return the complexes that a fragment is, normally one.

    Nicks at either end and doubled ones are left out; strands that nothing holds together become complexes of their own.

    Raises
    ------
    ValueError
        With a sentence on what keeps it from being a complex.
    """
    strands: list[list[Domain]] = [[]]
    pairs: list[int] = []
    opened: list[int] = []
    for item, sign in zip(fragment.items, fragment.signs, strict=True):
        if item is None:
            if strands[-1]:
                strands.append([])
            continue
        strands[-1].append(item)
        pairs.append(UNPAIRED)
        if sign == "(":
            opened.append(len(pairs) - 1)
        elif sign == ")":
            if not opened:
                raise ValueError(f"{item}) pairs with nothing: a bracket is closed that was never opened")
            partner = opened.pop()
            pairs[partner], pairs[-1] = len(pairs) - 1, partner
    if opened:
        flat = [d for strand in strands for d in strand]
        raise ValueError(f"{flat[opened[-1]]}( is never closed")
    whole = [Strand(tuple(s)) for s in strands if s]
    flat = [d for strand in whole for d in strand]
    for at, partner in enumerate(pairs):
        if partner > at and flat[at] != ~flat[partner]:
            raise ValueError(f"{flat[at]} is paired with {flat[partner]}, which is not its complement")
    return components(whole, pairs) if whole else []

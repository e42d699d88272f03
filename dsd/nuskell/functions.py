"""The built-in functions of the scheme language: lists, domains, reactions, fuels.

Nuskell writes ``range sum len reverse rxn_degree unirxn birxn map map2`` in the language itself; here they are functions of the
evaluator, so that they take lists of any length and bind no names that a dynamically scoped function could see.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Protocol, TypeAlias

from dsd.domains import Domain
from dsd.nuskell.arithmetic import MOST_ITEMS, FaultError, added, joined
from dsd.nuskell.values import FormalReaction, Fragment, Fuel, Value, complexes_of, kind_of, shown

_LONGEST_DOMAIN = 1000


class Host(Protocol):
    """What a function can ask of the evaluator that calls it."""

    def fresh(self, prefix: str, length: int) -> Domain:
        """Return a new domain of a length in nt."""

    def note(self, text: str) -> None:
        """Keep a remark for the user."""

    @property
    def toehold(self) -> int:
        """Length of a short domain in nt."""

    @property
    def long(self) -> int:
        """Length of a long domain in nt."""

    @property
    def owners(self) -> tuple[str, ...]:
        """Ids of the formal reactions that are being translated."""


Function: TypeAlias = Callable[[Host, Sequence[Value]], Value]


def _list(value: Value, name: str, what: str = "") -> tuple[Value, ...]:
    if not isinstance(value, tuple):
        raise FaultError(f"{name} takes a list{what}, not {kind_of(value)}")
    return value


def _whole(value: Value, name: str, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise FaultError(f"{name} takes a whole number, not {kind_of(value)}")
    if not 0 <= value <= most:
        raise FaultError(f"{name} takes a number from 0 to {most}, not {value}")
    return value


def _reactions(value: Value, name: str) -> tuple[FormalReaction, ...]:
    found = _list(value, name, " of reactions")
    wrong = next((v for v in found if not isinstance(v, FormalReaction)), None)
    if any(not isinstance(v, FormalReaction) for v in found):
        raise FaultError(f"{name} takes a list of reactions; {kind_of(wrong)} is among them")
    return tuple(v for v in found if isinstance(v, FormalReaction))


def _print(host: Host, arguments: Sequence[Value]) -> Value:
    host.note(" ".join(map(shown, arguments)))
    return None


def _abort(_: Host, arguments: Sequence[Value]) -> Value:
    raise FaultError(f"the scheme gives up: {shown(arguments[0])}")


def _tail(_: Host, arguments: Sequence[Value]) -> Value:
    return _list(arguments[0], "tail")[1:]


def _flip(_: Host, arguments: Sequence[Value]) -> Value:
    rows = _list(arguments[0], "flip", " of lists")
    width = _whole(arguments[1], "flip", MOST_ITEMS)
    for number, row in enumerate(rows):
        if not isinstance(row, tuple) or len(row) != width:
            found = f"a list of {len(row)}" if isinstance(row, tuple) else kind_of(row)
            raise FaultError(f"flip takes a list of lists of {width}; element {number} is {found}")
    return tuple(tuple(row[i] for row in rows if isinstance(row, tuple)) for i in range(width))


def _long(host: Host, _: Sequence[Value]) -> Value:
    return host.fresh("d", host.long)


def _short(host: Host, _: Sequence[Value]) -> Value:
    return host.fresh("t", host.toehold)


def _unique(host: Host, arguments: Sequence[Value]) -> Value:
    length = _whole(arguments[0], "unique", _LONGEST_DOMAIN)
    if not length:
        raise FaultError("unique takes a length in nt, which is at least 1")
    return host.fresh("u", length)


def _infty(host: Host, arguments: Sequence[Value]) -> Value:
    given = arguments[0]
    if not isinstance(given, Fragment):
        advice = "for a list write sum(map(infty, ...))" if isinstance(given, tuple) else ""
        raise FaultError(f"infty takes a complex, not {kind_of(given)}", advice)
    try:
        return tuple(Fuel(c, host.owners) for c in complexes_of(given))
    except ValueError as error:
        raise FaultError(f"this fuel is not a complex: {error}", f"it is {shown(given)}") from None


def _complement(host: Host, arguments: Sequence[Value]) -> Value:
    given = arguments[0]
    if isinstance(given, Domain):
        return ~given
    if isinstance(given, tuple):
        return tuple(_complement(host, (v,)) for v in reversed(given))
    if isinstance(given, Fragment):
        raise FaultError("complement takes a domain, a sign or a list of them, not a complex")
    return {"(": ")", ")": "("}.get(given, given) if isinstance(given, str) else given


def _rev_reactions(_: Host, arguments: Sequence[Value]) -> Value:
    """Make one reversible reaction of each pair of opposite ones."""
    left = list(_reactions(arguments[0], "rev_reactions"))
    found: list[Value] = []
    while left:
        first = left.pop(0)
        sides = _bag(first.reactants), _bag(first.products)
        partner = next((i for i, r in enumerate(left) if (_bag(r.products), _bag(r.reactants)) == sides), None)
        if partner is not None:
            other = left.pop(partner)
            first = FormalReaction(first.reactants, first.products, True, first.ids + other.ids)
        found.append(first)
    return tuple(found)


def _bag(side: Sequence[Value]) -> frozenset[tuple[Value, int]]:
    return frozenset((v, side.count(v)) for v in side)


def _irrev_reactions(_: Host, arguments: Sequence[Value]) -> Value:
    """Make a pair of opposite reactions of each reversible one."""
    found: list[Value] = []
    for r in _reactions(arguments[0], "irrev_reactions"):
        if r.reversible:
            found.append(FormalReaction(r.reactants, r.products, False, r.ids[:1]))
            found.append(FormalReaction(r.products, r.reactants, False, r.ids[-1:]))
        else:
            found.append(r)
    return tuple(found)


def _range(_: Host, arguments: Sequence[Value]) -> Value:
    return tuple(range(_whole(arguments[0], "range", MOST_ITEMS)))


def _sum(_: Host, arguments: Sequence[Value]) -> Value:
    items = _list(arguments[0], "sum")
    lists = [v for v in items if isinstance(v, tuple)]
    if len(lists) == len(items):
        return joined(*lists)
    total: Value = items[0]
    for item in items[1:]:
        total = added(total, item)
    return total


def _len(_: Host, arguments: Sequence[Value]) -> Value:
    return len(_list(arguments[0], "len"))


def _reverse(_: Host, arguments: Sequence[Value]) -> Value:
    return _list(arguments[0], "reverse")[::-1]


def _rxn_degree(_: Host, arguments: Sequence[Value]) -> Value:
    degree = _whole(arguments[1], "rxn_degree", MOST_ITEMS)
    return tuple(r for r in _reactions(arguments[0], "rxn_degree") if len(r.reactants) == degree)


def _unirxn(_: Host, arguments: Sequence[Value]) -> Value:
    return tuple(r for r in _reactions(arguments[0], "unirxn") if len(r.reactants) == 1)


def _birxn(_: Host, arguments: Sequence[Value]) -> Value:
    return tuple(r for r in _reactions(arguments[0], "birxn") if len(r.reactants) == 2)


FUNCTIONS: Mapping[str, tuple[int, Function | None]] = MappingProxyType(
    {
        "print": (0, _print),
        "abort": (1, _abort),
        "tail": (1, _tail),
        "flip": (2, _flip),
        "long": (0, _long),
        "short": (0, _short),
        "unique": (1, _unique),
        "infty": (1, _infty),
        "complement": (1, _complement),
        "rev_reactions": (1, _rev_reactions),
        "irrev_reactions": (1, _irrev_reactions),
        "range": (1, _range),
        "sum": (1, _sum),
        "len": (1, _len),
        "reverse": (1, _reverse),
        "rxn_degree": (2, _rxn_degree),
        "unirxn": (1, _unirxn),
        "birxn": (1, _birxn),
        "map": (2, None),
        "map2": (3, None),
    }
)
"""How many arguments each function needs, and what it does; those without a function call others, and are the evaluator's own."""

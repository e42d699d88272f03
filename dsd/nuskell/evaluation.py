"""The evaluator of translation schemes: eager, dynamically scoped, on a stack of its own.

Every expression is a generator that hands the expressions it needs to a loop and gets their values back, so that only memory
limits how deeply functions call one another. A name means what it was bound to last by whoever is still running; bindings are
therefore kept as one stack for each name. Whatever goes wrong is told with its place and the calls that led there.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from fractions import Fraction
from types import MappingProxyType
from typing import Any, TypeAlias

from crn.diagnostics import CircuitError
from crn.quantities import nearest
from dsd.domains import Domain
from dsd.nuskell.arithmetic import FaultError, combined
from dsd.nuskell.functions import FUNCTIONS
from dsd.nuskell.tree import (
    Attribute,
    Call,
    Choice,
    Definition,
    Dictionary,
    Dna,
    DnaItem,
    Expression,
    GlobalValue,
    Index,
    Listing,
    Name,
    Negation,
    Number,
    Operation,
    Pattern,
    Place,
    Quoted,
    SchemeTree,
    Where,
)
from dsd.nuskell.values import NICK, Builtin, FormalReaction, FormalSpecies, Fragment, Value, kind_of
from dsd.schemes.scheme import Lengths

Steps: TypeAlias = Generator["Steps", Value, Value]
"""An evaluation under way: yields the evaluations that it needs, and is sent their values."""

_DEEPEST_CALL = 50_000
_MOST_NOTES = 100
_SIMPLE = (Name, Number, Quoted, Dna)


class Evaluator:
    """A scheme that has been read, ready to be asked.

    Parameters
    ----------
    tree : SchemeTree
    lengths : Lengths
        Of the domains that ``short()`` and ``long()`` make.

    Attributes
    ----------
    notes : list of str
        Remarks of the parser and of ``print``.

    Raises
    ------
    CircuitError
        If a global value cannot be found.
    """

    def __init__(self, tree: SchemeTree, lengths: Lengths = Lengths()) -> None:
        self.tree = tree
        self.lengths = lengths
        self.notes = list(tree.notes)
        self._domains = 0
        self._bound: dict[str, list[Value]] = {"empty": [()]}
        self._bound.update({name: [Builtin(name)] for name in FUNCTIONS})
        self._calls: list[tuple[str, Place]] = []
        self._owners: list[tuple[str, ...]] = [()]
        self._compound: dict[type, Callable[[Any], Steps]] = {
            Listing: self._listing,
            Negation: self._negation,
            Operation: self._operation,
            Call: self._call,
            Index: self._index,
            Attribute: self._attribute,
            Choice: self._choice,
            Where: self._where,
        }
        for statement in tree.statements:
            if isinstance(statement, GlobalValue):
                value = self._finish(self._steps(statement.value))
                for name, part in self._match(statement.pattern, value):
                    self._bound.setdefault(name, []).append(part)
            else:
                self._bound.setdefault(statement.name, []).append(statement)

    # what functions may ask

    @property
    def toehold(self) -> int:
        """Length of a short domain in nt."""
        return self.lengths.toehold

    @property
    def long(self) -> int:
        """Length of a long domain in nt."""
        return self.lengths.long

    @property
    def owners(self) -> tuple[str, ...]:
        """Ids of the formal reactions that the running functions were called for."""
        return self._owners[-1]

    def fresh(self, prefix: str, length: int) -> Domain:
        """Return a new domain."""
        self._domains += 1
        return Domain(f"{prefix}{self._domains}", length)

    def note(self, text: str) -> None:
        """Keep a remark; very many are cut short."""
        if len(self.notes) < _MOST_NOTES:
            self.notes.append(text if len(text) <= 500 else f"{text[:500]} ...")
        elif len(self.notes) == _MOST_NOTES:
            self.notes.append("more is printed, which is not shown")

    # what schemes are asked

    def definition(self, name: str, parameters: int) -> Definition:
        """Return a function of the scheme that every scheme has to have."""
        found = self._bound.get(name, [None])[-1]
        if not isinstance(found, Definition):
            known = [s.name for s in self.tree.statements if isinstance(s, Definition)]
            advice = nearest(name, known) or f"write {'class' if name == 'formal' else 'module'} {name}(...) = ..."
            raise self.tree.source.fault(
                f"the scheme does not define {name}({'s' if name == 'formal' else 'crn'})", Place(0), advice
            )
        if len(found.parameters) > parameters:
            raise self.tree.source.fault(f"{name} is called with {parameters} argument", found.place)
        return found

    def call(self, function: Definition, arguments: Sequence[Value]) -> Value:
        """Return what a function of the scheme makes of values."""
        return self._finish(self._apply(function, tuple(arguments), function.place))

    # the loop

    def _finish(self, first: Steps) -> Value:
        running: list[Steps] = [first]
        value: Value = None
        try:
            while running:
                try:
                    wanted = running[-1].send(value)
                except StopIteration as done:
                    running.pop()
                    value = done.value
                else:
                    running.append(wanted)
                    value = None
        finally:
            while running:  # from the innermost, so that nothing unwinds in a deep chain
                running.pop().close()
        return value

    def _steps(self, node: Expression) -> Steps:
        if isinstance(node, (*_SIMPLE, Dictionary)):
            return self._at_once(node)
        return self._compound[type(node)](node)

    def _at_once(self, node: Name | Number | Quoted | Dna | Dictionary) -> Steps:
        yield from ()  # which makes it a generator like the others
        return self._simple(node)

    def _simple(self, node: Name | Number | Quoted | Dna | Dictionary) -> Value:
        """Return the value of an expression that needs no other."""
        if isinstance(node, Name):
            return self._look_up(node.name, node.place)
        if isinstance(node, Number):
            return node.value
        if isinstance(node, Quoted):
            return node.text
        if isinstance(node, Dna):
            return self._dna(node)
        return MappingProxyType(dict(node.items))

    def _look_up(self, name: str, place: Place) -> Value:
        stack = self._bound.get(name)
        if not stack:
            known = [n for n, s in self._bound.items() if s]
            raise self._fault(f"nothing is called {name} here", place, nearest(name, known))
        return stack[-1]

    def _fault(self, message: str, place: Place, advice: str = "") -> CircuitError:
        """Return an error at a place, with the calls that led there."""
        calls = [name for name, _ in reversed(self._calls)]
        if calls:
            inner, outer = self._calls[-1], calls[1:]
            span = self.tree.source.span(inner[1])
            called = f", called at {span.line}:{span.column}" if inner[1].at != place.at and outer else ""
            shown_calls = [*outer[:3], "...", outer[-1]] if len(outer) > 4 else outer
            message += f" (in {inner[0]}{called}{''.join(f', from {name}' for name in shown_calls)})"
        return self.tree.source.fault(message, place, advice)

    # expressions

    def _dna(self, node: Dna) -> Fragment:
        items: list[Domain | None] = []
        signs: list[str] = []
        attributes: dict[str, Value] = {}
        histories: list[Domain] = []
        for item in node.items:
            if item.name == "+":
                items.append(NICK)
                signs.append("+")
            elif item.name == "?":
                histories.append(self.fresh("h", self.long))
                items.append(histories[-1])
                signs.append(item.sign)
            else:
                value = attributes[item.name] = self._look_up(item.name, item.place)
                if item.sign == "~":
                    for part in self._fragments(value, item):
                        items += part.items
                        signs.append(part.signs)
                        histories += part.histories
                elif isinstance(value, Domain):
                    items.append(~value if item.star else value)
                    signs.append(item.sign)
                else:
                    advice = "write ~ under it to put it in" if isinstance(value, (Fragment, tuple)) else ""
                    raise self._fault(f"{item.name} is {kind_of(value)}, not a domain", item.place, advice)
        return Fragment(tuple(items), "".join(signs), MappingProxyType(attributes), frozenset(histories), node.place)

    def _fragments(self, value: Value, item: DnaItem) -> Iterator[Fragment]:
        """Yield the fragments of a list, of the lists in it, and so on, in order."""
        left: list[Value] = [value]
        while left:
            first = left.pop()
            if isinstance(first, tuple):
                left += reversed(first)
            elif isinstance(first, Fragment):
                yield first
            else:
                advice = "~ stands for complexes and lists of them; write . ( or ) under a domain"
                inside = "" if first is value else "a list with "
                raise self._fault(f"{item.name} is {inside}{kind_of(first)}, not a complex", item.place, advice)

    def _each(self, nodes: Sequence[Expression]) -> Steps:
        """Find the values of expressions, one after the other."""
        found: list[Value] = [None] * len(nodes)
        for i, node in enumerate(nodes):
            found[i] = self._simple(node) if isinstance(node, _SIMPLE) else (yield self._steps(node))
        return tuple(found)

    def _listing(self, node: Listing) -> Steps:
        return (yield self._each(node.items))

    def _negation(self, node: Negation) -> Steps:
        value = yield self._steps(node.inner)
        if not isinstance(value, (int, Fraction)):
            raise self._fault(f"minus {kind_of(value)}", node.place, "only numbers have a sign")
        return -value

    def _operation(self, node: Operation) -> Steps:
        left = self._simple(node.left) if isinstance(node.left, _SIMPLE) else (yield self._steps(node.left))
        if node.sign == "and" and not left:
            return False
        if node.sign == "or" and left:
            return left
        right = self._simple(node.right) if isinstance(node.right, _SIMPLE) else (yield self._steps(node.right))
        try:
            return combined(node.sign, left, right)
        except FaultError as error:
            raise self._fault(error.message, node.place, error.advice) from None
        except RecursionError:
            raise self._fault("these lists are nested too deeply to be compared", node.place) from None

    def _index(self, node: Index) -> Steps:
        value = yield self._steps(node.inner)
        index = yield self._steps(node.index)
        if not isinstance(value, tuple):
            raise self._fault(f"{kind_of(value)} has no elements", node.place, "only lists have")
        if not isinstance(index, int):
            raise self._fault(f"an index is a whole number, not {kind_of(index)}", node.index.place)
        if not -len(value) <= index < len(value):
            raise self._fault(f"a list of {len(value)} has no element {index}", node.index.place, "the first is 0")
        return value[index]

    def _attribute(self, node: Attribute) -> Steps:
        value = self._simple(node.inner) if isinstance(node.inner, _SIMPLE) else (yield self._steps(node.inner))
        known: Mapping[str, Value] = MappingProxyType({})
        if isinstance(value, Fragment):
            known = value.attributes
        elif isinstance(value, FormalReaction):
            known = {"reactants": value.reactants, "products": value.products, "reversible": value.reversible}
        elif isinstance(value, FormalSpecies):
            known = {"name": value.name}
        elif isinstance(value, Mapping):
            known = value
        if node.name not in known:
            advice = nearest(node.name, known) or (f"it has {', '.join(known)}" if known else "")
            if isinstance(value, tuple):
                advice = "take one of its elements first, as in x[0]"
            raise self._fault(f"{kind_of(value)} has no {node.name}", node.place, advice)
        return known[node.name]

    def _choice(self, node: Choice) -> Steps:
        for test, value in node.branches:
            if (yield self._steps(test)):
                return (yield self._steps(value))
        return (yield self._steps(node.otherwise))

    def _where(self, node: Where) -> Steps:
        mine: list[str] = []
        for pattern, expression in node.bindings:
            value = self._simple(expression) if isinstance(expression, _SIMPLE) else (yield self._steps(expression))
            for name, part in self._match(pattern, value):
                self._bound.setdefault(name, []).append(part)
                mine.append(name)
        value = yield self._steps(node.inner)
        for name in mine:
            self._bound[name].pop()
        return value

    def _match(self, pattern: Pattern, value: Value) -> list[tuple[str, Value]]:
        """Return what a pattern binds to a value."""
        if isinstance(pattern, Name):
            return [(pattern.name, value)]
        if not isinstance(value, tuple) or len(value) != len(pattern.items):
            found = f"a list of {len(value)}" if isinstance(value, tuple) else kind_of(value)
            raise self._fault(f"a list of {len(pattern.items)} is taken apart here, but this is {found}", pattern.place)
        return [pair for inner, part in zip(pattern.items, value, strict=True) for pair in self._match(inner, part)]

    # calls

    def _call(self, node: Call) -> Steps:
        function = yield self._steps(node.function)
        arguments = yield self._each(node.arguments)
        assert isinstance(arguments, tuple), "values of a list of expressions"
        return (yield self._apply(function, arguments, node.place))

    def _apply(self, function: Value, arguments: tuple[Value, ...], place: Place) -> Steps:
        if isinstance(function, Builtin):
            return (yield self._apply_builtin(function.name, arguments, place))
        if not isinstance(function, Definition):
            raise self._fault(f"{kind_of(function)} is called like a function", place)
        if len(arguments) < len(function.parameters):
            names = ", ".join(function.parameters)
            raise self._fault(f"{function.name}({names}) is given {len(arguments)} arguments", place)
        if len(self._calls) >= _DEEPEST_CALL:
            del self._calls[4:-2]
            raise self._fault(
                f"more than {_DEEPEST_CALL} calls within one another", place, "does this function ever end?"
            )
        self._calls.append((function.name, place))
        ids = [i for a in arguments if isinstance(a, FormalReaction) for i in a.ids]
        self._owners.append(tuple(ids) or self._owners[-1])
        for name, value in zip(function.parameters, arguments, strict=False):
            self._bound.setdefault(name, []).append(value)
        value = yield self._steps(function.body)
        for name in function.parameters:
            self._bound[name].pop()
        self._owners.pop()
        self._calls.pop()
        return value

    def _apply_builtin(self, name: str, arguments: tuple[Value, ...], place: Place) -> Steps:
        needed, function = FUNCTIONS[name]
        if len(arguments) < needed:
            raise self._fault(
                f"{name} takes {needed} argument{'s' * (needed > 1)} and is given {len(arguments)}", place
            )
        if function is not None:
            try:
                return function(self, arguments)
            except FaultError as error:
                raise self._fault(error.message, place, error.advice) from None
            except RecursionError:
                raise self._fault(f"{name} is given a list that is nested too deeply", place) from None
        items = arguments[needed - 1]
        if not isinstance(items, tuple):
            raise self._fault(f"{name} takes a list, not {kind_of(items)}", place)
        found: list[Value] = [None] * len(items)
        for i, item in enumerate(items):
            found[i] = yield self._apply(arguments[0], (*arguments[1 : needed - 1], item), place)
        return tuple(found)

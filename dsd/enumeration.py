"""Enumeration: everything that a set of complexes can become, and the condensed network of it.

The closure of `dsd.steps` under Peppercorn's separation of time scales: unimolecular steps are fast, bimolecular ones
slow, and only what rests takes part in the latter; a limit that is hit is an outcome, never a step that is dropped.
Rates live in `dsd.ratemodel`, condensation in `dsd.condensation`; what the complexes are meant for is not known here.
"""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from dsd.complexes import Complex
from dsd.condensation import CondensedReaction, FastStep, Macrostate, SlowStep, condense, groups, rests
from dsd.ratemodel import RateModel
from dsd.steps import BIND21, OPEN, Alphabet, Bound, Code, Shape, Site, Step


@dataclass(frozen=True, slots=True)
class EnumerationOptions:
    """What counts as a step, and when to give up; part of the record of every verdict that rests on an enumeration."""

    release_cutoff: int = 7
    """The longest helix that opens by itself, in nt; 0 for none."""
    remote: bool = True
    """Whether a branch migration may start from a toehold that is not next to it."""
    four_way: bool = True
    """Whether two helices may exchange their partners."""
    as_peppercorn: bool = False
    """Whether condensed rates are pooled as Peppercorn does (see `dsd.condensation.condense`); for comparison only."""
    max_complex_strands: int = 10
    """Strands in a complex."""
    max_complexes: int = 5000
    """Complexes, transient ones included."""
    max_reactions: int = 10000
    """Elementary steps."""
    max_seconds: float = math.inf
    """Time that the search may take, in s by the clock; what is found until then depends on the machine."""

    def __post_init__(self) -> None:
        if self.release_cutoff < 0:
            raise ValueError(f"a release cutoff of {self.release_cutoff} nt")
        for name in ("max_complex_strands", "max_complexes", "max_reactions"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}")
        if not self.max_seconds > 0:
            raise ValueError(f"max_seconds is {self.max_seconds}")

    def describe(self) -> str:
        """Return the options in one line."""
        clock = f", {self.max_seconds:g} s" if math.isfinite(self.max_seconds) else ""
        return (
            f"max-helix steps with{'' if self.four_way else 'out'} four-way migration, "
            f"remote toeholds {'on' if self.remote else 'off'}, "
            f"helices up to {self.release_cutoff} nt open, unimolecular steps fast"
            f"{', condensed rates pooled as in Peppercorn' if self.as_peppercorn else ''}; "
            f"at most {self.max_complex_strands} strands a complex, {self.max_complexes} complexes, "
            f"{self.max_reactions} steps{clock}"
        )


@dataclass(frozen=True, slots=True)
class EnumerationOutcome:
    """Whether an enumeration came to its end.

    Attributes
    ----------
    limit : str
        The option that stopped it; empty if it is complete.
    advice : str
        What happened and what may help, in a sentence; empty if it is complete.
    """

    limit: str = ""
    advice: str = ""

    def __post_init__(self) -> None:
        if bool(self.limit) != bool(self.advice):
            raise ValueError("a limit comes with advice")

    @property
    def complete(self) -> bool:
        """Whether everything was found."""
        return not self.limit

    def __str__(self) -> str:
        return f"incomplete ({self.limit}): {self.advice}" if self.limit else "complete"


@dataclass(frozen=True, slots=True)
class CondensedNetwork:
    """The resting macrostates and the reactions between them.

    Attributes
    ----------
    macrostates : tuple of Macrostate
        Sorted; empty unless the enumeration is complete, since a complex rests only as far as all its steps are known.
    reactions : tuple of CondensedReaction
        Sorted; likewise.
    outcome : EnumerationOutcome
    """

    macrostates: tuple[Macrostate, ...]
    reactions: tuple[CondensedReaction, ...]
    outcome: EnumerationOutcome


@dataclass(frozen=True, slots=True)
class Enumeration:
    """Everything that a set of complexes can become.

    Attributes
    ----------
    complexes : tuple of Complex
        Sorted; the given ones keep their names.
    steps : tuple of Step
        Sorted; between `complexes` only.
    macrostates : tuple of Macrostate
    condensed : tuple of CondensedReaction
        As in `CondensedNetwork`.
    outcome : EnumerationOutcome
        If incomplete, `complexes` and `steps` are what was found until then, the complex that broke the limit included.
    """

    complexes: tuple[Complex, ...]
    steps: tuple[Step, ...]
    macrostates: tuple[Macrostate, ...]
    condensed: tuple[CondensedReaction, ...]
    outcome: EnumerationOutcome

    @property
    def resting(self) -> tuple[Complex, ...]:
        """The complexes that belong to a macrostate."""
        return tuple(c for m in self.macrostates for c in m.complexes)


DEFAULT_OPTIONS = EnumerationOptions()
DEFAULT_MODEL = RateModel()


def enumerate_complexes(
    initial: Iterable[Complex], options: EnumerationOptions = DEFAULT_OPTIONS, model: RateModel = DEFAULT_MODEL
) -> Enumeration:
    """Find every complex and every step that `initial` leads to, and condense them.

    Parameters
    ----------
    initial : iterable of Complex
        Their order and repetitions do not matter.
    options : EnumerationOptions
    model : RateModel

    Raises
    ------
    CircuitError
        If one domain name has two lengths.
    """
    search = _Search(initial, options, model)
    complexes = {number: search.complex(number) for number in search.order()}
    steps = [
        Step(kind, tuple(complexes[r] for r in reactants), tuple(complexes[p] for p in products), rate)
        for reactants, products, kind, rate in search.steps()
    ]
    network = _condensed(search, complexes)
    return Enumeration(tuple(complexes.values()), tuple(steps), network.macrostates, network.reactions, search.outcome)


def condensed_network(
    initial: Iterable[Complex],
    options: EnumerationOptions = DEFAULT_OPTIONS,
    model: RateModel = DEFAULT_MODEL,
    *,
    once: bool = False,
) -> CondensedNetwork:
    """Return only the condensed network of `initial`, without the cost of writing out steps and transient complexes.

    Parameters and errors are those of `enumerate_complexes`; if `once`, only what is given meets, and not what comes of it.
    """
    return _condensed(_Search(initial, options, model, once), {})


def _condensed(search: _Search, complexes: dict[int, Complex]) -> CondensedNetwork:
    """Return the condensed network of a search in its complexes; those that are missing are made."""
    if not search.outcome.complete:
        return CondensedNetwork((), (), search.outcome)
    order = search.order()
    place = {number: i for i, number in enumerate(order)}
    condensate = condense(
        [[(tuple(place[p] for p in products), rate) for products, rate in search.fast[number]] for number in order],
        [((place[a], place[b]), tuple(place[p] for p in products), rate) for (a, b), products, rate in search.slow],
        search.options.as_peppercorn,
    )
    states = []
    for basin, shares in zip(condensate.basins, condensate.shares, strict=True):
        numbers = [order[i] for i in basin]
        members = [complexes.get(n) or search.complex(n) for n in numbers]
        given = [member for n, member in zip(numbers, members, strict=True) if search.is_given(n)]
        states.append(Macrostate(min(given or members, key=lambda c: c.kernel), tuple(members), shares))
    reactions = [
        CondensedReaction(
            tuple(states[r].representative for r in left), tuple(states[p].representative for p in right), rate
        )
        for left, right, rate in condensate.reactions
    ]
    return CondensedNetwork(tuple(states), tuple(reactions), search.outcome)


class _LimitError(Exception):
    """The search has hit a limit; ends it from within."""


class _Search:
    """One enumeration, in numbers; done when constructed.

    Attributes
    ----------
    options : EnumerationOptions
    fast : list of list of FastStep
        By the number of the complex; numbers are given as complexes are met.
    slow : list of SlowStep
    outcome : EnumerationOutcome
    """

    def __init__(
        self, initial: Iterable[Complex], options: EnumerationOptions, model: RateModel, once: bool = False
    ) -> None:
        self.options, self._model, self._once = options, model, once
        given = list(initial)
        self._alphabet = Alphabet(given)
        self._given: dict[Code, Complex] = {}
        for item in given:
            self._given.setdefault(self._alphabet.encode(item), item)
        self._codes: list[Code] = []
        self._number: dict[Code, int] = {}
        self._kinds: list[list[str]] = []
        self._pending: dict[int, tuple[tuple[int, int], float]] = {}
        self._tally = 0
        self._deadline = time.monotonic() + options.max_seconds
        self._exposed: dict[int, list[tuple[int, Shape, Site]]] = defaultdict(list)
        self.fast: list[list[FastStep]] = []
        self.slow: list[SlowStep] = []
        self.outcome = EnumerationOutcome()
        try:
            self._run()
        except _LimitError:
            assert not self.outcome.complete

    def _run(self) -> None:
        fresh = []
        for code in sorted(self._given):
            fresh.append(self._meet(code))
            self._check(code)
        while fresh:
            shapes = self._relax(fresh)
            # Older complexes have no way back to new ones, so that the new ones alone decide who rests.
            idle = [member for group in groups(shapes, self.fast) if rests(group, self.fast) for member in group]
            known = len(self._codes)
            for member in sorted(idle, key=self._codes.__getitem__):
                self._collide(member, shapes[member])
            fresh = list(range(known, len(self._codes)))
            if self._once:
                self._relax(fresh)
                return

    def _meet(self, code: Code) -> int:
        """Return the number of a complex, a new one if it was never seen."""
        number = self._number.setdefault(code, len(self._codes))
        if number == len(self._codes):
            self._codes.append(code)
            self._kinds.append([])
            self.fast.append([])
        return number

    def _relax(self, fresh: list[int]) -> dict[int, Shape]:
        """Find all fast steps from new complexes and from what they become; return the shapes of those that may rest."""
        options = self.options
        shapes: dict[int, Shape] = {}
        agenda = list(fresh)
        while agenda:
            number = agenda.pop()
            if number in self._pending:
                self._add(number, OPEN, *self._pending.pop(number))
                continue
            shape = shapes[number] = Shape(self._alphabet, self._codes[number])
            for kind, codes, rate in shape.moves(options.release_cutoff, options.remote, self._model, options.four_way):
                known = len(self._codes)
                self._add(number, kind, tuple(map(self._meet, codes)), rate)
                agenda += range(known, len(self._codes))
        return shapes

    def _add(self, number: int, kind: str, products: tuple[int, ...], rate: float) -> None:
        """Note a fast step."""
        self.fast[number].append((products, rate))
        self._kinds[number].append(kind)
        self._tally += 1
        self._check()

    def _collide(self, number: int, shape: Shape) -> None:
        """Find all slow steps of a resting complex with itself and with those that were here before it."""
        for site in shape.sites:
            self._exposed[site.domain].append((number, shape, site))
        found: dict[tuple[int, Code], Bound] = {}
        for site in shape.sites:
            for partner, other, spot in self._exposed.get(site.domain ^ 1, ()):
                bound = shape.bind(site, other, spot)
                if bound is None:
                    continue
                rival = found.setdefault((partner, bound.code), bound)
                if rival.length < bound.length:
                    found[partner, bound.code] = bound
        for (partner, code), bound in found.items():
            known = len(self._codes)
            made = self._meet(code)
            self.slow.append(((number, partner), (made,), self._model.bind21(bound.length)))
            self._tally += 1
            self._check(code)
            alone = bound.idle and not self.fast[number] and not self.fast[partner]
            if made == known and alone and bound.length <= self.options.release_cutoff:
                # Nearly all pairs that share a toehold only: no need to look for steps where there is but one.
                first, second = sorted((number, partner), key=self._codes.__getitem__)
                self._pending[made] = (first, second), self._model.open(bound.length)

    def _check(self, code: Code | None = None) -> None:
        """Stop the search if it has hit a limit, `code` being a complex that may be too large."""
        options = self.options
        cure = "share fewer toeholds, turn remote toeholds off, or raise the limit"
        if code is not None and len(code[0]) > options.max_complex_strands:
            kernel = self._alphabet.decode(code).kernel
            self.outcome = EnumerationOutcome(
                "max_complex_strands",
                f"a complex of {len(code[0])} strands forms, {kernel}; strands that polymerise need other domains, "
                "large gates a higher limit",
            )
        elif len(self._codes) > options.max_complexes:
            self.outcome = EnumerationOutcome(
                "max_complexes", f"more than {options.max_complexes} complexes form; {cure}"
            )
        elif self._tally > options.max_reactions:
            self.outcome = EnumerationOutcome(
                "max_reactions", f"more than {options.max_reactions} steps are possible; {cure}"
            )
        elif time.monotonic() > self._deadline:
            self.outcome = EnumerationOutcome(
                "max_seconds", f"not done after {options.max_seconds:g} s and {len(self._codes)} complexes; {cure}"
            )
        else:
            return
        raise _LimitError

    def order(self) -> list[int]:
        """Return the numbers of the complexes in the order of the complexes themselves."""
        return sorted(range(len(self._codes)), key=self._codes.__getitem__)

    def complex(self, number: int) -> Complex:
        """Return a complex by number; a given one as it was given."""
        code = self._codes[number]
        return self._given.get(code) or self._alphabet.decode(code)

    def is_given(self, number: int) -> bool:
        """Whether a complex was there at the start."""
        return self._codes[number] in self._given

    def steps(self) -> list[tuple[tuple[int, ...], tuple[int, ...], str, float]]:
        """Return reactants, products, kind and rate of all steps; sorted, complexes counting by their order."""
        found: list[tuple[tuple[int, ...], tuple[int, ...], str, float]] = []
        for number, (moves, kinds) in enumerate(zip(self.fast, self._kinds, strict=True)):
            found += [((number,), products, kind, rate) for (products, rate), kind in zip(moves, kinds, strict=True)]
        found += [(reactants, products, BIND21, rate) for reactants, products, rate in self.slow]
        place = {number: i for i, number in enumerate(self.order())}
        return sorted(found, key=lambda s: (sorted(place[r] for r in s[0]), sorted(place[p] for p in s[1]), s[2]))

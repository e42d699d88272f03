"""What a translation scheme is: a way to draw, for one formal reaction, the complexes that carry it out.

A scheme writes complexes, roles and the interpretation, and never reactions: those are derived from the complexes by
`dsd.enumeration`, so that a wrongly drawn gate shows. Each scheme has a file of its own beside this one; `dsd.schemes` lists them.
"""

from __future__ import annotations

import itertools
import re
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import ClassVar, TypeAlias

from crn.network import Bag, Reaction, Species
from dsd.complexes import Complex
from dsd.domains import Domain, Strand

Pair: TypeAlias = tuple[Species, Species]
"""Two reactants that bind one directly after the other."""


class Role(Enum):
    """What a complex is there for."""

    SIGNAL = "signal"
    """A free strand that stands for one molecule of a formal species."""
    FUEL = "fuel"
    """Present in excess from the start; stands for nothing."""
    BUFFER = "buffer"
    """A fuel that only evens out how much of a species is bound."""
    INTERMEDIATE = "intermediate"
    """Formed on the way; stands for the formal species it will give back or release."""
    WASTE = "waste"
    """Formed at the end; stands for nothing and does nothing any more."""


@dataclass(frozen=True, slots=True)
class Lengths:
    """Assumed domain lengths in nt, for as long as there are no sequences."""

    toehold: int = 5
    long: int = 15

    def __str__(self) -> str:
        return f"toehold={self.toehold},long={self.long}"


@dataclass(slots=True)
class Fresh:
    """Hands out domain names, no two alike, within one compilation."""

    lengths: Lengths = Lengths()
    _used: Counter[str] = field(default_factory=Counter)
    _universal: list[Domain] = field(default_factory=list)
    _told: set[tuple[str, str]] = field(default_factory=set)

    def toehold(self, hint: str) -> Domain:
        """Return a new short domain."""
        return Domain(self._name(hint), self.lengths.toehold)

    def long(self, hint: str) -> Domain:
        """Return a new long domain."""
        return Domain(self._name(hint), self.lengths.long)

    def universal(self) -> Domain:
        """Return the short domain that all species and gates of the compilation share."""
        if not self._universal:
            self._universal.append(self.toehold("t"))
        return self._universal[0]

    def first_time(self, a: str, b: str) -> bool:
        """Whether this is the first time that these two words are said one after the other."""
        new = (a, b) not in self._told
        self._told.add((a, b))
        return new

    def _name(self, hint: str) -> str:
        name = re.sub(r"[^A-Za-z0-9_]", "_", hint)
        self._used[name] += 1
        return name if self._used[name] == 1 else self._name(f"{name}_{self._used[name]}")


@dataclass(frozen=True, slots=True)
class Signal:
    """The strand format of one formal species.

    Attributes
    ----------
    species : Species
    recognition : tuple of Domain
        The domains that every signal strand of this species carries, 5' to 3'.
    histories : tuple of Domain
        Wildcards: stand-ins for the history domain of a strand whose producer is not known, one for each molecule of this
        species that a single gate may hold at a time. Empty where all strands of a species are alike.
    returned : Domain or None
        The history with which every gate gives this species back as a catalyst; None if each gate has its own.
    """

    species: Species
    recognition: tuple[Domain, ...]
    histories: tuple[Domain, ...] = ()
    returned: Domain | None = None

    def strand(self, history: Domain | None = None) -> Complex:
        """Return the signal strand, with the given history where the format has one."""
        if history is None:
            return Complex.single(self.recognition, self.species)
        return Complex.single((history, *self.recognition), f"{self.species}_{history.name}")

    def carried_by(self, strand: Strand) -> bool:
        """Whether a strand is a signal of this species, whatever its history."""
        return strand.domains[1 if self.histories else 0 :] == self.recognition

    def wild(self, copies: int = 1) -> tuple[Complex, ...]:
        """Return the strands that stand for `copies` molecules that arrive: one for each wildcard, or the one there is."""
        return tuple(self.strand(h) for h in self.histories[:copies]) or (self.strand(),)


@dataclass(frozen=True, slots=True)
class Member:
    """A complex of a gate, and what it is.

    Attributes
    ----------
    complex : Complex
    role : Role
    part : str
        Its place in the gate in the words of the scheme, for example ``join`` or ``helper``.
    meaning : Bag
        The formal species it stands for: its row of the interpretation.
    """

    complex: Complex
    role: Role
    part: str
    meaning: Bag = Bag()


@dataclass(frozen=True, slots=True)
class Debt:
    """What is taken off for a strand that holds others: they are bound, and do not all stand for themselves.

    Attributes
    ----------
    strand : Strand
        The one that holds the others, mostly the long strand at the bottom of a gate.
    before, after : Bag
        What to take off as long as the gate has not fired, and once it has.
    sign : Strand or None
        In a complex with this strand the gate has fired; None where nothing changes.
    gone : bool
        Whether it has fired in a complex without the sign instead.
    """

    strand: Strand
    before: Bag
    after: Bag = Bag()
    sign: Strand | None = None
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Ledger:
    """The interpretation of a gate, said once for all its complexes: what their strands are worth together.

    A signal strand is worth its species wherever it is; other strands may be worth what they will set free; and a strand that
    holds others has a `Debt`. Before a gate fires it stands for the reactants that it holds, since it can still give them back,
    afterwards for the products that it has still to release: the debts are the products and the reactants that are not meant.

    Attributes
    ----------
    signals : tuple of Signal
    worths : tuple of (Strand, Bag)
        Of strands that are no signals; those that are not listed are worth nothing.
    debts : tuple of Debt
    """

    signals: tuple[Signal, ...]
    worths: tuple[tuple[Strand, Bag], ...] = ()
    debts: tuple[Debt, ...] = ()

    def read(self, item: Complex) -> Bag:
        """Return what a complex stands for; where debts are larger than worths it is nothing."""
        total: Counter[Species] = Counter()
        worths = dict(self.worths)
        for strand in item.strands:
            signal = next((x for x in self.signals if x.carried_by(strand)), None)
            if signal is not None:
                total[signal.species] += 1
            for species, n in worths.get(strand, ()):
                total[species] += n
            for debt in self.debts:
                if debt.strand == strand:
                    fired = debt.sign is not None and (debt.sign in item.strands) != debt.gone
                    for species, n in debt.after if fired else debt.before:
                        total[species] -= n
        return Bag.from_counts({s: n for s, n in total.items() if n > 0})


@dataclass(frozen=True, slots=True)
class Gate:
    """Everything that a scheme writes down for one formal reaction.

    Attributes
    ----------
    reaction : Reaction
        The formal reaction.
    order : tuple of Species
        Its reactants in the order in which they bind.
    members : tuple of Member
        Fuels, the wildcard signals of the reactants, the signals it releases, and its intermediates. What the enumeration
        finds beyond these is read by the ledger, and stands for nothing where there is none.
    join : Complex
        The fuel that takes the first reactant; a signal on it goes at the designed rate, every later step as fast as it can.
    ledger : Ledger or None
    reverse : Reaction or None
        The opposite reaction, where the same gate carries that out too.
    """

    reaction: Reaction
    order: tuple[Species, ...]
    members: tuple[Member, ...]
    join: Complex
    ledger: Ledger | None = None
    reverse: Reaction | None = None

    @property
    def fuels(self) -> tuple[Member, ...]:
        """The members that are present from the start."""
        return tuple(m for m in self.members if m.role in (Role.FUEL, Role.BUFFER))

    @property
    def initial(self) -> tuple[Complex, ...]:
        """What the enumeration starts from: fuels and wildcard signals of the reactants."""
        return tuple(m.complex for m in self.members if m.role in (Role.FUEL, Role.BUFFER) or m.part == "reactant")

    @property
    def released(self) -> tuple[Member, ...]:
        """The signal strands that this gate sets free, each with its own history."""
        return tuple(m for m in self.members if m.part == "product")

    @property
    def reactions(self) -> tuple[Reaction, ...]:
        """The formal reactions that it carries out."""
        return (self.reaction, self.reverse) if self.reverse else (self.reaction,)

    @property
    def interpretation(self) -> Mapping[Complex, Bag]:
        """What each complex named by the gate stands for."""
        return {m.complex: m.meaning for m in self.members}

    def read(self, item: Complex) -> Member:
        """Return a complex that the gate does not name as a member."""
        meaning = self.ledger.read(item) if self.ledger else Bag()
        if not len(meaning):
            return Member(item, Role.WASTE, "waste")
        single = len(item.strands) == 1
        if single and self.ledger and any(x.carried_by(item.strands[0]) for x in self.ledger.signals):
            return Member(item, Role.SIGNAL, "signal", meaning)
        return Member(item, Role.INTERMEDIATE, "intermediate", meaning)


def releases(reaction: Reaction, signals: Mapping[Species, Signal], fresh: Fresh) -> list[tuple[Species, Domain]]:
    """Return the products in the order of their release, each with the history of its strand.

    A history belongs to the reaction, but for catalysts that all gates give back alike. These come last, and never first: what is
    released first is asked for by its history, which must be nobody else's. Nor may two gates release the same two species one
    after the other with the same history, or what asks for the second in one gate would get it from the other.
    """
    products = list(reaction.products.elements())
    alike = {s for s in reaction.reactants.support if signals[s].returned is not None}
    if alike:
        kept = list((reaction.products - (reaction.products - reaction.reactants)).elements())
        products = [*(reaction.products - reaction.reactants).elements(), *kept]
    found: list[tuple[Species, Domain]] = []
    for number, species in enumerate(products, 1):
        shared = signals[species].returned if species in alike and found else None
        if shared is None or (species, shared) in found or not fresh.first_time(found[-1][0], species):
            shared = fresh.long(f"h_{reaction.id}_{number}")
        found.append((species, shared))
    return found


def bottom_of(item: Complex) -> Strand:
    """Return the long strand of a gate that all others are bound to."""
    return next(s for s in item.strands if all(d.star for d in s.domains))


class Scheme(ABC):
    """A translation scheme.

    Of a reaction that a scheme can draw it may be known that its gate does something else as well; that is a fault and not an
    objection, and a user may want to see it happen.
    """

    name: ClassVar[str]
    reference: ClassVar[str]
    """The paper, with its DOI where it has one."""
    summary: ClassVar[str]
    """One line: the architecture and when to use it."""
    arity: ClassVar[str]
    """What reactions it can carry, in words."""
    most: ClassVar[int] = 4
    """Reactions of more reactants are lowered first."""
    most_products: ClassVar[int | None] = None
    """Reactions of more products are lowered first; None for any number."""
    imitation: ClassVar[str] = (
        "a strand of the second imitates the backward strand of {0} before {1} in the first (remote toehold)"
    )
    """What is wrong with two gates one of which imitates what the other needs, the pair in place of {0} and {1}."""
    rates: ClassVar[str] = ""
    """Why its rates cannot be set, in a sentence; empty where they can."""
    two_way: ClassVar[bool] = False
    """Whether one gate carries out a reaction and its reverse; see `pair`."""
    undone: ClassVar[str] = ""
    """Why products can turn back into reactants, which is right only where the network has the reverse reaction too; empty where
    they cannot."""
    remote: ClassVar[bool] = True
    """Whether its gates work although branch migration may start from a remote toehold, and are enumerated with it."""

    @abstractmethod
    def objection(self, order: Sequence[Species], products: Sequence[Species]) -> str | None:
        """Return why this scheme cannot carry the reaction with its reactants bound in this order, or None."""

    @abstractmethod
    def signal(self, species: Species, copies: int, fresh: Fresh) -> Signal:
        """Return the strand format of a species of which one gate may hold up to `copies` molecules."""

    @abstractmethod
    def gate(
        self, reaction: Reaction, order: Sequence[Species], signals: Mapping[Species, Signal], fresh: Fresh
    ) -> Gate:
        """Return the gate for a reaction whose reactants bind in the given order."""

    def pair(
        self,
        forward: Reaction,
        backward: Reaction,
        order: Sequence[Species],
        signals: Mapping[Species, Signal],
        fresh: Fresh,
    ) -> Gate:
        """Return one gate for a reaction and its reverse; only where `two_way` says so."""
        raise NotImplementedError(f"{self.name} has no gate for {forward.equation} and its reverse together")

    def buffer(self, species: Species, signals: Mapping[Species, Signal], fresh: Fresh) -> Gate:
        """Return a gate that holds some of a species and gives it back, and does nothing else; only where rates can be set."""
        raise NotImplementedError(f"{self.name} has no buffers: {self.rates}")

    def needed(self, order: Sequence[Species], products: Sequence[Species]) -> frozenset[Pair]:  # noqa: ARG002  # mostly any
        """Return the pairs that other gates must not imitate: those that bind one directly after the other."""
        return frozenset(itertools.pairwise(order))

    def imitated(self, order: Sequence[Species], products: Sequence[Species]) -> frozenset[Pair]:  # noqa: ARG002  # mostly none
        """Return the pairs that a strand which this gate sets free imitates, to the harm of any other gate that needs them.

        Of neighbours it imitates the backward strand, and pushes the first out of a gate that has fired, its own included.
        """
        return frozenset()

    def fault(self, order: Sequence[Species], products: Sequence[Species]) -> str | None:
        """Return what is known to go wrong with the gate of a reaction, or None."""
        clash = sorted(self.imitated(order, products) & set(itertools.pairwise(order)))
        if clash:
            left, right = " + ".join(order), " + ".join(products)
            return (
                f"a strand that the gate of {left} -> {right} sets free imitates the backward strand of {clash[0][0]} before "
                f"{clash[0][1]} (remote toehold), so {clash[0][0]} is pushed out of a gate that has fired"
            )
        return None

"""Sabotage: what can go wrong when a gate is drawn, done to its complexes and to nothing else.

An edit changes domains or strands of one complex. Pairs whose two sides no longer match open, and what is no longer held together
falls apart, so that the edited gate is what a laboratory would get. What the gate is said to be (its reaction, the interpretation
of its signals and intermediates) stays as it was: sabotage is a difference between what is drawn and what is claimed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from compiler.passes import Enumerate, State
from compiler.verify.gates import verify_compiled
from compiler.verify.verdict import Check
from crn.network import Bag, Species
from dsd.complexes import UNPAIRED, Complex, components
from dsd.domains import Domain, Strand
from dsd.schemes import Fresh, Gate, Member, Role, Scheme, Signal

STRANGER = Signal("Stranger", (Domain("f_Stranger", 5), Domain("m_Stranger", 15), Domain("s_Stranger", 5)), ())
"""The strand format of a species that no network has."""


@dataclass(frozen=True, slots=True)
class Sabotage:
    """An edited gate.

    Attributes
    ----------
    kind : str
        What was done, for example ``strand cut``.
    part : str
        The part of the gate that it was done to, in the words of the scheme; ``all`` for a gate that was drawn anew.
    place : str
        Where, for a message.
    gate : Gate
    strand : Strand or None
        The strand as it was before.
    domain : int
        Where in the strand; a cut is before it, a swap of it and the next.
    """

    kind: str
    part: str
    place: str
    gate: Gate
    strand: Strand | None = None
    domain: int = 0

    def __str__(self) -> str:
        return f"{self.gate.reaction.equation}: {self.kind} in {self.part} ({self.place})"


@dataclass(slots=True)
class Draft:
    """A complex while it is edited: the domains of its strands and, for each domain, the partner it had."""

    strands: list[list[Domain]]
    partners: list[list[tuple[int, int] | None]]

    @classmethod
    def of(cls, item: Complex) -> Draft:
        places = [(s, d) for s, strand in enumerate(item.strands) for d in range(len(strand))]
        flat = [None if p == UNPAIRED else places[p] for p in item.pairs]
        partners: list[list[tuple[int, int] | None]] = []
        for strand in item.strands:
            at = sum(map(len, partners))
            partners.append(flat[at : at + len(strand)])
        return cls([list(s) for s in item.strands], partners)

    def move(self, moves: Callable[[int, int], tuple[int, int] | None]) -> None:
        """Tell every domain where its partner has gone; None for a partner that is no more."""
        self.partners = [[moves(*p) if p is not None else None for p in row] for row in self.partners]

    def complexes(self) -> list[Complex]:
        """Open what no longer matches, and let fall apart what is no longer held together; the largest piece first."""
        places = [(s, d) for s, strand in enumerate(self.strands) for d in range(len(strand))]
        index = {place: i for i, place in enumerate(places)}
        pairs = [UNPAIRED] * len(places)
        for s, d in places:
            partner = self.partners[s][d]
            if partner is None or partner not in index or self.partners[partner[0]][partner[1]] != (s, d):
                continue
            if self.strands[s][d] == ~self.strands[partner[0]][partner[1]]:
                pairs[index[s, d]] = index[partner]
        found = components([Strand(tuple(s)) for s in self.strands if s], pairs)
        return sorted(found, key=lambda c: -len(c.strands))


Edit = Callable[[Draft, int, int], str | None]
"""Edits a draft at a strand and a domain and says what it did; None if there is nothing to do there."""


def with_fuel(gate: Gate, old: Member, pieces: Sequence[Complex]) -> Gate:
    """Return the gate in which the pieces stand in the place of one fuel, also where the gate lists that fuel twice."""
    made = [
        dataclasses.replace(old, complex=c.named(old.complex.name + (f"_piece{i}" if i else "")))
        for i, c in enumerate(pieces)
    ]
    kept = [m for m in gate.members if m is old or m.role is not old.role or m.complex != old.complex]
    members = tuple(m for member in kept for m in (made if member is old else [member]))
    return dataclasses.replace(
        gate, members=members, join=made[0].complex if made and old.complex == gate.join else gate.join
    )


def distinct_fuels(gate: Gate) -> list[Member]:
    """Return the fuels, each once: backward strands of the same reactant are listed several times."""
    return list({m.complex: m for m in reversed(gate.fuels)}.values())[::-1]


def left_out(gate: Gate) -> Iterator[Sabotage]:
    """Forget one fuel."""
    for fuel in distinct_fuels(gate):
        kind = "helper missing" if fuel.part == "helper" else "fuel left out"
        yield Sabotage(kind, fuel.part, f"all of {fuel.complex.name}", with_fuel(gate, fuel, []))


def _edits(gate: Gate, kind: str, edit: Edit) -> Iterator[Sabotage]:
    """Try an edit at every domain of every strand of every fuel."""
    for fuel in distinct_fuels(gate):
        for s, strand in enumerate(fuel.complex.strands):
            for d in range(len(strand)):
                draft = Draft.of(fuel.complex)
                done = edit(draft, s, d)
                if done is not None:
                    place = f"{fuel.complex.kernel}: {done}"
                    yield Sabotage(kind, fuel.part, place, with_fuel(gate, fuel, draft.complexes()), strand, d)


def renamed(gate: Gate) -> Iterator[Sabotage]:
    """Give one domain of one strand a name that nothing else has."""

    def edit(draft: Draft, s: int, d: int) -> str:
        old = draft.strands[s][d]
        draft.strands[s][d] = Domain(f"foreign_{old.name}", old.length, old.star)
        return f"{old} of strand {s + 1} is another domain"

    return _edits(gate, "domain renamed", edit)


def complemented(gate: Gate) -> Iterator[Sabotage]:
    """Write one domain as its complement."""

    def edit(draft: Draft, s: int, d: int) -> str:
        draft.strands[s][d] = ~draft.strands[s][d]
        return f"{draft.strands[s][d]} in strand {s + 1} should be its complement"

    return _edits(gate, "domain complemented", edit)


def swapped(gate: Gate) -> Iterator[Sabotage]:
    """Let two neighbouring domains of a strand change places."""

    def edit(draft: Draft, s: int, d: int) -> str | None:
        strand = draft.strands[s]
        if d + 1 == len(strand) or strand[d] == strand[d + 1]:
            return None
        strand[d], strand[d + 1] = strand[d + 1], strand[d]
        return f"{strand[d + 1]} and {strand[d]} of strand {s + 1} change places"

    return _edits(gate, "domains swapped", edit)


def domain_missing(gate: Gate) -> Iterator[Sabotage]:
    """Leave one domain out of a strand."""

    def edit(draft: Draft, s: int, d: int) -> str | None:
        gone = draft.strands[s].pop(d)
        del draft.partners[s][d]
        draft.move(lambda t, e: None if (t, e) == (s, d) else (t, e - 1) if t == s and e > d else (t, e))
        return f"{gone} of strand {s + 1} is missing" if any(draft.strands) else None

    return _edits(gate, "domain missing", edit)


def cut(gate: Gate) -> Iterator[Sabotage]:
    """Break the backbone of a strand between two domains."""

    def edit(draft: Draft, s: int, d: int) -> str | None:
        if d == 0:
            return None
        strand, row = draft.strands[s], draft.partners[s]
        draft.strands[s : s + 1] = [strand[:d], strand[d:]]
        draft.partners[s : s + 1] = [row[:d], row[d:]]
        draft.move(lambda t, e: (t + 1, e - d) if t == s and e >= d else (t + 1, e) if t > s else (t, e))
        return f"strand {s + 1} is cut before {strand[d]}"

    return _edits(gate, "strand cut", edit)


def strand_missing(gate: Gate) -> Iterator[Sabotage]:
    """Leave a strand out of a complex, above all a product that the produce gate should hold."""

    def edit(draft: Draft, s: int, d: int) -> str | None:
        if d or len(draft.strands) == 1:
            return None
        text = " ".join(map(str, draft.strands[s]))
        draft.strands[s] = []
        return f"without the strand {text}"

    return _edits(gate, "strand missing", edit)


def toehold_moved(gate: Gate) -> Iterator[Sabotage]:
    """Put the open toehold of a gate at the other end of its strand."""

    def edit(draft: Draft, s: int, d: int) -> str | None:
        strand, row = draft.strands[s], draft.partners[s]
        last = len(strand) - 1
        if not (strand[d].star and row[d] is None and d in (0, last) and last):
            return None
        to = last - d
        order = list(range(len(strand)))
        for items in (strand, row, order):
            items.insert(to, items.pop(d))  # type: ignore[arg-type]  # each list gets back what it held
        draft.move(lambda t, e: (t, order.index(e)) if t == s else (t, e))
        return f"{strand[to]} of strand {s + 1} lies at the other end"

    return _edits(gate, "toehold moved", edit)


def wrong_history(gate: Gate) -> Iterator[Sabotage]:
    """Exchange a history domain throughout one complex, which stays well formed; the rest of the gate has the old one."""
    histories = {m.complex.domains[0].name for m in gate.released}
    for fuel in distinct_fuels(gate):
        for name in sorted(histories & {d.name for d in fuel.complex.domains}):
            strands = tuple(
                Strand(tuple(Domain(f"other_{name}", d.length, d.star) if d.name == name else d for d in strand))
                for strand in fuel.complex.strands
            )
            made = Complex(strands, fuel.complex.pairs, fuel.complex.name)
            place = f"{name} throughout {fuel.complex.name}"
            yield Sabotage("wrong history", fuel.part, place, with_fuel(gate, fuel, [made]))


def wrong_signal(gate: Gate, signals: Sequence[Signal]) -> Iterator[Sabotage]:
    """Let a strand of the produce gate carry the recognition domains of another species."""
    known = {x.recognition for x in signals}
    for fuel in distinct_fuels(gate):
        for s, strand in enumerate(fuel.complex.strands):
            if fuel.part != "produce" or strand.domains[1:] not in known:
                continue
            for other in (*signals, STRANGER):
                if other.recognition != strand.domains[1:]:
                    draft = Draft.of(fuel.complex)
                    draft.strands[s][1:] = other.recognition
                    place = f"{strand} carries {other.species}"
                    yield Sabotage(
                        "wrong product", "produce", place, with_fuel(gate, fuel, draft.complexes()), strand, 1
                    )


def drawn_for(
    scheme: Scheme,
    gate: Gate,
    signals: Mapping[Species, Signal],
    kind: str,
    products: Sequence[Species],
    order: Sequence[Species] | None = None,
) -> Iterator[Sabotage]:
    """Put the gate of another reaction in place of the right one, without and with a lie about what it does.

    The lie is that its intermediates stand for what they would stand for in the right gate, and for nothing where the right gate
    has no such intermediate.
    """
    bound = gate.order if order is None else order
    wrong = dataclasses.replace(gate.reaction, reactants=Bag.of(*bound), products=Bag.of(*products))
    drawn = scheme.gate(wrong, bound, signals, Fresh())
    place = f"drawn for {wrong.equation}"
    yield Sabotage(kind, "all", place, dataclasses.replace(drawn, reaction=gate.reaction))
    right = {m.part: m.meaning for m in gate.members if m.role is Role.INTERMEDIATE}
    lying = tuple(
        dataclasses.replace(m, meaning=right.get(m.part, Bag())) if m.part in ("flux", "opened") else m
        for m in drawn.members
    )
    lie = f"{place} and read as if it were right"
    yield Sabotage(kind, "all", lie, dataclasses.replace(drawn, members=lying, reaction=gate.reaction))


def redrawn(scheme: Scheme, gate: Gate, signals: Mapping[Species, Signal]) -> Iterator[Sabotage]:
    """Draw the gate with one product or reactant too few or too many, or with the wrong one."""
    products = gate.reaction.products.elements()
    for i, product in enumerate(products):
        yield from drawn_for(scheme, gate, signals, "product missing", (*products[:i], *products[i + 1 :]))
        yield from drawn_for(scheme, gate, signals, "product doubled", (*products, product))
        for other in signals:
            if other != product:
                instead = (*products[:i], other, *products[i + 1 :])
                yield from drawn_for(scheme, gate, signals, "wrong product", instead)
    if not products:
        for other in signals:
            yield from drawn_for(scheme, gate, signals, "wrong product", (other,))
    for i in range(len(gate.order)):
        fewer = (*gate.order[:i], *gate.order[i + 1 :])
        yield from drawn_for(scheme, gate, signals, "reactant missing", products, fewer)


def every_sabotage(scheme: Scheme, gate: Gate, signals: Mapping[Species, Signal]) -> list[Sabotage]:
    """Return every way in which this module can spoil a gate; where an edit can be done in many places, all of them."""
    return [
        *left_out(gate),
        *renamed(gate),
        *complemented(gate),
        *swapped(gate),
        *domain_missing(gate),
        *cut(gate),
        *strand_missing(gate),
        *toehold_moved(gate),
        *wrong_history(gate),
        *wrong_signal(gate, list(signals.values())),
        *redrawn(scheme, gate, signals),
    ]


def exchanged(state: State, gate: Gate) -> State:
    """Return the circuit with one gate or buffer exchanged, enumerated anew by the pass that the compiler uses.

    Strands that polymerise reach any limit of the enumeration; a low one saves the wait.
    """

    def pick(found: Gate) -> Gate:
        return gate if found.reaction.id == gate.reaction.id else found

    edited = dataclasses.replace(state, gates=tuple(map(pick, state.gates)), buffers=tuple(map(pick, state.buffers)))
    options = dataclasses.replace(state.options, max_complex_strands=10)
    return Enumerate(options).apply(dataclasses.replace(edited, drawn=(), system=None, cross_talk=None))


def proof(state: State) -> Check:
    """Return the worst of what the verification says about the gates themselves, leaving cross-talk between gates aside."""
    return max((c for c in verify_compiled(state).checks if c.name != "cross-talk"), key=lambda c: c.answer)

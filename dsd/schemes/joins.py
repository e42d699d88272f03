"""Join gates of strands with two toeholds: the part that `srinivas2015` and `soloveichik2010` have in common.

A signal of A is ``h fA mA sA``. A join gate binds its reactants one after the other, each freeing the backward strand ``m s f`` of
the one before, and holds on its last segment the strand that the gate is there to free. What becomes of that strand is the
business of the schemes.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

from crn.network import Bag, Reaction, Species
from dsd.complexes import Complex, parse_kernel
from dsd.domains import Domain
from dsd.schemes.scheme import Fresh, Gate, Member, Role, Signal

Recognition = tuple[Domain, ...]


def two_toeholds(species: Species, copies: int, fresh: Fresh) -> Signal:
    """Return ``h f m s`` with a wildcard history for each molecule that one gate may hold."""
    recognition = (fresh.toehold(f"f_{species}"), fresh.long(f"m_{species}"), fresh.toehold(f"s_{species}"))
    return Signal(species, recognition, tuple(fresh.long(f"h_{species}") for _ in range(max(1, copies))))


def build(kernel: str, domains: Sequence[Domain], name: str) -> Complex:
    """Return a complex given in kernel notation of the given domains."""
    return parse_kernel(kernel, {d.name: d.length for d in domains}, name)


def held(bound: Sequence[Recognition], taken: Sequence[Domain], tail: Sequence[Domain], name: str) -> Complex:
    """Return the join gate that holds its first reactants, given by their histories; the next toehold lies open.

    Parameters
    ----------
    bound : sequence of (f, m, s)
        The recognition domains of the reactants, at least one.
    taken : sequence of Domain
        Histories of the first ones; empty for the gate that waits for its first reactant.
    tail : sequence of Domain
        What the strand on the last segment carries beyond ``m s``.
    name : str
    """
    first, waiting = bound[: len(taken)], bound[len(taken) :]
    tops = [f"{h} {f}( {m}( {s}(" for h, (f, m, s) in zip(taken, first, strict=True)]
    tops += [f"{m}( {s}( {after[0]}(" for (_, m, s), after in itertools.pairwise(waiting)]
    tops.append(" ".join([f"{waiting[-1][1]}( {waiting[-1][2]}(", *map(str, tail)]))
    bottom = [")"] * (3 * len(waiting) - 1) + [f"{waiting[0][0]}*"] + [")"] * (3 * len(first))
    every = [d for strand in bound for d in strand]
    return build(" + ".join([*tops, " ".join(bottom)]), [*every, *taken, *tail], name)


def backward_strands(bound: Sequence[Recognition], tag: str) -> list[Complex]:
    """Return the strands ``m s f`` that push each reactant but the last out again."""
    return [
        Complex.single((m, s, after[0]), f"{tag}_backward{i + 1}")
        for i, ((_, m, s), after) in enumerate(itertools.pairwise(bound))
    ]


def reactants_and_held(
    order: Sequence[Species],
    signals: Mapping[Species, Signal],
    bound: Sequence[Recognition],
    tail: Sequence[Domain],
    released: Sequence[tuple[Species, Domain]],
    tag: str,
) -> list[Member]:
    """Return the wildcard signals of the reactants, and the join gate with its first reactants in every history they may have.

    Those are the wildcards and what the gate itself releases, given as species and histories.
    """
    members = [
        Member(strand, Role.SIGNAL, "reactant", Bag.of(species))
        for species in dict.fromkeys(order)
        for strand in signals[species].wild(order.count(species))
    ]
    variants = {r: [*signals[r].histories, *(h for s, h in released if s == r)] for r in order}
    for count in range(1, len(order)):
        for taken in itertools.product(*(variants[r] for r in order[:count])):
            name = f"{tag}_held_{'_'.join(h.name for h in taken)}"
            members.append(Member(held(bound, taken, tail, name), Role.INTERMEDIATE, "held", Bag.of(*order[:count])))
    return members


def buffer_gate(species: Species, signals: Mapping[Species, Signal], fresh: Fresh) -> Gate:
    """Return a join gate whose second reactant does not exist."""
    bound = signals[species].recognition
    dead_end = fresh.toehold(f"x_{species}")
    tag = f"buffer_{species}"
    join = build(f"{bound[1]}( {bound[2]}( {dead_end}( + ) ) ) {bound[0]}*", (*bound, dead_end), f"{tag}_join")
    backward = Complex.single((bound[1], bound[2], dead_end), f"{tag}_backward")
    history = signals[species].histories[0]
    held_text = f"{history} {bound[0]}( {bound[1]}( {bound[2]}( + {dead_end}* ) ) )"
    holding = build(held_text, (history, *bound, dead_end), f"{tag}_held_{history.name}")
    return Gate(
        Reaction(tag, Bag.of(species), Bag.of(species)),
        (species,),
        (
            Member(join, Role.BUFFER, "join"),
            Member(backward, Role.BUFFER, "backward"),
            Member(signals[species].strand(history), Role.SIGNAL, "reactant", Bag.of(species)),
            Member(holding, Role.INTERMEDIATE, "held", Bag.of(species)),
        ),
        join,
    )

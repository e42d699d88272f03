"""Rewriting networks into networks: merging duplicates, lowering the order, taking a detour around a reaction.

Every rewrite returns what the new species stand for, as bags of old ones, so that whatever is read or proved about the new
network can be said about the old one. When to rewrite is decided by the compiler.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from crn.network import CRN, Bag, Reaction, Species


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A network, what its new species stand for, and what the rewrite costs in words."""

    crn: CRN
    meaning: tuple[tuple[Species, Bag], ...] = ()
    notes: tuple[str, ...] = ()


def merge_duplicates(crn: CRN) -> Rewritten:
    """Add up the rates of reactions with equal sides, and leave out those whose sides are the same."""
    merged: dict[tuple[Bag, Bag], Reaction] = {}
    notes = []
    for reaction in crn.reactions:
        if reaction.reactants == reaction.products:
            notes.append(f"{reaction.equation} changes nothing and is left out")
            continue
        sides = (reaction.reactants, reaction.products)
        known = merged.get(sides)
        if known is None:
            merged[sides] = reaction
        else:
            merged[sides] = Reaction(known.id, *sides, known.k + reaction.k, known.origin)
            notes.append(f"{reaction.equation} is given more than once; the rates are added up")
    return Rewritten(_with(crn, merged.values()), (), tuple(notes))


def reversible_pairs(crn: CRN) -> tuple[tuple[str, str], ...]:
    """Return the ids of reactions that are each other's reverse; each reaction in one pair at the most, the first ones first."""
    waiting: dict[tuple[Bag, Bag], list[str]] = {}
    pairs = []
    for reaction in crn.reactions:
        sides = (reaction.reactants, reaction.products)
        partners = waiting.get(sides[::-1])
        if partners:
            pairs.append((partners.pop(0), reaction.id))
        elif sides[0] != sides[1]:
            waiting.setdefault(sides, []).append(reaction.id)
    return tuple(pairs)


def lower_order(crn: CRN, most: int, held: float = 0.01) -> Rewritten:
    """Bind surplus reactants in pairs, so that no reaction has more than `most` reactants.

    ``A + B + C + D -> P [k]`` becomes ``A + B -> AB [held]``, ``AB -> A + B [1]``, ``AB + C + D -> P [k / held]``.

    Parameters
    ----------
    crn : CRN
    most : int
        At least 2.
    held : float
        Share of A that is bound per unit of B: the size of the error.
    """
    reactions, meaning, notes = [], [], []
    names = set(crn.species)
    for reaction in crn.reactions:
        left, k = list(reaction.reactants.elements()), reaction.k
        # A pair has to come apart much faster than it fires, or there are fewer of them than the equilibrium says.
        speed = max(1.0, 100 * reaction.k / held)
        stands_for = {s: Bag.of(s) for s in left}
        step = 0
        while len(left) > most:
            a, b = left[:2]
            pair = _fresh(names, f"{a}_{b}")
            stands_for[pair] = stands_for[a] + stands_for[b]
            meaning.append((pair, stands_for[pair]))
            step += 1
            tag = f"{reaction.id}pair{step}"
            reactions.append(Reaction(f"{tag}f", Bag.of(a, b), Bag.of(pair), held * speed, reaction.origin))
            reactions.append(Reaction(f"{tag}b", Bag.of(pair), Bag.of(a, b), speed, reaction.origin))
            left, k = [*left[2:], pair], k / held
        if step:
            notes.append(
                f"{reaction.equation}: {reaction.order} reactants are bound in pairs first; about {held:.0%} of a reactant is "
                "held per unit of its partner"
            )
        reactions.append(Reaction(reaction.id, Bag.of(*left), reaction.products, k, reaction.origin))
    return Rewritten(_with(crn, reactions), tuple(meaning), tuple(notes))


def lower_products(crn: CRN, most: int, speed: float = 100.0) -> Rewritten:
    """Make surplus products in further steps: ``A -> B + C + D`` becomes ``A -> B + I; I -> C + D`` where `most` is 2.

    Parameters
    ----------
    crn : CRN
    most : int
        Products of a reaction, at least 2.
    speed : float
        Rate constant of the further steps in multiples of the first.
    """
    reactions, meaning, notes = [], [], []
    names = set(crn.species)
    for reaction in crn.reactions:
        made, step, left, k = list(reaction.products.elements()), 0, reaction.reactants, reaction.k
        while len(made) > most:
            between = _fresh(names, f"{reaction.id}_rest")
            tag = reaction.id if not step else f"{reaction.id}rest{step}"
            reactions.append(Reaction(tag, left, Bag.of(*made[: most - 1], between), k, reaction.origin))
            made, step, left, k = made[most - 1 :], step + 1, Bag.of(between), speed * reaction.k
            meaning.append((between, Bag.of(*made)))
        if step:
            notes.append(
                f"{reaction.equation}: {len(reaction.products)} products are made in {step + 1} steps; at unit amounts about "
                f"{step / speed:.1%} of the last of them is on its way"
            )
        tag = reaction.id if not step else f"{reaction.id}rest{step}"
        reactions.append(Reaction(tag, left, Bag.of(*made), k, reaction.origin))
    return Rewritten(_with(crn, reactions), tuple(meaning), tuple(notes))


def detour(crn: CRN, ids: Iterable[str], speed: float = 100.0) -> Rewritten:
    """Let some reactions make their products in two steps: ``A + A -> A`` becomes ``A + A -> I; I -> A``.

    Parameters
    ----------
    crn : CRN
    ids : iterable of str
        Which reactions.
    speed : float
        Rate constant of the second step in multiples of the first.
    """
    wanted, names = set(ids), set(crn.species)
    reactions, meaning, notes = [], [], []
    for reaction in crn.reactions:
        if reaction.id not in wanted:
            reactions.append(reaction)
            continue
        between = _fresh(names, "_".join([*reaction.products.elements()[:1], reaction.id]))
        reactions.append(Reaction(reaction.id, reaction.reactants, Bag.of(between), reaction.k, reaction.origin))
        second = Reaction(f"{reaction.id}b", Bag.of(between), reaction.products, speed * reaction.k, reaction.origin)
        reactions.append(second)
        meaning.append((between, reaction.products))
        notes.append(
            f"{reaction.equation} goes through {between}, which waits {1 / second.k:.3g} units of time on average; "
            f"at unit amounts about {1 / speed:.1%} of the product is on its way"
        )
    return Rewritten(_with(crn, reactions), tuple(meaning), tuple(notes))


def _with(crn: CRN, reactions: Iterable[Reaction]) -> CRN:
    return CRN(tuple(reactions), crn.initial, crn.constant, crn.units)


def _fresh(names: set[str], wanted: str) -> str:
    while wanted in names:
        wanted += "_"
    names.add(wanted)
    return wanted

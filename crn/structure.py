"""Structure of a network without its dynamics: its graph, its conservation laws, what can ever be present and what can run dry.

The graph is a networkx view for drawing and for questions that networkx answers; laws are exact integers, siphons exact sets.
Rates and trajectories live in `crn.massaction` and `crn.simulate`.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

from crn.network import CRN, Bag, Reaction, Species

if TYPE_CHECKING:
    import networkx as nx

Law: TypeAlias = tuple[tuple[Species, int], ...]
"""A conserved sum: species with integer weights, which may be negative, in the order of the network's species."""


def species_reaction_graph(crn: CRN) -> nx.DiGraph:
    """Return the bipartite graph of species and reactions.

    Returns
    -------
    networkx.DiGraph
        Nodes are ``("species", name)`` and ``("reaction", id)``, so that equal names do not collide, with the attribute
        `bipartite` (0 for species, 1 for reactions). Edges lead from reactants to the reaction and from it to its
        products, with the attribute `count` (molecules); a catalyst has both.
    """
    import networkx as nx  # takes a quarter of a second to load, and is rarely needed

    graph = nx.DiGraph()
    graph.add_nodes_from((("species", s) for s in crn.species), bipartite=0)
    for reaction in crn.reactions:
        node = ("reaction", reaction.id)
        graph.add_node(node, bipartite=1)
        for s, n in reaction.reactants:
            graph.add_edge(("species", s), node, count=n)
        for s, n in reaction.products:
            graph.add_edge(node, ("species", s), count=n)
    return graph


def conservation_laws(crn: CRN) -> tuple[Law, ...]:
    """Return a basis of the sums of amounts that no reaction changes.

    It is the left null space of the stoichiometry matrix in exact arithmetic, in reduced echelon form, each law scaled
    to the smallest integers with a positive first weight. Species that are held fixed, or that only ever act as
    catalysts, are laws by themselves. For ``A <=> B`` and ``2B -> C`` the law is ``A + B + 2C``. Meant for formal
    networks and gates: the time grows with the cube of the number of species at worst.
    """
    order = {s: i for i, s in enumerate(crn.species)}
    fixed = set(crn.constant)
    pivots: dict[int, dict[int, Fraction]] = {}  # pivot column -> its row, 1 at the pivot, every other pivot column 0
    for change in dict.fromkeys(_change(r, fixed) for r in crn.reactions):
        _insert(pivots, {order[s]: Fraction(n) for s, n in change})
    laws = []
    for free in range(len(crn.species)):
        if free not in pivots:
            law = {p: -row[free] for p, row in pivots.items() if free in row} | {free: Fraction(1)}
            laws.append(_integers(law, crn.species))
    return tuple(laws)


def non_negative_laws(crn: CRN, most: int = 1000) -> tuple[Law, ...]:
    """Return a basis of the conserved sums with as few negative weights as there can be, those without any first.

    A law without negative weights bounds its species; one with them, like ``Pp - Pm`` of an annihilation, does not. The laws of
    the first kind are a cone, whose edges are found by eliminating the negative weights of `conservation_laws` species by species
    (Schuster and Höfer, J. Chem. Soc. Faraday Trans. 87:2561, 1991, doi:10.1039/FT9918702561).

    Parameters
    ----------
    crn : CRN
    most : int
        Edges that are kept in mind; if there are more on the way, the laws are those of `conservation_laws`.
    """
    basis = conservation_laws(crn)
    order = {s: i for i, s in enumerate(crn.species)}
    signed = [{order[s]: n for s, n in law} for law in basis]
    rays = signed
    for column in sorted({c for law in signed for c, n in law.items() if n < 0}):
        lacking = [r for r in rays if r.get(column, 0) < 0]
        having = [r for r in rays if r.get(column, 0) > 0]
        joined = [_joined(a, b, column) for a in having for b in lacking]
        rays = _fewest([r for r in rays if r.get(column, 0) >= 0] + joined)
        if len(rays) > most:
            return basis
    pivots: dict[int, dict[int, Fraction]] = {}
    chosen = sorted(rays, key=lambda r: (len(r), sorted(r))) + signed
    kept = [r for r in chosen if _insert(pivots, {c: Fraction(n) for c, n in r.items()})]
    return tuple(tuple((crn.species[c], n) for c, n in sorted(r.items())) for r in kept)


@dataclass(frozen=True, slots=True)
class Siphon:
    """Species that, once they are all gone, stay gone: whatever makes one of them uses up or needs another.

    Attributes
    ----------
    species : tuple of Species
    filled : tuple of Species
        Those that are there at the start or are added.
    law : Law
        A conserved positive sum of some of the species, which keeps them from running dry; empty if there is none.
    """

    species: tuple[Species, ...]
    filled: tuple[Species, ...]
    law: Law = ()

    @property
    def runs_dry(self) -> bool:
        """Whether nothing that is conserved keeps all of its species from vanishing for good; what is empty already has."""
        return bool(self.filled) and not self.law


@dataclass(frozen=True, slots=True)
class Siphons:
    """The minimal siphons of a network, and whether they are all of them."""

    found: tuple[Siphon, ...]
    complete: bool


def minimal_siphons(crn: CRN, added: Iterable[Species] = (), most: int = 5000) -> Siphons:
    """Return the siphons that contain no smaller one.

    A siphon that starts with something and contains no conserved sum may run dry, and then its reactions stop for good (Angeli, De
    Leenheer and Sontag, Math. Biosci. 210:598, 2007, doi:10.1016/j.mbs.2007.07.003). Species that are held constant never do.

    Parameters
    ----------
    crn : CRN
    added : iterable of Species
        What a protocol adds.
    most : int
        Sets that are looked at, twenty for every siphon; their number may double with every species. If it is reached, the answer
        is not complete, and a siphon may contain one that was not found.
    """
    species = [s for s in crn.species if s not in crn.constant]
    bit = {s: 1 << i for i, s in enumerate(species)}
    sides = [
        (sum(bit.get(s, 0) for s in r.products.support), sum(bit.get(s, 0) for s in r.reactants.support))
        for r in crn.reactions
    ]
    rules = [(made, needed) for made, needed in dict.fromkeys(sides) if made & ~needed]
    found: list[int] = []
    looked = 0
    for i in range(len(species)):
        waiting = [
            (1 << i, (1 << i) - 1)
        ]  # what is in the set, and what has to stay out of it: smaller sets come first
        while waiting and looked < most:
            looked = max(looked + 1, 20 * len(found))
            inside, outside = waiting.pop()
            if any(inside & s == s for s in found):
                continue
            broken = [needed for made, needed in rules if made & inside and not needed & inside]
            if not broken:
                found.append(inside)
                continue
            choices = min((needed & ~outside for needed in broken), key=int.bit_count)
            for one in _bits(choices):
                waiting.append((inside | one, outside))
                outside |= one
    minimal = [a for a in found if not any(a & b == b for b in found if b != a)]
    filled = {s for s, amount in crn.initial if amount > 0} | set(added)
    named = (tuple(s for s in species if bit[s] & m) for m in minimal)
    return Siphons(tuple(_siphon(crn, names, filled) for names in named), looked < most)


def _siphon(crn: CRN, names: tuple[Species, ...], filled: set[Species]) -> Siphon:
    """Return a siphon with the law that keeps it from running dry, if there is one."""
    inside = [Reaction(r.id, _among(r.reactants, names), _among(r.products, names)) for r in crn.reactions]
    seen = CRN.build([r for r in inside if r.reactants != r.products], dict.fromkeys(names, 0.0))
    guards = (law for law in non_negative_laws(seen) if all(n > 0 for _, n in law) and any(s in filled for s, _ in law))
    return Siphon(names, tuple(s for s in names if s in filled), next(guards, ()))


def _among(bag: Bag, names: tuple[Species, ...]) -> Bag:
    return Bag(tuple((s, n) for s, n in bag if s in names))


def _bits(value: int) -> Iterator[int]:
    """Yield the bits of a number, the lowest first."""
    while value:
        yield value & -value
        value &= value - 1


def reachable_species(crn: CRN, added: Iterable[Species] = ()) -> tuple[Species, ...]:
    """Return the species that can ever be present, in the order of the network's species.

    Parameters
    ----------
    crn : CRN
        What has a positive initial amount is present.
    added : iterable of Species
        What a protocol adds.

    Notes
    -----
    Amounts are not counted: one molecule is taken to be enough for any reaction, as in the continuous limit.
    """
    present = {s for s, amount in crn.initial if amount > 0} | set(added)
    waiting = {r.id: len(r.reactants.support) for r in crn.reactions}
    users: dict[Species, list[Reaction]] = {}
    for reaction in crn.reactions:
        for species in reaction.reactants.support:
            users.setdefault(species, []).append(reaction)
    queue = deque(present)
    for reaction in crn.reactions:
        if not reaction.reactants:
            queue.extend(s for s in reaction.products.support if s not in present)
            present.update(reaction.products.support)
    while queue:
        for reaction in users.get(queue.popleft(), ()):
            waiting[reaction.id] -= 1
            if waiting[reaction.id] == 0:
                new = [s for s in reaction.products.support if s not in present]
                present.update(new)
                queue.extend(new)
    return tuple(s for s in crn.species if s in present)


def _change(reaction: Reaction, fixed: set[Species]) -> tuple[tuple[Species, int], ...]:
    """Return what one firing changes, without the species that are held fixed."""
    net: dict[Species, int] = dict(reaction.products)
    for species, n in reaction.reactants:
        net[species] = net.get(species, 0) - n
    return tuple(sorted((s, n) for s, n in net.items() if n != 0 and s not in fixed))


def _subtract(row: dict[int, Fraction], other: dict[int, Fraction], factor: Fraction) -> None:
    """Subtract a multiple of another sparse row in place; zeros are dropped."""
    for column, value in other.items():
        left = row.get(column, Fraction(0)) - factor * value
        if left:
            row[column] = left
        else:
            row.pop(column, None)


def _insert(pivots: dict[int, dict[int, Fraction]], row: dict[int, Fraction]) -> bool:
    """Add a row to a reduced echelon form, in place; return whether it is independent of the rows before."""
    for column in [c for c in row if c in pivots]:
        _subtract(row, pivots[column], row[column])
    if not row:
        return False
    pivot = max(row)  # the last species depends on the earlier ones, so laws begin with what the network is fed
    row = {c: v / row[pivot] for c, v in row.items()}
    for other in pivots.values():
        if pivot in other:
            _subtract(other, row, other[pivot])
    pivots[pivot] = row
    return True


def _joined(having: dict[int, int], lacking: dict[int, int], column: int) -> dict[int, int]:
    """Return the smallest positive combination of two laws in which a column cancels."""
    a, b = -lacking[column], having[column]
    both = {c: a * having.get(c, 0) + b * lacking.get(c, 0) for c in having | lacking}
    divisor = math.gcd(*both.values())
    return {c: n // divisor for c, n in both.items() if n}


def _fewest(laws: list[dict[int, int]]) -> list[dict[int, int]]:
    """Return the laws whose species are not all but some of another's, one of each kind."""
    kept: dict[frozenset[int], dict[int, int]] = {}
    for law in sorted(laws, key=len):
        names = frozenset(law)
        if not any(k <= names for k in kept):
            kept[names] = law
    return list(kept.values())


def _integers(law: dict[int, Fraction], species: tuple[Species, ...]) -> Law:
    """Return the law with the smallest integer weights, the first of them positive."""
    columns = sorted(law)
    scale = math.lcm(*(law[c].denominator for c in columns))
    weights = [int(law[c] * scale) for c in columns]
    divisor = math.gcd(*weights) * (1 if weights[0] > 0 else -1)
    return tuple((species[c], w // divisor) for c, w in zip(columns, weights, strict=True))

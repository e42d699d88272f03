"""Structure of a network without its dynamics: the species-reaction graph, conservation laws, what can ever be present.

The graph is a networkx view for drawing and for questions that networkx answers; the laws are exact integers.
Rates and trajectories live in `crn.massaction` and `crn.simulate`.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable
from fractions import Fraction
from typing import TypeAlias

import networkx as nx

from crn.network import CRN, Reaction, Species

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
        row = {order[s]: Fraction(n) for s, n in change}
        for column in [c for c in row if c in pivots]:
            _subtract(row, pivots[column], row[column])
        if not row:
            continue
        pivot = max(row)  # the last species depends on the earlier ones, so laws begin with what the network is fed
        row = {c: v / row[pivot] for c, v in row.items()}
        for other in pivots.values():
            if pivot in other:
                _subtract(other, row, other[pivot])
        pivots[pivot] = row
    laws = []
    for free in range(len(crn.species)):
        if free not in pivots:
            law = {p: -row[free] for p, row in pivots.items() if free in row} | {free: Fraction(1)}
            laws.append(_integers(law, crn.species))
    return tuple(laws)


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


def _integers(law: dict[int, Fraction], species: tuple[Species, ...]) -> Law:
    """Return the law with the smallest integer weights, the first of them positive."""
    columns = sorted(law)
    scale = math.lcm(*(law[c].denominator for c in columns))
    weights = [int(law[c] * scale) for c in columns]
    divisor = math.gcd(*weights) * (1 if weights[0] > 0 else -1)
    return tuple((species[c], w // divisor) for c, w in zip(columns, weights, strict=True))

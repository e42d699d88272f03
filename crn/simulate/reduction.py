"""Fewer equations, same answers: what influences nothing goes, what cannot be told apart is summed, what is conserved is known.

Lumping follows L. Cardelli, M. Tribastone, M. Tschaikowski and A. Vandin, "Maximal aggregation of polynomial dynamical systems",
PNAS 114, 10029 (2017), doi:10.1073/pnas.1702697114 (forward equivalence). Everything in this file is exact for deterministic mass
action, as long as nothing but additions and dilution happens to the state; leaving out fast intermediates, which is an
approximation, is the business of `crn.simulate.quasi_steady`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import scipy.sparse as sp

from crn.massaction import MassAction, Vector
from crn.network import CRN, Bag, Reaction, Species
from crn.rewrite import merge_duplicates
from crn.structure import Law, conservation_laws, reachable_species

Combination: TypeAlias = Mapping[Species, float]


@dataclass(frozen=True, eq=False)
class Reduction:
    """A smaller network, and how its states and those of the full one become each other.

    Attributes
    ----------
    full : CRN
        With S species, in the order of ``full.species``.
    crn : CRN
        The reduced network, with s species; its initial amounts are those of the full one, restricted.
    restrict : csr_matrix, shape (s, S)
        The reduced state of a full one. Additions are restricted like states.
    lift : csr_matrix, shape (S, s)
        A full state for a reduced one: readings that `keeps` accepts have the same value in it as in the true one.
    notes : tuple of str
        What was done, in words.

    Notes
    -----
    Totals that are conserved are species of the reduced network that no reaction has; thus both maps are linear, an addition
    changes a total like any other amount, and reductions compose by multiplying matrices.
    """

    full: CRN
    crn: CRN
    restrict: sp.csr_matrix
    lift: sp.csr_matrix
    notes: tuple[str, ...] = ()

    @classmethod
    def identity(cls, crn: CRN) -> Reduction:
        """Return the reduction that changes nothing."""
        one = sp.csr_matrix(sp.identity(len(crn.species), format="csr"))
        return cls(crn, crn, one, one)

    @classmethod
    def build(
        cls,
        full: CRN,
        reactions: Iterable[Reaction],
        down: Mapping[Species, Combination],
        up: Mapping[Species, Combination],
        notes: tuple[str, ...] = (),
    ) -> Reduction:
        """Return a reduction from its maps by name.

        Parameters
        ----------
        full : CRN
        reactions : iterable of Reaction
            Of the reduced network.
        down : mapping of Species to mapping of Species to float
            For every full species what one unit of it adds to the reduced species; nothing for those left out.
        up : mapping of Species to mapping of Species to float
            For every full species its amount as a combination of reduced ones.
        notes : tuple of str
        """
        old = {s: i for i, s in enumerate(full.species)}
        names = dict.fromkeys(n for s in full.species for m in (down, up) for n in m.get(s, {}))
        initial = dict.fromkeys(names, 0.0)
        for species, amount in full.initial:
            for name, weight in down.get(species, {}).items():
                initial[name] += weight * amount
        constant = tuple(s for s in full.constant if s in names)
        crn = CRN.build(reactions, initial, constant=constant, units=full.units)
        new = {s: i for i, s in enumerate(crn.species)}
        shape = (len(new), len(old))
        restrict = _matrix(((new[n], old[s], w) for s, m in down.items() for n, w in m.items()), shape)
        lift = _matrix(((old[s], new[n], w) for s, m in up.items() for n, w in m.items()), shape[::-1])
        return cls(full, crn, restrict, lift, notes)

    def then(self, other: Reduction) -> Reduction:
        """Return both reductions in one; the other one starts from the network that this one ends with."""
        if other.full.species != self.crn.species:
            raise ValueError("the second reduction starts from another network")
        restrict = sp.csr_matrix(other.restrict @ self.restrict)
        lift = sp.csr_matrix(self.lift @ other.lift)
        return Reduction(self.full, other.crn, restrict, lift, self.notes + other.notes)

    def read(self, reading: sp.csr_matrix) -> sp.csr_matrix:
        """Return a reading of the full state, shape (Q, S), as one of the reduced state, shape (Q, s)."""
        found = sp.csr_matrix(reading @ self.lift)
        found.eliminate_zeros()
        return found

    def keeps(self, reading: sp.csr_matrix, states: Vector) -> float:
        """Return by how much reading full states, shape (K, S), differs from reading them restricted and lifted (0: not at all).

        Relative to the largest value of each row of the reading.
        """
        direct = np.abs(reading @ states.T)
        gap = np.abs(reading @ (states.T - self.lift @ (self.restrict @ states.T)))
        size = np.max(direct, axis=1, keepdims=True, initial=0.0)
        return float(np.max(gap / np.where(size > 0, size, 1.0), initial=0.0))

    def defect(self, states: Vector) -> float:
        """Return how far restricting and moving are from commuting at full states, shape (K, S).

        It is the largest difference between the restricted derivative of the full network and the derivative of the reduced one,
        relative to the largest entry of either: rounding only where the reduction is exact.
        """
        before, after = MassAction(self.full), MassAction(self.crn)
        worst = 0.0
        for y in np.atleast_2d(states):
            wanted, found = self.restrict @ before.derivative(y), after.derivative(self.restrict @ y)
            size = max(float(np.max(np.abs(v), initial=0.0)) for v in (wanted, found))
            worst = max(worst, float(np.max(np.abs(wanted - found), initial=0.0)) / (size or 1.0))
        return worst


def amounts_of(crn: CRN, species: Iterable[Species]) -> sp.csr_matrix:
    """Return the reading, shape (Q, S), of the amounts of Q species one by one."""
    index = {s: i for i, s in enumerate(crn.species)}
    wanted = list(species)
    return _matrix(((q, index[s], 1.0) for q, s in enumerate(wanted)), (len(wanted), len(index)))


def drop_dead(crn: CRN, reading: sp.csr_matrix, added: Iterable[Species] = ()) -> Reduction:
    """Leave out reactions that can never fire and species that influence nothing that is read.

    Exact: what remains is a closed system of its own. Wastes go, and so does whatever only turns into wastes.

    Parameters
    ----------
    crn : CRN
    reading : csr_matrix, shape (Q, S)
        What will be read; a species with an entry stays.
    added : iterable of Species
        What may be added to the initial amounts; these species stay as well, so that there is something to add to.
    """
    added = tuple(added)
    present = set(reachable_species(crn, added))
    firing = [r for r in crn.reactions if present.issuperset(r.reactants.support)]
    changing: dict[Species, list[Reaction]] = {}
    for reaction in firing:
        for species in net_change(reaction, crn.constant):
            changing.setdefault(species, []).append(reaction)
    needed = dict.fromkeys([*_read(crn, reading), *added])
    queue = list(needed)
    taken: set[str] = set()
    while queue:
        for reaction in changing.get(queue.pop(), ()):
            if reaction.id not in taken:
                taken.add(reaction.id)
                new = [s for s in reaction.reactants.support if s not in needed]
                needed.update(dict.fromkeys(new))
                queue.extend(new)
    reactions = []
    for reaction in firing:
        if reaction.id in taken:
            left = Bag(tuple((s, n) for s, n in reaction.products if s in needed))
            reactions.append(Reaction(reaction.id, reaction.reactants, left, reaction.k, reaction.origin))
    same = {s: {s: 1.0} for s in crn.species if s in needed}
    note = _note("dropped", crn, len(same), len(reactions))
    return Reduction.build(crn, reactions, same, same, (note,))


def lump(crn: CRN, reading: sp.csr_matrix) -> Reduction:
    """Sum species that nothing that is read can tell apart.

    The partition is the coarsest one for which the sums obey mass action by themselves (forward equivalence) and every row of the
    reading has one weight per block. Exact for the sums and only for them: `lift` puts each sum on the first member of its
    block. The sums of molecule counts in a stochastic run need not follow the reduced network.

    Parameters
    ----------
    crn : CRN
    reading : csr_matrix, shape (Q, S)

    Notes
    -----
    With F_H the derivative of the sum of block H, the condition is dF_H/dx_i = dF_H/dx_j as polynomials for all i, j in a block:
    the coefficients of every monomial must agree. A block is therefore split by the coefficients of its members, taken over all
    H and all monomials, until nothing splits; rates are compared exactly, as correctly rounded sums of floating-point numbers.
    As F_H depends on the sums only, the reduced network is the full one with each sum on its first member.
    """
    block = blocks(crn, reading)
    first: dict[int, Species] = {}
    for species in crn.species:
        first.setdefault(block[species], species)
    name = {s: first[block[s]] for s in crn.species}
    reactions = []
    for reaction in crn.reactions:
        if all(name[s] == s for s in reaction.reactants.support):
            right = Bag.of(*(name[s] for s in reaction.products.elements()))
            reactions.append(Reaction(reaction.id, reaction.reactants, right, reaction.k, reaction.origin))
    merged = merge_duplicates(CRN.build(reactions, constant=[s for s in crn.constant if name[s] == s])).crn
    down = {s: {name[s]: 1.0} for s in crn.species}
    up = {s: {s: 1.0} for s in crn.species if name[s] == s}
    note = _note("lumped", crn, len(first), len(merged.reactions))
    return Reduction.build(crn, merged.reactions, down, up, (note,))


def blocks(crn: CRN, reading: sp.csr_matrix) -> dict[Species, int]:
    """Return the block of every species in the coarsest partition of `lump`."""
    fixed = set(crn.constant)
    weights = reading.tocsc()
    start: dict[Species, object] = {}
    for i, species in enumerate(crn.species):
        part = slice(weights.indptr[i], weights.indptr[i + 1])
        column = sorted((int(q), float(w)) for q, w in zip(weights.indices[part], weights.data[part], strict=True) if w)
        start[species] = (species in fixed, tuple(column))
    block = _numbered(start)
    # Terms of d(dx_s/dt)/dx_a: for each species a, the monomial left when one molecule of a is taken out, s, and the coefficient.
    terms: dict[Species, list[tuple[Bag, Species, float]]] = {}
    for reaction in crn.reactions:
        change = net_change(reaction, crn.constant)
        for species, nu in reaction.reactants:
            rest = reaction.reactants - Bag.of(species)
            terms.setdefault(species, []).extend((rest, s, nu * reaction.k * n) for s, n in change.items())
    while True:
        size = np.bincount(list(block.values()))
        split: dict[Species, object] = {}
        for species, number in block.items():
            signature: object = None
            if size[number] > 1:
                sums: dict[tuple[Bag, int], list[float]] = {}
                for rest, changed, value in terms.get(species, ()):
                    sums.setdefault((rest, block[changed]), []).append(value)
                signature = frozenset((key, total) for key, values in sums.items() if (total := math.fsum(values)))
            split[species] = (number, signature)
        finer = _numbered(split)
        if max(finer.values(), default=0) == max(block.values(), default=0):
            return block
        block = finer


def conserve(crn: CRN, reading: sp.csr_matrix) -> Reduction:
    """Know species that are read but never react by a conserved total instead of integrating them.

    A species that is only ever made, such as a waste or a counter, is often a total minus amounts that are there anyway; the total
    takes its place in the reduced network, where no reaction has it. Exact under additions and dilution, but not if something
    other than a reaction removes species.

    Species that do react are left alone although there are many more laws. To replace such a species x by T - (the others of its
    law) turns every reaction of x into one of T and one of negative rate for each of the others: no mass action any more. With one
    species for each law replaced, the DNA-level tube goes from 184 equations to 122, but its Jacobian from 1363 entries to 1817
    and the LU factor of a step from 2184 to 2742, at best over several bases of laws; for 4 inputs on dual rails it is 640 to
    444, 6687 to 12364 and 11577 to 21520. With the 44 laws of at most 5 species alone, the tube has 140 equations and the factor
    1763 entries, a fifth fewer: not enough for a second kind of rate law. For all these laws `drift` is offered as a check.

    Parameters
    ----------
    crn : CRN
    reading : csr_matrix, shape (Q, S)
    """
    reacting = {s for r in crn.reactions for s in r.reactants.support} | set(crn.constant)
    passive = [s for s in _read(crn, reading) if s not in reacting]
    total: dict[Species, dict[Species, float]] = {}
    start = dict(crn.initial)
    for law in _laws_of(crn, passive):
        if law[0][0] in passive and len(law) > 1:
            now = sum(n * start.get(s, 0.0) for s, n in law)
            total[law[0][0]] = {s: n if now >= 0 else -n for s, n in law}
    names = set(crn.species)
    pool = {s: fresh_name(names, f"{s}@total") for s in total}
    reactions = []
    for reaction in crn.reactions:
        right = Bag(tuple((s, n) for s, n in reaction.products if s not in total))
        reactions.append(Reaction(reaction.id, reaction.reactants, right, reaction.k, reaction.origin))
    down: dict[Species, dict[Species, float]] = {s: {} if s in total else {s: 1.0} for s in crn.species}
    up: dict[Species, dict[Species, float]] = {s: dict(m) for s, m in down.items()}
    for species, weights in total.items():
        own = weights[species]
        up[species] = {pool[species]: 1 / own} | {s: -w / own for s, w in weights.items() if s != species}
        for s, w in weights.items():
            down[s][pool[species]] = w
    note = f"{len(total)} species that never react are known by conserved totals"
    return Reduction.build(crn, reactions, down, up, (note,))


def drift(crn: CRN, laws: Sequence[Law], values: Vector) -> Vector:
    """Return how far each conserved sum moved along a run without additions.

    Parameters
    ----------
    crn : CRN
    laws : sequence of Law
        L of them, for example from `crn.structure.conservation_laws`.
    values : ndarray, shape (T, S)

    Returns
    -------
    ndarray, shape (L,)
        The largest change of the sum, relative to the largest sum of absolute terms: how much of what there is went astray.
    """
    index = {s: i for i, s in enumerate(crn.species)}
    matrix = _matrix(((j, index[s], float(n)) for j, law in enumerate(laws) for s, n in law), (len(laws), len(index)))
    sums = matrix @ values.T
    size = np.max(abs(matrix) @ np.abs(values.T), axis=1)
    return np.asarray(np.max(np.abs(sums - sums[:, :1]), axis=1) / np.where(size > 0, size, 1.0))


def reduce_exactly(
    crn: CRN,
    reading: sp.csr_matrix,
    added: Iterable[Species] = (),
    *,
    dead: bool = True,
    lumped: bool = True,
    conserved: bool = True,
) -> Reduction:
    """Return the exact reductions one after the other, each of which can be switched off.

    Parameters
    ----------
    crn : CRN
    reading : csr_matrix, shape (Q, S)
        What will be read.
    added : iterable of Species
        What may be added.
    dead, lumped, conserved : bool
        Whether to apply `drop_dead`, `lump`, `conserve`.
    """
    found = Reduction.identity(crn)
    if dead:
        found = found.then(drop_dead(crn, reading, added))
    if lumped:
        found = found.then(lump(found.crn, found.read(reading)))
    if conserved:
        found = found.then(conserve(found.crn, found.read(reading)))
    return found


def net_change(reaction: Reaction, constant: Sequence[Species] = ()) -> dict[Species, int]:
    """Return what one firing changes, without the species that are held fixed."""
    change = dict(reaction.products.items)
    for species, n in reaction.reactants:
        change[species] = change.get(species, 0) - n
    return {s: n for s, n in change.items() if n and s not in constant}


def fresh_name(names: set[Species], wanted: Species) -> Species:
    """Return a name that is not taken, and take it."""
    while wanted in names:
        wanted += "'"
    names.add(wanted)
    return wanted


def _laws_of(crn: CRN, first: Sequence[Species]) -> tuple[Law, ...]:
    """Return conservation laws that begin, as many of them as possible, with one of the given species.

    Laws are expressed by the species that come last. These are the ones with the fewest reactions, so that laws stay local.
    """
    uses = Counter(s for r in crn.reactions for s in {*r.reactants.support, *r.products.support})
    order = sorted(crn.species, key=lambda s: (s not in first, -uses[s]))
    ordering = [Reaction(f"@order{i}", Bag.of(s), Bag.of(s)) for i, s in enumerate(order)]  # changes nothing
    return conservation_laws(CRN.build((*ordering, *crn.reactions), constant=crn.constant))


def _read(crn: CRN, reading: sp.csr_matrix) -> list[Species]:
    """Return the species that a reading looks at."""
    return [crn.species[i] for i in sorted(set(reading.nonzero()[1]))]


def _numbered(keys: Mapping[Species, object]) -> dict[Species, int]:
    number: dict[object, int] = {}
    return {s: number.setdefault(key, len(number)) for s, key in keys.items()}


def _matrix(entries: Iterable[tuple[int, int, float]], shape: tuple[int, int]) -> sp.csr_matrix:
    found = list(entries)
    rows = np.array([e[0] for e in found], dtype=np.intp)
    columns = np.array([e[1] for e in found], dtype=np.intp)
    return sp.csr_matrix((np.array([e[2] for e in found], dtype=np.float64), (rows, columns)), shape=shape)


def _note(what: str, crn: CRN, species: int, reactions: int) -> str:
    return f"{what}: {len(crn.species)} -> {species} species, {len(crn.reactions)} -> {reactions} reactions"

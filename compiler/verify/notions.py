"""Other notions of equivalence than bisimulation: equal formal bases, and the integrated hybrid of both.

Pathway decomposition asks for no interpretation: signals are called as in the formal network and have one form each, and
intermediates may decide late. The integrated hybrid takes an interpretation of the signals: pathways between signals are found by
decomposition, regular in what signals stand for, and what they do has to be a bisimulation of the formal network (Shin, Thachuk,
Winfree, Theoretical Computer Science 765:67, 2019). Both say undecided where a network is not tidy or not regular.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from compiler.verify.bisimulation import Sides as Bags
from compiler.verify.bisimulation import check_bisimulation
from compiler.verify.certificate import Side, Sides, arrow
from compiler.verify.paths import wastes
from compiler.verify.pathways import Basis, PathwayLimits, formal_basis
from compiler.verify.verdict import Answer, Check
from crn.diagnostics import CircuitError
from crn.network import CRN, Bag, Species

NOTIONS = ("bisimulation", "pathway", "hybrid")
"""What an implementation can be held to; bisimulation is the default."""


def check_notion(
    notion: str,
    formal: CRN,
    implementation: CRN,
    interpretation: Mapping[Species, Sequence[Species]] | None = None,
    formals: Sequence[Species] = (),
    fuels: Sequence[Species] = (),
    limits: PathwayLimits = PathwayLimits(),
) -> Check:
    """Hold an implementation network to a notion.

    Parameters
    ----------
    notion : {'pathway', 'hybrid'}
    formal, implementation : CRN
    interpretation : mapping of Species to sequence of Species, optional
        Of the signals, for the hybrid; by default species that are called like a formal species stand for it.
    formals : sequence of Species
        Formal species beyond those of the reactions.
    fuels : sequence of Species
        Implementation species that are always present.
    limits : PathwayLimits

    Raises
    ------
    CircuitError
        If the notion takes no interpretation, or that names what is not there.
    """
    known = {*formal.species, *formals}
    asked = list(dict.fromkeys((r.reactants, r.products) for r in formal.reactions if r.reactants != r.products))
    made = [(r.reactants, r.products) for r in implementation.reactions]
    scope = f"{len(asked)} formal and {len(made)} implementation reactions"
    if notion == "pathway":
        if interpretation is not None:
            raise CircuitError("pathway decomposition takes no interpretation; --notion hybrid does")
        return check_pathway(asked, made, fuels=fuels, formals=known, scope=scope, limits=limits)
    if notion != "hybrid":
        raise CircuitError(f"there is no notion {notion!r}; there are {', '.join(NOTIONS)}")
    given = interpretation if interpretation is not None else {s: [s] for s in implementation.species if s in known}
    meaning = {s: Bag.of(*names) for s, names in given.items() if s not in fuels}
    wrong = sorted({f for b in meaning.values() for f in b.support} - known)
    if wrong:
        raise CircuitError(f"the interpretation names {', '.join(wrong)}, which the formal network does not have")
    return check_hybrid(asked, made, meaning, fuels=fuels, formals=known, scope=scope, limits=limits)


def check_pathway(
    formal: Sequence[Bags],
    implementation: Iterable[Bags],
    *,
    fuels: Iterable[Species] = (),
    formals: Iterable[Species] = (),
    scope: str = "",
    limits: PathwayLimits = PathwayLimits(),
) -> Check:
    """Check that an implementation has the formal basis that the formal network is.

    Parameters
    ----------
    formal : sequence of (Bag, Bag)
        None of them with equal sides.
    implementation : iterable of (Bag, Bag)
        Its formal species are called as in the formal network.
    fuels : iterable of Species
        Always present: removed from both sides first.
    formals : iterable of Species
        Formal species beyond those of the reactions.
    scope : str
        For the report.
    limits : PathwayLimits
    """
    name = "pathway"
    goals = plain(formal)
    known = {s for a, b in goals for s in (*a, *b)} | set(formals)
    basis = formal_basis(bare(plain(implementation), known, fuels), known, limits=limits)
    unknown = _no_basis(basis, name, scope)
    if unknown is not None:
        return unknown
    wanted = set(goals)
    extra = next((p for p in basis.primes if (p.initial, p.final) not in wanted), None)
    if extra is not None:
        done = arrow(extra.initial, extra.final)
        reason = f"a prime pathway does {done}, which is not among the formal reactions"
        return Check(name, scope, Answer.DIFFERENT, reason, f"{extra} does {done}")
    lost = next((g for g in goals if g not in set(basis.reactions)), None)
    if lost is not None:
        reason = f"no prime pathway does {arrow(*lost)}"
        return Check(name, scope, Answer.DIFFERENT, reason, f"{arrow(*lost)} is not in the formal basis")
    fine = f"tidy, regular, and its formal basis is the formal network: {_listed(basis)}"
    return Check(name, scope, Answer.EQUIVALENT, fine)


def check_hybrid(
    formal: Sequence[Bags],
    implementation: Iterable[Bags],
    interpretation: Mapping[Species, Bag],
    *,
    fuels: Iterable[Species] = (),
    formals: Iterable[Species] = (),
    scope: str = "",
    limits: PathwayLimits = PathwayLimits(),
) -> Check:
    """Check the integrated hybrid: the formal basis between signals is a bisimulation of the formal network.

    Parameters
    ----------
    formal, implementation, fuels, formals, scope, limits
        As for `check_pathway`.
    interpretation : mapping of Species to Bag
        Of the signals, which are what it names; all others are intermediates or wastes.
    """
    name = "hybrid"
    signals = set(interpretation) - set(fuels)
    reading: dict[Species, Side] = {s: interpretation[s].elements() for s in signals}
    basis = formal_basis(bare(plain(implementation), signals, fuels), signals, reading, limits)
    unknown = _no_basis(basis, name, scope)
    if unknown is not None:
        return unknown
    between = [(Bag.of(*a), Bag.of(*b)) for a, b in basis.reactions]
    meaning = {s: interpretation[s] for s in signals}
    found = check_bisimulation(formal, between, meaning, formals=formals, scope=scope, name=name)
    if found.answer is Answer.EQUIVALENT:
        fine = f"tidy, regular in what its signals stand for, and {found.reason} on its formal basis: {_listed(basis)}"
        return Check(name, scope, Answer.EQUIVALENT, fine)
    return found


def plain(reactions: Iterable[Bags]) -> list[Sides]:
    """Return reactions as sorted tuples, each once."""
    return list(dict.fromkeys((a.elements(), b.elements()) for a, b in reactions))


def bare(reactions: Sequence[Sides], signals: Collection[Species], fuels: Iterable[Species]) -> list[Sides]:
    """Return reactions without fuels, and without what can do nothing but react among itself and is no signal."""
    present = set(fuels)
    kept = [(_without(a, present), _without(b, present)) for a, b in reactions]
    gone = wastes(kept, {s: (s,) if s in signals else () for part in kept for x in part for s in x})
    return list(dict.fromkeys((_without(a, gone), _without(b, gone)) for a, b in kept))


def _without(state: Side, gone: Collection[Species]) -> Side:
    return tuple([s for s in state if s not in gone])


def _no_basis(basis: Basis, name: str, scope: str) -> Check | None:
    if basis.fault:
        return Check(
            name, scope, Answer.UNDECIDED, f"there is no formal basis, so the notion says nothing: {basis.fault}"
        )
    if basis.limit:
        return Check(name, scope, Answer.UNDECIDED, f"the formal basis was not found: {basis.limit}")
    return None


def _listed(basis: Basis) -> str:
    shown = [arrow(*r) for r in basis.reactions[:6]]
    more = len(basis.reactions) - len(shown)
    return "; ".join(shown) + (f" and {more} more" if more > 0 else "")

"""Foreign work: an implementation that comes as reactions, with an interpretation, a part of one, or none.

What is given of an interpretation stays as it is; the rest is searched for, and what is found is judged like one that was given.
How an implementation is read from a file, and its reactions found from complexes, is decided by the callers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from compiler.verify.bisimulation import Sides, claim_of, judge
from compiler.verify.certificate import Tube
from compiler.verify.proof import Proof
from compiler.verify.search import LIMITS, Found, SearchLimits, out_of_reach, search, unread
from compiler.verify.verdict import Answer, Check, Verdict
from crn.diagnostics import CircuitError
from crn.network import CRN, Bag, Species

NAME = "bisimulation"


def prove_pair(
    formal: CRN,
    implementation: CRN,
    interpretation: Mapping[Species, Sequence[Species]] | None = None,
    formals: Sequence[Species] = (),
    fuels: Sequence[Species] = (),
    limits: SearchLimits = LIMITS,
    tube: Tube | None = None,
) -> Proof:
    """Prove that a network implements another, or find out why not.

    Parameters
    ----------
    formal, implementation : CRN
        Reactions that change nothing do not count.
    interpretation : mapping of Species to sequence of Species, optional
        What the species that it names stand for; what the others stand for is searched. Without one, species that are called
        like a formal species stand for it; if not all formal species have one, nothing is taken for granted in the end.
    formals : sequence of Species
        Formal species beyond those of the reactions.
    fuels : sequence of Species
        Implementation species that are always present.
    limits : SearchLimits
    tube : Tube, optional
        The complexes whose reactions the implementation is, so that the certificate can be checked by anyone.

    Raises
    ------
    CircuitError
        If the interpretation or the fuels name what is not there.
    """
    known = {*formal.species, *formals}
    given = {s: Bag.of(*names) for s, names in (interpretation or {}).items() if s not in fuels}
    _refuse("the interpretation", {f for b in given.values() for f in b.support} - known, "the formal network")
    _refuse("--fuels", set(fuels) - set(implementation.species), "the implementation")
    asked = list(dict.fromkeys((r.reactants, r.products) for r in formal.reactions if r.reactants != r.products))
    made = [(r.reactants, r.products) for r in implementation.reactions]
    scope = f"{len(asked)} formal and {len(made)} implementation reactions"
    wanted = tuple(sorted(known))

    def judged(meaning: Mapping[Species, Bag], remark: str) -> Proof:
        check, proved = judge(claim_of(asked, made, meaning, fuels, wanted), NAME, f"{scope}, {remark}", tube=tube)
        found = {s: b.elements() for s, b in sorted(meaning.items())}
        if proved is None:
            return Proof(Verdict((check,)))
        same = judge(claim_of(asked, asked, {f: Bag.of(f) for f in wanted}))[1]
        return Proof(Verdict((check,)), same, proved, found)

    open_species = [s for s in implementation.species if s not in given and s not in fuels]
    if not open_species:
        return judged(given, "as they were given")
    named = {s: Bag.of(s) for s in implementation.species if s in known and s not in fuels}
    tries = [(given, f"what {len(open_species)} species stand for was searched")]
    if interpretation is None and named:
        by_name = (named, "what is called like a formal species stands for it")
        if len(named) == len(open_species):
            return judged(*by_name)
        tries = [by_name] if named.keys() == known else [by_name, *tries]
    for partial, remark in tries:
        found = search(asked, made, partial, fuels=fuels, formals=wanted, limits=limits)
        if found.interpretations:
            return judged(found.interpretations[0], remark)
    return Proof(Verdict((_none(found, asked, made, tries, fuels, wanted, scope),)))


def interpretations(
    formal: CRN,
    implementation: CRN,
    partial: Mapping[Species, Sequence[Species]] | None = None,
    formals: Sequence[Species] = (),
    fuels: Sequence[Species] = (),
    limits: SearchLimits = LIMITS,
) -> Found:
    """Find all interpretations that are bisimulations; parameters are those of `prove_pair`."""
    asked = list(dict.fromkeys((r.reactants, r.products) for r in formal.reactions if r.reactants != r.products))
    made = [(r.reactants, r.products) for r in implementation.reactions]
    known = {s: Bag.of(*names) for s, names in (partial or {}).items()}
    wanted = sorted({*formal.species, *formals})
    return search(asked, made, known, fuels=fuels, formals=wanted, every=True, limits=limits)


def _none(
    found: Found,
    formal: Sequence[Sides],
    made: Sequence[Sides],
    tries: Sequence[tuple[Mapping[Species, Bag], str]],
    fuels: Iterable[Species],
    wanted: Iterable[Species],
    scope: str,
) -> Check:
    """Say that nothing was found, and why not as far as that is known."""
    if not found.complete:
        return Check(
            NAME, scope, Answer.UNDECIDED, f"no interpretation was found, and not all were tried: {found.reason}"
        )
    least = tries[0][0]
    given = f" in which {', '.join(sorted(tries[-1][0]))} stand for what was given" if tries[-1][0] else ""
    reason = f"there is no interpretation{given} that is a bisimulation"
    core = unread(formal, made, least, fuels) if least else []
    if core:
        shown = "; ".join(f"{a} -> {b}".strip() for a, b in core)
        what = "changes nothing or is formal" if len(core) == 1 else "all change nothing or are formal"
        word = "cannot be read so that it" if len(core) == 1 else "cannot be read so that they"
        return Check(NAME, scope, Answer.DIFFERENT, reason, f"{shown}: {word} {what}")
    if found.closest is not None:
        closest = f"{found.closest.counterexample} (in the reading that comes closest)"
        return Check(NAME, scope, Answer.DIFFERENT, f"{reason}: {found.closest.reason}", closest)
    lost, bare = out_of_reach(formal, made, least, fuels, wanted)
    shown = "; ".join(f"{a} -> {b}".strip() for a, b in lost or formal)
    if lost:
        return Check(NAME, scope, Answer.DIFFERENT, reason, f"no reaction can be {shown}")
    if bare:
        return Check(NAME, scope, Answer.DIFFERENT, reason, f"nothing can stand for exactly one {', '.join(bare)}")
    return Check(NAME, scope, Answer.DIFFERENT, reason, f"no reading of the reactions fires all of {shown}")


def _refuse(where: str, names: Iterable[Species], what: str) -> None:
    """Refuse names that are not there."""
    if names:
        raise CircuitError(f"{where} names {', '.join(sorted(names))}, which {what} does not have")

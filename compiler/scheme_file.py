"""Compiling by a scheme file: translate, enumerate the whole, work out the interpretation.

A scheme file says which complexes there are and nothing else, so that everything else is found out: reactions by
`dsd.soup`, signals and wastes by `dsd.nuskell.reading`, intermediates by `compiler.interpretation`. Rates cannot be set, and
nothing is scaled: such a system is for being looked at, proved, counted and priced.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from compiler.interpretation import BEST, Found, Judge, search
from compiler.passes import MergeDuplicates, Pass, Pipeline, State
from compiler.scaling import Physical, unset_scale
from compiler.verify import search as whole
from compiler.verify.bisimulation import Sides, check_bisimulation
from compiler.verify.certify import Limits
from compiler.verify.verdict import Answer, Check, Verdict, not_examined
from crn.network import CRN, Bag, Species
from dsd.complexes import Complex
from dsd.enumeration import DEFAULT_OPTIONS, EnumerationOptions
from dsd.nuskell.comparison import renaming
from dsd.nuskell.library import scheme_text, translate_by_nuskell
from dsd.nuskell.reading import read_system
from dsd.nuskell.translation import Translation, translate
from dsd.schemes.scheme import Lengths, Role
from dsd.soup import Soup, enumerate_soup
from dsd.system import DsdSystem

WIDEST = 300
"""Reactions of a system that is searched as a whole."""
GROUP_LIMITS = Limits(states=2000, starts=2000)
"""Of the check of one group of intermediates."""


OWN, NUSKELL = "own", "nuskell"
ENGINES = (OWN, NUSKELL)
"""Who reads a scheme file."""
_RATES = "a scheme file cannot set rates: they are those of the length-based model"


@dataclass(frozen=True, kw_only=True)
class FileState(State):
    """A circuit that was compiled by a scheme file.

    Attributes
    ----------
    translation : Translation
    soup : Soup
    found : Found
        The interpretation, and how far it was looked for.
    """

    translation: Translation
    soup: Soup
    found: Found


@dataclass(frozen=True)
class TranslateByFile(Pass):
    """A scheme file draws the complexes; what they do and stand for is found out."""

    name: ClassVar[str] = "translate-by-file"
    file: str
    physical: Physical
    lengths: Lengths = Lengths()
    engine: str = OWN
    options: EnumerationOptions = DEFAULT_OPTIONS

    def __str__(self) -> str:
        digest = hashlib.sha256(scheme_text(self.file).encode()).hexdigest()
        shown = f"file={self.file},sha256={digest},engine={self.engine},lengths={{{self.lengths}}}"
        return f"{self.name}{{{shown},remote={self.options.remote}}}"

    def apply(self, state: State) -> State:
        """Translate, enumerate, interpret."""
        made, notes = self.translation(state.lowered)
        return compile_translation(state, made, self.physical, self.options, notes)

    def translation(self, crn: CRN) -> tuple[Translation, tuple[str, ...]]:
        """Return what the scheme makes of a network, and what is to be said of it."""
        if self.engine == OWN:
            return translate(crn, scheme_text(self.file), self.file, self.lengths), ()
        theirs = translate_by_nuskell(crn, self.file)
        ours = translate(crn, scheme_text(self.file), self.file, self.lengths)
        same = renaming(_labelled(ours), _labelled(theirs)) is not None
        word = "the same as" if same else "NOT the same as"
        return theirs, (f"Nuskell's translation is {word} ours up to the names of domains",)


def file_pipeline(
    scheme: str, physical: Physical, lengths: Lengths, engine: str = OWN, remote: bool = True
) -> Pipeline:
    """Return the way from reactions to DNA by a scheme file."""
    options = dataclasses.replace(DEFAULT_OPTIONS, remote=remote)
    return Pipeline((MergeDuplicates(), TranslateByFile(scheme, physical, lengths, engine, options)))


def compile_translation(
    state: State,
    translation: Translation,
    physical: Physical,
    options: EnumerationOptions = DEFAULT_OPTIONS,
    notes: tuple[str, ...] = (),
) -> FileState:
    """Find out what a translated system does, and what it stands for.

    Parameters
    ----------
    state : State
        With the network that was translated.
    translation : Translation
    physical : Physical
    options : EnumerationOptions
    notes : tuple of str
        What is to be said beside the notes of the translation.

    Returns
    -------
    FileState
        If the enumeration reaches a limit, with what was found until then, uninterpreted.
    """
    largest = max((len(c.strands) for c in translation.complexes), default=1)
    options = dataclasses.replace(options, max_complex_strands=max(options.max_complex_strands, 2 * largest + 2))
    soup = enumerate_soup(translation.complexes, options)
    read = read_system(translation, soup, physical.fuel_M)
    known = {e.complex.name: e.meaning for e in read.of_role(Role.SIGNAL)}
    formal, made = formal_sides(state.lowered), implementation_sides(read)
    found = search(formal, made if soup.outcome.complete else (), known, _judge(known))
    if found.doubtful and (wide := _searched(formal, made, known, state.lowered.species)) and wide.interpretations:
        found = dataclasses.replace(found, interpretation=wide.interpretations[0], unread=(), impossible=())
    entries = tuple(
        dataclasses.replace(e, meaning=found.interpretation.get(e.complex.name, Bag())) for e in read.entries
    )
    remarks = [*state.notes, *translation.notes, *notes, _RATES]
    if not soup.outcome.complete:
        remarks.append(f"not all is known that the complexes do: {soup.outcome}")
    if found.unread:
        remarks.append(
            f"no reading was found for {len(found.unread)} intermediates; they are shown as standing for nothing"
        )
    return FileState(
        formal=state.formal,
        lowered=state.lowered,
        meaning=state.meaning,
        peaks=state.peaks,
        notes=tuple(remarks),
        scale=unset_scale(state.lowered, physical, _RATES),
        system=DsdSystem(entries, read.reactions, read.carriers),
        options=options,
        translation=translation,
        soup=soup,
        found=found,
    )


def _labelled(made: Translation) -> list[tuple[str, Complex]]:
    """Return signals by species, and fuels, as what may be exchanged for what."""
    return [(f"signal {s.species}", s.complex) for s in made.signals] + [("fuel", f.complex) for f in made.fuels]


def verify_by_file(state: FileState) -> Verdict:
    """Check the interpretation that was found for a system that was compiled by a scheme file."""
    assert state.system is not None, "compile first"
    extent = f"{len(state.soup.complexes)} complexes in {state.soup.pairs} pairs of {state.soup.shapes} shapes"
    if not state.soup.outcome.complete:
        stopped = Check("enumeration-complete", extent, Answer.UNDECIDED, str(state.soup.outcome))
        return Verdict(
            (stopped, not_examined("bisimulation", "the whole system", "not all of its reactions are known"))
        )
    formal, made = formal_sides(state.lowered), implementation_sides(state.system)
    system, found = state.system, state.found
    meaning = {e.complex.name: e.meaning for e in system.of_role(Role.SIGNAL, Role.INTERMEDIATE)}
    size = f"{len(formal)} formal and {len(made)} implementation reactions"
    check = check_bisimulation(formal, made, meaning, formals=state.lowered.species, scope=size)
    if check.answer is Answer.DIFFERENT and not (found.exhaustive and found.groups <= 1):
        known = {e.complex.name: e.meaning for e in system.of_role(Role.SIGNAL)}
        wide = _searched(formal, made, known, state.lowered.species)
        if wide is not None and wide.interpretations:
            check = check_bisimulation(
                formal, made, wide.interpretations[0], formals=state.lowered.species, scope=f"{size}, read otherwise"
            )
        elif wide is None or not wide.none:
            reason = f"the interpretation that was found is none, and not all were tried: {check.reason}"
            check = Check(check.name, size, Answer.UNDECIDED, f"{reason} ({check.counterexample})")
    complete = Check(
        "enumeration-complete", extent, Answer.EQUIVALENT, f"no limit was reached: {state.options.describe()}"
    )
    talk = _between_gates(system)
    lost = Check(
        "interpretation", f"{found.groups} groups of intermediates", Answer.EQUIVALENT, "every one has a reading"
    )
    if found.impossible:
        shown = "\n".join(f"{a} -> {b}" for a, b in found.impossible[:12])
        what = "these reactions share intermediates for which nothing can be meant: some reaction is never a formal one"
        lost = Check(lost.name, lost.scope, Answer.DIFFERENT, what, shown)
    elif found.unread:
        what = f"no reading was found for {', '.join(found.unread[:5])}"
        lost = Check(lost.name, lost.scope, Answer.UNDECIDED, what)
    return Verdict((complete, lost, check, _release(made, meaning, system), talk))


def _searched(
    formal: Sequence[Sides], made: Sequence[Sides], known: Mapping[Species, Bag], formals: Sequence[Species]
) -> whole.Found | None:
    """Search the whole system at once, where the groups by themselves did not do; None if it is too large for that."""
    if len(made) > WIDEST:
        return None
    return whole.search(formal, made, known, formals=formals)


def _release(made: Sequence[Sides], meaning: Mapping[Species, Bag], system: DsdSystem) -> Check:
    """Check that nothing ends in a complex that stands for something and is no signal: a read-out would never see it."""
    held = {e.complex.name for e in system.of_role(Role.INTERMEDIATE) if len(meaning[e.complex.name])}
    stuck, size = set(held), f"{len(held)} intermediates"
    while True:
        freed = {s for a, b in made if stuck.isdisjoint(b.support) for s in a.support} & stuck
        if not freed:
            break
        stuck -= freed
    if stuck:
        first = min(stuck)
        what = f"{first} stands for {meaning[first]} and never gets on to free signals"
        return Check("release", size, Answer.DIFFERENT, what, what)
    return Check("release", size, Answer.EQUIVALENT, "whatever is held gets on to free signals, given what it meets")


def _between_gates(system: DsdSystem) -> Check:
    """Say what complexes of different gates do to one another; it is part of the system that is checked."""
    mixed = [r for r in system.reactions if r.gate not in {g for e in system.entries for g in e.gates}]
    fine = "none beyond what the gates are meant to do" if not mixed else "they are part of what was checked"
    return Check("cross-talk", f"{len(mixed)} reactions between gates", Answer.EQUIVALENT, fine)


def formal_sides(formal: CRN) -> list[Sides]:
    """Return the formal reactions without names and rates."""
    return list(dict.fromkeys((r.reactants, r.products) for r in formal.reactions if r.reactants != r.products))


def implementation_sides(system: DsdSystem) -> list[Sides]:
    """Return the reactions of a system without fuels and wastes, each once, in the names of the complexes."""
    kept = {e.complex.name for e in system.of_role(Role.SIGNAL, Role.INTERMEDIATE)}
    known: dict[tuple[str, ...], Bag] = {}

    def bag(side: Sequence[Complex]) -> Bag:
        names = tuple(sorted([c.name for c in side if c.name in kept]))
        if names not in known:
            known[names] = Bag.of(*names)
        return known[names]

    made = dict.fromkeys((bag(r.reactants), bag(r.products)) for r in system.reactions)
    return [(a, b) for a, b in made if a != b]


def _judge(signals: Container[Species]) -> Judge:
    """Return what tells good readings of a group from bad ones.

    A reading that is no bisimulation of what the group fires has no merit; one that gives everything back as signals has the
    most, since what stands for A and cannot become A again is lost to the other reactions of A.
    """

    def merit(formal: Sequence[Sides], made: Sequence[Sides], meaning: Mapping[Species, Bag]) -> int:
        if check_bisimulation(formal, made, meaning, limits=GROUP_LIMITS).answer is not Answer.EQUIVALENT:
            return 0
        trivial = _by_reactant([(a, b) for a, b in made if _read(a, meaning) == _read(b, meaning)])
        held = dict.fromkeys(s for a, b in made for s in a.support + b.support if s not in signals and len(meaning[s]))
        free = {s for s, m in meaning.items() if s in signals or not len(m)}
        return BEST if all(_releases(s, trivial, free) for s in held) else BEST - 1

    return merit


def _by_reactant(reactions: Sequence[Sides]) -> dict[Species, list[Sides]]:
    """Index reactions by each of their reactants."""
    index: dict[Species, list[Sides]] = {}
    for sides in reactions:
        for species in sides[0].support:
            index.setdefault(species, []).append(sides)
    return index


def _releases(species: Species, trivial: Mapping[Species, Sequence[Sides]], free: Container[Species]) -> bool:
    """Whether an intermediate becomes signals by itself; looked at as far as `GROUP_LIMITS` says."""
    start = Bag.of(species)
    seen, agenda = {start}, [start]
    while agenda and len(seen) <= GROUP_LIMITS.states:
        state = agenda.pop()
        if all(s in free for s in state.support):
            return True
        moves = [m for s in state.support for m in trivial.get(s, ())]
        for later in (state - a + b for a, b in moves if a <= state):
            if later not in seen:
                seen.add(later)
                agenda.append(later)
    return False


def _read(bag: Bag, meaning: Mapping[Species, Bag]) -> Bag:
    return Bag.of(*(f for s in bag.elements() for f in meaning[s].elements()))

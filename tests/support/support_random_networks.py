"""Random formal networks with implementations that are right by construction, and mutations of them; and a bounded crnverifier.

Every implementation is put together from steps that are known to be right, so that its interpretation is a bisimulation; mutated
ones may or may not be. crnverifier can take exponential time, so that it is asked in a process of its own that is ended when its
time is over.
"""

from __future__ import annotations

import itertools
import multiprocessing
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any, Self, TypeAlias

Names: TypeAlias = tuple[str, ...]
Plain: TypeAlias = tuple[Names, Names]
"""A reaction: names, each as often as it occurs."""


@dataclass
class System:
    """A formal network, an implementation, and what its species stand for.

    Attributes
    ----------
    formal, made : list of Plain
    meaning : dict of str to Names
    features : set of str
        What is in it: variants, catalysts, repeated reactants, shared intermediates, ..
    mutations : list of str
        What was done to it afterwards, in words; empty if it is right by construction.
    """

    formal: list[Plain]
    made: list[Plain] = field(default_factory=list)
    meaning: dict[str, Names] = field(default_factory=dict)
    features: set[str] = field(default_factory=set)
    mutations: list[str] = field(default_factory=list)

    def stands(self, species: str, *formal: str) -> str:
        """Note what a species stands for, and return it."""
        self.meaning[species] = tuple(sorted(formal))
        return species

    def add(self, left: Names, right: Names, *, back: bool = False) -> None:
        """Add a reaction, with its reverse if asked for; those that change nothing at all are left out."""
        a, b = tuple(sorted(left)), tuple(sorted(right))
        if a != b:
            self.made += [(a, b), (b, a)] if back else [(a, b)]

    def finish(self) -> System:
        """Drop what is listed twice and species without a reaction; let every other stand for something, or for nothing."""
        self.made = list(dict.fromkeys(self.made))
        used = dict.fromkeys(s for a, b in self.made for s in a + b)
        self.meaning = {s: self.meaning.get(s, ()) for s in used}
        return self


def random_formal(rng: random.Random) -> list[Plain]:
    """Return two to four reactions of two to four species, none of them idle; catalysts and repeated reactants are common."""
    letters = "ABCD"[: rng.randint(2, 4)]
    found: dict[Plain, None] = {}
    for _ in range(rng.randint(2, 4)):
        left = rng.choices(letters, k=rng.choice((0, 1, 1, 1, 2, 2, 2, 3)))
        if found and rng.random() < 0.3:
            left = list(rng.choice(list(found))[0])  # two ways on from the same reactants
        right = rng.choices(letters, k=rng.choice((0, 1, 1, 2, 2, 3)))
        if left and rng.random() < 0.3:
            right = [rng.choice(left), *right[:2]]
        sides = tuple(sorted(left)), tuple(sorted(right))
        if sides[0] != sides[1]:
            found[sides] = None
    return list(found) or [(("A",), ("B",))]


def right_by_construction(rng: random.Random) -> System:
    """Return a formal network with an implementation whose interpretation is a bisimulation."""
    system = System(random_formal(rng))
    letters = sorted({s for a, b in system.formal for s in a + b})
    carriers = {f: _carriers(rng, system, f) for f in letters}
    shared: dict[Names, str] = {}
    for number, (left, right) in enumerate(system.formal):
        if set(left) & set(right):
            system.features.add("catalysts")
        if len(set(left)) < len(left):
            system.features.add("repeated reactants")
        _gate(rng, system, carriers, shared, number)
    if rng.random() < 0.15:
        system.features.add("wastes")
        at = rng.randrange(len(system.made))
        left, right = system.made[at]
        system.made[at] = (left, tuple(sorted((*right, "waste"))))
        system.add(("waste", "waste"), ("dirt",))
        reverse = (right, left)
        if reverse in system.made:
            system.made.remove(reverse)
            system.made[system.made.index((left, tuple(sorted((*right, "waste")))))] = (left, right)
            system.made.append(reverse)
    return system.finish()


def _carriers(rng: random.Random, system: System, formal: str) -> list[str]:
    """Return the species that all consumers of a formal species take; other variants turn into one of these by themselves."""
    main = system.stands(formal.lower(), formal)
    style = rng.random()
    if style < 0.55:
        return [main]
    system.features.add("variants")
    other = system.stands(f"{main}2", formal)
    if style < 0.8:
        system.add((other,), (main,), back=rng.random() < 0.6)
        return [main]
    return [main, other]


def _gate(
    rng: random.Random, system: System, carriers: dict[str, list[str]], shared: dict[Names, str], number: int
) -> None:
    """Add the reactions that carry out one formal reaction, from every variant of its reactants."""
    left, right = system.formal[number]
    produced = tuple(rng.choice([s for s, m in system.meaning.items() if m == (f,)]) for f in right)
    style = rng.choice(("direct", "early", "late", "steps", "shared", "null"))
    if any(system.meaning[held] == left for held in shared.values()) and rng.random() < 0.7:
        style = "shared"
    for choice, reactants in enumerate(dict.fromkeys(itertools.product(*(carriers[f] for f in left)))):
        tag = f"{number}v{choice}"
        if style == "direct":
            system.add(reactants, produced)
        elif style == "early":
            system.add(reactants, (system.stands(f"o{number}", *right),))
            _release(rng, system, number, produced, right)
        elif style == "late":
            held = system.stands(f"i{tag}", *left)
            system.add(reactants, (held,), back=True)
            system.add((held,), produced)
        elif style == "steps" and left:
            _steps(system, tag, reactants, left, (system.stands(f"o{number}", *right),))
            _release(rng, system, number, produced, right)
        elif style == "shared" and left:
            held = shared.setdefault(reactants, f"s{number}v{choice}")
            if held != f"s{number}v{choice}":
                system.features.add("shared intermediates")
            system.stands(held, *left)
            system.add(reactants, (held,), back=True)
            system.add((held,), produced)
        else:
            system.features.add("null species")
            token = system.stands(f"n{number}")
            system.add((), (token,), back=True)
            system.add((*reactants, *(token for _ in range(1 + number % 2))), produced)


def _steps(system: System, tag: str, reactants: Names, left: Names, out: Names) -> None:
    """Bind the reactants one after the other, each step but the last in both directions."""
    system.features.add("steps")
    before: Names = ()
    for k, reactant in enumerate(reactants):
        if k + 1 == len(reactants):
            system.add((*before, reactant), out)
        else:
            held = system.stands(f"h{tag}_{k}", *left[: k + 1])
            system.add((*before, reactant), (held,), back=True)
            before = (held,)


def _release(rng: random.Random, system: System, number: int, produced: Names, right: Names) -> None:
    """Set the products free, all at once or one after the other."""
    held = f"o{number}"
    if len(produced) < 2 or rng.random() < 0.5:
        system.add((held,), produced)
        return
    for k in range(len(produced) - 1):
        last = k + 2 == len(produced)
        rest = produced[-1] if last else system.stands(f"o{number}_{k}", *right[k + 1 :])
        system.add((held,), (produced[k], rest))
        held = rest


MUTATIONS = (
    "reaction left out",
    "reverse added",
    "product exchanged",
    "reactant exchanged",
    "product lost",
    "species merged",
    "cross-talk",
    "other meaning",
)


def mutated(rng: random.Random, system: System) -> System:
    """Change one or two things that may or may not matter."""
    for _ in range(rng.choice((1, 1, 2))):
        _mutate(rng, system)
    system.made = [(a, b) for a, b in system.made if a != b]
    if not system.made:
        system.made = [(("lonely",), ("lonely", "lonely"))]
    return system.finish()


def _mutate(rng: random.Random, system: System) -> None:
    kind = rng.choice(MUTATIONS)
    at = rng.randrange(len(system.made))
    left, right = system.made[at]
    species = sorted(system.meaning)
    if kind == "reaction left out" and len(system.made) > 1:
        del system.made[at]
    elif kind == "reverse added":
        system.made.append((right, left))
    elif kind == "product exchanged" and right:
        system.made[at] = (left, tuple(sorted((*right[1:], rng.choice(species)))))
    elif kind == "reactant exchanged" and left:
        system.made[at] = (tuple(sorted((*left[1:], rng.choice(species)))), right)
    elif kind == "product lost" and right:
        system.made[at] = (left, right[1:])
    elif kind == "species merged" and len(species) > 1:
        gone, kept = rng.sample(species, 2)
        system.made = [
            (tuple(sorted(kept if s == gone else s for s in a)), tuple(sorted(kept if s == gone else s for s in b)))
            for a, b in system.made
        ]
        del system.meaning[gone]
        kind = f"{gone} merged into {kept}"
    elif kind == "cross-talk":
        one, other = rng.choice(species), rng.choice(species)
        system.made.append(((one,), (other,)) if rng.random() < 0.5 else (tuple(sorted((one, other))), (one,)))
    else:
        letters = sorted({s for a, b in system.formal for s in a + b})
        changed = rng.choice(species)
        system.stands(changed, *rng.choices(letters, k=rng.choice((0, 1, 1, 2))))
        kind = f"other meaning of {changed}"
    system.mutations.append(kind)


def random_case(seed: int) -> System:
    """Return case number `seed`: even ones are right by construction, odd ones mutated."""
    rng = random.Random(f"verify {seed}")
    system = right_by_construction(rng)
    return mutated(rng, system) if seed % 2 else system


# --- crnverifier, bounded -----------------------------------------------------------------------------------------------------


def _answer(channel: Connection) -> None:
    """Answer questions until none comes; runs in a process of its own."""
    import warnings

    warnings.simplefilter("ignore")
    while (question := channel.recv()) is not None:
        try:
            channel.send(_bisimulation(*question) if len(question) == 4 else _basis(*question))
        except Exception as error:  # whatever the oracle stumbles over is an answer to be counted
            channel.send(f"{type(error).__name__}: {error}")


def _bisimulation(formal: list[Plain], made: list[Plain], formals: list[str], meaning: dict[str, Names] | None) -> bool:
    from crnverifier import crn_bisimulation_test

    verdict: bool
    verdict, _ = crn_bisimulation_test(
        [[list(a), list(b)] for a, b in formal],
        [[list(a), list(b)] for a, b in made],
        formals=set(formals),
        interpretation=None if meaning is None else {s: list(m) for s, m in meaning.items()},
        permissive="graphsearch",
    )
    return verdict


def _basis(made: list[Plain], formals: list[str]) -> set[Plain] | None:
    from crnverifier.pathway_decomposition import NoFormalBasisError, get_formal_basis

    try:
        found, _ = get_formal_basis([[list(a), list(b)] for a, b in made], set(formals))
    except NoFormalBasisError:
        return None
    return {(tuple(sorted(a)), tuple(sorted(b))) for a, b in found}


class Oracle:
    """crnverifier's monolithic bisimulation test with a limit of time.

    Attributes
    ----------
    limit_s : float
        For one question.
    """

    def __init__(self, limit_s: float) -> None:
        self.limit_s = limit_s
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._channel, theirs = context.Pipe()
        self._process = context.Process(target=_answer, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()
        self._fresh = True

    def ask(self, system: System, meaning: Mapping[str, Names] | None) -> bool | str:
        """Return its verdict on an interpretation, or, without one, on whether there is any; a text if it gave up.

        The formal species are those of the formal reactions; species without a reaction are not shown to it.
        """
        used = {s for a, b in system.made for s in a + b}
        formals = sorted({s for a, b in system.formal for s in a + b})
        shown = None if meaning is None else {s: m for s, m in meaning.items() if s in used}
        answer: bool | str = self._put((system.formal, system.made, formals, shown))
        return answer

    def basis(self, made: list[Plain], formals: list[str]) -> set[Plain] | str | None:
        """Return the formal basis that it finds, None if there is none; a text if it gave up."""
        answer: set[Plain] | str | None = self._put((made, formals))
        return answer

    def _put(self, question: tuple[object, ...]) -> Any:
        self._channel.send(question)
        if self._channel.poll(self.limit_s + (30.0 if self._fresh else 0.0)):
            self._fresh = False
            return self._channel.recv()
        self._process.terminate()
        self._process.join()
        self._start()
        return "out of time"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._channel.send(None)
        self._process.join(5)
        if self._process.is_alive():
            self._process.terminate()
            self._process.join()


def counted(features: list[set[str]]) -> Counter[str]:
    """Count in how many cases each feature occurs."""
    return Counter(f for found in features for f in found)

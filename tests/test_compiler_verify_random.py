"""The checker and the search on random networks, against crnverifier's monolithic test and against what was built in.

Half of the networks are right by construction, which is a truth of its own; the other half are mutated. Two questions are asked of
each: is the interpretation a bisimulation, and is there any? A sample is part of the suite; `run_study` goes through all of them
and writes what it finds.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field

import pytest
from support_random_networks import Oracle, System, counted, random_case
from support_studies import write_table

from compiler.verify.bisimulation import Limits, check_bisimulation
from compiler.verify.search import SearchLimits, search
from compiler.verify.verdict import Answer
from crn.network import Bag

CASES = 2400
SEARCHED = 600
LIMITS = Limits(states=3000)
SEARCH = SearchLimits(nodes=20_000, better=3, permissive=Limits(states=2000, starts=2000, gaps=1))


def bags(system: System) -> tuple[list[tuple[Bag, Bag]], list[tuple[Bag, Bag]], dict[str, Bag]]:
    """Return a system as the checker takes it."""
    sides = [[(Bag.of(*a), Bag.of(*b)) for a, b in part] for part in (system.formal, system.made)]
    return sides[0], sides[1], {s: Bag.of(*m) for s, m in system.meaning.items()}


def given(system: System) -> Answer:
    """Ask the checker about the interpretation."""
    formal, made, meaning = bags(system)
    return check_bisimulation(formal, made, meaning, limits=LIMITS).answer


def found(system: System) -> tuple[Answer, dict[str, tuple[str, ...]] | None]:
    """Ask the search whether there is an interpretation, and for one."""
    formal, made, _ = bags(system)
    result = search(formal, made, limits=SEARCH)
    if result.interpretations:
        return Answer.EQUIVALENT, {s: m.elements() for s, m in result.interpretations[0].items()}
    return (Answer.DIFFERENT if result.none else Answer.UNDECIDED), None


@dataclass
class Study:
    """What came out: how often which pair of answers, and every disagreement."""

    count: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    disagreements: list[dict[str, object]] = field(default_factory=list)
    features: list[set[str]] = field(default_factory=list)
    contradicted: list[int] = field(default_factory=list)
    """Cases where crnverifier finds no interpretation, and says of the one found here that it is right."""

    def add(self, seed: int, oracle: Oracle, *, searched: bool) -> None:
        """Put the questions about one case to both sides."""
        system = random_case(seed)
        self.features.append(system.features)
        half = "mutated" if system.mutations else "right"
        mine, theirs = given(system), oracle.ask(system, system.meaning)
        self.count[f"{half}, given", mine.word, str(theirs)[:40]] += 1
        if differ(mine, theirs) or (half == "right" and mine is Answer.DIFFERENT):
            self.note(seed, "given", system, mine, theirs)
        if not searched:
            return
        mine, meaning = found(system)
        theirs = oracle.ask(system, None)
        self.count[f"{half}, searched", mine.word, str(theirs)[:40]] += 1
        if differ(mine, theirs) or (half == "right" and mine is Answer.DIFFERENT):
            # A search that finds nothing is contradicted by its own check of what was found here.
            if meaning is not None and oracle.ask(system, meaning) is True:
                self.contradicted.append(seed)
            else:
                self.note(seed, "searched", system, mine, theirs)

    def note(self, seed: int, question: str, system: System, mine: Answer, theirs: bool | str) -> None:
        """Keep a disagreement."""
        case = {"formal": system.formal, "made": system.made, "meaning": system.meaning, "mutations": system.mutations}
        self.disagreements.append(
            {"seed": seed, "question": question, "here": mine.word, "crnverifier": str(theirs), **case}
        )

    def table(self) -> dict[str, object]:
        """Return the counts as they are written to a file."""
        return {
            "counts": {" | ".join(key): n for key, n in sorted(self.count.items())},
            "features": dict(sorted(counted(self.features).items())),
            "crnverifier against itself": self.contradicted,
            "disagreements": self.disagreements,
        }

    def decided(self, question: str) -> int:
        """Return in how many cases both sides had an answer."""
        answers = {("equivalent", "True"), ("equivalent", "False"), ("different", "True"), ("different", "False")}
        return sum(n for (q, *pair), n in self.count.items() if q.endswith(question) and tuple(pair) in answers)


def differ(mine: Answer, theirs: bool | str) -> bool:
    """Whether both sides have an answer, and not the same."""
    return not isinstance(theirs, str) and mine is not Answer.UNDECIDED and theirs != (mine is Answer.EQUIVALENT)


def run_study(seeds: range, limit_s: float, *, searched: bool) -> Study:
    """Compare on many cases."""
    study = Study()
    with Oracle(limit_s) as oracle:
        for seed in seeds:
            study.add(seed, oracle, searched=searched)
    return study


def test_a_sample_of_random_networks() -> None:
    study = run_study(range(100), 5.0, searched=False)
    assert not study.disagreements, json.dumps(study.disagreements[0])
    assert study.decided("given") >= 95
    kinds = {(half.split(",")[0], here) for half, here, _ in study.count}
    assert {("right", "equivalent"), ("mutated", "equivalent"), ("mutated", "different")} <= kinds
    assert set(counted(study.features)) >= {"variants", "catalysts", "repeated reactants", "shared intermediates"}


def test_a_sample_of_searches() -> None:
    study = run_study(range(16), 0.5, searched=True)
    assert not study.disagreements, json.dumps(study.disagreements[0])


@pytest.mark.slow
def test_all_random_networks() -> None:
    study = run_study(range(CASES), 20.0, searched=False)
    write_table("verify-random", study.table())
    assert not study.disagreements, json.dumps(study.disagreements[0])
    assert study.decided("given") >= 0.95 * CASES


@pytest.mark.slow
def test_many_searches() -> None:
    """Without an interpretation crnverifier often stumbles or takes exponential time; where it answers, both agree."""
    study = run_study(range(SEARCHED), 2.0, searched=True)
    write_table("verify-random-searched", study.table())
    assert not study.disagreements, json.dumps(study.disagreements[0])
    assert study.decided("searched") >= 0.4 * SEARCHED

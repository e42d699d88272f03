"""Whether two sets of complexes are the same but for the names of their domains.

Domains are coloured by where they occur until nothing tells more of them apart; where several look alike, one pair is tried after
the other. A renaming that is found is carried out and compared, so that the answer does not rest on the colours.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from dsd.complexes import UNPAIRED, Complex
from dsd.domains import Domain

Labelled: TypeAlias = tuple[str, Complex]
"""A complex with what it is: complexes with different labels are never exchanged for one another."""

_Colours: TypeAlias = dict[Domain, int]
_MOST_TRIALS = 1000


def renaming(first: Sequence[Labelled], second: Sequence[Labelled]) -> Mapping[Domain, Domain] | None:
    """Return a renaming of unstarred domains that turns one list of complexes into the other, or None if there is none.

    Parameters
    ----------
    first, second : sequence of (str, Complex)
        Order and names of the complexes do not matter.

    Raises
    ------
    RuntimeError
        If the complexes are so symmetric that the search was given up.
    """
    return _Comparison(first, second).run()


@dataclass
class _Comparison:
    first: Sequence[Labelled]
    second: Sequence[Labelled]
    numbers: dict[object, int] = field(default_factory=dict)
    trials: int = 0

    def run(self) -> Mapping[Domain, Domain] | None:
        return self._match(self._start(self.first), self._start(self.second))

    def _number(self, what: object) -> int:
        """Return the same number for equal things, on both sides."""
        return self.numbers.setdefault(what, len(self.numbers))

    def _start(self, listed: Sequence[Labelled]) -> _Colours:
        return {unstarred(d): self._number(("length", d.length)) for _, c in listed for d in c.domains}

    def _match(self, mine: _Colours, theirs: _Colours) -> Mapping[Domain, Domain] | None:
        self.trials += 1
        if self.trials > _MOST_TRIALS:
            raise RuntimeError("too symmetric to be compared")
        mine, theirs = self._refined(self.first, mine), self._refined(self.second, theirs)
        if Counter(mine.values()) != Counter(theirs.values()):
            return None
        classes: dict[int, list[Domain]] = {}
        for domain, colour in theirs.items():
            classes.setdefault(colour, []).append(domain)
        double = next((d for d, colour in mine.items() if len(classes[colour]) > 1), None)
        if double is None:
            found = {d: classes[colour][0] for d, colour in mine.items()}
            turned = Counter((label, c.renamed(found)) for label, c in self.first)
            return found if turned == Counter(self.second) else None
        for other in classes[mine[double]]:
            single = self._number(("chosen", self.trials, mine[double]))
            answer = self._match({**mine, double: single}, {**theirs, other: single})
            if answer is not None:
                return answer
        return None

    def _refined(self, listed: Sequence[Labelled], colours: _Colours) -> _Colours:
        """Tell domains apart by what they are next to, until there are no more kinds of them."""
        while True:
            seen: dict[Domain, list[tuple[int, int]]] = {d: [] for d in colours}
            for label, item in listed:
                code, order = _coloured(item, colours)
                number = self._number((label, code))
                for place, domain in enumerate(order):
                    seen[unstarred(domain)].append((number, place))
            finer = {d: self._number((colours[d], tuple(sorted(places)))) for d, places in seen.items()}
            if len(set(finer.values())) == len(set(colours.values())):
                return finer
            colours = finer


def unstarred(domain: Domain) -> Domain:
    """Return a domain without its star."""
    return ~domain if domain.star else domain


def _coloured(item: Complex, colours: _Colours) -> tuple[object, tuple[Domain, ...]]:
    """Return a complex in colours, in the rotation that is least in colours, and its domains in that order."""
    best: tuple[tuple[object, ...], tuple[Domain, ...]] | None = None
    start, total = 0, len(item.pairs)
    for number, strand in enumerate(item.strands):
        order = item.domains[start:] + item.domains[:start]
        pairs = tuple(p if p == UNPAIRED else (p - start) % total for p in item.pairs[start:] + item.pairs[:start])
        lengths = tuple(len(s) for s in item.strands[number:] + item.strands[:number])
        code = (tuple((colours[unstarred(d)], d.star) for d in order), pairs, lengths)
        if best is None or code < best[0]:
            best = (code, order)
        start += len(strand)
    assert best is not None, "a complex has a strand"
    return best

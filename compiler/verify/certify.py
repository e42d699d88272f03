"""Making certificates: how what is held is released and how reactions fire, gate by gate, and one gate for each shape.

Gates whose reactions differ in names only have the same paths, so that each shape is searched once and the others are renamed. What
a gate cannot do by itself is looked for in the whole network, and a search that comes to its end without a path is a
counterexample. Nothing here is trusted: `compiler.verify.certificate` replays what comes out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import prod

from compiler.verify.certificate import Certificate, Claim, Path, Side, Sides, Tube, side
from compiler.verify.checker import carriers_of, minimal_states
from compiler.verify.paths import AllSafe, Fires, Move, Net, search_path
from crn.network import Species


@dataclass(frozen=True, slots=True)
class Limits:
    """How far paths are looked for before the answer is `UNDECIDED`."""

    states: int = 20_000
    """States visited from one starting state."""
    starts: int = 20_000
    """Starting states for one formal reaction."""
    gaps: int = 20
    """Starting states without a path, after which no more are looked for."""


LIMITS = Limits()
"""Where nothing else is said."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A formal reaction that does not fire from a state that stands for its reactants, as far as is known.

    Attributes
    ----------
    formal : int
    start : Side
        Empty where there are too many states to look at.
    settled : bool
        Whether the search came to its end, so that there is no path; else a limit ended it.
    reason : str
        Which limit; empty if it is settled.
    """

    formal: int
    start: Side
    settled: bool
    reason: str = ""


@dataclass(frozen=True)
class Draft:
    """A certificate, and where it has gaps.

    Attributes
    ----------
    certificate : Certificate
    gaps : tuple of Gap
        The settled ones first, the smallest states first.
    kept : tuple of (Species, bool)
        Those that stand for something, are not free signals and are not released, with whether the search came to its end.
    """

    certificate: Certificate
    gaps: tuple[Gap, ...]
    kept: tuple[tuple[Species, bool], ...] = ()


def certify(
    claim: Claim, signals: Iterable[Species] | None = None, tube: Tube | None = None, limits: Limits = LIMITS
) -> Draft:
    """Make a certificate.

    Parameters
    ----------
    claim : Claim
    signals : iterable of Species, optional
        From which reactions are to fire; by default all that stand for a single formal species.
    tube : Tube, optional
        Goes into the certificate as it is.
    limits : Limits
    """
    free = {s for s, m in claim.meaning.items() if len(m) == 1} if signals is None else set(signals)
    net = Net.of(claim)
    release: dict[Species, Path] = {}
    fire: dict[tuple[int, Side], Path] = {}
    known: dict[object, _Local] = {}
    for group in _groups(claim, net, free):
        local = known.get(group.shape)
        if local is None:
            local = known[group.shape] = _solve(claim, net, group, free, limits)
        for number, path in local.release:
            release.setdefault(group.names[number], tuple([group.places[k] for k in path]))
        for formal, start, path in local.fire:
            place = claim.firing[claim.formal[group.formal[formal]]]
            fire[place, tuple(sorted([group.names[n] for n in start]))] = tuple([group.places[k] for k in path])
    kept = _release_the_rest(claim, net, free, release, limits)
    gaps = _fire_the_rest(claim, net, claim.relevant - release.keys(), fire, limits)
    ordered = sorted(gaps, key=lambda g: (not g.settled, len(g.start), g.formal, g.start))
    return Draft(Certificate(claim, atoms_of(claim, free), tuple(release.items()), fire, tube), tuple(ordered), kept)


def atoms_of(claim: Claim, preferred: Collection[Species] = ()) -> dict[Species, Species]:
    """Return for every formal species a species that stands for it alone, as far as there is one."""
    found: dict[Species, Species] = {}
    for s in sorted(claim.relevant, key=lambda s: (s not in preferred, s)):
        m = claim.meaning[s]
        if len(m) == 1:
            found.setdefault(m[0], s)
    return {f: found[f] for f in sorted(claim.species) if f in found}


@dataclass(frozen=True, slots=True)
class _Group:
    """The reactions of one gate.

    Attributes
    ----------
    places : list of int
        Of its reactions.
    formal : list of int
        The formal reactions it is to carry out.
    names : list of Species
        In the order in which they are met.
    shape : object
        Equal for groups that differ in names only.
    """

    places: list[int]
    formal: list[int]
    names: list[Species]
    shape: object


@dataclass(frozen=True, slots=True)
class _Local:
    """The paths of one shape: species by their number, reactions by their place in the group."""

    release: list[tuple[int, Path]]
    fire: list[tuple[int, tuple[int, ...], Path]]


def _groups(claim: Claim, net: Net, free: set[Species]) -> list[_Group]:
    formal: dict[str, list[int]] = {}
    for k, gate in enumerate(claim.gates):
        formal.setdefault(gate, []).append(k)
    places: dict[str, list[int]] = {}
    for k, owner in enumerate(claim.owners):
        places.setdefault(owner, []).append(k)
    return [_group(claim, net, free, mine, formal.get(owner, [])) for owner, mine in places.items()]


def _group(claim: Claim, net: Net, free: set[Species], places: list[int], formal: list[int]) -> _Group:
    number: dict[Species, int] = {}
    letter: dict[Species, int] = {}

    def numbers(state: Side) -> tuple[int, ...]:
        return tuple([number.setdefault(s, len(number)) for s in state])

    def letters(state: Side) -> tuple[int, ...]:
        return tuple([letter.setdefault(f, len(letter)) for f in state])

    code = [(numbers(a), numbers(b)) for a, b in (net.sides[k] for k in places)]
    names = list(number)
    meant = [(s in free, letters(claim.meaning[s])) for s in names]
    wanted = [tuple(letters(x) for x in claim.formal[k]) for k in formal]
    return _Group(places, formal, names, (tuple(code), tuple(meant), tuple(wanted)))


def _solve(claim: Claim, net: Net, group: _Group, free: set[Species], limits: Limits) -> _Local:
    """Find the paths of a gate by its own reactions."""
    number = {s: n for n, s in enumerate(group.names)}
    moves: dict[Species | None, list[Move]] = {}
    targets: dict[Sides, list[tuple[int, Side]]] = {}
    for at, k in enumerate(group.places):
        (a, b), read = net.sides[k], claim.readings[k]
        if read[0] == read[1]:
            moves.setdefault(a[0] if a else None, []).append((at, a, b))
        elif read in claim.firing:
            targets.setdefault(read, []).append((at, a))
    most = min(limits.states, 2000)
    release = []
    for s in group.names:
        if s not in free and s in claim.relevant:
            path, _ = search_path((s,), moves, AllSafe(claim.relevant, free), most)
            if path is not None:
                release.append((number[s], path))
    fire = []
    held = {number_ for number_, _ in release}
    local = carriers_of(claim, (s for s in group.names if s in claim.relevant and number[s] not in held))
    for at, k in enumerate(group.formal):
        ends = targets.get(claim.formal[k], [])
        few = _at_most(claim.formal[k][0], local) <= limits.starts
        for start in minimal_states(claim.formal[k][0], local, claim.meaning) if ends and few else ():
            path, _ = search_path(start, moves, Fires(ends), most)
            if path is not None:
                fire.append((at, tuple([number[s] for s in start]), path))
    return _Local(release, fire)


def _at_most(wanted: Side, carriers: Mapping[Species, Sequence[Species]]) -> int:
    """Return how many minimal states there are at most."""
    return prod(len(carriers.get(f, ())) for f in wanted)


def _release_the_rest(
    claim: Claim, net: Net, free: set[Species], release: dict[Species, Path], limits: Limits
) -> tuple[tuple[Species, bool], ...]:
    """Release by the whole network what its gate alone does not release, as far as that is possible; return what is not."""
    most = min(limits.states, 2000)
    left = {s: True for s in sorted(claim.relevant) if s not in free and s not in release}
    safe = free | release.keys()
    found = True
    while found and left:
        found = False
        for s in list(left):
            path, left[s] = net.path((s,), AllSafe(claim.relevant, safe), most)
            if path is not None:
                release[s] = path
                safe.add(s)
                del left[s]
                found = True
    return tuple(left.items())


def _fire_the_rest(
    claim: Claim, net: Net, terminal: frozenset[Species], fire: dict[tuple[int, Side], Path], limits: Limits
) -> list[Gap]:
    """Find by the whole network what the gates alone do not show; return what is not found."""
    gaps: list[Gap] = []
    carriers = carriers_of(claim, terminal)
    for formal, place in claim.firing.items():
        many = _at_most(formal[0], carriers) > 10 * limits.starts
        starts = [] if many else minimal_states(formal[0], carriers, claim.meaning)
        if many or len(starts) > limits.starts:
            gaps.append(Gap(place, (), False, f"more than {limits.starts} states stand for {side(formal[0])}"))
            starts = starts[: limits.starts]
        for start in starts:
            if (place, start) in fire:
                continue
            path, settled = net.path(start, net.firing(formal), limits.states)
            if path is not None:
                fire[place, start] = path
                continue
            gaps.append(Gap(place, start, settled, "" if settled else f"{limits.states} states did not settle it"))
            if len(gaps) >= limits.gaps:
                return gaps
    return gaps

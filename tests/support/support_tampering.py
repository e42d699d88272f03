"""Tampering with certificates: each kind changes a file so that what it says is no longer proved by it.

The edits are made on the JSON of a certificate, as anybody could make them. Edits that leave a proof a proof are not among them: a
path through other reactions, a species of which nobody asks anything, step rules that make no difference to the complexes at hand.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

Block: TypeAlias = dict[str, Any]
Edit: TypeAlias = Callable[[Block, random.Random], bool]
"""Changes the certificate of an implementation in place; returns whether it could."""


def _paths(block: Block) -> list[list[int]]:
    return [e[-1] for e in (*block["release"], *block["fire"]) if e[-1]]


def _reactants(block: Block) -> set[str]:
    return {f for a, _, _ in block["formal_reactions"] for f in a}


def _wanted(block: Block) -> set[int]:
    """Return the species that stand for a reactant of a formal reaction."""
    asked = _reactants(block)
    return {i for i, *m in block["interpretation"] if asked.intersection(m)}


def step_left_out(block: Block, rng: random.Random) -> bool:
    """Leave out a step of a firing path, or the first of a release; after the first what is held may be safe already."""
    if rng.random() < 0.5 or not block["release"]:
        path = rng.choice(block["fire"])[-1]
        del path[rng.randrange(len(path))]
    else:
        del rng.choice(block["release"])[-1][0]
    return True


def step_exchanged(block: Block, rng: random.Random) -> bool:
    """Put a reaction in the place of another that does something else."""
    path = rng.choice(_paths(block))
    at = rng.randrange(len(path))
    used = block["reactions"][path[at]]
    others = [k for k, r in enumerate(block["reactions"]) if sorted(r[0]) != sorted(used[0])]
    path[at] = rng.choice(others)
    return True


def step_twice(block: Block, rng: random.Random) -> bool:
    """Let the last step of a firing path happen twice: before the last nothing may be done."""
    if not block["fire"]:
        return False
    path = rng.choice(block["fire"])[-1]
    path.append(path[-1])
    return True


def release_left_out(block: Block, rng: random.Random) -> bool:
    entries = [e for e in block["release"] if e[0] in _wanted(block)]
    if not entries:
        return False
    block["release"].remove(rng.choice(entries))
    return True


def release_of_another(block: Block, rng: random.Random) -> bool:
    """Say of a signal that it is released by the path of an intermediate."""
    if not block["release"]:
        return False
    held = {e[0] for e in block["release"]}
    signals = [i for i, *_ in block["interpretation"] if i not in held]
    block["release"].append([rng.choice(signals), rng.choice(block["release"])[1]])
    return True


def fire_left_out(block: Block, rng: random.Random) -> bool:
    if not block["fire"]:
        return False
    del block["fire"][rng.randrange(len(block["fire"]))]
    return True


def fire_from_elsewhere(block: Block, rng: random.Random) -> bool:
    """Say of a path that it starts from another state."""
    if not block["fire"]:
        return False
    entry = rng.choice(block["fire"])
    entry[1] = [rng.randrange(len(block["complexes"])) for _ in range(len(entry[1]) + 1)]
    return True


def meaning_changed(block: Block, rng: random.Random) -> bool:
    entry = rng.choice(block["interpretation"])
    others = [f for f in block["formal_species"] if [f] != entry[1:]]
    entry[1:] = rng.choice([[*entry[1:], rng.choice(block["formal_species"])], [rng.choice(others)] if others else []])
    return True


def meaning_left_out(block: Block, rng: random.Random) -> bool:
    del block["interpretation"][rng.randrange(len(block["interpretation"]))]
    return True


def meaning_invented(block: Block, rng: random.Random) -> bool:
    """Let a waste that a formal reaction leaves stand for something."""
    meant = {i for i, *_ in block["interpretation"]}
    made = {i for _, b, _ in block["reactions"] for i in b} - meant - set(block["fuels"])
    if not made:
        return False
    block["interpretation"].append([rng.choice(sorted(made)), rng.choice(block["formal_species"])])
    return True


def reaction_left_out(block: Block, rng: random.Random) -> bool:
    """Leave a reaction out that no path needs, or one that a path does."""
    k = rng.randrange(len(block["reactions"]))
    del block["reactions"][k]
    for path in _paths(block):
        path[:] = [p - (p > k) for p in path]
    return True


def reaction_added(block: Block, rng: random.Random) -> bool:
    """Add a reaction that changes nothing, from and to what stands for the same."""
    by_meaning: dict[tuple[str, ...], list[int]] = {}
    for i, *m in block["interpretation"]:
        by_meaning.setdefault(tuple(m), []).append(i)
    pairs = [g for g in by_meaning.values() if len(g) > 1]
    if not pairs:
        return False
    a, b = rng.sample(rng.choice(pairs), 2)
    if any(r[:2] == [[a], [b]] for r in block["reactions"]):
        return False
    block["reactions"].append([[a], [b], "r1"])
    return True


def reaction_changed(block: Block, rng: random.Random) -> bool:
    entry = rng.choice(block["reactions"])
    side = rng.choice([part for part in entry[:2] if part])
    at = rng.randrange(len(side))
    side[at] = rng.choice([i for i in range(len(block["complexes"])) if i != side[at]])
    return True


def formal_left_out(block: Block, rng: random.Random) -> bool:
    k = rng.randrange(len(block["formal_reactions"]))
    del block["formal_reactions"][k]
    block["fire"] = [[f - (f > k), *rest] for f, *rest in block["fire"] if f != k]
    return True


def formal_changed(block: Block, rng: random.Random) -> bool:
    entry = rng.choice(block["formal_reactions"])
    entry[rng.randrange(2)].append(rng.choice(block["formal_species"]))
    return True


def atom_of_another(block: Block, rng: random.Random) -> bool:
    name = rng.choice(sorted(block["atoms"]))
    good = {i for i, *m in block["interpretation"] if m == [name]}
    block["atoms"][name] = rng.choice([i for i in range(len(block["complexes"])) if i not in good])
    return True


def fuel_kept_back(block: Block, rng: random.Random) -> bool:
    """Say of a fuel that it is not put into the tube."""
    block["initial"].remove(rng.choice(block["fuels"]))
    return True


def intermediate_as_fuel(block: Block, rng: random.Random) -> bool:
    """Say of what stands for something that it is always there."""
    chosen = rng.choice(block["interpretation"])[0]
    block["fuels"].append(chosen)
    return True


def domain_exchanged(block: Block, rng: random.Random) -> bool:
    """Write another domain in the place of one that is free, in a fuel."""
    names = sorted(block["domains_nt"])
    entry = block["complexes"][rng.choice(block["fuels"])]
    words = entry[1].split()
    free = [n for n, w in enumerate(words) if w.rstrip("*") in names]
    if not free:
        return False
    at = rng.choice(free)
    word = words[at]
    words[at] = rng.choice([n for n in names if n != word.rstrip("*")]) + ("*" if word.endswith("*") else "")
    entry[1] = " ".join(words)
    return True


def complex_left_out(block: Block, rng: random.Random) -> bool:
    """Leave a complex out of the list, with all that is said of it."""
    gone = rng.choice([i for i, *_ in block["interpretation"]])

    def moved(listed: list[int]) -> list[int]:
        return [i - (i > gone) for i in listed if i != gone]

    del block["complexes"][gone]
    block["initial"], block["fuels"] = moved(block["initial"]), moved(block["fuels"])
    block["interpretation"] = [[i - (i > gone), *m] for i, *m in block["interpretation"] if i != gone]
    kept = [k for k, (a, b, _) in enumerate(block["reactions"]) if gone not in a + b]
    number = {k: n for n, k in enumerate(kept)}
    block["reactions"] = [[moved(a), moved(b), o] for a, b, o in (block["reactions"][k] for k in kept)]
    block["atoms"] = {f: i - (i > gone) for f, i in block["atoms"].items() if i != gone}
    for part in ("release", "fire"):
        block[part] = [e for e in block[part] if all(k in number for k in e[-1])]
        for e in block[part]:
            e[-1] = [number[k] for k in e[-1]]
    block["release"] = [[i - (i > gone), p] for i, p in block["release"] if i != gone]
    block["fire"] = [[k, moved(start), p] for k, start, p in block["fire"] if gone not in start]
    return True


def toeholds_that_hold(block: Block, rng: random.Random) -> bool:
    """Let no helix open by itself, or allow no complex of two strands."""
    block["step_rules"][rng.choice(["release_cutoff", "max_complex_strands"])] = rng.choice([0, 1])
    return True


EDITS: tuple[Edit, ...] = (
    step_left_out,
    step_exchanged,
    step_twice,
    release_left_out,
    release_of_another,
    fire_left_out,
    fire_from_elsewhere,
    meaning_changed,
    meaning_left_out,
    meaning_invented,
    reaction_left_out,
    reaction_added,
    reaction_changed,
    formal_left_out,
    formal_changed,
    atom_of_another,
    fuel_kept_back,
    intermediate_as_fuel,
    domain_exchanged,
    complex_left_out,
    toeholds_that_hold,
)
"""Every kind."""


def tampered(certificate: Mapping[str, Any], edit: Edit, rng: random.Random) -> Block | None:
    """Return a certificate with one edit of its implementation, or None where there is nothing to edit."""
    changed = copy.deepcopy(dict(certificate))
    if not edit(changed["implementation"], rng) or changed == certificate:
        return None
    return changed

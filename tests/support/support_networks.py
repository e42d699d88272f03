"""Networks in a line of text, and random ones: something like an implementation of a formal network, often with a fault."""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import TypeAlias

from crn.network import Bag

Names: TypeAlias = tuple[str, ...]
Plain: TypeAlias = tuple[Names, Names]
"""A reaction as crnverifier and the naive search take it: names, with repetitions."""


def reactions(text: str) -> list[Plain]:
    """Read ``A + B -> C; C -> ``."""
    found = []
    for part in filter(str.strip, text.split(";")):
        left, right = (tuple(n.strip() for n in side.split("+") if n.strip()) for side in part.split("->"))
        found.append((left, right))
    return found


def bags(sides: Iterable[Plain]) -> list[tuple[Bag, Bag]]:
    """Return reactions as the verifier takes them."""
    return [(Bag.of(*a), Bag.of(*b)) for a, b in sides]


def random_system(rng: random.Random) -> tuple[list[Plain], list[Plain], dict[str, Names]]:
    """Return a formal network, something like an implementation of it, and its interpretation, often with a fault.

    Formal reactions have up to two reactants and products, repeated and catalytic ones included; implementations have variants of
    signals, intermediates that commit early or late, null species that loop or are used up, and wastes.
    """
    letters = "ABC"[: rng.randint(1, 3)]
    formal: list[Plain] = []
    while not formal or {s for a, b in formal for s in a + b} != set(letters):
        sides = [tuple(sorted(rng.choices(letters, k=rng.choice((0, 1, 1, 2, 2))))) for _ in range(2)]
        if sides[0] != sides[1] and (sides[0], sides[1]) not in formal:
            formal.append((sides[0], sides[1]))
        if len(formal) > 3:
            formal.pop(0)
    meaning: dict[str, Names] = {}
    made: list[Plain] = []
    for f in letters:
        meaning[f.lower()] = (f,)
        if rng.random() < 0.4:
            meaning[f"{f.lower()}2"] = (f,)
            made += [((f"{f.lower()}2",), (f.lower(),)), ((f.lower(),), (f"{f.lower()}2",))][: rng.choice((1, 2, 2))]
    for number, (left, right) in enumerate(formal):
        a, b = tuple(x.lower() for x in left), tuple(x.lower() for x in right)
        style = rng.choice(("direct", "early", "late", "bound", "null"))
        i, n = f"i{number}", f"n{number}"
        if style == "direct":
            made.append((a, b))
        elif style == "early":
            meaning[i] = right
            made += [(a, (i,)), ((i,), b)]
        elif style == "late":
            meaning[i] = left
            made += [(a, (i,)), ((i,), b)] + ([((i,), a)] if rng.random() < 0.7 else [])
        elif style == "bound" and a:
            meaning[i] = left[:1]
            made += [(a[:1], (i,)), ((i, *a[1:]), b)] + ([((i,), a[:1])] if rng.random() < 0.7 else [])
        else:
            meaning[n] = ()
            made += [(a, (*a, n))] if rng.random() < 0.5 else [((), (n,)), ((n,), ())]
            made.append(((*a, *[n] * rng.randint(1, 2)), b))
        if rng.random() < 0.3:
            meaning[f"w{number}"] = ()
            made = [(x, (*y, f"w{number}") if x == a else y) for x, y in made]
    for _ in range(rng.choice((0, 1, 1, 2))):
        spoil(rng, made, meaning, letters)
    made = [(x, y) for x, y in made if sorted(x) != sorted(y)] or [(("lonely",), ("lonely", "lonely"))]
    for s in {s for x, y in made for s in x + y}:
        meaning.setdefault(s, ())
    return formal, made, meaning


def spoil(rng: random.Random, made: list[Plain], meaning: dict[str, Names], letters: str) -> None:
    """Change something that may or may not matter."""
    at, what = rng.randrange(len(made)), rng.randrange(5)
    left, right = made[at]
    species = sorted(meaning)
    if what == 0:
        del made[at]
        if not made:
            made.append((left, right))
    elif what == 1:
        made.append((right, left))
    elif what == 2:
        made[at] = (left, (*right[1:], rng.choice(species)))
    elif what == 3:
        meaning[rng.choice(species)] = tuple(sorted(rng.choices(letters, k=rng.choice((0, 1, 1, 2)))))
    else:
        one, other = rng.sample(species, 2) if len(species) > 1 else (species[0], species[0])
        made.append(((one,), (other,)))


def chain(n: int) -> str:
    """Return a chain of n reactions of two reactants and two products."""
    return "; ".join(f"A{k} + B{k} -> A{k + 1} + C{k}" for k in range(n))


def learning(n: int) -> str:
    """Return a dual-rail learning network of n inputs: catalysts that write an output, an error that writes parameters."""
    listed = []
    for k in range(n):
        for sign in "pn":
            listed.append(f"Xp{k} + U{sign}{k} -> Xp{k} + U{sign}{k} + Y{sign}")
            listed.append(f"E{sign} + Xp{k} -> E{sign} + Xp{k} + U{sign}{k}")
        listed.append(f"Up{k} + Un{k} ->")
    return "; ".join([*listed, "Yp + Yn ->"])

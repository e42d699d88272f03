"""Translates with the evaluator under test, and hands the result over as objects that look like Nuskell's.

Domains get other names and complexes another rotation, so that whatever compares the two has something to do. A scheme whose
name begins with ``wrong`` loses a fuel; one that begins with ``broken`` ends the program, as Nuskell's own ``abort`` does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from crn.text import parse_crn
from dsd.complexes import Complex as Drawn
from dsd.nuskell import translate as translate_here


@dataclass
class Domain:
    name: str
    length: int


@dataclass
class Complex:
    name: str
    sequence: Iterator[Domain | str]
    structure: Iterator[str]


def _handed_over(item: Drawn, name: str) -> Complex:
    start = len(item.strands[0]) if len(item.strands) > 1 else 0
    total = len(item.pairs)
    strands = item.strands[1:] + item.strands[:1]
    pairs = [(p - start) % total if p >= 0 else -1 for p in item.pairs[start:] + item.pairs[:start]]
    sequence: list[Domain | str] = []
    structure: list[str] = []
    at = 0
    for number, strand in enumerate(strands):
        if number:
            sequence.append("+")
            structure.append("+")
        for domain in strand:
            kind = "h" if domain.name.startswith("h") else "x"
            sequence.append(Domain(f"{kind}{domain.name[1:]}9{'*' * domain.star}", domain.length))
            structure.append("." if pairs[at] < 0 else "(" if pairs[at] > at else ")")
            at += 1
    return Complex(name, iter(sequence), iter(structure))


def translate(input_crn: str, ts_file: str, modular: bool = False) -> tuple[dict[str, Complex], list[object]]:
    if Path(ts_file).name.startswith("broken"):
        raise SystemExit("EXIT: not today")
    if modular:
        raise NotImplementedError("the stand-in translates the whole")
    crn = parse_crn(input_crn).crn
    made = translate_here(crn, Path(ts_file).read_text(), ts_file)
    fuels = made.fuels[1:] if Path(ts_file).name.startswith("wrong") else made.fuels
    solution = {s.species: _handed_over(s.complex, s.species) for s in made.signals}
    solution |= {f"f{i}": _handed_over(f.complex, f"f{i}") for i, f in enumerate(fuels, 1)}
    return solution, []

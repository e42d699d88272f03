"""Where scheme files come from: paths, and the library of an installed Nuskell; and Nuskell's own translation, for comparison.

The library is found without running Nuskell; only `translate_by_nuskell` does that. Everything that is foreign about its objects
stays here.
"""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path
from typing import Any

from crn.diagnostics import CircuitError, Diagnostic
from crn.network import CRN, Reaction, Species
from crn.quantities import nearest
from crn.text import read_text_file
from dsd.complexes import Complex
from dsd.domains import Domain
from dsd.nuskell.translation import FormalSignal, Translation
from dsd.nuskell.tree import Place
from dsd.nuskell.values import Fragment, Fuel, complexes_of

PREFIX = "nuskell:"
"""Before the name of a scheme of the library."""
_INSTALL = (
    "pip install 'strandwright[nuskell]' installs it; a scheme file of your own needs nothing: --scheme path/to/it.ts"
)


def is_scheme_file(name: str) -> bool:
    """Whether the name of a scheme means a file of the scheme language."""
    return name.endswith(".ts") or name.startswith(PREFIX)


def library() -> dict[str, Path]:
    """Return the scheme files of an installed Nuskell by name; none if it is not installed."""
    try:
        spec = importlib.util.find_spec("nuskell")
    except (ImportError, ValueError):
        return {}
    places = [Path(p) for p in (spec.submodule_search_locations or ())] if spec else []
    files = [f for place in places for f in sorted((place / "dsdcompiler" / "schemes").glob("*/*.ts"))]
    return {f.stem: f for f in files}


def scheme_path(name: str) -> str:
    """Return the path of a scheme file.

    Parameters
    ----------
    name : str
        A path, or ``nuskell:`` and the name of a scheme of its library.

    Raises
    ------
    CircuitError
        If the library is not there, or has no such scheme.
    """
    if not name.startswith(PREFIX):
        return name
    wanted, known = name.removeprefix(PREFIX).removesuffix(".ts"), library()
    if not known:
        raise CircuitError(Diagnostic(f"{name}: Nuskell is not installed", advice=_INSTALL))
    if wanted not in known:
        advice = nearest(wanted, known) or f"it has {', '.join(known)}"
        raise CircuitError(Diagnostic(f"Nuskell's library has no scheme {wanted!r}", advice=advice))
    return str(known[wanted])


def scheme_text(name: str) -> str:
    """Return the text of a scheme file; see `scheme_path`."""
    return read_text_file(scheme_path(name))


def translate_by_nuskell(crn: CRN, name: str) -> Translation:
    """Translate a network with Nuskell itself; its domain lengths are its own.

    Raises
    ------
    CircuitError
        If Nuskell is not installed, or cannot do it.
    """
    path = scheme_path(name)
    try:
        nuskell: Any = importlib.import_module("nuskell.dsdcompiler.compiler")
    except ImportError as error:
        raise CircuitError(Diagnostic(f"Nuskell cannot be loaded: {error}", advice=_INSTALL)) from None
    alias = {s: f"X{i}" for i, s in enumerate(crn.species)}  # it has reserved first letters, and no primes
    text = "\n".join(_lines(crn, alias))
    try:
        solution, _ = nuskell.translate(text, path, modular=False)
    except (Exception, SystemExit) as error:
        raise CircuitError(f"Nuskell cannot translate this: {type(error).__name__}: {error}") from None
    names = {a: s for s, a in alias.items()}
    signals, fuels = [], []
    for label, item in solution.items():
        made = _complex(item, path)
        if label in names:
            histories = tuple(sorted(d for d in set(made.domains) if d.name.startswith("h")))
            signals.append(FormalSignal(names[label], made.named(names[label]), histories))
        else:
            fuels.append(Fuel(made.named(str(label))))
    order = {s: i for i, s in enumerate(crn.species)}
    return Translation(tuple(sorted(signals, key=lambda s: order[s.species])), tuple(fuels))


def _lines(crn: CRN, alias: dict[Species, str]) -> list[str]:
    """Return the network in Nuskell's own notation; a reaction and the one that undoes it are a reversible one."""
    lines: list[str] = []
    before: Reaction | None = None
    for reaction in crn.reactions:
        left, right = (
            " + ".join(alias[s] for s in side.elements()) for side in (reaction.reactants, reaction.products)
        )
        if before is not None and reaction.id == f"{before.id}r" and before.reactants == reaction.products:
            lines[-1] = f"{right} <=> {left}"
        else:
            lines.append(f"{left} -> {right}")
        before = reaction
    return lines


def _complex(item: Any, path: str) -> Complex:
    """Return one of Nuskell's complexes as ours."""
    items: list[Domain | None] = []
    for each in item.sequence:
        label = str(each if isinstance(each, str) else each.name)
        items.append(None if label == "+" else Domain(label.rstrip("*"), int(each.length), label.endswith("*")))
    try:
        found = complexes_of(Fragment(tuple(items), "".join(item.structure), {}, frozenset(), Place(0)))
    except ValueError as error:
        raise CircuitError(f"{path}: what Nuskell calls {item.name} is not a complex: {error}") from None
    if len(found) != 1:
        raise CircuitError(f"{path}: what Nuskell calls {item.name} is {len(found)} complexes")
    return found[0]

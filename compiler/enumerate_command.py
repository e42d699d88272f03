"""The command `enumerate`: what the complexes of a `.pil` file can do, elementary steps or condensed reactions.

The enumerator is useful alone: nothing is compiled here, and what the complexes are meant for is not asked.
A limit that is reached is told, and ends the program with 3; see `dsd.enumeration`.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from compiler.arguments import Say
from compiler.blocks import Block, rounded
from compiler.output import to_json
from compiler.provenance import stamp
from crn.text import read_text_file
from dsd.complexes import Complex
from dsd.enumeration import DEFAULT_OPTIONS, Enumeration, EnumerationOptions, enumerate_complexes
from dsd.formats.dotparen import structure_line
from dsd.formats.pil import CONDENSED, enumerated_names, read_pil, write_enumeration


def enumerate_command(
    source: Annotated[str, typer.Argument(help="A .pil file with complexes.")],
    say: Say,
    detailed: Annotated[bool, typer.Option("--detailed", help="Show the elementary steps.")] = False,
    condensed: Annotated[
        bool, typer.Option("--condensed", help="Show the condensed reactions; so by default.")
    ] = False,
    max_complex_size: Annotated[
        int, typer.Option("--max-complex-size", min=1, help="Most strands of a complex.")
    ] = DEFAULT_OPTIONS.max_complex_strands,
    max_complexes: Annotated[
        int, typer.Option("--max-complexes", min=1, help="Most complexes, transient ones included.")
    ] = DEFAULT_OPTIONS.max_complexes,
    max_reactions: Annotated[
        int, typer.Option("--max-reactions", min=1, help="Most elementary steps.")
    ] = DEFAULT_OPTIONS.max_reactions,
    max_seconds: Annotated[
        float | None, typer.Option("--max-seconds", min=0.001, help="Most time; without limit by default.")
    ] = None,
    release_cutoff: Annotated[
        int, typer.Option("--release-cutoff", min=0, help="Longest helix that opens by itself, in nt.")
    ] = DEFAULT_OPTIONS.release_cutoff,
    reject_remote: Annotated[
        bool, typer.Option("--reject-remote", help="No branch migration from a toehold that is not next to it.")
    ] = False,
) -> None:
    """Find what the complexes of a file can do."""
    text = read_text_file(source)
    system = read_pil(text, source)
    options = EnumerationOptions(
        release_cutoff=release_cutoff,
        remote=not reject_remote,
        max_complex_strands=max_complex_size,
        max_complexes=max_complexes,
        max_reactions=max_reactions,
        max_seconds=math.inf if max_seconds is None else max_seconds,
    )
    condensed = condensed or not detailed
    found = enumerate_complexes(system.present, options)
    shown = {"source": source, "detailed": detailed, "condensed": condensed, "options": options.describe()}
    made_by = stamp("enumerate", hashlib.sha256(text.encode()).hexdigest(), shown, say.seed)
    names = enumerated_names(found, system.complexes)
    given = set(system.present)
    block: Block = {**made_by.block(), **enumerate_block(found, names, given, options, detailed, condensed)}
    say.end(
        block,
        enumerate_text,
        lambda: {
            "result.json": to_json(rounded(block)),
            "enumerated.pil": write_enumeration(
                found, made_by.line, detailed, condensed, not detailed and found.outcome.complete, system.complexes
            ),
        },
        0 if found.outcome.complete else 3,
    )


def enumerate_block(
    found: Enumeration,
    names: Mapping[Complex, str],
    given: set[Complex],
    options: EnumerationOptions,
    detailed: bool,
    condensed: bool,
) -> Block:
    """Return an enumeration as a JSON object; rates are in /s and /M/s."""
    resting = set(found.resting)
    listed = found.complexes if detailed or not found.outcome.complete else found.resting
    reactions = [
        _reaction(CONDENSED, r.reactants, r.products, r.rate, names) for r in (found.condensed if condensed else ())
    ]
    reactions += [_reaction(s.kind, s.reactants, s.products, s.rate, names) for s in (found.steps if detailed else ())]
    return {
        "semantics": options.describe(),
        "outcome": {
            "complete": found.outcome.complete,
            "limit": found.outcome.limit,
            "advice": found.outcome.advice,
        },
        "counts": {
            "complexes": len(found.complexes),
            "macrostates": len(found.macrostates),
            "steps": len(found.steps),
            "condensed": len(found.condensed),
        },
        "complexes": [
            {
                "name": names[item],
                "kernel": item.kernel,
                "structure": structure_line(item),
                "strands": len(item.strands),
                "given": item in given,
                "resting": item in resting if found.outcome.complete else None,
            }
            for item in listed
        ],
        "macrostates": [
            {
                "name": names[state.representative],
                "complexes": [names[c] for c in state.complexes],
                "shares": list(state.shares),
            }
            for state in found.macrostates
        ],
        "reactions": reactions,
    }


def enumerate_text(block: Mapping[str, Any]) -> str:
    """Return an enumeration for people: the complexes, then what they do."""
    counts, outcome = block["counts"], block["outcome"]
    lines = [f"{row['name']} = {row['kernel']}" for row in block["complexes"]]
    lines += [
        f"macrostate {state['name']} = [{', '.join(state['complexes'])}]"
        for state in block["macrostates"]
        if len(state["complexes"]) > 1
    ]
    for row in block["reactions"]:
        left, right = (" + ".join(row[side]) for side in ("reactants", "products"))
        lines.append(f"{row['kind']:<12} {row['rate']:>12.6g} {row['unit']:<5} {left} -> {right}")
    lines += [
        f"complexes   {counts['complexes']}, of {counts['macrostates']} macrostates",
        f"reactions   {counts['steps']} elementary, {counts['condensed']} condensed",
        f"semantics   {block['semantics']}",
        "outcome     "
        + ("complete" if outcome["complete"] else f"incomplete ({outcome['limit']}): {outcome['advice']}"),
    ]
    return "\n".join(lines + [f"wrote       {path}" for path in block.get("files") or ()])


def _reaction(
    kind: str,
    reactants: tuple[Complex, ...],
    products: tuple[Complex, ...],
    rate: float,
    names: Mapping[Complex, str],
) -> Block:
    return {
        "kind": kind,
        "reactants": [names[c] for c in reactants],
        "products": [names[c] for c in products],
        "rate": rate,
        "unit": "/M" * (len(reactants) - 1) + "/s",
    }

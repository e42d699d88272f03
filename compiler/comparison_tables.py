"""Comparisons of schemes as JSON, as a text for people, and as the table of every scheme and every built-in circuit.

No figure is computed here; they come from `compiler.comparison`.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from compiler.api import Estimate
from compiler.blocks import Block, cost_block
from compiler.comparison import RULES, TOEHOLDS, Choice, Compared
from crn.network import CRN
from dsd.schemes import Lengths


def comparison_block(rows: Sequence[Compared], lengths: Lengths, choice: Choice, volume_L: float = 0.0) -> Block:
    """Return what `schemes SOURCE` and ``cost --scheme all`` report."""
    return {
        "schemes": [_row(r, lengths, volume_L) for r in rows],
        "default": {
            "scheme": choice.scheme.name if choice.scheme else None,
            "reason": choice.reason,
            "rules": RULES,
        },
    }


def _row(row: Compared, lengths: Lengths, volume_L: float) -> Block:
    name = row.scheme.name
    if row.compiled is None or row.inventory is None or row.price is None or row.verdict is None:
        refused = cost_block(name, str(lengths), None)
        return {**refused, "objections": list(row.objections), "accepted": False, "known_to_be_wrong": row.wrong}
    by_name = {c.name: c.answer.word for c in row.verdict.checks}
    learned = row.learned
    return {
        **cost_block(name, str(lengths), Estimate(row.inventory, row.price), volume_L=volume_L),
        "accepted": True,
        "known_to_be_wrong": False,
        "verdict": row.verdict.answer.word,
        "cross_talk": by_name.get("cross-talk", "undecided"),
        "reactions": row.reactions,
        "leaks": row.leaks,
        "toeholds": {
            "needed": row.toeholds(lengths),
            "length_nt": lengths.toehold,
            "available": {f"{n}": count for n, count in TOEHOLDS.items()},
            "shortest_that_suffices_nt": sufficient(row.toeholds(lengths)),
        },
        "rates": row.scheme.rates or None,
        "learning": {
            "train_loss": learned.loss,
            "validation_loss": learned.validation_loss,
            "lab_time_s": learned.lab_time_s,
        }
        if learned
        else None,
    }


def sufficient(toeholds: int) -> int | None:
    """Return the shortest length in nt of which there are enough toeholds; None if there are not enough of any."""
    return next((n for n, count in sorted(TOEHOLDS.items()) if count >= toeholds), None)


def comparison_text(block: Mapping[str, Any]) -> str:
    """Return a comparison for people."""
    rows = [r for r in block["schemes"] if r["accepted"]]
    learned = any(r["learning"] for r in rows)
    table = Table()
    for name in (
        "scheme", "verdict", "cross-talk", "fuels", "strands", "nt", "longest", "toeholds", "reactions", "leaks", "rates",
        "price", *(["loss", "lab time"] if learned else []),
    ):  # fmt: skip
        table.add_column(name, no_wrap=True)
    for row in rows:
        toeholds = row["toeholds"]
        length = toeholds["shortest_that_suffices_nt"]
        cells = [
            row["scheme"],
            row["verdict"],
            row["cross_talk"],
            str(row["fuels"]),
            str(row["strands"]),
            str(row["nucleotides"]),
            str(row["longest_strand_nt"]),
            f"{toeholds['needed']} ({f'{length} nt' if length else 'too many'})",
            str(row["reactions"]),
            str(row["leaks"]),
            "fixed" if row["rates"] else "set",
            f"{row['price']['total']:.0f} {row['price']['currency']}",
        ]
        if learned:
            found = row["learning"]
            cells += [f"{found['train_loss']:.4f}", f"{found['lab_time_s'] / 3600:.4g} h"] if found else ["-", "-"]
        table.add_row(*cells)
    lines = [_plain(table)] if rows else []
    lines += [
        f"{'wrong' if row['known_to_be_wrong'] else 'refused'}: {row['objections'][0]}"
        for row in block["schemes"]
        if not row["accepted"]
    ]
    default = block["default"]
    lines.append(f"take {default['scheme'] or 'none'}: {default['reason']}")
    lines += [f"wrote       {path}" for path in block.get("files") or ()]
    return "\n".join(lines)


def _plain(table: Table) -> str:
    out = io.StringIO()
    Console(file=out, width=220, no_color=True, legacy_windows=False).print(table)
    return out.getvalue().rstrip()


HEAD = """# Schemes and circuits

Every translation scheme on every built-in circuit, made by `strandwright schemes --every-circuit -o docs`.

* *verdict*: of the whole system, gates, release and cross-talk together; *cross-talk* by itself beside it. "wrong" is said by
  the scheme beforehand, with the reason under the table; such a circuit is built only with `--allow-wrong`, and not shown here.
* *fuels*, *strands*, *nt*: what has to be ordered, buffers apart (in brackets what they add); domains of {lengths} nt.
* *toeholds*: how many different ones, and the shortest length of which there are enough: 14 of 6 nt and 40 of 7 nt that bind
  equally well and not to one another. "too many" asks for longer ones or for a scheme that shares them.
* *reactions*: condensed, gates and buffers.
* *leaks*: ways in which one fuel can set a strand of another free without a toehold, by a single invasion.
* *rates*: whether they can be set, so that the circuit can be simulated and trained as DNA.

Circuits of more than {largest} reactions are compared in the schemes whose rates can be set only (`--largest`).
"""


def table_of_circuits(found: Sequence[tuple[str, CRN, Sequence[Compared]]], lengths: Lengths, largest: int) -> str:
    """Return the table of every scheme and every circuit, in Markdown.

    Parameters
    ----------
    found : sequence of (str, CRN, sequence of Compared)
        Circuits by name.
    lengths : Lengths
    largest : int
        Number of reactions up to which a circuit was compared in every scheme.
    """
    lines = [HEAD.format(lengths=f"{lengths.toehold} and {lengths.long}", largest=largest)]
    reasons: dict[tuple[str, str], None] = {}
    for name, crn, rows in found:
        lines += [
            f"## {name}",
            "",
            f"{len(crn.reactions)} reactions, {len(crn.species)} species.",
            "",
            "| scheme | verdict | cross-talk | fuels | strands | nt | longest | toeholds | reactions | leaks | rates |",
            "|---|---|---|---|---|---|---|---|---|---|---|",
        ]
        for row in rows:
            if row.compiled is None or row.inventory is None or row.verdict is None:
                lines.append(f"| {row.scheme.name} | {'wrong' if row.wrong else 'refused'} |" + " |" * 9)
                reasons[row.scheme.name, row.objections[0]] = None
                continue
            gates, buffers = row.inventory.for_gates, row.inventory.for_buffers
            talk = next((c.answer.word for c in row.verdict.checks if c.name == "cross-talk"), "undecided")
            needed = row.toeholds(lengths)
            length = sufficient(needed)

            def both(a: int, b: int) -> str:
                return f"{a} (+{b})" if b else str(a)

            lines.append(
                f"| {row.scheme.name} | {row.verdict.answer.word} | {talk} | {both(gates.fuels, buffers.fuels)} | "
                f"{both(gates.strands, buffers.strands)} | {both(gates.nucleotides, buffers.nucleotides)} | "
                f"{row.inventory.total.longest_strand_nt} | {needed}, {f'{length} nt' if length else 'too many'} | "
                f"{row.reactions} | {row.leaks} | {'no' if row.scheme.rates else 'yes'} |"
            )
        lines.append("")
    if reasons:
        first: dict[str, str] = {}
        for scheme, reason in reasons:
            first.setdefault(scheme, reason)
        lines += ["## Why not", "", *(f"* **{s}**, for example: {r}." for s, r in first.items()), ""]
    return "\n".join(lines)

"""The comparison of trajectories as a block and as text.

The text is made from the block, like every text of the command line. What the figures mean is decided in
`compiler.verify.dynamics`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from compiler.blocks import Block
from compiler.verify.dynamics import Dynamics


def dynamics_block(found: Dynamics) -> Block:
    """Return what `verify --dynamics` reports beside its check; amounts and times are in formal units."""
    worst = found.worst
    return {
        "states": [dict(s) for s in found.states],
        "until": float(found.times[-1]),
        "times": len(found.times),
        "max_relative_error": worst.error if found.outcome.ok else None,
        "species": worst.species or None,
        "time": worst.time,
        "state": worst.state,
        "expected": worst.expected,
        "found": worst.found,
        "bound": found.bound if found.outcome.ok else None,
        "outcome": str(found.outcome),
        "causes": [
            {
                "cause": s.cause.name,
                "switched_off": s.cause.off,
                "bound": s.most,
                "at_worst": s.at_worst,
                "error_without": s.without,
            }
            for s in found.shares
        ],
    }


def dynamics_text(block: Mapping[str, Any]) -> str:
    """Return the split by cause for people."""
    if not block["causes"]:
        return f"\ndynamics: {block['outcome']}"
    lines = [
        "",
        f"dynamics: at most {block['max_relative_error']:.2%}, {block['species']} at {block['time']:.3g} formal units of time, "
        f"state {block['state'] + 1} of {len(block['states'])}",
        f"  {'cause':<24}{'at worst':>10}{'at most':>10}{'without it':>12}   switched off by",
    ]
    for row in block["causes"]:
        without = "" if row["error_without"] is None else f"{row['error_without']:.2%}"
        lines.append(
            f"  {row['cause']:<24}{row['at_worst']:>+10.2%}{row['bound']:>10.2%}{without:>12}   {row['switched_off']}"
        )
    lines.append(f"  {'sum':<24}{sum(r['at_worst'] for r in block['causes']):>+10.2%}{block['bound']:>10.2%}")
    return "\n".join(lines)

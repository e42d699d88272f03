"""Proofs as blocks and as text: verdict, checks, warnings, what was found, and the story of the certificate.

The text is made from the block, like every text of the command line. What the figures mean is decided in `compiler.verify`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from compiler.blocks import Block
from compiler.verify.proof import Proof
from compiler.verify.story import Story

TOLD = 8
"""Species and reactions of a story that are shown on the screen."""
MARGIN = chr(10) + " " * 39


def verify_block(proof: Proof) -> Block:
    """Return what `verify` and `build` report."""
    verdict = proof.verdict
    block: Block = {
        "verdict": verdict.answer.word,
        "checks": [
            {
                "name": c.name,
                "scope": c.scope,
                "verdict": c.answer.word,
                "reason": c.reason,
                "counterexample": c.counterexample or None,
            }
            for c in verdict.checks
        ],
        "warnings": list(verdict.warnings),
    }
    if proof.interpretation is not None:
        block["interpretation"] = {s: list(m) for s, m in proof.interpretation.items()}
    return block


def story_block(proof: Proof) -> list[Block]:
    """Return the stories of the certificates of a proof."""
    return [
        {
            "carriers": {c.species: {"free": list(c.free), "held": list(c.held)} for c in story.carriers},
            "reactions": [
                {
                    "formal": t.formal,
                    "gate": t.gate or None,
                    "start": t.start,
                    "other_starts": t.others,
                    "steps": [{"reaction": s.reaction, "effect": s.effect} for s in t.steps],
                }
                for t in story.reactions
            ],
        }
        for story in proof.stories
    ]


def verdict_text(block: Mapping[str, Any]) -> str:
    """Return a verdict for people."""
    lines = [f"verdict: {block['verdict']}"]
    for check in block["checks"]:
        lines.append(f"  {check['name']:<21}{check['verdict']:<11}{check['reason']} [{check['scope']}]")
        if check["counterexample"]:
            lines.append(f"  {'':<21}counterexample: {check['counterexample'].replace(chr(10), MARGIN)}")
    lines += [f"  {'warning':<21}{w}" for w in block["warnings"][:TOLD]]
    if len(block["warnings"]) > TOLD:
        lines.append(f"  {'':<21}.. and {len(block['warnings']) - TOLD} more warnings")
    for species, names in list(block.get("interpretation", {}).items())[:TOLD]:
        lines.append(f"  {species} stands for {' + '.join(names) or 'nothing'}")
    return "\n".join(lines)


def story_text(stories: tuple[Story, ...], most: int | None = None) -> str:
    """Return the stories of a proof for people, of so many species and reactions at most."""
    titles = ("the network that is built, in terms of the one that was written", "the implementation")
    shown = titles[-len(stories) :] if stories else ()
    return "\n".join(
        line
        for title, story in zip(shown, stories, strict=True)
        for line in ("", f"{title}:", *(f"  {text}" for text in story.lines(most)))
    )


def proof_text(proof: Proof, header: str) -> str:
    """Return a whole proof as a page of plain text."""
    return f"{header}\n\n{verdict_text(verify_block(proof))}\n{story_text(proof.stories)}\n"

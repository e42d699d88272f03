"""The command `verify`: a source and its gates, a formal network and an implementation, or a certificate.

It reads its words, calls functions of `compiler.api`, and shows or writes what came out.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, NoReturn

import typer

from compiler.api import (
    Answer,
    CircuitError,
    CompileOptions,
    Dynamics,
    DynamicsOptions,
    Proof,
    Verdict,
    check_certificate,
    compile_crn,
    load_certificate,
    prove,
    prove_pair,
    verify_pair,
)
from compiler.api import dynamics as compare
from compiler.arguments import RateOpt, Say
from compiler.blocks import rounded
from compiler.dynamics_block import dynamics_block, dynamics_text
from compiler.implementation_file import load_implementation, load_interpretation
from compiler.options import load_source, shown_options
from compiler.output import to_json
from compiler.provenance import MadeBy, stamp
from compiler.verdict_blocks import TOLD, proof_text, story_block, story_text, verdict_text, verify_block
from compiler.verify.certificate_file import write_certificate
from compiler.verify.notions import NOTIONS
from compiler.verify.verdict import Check
from crn.quantities import Dimension, parse_quantity
from crn.text import read_text_file
from dsd.complexes import Complex

CODES = {Answer.EQUIVALENT: 0, Answer.DIFFERENT: 1, Answer.UNDECIDED: 3}
"""How the command ends."""


def verify_command(
    options: CompileOptions,
    say: Say,
    source: Annotated[str, typer.Argument(help="A source, or the formal network if an implementation follows.")] = "",
    implementation: Annotated[str | None, typer.Argument(help="A .crn or .pil file.")] = None,
    interpretation: Annotated[
        str | None,
        typer.Option("--interpretation", help="JSON: implementation species to lists; others are searched for."),
    ] = None,
    formals: Annotated[str, typer.Option("--formals", help="Formal species: A,B")] = "",
    fuels: Annotated[str, typer.Option("--fuels", help="Implementation species that are always present: f1,f2")] = "",
    certificate: Annotated[
        str | None,
        typer.Option("--certificate", help="Check a certificate that build wrote, with or without a source."),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="A complex of one gate that fires another gate's reaction is a fault.")
    ] = False,
    notion: Annotated[
        str, typer.Option("--notion", help="What an implementation is held to: bisimulation, pathway or hybrid.")
    ] = NOTIONS[0],
    dynamics: Annotated[
        bool,
        typer.Option("--dynamics", help="Compare the trajectories of DNA and network too, and say what parts them."),
    ] = False,
    until: Annotated[
        str | None,
        typer.Option("--until", help="End of the trajectories, in formal units; three mean lifetimes otherwise."),
    ] = None,
    rate: RateOpt = None,
) -> None:
    """Prove that the gates implement the network, or find a counterexample."""
    _refuse(notion, implementation, certificate, dynamics=dynamics, until=until)
    if implementation is None and (interpretation or formals or fuels):
        raise CircuitError("--interpretation, --formals and --fuels go with an implementation file")
    if certificate is not None:
        if implementation is not None or strict:
            raise CircuitError("--certificate goes with a source or alone")
        formal = load_source(source, rate).crn if source else None
        text = read_text_file(certificate)
        proof = check_certificate(load_certificate(text, certificate), formal)
        digest = hashlib.sha256(text.encode()).hexdigest()
        _end(say, proof, stamp("verify", digest, {"source": source, "certificate": certificate}, say.seed))
    if not source:
        raise CircuitError("name a source, or a certificate with --certificate")
    found = load_source(source, rate)
    shown: dict[str, object] = {"source": source}
    if implementation is None:
        compiled = compile_crn(found.crn, options)
        shown |= {**shown_options(options), **({"strict": True} if strict else {})}
        shown |= {"dynamics": True, "until": until} if dynamics else {}
        made_by = stamp("verify", found.sha256, shown, say.seed, compiled.pipeline)
        proof = prove(compiled, strict=strict)
        if not dynamics:
            _end(say, proof, made_by)
        end = parse_quantity(until, Dimension.TIME, "--until") if until else None
        check, figures = compare(compiled, DynamicsOptions(until=end, seed=say.seed))
        more = dataclasses.replace(proof.verdict, checks=(*proof.verdict.checks, check))
        _end(say, dataclasses.replace(proof, verdict=more), made_by, figures)
    reading = load_interpretation(interpretation) if interpretation else None
    made = load_implementation(implementation)
    names = [n.strip() for n in formals.split(",") if n.strip()]
    given = [n.strip() for n in fuels.split(",") if n.strip()] or made.fuels
    shown |= {"implementation": implementation, "interpretation": interpretation, "formals": formals, "fuels": fuels}
    shown |= {"notion": notion} if notion != NOTIONS[0] else {}
    made_by = stamp("verify", found.sha256, shown, say.seed)
    if not made.outcome.complete:
        stopped = Check("enumeration-complete", implementation, Answer.UNDECIDED, str(made.outcome))
        _end(say, Proof(Verdict((stopped,))), made_by)
    if notion != NOTIONS[0]:
        _end(say, Proof(verify_pair(found.crn, made.network, reading, names, given, notion)), made_by)
    proof = prove_pair(found.crn, made.network, reading, names, given, tube=made.tube)
    checks = [dataclasses.replace(c, counterexample=made.drawn(c.counterexample)) for c in proof.verdict.checks]
    _end(say, dataclasses.replace(proof, verdict=Verdict(tuple(checks))), made_by, new=made.made)


def _refuse(
    notion: str, implementation: str | None, certificate: str | None, *, dynamics: bool, until: str | None
) -> None:
    """Refuse words that do not go together."""
    if notion not in NOTIONS:
        raise CircuitError(f"there is no notion {notion!r}; there are {', '.join(NOTIONS)}")
    if notion != NOTIONS[0] and implementation is None:
        raise CircuitError(f"--notion {notion} goes with an implementation file")
    if dynamics and (implementation is not None or certificate is not None):
        raise CircuitError(
            "--dynamics goes with a source that is compiled: an implementation file has no rates to hold it to"
        )
    if until and not dynamics:
        raise CircuitError("--until goes with --dynamics")


def _end(
    say: Say, proof: Proof, made_by: MadeBy, dynamics: Dynamics | None = None, new: Sequence[Complex] = ()
) -> NoReturn:
    """Show a proof, write it where a directory was named, and exit."""
    block = {**made_by.block(), **verify_block(proof), "story": story_block(proof)}
    if new:
        block["complexes"] = {c.name: c.kernel for c in new}
    if dynamics is not None:
        block["dynamics"] = dynamics_block(dynamics)

    def files() -> dict[str, str]:
        found = {"result.json": to_json(rounded(block)), "proof.txt": proof_text(proof, made_by.line)}
        if proof.whole and proof.rewrites is not None and proof.implementation is not None:
            found["certificate.json"] = write_certificate(proof.rewrites, proof.implementation, made_by.block())
        if proof.interpretation is not None:
            found["interpretation.json"] = to_json({s: list(m) for s, m in proof.interpretation.items()})
        return found

    def text(shown: Mapping[str, Any]) -> str:
        wrote = [f"wrote       {path}" for path in shown.get("files") or ()]
        figures = [dynamics_text(shown["dynamics"])] if "dynamics" in shown else []
        drawn = [f"  {name} = {kernel}" for name, kernel in list(shown.get("complexes", {}).items())[:TOLD]]
        return "\n".join([verdict_text(shown), *drawn, *figures, story_text(proof.stories, TOLD), *wrote])

    say.end(block, text, files, CODES[proof.verdict.answer])

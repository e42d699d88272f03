"""Certificates as files: one JSON object that says everything that is to be replayed, and nothing that is not.

Species are numbers in the order of the list of species or complexes, reactions in the order of theirs. Reading gives values that
still have to be checked by `compiler.verify.checker`; a file that is no certificate is refused with the place.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from compiler.verify.certificate import Certificate, Claim, Side, Sides, Tube, warnings_of
from compiler.verify.checker import Rejection, check
from compiler.verify.proof import Proof
from compiler.verify.verdict import Answer, Check, Verdict
from crn.diagnostics import CircuitError
from crn.network import CRN, Species
from dsd.complexes import parse_kernel
from dsd.enumeration import EnumerationOptions

FORMAT = "strandwright-certificate"
VERSION = 1

_STEP_RULES = ("release_cutoff", "remote", "four_way", "max_complex_strands", "max_complexes", "max_reactions")


@dataclass(frozen=True)
class CertificateFile:
    """The two parts of a proof.

    Attributes
    ----------
    rewrites : Certificate
        That the network that is built is the one that was written.
    implementation : Certificate
        That the complexes implement the network that is built.
    """

    rewrites: Certificate
    implementation: Certificate

    @property
    def written(self) -> tuple[Sides, ...]:
        """The reactions that are implemented, all in all."""
        return self.rewrites.claim.formal

    def check(self, formal: CRN | None = None) -> Rejection | None:
        """Check both parts, that they belong together, and that a network is the one they speak of.

        Interpretations that are bisimulations compose to one (``docs/theorem.md``, section 6).
        """
        if self.implementation.tube is None:
            return Rejection("form", "the certificate names no complexes")
        built, drawn = self.rewrites.claim, self.implementation.claim
        if set(built.reactions) - {(a, b) for a, b in built.reactions if a == b} != set(drawn.formal) or built.fuels:
            return Rejection("form", "the network that is built is not the one that the complexes implement")
        if drawn.species != built.meaning.keys():
            return Rejection("form", "the complexes stand for other species than those of the network that is built")
        if formal is not None:
            asked = {(r.reactants.elements(), r.products.elements()) for r in formal.reactions}
            if {(a, b) for a, b in asked if a != b} != set(self.written):
                return Rejection("form", "the certificate is of another network")
        for name, part in (("rewrites", self.rewrites), ("implementation", self.implementation)):
            rejection = check(part)
            if rejection is not None:
                return dataclasses.replace(rejection, reason=f"{name}: {rejection.reason}")
        return None


def check_certificate(file: CertificateFile, formal: CRN | None = None) -> Proof:
    """Check a certificate that was read, by itself or as one of a given network.

    A certificate that is rejected proves nothing, neither that the complexes do what the network says nor that they do not.
    """
    drawn = file.implementation
    tube, claim = drawn.tube, drawn.claim
    size = len(claim.meaning) + len(claim.fuels)
    scope = f"{len(file.written)} formal reactions; {size} species, {len(claim.reactions)} reactions"
    rejection = file.check(formal)
    if rejection is not None:
        return Proof(
            Verdict((Check("certificate", scope, Answer.UNDECIDED, f"rejected, it proves nothing: {rejection}"),))
        )
    rules = tube.options.describe() if tube is not None else ""
    fine = f"every step was replayed, and the complexes have these reactions and no others ({rules})"
    check = Check("certificate", scope, Answer.EQUIVALENT, fine)
    return Proof(Verdict((check,), tuple(warnings_of(claim))), file.rewrites, drawn)


def write_certificate(rewrites: Certificate, implementation: Certificate, made_by: Mapping[str, object]) -> str:
    """Return a certificate as JSON text; the same certificate gives the same text."""
    block = {
        "format": FORMAT,
        "version": VERSION,
        **made_by,
        "rewrites": _block(rewrites),
        "implementation": _block(implementation),
    }
    return re.sub(r'(?<=[]}]),(?="\w+":)', ",\n", json.dumps(block, ensure_ascii=False, separators=(",", ":"))) + "\n"


def _block(certificate: Certificate) -> dict[str, object]:
    claim, tube = certificate.claim, certificate.tube
    names = [c.name for c in tube.complexes] if tube else [*claim.meaning, *sorted(claim.fuels)]
    number = {s: i for i, s in enumerate(names)}

    def numbers(state: Iterable[Species]) -> list[int]:
        return [number[s] for s in state]

    block: dict[str, object] = {
        "formal_species": sorted(claim.species),
        "formal_reactions": [[*map(list, sides), gate] for sides, gate in zip(claim.formal, claim.gates, strict=True)],
    }
    if tube is None:
        block["species"] = names
    else:
        domains = {d.name: d.length for c in tube.complexes for d in c.domains}
        block["step_rules"] = {k: getattr(tube.options, k) for k in _STEP_RULES}
        block["domains_nt"] = dict(sorted(domains.items()))
        block["complexes"] = [[c.name, c.kernel] for c in tube.complexes]
        block["initial"] = sorted(numbers(tube.initial))
    return block | {
        "fuels": sorted(numbers(claim.fuels)),
        "interpretation": [[number[s], *m] for s, m in claim.meaning.items() if m],
        "reactions": [[numbers(a), numbers(b), o] for (a, b), o in zip(claim.reactions, claim.owners, strict=True)],
        "atoms": {f: number[s] for f, s in sorted(certificate.atoms.items())},
        "release": [[number[s], list(path)] for s, path in certificate.release],
        "fire": [[k, numbers(start), list(path)] for (k, start), path in certificate.fire.items()],
    }


def read_certificate(text: str, name: str) -> CertificateFile:
    """Read a certificate.

    Raises
    ------
    CircuitError
        If the text is none.
    """
    try:
        value = json.loads(text)
        if not isinstance(value, dict) or value.get("format") != FORMAT:
            raise CircuitError(f"{name} is not a certificate of Strandwright")
        if value.get("version") != VERSION:
            raise CircuitError(
                f"{name} is a certificate of version {value.get('version')}; this reads version {VERSION}"
            )
        return CertificateFile(_read(value["rewrites"]), _read(value["implementation"]))
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError) as error:
        raise CircuitError(f"{name} is not a whole certificate: {type(error).__name__}: {error}") from None


def _read(block: Mapping[str, Any]) -> Certificate:
    tube = None
    if "complexes" in block:
        lengths = {str(k): _number(v) for k, v in block["domains_nt"].items()}
        complexes = tuple(parse_kernel(_word(kernel), lengths, _word(name)) for name, kernel in block["complexes"])
        rules = block["step_rules"]
        options = EnumerationOptions(**{k: rules[k] for k in _STEP_RULES if _plain(rules[k])})
        names = [c.name for c in complexes]
        tube = Tube(complexes, frozenset(_pick(names, block["initial"])), options)
    else:
        names = [_word(s) for s in block["species"]]
    if len(set(names)) != len(names):
        raise ValueError("a species is listed twice")
    fuels = frozenset(_pick(names, block["fuels"]))
    meaning: dict[Species, Side] = {s: () for s in names if s not in fuels}
    for i, *formal in block["interpretation"]:
        meaning[names[_number(i)]] = tuple(sorted(map(_word, formal)))
    formal_reactions = [(_side(map(_word, a)), _side(map(_word, b)), _word(g)) for a, b, g in block["formal_reactions"]]
    reactions = [(_side(_pick(names, a)), _side(_pick(names, b)), _word(o)) for a, b, o in block["reactions"]]
    claim = Claim(
        frozenset(map(_word, block["formal_species"])),
        tuple((a, b) for a, b, _ in formal_reactions),
        tuple(g for _, _, g in formal_reactions),
        tuple((a, b) for a, b, _ in reactions),
        tuple(o for _, _, o in reactions),
        meaning,
        fuels,
    )
    return Certificate(
        claim,
        {_word(f): names[_number(i)] for f, i in block["atoms"].items()},
        tuple((names[_number(i)], tuple(map(_number, path))) for i, path in block["release"]),
        {(_number(k), _side(_pick(names, start))): tuple(map(_number, path)) for k, start, path in block["fire"]},
        tube,
    )


def _side(species: Iterable[Species]) -> Side:
    return tuple(sorted(species))


def _pick(names: Sequence[Species], places: Iterable[object]) -> list[Species]:
    return [names[_number(i)] for i in places]


def _number(value: object) -> int:
    """Return a number that counts; a negative one would count from the end."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"{value!r} is not a number that counts")
    return value


def _word(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not a name")
    return value


def _plain(value: object) -> bool:
    if not isinstance(value, int):
        raise TypeError(f"{value!r} is not a step rule")
    return True

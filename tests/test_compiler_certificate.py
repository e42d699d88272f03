"""Certificates: made by the compiler, checked by nobody but the checker, told as stories, and never accepted when tampered with."""

from __future__ import annotations

import ast
import dataclasses
import json
import random
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from support_cli import run
from support_networks import bags, chain, learning, random_system, reactions
from support_tampering import EDITS, Edit, tampered

from compiler.api import estimate, load
from compiler.build import build
from compiler.compilation import CompileOptions, compile_crn
from compiler.provenance import stamp
from compiler.verify import checker
from compiler.verify.bisimulation import claim_of
from compiler.verify.certificate import Certificate
from compiler.verify.certificate_file import check_certificate, read_certificate, write_certificate
from compiler.verify.certify import certify
from compiler.verify.course import course_to
from compiler.verify.gates import prove_compiled
from compiler.verify.paths import wastes
from compiler.verify.proof import Proof
from compiler.verify.verdict import Answer
from crn.diagnostics import CircuitError
from crn.network import CRN, Bag
from crn.neural.catalog import named_circuit
from crn.text import parse_crn

CAPSYS = pytest.CaptureFixture[str]

NETWORKS = [
    ("srinivas2015", "A + B -> C; C -> A"),
    ("srinivas2015", "2A -> A; A -> A + B; B ->"),
    ("srinivas2015", "-> A; A + B -> A + C; C -> 2B"),
    ("soloveichik2010", "A + B -> C; C -> D"),
    ("qian2011", "A + B <=> C"),
    ("cardelli2011", "A + B -> C; C -> A"),
]
"""Schemes and networks, with buffers, catalysts, a source, a decay and a detour among them."""


def put(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def network(text: str) -> CRN:
    return parse_crn(text.replace("; ", "\n")).crn


@cache
def proved(scheme: str, text: str) -> tuple[Proof, str]:
    """Return a proof and the text of its certificate."""
    proof = prove_compiled(compile_crn(network(text), CompileOptions(scheme)).state)
    assert proof.whole, proof.verdict
    assert proof.rewrites is not None
    assert proof.implementation is not None
    return proof, write_certificate(proof.rewrites, proof.implementation, {"made_by": {}})


# --- the checker --------------------------------------------------------------------------------------------------------------


def test_the_checker_is_small_and_imports_nothing_of_the_search() -> None:
    """In a process that has nothing but the checker, none of the modules that search is there."""
    source = Path(str(checker.__file__)).read_text(encoding="utf-8")
    assert len(source.splitlines()) <= 300
    named = {n.module for n in ast.walk(ast.parse(source)) if isinstance(n, ast.ImportFrom) and n.module}
    ours = {m for m in named if m.split(".")[0] in ("compiler", "crn", "dsd")}
    assert ours == {"compiler.verify.certificate", "crn.network", "dsd.soup"}
    code = "import sys, compiler.verify.checker; print(*sorted(m for m in sys.modules if m.startswith('compiler')))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert shown == ["compiler", "compiler.verify", "compiler.verify.certificate", "compiler.verify.checker"]


def test_the_checker_accepts_exactly_the_bisimulations() -> None:
    """What is made of a random system is accepted if crnverifier calls it a bisimulation, and rejected if not."""
    from crnverifier import crn_bisimulation_test

    rng = random.Random(99)
    count: Counter[bool] = Counter()
    for _ in range(150):
        formal, made, meaning = random_system(rng)
        draft = certify(claim_of(bags(formal), bags(made), {s: Bag.of(*m) for s, m in meaning.items()}))
        if any(not g.settled for g in draft.gaps):
            continue
        expected, _ = crn_bisimulation_test(
            [[list(a), list(b)] for a, b in formal],
            [[list(a), list(b)] for a, b in made],
            formals={s for a, b in formal for s in a + b},
            interpretation={s: list(m) for s, m in meaning.items()},
            permissive="graphsearch",
        )
        assert (checker.check(draft.certificate) is None) == expected, (formal, made, meaning)
        count[expected] += 1
    assert min(count.values()) > 40


# --- files --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("scheme", "text"), NETWORKS)
def test_certificates_are_written_read_and_accepted(scheme: str, text: str) -> None:
    proof, written = proved(scheme, text)
    file = read_certificate(written, "c.json")
    assert file.rewrites == proof.rewrites
    assert file.implementation == proof.implementation
    assert write_certificate(file.rewrites, file.implementation, {"made_by": {}}) == written
    found = check_certificate(file, network(text))
    assert found.verdict.answer is Answer.EQUIVALENT
    assert found.stories == proof.stories


def test_a_certificate_is_of_its_network_only() -> None:
    _, written = proved(*NETWORKS[0])
    file = read_certificate(written, "c.json")
    assert check_certificate(file, network("C -> A; B + A -> C")).verdict.answer is Answer.EQUIVALENT
    for other in ("A + B -> C", "A + B -> C; C -> B", "A + B -> C; C -> A; A -> B"):
        (check,) = check_certificate(file, network(other)).verdict.checks
        assert check.answer is Answer.UNDECIDED
        assert "of another network" in check.reason


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not a whole certificate"),
        ("[]", "not a certificate"),
        ('{"format":"strandwright-certificate","version":2}', "version 2"),
        ('{"format":"strandwright-certificate","version":1}', "not a whole certificate: KeyError"),
        ("[" * 100_000, "not a whole certificate"),
    ],
)
def test_what_is_no_certificate_is_refused(text: str, message: str) -> None:
    with pytest.raises(CircuitError, match=message):
        read_certificate(text, "c.json")


@pytest.mark.parametrize("part", ["rewrites", "implementation"])
def test_every_part_of_a_file_is_needed(part: str) -> None:
    whole = json.loads(proved(*NETWORKS[0])[1])
    for key in whole[part]:
        less = {**whole, part: {k: v for k, v in whole[part].items() if k != key}}
        if key == "complexes":
            assert not accepted(less)
            continue
        with pytest.raises(CircuitError):
            read_certificate(json.dumps(less), "c.json")


def test_rewrites_that_do_not_belong_to_the_complexes_are_rejected() -> None:
    """The network that is built has to be the same in both parts, and its proof is checked as well."""
    whole, other = (json.loads(proved(*NETWORKS[n])[1]) for n in (0, 1))
    assert not accepted({**whole, "rewrites": other["rewrites"]})
    detour = other["rewrites"]
    for key, value in (("fire", []), ("atoms", {}), ("interpretation", detour["interpretation"][1:])):
        assert not accepted({**other, "rewrites": {**detour, key: value}})
    assert accepted(other)


# --- tampering ----------------------------------------------------------------------------------------------------------------


def accepted(value: Any) -> bool:
    """Whether anybody would be told that it proves something."""
    try:
        file = read_certificate(json.dumps(value), "c.json")
    except CircuitError:
        return False
    return check_certificate(file).verdict.answer is Answer.EQUIVALENT


def tampering(edit: Edit, count: int, seed: int) -> int:
    """Tamper with certificates in one way, and return how many were tried; all of them have to be rejected."""
    rng = random.Random(f"{edit.__name__} {seed}")
    tried = 0
    for n in range(20 * count):
        if tried == count:
            break
        scheme, text = NETWORKS[n % len(NETWORKS)]
        changed = tampered(json.loads(proved(scheme, text)[1]), edit, rng)
        if changed is not None:
            tried += 1
            assert not accepted(changed), (edit.__name__, scheme, text, n)
    return tried


@pytest.mark.parametrize("edit", EDITS, ids=lambda e: e.__name__)
def test_tampered_certificates_are_rejected(edit: Edit) -> None:
    assert tampering(edit, 4, 1) == 4


@pytest.mark.slow
@pytest.mark.parametrize("edit", EDITS, ids=lambda e: e.__name__)
def test_a_thousand_tampered_certificates_are_rejected(edit: Edit) -> None:
    """21 kinds, 48 of each."""
    assert tampering(edit, 48, 2) == 48


# --- large networks -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [4, *(pytest.param(n, marks=pytest.mark.slow) for n in (8, 16, 32, 64))])
def test_the_learning_family_is_equivalent(n: int) -> None:
    """Nuskell's modular test says no at n = 4, and the whole is not enumerated in 45 s at n = 32."""
    crn = network(learning(n))
    proof = prove_compiled(compile_crn(crn).state)
    assert len(crn.reactions) == 5 * n + 1
    assert proof.verdict.answer is Answer.EQUIVALENT, proof.verdict
    assert proof.whole


@pytest.mark.parametrize("n", [50, *(pytest.param(n, marks=pytest.mark.slow) for n in (1000, 10_000))])
def test_long_chains_are_certified(n: int) -> None:
    """Ten thousand reactions take 58 s to compile, and 31 s to certify and check, in 1.5 GB."""
    proof = prove_compiled(compile_crn(network(chain(n))).state)
    assert proof.verdict.answer is Answer.EQUIVALENT, proof.verdict
    assert proof.implementation is not None
    assert len(proof.implementation.fire) == n
    assert len(proof.implementation.claim.reactions) == 10 * n + 2


@pytest.mark.parametrize("text", [learning(1), chain(2)])
def test_crnverifier_agrees_on_what_is_compiled(text: str) -> None:
    """The reactions of the certificate without fuels, its interpretation, and the monolithic test of crnverifier."""
    from crnverifier import crn_bisimulation_test

    proof = prove_compiled(compile_crn(network(text)).state)
    assert proof.implementation is not None
    claim = proof.implementation.claim
    gone = wastes(claim.bare, claim.meaning)
    kept = dict.fromkeys(tuple(tuple(s for s in part if s not in gone) for part in sides) for sides in claim.bare)
    right, _ = crn_bisimulation_test(
        [[list(a), list(b)] for a, b in claim.formal],
        [[list(a), list(b)] for a, b in kept if sorted(a) != sorted(b)],
        formals=set(claim.species),
        interpretation={s: list(m) for s, m in claim.meaning.items() if s not in gone},
        permissive="graphsearch",
    )
    assert right
    assert proof.verdict.answer is Answer.EQUIVALENT


# --- warnings, stories, the command -------------------------------------------------------------------------------------------


def test_a_gate_that_fires_the_reaction_of_another_is_a_warning_and_strictly_a_fault() -> None:
    """Two gates, each of which carries out what the other is meant to: what happens is right."""
    state = compile_crn(network("A -> B; C -> D")).state
    first, second = state.lowered.reactions
    crossed = CRN(
        (dataclasses.replace(second, id=first.id), dataclasses.replace(first, id=second.id)), state.lowered.initial
    )
    for strict in (False, True):
        verdict = prove_compiled(dataclasses.replace(state, lowered=crossed), strict=strict).verdict
        assert verdict.answer is (Answer.DIFFERENT if strict else Answer.EQUIVALENT)
        assert len(verdict.warnings) == 2
        assert "which another gate is to carry out" in verdict.warnings[0]
    assert not prove_compiled(state).verdict.warnings


def test_a_course_of_events_leads_to_what_is_wanted() -> None:
    """Replayed one by one, each reaction has what it needs, and the last makes what was wanted."""
    made = "a + b -> c; c + f -> d; d -> e + g; g + a -> h; x -> y; y -> z; z -> c"
    claim = claim_of([], bags(reactions(made)), {}, fuels=["f"])
    course = course_to(claim, "ab", ["h", "e"])
    assert course is not None
    there = set("ab")
    for k in course:
        before, after = claim.bare[k]
        assert there.issuperset(before)
        there.update(after)
    assert there >= {"h", "e"}
    assert len(course) == 4
    assert course_to(claim, "ab", ["a"]) == ()
    assert course_to(claim, "ab", ["z"]) is None
    assert course_to(claim, "x", ["c"]) == (4, 5, 6)


def test_counterexamples_tell_how_they_come_about(capsys: CAPSYS, tmp_path: Path) -> None:
    """The output of the second gate imitates the backward strand of the first, in soloveichik2010 with this order of binding."""
    name = str(put(tmp_path / "net.crn", "X + W -> X + W + Z\nE + X -> E + X + W\n"))
    order = ("--order", "r1=X,W", "--order", "r2=E,X", "--allow-wrong", "--scheme", "soloveichik2010")
    found = run(capsys, "verify", name, *order, "--json")
    assert found.code == 1
    shown = found.json["checks"][-1]["counterexample"].splitlines()
    assert "reads E + W + 2X -> X" in shown[0]
    course = shown[shown.index("it comes about by:") + 1 :]
    assert course[0].strip().startswith("X_h_r1_2 + r1_join ->")
    assert "r2_output" in course[-1]


def test_the_story_says_who_carries_what_and_how_each_reaction_happens() -> None:
    rewrites, implementation = proved("srinivas2015", "2A -> A; A -> A + B; B ->")[0].stories
    assert [t.formal for t in rewrites.reactions] == ["2A -> A", "A -> A + B", "B ->"]
    carried = {c.species: c for c in implementation.carriers}
    assert carried["B"].free
    assert all(name.startswith("B_") for name in carried["B"].free)
    for told in implementation.reactions:
        assert sum(s.effect == f"this is {told.formal}" for s in told.steps) == 1
    text = "\n".join(implementation.lines())
    assert all(f"{t.gate}: {t.formal} happens from" in text for t in implementation.reactions)
    short = implementation.lines(1)
    assert any("more reactions" in line for line in short)
    assert len(short) < len(implementation.lines())


def test_the_certificate_of_a_circuit_tells_every_reaction_once() -> None:
    circuit = named_circuit("linear-regression:variant=lr10")[0]
    proof = prove_compiled(compile_crn(circuit.crn).state)
    (story,) = proof.stories
    assert len(story.reactions) == len(circuit.crn.reactions)
    assert isinstance(proof.implementation, Certificate)


def test_build_saves_what_verify_accepts_later_in_another_process(capsys: CAPSYS, tmp_path: Path) -> None:
    source = load(str(put(tmp_path / "net.crn", "A + B -> C\nC -> A\n")))
    compiled = compile_crn(source.crn)
    files = build(source, compiled, estimate(compiled), stamp("build", source.sha256, {})).files()
    for name in ("certificate.json", "proof.txt"):
        put(tmp_path / name, str(files[name]))
    command = [sys.executable, "-m", "compiler.cli", "verify", "--certificate", str(tmp_path / "certificate.json")]
    later = subprocess.run([*command, "--json"], capture_output=True, text=True, check=False)
    assert later.returncode == 0, later.stderr
    assert json.loads(later.stdout)["checks"][0]["name"] == "certificate"
    of_it = run(
        capsys, "verify", str(tmp_path / "net.crn"), "--certificate", str(tmp_path / "certificate.json"), "--json"
    )
    assert (of_it.code, of_it.json["verdict"]) == (0, "equivalent")
    text = (tmp_path / "certificate.json").read_text()
    assert text.count('["r1_flux"') == 1
    (tmp_path / "certificate.json").write_text(text.replace('["r1_flux"', '["r1_other"'))
    assert run(capsys, "verify", "--certificate", str(tmp_path / "certificate.json")).code == 0  # A name is a name.
    bad = json.loads(text)
    bad["implementation"]["release"].pop()
    (tmp_path / "certificate.json").write_text(json.dumps(bad))
    rejected = run(capsys, "verify", "--certificate", str(tmp_path / "certificate.json"))
    assert rejected.code == 3
    assert "rejected, it proves nothing" in rejected.out
    assert "A + B -> C (this is" not in rejected.out
    assert "r1: A + B -> C happens from" in (tmp_path / "proof.txt").read_text()


def test_what_does_not_go_with_a_certificate_is_refused(capsys: CAPSYS, tmp_path: Path) -> None:
    (tmp_path / "a.crn").write_text("A -> B\n")
    name = str(tmp_path / "a.crn")
    assert run(capsys, "verify").code == 2
    assert run(capsys, "verify", "--certificate", name).code == 2
    assert run(capsys, "verify", name, name, "--certificate", name).code == 2
    assert run(capsys, "verify", "--certificate", str(tmp_path / "nothing.json")).code == 2


def test_a_file_of_complexes_is_enumerated_and_certified(capsys: CAPSYS, tmp_path: Path) -> None:
    """The complexes of a gate without its reactions: names of the formal species are taken at their word, the rest is searched."""
    formal, made = (
        str(put(tmp_path / "f.crn", "X + Y -> Z\n")),
        str(Path(__file__).parent / "data" / "textbook_and_gate.pil"),
    )
    out = tmp_path / "out"
    found = run(capsys, "verify", formal, made, "--fuels", "gate", "-o", str(out), "--json")
    assert (found.code, found.json["verdict"]) == (0, "equivalent")
    free = next(name for name, kernel in found.json["complexes"].items() if kernel == "b c")
    assert found.json["interpretation"][free] == ["Z"]
    for name in ("certificate.json", "interpretation.json"):
        assert (out / name).is_file()
    assert run(capsys, "verify", formal, "--certificate", str(out / "certificate.json"), "--quiet").code == 0
    again = ("--interpretation", str(out / "interpretation.json"), "--fuels", "gate", "--quiet")
    assert run(capsys, "verify", formal, made, *again).code == 0
    constant = (Path(made).read_text()).replace(
        "gate = a( t2( + b( c + ) ) ) t1*", "gate = a( t2( + b( c + ) ) ) t1* @constant 1 uM"
    )
    assert run(capsys, "verify", formal, str(put(tmp_path / "c.pil", constant)), "--quiet").code == 0
    wrong = run(capsys, "verify", str(put(tmp_path / "g.crn", "X -> Z\n")), made, "--fuels", "gate")
    assert wrong.code == 1
    assert "verdict: different" in wrong.out

"""Compiling by a scheme file: the same DNA as the built-in schemes draw, Nuskell's counts, and an interpretation that is found."""

from __future__ import annotations

import csv
import random
import sys
from collections import Counter
from pathlib import Path

import pytest
from support_cli import run
from support_schemes import of_scheme, of_translation

from compiler.api import CircuitError, CompileOptions, compile_crn, verify
from compiler.interpretation import search
from compiler.scheme_file import FileState
from compiler.verify.verdict import Answer
from crn.network import CRN, Bag
from crn.text import parse_crn
from dsd.complexes import Complex, parse_kernel
from dsd.enumeration import condensed_network
from dsd.lab.inventory import Inventory
from dsd.nuskell import translate
from dsd.nuskell.comparison import renaming
from dsd.nuskell.library import library
from dsd.schemes import SCHEMES, Role
from dsd.soup import SoupLimits, enumerate_soup

_DATA = Path(__file__).parent / "data"
_STAND_IN = _DATA / "nuskell_stand_in"
_FLUX, _JOINED = (str(_DATA / "schemes" / name) for name in ("flux_strand.ts", "joined_translator.ts"))
_COUNTS = {_FLUX: "srinivas2015", _JOINED: "soloveichik2010"}


_WITHOUT = pytest.mark.skipif(bool(library()), reason="Nuskell is installed")
_SIZES = ("fuels", "strands", "nucleotides", "intermediates", "reactions")


def _rows() -> list[dict[str, str]]:
    """Return what Nuskell found."""
    lines = [line for line in (_DATA / "scheme_counts.csv").read_text().splitlines() if not line.startswith("#")]
    return list(csv.DictReader(lines))


def _network(text: str) -> CRN:
    return parse_crn(text).crn


@pytest.mark.parametrize("scheme", [_FLUX, _JOINED], ids=["flux_strand", "joined_translator"])
def test_counts_are_those_of_nuskell(scheme: str) -> None:
    """Fuels, strands, nucleotides, intermediates and reactions of ten networks, as Nuskell and Peppercorn have them."""
    rows = [r for r in _rows() if r["scheme"] == _COUNTS[scheme]]
    assert len(rows) == 10
    for row in rows:
        compiled = compile_crn(_network(row["crn"]), CompileOptions(scheme))
        found, system = Inventory.of(compiled.system).total, compiled.system
        between = len(system.of_role(Role.INTERMEDIATE, Role.WASTE))
        mine = (found.fuels, found.strands, found.nucleotides, between, len(system.reactions))
        assert mine == tuple(int(row[n]) for n in _SIZES), row["crn"]
        assert (verify(compiled).answer is Answer.EQUIVALENT) is (row["bisimulation"] == "T"), row["crn"]


_NETWORKS = (
    "A -> B", "A -> B + C", "A + B -> C", "A + B -> C + D", "A + A -> B", "A + B -> A + C", "A <=> B", "A + B + C -> D + E + F",
    "A + B -> C; C -> A + B; A -> D", "A -> 2 A; A + B -> 2 B",
)  # fmt: skip


@pytest.mark.parametrize("text", _NETWORKS)
@pytest.mark.parametrize(("file", "name"), [(_FLUX, "srinivas2015"), (_JOINED, "soloveichik2010")])
def test_same_dna_as_the_built_in_scheme(file: str, name: str, text: str) -> None:
    """The scheme files were written from the papers, as the built-in schemes were: renaming domains turns one into the other."""
    crn = _network(text)
    builtin = next(s for s in SCHEMES if s.name == name)
    made = of_translation(translate(crn, Path(file).read_text()))
    found = renaming(made, of_scheme(builtin, crn))
    assert found is not None
    assert Counter((label, c.renamed(found)) for label, c in made) == Counter(of_scheme(builtin, crn))


def test_renaming_sees_every_difference() -> None:
    """A fuel that is lost, a domain that is exchanged, a signal that is swapped: no renaming makes up for it."""
    crn = _network("A + B -> C + D")
    made = of_translation(translate(crn, Path(_FLUX).read_text()))
    assert renaming(made, made[:-1]) is None
    label, last = made[-1]
    domains = dict(zip(last.domains, last.domains[::-1], strict=True))
    assert (
        renaming(made, [*made[:-1], (label, last.renamed({domains[d]: d for d in domains if d.length == 15}))])
        is not None
    )
    turned = Complex.single(last.domains[::-1])
    assert renaming(made, [*made[:-1], (label, turned)]) is not None or turned != last
    swapped = [("B", made[0][1]), ("A", made[1][1]), *made[2:]]
    assert renaming(made, swapped) is None
    other = translate(_network("A + B -> C + C"), Path(_FLUX).read_text())
    assert renaming(made, of_translation(other)) is None


def test_renaming_of_what_looks_alike() -> None:
    """Two domains that nothing tells apart may be exchanged; a ring of complexes needs a choice that holds all through."""
    lengths = dict.fromkeys("abcdef", 10)
    ring = [("fuel", parse_kernel(f"{x} {y}", lengths)) for x, y in ("ab", "bc", "ca", "de", "ef", "fd")]
    turned = [("fuel", parse_kernel(f"{x} {y}", lengths)) for x, y in ("ae", "ec", "ca", "db", "bf", "fd")]
    hexagon = [("fuel", parse_kernel(f"{x} {y}", lengths)) for x, y in ("ab", "bc", "cd", "de", "ef", "fa")]
    assert renaming(ring, turned) is not None
    assert renaming(ring, hexagon) is None


@pytest.mark.parametrize("scheme", [_FLUX, _JOINED], ids=["flux_strand", "joined_translator"])
def test_soup_is_what_the_enumerator_finds_in_one_go(scheme: str) -> None:
    """Pair by pair or all at once: the same complexes and the same reactions."""
    rng = random.Random(5)
    for _ in range(2):
        pairs = [(rng.choices("ABCD", k=rng.randint(1, 2)), rng.choices("ABCD", k=rng.randint(1, 2))) for _ in range(2)]
        crn = _network("; ".join(f"{' + '.join(a)} -> {' + '.join(b)}" for a, b in pairs))
        made = translate(crn, Path(scheme).read_text())
        soup, whole = enumerate_soup(made.complexes), condensed_network(made.complexes)
        if not whole.outcome.complete:
            continue
        assert set(soup.complexes) == {m.representative for m in whole.macrostates}
        sides = [
            Counter((frozenset(Counter(r.reactants).items()), frozenset(Counter(r.products).items())) for r in rs)
            for rs in (soup.reactions, whole.reactions)
        ]
        assert sides[0] == sides[1]


def test_soup_of_what_does_not_rest() -> None:
    """A duplex that falls apart by itself is not there when the others meet, and its strands are."""
    lengths = {"t": 5, "a": 15}
    given = [parse_kernel("t( + a )", lengths), parse_kernel("a*", lengths)]
    soup = enumerate_soup(given)
    assert {c.kernel for c in soup.complexes} >= {"t", "a t*", "a*"}
    assert soup.outcome.complete


def test_soup_gives_up_in_words() -> None:
    made = translate(_network("A + B -> C + D; C + D -> A + B"), Path(_FLUX).read_text())
    stopped = enumerate_soup(made.complexes, limits=SoupLimits(complexes=5))
    assert stopped.outcome.limit == "complexes"
    assert "share fewer toeholds" in stopped.outcome.advice


_VERDICTS = (
    ("A + A -> A", Answer.DIFFERENT),
    ("A + B -> C; C -> A + B; A -> D", Answer.EQUIVALENT),
    ("A + B -> C + D; A <=> C", Answer.EQUIVALENT),
    ("A -> 2 A; A + B -> 2 B; B -> ", Answer.EQUIVALENT),
    ("-> A; A -> ; A + B -> B + C", Answer.EQUIVALENT),
    ("A -> B; B -> C + D; C + D -> A", Answer.EQUIVALENT),
)


@pytest.mark.parametrize("scheme", [_FLUX, _JOINED], ids=["flux_strand", "joined_translator"])
@pytest.mark.parametrize(("text", "answer"), _VERDICTS)
def test_verdicts(scheme: str, text: str, answer: Answer) -> None:
    """The one reaction that is known to go wrong is found out, and the others are proved."""
    compiled = compile_crn(_network(text), CompileOptions(scheme))
    assert verify(compiled).answer is answer
    assert isinstance(compiled.state, FileState)


def test_what_polymerises_is_undecided(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A scheme whose fuels grow without end is told of, and what it does is left open."""
    source, scheme = tmp_path / "x.crn", tmp_path / "chain.ts"
    source.write_text("A -> B\n")
    scheme.write_text(
        'class formal(s) = "? t x" | ". . ." where { t = short(); x = long() };\n'
        'module main(crn) = infty("a b" | ". .") + infty("a* b*" | ". .") where { a = long(); b = long() }\n'
    )
    ran = run(capsys, "verify", str(source), "--scheme", str(scheme), "--json")
    assert (ran.code, ran.json["verdict"]) == (3, "undecided")
    assert "incomplete (max_complex_strands)" in ran.json["checks"][0]["reason"]
    compiled = run(capsys, "compile", str(source), "--scheme", str(scheme))
    assert compiled.code == 0
    assert "not all is known that the complexes do" in compiled.out


def test_a_wrongly_drawn_scheme_is_found_out(tmp_path: Path) -> None:
    """Products that are never set free, or that belong to another species, are no implementation."""
    text = Path(_FLUX).read_text()
    for number, (before, after) in enumerate(
        (
            ("opener = last.s;", "opener = last.f;"),
            ("m = products[0].m;", "m = last.m;"),
            ('"( ( ( +"', '"( ( . +"'),
        )
    ):
        assert before in text
        path = tmp_path / f"wrong{number}.ts"
        path.write_text(text.replace(before, after))
        try:
            answer = verify(compile_crn(_network("A + B -> C + D"), CompileOptions(str(path)))).answer
        except CircuitError:
            continue
        assert answer is not Answer.EQUIVALENT, before


def test_search_finds_what_a_chain_stands_for() -> None:
    """A reaction in three steps; and one that no reading makes a formal reaction."""
    bag = Bag.of
    formal = [(bag("A", "B"), bag("C", "D"))]
    made = [
        (bag("a"), bag("i")), (bag("i"), bag("a")), (bag("i", "b"), bag("j")), (bag("j"), bag("c", "k")), (bag("k"), bag("d")),
    ]  # fmt: skip
    known = {x: bag(x.upper()) for x in "abcd"}
    found = search(formal, made, known)
    assert {s: found.interpretation[s] for s in "ijk"} == {"i": bag("A"), "j": bag("C", "D"), "k": bag("D")}
    assert (found.groups, found.exhaustive, found.impossible) == (1, True, ())
    none = search([(bag("A"), bag("B"))], made, known)
    assert none.impossible == tuple(made)
    assert set(none.unread) == set("ijk")


def test_commands_take_a_scheme_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    source = tmp_path / "x.crn"
    source.write_text("A + B -> C + D\n")
    compiled = run(capsys, "compile", str(source), "--scheme", _FLUX, "--json")
    assert compiled.code == 0
    assert (compiled.json["dna"]["fuels"], compiled.json["dna"]["strands"], compiled.json["dna"]["nucleotides"]) == (
        4,
        9,
        340,
    )
    readings = {tuple(c["interpretation"]) for c in compiled.json["complexes"] if c["role"] == "intermediate"}
    assert readings == {("A",), ("C", "D"), ("D",)}
    assert "sha256=" in compiled.json["made_by"]["pipeline"]
    verdict = run(capsys, "verify", str(source), "--scheme", _FLUX, "--json")
    assert (verdict.code, verdict.json["verdict"]) == (0, "equivalent")
    out = tmp_path / "out"
    assert run(capsys, "compile", str(source), "--scheme", _FLUX, "-o", str(out)).code == 0
    assert "{t1^*}[d2 t3^ t5^]:[d6 t7^]<d17>" in (out / "circuit.dna").read_text()
    cost = run(capsys, "cost", str(source), "--scheme", _FLUX, "--json")
    assert (cost.code, cost.json["schemes"][0]["nucleotides"]) == (0, 340)
    source.write_text("A + A -> A\n")
    assert run(capsys, "verify", str(source), "--scheme", _FLUX).code == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--scheme", "missing.ts"), "cannot be read"),
        pytest.param(("--scheme", "nuskell:srinivas2015"), "Nuskell is not installed", marks=_WITHOUT),
        pytest.param(("--scheme", _FLUX, "--engine", "nuskell"), "Nuskell cannot be loaded", marks=_WITHOUT),
        (("--scheme", _FLUX, "--engine", "other"), "--engine is own or nuskell"),
        (("--scheme", _FLUX, "--scale", "10s"), "--scale goes with a built-in scheme"),
        (("--scheme", "flux"), "or a scheme file, path/to/it.ts"),
    ],
)
def test_what_cannot_be_is_refused_in_words(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, words: tuple[str, ...], message: str
) -> None:
    source = tmp_path / "x.crn"
    source.write_text("A -> B\n")
    ran = run(capsys, "compile", str(source), *words)
    assert ran.code == 2
    assert message in ran.err


def test_a_typo_is_told_by_the_command(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    source, scheme = tmp_path / "x.crn", tmp_path / "typo.ts"
    source.write_text("A -> B\n")
    scheme.write_text(Path(_FLUX).read_text().replace("m = row[-1].m;", "m = row[-1].mm;"))
    ran = run(capsys, "verify", str(source), "--scheme", str(scheme))
    place = next(i for i, line in enumerate(scheme.read_text().splitlines(), 1) if "row[-1].mm" in line)
    assert ran.code == 2
    assert ran.err.startswith(f"{scheme}:{place}:17: a complex has no mm (in join, called at ")
    assert ran.err.splitlines()[2].index("^") == ran.err.splitlines()[1].index("mm;")


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a module with Nuskell's interface in its place for one test."""
    monkeypatch.syspath_prepend(str(_STAND_IN))
    for name in [n for n in sys.modules if n == "nuskell" or n.startswith("nuskell.")]:
        monkeypatch.delitem(sys.modules, name)
    return _STAND_IN


@pytest.mark.usefixtures("stand_in")
def test_library_and_engine_of_an_installed_nuskell(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Its scheme files go by name, its own translation is compared with ours; a difference is said."""
    source = tmp_path / "x.crn"
    source.write_text("A' + B -> C + D; C <=> in\n")
    by_name = run(capsys, "compile", str(source), "--scheme", "nuskell:flux_strand", "--json")
    by_path = run(capsys, "compile", str(source), "--scheme", _FLUX, "--json")
    assert by_name.json["dna"] == by_path.json["dna"]
    theirs = run(capsys, "verify", str(source), "--scheme", "nuskell:flux_strand", "--engine", "nuskell", "--json")
    assert (theirs.code, theirs.json["verdict"]) == (0, "equivalent")
    compiled = run(capsys, "compile", str(source), "--scheme", _FLUX, "--engine", "nuskell", "--json")
    assert "Nuskell's translation is the same as ours up to the names of domains" in compiled.json["notes"]
    assert compiled.json["dna"] == by_path.json["dna"]
    for name, message in (
        ("wrong", "is NOT the same as ours"),
        ("broken", "Nuskell cannot translate this: SystemExit"),
    ):
        path = tmp_path / f"{name}.ts"
        path.write_text(Path(_FLUX).read_text())
        ran = run(capsys, "compile", str(source), "--scheme", str(path), "--engine", "nuskell")
        assert message in ran.out + ran.err
    assert run(capsys, "schemes", "--json").json["library"] == ["nuskell:flux_strand"]
    unknown = run(capsys, "compile", str(source), "--scheme", "nuskell:flux_strands")
    assert (unknown.code, "did you mean 'flux_strand'?" in unknown.err) == (2, True)


@pytest.mark.slow
@pytest.mark.skipif(not library(), reason="Nuskell is not installed")
@pytest.mark.parametrize("name", sorted({r["nuskell"] for r in _rows()} & set(library())))
def test_nuskells_own_files_give_its_figures(name: str) -> None:
    """Every scheme of an installed library that is in the table, read by our reader."""
    for row in (r for r in _rows() if r["nuskell"] == name):
        remote = not name.startswith("cardelli2013_2D_3I")
        compiled = compile_crn(_network(row["crn"]), CompileOptions(f"nuskell:{name}", reject_remote=not remote))
        found, system = Inventory.of(compiled.system).total, compiled.system
        between = len(system.of_role(Role.INTERMEDIATE, Role.WASTE))
        mine = (found.fuels, found.strands, found.nucleotides, between, len(system.reactions))
        assert mine == tuple(int(row[n]) for n in _SIZES), row["crn"]
        assert (verify(compiled).answer is Answer.EQUIVALENT) is (row["bisimulation"] == "T"), row["crn"]


def test_a_thousand_reactions() -> None:
    """A large network goes through: all fuels drawn, all complexes found, all intermediates read."""
    rng = random.Random(1)
    names = [f"S{i}" for i in range(1000)]
    sides = [(rng.sample(names, 2), rng.sample(names, 2)) for _ in range(1000)]
    crn = _network("\n".join(f"{' + '.join(a)} -> {' + '.join(b)}" for a, b in sides))
    compiled = compile_crn(crn, CompileOptions(_FLUX))
    assert isinstance(compiled.state, FileState)
    assert len(compiled.system.of_role(Role.FUEL)) == 4000
    assert compiled.state.soup.outcome.complete
    assert (compiled.state.found.groups, compiled.state.found.unread) == (1000, ())
    fired = {r.gate for r in compiled.system.reactions}
    assert fired == {r.id for r in crn.reactions}

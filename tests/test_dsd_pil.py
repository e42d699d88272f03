"""The `.pil` format: round trips, Peppercorn as a second reader, and the faults of a file."""

from __future__ import annotations

import gc
import logging
import sys
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.passes import default_pipeline
from compiler.scaling import Physical
from crn.diagnostics import CircuitError
from crn.network import Bag
from crn.text import parse_crn
from dsd.complexes import Complex, parse_kernel
from dsd.domains import Domain, Strand
from dsd.enumeration import enumerate_complexes
from dsd.formats.dotparen import read_dotparen, structure_line, write_dotparen
from dsd.formats.pil import PilMacrostate, PilReaction, PilSystem, read_pil, write_enumeration, write_pil
from dsd.schemes import Lengths, Role
from dsd.system import DsdReaction, DsdSystem, Entry

NETWORKS = (
    "A -> B",
    "A -> ",
    "-> A [0.3]",
    "A + B -> C + D [1.7]; 2 C -> D; D <=> A [0.1, 0.2]",
    "A + B + C -> A + 2 B",
    "A + A -> A",
    "A' + B -> A_; A_ -> A' [0.123456789012345]",
    "strand -> length; length + complex -> sequence; sequence -> state",
)


def _system(text: str) -> DsdSystem:
    physical = Physical(signal_M=1.1e-8, fuel_M=1e-6 / 3)
    system = default_pipeline("srinivas2015", physical, lengths=Lengths(7, 19)).run(parse_crn(text).crn, {}).system
    assert system is not None
    return system


def _reactions(system: DsdSystem | PilSystem) -> Counter[tuple[frozenset[tuple[Complex, int]], ...]]:
    sides = ((Counter(r.reactants), Counter(r.products)) for r in system.reactions)
    return Counter((frozenset(left.items()), frozenset(right.items())) for left, right in sides)


# Round trips


@pytest.mark.parametrize("text", NETWORKS)
def test_a_compiled_system_is_read_back_to_the_last_bit(text: str) -> None:
    system = _system(text)
    read = read_pil(write_pil(system, "any header"))
    assert set(read.complexes) == set(system.by_complex)
    assert {c: read.concentrations[c.name] for c in read.complexes} == {
        e.complex: e.concentration for e in system.entries
    }
    assert _reactions(read) == _reactions(system)
    assert [r.k for r in read.reactions] == [r.k for r in system.reactions]
    assert read.constant == ()


@pytest.mark.parametrize("text", NETWORKS[:4])
def test_names_that_the_format_has_are_kept(text: str) -> None:
    system = _system(text)
    assert {c: c.name for c in read_pil(write_pil(system)).complexes} == {
        e.complex: e.complex.name for e in system.entries
    }


def test_names_that_the_format_does_not_have_are_replaced_without_a_clash() -> None:
    a, b, c = (Complex.single((Domain(d, 15),), name) for d, name in (("a", "A'"), ("b", "A_"), ("c", "A#")))
    entries = tuple(Entry(x, Role.SIGNAL, "signal", (), Bag.of("A'")) for x in (a, b, c))
    text = write_pil(DsdSystem(entries, (DsdReaction((a,), (b,), 1.0, "g", "later"),)))
    read = read_pil(text)
    assert {x: x.name for x in read.complexes} == {a: "A__", b: "A_", c: "A___"}
    assert read.reactions == (PilReaction((a,), (b,), 1.0),)
    assert "# interpretation: A__ = A'" in text


@settings(max_examples=200, derandomize=True, deadline=None)
@given(
    st.floats(0, 1e290, allow_subnormal=False),
    st.floats(1e-200, 1e200),
    st.floats(1e-200, 1e200),
)
def test_any_number_is_read_back_to_the_last_bit(amount: float, first: float, second: float) -> None:
    a, b = (Complex.single((Domain(d, 15),), d.upper()) for d in "ab")
    entries = (Entry(a, Role.FUEL, "a", (), concentration=amount), Entry(b, Role.WASTE, "b", ()))
    reactions = (DsdReaction((a,), (b,), first, "g", "later"), DsdReaction((a, b), (b, b), second, "g", "later"))
    read = read_pil(write_pil(DsdSystem(entries, reactions)))
    assert read.concentrations == {"A": amount, "B": 0.0}
    assert [r.k for r in read.reactions] == [first, second]


def test_two_domains_of_one_name_cannot_be_written() -> None:
    entries = [Entry(Complex.single((Domain("a", n),), f"A{n}"), Role.WASTE, "", ()) for n in (5, 6)]
    with pytest.raises(ValueError, match="cannot express"):
        write_pil(DsdSystem(tuple(entries), ()))


GOLDEN = """\
# made by a test
# in two lines

# Domains: lengths in nt
length h = 15
length t = 5
length u = 6
length x = 15

# Complexes: signal
# interpretation: A_h = 2A + B
A_h = h t x @initial 0 nM

# Complexes: fuel
g = x( u( + ) ) t* @initial 250.5 nM

# Complexes: intermediate
g_held = h t( x( + x u( + ) ) ) @initial 0 nM

# Every complex is a resting state of its own
macrostate A_h = [A_h]
macrostate g = [g]
macrostate g_held = [g_held]

# Reactions
reaction [condensed = 0.001 /nM/s] A_h + g -> g_held
reaction [condensed = 0.25 /s] g_held -> A_h + g
reaction [condensed = 1e-12 /nM/nM/s] A_h + A_h + g -> A_h + g_held
"""


def _small() -> DsdSystem:
    lengths = {"h": 15, "t": 5, "x": 15, "u": 6}
    signal, gate = parse_kernel("h t x", lengths, "A_h"), parse_kernel("x( u( + ) ) t*", lengths, "g")
    held = parse_kernel("h t( x( + x u( + ) ) )", lengths, "g_held")
    return DsdSystem(
        (
            Entry(signal, Role.SIGNAL, "signal", ("r1",), Bag.of("A", "B", "A")),
            Entry(gate, Role.FUEL, "join", ("r1",), Bag(), 2.505e-7),
            Entry(held, Role.INTERMEDIATE, "held", ("r1",)),
        ),
        (
            DsdReaction((signal, gate), (held,), 1e6, "r1", "first"),
            DsdReaction((held,), (signal, gate), 0.25, "r1", "later"),
            DsdReaction((signal, signal, gate), (signal, held), 1e6, "r1", "later"),
        ),
    )


def test_the_text_of_a_small_system() -> None:
    assert write_pil(_small(), "made by a test\nin two lines\n") == GOLDEN
    assert write_pil(_small()) == GOLDEN.split("\n", 3)[3]


def test_a_header_cannot_become_a_statement() -> None:
    text = write_pil(_system("A ->"), "one\rX = m_A\x0bY = m_A\n\nthree")
    assert text.splitlines()[:5] == ["# one", "# X = m_A", "# Y = m_A", "#", "# three"]
    assert {"X", "Y"}.isdisjoint(c.name for c in read_pil(text).complexes)


def test_the_interpretation_stands_beside_each_complex() -> None:
    system = _system("A + B -> 2 C")
    lines = write_pil(system).splitlines()
    stated = [line.removeprefix("# interpretation: ") for line in lines if line.startswith("# interpretation: ")]
    assert sorted(stated) == sorted(f"{e.complex.name} = {e.meaning}" for e in system.entries if len(e.meaning))
    assert "r1_flux = 2C" in stated


# Peppercorn


@contextmanager
def _peppercorn() -> Iterator[None]:
    """Contain its warnings, log lines, singletons and recursion limit."""
    depth, muted = sys.getrecursionlimit(), logging.root.manager.disable
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from peppercornenumerator.objects import clear_memory

            logging.disable(logging.CRITICAL)
            clear_memory()
            yield
            gc.collect()
            clear_memory()
    finally:
        logging.disable(muted)
        sys.setrecursionlimit(depth)


def _peppercorn_complexes(text: str, lengths: Mapping[str, int]) -> dict[Complex, tuple[str, str, float, str]]:
    from peppercornenumerator.input import read_pil as peppercorn_read

    found, _ = peppercorn_read(text)
    return {parse_kernel(c.kernel_string, lengths): (c.name, *c.concentration) for c in found.values()}


@pytest.mark.parametrize("text", NETWORKS)
def test_peppercorn_reads_the_complexes(text: str) -> None:
    system = _system(text)
    written = write_pil(system)
    lengths = {d.name: d.length for e in system.entries for d in e.complex.domains}
    with _peppercorn():
        found = _peppercorn_complexes(written, lengths)
    assert set(found) == set(system.by_complex)
    ours = {c: c.name for c in read_pil(written).complexes}
    for complex_, (name, mode, amount, unit) in found.items():
        assert (name, mode, unit) == (ours[complex_], "initial", "nM")
        assert amount == pytest.approx(system.by_complex[complex_].concentration * 1e9)


@pytest.mark.parametrize("text", NETWORKS)
def test_the_simulator_of_peppercorn_reads_the_reactions(text: str) -> None:
    system = _system(text)
    written = write_pil(system)
    with _peppercorn():
        from peppercornenumerator.input import load_pil_crn

        reactions, species = load_pil_crn(written)
    named = {c.name: c for c in read_pil(written).complexes}
    assert [[named[x] for x in left] for left, _, _ in reactions] == [list(r.reactants) for r in system.reactions]
    assert [[named[x] for x in right] for _, right, _ in reactions] == [list(r.products) for r in system.reactions]
    # In nM: a rate constant of 1 /M/s is one of 1e-9 /nM/s.
    rates = [r.k * 1e-9 ** (len(r.reactants) - 1) for r in system.reactions]
    assert [rate for _, _, [rate] in reactions] == pytest.approx(rates)
    used = {c for r in system.reactions for c in r.reactants + r.products}
    assert {named[x] for x in species} == used
    assert {mode for mode, _ in species.values()} == {"initial"}
    amounts = [system.by_complex[named[x]].concentration * 1e9 for x in species]
    assert [amount for _, amount in species.values()] == pytest.approx(amounts)


# Files from elsewhere


OTHER = """\
# A file as other programs write it\r
domain a=15\r
length b : short
sequence c* = long    # a complement has the length of its domain

state e1 = [ G ]
kinetic [condensed = 2e-4 +/- inf /nM/m]G + A->e1+T
reaction [ condensed    = 3600 /h ] T -> A
reaction [condensed = 1 +/- 0.5 /uM/mM/s] A + A + T -> G
G = a( b( + c* ) ) b* @initial 2.5e+1 pM
A = b a
T = c @c 100 nM # held
U-1_x = a*( b ) @ i 0 M
"""


def test_what_other_programs_write_is_read() -> None:
    read = read_pil(OTHER, "other.pil")
    a, b, c = Domain("a", 15), Domain("b", 5), Domain("c", 15)
    gate = Complex((Strand((a, b)), Strand((~c, ~b, ~a, ~b))), (4, 3, -1, 1, 0, -1), "G")
    signal, held, loop = Complex.single((b, a)), Complex.single((c,)), Complex((Strand((~a, b, a)),), (2, -1, 0))
    assert read.complexes == (gate, signal, held, loop)
    assert [x.name for x in read.complexes] == ["G", "A", "T", "U-1_x"]
    assert read.concentrations == {"G": 2.5e-11, "T": 1e-7, "U-1_x": 0.0}
    assert read.constant == ("T",)
    assert [(r.reactants, r.products) for r in read.reactions] == [
        ((gate, signal), (gate, held)),
        ((held,), (signal,)),
        ((signal, signal, held), (gate,)),
    ]
    assert [r.k for r in read.reactions] == pytest.approx([2e5 / 60, 1.0, 1e9])
    assert [r.span.line for r in read.reactions if r.span] == [7, 8, 9]


@pytest.mark.parametrize(
    ("unit", "per_molar_and_second"),
    [
        ("/M/s", 2.0),
        ("/mM/s", 2e3),
        ("/uM/s", 2e6),
        ("/nM/s", 2e9),
        ("/pM/s", 2e12),
        ("/M/m", 2 / 60),
        ("/nM / h", 2e9 / 3600),
    ],
)
def test_units_of_rates(unit: str, per_molar_and_second: float) -> None:
    read = read_pil(f"length a = 5\nA = a\nB = a a\nreaction [condensed = 2 {unit}] A + B -> B")
    assert read.reactions[0].k == pytest.approx(per_molar_and_second)


STRANDS = """\
sequence a = ACGTA : 5
domain b = 15
sequence c* = GGCC
sup-sequence bc = b c : 19
strand top = a bc
strand bottom = bc* a*
structure S = top + bottom : (((+))) @initial 5 nM
complex open :
top bottom
.((+)).
complex loop = top
...
U = a( bc( + ) ) bc
V = bc* a
W = a( bc( + ) ) a @constant 1 uM
macrostate m = [S, open]
macrostate loop = [V, loop]
reaction [condensed = 2 /M/s] m + loop -> m
reaction [bind21 = 3 /M/s] loop + V -> S
reaction [bind11 = 4 /s] open -> S
reaction [open = 5 /s] S -> open
reaction [branch-3way = 6 /s] S -> open
reaction [branch-4way = 7 /s] S -> open
"""


def test_strand_level_forms() -> None:
    read = read_pil(STRANDS)
    lengths = {"a": 5, "b": 15, "c": 4}
    kernels = {
        "S": "a( b( c( + ) ) )",
        "open": "a b( c( + ) ) a*",
        "loop": "a b c",
        "U": "a( b( c( + ) ) ) b c",
        "V": "c* b* a",
        "W": "a( b( c( + ) ) ) a",
    }
    assert {c.name: c for c in read.complexes} == {n: parse_kernel(k, lengths) for n, k in kernels.items()}
    assert read.concentrations == {"S": 5e-9, "W": 1e-6}
    assert read.constant == ("W",)
    assert read.sequences == (("a", "ACGTA"), ("c", "GGCC"))
    named = {c.name: c for c in read.complexes}
    assert [(m.name, m.complexes, m.representative) for m in read.macrostates] == [
        ("m", (named["S"], named["open"]), named["S"]),
        ("loop", (named["V"], named["loop"]), named["loop"]),
    ]
    assert read.reactions == (PilReaction((named["S"], named["loop"]), (named["S"],), 2.0),)
    assert [(r.kind, r.k) for r in read.detailed] == [
        ("bind21", 3.0),
        ("bind11", 4.0),
        ("open", 5.0),
        ("branch-3way", 6.0),
        ("branch-4way", 7.0),
    ]
    assert {c.name for c in read.present} == set(kernels)


def test_peppercorn_reads_strand_level_forms_alike() -> None:
    """In these forms it has no concentrations, and no composites of composites."""
    head = STRANDS[: STRANDS.index("macrostate")].replace(" @initial 5 nM", "")
    head = head.replace("top = a bc", "top = a b c").replace("bottom = bc* a*", "bottom = c* b* a*")
    with _peppercorn():
        found = set(_peppercorn_complexes_only(head, {"a": 5, "b": 15, "c": 4}))
    assert found == set(read_pil(head).complexes)


def _peppercorn_complexes_only(text: str, lengths: Mapping[str, int]) -> list[Complex]:
    from peppercornenumerator.input import read_pil as peppercorn_read

    found, _ = peppercorn_read(text)
    # Strands are among what it returns.
    return [parse_kernel(c.kernel_string, lengths) for key, c in found.items() if isinstance(key, str)]


@pytest.mark.parametrize("text", NETWORKS[:4])
@pytest.mark.parametrize("by_nucleotide", [False, True])
def test_dot_paren_plus_is_read_back(text: str, by_nucleotide: bool) -> None:
    complexes = [e.complex for e in _system(text).entries]
    lengths = {d.name: d.length for c in complexes for d in c.domains}
    read = read_dotparen(write_dotparen(complexes, by_nucleotide), lengths)
    assert list(read) == complexes
    assert [c.name for c in read] == [c.name for c in complexes]


def test_the_text_of_dot_paren_plus() -> None:
    gate = parse_kernel("b( u( + ) ) t*", {"b": 3, "u": 2, "t": 2})
    assert write_dotparen([gate]) == "> c1\nb u + u* b* t*\n((+)).\n"
    assert structure_line(gate, by_nucleotide=True) == "(((((+)))))..)"[:-1]
    assert write_dotparen([]) == ""


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("G\na\n.", (1, 1), "expected '>'"),
        ("> G\na", (1, 1), "a line of domains"),
        ("> G\na ^\n..", (2, 3), "is no domain"),
        ("> G\na q\n..", (2, 3), "has no length"),
        ("> G\na +\n.+", (2, 1), "without domains"),
        ("> G\na\n.+.", (3, 1), "1 strands, but 2"),
        ("> G\na a*\n)(", (3, 1), "')' without '('"),
        ("> G\na a*\n((", (3, 1), "never closed"),
        ("> G\na a*\nxx", (3, 1), "unexpected 'x'"),
        ("> G\na a*\n(.))", (3, 1), "4 signs"),
        ("> G\na a*\n((.))).(.)", (3, 1), "paired in part"),
        ("> G\na + a*\n.+.", (3, 1), "not held together"),
    ],
)
def test_a_fault_of_dot_paren_plus_has_its_place(text: str, place: tuple[int, int], message: str) -> None:
    with pytest.raises(CircuitError) as caught:
        read_dotparen(text, {"a": 5})
    [fault] = caught.value.diagnostics
    assert message in fault.message
    assert fault.span is not None
    assert (fault.span.line, fault.span.column) == place


@pytest.mark.parametrize("text", NETWORKS[3:5])
def test_an_enumeration_is_read_back(text: str) -> None:
    found = enumerate_complexes([e.complex for e in _system(text).entries if e.concentration > 0 or e.part == "signal"])
    read = read_pil(write_enumeration(found, "any header"))
    assert set(read.complexes) == set(found.complexes)
    assert {frozenset(m.complexes) for m in read.macrostates} == {frozenset(m.complexes) for m in found.macrostates}
    assert [(r.kind, Counter(r.reactants), Counter(r.products), r.k) for r in read.detailed] == [
        (s.kind, Counter(s.reactants), Counter(s.products), s.rate) for s in found.steps
    ]
    assert [(Counter(r.reactants), Counter(r.products), r.k) for r in read.reactions] == [
        (Counter(r.reactants), Counter(r.products), r.rate) for r in found.condensed
    ]
    short = read_pil(write_enumeration(found, detailed=False, resting_only=True))
    assert set(short.complexes) == set(found.resting)
    with pytest.raises(ValueError, match="transient"):
        write_enumeration(found, resting_only=True)


# Faults


_HEAD = "length a = 15\nA = a\nB = a a\n"


@pytest.mark.parametrize(
    ("statement", "column", "message"),
    [
        ("lenght b = 5", 1, "expected '=' after 'lenght'"),
        ("  B + C", 3, "expected '=' after 'B'"),
        ("= a", 1, "expected a statement, found '='"),
        ("length =  # nothing", 9, "expected a complex in kernel notation"),
        ("length b 5", 10, "expected '=' and a length, found '5'"),
        ("length b =", 11, "expected a length"),
        ("length b = 0", 12, "a whole number from 1 on, not '0'"),
        ("length b = -5", 12, "a whole number"),
        ("length b = ١٥", 12, "a whole number"),
        ("length b = 9999999", 12, "a domain of 9999999 nt"),
        ("length b = " + "9" * 5000, 12, "a whole number"),
        ("length b = 5 6", 14, "the end of the line, found '6'"),
        ("length a = 15", 8, "two lengths"),
        ("sequence b = ACGT : 5", 21, "4 nucleotides, not '5'"),
        ("sequence b = ACGE", 14, "a whole number"),
        ("length b = ACGT", 12, "a whole number"),
        ("sup-sequence ab = a a : 20", 25, "30 nt, not '20'"),
        ("sup-sequence ab", 16, "expected '=' and domains"),
        ("strand s = a b", 14, "there is no domain and no strand 'b'"),
        ("strand s =", 11, "expected a domain"),
        ("strand a = a a", 8, "two meanings"),
        ("structure S = s + t : (+)", 15, "there is no domain and no strand 's'"),
        ("structure S = a + a* : )+(", 24, "')' without '('"),
        ("structure S = a + a* : (+(", 24, "never closed"),
        ("structure S = a + a* : ()", 24, "2 strands, but 1 in the pairing"),
        ("structure S = a + a* : (.+)", 24, "2 signs for a strand of 1 domains or 15 nt"),
        ("structure S = a + a : (+)", 23, "cannot pair"),
        ("structure S = a + a* : (+) x", 28, "the end of the pairing"),
        ("structure S = a + a*", 21, "expected the pairing"),
        ("complex S :", 12, "expected the pairing"),
        ("C =  ", 4, "kernel notation"),
        ("C = a( b( + ) )", 8, "domain b has no length"),
        ("C = a( + ) )", 12, "')' without a domain"),
        ("C = a a^", 8, "unexpected '^'"),
        ("C = a( a", 5, "never closed"),
        ("C = a + a", 5, "not held together"),
        ("B = a a a", 1, "a second complex 'B'; the first is in line 3"),
        ("C = a a", 1, "'C' is the same complex as 'B'"),
        ("C = a a a @start 5 nM", 12, "unknown mark '@start'"),
        ("C = a a a @ 5 nM", 13, "unknown mark '@5'"),
        ("C = a a a @ # nothing", 12, "expected initial or constant"),
        ("C = a a a @initial", 19, "expected a concentration"),
        ("C = a a a @initial nM", 20, "expected a concentration"),
        ("C = a a a @initial -5 nM", 20, "finite and not negative"),
        ("C = a a a @initial nan nM", 20, "finite and not negative"),
        ("C = a a a @initial 1e999 nM", 20, "finite and not negative"),
        ("C = a a a @initial 5", 21, "a unit such as nM"),
        ("C = a a a @initial 5 nm", 22, "unknown unit 'nm'"),
        ("C = a a a @initial 5 nM @initial 6 nM", 25, "the end of the line"),
        ("macrostate m = [A, B, A]", 17, "'A' is listed twice"),
        ("macrostate m = [A, B,]", 22, "expected a complex, found ']'"),
        ("macrostate m = A", 16, "expected '= [' and a complex"),
        ("macrostate m = [A", 18, "expected ']'"),
        ("state m = [Q]", 12, "there is no complex 'Q'"),
        ("reaction A -> B", 10, "expected '['"),
        ("reaction [3 /s] A -> B", 11, "expected 'condensed =', found '3'"),
        ("reaction [bind22 = 3 /M/s] A + A -> B", 11, "no kind of reaction: 'bind22'"),
        ("reaction [condensed = /s] A -> B", 23, "expected a rate constant"),
        ("reaction [condensed = 3] A -> B", 24, "a unit such as /M/s"),
        ("reaction [condensed = 3 /d] A -> B", 25, "unknown unit 'd'"),
        ("reaction [condensed = 3 /M/s] A -> B", 25, "order 2, not 1"),
        ("reaction [condensed = 3 /s] A + B -> B", 25, "order 1, not 2"),
        ("reaction [condensed = 0 /s] A -> B", 23, "positive and finite"),
        ("reaction [condensed = 1e300 /nM/nM/s] A + A + A -> B", 23, "positive and finite"),
        ("reaction [condensed = 3 +/- x /s] A -> B", 29, "the error of the rate constant"),
        ("reaction [condensed = 3 /s A -> B", 28, "expected ']'"),
        ("reaction [condensed = 3 /s] -> B", 29, "expected a complex, found '->'"),
        ("reaction [condensed = 3 /s] A ->", 33, "expected a complex, found the end"),
        ("reaction [condensed = 3 /s] A = B", 31, "expected '+' or '->'"),
        ("reaction [condensed = 3 /s] A -> b", 34, "there is no complex 'b'"),
        ("reaction [condensed = 3 /s] A -> B B", 36, "the end of the line"),
    ],
)
def test_a_fault_has_its_place(statement: str, column: int, message: str) -> None:
    with pytest.raises(CircuitError) as caught:
        read_pil(_HEAD + statement, "f.pil")
    [fault] = caught.value.diagnostics
    assert message in fault.message
    assert fault.span is not None
    assert (fault.span.source, fault.span.line, fault.span.column) == ("f.pil", 4, column)
    assert fault.span.text == statement


def test_all_faults_are_told_in_the_order_of_the_file_and_none_twice() -> None:
    text = """\
reaction [condensed = 1 /s] G -> H
length a = x
G = a( + ) b*
H = a
structure S = H : .
reaction [condensed = 1 /M/s] H -> I
macrostate M = [G, H]
reaction [condensed = 1 /s] M -> G
"""
    with pytest.raises(CircuitError) as caught:
        read_pil(text)
    places = [(d.span.line, d.span.column) for d in caught.value.diagnostics if d.span]
    # Neither the length that is not understood nor the faulty G or M causes further faults.
    assert places == [(2, 12), (3, 12), (5, 15), (6, 36)]


def test_a_near_name_is_guessed() -> None:
    with pytest.raises(CircuitError, match=r"did you mean 'A_h'\?"):
        read_pil("length a = 5\nA_h = a\nreaction [condensed = 1 /s] A_H -> A_h")
    with pytest.raises(CircuitError, match=r"did you mean 'length'\?"):
        read_pil("lenght a = 5")


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing", "length a = 5"])
def test_a_file_without_complexes(text: str) -> None:
    with pytest.raises(CircuitError, match="no complexes"):
        read_pil(text)


def test_many_faults_are_counted() -> None:
    with pytest.raises(CircuitError) as caught:
        read_pil("length a = 5\nA = a\n" + "".join(f"C{i} = b\n" for i in range(50)))
    assert len(caught.value.diagnostics) == 21
    assert caught.value.diagnostics[-1].message == "and 30 more"


def test_values_verify_themselves() -> None:
    a, b = (Complex.single((Domain(d, 15),), "A") for d in "ab")
    with pytest.raises(ValueError, match="unique"):
        PilSystem((a, b))
    with pytest.raises(ValueError, match="listed"):
        PilSystem((a,), (("B", 1.0),))
    with pytest.raises(ValueError, match="listed"):
        PilSystem((a,), (), (), ("A",))
    with pytest.raises(ValueError, match="finite"):
        PilSystem((a,), (("A", -1.0),))
    with pytest.raises(ValueError, match="not listed"):
        PilSystem((a,), (), (PilReaction((a,), (b,), 1.0),))
    with pytest.raises(ValueError, match="rate"):
        PilReaction((a,), (b,), 0.0)
    with pytest.raises(ValueError, match="kind"):
        PilReaction((a,), (a,), 1.0, None, "leak")
    with pytest.raises(ValueError, match="kept apart"):
        PilSystem((a,), detailed=(PilReaction((a,), (a,), 1.0),))
    with pytest.raises(ValueError, match="members"):
        PilMacrostate("m", ())
    with pytest.raises(ValueError, match="not listed"):
        PilSystem((a,), macrostates=(PilMacrostate("m", (b.named("B"),)),))


def _outcome(text: str) -> tuple[int, str]:
    """Return how many complexes were read, or the message; any other exception fails the test."""
    try:
        return len(read_pil(text).complexes), ""
    except CircuitError as error:
        return 0, str(error)


_PIECES = st.sampled_from(
    (
        *("a", "b", "*", "(", ")", "+", "@", "[", "]", ",", "=", ":", "#", "^", "-", "->", "\n", "\n", "\r", " ", " "),
        *("length ", "macrostate ", "reaction [", "structure ", "A = ", "condensed = ", "@initial ", "1e5", "nM", "/s"),
        *("/M/s", "inf", "strand ", "complex ", "bind21 = ", "ACGT", "((+))", ".", "short", "\x00", "µ"),
    )
)


@settings(max_examples=400, derandomize=True, deadline=None)
@given(st.one_of(st.text(), st.lists(_PIECES, max_size=40).map("".join)))
def test_whatever_a_file_holds_a_fault_is_a_circuit_error(text: str) -> None:
    for candidate in (text, _HEAD + text):
        complexes, message = _outcome(candidate)
        assert bool(complexes) is not bool(message)


@settings(max_examples=400, derandomize=True, deadline=None)
@given(st.data())
def test_a_damaged_file_is_read_or_told(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(GOLDEN)))
    end = data.draw(st.integers(start, min(len(GOLDEN), start + 8)))
    piece = data.draw(st.one_of(st.text(max_size=3), _PIECES))
    complexes, message = _outcome(GOLDEN[:start] + piece + GOLDEN[end:])
    assert bool(complexes) is not bool(message)

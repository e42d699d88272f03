"""The reader and the writer of `.crn` files."""

from __future__ import annotations

import math
import re
import warnings
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crn.diagnostics import CircuitError, Diagnostic
from crn.network import CRN, Bag, Reaction, Units
from crn.text import MAX_BYTES, parse_crn, read_text_file, write_crn

MEGA = 1024 * 1024


def reactions(text: str) -> list[tuple[str, str, float]]:
    return [(r.id, r.equation, r.k) for r in parse_crn(text).crn.reactions]


def faults(text: str) -> tuple[Diagnostic, ...]:
    with pytest.raises(CircuitError) as caught:
        parse_crn(text, "net.crn")
    return caught.value.diagnostics


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A + B -> C", [("r1", "A + B -> C", 1.0)]),
        ("A + 2C -> E [k = 13.78]", [("r1", "A + 2C -> E", 13.78)]),
        ("A+2 C->E[13.78]", [("r1", "A + 2C -> E", 13.78)]),
        ("A -> B [kf = 3]", [("r1", "A -> B", 3.0)]),
        ("A -> B [fw=.5]", [("r1", "A -> B", 0.5)]),
        ("A -> B [1E-3]", [("r1", "A -> B", 0.001)]),
        ("A -> B [+2.e1]", [("r1", "A -> B", 20.0)]),
        ("C + A <=> D [kf = 1, kr = 2]", [("r1", "A + C -> D", 1.0), ("r1r", "D -> A + C", 2.0)]),
        ("A <=> D [fw = 1, bw = 2]", [("r1", "A -> D", 1.0), ("r1r", "D -> A", 2.0)]),
        ("A <=> D [rv = 2, fw = 1]", [("r1", "A -> D", 1.0), ("r1r", "D -> A", 2.0)]),
        ("A <-> D [3, 4]", [("r1", "A -> D", 3.0), ("r1r", "D -> A", 4.0)]),
        ("A <=> D", [("r1", "A -> D", 1.0), ("r1r", "D -> A", 1.0)]),
        ("<=> A [15, 6]", [("r1", "-> A", 15.0), ("r1r", "A ->", 6.0)]),
        ("-> X [0.5] ; X ->;", [("r1", "-> X", 0.5), ("r2", "X ->", 1.0)]),
        ("0 -> X; X -> ∅", [("r1", "-> X", 1.0), ("r2", "X ->", 1.0)]),
        ("A <=> B;; B -> A # x; C -> D", [("r1", "A -> B", 1.0), ("r1r", "B -> A", 1.0), ("r2", "B -> A", 1.0)]),
        ("A + A + 2A -> B", [("r1", "4A -> B", 1.0)]),
        ("2e5 -> k [2e5]", [("r1", "2e5 -> k", 2e5)]),
        ("x' + _y -> i", [("r1", "_y + x' -> i", 1.0)]),
        ("\ufeffA -> B\r\n\tB -> C\rC -> D\n", [("r1", "A -> B", 1.0), ("r2", "B -> C", 1.0), ("r3", "C -> D", 1.0)]),
        ("->", [("r1", "->", 1.0)]),
    ],
)
def test_accepted_reactions(text: str, expected: list[tuple[str, str, float]]) -> None:
    assert reactions(text) == expected


def test_amounts_and_constants() -> None:
    crn = parse_crn("A + F -> B\nA @initial 10; B @i 0 # none\nF @constant 100\nG @ c 1e-3").crn
    assert crn.initial == (("A", 10.0), ("B", 0.0), ("F", 100.0), ("G", 0.001))
    assert crn.constant == ("F", "G")
    assert crn.units is Units.FORMAL


def test_units_are_converted_exactly() -> None:
    crn = parse_crn(
        "A + B -> C [3 /nM/s]; A -> B [6 /m]; -> A [2 nM / s]; 2A + B -> C [5e12 /M/M/h]; A -> C [0.5]; B -> C\n"
        "A @i 50 nM; B @i 50nM; C @i 1 mM; D @i 2 uM; E @i 3µM; F @i 3 μM; G @c 7pM; H @i 1.5 M"
    ).crn
    assert crn.units is Units.MOLAR
    assert [r.k for r in crn.reactions] == [3e9, 0.1, 2e-9, 5e12 / 3600, 0.5, 1.0]
    assert [x for _, x in crn.initial] == [5e-8, 5e-8, 1e-3, 2e-6, 3e-6, 3e-6, 7e-12, 1.5]


def test_one_unit_anywhere_makes_a_network_molar() -> None:
    assert parse_crn("A -> B [1 /s]").crn.units is Units.MOLAR
    crn = parse_crn("A -> B\n#! units molar\nA @i 2e-8; B @i 3 nM").crn
    assert (crn.units, crn.initial) == (Units.MOLAR, (("A", 2e-8), ("B", 3e-9)))
    assert parse_crn("A -> B [1]; A @i 1").crn.units is Units.FORMAL


def test_port_lines_are_kept_with_their_places() -> None:
    read = parse_crn(
        "#!/usr/bin/env strandwright\nA -> B #! not a port\n  #!  input x1 -> A  # why\n#!\n#!output y = B", "f"
    )
    assert [(p.text, p.span.line, p.span.column, p.span.length) for p in read.ports] == [
        ("input x1 -> A", 3, 7, 13),
        ("output y = B", 5, 3, 12),
    ]
    assert all(p.span.text[p.span.column - 1 :].startswith(p.text) for p in read.ports)


def test_origins_point_at_the_reactions_and_share_the_line() -> None:
    found = parse_crn(" A -> B [k = 1] ;C <=> 2 D[1, 2]  # end\n-> E", "f.crn").crn.reactions
    spans = [r.origin.span for r in found]
    assert all(s is not None for s in spans)
    assert [s and (str(s), s.text[s.column - 1 : s.column - 1 + s.length]) for s in spans] == [
        ("f.crn:1:2", "A -> B [k = 1]"),
        ("f.crn:1:18", "C <=> 2 D[1, 2]"),
        ("f.crn:1:18", "C <=> 2 D[1, 2]"),
        ("f.crn:2:1", "-> E"),
    ]
    assert spans[0] is not None
    assert spans[1] is not None
    assert spans[0].text is spans[1].text


@pytest.mark.parametrize(
    ("text", "line", "column", "length", "message"),
    [
        ("", 1, 1, 1, "no reactions"),
        ("# nothing\n\n", 1, 1, 1, "no reactions"),
        ("A @i 1", 1, 1, 1, "no reactions"),
        ("A -> B\n  $", 2, 3, 1, "expected a reaction or an amount, found '$'"),
        ("A", 1, 2, 1, "expected an arrow or '@', found the end of the line"),
        ("A  # -> B", 1, 4, 1, "expected an arrow or '@', found the end of the line"),
        ("A B -> C", 1, 3, 1, "expected an arrow or '@', found 'B'"),
        ("A → B", 1, 3, 1, "expected an arrow or '@', found '→' (rightwards arrow)"),
        ("A --> B", 1, 3, 3, "expected an arrow or '@', found '-->'"),
        ("α -> B", 1, 1, 1, "expected a reaction or an amount, found 'α' (greek small letter alpha)"),
        ("A -> B\0", 1, 7, 1, "expected ';' or the end of the line, found '<U+0000>'"),
        ("A -> B C", 1, 8, 1, "expected ';' or the end of the line, found 'C'"),
        ("A + -> B", 1, 5, 2, "expected a species, found '->'"),
        ("A -> B +", 1, 9, 1, "expected a species, found the end of the line"),
        ("0A -> B", 1, 1, 1, "a count of 0"),
        ("A + 0 -> B", 1, 5, 1, "'0' stands for an empty side, alone"),
        ("A -> 3", 1, 6, 1, "a count without a species"),
        ("A -> 1.5B", 1, 6, 3, "'1.5' is not a count"),
        ("A -> 10001B", 1, 6, 6, "too many molecules"),
        ("A -> 9999B + 2C", 1, 14, 2, "too many molecules"),
        ("A -> " + "9" * 5000 + "B", 1, 6, 5001, "too many molecules"),
        ("A" * 1001 + " -> B", 1, 1, 1001, "a name of 1001 characters"),
        ("A -> B [0]", 1, 9, 1, "the rate constant is '0'; it must be positive and finite"),
        ("A -> B [-1.5]", 1, 9, 4, "the rate constant is '-1.5'; it must be positive and finite"),
        ("A -> B [k = inf]", 1, 13, 3, "the rate constant is 'inf'; it must be positive and finite"),
        ("A -> B [NaN]", 1, 9, 3, "the rate constant is 'NaN'; it must be positive and finite"),
        ("A -> B [1e999]", 1, 9, 5, "the rate constant is '1e999'; it must be positive and finite"),
        ("A -> B [1e-999]", 1, 9, 6, "the rate constant is '1e-999'; it must be positive and finite"),
        ("A + B -> C [1e305 /pM/s]", 1, 13, 5, "the rate constant is '1e305'; it must be positive and finite"),
        ("A -> B []", 1, 9, 1, "expected a number, found ']'"),
        ("A -> B [k = x]", 1, 13, 1, "expected a number, found 'x'"),
        ("A -> B [1", 1, 10, 1, "expected ',' or ']', found the end of the line"),
        ("A -> B [1.2.3]", 1, 12, 2, "expected ',' or ']', found '.3'"),
        ("A -> B [1] [2]", 1, 12, 1, "expected ';' or the end of the line, found '['"),
        ("A -> B [q = 1]", 1, 9, 1, "unknown rate 'q'"),
        ("A -> B [1, 2]", 1, 12, 1, "a reverse rate on an irreversible reaction"),
        ("A -> B [kr = 2]", 1, 9, 6, "a reverse rate on an irreversible reaction"),
        ("A <=> B [1, 2, 3]", 1, 16, 1, "a third rate on a reversible reaction"),
        ("A <=> B [kf = 1, fw = 3]", 1, 18, 6, "the forward rate is given twice"),
        ("A <=> B [kf = 1, 3]", 1, 18, 1, "one rate has a name and another has none"),
        ("A <=> B [1, kr = 3]", 1, 13, 2, "one rate has a name and another has none"),
        ("A <=> B [1]", 1, 11, 1, "the reverse rate is missing"),
        ("A <=> B [kr = 1]", 1, 16, 1, "the forward rate is missing"),
        ("A -> B [1 /nm/s]", 1, 11, 5, "unknown unit 'nm' in '/nm/s'"),
        ("A -> B [1 nM]", 1, 11, 2, "'nM' is not the unit of a rate constant"),
        ("A -> B [1 /s/s]", 1, 11, 4, "'/s/s' is not the unit of a rate constant"),
        ("A -> B [1 /M/s]", 1, 11, 4, "'/M/s' is a unit for reactions of order 2, not 1"),
        ("A <=> B + C [1 /s, 2/s]", 1, 21, 2, "'/s' is a unit for reactions of order 1, not 2"),
        ("A -> B; A @initial -1", 1, 20, 2, "the amount of 'A' is '-1'; it must be finite and not negative"),
        ("A -> B; A @initial nan", 1, 20, 3, "the amount of 'A' is 'nan'; it must be finite and not negative"),
        ("A -> B; A @initial x", 1, 20, 1, "expected a number, found 'x'"),
        ("A -> B; A @initial", 1, 19, 1, "expected a number, found the end of the line"),
        ("A -> B; A @inital 3", 1, 11, 7, "unknown mark '@inital'"),
        ("A -> B; A @ 3", 1, 11, 2, "unknown mark '@'"),
        ("A -> B; A @initial 3 kg", 1, 22, 2, "unknown unit 'kg'"),
        ("A -> B; A @initial 3; A @c 4", 1, 23, 6, "a second amount of 'A'; the first is in line 1"),
        ("A -> B; 2A @initial 3", 1, 9, 3, "an amount is given to one species, as in 'A @initial 10'"),
        ("A -> B; @initial 3", 1, 9, 1, "an amount is given to one species, as in 'A @initial 10'"),
        ("A -> B; A @i 1 nM\nB @i 2", 2, 6, 1, "the amount of 'B' has no unit, but line 1 has one"),
        ("A -> B [1 /s]\nB @i 2", 2, 6, 1, "the amount of 'B' has no unit, but line 1 has one"),
        ("A -> B\n#!units nM", 2, 3, 8, "expected 'units molar'"),
    ],
)
def test_a_fault_is_named_with_its_place(text: str, line: int, column: int, length: int, message: str) -> None:
    (fault,) = faults(text)
    assert fault.span is not None
    assert (fault.span.line, fault.span.column, fault.span.length) == (line, column, length)
    assert fault.message == message
    rendered = fault.render().splitlines()
    assert rendered[0] == f"net.crn:{line}:{column}: {message}"
    if fault.span.text and fault.span.text.isprintable() and len(fault.span.text) <= 100 and column <= 50:
        quoted, caret = rendered[1], rendered[2]
        assert quoted == f"  | {fault.span.text}"
        assert caret == "  | " + " " * (column - 1) + "^" * length


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("A B -> C", "species are joined with +"),
        ("A => B", "write -> or <=>"),
        ("A −> B", "write -> or <=>"),
        ("A -> B; A @inital 3", "did you mean '@initial'?"),
        ("A -> B; A @i 3 nm", "did you mean 'nM'?"),
        ("A -> B [1 /min]", "minutes are written m"),
        ("2A -> B [1 /s]", "write /M/s"),
        ("-> B [1 /s]", "write M/s"),
        ("A -> B [0]", "a reaction that never fires is left out"),
        ("A -> B [1][2]", "all rates stand in one pair of brackets"),
    ],
)
def test_advice(text: str, advice: str) -> None:
    (fault,) = faults(text)
    assert fault.advice == advice


def test_all_faults_of_a_file_are_reported_in_order() -> None:
    text = """# A circuit with faults.
A + B -> C [1e6 /M/s]; A B -> D
A @initial 5 nM ; C @initial 7
X @initial 3 nM; A @constant 1 nM

C <=> D [kf = 1, kr = -2]; D → A ; 2D -> A [1 /s]
"""
    assert "\n".join(d.render() for d in faults(text)) == (
        """net.crn:2:26: expected an arrow or '@', found 'B'
  | A + B -> C [1e6 /M/s]; A B -> D
  |                          ^
  advice: species are joined with +
net.crn:3:30: the amount of 'C' has no unit, but line 2 has one
  | A @initial 5 nM ; C @initial 7
  |                              ^
  advice: give a unit to every amount, or to none and to no rate
net.crn:4:18: a second amount of 'A'; the first is in line 3
  | X @initial 3 nM; A @constant 1 nM
  |                  ^^^^^^^^^^^^^^^^
  advice: each species has one amount, initial or constant
net.crn:6:23: the rate constant is '-2'; it must be positive and finite
  | C <=> D [kf = 1, kr = -2]; D → A ; 2D -> A [1 /s]
  |                       ^^
net.crn:6:30: expected an arrow or '@', found '→' (rightwards arrow)
  | C <=> D [kf = 1, kr = -2]; D → A ; 2D -> A [1 /s]
  |                              ^
  advice: write -> or <=>
net.crn:6:47: '/s' is a unit for reactions of order 1, not 2
  | C <=> D [kf = 1, kr = -2]; D → A ; 2D -> A [1 /s]
  |                                               ^^
  advice: write /M/s"""
    )


def test_twenty_faults_are_shown_and_the_rest_counted() -> None:
    found = faults("$\n" * 25)
    assert [d.span.line for d in found[:20] if d.span] == list(range(1, 21))
    assert [d.message for d in found[20:]] == ["and 5 more"]
    assert faults("$\n" * 5000)[20].message == "and at least 980 more"


NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,5}", fullmatch=True)
RATES = st.floats(min_value=0, exclude_min=True, allow_infinity=False)
AMOUNTS = st.floats(min_value=0, allow_infinity=False)


@st.composite
def networks(draw: st.DrawFn) -> CRN:
    pool = draw(st.lists(NAMES, min_size=1, max_size=5, unique=True))
    side = st.dictionaries(st.sampled_from(pool), st.integers(1, 12), max_size=3).map(Bag.from_counts)
    found: list[Reaction] = []
    for i, (left, right, k, reverse) in enumerate(
        draw(st.lists(st.tuples(side, side, RATES, st.none() | RATES), min_size=1, max_size=5)), 1
    ):
        found.append(Reaction(f"r{i}", left, right, k))
        if reverse is not None:
            found.append(Reaction(f"r{i}r", right, left, reverse))
    initial = draw(st.dictionaries(st.sampled_from(pool), AMOUNTS))
    constant = draw(st.sets(st.sampled_from(pool)))
    units = draw(st.sampled_from(Units))
    return CRN.build(found, initial, constant=[s for s in initial if s in constant], units=units)


@settings(max_examples=100, derandomize=True, deadline=None)
@given(networks())
def test_what_is_written_is_read_back_exactly(crn: CRN) -> None:
    text = write_crn(crn)
    assert parse_crn(text).crn == crn
    assert write_crn(parse_crn(text).crn) == text


def peer(text: str) -> tuple[list[list[list[str]]], list[list[float]], dict[str, tuple[str, float]]]:
    """Read with crnverifier: reactions with reverse ones split off, rates as given, and amounts."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pyparsing
        from crnverifier.crn_parser import parse_crn_string
        from crnverifier.utils import parse_crn as parse

        blanks = pyparsing.ParserElement.DEFAULT_WHITE_CHARS
        try:
            split, _ = parse(text)
            whole, amounts = parse_crn_string(text)
        finally:  # crnverifier changes it for the whole process
            pyparsing.ParserElement.set_default_whitespace_chars(blanks)
    return split, [rates for _, _, rates in whole], amounts


@settings(max_examples=25, derandomize=True, deadline=None)
@given(networks())
def test_crnverifier_reads_what_is_written(crn: CRN) -> None:
    split, rates, amounts = peer(write_crn(crn))
    assert [(Bag.of(*left), Bag.of(*right)) for left, right in split] == [
        (r.reactants, r.products) for r in crn.reactions
    ]
    assert [k for pair in rates for k in pair] == [r.k for r in crn.reactions]
    given_amounts = {s: ("constant" if s in crn.constant else "initial", x) for s, x in crn.initial}
    assert {s: a for s, a in amounts.items() if s in given_amounts} == given_amounts
    assert set(amounts) == set(crn.species)
    assert all(a == ("initial", 0) for s, a in amounts.items() if s not in given_amounts)


def test_numbers_are_written_as_crnverifier_takes_them() -> None:
    rates = [1.0, 1e15, 1e16, 1.7e308, 0.1, 1.5e16 + 2, 1e-7, 5e-324, 1e22]
    text = write_crn(CRN.build(Reaction(f"r{i}", Bag.of("A"), Bag.of("B"), k) for i, k in enumerate(rates)))
    assert [k for (k,) in peer(text)[1]] == rates


SHARED = (
    "A + 2C -> E [k = 13.78]\nC + A <=> D [kf = 1, kr = 2]; <=> A [15, 6] ; -> X [0.5] ;  X -> # end\n2e5 -> B\nA @i 10"
)


def test_what_crnverifier_reads_means_the_same_here() -> None:
    split, _, amounts = peer(SHARED)
    crn = parse_crn(SHARED).crn
    assert [(Bag.of(*a), Bag.of(*b)) for a, b in split] == [(r.reactants, r.products) for r in crn.reactions]
    assert amounts["A"] == ("initial", dict(crn.initial)["A"])


def test_the_written_text() -> None:
    crn = parse_crn("A+B->2C[1e6 /M/s]; C<=>; B @c 10 nM; D @i 3uM").crn
    assert write_crn(crn) == (
        "#! units molar\nA + B -> 2C [k = 1000000]\nC <=> [kf = 1, kr = 1]\nB @constant 1e-08\nD @initial 3e-06\n"
    )
    numbers = re.findall(r"(?:= |@\w+ )(\S+?)[\],\n]", write_crn(crn))
    assert len(numbers) == 5
    assert all(re.fullmatch(r"\d+(\.\d+)?(e[+-]?\d+)?", n) for n in numbers)


def test_constants_without_an_amount_are_written_with_0() -> None:
    crn = CRN.build([Reaction("x", Bag.of("A"), Bag.of("B"))], {"B": -0.0}, constant=["A"])
    assert write_crn(crn) == "A -> B [k = 1]\nB @initial 0\nA @constant 0\n"


def test_what_other_programs_cannot_read_is_not_written() -> None:
    with pytest.raises(CircuitError, match="names that other programs cannot read: 'B'', '_A'"):
        write_crn(parse_crn("C + B' -> _A").crn)
    with pytest.raises(CircuitError, match="without reactions"):
        write_crn(CRN(()))


TOKENS = st.lists(
    st.sampled_from([*"AB2+[],=;@#./\n", "->", "<=>", "@i", "nM", " ", "k", "1e", "#!", "∅", "0", "/s", "'", "\u00a0"]),
    max_size=30,
).map("".join)


@settings(max_examples=300, derandomize=True, deadline=None)
@given(st.text() | TOKENS)
def test_junk_raises_nothing_but_circuit_errors(text: str) -> None:
    try:
        crn = parse_crn(text).crn
    except CircuitError as error:
        spans = [d.span for d in error.diagnostics if d.span]
        str(error)
    else:
        spans = [r.origin.span for r in crn.reactions if r.origin.span]
        assert all(math.isfinite(r.k) for r in crn.reactions)
    assert all(1 <= s.column <= len(s.text) + 1 for s in spans)


@settings(max_examples=100, derandomize=True, deadline=None)
@given(data=st.binary(max_size=200))
def test_random_files_raise_nothing_but_circuit_errors(data: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "random.crn"
    path.write_bytes(data)
    try:
        parse_crn(read_text_file(path), str(path))
    except CircuitError as error:
        str(error)


@pytest.mark.parametrize(
    "text",
    [
        "A" * 10 * MEGA,
        "$;" * 5 * MEGA,
        "A + " * 2 * MEGA,
        "[(" * 5 * MEGA,
        "9" * 10 * MEGA,
        " " * 10 * MEGA + "$",
        "A -> B [" + "9" * 10 * MEGA + "]",
        "A -> B [1e" + "0" * 10 * MEGA + "x]",
        "A -> B [1 " + "/M " * 3 * MEGA + "]",
        "A @" + "i" * 10 * MEGA + " 3",
    ],
    ids=["name", "statements", "sum", "brackets", "digits", "blanks", "rate", "exponent", "unit", "mark"],
)
def test_a_long_line_is_quoted_cut(text: str) -> None:
    with pytest.raises(CircuitError) as caught:
        parse_crn(text)
    assert all(len(line) < 150 for line in str(caught.value).splitlines())


def test_a_long_line_that_is_right_is_read() -> None:
    text = "A + B -> C [1]; " * 20_000 + "# " + "x" * 10 * MEGA
    crn = parse_crn(text).crn
    assert len(crn.reactions) == 20_000
    spans = [r.origin.span for r in crn.reactions]
    assert len({id(s.text) for s in spans if s}) == 1
    assert crn.reactions[0].reactants is crn.reactions[-1].reactants


def test_files_are_read_as_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "a.crn"
    path.write_bytes("\ufeffA -> B # µ\r\n".encode())
    assert read_text_file(path) == "A -> B # µ\r\n"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (
            b"A -> B\nA @i 5 \xb5M # Latin-1",
            "{path}:2:8: byte 0xB5 is not UTF-8\n  | A @i 5 �M # Latin-1\n  |        ^\n",
        ),
        (b"A -> B\nA\x00", "{path}:2:2: a NUL byte: this is not a text\n"),
        ("A -> B".encode("utf-16"), "{path}:1:1: the file is in UTF-16\n"),
    ],
)
def test_files_that_are_not_text(tmp_path: Path, data: bytes, expected: str) -> None:
    path = tmp_path / "bad.crn"
    path.write_bytes(data)
    with pytest.raises(CircuitError) as caught:
        read_text_file(path)
    assert str(caught.value).startswith(expected.format(path=path))


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(CircuitError, match="cannot be read: No such file"):
        read_text_file(tmp_path / "missing.crn")
    with pytest.raises(CircuitError, match="cannot be read: Is a directory"):
        read_text_file(tmp_path)
    with pytest.raises(CircuitError, match="cannot be read"):
        read_text_file("a\0b")
    with (tmp_path / "large.crn").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(CircuitError, match="larger than 64 MB"):
        read_text_file(tmp_path / "large.crn")

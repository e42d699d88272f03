"""The translation-scheme language: what every feature means, and where every fault is said to be."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crn.diagnostics import CircuitError, Diagnostic
from crn.text import parse_crn
from dsd.nuskell import Translation, translate
from dsd.nuskell.parsing import parse_scheme
from dsd.schemes import Lengths

_SCHEMES = Path(__file__).parent / "data" / "schemes"
_CRN = parse_crn("A + B -> C; C <=> A; A -> ; -> B").crn
_FORMAL = 'class formal(s) = "? t x" | ". . ." where { t = short(); x = long() };\n'
_GROUPED = "are grouped from the left; Nuskell does it from the right"

# What a scheme prints, and the fuels that it makes; domains are numbered as they are made, the signals have taken 1 to 9.
_FEATURES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "arithmetic": (("7 9 4 2 -4 -6", "2 1 7/2"), ()),
    "attributes": (("false false t12 t14 1",), ()),
    "choice": (("[none, one, few, few, many]", "[small, middle, big]", "fine"), ()),
    "comments": (("1",), ()),
    "comparison": (("true false true false true false", "5 3 false 1 none", "true true true"), ()),
    "dictionary": (("6 x long one",), ()),
    "dna": ((), ("t10 d11( d12( + t13 ) )", "d14( d15 ) t16", "d17 t18*( + )")),
    "domains": (("[[d10], ., (, ), d10*] true 3",), ("d11 t12 u13", "d10( )")),
    "fuels": ((), ("d10 t11", "d10( t11 + )", "d10", "t11*", "d10*")),
    "functions": (("1 2 3 4 3 6 [3, 4]", "mine [[2], []]"), ()),
    "globals": (("true [t1, t1]",), ("t1 t1",)),
    "history": ((), ("h10 h11", "h12 h13")),
    "lists": (("10 30 30 40 2", "[20, 30] [] [] true true"), ()),
    "patterns": (("1 2 3 [4, 5] 6 4 5 6 []",), ()),
    "prelude": (
        (
            "[] [0, 1, 2, 3] 6 [] [1, 2, 3] ab",
            "0 2 [3, 2, 1] [2, 4] [11, 12]",
            "[[1, 3, 5], [2, 4, 6]] [[], []]",
        ),
        (),
    ),
    "reactions": (
        (
            "[[2, 1, false], [1, 1, true], [1, 0, false], [0, 1, false]]",
            "[[2, 1, false], [1, 1, false], [1, 1, false], [1, 0, false], [0, 1, false]]",
            "[[2, 1, false], [1, 1, true], [1, 0, false], [0, 1, false]]",
            "2 1 1 0",
            "reaction r1 true",
        ),
        (),
    ),
    "recursion": (("true 9999 20000 49995000 10000",), ()),
    "scope": (("outside inside given [inside, outside]",), ()),
    "splice": ((), ("d10( + ) d12*( d11*( + ) + )", "d13( + )", "t14", "d15 d15", "d16( + )")),
    "texts": (('single words double it is "quoted" ab',), ()),
    "where": (("9 [4, 40] 5", "10", "5 8"), ()),
}


def _told(attempt: Callable[[], object]) -> tuple[Diagnostic, ...]:
    """Return what is said against something; nothing if it goes well."""
    try:
        attempt()
    except CircuitError as error:
        return error.diagnostics
    return ()


def _translated(text: str) -> Translation:
    return translate(_CRN, text, "it.ts")


@pytest.mark.parametrize("path", sorted(_SCHEMES.glob("feature_*.ts")), ids=lambda p: p.stem.removeprefix("feature_"))
def test_feature(path: Path) -> None:
    """Every feature of the language does what its description says; the values were worked out by hand."""
    made = translate(_CRN, path.read_text(), path.name)
    notes, fuels = _FEATURES[path.stem.removeprefix("feature_")]
    assert tuple(n for n in made.notes if _GROUPED not in n) == notes
    assert tuple(f.complex.kernel for f in made.fuels) == fuels
    assert [s.complex.kernel.split()[1][0] for s in made.signals] == ["t"] * 3


def test_every_feature_has_a_file() -> None:
    assert {p.stem.removeprefix("feature_") for p in _SCHEMES.glob("feature_*.ts")} == set(_FEATURES)


_MAIN = "module main(crn) = [];"
_FAULTS = (
    # (statements after the class formal, line, column, stretch of carets, a part of the message, a part of the advice)
    ("modul main(crn) = []", 2, 1, 5, "expected class, function, module, macro or global", ""),
    ("module main(crn) = [1, 2", 2, 24, 1, "the file ends here", ""),
    ("module main(crn) = [1; 2]", 2, 22, 1, "expected ',' or ']'", ""),
    ("module main(crn) = (1 + 2", 2, 25, 1, "expected ')'", ""),
    ("module main(crn) = 1 +", 2, 22, 1, "expected an expression", ""),
    ("module main(crn) = if 1 then 2", 2, 30, 1, "'elseif' or 'else'", ""),
    ("module main(crn) = x where x 1", 2, 30, 1, "expected '='", ""),
    ("module main(crn) = x where { x = 1, y = 2 }", 2, 35, 1, "expected ';' or '}'", ""),
    ("module main(where) = []", 2, 13, 5, "expected a name", "a keyword cannot be a name"),
    ("module main(crn) = []\nmodule more(x) = []", 3, 1, 6, "expected ';'", ""),
    ("module main(crn) = []\n  $", 3, 3, 1, "unexpected '$'", ""),
    ("module main(crn) = 'one", 2, 20, 4, "never closed", "close it with '"),
    ('module main(crn) = "a b + b* | ". ( + )"', 2, 20, 10, "not closed before '|'", 'close it with "'),
    ('module main(crn) = "a b\n  where { " + 1', 2, 20, 4, "not closed in its line", 'close it with "'),
    ('module main(crn) = "a b" | ". . ."', 2, 33, 1, "stands for no domain", "2 domains"),
    ('module main(crn) = "a b c" | ". ."', 2, 25, 1, "nothing in the structure stands for c", "2 signs"),
    ('module main(crn) = "a + b" | ". . ."', 2, 33, 1, "'.' stands for +", "nicks stand for nicks"),
    ('module main(crn) = "a b" | ". x"', 2, 31, 1, "'x' is no sign of a structure", "( ) . ~ +"),
    ('module main(crn) = "a -b" | ". ."', 2, 23, 1, "unexpected '-' among domains", ""),
    ('module main(crn) = "a*" | "~"', 2, 21, 2, "has a plain name", "~ stands for fragments"),
    ("module main(crn) = sum(map(reakt, crn)); macro react(r) = []", 2, 28, 5, "nothing is called reakt", "'react'"),
    ("module main(crn) = map(f, crn); macro f(r) = r.reactant", 2, 48, 8, "a reaction has no reactant", "'reactants'"),
    ("module main(crn) = crn[0].reactants[0].tt", 2, 40, 2, "a complex has no tt", "'t'"),
    ("module main(crn) = crn.t", 2, 24, 1, "a list has no t", "one of its elements"),
    ("module main(crn) = crn[9]", 2, 24, 1, "a list of 4 has no element 9", "first is 0"),
    ("module main(crn) = crn['a']", 2, 24, 3, "an index is a whole number, not a text", ""),
    ("module main(crn) = 5[0]", 2, 21, 1, "a number has no elements", ""),
    ("module main(crn) = [1] + 1", 2, 24, 1, "a list and a number cannot be added", "[x]"),
    ("module main(crn) = 1 - 'a'", 2, 22, 1, "- stands between numbers", ""),
    ("module main(crn) = 1 / (2 - 2)", 2, 22, 1, "division by zero", ""),
    ("module main(crn) = -[1]", 2, 20, 1, "minus a list", ""),
    ("module main(crn) = 5(1)", 2, 20, 1, "a number is called like a function", ""),
    ("module main(crn) = f(1); macro f(x, y) = []", 2, 20, 1, "f(x, y) is given 1 arguments", ""),
    ("module main(crn) = flip([[1]])", 2, 20, 4, "flip takes 2 arguments", ""),
    ("module main(crn) = flip([[1], [1, 2]], 1)", 2, 20, 4, "element 1 is a list of 2", ""),
    ("module main(crn) = [] where [a, b] = [1]", 2, 29, 1, "this is a list of 1", ""),
    ("module main(crn) = map(tail, 3)", 2, 20, 3, "map takes a list, not a number", ""),
    ("module main(crn) = range(-1)", 2, 20, 5, "from 0 to", ""),
    ("module main(crn) = birxn([1])", 2, 20, 5, "a number is among them", ""),
    ("module main(crn) = infty([])", 2, 20, 5, "infty takes a complex, not a list", "sum(map(infty"),
    ('module main(crn) = infty("a a" | "( )") where a = long()', 2, 20, 5, "not its complement", 'it is "d10 d10"'),
    ('module main(crn) = infty("a" | "(") where a = long()', 2, 20, 5, "d10( is never closed", ""),
    ('module main(crn) = infty("a" | ")") where a = long()', 2, 20, 5, "never opened", ""),
    ('module main(crn) = infty("a" | ".") where a = 3', 2, 27, 1, "a is a number, not a domain", ""),
    ('module main(crn) = infty("a" | ".") where a = [long()]', 2, 27, 1, "a is a list, not a domain", "write ~"),
    ('module main(crn) = infty("a" | "~") where a = [long()]', 2, 27, 1, "a list with a domain", "~ stands for"),
    ("module main(crn) = abort('not for me')", 2, 20, 5, "the scheme gives up: not for me", ""),
    ("module main(crn) = f(0); macro f(n) = f(n + 1)", 2, 39, 1, "calls within one another", "ever end"),
    ("module main(crn) = 5", 2, 8, 4, "main(crn) is a number, not a list of fuels", "infty"),
    ("module main(crn) = [[]]", 2, 8, 4, "a list with a list", "sum(map(f, crn))"),
    ("module mian(crn) = []", 1, 1, 1, "does not define main(crn)", "'mian'"),
    ("module main(a, b) = []", 2, 8, 4, "main is called with 1 argument", ""),
    ("module main(crn) = 1234567890123456789", 2, 20, 19, "a number of 19 digits", "18"),
    ("global x = y; " + _MAIN, 2, 12, 1, "nothing is called y", ""),
    ("module main(crn) = " + "(" * 200 + "1" + ")" * 200, 2, 120, 1, "levels of nesting", "name the inner parts"),
)


@pytest.mark.parametrize("case", _FAULTS, ids=lambda c: str(c[4]))
def test_fault_has_its_place(case: tuple[str, int, int, int, str, str]) -> None:
    """A typo is told with file, line, column, a caret under it, and what would be right."""
    text, line, column, length, message, advice = case
    with pytest.raises(CircuitError) as caught:
        _translated(_FORMAL + text)
    found = caught.value.diagnostics[0]
    assert found.span is not None
    assert (found.span.source, found.span.line, found.span.column, found.span.length) == ("it.ts", line, column, length)
    assert message in found.message
    assert advice in found.advice
    quoted, carets = found.render().splitlines()[1:3]
    shown = quoted[carets.index("^") : carets.index("^") + carets.count("^")]
    whole = (_FORMAL + text).splitlines()[line - 1]
    assert whole[column - 1 : column - 1 + len(shown)] == shown


@pytest.mark.parametrize(
    ("formal", "message"),
    [
        ("class formal(s) = 5", "formal(A) is a number, not a complex"),
        ('class formal(s) = "t" | "(" where t = short()', "t1( is never closed"),
        ('class formal(s) = "t + u" | ". + ." where { t = short(); u = long() }', "2 complexes, not one"),
        ('global t = short(); class formal(s) = "t" | "."', "the same complex for A and B"),
    ],
)
def test_faults_of_signals(formal: str, message: str) -> None:
    with pytest.raises(CircuitError) as caught:
        _translated(f"{formal};\n{_MAIN}")
    assert message in caught.value.diagnostics[0].message
    assert caught.value.diagnostics[0].span is not None


def test_all_faulty_statements_are_told_at_once() -> None:
    with pytest.raises(CircuitError) as caught:
        parse_scheme("class a( = 1;\nclass b() = 2;\nmacro c() = );\nglobal [d = 3", "it.ts")
    assert [(d.span.line, d.span.column) for d in caught.value.diagnostics if d.span] == [(1, 10), (3, 13), (4, 11)]


def test_calls_that_led_to_a_fault_are_told() -> None:
    text = "macro a(x) = x.t;\nmacro b(x) = a(x);\nmodule main(crn) = map(b, crn)"
    with pytest.raises(CircuitError) as caught:
        _translated(_FORMAL + text)
    assert "(in a, called at 3:14, from b, from main)" in caught.value.diagnostics[0].message


def test_grouping_that_nuskell_reads_otherwise_is_noted() -> None:
    notes = _translated(_FORMAL + "module main(crn) = [] where x = 9 - 3 - 2 * 2 + 1 + 1").notes
    assert [n.split(": ")[0] for n in notes] == ["it.ts:2:39", "it.ts:2:47"]
    assert not _translated(_FORMAL + "module main(crn) = [] where x = 1 + 2 + 3 - 4").notes


def test_fuels_know_the_reactions_that_they_are_for() -> None:
    text = """
        macro gate(s) = "x" | "." where x = s.x;
        module each(r) = sum(map(infty, map(gate, r.reactants + r.products)));
        global all = short();
        module main(crn) = sum(map(each, crn)) + infty("a" | ".") where a = all"""
    made = _translated(_FORMAL + text)
    assert [(f.complex.kernel, f.owners) for f in made.fuels] == [
        ("d3", ("r1", "r2", "r2r", "r3")),
        ("d6", ("r1", "r4")),
        ("d9", ("r1", "r2", "r2r")),
        ("t1", ()),
    ]


def test_lengths_are_those_that_are_asked_for() -> None:
    text = _FORMAL + 'module main(crn) = infty("a" | ".") where a = unique(9)'
    made = translate(_CRN, text, lengths=Lengths(7, 20))
    assert [d.length for d in made.signals[0].complex.domains] == [20, 7, 20]
    assert made.fuels[0].complex.length == 9


_WORDS = """class module main ( ) [ ] { } , ; = where if then else elseif 1 x 'a' " ' | + - * / == < and . : # ~ ?"""
_PIECES = st.sampled_from((*_WORDS.split(), '"a b"', '". ."', "\n"))


@given(st.lists(_PIECES, max_size=25))
@settings(max_examples=300, deadline=None)
def test_nothing_but_diagnostics_comes_of_nonsense(pieces: list[str]) -> None:
    """Random rows of words are read, or refused with a place."""
    assert all(d.span is not None for d in _told(partial(parse_scheme, " ".join(pieces), "it.ts")))


@pytest.mark.parametrize("name", ["flux_strand.ts", "joined_translator.ts"])
def test_nothing_but_diagnostics_comes_of_mutilated_schemes(name: str) -> None:
    """A whole scheme with one word lost, doubled or exchanged translates, or says where it does not."""
    rng = random.Random(7)
    words = (_SCHEMES / name).read_text().split(" ")
    told = 0
    for _ in range(150):
        at, kind = rng.randrange(len(words)), rng.randrange(3)
        changed = words[:at] + [[], [words[at]] * 2, [rng.choice(words)]][kind] + words[at + 1 :]
        found = _told(partial(translate, _CRN, " ".join(changed), name))
        told += bool(found)
        assert all(d.span is not None for d in found)
    assert told > 50


def test_deep_values_do_not_break_anything() -> None:
    """A list nested twenty thousand deep is made, printed and put in; comparing two is refused in words."""
    nest = "macro nest(n, x) = if n == 0 then x else nest(n - 1, [x]);\n"
    inside = (
        'module main(crn) = infty("x" | "~") where { z = "a" | "." where a = long(); x = nest(20000, z); p = print(x) }'
    )
    made = _translated(_FORMAL + nest + inside)
    assert made.notes == ("[[[[...]]]]",)
    assert len(made.fuels) == 1
    with pytest.raises(CircuitError, match="nested too deeply"):
        _translated(_FORMAL + nest + "module main(crn) = [] where z = nest(20000, 1) == nest(20000, 1)")


def test_what_never_ends_is_stopped_by_a_limit() -> None:
    double = "macro double(x) = double(x + x);\n"
    for start in ("[1]", "2", "crn"):
        with pytest.raises(CircuitError, match=r"a list of more than|a number beyond"):
            _translated(_FORMAL + double + f"module main(crn) = double({start})")

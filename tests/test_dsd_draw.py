"""Pictures: geometry of single complexes, labels that keep apart, strips, graphs; and Visual DSD's notation read back."""

from __future__ import annotations

import math
import random
import re
import xml.etree.ElementTree as ET
from itertools import combinations, pairwise

import pytest
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath

from compiler.api import CompileOptions, compile_crn, load
from crn.text import parse_crn
from dsd.complexes import UNPAIRED, Complex, parse_kernel
from dsd.domains import Domain, Strand
from dsd.draw import FONT, Label, Picture, colour_of, palette_of, svg_of, text_width
from dsd.draw_network import draw_network
from dsd.draw_strip import Step, draw_strip, pathway_of
from dsd.formats.visualdsd import program_of, write_visualdsd
from dsd.layout import GAP, place

_SVG = "{http://www.w3.org/2000/svg}"
_FONT = FontProperties(family="DejaVu Sans")
_LENGTHS = {f"t{i}": 5 for i in range(20)} | {f"d{i}": 15 for i in range(30)}
_STACK = " + ".join(f"d{i}( t{i}(" for i in range(1, 10))
_SHAPES = {
    "strand": "d1 t1 d2 t2",
    "join": "d1( t1( t2( + d2( t3( d3 + ) ) ) ) ) t4*",
    "produce": "d1( t1( d2 t2 + d3( t3( d4 t4 + ) ) ) ) t5*",
    "two tails": "t9* d1( d2 + d3 d4( d5 + ) )",
    "hairpin": "t1 d1( t2 d2 t3 ) t4",
    "bulge": "d1( t1 d2( + ) ) t2*",
    "interior": "d1( t1 d2( + ) t3 )",
    "junction": "d1( t1 d2( t2 + t3 ) d3( t4 + ) t5 )",
    "cross": "d1( d2( + ) d3( + ) d4( + ) )",
    "gap": "d1( + ) t1* d2*( d3 + t2 )",
    "ten": f"{_STACK} d10 + {') ' * 18}t10*",
    "tree of ten": "d1( d2( t1 + ) d3( d4( t2 + ) d5( t3 + ) ) d6( d7( t4 + ) t5 d8( t6 + ) "
    "d9( d10( t7 + ) d11( t8 + ) t9 + ) ) + )",
}  # fmt: skip


def _complex(name: str) -> Complex:
    return parse_kernel(_SHAPES[name], _LENGTHS, name)


def _size(domain: Domain) -> float:
    return 20.0 + 3.0 * domain.length


def _random_complex(rng: random.Random, most: int) -> Complex:
    """Return a complex of up to ten strands without pseudoknots, cut at random."""
    while True:
        n = rng.randint(2, most)
        pairs = [UNPAIRED] * n
        opened: list[int] = []
        for i in range(n):
            chance = rng.random()
            if opened and chance < 0.42:
                partner = opened.pop()
                pairs[i], pairs[partner] = partner, i
            elif chance < 0.8:
                opened.append(i)
        domains: list[Domain] = []
        for i, p in enumerate(pairs):
            fresh = Domain(f"x{i}", rng.choice((5, 7, 15)))
            domains.append(~domains[p] if UNPAIRED < p < i else fresh)
        cuts = [0, *sorted(rng.sample(range(1, n), rng.randint(0, min(9, n - 1)))), n]
        strands = tuple(Strand(tuple(domains[a:b])) for a, b in pairwise(cuts))
        try:
            return Complex(strands, tuple(pairs))
        except ValueError:
            continue  # the cuts have let a strand go


def _texts(svg: str) -> list[tuple[str, float, float, float, float]]:
    """Return every text of a picture with its box, as wide as a common font draws it."""
    found = []
    agenda = [(ET.fromstring(svg), 0.0, 0.0)]
    while agenda:
        element, right, down = agenda.pop()
        move = re.fullmatch(r"translate\(([-0-9.]+),([-0-9.]+)\)", element.attrib.get("transform", ""))
        if move:
            right, down = right + float(move[1]), down + float(move[2])
        agenda += [(child, right, down) for child in element]
        if element.tag == f"{_SVG}text":
            x, y = float(element.attrib["x"]) + right, float(element.attrib["y"]) + down
            ink = TextPath((0, 0), str(element.text), size=FONT, prop=_FONT).get_extents()
            found.append((str(element.text), x - ink.width / 2, y - ink.y1, x + ink.width / 2, y - ink.y0))
    return found


def _overlaps(boxes: list[tuple[str, float, float, float, float]]) -> list[tuple[str, str]]:
    return [
        (a[0], b[0]) for a, b in combinations(boxes, 2) if a[1] < b[3] and b[1] < a[3] and a[2] < b[4] and b[2] < a[4]
    ]


@pytest.mark.parametrize("name", _SHAPES)
def test_labels_do_not_overlap(name: str) -> None:
    """Every domain has its name, and no two names touch, measured with the letters of a real font."""
    item = _complex(name)
    texts = _texts(svg_of(item))
    assert sorted(t[0] for t in texts) == sorted(map(str, item.domains))
    assert _overlaps(texts) == []


def test_the_large_ones_have_ten_strands() -> None:
    assert len(_complex("ten").strands) == len(_complex("tree of ten").strands) == 10


def test_labels_of_any_complex_keep_apart() -> None:
    rng = random.Random(11)
    for _ in range(20):
        item = _random_complex(rng, 24)
        assert _overlaps(_texts(svg_of(item))) == [], item.kernel


@pytest.mark.parametrize("name", _SHAPES)
def test_geometry(name: str) -> None:
    """Strands run on without a jump larger than a nick, paired domains lie side by side, all are as long as they are."""
    item = _complex(name)
    placed = place(item, _size)
    start = 0
    for strand in item.strands:
        for p in range(start, start + len(strand)):
            path = placed.paths[p]
            extent = sum(math.dist(a, b) for a, b in pairwise(path))
            # A loop is drawn as a circle with room to spare.
            assert 0.7 * _size(item.domains[p]) < extent < 1.6 * _size(item.domains[p])
            if p > start:
                assert math.dist(placed.paths[p - 1][-1], path[0]) < 2.2 * GAP
        start += len(strand)
    for p, q in enumerate(item.pairs):
        if q > p:
            (a, b), (c, d) = placed.paths[p], placed.paths[q]
            assert math.dist(a, d) == pytest.approx(GAP)
            assert math.dist(b, c) == pytest.approx(GAP)
            assert math.dist(a, b) == pytest.approx(_size(item.domains[p]))


def test_a_gate_lies_flat_with_its_long_strand_below() -> None:
    """Top strands read from left to right above the strand that holds them, the open toehold sticks out at its 3' end."""
    item = _complex("join")
    paths = place(item, _size).paths
    at = {str(d): path for d, path in zip(item.domains, paths, strict=True)}
    assert {round(y, 6) for path in paths for _, y in path} == {-GAP / 2, GAP / 2}
    assert at["d1"][0][1] == at["d3"][0][1] == -GAP / 2
    assert at["d1"][0][0] < at["d2"][0][0] < at["d3"][-1][0]
    assert at["t4*"][-1][0] < at["t4*"][0][0] <= at["d1*"][-1][0]


def test_names_can_be_read_on_white() -> None:
    """The contrast that WCAG 2 asks of text, 4.5, computed as it says."""

    def linear(part: str) -> float:
        x = int(part, 16) / 255
        return x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4

    twelve = Complex.single(tuple(Domain(f"d{i}", 15) for i in range(12)))
    for colour in [*palette_of([twelve]).values(), *(colour_of(f"n{i}") for i in range(360))]:
        red, green, blue = (linear(colour[i : i + 2]) for i in (1, 3, 5))
        assert 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05) > 4.5, colour


@pytest.mark.parametrize("name", _SHAPES)
def test_ends_and_colours(name: str) -> None:
    """Every strand has a dot where it begins and an arrow head where it ends; complements have one colour; toeholds a band."""
    item = _complex(name)
    root = ET.fromstring(svg_of(item))
    assert len(list(root.iter(f"{_SVG}circle"))) == len(list(root.iter(f"{_SVG}polygon"))) == len(item.strands)
    bands = [e for e in root.iter(f"{_SVG}polyline") if e.attrib.get("stroke-width") == "9"]
    assert len(bands) == sum(d.length <= 8 for d in item.domains)
    colours = {str(e.text): e.attrib["fill"] for e in root.iter(f"{_SVG}text")}
    assert all(colours[str(d)] == colour_of(d.name) for d in item.domains)
    given = palette_of([item])
    assert len({given[d.name] for d in item.domains}) == len({d.name for d in item.domains})


def test_arrow_heads_are_at_the_three_prime_ends() -> None:
    item = _complex("two tails")
    root = ET.fromstring(svg_of(item))
    lines = {e.attrib["points"].split()[-1] for e in root.iter(f"{_SVG}polyline") if e.attrib["stroke-width"] == "2.4"}
    for head in root.iter(f"{_SVG}polygon"):
        corners = [tuple(map(float, p.split(","))) for p in head.attrib["points"].split()]
        middle = sum(c[0] for c in corners) / 3, sum(c[1] for c in corners) / 3
        ends = [tuple(map(float, p.split(","))) for p in lines]
        assert min(math.dist(middle, e) for e in ends) < 4.5


def test_pictures_are_the_same_bytes_and_well_formed() -> None:
    strange = Complex.single([Domain("a<&\"'>", 15), Domain("b", 5)], "x<y")
    for item in (strange, *map(_complex, _SHAPES)):
        assert svg_of(item) == svg_of(item)
        ET.fromstring(svg_of(item))
    moved = parse_kernel("d2( t3( d3 + ) ) t2*( t1*( d1*( t4* + ) ) )", _LENGTHS, "join")
    assert svg_of(moved) == svg_of(_complex("join"))


def test_everything_is_inside_of_the_picture() -> None:
    for name in _SHAPES:
        root = ET.fromstring(svg_of(_complex(name)))
        width, height = float(root.attrib["width"]), float(root.attrib["height"])
        numbers = [tuple(map(float, p.split(","))) for e in root.iter() for p in e.attrib.get("points", "").split()]
        assert all(0 <= x <= width and 0 <= y <= height for x, y in numbers)
        assert all(b[1] >= 0 and b[2] >= 0 and b[3] <= width and b[4] <= height for b in _texts(svg_of(_complex(name))))


def test_letters_are_no_wider_than_is_reckoned() -> None:
    """Of names as schemes make them, in a font wider than most."""
    for text in ("m_Ep*", "h_r12_1", "f_XF1*", "d17*", "s_B"):
        assert TextPath((0, 0), text, size=FONT).get_extents().width < text_width(text)


def test_a_strip_shows_a_gate_step_by_step() -> None:
    compiled = compile_crn(parse_crn("A + B -> C + D").crn)
    steps = pathway_of(compiled.system, "r1", ("A", "B"))
    named = [tuple(sorted(c.name.split("_")[1] for c in s.reactants)) for s in steps]
    assert named == [("h", "join"), ("h", "held"), ("flux", "produce"), ("helper", "opened")]
    assert [s.reversible for s in steps] == [True, False, True, False]
    picture = draw_strip(steps, {steps[0].reactants[0]: "stands for A"})
    texts = _texts(picture.svg())
    for step in steps:
        assert {c.name for c in step.reactants + step.products} <= {t[0] for t in texts}
    assert [t[0] for t in texts].count("+") == 8
    narrow = draw_strip(steps, widest=700.0)
    assert narrow.width <= 700.0 + 60 < picture.width
    assert narrow.height > picture.height


def test_a_catalyst_is_not_fed_what_it_gives_back() -> None:
    """Each step is shown once, with one strand of each reactant, however many variants there are."""
    compiled = compile_crn(parse_crn("A + B -> A + C; C -> A; C -> B").crn)
    steps = pathway_of(compiled.system, "r1", ("A", "B"))
    assert len(steps) == 4
    assert sum(s.reversible for s in steps) == 2


def test_strips_of_every_scheme_can_be_drawn() -> None:
    for scheme in ("srinivas2015", "soloveichik2010", "lakin2012", "cardelli2011"):
        compiled = compile_crn(parse_crn("A + B -> C").crn, CompileOptions(scheme))
        steps = pathway_of(compiled.system, "r1", ("A", "B"))
        assert len(steps) >= 3
        texts = _texts(draw_strip(steps).svg())
        assert _overlaps([t for t in texts if t[0] != "+"]) == []


def test_an_empty_strip() -> None:
    assert draw_strip(()).height == 0.0
    assert "svg" in draw_strip((Step((_complex("strand"),), (_complex("strand"),)),)).svg()


def _boxes(picture: Picture) -> list[tuple[str, float, float, float, float]]:
    def box(n: Label) -> tuple[str, float, float, float, float]:
        return n.text, n.box.left, n.box.top, n.box.right, n.box.bottom

    return [box(n) for n in picture.labels]


@pytest.mark.parametrize("name", ["linear-regression", "linear-regression:variant=seed13"])
def test_a_network_as_a_graph(name: str) -> None:
    """Every species and gate once, none over another, an arrow for each of them that a gate takes or gives."""
    crn = load(name).crn
    picture = draw_network(crn)
    assert picture == draw_network(crn)
    assert sorted(n.text for n in picture.labels) == sorted([*crn.species, *(r.id for r in crn.reactions)])
    assert _overlaps(_boxes(picture)) == []
    root = ET.fromstring(picture.svg())
    arrows = sum(len(r.reactants.support) + len(r.products.support) for r in crn.reactions)
    assert len(list(root.iter(f"{_SVG}path"))) == len(list(root.iter(f"{_SVG}polygon"))) == arrows
    assert len(list(root.iter(f"{_SVG}ellipse"))) == len(crn.species)


def test_networks_in_parts_and_networks_that_are_too_large() -> None:
    picture = draw_network(parse_crn("A -> 3 B; C -> ; -> D").crn)
    assert _overlaps(_boxes(picture)) == []
    assert ">3</text>" in picture.body
    many = parse_crn("\n".join(f"A{i} -> B{i}" for i in range(100))).crn
    with pytest.raises(ValueError, match="too many for a picture"):
        draw_network(many)


_PART = re.compile(r"(\{[^}]*\})?(<[^>]*>)?(?:(\[[^\]]*\])(<[^>]*>)?(\{[^}]*\})?)?")


def _read_program(text: str) -> Complex:
    """Read Visual DSD's classic notation: written here anew, so that it can disagree."""

    def domains(group: str | None) -> list[Domain]:
        words = (group or "")[1:-1].split()
        return [Domain(w.rstrip("*").rstrip("^"), 5 if "^" in w else 15, w.endswith("*")) for w in words]

    lower: list[tuple[Domain, tuple[int, int] | None]] = []
    uppers: list[list[Domain]] = []
    for segment in text.split(":"):
        match = _PART.fullmatch(segment)
        assert match is not None, segment
        low, left, middle, right, tail = (domains(g) for g in match.groups())
        if middle or left:
            uppers.append([*left, *middle, *right])
        lower += [(d, None) for d in low]
        lower += [(~d, (len(uppers) - 1, len(left) + k)) for k, d in enumerate(middle)]
        lower += [(d, None) for d in tail]
    strands = [Strand(tuple(u)) for u in uppers]
    starts = [sum(len(s) for s in strands[:i]) for i in range(len(strands) + 1)]
    total = starts[-1] + len(lower)
    pairs = [UNPAIRED] * total
    for k, (_, partner) in enumerate(reversed(lower)):
        if partner is not None:
            p, q = starts[partner[0]] + partner[1], starts[-1] + k
            pairs[p], pairs[q] = q, p
    if lower:
        strands.append(Strand(tuple(d for d, _ in reversed(lower))))
    return Complex(tuple(strands), tuple(pairs))


@pytest.mark.parametrize("scheme", ["srinivas2015", "soloveichik2010", "lakin2012", "cardelli2011"])
def test_visual_dsd_programs_say_what_the_complexes_are(scheme: str) -> None:
    """Signals and fuels of whole circuits, read back from what was written."""
    compiled = compile_crn(parse_crn("A + B -> C + D; A -> 2 B; B -> ; -> A").crn, CompileOptions(scheme))
    for entry in compiled.system.entries:
        if entry.role.value in ("signal", "fuel", "buffer"):
            program = program_of(entry.complex)
            assert program is not None, entry.complex.kernel
            assert _read_program(program) == entry.complex


@pytest.mark.parametrize(
    ("kernel", "program"),
    [
        ("d1 t1", "<d1 t1^>"),
        ("t1* d1*", "{d1* t1^*}"),
        ("d1( t1( t2( + d2( t3( d3 + ) ) ) ) ) t4*", "{t4^*}[d1 t1^ t2^]:[d2 t3^]<d3>"),
        ("d1( t1( d2 t2 + d3( t3( d4 t4 + ) ) ) ) t5*", "{t5^*}[d1 t1^]<d2 t2^>:[d3 t3^]<d4 t4^>"),
        ("t1 d1( + t2* )", "<t1^>[d1]{t2^*}"),
        ("d1( + d2( + ) t1* ) t2*", "{t2^*}[d1]:{t1^*}[d2]"),
        ("d1( t1 )", None),
        ("d1( d2( + ) d3( + ) )", None),
        ("d1( t1 d2( + ) )", None),
    ],
)
def test_visual_dsd_notation(kernel: str, program: str | None) -> None:
    item = parse_kernel(kernel, _LENGTHS)
    assert program_of(item) == program
    if program is not None:
        assert _read_program(program) == item


def test_a_whole_visual_dsd_program() -> None:
    compiled = compile_crn(parse_crn("A' + B -> C").crn)
    text = write_visualdsd(compiled.system, "made *) by hand")
    assert text.startswith("(* made * ) by hand *)\ndirective simulation {final=36000; plots=[<")
    assert "'" not in re.sub(r"\(\*.*?\*\)", "", text)
    amounts = [float(n) for n in re.findall(r"^[(|] ([0-9.e+-]+) \* ", text, re.MULTILINE)]
    listed = [e for e in compiled.system.entries if e.role.value in ("signal", "fuel", "buffer")]
    assert amounts == pytest.approx([e.concentration * 1e9 for e in listed])

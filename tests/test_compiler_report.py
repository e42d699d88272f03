"""The report: one sound page that opens with the verdict, says what was not proved, and shows the figures of the build."""

from __future__ import annotations

import dataclasses
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any, cast

import matplotlib
import numpy as np
import pytest

from compiler.api import CompileOptions, Training, compile_crn, estimate, load, peak_amounts, train
from compiler.bench import Bench
from compiler.build import Build, build
from compiler.provenance import stamp
from compiler.report import decisions, figures
from compiler.report.page import report_html
from compiler.report.pictures import pictures
from compiler.report.tables import MOST_EPOCHS, Table, learning_tables
from compiler.report.wording import bench_words, deviation, hours, verdict_words
from compiler.sources import Source
from compiler.verify.proof import Proof
from compiler.verify.verdict import Answer, Check, Verdict, not_examined
from crn.massaction import Vector
from crn.neural.datasets import Dataset, builtin_dataset
from crn.neural.samples import Grid
from crn.quantities import format_si
from crn.text import parse_crn
from dsd.lab.cost import PriceTable, parse_prices

VOID = {"br", "meta"}
NASTY = "<script>alert('x')</script> & \"quoted\" {{ name }} $x$"


class Page(HTMLParser):
    """Reads a page, notes what is wrong with its nesting, and keeps what the tests ask for."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.ids: Counter[str] = Counter()
        self.attributes: list[tuple[str, str, str]] = []
        self.tags: Counter[str] = Counter()
        self.words: list[tuple[str, str]] = []
        self.rows: list[list[str]] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        self.faults += [f"<{tag}> is never closed" for tag in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._note(tag, attrs)
        if tag not in VOID:
            self._open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th", "dt", "dd"):
            if tag == "dt":
                self.rows.append([])
            self.rows[-1].append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._note(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1] != tag:
            self.faults.append(f"</{tag}> closes {self._open[-1:]} in line {self.getpos()[0]}")
        else:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.words.append((self._open[-1] if self._open else "", data))
        if self.rows and {"td", "th", "dt", "dd"} & set(self._open):
            self.rows[-1][-1] += data

    def _note(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self.ids.update(value or "" for name, value in attrs if name == "id")

    @property
    def text(self) -> str:
        """All that a reader sees, and the title."""
        return " ".join(" ".join(t for tag, t in self.words if tag != "style").split())

    def row(self, head: str) -> list[str]:
        """Return the one row, or the one key figure, with the given head."""
        (found,) = [r for r in self.rows if r[0] == head]
        return found


def _few(data: Dataset, count: int) -> Dataset:
    return dataclasses.replace(data, x=data.x[:count], y=data.y[:count])


def _built(source: Source, training: Training | None = None, prices: PriceTable | None = None) -> Build:
    compiled = training.dna.compiled if training and training.dna else compile_crn(source.crn)
    made_by = stamp("build", source.sha256, {"source": source.name}, 7, compiled.pipeline)
    return build(source, compiled, estimate(compiled, prices), made_by, training)


def _plain(text: str, prices: PriceTable | None = None) -> Build:
    return _built(Source("net.crn", parse_crn(text, "net.crn").crn, None, None, "0" * 64), prices=prices)


def _trained() -> Build:
    source = load("linear-regression")
    data, validation = (_few(d, n) for d, n in zip(builtin_dataset("linreg-authors"), (4, 3), strict=True))
    made = _built(source, train(source.learning, data, validation, epochs=1))
    return dataclasses.replace(made, data=data, validation=validation)


@pytest.fixture(scope="module")
def made() -> Build:
    return _trained()


@pytest.fixture(scope="module")
def html(made: Build) -> str:
    return report_html(made)


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


@pytest.fixture(scope="module")
def block(made: Build) -> dict[str, Any]:
    return cast(dict[str, Any], made.block())


def test_the_page_is_well_formed(page: Page, html: str, made: Build) -> None:
    assert page.faults == []
    assert html.startswith('<!DOCTYPE html>\n<html lang="en">')
    assert [i for i, n in page.ids.items() if n > 1] == []
    assert page.tags["h1"] == page.tags["main"] == page.tags["title"] == 1
    assert page.tags["figure"] == page.tags["svg"] == page.tags["figcaption"] == 4 + len(pictures(made.compiled))


def test_it_opens_with_the_verdict_and_the_bench(html: str, made: Build) -> None:
    assert made.training is not None
    assert made.training.dna is not None
    opening = Page(html[html.index("<body>") : html.index("</header>") + len("</header>")]).text
    assert verdict_words(made.verdict) in opening
    assert "Verdict: equivalent" in opening
    assert made.training.dna.bench.line in opening
    assert made.source.learning.name in opening
    assert "<h2" not in html[: html.index("</header>")]


def test_what_was_not_examined_is_said_in_words(made: Build) -> None:
    seen = tuple(c for c in made.verdict.checks if c.name != "cross-talk")
    page = Page(report_html(dataclasses.replace(made, proof=Proof(Verdict((*seen, UNSEEN))))))
    assert (
        "Every gate is proved; whether gates disturb one another has not been examined, so the verdict is undecided."
        in page.text
    )
    assert "not examined" in page.row("cross-talk")[3]
    assert page.row("cross-talk")[1] == "undecided"


def test_nothing_is_loaded_from_anywhere(html: str, page: Page) -> None:
    assert not {"script", "link", "img", "iframe", "object", "embed", "base", "form"} & set(page.tags)
    for tag, name, value in page.attributes:
        if name in ("src", "href", "xlink:href", "srcset", "action", "data", "poster"):
            assert value.startswith("#"), (tag, name, value)
            assert value[1:] in page.ids
        if "url(" in value:
            assert value.startswith("url(#"), (tag, name, value)
            assert value[5:-1] in page.ids
        if name == "aria-labelledby":
            assert value in page.ids
        assert not name.startswith("on")
    assert "@import" not in html
    assert "url(http" not in html


def test_tables_and_figures_can_be_read_aloud(page: Page) -> None:
    assert page.tags["caption"] == page.tags["table"]
    assert all(value for _, name, value in page.attributes if name == "aria-label")
    assert [v for tag, name, v in page.attributes if tag == "svg" and name == "role"] == ["img"] * page.tags["svg"]
    regions = [v for tag, name, v in page.attributes if tag == "div" and name == "tabindex"]
    assert len(regions) == page.tags["table"]


def test_the_figures_are_those_of_the_build(page: Page, block: dict[str, Any]) -> None:
    formal, dna, scale, cost = block["formal"], block["dna"], block["scale"], block["schemes"][0]
    assert page.row("formal level")[1:] == [f"{formal['species']} species", f"{formal['reactions']} reactions"]
    assert page.row("DNA level")[1:] == [f"{dna['species']} species", f"{dna['reactions']} reactions"]
    assert page.row("to order")[1:] == [
        f"{dna['strands']} strands",
        f"{dna['nucleotides']} nt, the longest {dna['longest_strand_nt']} nt",
    ]
    assert page.row("one formal unit (c₀)")[1] == format_si(scale["signal_M"], "M") == "10 nM"
    assert page.row("one formal unit of time")[1] == f"{scale['time_s']:.4g} s"
    assert page.row("gain")[1] == f"{scale['gain']:.4g}"
    run = block["levels"]["dna"]
    assert page.row("lab time")[1] == f"{run['lab_time_s'] / 3600:.3g} h"
    assert page.row("lowest fuel")[1:] == [f"{run['lowest_fuel_fraction']:.1%} of its start", run["lowest_fuel"]]
    assert page.row("top-ups")[1] == str(run["top_ups"]) == "4"
    assert page.row("pipetting steps")[1] == str(run["pipetting_steps"])
    assert page.row("all strands together")[1] == format_si(run["total_strand_M"], "M")
    assert page.row("gates and signals")[3] == str(cost["gates_only"]["strands"])
    assert page.row("buffers only")[3] == str(cost["buffers"]["strands"])
    price = cost["price"]
    assert f"{price['total']:.2f} {price['currency']}" in page.row("price")[1]
    assert price["advice"] in page.text
    assert "toehold 5 nt, long domain 15 nt" in page.text


def test_losses_and_parameters_stand_level_beside_level(page: Page, block: dict[str, Any]) -> None:
    formal, dna = block["levels"]["formal"], block["levels"]["dna"]
    shown = {
        "training, epoch 1": (formal["train_loss"][0], dna["train_loss"][0]),
        "validation in aliquots": (formal["validation_loss"], dna["validation_loss"]),
        "validation of the parameters": tuple(v["validation_loss_of_parameters"] for v in (formal, dna)),
    }
    for head, (wanted, found) in shown.items():
        assert page.row(head)[1:] == [f"{wanted:.4f}", f"{found:.4f}", f"{found / wanted - 1:+.2%}"]
    for name, wanted in formal["parameters"].items():
        found = dna["parameters"][name]
        assert page.row(name)[2:4] == [f"{wanted:.4f}", f"{found:.4f}"]
        assert page.row(name)[5] == format_si(found * 10e-9, "M")


def test_every_reaction_strand_and_complex_is_listed(page: Page, made: Build, block: dict[str, Any]) -> None:
    heads = Counter(r[0] for r in page.rows)
    for reaction in made.compiled.state.formal.reactions:
        row = page.row(reaction.id)
        shown = row[1].replace("\N{NO-BREAK SPACE}", " ").replace("→", "->").removesuffix(" ∅")
        assert shown == reaction.equation
        assert row[3] == reaction.origin.path
        assert f"{reaction.id}_join" in row[5].split(", ")
    assert all(heads[c["name"]] >= 1 for c in block["complexes"])
    assert all(heads[o.name] >= 1 for o in made.estimate.inventory.oligos)


def test_it_says_how_it_was_made(page: Page, made: Build) -> None:
    assert page.row("SHA-256 of the input")[1] == made.source.sha256
    assert page.row("seed")[1] == "7"
    assert page.row("pipeline")[1] == made.compiled.pipeline
    assert page.row("options")[1] == "source=linear-regression"


def test_two_runs_write_the_same_bytes(html: str) -> None:
    assert report_html(_trained()) == html


def test_names_are_escaped(made: Build) -> None:
    circuit = dataclasses.replace(made.source.learning, name=NASTY)
    source = dataclasses.replace(made.source, name=NASTY, circuit=circuit)
    made_by = dataclasses.replace(made.made_by, options=((NASTY, NASTY),))
    verdict = Verdict((Check(NASTY, NASTY, Answer.DIFFERENT, NASTY, NASTY),))
    page = Page(report_html(dataclasses.replace(made, source=source, made_by=made_by, proof=Proof(verdict))))
    assert page.faults == []
    assert page.tags["script"] == 0
    assert page.text.count(NASTY) > 5


def test_it_works_without_training() -> None:
    text = "A + B -> C [2]\nC -> B + B\nA @initial 1\nB @initial 0.5\n"
    plain = _plain(text)
    page = Page(report_html(plain))
    assert page.faults == []
    assert page.tags["svg"] == len(pictures(plain.compiled)) == 3
    assert "The gate of r2: C -> 2B." in page.text
    assert "not assessed: nothing was trained" in page.text
    assert "Nothing was trained: the network has no ports" in page.text
    assert page.row("A") == ["A", "1", "20 nM"]
    assert page.row("r1")[3] == "net.crn, line 1"


def test_a_rewritten_network_is_shown_as_written_and_as_built() -> None:
    page = Page(report_html(_plain("A + A -> A [0.5]\n")))
    assert "The network that was written" in page.text
    assert len([r for r in page.rows if r[0] == "r1"]) == 2
    assert page.row("r1b")[5].startswith("r1b_join")
    assert any("waits" in text for tag, text in page.words if tag == "li")


@pytest.mark.parametrize("level", ["formal", "dna"])
def test_one_level_alone(made: Build, level: str) -> None:
    assert made.training is not None
    if level == "formal":
        training = dataclasses.replace(made.training, dna=None)
    else:
        training = dataclasses.replace(made.training, formal=None)
    page = Page(report_html(dataclasses.replace(made, training=training, data=None, validation=None)))
    assert page.faults == []
    assert page.tags["svg"] - len(pictures(made.compiled)) == (2 if level == "formal" else 3)
    assert len(page.row("training, epoch 1")) == 2
    assert ("not assessed: there was no run at DNA level" in page.text) == (level == "formal")


def test_a_run_that_was_stopped_says_so() -> None:
    source = load("linear-regression")
    data = _few(builtin_dataset("linreg-authors")[0], 2)
    stopped = train(source.learning, data, None, epochs=1, progress=lambda *_: False)
    compiled = compile_crn(source.crn, CompileOptions(), peak_amounts(source.learning, [data]))
    made_by = stamp("build", source.sha256, {}, 0, compiled.pipeline)
    page = Page(report_html(build(source, compiled, estimate(compiled), made_by, stopped, data)))
    assert page.faults == []
    assert "The run did not reach its end" in page.text
    assert str(stopped.outcome) in page.text


def test_unverified_prices_are_marked_beside_the_figure() -> None:
    row = 'vendor = "V"\nproduct = "p"\nscale = "s"\nmin_nt = 1\nmax_nt = {}\nper_base = 0.5\ndate = 2026-01-02\n{}'
    head = 'date = 2026-01-02\ncurrency = "EUR"\n[[row]]\n'
    known = Page(report_html(_plain("A -> B\n", parse_prices(head + row.format(200, 'source = "a quote"\n')))))
    assert "unverified" not in known.text
    memory = Page(report_html(_plain("A -> B\n", parse_prices(head + row.format(200, "")))))
    assert memory.row("price")[1].endswith(" EUR (unverified)")
    assert memory.text.count(memory.row("price")[1]) == 2
    short = Page(report_html(_plain("A + B -> C\n", parse_prices(head + row.format(42, "")))))
    assert short.row("price")[1].endswith(" EUR (unverified, incomplete)")
    assert "Not in the total the table has no price for" in short.text


FINE = Check("gates", "3 gates", Answer.EQUIVALENT, "fine")
WHOLE = Check("enumeration-complete", "3 gates", Answer.EQUIVALENT, "fine")
STUCK = Check("enumeration-complete", "3 gates", Answer.UNDECIDED, "limit reached")
UNSEEN = not_examined("cross-talk", "between gates", "nobody looked")
BAD = Check("gates", "r1", Answer.DIFFERENT, "wrong", "A -> B")


@pytest.mark.parametrize(
    ("checks", "words"),
    [
        (
            (FINE, WHOLE),
            "Every check was made and every one is proved: the DNA does what the network says, so it is equivalent.",
        ),
        (
            (FINE, WHOLE, UNSEEN),
            "Every gate is proved; whether gates disturb one another has not been examined, so the verdict is undecided.",
        ),
        (
            (FINE, STUCK, UNSEEN),
            "Whether every step of every gate was found could not be decided and whether gates disturb one another has not been "
            "examined, so the verdict is undecided.",
        ),
        ((BAD, UNSEEN), "The DNA does not do what the network says: gates came back different with a counterexample."),
        ((), "Nothing was checked, so the verdict is undecided."),
    ],
)
def test_a_verdict_in_a_sentence(checks: tuple[Check, ...], words: str) -> None:
    assert verdict_words(Verdict(checks)) == words


def test_a_counterexample_is_shown(made: Build) -> None:
    page = Page(report_html(dataclasses.replace(made, proof=Proof(Verdict((BAD, WHOLE, UNSEEN))))))
    assert "Verdict: different" in page.text
    assert page.row("gates")[3].endswith("Counterexample: A -> B")


def test_the_bench_line_shows_its_colour(made: Build) -> None:
    assert made.training is not None
    assert made.training.dna is not None
    fine = dataclasses.replace(made.training.dna, bench=Bench("2026-01-01", ()))
    assert bench_words(made.training)[0] == "different"
    assert bench_words(dataclasses.replace(made.training, dna=fine)) == (
        "equivalent",
        "within limits (table of 2026-01-01)",
    )


def test_long_runs_show_some_epochs(made: Build) -> None:
    assert made.training is not None
    assert made.training.formal is not None
    long = dataclasses.replace(made.training.formal, train_loss=tuple(1 / (i + 1) for i in range(500)))
    losses = learning_tables(dataclasses.replace(made.training, formal=long))[0]
    heads = [row[0] for row in losses.rows]
    assert len(heads) == MOST_EPOCHS + 2
    assert heads[0] == "training, epoch 1"
    assert heads[MOST_EPOCHS - 1] == "training, epoch 500"
    assert "20 of 500 epochs" in losses.caption


def test_small_words() -> None:
    assert deviation(2.0, 1.9) == "-5.00%"
    assert deviation(-2.0, -1.9) == "+5.00%"
    assert deviation(0.0, 1.0) == deviation(None, 1.0) == "–"
    assert hours(451_800) == "126 h"
    assert hours(6600) == "1.83 h"
    with pytest.raises(ValueError, match="too short or too long"):
        Table("t", ("a", "b"), (("1",),))


def _settings() -> dict[str, object]:
    """Return the global settings of matplotlib; looking at the backend would choose one."""
    return {k: matplotlib.rcParams[k] for k in matplotlib.rcParams if not k.startswith("backend")}


PATHS: dict[str, Vector] = {n: np.linspace(0, i, 22).reshape(11, 2) for i, n in enumerate(("formal", "DNA"), 1)}
DRAWN: tuple[Callable[[str], str], ...] = (
    lambda key: figures.learning_curves(
        {"formal": [5.0, 0.01], "DNA": [5.0, 0.02]}, {"formal": 0.1, "DNA": None}, {"formal": [9.0, 1.0, 0.1]}, key
    ),
    lambda key: figures.parameter_paths(["w<1>", "$a$ & b"], PATHS, 5, key),
    lambda key: figures.fuel_levels(np.arange(11.0), PATHS["DNA"], ["x", "$y$ <&>"], "$y$ <&>", key),
    lambda key: figures.predictions(PATHS["formal"], {"DNA": PATHS["DNA"][:5]}, key),
    lambda key: decisions.confusion_matrix(np.array([[3, 1], [0, 4]]), ["<a>", "$b$"], "DNA", key),
    lambda key: decisions.decision_map(
        Grid((0.0, 0.0), (1.0, 1.0), 2),
        np.array([0, 0, 1, 0]),
        np.eye(2),
        np.array([0, 1]),
        "ab",
        ["x", "y"],
        "DNA",
        key,
    ),
)


@pytest.mark.parametrize("draw", DRAWN, ids=["learning", "parameters", "fuels", "predictions", "confusion", "map"])
def test_a_figure_can_be_put_into_a_page(draw: Callable[[str], str]) -> None:
    before = _settings()
    svg = draw("one")
    assert _settings() == before
    assert svg == draw("one")
    root = ET.fromstring(svg)
    assert root.tag == "svg"
    assert svg.startswith("<svg ")
    assert "http" not in svg
    mine = {e.attrib["id"] for e in root.iter() if "id" in e.attrib}
    other = {e.attrib["id"] for e in ET.fromstring(draw("two")).iter() if "id" in e.attrib}
    assert mine
    assert not mine & other
    assert root.attrib["aria-label"]


def test_figure_labels_are_plain_text() -> None:
    _, parameters, fuels, *_ = (draw("k") for draw in DRAWN)
    assert "$a$ &amp; b</text>" in parameters
    assert "$y$ &lt;&amp;&gt;, the lowest</text>" in fuels


@pytest.mark.filterwarnings("error")
def test_figures_of_little_and_of_much() -> None:
    one = np.ones((1, 1))
    assert figures.learning_curves({"formal": []}, {"formal": None}, {"formal": []}, "k")
    assert figures.learning_curves({"formal": [0.0, 0.0]}, {}, {}, "k")
    assert figures.parameter_paths(["p"], {"formal": one}, 0, "k")
    assert figures.fuel_levels(np.zeros(1), one, ["f"], "f", "k")
    assert figures.predictions(np.empty((0, 1)), {"DNA": np.empty((0, 1))}, "k")
    rng = np.random.default_rng(1)
    many = figures.parameter_paths([f"p{i}" for i in range(60)], {"DNA": rng.random((3000, 60))}, 10, "k")
    assert "p59</text>" not in many
    assert len(many) < 1_000_000
    assert (
        len(figures.fuel_levels(np.arange(3000.0), rng.random((3000, 600)), [f"f{i}" for i in range(600)], "f7", "k"))
        < 2e6
    )


def test_figures_of_decisions_say_what_they_show() -> None:
    """Counts stand in the matrix; a row of equal cells is one rectangle."""
    matrix = DRAWN[4]("k")
    texts = [e.text for e in ET.fromstring(matrix).iter("text")]
    assert [t for t in texts if t and t.isdigit()] == ["3", "1", "0", "4"]
    assert "&lt;a&gt;</text>" in matrix
    assert decisions.stretches(np.array([True, True, False, True])) == [(0, 2), (3, 1)]
    assert decisions.stretches(np.zeros(3, bool)) == []


def test_labels_are_spread() -> None:
    assert figures.spread([1.0, 5.0], 0, 10, 1) == [1.0, 5.0]
    places = figures.spread([9.9, 9.8, 9.9, 0.0], 0, 10, 1)
    assert places[3] == 0.0
    assert sorted(places) == [0.0, 8.0, 9.0, 10.0]
    assert places[1] == 8.0
    assert figures.spread([], 0, 1, 1) == []

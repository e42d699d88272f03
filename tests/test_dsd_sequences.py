"""Sequence design: every rule measured again by plain means, refusals whose numbers are true, and files that are checked."""

from __future__ import annotations

import dataclasses
import itertools
import json
from collections.abc import Callable

import numpy as np
import pytest
from support_sequences import QUICK, apart, best_helix, longest_repeat, system_of, words

from crn.diagnostics import CircuitError, InfeasibleError
from dsd.complexes import Complex
from dsd.domains import Domain, Strand
from dsd.lab.inventory import Inventory
from dsd.sequences import NamedStrand, Sequences, reverse_complement
from dsd.sequences.alignment import Binding
from dsd.sequences.checks import check
from dsd.sequences.design import Design, design, layout_of
from dsd.sequences.layout import Layout, Rivals
from dsd.sequences.metric import Metric
from dsd.sequences.quality import measure, random_sequences
from dsd.sequences.refusal import OutOfTimeError
from dsd.sequences.rules import LONGEST_TOEHOLD, Job, Rules, rules_of
from dsd.sequences.storage import check_against, read_sequences, sequences_block
from dsd.sequences.toeholds import choose, library, most, separations
from dsd.sequences.wishes import Wishes, read_wishes
from dsd.system import DsdSystem
from dsd.thermodynamics import Conditions, duplex_energies

TUBE = Conditions()
JOIN = "A + B -> C\n"


@pytest.fixture(scope="module")
def system() -> DsdSystem:
    return system_of(JOIN)


@pytest.fixture(scope="module")
def made(system: DsdSystem) -> Design:
    return design(system, QUICK)


def texts(found: Design) -> list[str]:
    return [found.sequences.read(s.strand) for s in found.sequences.strands]


# --- what a design obeys, measured by other means than the search and the checks


def test_all_domains_and_strands_are_there(system: DsdSystem, made: Design) -> None:
    inventory = Inventory.of(system)
    assert [(s.name, s.strand) for s in made.sequences.strands] == [(o.name, o.strand) for o in inventory.oligos]
    assert {d for d, _ in made.sequences.domains} == {~d if d.star else d for o in inventory.oligos for d in o.strand}
    assert made.passed
    assert all(c.passed for c in made.checks)


def test_letters_clamps_and_shares(made: Design) -> None:
    for domain, text in made.sequences.domains:
        assert len(text) == domain.length
        assert set(text) <= set("ACT")
        if domain.length > LONGEST_TOEHOLD:
            assert text[0] == text[-1] == "C"
            assert 0.3 <= sum(c in "CG" for c in text) / len(text) <= 0.6


def test_runs(made: Design) -> None:
    for text in texts(made):
        assert not any(c * 4 in text for c in "ACGT")
        assert max(len(run) for run in text.replace("C", " ").replace("G", " ").split(" ")) <= 5


def test_no_word_is_read_twice(made: Design) -> None:
    assert made.job.rules.max_repeat is not None
    assert longest_repeat(made.sequences) <= made.job.rules.max_repeat
    value = next(c.value for c in made.checks if c.rule == "max_repeat")
    assert value == longest_repeat(made.sequences)


def test_no_strand_holds_a_long_stem(made: Design) -> None:
    for text in texts(made):
        held = {text[k : k + 5] for k in range(len(text) - 4)}
        assert not any(reverse_complement(w) in held for w in held)


def test_toeholds_bind_alike_and_apart(made: Design) -> None:
    toeholds = {d.name: t for d, t in made.sequences.domains if d.length <= LONGEST_TOEHOLD}
    energies = duplex_energies(list(toeholds.values()), TUBE)
    assert np.ptp(energies) <= 0.5
    assert apart(made.sequences, TUBE, list(toeholds)) >= made.job.rules.toehold_gap
    target = made.targets[5]
    assert np.abs(energies - target).max() <= 0.25 + 1e-9


def test_long_domains_are_apart(made: Design) -> None:
    long = [d.name for d, _ in made.sequences.domains if d.length > LONGEST_TOEHOLD][:3]
    assert apart(made.sequences, TUBE, long) >= made.job.rules.long_gap


def test_no_toehold_binds_a_strand_that_it_is_no_part_of(made: Design) -> None:
    for domain, text in made.sequences.domains:
        if domain.length > LONGEST_TOEHOLD:
            continue
        own = duplex_energies([text], TUBE)[0]
        for s in made.sequences.strands:
            if domain not in s.strand.domains and ~domain not in s.strand.domains:
                read = made.sequences.read(s.strand)
                closest = min(best_helix(text, read, TUBE), best_helix(text, reverse_complement(read), TUBE))
                assert closest - own >= made.job.rules.mixed_gap


# --- equal seeds, equal outcomes


def test_a_seed_decides_everything(system: DsdSystem, made: Design) -> None:
    steps: list[tuple[str, int, int]] = []
    again = design(system, QUICK, progress=lambda *step: steps.append(step))
    other = design(system, dataclasses.replace(QUICK, seed=1))
    assert again == made
    assert other.passed
    assert other.sequences != made.sequences
    assert {s[0] for s in steps} == {"sequences"}
    assert all(done <= total for _, done, total in steps)


def test_workers_make_no_difference(system: DsdSystem, made: Design) -> None:
    assert design(system, QUICK, workers=2) == made


def test_more_restarts_are_never_worse(system: DsdSystem, made: Design) -> None:
    assert design(system, dataclasses.replace(QUICK, restarts=1)).score <= made.score


def test_improvements_improve(system: DsdSystem, made: Design) -> None:
    assert design(system, dataclasses.replace(QUICK, improvements=0)).score < made.score


# --- accidental helices


def test_the_best_helix_is_the_best_of_all() -> None:
    rng = np.random.default_rng(3)
    binding = Binding(TUBE)
    for _ in range(60):
        one, other = ("".join("ACGT"[i] for i in rng.integers(4, size=rng.integers(3, 13))) for _ in range(2))
        assert binding(one, other) == pytest.approx(best_helix(one, other, TUBE), abs=1e-9)


def test_all_pairs_at_once_are_each_alone() -> None:
    binding = Binding(TUBE)
    first, second = ["CATTC", "CCATACTTC", "TTT"], ["GAATG", "GAAGTATGG"]
    table = binding.between(first, second)
    assert table == pytest.approx(np.array([[binding(a, b) for b in second] for a in first]))
    # A helix is seen alike from either strand.
    assert table == pytest.approx(binding.between(second, first).T)


# --- the library


def test_the_library_holds_all_words_of_the_window() -> None:
    rules, binding = Rules(), Binding(TUBE)
    stock = library(6, rules, binding)
    assert stock.high - stock.low == pytest.approx(rules.toehold_spread)
    assert duplex_energies(stock.words, TUBE) == pytest.approx(np.array(stock.energies))
    every = ["".join(w) for w in itertools.product("ACT", repeat=6)]
    legal = [w for w in every if not any(c * 4 in f"C{w}C" for c in "ACT") and max(map(len, w.split("C"))) <= 5]
    inside = [w for w in legal if stock.low <= duplex_energies([w], TUBE)[0] <= stock.high]
    assert set(stock.words) <= set(inside)
    # What is missing would hang too strongly or too weakly on its neighbours.
    context = {w: duplex_energies([w], TUBE, before=["C"], after=["C"])[0] for w in inside}
    assert np.ptp([context[w] for w in stock.words]) <= rules.context_spread
    assert len(stock.words) > len(inside) / 2


def test_a_target_moves_the_window() -> None:
    stock = library(6, Rules(toehold_target=-5.0), Binding(TUBE))
    assert (stock.low, stock.high) == pytest.approx((-5.25, -4.75))
    assert all(-5.25 <= e <= -4.75 for e in stock.energies)


def test_the_sets_are_as_far_apart_as_they_say() -> None:
    rules, binding = Rules(), Binding(TUBE)
    stock = library(5, rules, binding)
    sets, supply = choose(6, stock, rules, binding, np.random.default_rng(0))
    assert supply.most == len(sets[-1]) == most(5, rules, TUBE)
    assert [n for _, n in supply.found if n >= 6] == [len(s) for s in reversed(sets)]
    for gap, chosen in zip([g for g, n in supply.found if n >= 6], reversed(sets), strict=True):
        for one, other in itertools.combinations(chosen, 2):
            both = itertools.product((one, reverse_complement(one)), (other, reverse_complement(other)))
            own = duplex_energies([one, other], TUBE).max()
            assert min(best_helix(a, b, TUBE) for a, b in both) - own >= gap - 1e-9


def test_toeholds_that_stand_count() -> None:
    rules, binding = Rules(), Binding(TUBE)
    stock = library(5, rules, binding, ["CCATA"])
    assert "CCATA" not in stock.words
    assert stock.low <= duplex_energies(["CCATA"], TUBE)[0] <= stock.high
    alone, pairs = separations(stock, binding, ["CCATA"])
    assert (alone <= separations(stock, binding)[0]).all()
    assert pairs == pytest.approx(pairs.T)


# --- refusals


def test_a_circuit_beyond_supply_is_refused_with_true_numbers() -> None:
    chain = "".join(f"X{k} -> X{k + 1}\n" for k in range(8))
    system = system_of(chain)
    need = sum(d.length == 5 for d in layout_of(system).domains)
    have = most(5, Rules(), TUBE)
    assert need > have
    with pytest.raises(InfeasibleError) as refused:
        design(system, QUICK)
    told = str(refused.value)
    assert f"needs {need} different toeholds of 5 nt, and there are {have} within 0.5 kcal/mol" in told
    assert f"toeholds of 6 nt give {most(6, Rules(), TUBE)}" in told
    assert f"--rule toehold_spread=1 gives {most(5, Rules(toehold_spread=1.0), TUBE)}" in told


def test_what_is_advised_helps(system: DsdSystem) -> None:
    # Too short a word for so many places; the advice is followed until it helps.
    strict = dataclasses.replace(QUICK, rules=Rules(max_repeat=4), restarts=1)
    with pytest.raises(
        InfeasibleError, match=r"(?s)cannot be done: none of .*refused by max_repeat .*--rule max_repeat=5"
    ):
        design(system, strict)
    assert design(system, dataclasses.replace(strict, rules=rules_of(("max_repeat=5",), strict.rules))).passed


def test_a_gap_that_nothing_keeps_is_named(system: DsdSystem) -> None:
    with pytest.raises(InfeasibleError, match=r"refused by .*gap .*\n.*relax one: --rule mixed_gap=.* long_gap=29"):
        design(system, dataclasses.replace(QUICK, rules=Rules(long_gap=30.0)))


def test_no_time_is_told_apart_from_no_way(system: DsdSystem) -> None:
    with pytest.raises(OutOfTimeError, match=r"no sequences after 0 s: 8 domains stand"):
        design(system, QUICK, budget_s=0.0)


class Clock:
    """A clock that stands still until the improvement has begun, and is far ahead then."""

    def __init__(self, limit: int) -> None:
        self.limit, self.now = limit, 0.0

    def monotonic(self) -> float:
        return self.now

    def step(self, _what: str, done: int, _total: int) -> None:
        if done >= self.limit:
            self.now = 1e9


def test_when_time_runs_out_the_best_so_far_is_kept(
    system: DsdSystem, made: Design, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(10)
    for module in ("crowd", "search", "design"):
        monkeypatch.setattr(f"dsd.sequences.{module}.time", clock)
    found = design(system, QUICK, budget_s=60.0, progress=clock.step)
    assert not found.in_time
    assert found.passed
    assert found.score <= made.score


# --- wishes


def wishes(text: str, system: DsdSystem) -> Wishes:
    return read_wishes("kind,name,action,value\n" + text, "mine.csv", Inventory.of(system))


def test_what_is_wished_is_kept(system: DsdSystem) -> None:
    asked = wishes(
        "domain,f_A,fix,CTACA\n"
        "domain,m_A*,fix,GTGATGAGTAGATGG\n"
        "strand,B_h_B,exclude,\n"
        "word,,exclude,CAATC\n"
        "strand,A_h_A,five_prime,/56-FAM/\n",
        system,
    )
    found = design(system, QUICK, asked)
    reading = {d.name: t for d, t in found.sequences.domains}
    assert reading["f_A"] == "CTACA"
    assert reading["m_A"] == "CCATCTACTCATCAC"
    assert [s.name for s in found.sequences.strands if not s.ordered] == ["B_h_B"]
    assert found.sequences.by_name["A_h_A"].five_prime == "/56-FAM/"
    assert not any("CAATC" in t or "GATTG" in t for t in texts(found))
    assert found.passed
    assert {d.name for d in found.fixed} == {"f_A", "m_A"}


def test_a_fixed_strand_fixes_its_domains(system: DsdSystem) -> None:
    text = "CATTC CCACTATACTCATTC CCATA"
    asked = wishes(f"strand,buffer_B_backward,fix,{'CCACTATACTCATTC CATTC CCATA'}\n", system)
    assert {d.name: t for d, t in asked.fixed} == {"m_B": text.split()[1], "s_B": "CATTC", "x_B": "CCATA"}


FAULTS = {
    "domain,q_A,fix,CTACA": (2, 8, "no domain 'q_A'"),
    "domain,f_A,fix,CTAC": (2, 16, "4 nt for f_A of 5 nt"),
    "domain,f_A,fix,CTACU": (2, 16, "not a DNA sequence"),
    "domain,f_A,exclude,": (2, 12, "can be given fix"),
    "strand,A_h_A,five_prime,FAM": (2, 25, "vendor's code"),
    "strand,A_h_A,exclude,yes": (2, 22, "has no value"),
    "gate,x,fix,A": (2, 1, "a wish is about"),
    "word,w,exclude,ACGT": (2, 6, "leave the cell empty"),
    "domain,f_A,fix": (2, 15, "expected 4 cells"),
    "domain,f_A,fix,CTACA\ndomain,f_A,fix,CTACC": (3, 16, "reads CTACA in line 2 and CTACC here"),
    "domain,f_A,fix,CTACA\ndomain,s_A*,fix,CTACA": (3, 17, "would read what f_A does"),
}


@pytest.mark.parametrize("text", FAULTS)
def test_faults_of_wishes_have_a_place(system: DsdSystem, text: str) -> None:
    line, column, message = FAULTS[text]
    with pytest.raises(CircuitError) as refused:
        wishes(text + "\n", system)
    assert f"mine.csv:{line}:{column}" in str(refused.value)
    assert message in str(refused.value)


def test_all_faults_of_a_file_are_told_at_once(system: DsdSystem) -> None:
    with pytest.raises(CircuitError) as refused:
        wishes("domain,q,fix,A\nstrand,q,exclude,\n", system)
    assert len(refused.value.diagnostics) == 2


def test_a_header_is_asked_for(system: DsdSystem) -> None:
    with pytest.raises(CircuitError, match="kind,name,action,value"):
        read_wishes("domain,f_A,fix,CTACA\n", "mine.csv", Inventory.of(system))


# --- the checks see what is wrong


def broken(made: Design, **changes: str) -> Sequences:
    return Sequences(tuple((d, changes.get(d.name, t)) for d, t in made.sequences.domains), made.sequences.strands)


SABOTAGE: dict[str, Callable[[dict[str, str]], dict[str, str]]] = {
    "letters": lambda r: {"m_A": r["m_A"][:7] + "G" + r["m_A"][8:]},
    "clamp": lambda r: {"m_A": "A" + r["m_A"][1:]},
    "gc": lambda _: {"m_A": "CCCTCCTCCCTCCTC"},
    "max_run": lambda r: {"m_A": "CTTTT" + r["m_A"][5:]},
    "max_weak_run": lambda r: {"m_A": "CATATTA" + r["m_A"][7:]},
    "max_repeat": lambda r: {"m_A": r["m_A"][:4] + r["m_B"][4:]},
    "flank": lambda r: {"s_A": r["s_A"][:3] + r["h_B"][-2:]},
    "toehold_spread": lambda _: {"f_A": "TATAT"},
    "toehold_gap": lambda r: {"f_A": r["f_B"][:4] + ("T" if r["f_B"][4] != "T" else "A")},
    "mixed_gap": lambda r: {"m_A": r["m_A"][:5] + r["f_B"] + r["m_A"][10:]},
    "mixed_gap, neighbours": lambda r: {"h_A": r["h_A"][:3] + r["f_B"] + r["h_A"][8:]},
    "long_gap": lambda r: {"m_A": r["m_B"][:-2] + "TC"},
    "max_stem": lambda _: {"m_A": "CATTAACTTAATTAC"},
    "forbidden": lambda r: {"m_A": r["m_A"][:5] + "ACTACT" + r["m_A"][11:]},
}


@pytest.mark.parametrize("rule", SABOTAGE)
def test_sabotage_is_seen(system: DsdSystem, made: Design, rule: str) -> None:
    reading = {d.name: t for d, t in made.sequences.domains}
    bad = broken(made, **SABOTAGE[rule](reading))
    rules = dataclasses.replace(made.job.rules, forbidden=("ACTACT",)) if rule == "forbidden" else made.job.rules
    failed = {c.rule for c in check(bad, layout_of(system), rules, Binding(TUBE)) if not c.passed}
    assert rule in failed


# --- layout


def test_stretches_are_what_the_strands_hold(system: DsdSystem, made: Design) -> None:
    layout = layout_of(system)
    for width in (4, 9):
        places = {p for places in words(made.sequences, width).values() for p in places}
        assert len(layout.stretches(width)) == len(places) / 2  # a place and its complement are one


def test_rivals_go_on_where_another_is_bound() -> None:
    a, b, c = (Domain(n, 5) for n in "abc")
    strands = (Strand((a, b)), Strand((c,)), Strand((~c, ~a)))
    gate = Complex(strands, (4, -1, 3, 2, 0), "gate")  # b dangles where c is bound
    assert Layout(strands, (gate,)).rivals == (Rivals(a, True, b, c),)
    assert Layout(strands).rivals == ()
    assert Layout(strands).domains == (a, b, c)


# --- rules as they are typed


def test_rules_are_read() -> None:
    found = rules_of(("toehold_gap=2", "max-run=4", "forbidden=gaattc,ACTG", "toehold_target=-5.5", "max_repeat=auto"))
    assert found == Rules(toehold_gap=2.0, max_run=4, forbidden=("GAATTC", "ACTG"), toehold_target=-5.5)


@pytest.mark.parametrize(
    "word", ["gap=2", "toehold_gap", "toehold_gap=x", "max_run=2.5", "toehold_gap=-1", "letters=A", "gc_low=0.9",
             "max_repeat=2", "clamp_5=Z", "toehold_spread=0", "toehold_spread=nan"],
)  # fmt: skip
def test_rules_that_are_none_are_refused(word: str) -> None:
    with pytest.raises(CircuitError):
        rules_of((word,))


# --- quality

NAMES = {
    "dG Error", "dG Range", "TSI avg", "TSI max", "TO avg", "TO max", "WS-BM", "Max-BM", "Verboten", "Spurious",
    "domain pair energy", "strand pair energy", "nearest neighbor energy range",
}  # fmt: skip
FOLDED = {"SSU min", "SSU avg", "SSTU min", "SSTU avg", "BN% max", "BN% avg", "strand free energy"}


def test_quality_has_the_names_of_others_and_a_verdict_for_each(system: DsdSystem, made: Design) -> None:
    found = measure(made.sequences, system, made.job.rules, TUBE, targets=made.targets, folding=False)
    assert {m.name for m in found.metrics} >= NAMES
    assert not found.folded
    assert all(m.verdict.startswith("good: " if m.good else "poor: ") for m in found.metrics)
    gap = found.metric("domain pair gap, long").value
    assert gap == pytest.approx(next(c.value for c in made.checks if c.rule == "long_gap"))
    one, other, energy = found.worst_pairs[0]
    assert energy == min(e for *_, e in found.worst_pairs)
    assert {one, other} <= {d.name for d, _ in made.sequences.domains}


def test_folded_quality_and_random_sequences_beside_it(system: DsdSystem, made: Design) -> None:
    pytest.importorskip("RNA")
    undesigned = random_sequences(made.sequences, "ACGT", 5)
    good, bad = (measure(s, system, made.job.rules, TUBE, targets=made.targets) for s in (made.sequences, undesigned))
    assert {m.name for m in good.metrics} >= NAMES | FOLDED
    assert good.metric("BN% max").value < bad.metric("BN% max").value
    assert good.metric("SSU avg").value > bad.metric("SSU avg").value
    assert good.metric("dG Range").value <= 0.5 < bad.metric("dG Range").value
    assert sum(m.good for m in good.metrics) >= len(good.metrics) - 2
    assert sum(m.good for m in bad.metrics) < len(bad.metrics) / 2


def test_a_strand_that_folds_on_itself_is_seen(system: DsdSystem, made: Design) -> None:
    pytest.importorskip("RNA")
    hairpin = broken(made, m_A="CCCGGATTTTCCGGC")
    found = measure(hairpin, system, made.job.rules, TUBE)
    assert found.metric("SSU min").value < 0.1
    assert found.metric("strand free energy").value < -2


def test_what_strands_share_by_accident_follows_from_binding(made: Design, system: DsdSystem) -> None:
    # Two strands of 1 uM with an energy E: x / (c - x)^2 = exp(-E / RT).
    tops = [made.sequences.read(s.strand) for s in made.sequences.strands if not any(d.star for d in s.strand)]
    found = measure(made.sequences, system, made.job.rules, TUBE, folding=False)
    sums = []
    for one in tops:
        total = 0.0
        for other in tops:
            energy = best_helix(one, other, TUBE)
            k = np.exp(-energy / (1.987204e-3 * TUBE.kelvin)) if energy < 0 else 0.0
            x = min(abs(r) for r in np.roots([k, -2 * k * 1e-6 - 1, k * 1e-12])) if k else 0.0
            total += 100 * x / 2e-6
        sums.append(total)
    assert found.metric("TSI max").value == pytest.approx(max(sums), rel=1e-3)


def test_verdicts_in_words() -> None:
    metric = Metric("SSU min", "Piperine", 0.4, "", 0.5, True, "")
    assert (metric.good, metric.verdict) == (False, "poor: 0.4 where at least 0.5 is asked")
    share = Metric("TO max", "Piperine", 2.0, "%", 5.0, False, "")
    assert (share.good, share.verdict) == (True, "good: 2% where at most 5% is asked")


# --- values and files


def test_sequences_are_consistent_or_refused() -> None:
    a, b = Domain("a", 4), Domain("b", 4)
    strand = NamedStrand("s", Strand((a, ~b)))
    found = Sequences(((a, "ACCT"), (b, "CATT")), (strand,))
    assert found.sequence("s") == "ACCTAATG"
    assert found.pieces(strand.strand) == ("ACCT", "AATG")
    for domains, strands, message in (
        (((~a, "ACCT"),), (), "complement"),
        (((a, "ACC"),), (), "cannot read"),
        (((a, "ACGT"),), (), "not unique"),
        (((a, "ACCT"), (b, "AGGT")), (), "not unique"),
        (((a, "ACCT"),), (strand,), "without nucleotides"),
        (((a, "ACCT"), (b, "CATT")), (strand, strand), "not unique"),
    ):
        with pytest.raises(ValueError, match=message):
            Sequences(domains, strands)


def test_a_file_is_read_back(made: Design, system: DsdSystem) -> None:
    text = json.dumps({"made_by": {}, **sequences_block(made.sequences)})
    found = read_sequences(text, "sequences.json")
    assert found == made.sequences
    check_against(found, Inventory.of(system), "sequences.json")
    with pytest.raises(CircuitError, match="designed for another circuit: 5 of"):
        check_against(found, Inventory.of(system_of("A + B -> D\n")), "sequences.json")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("domains", 0, "sequence"), "ACGU"),
        (("domains", 0, "sequence"), "CCCTCTCTACTATTCAC"),
        (("domains", 0, "name"), "other"),
        (("strands", 0, "sequence"), "ACGT"),
        (("strands", 0, "domains"), "h_A q"),
        (("strands", 0, "name"), ""),
        (("strands",), 3),
        (("domains", 0), None),
    ],
)
def test_files_at_fault_are_refused(made: Design, path: tuple[str | int, ...], value: object) -> None:
    block = json.loads(json.dumps(sequences_block(made.sequences)))
    inner = block
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    with pytest.raises(CircuitError, match=r"sequences\.json"):
        read_sequences(json.dumps(block), "sequences.json")


def test_what_is_no_json_is_refused() -> None:
    for text in ("", "{", "[1]", "{}", '"x"'):
        with pytest.raises(CircuitError, match=r"sequences\.json"):
            read_sequences(text, "sequences.json")


def test_strands_can_be_added(made: Design) -> None:
    domain = made.sequences.domains[0][0]
    found = made.sequences.adding([NamedStrand("reporter", Strand((~domain,)), "/56-FAM/")])
    assert found.sequence("reporter") == reverse_complement(made.sequences.of(domain))
    assert found.by_strand[Strand((~domain,))].five_prime == "/56-FAM/"


def test_jobs_and_rules_are_values() -> None:
    assert Job() == Job()
    assert hash(Rules()) == hash(Rules())

"""Mixing: volumes by hand, mass balances, the closed form of additions, and order, vendor's file and bench sheet side by side."""

from __future__ import annotations

import csv
import dataclasses
import io
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support_lab import any_sequences, state_of

from compiler.passes import State
from compiler.scaling import Physical
from dsd.lab.annealing import RAMP, Preparation, Ramp, bottom
from dsd.lab.bench_sheet import ECHO_COLUMNS, clock, sheets
from dsd.lab.campaign import ALIQUOT_FOLD, Campaign, Circuit, Setup
from dsd.lab.campaign_plan import plan_campaign
from dsd.lab.mixing import Liquid, Mix, Pipetting, buffer_recipe, drawn_from, mix, with_dilutions
from dsd.lab.orders import make_order
from dsd.lab.protocol_text import protocol, steps
from dsd.lab.reporters import design_reporters
from dsd.lab.scales import default_catalogue
from dsd.lab.sessions import Dose, plan_session
from dsd.lab.vendor_files import Stock, assumed_stocks, read_delivery, stocks_of
from dsd.lab.workbook import write_workbook
from dsd.schemes import Role
from dsd.sequences.assignment import Sequences
from dsd.thermodynamics import Conditions

UL = 1e-6


def _stocks(*liquids: Liquid) -> dict[str, Liquid]:
    return {x.name: x for x in liquids}


# Mixes


def test_a_mix_by_hand() -> None:
    made = mix("m", {"a": 1e-6, "g": 2e-6}, 100 * UL, _stocks(Liquid("a", 100e-6), Liquid("g", 10e-6, in_buffer=True)))
    assert [p.volume_L / UL for p in made.parts] == pytest.approx([1.0, 20.0])
    # The gate brings its buffer along: 80 uL need 8 uL of the ten-fold one.
    assert (made.buffer_L / UL, made.water_L / UL) == pytest.approx((8.0, 71.0))
    assert made.volume_L == pytest.approx(100 * UL)
    assert made.fits


def test_what_does_not_fit_says_by_how_much() -> None:
    made = mix("m", {"a": 50e-6, "b": 50e-6}, 100 * UL, _stocks(Liquid("a", 100e-6), Liquid("b", 100e-6)))
    # 100 uL of strands in water and 10 uL of buffer: 10 uL too many.
    assert not made.fits
    assert made.water_L / UL == pytest.approx(-10.0)
    assert made.dilution == pytest.approx(10 / 9)
    assert "0.9 of these concentrations" in made.problem
    assert mix("m", {"a": 45e-6, "b": 45e-6}, 100 * UL, _stocks(Liquid("a", 100e-6), Liquid("b", 100e-6))).fits


def test_a_small_volume_is_drawn_from_a_dilution_by_hand() -> None:
    made = mix("m", {"a": 100e-9}, 100 * UL, _stocks(Liquid("a", 100e-6)))
    assert made.parts[0].volume_L / UL == pytest.approx(0.1)
    (dilution,), (changed,) = with_dilutions([made], Pipetting(1 * UL, 1.1))
    assert dilution.name == "a 1:10"
    # 1 uL is used; ten times the least volume is made, so that its own stock can be pipetted.
    assert dilution.volume_L / UL == pytest.approx(10.0)
    assert dilution.parts[0].volume_L / UL == pytest.approx(1.0)
    assert changed.parts[0].source.name == "a 1:10"
    assert changed.parts[0].volume_L / UL == pytest.approx(1.0)
    assert changed.concentration_M("a 1:10") == pytest.approx(100e-9)
    # What comes from the dilution is in buffer already.
    assert changed.buffer_L / UL == pytest.approx(9.9)


def test_dilutions_are_made_one_from_the_other_and_shared() -> None:
    stocks = _stocks(Liquid("a", 100e-6))
    wanted = [mix("m", {"a": 1e-9}, 100 * UL, stocks), mix("n", {"a": 1.5e-9}, 100 * UL, stocks)]
    dilutions, changed = with_dilutions(wanted, Pipetting(1 * UL, 1.0))
    assert [d.name for d in dilutions] == ["a 1:10", "a 1:100", "a 1:1000"]
    assert [d.parts[0].source.name for d in dilutions] == ["a", "a 1:10", "a 1:100"]
    assert [c.parts[0].volume_L / UL for c in changed] == pytest.approx([1.0, 1.5])


@settings(deadline=None, max_examples=100)
@given(
    st.lists(st.tuples(st.floats(1e-9, 200e-6), st.booleans(), st.floats(1e-12, 1e-6)), min_size=1, max_size=6),
    st.floats(20, 500),
    st.floats(0.5, 2),
)
def test_dilutions_keep_every_balance(parts: list[tuple[float, bool, float]], volume: float, least: float) -> None:
    """What arrives is what was wanted, followed through the dilutions as they are pipetted; buffer and volumes close."""
    stocks = _stocks(*(Liquid(f"s{i}", c, wet) for i, (c, wet, _) in enumerate(parts)))
    # At most a tenth of each stock, so that the wish itself is one that can be had.
    wanted = {f"s{i}": min(x, c / 10 / len(parts)) for i, (c, _, x) in enumerate(parts)}
    pipetting = Pipetting(least * UL, 1.1)
    dilutions, (made,) = with_dilutions([mix("m", wanted, volume * UL, stocks)], pipetting)
    strength = {name: s.concentration_M for name, s in stocks.items()}
    holds: dict[str, float] = {}
    for each in (*dilutions, made):
        for part in each.parts:
            assert part.volume_L >= pipetting.minimum_L * (1 - 1e-6)
            assert part.source.concentration_M == pytest.approx(strength[part.source.name])
        strength[each.name] = sum(strength[p.source.name] * p.volume_L for p in each.parts) / each.volume_L
        holds[each.name] = each.volume_L
        salt = 10 * each.buffer_L + sum(p.volume_L for p in each.parts if p.source.in_buffer)
        assert salt == pytest.approx(each.volume_L) or not each.fits
    for name, used in drawn_from((*dilutions, made)).items():
        assert name in stocks or used <= holds[name] * (1 + 1e-9)
    for name, amount in wanted.items():
        mine = sum(strength[p.source.name] * p.volume_L for p in made.parts if p.source.name.split()[0] == name)
        assert mine / made.volume_L == pytest.approx(amount)


def test_the_buffer_by_hand() -> None:
    recipe = buffer_recipe(Conditions(25, 0.05, 0.0125))
    # For 1 L of the ten-fold buffer, in mL: Tris 100 mM, EDTA 10 mM, NaCl 500 mM, MgCl2 125 mM.
    assert [round(v * 1000, 9) for _, v in recipe.parts] == [100, 20, 100, 125]
    assert recipe.water_L == pytest.approx(0.655)


def test_the_ramp_by_hand() -> None:
    assert RAMP.duration_s == 300 + 75 * 60
    assert str(Ramp(90, 30, 120, 2)) == "90 C for 2 min, then to 30 C at 2 C/min (32 min in all)"


# Additions


def test_additions_dilute_as_the_closed_form_says() -> None:
    doses = [Dose(60.0 * i, str(i), "m", (("a", 10e-9),)) for i in range(41)]
    stocks = _stocks(Liquid("a", 100e-6))
    session = plan_session(doses, 100 * UL, stocks, Pipetting(0.5 * UL))
    share = dict(session.shares)["m"]
    assert share == pytest.approx(0.005)
    assert [p.volume_L for p in session.pours] == pytest.approx([0.5 * UL] * 41)
    assert [p.dilution for p in session.pours] == pytest.approx([1.005 ** (n + 1) for n in range(41)])
    assert session.dilution == pytest.approx(1.005**41)
    assert session.poured_L("m") == pytest.approx(41 * 0.5 * UL)


def test_every_addition_raises_what_it_should() -> None:
    """By mass balance, addition after addition, with two mixes of which one is limited by its stocks."""
    doses = [Dose(float(i), "", "ab"[i % 2], (("x", 20e-9 if i % 2 else 30e-9),)) for i in range(30)]
    stocks = _stocks(Liquid("x", 2e-6, in_buffer=True))
    session = plan_session(doses, 200 * UL, stocks, Pipetting(0.5 * UL))
    wanted = session.wanted()
    # Besides x the tube holds something that is never added.
    tube, amount, other = session.volume_L, 0.0, 1.0
    for pour in session.pours:
        full = tube + pour.volume_L
        before = amount / full
        amount += wanted[pour.dose.mix]["x"] * pour.volume_L
        assert amount / full - before == pytest.approx(pour.dose.raises[0][1])
        # As much as was added is taken out again.
        amount, other = amount * tube / full, other * tube / full
        assert pour.dilution == pytest.approx(1 / other)
    shares = dict(session.shares)
    # 30 nM of a stock of 2 uM that may be four fifths of the mix: 1.875 % of the whole, 1.911 % of what was there before.
    assert shares["a"] == pytest.approx(0.01875 / 0.98125, rel=1e-9)
    assert all(mix(n, w, 1e-4, stocks).fits for n, w in wanted.items())


def test_a_session_that_dilutes_too_much_is_told_with_a_way_out() -> None:
    doses = [Dose(float(i), "", "m", (("x", 1e-9),)) for i in range(200)]
    found = plan_session(doses, 100 * UL, _stocks(Liquid("x", 1e-4)))
    (problem,) = found.problems
    assert f"{1.01**200:.3g} times" in problem
    needed = 200 * 1e-6 / math.log(1.5)
    assert plan_session(doses, needed, _stocks(Liquid("x", 1e-4))).problems == ()


def test_a_mix_that_no_stock_is_concentrated_enough_for_does_not_fit() -> None:
    session = plan_session([Dose(0.0, "", "m", (("x", 1e-6),))], 100 * UL, _stocks(Liquid("x", 2e-6)))
    assert dict(session.shares)["m"] == pytest.approx(0.02)
    assert not mix("m", session.wanted()["m"], 1e-4, _stocks(Liquid("x", 2e-6))).fits


def test_a_tube_to_which_nothing_is_added() -> None:
    session = plan_session([], 100 * UL, {})
    assert (session.pours, session.dilution, session.problems) == ((), 1.0, ())


# A campaign


def _circuit(state: State, sequences: Sequences, species: tuple[str, ...]) -> Circuit:
    system, scale = state.system, state.scale
    assert system is not None
    assert scale is not None
    assert state.lowered is not None
    reporters = design_reporters(system, species)
    strand = system.carrier("A").name
    doses = tuple(Dose(600.0 * i, f"sample {i}", "a", ((strand, 2e-9),)) for i in range(3))
    return Circuit(
        system,
        sequences.adding(s for r in reporters for s in r.strands),
        state.lowered.reactions,
        reporters,
        design_reporters(system, [s for s, _ in system.carriers if s not in species]),
        ((system.carrier("B").name, 5e-9),),
        doses,
        scale.dose,
        10 * scale.dose,
        scale.physical.q_max,
    )


def _small() -> Circuit:
    state = state_of("A + B -> C\nC -> A")
    assert state.system is not None
    return _circuit(state, any_sequences(state.system), ("C",))


def _plan(circuit: Circuit, stocks: dict[str, Stock] | None = None) -> Campaign:
    return plan_campaign(circuit, stocks or assumed_stocks(circuit.sequences, {}), Setup(runs=2))


def _rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_every_complex_is_annealed_in_its_ratio() -> None:
    circuit = _small()
    plan = _plan(circuit)
    needed = {e.complex.name for e in circuit.system.entries if e.role in (Role.FUEL, Role.BUFFER)}
    multi = {e.complex.name for e in circuit.system.entries if len(e.complex.strands) > 1} & needed
    assert {b.complex.name for b in plan.batches} == multi | {"reporter_C"}
    for batch in plan.batches:
        base = batch.complex.strands[bottom(batch.complex)]
        amounts = {p.source.name: p.amount_mol for p in batch.mix.parts}
        of = {n: circuit.sequences.by_name[n].strand for n in amounts}
        (lowest,) = [a for n, a in amounts.items() if of[n] == base]
        assert all(a == pytest.approx(lowest if of[n] == base else 1.2 * lowest) for n, a in amounts.items())
        # Half of the bottom strands come back, in the volume that was loaded.
        assert batch.liquid.concentration_M == pytest.approx(0.5 * lowest / batch.mix.volume_L)
        assert batch.mix.fits


def test_as_much_is_annealed_as_is_drawn() -> None:
    plan = _plan(_small())
    drawn = drawn_from(m for m in plan.mixes if not m.name.startswith("anneal"))
    for batch in plan.batches:
        mine = drawn.get(batch.complex.name, 0.0)
        assert batch.mix.volume_L >= mine
        assert batch.mix.volume_L == pytest.approx(max(1.1 * mine, 20 * UL))


def test_a_reporter_that_goes_in_later_has_its_own_mix() -> None:
    state = state_of("A ->\nA + B -> C")
    assert state.system is not None
    plan = _plan(_circuit(state, any_sequences(state.system), ("A",)))
    (later,) = plan.later
    late = [t for t in plan.gates if t.late_L]
    assert later.volume_L == pytest.approx(1.1 * sum(t.late_L for t in late))
    strength = sum(p.amount_mol for p in later.parts) / later.volume_L
    for tube in late:
        assert "reporter_A" not in {p.source.name.split()[0] for p in tube.mix.parts}
        # What is in the tube with it afterwards, by mass balance.
        assert strength * tube.late_L / (tube.mix.volume_L + tube.late_L) == pytest.approx(plan.levels.reporter_M)
        assert tube.late_L >= plan.setup.pipetting.minimum_L


def test_nothing_is_annealed_for_what_does_not_fit() -> None:
    state = state_of("A + B -> C", Physical(5e-9, 50e-6))
    assert state.system is not None
    plan = _plan(_circuit(state, any_sequences(state.system), ("C",)))
    assert not plan.fuels.fits
    tried = drawn_from(t.mix for t in (*plan.calibrations, *plan.gates))
    for batch in plan.batches:
        if batch.complex.name != "reporter_C":
            assert batch.mix.volume_L == pytest.approx(max(1.1 * tried.get(batch.complex.name, 0.0), 20 * UL))


def test_reporters_are_annealed_from_the_strands_with_the_dye() -> None:
    plan = _plan(_small())
    (batch,) = [b for b in plan.batches if b.complex.name == "reporter_C"]
    assert {p.source.name for p in batch.mix.parts} == {"reporter_C_quencher", "reporter_C_dye"}


def test_order_vendors_file_and_bench_sheet_agree() -> None:
    """An order, what the vendor says that came, and the volumes: each recomputed from the vendor's figures, to 0.1 uL."""
    circuit = _small()
    needs = {s.name: 5e-9 for s in circuit.sequences.strands}
    order = make_order(circuit.sequences, needs, {}, default_catalogue())
    header = (
        "Plate Name",
        "Well Position",
        "Sequence Name",
        "Sequence",
        "nmoles",
        "Measured Concentration µM ",
        "Final Volume µL ",
    )
    true_uM = {p: 80.0 + 3.7 * i for i, p in enumerate(order.by_piece)}
    rows = [("tubes", "", p, order.by_piece[p].bases, 20.0, true_uM[p], 200.0) for p in order.by_piece]
    data = write_workbook([("Plate Specs", [header, *rows])])
    pieces = {p: line.strand.name for p, line in order.by_piece.items()}
    stocks = stocks_of(read_delivery(data, "spec.xlsx", circuit.sequences, pieces), pieces)
    assert set(stocks) == {line.strand.name for line in order.lines} == set(circuit.sequences.by_name)
    plan = _plan(circuit, stocks)
    found = sheets(plan, circuit.sequences)
    ratio = {b.mix.name: (b.complex, b.mix.volume_L) for b in plan.batches}
    setup = plan.setup
    checked = 0
    for row in _rows(found["annealing.csv"]):
        if row["component"] in true_uM:
            item, volume = ratio[row["mix"]]
            strand = next(
                s for s in (*plan.reporters[0].strands, *circuit.sequences.strands) if s.name == row["component"]
            ).strand
            excess = 1.0 if strand == item.strands[bottom(item)] else 1.2
            others = [1.0 if s == item.strands[bottom(item)] else 1.2 for s in item.strands]
            named = [
                next(p.source.name for p in b.mix.parts if circuit.sequences.by_name[p.source.name].strand == s)
                for b in plan.batches
                if b.mix.name == row["mix"]
                for s in item.strands
            ]
            # As concentrated as wanted, or as the true stocks leave room for.
            room = 0.9 / sum(o / true_uM[n] for o, n in zip(others, named, strict=True))
            wanted_uM = min(setup.preparation.anneal_M * 1e6, room) * excess
            assert float(row["volume_uL"]) == pytest.approx(
                volume * 1e6 * wanted_uM / true_uM[row["component"]], abs=0.1
            )
            checked += 1
    assert checked == sum(len(b.complex.strands) for b in plan.batches)
    # A signal straight from its stock, or over dilutions of ten, into a tube of 50 uL.
    signal = circuit.system.carrier("C").name
    for row in _rows(found["mixes.csv"]):
        if row["mix"].startswith("reporter_C ") and row["component"].startswith(signal):
            share = float(row["mix"].split()[1].rstrip("x"))
            fold = float(row["component"].partition("1:")[2] or 1)
            amount_nM = share * circuit.peak_M / ALIQUOT_FOLD * 1e9
            assert float(row["volume_uL"]) == pytest.approx(50 * amount_nM * fold / (1e3 * true_uM[signal]), abs=0.1)
            checked += 1
    assert checked > sum(len(b.complex.strands) for b in plan.batches)


def test_too_little_of_a_strand_is_told() -> None:
    circuit = _small()
    stocks = assumed_stocks(circuit.sequences, {})
    scarce = dict(stocks)
    scarce["r1_join.3"] = dataclasses.replace(stocks["r1_join.3"], nmol=0.01)
    problems = _plan(circuit, scarce).problems
    assert any(p.startswith("r1_join.3: ") and "there are 100 nL" in p for p in problems)


def test_a_strand_without_a_stock_is_told_and_left_out() -> None:
    circuit = _small()
    stocks = {n: s for n, s in assumed_stocks(circuit.sequences, {}).items() if n != "r1_join.3"}
    plan = _plan(circuit, stocks)
    assert any("no stock is known of r1_join.3" in p for p in plan.problems)
    assert "r1_join" not in {b.complex.name for b in plan.batches}


def test_fuels_that_do_not_fit_are_tried_at_what_fits() -> None:
    state = state_of("A + B -> C\nC -> A", Physical(5e-9, 50e-6))
    assert state.system is not None
    circuit = _circuit(state, any_sequences(state.system), ("C",))
    plan = _plan(circuit)
    assert plan.levels.fuel_M < 50e-6
    assert any("gates are tried with fuels at" in p for p in plan.problems)
    assert all(t.mix.fits for t in plan.gates)
    assert not plan.fuels.fits
    assert any(p.startswith("master mix of fuels does not fit") for p in plan.problems)


def test_without_a_gel_nothing_is_in_excess_or_lost() -> None:
    circuit = _small()
    plan = plan_campaign(circuit, assumed_stocks(circuit.sequences, {}), Setup(preparation=Preparation(purified=False)))
    for batch in plan.batches:
        amounts = [p.amount_mol for p in batch.mix.parts]
        assert amounts == pytest.approx([amounts[0]] * len(amounts))
        assert batch.liquid.concentration_M == pytest.approx(amounts[0] / batch.mix.volume_L)
    assert any("No purification" in s.text for s in steps(plan))


# Sheets


def test_the_protocol_begins_with_reporters_and_ends_with_training() -> None:
    plan = _plan(_small())
    parts = list(dict.fromkeys(s.part for s in steps(plan)))
    assert [p.split(". ")[1] for p in parts] == [
        "Buffer, stocks, gates",
        "Reporter calibration",
        "Every gate alone",
        "The untrained circuit",
        "Training",
    ]
    text = protocol(plan, "small", "made by a test", ["reporter_C: a reading"], ["a note"])
    assert text.index("reporter_C: a reading") > text.index("## 4.")
    assert text.index("a note") < text.index("## 1.")


def test_the_table_of_additions_is_the_session() -> None:
    plan = _plan(_small())
    rows = _rows(sheets(plan, _small().sequences)["additions.csv"])
    assert [r["time_h_min_s"] for r in rows] == ["0:00:00", "0:10:00", "0:20:00"]
    for row, pour in zip(rows, plan.session.pours, strict=True):
        assert float(row["volume_uL"]) == pytest.approx(pour.volume_L * 1e6, abs=0.005)
        assert float(row["diluted_so_far"]) == pytest.approx(pour.dilution, rel=1e-3)


def test_the_picklist_moves_what_the_mixes_say_in_whole_droplets() -> None:
    plan = _plan(_small())
    rows = _rows(sheets(plan, _small().sequences)["echo.csv"])
    assert tuple(rows[0]) == ECHO_COLUMNS
    mixes: dict[str, Mix] = {m.name: m for m in plan.mixes}
    wells: dict[tuple[str, str], str] = {}
    for row in rows:
        part = next(p for p in mixes[row["Destination Sample Name"]].parts if p.source.name == row["Sample Name"])
        assert float(row["Transfer Volume"]) % 25 == 0
        assert float(row["Transfer Volume"]) == pytest.approx(part.volume_L * 1e9, abs=12.6)
        source = (row["Source Plate Name"], row["Source Well"])
        assert wells.setdefault(source, row["Sample Name"]) == row["Sample Name"]
    moved = (*(t.mix for t in (*plan.calibrations, *plan.gates)), *plan.later, *plan.additions)
    assert len(rows) == sum(len(m.parts) for m in moved)


def test_the_table_of_stocks_is_read_again_as_stocks() -> None:
    circuit = _small()
    text = sheets(_plan(circuit), circuit.sequences)["reference.csv"].replace("100000.000000", "97654.300000")
    found = stocks_of(read_delivery(text.encode(), "reference.csv", circuit.sequences, {}), {})
    assert all(s.liquid.concentration_M == pytest.approx(97.6543e-6) for s in found.values())
    assert set(found) == set(circuit.sequences.by_name)


def test_all_sheets_are_the_same_the_second_time() -> None:
    first, second = (
        (*sheets(_plan(c), c.sequences).values(), protocol(_plan(c), "t", "h")) for c in (_small(), _small())
    )
    assert first == second


def test_times_are_written_as_on_a_clock() -> None:
    assert [clock(t) for t in (0, 59.6, 3600, 86399)] == ["0:00:00", "0:01:00", "1:00:00", "23:59:59"]

"""Learning: the published figures, the add-only tube at both levels, and proof that the measures can fail.

Training loss alone proves nothing: a tube whose fuels run down, or whose doses are wrong, makes up for it with its parameters. So
the parameters themselves are held against the formal level, and runs that must not pass are run as well.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from compiler.api import Compiled, CompileOptions, Training, compile_crn, peak_amounts, train
from compiler.dna_level import dna_tube
from compiler.scaling import Physical
from crn.diagnostics import CircuitError, InfeasibleError
from crn.massaction import MassAction, Vector
from crn.network import Bag, Reaction
from crn.neural.catalog import named_circuit
from crn.neural.circuit import LearningCircuit
from crn.neural.datasets import Dataset, builtin_dataset
from crn.neural.dosing import dosed_for
from crn.neural.reference import sgd_linear
from crn.neural.training import Regime, TrainingRun, Tube
from crn.neural.training import train as run_training
from crn.simulate import SIMULATORS, Outcome, ScipyBDF, Simulator, Status, Stretch, Tolerance
from crn.text import parse_crn
from dsd.schemes import Role

DATA = Path(__file__).parent / "data"
LEARN, VALIDATE = builtin_dataset("linreg-authors")
TUBE = dosed_for(named_circuit("linear-regression")[0], LEARN, [VALIDATE])
NUMPY_LOSS = (0.5574, 0.1740, 0.1653, 0.1643, 0.1641)
SEED13_LOSS = (0.5574, 0.1739, 0.1652, 0.1641, 0.1640)


def some(samples: int) -> Dataset:
    return dataclasses.replace(LEARN, x=LEARN.x[:samples], y=LEARN.y[:samples])


def formal_run(circuit: LearningCircuit, data: Dataset, epochs: int) -> TrainingRun:
    regime = Regime(schedule=circuit.schedule)
    return run_training(circuit, Tube.of(circuit), data, VALIDATE, epochs, SIMULATORS[0], regime=regime)


@pytest.fixture(scope="module")
def main_job() -> Training:
    """Train the paper's minimal linear regression on the authors' 41 + 101 points, at both levels."""
    return train(TUBE, LEARN, VALIDATE, epochs=5)


@pytest.fixture(scope="module")
def compiled() -> Compiled:
    return compile_crn(TUBE.crn, peaks=peak_amounts(TUBE, [LEARN, VALIDATE]))


@pytest.fixture(scope="module")
def two_epochs() -> TrainingRun:
    return formal_run(TUBE, LEARN, 2)


# --- published figures --------------------------------------------------------------------------------------------------------


def test_the_numpy_reference_repeats_the_published_losses() -> None:
    found = sgd_linear(
        np.array(LEARN.x),
        np.array(LEARN.y)[:, 0],
        np.array(VALIDATE.x),
        np.array(VALIDATE.y)[:, 0],
        np.array([0.33213, 0.34553]),
        0.1 * 0.5,
        5,
        gain=0.5,
        offset=1.0,
        constant=0.1,
    )
    np.testing.assert_allclose(found.train_loss, NUMPY_LOSS, rtol=0, atol=0.0005)
    assert found.validation_loss == pytest.approx(0.1188, abs=0.0005)


def test_the_listing_of_thirteen_reactions_repeats_the_published_losses() -> None:
    """Ungated annihilation of P at 1000, as in the reference simulation; chemistry and NumPy follow one another closely."""
    found = formal_run(named_circuit("linear-regression:variant=seed13")[0], LEARN, 5)
    assert found.outcome.ok
    np.testing.assert_allclose(found.train_loss, SEED13_LOSS, rtol=0, atol=0.0005)
    np.testing.assert_allclose(found.train_loss, NUMPY_LOSS, rtol=0, atol=0.0008)
    assert found.validation_loss == pytest.approx(0.1188, abs=0.0005)
    assert found.validation_of_parameters == pytest.approx(0.1188, abs=0.0005)


@pytest.mark.parametrize(
    ("options", "reactions", "species", "file"),
    [
        ("variant=seed13", 13, 15, "circuit_lr13_candidateA.txt"),
        ("variant=lr10", 10, 11, "circuit_lr10_direct_error_annE.txt"),
        ("variant=lr14", 14, 15, "circuit_lr14_robust.txt"),
        ("variant=dual,inputs=2,bias=trained,clock=catalyst", 28, 16, "circuit_lr_dual_2in_bias.txt"),
    ],
)
def test_circuits_are_the_listings(options: str, reactions: int, species: int, file: str) -> None:
    """Reaction by reaction, with rate constants; the listings leave the clock species out."""
    crn = named_circuit(f"linear-regression:{options}")[0].crn
    assert (len(crn.reactions), len(crn.species)) == (reactions, species)

    def unclocked(reaction: Reaction) -> tuple[Bag, Bag, float]:
        clock = Bag.of("CF", "CB")
        return reaction.reactants - clock, reaction.products - clock, reaction.k

    listed = parse_crn((DATA / file).read_text(encoding="utf-8"), file).crn
    assert Counter(map(unclocked, crn.reactions)) == Counter(r.key for r in listed.reactions)
    assert set(crn.species) == {*listed.species, "CF", "CB"}
    for reaction in crn.reactions:
        clock = [reaction.reactants[c] for c in ("CF", "CB")]
        assert clock == [reaction.products[c] for c in ("CF", "CB")]
        assert reaction.origin.path.startswith(("forward", "feedback", "always")[[[1, 0], [0, 1], [0, 0]].index(clock)])


# --- the main job -------------------------------------------------------------------------------------------------------------


def dna(job: Training) -> TrainingRun:
    assert job.dna is not None
    return job.dna.run


def formal(job: Training) -> TrainingRun:
    assert job.formal is not None
    return job.formal


def parameters_agree(found: TrainingRun, expected: TrainingRun) -> bool:
    """Whether every parameter is within 3 % of the formal level's."""
    return bool(np.all(np.abs(np.array(found.final) / np.array(expected.final) - 1) <= 0.03))


def follows(found: TrainingRun, expected: TrainingRun) -> bool:
    """Whether every parameter stays within 5 % of the range that it goes through at formal level."""
    one, other = expected.parameters, found.parameters
    return one.shape == other.shape and bool(np.all(np.abs(other - one) <= 0.05 * np.ptp(one, axis=0)))


def test_both_levels_learn(main_job: Training) -> None:
    assert main_job.outcome.ok
    assert formal(main_job).train_loss[-1] <= 0.19
    assert dna(main_job).train_loss[-1] == pytest.approx(formal(main_job).train_loss[-1], rel=0.05)
    assert formal(main_job).train_loss[0] > 5 * formal(main_job).train_loss[-1]
    assert [len(r.train_loss) for r in (formal(main_job), dna(main_job))] == [5, 5]


def test_the_dna_learns_the_parameters_of_the_formal_level(main_job: Training) -> None:
    assert parameters_agree(dna(main_job), formal(main_job)), (dna(main_job).final, formal(main_job).final)
    assert len(dna(main_job).final) == 3
    moved = np.abs(np.array(formal(main_job).final) - formal(main_job).parameters[0])
    assert np.all(moved > 0.05), "a parameter that stays where it was proves nothing"


def test_the_dna_follows_the_formal_level_all_the_way(main_job: Training) -> None:
    """Not only at the end, but after every sample."""
    assert formal(main_job).parameters.shape == (206, 3)
    assert follows(dna(main_job), formal(main_job))


def test_validation_at_both_levels(main_job: Training) -> None:
    for run in (formal(main_job), dna(main_job)):
        assert run.validation_of_parameters is not None
        assert run.validation_of_parameters <= 0.13
        assert run.validation_loss == pytest.approx(run.validation_of_parameters, rel=0.05)
        assert run.validation_predictions.shape == (101, 1)


def test_no_fuel_runs_low(main_job: Training) -> None:
    found = main_job.dna
    assert found is not None
    assert found.lowest_fuel_fraction >= 0.2
    assert found.fractions.shape == (206, len(found.fuels))
    assert found.lowest_fuel in found.fuels
    assert found.lowest_fuel_fraction <= float(np.min(found.fractions))


def test_the_bookkeeping_of_the_run(main_job: Training) -> None:
    """41 samples 5 times, three phases of 8 + 5 + 5 units; one master mix a sample, which no gate goes without."""
    found = main_job.dna
    assert found is not None
    scale, system = found.compiled.scale, found.compiled.system
    assert found.lab_time_s == pytest.approx(205 * 18 * scale.time_s)
    assert (found.top_ups, found.additions) == (205, 205 * 4)
    roles = {system.by_complex[c].role for c, _ in found.top_up}
    assert roles == {Role.FUEL}
    used = {g for c, _ in found.top_up for g in system.by_complex[c].gates}
    assert used == {r.id for r in TUBE.crn.reactions}
    assert all(amount >= 0 for _, amount in found.top_up)
    assert found.total_strand_M > sum(len(e.complex.strands) * e.concentration for e in system.entries)


def test_reading_through_the_interpretation_starts_at_the_initial_parameters(compiled: Compiled) -> None:
    tube = dna_tube(compiled.state)
    amounts = tube.amounts(tube.start)
    assert {s: amounts[s] for s, _ in TUBE.crn.initial} == pytest.approx(dict(TUBE.crn.initial))
    assert tube.factor == pytest.approx(compiled.scale.gain * compiled.scale.physical.signal_M)


# --- the measures can fail ----------------------------------------------------------------------------------------------------


def test_without_top_ups_the_parameters_drift(compiled: Compiled, two_epochs: TrainingRun, main_job: Training) -> None:
    """Fuels decay and the tube makes up for it: its losses look well, its parameters are wrong, and validation says so."""
    with_top_ups = dataclasses.replace(dna(main_job), parameters=dna(main_job).parameters[: 2 * 41 + 1])
    assert follows(with_top_ups, two_epochs)
    regime = Regime(schedule=TUBE.schedule)
    without = run_training(TUBE, dna_tube(compiled.state), LEARN, VALIDATE, 2, SIMULATORS[0], regime=regime)
    assert without.outcome.ok
    assert not follows(without, two_epochs)
    assert not parameters_agree(without, two_epochs)
    assert without.train_loss[-1] < 0.5 < without.train_loss[0]
    assert without.validation_of_parameters is not None
    assert two_epochs.validation_of_parameters is not None
    assert without.validation_of_parameters > 3 * two_epochs.validation_of_parameters


def test_a_run_whose_fuels_run_dry_is_refused() -> None:
    with pytest.raises(InfeasibleError) as caught:
        train(TUBE, LEARN, VALIDATE, epochs=5, level="dna", top_up="none")
    assert all("runs dry" in d.message for d in caught.value.diagnostics)
    assert any("Em + Ep ->" in d.message for d in caught.value.diagnostics)


def test_forgetting_the_gain_learns_the_wrong_thing(compiled: Compiled, main_job: Training) -> None:
    """Dosed without g, or read without g: no error anywhere, and other parameters than the formal level's."""
    assert main_job.dna is not None
    expected = formal_run(TUBE, LEARN, 1)
    gain = compiled.scale.gain
    assert gain == pytest.approx(2)
    right = dna_tube(compiled.state, top_up=dict(main_job.dna.top_up))
    for wrong in (
        dataclasses.replace(right, factor=right.factor / gain),
        dataclasses.replace(right, reading=right.reading * gain),
    ):
        found = run_training(TUBE, wrong, LEARN, None, 1, SIMULATORS[0])
        assert found.outcome.ok
        assert not parameters_agree(found, expected)
        assert np.max(np.abs(np.array(found.final) / np.array(expected.final) - 1)) > 0.1


# --- open loop ----------------------------------------------------------------------------------------------------------------


class Dreaming(Simulator):
    """Makes up the state after every stretch, and remembers what was added to the one before."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.before: Vector | None = None
        self.added: list[Vector] = []

    def advance(self, law: MassAction, start: Vector, duration: float, times: Vector, tolerance: Tolerance) -> Stretch:  # noqa: ARG002
        """Note the addition and answer with noise, small enough for the difference to be exact to 1e-20 M."""
        if duration == 0:  # a run gets its engine ready before it begins
            return Stretch(np.empty((0, len(start))), start.copy(), 0.0, Outcome())
        if self.before is not None:
            self.added.append(start - self.before)
        self.before = self.rng.uniform(0, 1e-8, len(start))
        return Stretch(np.empty((len(times), len(start))), self.before, duration, Outcome())


def additions(circuit: LearningCircuit, tube: Tube, seed: int) -> Vector:
    dream = Dreaming(seed)
    run_training(circuit, tube, some(7), None, 2, dream)
    return np.array(dream.added)


def test_no_addition_depends_on_the_state(compiled: Compiled, main_job: Training) -> None:
    """Whatever is simulated, the same amounts of the same strands go in at the same steps; only the protocol decides."""
    assert main_job.dna is not None
    for top_up in (None, dict(main_job.dna.top_up)):
        tube = dna_tube(compiled.state, top_up=top_up)
        one, other = additions(TUBE, tube, 1), additions(TUBE, tube, 2)
        assert one.shape == (2 * 7 * 3 - 1, len(tube.law.species))
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-20)
        assert np.max(one) > 1e-9
        assert np.min(one) > -1e-20, "something is taken out"
        strands = {tube.law.species[i] for i in np.flatnonzero(np.max(one, axis=0) > 1e-20)}
        known = {compiled.system.carrier(s).name for s in TUBE.crn.species} | {c.name for c in top_up or {}}
        assert strands <= known
        np.testing.assert_allclose(
            one[:20], one[21:], rtol=0, atol=1e-20, err_msg="the second epoch is the first again"
        )


def test_top_ups_are_one_mix_of_fixed_composition(compiled: Compiled, main_job: Training) -> None:
    """What goes in before a sample is the same every time but for the signals of the sample."""
    assert main_job.dna is not None
    mix = dict(main_job.dna.top_up)
    tube = dna_tube(compiled.state, top_up=mix)
    fuels = [tube.law.index[e.complex.name] for e in compiled.system.of_role(Role.FUEL, Role.BUFFER)]
    added = additions(TUBE, tube, 3)[:, fuels]
    loads = added[2::3]
    np.testing.assert_allclose(np.delete(added, np.s_[2::3], axis=0), 0, atol=1e-20)
    expected: Mapping[str, float] = {c.name: amount for c, amount in mix.items()}
    for row in loads:
        assert {tube.law.species[i]: x for i, x in zip(fuels, row, strict=True) if x > 1e-20} == pytest.approx(
            {n: x for n, x in expected.items() if x > 1e-20}, abs=1e-20
        )


# --- refusals -----------------------------------------------------------------------------------------------------------------


def test_ideal_removals_do_not_happen_in_a_tube_unasked() -> None:
    staged = named_circuit("linear-regression:variant=lr10")[0]
    with pytest.raises(CircuitError, match="no pipette can do"):
        train(staged, some(2), level="dna")
    assert train(staged, some(2), level="formal", epochs=1).outcome.ok


def test_a_cancelled_run_keeps_what_it_has() -> None:
    seen: list[tuple[str, int, int]] = []

    def stop(what: str, done: int, total: int) -> bool:
        seen.append((what, done, total))
        return done < 3

    found = train(TUBE, some(5), level="formal", epochs=1, simulator=ScipyBDF(), progress=stop)
    assert found.outcome.status is Status.CANCELLED
    assert seen[-1][1:] == (3, 5)
    kept = formal(found)
    assert (len(kept.predictions), len(kept.parameters)) == (3, 4)
    whole = formal(train(TUBE, some(5), level="formal", epochs=1, simulator=ScipyBDF()))
    np.testing.assert_allclose(kept.parameters, whole.parameters[:4], rtol=1e-9)


def test_a_higher_signal_needs_more_fuel_and_less_time() -> None:
    """The unit of time is inversely proportional to the signal concentration where two reactants set the pace."""
    peaks = peak_amounts(TUBE, [LEARN, VALIDATE])
    scales = [
        compile_crn(TUBE.crn, CompileOptions(physical=Physical(signal_M=c, fuel_M=60e-6)), peaks).scale
        for c in (10e-9, 20e-9)
    ]
    assert scales[0].time_s == pytest.approx(2 * scales[1].time_s)
    with pytest.raises(InfeasibleError):
        compile_crn(TUBE.crn, CompileOptions(physical=Physical(signal_M=100e-9)), peaks)

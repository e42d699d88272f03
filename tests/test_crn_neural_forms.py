"""Pages of mathematics and their forms: against published listings, plain NumPy, and one another."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from crn.diagnostics import CircuitError
from crn.massaction import MassAction
from crn.neural.catalog import named_circuit
from crn.neural.circuit import LearningCircuit
from crn.neural.classification import linear, relaxing, smooth_relu
from crn.neural.datasets import builtin_dataset
from crn.neural.forms.build import CLOCKS, Form, circuit_of
from crn.neural.forms.oscillator import RING, Ring
from crn.neural.forms.staged import CLOCKS as STAGES
from crn.neural.forms.two_phase import Rates
from crn.neural.neural_ode import Input, NeuralODE, Output, State
from crn.neural.nonlinear import saturating
from crn.neural.polynomial import Polynomial, value
from crn.neural.products import products
from crn.neural.reference import (
    Cell,
    Procedure,
    cubic_cell,
    linear_cell,
    relu_cell,
    self_timed_exposures,
    sgd_cells,
    sgd_linear,
    sgd_products,
    square_cell,
)
from crn.neural.regression import AUTHORS_BIAS, AUTHORS_START
from crn.neural.samples import Dataset
from crn.neural.schedule import Schedule
from crn.neural.training import Regime, TrainingRun, Tube, train
from crn.neural.written import neural_ode, parse_polynomial
from crn.simulate import SIMULATORS, Tolerance, simulate

LISTINGS = Path(__file__).parent / "data" / "listings"

Listing = Counter[tuple[tuple[tuple[str, int], ...], tuple[tuple[str, int], ...], str]]


def listing(name: str) -> Listing:
    """Read an expanded list, each distinct reaction once."""
    found: Listing = Counter()
    for line in (LISTINGS / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        match = re.match(r"([^#].*)->(.*)\[(.*)\]", line)
        if match:
            found[_bag(match[1]), _bag(match[2]), f"{float(match[3]):.4g}"] = 1
    return found


def _bag(text: str) -> tuple[tuple[str, int], ...]:
    counts: Counter[str] = Counter()
    for part in (p.strip() for p in text.split("+")):
        match = re.fullmatch(r"(\d*)\s*([A-Za-z]\w*)", part)
        if match:
            counts[match[2]] += int(match[1] or 1)
    return tuple(sorted(counts.items()))


def ungated(circuit: LearningCircuit, clocks: tuple[str, ...]) -> Listing:
    """Return the reactions of a circuit without its clock species."""
    found: Listing = Counter()
    for reaction in circuit.crn.reactions:
        sides = [tuple((s, n) for s, n in bag if s not in clocks) for bag in (reaction.reactants, reaction.products)]
        found[sides[0], sides[1], f"{reaction.k:.4g}"] += 1
    return found


def dual_squares(*, biased: bool, diagonal: bool = True) -> NeuralODE:
    """Return the nonlinear regression with two rails for everything, as the listings have it."""
    del diagonal
    return saturating(h=0.1 if biased else 0.0, dual=True)


def dual_classifier(relaxation: str) -> NeuralODE:
    """Return a classifier of the paper with two rails for everything, the constant input and the target included."""
    page = relaxing(relaxation)
    inputs = tuple(Input(i.value, i.port, i.amount, signed=True) for i in page.inputs)
    outputs = tuple(Output(o.target, o.weights, signed=True) for o in page.outputs)
    return NeuralODE(page.name, inputs, page.state, outputs, page.parameters, page.duration)


# A learning rate r in the listings is eta = r / (1 + r).
AUTHORS = Rates(eta=0.5, annihilation=100.0, annihilation_weights=100.0)
COMPACT = Rates(eta=0.1, annihilation=100.0, annihilation_weights=100.0, transfer=100.0)


@pytest.mark.parametrize(
    ("name", "page", "gradient", "classifier"),
    [
        ("nlreg_z2_firstorder_authors", dual_squares(biased=True), "first-order", False),
        ("nlreg_z2_firstorder_nobias_authors", dual_squares(biased=False), "first-order", False),
        ("cls_cubic_authors", dual_classifier("cubic"), "full", True),
        ("cls_quad_linapprox_authors", dual_classifier("quadratic"), "frozen", True),
    ],
)
def test_the_staged_form_is_the_published_listing(name: str, page: NeuralODE, gradient: str, classifier: bool) -> None:
    circuit = circuit_of(page, Form("staged", gradient=gradient, rates=AUTHORS, adjoint_annihilation=classifier))
    assert ungated(circuit, STAGES) == listing(name)


@pytest.mark.parametrize("biased", [True, False])
def test_the_staged_form_with_the_full_adjoint_is_the_listing_but_for_negative_states(biased: bool) -> None:
    """The derivative of z |z| is 2 |z|; the listing multiplies by 2 z, which is the same as long as z is positive."""
    wanted = listing(f"nlreg_z2_full{'' if biased else '_nobias'}_authors")
    found = ungated(circuit_of(dual_squares(biased=biased), Form("staged", rates=AUTHORS)), STAGES)
    assert sum(found.values()) == sum(wanted.values())
    ours, theirs = found - wanted, wanted - found
    assert len(ours) == len(theirs) == 6
    for reactants, made, k in theirs:
        (adjoint, _), (state, _) = reactants
        assert adjoint[0] == "A"
        assert state[0] == "Z"
        assert state[-1] == "m"
        other = adjoint[:-1] + ("m" if adjoint[-1] == "p" else "p")
        assert (reactants, tuple(sorted([(adjoint, 1), (other, 1), (state, 1)])), k) in ours
        assert dict(made)[adjoint] == 2


@pytest.mark.parametrize(
    ("name", "page", "gradient"),
    [
        ("cls_quad_linapprox_twophase", dual_classifier("quadratic"), "frozen"),
        ("cls_cubic_twophase", dual_classifier("cubic"), "full"),
        ("nlreg_z2_full_twophase", dual_squares(biased=True), "full"),
    ],
)
def test_the_catalyst_clock_is_the_compact_listing(name: str, page: NeuralODE, gradient: str) -> None:
    """An adjoint that falls uses up its own rail instead of making the other one; all else is the same."""
    circuit = circuit_of(page, Form("two-phase", "catalyst", gradient, COMPACT))
    found, wanted = ungated(circuit, ("CF", "CB")), listing(name)
    assert sum(found.values()) == sum(wanted.values())
    assert len(circuit.crn.species) == len({s for a, b, _ in wanted for s, _ in a + b}) + 2
    for reactants, made, _ in found - wanted:
        assert reactants[0][0][0] == "A"
        assert reactants[1][0][0] == "Z"
        assert made == reactants[1:]


# --- learning: every form against the same mathematics in NumPy --------------------------------------------------------------


def samples(count: int, *, xor: bool = False, signed: bool = False) -> Dataset:
    rng = np.random.default_rng(7)
    x = rng.uniform(0, 1, (count, 2)) if xor else rng.uniform(0.5, 2, (count, 2))
    y = ((x[:, 0] > 0.5) != (x[:, 1] > 0.5)).astype(float) if xor else x[:, 0] * x[:, 1] + x[:, 1] ** 2
    if signed:
        x = 2 * x - 1
    return Dataset(("x1", "x2"), ("y",), tuple(map(tuple, x.tolist())), tuple((v,) for v in y.tolist()), "drawn")


def learned(circuit: LearningCircuit, data: Dataset, epochs: int) -> TrainingRun:
    run = train(circuit, Tube.of(circuit), data, None, epochs, SIMULATORS[0])
    assert run.outcome.ok, run.outcome
    return run


def reference(
    page: NeuralODE, cell: Cell, procedure: Procedure, data: Dataset, epochs: int, *, hidden: int = 3
) -> tuple[tuple[float, ...], dict[str, float]]:
    """Train in NumPy from the same initial parameters; return the losses and the parameters by name."""
    constant = [i.amount for i in page.inputs if i.port is None and i.value.startswith("X")]
    x = np.hstack([np.array(data.x), np.tile(constant, (len(data), 1))])
    theta, mask = np.zeros((hidden, x.shape[1])), np.zeros((hidden, x.shape[1]))
    readout = np.ones((1, hidden))
    place = {}
    for name, start in page.parameters:
        i, j = (int(c) - 1 for c in (name[1:] if len(name) == 3 else name[1] * 2))
        if name[0] == "P":
            theta[i, j], mask[i, j] = start, 1
            place[name] = (0, i, j)
        else:
            readout[i, j] = start
            place[name] = (1, i, j)
    begin = x[:, :hidden] if not page.trained_readout else np.full((len(x), hidden), dict(_constants(page))["H"])
    losses, theta, readout = sgd_cells(cell, x, begin, np.array(data.y), theta, readout, procedure, epochs, mask=mask)
    final = (theta, readout)
    return losses, {name: float(final[k][i, j]) for name, (k, i, j) in place.items()}


def _constants(page: NeuralODE) -> list[tuple[str, float]]:
    return [(i.value, i.amount) for i in page.inputs if i.port is None]


def agrees(run: TrainingRun, page: NeuralODE, losses: tuple[float, ...], final: dict[str, float]) -> None:
    """Losses within 2 %, and how far every parameter went within 2 % of the farthest."""
    np.testing.assert_allclose(run.train_loss, losses, rtol=0.02)
    start = np.array([v for _, v in page.parameters])
    wanted = np.array([final[n] for n, _ in page.parameters])
    assert np.max(np.abs(np.array(run.final) - wanted)) < 0.02 * np.max(np.abs(wanted - start))


POSITIVE = (("x1", False), ("x2", False))

EXACT = [
    # page, its cell, duration of the feedback, step, gradient
    pytest.param(saturating(duration=1.0), square_cell(0.5), None, 0.2, "first-order", id="product, first order"),
    pytest.param(saturating(), square_cell(0.5), None, 0.3, "full", id="product, full adjoint"),
    pytest.param(saturating(dense=True), square_cell(0.5), None, 0.05, "full", id="dense"),
    pytest.param(relaxing("cubic", POSITIVE), cubic_cell(1 / 6), None, 0.5, "full", id="cubic"),
    pytest.param(relaxing("quadratic", POSITIVE, duration=0.4), square_cell(0.15), 2.0, 0.5, "frozen", id="quadratic"),
]


@pytest.mark.parametrize("clock", CLOCKS)
@pytest.mark.parametrize(("page", "cell", "feedback", "step", "gradient"), EXACT)
def test_the_two_phase_form_learns_like_numpy(
    page: NeuralODE, cell: Cell, feedback: float | None, step: float, gradient: str, clock: str
) -> None:
    data = samples(30, xor="classifier" in page.name)
    procedure = Procedure(step, page.duration, feedback or page.duration, gradient, concurrent=True)
    circuit = circuit_of(page, Form("two-phase", clock, gradient, Rates(eta=step, feedback=feedback)))
    agrees(learned(circuit, data, 3), page, *reference(page, cell, procedure, data, 3))


@pytest.mark.parametrize(("page", "cell", "feedback", "step", "gradient"), EXACT)
def test_the_staged_form_learns_like_numpy(
    page: NeuralODE, cell: Cell, feedback: float | None, step: float, gradient: str
) -> None:
    data = samples(30, xor="classifier" in page.name)
    procedure = Procedure(step, page.duration, feedback or page.duration, gradient)
    rates = Rates(eta=step, feedback=feedback)
    circuit = circuit_of(page, Form("staged", gradient=gradient, rates=rates, adjoint_annihilation=True))
    agrees(learned(circuit, data, 3), page, *reference(page, cell, procedure, data, 3))


@pytest.mark.parametrize("gradient", ["frozen", "first-order"])
def test_a_trained_readout_learns_like_numpy(gradient: str) -> None:
    page = smooth_relu((("x1", False), ("x2", False)), ("y",), hidden=3)
    data = samples(30, xor=True)
    procedure = Procedure(0.3, 0.6, 0.6, gradient, concurrent=True, step_readout=0.1, gathering=True)
    circuit = circuit_of(page, Form("two-phase", gradient=gradient, rates=Rates(eta=0.3, eta_readout=0.1)))
    agrees(learned(circuit, data, 3), page, *reference(page, relu_cell(0.3), procedure, data, 3))


def test_a_staged_readout_learns_like_numpy() -> None:
    page = smooth_relu((("x1", False), ("x2", False)), ("y",), hidden=3, dual=True)
    data = samples(20, xor=True)
    procedure = Procedure(0.3, 0.6, 0.6, "full", step_readout=0.1)
    circuit = circuit_of(page, Form("staged", rates=Rates(eta=0.3, eta_readout=0.1)))
    agrees(learned(circuit, data, 2), page, *reference(page, relu_cell(0.3), procedure, data, 2))


def test_a_batch_of_one_learns_like_numpy() -> None:
    """Gathered gradients do not move the parameters while the error is fed back."""
    page, data = saturating(), samples(30)
    procedure = Procedure(0.3, 0.5, 0.5, "full")
    circuit = circuit_of(page, Form("two-phase", rates=Rates(eta=0.3), batch=True))
    run = train(circuit, Tube.of(circuit), data, None, 2, SIMULATORS[0])
    agrees(run, page, *reference(page, square_cell(0.5), procedure, data, 2))


TUBE = Rates(eta=0.1, annihilation=100.0, annihilation_weights=100.0, transfer=100.0)
EXPOSURES = self_timed_exposures(6.0, 9.0, error=1.0, copies=0.3, switch=2.0, transfer=400.0)


def test_the_self_timed_tube_learns_like_numpy() -> None:
    """Add-only: that the inputs fade, and how long the error acts together with their copies, is part of the mathematics."""
    page, data = saturating(alpha=0.05), samples(30)
    procedure = Procedure(0.1, 6.0, 9.0, "first-order", fading=1.0, exposures=EXPOSURES)
    circuit = circuit_of(page, Form("tube", gradient="first-order", rates=TUBE))
    assert not circuit.ideal
    assert len(circuit.phases) == 2
    agrees(learned(circuit, data, 3), page, *reference(page, square_cell(0.05), procedure, data, 3))


@pytest.mark.parametrize("gradient", ["frozen", "full"])
def test_the_tube_learns_like_numpy(gradient: str) -> None:
    """Add-only: handing over and clearing take a short time, which is not part of the mathematics."""
    page, data = saturating(alpha=0.05), samples(20)
    procedure = Procedure(0.02, 4.0, 5.0, gradient, fading=1.0)
    circuit = circuit_of(page, Form("tube", gradient=gradient, rates=dataclasses.replace(TUBE, eta=0.02)))
    assert not circuit.ideal
    assert len(circuit.phases) == 3
    agrees(learned(circuit, data, 3), page, *reference(page, square_cell(0.05), procedure, data, 3))


@pytest.mark.parametrize(
    ("form", "alpha", "eta"), [("two-phase", 8.0, 0.035), ("staged", 8.0, 0.035), ("tube", 0.4, 0.4)]
)
def test_products_learn_like_numpy(form: str, alpha: float, eta: float) -> None:
    in_tube, data = form == "tube", samples(30, xor=True)
    duration = 6.0 if in_tube else 2.0
    inputs = (("x1", 0.5, 0.5), ("x2", 0.5, 0.5))
    page = products(inputs, ("y",), alpha=alpha, duration=duration, fading=in_tube)
    procedure = Procedure(eta, duration, duration, fading=float(in_tube), exposures=EXPOSURES if in_tube else None)
    rates = dataclasses.replace(TUBE, eta=eta) if in_tube else Rates(eta=eta)
    run = learned(circuit_of(page, Form(form, gradient="first-order", rates=rates)), data, 3)
    losses, weights = sgd_products(2 * np.array(data.x) - 1, np.array(data.y), alpha, 0.5, procedure, 3)
    np.testing.assert_allclose(run.train_loss, losses, rtol=0.02)
    assert np.max(np.abs(np.array(run.final) - weights[0])) < 0.05 * np.max(np.abs(weights))


def test_linear_classification_needs_no_state() -> None:
    page, data = linear(), samples(40)
    procedure = Procedure(0.05, 0.8, 0.8, "full")
    circuit = circuit_of(page, Form("two-phase", rates=Rates(eta=0.05)))
    assert not any(s.startswith("Z") for s in circuit.crn.species)
    agrees(learned(circuit, data, 2), page, *reference(page, linear_cell(), procedure, data, 2, hidden=2))


def test_a_bias_of_the_size_of_the_inputs_and_a_step_that_shrinks_beat_a_bias_that_is_not_trained() -> None:
    data, held = builtin_dataset("linreg-authors")
    circuit, _ = named_circuit("linear-regression:variant=dual,one=2,eta=0.08")
    schedule = Schedule("exponential", (("half", 2.0),))
    run = train(circuit, Tube.of(circuit), data, held, 10, SIMULATORS[0], regime=Regime(schedule=schedule))
    x, x_held = (np.column_stack([np.array(d.x), np.full(len(d), 2.0)]) for d in (data, held))
    y, y_held = (np.array(d.y)[:, 0] for d in (data, held))
    weights = np.array([*AUTHORS_START, AUTHORS_BIAS / 2]) * 0.5
    for epoch in range(10):
        found = sgd_linear(x, y, x_held, y_held, weights, 0.08 * 0.25 * 2 ** (-epoch / 2), 1)
        weights = found.weights
        assert run.train_loss[epoch] == pytest.approx(found.train_loss[0], rel=0.02)
    assert run.validation_loss is not None
    assert run.validation_loss == pytest.approx(found.validation_loss, rel=0.02)
    assert run.validation_loss < 0.095


# --- clocks -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("gradient", ["first-order", "full"])
def test_a_leaking_clock_changes_the_loss_by_less_than_5_percent(gradient: str) -> None:
    data = samples(40)
    page = saturating(duration=1.0 if gradient == "first-order" else 0.5)
    rates = Rates(eta=0.2)
    tight = learned(circuit_of(page, Form("two-phase", "catalyst", gradient, rates)), data, 5)
    leaky = learned(circuit_of(page, Form("two-phase", "catalyst", gradient, rates, leak=0.01)), data, 5)
    assert tight.train_loss != leaky.train_loss
    np.testing.assert_allclose(leaky.train_loss, tight.train_loss, rtol=0.05)


def test_the_ring_is_a_travelling_wave() -> None:
    """Period, shape and overlap of the oscillator, over 50 turns."""
    circuit = circuit_of(saturating(), Form("two-phase", "oscillator"))
    ring, law = Ring(1e-6, np.log(1e6) / 0.5), MassAction(circuit.crn)
    times = np.linspace(0, 50 * ring.period, 50 * 600 + 1)
    run = simulate(law, law.state(), [], times.tolist(), SIMULATORS[0], Tolerance(1e-8, 1e-12))
    clock = run.values[:, [law.index[s] for s in RING]]
    first, last = clock[:601], clock[-601:]
    assert np.max(np.abs(last - first)) < 0.05
    step = times[1] - times[0]
    np.testing.assert_allclose(np.trapezoid(first[:, 0], dx=step), 0.5, rtol=1e-3)
    overlap = np.trapezoid(first[:, 0] * first[:, 2], dx=step)
    assert overlap < 1e-3 * 0.5
    np.testing.assert_allclose(first[:-100], np.roll(first[100:], -1, axis=1), atol=1e-3)


# --- the algebra, and what users write ------------------------------------------------------------------------------------------


def test_derivatives_agree_with_differences() -> None:
    rng = np.random.default_rng(3)
    x, y, z = value("x"), value("y"), value("z")
    for polynomial in (
        x * y - 0.5 * z * abs(z),
        (x + 2 * y) ** 3 * z * abs(z),
        1 - z**2 * abs(z) + x,
        3 * (x - y) * (x + y),
    ):
        for name in "xyz":
            at = {n: float(v) for n, v in zip("xyz", rng.normal(0, 1, 3), strict=True)}
            h = 1e-6
            up, down = at | {name: at[name] + h}, at | {name: at[name] - h}
            numeric = (polynomial.at(up) - polynomial.at(down)) / (2 * h)
            assert polynomial.derivative(name).at(at) == pytest.approx(numeric, rel=1e-7, abs=1e-7)
    with pytest.raises(ValueError, match="has no derivative"):
        abs(z).derivative("z")
    assert str(x * y - 0.5 * z * abs(z)) == "x y - 0.5 z |z|"


def test_a_written_equation_is_the_built_in_circuit() -> None:
    start = dict(saturating(duration=1.0).parameters)
    circuit = neural_ode(
        state={f"z{i}": f"p{i}*x{i} - z{i}*abs(z{i})/2" for i in (1, 2, 3)},
        inputs=["x1", "x2"],
        constants={"x3": 1.0},
        outputs={"y": "z1 + z2 + z3"},
        parameters={f"p{i}": start[f"P{i}{i}"] for i in (1, 2, 3)},
        start={f"z{i}": f"x{i}" for i in (1, 2, 3)},
        duration=1.0,
        form=Form("two-phase", gradient="first-order", rates=Rates(eta=0.2)),
    )
    built = circuit_of(saturating(duration=1.0), Form("two-phase", gradient="first-order", rates=Rates(eta=0.2)))
    data = samples(20)
    np.testing.assert_allclose(learned(circuit, data, 2).train_loss, learned(built, data, 2).train_loss, rtol=1e-6)


@pytest.mark.parametrize(
    ("equation", "column", "message"),
    [
        ("p*x - 0.5*q", 11, "'q' is not defined"),
        ("p*x + abs(p+x)", 7, "only a single value"),
        ("p/x", 3, "only numbers divide"),
        ("x**p", 4, "an exponent"),
        ("p*x + sin(x)", 7, "no sum of products"),
        ("p*x -", 1, "no expression"),
    ],
)
def test_a_fault_in_an_equation_has_a_place(equation: str, column: int, message: str) -> None:
    with pytest.raises(CircuitError, match=message) as caught:
        parse_polynomial(equation, ["p", "x", "z"], "<dz/dt>")
    span = caught.value.diagnostics[0].span
    assert span is not None
    assert (span.line, span.column) == (1, column)


def test_a_value_on_one_rail_cannot_fall_below_zero() -> None:
    with pytest.raises(CircuitError, match="fall below 0; it needs two rails"):
        neural_ode(state={"z": "p*x - x - z"}, inputs=["x"], outputs={"y": "z"}, parameters={"p": 0.3}, positive=["z"])


def test_a_page_without_sense_is_refused() -> None:
    with pytest.raises(CircuitError, match="P2 is a parameter that nothing depends on"):
        NeuralODE(
            "lost",
            (Input("X1", "x"),),
            (State("Z1", value("P1") * value("X1")),),
            (Output("y", (("Z1", 1),)),),
            (("P1", 0.1), ("P2", 0.2)),
            1.0,
        )
    with pytest.raises(CircuitError, match="is used and not defined"):
        NeuralODE("x", (), (State("Z1", value("Q")),), (Output("y", (("Z1", 1),)),), (), 1.0)


def test_nothing_of_a_polynomial_is_lost_in_its_text() -> None:
    assert str(Polynomial()) == "0"
    assert str(2 - value("z") ** 2) == "2 - z^2"


@pytest.mark.parametrize(
    ("name", "most"),
    [
        ("nonlinear-regression:form=two-phase,gradient=full", 72),
        ("nonlinear-regression:form=two-phase,gradient=full,h=0.1", 84),
        ("nonlinear-regression:form=two-phase", 42),
        ("nonlinear-regression:form=two-phase,h=0.1", 48),
        ("linear-classification:form=two-phase", 19),
        ("rings:model=cubic,form=two-phase", 150),
        ("rings:model=quadratic,form=two-phase", 108),
        ("xor:form=two-phase", 200),
        ("iris:form=two-phase", 606),
        ("iris:model=quadratic,form=two-phase", 606),
        ("iris:model=relu,form=two-phase", 1296),
    ],
)
def test_no_circuit_is_larger_than_it_need_be(name: str, most: int) -> None:
    """The sizes of compact two-phase equivalents of the published circuits, counted from their listings."""
    two_phase = named_circuit(name)[0]
    assert len(two_phase.crn.reactions) <= most
    tube = named_circuit(name.replace("form=two-phase", "form=tube"))[0]
    assert len(tube.crn.reactions) <= 1.6 * most

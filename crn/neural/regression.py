"""Linear regression in chemistry: the minimal circuits of the paper, their general dual-rail form, and the add-only tube.

R. T. Nagipogu and J. H. Reif, "Neural CRNs", arXiv 2409.00034. The paper's circuits compute yhat = sum x + T (P . x + sum h) by
letting the inputs drive z for a time T, then feed the error back; between samples everything but the parameters is flushed away.
The tube is this project's own form of the same learning rule for a laboratory that can only add; training lives elsewhere.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from crn.network import CRN, Species
from crn.neural.circuit import Carrier, LearningCircuit, LinearModel, Phase, Reading
from crn.neural.parts import Page, Rails
from crn.neural.schedule import CONSTANT, Schedule

AUTHORS_START = (0.33213, 0.34553)
"""Initial P1 and P2 in the authors' training log."""

AUTHORS_BIAS = 0.1
"""What the authors' fixed h = 0.1 on two outputs adds to the prediction: 2 T h, with T = 0.5."""

START = 0.33
"""Initial value of further parameters."""

ERROR = Rails.dual("E")


def seed13(eta: float = 0.1, annihilation: float = 1000.0, *, error_annihilation: bool = False) -> LearningCircuit:
    """Return the 13-reaction, 15-species listing for two positive inputs (14 reactions with error annihilation: `lr14`).

    The clock species CF and CB switch the phases; z(0) = x, h = 0.1, T = 0.5, feedback for T + 1/k_t with k_t = 100. The
    annihilation of the parameters is not gated by the clock, without which the circuit learns worse.

    Parameters
    ----------
    eta : float
        Rate constant of the update; the step per unit gradient of P is eta * T.
    annihilation : float
        Rate constant of P1p + P1m -> 0 and its like.
    error_annihilation : bool
        Whether to add Ep + Em -> 0, which makes the circuit robust against unequal rates.
    """
    T, transfer, h = 0.5, 100.0, 0.1
    page = Page()
    weights = [Rails.dual(f"P{i}") for i in (1, 2)]
    for i, p in enumerate(weights, 1):
        page.write(f"forward/product[{i}]", [p.plus, f"X{i}", "CF"], [p.plus, f"X{i}", "CF", f"Z{i}"], 1.0)
    for i in (1, 2):
        page.write(f"forward/bias[{i}]", [f"H{i}", "CF"], [f"H{i}", "CF", f"Z{i}"], 1.0)
    for i in (1, 2):
        page.write(f"feedback/error[{i}]", [f"Z{i}", "CB"], ["Ep", "CB"], transfer)
    page.write("feedback/error[target]", ["Y", "CB"], ["Em", "CB"], transfer)
    for i, p in enumerate(weights, 1):
        page.product(f"feedback/update[{i}]", ERROR, Rails(f"X{i}"), p, eta, sign=-1, clock=["CB"])
    for i, p in enumerate(weights, 1):
        page.annihilation(f"always/annihilation[{i}]", p, annihilation)
    if error_annihilation:
        page.annihilation("always/annihilation[error]", ERROR, annihilation)
    start = dict(zip((w.plus for w in weights), AUTHORS_START, strict=True)) | {"H1": h, "H2": h}
    gone = ("X1", "X2", "Z1", "Z2", "Y", "Ep", "Em", "CB")
    load: tuple[tuple[Species, float | None], ...] = (
        ("X1", None),
        ("X2", None),
        ("Z1", None),
        ("Z2", None),
        ("Y", None),
    )
    return LearningCircuit(
        name=f"linear-regression:variant={'lr14' if error_annihilation else 'seed13'}",
        crn=CRN.build(page.reactions, start),
        inputs=tuple(Carrier(f"x{i}", f"{s}{i}") for i in (1, 2) for s in "XZ"),
        targets=(Carrier("y", "Y"),),
        outputs=(Reading("yhat", (("Z1", 1.0), ("Z2", 1.0))),),
        parameters=_parameters(weights),
        phases=(
            Phase("forward", (*load, ("CF", 1.0)), T, flush=gone),
            Phase("feedback", (("CB", 1.0),), T + 1 / transfer, flush=("CF",)),
        ),
        model=LinearModel(gain=T, offset=1.0, constant=2 * T * h),
    )


def lr10(eta: float = 0.1, annihilation: float = 1000.0) -> LearningCircuit:
    """Return ten reactions in which the forward pass writes the error directly: E(0) = sum x - y."""
    T, h = 0.5, 0.2
    page = Page()
    weights = [Rails.dual(f"P{i}") for i in (1, 2)]
    for i, p in enumerate(weights, 1):
        page.write(f"forward/product[{i}]", [p.plus, f"X{i}", "CF"], [p.plus, f"X{i}", "CF", "Ep"], 1.0)
    page.write("forward/bias", ["H", "CF"], ["H", "CF", "Ep"], 1.0)
    for i, p in enumerate(weights, 1):
        page.product(f"feedback/update[{i}]", ERROR, Rails(f"X{i}"), p, eta, sign=-1, clock=["CB"])
    for i, p in enumerate(weights, 1):
        page.annihilation(f"always/annihilation[{i}]", p, annihilation)
    page.annihilation("always/annihilation[error]", ERROR, annihilation)
    start = dict(zip((w.plus for w in weights), AUTHORS_START, strict=True)) | {"H": h}
    return LearningCircuit(
        name="linear-regression:variant=lr10",
        crn=CRN.build(page.reactions, start),
        inputs=tuple(Carrier(f"x{i}", s) for i in (1, 2) for s in (f"X{i}", "Ep")),
        targets=(Carrier("y", "Em"),),
        outputs=(Reading("yhat", (("Ep", 1.0), ("Em", -1.0)), (("y", 1.0),)),),
        parameters=_parameters(weights),
        phases=(
            Phase(
                "forward",
                (("X1", None), ("X2", None), ("Ep", None), ("Em", None), ("CF", 1.0)),
                T,
                flush=("X1", "X2", "Ep", "Em", "CB"),
            ),
            Phase("feedback", (("CB", 1.0),), T, flush=("CF",)),
        ),
        model=LinearModel(gain=T, offset=1.0, constant=T * h),
    )


def dual(
    inputs: int = 2,
    bias: str = "trained",
    eta: float = 0.1,
    annihilation: float = 1000.0,
    *,
    clock: str = "additions",
    one: float = 1.0,
) -> LearningCircuit:
    """Return the general dual-rail linear regression, for inputs, targets and parameters of either sign.

    yhat = T P . x, E(0) = -y. With `clock` = ``additions`` the phases are told apart by the species that are flushed in between
    (X drives only forward reactions, its copy U only feedback ones), so that the order stays 2.

    Parameters
    ----------
    inputs : int
    bias : {'none', 'fixed', 'trained'}
        A fixed bias is h = 0.2 on an input of 1.
    eta, annihilation : float
        Rate constants.
    clock : {'additions', 'catalyst'}
        With ``catalyst`` the clock species CF and CB switch the phases and one set of input species serves both.
    one : float
        The input that a trained bias is the weight of; about as large as the others, it lets the bias learn as fast as they do.
        The parameter is read as what the bias is worth for an input of 1.
    """
    T, h = 0.5, 0.2
    page = Page()
    names = [f"{i + 1}" for i in range(inputs)] + (["0"] if bias == "trained" else [])
    catalyst = clock == "catalyst"
    forward = {n: Rails.dual(f"X{n}") for n in names}
    backward = forward if catalyst else {n: Rails.dual(f"U{n}") for n in names}
    cf, cb = (["CF"], ["CB"]) if catalyst else ([], [])
    weights = [Rails.dual(f"P{n}") for n in names]
    for n, p in zip(names, weights, strict=True):
        page.product(f"forward/product[{n}]", p, forward[n], ERROR, 1.0, clock=cf)
    if bias == "fixed":
        gate = cf or ["HF"]
        page.write("forward/bias", ["H", *gate], ["H", *gate, ERROR.plus], 1.0)
    for n, p in zip(names, weights, strict=True):
        page.product(f"feedback/update[{n}]", ERROR, backward[n], p, eta, sign=-1, clock=cb)
    page.annihilation("always/annihilation[error]", ERROR, annihilation)
    for n, p in zip(names, weights, strict=True):
        page.annihilation(f"always/annihilation[{n}]", p, annihilation)

    carriers = [c for n in names if n != "0" for c in _carriers(f"x{n}", forward[n])]
    if not catalyst:
        carriers += [c for n in names if n != "0" for c in _carriers(f"x{n}", backward[n])]
    load: list[tuple[Species, float | None]] = [(c.species, None) for c in carriers if c.species.startswith("X")]
    again: list[tuple[Species, float | None]] = [(c.species, None) for c in carriers if c.species.startswith("U")]
    if bias == "trained":
        load.append(("X0p", one))
        again += [] if catalyst else [("U0p", one)]
    load += (
        [("Em", None), ("Ep", None)] + [(s, 1.0) for s in cf] + ([("HF", 1.0)] if bias == "fixed" and not cf else [])
    )
    paced = tuple(s for s, _ in again)
    again += [(s, 1.0) for s in cb]
    driven = [s for n in names for s, _ in forward[n].signed]
    fed = [s for n in names for s, _ in backward[n].signed]
    start, readings = _start(weights, names), _parameters(weights)
    if bias == "trained":
        start["P0p"] /= one
        readings = (*readings[:-1], Reading("P0", (("P0p", one), ("P0m", -one))))
    stop_forward = cf or [*driven, *(["HF"] if bias == "fixed" else [])]
    return LearningCircuit(
        name=f"linear-regression:variant=dual,inputs={inputs},bias={bias}" + (",clock=catalyst" if catalyst else ""),
        crn=CRN.build(page.reactions, start | ({"H": h} if bias == "fixed" else {})),
        inputs=tuple(carriers),
        targets=(Carrier("y", "Em", 1), Carrier("y", "Ep", -1)),
        outputs=(Reading("yhat", (("Ep", 1.0), ("Em", -1.0)), (("y", 1.0),)),),
        parameters=readings,
        phases=(
            Phase("forward", tuple(load), T, flush=tuple(dict.fromkeys([*driven, *fed, *cb, "Ep", "Em"]))),
            Phase("feedback", tuple(again), T, flush=tuple(stop_forward), step=paced),
        ),
        model=LinearModel(gain=T, constant=T * h if bias == "fixed" else 0.0, bias=bias == "trained"),
    )


@dataclass(frozen=True, slots=True)
class TubeRates:
    """Rate constants and durations of the tube, in formal units; the unit of time is the life of a forward input strand.

    Attributes
    ----------
    eta : float
        Rate constant of the update, per unit of XB.
    annihilation_error, annihilation_weights : float
        Rate constants of Ep + Em -> 0 and P1p + P1m -> 0.
    clear : float
        How often, on average, what is left of the error meets a strand XC that takes it away: exp(-clear) of it stays.
    forward, feedback, clearing : float
        Durations of the phases.
    """

    eta: float = 0.01
    annihilation_error: float = 1.0
    annihilation_weights: float = 1.0
    clear: float = 6.0
    forward: float = 8.0
    feedback: float = 5.0
    clearing: float = 4.0

    @property
    def gain(self) -> float:
        """What stands in E, at the end of the forward phase, of a prediction of 1."""
        return 1 - math.exp(-self.forward)


CENTRED = TubeRates(eta=0.06, clearing=5.0)
CENTRED_ONE = 3.0
"""Rates of the tube with `centre`, and what the feedback of its bias is then driven by: steps that data about 0 allow."""
CENTRED_SCHEDULE = Schedule("exponential", (("half", 1.25),))
"""Its step shrinks, so that what the last samples are pipetted wrong averages out."""

CLEAR_TIMER = 2.0
"""Rate constant of XC -> 0: twice that of the input strands, so that none is left when the next sample comes."""


def tube(
    inputs: int = 2,
    bias: str = "trained",
    rails: str = "single",
    rates: TubeRates = TubeRates(),
    *,
    centre: bool = False,
    one: float = 1.0,
) -> LearningCircuit:
    """Return the add-only linear regression: no flush, everything that must go away between samples decays or is cleared.

    A forward strand XF writes the error while it decays, so that its exposure is exactly x and the phase times itself; the
    target is added on Em; a second strand XB turns the error into updates while it decays; a third, XC, then clears the error.
    Until it comes nothing takes away from either side of the error but their annihilation, so that prediction and target are
    held against each other whatever the rate constants are: those that are off only make another step, or another unit for a
    weight. All values are signed by two rails that take part alike, so the annihilations only keep the totals small and may be
    slow, which is what sets the hours of the laboratory; the forward phase is long enough for them.

    The two signs of the error are turned into updates by reactions of their own, whose unequal rates pull a weight aside by the
    error that is left times the input. With `centre` the feedback is driven by inputs about their mean, which makes that pull
    small, and every input and target is dosed from the least one up, which makes the errors of pipetting small. Where every
    weight stands still the covariance of error and input is 0 and the error 0 on average, as for least squares: inputs that
    are taken as instruments, O. Reiersol, Arkiv for Matematik, Astronomi och Fysik 32A, 4 (1945).

    Parameters
    ----------
    inputs : int
    bias : {'none', 'fixed', 'trained'}
        A fixed bias adds `AUTHORS_BIAS`.
    rails : {'single', 'dual'}
        Whether inputs and targets may be negative. Parameters always may.
    rates : TubeRates
    centre : bool
        Whether the offsets of the carriers are to be taken from the data; see `crn.neural.dosing`.
    one : float
        The input of the feedback that trains the bias; larger, and it learns before the weights do.
    """
    page = Page()
    names = [f"{i + 1}" for i in range(inputs)] + (["0"] if bias == "trained" else [])

    def value(name: str, signed: bool) -> Rails:
        return Rails.dual(name) if signed and not name.endswith("0") else Rails(name)

    forward = {n: value(f"XF{n}", rails == "dual") for n in names}
    backward = {n: value(f"XB{n}", rails == "dual" or centre) for n in names}
    weights = [Rails.dual(f"P{n}") for n in names]
    for n, p in zip(names, weights, strict=True):
        page.product(f"forward/product[{n}]", p, forward[n], ERROR, 1.0)
    if bias == "fixed":
        page.write("forward/bias", ["HF"], ["Ep"], 1.0)
    for n in names:
        page.decay(f"forward/timer[{n}]", forward[n], 1.0)
    for n, p in zip(names, weights, strict=True):
        page.product(f"feedback/update[{n}]", ERROR, backward[n], p, rates.eta, sign=-1)
    for n in names:
        page.decay(f"feedback/timer[{n}]", backward[n], 1.0)
    page.annihilation("always/annihilation[error]", ERROR, rates.annihilation_error)
    for species in ("Ep", "Em"):
        page.write(f"clear/{species}", [species, "XC"], ["XC"], 1.0)
    page.write("clear/timer", ["XC"], [], CLEAR_TIMER)
    for n, p in zip(names, weights, strict=True):
        page.annihilation(f"always/annihilation[{n}]", p, rates.annihilation_weights)

    least = "least" if centre and rails == "single" else ""
    carriers = [c for n in names if n != "0" for c in _carriers(f"x{n}", forward[n], least)]
    carriers += [c for n in names if n != "0" for c in _carriers(f"x{n}", backward[n], "mean" if centre else "")]
    # Both rails of the error are there, so that a target may have either sign; without a need one will do.
    targets = _carriers("y", Rails("Em", "Ep") if rails == "dual" or centre else Rails("Em"), "least" if centre else "")
    load: list[tuple[Species, float | None]] = [(c.species, None) for c in carriers if c.species.startswith("XF")]
    load += [(c.species, None) for c in targets]
    load += [("XF0", 1.0)] if bias == "trained" else [("HF", AUTHORS_BIAS)] if bias == "fixed" else []
    again: list[tuple[Species, float | None]] = [(c.species, None) for c in carriers if c.species.startswith("XB")]
    again += [("XB0", one)] if bias == "trained" else []
    read = 1 / rates.gain
    return LearningCircuit(
        name=f"linear-regression:inputs={inputs},bias={bias},rails={rails},form=tube"
        + (",centre=yes" if centre else ""),
        crn=CRN.build(page.reactions, _start(weights, names)),
        inputs=tuple(carriers),
        targets=tuple(targets),
        outputs=(Reading("yhat", (("Ep", read), ("Em", -read)), (("y", read),)),),
        parameters=_parameters(weights),
        phases=(
            Phase("forward", tuple(load), rates.forward),
            Phase("feedback", tuple(again), rates.feedback, step=tuple(s for s, _ in again)),
            Phase("clear", (("XC", rates.clear * CLEAR_TIMER),), rates.clearing),
        ),
        model=LinearModel(constant=AUTHORS_BIAS if bias == "fixed" else 0.0, bias=bias == "trained"),
        schedule=CENTRED_SCHEDULE if centre else CONSTANT,
    )


def _start(weights: list[Rails], names: list[str]) -> dict[Species, float]:
    given = dict(zip(("1", "2", "0"), (*AUTHORS_START, AUTHORS_BIAS), strict=True))
    return {p.plus: given.get(n, START) for n, p in zip(names, weights, strict=True)}


def _parameters(weights: list[Rails]) -> tuple[Reading, ...]:
    return tuple(Reading(p.plus[:-1], ((p.plus, 1.0), (p.rail(-1), -1.0))) for p in weights)


def _carriers(port: str, value: Rails, about: str = "") -> list[Carrier]:
    return [Carrier(port, species, sign, about=about) for species, sign in value.signed]

"""The add-only form for the first-order gradient: everything turns into what comes next, so that nothing needs to be removed.

This project's own form of the two-phase circuits of arXiv 2409.00034. An input strand drives the state as it fades, and what it
fades into is its copy U for the feedback; products of inputs leave copies B in the same way. One strand, which fades by itself,
hands the state over to the error as the target is added, and then the error and the copies fade. A sample takes two additions;
`crn.neural.forms.tube` serves every other gradient and takes three.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from crn.diagnostics import CircuitError
from crn.network import CRN, Species
from crn.neural.circuit import Carrier, LearningCircuit, Phase, Reading
from crn.neural.forms.two_phase import Build, Rates
from crn.neural.neural_ode import Input, NeuralODE, OdeModel, State
from crn.neural.parts import Rails
from crn.neural.polynomial import value

FADING = 1.0
"""Rate at which inputs fade: it sets the unit of time."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Lives and durations of a self-timed tube; the unit of time is the life of an input strand.

    Attributes
    ----------
    error, copies : float
        Rates at which the error and the copies of inputs and products fade.
    switch : float
        Rate at which the strand fades that hands the state over, and the one that ends a batch.
    dose : float
        How much of those strands is added: more of it allows for a smaller rate constant.
    forward, feedback, batch : float
        Durations of the two phases, and of what ends a batch.
    """

    error: float = 1.0
    copies: float = 0.3
    switch: float = 2.0
    dose: float = 4.0
    forward: float = 6.0
    feedback: float = 9.0
    batch: float = 5.0

    def lateness(self, transfer: float) -> float:
        """Return what is left of the copies, on average, as outputs become errors, which takes them a short time.

        They come at a time t with density a exp(-s t) exp(-(a / s) (1 - exp(-s t))), where a is how fast the strand begins to hand
        over and s how fast it fades; by then exp(-k t) of the copies is left. Targets are added at once, and so that much weaker.
        """
        first, p = self.dose * transfer / self.switch, self.copies / self.switch
        v = (np.arange(2000) + 0.5) / 2000
        return float(np.mean(first * np.exp(-first * v) * (1 - v) ** p))


def serves(ode: NeuralODE, gradient: str) -> bool:
    """Whether a page can be self-timed: what the gradient reads are inputs, and components that fade by themselves."""
    return (
        gradient == "first-order"
        and not ode.trained_readout
        and all(_life(s) for s in ode.state if s.value in ode.states_fed_back(gradient))
    )


def self_timed(
    ode: NeuralODE, *, rates: Rates, timing: Timing = Timing(), batch: bool = False, name: str = ""
) -> LearningCircuit:
    """Return the self-timed tube of a page, with the first-order gradient.

    Parameters
    ----------
    ode : NeuralODE
        Its read-out is fixed; components that the gradient reads contain their own decay.
    rates : Rates
        `transfer` is that of the strand that hands over.
    timing : Timing
    batch : bool
        Whether gradients are gathered over a batch.
    name : str
    """
    if not serves(ode, "first-order"):
        raise CircuitError(f"{ode.name} has components that the gradient reads and that do not fade")
    build = Build(ode)
    page, rails = build.page, build.rails
    fed = {v for g in ode.gradient([value("E")] * len(ode.state)).values() for v in g.values}
    copies = build.copies("U", [i.value for i in ode.inputs if i.value in fed])
    copies |= build.copies("B", [s.value for s in ode.state if s.value in fed])
    summed = _forward(build, copies)
    for given in ode.inputs:
        _fade(build, f"forward/timer[{given.value}]", given.value, copies, FADING)
    _hand_over(build, summed, rates)

    for p, gradient in ode.gradient(ode.seeds).items():
        into = rails[build.duals("G", [p])[0].values[0]] if batch else rails[p]
        page.flow(f"feedback/update[{p}]", [(into, 1)], -rates.eta * gradient.renamed(copies), rails)
        if batch:
            build.move(f"batch/update[{p}]", into, [rails[p]], "CU", rates.transfer)
    for copy in copies.values():
        _fade(build, f"feedback/timer[{copy}]", copy, {}, timing.copies)
    for error in ode.errors:
        page.decay(f"feedback/timer[{error}]", rails[error], timing.error)
    for clock in ("CB", *(["CU"] if batch else [])):
        page.write(f"always/timer[{clock}]", [clock], [], timing.switch)

    for z in dict.fromkeys([*summed, *(s.value for s in ode.state if _bends(s))]):
        page.annihilation(f"always/annihilation[{z}]", rails[z], rates.annihilation)
    if rates.error_annihilation:
        for error in ode.errors:
            page.annihilation(f"always/annihilation[{error}]", rails[error], rates.annihilation)
    for p, _ in ode.parameters:
        page.annihilation(f"always/annihilation[{p}]", rails[p], rates.annihilation_weights)
    return _circuit(build, summed, timing, rates, batch, name)


def _life(state: State) -> float:
    """Return the rate at which a component fades by itself, or 0."""
    return -dict(state.rate.terms).get(value(state.value).terms[0][0], 0.0)


def _bends(state: State) -> bool:
    """Whether the equation of a component depends on it otherwise than by its decay, so that its rails have to be kept apart."""
    return any(n == state.value and (p, m) != (1, 0) for monomial, _ in state.rate.terms for n, p, m in monomial)


def _forward(build: Build, copies: dict[str, str]) -> dict[str, list[tuple[str, int]]]:
    """Write the state equation; return what is handed over to the error, with the outputs that it counts for.

    Components that nothing reads are summed up at once, in one value D for each output.
    """
    ode, page, rails = build.ode, build.page, build.rails
    read = {*copies, *(v for s in ode.state for v in s.rate.values)}
    summed: dict[str, list[tuple[str, int]]] = {}
    for state in ode.state:
        counts = [
            (error, int(w))
            for output, error in zip(ode.outputs, ode.errors, strict=True)
            for z, w in output.weights
            if z == state.value
        ]
        rate, into = state.rate, [(rails[state.value], 1)]
        if state.value in copies:
            rate += _life(state) * value(state.value)
        if state.value in read or not rate.terms:
            if counts:
                summed[state.value] = counts
        else:
            into = []
            for error, w in counts:
                total = f"D{error[1:]}"
                rails.setdefault(total, Rails.dual(total))
                summed[total] = [(error, 1)]
                into.append((rails[total], w))
        page.flow(f"forward/state[{state.value}]", into, rate, rails)
        if state.value in copies:
            _fade(build, f"forward/timer[{state.value}]", state.value, copies, _life(state))
    return summed


def _fade(build: Build, path: str, name: str, copies: dict[str, str], rate: float) -> None:
    """Let a value fade, into its copy where it has one."""
    for species, sign in build.rails[name].signed:
        if species in build.species(name):
            into = [build.rails[copies[name]].rail(sign)] if name in copies else []
            build.page.write(path, [species], into, rate)


def _hand_over(build: Build, summed: dict[str, list[tuple[str, int]]], rates: Rates) -> None:
    """Let the strand CB turn outputs into errors, and remove what else is left of the state."""
    ode, page, rails = build.ode, build.page, build.rails
    for z, counts in summed.items():
        for species, sign in rails[z].signed:
            made = [rails[error].rail(sign * w) for error, w in counts]
            page.write(f"feedback/error[{z}]", [species, "CB"], ["CB", *made], rates.transfer)
    for state in ode.state:
        if state.value not in summed and not _life(state):
            for species in build.species(state.value):
                page.write(f"feedback/clear[{state.value}]", [species, "CB"], ["CB"], rates.transfer)


def _circuit(
    build: Build, summed: dict[str, list[tuple[str, int]]], timing: Timing, rates: Rates, batch: bool, name: str
) -> LearningCircuit:
    ode, rails = build.ode, build.rails
    carriers = [c for i in ode.inputs for c in build.carriers(i, i.value)]
    load = [d for i in ode.inputs for d in build.dose(i, i.value)]
    given = {i.value: i for i in ode.inputs}
    for state in ode.state:
        for x, c in state.start:
            for into, w in _begin(build, state, summed):
                _dose(given[x], into, c * w, carriers, load)
    targets, scale = [], timing.lateness(rates.transfer)
    for output, error in zip(ode.outputs, ode.errors, strict=True):
        targets.append(Carrier(output.target, rails[error].rail(-1), 1, scale))
        if output.signed:
            targets.append(Carrier(output.target, rails[error].rail(1), -1, scale))
    doses = [(c.species, None) for c in carriers if (c.species, None) not in load]
    single = len(ode.outputs) == 1
    readings = []
    for number, error in enumerate(ode.errors, 1):
        terms = [
            (species, float(sign * w))
            for z, counts in summed.items()
            for e, w in counts
            if e == error
            for species, sign in rails[z].signed
        ]
        readings.append(Reading("yhat" if single else f"yhat{number}", tuple(terms)))
    return LearningCircuit(
        name=name or ode.name,
        crn=CRN.build(build.page.reactions, ode.initial),
        inputs=tuple(dict.fromkeys(carriers)),
        targets=tuple(targets),
        outputs=tuple(readings),
        parameters=ode.readings(),
        phases=(
            Phase("forward", tuple(dict.fromkeys([*load, *doses])), timing.forward),
            Phase("feedback", (*((t.species, None) for t in targets), ("CB", timing.dose)), timing.feedback),
        ),
        model=OdeModel(dataclasses.replace(ode, duration=timing.forward), fading=FADING),
        batch_end=(Phase("update", (("CU", timing.dose),), timing.batch),) if batch else (),
    )


def _begin(build: Build, state: State, summed: dict[str, list[tuple[str, int]]]) -> list[tuple[Rails, int]]:
    """Return where a component begins: in its own value, or in the sums that it counts for."""
    if build.species(state.value):
        return [(build.rails[state.value], 1)]
    return [
        (build.rails[f"D{error[1:]}"], int(w))
        for output, error in zip(build.ode.outputs, build.ode.errors, strict=True)
        for z, w in output.weights
        if z == state.value and f"D{error[1:]}" in summed
    ]


def _dose(
    given: Input, into: Rails, factor: float, carriers: list[Carrier], load: list[tuple[Species, float | None]]
) -> None:
    """Add an input, times a factor, to what is dosed."""
    if given.port is None:
        load.append((into.rail(1 if factor * given.amount > 0 else -1), abs(factor * given.amount)))
        return
    for sign in (1, -1) if given.signed else (1,):
        species = into.rail(sign if factor > 0 else -sign)
        carriers.append(Carrier(given.port, species, sign, abs(factor) * given.amount, given.offset))

"""The staged form: the procedure as its authors simulate it, with an ideal operator between the stages.

R. T. Nagipogu and J. H. Reif, "Neural CRNs", arXiv 2409.00034, and the accompanying NeuralCRNGen repository: forward, read-out to a
steady state, error, adjoint to a steady state, feedback with the state running back, update. Use it for comparison with published
figures; `crn.neural.forms.two_phase` does the same with fewer reactions. One clock species for each stage takes part in its
reactions, which is not counted in published sizes and orders.
"""

from __future__ import annotations

from crn.diagnostics import CircuitError
from crn.network import CRN, Species
from crn.neural.circuit import Carrier, LearningCircuit, Phase, Reading
from crn.neural.forms.two_phase import Build, Rates
from crn.neural.neural_ode import NeuralODE
from crn.neural.parts import Rails
from crn.neural.polynomial import Polynomial, value

READOUT, ERROR, ADJOINT, UPDATE = 40.0, 1.0, 40.0, 100.0
"""How long the stages last, in formal time; those apart that run for the duration of the state equation."""

ERROR_RATE = 10.0
"""Rate constant at which output and target become the error."""

CLOCKS = ("CF", "CR", "CE", "CA", "CB", "CU")
"""One catalyst for each stage."""


def staged(
    ode: NeuralODE,
    *,
    gradient: str = "full",
    rates: Rates = Rates(annihilation=100.0, annihilation_weights=100.0),
    adjoint_annihilation: bool = False,
    name: str = "",
) -> LearningCircuit:
    """Return the circuit with the authors' stages.

    Parameters
    ----------
    ode : NeuralODE
    gradient : {'full', 'frozen', 'first-order'}
        As in `two_phase`.
    rates : Rates
        Gradients are turned into steps by two competing reactions, G -> P [eta] and G -> 0 [1 - eta]; the authors' "learning rate"
        r is eta = r / (1 + r).
    adjoint_annihilation : bool
        Whether the rails of the adjoint annihilate, as in the authors' classifiers.
    name : str
    """
    if not max(rates.eta, rates.eta_readout) < 1:
        raise CircuitError("the staged form splits every gradient between the step and a loss; its eta is below 1")
    build = Build(ode)
    page, rails = build.page, build.rails
    for state in ode.state:
        page.flow(f"forward/state[{state.value}]", [(rails[state.value], 1)], state.rate, rails, clock=["CF"])
    for z in _relaxing(build):
        page.annihilation(f"forward/annihilation[{z}]", rails[z], rates.annihilation)

    weights = _readout(build)
    _errors(build, rates)
    components = ode.adjoint_components(gradient)
    a = [value(f"A{z[1:]}") for z in ode.states]
    build.duals("A", (z[1:] for z in components))
    adjoints = {
        f"A{z[1:]}": seed if ode.trained_readout else _weighted(ode, weights, z)
        for z, seed in zip(ode.states, ode.seeds, strict=True)
        if z in components
    }
    for name_a, seed in adjoints.items():
        page.flow(f"adjoint/seed[{name_a}]", [(rails[name_a], 1)], seed, rails, clock=["CA"])
    for name_a in adjoints:
        for species, _ in rails[name_a].signed:
            page.write(f"adjoint/decay[{name_a}]", [species, "CA"], ["CA"], 1.0)

    if gradient == "full":
        for state in ode.state:
            if state.value in ode.states_fed_back(gradient):
                into = [(rails[state.value], 1)]
                page.flow(f"feedback/back[{state.value}]", into, -state.rate, rails, clock=["CB"])
    if gradient != "first-order":
        for a_i, change in zip(a, ode.adjoint(a), strict=True):
            if a_i.values[0] in adjoints:
                path, into = f"feedback/adjoint[{a_i}]", [(rails[a_i.values[0]], 1)]
                page.flow(path, into, change, rails, clock=["CB"], consume=gradient == "frozen")
    if adjoint_annihilation:
        for name_a in adjoints:
            page.annihilation(f"feedback/annihilation[{name_a}]", rails[name_a], rates.annihilation)
    _update(build, a, rates)
    for p, _ in ode.parameters:
        page.annihilation(f"always/annihilation[{p}]", rails[p], rates.annihilation_weights)
    return _circuit(build, weights, rates, name)


def _relaxing(build: Build) -> list[str]:
    """Return the signed states that their own equation refers to: their rails have to be kept apart."""
    return [s.value for s in build.ode.state if s.signed and s.value in s.rate.values]


def _readout(build: Build) -> dict[tuple[str, str], str]:
    """Write O = w z as a steady state; return the value of every fixed weight."""
    ode, page, rails = build.ode, build.page, build.rails
    single = len(ode.outputs) == 1
    weights: dict[tuple[str, str], str] = {}
    for number, output in enumerate(ode.outputs, 1):
        o = "O" if single else f"O{number}"
        rails[o] = Rails.dual(o)
        for z, w in output.weights:
            if isinstance(w, str):
                weight = w
            else:
                weight = weights[output.target, z] = f"W{z[1:]}" if single else f"W{number}_{z[1:]}"
                rails[weight] = Rails.dual(weight)
            page.flow(f"readout/{output.target}[{z}]", [(rails[o], 1)], value(z) * value(weight), rails, clock=["CR"])
        for species, _ in rails[o].signed:
            page.write(f"readout/decay[{o}]", [species, "CR"], ["CR"], 1.0)
    return weights


def _errors(build: Build, rates: Rates) -> None:
    """Write e = O - y."""
    ode, page, rails = build.ode, build.page, build.rails
    for number, (output, error) in enumerate(zip(ode.outputs, ode.errors, strict=True), 1):
        o, y = ("O", "Y") if len(ode.outputs) == 1 else (f"O{number}", f"Y{number}")
        rails[y] = Rails.dual(y) if output.signed else Rails(y)
        for source, sign in ((rails[o], 1), (rails[y], -1)):
            for species, rail in source.signed:
                page.write(
                    f"error/{output.target}", [species, "CE"], ["CE", rails[error].rail(rail * sign)], ERROR_RATE
                )
        if rates.error_annihilation:
            page.annihilation(f"error/annihilation[{error}]", rails[error], rates.annihilation)


def _weighted(ode: NeuralODE, weights: dict[tuple[str, str], str], z: str) -> Polynomial:
    """Return sum_q w_qi e_q with the weights as values."""
    return sum(
        (
            value(error) * value(weights[output.target, z])
            for output, error in zip(ode.outputs, ode.errors, strict=True)
            if (output.target, z) in weights
        ),
        Polynomial(),
    )


def _update(build: Build, a: list[Polynomial], rates: Rates) -> None:
    """Gather the gradients in G, then turn them into steps."""
    ode, page, rails = build.ode, build.page, build.rails
    stages = {p: ("feedback", "CB", g, rates.eta) for p, g in ode.gradient(a).items()}
    for output, error in zip(ode.outputs, ode.errors, strict=True):
        for z, w in output.weights:
            if isinstance(w, str):
                stages[w] = ("adjoint", "CA", value(error) * value(z), rates.eta_readout)
    for p, (stage, clock, gradient, eta) in stages.items():
        g = rails[build.duals("G", [p.removeprefix("P")])[0].values[0]]
        page.flow(f"{stage}/gradient[{p}]", [(g, 1)], gradient, rails, clock=[clock])
        for species, sign in g.signed:
            if clock == "CA":
                page.write(f"{stage}/decay[{p}]", [species, clock], [clock], 1.0)
            page.write(f"update/step[{p}]", [species, "CU"], ["CU", rails[p].rail(-sign)], eta)
            page.write(f"update/decay[{p}]", [species, "CU"], ["CU"], 1 - eta)


def _circuit(build: Build, weights: dict[tuple[str, str], str], rates: Rates, name: str) -> LearningCircuit:
    ode, page, rails = build.ode, build.page, build.rails
    known = {s for r in page.reactions for b in (r.reactants, r.products) for s in b.support}
    initial = dict(ode.initial)
    fixed = {(output.target, z): w for output in ode.outputs for z, w in output.weights}
    for key, w in weights.items():
        initial[rails[w].rail(1 if int(fixed[key]) > 0 else -1)] = 1.0
    kept = {s for p, _ in ode.parameters for s, _ in rails[p].signed}
    kept |= {s for w in weights.values() for s, _ in rails[w].signed}
    inputs = [c for i in ode.inputs for c in build.carriers(i, i.value)]
    load = [d for i in ode.inputs for d in build.dose(i, i.value)]
    given = {i.value: i for i in ode.inputs}
    for state in ode.state:
        for x, c in state.start:
            source, into = given[x], rails[state.value]
            if source.port is None:
                load.append((into.rail(1 if c * source.amount > 0 else -1), abs(c * source.amount)))
                continue
            signs, factor = (1, -1) if source.signed else (1,), abs(c) * source.amount
            inputs += [Carrier(source.port, into.rail(s if c > 0 else -s), s, factor, source.offset) for s in signs]
    targets = []
    for number, output in enumerate(ode.outputs, 1):
        y = rails["Y" if len(ode.outputs) == 1 else f"Y{number}"]
        targets += [Carrier(output.target, species, sign) for species, sign in y.signed]
    carried: list[tuple[Species, float | None]] = [
        (s, None) for s in dict.fromkeys(c.species for c in inputs + targets)
    ]
    doses = tuple(dict.fromkeys([*carried, *load]))
    waits = (ode.duration, READOUT, ERROR, ADJOINT, rates.feedback or ode.duration, UPDATE)
    names = ("forward", "readout", "error", "adjoint", "feedback", "update")
    phases = []
    for number, (stage, clock, wait) in enumerate(zip(names, CLOCKS, waits, strict=True)):
        gone = tuple(sorted(known - kept)) if number == 0 else (CLOCKS[number - 1],)
        phases.append(Phase(stage, ((clock, 1.0), *(doses if number == 0 else ())), wait, flush=gone))
    single = len(ode.outputs) == 1
    readings = tuple(
        Reading(f"yhat{'' if single else n}", ((f"O{'' if single else n}p", 1.0), (f"O{'' if single else n}m", -1.0)))
        for n in range(1, len(ode.outputs) + 1)
    )
    if any(c.species not in known for c in inputs):
        raise CircuitError(f"{ode.name}: an input takes part in no reaction")
    return LearningCircuit(
        name=name or ode.name,
        crn=CRN.build(page.reactions, initial),
        inputs=tuple(dict.fromkeys(inputs)),
        targets=tuple(targets),
        outputs=readings,
        parameters=ode.readings(),
        phases=tuple(phases),
        model=ode.model,
        read_after=1,
    )

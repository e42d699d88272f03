"""The two-phase form: forward with the inputs, then feedback with the error, and nothing in between.

R. T. Nagipogu and J. H. Reif, "Neural CRNs", arXiv 2409.00034, made compact: with a fixed read-out every forward reaction writes
the error as it changes the state, so that there are no stages for read-out, error and update. Species are removed between the
phases by an ideal operator; `crn.neural.forms.tube` does without.

The clock is one of two. With ``additions`` the phases are told apart by what is added: X drives the state forward and is gone when
its copy U drives the feedback, and what is to run back is handed over to a copy B of the state, so that no reaction needs a
clock and the order stays that of the mathematics. With ``catalyst`` CF and CB take part in every reaction of their phase, which
saves the copies and costs one order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from crn.diagnostics import CircuitError
from crn.network import CRN, Species
from crn.neural.circuit import Carrier, LearningCircuit, Phase, Reading
from crn.neural.neural_ode import Input, NeuralODE
from crn.neural.parts import Page, Rails
from crn.neural.polynomial import Polynomial, value

GRADIENTS = ("full", "frozen", "first-order")
"""How the error is fed back: with the state running back as the adjoint asks; with the state held at z(T); without any adjoint
dynamics, as if the state did not act on itself."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Rate constants of the chemistry around the mathematics, in formal units.

    Attributes
    ----------
    eta : float
        Step of the parameters per unit gradient.
    eta_readout : float
        The same for the weights of a trained read-out.
    annihilation : float
        Of the two rails of states, errors and adjoints.
    annihilation_weights : float
        Of the two rails of parameters.
    transfer : float
        At which one species is handed over to another between the phases.
    feedback : float or None
        Duration of the feedback; by default that of the forward phase and the time of handing over.
    error_annihilation : bool
        Whether the rails of the error annihilate.
    """

    eta: float = 0.1
    eta_readout: float = 0.1
    annihilation: float = 1000.0
    annihilation_weights: float = 1000.0
    transfer: float = 1000.0
    feedback: float | None = None
    error_annihilation: bool = True


@dataclass(slots=True)
class Build:
    """A circuit on the way: the page of reactions and the species of every value."""

    ode: NeuralODE
    page: Page = field(default_factory=Page)
    rails: dict[str, Rails] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rails = self.ode.rails()

    def species(self, *values: str) -> list[Species]:
        """Return the species of some values, those apart that no reaction has."""
        known = {s for r in self.page.reactions for b in (r.reactants, r.products) for s in b.support}
        return [s for v in values for s, _ in self.rails[v].signed if s in known]

    def copies(self, stem: str, originals: Iterable[str]) -> dict[str, str]:
        """Add a value with the same rails for each original; return the names of the copies by original."""
        names = {o: f"{stem}{o[1:]}" for o in originals}
        for old, new in names.items():
            kept = self.rails[old]
            self.rails[new] = Rails(new) if kept.minus is None else Rails.dual(new)
        return names

    def duals(self, stem: str, numbers: Iterable[str]) -> list[Polynomial]:
        """Add signed values with a stem and return them."""
        names = [f"{stem}{n}" for n in numbers]
        self.rails.update({n: Rails.dual(n) for n in names})
        return [value(n) for n in names]

    def move(self, path: str, source: Rails, into: Sequence[Rails], clock: Species, rate: float) -> None:
        """Hand a value over to others, rail by rail, as long as the clock species is there; into nothing: remove it."""
        for species, sign in source.signed:
            self.page.write(path, [species, clock], [clock, *(v.rail(sign) for v in into)], rate)

    def dose(self, given: Input, stem: str) -> list[tuple[Species, float | None]]:
        """Return what to add of an input or of its copy, in the terms of `Phase.add`."""
        if given.port is None:
            return [(s, given.amount) for s in self.species(stem)[:1]]
        return [(s, None) for s in self.species(stem)]

    def carriers(self, given: Input, stem: str) -> list[Carrier]:
        """Return the carriers of a port on a value."""
        if given.port is None:
            return []
        known = self.species(stem)
        return [
            Carrier(given.port, s, sign, given.amount, given.offset)
            for s, sign in self.rails[stem].signed
            if s in known
        ]


def error_loads(build: Build) -> tuple[list[Carrier], list[tuple[Species, float | None]]]:
    """Return how state and error start: carriers for ports, and fixed amounts for constants.

    z(0) is the given combination of the inputs. With a fixed read-out the error begins as ``sum_i w_i z_i(0) - y``, with a trained
    one as ``-y``.
    """
    ode, carriers, fixed = build.ode, [], list[tuple[Species, float | None]]()
    inputs = {i.value: i for i in ode.inputs}

    def start(into: Rails, given: Input, factor: float) -> None:
        if given.port is None:
            fixed.append((into.rail(1 if factor * given.amount > 0 else -1), abs(factor * given.amount)))
            return
        for sign in (1, -1) if given.signed else (1,):
            species = into.rail(sign if factor > 0 else -sign)
            carriers.append(Carrier(given.port, species, sign, abs(factor) * given.amount, given.offset))

    for state in ode.state:
        for x, c in state.start:
            start(build.rails[state.value], inputs[x], c)
    for output, error in zip(ode.outputs, ode.errors, strict=True):
        for z, w in output.weights:
            if not isinstance(w, str):
                for x, c in next(s for s in ode.state if s.value == z).start:
                    start(build.rails[error], inputs[x], c * w)
    known = {s for r in build.page.reactions for b in (r.reactants, r.products) for s in b.support}
    return [c for c in carriers if c.species in known], [(s, a) for s, a in fixed if s in known]


def target_carriers(build: Build, scale: float = 1.0) -> list[Carrier]:
    """Return the carriers of the targets: they are taken off the error."""
    found = []
    for output, error in zip(build.ode.outputs, build.ode.errors, strict=True):
        rails = build.rails[error]
        found.append(Carrier(output.target, rails.rail(-1), 1, scale))
        if output.signed:
            found.append(Carrier(output.target, rails.rail(1), -1, scale))
    return found


def forward(build: Build, held: Iterable[str], clock: Sequence[Species] = ()) -> None:
    """Write the state equation; with a fixed read-out its reactions write the error as well."""
    ode, page = build.ode, build.page
    read = {*held, *(v for s in ode.state for v in s.rate.values)}
    for state in ode.state:
        also = [
            (build.rails[error], w)
            for output, error in zip(ode.outputs, ode.errors, strict=True)
            for z, w in output.weights
            if z == state.value and not isinstance(w, str)
        ]
        # Where nothing reads a component, the error is all that its reactions have to write.
        into = [*([(build.rails[state.value], 1)] if state.value in read else []), *also]
        page.flow(f"forward/state[{state.value}]", into, state.rate, build.rails, clock=clock)


def two_phase(
    ode: NeuralODE,
    *,
    gradient: str = "full",
    clock: str = "additions",
    rates: Rates = Rates(),
    batch: bool = False,
    leak: float = 0.0,
    name: str = "",
) -> LearningCircuit:
    """Return the two-phase circuit of a page.

    Parameters
    ----------
    ode : NeuralODE
    gradient : {'full', 'frozen', 'first-order'}
    clock : {'additions', 'catalyst'}
    rates : Rates
    batch : bool
        Whether gradients are gathered over a batch of samples and applied together at its end.
    leak : float
        Amount of the clock species of the phase that is off, where 1 is on; ``catalyst`` only.
    name : str
    """
    if gradient not in GRADIENTS:
        raise CircuitError(f"gradient is one of {', '.join(GRADIENTS)}, not {gradient!r}")
    if ode.trained_readout and (gradient == "full" or clock == "catalyst"):
        raise CircuitError(
            f"{ode.name} trains its read-out: it takes clock=additions and gradient=frozen or first-order"
        )
    build, catalyst = Build(ode), clock == "catalyst"
    page, rails = build.page, build.rails
    gate_forward, gate_back = (["CF"], ["CB"]) if catalyst else ([], [])
    inputs = [i.value for i in ode.inputs]
    back = {i: i for i in inputs} if catalyst else build.copies("U", inputs)
    fed_back, components = ode.states_fed_back(gradient), ode.adjoint_components(gradient)
    held = {z: z for z in fed_back}
    forward(build, fed_back, gate_forward)

    # Between the phases: what the feedback needs is handed over, with the read-out on the way where it is trained.
    if not catalyst:
        held = build.copies("B", fed_back)
        reading = "CR" if ode.trained_readout else "CB"
        for z, b in held.items():
            copies = [rails[b]]
            if ode.trained_readout:
                copies.append(rails[build.copies("R", [z])[z]])
            build.move(f"feedback/state[{z}]", rails[z], copies, reading, rates.transfer)
    names = held | back
    if ode.trained_readout:
        names |= readout(build, rates)

    # The error itself is the adjoint where that neither changes nor is weighed.
    carried = gradient != "first-order" or ode.trained_readout
    adjoints = dict(zip(ode.states, ode.seeds, strict=True))
    if carried:
        adjoints |= zip(components, build.duals("A", (z[1:] for z in components)), strict=True)
        start_adjoint(build, adjoints, components, names, rates)
    a = [adjoints[z] for z in ode.states]
    if gradient == "full":
        for state in ode.state:
            if state.value in held:
                into, reverse = [(rails[held[state.value]], 1)], -state.rate.renamed(names)
                page.flow(f"feedback/back[{state.value}]", into, reverse, rails, clock=gate_back)
    if gradient != "first-order":
        for z, change in zip(ode.states, ode.adjoint(a), strict=True):
            if z in components:
                into = [(rails[f"A{z[1:]}"], 1)]
                page.flow(f"feedback/adjoint[A{z[1:]}]", into, change.renamed(names), rails, clock=gate_back)
    write_update(build, a, names, rates, clock=gate_back, batch=batch)
    write_annihilations(build, rates, [f"A{z[1:]}" for z in components] if carried else [], held)

    starts, fixed = error_loads(build)
    targets = target_carriers(build)
    given = [c for i in ode.inputs for c in build.carriers(i, i.value)] + starts
    again = [] if catalyst else [c for i in ode.inputs for c in build.carriers(i, back[i.value])]
    load = [d for i in ode.inputs for d in build.dose(i, i.value)] + fixed
    load += [(s, None) for s in dict.fromkeys(c.species for c in starts + targets)]
    second = [] if catalyst else [d for i in ode.inputs for d in build.dose(i, back[i.value])]
    clocks = [s for s in ("CF", "CB", "CR") if any(s in r.reactants for r in page.reactions)]
    known = {s for r in page.reactions for b in (r.reactants, r.products) for s in b.support}
    stays = {s for p, _ in ode.parameters for s, _ in rails[p].signed} | {
        s for v in rails if v.startswith("G") for s, _ in rails[v].signed
    }
    transient = tuple(sorted(known - stays))
    driven = tuple(s for i in inputs for s in build.species(i))
    # Nothing keeps the forward reactions of a component from running on that is not handed over, so it is removed.
    idle = tuple(s for z in ode.states if z not in held for s in build.species(z))
    on: list[tuple[Species, float | None]] = [(s, 1.0) for s in clocks if s == "CF"]
    leaking: list[tuple[Species, float | None]] = [("CB", leak)] if leak and catalyst else []
    phases = [Phase("forward", (*load, *on, *leaking), ode.duration, flush=transient)]
    back_time = rates.feedback or ode.duration + (1 / rates.transfer if "CB" in clocks else 0.0)
    if ode.trained_readout:
        phases.append(Phase("readout", (("CR", 1.0),), READOUT_TIME, flush=driven))
    off = ("CF",) if catalyst else () if ode.trained_readout else (*driven, *idle)
    switch: list[tuple[Species, float | None]] = [("CB", 1.0)] if "CB" in clocks else []
    leaking = [("CF", leak)] if leak and catalyst else []
    # Copies of components are made by the forward phase, so that nothing that is added sets the step.
    steps = tuple(s for s, _ in second) if gradient == "first-order" and not fed_back else ()
    phases.append(Phase("feedback", (*second, *switch, *leaking), back_time, flush=off, step=steps))
    return LearningCircuit(
        name=name or ode.name,
        crn=CRN.build(page.reactions, ode.initial),
        inputs=tuple(dict.fromkeys((*given, *again))),
        targets=tuple(targets),
        outputs=outputs(build, components if catalyst and carried else ()),
        parameters=ode.readings(),
        phases=tuple(phases),
        model=ode.model,
        read_after=1 if ode.trained_readout else 0,
        batch_end=(Phase("update", (("CU", 1.0),), APPLIED / rates.transfer, flush=transient),) if batch else (),
    )


APPLIED = 20.0
"""Lives of a gathered gradient that its being applied lasts."""

READOUT_TIME = 8.0
"""Lives of the read-out copies that the read-out phase lasts: less than 4e-4 of them is left."""


def readout(build: Build, rates: Rates) -> dict[str, str]:
    """Write the trained read-out: each copy R of a state lives for a time of 1, and writes w R into the error meanwhile.

    Its exposure is the state itself, int R dt = z(T), so that no clock has to end the read-out. For the feedback the error is
    handed over to a copy D; the names of the copies are returned.
    """
    ode, page, rails = build.ode, build.page, build.rails
    for output, error in zip(ode.outputs, ode.errors, strict=True):
        for z, w in output.weights:
            term = value(str(w)) * value(f"R{z[1:]}")
            page.flow(f"readout/{output.target}", [(rails[error], 1)], term, rails)
    for z in ode.states:
        page.decay(f"readout/timer[{z}]", rails[f"R{z[1:]}"], 1.0)
    copies = build.copies("D", ode.errors)
    for error, copy in copies.items():
        build.move(f"feedback/error[{error}]", rails[error], [rails[copy]], "CB", rates.transfer)
    return copies


def start_adjoint(
    build: Build,
    adjoints: Mapping[str, Polynomial],
    components: Sequence[str],
    names: Mapping[str, str],
    rates: Rates,
) -> None:
    """Let the adjoint begin as the gradient of the loss at z(T).

    With a fixed read-out the error is handed over, each molecule of it to every component that it weighs. With a trained one it
    stays, and writes w e into the adjoint all the time, which for a constant adjoint is the same but for a factor.
    """
    ode, page, rails = build.ode, build.page, build.rails
    if ode.trained_readout:
        for z, seed in zip(ode.states, ode.seeds, strict=True):
            if z in components:
                a = f"A{z[1:]}"
                page.flow(f"feedback/adjoint[{a}]", [(rails[a], 1)], seed.renamed(names), rails)
        return
    for output, error in zip(ode.outputs, ode.errors, strict=True):
        weight = {z: int(w) for z, w in output.weights}
        into = [(rails[adjoints[z].values[0]], weight[z]) for z in components if z in weight]
        for species, sign in rails[error].signed:
            made = [v.rail(sign * w) for v, w in into]
            page.write(f"feedback/adjoint[{error}]", [species, "CB"], ["CB", *made], rates.transfer)


def write_update(
    build: Build,
    a: Sequence[Polynomial],
    names: dict[str, str],
    rates: Rates,
    *,
    clock: Sequence[Species] = (),
    batch: bool = False,
) -> None:
    """Write dP/ds = -eta a df/dP for the state equation, and dw/ds = -eta e z for a trained read-out."""
    ode, page, rails = build.ode, build.page, build.rails
    steps = {p: -rates.eta * g.renamed(names) for p, g in ode.gradient(a).items()}
    for output, error in zip(ode.outputs, ode.errors, strict=True):
        for z, w in output.weights:
            if isinstance(w, str):
                steps[w] = -rates.eta_readout * value(names[error]) * value(names[z])
    for p, step in steps.items():
        into = rails[p]
        if batch:
            into = rails[build.duals("G", [p])[0].values[0]]
        page.flow(f"feedback/update[{p}]", [(into, 1)], step, rails, clock=clock)
        if batch:
            build.move(f"batch/update[{p}]", into, [rails[p]], "CU", rates.transfer)


def write_annihilations(build: Build, rates: Rates, adjoints: Sequence[str], held: dict[str, str]) -> None:
    """Keep one rail of every signed value empty."""
    ode, page, rails = build.ode, build.page, build.rails
    used = set(build.species(*rails))
    mixed = [z for z in ode.states if z not in ode.one_sided]
    names = [*mixed, *(b for z, b in held.items() if b != z and z in mixed), *(n for n in rails if n.startswith("R"))]
    for name in dict.fromkeys([*names, *adjoints]):
        if rails[name].plus in used and rails[name].minus in used:
            page.annihilation(f"always/annihilation[{name}]", rails[name], rates.annihilation)
    if rates.error_annihilation:
        for error in ode.errors:
            page.annihilation(f"always/annihilation[{error}]", rails[error], rates.annihilation)
    for p, _ in ode.parameters:
        page.annihilation(f"always/annihilation[{p}]", rails[p], rates.annihilation_weights)


def outputs(build: Build, early: Sequence[str]) -> tuple[Reading, ...]:
    """Return how the outputs are read: the error and the target that is known.

    A clock that leaks hands some of the error over early: to the adjoint of the components `early`, one of which is read as well.
    """
    found = []
    for number, (output, error) in enumerate(zip(build.ode.outputs, build.ode.errors, strict=True), 1):
        terms = [(s, float(sign)) for s, sign in build.rails[error].signed]
        component, weight = next(((z, w) for z, w in output.weights if z in early), ("", 0))
        if component:
            terms += [(s, float(sign * int(weight))) for s, sign in build.rails[f"A{component[1:]}"].signed]
        name = "yhat" if len(build.ode.outputs) == 1 else f"yhat{number}"
        found.append(Reading(name, tuple(terms), ((output.target, 1.0),)))
    return tuple(found)

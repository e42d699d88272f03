"""A neural ODE as a page of mathematics: ports, state equation, read-out and parameters, and what follows from them.

A user writes ``dz/dt = f(z, x, P)`` as polynomials; the adjoint and the gradient are derived here. R. T. Chen et al., "Neural
ordinary differential equations", NeurIPS 2018, arXiv 1806.07366, for the adjoint; R. T. Nagipogu and J. H. Reif, arXiv 2409.00034,
for its chemistry. How the page becomes reactions is said in `crn.neural.forms`, one file for each form.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from crn.diagnostics import CircuitError
from crn.massaction import Vector
from crn.neural.circuit import Reading
from crn.neural.parts import Rails
from crn.neural.polynomial import Polynomial, value

ERROR = "E"
"""Stem of the values that carry the errors."""


@dataclass(frozen=True, slots=True)
class Input:
    """A value that is dosed with every sample.

    Attributes
    ----------
    value : str
        Its name in the state equation; also the stem of its species.
    port : str or None
        The column of the data; None for a constant.
    amount : float
        Of a port: formal amount per unit. Of a constant: its value.
    signed : bool
        Whether the value may be negative, which takes a second rail.
    offset : float
        Of a port: taken off before it is dosed.
    """

    value: str
    port: str | None
    amount: float = 1.0
    signed: bool = False
    offset: float = 0.0


@dataclass(frozen=True, slots=True)
class State:
    """A component of the state.

    Attributes
    ----------
    value : str
    rate : Polynomial
        Its row of the state equation, in values of inputs, states and parameters.
    start : tuple of (str, float)
        z(0) as a linear combination of inputs; with coefficients 1 or -1 where the read-out is fixed.
    signed : bool
        False where the equation itself keeps the value from falling below 0.
    """

    value: str
    rate: Polynomial
    start: tuple[tuple[str, float], ...] = ()
    signed: bool = True


@dataclass(frozen=True, slots=True)
class Output:
    """One output: yhat = sum_i w_i z_i at the end of the forward phase.

    Attributes
    ----------
    target : str
        The column of the data that it is held against.
    weights : tuple of (str, int or str)
        Component and weight: 1 or -1, or the name of a parameter where the read-out is trained.
    signed : bool
        Whether targets may be negative.
    """

    target: str
    weights: tuple[tuple[str, int | str], ...]
    signed: bool = False


@dataclass(frozen=True)
class NeuralODE:
    """A page of mathematics that a learning circuit is built from.

    Attributes
    ----------
    name : str
    inputs : tuple of Input
    state : tuple of State
    outputs : tuple of Output
        Either all of their weights are trained or none.
    parameters : tuple of (str, float)
        With their initial values.
    duration : float
        T: how long the state equation runs, in formal time.
    """

    name: str
    inputs: tuple[Input, ...]
    state: tuple[State, ...]
    outputs: tuple[Output, ...]
    parameters: tuple[tuple[str, float], ...]
    duration: float

    def __post_init__(self) -> None:
        names = [i.value for i in self.inputs] + [s.value for s in self.state] + [n for n, _ in self.parameters]
        twice = sorted({n for n in names if names.count(n) > 1})
        if twice:
            raise CircuitError(f"{self.name}: {', '.join(twice)} is defined twice")
        used = {v for s in self.state for v in s.rate.values}
        used |= {v for s in self.state for v, _ in s.start}
        used |= {v for o in self.outputs for z, w in o.weights for v in (z, *([w] if isinstance(w, str) else []))}
        unknown = sorted(used - set(names))
        if unknown:
            raise CircuitError(f"{self.name}: {', '.join(unknown)} is used and not defined")
        trained = {isinstance(w, str) for o in self.outputs for _, w in o.weights}
        if len(trained) != 1:
            raise CircuitError(f"{self.name}: the weights of the read-out are either all trained or all fixed")
        if self.duration <= 0:
            raise CircuitError(f"{self.name}: the state equation needs a positive duration")
        lost = [n for n, _ in self.parameters if n not in used]
        if lost:
            raise CircuitError(f"{self.name}: {lost[0]} is a parameter that nothing depends on")

    @property
    def trained_readout(self) -> bool:
        """Whether the weights of the read-out are parameters."""
        return any(isinstance(w, str) for o in self.outputs for _, w in o.weights)

    @property
    def states(self) -> tuple[str, ...]:
        """The components of the state, in order."""
        return tuple(s.value for s in self.state)

    @property
    def errors(self) -> tuple[str, ...]:
        """The values that carry the error of each output."""
        return (ERROR,) if len(self.outputs) == 1 else tuple(f"{ERROR}{q + 1}" for q in range(len(self.outputs)))

    @property
    def readout_parameters(self) -> tuple[str, ...]:
        """The parameters that are weights of the read-out."""
        return tuple(dict.fromkeys(w for o in self.outputs for _, w in o.weights if isinstance(w, str)))

    @property
    def seeds(self) -> tuple[Polynomial, ...]:
        """The gradient of the loss at z(T), for each component: sum_q w_qi e_q."""
        found = dict.fromkeys(self.states, Polynomial())
        for output, error in zip(self.outputs, self.errors, strict=True):
            for z, w in output.weights:
                found[z] += value(error) * (value(w) if isinstance(w, str) else float(w))
        return tuple(found.values())

    def adjoint(self, a: Sequence[Polynomial]) -> tuple[Polynomial, ...]:
        """Return da/ds = a df/dz, running back from the end, for an adjoint whose components are `a`."""
        return tuple(
            sum((a_k * s.rate.derivative(z) for a_k, s in zip(a, self.state, strict=True)), Polynomial())
            for z in self.states
        )

    def gradient(self, a: Sequence[Polynomial]) -> dict[str, Polynomial]:
        """Return dL/dP per unit of time for every parameter of the state equation: a df/dP."""
        found = {
            p: sum((a_k * s.rate.derivative(p) for a_k, s in zip(a, self.state, strict=True)), Polynomial())
            for p, _ in self.parameters
        }
        return {p: g for p, g in found.items() if g.terms}

    def adjoint_components(self, gradient: str) -> tuple[str, ...]:
        """Return the components whose adjoint the gradient reads, of itself or through the adjoint equation."""
        marks = {z: f"a_{z}" for z in self.states}
        a = [value(marks[z]) for z in self.states]
        read = {v for g in self.gradient(a).values() for v in g.values}
        changes = dict(zip(self.states, self.adjoint(a), strict=True)) if gradient != "first-order" else {}
        while True:
            more = {v for z, change in changes.items() if marks[z] in read for v in change.values}
            if more <= read:
                return tuple(z for z in self.states if marks[z] in read)
            read |= more

    def states_fed_back(self, gradient: str) -> tuple[str, ...]:
        """Return the components of the state that the feedback reads: in the gradient, the adjoint, or to run back itself."""
        a = [value("a")] * len(self.state)
        read = {v for g in self.gradient(a).values() for v in g.values}
        if gradient != "first-order":
            needed = self.adjoint_components(gradient)
            read |= {v for z, c in zip(self.states, self.adjoint(a), strict=True) if z in needed for v in c.values}
        if self.trained_readout:
            read |= {z for output in self.outputs for z, _ in output.weights}
        while gradient == "full" and (more := {v for s in self.state if s.value in read for v in s.rate.values} - read):
            read |= more
        return tuple(z for z in self.states if z in read)

    @property
    def one_sided(self) -> tuple[str, ...]:
        """The components that keep their sign in a sample: one product of inputs makes them, and nothing else but their decay."""
        given = {i.value for i in self.inputs}
        found = []
        for state in self.state:
            driven = [m for m, _ in state.rate.terms if m != ((state.value, 1, 0),)]
            if not state.start and len(driven) == 1 and all(n in given for n, _, _ in driven[0]):
                found.append(state.value)
        return tuple(found)

    def rails(self) -> dict[str, Rails]:
        """Return the species of every value of the page: two rails where it may be negative."""

        def of(name: str, signed: bool) -> Rails:
            return Rails.dual(name) if signed else Rails(name)

        return {
            **{i.value: of(i.value, i.signed) for i in self.inputs},
            **{s.value: of(s.value, s.signed) for s in self.state},
            **{p: Rails.dual(p) for p, _ in self.parameters},
            **{e: Rails.dual(e) for e in self.errors},
        }

    def readings(self) -> tuple[Reading, ...]:
        """Return how every parameter is read."""
        return tuple(Reading(p, ((f"{p}p", 1.0), (f"{p}m", -1.0))) for p, _ in self.parameters)

    @property
    def initial(self) -> dict[str, float]:
        """The initial amounts: those of the parameters, each on the rail of its sign."""
        return {f"{p}{'p' if v >= 0 else 'm'}": abs(v) for p, v in self.parameters}

    @cached_property
    def model(self) -> OdeModel:
        """The prediction as a formula of the parameters."""
        return OdeModel(self)


@dataclass(frozen=True, slots=True)
class OdeModel:
    """The prediction of a neural ODE, by the classical Runge-Kutta method on the values themselves.

    Attributes
    ----------
    page : NeuralODE
    fading : float
        Rate at which the inputs fade; 0 where they stay as long as the phase lasts.
    steps : int
    """

    page: NeuralODE
    fading: float = 0.0
    steps: int = 100

    def predict(self, parameters: Sequence[float], inputs: Sequence[float]) -> tuple[float, ...]:
        """Return the outputs for one sample."""
        return tuple(float(v) for v in self.predict_all(parameters, np.array([inputs], dtype=np.float64))[0])

    def predict_all(self, parameters: Sequence[float] | Vector, inputs: Vector) -> Vector:
        """Return the outputs, shape (N, Q), for inputs of shape (N, D)."""
        page = self.page
        fixed = {n: np.full(len(inputs), v) for (n, _), v in zip(page.parameters, parameters, strict=True)}
        ports = iter(inputs.T)
        dosed = {
            i.value: i.amount * (np.ones(len(inputs)) if i.port is None else next(ports) - i.offset)
            for i in page.inputs
        }
        fields = [_vector_field(s.rate) for s in page.state]

        def rate(t: float, z: Vector) -> Vector:
            fade = np.exp(-self.fading * t)
            at = fixed | {n: x * fade for n, x in dosed.items()} | dict(zip(page.states, z, strict=True))
            return np.array([f(at) for f in fields])

        z = np.array([sum((c * dosed[x] for x, c in s.start), np.zeros(len(inputs))) for s in page.state])
        h = page.duration / self.steps
        for n in range(self.steps):
            k1 = rate(n * h, z)
            k2 = rate((n + 0.5) * h, z + h / 2 * k1)
            k3 = rate((n + 0.5) * h, z + h / 2 * k2)
            k4 = rate((n + 1) * h, z + h * k3)
            z = z + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        at = fixed | dict(zip(page.states, z, strict=True))
        return np.array(
            [sum(at[s] * (at[w] if isinstance(w, str) else w) for s, w in o.weights) for o in page.outputs]
        ).T


def _vector_field(rate: Polynomial) -> Callable[[Mapping[str, Vector]], Vector]:
    """Return a polynomial as a function of arrays by name."""

    def at(amounts: Mapping[str, Vector]) -> Vector:
        total: Vector = np.zeros_like(next(iter(amounts.values())))
        for monomial, c in rate.terms:
            product: Vector = np.full_like(total, c)
            for name, power, modulus in monomial:
                product = product * amounts[name] ** power
                if modulus:
                    product = product * np.abs(amounts[name])
            total = total + product
        return total

    return at

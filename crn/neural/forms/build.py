"""One door to all forms: a page of mathematics and a wish, and the circuit that carries it out.

The wish names the form, the clock, the gradient and the rates; what cannot be combined is refused here. Each form has a file of its
own beside this one.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from crn.diagnostics import CircuitError, Diagnostic
from crn.neural.circuit import LearningCircuit
from crn.neural.forms.oscillator import self_clocked
from crn.neural.forms.self_timed import Timing, self_timed, serves
from crn.neural.forms.staged import staged
from crn.neural.forms.tube import add_only
from crn.neural.forms.two_phase import Rates, two_phase
from crn.neural.neural_ode import NeuralODE

FORMS = ("tube", "two-phase", "staged")
CLOCKS = ("additions", "catalyst", "oscillator")


@dataclass(frozen=True, slots=True)
class Form:
    """What a page is to become.

    Attributes
    ----------
    form : {'tube', 'two-phase', 'staged'}
    clock : {'additions', 'catalyst', 'oscillator'}
        For the two-phase form.
    gradient : {'full', 'frozen', 'first-order'}
    rates : Rates
    batch : bool
        Whether gradients are gathered over a batch.
    leak : float
        Amount of the clock species that is off; clock ``catalyst``.
    adjoint_annihilation : bool
        Staged form: whether the rails of the adjoint annihilate.
    timing : Timing
        Tube with the first-order gradient: lives and durations.
    """

    form: str = "tube"
    clock: str = "additions"
    gradient: str = "full"
    rates: Rates = Rates()
    batch: bool = False
    leak: float = 0.0
    adjoint_annihilation: bool = False
    timing: Timing = Timing()


def circuit_of(ode: NeuralODE, wish: Form, name: str = "") -> LearningCircuit:
    """Return the circuit of a page in the wished form.

    Raises
    ------
    CircuitError
        If the wish contradicts itself or the form cannot carry the page.
    """
    if wish.form != "two-phase" and wish.clock != "additions":
        raise CircuitError(
            Diagnostic(f"clock={wish.clock} belongs to form=two-phase, not {wish.form}", advice="add form=two-phase")
        )
    if wish.leak and wish.clock != "catalyst":
        raise CircuitError("leak is that of the clock species; it needs clock=catalyst")
    if wish.form == "staged":
        if wish.batch:
            raise CircuitError("the staged form updates after every sample; take form=two-phase or tube for batches")
        return staged(
            ode, gradient=wish.gradient, rates=wish.rates, adjoint_annihilation=wish.adjoint_annihilation, name=name
        )
    if wish.form == "tube" and serves(ode, wish.gradient):
        return self_timed(ode, rates=wish.rates, timing=wish.timing, batch=wish.batch, name=name)
    clock = "catalyst" if wish.clock == "oscillator" else wish.clock
    circuit = two_phase(
        ode, gradient=wish.gradient, clock=clock, rates=wish.rates, batch=wish.batch, leak=wish.leak, name=name
    )
    if wish.clock == "oscillator":
        return self_clocked(circuit)
    if wish.form == "tube":
        return add_only(circuit, ode)
    return dataclasses.replace(circuit, name=name or circuit.name)

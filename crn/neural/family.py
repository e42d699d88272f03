"""What a family of built-in circuits is: a name, where it comes from, its options, and how it is built from them.

Options are checked here, against choices and limits; the families themselves are listed in `crn.neural.families`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from crn.neural.circuit import LearningCircuit
from crn.neural.forms.build import Form
from crn.neural.neural_ode import NeuralODE


@dataclass(frozen=True, slots=True)
class Option:
    """An option of a circuit.

    Attributes
    ----------
    name : str
    default : str
        Empty where it depends on other options, which the summary says.
    summary : str
    choices : tuple of str
        Empty where any number in `limits` will do.
    limits : tuple of (float, float) or None
        Smallest and largest number.
    whole : bool
        Whether only whole numbers will do.
    """

    name: str
    default: str
    summary: str
    choices: tuple[str, ...] = ()
    limits: tuple[float, float] | None = None
    whole: bool = False

    def objection(self, text: str) -> str | None:
        """Return what is wrong with a value, or None."""
        if self.choices:
            return (
                None if text in self.choices else f"{self.name} is one of {', '.join(self.choices)}, not {text[:40]!r}"
            )
        assert self.limits is not None, "an option has choices or limits"
        low, high = self.limits
        try:
            number = int(text) if self.whole else float(text)
        except ValueError:
            return f"{self.name} is a{' whole' if self.whole else ''} number, not {text[:40]!r}"
        return None if low <= number <= high else f"{self.name} is between {low:g} and {high:g}, not {text[:40]}"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a circuit is built from: its mathematics, and the form that this takes.

    Attributes
    ----------
    page : NeuralODE
    form : Form
    cell : {'linear', 'square', 'cubic', 'relu', 'products'}
        How a component relaxes, for the same mathematics without polynomials; see `crn.neural.counterpart`.
    alpha : float
        How strongly.
    """

    page: NeuralODE
    form: Form
    cell: str
    alpha: float = 0.0


@dataclass(frozen=True, slots=True)
class CircuitFamily:
    """A built-in circuit.

    Attributes
    ----------
    name, reference, summary : str
    options : tuple of Option
    build : callable
        Takes the options that are given, all of them valid one by one.
    datasets : tuple of str
        Built-in data that fit it, the default first.
    epochs : int
        How often the data are gone through unless said otherwise.
    plan : callable, optional
        Takes what `build` takes, and returns what the circuit is built from, where that is a page of mathematics.
    """

    name: str
    reference: str
    summary: str
    options: tuple[Option, ...]
    build: Callable[[Mapping[str, str]], LearningCircuit]
    datasets: tuple[str, ...] = ()
    epochs: int = 5
    plan: Callable[[Mapping[str, str]], Plan] | None = None

"""Comparing schemes on one network: what each makes of it, whether that is right, what it takes, and which to choose.

Everything here is made by the functions that compile, verify and count; this module puts the answers side by side. How they are
shown is said in `compiler.comparison_tables`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from compiler.compilation import Compiled, CompileOptions, compile_crn
from compiler.roles import KnownFaultError
from compiler.verify.gates import verify_compiled
from compiler.verify.verdict import Answer, Verdict
from crn.diagnostics import CircuitError
from crn.network import CRN
from dsd.lab.cost import Price, PriceTable, price
from dsd.lab.inventory import Inventory
from dsd.leaks import find_leaks
from dsd.schemes import SCHEMES, Lengths, Scheme

TOEHOLDS: Final[Mapping[int, int]] = MappingProxyType({6: 14, 7: 40})
"""How many toeholds of a length in nt there are that bind equally well and not to one another: found by a greedy choice over A, C
and T, at -6 and -7 kcal/mol within 0.5 by nearest-neighbour energies (SantaLucia, PNAS 95:1460, 1998, 25 °C), any two of them
different in three places and without three or four letters in common."""


@dataclass(frozen=True)
class Learned:
    """What a scheme's DNA made of a learning circuit.

    Attributes
    ----------
    loss : float
        Of the last epoch, in the target's units.
    validation_loss : float or None
    lab_time_s : float
    """

    loss: float
    validation_loss: float | None
    lab_time_s: float


@dataclass(frozen=True)
class Compared:
    """What one scheme makes of a network.

    Attributes
    ----------
    scheme : Scheme
    objections : tuple of str
        Why it was not built; empty if it was.
    wrong : bool
        Whether it is the scheme's known faults that are in the way, and not that it cannot carry the network.
    compiled : Compiled or None
    verdict : Verdict or None
    inventory : Inventory or None
    price : Price or None
    learned : Learned or None
    """

    scheme: Scheme
    objections: tuple[str, ...] = ()
    wrong: bool = False
    compiled: Compiled | None = None
    verdict: Verdict | None = None
    inventory: Inventory | None = None
    price: Price | None = None
    learned: Learned | None = None

    @property
    def right(self) -> bool:
        """Whether it was built and proved."""
        return self.verdict is not None and self.verdict.answer is Answer.EQUIVALENT

    @property
    def reactions(self) -> int:
        """Condensed reactions of gates and buffers, cross-talk included."""
        return len(self.compiled.system.reactions) if self.compiled else 0

    @property
    def leaks(self) -> int:
        """In how many ways one fuel can set a strand of another free without a toehold."""
        return len(find_leaks(self.compiled.system)) if self.compiled else 0

    def toeholds(self, lengths: Lengths) -> int:
        """Return how many different toeholds it needs."""
        return len(self.inventory.domains(lengths.toehold)) if self.inventory else 0


def compare(
    crn: CRN,
    options: CompileOptions,
    prices: PriceTable,
    schemes: Sequence[Scheme] = SCHEMES,
    learn: Callable[[CompileOptions], Learned] | None = None,
) -> tuple[Compared, ...]:
    """Compile, verify, count and price a network in every scheme.

    Parameters
    ----------
    crn : CRN
    options : CompileOptions
        The scheme that they name is not looked at; orders of reactants hold for all.
    prices : PriceTable
    schemes : sequence of Scheme
    learn : callable, optional
        Trains at DNA level with the given options; asked only where rates can be set.
    """
    return tuple(_one(crn, s, options, prices, learn) for s in schemes)


def _one(
    crn: CRN,
    scheme: Scheme,
    options: CompileOptions,
    prices: PriceTable,
    learn: Callable[[CompileOptions], Learned] | None,
) -> Compared:
    mine = dataclasses.replace(options, scheme=scheme.name)
    try:
        compiled = compile_crn(crn, mine)
    except CircuitError as error:
        messages = tuple(d.message for d in error.diagnostics)
        return Compared(scheme, messages, isinstance(error, KnownFaultError))
    inventory = Inventory.of(compiled.system)
    learned = learn(mine) if learn and not scheme.rates else None
    return Compared(
        scheme, (), False, compiled, verify_compiled(compiled.state), inventory, price(inventory, prices), learned
    )


@dataclass(frozen=True, slots=True)
class Choice:
    """The scheme to take, and by which rule; no scheme if none will do."""

    scheme: Scheme | None
    reason: str


RULES: Final = (
    "taken is what is built and proved, and of that the first in the list whose rates can be set: srinivas2015, which has an "
    "experimental record, then soloveichik2010, which needs fewer fuels; if no such rates can be set, what needs the fewest "
    "nucleotides"
)
"""How `choose` chooses."""


def choose(rows: Sequence[Compared]) -> Choice:
    """Return the default for a network."""
    right = [r for r in rows if r.right]
    if not right:
        return Choice(None, "no scheme both carries the network and is proved")
    paced = [r for r in right if not r.scheme.rates]
    if paced:
        return Choice(paced[0].scheme, "proved, its rates can be set, and the first of these in the list")
    least = min(right, key=lambda r: r.inventory.total.nucleotides if r.inventory else 0)
    return Choice(
        least.scheme, "proved, and the fewest nucleotides; no scheme that is proved has rates that can be set"
    )

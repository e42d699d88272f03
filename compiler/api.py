"""The public functions: what the command line, the report and a script call.

Each takes values and returns values; nothing is printed and nothing is written. Everything else in the three packages may change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from compiler.compilation import DEFAULT_SCHEME, Compiled, CompileOptions, compile_crn
from compiler.scheme_file import FileState, verify_by_file
from compiler.simulation import Simulation, simulate
from compiler.sources import Source, load
from compiler.training import DnaRun, Training, peak_amounts, train
from compiler.verify.bisimulation import check_bisimulation
from compiler.verify.gates import verify_compiled
from compiler.verify.verdict import Answer, Check, Verdict
from crn.diagnostics import CircuitError, InfeasibleError
from crn.network import CRN, Bag, Species
from dsd.lab.cost import Price, PriceTable, default_prices, price
from dsd.lab.inventory import Inventory

__all__ = [
    "DEFAULT_SCHEME",
    "Answer",
    "CircuitError",
    "CompileOptions",
    "Compiled",
    "DnaRun",
    "Estimate",
    "InfeasibleError",
    "Simulation",
    "Source",
    "Training",
    "Verdict",
    "compile_crn",
    "estimate",
    "load",
    "peak_amounts",
    "simulate",
    "train",
    "verify",
    "verify_pair",
]


def verify(compiled: Compiled) -> Verdict:
    """Check the interpretation that a compiled circuit carries; see `compiler.verify.gates`, `compiler.scheme_file`."""
    if isinstance(compiled.state, FileState):
        return verify_by_file(compiled.state)
    return verify_compiled(compiled.state)


def verify_pair(
    formal: CRN,
    implementation: CRN,
    interpretation: Mapping[Species, Sequence[Species]] | None = None,
    formals: Sequence[Species] = (),
    fuels: Sequence[Species] = (),
) -> Verdict:
    """Check an implementation network against a formal one under a given interpretation.

    Without an interpretation, species that are called like a formal species stand for it; what the others stand for would have
    to be searched, so the answer is then undecided unless there are none.

    Parameters
    ----------
    formal, implementation : CRN
    interpretation : mapping of Species to sequence of Species, optional
        Species that it does not name stand for nothing.
    formals : sequence of Species
        Formal species beyond those of the reactions.
    fuels : sequence of Species
        Implementation species that are always present.
    """
    known = {*formal.species, *formals}
    name = "bisimulation"
    scope = f"{len(formal.reactions)} formal and {len(implementation.reactions)} implementation reactions"
    if interpretation is None:
        unread = [s for s in implementation.species if s not in known and s not in fuels]
        if unread:
            why = f"no interpretation was given for {', '.join(unread[:5])}, and none is searched"
            return Verdict((Check(name, scope, Answer.UNDECIDED, why),))
        meaning = {s: Bag.of(s) for s in implementation.species if s not in fuels}
    else:
        meaning = {s: Bag.of(*names) for s, names in interpretation.items() if s not in fuels}
    wrong = sorted({s for b in meaning.values() for s in b.support} - known)
    if wrong:
        raise CircuitError(f"the interpretation names {', '.join(wrong)}, which the formal network does not have")
    sides = dict.fromkeys((r.reactants, r.products) for r in formal.reactions if r.reactants != r.products)
    made = [(r.reactants, r.products) for r in implementation.reactions]
    return Verdict(
        (check_bisimulation(list(sides), made, meaning, fuels=fuels, formals=formals, scope=scope, name=name),)
    )


@dataclass(frozen=True)
class Estimate:
    """What there is to order, and what it costs."""

    inventory: Inventory
    price: Price


def estimate(compiled: Compiled, prices: PriceTable | None = None) -> Estimate:
    """Count strands and price them."""
    found = Inventory.of(compiled.system)
    return Estimate(found, price(found, prices or default_prices()))

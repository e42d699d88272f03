"""The public functions: what the command line, the report and a script call.

Each takes values and returns values; nothing is printed and nothing is written. Everything else in the three packages may change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from compiler.compilation import DEFAULT_SCHEME, Compiled, CompileOptions, compile_crn
from compiler.scheme_file import FileState, verify_by_file
from compiler.sequencing import Effort, Sequenced, design_sequences
from compiler.simulation import Simulation, simulate
from compiler.sources import Source, load
from compiler.training import DnaRun, Training, peak_amounts, train
from compiler.verify.certificate_file import check_certificate
from compiler.verify.certificate_file import read_certificate as load_certificate
from compiler.verify.dynamics import Dynamics, DynamicsOptions, check_dynamics
from compiler.verify.foreign import interpretations, prove_pair
from compiler.verify.gates import prove_compiled
from compiler.verify.notions import NOTIONS, check_notion
from compiler.verify.proof import Proof
from compiler.verify.verdict import Answer, Check, Verdict, not_examined
from crn.diagnostics import CircuitError, InfeasibleError
from crn.network import CRN, Species
from dsd.lab.cost import Price, PriceTable, default_prices, price
from dsd.lab.inventory import Inventory

__all__ = [
    "DEFAULT_SCHEME",
    "Answer",
    "CircuitError",
    "CompileOptions",
    "Compiled",
    "DnaRun",
    "Dynamics",
    "DynamicsOptions",
    "Effort",
    "Estimate",
    "InfeasibleError",
    "Proof",
    "Sequenced",
    "Simulation",
    "Source",
    "Training",
    "Verdict",
    "check_certificate",
    "compile_crn",
    "design_sequences",
    "dynamics",
    "estimate",
    "interpretations",
    "load",
    "load_certificate",
    "peak_amounts",
    "prove",
    "prove_pair",
    "simulate",
    "train",
    "verify",
    "verify_pair",
]


def verify(compiled: Compiled, *, strict: bool = False) -> Verdict:
    """Check the interpretation that a compiled circuit carries; see `prove`."""
    return prove(compiled, strict=strict).verdict


def prove(compiled: Compiled, *, strict: bool = False) -> Proof:
    """Return the verdict on a compiled circuit with its certificates; see `compiler.verify.gates`, `compiler.scheme_file`."""
    if isinstance(compiled.state, FileState):
        return Proof(verify_by_file(compiled.state))
    return prove_compiled(compiled.state, strict=strict)


def verify_pair(
    formal: CRN,
    implementation: CRN,
    interpretation: Mapping[Species, Sequence[Species]] | None = None,
    formals: Sequence[Species] = (),
    fuels: Sequence[Species] = (),
    notion: str = NOTIONS[0],
) -> Verdict:
    """Check an implementation network against a formal one.

    See `compiler.verify.foreign.prove_pair`, and `compiler.verify.notions` for other notions than bisimulation.
    """
    if notion == NOTIONS[0]:
        return prove_pair(formal, implementation, interpretation, formals, fuels).verdict
    return Verdict((check_notion(notion, formal, implementation, interpretation, formals, fuels),))


def dynamics(compiled: Compiled, options: DynamicsOptions = DynamicsOptions()) -> tuple[Check, Dynamics | None]:
    """Compare the trajectories of a compiled circuit's DNA with those of its network; see `compiler.verify.dynamics`.

    Returns
    -------
    Check
    Dynamics or None
        The figures, with the difference split by cause; None where rates cannot be set.
    """
    if isinstance(compiled.state, FileState):
        return not_examined("dynamics", "trajectories", "the rates of a scheme file cannot be set"), None
    return check_dynamics(compiled.state, options)


@dataclass(frozen=True)
class Estimate:
    """What there is to order, and what it costs."""

    inventory: Inventory
    price: Price


def estimate(compiled: Compiled, prices: PriceTable | None = None) -> Estimate:
    """Count strands and price them."""
    found = Inventory.of(compiled.system)
    return Estimate(found, price(found, prices or default_prices()))

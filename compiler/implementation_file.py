"""Foreign implementations from files: a network, or complexes whose reactions are found, and an interpretation.

A `.pil` file that names no reactions is enumerated, pair by pair; what it holds constant are fuels. What is read is proved or
refuted by `compiler.verify.foreign`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

from compiler.sources import read_network
from compiler.verify.certificate import Tube
from crn.diagnostics import CircuitError
from crn.network import CRN, Bag, Reaction, Species
from crn.text import read_text_file
from dsd.complexes import Complex
from dsd.enumeration import DEFAULT_OPTIONS, EnumerationOptions, EnumerationOutcome
from dsd.formats.pil import read_pil
from dsd.soup import enumerate_soup


@dataclass(frozen=True)
class Implementation:
    """What a file says of an implementation.

    Attributes
    ----------
    network : CRN
    fuels : tuple of Species
        What the file holds constant.
    tube : Tube or None
        The complexes, where the reactions were found and not read.
    made : tuple of Complex
        What the complexes of the file make of one another, under names that the file does not have.
    outcome : EnumerationOutcome
        If incomplete, the network is what was found until then.
    """

    network: CRN
    fuels: tuple[Species, ...] = ()
    tube: Tube | None = None
    made: tuple[Complex, ...] = ()
    outcome: EnumerationOutcome = field(default_factory=EnumerationOutcome)

    def drawn(self, text: str) -> str:
        """Return a text about species with the complexes below that the file does not name."""
        words = set(re.findall(r"\w+", text))
        return "\n".join([text, *(f"{c} = {c.kernel}" for c in self.made if c.name in words)]) if text else text


def load_implementation(path: str, options: EnumerationOptions = DEFAULT_OPTIONS) -> Implementation:
    """Read an implementation from a .crn, SBML or .pil file."""
    text = read_text_file(path)
    if not path.endswith(".pil"):
        return Implementation(read_network(text, path))
    system = read_pil(text, path)
    if system.reactions:
        named = {c: c.name for c in system.complexes}
        found = [(r.reactants, r.products) for r in system.reactions]
        return Implementation(_network(found, named), system.constant)
    soup = enumerate_soup(system.present, options)
    given = {c: c.name for c in system.complexes}
    named = given | {c: f"new{n}" for n, c in enumerate((c for c in soup.complexes if c not in given), 1)}
    network = _network([(r.reactants, r.products) for r in soup.reactions], named)
    initial = frozenset(c.name for c in system.present)
    lasting = tuple(c.named(named[c]) for c in soup.complexes)
    whole = soup.outcome.complete and set(lasting).issuperset(system.present)
    tube = Tube(lasting, initial, options) if whole else None
    made = tuple(c for c in lasting if c not in given)
    return Implementation(network, system.constant, tube, made, soup.outcome)


def _network(found: list[tuple[tuple[Complex, ...], tuple[Complex, ...]]], named: dict[Complex, Species]) -> CRN:
    sides = [tuple(Bag.of(*(named[c] for c in part)) for part in each) for each in found]
    reactions = [Reaction(f"i{n}", a, b) for n, (a, b) in enumerate(sides, 1)]
    return CRN.build(reactions, dict.fromkeys(named.values(), 0.0))


def load_interpretation(path: str) -> dict[str, list[str]]:
    """Read an interpretation: a JSON object from implementation species to lists of formal species."""
    text = read_text_file(path)
    try:
        value = json.loads(text)
    except ValueError as error:
        raise CircuitError(f"{path} is not JSON: {error}") from None
    good = isinstance(value, dict) and all(
        isinstance(names, list) and all(isinstance(n, str) for n in names) for names in value.values()
    )
    if not good:
        raise CircuitError(f'{path} has to be an object of lists, such as {{"x1": ["A", "B"], "w": []}}')
    return dict(value)

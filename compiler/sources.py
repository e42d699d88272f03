"""Sources: what the user names on the command line, read into a network and, where there are ports, a learning circuit.

A source is a `.crn` or SBML file, ``-`` for standard input, or a built-in circuit. Nothing is compiled here.
"""

from __future__ import annotations

import hashlib
import sys
from dataclasses import dataclass
from pathlib import Path

from crn.diagnostics import CircuitError, Diagnostic
from crn.network import CRN, NAME
from crn.neural.catalog import named_circuit
from crn.neural.circuit import LearningCircuit
from crn.neural.family import CircuitFamily
from crn.neural.ports import learning_circuit, write_circuit
from crn.neural.soundness import Soundness, check_soundness
from crn.quantities import shown
from crn.text import parse_crn, read_text_file

_SBML = (".xml", ".sbml")


@dataclass(frozen=True)
class Source:
    """What was named, and what it holds.

    Attributes
    ----------
    name : str
        As it was given.
    crn : CRN
    circuit : LearningCircuit or None
        None for a network without ports.
    family : CircuitFamily or None
        None for a file.
    sha256 : str
        Of the text, for built-in circuits of the text that they would be written as.
    notes : tuple of str
        What is odd about a circuit of a file; see `crn.neural.soundness`.
    """

    name: str
    crn: CRN
    circuit: LearningCircuit | None
    family: CircuitFamily | None
    sha256: str
    notes: tuple[str, ...] = ()

    @property
    def learning(self) -> LearningCircuit:
        """The learning circuit; a network without ports is refused."""
        if self.circuit is None:
            raise CircuitError(
                Diagnostic(
                    f"{self.name} has no ports, so there is nothing to train",
                    advice="add port lines such as #! input x1 -> X1, or name a built-in circuit",
                )
            )
        return self.circuit


def load(name: str) -> Source:
    """Read a source.

    Raises
    ------
    CircuitError
        If there is no such file or circuit, or it is at fault.
    """
    if not names_file(name):
        circuit, family = named_circuit(name)
        return Source(name, circuit.crn, circuit, family, _hash(write_circuit(circuit)))
    if name == "-":
        text, place = _standard_input(), "<stdin>"
    else:
        text, place = read_text_file(name), name
    if _is_sbml(text, place):
        crn = read_network(text, place)
        odd = ", ".join(shown(s) for s in crn.species if not NAME.fullmatch(s))
        if odd:
            advice = "a name is a letter or _, then letters, digits, _ and primes"
            raise CircuitError(Diagnostic(f"{place}: species that gates cannot be named after: {odd}", advice=advice))
        return Source(name, crn, None, None, _hash(text))
    parsed = parse_crn(text, place)
    learner = learning_circuit(parsed, place)
    found = check_soundness(learner, parsed.ports) if learner is not None else Soundness()
    if found.faults:
        raise CircuitError(found.faults)
    return Source(name, parsed.crn, learner, None, _hash(text), found.notes)


def names_file(name: str) -> bool:
    """Whether a source is a file, or standard input, and no built-in circuit."""
    return name in ("", "-") or name.endswith((".crn", *_SBML)) or "/" in name or Path(name).is_file()


def read_network(text: str, place: str) -> CRN:
    """Read the text of a `.crn` or SBML file."""
    if not _is_sbml(text, place):
        return parse_crn(text, place).crn
    from crn.sbml import read_sbml  # libsbml takes a quarter of a second to load, which few runs need

    return read_sbml(text, place)


def _is_sbml(text: str, place: str) -> bool:
    """Whether a text is SBML, or its file is called as if it were; a `.crn` may begin with ``<=>``."""
    return place.endswith(_SBML) or text.lstrip().startswith(("<?xml", "<sbml", "<!--"))


def _standard_input() -> str:
    data = sys.stdin.buffer.read()
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise CircuitError(f"<stdin>: byte {error.start + 1} is not UTF-8 text") from None


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()

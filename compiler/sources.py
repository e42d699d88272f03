"""Sources: what the user names on the command line, read into a network and, where there are ports, a learning circuit.

A source is a `.crn` file, ``-`` for standard input, or a built-in circuit. Nothing is compiled here.
"""

from __future__ import annotations

import hashlib
import sys
from dataclasses import dataclass
from pathlib import Path

from crn.diagnostics import CircuitError, Diagnostic
from crn.network import CRN
from crn.neural.catalog import CircuitFamily, named_circuit
from crn.neural.circuit import LearningCircuit
from crn.neural.ports import learning_circuit, write_circuit
from crn.text import parse_crn, read_text_file


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
    """

    name: str
    crn: CRN
    circuit: LearningCircuit | None
    family: CircuitFamily | None
    sha256: str

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
    looks_like_file = name == "-" or name.endswith(".crn") or Path(name).is_file() or "/" in name or not name
    if not looks_like_file:
        circuit, family = named_circuit(name)
        return Source(name, circuit.crn, circuit, family, _hash(write_circuit(circuit)))
    if name == "-":
        text, place = _standard_input(), "<stdin>"
    else:
        text, place = read_text_file(name), name
    parsed = parse_crn(text, place)
    return Source(name, parsed.crn, learning_circuit(parsed, place), None, _hash(text))


def _standard_input() -> str:
    data = sys.stdin.buffer.read()
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise CircuitError(f"<stdin>: byte {error.start + 1} is not UTF-8 text") from None


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()

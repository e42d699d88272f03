"""The file `sequences.json`: the sequences of a build both ways, so that later commands order what was designed.

Only what cannot be derived is stored, and read back checked; what it was made with stands beside it and is not read here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from crn.diagnostics import CircuitError, Diagnostic
from dsd.domains import Domain, Strand
from dsd.lab.inventory import Inventory
from dsd.sequences.assignment import NamedStrand, Sequences

FILE_NAME = "sequences.json"
"""What the file is called in a build folder."""


def sequences_block(sequences: Sequences) -> dict[str, Any]:
    """Return the sequences as a JSON object with the keys ``domains`` and ``strands``."""
    return {
        "domains": [
            {"name": d.name, "length_nt": d.length, "sequence": text, "complement": sequences.of(~d)}
            for d, text in sequences.domains
        ],
        "strands": [
            {
                "name": s.name,
                "sequence": sequences.read(s.strand),
                "length_nt": s.strand.length,
                "domains": str(s.strand),
                "five_prime": s.five_prime,
                "three_prime": s.three_prime,
                "ordered": s.ordered,
            }
            for s in sequences.strands
        ],
    }


def read_sequences(text: str, source: str) -> Sequences:
    """Read what `sequences_block` gave, possibly among other keys.

    Parameters
    ----------
    text : str
        A JSON object.
    source : str
        Name of the file, for messages.

    Raises
    ------
    CircuitError
        If it is not such a file, or does not agree with itself.
    """
    try:
        return _read(json.loads(text))
    except json.JSONDecodeError as error:
        raise CircuitError(f"{source} is not JSON: {error}") from None
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CircuitError(f"{source} does not hold sequences: {type(error).__name__} {error}") from None
    except ValueError as error:
        raise CircuitError(f"{source}: {error}") from None


def check_against(sequences: Sequences, inventory: Inventory, source: str) -> None:
    """Refuse sequences that were designed for another circuit, or for other lengths.

    Raises
    ------
    CircuitError
        With the first strand that the circuit needs and the sequences do not have.
    """
    missing = [o for o in inventory.oligos if o.strand not in sequences.by_strand]
    if missing:
        raise CircuitError(
            Diagnostic(
                f"{source} was designed for another circuit: {len(missing)} of {len(inventory.oligos)} strands are not in it, "
                f"such as {missing[0].name} ({missing[0].domains})",
                advice="use the same source, scheme and lengths, or design sequences anew",
            )
        )


def _read(block: Mapping[str, Any]) -> Sequences:
    domains = {row["name"]: Domain(row["name"], len(row["sequence"])) for row in block["domains"]}
    readings = tuple((domains[row["name"]], row["sequence"]) for row in block["domains"])
    strands = []
    for row in block["strands"]:
        named = [(word.removesuffix("*"), word.endswith("*")) for word in row["domains"].split()]
        strand = Strand(tuple(~domains[name] if star else domains[name] for name, star in named))
        strands.append(
            NamedStrand(row["name"], strand, row["five_prime"], row["three_prime"], row["ordered"] is not False)
        )
    found = Sequences(readings, tuple(strands))
    for row in block["strands"]:
        if found.sequence(row["name"]) != row["sequence"]:
            raise ValueError(f"the strand {row['name']} does not read what its domains do")
    return found

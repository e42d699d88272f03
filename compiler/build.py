"""Building a circuit: everything that is to be known of it, and the files that say so.

The figures come from `compiler.api`; this module puts them side by side and gives the files their contents. Writing them to disk is
done elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass

from compiler.api import Compiled, Estimate, Training, verify
from compiler.blocks import (
    Block,
    compile_block,
    cost_block,
    formal_sbml,
    rounded,
    train_block,
    training_csv,
    verify_block,
)
from compiler.output import to_json
from compiler.provenance import MadeBy
from compiler.sources import Source
from compiler.verify.verdict import Verdict
from crn.neural.datasets import Dataset
from dsd.formats.pil import write_pil
from dsd.lab.inventory import strands_csv


@dataclass(frozen=True, eq=False)
class Build:
    """A circuit with all that was found out about it.

    Attributes
    ----------
    source : Source
    compiled : Compiled
    verdict : Verdict
    estimate : Estimate
    made_by : MadeBy
    training : Training or None
        None for a network without ports or without data.
    data, validation : Dataset or None
    """

    source: Source
    compiled: Compiled
    verdict: Verdict
    estimate: Estimate
    made_by: MadeBy
    training: Training | None = None
    data: Dataset | None = None
    validation: Dataset | None = None

    def block(self) -> Block:
        """Return the figures as one JSON object."""
        lengths = str(self.compiled.options.lengths)
        block: Block = {
            **self.made_by.block(),
            **verify_block(self.verdict),
            **compile_block(self.compiled, self.estimate.inventory, self.source.notes),
            "schemes": [cost_block(self.compiled.options.scheme, lengths, self.estimate)],
        }
        if self.training is not None:
            block |= train_block(self.training)
        return block

    def files(self) -> dict[str, str]:
        """Return the files of a build folder, without the report."""
        found = {
            "result.json": to_json(rounded(self.block())),
            "strands.csv": strands_csv(self.estimate.inventory),
            "circuit.pil": write_pil(self.compiled.system, self.made_by.line),
            "formal.xml": formal_sbml(self.compiled, self.source.name, self.made_by.line),
        }
        if self.training is not None and self.data is not None:
            found["training.csv"] = training_csv(self.training, self.data, self.made_by.line)
        return found


def build(
    source: Source,
    compiled: Compiled,
    estimate: Estimate,
    made_by: MadeBy,
    training: Training | None = None,
    data: Dataset | None = None,
    validation: Dataset | None = None,
) -> Build:
    """Verify a compiled circuit and put everything side by side."""
    return Build(source, compiled, verify(compiled), estimate, made_by, training, data, validation)

"""Building a circuit: everything that is to be known of it, and the files that say so.

The figures come from `compiler.api`; this module puts them side by side and gives the files their contents. Writing them to disk is
done elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass

from compiler.api import Compiled, Estimate, Training, prove
from compiler.blocks import (
    Block,
    compile_block,
    cost_block,
    formal_sbml,
    rounded,
    train_block,
    training_csv,
)
from compiler.lab_work import LabFolder
from compiler.output import to_json
from compiler.provenance import MadeBy
from compiler.sequence_blocks import sequence_files, sequences_summary
from compiler.sequencing import Sequenced
from compiler.sources import Source
from compiler.verdict_blocks import proof_text, verify_block
from compiler.verify.certificate_file import write_certificate
from compiler.verify.proof import Proof
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
    proof : Proof
    estimate : Estimate
    made_by : MadeBy
    training : Training or None
        None for a network without ports or without data.
    data, validation : Dataset or None
    sequenced : Sequenced or None
        With the compiled circuit of this build.
    without_sequences : str
        Why there are none.
    lab : LabFolder or None
        Order and campaign, where there are sequences.
    """

    source: Source
    compiled: Compiled
    proof: Proof
    estimate: Estimate
    made_by: MadeBy
    training: Training | None = None
    data: Dataset | None = None
    validation: Dataset | None = None
    sequenced: Sequenced | None = None
    without_sequences: str = ""
    lab: LabFolder | None = None

    @property
    def verdict(self) -> Verdict:
        """What came of the proof."""
        return self.proof.verdict

    def block(self) -> Block:
        """Return the figures as one JSON object."""
        lengths = str(self.compiled.options.lengths)
        block: Block = {
            **self.made_by.block(),
            **verify_block(self.proof),
            **compile_block(self.compiled, self.estimate.inventory, self.source.notes),
            "schemes": [cost_block(self.compiled.options.scheme, lengths, self.estimate)],
        }
        if self.training is not None:
            block |= train_block(self.training, data=self.data)
        block |= sequences_summary(self.sequenced, self.without_sequences)
        return block | self.lab.block() if self.lab is not None else block

    def files(self) -> dict[str, str]:
        """Return the files of a build folder, without the report."""
        found = {
            "result.json": to_json(rounded(self.block())),
            "strands.csv": strands_csv(self.estimate.inventory),
            "circuit.pil": write_pil(self.compiled.system, self.made_by.line),
            "formal.xml": formal_sbml(self.compiled, self.source.name, self.made_by.line),
        }
        if self.sequenced is not None:
            found |= sequence_files(self.sequenced, self.made_by)
        found["proof.txt"] = proof_text(self.proof, self.made_by.line)
        if self.proof.whole and self.proof.rewrites is not None and self.proof.implementation is not None:
            certificate = write_certificate(self.proof.rewrites, self.proof.implementation, self.made_by.block())
            found["certificate.json"] = certificate
        if self.training is not None and self.data is not None:
            found["training.csv"] = training_csv(self.training, self.data, self.made_by.line)
        return found

    def lab_files(self) -> dict[str, str | bytes]:
        """Return the files of the folders ``order`` and ``mix``."""
        return self.lab.files(self.made_by.line) if self.lab is not None else {}


def build(
    source: Source,
    compiled: Compiled,
    estimate: Estimate,
    made_by: MadeBy,
    training: Training | None = None,
    data: Dataset | None = None,
    validation: Dataset | None = None,
    sequenced: Sequenced | None = None,
    without_sequences: str = "",
    lab: LabFolder | None = None,
) -> Build:
    """Verify a compiled circuit and put everything side by side."""
    proof = prove(compiled)
    return Build(
        source, compiled, proof, estimate, made_by, training, data, validation, sequenced, without_sequences, lab
    )

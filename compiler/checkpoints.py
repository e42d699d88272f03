"""Checkpoints of a training run at one or both levels: a folder with a file for each, written after every epoch.

What is in such a file, and when it belongs to a run, is said in `crn.neural.checkpoint`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from crn.diagnostics import CircuitError, Diagnostic
from crn.neural.checkpoint import read_checkpoint, write_checkpoint
from crn.neural.training import Snapshot


@dataclass(frozen=True, slots=True)
class Checkpoints:
    """Where snapshots are kept, and whether a run goes on from those that are there.

    Attributes
    ----------
    folder : Path
    resume : bool
        Where there is none a run begins anew; without `resume` one that is there is not overwritten.
    """

    folder: Path
    resume: bool = False

    def of(self, level: str, run: Mapping[str, str]) -> tuple[Snapshot | None, Callable[[Snapshot], None]]:
        """Return where the run of a level goes on from, and what keeps its snapshots.

        Parameters
        ----------
        level : {'formal', 'dna', 'means'}
            ``means`` is the formal level without the chance of a stochastic run, by which its tube is planned.
        run : mapping of str to str
            The identity of the run; see `crn.neural.checkpoint.identity`.

        Raises
        ------
        CircuitError
            If there is a checkpoint of another run, or one that is not to be resumed.
        """
        path = self.folder / f"{level}.npz"
        if not self.resume and path.exists():
            raise CircuitError(
                Diagnostic(
                    f"{path} holds an earlier run", advice="say --resume to go on from it, or name another folder"
                )
            )
        return read_checkpoint(path, run) if self.resume else None, lambda snapshot: write_checkpoint(
            path, snapshot, run
        )

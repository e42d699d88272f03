"""How an output was made: the stamp that every output carries.

Nothing here depends on the time of day or on the machine, so that the same command writes the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from compiler.version import __version__

SCHEMA_VERSION = 1
"""Of every JSON object that is written."""


@dataclass(frozen=True)
class MadeBy:
    """What made an output.

    Attributes
    ----------
    command : str
    pipeline : str
        The passes with their options; empty where nothing was compiled.
    options : tuple of (str, str)
        As they were given.
    seed : int
    input_sha256 : str
    """

    command: str
    pipeline: str
    options: tuple[tuple[str, str], ...]
    seed: int
    input_sha256: str

    def block(self) -> dict[str, object]:
        """Return the stamp as the first keys of a JSON object."""
        return {
            "schema_version": SCHEMA_VERSION,
            "command": self.command,
            "made_by": {
                "version": __version__,
                "pipeline": self.pipeline,
                "options": dict(self.options),
                "seed": self.seed,
                "input_sha256": self.input_sha256,
            },
        }

    @property
    def line(self) -> str:
        """The stamp in one line, for the head of text files."""
        options = " ".join(f"{k}={v}" for k, v in self.options)
        return f"strandwright {__version__} {self.command} {options} seed={self.seed} input sha256={self.input_sha256}"


def stamp(command: str, source_sha256: str, options: Mapping[str, object], seed: int = 0, pipeline: str = "") -> MadeBy:
    """Return the stamp for a command; options without a value are left out."""
    given = tuple((k, str(v)) for k, v in options.items() if v not in (None, "", (), [], False))
    return MadeBy(command, pipeline, given, seed, source_sha256)

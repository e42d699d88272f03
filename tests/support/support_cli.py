"""Running the command line inside the test process, with its exit code and both of its outputs."""

from __future__ import annotations

import io
import json
import sys
from dataclasses import dataclass
from typing import Any

import pytest

from compiler.cli import main


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """Standard output as one JSON object."""
        value: dict[str, Any] = json.loads(self.out)
        return value


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> Ran:
    """Run a command; whatever it raises beyond a plain exit is a defect and fails the test."""
    with pytest.raises(SystemExit) as stop:
        main(list(arguments))
    captured = capsys.readouterr()
    code = stop.value.code
    return Ran(code if isinstance(code, int) else 0 if code is None else 1, captured.out, captured.err)


class Stdin:
    """Bytes in place of standard input."""

    def __init__(self, data: bytes) -> None:
        self.buffer = io.BytesIO(data)

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Put it there for one test."""
        monkeypatch.setattr(sys, "stdin", self)

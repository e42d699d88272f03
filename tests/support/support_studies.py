"""Where studies that take minutes leave their tables: ``out/studies``, which no test reads."""

from __future__ import annotations

import json
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "out" / "studies"


def write_table(name: str, table: object) -> None:
    """Write what a study found, whole or not at all."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    beside = FOLDER / f"{name}.json.part"
    beside.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
    beside.replace(FOLDER / f"{name}.json")

"""Writing files: whole or not at all.

A set of files is written beside its place and moved there when all of it is complete, so that an interrupted run leaves no
half-written output.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from crn.diagnostics import CircuitError


def write_files(directory: Path, files: Mapping[str, str | bytes]) -> list[str]:
    """Write files into a directory, which is made if need be.

    Parameters
    ----------
    directory : Path
    files : mapping of str to str or bytes
        Names and contents; a name such as ``order/tubes.csv`` stands in a folder of its own.

    Returns
    -------
    list of str
        The paths written, in the order of `files`.

    Raises
    ------
    CircuitError
        If the directory cannot be written; nothing is then changed.
    """
    beside: Path | None = None
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=f".{directory.name}-", dir=directory.parent))
        for name, content in files.items():
            (beside / name).parent.mkdir(parents=True, exist_ok=True)
            (beside / name).write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        # Whatever stands in the way is found before the first file moves.
        for name in files:
            (directory / name).parent.mkdir(parents=True, exist_ok=True)
            if (directory / name).is_dir():
                raise IsADirectoryError(errno.EISDIR, f"{name} is a folder")
        for name in files:
            os.replace(beside / name, directory / name)
    except OSError as error:
        raise CircuitError(f"{directory} cannot be written: {error.strerror or error}") from None
    finally:
        if beside is not None:
            shutil.rmtree(beside, ignore_errors=True)
    return [str(directory / name) for name in files]


def to_json(block: Mapping[str, object]) -> str:
    """Return a JSON text; numbers that are not finite are a defect and raise."""
    return json.dumps(block, indent=1, ensure_ascii=False, allow_nan=False) + "\n"

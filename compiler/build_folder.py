"""A folder of an earlier command as a source: what was compiled, with which options, found again from the stamp of its files.

So that what is ordered and mixed is what was built. Sequences are found again in `compiler.sequencing`.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from compiler.compilation import CompileOptions
from compiler.options import compile_options, load_source
from compiler.scheme_file import OWN
from compiler.sources import Source
from compiler.training_words import TrainingWords
from crn.diagnostics import CircuitError, Diagnostic
from crn.text import read_text_file
from dsd.sequences.storage import FILE_NAME
from dsd.thermodynamics import Conditions

_STAMPED: Final = ("result.json", FILE_NAME)


@dataclass(frozen=True)
class Folder:
    """What a folder was made from.

    Attributes
    ----------
    source : Source
    options : CompileOptions
    words : TrainingWords
    seed : int
    """

    source: Source
    options: CompileOptions
    words: TrainingWords
    seed: int


def is_folder(name: str) -> bool:
    """Whether a source is the folder of an earlier command."""
    return bool(name) and name != "-" and Path(name).is_dir()


def open_folder(name: str) -> Folder:
    """Read what a folder was made from.

    Raises
    ------
    CircuitError
        If no file of the folder says, the source is not there any more, or it has changed since.
    """
    path = next((Path(name) / f for f in _STAMPED if (Path(name) / f).is_file()), None)
    if path is None:
        raise CircuitError(
            Diagnostic(
                f"{name} is not a folder that `strandwright build` or `strandwright sequences` has written",
                advice="name a source, or such a folder",
            )
        )
    made_by = _made_by(path)
    given: Mapping[str, str] = made_by["options"]
    if "source" not in given:
        raise CircuitError(f"{path} does not say what it was made from")
    source = load_source(given["source"], _listed(given.get("rate")), _listed(given.get("set")))
    if source.sha256 != made_by["input_sha256"]:
        raise CircuitError(
            Diagnostic(
                f"{given['source']} has changed since {path} was written", advice="build anew, or name the source"
            )
        )
    # A build reads its options as they were typed; those of a sequence alone are the rest of the defaults.
    words = TrainingWords(
        data=given.get("data"),
        validate=given.get("validate"),
        classes=given.get("classes"),
        epochs=int(given["epochs"]) if given.get("epochs") else None,
        top_up=given.get("top_up", "every-sample"),
    )
    return Folder(source, _options(given), words, int(made_by["seed"]))


def judged_at(path: str) -> Conditions:
    """Return the conditions that stored sequences were designed for, which are the tube's; the usual ones if none are told."""
    found = json.loads(read_text_file(path)).get("conditions")
    try:
        return (
            Conditions(*(float(found[key]) for key in ("temperature_C", "sodium_M", "magnesium_M")))
            if found
            else Conditions()
        )
    except (KeyError, TypeError, ValueError):
        raise CircuitError(f"{path} does not say at which temperature and salt") from None


def _made_by(path: Path) -> Mapping[str, Any]:
    try:
        found = json.loads(read_text_file(str(path)))["made_by"]
        if (
            isinstance(found["options"], dict)
            and isinstance(found["input_sha256"], str)
            and isinstance(found["seed"], int)
        ):
            return dict(found)
    except (ValueError, KeyError, TypeError):
        pass
    raise CircuitError(f"{path} does not say how it was made")


def _options(given: Mapping[str, str]) -> CompileOptions:
    """Return the options of a compilation from its stamp; see `compiler.options.shown_options`."""
    usual = CompileOptions()
    try:
        orders = ast.literal_eval(given["order"]) if "order" in given else []
    except (ValueError, SyntaxError):
        orders = []
    return compile_options(
        given.get("scheme", usual.scheme),
        given.get("scale", "auto"),
        f"{given.get('signal_M', usual.physical.signal_M)}M",
        f"{given.get('fuel_M', usual.physical.fuel_M)}M",
        given.get("qmax_per_M_per_s", str(usual.physical.q_max)),
        given.get("lengths", str(usual.lengths)) if given.get("lengths") != "auto" else str(usual.lengths),
        [str(o) for o in orders],
        given.get("allow_wrong") == "True",
        given.get("share_catalysts") == "True",
        given.get("engine", OWN),
        given.get("reject_remote") == "True",
    )


def _listed(text: str | None) -> list[str] | None:
    return text.split(",") if text else None

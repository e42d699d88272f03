"""The compiler: from abstract networks to DNA, with verdicts, plans, reports and the command line.

`compiler.api` holds the public functions; everything else may change.
"""

from pathlib import Path

import crn
import dsd


def _home(package: object) -> Path:
    return Path(str(getattr(package, "__file__", "nowhere"))).resolve().parent.parent


# PyPI has foreign packages called crn and dsd; one of them on the path would answer in place of ours.
_strangers = [p.__name__ for p in (crn, dsd) if _home(p) != Path(__file__).resolve().parent.parent]
if _strangers:
    raise ImportError(
        f"{', '.join(_strangers)} on the path is another package of that name; install strandwright into an environment of its own"
    )

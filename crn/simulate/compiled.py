"""How inner loops are compiled: one decorator, so that every kernel of the stiff engine is made alike.

S. K. Lam, A. Pitrou and S. Seibert, "Numba: a LLVM-based Python JIT compiler", Proc. LLVM-HPC (2015). Kernels take networks as
arrays, so each is compiled once per machine and loaded from a cache afterwards; nothing is ever compiled for one network. Use it
for loops that NumPy cannot express; what runs once per call stays in Python.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar, cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

P = ParamSpec("P")
T = TypeVar("T")

Indices = NDArray[np.uint32]
"""Unsigned, which spares the compiled loops the test for negative indices."""


def _fingerprint() -> str:
    """Return a digest of every file with kernels."""
    sources = (path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py")))
    return hashlib.sha256(b"".join(s for s in sources if b"\n@kernel\n" in s)).hexdigest()


FINGERPRINT = _fingerprint()


def kernel(function: Callable[P, T]) -> Callable[P, T]:
    """Compile a function on its first call, or load it from the cache.

    Sums may be contracted to fused operations and divisions by zero give infinities, as in NumPy; NaN keeps its meaning, because
    the step control relies on it.
    """
    compiled = njit(cache=True, error_model="numpy", fastmath={"contract", "nsz", "arcp"})(function)
    # Numba keeps a kernel as long as its own file is the same, although it holds a copy of the kernels that it calls, which may be
    # in other files: a stamp of all files is the remedy. Without the attribute (another numba) it does what it always did.
    file = getattr(getattr(compiled, "_cache", None), "_cache_file", None)
    if file is not None:
        file._source_stamp = (file._source_stamp, FINGERPRINT)
    return cast(Callable[P, T], compiled)

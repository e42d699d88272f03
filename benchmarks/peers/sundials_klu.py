"""SUNDIALS' CVODE on KLU with a choice of ordering, in C: the strongest BDF that can be put together from public parts.

A. C. Hindmarsh and others, "SUNDIALS", ACM TOMS 31, 363 (2005); T. A. Davis and E. Palamadai Natarajan, "Algorithm 907: KLU", ACM
TOMS 37, 36 (2010). Needs a C compiler and the SUNDIALS headers and libraries with KLU, version 6 (Debian: libsundials-dev); no
wheel has them, so this is not what a user gets by installing a package.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import ClassVar

import numpy as np

from benchmarks.arrays import Flat
from benchmarks.engine import Accuracy, Engine, Kind
from benchmarks.problems import Problem
from crn.massaction import MassAction, Vector

SOURCE = Path(__file__).with_name("cvode_klu.c")
FLAGS = ("-O3", "-march=native", "-ffast-math", "-shared", "-fPIC")
LIBRARIES = ("cvode", "nvecserial", "sunmatrixsparse", "sunlinsolklu")

REALS = ("k", "change", "weight")
INDICES = ("one", "two", "start", "who", "indptr", "indices", "reaction", "other", "at")
COUNTS = ("size", "reactions", "entries", "terms")


class _Net(ctypes.Structure):
    _fields_: ClassVar = [
        *((n, ctypes.c_int64) for n in COUNTS),
        *((n, ctypes.c_void_p) for n in REALS + INDICES),
    ]


def library() -> ctypes.CDLL:
    """Compile the C file, or find it compiled, and load it."""
    compiler = shutil.which("cc")
    if compiler is None:
        raise RuntimeError("no C compiler")
    key = hashlib.sha256(SOURCE.read_bytes() + repr(FLAGS).encode()).hexdigest()[:16]
    built = Path(tempfile.gettempdir()) / f"strandwright-benchmarks-{os.getuid()}" / f"cvode_klu-{key}.so"
    if not built.exists():
        built.parent.mkdir(mode=0o700, exist_ok=True)
        partial = built.with_suffix(f".{os.getpid()}")
        links = [f"-lsundials_{n}" for n in LIBRARIES]
        command = [compiler, *FLAGS, "-I/usr/include/suitesparse", str(SOURCE), "-o", str(partial), *links]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"cannot build it: {done.stderr.strip().splitlines()[0]}")
        partial.replace(built)
    loaded = ctypes.CDLL(str(built))
    loaded.solver_open.restype = ctypes.c_void_p
    return loaded


class CvodeKluAmd(Engine):
    """CVODE, KLU, AMD."""

    name = "cvode-klu-amd"
    kind = Kind.ORDERED
    configuration = (
        "SUNDIALS 6 CVODE BDF in C, analytic sparse Jacobian, KLU with AMD, vector and matrix loops built with -O3 "
        "-march=native; otherwise defaults"
    )
    ordering: ClassVar[int] = 0

    def prepare(self, problem: Problem, law: MassAction) -> None:
        """Build or load the library and hand it the arrays."""
        super().prepare(problem, law)
        self.library = library()
        flat = Flat.of(law)
        net = _Net(flat.size, len(flat.k), len(flat.indices), len(flat.at))
        self._alive = [np.ascontiguousarray(getattr(flat, n)) for n in REALS + INDICES]
        for n, array in zip(REALS + INDICES, self._alive, strict=True):
            setattr(net, n, array.ctypes.data)
        self._solver = self.library.solver_open(ctypes.byref(net), self.ordering)
        if not self._solver:
            raise RuntimeError("CVODE did not start")

    def advance(self, start: Vector, times: Vector, accuracy: Accuracy) -> Vector:
        """See `Engine.advance`."""
        out = np.empty((len(times), len(start)))
        start, times = np.ascontiguousarray(start), np.ascontiguousarray(times)
        flag = self.library.solver_advance(
            ctypes.c_void_p(self._solver),
            ctypes.c_void_p(start.ctypes.data),
            ctypes.c_void_p(times.ctypes.data),
            ctypes.c_int64(len(times)),
            ctypes.c_double(accuracy.relative),
            ctypes.c_double(accuracy.absolute),
            ctypes.c_void_p(out.ctypes.data),
        )
        if flag < 0:
            raise RuntimeError(f"CVODE returned {flag}")
        return out

    def counts(self) -> tuple[int, ...]:
        """Return steps, Jacobians, factorisations and Newton iterations of the last stretch."""
        found = (ctypes.c_long * 4)()
        self.library.solver_counts(ctypes.c_void_p(self._solver), found)
        return tuple(found)


class CvodeKluColamd(CvodeKluAmd):
    """CVODE, KLU, COLAMD."""

    name = "cvode-klu-colamd"
    kind = Kind.ORDERED
    configuration = "the same with KLU's ordering as SUNDIALS leaves it, COLAMD"
    ordering = 1

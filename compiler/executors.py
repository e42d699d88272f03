"""Who executes an ensemble: this process, processes on this machine, or a Dask cluster that is running somewhere.

All are executors of `concurrent.futures`, so that nothing else knows the difference. A cluster is one of Dask, M. Rocklin, Proc.
14th Python in Science Conf. (2015); starting one is the user's business, and ``docs/clusters.md`` says how.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager

from compiler.version import __version__
from crn.diagnostics import CircuitError, Diagnostic

Again = Callable[[], Executor]
"""Makes another executor after one has broken."""


@contextmanager
def executors(workers: int, cluster: str = "") -> Iterator[tuple[Executor | None, Again | None]]:
    """Offer an executor, and a way to have another one.

    Parameters
    ----------
    workers : int
        Processes on this machine; with 1 the work is done here.
    cluster : str
        Address of a Dask scheduler, ``tcp://host:port`` or ``tls://host:port``; `workers` then plays no part.

    Raises
    ------
    CircuitError
        If the cluster cannot be reached, or runs another version.
    """
    if cluster:
        with _cluster(cluster) as executor:
            yield executor, None
        return
    if workers == 1:
        yield None, None
        return
    made: list[ProcessPoolExecutor] = []

    def pool() -> Executor:
        made.append(ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")))
        return made[-1]

    try:
        yield pool(), pool
    finally:
        for one in made:
            one.shutdown(wait=True, cancel_futures=True)


def processors() -> int:
    """Return how many processes this machine runs at once."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def _cluster(address: str) -> Iterator[Executor]:
    try:
        from distributed import Client  # of the extra [cluster]
    except ModuleNotFoundError:
        advice = "pip install 'strandwright[cluster]' here and on every worker"
        raise CircuitError(
            Diagnostic("--cluster needs dask.distributed, which is not installed", advice=advice)
        ) from None
    try:
        client = Client(address, timeout="10s", set_as_default=False)  # type: ignore[no-untyped-call]  # theirs
    except (OSError, ValueError) as error:
        raise CircuitError(
            Diagnostic(f"no cluster answers at {address}: {error}", advice="start one with: dask scheduler")
        ) from None
    with client:
        _check_versions(client.run(_version), address)
        yield client.get_executor(retries=3)  # type: ignore[no-untyped-call]  # theirs


def _check_versions(found: dict[str, str], address: str) -> None:
    if not found:
        raise CircuitError(
            Diagnostic(f"the cluster at {address} has no workers", advice=f"start some with: dask worker {address}")
        )
    other = {worker: version for worker, version in found.items() if version != __version__}
    if other:
        worker, version = next(iter(other.items()))
        raise CircuitError(
            Diagnostic(
                f"the worker {worker} runs strandwright {version}, this is {__version__}",
                advice="install the same version everywhere, so that all replicates mean the same",
            )
        )


def _version() -> str:
    """Return the version, on a worker; a worker without the program has none."""
    try:
        from compiler.version import __version__ as found
    except ImportError:
        return "not at all"
    return found

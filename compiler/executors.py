"""Who executes an ensemble: this process, processes on this machine, or a Dask cluster that is running somewhere.

All are executors of `concurrent.futures`, so that nothing else knows the difference. A cluster is one of Dask, M. Rocklin, Proc.
14th Python in Science Conf. (2015); starting one is the user's business, and ``docs/clusters.md`` says how.
"""

from __future__ import annotations

import importlib.metadata
import ipaddress
import multiprocessing
import os
import platform
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from compiler.version import __version__
from crn.diagnostics import CircuitError, Diagnostic

Again = Callable[[], Executor]
"""Makes another executor after one has broken."""

ALIKE = ("numpy", "scipy", "numba", "distributed")
"""Packages that have to be of one version at both ends: the first three decide the last digits, the last one how ends talk."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster to connect to.

    Attributes
    ----------
    address : str
        Of its scheduler, ``tcp://host:port`` or ``tls://host:port``.
    authority, certificate, key : str
        Files in PEM format: who is trusted, who this is, and what proves it, which may stand in the file before. Without them
        Dask's own configuration holds.
    """

    address: str
    authority: str = ""
    certificate: str = ""
    key: str = ""

    def __post_init__(self) -> None:
        given = {"--tls-ca": self.authority, "--tls-cert": self.certificate, "--tls-key": self.key}
        if any(given.values()):
            if not self.address.startswith("tls://"):
                advice = "the address of a cluster with TLS is tls://host:port"
                raise CircuitError(Diagnostic(f"certificates go with TLS, not with {self.address!r}", advice=advice))
            if not (self.authority and self.certificate):
                raise CircuitError("TLS takes at least --tls-ca and --tls-cert")
        for option, path in given.items():
            if path and not Path(path).is_file():
                raise CircuitError(f"{option}: there is no file {path!r}")

    @property
    def in_the_open(self) -> bool:
        """Whether what is sent may be read, and answered, by others on the way."""
        host = urlsplit(self.address).hostname or ""
        try:
            near = ipaddress.ip_address(host).is_loopback
        except ValueError:
            near = host == "localhost"
        return not near and not self.address.startswith("tls://")


@contextmanager
def executors(workers: int, cluster: Cluster | None = None) -> Iterator[tuple[Executor | None, Again | None]]:
    """Offer an executor, and a way to have another one.

    Parameters
    ----------
    workers : int
        Processes on this machine; with 1 the work is done here.
    cluster : Cluster, optional
        In their place.

    Raises
    ------
    CircuitError
        If the cluster cannot be reached, or its workers are not what this side is.
    """
    if cluster is not None:
        with _connected(cluster) as executor:
            yield executor, None
        return
    if workers == 1:
        yield None, None
        return
    made: list[ProcessPoolExecutor] = []

    def pool() -> Executor:
        context = multiprocessing.get_context("spawn")
        made.append(ProcessPoolExecutor(workers, context, _be_a_worker))
        return made[-1]

    try:
        yield pool(), pool
    except KeyboardInterrupt:
        for process in multiprocessing.active_children():
            process.terminate()  # nobody waits for what they are doing
        raise
    finally:
        for one in made:
            one.shutdown(wait=True, cancel_futures=True)


def _be_a_worker() -> None:
    """Leave it to the process that hands out the work to say when it ends: a key press reaches all, a kill only that one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None, "only workers are started so"
    parent.join()
    os._exit(1)


def processors() -> int:
    """Return how many processes this machine runs at once."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def _connected(cluster: Cluster) -> Iterator[Executor]:
    try:
        from distributed import Client, Security  # of the extra [cluster]
    except ModuleNotFoundError:
        advice = "pip install 'strandwright[cluster]' here and on every worker"
        raise CircuitError(
            Diagnostic("--cluster needs dask.distributed, which is not installed", advice=advice)
        ) from None
    address, security = cluster.address, None
    if cluster.authority:
        security = Security(  # type: ignore[no-untyped-call]  # theirs
            require_encryption=True,
            tls_ca_file=cluster.authority,
            tls_client_cert=cluster.certificate,
            tls_client_key=cluster.key or None,
        )
    try:
        client = Client(address, timeout="10s", set_as_default=False, security=security)  # type: ignore[no-untyped-call]  # theirs
    except (OSError, ValueError, TypeError, RuntimeError) as error:
        advice = (
            "see docs/clusters.md for its certificates"
            if address.startswith("tls")
            else "start one with: dask scheduler"
        )
        raise CircuitError(Diagnostic(f"no cluster answers at {address}: {error}", advice=advice)) from None
    with client:
        try:
            found = client.run(versions)
        except Exception as error:  # of whatever kind a worker raises that cannot load what it is sent
            advice = "install the same version of strandwright there"
            raise CircuitError(Diagnostic(f"the workers at {address} cannot do it: {error}", advice=advice)) from None
        if not found:
            advice = f"start some with: dask worker {address}"
            raise CircuitError(Diagnostic(f"the cluster at {address} has no workers", advice=advice))
        for worker, theirs in found.items():
            compare(versions(), theirs, worker)
        yield _Guarded(client.get_executor(retries=3))  # type: ignore[no-untyped-call]  # theirs


def versions() -> dict[str, str]:
    """Return the versions of what decides the numbers, where this is called."""
    packages = {name: importlib.metadata.version(name) for name in ALIKE}
    return {"strandwright": __version__, "Python": ".".join(platform.python_version_tuple()[:2]), **packages}


def compare(mine: Mapping[str, str], theirs: Mapping[str, str], worker: str) -> None:
    """Refuse a worker that is not what this side is.

    Raises
    ------
    CircuitError
    """
    for name, version in mine.items():
        if theirs.get(name) != version:
            raise CircuitError(
                Diagnostic(
                    f"the worker {worker} has {f'{name} {theirs[name]}' if name in theirs else f'no {name}'}, this is {version}",
                    advice="install the same versions everywhere, so that all replicates mean the same",
                )
            )


class _Guarded(Executor):
    """Hands out work that is done only where versions are those of this side: workers may join when a run is under way."""

    def __init__(self, inner: Executor) -> None:
        self._inner = inner

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Hand out a call."""
        return self._inner.submit(_guarded, versions(), fn, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more work."""
        self._inner.shutdown(wait, cancel_futures=cancel_futures)


def _guarded(mine: Mapping[str, str], fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    compare(mine, versions(), platform.node())
    return fn(*args, **kwargs)

"""Ensembles on a cluster: the same table as here, whoever dies, behind certificates, and with the same versions at both ends."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from distributed import Client, Security
from support_cli import run

from compiler.executors import Cluster, compare, versions
from compiler.runs_file import PARTIAL
from crn.diagnostics import CircuitError

WORDS = ["explore", "linear-regression:variant=lr10", "--epochs", "1", "--noise", "rates=10%"]


@contextlib.contextmanager
def cluster(workers: int, tls: Mapping[str, Path] | None = None) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """Start a scheduler and workers on this machine, and stop them."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"{'tls' if tls else 'tcp'}://127.0.0.1:{port}"

    def start(*words: str) -> subprocess.Popen[bytes]:
        program = [
            sys.executable,
            "-m",
            *words,
            *(w for option, path in (tls or {}).items() for w in (option, str(path))),
        ]
        return subprocess.Popen(program, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)

    scheduler = ["--host", f"{address.partition(':')[0]}://127.0.0.1", "--no-dashboard", "--port", str(port)]
    hand = ["--nthreads", "1", "--no-dashboard", "--no-nanny", "--host", "127.0.0.1"]
    started = [start("distributed.cli.dask_scheduler", *scheduler)]
    try:
        hands = [start("distributed.cli.dask_worker", address, *hand) for _ in range(workers)]
        started += hands
        yield address, hands
    finally:
        for process in started:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def wait_for(address: str, workers: int, security: Security | None = None) -> None:
    with Client(address, timeout="60s", set_as_default=False, security=security) as client:  # type: ignore[no-untyped-call]  # theirs
        client.wait_for_workers(workers, timeout=120)


def test_a_cluster_gives_the_same_table_and_survives_the_loss_of_a_worker(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [*WORDS, "--samples", "40", "--quiet"]
    here, there = tmp_path / "here", tmp_path / "there"
    assert run(capsys, *words, "--workers", "1", "-o", str(here)).code == 0
    with cluster(2) as (address, hands):
        wait_for(address, 2)
        program = subprocess.Popen(
            [sys.executable, "-m", "compiler.cli", *words, "--cluster", address, "-o", str(there)]
        )
        while not (there / PARTIAL).exists() or (there / PARTIAL).read_bytes().count(b"\n") < 3:
            assert program.poll() is None
            time.sleep(0.02)
        os.killpg(hands[0].pid, signal.SIGKILL)
        assert program.wait(timeout=300) == 0
    assert (there / "runs.csv").read_bytes() == (here / "runs.csv").read_bytes()


def test_a_cluster_behind_tls_asks_for_certificates(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    security = Security.temporary()  # type: ignore[no-untyped-call]  # theirs
    files = {}
    for option, text in (
        ("--tls-ca-file", security.tls_ca_file),
        ("--tls-cert", security.tls_client_cert),
        ("--tls-key", security.tls_client_key),
    ):
        files[option] = tmp_path / f"{option.strip('-')}.pem"
        files[option].write_text(text)
    ours = ["--tls-ca", str(files["--tls-ca-file"]), "--tls-cert", str(files["--tls-cert"]), "--tls-key"]
    words = [*WORDS, "--samples", "4"]
    with cluster(1, files) as (address, _):
        wait_for(address, 1, security)
        there = run(capsys, *words, "--json", "--cluster", address, *ours, str(files["--tls-key"]))
        assert there.code == 0, there.err
        # Somebody without the certificates is not let in.
        stranger = Security.temporary()  # type: ignore[no-untyped-call]  # theirs
        files["--tls-cert"].write_text(stranger.tls_client_cert)
        files["--tls-key"].write_text(stranger.tls_client_key)
        refused = run(capsys, *words, "--cluster", address, *ours, str(files["--tls-key"]))
    here = run(capsys, *words, "--json", "--workers", "1")
    assert there.json["runs"] == here.json["runs"]
    assert refused.code == 2
    assert "no cluster answers" in refused.err


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["tcp://127.0.0.1:1", "ca.pem", "cert.pem"], "go with TLS"),
        (["tls://127.0.0.1:1", "ca.pem"], "at least --tls-ca and --tls-cert"),
        (["tls://127.0.0.1:1", "ca.pem", "nowhere.pem"], "there is no file"),
    ],
)
def test_certificates_that_cannot_be_used_are_said(given: list[str], message: str, tmp_path: Path) -> None:
    for name in ("ca.pem", "cert.pem"):
        (tmp_path / name).touch()
    address, *names = given
    with pytest.raises(CircuitError, match=message):
        Cluster(address, *(str(tmp_path / n) for n in names))


def test_what_leaves_the_machine_in_the_open_is_known() -> None:
    assert Cluster("tcp://10.0.0.1:8786").in_the_open
    assert not any(
        Cluster(a).in_the_open
        for a in ("tls://10.0.0.1:8786", "tcp://127.0.0.1:1", "tcp://[::1]:1", "tcp://localhost:1")
    )


def test_workers_with_other_versions_are_refused() -> None:
    compare(versions(), versions(), "alike")
    with pytest.raises(CircuitError, match=r"the worker old has numba 0\.1"):
        compare(versions(), versions() | {"numba": "0.1"}, "old")
    with pytest.raises(CircuitError, match="the worker bare has no strandwright"):
        compare(versions(), {}, "bare")

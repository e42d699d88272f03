"""One process for one engine and one problem, so that a crash or a hang costs no more than a line in the table.

The process prepares the engine and then answers one accuracy after another; the parent waits for each answer only so long. Only
processes that were started here are ever ended.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import resource
import signal
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from benchmarks.engine import Accuracy, timed
from benchmarks.problems import Problem
from crn.massaction import MassAction, Vector

THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
"""Set to 1: the matrices are sparse or small, and threads that wait for each other burn CPU time."""


@dataclass(frozen=True, eq=False)
class Answer:
    """What came of a request; exactly one of `values` and `trouble` says something.

    Attributes
    ----------
    values : ndarray, shape (T, F), or None
        The amounts that are compared; also None after a successful preparation.
    cpu : float
        In s, children included.
    memory : float
        Largest resident set so far, in MB.
    trouble : str
    fatal : bool
        Whether the process is gone.
    """

    values: Vector | None
    cpu: float
    memory: float = 0.0
    trouble: str = ""
    fatal: bool = False


def serve(connection: Connection, name: str, problem: Problem) -> None:
    """Prepare an engine and answer until the parent closes; runs in the process."""
    os.setsid()  # compilers that it starts are in its group, and end with it
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    from benchmarks.peers import ENGINES

    try:
        law = MassAction(problem.crn)
        before = _cpu()
        engine = ENGINES[name]()
        engine.prepare(problem, law)
        connection.send(Answer(None, _cpu() - before, _memory()))
    except Exception as error:  # whatever a peer raises goes into the table
        connection.send(Answer(None, 0.0, _memory(), _short(error), fatal=True))
        return
    while True:
        try:
            accuracy: Accuracy = connection.recv()
        except EOFError:
            return
        try:
            engine.ready(accuracy)
            values, cpu = timed(engine, accuracy)
            connection.send(Answer(values, cpu, _memory()))
        except Exception as error:  # as above
            connection.send(Answer(None, 0.0, _memory(), _short(error)))


class Worker:
    """A process that runs one engine on one problem.

    Parameters
    ----------
    name : str
    problem : Problem
    setup_limit : float
        How long the preparation may take, in s of wall time.
    """

    def __init__(self, name: str, problem: Problem, setup_limit: float) -> None:
        self.name, self.problem = name, problem
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(theirs, name, problem), daemon=True)
        self._process.start()
        theirs.close()
        self.setup = self._answer(setup_limit, "setup")
        self.alive = not self.setup.fatal

    def run(self, accuracy: Accuracy, limit: float) -> Answer:
        """Run at one accuracy, for at most `limit` s of wall time."""
        try:
            self._connection.send(accuracy)
        except OSError:
            self.close()
            return Answer(None, 0.0, 0.0, "the process is gone", fatal=True)
        answer = self._answer(limit, "run")
        self.alive = not answer.fatal
        return answer

    def _answer(self, limit: float, what: str) -> Answer:
        try:
            if self._connection.poll(limit):
                answer: Answer = self._connection.recv()
                return answer
            trouble = f"{what} took more than {limit:g} s"
        except (EOFError, OSError):
            self._process.join(5)
            trouble = f"crashed with exit code {self._process.exitcode}"
        self.close()
        return Answer(None, 0.0, 0.0, trouble, fatal=True)

    def close(self) -> None:
        """End the process."""
        self.alive = False
        self._connection.close()
        if self._process.is_alive() and self._process.pid is not None:
            self._process.kill()
            with contextlib.suppress(ProcessLookupError):  # not that far yet, so it has started nothing
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.join(10)


def one_thread() -> None:
    """Have processes that are started from now on use one thread each, where libraries let themselves be told."""
    for variable in THREADS:
        os.environ[variable] = "1"


def _cpu() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def _memory() -> float:
    """Return the largest resident set of this process; what `getrusage` says may be the parent's."""
    status = Path("/proc/self/status")
    if status.exists():
        return next(int(x.split()[1]) for x in status.read_text().splitlines() if x.startswith("VmHWM")) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _short(error: BaseException) -> str:
    text = " ".join(f"{type(error).__name__}: {error}".split())
    return text if len(text) < 100 else text[:97] + "..."

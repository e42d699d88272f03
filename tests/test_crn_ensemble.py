"""Perturbations and ensembles: the spread that was asked for, and the same rows however the work is spread."""

from __future__ import annotations

import dataclasses
import os
import signal
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
import scipy.stats

from crn.massaction import MassAction
from crn.simulate import SIMULATORS, Segments, Tolerance
from crn.simulate.ensemble import TRIES, Row, Task, quantiles, replicates, share, stream
from crn.simulate.perturbation import Clumsy, factors, faster
from crn.text import parse_crn


@dataclass(frozen=True)
class Draw(Task):
    """Draws a number; kills its process first where a file says so, which it takes away."""

    trap: str = ""
    for_good: bool = False

    def run(self, rng: np.random.Generator) -> Row:
        if self.trap and Path(self.trap).exists():
            if not self.for_good:
                Path(self.trap).unlink()
            os.kill(os.getpid(), signal.SIGKILL)
        return {"x": float(rng.random())}


@dataclass(frozen=True)
class Fail(Task):
    """Fails."""

    def run(self, rng: np.random.Generator) -> Row:
        raise ArithmeticError(f"no luck: {rng.random():.2f}")


def test_rows_do_not_depend_on_who_computes_them() -> None:
    alone = dict(replicates(Draw(), 7, range(20)))
    with ThreadPoolExecutor(3) as pool:
        spread = dict(replicates(Draw(), 7, range(20), pool, chunk=3, at_once=2))
        part = dict(replicates(Draw(), 7, [11, 4], pool))
    assert spread == alone
    assert part == {4: alone[4], 11: alone[11]}
    assert len({row["x"] for row in alone.values()}) == 20
    assert alone[3]["x"] == stream(7, 3).random()


def test_a_worker_that_is_killed_loses_nothing(tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    trap.touch()
    with ExitStack() as stack:
        made: list[ProcessPoolExecutor] = []

        def pool() -> Executor:
            made.append(stack.enter_context(ProcessPoolExecutor(2)))
            return made[-1]

        found = dict(replicates(Draw(str(trap)), 7, range(12), pool(), chunk=2, again=pool))
    assert len(made) == 2
    assert found == dict(replicates(Draw(), 7, range(12)))


def test_work_that_kills_its_workers_again_and_again_is_given_up(tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    trap.touch()
    with ExitStack() as stack:
        made: list[ProcessPoolExecutor] = []

        def pool() -> Executor:
            made.append(stack.enter_context(ProcessPoolExecutor(1)))
            return made[-1]

        with pytest.raises(BrokenExecutor):
            dict(replicates(Draw(str(trap), for_good=True), 7, range(4), pool(), chunk=2, again=pool))
    assert len(made) == TRIES


def test_a_task_that_fails_is_tried_and_then_said_to_fail() -> None:
    with ThreadPoolExecutor(1) as pool, pytest.raises(ArithmeticError, match="no luck"):
        list(replicates(Fail(), 1, range(2), pool))


def test_the_share_has_the_interval_of_wilson() -> None:
    # By hand for 8 of 10: centre (0.8 + z^2/20) / (1 + z^2/10), z = 1.959964.
    z = 1.959964
    centre = (0.8 + z**2 / 20) / (1 + z**2 / 10)
    half = z * np.sqrt(0.8 * 0.2 / 10 + z**2 / 400) / (1 + z**2 / 10)
    found = share(8, 10)
    assert (found.fraction, found.low, found.high) == pytest.approx((0.8, centre - half, centre + half), rel=1e-6)


def test_quantiles_count_what_is_no_number_as_worst() -> None:
    found = quantiles([3.0, 1.0, float("nan"), 2.0])
    assert found["q50"] == 2.0
    assert found["q95"] == float("inf")


def test_rate_constants_scatter_by_the_spread_that_was_asked_for() -> None:
    crn = parse_crn("; ".join(f"A -> B{i} [k=2]" for i in range(4000)) + "\nA @initial 3").crn
    found = faster(crn, factors(0.2, len(crn.reactions), np.random.default_rng(1)))
    logs = np.log([r.k / 2 for r in found.reactions])
    assert scipy.stats.kstest(logs, scipy.stats.norm(0, 0.2).cdf).pvalue > 0.01
    assert found.initial == crn.initial
    assert [r.id for r in found.reactions] == [r.id for r in crn.reactions]


@pytest.fixture
def many() -> tuple[MassAction, Segments]:
    """3000 additions of 1 to a network in which hardly anything happens."""
    law = MassAction(parse_crn("A -> B [k=1e-30]").crn)
    return law, Segments(np.full(3000, 5.0), sp.csr_matrix(np.tile([1.0, 0.0], (3000, 1))))


def test_hands_scatter_by_the_spread_that_was_asked_for(many: tuple[MassAction, Segments]) -> None:
    law, segments = many
    read = sp.csr_matrix(np.eye(2))
    hands = Clumsy(SIMULATORS[0], 0.05, 0.1, np.random.default_rng(2))
    done = hands.run(law, np.zeros(2), segments, Tolerance(), read)
    added = np.diff(done.ends[:, 0], prepend=0.0)
    assert scipy.stats.kstest(np.log(added), scipy.stats.norm(0, 0.05).cdf).pvalue > 0.01
    lasted = hands.handled(segments).durations
    assert scipy.stats.kstest(np.log(lasted / 5), scipy.stats.norm(0, 0.1).cdf).pvalue > 0.01


def test_steady_hands_change_nothing(many: tuple[MassAction, Segments]) -> None:
    _, segments = many
    done = Clumsy(SIMULATORS[0], 0.0, 0.0, np.random.default_rng(3)).handled(segments)
    np.testing.assert_array_equal(done.durations, segments.durations)
    np.testing.assert_array_equal(done.additions.toarray(), segments.additions.toarray())


def test_what_is_poured_is_not_dosed(many: tuple[MassAction, Segments]) -> None:
    law, segments = many
    poured = dataclasses.replace(segments, poured=sp.csr_matrix(np.tile([0.0, 2.0], (3000, 1))))
    done = Clumsy(SIMULATORS[0], 0.05, 0.1, np.random.default_rng(4)).run(
        law, np.zeros(2), poured, Tolerance(), sp.csr_matrix(np.eye(2))
    )
    added, in_all = np.diff(done.ends, axis=0, prepend=0.0).T
    assert np.std(added) == pytest.approx(0.05, rel=0.1)
    np.testing.assert_allclose(in_all, 2.0, rtol=1e-9)

"""Real load workers, led by Locust's master as if they were on other hosts."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import psutil
import pyarrow.compute as pc
import pytest

from loadtests.checkout import PROJECT
from loadtests.children import running
from loadtests.errors import InvalidRunError
from loadtests.load import records
from loadtests.load.arrivals import poisson_arrivals_s
from loadtests.load.conductor import Conductor, conducting
from loadtests.load.orders import Generators, Order
from loadtests.servers import HOST
from shared import addresses
from tests.conftest import free_port
from tests.harness.other_hosts import other_hosts
from tests.harness.standin import CATALOGUE
from tests.known_service import Behaviour, known_service

CLOSED = Order(1, "a", "", 0, duration_s=0.5, users=5)
WORK = [sys.executable, "-m", "loadtests", "load-worker"]
BESIDE: Sequence[Sequence[str]] = ((), ())
OPEN = Order(2, "a", "", 0, duration_s=1, segments=((100, 0.5), (400, 0.5)), seed="some")


@dataclass
class Led:
    """A conductor with two workers, and their processes."""

    generators: Generators
    conductor: Conductor
    workers: list[psutil.Popen]


@contextmanager
def led(
    folder: Path, *, root: Path = PROJECT, host: str = HOST, inside: Sequence[Sequence[str]] = BESIDE
) -> Iterator[Led]:
    """Workers `inside` these commands, with the code at `root`, for a master on `host`."""
    port = free_port()
    environ = os.environ | {"MASTER": addresses.with_port(host, port), "ALLOW": host}
    with ExitStack() as started:
        workers = [
            started.enter_context(
                running([*prefix, *WORK], environ, folder / f"worker-{number}.log", grace_s=10, cwd=root)
            )
            for number, prefix in enumerate(inside)
        ]
        generators = Generators(len(workers), (host, port))
        conductor = started.enter_context(conducting(generators, CATALOGUE, folder, workload="get", label="test"))
        yield Led(generators, conductor, workers)


@pytest.mark.robustness
def test_workers_are_led_over_ipv6(tmp_path: Path) -> None:
    with known_service(tmp_path, Behaviour(delay_ms=5)) as url, led(tmp_path, host="::1") as both:
        both.conductor.wait_ready()
        _, done = both.conductor.play(replace(CLOSED, url=url))
        both.conductor.end()
    assert done.faults == []
    assert len(done.cpu_s) == 2


@pytest.mark.robustness
def test_workers_share_the_users_and_the_schedule_and_begin_together(tmp_path: Path) -> None:
    with known_service(tmp_path, Behaviour(delay_ms=5)) as url, led(tmp_path) as both:
        both.conductor.wait_ready()
        closed, closed_done = both.conductor.play(replace(CLOSED, url=url))
        opened, open_done = both.conductor.play(replace(OPEN, url=url))
        both.conductor.end()
    assert closed_done.faults == open_done.faults == []
    assert len(closed_done.cpu_s) == len(open_done.cpu_s) == 2
    assert closed_done.connects == 5
    requests = records.read(both.conductor.records, opened.begin_s)
    assert requests.filter(pc.field("slice") == closed.number).num_rows == closed_done.requests
    due_s = np.sort(requests.filter(pc.field("slice") == opened.number)["intended_s"].to_numpy())
    assert due_s == pytest.approx(poisson_arrivals_s(OPEN.segments, OPEN.seed))
    assert len(due_s) == open_done.arrivals == open_done.requests


@pytest.mark.robustness
def test_several_hosts_load_one_service(tmp_path: Path) -> None:
    with (
        other_hosts(2) as (here, hosts),
        known_service(tmp_path, Behaviour(delay_ms=5), here) as url,
        led(tmp_path, host=here, inside=[host.command for host in hosts]) as both,
    ):
        both.conductor.wait_ready()
        order, done = both.conductor.play(replace(OPEN, url=url))
        both.conductor.end()
    assert (done.faults, done.dropped) == ([], 0)
    assert done.requests == len(poisson_arrivals_s(OPEN.segments, OPEN.seed))
    requests = records.read(both.conductor.records, order.begin_s)
    assert requests["failure"].null_count == requests.num_rows


@pytest.mark.robustness
def test_workers_come_back_for_the_next_pair(tmp_path: Path) -> None:
    (tmp_path / "next").mkdir()
    with led(tmp_path) as both:
        both.conductor.wait_ready()
        both.conductor.end()
        with conducting(both.generators, CATALOGUE, tmp_path / "next", workload="get", label="next") as conductor:
            conductor.wait_ready()
            conductor.end()
    for number in (0, 1):
        assert "2 pairs done" in (tmp_path / f"worker-{number}.log").read_text()


@pytest.mark.robustness
def test_the_clocks_of_workers_are_known_to_half_a_round_trip(tmp_path: Path) -> None:
    with led(tmp_path) as both:
        both.conductor.wait_ready()
        clocks = [*both.conductor.clocks]
        both.conductor.end()
    assert [clock.host for clock in clocks] == [os.uname().nodename] * 2
    assert all(abs(clock.offset_s) <= clock.round_trip_s / 2 for clock in clocks)  # here it is the same clock


@pytest.mark.robustness
def test_a_worker_that_dies_is_named_and_what_the_others_recorded_is_kept(tmp_path: Path) -> None:
    with known_service(tmp_path, Behaviour(delay_ms=5)) as url, led(tmp_path) as both:
        both.conductor.wait_ready()
        _, whole = both.conductor.play(replace(CLOSED, url=url))
        for process in both.workers[0].children(recursive=True):
            process.kill()
        order, done = both.conductor.play(replace(OPEN, url=url))
        both.conductor.end()
    assert whole.faults == []
    (fault,) = done.faults
    assert fault in [f"process {number} ({os.uname().nodename}) was lost" for number in (0, 1)]
    assert 0 < done.requests < len(poisson_arrivals_s(OPEN.segments, OPEN.seed))
    requests = records.read(both.conductor.records, order.begin_s)
    assert requests.filter(pc.field("slice") == order.number).num_rows == done.requests


@pytest.mark.robustness
def test_a_worker_loads_no_host_that_its_own_user_has_not_named(tmp_path: Path) -> None:
    with led(tmp_path) as both:
        both.conductor.wait_ready()
        _, done = both.conductor.play(replace(OPEN, url="http://192.0.2.1:5000"))
        both.conductor.end()
    assert done.requests == 0
    assert [fault.split(") ", 1)[1] for fault in done.faults] == [
        "loads its own machine only, and http://192.0.2.1:5000 is not of it: ALLOW= names other hosts"
    ] * 2


@pytest.mark.robustness
def test_a_worker_with_other_code_is_refused(tmp_path: Path) -> None:
    root = tmp_path / "another version"
    for package in ("shared", "sync_app", "async_app", "loadtests"):
        shutil.copytree(PROJECT / package, root / package)
    (root / "shared" / "more.py").write_text("")
    with led(tmp_path, root=root) as both, pytest.raises(InvalidRunError, match="runs other code than this host"):
        both.conductor.wait_ready()


def test_a_worker_ends_by_ctrl_c_and_says_so() -> None:
    environ = os.environ | {"MASTER": f"127.0.0.1:{free_port()}"}
    with subprocess.Popen(WORK, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=PROJECT) as worker:
        assert worker.stdout
        assert b"waiting for a comparison" in worker.stdout.readline()
        worker.terminate()
        assert worker.communicate()[1] == b"interrupted\n"
        assert worker.returncode == 130

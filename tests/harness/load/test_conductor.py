"""Real generator processes, conducted slice by slice, before a service of which all is known."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import islice
from pathlib import Path
from threading import Timer

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from loadtests.errors import InvalidRunError
from loadtests.load import records
from loadtests.load.arrivals import poisson_arrivals_s
from loadtests.load.catalogue import Catalogue
from loadtests.load.checks import Response
from loadtests.load.conductor import Conductor, conducting
from loadtests.load.orders import MAX_IN_FLIGHT, Done, Generators, Order
from loadtests.load.workloads import Popularity, Request, Visitor
from loadtests.servers import serving
from tests.conftest import free_port
from tests.harness.conftest import BACKEND, STANDIN
from tests.harness.standin import CATALOGUE
from tests.known_service import Behaviour, known_service

CLOSED = Order(1, "a", "", 0, duration_s=0.5, users=5)
OPEN = Order(2, "a", "", 0, duration_s=1, segments=((100, 0.5), (400, 0.5)), seed="some")


@contextmanager
def conducted(
    folder: Path, processes: int = 1, workload: str = "get", catalogue: Catalogue = CATALOGUE
) -> Iterator[Conductor]:
    with conducting(Generators(processes), catalogue, folder, workload=workload, label="test") as conductor:
        conductor.wait_ready()
        yield conductor


def play(conductor: Conductor, url: str, *orders: Order) -> list[tuple[Order, Done]]:
    return [conductor.play(replace(order, url=url)) for order in orders]


def recorded(conductor: Conductor, order: Order) -> pa.Table:
    """The requests of a slice, with times since its begin. The generator has to be at its end."""
    requests = records.read(conductor.records, order.begin_s)
    return requests.filter(pc.equal(requests["slice"], order.number))


def test_processes_share_the_users_and_the_schedule(tmp_path: Path) -> None:
    with known_service(tmp_path, Behaviour(delay_ms=5)) as url, conducted(tmp_path, processes=2) as conductor:
        (closed, closed_done), (opened, open_done) = play(conductor, url, CLOSED, OPEN)
        conductor.end()
    assert closed_done.arrivals == closed_done.requests == recorded(conductor, closed).num_rows
    assert (closed_done.dropped, closed_done.connects) == (0, 5)
    arrivals_s = poisson_arrivals_s(OPEN.segments, OPEN.seed)
    assert (open_done.arrivals, open_done.dropped, open_done.requests) == (len(arrivals_s), 0, len(arrivals_s))
    requests = recorded(conductor, opened)
    assert np.sort(requests["intended_s"]) == pytest.approx(arrivals_s)
    assert pc.min(pc.subtract(requests["start_s"], requests["intended_s"])).as_py() >= 0
    assert requests["failure"].null_count == len(arrivals_s)


def test_a_side_goes_on_where_its_last_slice_ended_and_is_asked_as_the_other(tmp_path: Path) -> None:
    turns = [replace(CLOSED, number=number, side=side, users=1) for number, side in ((1, "a"), (2, "b"), (3, "a"))]
    with (
        serving(STANDIN, BACKEND.url, tmp_path / "server.log") as server,
        conducted(tmp_path, workload="mixed") as conductor,
    ):
        played = [order for order, _ in play(conductor, server.url, *turns)]
        conductor.end()
    first, other, second = (recorded(conductor, order)["endpoint"].to_pylist() for order in played)
    visitor = Visitor(CATALOGUE, Popularity(CATALOGUE), 0)
    assert first + second == asked_by(visitor, len(first + second))
    assert other[:20] == first[:20]


def asked_by(visitor: Visitor, count: int) -> list[str]:
    """The endpoints of its first requests, each answered well."""
    asks = (request for _ in range(count) for request in carried_out(visitor))
    return [request.endpoint for request in islice(asks, count)]


def carried_out(visitor: Visitor) -> Iterator[Request]:
    action, response = visitor.next_action(), Response(200, {"etag": "any"}, b"")
    with suppress(StopIteration):
        request = next(action)
        while True:
            yield request
            request = action.send(response)


@pytest.mark.robustness
def test_of_a_service_that_does_not_answer_arrivals_are_dropped_and_never_delayed(tmp_path: Path) -> None:
    slow = Behaviour(delay_ms=4_000)
    order = replace(OPEN, duration_s=2, segments=((700, 2),))
    with known_service(tmp_path, slow) as url, conducted(tmp_path) as conductor:
        performed, done = conductor.play(replace(order, url=url))
        conductor.end()
    arrivals_s = poisson_arrivals_s(order.segments, order.seed)
    assert done.arrivals == len(arrivals_s) == done.requests + done.dropped
    assert done.requests == done.connects == MAX_IN_FLIGHT
    requests = recorded(conductor, performed)
    assert np.sort(requests["intended_s"]) == pytest.approx(arrivals_s[:MAX_IN_FLIGHT])
    assert pc.max(requests["start_s"]).as_py() < slow.delay_ms / 1000


def test_a_service_that_is_not_there_makes_failures_and_no_error(tmp_path: Path) -> None:
    with conducted(tmp_path) as conductor:
        ((performed, done),) = play(conductor, f"http://127.0.0.1:{free_port()}", OPEN)
        conductor.end()
    assert (done.dropped, done.connects) == (0, 0)
    assert recorded(conductor, performed)["failure"].null_count == 0


@pytest.mark.parametrize("after_s", [0, 0.5])
def test_a_slice_that_a_process_did_not_live_to_end_is_invalid(tmp_path: Path, after_s: float) -> None:
    with known_service(tmp_path, Behaviour(delay_ms=5)) as url, conducted(tmp_path, processes=2) as conductor:
        killer = Timer(after_s, conductor.players[1].process.kill)
        killer.start()
        with pytest.raises(InvalidRunError, match="a load generator ended"):
            play(conductor, url, replace(CLOSED, duration_s=2), CLOSED)
        killer.join()


@pytest.mark.parametrize("order", [CLOSED, OPEN])
def test_a_fault_of_the_generator_itself_is_told_with_its_reason(tmp_path: Path, order: Order) -> None:
    nothing_to_ask_for = Catalogue([])
    with (
        known_service(tmp_path, Behaviour()) as url,
        conducted(tmp_path, catalogue=nothing_to_ask_for) as conductor,
        pytest.raises(InvalidRunError, match=r"(?s)a load generator ended.*IndexError"),
    ):
        play(conductor, url, order)

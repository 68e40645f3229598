"""Real generator processes, conducted slice by slice, before a service of which all is known."""

from __future__ import annotations

import re
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from threading import Thread, Timer

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from loadtests.errors import InvalidRunError
from loadtests.load import records
from loadtests.load.arrivals import poisson_arrivals_s
from loadtests.load.catalogue import Catalogue
from loadtests.load.conductor import Conductor, conducting
from loadtests.load.orders import MAX_IN_FLIGHT, Done, Generators, Order
from tests.conftest import free_port
from tests.harness.standin import CATALOGUE, Handler
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


Sent = tuple[str, str, str]
_written_by = re.compile(r"test-[ab]\d{4}-").sub


@contextmanager
def overhearing(delay_s: float) -> Iterator[tuple[str, dict[int, list[Sent]]]]:
    """A service with the stand-in's books, and all that it was sent, connection by connection: method, path and body,
    without the side in the ids of books."""
    sent: dict[int, list[Sent]] = defaultdict(list)

    class Overhearing(Handler):
        def parse_request(self) -> bool:
            if understood := super().parse_request():
                time.sleep(delay_s)
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self.rfile = BytesIO(body)
                one = self.command, self.path, body.decode()
                sent[self.client_address[1]].append(tuple(_written_by("test-", part) for part in one))  # type: ignore[arg-type]
            return understood

        def handle_one_request(self) -> None:
            lines = self.rfile
            super().handle_one_request()
            self.rfile = lines

    with ThreadingHTTPServer(("127.0.0.1", 0), Overhearing) as server:
        serving = Thread(target=server.serve_forever, args=(0.01,))
        serving.start()
        yield f"http://127.0.0.1:{server.server_port}", sent
        server.shutdown()
        serving.join()


TURN = (
    replace(CLOSED, number=1, side="a", duration_s=0.4, seed="pair/1"),
    replace(CLOSED, number=2, side="b", duration_s=0.4, seed="pair/1"),
)
"""Both sides' slices of a turn."""


@pytest.mark.parametrize("processes", [1, 2])
def test_both_sides_users_are_sent_the_same_however_fast_they_answer(tmp_path: Path, processes: int) -> None:
    with (
        overhearing(0) as (url_a, sent_a),
        overhearing(0.004) as (url_b, sent_b),
        conducted(tmp_path, processes, workload="mixed") as conductor,
    ):
        for order, url in zip(TURN, (url_a, url_b), strict=True):
            conductor.play(replace(order, url=url, users=processes))
        conductor.end()
    a, b = (sorted(sent.values()) for sent in (sent_a, sent_b))  # one user a process has one connection
    assert len(a) == len(b) == processes
    common = [min(len(one), len(other)) for one, other in zip(a, b, strict=True)]
    assert min(common) >= 20
    assert [one[:length] for one, length in zip(a, common, strict=True)] == [
        one[:length] for one, length in zip(b, common, strict=True)
    ]
    assert any(path.startswith("/api/books/twinlab-load-test-test-") for users in a for _, path, _ in users)


@pytest.mark.parametrize("processes", [1, 2])
def test_both_sides_arrivals_are_sent_the_same(tmp_path: Path, processes: int) -> None:
    with (
        overhearing(0) as (url_a, sent_a),
        overhearing(0.02) as (url_b, sent_b),
        conducted(tmp_path, processes, workload="mixed") as conductor,
    ):
        for order, url in zip(TURN, (url_a, url_b), strict=True):
            conductor.play(replace(order, url=url, users=None, segments=((200, 0.4),)))
        conductor.end()
    a, b = (sorted(one for connection in sent.values() for one in connection) for sent in (sent_a, sent_b))
    assert len(a) >= 40
    assert a == b


def test_another_turn_asks_for_something_else_and_the_same_turn_for_the_same(tmp_path: Path) -> None:
    orders = [replace(TURN[0], number=number, users=1, seed=seed) for number, seed in enumerate(("1", "2", "1"), 1)]
    asked = []
    with conducted(tmp_path, workload="search") as conductor:
        for order in orders:
            with overhearing(0) as (url, sent):
                conductor.play(replace(order, url=url))
            asked.append([path for requests in sent.values() for _, path, _ in requests][:20])
        conductor.end()
    assert asked[0] == asked[2] != asked[1]


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

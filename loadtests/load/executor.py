"""What Locust runs in a comparison: one user a process that puts load on either contender, as the lab orders.

It says when it is ready; the account of each slice is given when its last answer is in. Ended by the end of the orders.
"""

from __future__ import annotations

import gc
import os
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gevent
from gevent import Greenlet
from gevent.pool import Pool
from locust import User, events, task
from locust.runners import Runner

from loadtests.load import checks
from loadtests.load.arrivals import poisson_arrivals_s
from loadtests.load.catalogue import Catalogue
from loadtests.load.channel import Channel, channel_of
from loadtests.load.checks import Response
from loadtests.load.client import Client
from loadtests.load.connections import count_connects
from loadtests.load.orders import MAX_IN_FLIGHT, NULL, UNCOUNTED_SHARE, Done, Order
from loadtests.load.recorder import Recorder
from loadtests.load.sending import carry_out, send
from loadtests.load.timer import Timer
from loadtests.load.workloads import Action, Popularity, Request, Visitor
from loadtests.targets import ALLOW_VARIABLE, allowed_hosts, is_allowed

CHUNK_ROWS = 100_000
"""Records are written out after each slice, while nothing is due, and within one only when it has so many."""

connects = count_connects()


@dataclass
class Tally:
    """The requests of the slice so far."""

    requests: int = 0
    service_times_ms: float = 0

    def add(self, service_time_ms: float) -> None:
        self.requests += 1
        self.service_times_ms += service_time_ms


class Nobody:
    """Who visits the server that does nothing, to find out how much this generator can ask for."""

    def next_action(self) -> Action:
        yield Request("null", "GET", "/", checks.status(200))


class Executor(User):
    """Performs slices until there are no more orders."""

    channel: Channel

    def on_start(self) -> None:
        self._part = self.channel.part()
        self._name = f"process {self._part.process} ({socket.gethostname()})"
        self._catalogue = Catalogue.read(Path(self._part.catalogue))
        self._popularity = Popularity(self._catalogue)
        self._client = Client(MAX_IN_FLIGHT)
        self._recorder = Recorder(Path(self._part.records), CHUNK_ROWS)
        self._visitors: dict[tuple[str, int], Visitor | Nobody] = {}
        self._tally = Tally()
        self._timer = Timer()

    @task
    def obey(self) -> None:
        try:
            gc.freeze()  # what is there at the start need not be searched for garbage, which takes tens of ms
            for order in self.channel.orders():
                done = self._perform(order)
                self._recorder.flush()
                self.channel.report(done)
            self._recorder.close()
            self.channel.hand_over(Path(self._part.records))
        finally:
            self.environment.runner.quit()

    def _perform(self, order: Order) -> Done:
        self._tally, connects_before, cpu_before_s = Tally(), connects.total(), time.process_time()
        faults = [f"{self._name} {fault}" for fault in _faults(order)]
        if faults:
            arrivals, dropped = 0, 0
        elif order.segments:
            arrivals, dropped = self._open(order)
        else:
            self._closed(order)
            arrivals, dropped = self._tally.requests, 0
        return Done(
            arrivals,
            dropped,
            self._tally.requests,
            self._tally.service_times_ms,
            connects.total() - connects_before,
            [time.process_time() - cpu_before_s],
            faults,
        )

    def _closed(self, order: Order) -> None:
        mine = range(self._part.process, order.users or 0, self._part.processes)
        users = [gevent.spawn(self._visit, order, self._visitor(order.side, number)) for number in mine]
        gevent.joinall(users, raise_error=True)

    def _visit(self, order: Order, visitor: Visitor | Nobody) -> None:
        gevent.sleep(max(0, order.begin_s - time.perf_counter()))
        while time.perf_counter() < order.end_s:
            carry_out(visitor.next_action(), lambda request: self._send(order, request))

    def _open(self, order: Order) -> tuple[int, int]:
        """How many arrivals there were for this process, and how many of them found no room."""
        visitor = self._visitor(order.side, self._part.process)
        mine_s = poisson_arrivals_s(order.segments, order.seed)[self._part.process :: self._part.processes]
        under_way, broken, dropped = Pool(MAX_IN_FLIGHT), list[Greenlet](), 0
        for at_s in mine_s:
            action, intended_s = visitor.next_action(), order.begin_s + float(at_s)
            self._timer.sleep_until(intended_s)
            if under_way.full():
                dropped += 1
            else:
                under_way.spawn(self._arrive, order, action, intended_s).link_exception(broken.append)
        under_way.join()
        gevent.joinall(broken, raise_error=True)
        return len(mine_s), dropped

    def _arrive(self, order: Order, action: Action, intended_s: float) -> None:
        """Only an action's first request was scheduled; a further one is due when the one before is answered."""
        first = iter([intended_s])
        carry_out(action, lambda request: self._send(order, request, next(first, None)))

    def _visitor(self, side: str, number: int) -> Visitor | Nobody:
        """Who goes on where the side's last slice ended."""
        if (side, number) not in self._visitors:
            self._visitors[side, number] = self._new_visitor(side, number)
        return self._visitors[side, number]

    def _new_visitor(self, side: str, number: int) -> Visitor | Nobody:
        if side == NULL:
            return Nobody()
        label = f"{self._part.label}-{side}"
        return Visitor(self._catalogue, self._popularity, number, self._part.workload, label)

    def _send(self, order: Order, request: Request, intended_s: float | None = None) -> Response | None:
        record, response = send(self._client, order.url, request, order.number, intended_s)
        self._recorder.add(record)
        self._tally.add(record.service_time_ms)
        return response


def _faults(order: Order) -> Iterator[str]:
    """Why a slice is not performed at all, or not with the others."""
    if not is_allowed(order.url, allowed_hosts(os.environ.get(ALLOW_VARIABLE, ""))):
        yield f"loads its own machine only, and {order.url} is not of it: {ALLOW_VARIABLE}= names other hosts"
    late_s = time.perf_counter() - order.begin_s
    if late_s > UNCOUNTED_SHARE * order.duration_s:
        yield f"began {late_s:.3f} s late"


def _on_init(runner: Runner, **_: Any) -> None:
    Executor.channel = channel_of(runner)


events.init.add_listener(_on_init)

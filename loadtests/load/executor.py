"""The executor: the one Locust user of a generator process, which loads either contender as the lab orders.

It reports that it is ready, and after the last response of each slice an account of that slice. It ends when
there are no more orders.
"""

from __future__ import annotations

import gc
import os
import socket
import time
import traceback
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count
from math import ceil
from pathlib import Path
from typing import Any

import gevent
import numpy as np
import numpy.typing as npt
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
from loadtests.load.heartbeat import heartbeat
from loadtests.load.orders import MAX_IN_FLIGHT, NULL, UNCOUNTED_SHARE, Done, Order
from loadtests.load.recorder import Recorder
from loadtests.load.sending import carry_out, send
from loadtests.load.timer import Timer
from loadtests.load.workloads import Action, Popularity, Repeater, Request, Visitor, known_requests
from loadtests.resources import kernel
from loadtests.targets import ALLOW_VARIABLE, allowed_hosts, is_allowed

MOST_DRAWN = 20_000
"""The most actions that a process draws before a slice of closed load: one second of work."""
_FIRST_PACE_PER_S = 25.0
_ROOM = 1.25
"""Actions drawn for each user of closed load: at first `_FIRST_PACE_PER_S` a second, then `_ROOM` times the highest
rate that a user has reached."""
_OF_HEARTBEATS = 0.95
"""The quantile of heartbeat lags that a slice reports."""
CHUNK_ROWS = 100_000
"""Rows of records that are written during a slice. All others are written after it, when no request is due."""


@dataclass
class Tally:
    """Number and total service time of the requests of a slice so far."""

    requests: int = 0
    service_times_ms: float = 0

    def add(self, service_time_ms: float) -> None:
        self.requests += 1
        self.service_times_ms += service_time_ms


class Stock:
    """A visitor's next actions, drawn before the slice; when they run out, more are drawn during it."""

    def __init__(self, visitor: Visitor | Repeater | Nobody, count: int) -> None:
        self._visitor = visitor
        self._drawn = deque(visitor.next_action() for _ in range(count))

    def take(self) -> Action:
        return self._drawn.popleft() if self._drawn else self._visitor.next_action()


class Nobody:
    """The visitor of the null server, which shows how many requests this generator can send."""

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
        self._known = self._known_requests()
        self._client = Client()
        self._recorder = Recorder(Path(self._part.records), CHUNK_ROWS)
        self._orders = count(1)
        self._pace_per_s = _FIRST_PACE_PER_S
        self._tally = Tally()
        self._timer = Timer()

    @task
    def obey(self) -> None:
        try:
            gc.freeze()  # what is there at the start need not be searched for garbage, which takes tens of ms
            for order in self.channel.orders():
                stocks = self._draw(order)
                begin = self.channel.begin()
                if begin is None:
                    break
                done = self._perform(replace(order, begin_s=begin.begin_s), stocks)
                self._recorder.flush()
                self.channel.report(done)
            self._recorder.close()
            self.channel.hand_over(Path(self._part.records))
        except Exception:
            traceback.print_exc()  # Locust would log it, but `quit` ends this greenlet before
            raise
        finally:
            self.environment.runner.quit()

    def _draw(self, order: Order) -> list[Stock]:
        """A stock for each of this process's users; in open load one for all of its arrivals."""
        book = f"{self._part.label}-{order.side}{next(self._orders):04}"
        if order.segments:
            return [Stock(self._visitor(order, self._part.process, book), len(self._mine_s(order)))]
        mine = range(self._part.process, order.users or 0, self._part.processes)
        each = min(ceil(self._pace_per_s * order.duration_s), MOST_DRAWN // max(len(mine), 1))
        return [Stock(self._visitor(order, number, book), each) for number in mine]

    def _mine_s(self, order: Order) -> npt.NDArray[np.float64]:
        """Returns this process's arrivals of the schedule, in seconds from the begin of the slice."""
        return poisson_arrivals_s(order.segments, order.seed)[self._part.process :: self._part.processes]

    def _perform(self, order: Order, stocks: list[Stock]) -> Done:
        self._tally, connects_before, cpu_before_s = Tally(), self._client.connects, time.process_time()
        waited_before_s = kernel.run_queue_wait_s(os.getpid())
        faults = [f"{self._name} {fault}" for fault in _faults(order)]
        with heartbeat(order.end_s) as lags_ms:
            arrivals, dropped = (0, 0) if faults else self._load(order, stocks)
        waited_s = kernel.run_queue_wait_s(os.getpid())
        return Done(
            arrivals,
            dropped,
            self._tally.requests,
            self._tally.service_times_ms,
            self._client.connects - connects_before,
            [time.process_time() - cpu_before_s],
            [None if waited_s is None or waited_before_s is None else waited_s - waited_before_s],
            [float(np.quantile(lags_ms, _OF_HEARTBEATS)) if lags_ms else None],
            faults,
        )

    def _load(self, order: Order, stocks: list[Stock]) -> tuple[int, int]:
        """Returns the number of this process's arrivals (in closed load: of its requests), and of those it dropped."""
        if order.segments:
            return self._open(order, stocks[0])
        self._closed(order, stocks)
        return self._tally.requests, 0

    def _closed(self, order: Order, stocks: list[Stock]) -> None:
        users = [gevent.spawn(self._visit, order, stock) for stock in stocks]
        counts = [user.get() for user in gevent.joinall(users, raise_error=True)]
        self._pace_per_s = max(self._pace_per_s, _ROOM * max(counts, default=0) / order.duration_s)

    def _visit(self, order: Order, stock: Stock) -> int:
        """Performs actions until the end of the order, and returns their number."""
        gevent.sleep(max(0, order.begin_s - time.perf_counter()))
        actions = 0
        while time.perf_counter() < order.end_s:
            carry_out(stock.take(), lambda request: self._send(order, request))
            actions += 1
        return actions

    def _open(self, order: Order, stock: Stock) -> tuple[int, int]:
        """Returns the number of this process's arrivals, and of those it dropped with `MAX_IN_FLIGHT` under way."""
        mine_s = self._mine_s(order)
        under_way, broken, dropped = Pool(MAX_IN_FLIGHT), list[Greenlet](), 0
        for at_s in mine_s:
            action, intended_s = stock.take(), order.begin_s + float(at_s)
            self._timer.sleep_until(intended_s)
            if under_way.full():
                dropped += 1
            else:
                under_way.spawn(self._arrive, order, action, intended_s).link_exception(broken.append)
        under_way.join()
        gevent.joinall(broken, raise_error=True)
        return len(mine_s), dropped

    def _arrive(self, order: Order, action: Action, intended_s: float) -> None:
        """Performs an action. Only its first request is scheduled; each further one is due at the last response."""
        first = iter([intended_s])
        carry_out(action, lambda request: self._send(order, request, next(first, None)))

    def _known_requests(self) -> list[Request] | None:
        part = self._part
        return known_requests(self._catalogue, self._popularity, part.workload) if part.replayed else None

    def _visitor(self, order: Order, number: int, book: str) -> Visitor | Repeater | Nobody:
        if order.side == NULL:
            return Nobody()
        if self._known:
            return Repeater(self._known, number, order.seed)
        return Visitor(self._catalogue, self._popularity, number, self._part.workload, book, order.seed)

    def _send(self, order: Order, request: Request, intended_s: float | None = None) -> Response | None:
        record, response = send(self._client, order.url, request, order.number, intended_s)
        self._recorder.add(record)
        self._tally.add(record.service_time_ms)
        return response


def _faults(order: Order) -> Iterator[str]:
    """Yields reasons against performing a slice: a host that is not allowed, or a begin that was missed."""
    if not is_allowed(order.url, allowed_hosts(os.environ.get(ALLOW_VARIABLE, ""))):
        yield f"loads its own machine only, and {order.url} is not of it: {ALLOW_VARIABLE}= names other hosts"
    late_s = time.perf_counter() - order.begin_s
    if late_s > UNCOUNTED_SHARE * order.duration_s:
        yield f"began {late_s:.3f} s late"


def _on_init(runner: Runner, **_: Any) -> None:
    Executor.channel = channel_of(runner)


events.init.add_listener(_on_init)

"""What Locust runs in a comparison: one user a process that puts load on either contender, as the lab orders.

It says when it is ready. Orders come on standard input, a line each; the account of each slice goes to standard output
when its last answer is in. Ended by the end of the input.
"""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import gevent
from gevent import Greenlet
from gevent.fileobject import FileObject
from gevent.pool import Pool
from locust import FastHttpUser, events, task

from loadtests import checks
from loadtests.asking import ask_once, carry_out, to_record
from loadtests.catalogue import Catalogue
from loadtests.checks import Answer
from loadtests.comparison.alarm import Alarm
from loadtests.comparison.orders import MAX_IN_FLIGHT, NULL, PART_VARIABLE, READY, Done, Order, Part
from loadtests.comparison.schedule import poisson_arrivals_s
from loadtests.connections import count_connects
from loadtests.plan import TIMEOUT_S
from loadtests.recorder import Recorder
from loadtests.workloads import Action, Ask, Popularity, Visitor

CHUNK_ROWS = 100_000
"""Records are written out after each slice, while nothing is due, and within one only when it has so many."""

part = Part.from_json(os.environ[PART_VARIABLE])
catalogue = Catalogue.read(Path(part.catalogue))
popularity = Popularity(catalogue)
recorder = Recorder(Path(part.records), CHUNK_ROWS)
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
        yield Ask("null", "GET", "/", checks.status(200))


class Dispatcher(FastHttpUser):
    """Performs slices until there are no more orders."""

    network_timeout = TIMEOUT_S
    connection_timeout = TIMEOUT_S
    concurrency = MAX_IN_FLIGHT

    def on_start(self) -> None:
        self._visitors: dict[tuple[str, int], Visitor | Nobody] = {}
        self._tally = Tally()
        self._alarm = Alarm()
        self.environment.events.request.add_listener(self._record)

    def context(self) -> dict[str, float]:
        """Locust calls this right before it sends: the moment at which the request starts."""
        return {"start_s": time.perf_counter()}

    @task
    def obey(self) -> None:
        try:
            gc.freeze()  # what is there at the start need not be searched for garbage, which takes tens of ms
            print(READY, flush=True)
            for line in FileObject(sys.stdin.fileno(), "rb", closefd=False):
                done = self._perform(Order.from_line(line))
                recorder.flush()
                print(done.to_line(), flush=True)
        finally:
            self.environment.runner.quit()

    def _perform(self, order: Order) -> Done:
        self._tally, connects_before = Tally(), connects.total()
        if order.segments:
            arrivals, dropped = self._open(order)
        else:
            self._closed(order)
            arrivals, dropped = self._tally.requests, 0
        return Done(
            arrivals, dropped, self._tally.requests, self._tally.service_times_ms, connects.total() - connects_before
        )

    def _closed(self, order: Order) -> None:
        mine = range(part.process, order.users or 0, part.processes)
        users = [gevent.spawn(self._visit, order, self._visitor(order.side, number)) for number in mine]
        gevent.joinall(users, raise_error=True)

    def _visit(self, order: Order, visitor: Visitor | Nobody) -> None:
        gevent.sleep(max(0, order.begin_s - time.perf_counter()))
        while time.perf_counter() < order.end_s:
            carry_out(visitor.next_action(), partial(self._ask, order, {}))

    def _open(self, order: Order) -> tuple[int, int]:
        """How many arrivals there were for this process, and how many of them found no room."""
        visitor = self._visitor(order.side, part.process)
        mine_s = poisson_arrivals_s(order.segments, order.seed)[part.process :: part.processes]
        under_way, broken, dropped = Pool(MAX_IN_FLIGHT), list[Greenlet](), 0
        for at_s in mine_s:
            action, intended_s = visitor.next_action(), order.begin_s + float(at_s)
            self._alarm.sleep_until(intended_s)
            if under_way.full():
                dropped += 1
            else:
                under_way.spawn(self._arrive, order, action, intended_s).link_exception(broken.append)
        under_way.join()
        gevent.joinall(broken, raise_error=True)
        return len(mine_s), dropped

    def _arrive(self, order: Order, action: Action, intended_s: float) -> None:
        """Only an action's first request was scheduled; a further one is due when the one before is answered."""
        first: Iterator[dict[str, float]] = iter([{"intended_s": intended_s}])
        carry_out(action, lambda ask: self._ask(order, next(first, {}), ask))

    def _visitor(self, side: str, number: int) -> Visitor | Nobody:
        """Who goes on where the side's last slice ended."""
        if (side, number) not in self._visitors:
            self._visitors[side, number] = _visitor(side, number)
        return self._visitors[side, number]

    def _ask(self, order: Order, due: dict[str, float], ask: Ask) -> Answer | None:
        return ask_once(self.client, ask, order.url, {"slice": order.number, **due})

    def _record(self, **event: Any) -> None:
        record = to_record(**event)
        recorder.add(record)
        self._tally.add(record.service_time_ms)


def _visitor(side: str, number: int) -> Visitor | Nobody:
    if side == NULL:
        return Nobody()
    return Visitor(catalogue, popularity, number, part.workload, f"{part.label}-{side}")


events.quit.add_listener(lambda **_: recorder.close())

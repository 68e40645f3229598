"""The leader of generator processes on other hosts: Locust's master, between the lab's pipe and its workers.

`python -m loadtests.load.master HOST PORT`, with a Part in the environment whose `records` is a folder. It gathers a
worker for each process, reads their clocks, and reports that it is ready. Each order goes to all of them, in their own
time; their accounts are merged into one. After the last order it collects their records, converts them to the lab's
time, and ends.
"""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any

import gevent
import pyarrow as pa
import pyarrow.parquet as pq
from gevent.fileobject import FileObject
from gevent.queue import Empty, Queue
from locust import events
from locust.env import Environment
from locust.exception import RPCError
from locust.rpc.protocol import Message
from locust.runners import STATE_MISSING, MasterRunner

from loadtests.checkout import PROJECT, sources_sha256
from loadtests.errors import LabError
from loadtests.load import records
from loadtests.load.channel import BEGIN, CLOCK, DISMISS, END, ORDER, PART, REPLY
from loadtests.load.orders import PART_VARIABLE, Begin, Clock, Done, Order, Part, Ready
from loadtests.load.recorder import SCHEMA
from loadtests.resources.clocks import ClockReading, fastest
from loadtests.waiting import wait_until
from shared import addresses

GATHERED_WITHIN_S = 300
_LOOK_EVERY_S = 0.1
_LAST_WORDS_S = 1.0
_CLOCK_QUESTIONS = 20


@dataclass
class Worker:
    """A process on another host, which Locust knows by `id`. Once seen as lost, it stays lost."""

    runner: MasterRunner
    id: str
    number: int
    replies: Queue = field(default_factory=Queue)
    lost: bool = False

    @property
    def host(self) -> str:
        return self.id.rpartition("_")[0]

    @property
    def name(self) -> str:
        return f"process {self.number} ({self.host})"

    def send(self, kind: str, **data: Any) -> None:
        if not self.lost:
            self.runner.send_message(kind, data, self.id)

    def hear(self, what: str) -> Any:
        """Its reply, or None when it is lost."""
        while not self.lost:
            try:
                return self.replies.get(timeout=_LOOK_EVERY_S)[what]
            except Empty:
                self.lost = _is_lost(self.runner, self.id)
        return None

    def must_hear(self, what: str) -> Any:
        """Its reply. Raises LabError when it is lost."""
        reply = self.hear(what)
        if reply is None:
            raise LabError(f"load worker {self.name} was lost before the first order: start it again on its host")
        return reply

    def clock(self) -> Clock:
        """Raises LabError when it is lost."""
        reading = fastest(self._read_clock() for _ in range(_CLOCK_QUESTIONS))
        return Clock(self.host, reading.offset_s, reading.round_trip_s)

    def _read_clock(self) -> ClockReading:
        sent_s = time.perf_counter()
        self.send(CLOCK)
        there_s = self.must_hear("at_s")
        return ClockReading(sent_s, there_s, time.perf_counter())


class Lead:
    """Leads all workers of a pair."""

    def __init__(self, runner: MasterRunner, part: Part) -> None:
        self._runner = runner
        self._part = part
        self._workers: dict[str, Worker] = {}
        self._clocks: dict[str, Clock] = {}
        runner.register_message(REPLY, self._on_reply)

    def gather(self) -> Ready:
        """Raises LabError when there are too few, or when one is lost or runs other code."""
        self._await_workers()
        self._clocks = {worker.id: worker.clock() for worker in self._workers.values()}
        catalogue = Path(self._part.catalogue).read_text()
        for worker in self._workers.values():
            worker.send(PART, part=replace(self._part, process=worker.number).to_json(), catalogue=catalogue)
        for worker in self._workers.values():
            worker.must_hear("ready")
        return Ready([*self._clocks.values()])

    def _await_workers(self) -> None:
        wanted = self._part.processes
        if not wait_until(lambda: len(self._workers) >= wanted, GATHERED_WITHIN_S):
            raise LabError(
                f"{len(self._workers)} load workers came within {GATHERED_WITHIN_S} s, and {wanted} are needed: start "
                "as many by `make load-worker MASTER=…` on their hosts, or give their number by PROCESSES="
            )
        for worker in self._workers.values():
            if worker.must_hear("sources_sha256") != sources_sha256(PROJECT):
                raise LabError(f"load worker {worker.name} runs other code than this host: install the same there")

    def draw(self, order: Order) -> Ready:
        """Let all that are left draw their requests."""
        for worker in self._workers.values():
            worker.send(ORDER, order=order.to_line())
        for worker in self._workers.values():
            worker.hear("ready")
        return Ready()

    def perform(self, begin: Begin) -> Done:
        """The slice, by all that are left."""
        for worker in self._workers.values():
            there = Begin(begin.begin_s + self._clocks[worker.id].offset_s)
            worker.send(BEGIN, begin=there.to_line())
        return reduce(add, map(_done, self._workers.values()))

    def collect(self) -> None:
        """Write a file of records for each worker; an empty one for a worker that was lost, with its records."""
        for worker in self._workers.values():
            worker.send(END)
        for worker in self._workers.values():
            recorded = worker.hear("records")
            table = SCHEMA.empty_table() if recorded is None else pq.read_table(pa.BufferReader(recorded))
            table = records.since(table, self._clocks[worker.id].offset_s)
            pq.write_table(table, Path(self._part.records) / f"{worker.number}.parquet")

    def dismiss(self) -> None:
        """Give them time to send their farewell."""
        for worker in self._workers.values():
            worker.send(DISMISS)
        gevent.sleep(_LAST_WORDS_S)

    def _on_reply(self, *, msg: Message, **_: object) -> None:
        """Keep a worker's message. Its first one, which it sends unasked, makes the worker known."""
        known = len(self._workers)
        if msg.node_id not in self._workers and known < self._part.processes:
            self._workers[msg.node_id] = Worker(self._runner, msg.node_id, known)
        if msg.node_id in self._workers:
            self._workers[msg.node_id].replies.put(msg.data)


def _is_lost(runner: MasterRunner, worker_id: str) -> bool:
    return worker_id not in runner.clients or runner.clients[worker_id].state == STATE_MISSING


def _done(worker: Worker) -> Done:
    line = worker.hear("done")
    if line is None:
        return Done(0, 0, 0, 0.0, 0, [0.0], [None], [None], [f"{worker.name} was lost"])
    return Done.from_line(line)


def main(host: str, port: int) -> None:
    """Raises LabError."""
    try:
        runner = Environment(events=events).create_master_runner(host, port)
    except RPCError as error:
        raise LabError(
            f"can't listen at {addresses.with_port(host, port)} ({error}): give an address of this host by MASTER="
        ) from error
    lead = Lead(runner, Part.from_json(os.environ[PART_VARIABLE]))
    print(lead.gather().to_line(), flush=True)
    lines = FileObject(sys.stdin.fileno(), "rb", closefd=False)
    while order := lines.readline():
        print(lead.draw(Order.from_line(order)).to_line(), flush=True)
        if begin := lines.readline():
            print(lead.perform(Begin.from_line(begin)).to_line(), flush=True)
    lead.collect()
    lead.dismiss()


if __name__ == "__main__":
    try:
        main(sys.argv[1], int(sys.argv[2]))
    except LabError as error:
        sys.exit(str(error))

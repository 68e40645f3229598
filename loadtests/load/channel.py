"""The orders to a generator process: through a pipe of the lab's, or from Locust's master on another host."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import gevent
from gevent.event import AsyncResult, Event
from gevent.fileobject import FileObject
from gevent.queue import Queue
from locust.rpc.protocol import Message
from locust.runners import Runner, WorkerRunner

from loadtests.checkout import PROJECT, sources_sha256
from loadtests.load.orders import PART_VARIABLE, Begin, Done, Order, Part, Ready

PART, CLOCK, ORDER, BEGIN, END, DISMISS = (
    f"lab-{kind}" for kind in ("part", "clock", "order", "begin", "end", "dismiss")
)
"""The master's messages. Each but the last gets a reply."""
REPLY = "lab-reply"


class Channel(Protocol):
    """The link between a generator process and the lab."""

    def part(self) -> Part:
        """The part of this process, received at its start."""

    def orders(self) -> Iterator[Order]:
        """The orders in turn; each gets its account before the next is read."""

    def begin(self) -> Begin | None:
        """Say that the last order's requests are drawn, and wait for its begin; None where there is none."""

    def report(self, done: Done) -> None:
        """The account of the last order."""

    def hand_over(self, records: Path) -> None:
        """Give the lab the complete file of records."""


class Pipe:
    """The pipe: an order a line on standard input, an account a line on standard output."""

    def part(self) -> Part:
        return Part.from_json(os.environ[PART_VARIABLE])

    def __init__(self) -> None:
        self._lines = FileObject(sys.stdin.fileno(), "rb", closefd=False)

    def orders(self) -> Iterator[Order]:
        print(Ready().to_line(), flush=True)
        while line := self._lines.readline():
            yield Order.from_line(line)

    def begin(self) -> Begin | None:
        print(Ready().to_line(), flush=True)
        line = self._lines.readline()
        return Begin.from_line(line) if line else None

    def report(self, done: Done) -> None:
        print(done.to_line(), flush=True)

    def hand_over(self, records: Path) -> None:
        """Do nothing: the file is in the lab's folder already."""


class Line:
    """A link to Locust's master. It first sends a digest of its code; its part then starts the process's only user."""

    def __init__(self, runner: WorkerRunner) -> None:
        self._runner = runner
        self._made = TemporaryDirectory(prefix="twinlab-")
        self._part: AsyncResult = AsyncResult()
        self._orders: Queue = Queue()
        self._dismissed = Event()
        for kind, listener in {
            PART: self._begin,
            CLOCK: self._tell_time,
            ORDER: lambda data: self._orders.put(Order.from_line(data["order"])),
            BEGIN: lambda data: self._orders.put(Begin.from_line(data["begin"])),
            END: lambda _: self._orders.put(None),
            DISMISS: lambda _: self._dismissed.set(),
        }.items():
            runner.register_message(kind, self._hearing(listener))
        self._send(sources_sha256=sources_sha256(PROJECT))

    def part(self) -> Part:
        part: Part = self._part.get()
        return part

    def orders(self) -> Iterator[Order]:
        self._send(ready=True)
        yield from iter(self._orders.get, None)

    def begin(self) -> Begin | None:
        self._send(ready=True)
        begin: Begin | None = self._orders.get()
        return begin

    def report(self, done: Done) -> None:
        self._send(done=done.to_line())

    def hand_over(self, records: Path) -> None:
        """Send the file; returns when the master has it."""
        self._send(records=records.read_bytes())
        self._dismissed.wait()
        self._made.cleanup()

    def _hearing(self, listener: Callable[[dict[str, Any]], None]) -> Callable[..., None]:
        """A handler of messages. Locust would log its error and go on, but without a part this process must end."""

        def hear(*, msg: Message, **_: object) -> None:
            try:
                listener(msg.data)
            except Exception:
                gevent.spawn(self._runner.quit)
                raise

        return hear

    def _begin(self, data: dict[str, Any]) -> None:
        made = Path(self._made.name)
        catalogue = made / "catalogue.json"
        catalogue.write_text(data["catalogue"])
        part = Part.from_json(data["part"])
        self._part.set(replace(part, catalogue=str(catalogue), records=str(made / "records.parquet")))
        self._runner.spawn_users(dict.fromkeys(self._runner.user_classes_by_name, 1))

    def _tell_time(self, _: dict[str, Any]) -> None:
        self._send(at_s=time.perf_counter())

    def _send(self, **data: Any) -> None:
        self._runner.send_message(REPLY, data)


def channel_of(runner: Runner) -> Channel:
    """The channel of this process: a worker's leads to its master, any other process has a pipe."""
    return Line(runner) if isinstance(runner, WorkerRunner) else Pipe()

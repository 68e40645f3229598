"""The generator processes of a comparison, directed slice by slice."""

from __future__ import annotations

import queue
import subprocess
import sys
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any

import psutil

from loadtests.children import last_lines, output_lines, running
from loadtests.errors import InvalidRunError, LabError
from loadtests.load.catalogue import Catalogue
from loadtests.load.locust_process import locust_command, locust_environ
from loadtests.load.orders import Begin, Clock, Done, Generators, Order, Part, Ready
from loadtests.load.plan import TIMEOUT_S
from loadtests.resources.affinity import starting_on

EXECUTOR = Path(__file__).with_name("executor.py")
_EXECUTOR_COMMAND = [
    *locust_command("http://127.0.0.1", EXECUTOR), "--headless", "--only-summary", "--users", "1",
    "--exit-code-on-error", "0",
]  # fmt: skip
_LEAD_S = 0.02
"""The time from an order to its begin, so that all processes can begin together."""
_DRAWN_WITHIN_S = 60
_READY_WITHIN_S = 360
"""The longest wait for a master, which waits for its workers."""
_SLACK_S = 60
"""The time that a process may take beyond a slice and its slowest response before it counts as stuck."""
_STOP_WITHIN_S = 10


@dataclass(frozen=True)
class Player:
    """One generator process, or the master of several."""

    process: psutil.Popen
    lines: queue.SimpleQueue[str]
    log: Path

    def send(self, what: Order | Begin) -> None:
        """Raises InvalidRunError when the process has ended."""
        try:
            self.process.stdin.write(what.to_line().encode())
            self.process.stdin.flush()
        except BrokenPipeError as error:
            raise self._failed("ended") from error

    def hear(self, within_s: float) -> str:
        """Its next report. Raises InvalidRunError when it ends instead, or takes far too long."""
        try:
            line = self.lines.get(timeout=within_s)
        except queue.Empty as error:
            raise self._failed(f"said nothing for {within_s:.0f} s") from error
        if not line:
            raise self._failed("ended")
        return line

    def end(self) -> None:
        """Let it write its last records. Raises LabError when it does not end well."""
        self.process.stdin.close()
        try:
            code = self.process.wait(_STOP_WITHIN_S)
        except psutil.TimeoutExpired as error:
            raise LabError(f"a load generator did not end within {_STOP_WITHIN_S} s") from error
        if code:
            raise LabError(f"a load generator failed (exit code {code}). The end of its log:\n{last_lines(self.log)}")

    def _failed(self, what: str) -> InvalidRunError:
        return InvalidRunError(f"a load generator {what}. The end of its log:\n{last_lines(self.log)}")


@dataclass
class Conductor:
    """All generator processes, in step. `records` has a file of each, complete once they have ended; `pids` are the
    lab's own processes; `clocks` are those of other hosts, once they are ready."""

    players: Sequence[Player]
    records: Sequence[Path]
    pids: Sequence[int]
    clocks: Sequence[Clock] = ()

    def wait_ready(self) -> None:
        """Wait until all are ready for an order. Raises InvalidRunError when one fails."""
        ready = [Ready.from_line(player.hear(_READY_WITHIN_S)) for player in self.players]
        self.clocks = [clock for one in ready for clock in one.clocks]

    def play(self, order: Order) -> tuple[Order, Done]:
        """Draw a slice's requests and perform it; see `draw` and `perform`."""
        self.draw(order)
        return self.perform(order)

    def draw(self, order: Order) -> None:
        """Let all processes draw the requests of a slice, before any is due. Raises InvalidRunError when one fails."""
        for player in self.players:
            player.send(order)
        for player in self.players:
            player.hear(_DRAWN_WITHIN_S)

    def perform(self, order: Order) -> tuple[Order, Done]:
        """Performs the slice that was drawn last, to its last response.

        Returns the order as it was performed, and the account of all processes. Raises InvalidRunError when a
        process fails.
        """
        lead_s = _LEAD_S + max((clock.round_trip_s for clock in self.clocks), default=0.0)
        performed = replace(order, begin_s=time.perf_counter() + lead_s)
        for player in self.players:
            player.send(Begin(performed.begin_s))
        within_s = order.duration_s + 2 * TIMEOUT_S + _SLACK_S
        return performed, reduce(add, [Done.from_line(player.hear(within_s)) for player in self.players])

    def end(self) -> None:
        """Let all processes write their last records."""
        for player in self.players:
            player.end()


@contextmanager
def conducting(
    generators: Generators, catalogue: Catalogue, folder: Path, cores: Collection[int] | None = None, **asked: Any
) -> Iterator[Conductor]:
    """Run generator processes that wait for orders; records and logs go to `folder`; they stop with the block.
    `cores` are those that they may use, None for all; `asked` are the fields `workload`, `label` and `replayed` of
    Part."""
    known = folder / "catalogue.json"
    known.write_text(catalogue.to_json())
    count = generators.processes
    records = [folder / f"{number}.parquet" for number in range(count)]
    parts = [Part(number, count, str(known), str(path), **asked) for number, path in enumerate(records)]
    with ExitStack() as started:
        if generators.master:
            leading = replace(parts[0], records=str(folder))
            leader = started.enter_context(_player(_master_command(*generators.master), leading, folder))
            yield Conductor([leader], records, pids=[])
        else:
            with starting_on(cores):
                players = [started.enter_context(_player(_EXECUTOR_COMMAND, part, folder)) for part in parts]
            yield Conductor(players, records, [player.process.pid for player in players])


def _master_command(host: str, port: int) -> list[str]:
    return [sys.executable, "-m", "loadtests.load.master", host, str(port)]


@contextmanager
def _player(command: Sequence[str], part: Part, folder: Path) -> Iterator[Player]:
    log = folder / f"generator-{part.process}.log"
    with running(
        command,
        locust_environ(part),
        log,
        grace_s=_STOP_WITHIN_S,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        yield Player(process, output_lines(process), log)

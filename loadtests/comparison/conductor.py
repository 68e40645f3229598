"""The generator processes of a comparison, conducted slice by slice."""

from __future__ import annotations

import queue
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any

import psutil

from loadtests.catalogue import Catalogue
from loadtests.children import last_lines, output_lines, running
from loadtests.comparison.orders import Done, Order, Part
from loadtests.errors import InvalidRunError, LabError
from loadtests.generator import locust_command, locust_environ
from loadtests.plan import TIMEOUT_S

_DISPATCHER = Path(__file__).with_name("dispatcher.py")
_LEAD_S = 0.02
"""Between an order and its begin, so that all processes can begin together."""
_SLACK_S = 60
"""What a process may take beyond a slice and its slowest answer before it counts as stuck."""
_STOP_WITHIN_S = 10


@dataclass(frozen=True)
class Player:
    """One generator process."""

    process: psutil.Popen
    lines: queue.SimpleQueue[str]
    log: Path
    records: Path

    def send(self, order: Order) -> None:
        """Raises InvalidRunError when the process has ended."""
        try:
            self.process.stdin.write(order.to_line().encode())
            self.process.stdin.flush()
        except BrokenPipeError as error:
            raise self._failed("ended") from error

    def hear(self, within_s: float) -> str:
        """What it says next. Raises InvalidRunError when it ends instead, or takes far too long."""
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


@dataclass(frozen=True)
class Conductor:
    """All generator processes, in step."""

    players: list[Player]

    @property
    def pids(self) -> list[int]:
        return [player.process.pid for player in self.players]

    @property
    def records(self) -> list[Path]:
        return [player.records for player in self.players]

    def wait_ready(self) -> None:
        """Until all wait for an order. Raises InvalidRunError when one fails."""
        for player in self.players:
            player.hear(_SLACK_S)

    def play(self, order: Order) -> tuple[Order, Done]:
        """Perform a slice to its last answer: the order as it was performed, and all processes' account.

        Raises InvalidRunError when a process fails.
        """
        performed = replace(order, begin_s=time.perf_counter() + _LEAD_S)
        for player in self.players:
            player.send(performed)
        within_s = order.duration_s + 2 * TIMEOUT_S + _SLACK_S
        return performed, reduce(add, [Done.from_line(player.hear(within_s)) for player in self.players])

    def end(self) -> None:
        """Let all processes write their last records."""
        for player in self.players:
            player.end()


@contextmanager
def conducting(processes: int, catalogue: Catalogue, folder: Path, **asked: Any) -> Iterator[Conductor]:
    """Generator processes that get ready for orders; records and logs go to `folder`; stopped with the block.

    `asked` are the fields `workload` and `label` of Part.
    """
    known = folder / "catalogue.json"
    known.write_text(catalogue.to_json())
    with ExitStack() as started:
        yield Conductor(
            [
                started.enter_context(
                    _player(Part(number, processes, str(known), str(folder / f"{number}.parquet"), **asked), folder)
                )
                for number in range(processes)
            ]
        )


@contextmanager
def _player(part: Part, folder: Path) -> Iterator[Player]:
    log = folder / f"generator-{part.process}.log"
    command = [
        *locust_command("http://127.0.0.1", _DISPATCHER), "--headless", "--only-summary", "--users", "1",
        "--exit-code-on-error", "0",
    ]  # fmt: skip
    with running(
        command,
        locust_environ(part),
        log,
        grace_s=_STOP_WITHIN_S,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        yield Player(process, output_lines(process), log, Path(part.records))

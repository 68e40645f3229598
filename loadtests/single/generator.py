"""The load generator of a single run: a Locust process, and its reports."""

from __future__ import annotations

import queue
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from loadtests.checkout import PROJECT
from loadtests.children import last_lines, output_lines, running
from loadtests.errors import LabError
from loadtests.load.locust_process import locust_command, locust_environ
from loadtests.load.plan import Plan, Report, from_line
from loadtests.options import RunOptions

LOCUSTFILE = PROJECT / "loadtests/locustfile.py"
_FINISH_WITHIN_S = 60
"""The time that the last requests may take; longer than any can, by their time-outs."""
_START_WITHIN_S = 60
_STOP_WITHIN_S = 2
_LOOK_EVERY_S = 0.25


@dataclass(frozen=True)
class Generator:
    """A running Locust; `process` is the root of its process tree."""

    process: psutil.Popen
    log: Path
    ends_within_s: float

    def reports(self) -> Iterator[Report | None]:
        """Its reports until it ends, with None now and then, so that the caller can do other work.

        Raises LabError when it fails or takes far longer than planned.
        """
        lines = output_lines(self.process)
        deadline_s = time.perf_counter() + self.ends_within_s
        while (line := _next(lines)) != "":
            if time.perf_counter() > deadline_s:
                raise self._error(f"did not end within {self.ends_within_s:.0f} s")
            yield from_line(line) if line is not None else None
        if code := self.process.wait():
            raise self._error(f"failed (exit code {code})")

    def _error(self, what: str) -> LabError:
        return LabError(f"the load generator {what}. The end of its log:\n{last_lines(self.log)}")


@contextmanager
def generating(options: RunOptions, host: str, plan: Plan, log: Path) -> Iterator[Generator]:
    """Run Locust with the plan's load on `host`; it stops with the block."""
    command = [
        *locust_command(host, LOCUSTFILE), "--headless", "--only-summary", "--exit-code-on-error", "0",
        "--users", str(options.users), "--spawn-rate", str(options.spawn_rate),
    ]  # fmt: skip
    environ = locust_environ(plan)
    ramp_up_s = options.users / options.spawn_rate
    ends_within_s = _START_WITHIN_S + ramp_up_s + plan.warmup_s + plan.duration_s + _FINISH_WITHIN_S
    with running(command, environ, log, grace_s=_STOP_WITHIN_S, stdout=subprocess.PIPE) as process:
        yield Generator(process, log, ends_within_s)


def _next(lines: queue.SimpleQueue[str]) -> str | None:
    try:
        return lines.get(timeout=_LOOK_EVERY_S)
    except queue.Empty:
        return None

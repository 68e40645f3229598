"""The load generator: Locust in a process of its own, because it patches the standard library where it is imported."""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from loadtests import environment
from loadtests.children import last_lines, output_lines, running
from loadtests.comparison.orders import Part
from loadtests.errors import LabError
from loadtests.options import RunOptions
from loadtests.plan import Plan, Report, from_line
from loadtests.targets import ALLOW_VARIABLE

LOCUSTFILE = Path(__file__).with_name("locustfile.py")
_FINISH_WITHIN_S = 60
"""How long the last requests may take; longer than any can, by their time-outs."""
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
        """What it says until it ends, with None now and then, so that the caller can look after other things.

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
    """Locust with the plan's load on `host`; stopped with the block."""
    command = [
        *locust_command(host), "--headless", "--only-summary", "--exit-code-on-error", "0",
        "--users", str(options.users), "--spawn-rate", str(options.spawn_rate),
    ]  # fmt: skip
    environ = locust_environ(plan)
    ramp_up_s = options.users / options.spawn_rate
    ends_within_s = _START_WITHIN_S + ramp_up_s + plan.warmup_s + plan.duration_s + _FINISH_WITHIN_S
    with running(command, environ, log, grace_s=_STOP_WITHIN_S, stdout=subprocess.PIPE) as process:
        yield Generator(process, log, ends_within_s)


def locust_command(host: str, locustfile: Path = LOCUSTFILE) -> list[str]:
    return [sys.executable, "-m", "locust", "-f", str(locustfile), "--host", host]


def locust_environ(plan: Plan | Part) -> dict[str, str]:
    """The environment of Locust, and what the process is told."""
    return worker_environ() | plan.to_environ()


def worker_environ() -> dict[str, str]:
    """The environment of Locust: without a home, whose .locust.conf would change the load unseen."""
    return environment.started(HOME="/nonexistent", **{ALLOW_VARIABLE: os.environ.get(ALLOW_VARIABLE, "")})


def _next(lines: queue.SimpleQueue[str]) -> str | None:
    try:
        return lines.get(timeout=_LOOK_EVERY_S)
    except queue.Empty:
        return None

"""Locust in a process of its own, because importing it patches the standard library."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from loadtests import environment
from loadtests.load.orders import Part
from loadtests.load.plan import Plan
from loadtests.targets import ALLOW_VARIABLE


def locust_command(host: str, locustfile: Path) -> list[str]:
    """The command line of a Locust that runs `locustfile` against `host`."""
    return [sys.executable, "-m", "locust", "-f", str(locustfile), "--host", host]


def locust_environ(plan: Plan | Part) -> dict[str, str]:
    """The environment of Locust, with the process's plan."""
    return worker_environ() | plan.to_environ()


def worker_environ() -> dict[str, str]:
    """The environment of Locust: without a home, whose .locust.conf would change the load unseen."""
    return environment.started(HOME="/nonexistent", **{ALLOW_VARIABLE: os.environ.get(ALLOW_VARIABLE, "")})

"""Locust in a process of its own, because it patches the standard library where it is imported."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from loadtests.load.orders import Part
from loadtests.load.plan import Plan


def locust_command(host: str, locustfile: Path) -> list[str]:
    """The command line of a Locust that runs `locustfile` against `host`."""
    return [sys.executable, "-m", "locust", "-f", str(locustfile), "--host", host]


def locust_environ(plan: Plan | Part) -> dict[str, str]:
    """The lab's environment, with the process's plan."""
    return inherited_environ() | plan.to_environ()


def inherited_environ() -> dict[str, str]:
    """The environment without Locust's own variables, which would change the load unseen."""
    return {name: value for name, value in os.environ.items() if not name.startswith("LOCUST_")}

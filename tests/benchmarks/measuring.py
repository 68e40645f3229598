"""How a benchmark of the lab is run: alone on its machine, and ending as the lab's commands do."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import NoReturn

from rich.console import Console

from loadtests import command
from loadtests.machine_lock import machine_lock
from loadtests.options import LockOptions


def measure(name: str, benchmark: Callable[[], None]) -> NoReturn:
    """Run it while this process holds the machine, and exit."""

    def held() -> None:
        with machine_lock(f"tests.benchmarks.{name}", LockOptions.from_environ(os.environ), Console(stderr=True)):
            benchmark()

    sys.exit(command.run(held))

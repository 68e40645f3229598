"""A run against the stand-in as a process of its own: `python -m tests.harness.interruptible RESULTS`."""

from __future__ import annotations

import sys
from pathlib import Path

from rich.console import Console

from loadtests import interrupts
from loadtests.options import RunOptions
from loadtests.single.run import measure
from tests.harness.conftest import BACKEND, STANDIN
from tests.harness.standin import CATALOGUE

if __name__ == "__main__":
    interrupts.install()
    options = RunOptions.from_environ({"USERS": "3", "DURATION": "60s", "WARMUP": "0s"})
    measure(STANDIN, options, BACKEND, CATALOGUE, Console(), Path(sys.argv[1]))

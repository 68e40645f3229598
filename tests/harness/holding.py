"""Holds the machine until its standard input ends: `python -m tests.harness.holding [COMMAND…]`.

A command that is given runs meanwhile, in a session of its own, and outlives this process.
"""

from __future__ import annotations

import os
import subprocess
import sys

from rich.console import Console

from loadtests import command
from loadtests.machine_lock import machine_lock
from loadtests.options import LockOptions


def hold() -> None:
    with machine_lock("make holding", LockOptions.from_environ(os.environ), Console()):
        if len(sys.argv) > 1:
            subprocess.Popen(sys.argv[1:], start_new_session=True)
        print("held", flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    sys.exit(command.run(hold))

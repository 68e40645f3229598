"""`make claims`: tests every claim, or the one named by ONLY."""

from __future__ import annotations

from loadtests import command  # before every import that may fail

# isort: split

import os
import sys
import time
from typing import Annotated

from pydantic import Field

from loadtests import backend
from loadtests.comparison import disturbance, preflight
from loadtests.console import Output
from loadtests.machine_lock import machine_lock
from loadtests.options import BackendOptions, LockOptions, Options
from loadtests.runs import RESULTS, check_writable

_WINDOW_S = 0.5
"""As long as most slices of claims."""


class ClaimOptions(Options):
    """The choice of claims to test."""

    only: Annotated[str | None, Field(description="the one claim to try")] = None
    busy: Annotated[bool, Field(description="measure although the machine is busy with other work")] = False


def main() -> int:
    return command.run(_try_out, when_interrupted="interrupted: nothing was kept")


def _try_out() -> None:
    from claims import ledger, runner  # reads the contenders, which may fail

    console = Output()
    check_writable(RESULTS)
    options = ClaimOptions.from_environ(os.environ)
    claims = ledger.find(options.only)
    backend_options = BackendOptions.from_environ(os.environ)
    backend_options.check_real("claims")
    with machine_lock("make claims", LockOptions.from_environ(os.environ), console):
        until_s = time.perf_counter() + runner.MOST_S
        console.print(runner.announcement(claims, busy=options.busy), highlight=False, soft_wrap=True)
        behind = backend.up(backend_options, console)
        if not options.busy:
            preflight.check_idle()
        guard = None if options.busy else disturbance.guard(behind.pids, _WINDOW_S, runner.replay_budget(claims))
        runner.run(claims, behind, console, RESULTS, guard, until_s)


if __name__ == "__main__":
    sys.exit(main())

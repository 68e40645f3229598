"""`make claims`: tests every claim, or the one named by ONLY."""

from __future__ import annotations

from loadtests import command  # before every import that may fail

# isort: split

import os
import sys
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
    with machine_lock("make claims", LockOptions.from_environ(os.environ), console):
        behind = backend.up(BackendOptions.from_environ(os.environ), console)
        if not options.busy:
            preflight.check_idle()
        planned_s = sum(claim.whole_s for claim in claims)
        guard = None if options.busy else disturbance.guard(behind.pid, _WINDOW_S, disturbance.Budget.of_run(planned_s))
        runner.run(claims, behind, console, RESULTS, guard)


if __name__ == "__main__":
    sys.exit(main())

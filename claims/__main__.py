"""`make claims`: tries every claim, or the one named by ONLY."""

from __future__ import annotations

import os
import sys
from typing import Annotated

from pydantic import Field
from rich.console import Console

from loadtests import backend, interrupts
from loadtests.__main__ import INTERRUPTED
from loadtests.comparison import preflight
from loadtests.errors import LabError
from loadtests.options import BackendOptions, Options
from loadtests.runs import RESULTS


class ClaimOptions(Options):
    """Which claims are tried."""

    only: Annotated[str | None, Field(description="the one claim to try")] = None
    busy: Annotated[bool, Field(description="measure although the machine is busy with other work")] = False


def main() -> int:
    interrupts.install()
    try:
        _try_out(Console())
    except LabError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("interrupted: nothing was kept", file=sys.stderr)
        return INTERRUPTED
    return os.EX_OK


def _try_out(console: Console) -> None:
    from claims import ledger, runner  # reads the contenders, and so may fail

    options = ClaimOptions.from_environ(os.environ)
    claims = ledger.find(options.only)
    behind = backend.up(BackendOptions.from_environ(os.environ), console)
    if not options.busy:
        preflight.check_idle()
    runner.run(claims, behind, console, RESULTS)


if __name__ == "__main__":
    sys.exit(main())

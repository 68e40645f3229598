"""How a command of the lab ends: with an exit code, and with its error in words."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from loadtests import interrupts
from loadtests.errors import LabError

INTERRUPTED = 130
"""The exit code that shells give a command that Ctrl-C ended."""


def run(command: Callable[[], int | None], *, when_interrupted: str = "interrupted") -> int:
    """The exit code: the command's own (None is success), its LabError's, or INTERRUPTED."""
    interrupts.install()
    try:
        return command() or os.EX_OK
    except LabError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print(when_interrupted, file=sys.stderr)
        return INTERRUPTED

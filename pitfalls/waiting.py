"""Waiting for what another process does."""

from __future__ import annotations

import time
from collections.abc import Callable

from loadtests.errors import LabError

_PATIENCE_S = 60
_POLL_S = 0.01


def wait_until(condition: Callable[[], bool], complaint: str) -> None:
    """Poll until the condition holds. Raises LabError with the complaint when it does not within a minute."""
    deadline_s = time.perf_counter() + _PATIENCE_S
    while not condition():
        if time.perf_counter() > deadline_s:
            raise LabError(f"{complaint} after {_PATIENCE_S} s")
        time.sleep(_POLL_S)

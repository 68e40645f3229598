"""Waiting for something that takes seconds, so that a person sees for what and for how long."""

from __future__ import annotations

import time
from collections.abc import Callable

from rich.console import Console

_POLL_S = 0.2


def wait_until(done: Callable[[], bool], what: str, timeout_s: float, console: Console) -> bool:
    """Poll until `done`; False if it is not within the time. `what` completes the sentence "waiting for …"."""
    if done():
        return True
    if not console.is_terminal:
        console.out(f"waiting for {what}")
    began = time.monotonic()
    with console.status("") as status:
        while not done():
            elapsed_s = time.monotonic() - began
            if elapsed_s > timeout_s:
                return False
            status.update(f"waiting for {what} ({elapsed_s:.0f} s)")
            time.sleep(_POLL_S)
    return True

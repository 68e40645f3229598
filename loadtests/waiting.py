"""Waiting for something that takes time: silently, or with a line that shows what for and how long."""

from __future__ import annotations

import time
from collections.abc import Callable

from rich.console import Console

_POLL_S = 0.05


def wait_until(done: Callable[[], bool], timeout_s: float, each: Callable[[float], None] = lambda _: None) -> bool:
    """Poll until `done`; False if it is not in time. `each` gets the elapsed seconds after each poll."""
    began_s = time.perf_counter()
    while not done():
        elapsed_s = time.perf_counter() - began_s
        if elapsed_s > timeout_s:
            return False
        each(elapsed_s)
        time.sleep(_POLL_S)
    return True


def wait_visibly(done: Callable[[], bool], what: str, timeout_s: float, console: Console) -> bool:
    """Wait as `wait_until` does, and say so unless it is done at once. `what` completes the sentence "waiting for
    …"."""
    if done():
        return True
    if not console.is_terminal:
        console.out(f"waiting for {what}")
    with console.status("") as status:
        return wait_until(done, timeout_s, lambda elapsed_s: status.update(f"waiting for {what} ({elapsed_s:.0f} s)"))

"""A lock between processes, which the system frees when its holder ends, however it ends."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console


@contextmanager
def exclusive(lock: Path, holder: str, console: Console) -> Iterator[None]:
    """Hold the file `lock`. Waits while another process holds it, and prints that it waits for `holder`."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(lock, os.O_RDONLY | os.O_CREAT, 0o644)
    try:
        _acquire(descriptor, holder, console)
        yield
    finally:
        os.close(descriptor)


def _acquire(descriptor: int, holder: str, console: Console) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        console.out(f"waiting for {holder} to finish")
        fcntl.flock(descriptor, fcntl.LOCK_EX)

"""Ctrl-C and similar signals: each ends the work once, by an exception, and never between a start and its record."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def install() -> None:
    """Let the first signal raise KeyboardInterrupt, and ignore later ones, so that nothing cuts the clean-up short."""
    for number in SIGNALS:
        signal.signal(number, _interrupt)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    for number in SIGNALS:
        signal.signal(number, _pass_over)
    raise KeyboardInterrupt


def _pass_over(_number: int, _frame: FrameType | None) -> None:
    """Ignore the signal. Unlike SIG_IGN, a process started meanwhile does not inherit this handler."""


@contextmanager
def held() -> Iterator[None]:
    """Hold signals back while the block runs; the first of them is delivered at its end."""
    arrived: list[int] = []
    handlers = {number: signal.signal(number, lambda number, _frame: arrived.append(number)) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    if arrived:
        signal.raise_signal(arrived[0])

"""Waiting for what must come to pass, with a deadline instead of a sleep for luck."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(ask: Callable[[], T], within_s: float = 30) -> T:
    """The first true answer. Raises AssertionError when there is none in time."""
    deadline_s = time.monotonic() + within_s
    while not (answer := ask()):
        assert time.monotonic() < deadline_s, f"{ask} was not true within {within_s} s"
        time.sleep(0.05)
    return answer

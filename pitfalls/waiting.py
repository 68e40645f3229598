"""Waiting for what another process does."""

from __future__ import annotations

from collections.abc import Callable

from loadtests import waiting
from loadtests.errors import LabError

_PATIENCE_S = 60


def wait_until(condition: Callable[[], bool], complaint: str) -> None:
    """Poll until the condition holds. Raises LabError with the complaint when it does not within a minute."""
    if not waiting.wait_until(condition, _PATIENCE_S):
        raise LabError(f"{complaint} after {_PATIENCE_S} s")

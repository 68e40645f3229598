"""One deadline for all that an operation waits for at once: a call, or a list of calls however they fan out.

The driver begins it, and the connection pool of either twin, which knows nothing of lists, bounds each request by what
is left. It is kept in the context of the request: its tasks have that by themselves, a thread has to be given a copy.
"""

from __future__ import annotations

from contextvars import ContextVar
from math import inf
from time import monotonic

from shared import problems

_SHORTEST_S = 0.001
"""Zero would mean no limit to a connection pool."""

_deadline_s: ContextVar[float] = ContextVar("deadline_s", default=inf)


def begin(limit_s: float) -> None:
    """The calls made from now on, in this context and its copies, have so many seconds together."""
    _deadline_s.set(monotonic() + limit_s)


def check() -> None:
    """Whether a call may still be sent. Raises TooSlow after the deadline."""
    if monotonic() >= _deadline_s.get():
        raise problems.too_slow()


def left_s(limit_s: float) -> float:
    """The seconds that a request with this limit of its own may take."""
    return min(limit_s, max(_deadline_s.get() - monotonic(), _SHORTEST_S))

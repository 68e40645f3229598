"""What every answer carries beside its body."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator

SECURITY = (
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "same-origin"),
)
LOAD_NOTHING = "default-src 'none'; frame-ancestors 'none'"
"""The Content-Security-Policy of an answer that has none of its own."""

MAX_HEAD_BYTES = 64 * 1024
"""How long a request's line and headers may be together."""

MAX_FIELDS = 100
MAX_FIELD_BYTES = 8190
"""How many headers a request may have, and how long one may be: gunicorn's own defaults."""

LINGER_S = 2
"""How long a client gets to take a last answer, or a last request to arrive, before its connection is closed."""

_is_sane_id = re.compile(r"[A-Za-z0-9._-]{1,64}").fullmatch


def request_id(offered: str | None) -> str:
    """The client's own id if it is harmless in a header and a log, else a new one."""
    return offered if offered and _is_sane_id(offered) else f"{random.getrandbits(128):032x}"


def server_timing(elasticsearch_s: float, app_s: float, resends: int) -> str:
    """The times in ms, as Server Timing (W3C) has it.

    `elasticsearch_s` is the time that the view waited for the Elasticsearch client, `app_s` all the time in the app.
    The number of stale-connection resends is the description of a metric that is left out where there were none.
    """
    resent = f', resend;desc="{resends}"' if resends else ""
    return f"es;dur={elasticsearch_s * 1000:.3f}, app;dur={app_s * 1000:.3f}{resent}"


def of_answer(request_id: str, timing: str, own: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """What every answer gets beside its own headers."""
    yield "X-Request-ID", request_id
    yield "Server-Timing", timing
    yield from SECURITY
    if not any(name == "Content-Security-Policy" for name, _ in own):
        yield "Content-Security-Policy", LOAD_NOTHING

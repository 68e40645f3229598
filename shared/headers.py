"""The headers of every response, and the limits of a request's headers."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable

SECURITY = (
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "same-origin"),
)
_POLICY = "Content-Security-Policy"
LOAD_NOTHING = "default-src 'none'; frame-ancestors 'none'"
"""The Content-Security-Policy of a response that sets none of its own."""

MAX_HEAD_BYTES = 64 * 1024
"""The limit of a request line and its headers together."""

MAX_FIELDS = 100
MAX_FIELD_BYTES = 8190
"""The limits for the number of headers and for the length of one: gunicorn's defaults."""

LINGER_S = 2
"""The time that a client gets to read a last response, or to finish a last request, before its connection closes."""

_is_sane_id = re.compile(r"[A-Za-z0-9._-]{1,64}").fullmatch


def request_id(offered: str | None) -> str:
    """The client's own id if it is harmless in a header and a log, otherwise a new one."""
    return offered if offered and _is_sane_id(offered) else f"{random.getrandbits(128):032x}"


def server_timing(elasticsearch_s: float, app_s: float, resends: int) -> str:
    """The times in ms, in the form of Server Timing (W3C).

    `elasticsearch_s` is the time that the view waited for the Elasticsearch client, `app_s` the whole time in the app.
    The number of stale-connection resends is the description of the metric `resend`, which is absent when there were
    none.
    """
    resent = f', resend;desc="{resends}"' if resends else ""
    return f"es;dur={elasticsearch_s * 1000:.3f}, app;dur={app_s * 1000:.3f}{resent}"


def of_response(request_id: str, timing: str, own: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The headers that every response gets beside its own."""
    ours = [("X-Request-ID", request_id), ("Server-Timing", timing), *SECURITY]
    return ours if _POLICY in dict(own) else [*ours, (_POLICY, LOAD_NOTHING)]

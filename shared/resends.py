"""Stale-connection resends: a read is sent again, once, on a new connection.

A server may close a kept connection just when a request is sent on it (RFC 9112, 9.3.1). Then no response comes, and
the client can't know whether the server took the request: a write is never sent again. A resend is no retry after a
refusal or a time-out, and both attempts share one deadline. The driver names the call that it makes. Each twin's
connection pool, which knows nothing of calls, sees what happened to a connection, and asks here for a resend.
"""

from __future__ import annotations

from contextvars import ContextVar

from shared.operations import Call
from shared.telemetry import Telemetry


class _Delivery:
    """A call on its way to Elasticsearch."""

    __slots__ = ("account", "is_resend", "may_be_resent")

    def __init__(self, account: Telemetry, may_be_resent: bool) -> None:
        self.account = account
        self.may_be_resent = may_be_resent
        self.is_resend = False


_current: ContextVar[_Delivery | None] = ContextVar("delivery", default=None)


def deliver(call: Call, account: Telemetry) -> None:
    """Name the call that this task or thread makes next, and the account that counts its resend."""
    _current.set(_Delivery(account, call.only_reads))


def begin() -> bool:
    """Whether to send the call again now, which counts a resend. True at most once for a call, and only for a read."""
    delivery = _current.get()
    if delivery is None or not delivery.may_be_resent:
        return False
    delivery.may_be_resent = False
    delivery.is_resend = True
    delivery.account.add_resend()
    return True


def under_way() -> bool:
    """Whether this is a resend, which needs a new connection."""
    delivery = _current.get()
    return delivery is not None and delivery.is_resend

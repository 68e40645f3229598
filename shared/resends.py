"""Stale-connection resends: a call that only reads is sent again, once, on a new connection.

A server may close a kept connection at the moment at which a request is sent on it (RFC 9112, 9.3.1). Then no response
comes, and the client can't tell whether the server took the request: a write is never sent again. A resend is no retry
of a refusal or a time-out, and both tries share one deadline. The driver says which call it makes; the connection pool
of either twin, which knows nothing of calls, sees what became of a connection, and asks here for a resend.
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
    """Say which call this task or thread makes next, and on whose account its resend is counted."""
    _current.set(_Delivery(account, call.only_reads))


def begin() -> bool:
    """Whether the call is to be sent again now, which is counted. At most once a call, and only if it only reads."""
    delivery = _current.get()
    if delivery is None or not delivery.may_be_resent:
        return False
    delivery.may_be_resent = False
    delivery.is_resend = True
    delivery.account.add_resend()
    return True


def under_way() -> bool:
    """Whether the call is being sent again, for which no kept connection will do."""
    delivery = _current.get()
    return delivery is not None and delivery.is_resend

"""What the twins' WSGI middleware does, for applications that speak ASGI themselves."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from shared import telemetry
from shared.telemetry import Telemetry

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]


def measured(app: AsgiApp) -> AsgiApp:
    """The application, with an account for each request and the headers that report it, as `shared.telemetry` does."""
    in_flight: set[Telemetry] = set()

    async def measuring(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        requested_id = dict(scope["headers"]).get(b"x-request-id")
        account = telemetry.begin(requested_id and requested_id.decode("latin-1"), in_flight)

        async def send_with_account(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = [(name.decode("latin-1").title(), value.decode("latin-1")) for name, value in message["headers"]]
                ours = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in account.headers(own)]
                message = {**message, "headers": [*message["headers"], *ours]}
            await send(message)

        in_flight.add(account)
        try:
            await app(scope, receive, send_with_account)
        finally:
            in_flight.discard(account)

    return measuring

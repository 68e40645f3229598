"""For the cured form: an aioflask application that cancels a request whose client leaves."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import aioflask

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Flask(aioflask.Flask):
    async def asgi_app(self, scope: Message, receive: Receive, send: Send) -> None:
        has_body = asyncio.Event()
        has_response = asyncio.Event()

        async def receive_body() -> Message:
            message = await receive()
            if not message.get("more_body"):
                has_body.set()
            return message

        async def send_response(message: Message) -> None:
            if message["type"] == "http.response.body" and not message.get("more_body"):
                has_response.set()
            await send(message)

        async def cancel_when_left() -> None:
            await has_body.wait()
            await receive()  # the request is whole: this returns when the client leaves, or when all is sent
            if not has_response.is_set():
                request.cancel()

        request = asyncio.create_task(super().asgi_app(scope, receive_body, send_response))
        listener = asyncio.create_task(cancel_when_left())
        await asyncio.wait([request])
        listener.cancel()
        if not request.cancelled():
            request.result()

"""uvicorn's protocol, with limits for slow, endless and greedy clients.

uvicorn waits for a request as long as the client likes, and takes a head of any length. Here

- a request's head and the taking of its response each have a time limit (asgi.py has that of the body);
- the head has a limit of length, and its fields have gunicorn's limits;
- an offer to upgrade is ignored, and the body of its request is read;
- a server that stops leaves idle connections a moment, for a request that may be on its way.
"""

from __future__ import annotations

import asyncio
import os
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from async_app import TWIN
from shared.headers import LINGER_S, MAX_FIELD_BYTES, MAX_FIELDS, MAX_HEAD_BYTES
from shared.settings import Settings

_limit_s = Settings.from_environ(os.environ, TWIN).client_timeout_s

_INVALID = "Invalid HTTP request received."
_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

_LEAST_LOOKED_AT_BYTES = MAX_FIELD_BYTES + 1
"""A shorter head has no field that is too large."""


class _TooLarge(Exception):
    """Raised to the parser, which ends the parsing."""


class Protocol(HttpToolsProtocol):
    """The protocol class that `server.py` gives to uvicorn."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._is_in_head = False
        self._has_completed = False
        self._is_refused = False
        self._is_stopping = False
        self._is_declining_upgrade = False
        self._head_bytes = 0
        self._head_timer: asyncio.TimerHandle | None = None
        self._answer_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._start_head_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._stop_head_timer()
        self._stop_answer_timer()

    def data_received(self, data: bytes) -> None:
        if self._is_refused:
            return
        self._head_bytes += len(data)
        self._has_completed = False
        self._unset_keepalive_if_required()
        try:
            while data:
                data = self._parse_to_upgrade(data)
        except httptools.HttpParserError:
            self.logger.warning(_INVALID)
            self.send_400_response(_INVALID)
        if self._is_in_head:
            if self._has_completed:
                # The head began after other messages in these data. Where is not known: it counts from the next on.
                self._head_bytes = min(self._head_bytes, _LEAST_LOOKED_AT_BYTES)
            self._await_rest_of_head()
        else:
            self._head_bytes = 0

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._is_in_head = True

    def on_headers_complete(self) -> None:
        self._is_in_head = False
        self._stop_head_timer()
        if self._is_declining_upgrade:
            return
        if self._has_too_large_fields():
            self._refuse()
            raise _TooLarge
        super().on_headers_complete()
        if self._is_stopping:
            self.cycle.keep_alive = False

    def on_message_complete(self) -> None:
        self._has_completed = True
        if not self.parser.should_upgrade():
            super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        if not self._is_refused:
            super().send_400_response(msg)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._answer_timer = self.loop.call_later(_limit_s, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stop_answer_timer()

    def shutdown(self) -> None:
        self._is_stopping = True
        if self._is_busy():
            super().shutdown()
        else:
            self._unset_keepalive_if_required()
            self.timeout_keep_alive_task = self.loop.call_later(LINGER_S, self.timeout_keep_alive_handler)

    def _parse_to_upgrade(self, data: bytes) -> bytes:
        """Parse up to a head that offers an upgrade. Returns the bytes after it."""
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as offer:
            self._decline_upgrade()
            return data[offer.args[0] :]
        return b""

    def _decline_upgrade(self) -> None:
        """Set a new parser, which has read this head without the offer, for the bytes that follow.

        httptools ends a message with the head that offers an upgrade: it takes the body for another protocol's.
        """
        framing = [field for field in self.headers if field[0] in (b"content-length", b"transfer-encoding")]
        head = b"".join([b"POST / HTTP/1.1\r\n", *(b"%s: %s\r\n" % field for field in framing), b"\r\n"])
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self._is_declining_upgrade = True
        self.parser.feed_data(head)
        self._is_declining_upgrade = False

    def _is_busy(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _has_too_large_fields(self) -> bool:
        return len(self.headers) > MAX_FIELDS or (
            self._head_bytes >= _LEAST_LOOKED_AT_BYTES
            and any(len(name) + len(value) > MAX_FIELD_BYTES for name, value in self.headers)
        )

    def _await_rest_of_head(self) -> None:
        if self._head_bytes > MAX_HEAD_BYTES:
            self._refuse()
        elif self._head_timer is None:
            self._start_head_timer()

    def _start_head_timer(self) -> None:
        self._head_timer = self.loop.call_later(_limit_s, self._give_up)

    def _give_up(self) -> None:
        if self._is_busy():  # with the request before this one
            self._start_head_timer()
        else:
            self.transport.close()

    def _refuse(self) -> None:
        """Linger: closed at once, while its client sends, the connection would be reset and the response lost."""
        self._is_refused = True
        self.transport.write(_TOO_LARGE)
        self.transport.write_eof()
        self.loop.call_later(LINGER_S, self.transport.close)

    def _stop_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _stop_answer_timer(self) -> None:
        if self._answer_timer is not None:
            self._answer_timer.cancel()
            self._answer_timer = None

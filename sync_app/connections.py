"""gunicorn's threaded worker, with limits for slow, endless and greedy clients.

gunicorn reads requests in the threads that serve them, and waits as long as the client likes. Here

- a connection on which nothing has come yet costs no thread;
- a request's head, its body and the taking of its response each have a time limit, and the head a limit of length;
- the body is received before the application runs; if it is too long or too slow, reading it raises a 413 or 408;
- a connection that closes while its client sends lingers, or the response would be lost, and not in the thread that
  serves all connections;
- a worker that stops accepts the clients that have connected already, then refuses connections at once.
"""

from __future__ import annotations

import contextlib
import errno
import io
import select
import socket
import sys
import time
from functools import partial
from selectors import EVENT_READ
from typing import Any, NoReturn

from gunicorn.http.errors import LimitRequestHeaders, NoMoreData, ParseException
from gunicorn.http.message import Request
from gunicorn.workers.gthread import TConn, ThreadWorker
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge, RequestTimeout

from shared.headers import LINGER_S, MAX_HEAD_BYTES


class Connection(socket.socket):
    """A client's connection, which ends when the client is too slow.

    Its socket never blocks. It is waited for only where nothing has come yet, or nothing more can be sent: each time
    limit set on a socket is a system call, and so is each wait under one. Threads contend for the interpreter after
    every system call.
    """

    is_late = False
    _has_answered = False
    _deadline_s = 0.0
    _limit_s = 0.0
    _left_bytes = 0

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        super().setblocking(False)

    def expect(self, limit_bytes: int, limit_s: float) -> None:
        """Limit the bytes received from now on, and the time until they are received."""
        self._left_bytes = limit_bytes
        self._limit_s = limit_s
        self._deadline_s = time.monotonic() + limit_s
        self.is_late = False
        self._has_answered = False

    def setblocking(self, flag: bool) -> None:
        """Nothing: gunicorn sets it around each request."""

    def settimeout(self, value: float | None) -> None:
        """Nothing: gunicorn limits the rest of a body, of which this worker leaves none."""

    def gettimeout(self) -> float:
        """The limit for a wait of `sendfile`."""
        return self._limit_s

    def recv(self, size: int, flags: int = 0) -> bytes:
        try:
            received = super().recv(size, flags)
        except BlockingIOError:
            if not self._comes(select.POLLIN, self._deadline_s):
                self.is_late = True
                return b""
            return self.recv(size, flags)
        self._left_bytes -= len(received)
        if self._left_bytes < 0:
            raise LimitRequestHeaders("the request's head is too long")
        return received

    def sendall(self, data: Any, flags: int = 0) -> None:
        deadline_s = time.monotonic() + self._limit_s
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[super().send(rest, flags) :]
            except BlockingIOError as error:
                if not self._comes(select.POLLOUT, deadline_s):
                    self._has_answered = False
                    raise BrokenPipeError(errno.EPIPE, "the client does not take its response") from error
        self._has_answered = True

    def linger(self) -> None:
        """Let the client read a response before the connection closes: discard what the client still sends."""
        has_answered = self._has_answered
        self.expect(sys.maxsize, LINGER_S)
        with contextlib.suppress(OSError):  # the client has gone already
            self.shutdown(socket.SHUT_WR)
            while has_answered and self.recv(65536):
                pass
            self.shutdown(socket.SHUT_RD)

    def _comes(self, event: int, deadline_s: float) -> bool:
        """Wait for the event. Returns whether it came before the deadline."""
        events = select.poll()
        events.register(self, event)
        return bool(events.poll(max(deadline_s - time.monotonic(), 0) * 1000))


class Body(io.BytesIO):
    """A body that was received whole."""

    failed = False


class Refused(Body):
    """A body that was not received to its end; reading it raises the error."""

    def __init__(self, error: HTTPException) -> None:
        super().__init__()
        self._error = error

    def read(self, _size: int | None = -1) -> NoReturn:
        raise self._error


class Worker(ThreadWorker):  # type: ignore[misc]
    """The worker class that `gunicorn_conf.py` names."""

    def enqueue_req(self, conn: TConn) -> None:
        if conn.data_ready:
            super().enqueue_req(conn)
        else:
            self._await_first_byte(conn)

    def handle(self, conn: TConn) -> Any:
        conn.sock.expect(MAX_HEAD_BYTES, self._limit_s)
        kept = super().handle(conn)
        if not kept:
            conn.sock.linger()
        return kept

    def handle_request(self, req: Request, conn: TConn) -> Any:
        if _declared_bytes(req) != 0:
            req.body = self._receive_body(req, conn.sock)
        return super().handle_request(req, conn)

    def set_accept_enabled(self, enabled: bool) -> None:
        super().set_accept_enabled(enabled)
        if not (enabled or self.alive):
            self._accept_the_last()

    def _cap_keepalive(self, deadline: float) -> None:
        super()._cap_keepalive(deadline)
        for conn in self.pending_conns:
            conn.timeout = min(conn.timeout, deadline)

    @property
    def _limit_s(self) -> float:
        limit_s: float = self.wsgi.config["CLIENT_TIMEOUT_S"]
        return limit_s

    def _await_first_byte(self, conn: TConn) -> None:
        sock = conn.sock
        conn.sock = Connection(sock.family, sock.type, sock.proto, sock.detach())
        conn.timeout = time.monotonic() + self._limit_s
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def _accept_the_last(self) -> None:
        for listener in self.sockets:
            while select.select([listener], [], [], 0)[0]:
                self.accept(listener)
            listener.close()

    def _receive_body(self, req: Request, connection: Connection) -> Body:
        """Receive the body. Raises NoMoreData when the client leaves, and gunicorn's own errors for malformed
        chunks, which gunicorn turns into responses."""
        declared_bytes = _declared_bytes(req) or 0
        limit_bytes = self.wsgi.config["MAX_CONTENT_LENGTH"]
        if declared_bytes > limit_bytes:
            return _refused(req, RequestEntityTooLarge())
        _continue(req, connection)
        connection.expect(sys.maxsize, self._limit_s)
        raw = _read(req, connection, limit_bytes + 1)
        if connection.is_late:
            return _refused(req, RequestTimeout())
        if len(raw) < declared_bytes:
            raise NoMoreData
        if not declared_bytes:
            _declare(req, len(raw))
        return Body(raw) if len(raw) <= limit_bytes else _refused(req, RequestEntityTooLarge())


def _declared_bytes(req: Request) -> int | None:
    """The length of a request's body; None for a chunked one."""
    return getattr(req.body.reader, "length", None)


def _declare(req: Request, length_bytes: int) -> None:
    """Give a chunked body the length that WSGI needs."""
    kept = [field for field in req.headers if field[0] != "TRANSFER-ENCODING"]
    req.headers = [*kept, ("CONTENT-LENGTH", str(length_bytes))]


def _continue(req: Request, connection: Connection) -> None:
    if req._expected_100_continue:
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        req._expected_100_continue = False


def _read(req: Request, connection: Connection, at_most_bytes: int) -> bytes:
    try:
        raw: bytes = req.body.reader.read(at_most_bytes)
    except (NoMoreData, ParseException):
        if not connection.is_late:
            raise
        return b""
    return raw


def _refused(req: Request, error: HTTPException) -> Refused:
    req.force_close()
    req._expected_100_continue = False
    return Refused(error)

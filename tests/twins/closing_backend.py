"""A balancer before Elasticsearch that breaks connections as a test wants, and writes down every request it reads."""

from __future__ import annotations

import http.client
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

Fate = Callable[["Handler", bytes], None]
"""What becomes of an exchange, given the handler of its connection and the request's body."""


class Balancer:
    """The proxy on `url`; `requests` holds what reached it, `fate` says what becomes of an exchange.

    `left` holds those requests whose client closed the connection while it was held.
    """

    def __init__(self, elasticsearch_url: str) -> None:
        self.url = ""
        self.elasticsearch = urlsplit(elasticsearch_url).netloc
        self.connections: set[socket.socket] = set()
        self.requests: list[str] = []
        self.left: list[str] = []
        self.fate: Callable[[Handler], Fate] = always(answered)

    def begin(self, fate: Callable[[Handler], Fate]) -> None:
        """Count anew; connections stay."""
        self.requests.clear()
        self.left.clear()
        self.fate = fate

    def close_idle(self) -> None:
        """Close every connection; none is in use."""
        for connection in [*self.connections]:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class Handler(BaseHTTPRequestHandler):
    """One connection; `number` counts its exchanges, from 1."""

    protocol_version = "HTTP/1.1"
    balancer: Balancer
    number = 0

    def setup(self) -> None:
        super().setup()
        self.balancer.connections.add(self.connection)

    def finish(self) -> None:
        self.balancer.connections.discard(self.connection)
        super().finish()

    def pass_on(self, body: bytes) -> tuple[int, bytes, dict[str, str]]:
        """Elasticsearch's answer."""
        upstream = http.client.HTTPConnection(self.balancer.elasticsearch)
        headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
        upstream.request(self.command, self.path, body, headers)
        response = upstream.getresponse()
        kept = {name: response.headers[name] for name in ("Content-Type", "X-Elastic-Product")}
        content = response.read()
        upstream.close()
        return response.status, content, kept

    def answer(self, body: bytes, part: float = 1) -> None:
        """Answer with this part of what Elasticsearch answers, from its beginning."""
        status, content, headers = self.pass_on(body)
        head = [f"HTTP/1.1 {status} Told", f"Content-Length: {len(content)}"]
        head += [f"{name}: {value}" for name, value in headers.items()]
        whole = "\r\n".join([*head, "", ""]).encode() + content
        self.wfile.write(whole[: int(len(whole) * part)])

    def _exchange(self) -> None:
        self.number += 1
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.balancer.requests.append(f"{self.command} {self.path.partition('?')[0]}")
        self.balancer.fate(self)(self, body)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _exchange  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


def always(fate: Fate) -> Callable[[Handler], Fate]:
    """This fate for every exchange."""
    return lambda _handler: fate


def when_kept(fate: Fate) -> Callable[[Handler], Fate]:
    """This fate for every exchange on a connection that has served one before."""
    return lambda handler: fate if handler.number > 1 else answered


def answered(handler: Handler, body: bytes) -> None:
    handler.answer(body)


def closed(handler: Handler, _body: bytes) -> None:
    handler.close_connection = True


def reset(handler: Handler, _body: bytes) -> None:
    """The connection ends with RST in the place of FIN."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()
    handler.close_connection = True


def carried_out(handler: Handler, body: bytes) -> None:
    """The request is carried out, and its answer lost."""
    handler.pass_on(body)
    handler.close_connection = True


def cut_in_the_first_line(handler: Handler, _body: bytes) -> None:
    handler.wfile.write(b"HTTP/1.1 2")
    handler.close_connection = True


def cut_in_the_first_line_and_reset(handler: Handler, body: bytes) -> None:
    cut_in_the_first_line(handler, body)
    reset(handler, body)


def cut_in_the_body(handler: Handler, body: bytes) -> None:
    handler.answer(body, part=0.9)
    handler.close_connection = True


def refused(handler: Handler, _body: bytes) -> None:
    """429, as from a full queue."""
    content = b'{"error": {"type": "es_rejected_execution_exception"}, "status": 429}'
    handler.wfile.write(
        b"HTTP/1.1 429 Full\r\nX-Elastic-Product: Elasticsearch\r\nContent-Type: application/json\r\n"
        + f"Content-Length: {len(content)}\r\n\r\n".encode()
        + content
    )


def held(handler: Handler, _body: bytes) -> None:
    """Until the client leaves."""
    if handler.rfile.read(1) == b"":
        handler.balancer.left.append(handler.path)
    handler.close_connection = True


def answered_and_closed(handler: Handler, body: bytes) -> None:
    """Without a word of it in the answer, as by a balancer that closes after so many exchanges."""
    handler.answer(body)
    handler.close_connection = True


@contextmanager
def balancing(elasticsearch_url: str) -> Iterator[Balancer]:
    """A running balancer on 127.0.0.1."""
    balancer = Balancer(elasticsearch_url)

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

        def handle_error(self, *_: object) -> None:
            """A client that leaves is no fault."""

    with Server(("127.0.0.1", 0), type("Bound", (Handler,), {"balancer": balancer})) as server:
        balancer.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=[0.05])
        thread.start()
        try:
            yield balancer
        finally:
            server.shutdown()
            balancer.close_idle()
            thread.join()

"""The agent: an HTTP server on the host of a service, which tells what the service uses and does nothing else."""

from __future__ import annotations

import hmac
import socket
import threading
import time
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from itertools import count
from socketserver import ThreadingTCPServer
from typing import Any

from pydantic import SecretStr
from rich.console import Console

from loadtests.agent import protocol
from loadtests.agent.service import Ended, Service
from loadtests.errors import LabError
from loadtests.options import AgentOptions
from loadtests.resources.sampler import INTERVAL_S, PSS_EVERY
from shared import addresses

MOST_CONNECTIONS = 16
_CLIENT_TIMEOUT_S = 10
"""Time limit of reading a request, and of each write of its response."""
_JSON, _LINES, _TEXT = "application/json", "application/x-ndjson", "text/plain; charset=utf-8"
_FULL = b"HTTP/1.0 503 Service Unavailable\r\nConnection: close\r\n\r\nthe agent has as many connections as it serves\n"


class AgentServer(ThreadingTCPServer):
    """Serves a connection a thread, `MOST_CONNECTIONS` at a time."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, host: str, port: int, service: Service, token: SecretStr) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.service = service
        self.token = token
        self._free = threading.BoundedSemaphore(MOST_CONNECTIONS)
        super().__init__((host, port), Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            with suppress(OSError):
                request.sendall(_FULL)
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()


class Handler(BaseHTTPRequestHandler):
    """Responds to one request and closes the connection (HTTP/1.0)."""

    server: AgentServer
    timeout = _CLIENT_TIMEOUT_S
    wbufsize = -1
    """Head and body leave together."""

    def handle(self) -> None:
        """Reads the whole request within the time limit, however slowly it arrives; a response may take longer."""
        hearing = threading.Timer(_CLIENT_TIMEOUT_S, self._hear_no_more)
        hearing.start()
        try:
            with suppress(ConnectionError, TimeoutError):  # who asked has left
                super().handle()
        finally:
            hearing.cancel()

    def _hear_no_more(self) -> None:
        with suppress(OSError):  # nobody is there any more
            self.connection.shutdown(socket.SHUT_RD)

    def parse_request(self) -> bool:
        """Whoever has no token learns nothing, and whoever has it can only read."""
        return super().parse_request() and self._has_token() and self._is_get()

    def do_GET(self) -> None:
        try:
            self._tell()
        except Ended as error:
            self._send(HTTPStatus.GONE, f"{error}\n")

    def version_string(self) -> str:
        return "twinlab-agent"

    def log_message(self, *_: Any) -> None:
        """Nothing: a line a reading would tell nobody anything."""

    def _has_token(self) -> bool:
        """Returns whether the request has the token; without it, sends the response 401."""
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        ours = self.server.token.get_secret_value().encode()
        if scheme.lower() == "bearer" and hmac.compare_digest(token.strip().encode(), ours):
            return True
        words = "give the token that the agent was started with, its AGENT_TOKEN\n"
        self._send(HTTPStatus.UNAUTHORIZED, words, **{"WWW-Authenticate": "Bearer"})
        return False

    def _is_get(self) -> bool:
        """Returns whether the method is GET; for any other, sends the response 405."""
        if self.command == "GET":
            return True
        self._send(HTTPStatus.METHOD_NOT_ALLOWED, "an agent tells, by GET, and does nothing else\n", Allow="GET")
        return False

    def _tell(self) -> None:
        service = self.server.service
        match self.path:
            case protocol.READING:
                self._send(HTTPStatus.OK, service.read().to_line(), _JSON)
            case protocol.USS:
                self._send(HTTPStatus.OK, protocol.uss_to_line(service.uss_bytes()), _JSON)
            case protocol.SAMPLES:
                self._stream(service)
            case _:
                self._send(
                    HTTPStatus.NOT_FOUND, f"there are {protocol.READING}, {protocol.SAMPLES} and {protocol.USS}\n"
                )

    def _stream(self, service: Service) -> None:
        """Until the service ends, or who asked leaves."""
        self._send(HTTPStatus.OK, service.read(with_pss=True).to_line(), _LINES)
        with suppress(Ended):
            for number in count(1):
                self.wfile.flush()
                time.sleep(INTERVAL_S)
                self.wfile.write(service.read(with_pss=number % PSS_EVERY == 0).to_line().encode())

    def _send(self, status: HTTPStatus, content: str, content_type: str = _TEXT, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": content_type, "Cache-Control": "no-store", **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content.encode())


def serve(options: AgentOptions, console: Console) -> None:
    """Until it is interrupted. Raises LabError where there is no service to tell of, or it can't listen."""
    service = Service.on(options.port)
    with _listening(options, service) as agent:
        console.print(
            f"telling what process {service.pid} on port {options.port} uses at "
            f"http://{addresses.with_port(options.agent_host, options.agent_port)}; Ctrl-C ends it",
            highlight=False,
            soft_wrap=True,
        )
        with suppress(KeyboardInterrupt):
            agent.serve_forever()


def _listening(options: AgentOptions, service: Service) -> AgentServer:
    try:
        return AgentServer(options.agent_host, options.agent_port, service, options.agent_token)
    except OSError as error:
        raise LabError(
            f"the agent can't listen on port {options.agent_port} of {options.agent_host} ({error}): give it another "
            "one by AGENT_PORT=, or an address of this host by AGENT_HOST="
        ) from error

"""uvicorn in a process of its own, before aioflask's own edge and before the repaired one."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.conftest import free_port
from tests.waiting import eventually

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Service:
    """A served application, over TCP or a unix socket."""

    process: subprocess.Popen[bytes]
    log: Path
    port: int
    uds: str | None

    def client(self) -> httpx.Client:
        url = f"http://127.0.0.1:{self.port}"
        return httpx.Client(base_url=url, transport=httpx.HTTPTransport(uds=self.uds))

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)

    def answers(self) -> bool:
        if self.process.poll() is not None:
            return True
        try:
            with self.client() as client:
                return client.get("/told").status_code > 0
        except httpx.TransportError:
            return False


@contextmanager
def running(edge: str, folder: Path, *options: str) -> Iterator[Service]:
    """uvicorn before an application of the module `service`, answering or already ended."""
    port = free_port()
    uds = str(folder / "socket") if "--uds" in options else None
    where = ["--uds", str(uds)] if uds else ["--port", str(port)]
    command = [sys.executable, "-m", "uvicorn", f"tests.edge.service:{edge}_app", *where]
    command += [option for option in options if option != "--uds"]
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, stderr=output, stdout=output)
    service = Service(process, log, port, uds)
    try:
        eventually(service.answers)
        yield service
    finally:
        process.terminate()
        process.wait(timeout=30)


Serve = Callable[..., Service]


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """Gives the service of an edge under options of uvicorn, the same one each time."""
    with ExitStack() as stack:
        services: dict[tuple[str, ...], Service] = {}

        def get(edge: str, *options: str) -> Service:
            key = (edge, *options)
            if key not in services:
                folder = tmp_path_factory.mktemp(edge)
                services[key] = stack.enter_context(running(edge, folder, *options))
            return services[key]

        yield get

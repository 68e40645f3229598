"""Agents as `make agent` starts them, and the lab's side of them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psutil
from pydantic import SecretStr

from loadtests.agent.remote import Agent
from loadtests.children import running
from loadtests.servers import HOST, is_responding
from tests.conftest import free_port
from tests.waiting import eventually

TOKEN = SecretStr("known-to-these-tests-only")


def environ(service: str, host: str, port: int) -> dict[str, str]:
    """Of an agent that tells, at `host` and `port`, of the service at the address `service`."""
    told = {"PORT": str(urlsplit(service).port), "AGENT_HOST": host, "AGENT_PORT": str(port)}
    return {**os.environ, **told, "AGENT_TOKEN": TOKEN.get_secret_value()}


@contextmanager
def started(
    service: str, folder: Path, port: int, host: str = HOST, elsewhere: Sequence[str] = ()
) -> Iterator[psutil.Popen]:
    """The agent's process, until the block ends. `elsewhere` are words before its command."""
    command = [*elsewhere, sys.executable, "-m", "loadtests", "agent"]
    with running(command, environ(service, host, port), folder / "agent.log", grace_s=5) as process:
        eventually(lambda: is_responding(f"http://{host}:{port}"))
        yield process


@contextmanager
def agent(service: str, folder: Path, host: str = HOST, elsewhere: Sequence[str] = ()) -> Iterator[Agent]:
    """One that tells of the service, until the block ends."""
    port = free_port()
    with started(service, folder, port, host, elsewhere):
        yield Agent(f"http://{host}:{port}", TOKEN)

"""Toxiproxy: a proxy that makes what is behind it slow, or cuts it off. `make test` builds it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from loadtests.paths import LAB_DIR
from tests.conftest import free_port
from tests.waiting import eventually

PROGRAM = LAB_DIR / "toxiproxy" / "server"


@dataclass(frozen=True)
class Proxy:
    """A proxy before one address, as the twins reach it at `url`."""

    url: str
    api: httpx.Client

    def poison(self, kind: str, **attributes: Any) -> None:
        """Spoil what comes back from behind: https://github.com/Shopify/toxiproxy#toxics has the kinds."""
        toxic = {"type": kind, "stream": "downstream", "attributes": attributes}
        self.api.post("/proxies/behind/toxics", json=toxic).raise_for_status()

    def disable(self) -> None:
        """Refuse connections, and end those that there are."""
        self.api.post("/proxies/behind", json={"enabled": False}).raise_for_status()

    def reset(self) -> None:
        self.api.post("/reset").raise_for_status()


@contextmanager
def proxying(upstream: str) -> Iterator[Proxy]:
    """A running proxy on 127.0.0.1 before a host with its port."""
    port, listen = free_port(), f"127.0.0.1:{free_port()}"
    command = [str(PROGRAM), "-host", "127.0.0.1", "-port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as api:
                eventually(lambda: _answers(api))
                wanted = {"name": "behind", "listen": listen, "upstream": upstream, "enabled": True}
                api.post("/proxies", json=wanted).raise_for_status()
                yield Proxy(f"http://{listen}", api)
        finally:
            process.terminate()


def _answers(api: httpx.Client) -> bool:
    try:
        return api.get("/version").is_success
    except httpx.TransportError:
        return False

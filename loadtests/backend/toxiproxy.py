"""Toxiproxy: a proxy before Elasticsearch that delays it or cuts it off, and costs the service no CPU time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, Request, build_opener

from loadtests import environment
from loadtests.checkout import LAB_DIR
from loadtests.children import running
from loadtests.errors import LabError
from loadtests.servers import HOST, await_response, free_port

PROGRAM = LAB_DIR / "toxiproxy" / "server"
_STOP_WITHIN_S = 5
_ANSWERS_WITHIN_S = 60
_opener = build_opener(ProxyHandler({}))  # a user's proxy has no way to the loopback interface


@dataclass(frozen=True)
class Proxy:
    """A proxy before one address. A service reaches it at `url`; `api_url` is its control API."""

    url: str
    api_url: str

    def poison(self, kind: str, **attributes: Any) -> None:
        """Disturb the responses from behind: https://github.com/Shopify/toxiproxy#toxics lists the kinds."""
        self._order("/proxies/behind/toxics", type=kind, stream="downstream", attributes=attributes)

    def disable(self) -> None:
        """Refuse connections, and close the open ones."""
        self._order("/proxies/behind", enabled=False)

    def reset(self) -> None:
        """Remove every disturbance."""
        self._order("/reset")

    def _order(self, path: str, **content: Any) -> None:
        request = Request(self.api_url + path, json.dumps(content).encode(), {"Content-Type": "application/json"})
        try:
            _opener.open(request, timeout=_ANSWERS_WITHIN_S).close()
        except OSError as error:
            raise LabError(f"Toxiproxy did not do {path} {content}: {error}") from error


@contextmanager
def proxying(behind_url: str, log: Path) -> Iterator[Proxy]:
    """Run a proxy before a URL, stopped with the block. Raises LabError when Toxiproxy is not built, or the URL is
    TLS."""
    if not PROGRAM.exists():
        raise LabError(f"{PROGRAM} is missing: make {PROGRAM.relative_to(LAB_DIR.parent)} builds it")
    api_port, port = free_port(), free_port()
    behind = urlsplit(behind_url)
    if behind.scheme != "http":
        raise LabError(
            "Toxiproxy stands between service and Elasticsearch here, under a name that no certificate has: give an "
            "http:// cluster by ES_URL=, or leave ES_URL out to use the embedded one"
        )
    user, at, address = behind.netloc.rpartition("@")
    proxy = Proxy(behind._replace(netloc=f"{user}{at}{HOST}:{port}").geturl(), f"http://{HOST}:{api_port}")
    command = [str(PROGRAM), "-host", HOST, "-port", str(api_port)]
    with running(command, environment.started(), log, grace_s=_STOP_WITHIN_S):
        await_response(proxy.api_url, log)
        proxy._order("/proxies", name="behind", listen=f"{HOST}:{port}", upstream=address, enabled=True)
        yield proxy

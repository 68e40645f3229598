"""Toxiproxy before Elasticsearch: every answer comes late, as from a busy cluster, and costs no CPU time meanwhile."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from loadtests.errors import LabError
from loadtests.paths import LAB_DIR
from loadtests.servers import HOST, free_port
from pitfalls.lab import Lab
from pitfalls.serving import Served, new_log, serving

_PROGRAM = LAB_DIR / "toxiproxy" / "server"


@contextmanager
def slow_elasticsearch(lab: Lab, latency_ms: int) -> Iterator[str]:
    """Yields the ES_URL of the lab's Elasticsearch, `latency_ms` farther away. Raises LabError without Toxiproxy."""
    if not _PROGRAM.exists():
        raise LabError(f"{_PROGRAM} is missing: make {_PROGRAM.relative_to(LAB_DIR.parent)} builds it")
    api_port, port = free_port(), free_port()
    command = [str(_PROGRAM), "-host", HOST, "-port", str(api_port)]
    with serving(command, os.environ, api_port, new_log(lab.logs, _PROGRAM)) as toxiproxy:
        behind = urlsplit(lab.es_url).netloc
        _post(toxiproxy, "/proxies", name="slow", listen=f"{HOST}:{port}", upstream=behind, enabled=True)
        _post(toxiproxy, "/proxies/slow/toxics", type="latency", attributes={"latency": latency_ms})
        yield f"http://{HOST}:{port}"


def _post(toxiproxy: Served, path: str, **content: Any) -> None:
    request = Request(toxiproxy.url + path, json.dumps(content).encode(), {"Content-Type": "application/json"})
    with urlopen(request, timeout=10):
        pass


def connections(app: Served, es_url: str) -> int:
    """How many connections to Elasticsearch the processes of an app have open."""
    port = urlsplit(es_url).port
    tree = [app.process, *app.process.children(recursive=True)]
    peers = [connection.raddr for process in tree for connection in process.net_connections("tcp")]
    return sum(bool(peer) and peer.port == port for peer in peers)

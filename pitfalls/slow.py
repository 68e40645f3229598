"""Elasticsearch made slow: every response comes late, as from a busy cluster, and costs no CPU time meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from loadtests.backend import toxiproxy
from pitfalls.lab import Lab
from pitfalls.serving import Served, new_log


@contextmanager
def slow_elasticsearch(lab: Lab, latency_ms: int) -> Iterator[str]:
    """Yields the ES_URL of the lab's Elasticsearch, `latency_ms` farther away. Raises LabError without Toxiproxy."""
    with toxiproxy.proxying(lab.es_url, new_log(lab.logs, toxiproxy.PROGRAM)) as proxy:
        proxy.poison("latency", latency=latency_ms)
        yield proxy.url


def connections(app: Served, es_url: str) -> int:
    """How many connections to Elasticsearch the processes of an app have open."""
    port = urlsplit(es_url).port
    tree = [app.process, *app.process.children(recursive=True)]
    peers = [connection.raddr for process in tree for connection in process.net_connections("tcp")]
    return sum(bool(peer) and peer.port == port for peer in peers)

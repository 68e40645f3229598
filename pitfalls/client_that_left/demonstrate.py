"""The client leaves in the middle; Elasticsearch's own counter then tells how many searches it still worked off."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from pathlib import Path

from elasticsearch import Elasticsearch

from loadtests.servers import HOST
from pitfalls import exhibit
from pitfalls.exhibit import Form, Outcome
from pitfalls.lab import Lab
from pitfalls.serving import Served
from pitfalls.waiting import wait_until

EXHIBIT = exhibit.of(__file__)
_SEARCHES = 50
_JSON = {"Accept": "application/json"}
_OTHERS = {
    "Flask, gunicorn": "sync.py",
    "Flask, gunicorn, a thread that watches the client": "sync_cancelling.py",
}


def demonstrate(lab: Lab) -> Outcome:
    broken, cured = _left(lab, EXHIBIT.broken), _left(lab, EXHIBIT.cured)
    forms = {"aioflask, uvicorn": broken, "aioflask, uvicorn, a listener for the disconnect": cured}
    forms |= {name: _left(lab, EXHIBIT.folder / file) for name, file in _OTHERS.items()}
    return Outcome(
        broken,
        cured,
        reproduced=broken.figures["searches_done"] == _SEARCHES,
        cures=cured.figures["searches_done"] < _SEARCHES,
        matrix=[{"served": name, "after the client left": _verdict(form)} for name, form in forms.items()],
    )


def _verdict(form: Form) -> str:
    return "worked off all searches" if form.figures["searches_done"] == _SEARCHES else "stopped"


def _left(lab: Lab, form: Path) -> Form:
    """A client asks and, once Elasticsearch has begun, leaves. Elasticsearch is asked what it did until it was idle."""
    name = f"pitfalls-left-{form.stem}-{time.time_ns()}"
    with Elasticsearch(lab.es_url) as client, lab.serve(form) as served:
        _ask_and_leave(served, name, lambda: _searches_done(client, name) > 0)
        wait_until(lambda: not _runs(client, name), f"{form} still searches")
        done = _searches_done(client, name)
    observed = f"Elasticsearch worked off {done} of {_SEARCHES} searches, though the client left after the first"
    return Form(observed, {"searches": _SEARCHES, "searches_done": done})


def _ask_and_leave(served: Served, name: str, has_begun: Callable[[], bool]) -> None:
    with socket.create_connection((HOST, served.port)) as connection:
        connection.sendall(f"GET /{name} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
        wait_until(has_begun, f"{served.url} has not begun to search")


def _searches_done(client: Elasticsearch, name: str) -> int:
    """Elasticsearch counts searches by the group that their body names in `stats`."""
    search = client.indices.stats(index="twinlab-books", metric="search", groups=name)["_all"]["primaries"]["search"]
    return int(search.get("groups", {}).get(name, {}).get("query_total", 0))


def _runs(client: Elasticsearch, name: str) -> bool:
    nodes = client.perform_request("GET", "/_tasks", params={"actions": "*search*"}, headers=_JSON).body["nodes"]
    tasks = [task for node in nodes.values() for task in node["tasks"].values()]
    return any(task["headers"].get("X-Opaque-Id") == name for task in tasks)

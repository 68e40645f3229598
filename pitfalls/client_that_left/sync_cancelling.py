"""What it takes in threads: a second one watches the client's socket, and cancels the task in Elasticsearch by name."""

import os
import select
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

from elasticsearch import Elasticsearch
from flask import Flask, request
from gunicorn.app.wsgiapp import run

app = Flask(__name__)
client = Elasticsearch(os.environ.get("ES_URL", "http://127.0.0.1:9200"), request_timeout=60)
SLOW: list[Any] = [{"regexp": {"normal.summary": f"(.*[a-m].*[n-z].*){{3}}{number}?"}} for number in range(40)]


def cancel(name: str) -> None:
    """Cancel the tasks of the X-Opaque-Id `name`."""
    nodes = client.tasks.list(actions="*msearch", detailed=True)["nodes"]
    tasks = {key: task for node in nodes.values() for key, task in node["tasks"].items()}
    for task_id, task in tasks.items():
        if task["headers"].get("X-Opaque-Id") == name:
            client.tasks.cancel(task_id=task_id)


def watch(sock: socket.socket, name: str, is_done: Event) -> None:
    while not is_done.wait(0.05):
        if select.select([sock], [], [], 0)[0] and not sock.recv(1, socket.MSG_PEEK):
            cancel(name)
            return


@contextmanager
def cancelled_when_left(name: str) -> Iterator[None]:
    is_done = Event()
    Thread(target=watch, args=(request.environ["gunicorn.socket"], name, is_done)).start()
    try:
        yield
    finally:
        is_done.set()


@app.get("/<name>")
def search(name: str) -> dict[str, int]:
    searches = [{}, {"size": 0, "query": {"bool": {"should": SLOW}}, "stats": [name]}] * 50
    named = client.options(opaque_id=name)
    with cancelled_when_left(name):
        response = named.msearch(index="twinlab-books", searches=searches, max_concurrent_searches=1)
    return {"searches": len(response["responses"])}


if __name__ == "__main__":
    options = f"--threads 4 --bind 127.0.0.1:{os.environ.get('PORT', '5000')}"
    sys.argv[1:] = [*options.split(), f"{Path(__file__).stem}:app"]
    run()

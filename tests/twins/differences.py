"""What going async changes in the code of this service: every permitted difference between the twins, and no other."""

from __future__ import annotations

from typing import NamedTuple


class Difference(NamedTuple):
    """A text of the async twin, what stands in its place in the sync one (nothing: it is left out), and why."""

    asynchronous: str
    synchronous: str
    reason: str


DIFFERENCES = (
    Difference("async def", "def", "functions that wait, and their callers"),
    Difference("await ", "", "where it waits"),
    Difference("from async_app.asgi import Flask", "from flask import Flask", "aioflask, with a repaired ASGI edge"),
    Difference("from aioflask import", "from flask import", "aioflask takes Flask's place"),
    Difference("AsyncElasticsearch", "Elasticsearch", "a client for each way to wait"),
    Difference("app.on_startup.append(open_client)", "", "in sync, a hook of gunicorn's worker"),
    Difference("app.on_shutdown.append(close_client)", "", "in sync, a hook of gunicorn's worker"),
    Difference("async_app", "sync_app", "the package's own name"),
    Difference("'async'", "'sync'", "the twin's own name"),
)

DIFFERENT_FILES = {
    "asgi.py": "async only: the repaired edge between ASGI and aioflask",
    "gathering.py": "calls made together: as tasks, cancelled when one fails, and in threads, which can't be",
    "gunicorn_conf.py": "sync only: gunicorn is configured in a file",
    "connections.py": "what bounds slow and greedy clients: gunicorn's worker, and uvicorn's protocol",
    "httpx_node.py": "async only: a connection pool of httpx, where a setting asks for it",
    "node.py": "the connection pool, and its resends: aiohttp's, and urllib3's",
    "server.py": "uvicorn, and gunicorn",
}

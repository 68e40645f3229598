"""Where the calls of a request for a book go: of each twin and of the bare application on its stack.

    ES_URL=http://127.0.0.1:9200 python -m tests.benchmarks.calls

Counted in the live server are the calls of Python functions, and each time that a generator or coroutine goes on; the
last row counts functions written in C. The figures are those of a request: the difference between two fresh servers,
of which one gets more requests, all on one connection. Environment variables: ES_URL and REQUESTS (500).
"""

from __future__ import annotations

import http.client
import json
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from loadtests.backend.library import prepare
from loadtests.checkout import PROJECT
from loadtests.contenders import named
from loadtests.environment import PASS_VARIABLE
from loadtests.servers import serving
from tests.benchmarks import counting, markdown
from tests.benchmarks.counting.sitecustomize import KINDS
from tests.benchmarks.measuring import measure

CONTENDERS = ("bare-sync", "sync", "bare-async", "async")
PARTS = {
    "the application itself": ("async_app", "loadtests", "shared", "sync_app"),
    "Flask and Werkzeug, with extensions": ("aioflask", "flask", "flask_wtf", "greenletio", "werkzeug"),
    "server": ("gunicorn", "uvicorn"),
    "Elasticsearch client": ("aiohttp", "elastic_transport", "elasticsearch", "multidict", "urllib3", "yarl"),
}
OTHERS = "Python's library, others"
_WARM_UP = 100


def main(es_url: str, requests: int) -> None:
    """Print a row for each part, and two for the sums."""
    os.environ |= {PASS_VARIABLE: "PYTHONPATH CALLS", "PYTHONPATH": str(Path(counting.__file__).parent)}
    ids = [book.id for book in prepare(es_url).books]
    found = [_of_request(name, es_url, ids, requests) for name in CONTENDERS]
    markdown.show(("calls of Python functions", *CONTENDERS), _rows(found))


def _rows(found: Sequence[dict[str, Counter[str]]]) -> Iterator[tuple[object, ...]]:
    for part in (*PARTS, OTHERS):
        yield part, *(round(one["call"][part]) for one in found)
    yield "all", *(round(one["call"].total()) for one in found)
    yield "calls of functions in C", *(round(one["c_call"].total()) for one in found)


def _of_request(name: str, es_url: str, ids: Sequence[str], requests: int) -> dict[str, Counter[str]]:
    """The calls of a request, by kind and part."""
    few, many = (_counted(name, es_url, ids, number) for number in (_WARM_UP, _WARM_UP + requests))
    return {
        kind: Counter({part: (many[kind][part] - few[kind][part]) / requests for part in many[kind]}) for kind in KINDS
    }


def _counted(name: str, es_url: str, ids: Sequence[str], requests: int) -> dict[str, Counter[str]]:
    """All calls of a fresh server that gets so many requests."""
    with TemporaryDirectory() as made:
        counts = Path(made, "counts")
        counts.mkdir()
        os.environ["CALLS"] = str(counts)
        with serving(named(name), es_url, Path(made, "log")) as server:
            _ask(server.url, ids, requests)
        processes = [json.loads(file.read_text()) for file in counts.iterdir()]
    return {kind: _by_part(one[kind] for one in processes) for kind in KINDS}


def _ask(url: str, ids: Sequence[str], requests: int) -> None:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    for number in range(requests):
        connection.request("GET", f"/api/books/{ids[number % len(ids)]}")
        response = connection.getresponse()
        response.read()
        assert response.status == 200, response.status
    connection.close()


def _by_part(processes: Iterator[dict[str, int]]) -> Counter[str]:
    parts: Counter[str] = Counter()
    for file, count in chain.from_iterable(one.items() for one in processes):
        parts[_part(file)] += count
    return parts


def _part(file: str) -> str:
    package = file.rpartition("/site-packages/")[2].removeprefix(f"{PROJECT}/").partition("/")[0]
    return next((part for part, packages in PARTS.items() if package in packages), OTHERS)


if __name__ == "__main__":
    measure(
        "calls", lambda: main(os.environ.get("ES_URL", "http://127.0.0.1:9200"), int(os.environ.get("REQUESTS", "500")))
    )

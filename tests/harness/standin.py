"""A small service that stands in for a twin: it speaks the contract's subset that a load test uses, out of memory.

Served by `python -m tests.harness.standin`, as a twin is. LAB_STANDIN says how it behaves: "right", "failing" (500 to
every question), "wrong" (right in form, another book than asked for) or "dying" (it ends at its 50th question).
"""

from __future__ import annotations

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlsplit

from loadtests.load.catalogue import Catalogue, Known

BEHAVIOUR = "LAB_STANDIN"
DIES_AT = 50

CATALOGUE = Catalogue([Known(f"book-{n}", f"Title {n}", "Fable", 1900 + n, ["whale", "harbour"]) for n in range(20)])

_questions = count(1)
_written: dict[str, dict[str, Any]] = {}


def _book(book_id: str) -> dict[str, Any]:
    known = {book.id: book for book in CATALOGUE.books}
    if book_id not in known:
        return _written[book_id]
    book = known[book_id]
    rest = {"author": "Anon", "rating": 4.0, "summary": "a whale in the harbour", "tags": ["sea"]}
    return {"id": book.id, "title": book.title, "genre": book.genre, "year": book.year, **rest}


def _page(query: dict[str, list[str]]) -> dict[str, Any]:
    since = int(query.get("year_from", ["0"])[0])
    found = [_book(book.id) for book in CATALOGUE.books if book.year >= since]
    size = int(query["size"][0])
    return {"total": len(found), "page": 1, "size": size, "items": found[:size], "facets": {"genre": [], "decade": []}}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    """Headers and body leave together; else each answer waits 40 ms for a delayed acknowledgement."""

    def log_message(self, *_: Any) -> None:
        """Nothing: access logs are off, as in the twins."""

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        match url.path.strip("/").split("/"):
            case ["readyz"]:
                self._send(200, {})
            case ["api", "books"]:
                self._answer(200, _page(parse_qs(url.query)))
            case ["api", "books", _, "similar"]:
                self._answer(200, {"items": []})
            case ["api", "books", book_id]:
                self._answer(200, _book(book_id))
            case ["api", "dashboard"]:
                parts = ("genres", "decades", "top_rated", "newest", "ratings")
                self._answer(200, {"totals": {"books": 20}} | {part: [1] for part in parts})

    def do_POST(self) -> None:
        book = self._read()
        _written[book["id"]] = book
        self._answer(201, book)

    def do_PUT(self) -> None:
        book_id = self.path.rsplit("/", 1)[-1]
        _written[book_id] = {"id": book_id, **self._read()}
        self._answer(200, _written[book_id])

    def do_DELETE(self) -> None:
        self._answer(204, None)

    def _read(self) -> Any:
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

    def _answer(self, status: int, content: dict[str, Any] | None) -> None:
        number, behaviour = next(_questions), os.environ.get(BEHAVIOUR, "right")
        if behaviour == "dying" and number == DIES_AT:
            os._exit(3)
        if behaviour == "failing":
            self._send(500, {"title": "Internal Server Error"})
        elif behaviour == "wrong" and content and "title" in content:
            self._send(status, {**content, "title": "Another"})
        else:
            self._send(status, content)

    def _send(self, status: int, content: dict[str, Any] | None) -> None:
        body = b"" if content is None else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Server-Timing", "es;dur=1.5, app;dur=2.5")
        self.send_header("ETag", '"1-1"')
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    print("standing in", flush=True)
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["LAB_PORT"])), Handler).serve_forever()

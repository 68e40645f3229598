"""The same bytes are sent whole, with their length, and in chunks, without."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from pathlib import Path

from loadtests.servers import HOST
from pitfalls import exhibit
from pitfalls.exhibit import Form, Outcome
from pitfalls.lab import Lab
from pitfalls.serving import Served

EXHIBIT = exhibit.of(__file__)
_CHUNKS = [b"a book", b" and ", b"its summary"]
_SENT_BYTES = sum(map(len, _CHUNKS))


def demonstrate(lab: Lab) -> Outcome:
    broken, cured = _send(lab, EXHIBIT.broken), _send(lab, EXHIBIT.cured)
    whole_arrives = broken.figures["whole_bytes"] == _SENT_BYTES
    return Outcome(
        broken,
        cured,
        reproduced=whole_arrives and broken.figures["chunked_bytes"] == 0,
        cures=set(cured.figures.values()) == {_SENT_BYTES},
    )


def _send(lab: Lab, form: Path) -> Form:
    with lab.serve(form) as served:
        whole, chunked = _post(served, b"".join(_CHUNKS)), _post(served, iter(_CHUNKS))
    observed = f"answered 200 both times; of {_SENT_BYTES} bytes sent in chunks {chunked} arrived"
    return Form(observed, {"sent_bytes": _SENT_BYTES, "whole_bytes": whole, "chunked_bytes": chunked})


def _post(served: Served, body: bytes | Iterator[bytes]) -> int:
    """How many bytes the form says it was sent; http.client sends an iterator in chunks."""
    connection = http.client.HTTPConnection(HOST, served.port, timeout=30)
    try:
        connection.request("POST", "/", body)
        return int(connection.getresponse().read().split()[0])
    finally:
        connection.close()

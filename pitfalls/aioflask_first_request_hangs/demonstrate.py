"""Several first requests at once, and one afterwards; what is not answered within a few seconds counts as hanging."""

from __future__ import annotations

import http.client
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

from loadtests.servers import HOST
from pitfalls import exhibit
from pitfalls.exhibit import Form, Outcome
from pitfalls.lab import Lab
from pitfalls.serving import Served

EXHIBIT = exhibit.of(__file__)
_AT_ONCE = 8
_WAIT_S = 5


def demonstrate(lab: Lab) -> Outcome:
    broken, cured = _ask(lab, EXHIBIT.broken), _ask(lab, EXHIBIT.cured)
    return Outcome(
        broken, cured, reproduced=broken.figures["answered"] == 0, cures=cured.figures["answered"] == _AT_ONCE + 1
    )


def _ask(lab: Lab, form: Path) -> Form:
    with lab.serve(form) as served:
        first = sum(_answers(served, _AT_ONCE))
        later = sum(_answers(served, 1))
    observed = (
        f"answered {first} of {_AT_ONCE} first requests at once, and {later} of 1 afterwards, in {_WAIT_S} s each"
    )
    return Form(observed, {"requests": _AT_ONCE + 1, "answered": first + later})


def _answers(served: Served, requests: int) -> list[bool]:
    """Which of the requests, all sent before a response is read, are answered in time."""
    with ExitStack() as connections, ThreadPoolExecutor(requests) as readers:
        sent = [connections.enter_context(closing(_requested(served))) for _ in range(requests)]
        return list(readers.map(_is_answered, sent))


def _requested(served: Served) -> http.client.HTTPConnection:
    connection = http.client.HTTPConnection(HOST, served.port, timeout=_WAIT_S)
    connection.request("GET", "/")
    return connection


def _is_answered(connection: http.client.HTTPConnection) -> bool:
    try:
        return connection.getresponse().status == 200
    except TimeoutError:
        return False

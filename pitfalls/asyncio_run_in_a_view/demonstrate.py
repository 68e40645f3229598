"""Every request fails under an ASGI server; a plain Flask under WSGI answers, with an event loop a request."""

from __future__ import annotations

import json

from pitfalls import exhibit
from pitfalls.asking import ask, last_error
from pitfalls.exhibit import Outcome
from pitfalls.lab import Lab

EXHIBIT = exhibit.of(__file__)
_REQUESTS = 3
_UNDER_WSGI = {
    "Flask, def, a client a request": "/def/new-client",
    "Flask, def, a client that is kept": "/def/kept-client",
    "Flask, async def": "/async-def",
}


def demonstrate(lab: Lab) -> Outcome:
    broken, cured = ask(lab, EXHIBIT.broken), ask(lab, EXHIBIT.cured)
    rows = {"aioflask, def": broken.form.observed} | {
        view: _under_wsgi(lab, path) for view, path in _UNDER_WSGI.items()
    }
    versions = lab.versions("lab", "aioflask", "flask", "asgiref")
    matrix = [versions | {"view": view, "says": said} for view, said in rows.items()]
    return Outcome(broken.form, cured.form, broken.fail(EXHIBIT.message), cured.failures == 0, matrix)


def _under_wsgi(lab: Lab, path: str) -> str:
    """The error of the last request, or how many event loops all requests took."""
    with lab.serve(EXHIBIT.folder / "under_wsgi.py") as served:
        responses = [served.get(path) for _ in range(_REQUESTS)]
        failures = sum(response.status == 500 for response in responses)
        if failures:
            return f"{failures} of {_REQUESTS} failed: {last_error(served.logged)}"
    return f"{_REQUESTS} requests took {json.loads(responses[-1].body)['loops']} event loops"

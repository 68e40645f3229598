"""The generator goes on after its first chunk only when a second request says so: chunks are sent as they are made."""

from __future__ import annotations

import http.client
from pathlib import Path

from loadtests.servers import HOST
from pitfalls import exhibit
from pitfalls.asking import ask, last_error
from pitfalls.exhibit import Form, Outcome
from pitfalls.lab import Lab
from pitfalls.serving import Served
from pitfalls.waiting import wait_until

EXHIBIT = exhibit.of(__file__)
_QUART = "pitfalls-quart"
_OTHERS = [("flask_wsgi.py", "lab"), ("aioflask_asgi.py", "lab"), ("flask_wsgi.py", _QUART), ("quart_asgi.py", _QUART)]
_PATHS = {"/returned": "return lines()", "/wrapped": "return Response(lines())"}


def demonstrate(lab: Lab) -> Outcome:
    broken = ask(lab, EXHIBIT.broken)
    cured = _stream(lab, EXHIBIT.cured)
    matrix = [row for form, environment in _OTHERS for row in _rows(lab, EXHIBIT.folder / form, environment)]
    return Outcome(broken.form, cured, broken.fail(EXHIBIT.message), cured.figures["chunks_in_time"] == 2, matrix)


def _stream(lab: Lab, form: Path) -> Form:
    with lab.serve(form) as served:
        chunks = _chunks(served)
    return Form(f"sent {' and then '.join(map(repr, chunks))}", {"chunks_in_time": len(chunks)})


def _chunks(served: Served) -> list[str]:
    """The first chunk, read before the generator may go on, and what followed."""
    connection = http.client.HTTPConnection(HOST, served.port, timeout=30)
    try:
        connection.request("GET", "/")
        response = connection.getresponse()
        first = response.readline().decode()
        served.get("/go-on")
        return [first, response.read().decode()]
    finally:
        connection.close()


def _rows(lab: Lab, form: Path, environment: str) -> list[dict[str, str]]:
    package, interface = form.stem.split("_")
    version = lab.versions(environment, package)[package]
    served_by = {"package": package, "version": version, "interface": interface.upper()}
    return [served_by | {"view": view, "says": _says(lab, form, environment, path)} for path, view in _PATHS.items()]


def _says(lab: Lab, form: Path, environment: str, path: str) -> str:
    with lab.serve(form, environment=environment) as served:
        response = served.get(path)
        if response.status == 200:
            return f"sends {' and '.join(response.body.split())}"
        wait_until(lambda: last_error(served.logged) is not None, f"{form} has logged no error")
        error = str(last_error(served.logged))
    return f"{response.status}: {f'… {EXHIBIT.message}' if EXHIBIT.message in error else error}"

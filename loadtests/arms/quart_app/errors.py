"""The handlers of every error of the service: a page or problem details, and a line in the log."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from quart import Quart, Response, request
from werkzeug.exceptions import HTTPException, NotFound

from loadtests.arms.quart_app.rendering import render
from shared import logs, problems, telemetry
from shared.documents import encoded
from shared.pages import is_page


def init_app(app: Quart) -> None:
    app.register_error_handler(problems.Problem, _answer_problem)
    app.register_error_handler(HTTPException, _answer_http_exception)
    app.register_error_handler(Exception, _answer_crash)
    app.create_url_adapter = _exact(app.create_url_adapter)


def _exact(create_url_adapter: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """No route for doubled slashes. Werkzeug takes them for one, or redirects to the host that the client claims."""

    def create(request: Any) -> Any:
        adapter = create_url_adapter(request)
        if request is not None and "//" in request.scope["path"]:
            adapter.match = _match_nothing
        return adapter

    return create


def _match_nothing(**_: Any) -> NoReturn:
    raise NotFound


async def _answer_problem(problem: problems.Problem) -> Response:
    return await _respond(problem, problem.document(), problem.headers)


async def _answer_http_exception(error: HTTPException) -> Response:
    headers = dict(error.get_headers())
    del headers["Content-Type"]
    return await _respond(error, problems.document(error.code or 500, error.description or ""), headers)


async def _answer_crash(error: Exception) -> Response:
    return await _respond(error, problems.crashed().document(), {})


async def _respond(error: Exception, document: dict[str, Any], headers: Mapping[str, str]) -> Response:
    _log(error, document["status"], document["title"])
    if not is_page(request.path):
        return Response(encoded(document), document["status"], headers, mimetype=problems.MEDIA_TYPE)
    page = await render("error.html", document["status"], problem=document)
    page.headers.update(headers)
    return page


def _log(error: Exception, status: int, title: str) -> None:
    request_id = telemetry.current().request_id
    fields = logs.about(request_id, request.method, request.path, status, error)
    logging.getLogger(logs.NAME).log(logs.level(status), title, extra=fields, exc_info=error if status == 500 else None)

"""Every error of the service is answered here: as a page to a person, as problem details to a program."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask, Response, current_app, json, request
from werkzeug.exceptions import HTTPException

from shared import problems, telemetry
from shared.pages import is_page
from sync_app.rendering import render


def init_app(app: Flask) -> None:
    app.register_error_handler(problems.Problem, _answer_problem)
    app.register_error_handler(HTTPException, _answer_http_exception)
    app.register_error_handler(Exception, _answer_crash)


def _answer_problem(problem: problems.Problem) -> Response:
    return _respond(problem.document(), problem.headers)


def _answer_http_exception(error: HTTPException) -> Response:
    headers = dict(error.get_headers())
    del headers["Content-Type"]
    return _respond(problems.document(error.code or 500, error.description or ""), headers)


def _answer_crash(error: Exception) -> Response:
    current_app.logger.error("request %s failed", telemetry.of(request.environ).request_id, exc_info=error)
    return _answer_problem(problems.crashed())


def _respond(document: dict[str, Any], headers: Mapping[str, str]) -> Response:
    if not is_page(request.path):
        return Response(json.dumps(document), document["status"], headers, mimetype=problems.MEDIA_TYPE)
    page = render("error.html", document["status"], problem=document)
    page.headers.update(headers)
    return page

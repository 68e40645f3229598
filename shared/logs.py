"""What is logged: a line for each problem, under the request's id, and nothing for a success.

No body, query or header is logged, for they may hold what is private, and no text of a cause, for it may quote them.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Literal

Format = Literal["text", "json"]

NAME = "twinlab"

_SHOWN_PATH_CHARACTERS = 200


def level(status: int) -> int:
    """How loud a problem is: a fault of ours, a failing backend or too much load, a client's mistake."""
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        return logging.ERROR
    return logging.WARNING if status > HTTPStatus.INTERNAL_SERVER_ERROR else logging.INFO


def about(request_id: str, method: str, path: str, status: int, error: BaseException) -> dict[str, Any]:
    """The fields of a problem's line, as `extra` of a logging call."""
    cause = error.__cause__
    fields = {
        "request_id": request_id,
        "method": method,
        "path": path[:_SHOWN_PATH_CHARACTERS],
        "status": int(status),
    }
    return {"fields": fields | ({"cause": type(cause).__name__} if cause else {})}


def config(form: Format) -> dict[str, Any]:
    """For `logging.config.dictConfig`: the service's lines and the server's warnings, all to stderr in one form."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": f"shared.logs.{form.capitalize()}"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {
            NAME: {"level": "INFO"},
            "gunicorn.error": {"handlers": []},
            # What these would say of a failing backend is said by the problem.
            "elastic_transport": {"level": "ERROR"},
            "urllib3": {"level": "ERROR"},
        },
    }


class Json(logging.Formatter):
    """A JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        line = {"time": _time(record), "level": record.levelname, "message": record.getMessage(), **_fields(record)}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line)


class Text(logging.Formatter):
    """Time, level and message, the fields in JSON's notation; below it the traceback of a fault of ours."""

    def format(self, record: logging.LogRecord) -> str:
        fields = (f" {name}={json.dumps(value)}" for name, value in _fields(record).items())
        line = f"{_time(record)} {record.levelname} {record.getMessage()}{''.join(fields)}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    fields: dict[str, Any] = getattr(record, "fields", {})
    return fields

"""Logging: a line for each problem, under the request's id, and nothing for a success.

No body, query or header is logged, because they may be private. The text of a cause may quote them, so it is not logged
either.
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
    """The level of a problem: a fault of our own, a failing backend or overload, a client's error."""
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
    """The configuration for `logging.config.dictConfig`: the service's lines and the server's warnings, all to
    stderr in one format."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": f"shared.logs.{form.capitalize()}"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {
            NAME: {"level": "INFO"},
            "gunicorn.error": {"handlers": []},
            # The problem's own line reports a failing backend.
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
    """Time, level and message, then the fields as JSON; below them the traceback of a fault of our own."""

    def format(self, record: logging.LogRecord) -> str:
        fields = (f" {name}={json.dumps(value)}" for name, value in _fields(record).items())
        line = f"{_time(record)} {record.levelname} {record.getMessage()}{''.join(fields)}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    fields: dict[str, Any] = getattr(record, "fields", {})
    return fields

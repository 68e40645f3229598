"""The application with its Elasticsearch client, which each worker process opens and closes in gunicorn's hooks."""

from __future__ import annotations

from typing import TypeVar

from flask import Flask, current_app

from shared.operations import Operation
from shared.settings import Settings
from sync_app import driver
from sync_app.client import new_client

T = TypeVar("T")


def init_app(app: Flask, settings: Settings) -> None:
    app.extensions["settings"] = settings


def open_client(app: Flask) -> None:
    app.extensions["elasticsearch"] = new_client(app.extensions["settings"])


def close_client(app: Flask) -> None:
    app.extensions.pop("elasticsearch").close()


def run(operation: Operation[T]) -> T:
    """Run an operation to its result. Raises what the operation does not catch, usually a Problem."""
    extensions = current_app.extensions
    return driver.run(operation, extensions["settings"], extensions["elasticsearch"])

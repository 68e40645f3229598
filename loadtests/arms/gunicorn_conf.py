"""The sync twin's configuration of gunicorn, for applications that open Elasticsearch clients themselves."""

from __future__ import annotations

from gunicorn.workers.base import Worker

from sync_app.gunicorn_conf import *  # noqa: F403


def post_worker_init(_worker: Worker) -> None:  # type: ignore[no-redef]
    """Nothing, where the sync twin's opens a client."""


def worker_exit(_server: object, _worker: Worker) -> None:  # type: ignore[no-redef]
    """Nothing, where the sync twin's closes it."""

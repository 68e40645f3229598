"""The contenders: server configurations that can be put under load."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Contender:
    """One server configuration under test. `python -m MODULE` serves it, with settings from `LAB_…` variables.

    `threaded` tells whether its workers use threads to wait for several things at once.
    """

    name: str
    module: str
    title: str
    threaded: bool


SYNC = Contender("sync", "sync_app", "sync twin (Flask, gunicorn)", threaded=True)
ASYNC = Contender("async", "async_app", "async twin (aioflask, uvicorn)", threaded=False)

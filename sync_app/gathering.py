"""Calls made together in threads: where one fails, those that wait for a thread are not made.

The threads belong to the worker process. There are as many as connections to Elasticsearch, for a further one would
only wait for a connection; each is started when a call first needs it. A thread can't be cancelled: calls under way when
another one fails run on, without anybody who waits for them, until they are answered or their deadline is over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextvars import copy_context
from typing import TypeVar

from flask import Flask, current_app

A = TypeVar("A")
T = TypeVar("T")


def open_threads(app: Flask) -> None:
    app.extensions["threads"] = ThreadPoolExecutor(app.extensions["settings"].es_pool_size, "call")


def close_threads(app: Flask) -> None:
    """Once the calls under way have ended."""
    app.extensions.pop("threads").shutdown(cancel_futures=True)


def gather(function: Callable[[A], T], items: Iterable[A]) -> list[T]:
    """The results in order, of calls in copies of this context. Raises what the first to fail has raised, at once."""
    threads: ThreadPoolExecutor = current_app.extensions["threads"]
    futures = [threads.submit(copy_context().run, function, item) for item in items]
    ended, others = wait(futures, return_when=FIRST_EXCEPTION)
    for future in others:
        future.cancel()
    return [future.result() for future in futures if future in ended]

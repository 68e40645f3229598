"""Calls made together in threads: where one fails, those that wait for a thread are not made.

The threads belong to the worker process. There are as many as connections to Elasticsearch, for a further one would
only wait for a connection; each is started when a call first needs it. A thread can't be cancelled: calls under way
when another one fails run on, without anybody who waits for them, until their response or their deadline.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextvars import copy_context
from typing import Any, TypeVar

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
    failures: list[BaseException] = []

    def call(item: A) -> Any:
        if failures:
            return None
        try:
            return function(item)
        except BaseException as failure:
            failures.append(failure)
            raise

    threads: ThreadPoolExecutor = current_app.extensions["threads"]
    futures = [threads.submit(copy_context().run, call, item) for item in items]
    _, others = wait(futures, return_when=FIRST_EXCEPTION)
    for future in others:
        future.cancel()
    if failures:
        raise failures[0]
    return [future.result() for future in futures]

"""Calls made together as tasks: when one fails, the others are cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, TypeVar

A = TypeVar("A")
T = TypeVar("T")


async def gather(function: Callable[[A], Coroutine[Any, Any, T]], items: Iterable[A]) -> list[T]:
    """The results in order. Raises the first failure, after the others have ended."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(function(item)) for item in items]
    except BaseExceptionGroup as failures:
        first: BaseException = failures.exceptions[0]
    else:
        return [task.result() for task in tasks]
    raise first

"""The application and its Elasticsearch client, which each worker process opens and closes in its lifespan."""

from __future__ import annotations

from typing import TypeVar

from aioflask import current_app

from async_app import driver
from async_app.asgi import Flask
from async_app.client import new_client
from shared.operations import Operation
from shared.settings import Settings

T = TypeVar("T")


def init_app(app: Flask, settings: Settings) -> None:
    app.extensions["settings"] = settings
    app.on_startup.append(open_client)
    app.on_shutdown.append(close_client)


async def open_client(app: Flask) -> None:
    app.extensions["elasticsearch"] = new_client(app.extensions["settings"])


async def close_client(app: Flask) -> None:
    await app.extensions.pop("elasticsearch").close()


async def run(operation: Operation[T]) -> T:
    """Run an operation to its result. Raises what the operation does not catch, usually a Problem."""
    extensions = current_app.extensions
    return await driver.run(operation, extensions["settings"], extensions["elasticsearch"])

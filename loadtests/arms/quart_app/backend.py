"""The application and its Elasticsearch client, which each worker process opens and closes in its lifespan."""

from __future__ import annotations

from typing import TypeVar

from quart import current_app

from async_app import driver
from async_app.client import new_client
from loadtests.arms.quart_app.asgi import Quart
from shared.operations import Operation
from shared.settings import Settings

T = TypeVar("T")


def init_app(app: Quart, settings: Settings) -> None:
    app.extensions["settings"] = settings
    app.before_serving(open_client)
    app.after_serving(close_client)


async def open_client() -> None:
    current_app.extensions["elasticsearch"] = new_client(current_app.extensions["settings"])


async def close_client() -> None:
    await current_app.extensions.pop("elasticsearch").close()


async def run(operation: Operation[T]) -> T:
    """Run an operation to its result. Raises what the operation does not catch, usually a Problem."""
    extensions = current_app.extensions
    return await driver.run(operation, extensions["settings"], extensions["elasticsearch"])

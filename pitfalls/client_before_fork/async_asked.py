"""The async client, asked at import too: on an event loop that is closed when the first request comes."""

import asyncio

from async_made_only import app, client  # type: ignore[import-not-found]  # from this folder

__all__ = ["app"]

asyncio.run(client.cluster.health())

"""Quart, which takes async generators. Served by hand with `python quart_asgi.py`."""

import os
from collections.abc import AsyncIterator

from quart import Quart, Response

app = Quart(__name__)


async def lines() -> AsyncIterator[str]:
    yield "first\n"
    yield "last\n"


@app.get("/returned")
async def returned() -> AsyncIterator[str]:
    return lines()


@app.get("/wrapped")
async def wrapped() -> Response:
    return Response(lines())


if __name__ == "__main__":
    app.run(port=int(os.environ.get("PORT", "5000")))

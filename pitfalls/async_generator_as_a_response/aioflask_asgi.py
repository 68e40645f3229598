"""The same under aioflask. Served by hand with `python aioflask_asgi.py`."""

import os
from collections.abc import AsyncIterator

import uvicorn
from aioflask import Flask, Response

app = Flask(__name__)


async def lines() -> AsyncIterator[str]:
    yield "first\n"
    yield "last\n"


@app.get("/returned")
async def returned() -> AsyncIterator[str]:
    return lines()


@app.get("/wrapped")
async def wrapped() -> Response:
    return Response(lines())  # type: ignore[arg-type]


if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ.get("PORT", "5000")), log_level="warning")

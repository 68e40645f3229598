"""An async generator as a response: Flask, and so aioflask, takes iterators, but no asynchronous ones."""

import asyncio
import os
from collections.abc import AsyncIterator

import uvicorn
from aioflask import Flask

app = Flask(__name__)
went_on = asyncio.Event()


async def lines() -> AsyncIterator[str]:
    yield "first\n"
    await went_on.wait()
    yield "last\n"


@app.get("/")
async def export() -> AsyncIterator[str]:
    return lines()


@app.get("/go-on")
def go_on() -> str:
    return f"{went_on.set()}"  # type: ignore[func-returns-value]


if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ.get("PORT", "5000")), log_level="warning")

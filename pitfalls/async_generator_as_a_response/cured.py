"""A plain generator that awaits each chunk: aioflask runs it in the request's greenlet, which can wait."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Iterator

import uvicorn
from aioflask import Flask, Response
from greenletio import await_

app = Flask(__name__)
went_on = asyncio.Event()


async def lines() -> AsyncIterator[str]:
    yield "first\n"
    await went_on.wait()
    yield "last\n"


def streamed(chunks: AsyncIterator[str]) -> Iterator[str]:
    with contextlib.suppress(StopAsyncIteration):
        while True:
            yield await_(anext(chunks))


@app.get("/")
async def export() -> Response:
    return Response(streamed(lines()))


@app.get("/go-on")
def go_on() -> str:
    return f"{went_on.set()}"  # type: ignore[func-returns-value]


if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ.get("PORT", "5000")), log_level="warning")

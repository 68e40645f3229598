"""Plain Flask, old and new. Served by hand with `python flask_wsgi.py`."""

import os
from collections.abc import AsyncIterator

from flask import Flask, Response

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
    app.run(port=int(os.environ.get("PORT", "5000")))

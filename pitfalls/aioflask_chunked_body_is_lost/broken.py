"""aioflask and a chunked request body, sent by clients that don't know its length beforehand: it arrives empty."""

import os

import uvicorn
from aioflask import Flask, request

app = Flask(__name__)


@app.post("/")
async def length() -> str:
    return f"{len(request.get_data())} bytes"


if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ.get("PORT", "5000")))

"""Two workers on asyncio's own event loop: every response on a kept connection comes 40 ms late."""

import os
from pathlib import Path

import uvicorn
from aioflask import Flask

app = Flask(__name__)


@app.get("/")
async def hello() -> dict[str, str]:
    return {"hello": "world"}


if __name__ == "__main__":
    port = int(os.environ.get("PORT", "5000"))
    uvicorn.run(f"{Path(__file__).stem}:app", port=port, workers=2, loop="asyncio", log_level="warning")

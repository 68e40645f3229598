"""Two workers on uvloop, which sends what it is given at once."""

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
    uvicorn.run(f"{Path(__file__).stem}:app", port=port, workers=2, loop="uvloop", log_level="warning")

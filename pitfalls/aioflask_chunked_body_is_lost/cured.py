"""aioflask and a chunked request body: Werkzeug is told that the input ends by itself, so it is read to its end."""

import os

import uvicorn
from aioflask import Flask, request

app = Flask(__name__)


@app.before_request
def trust_the_end_of_the_input() -> None:
    request.environ["wsgi.input_terminated"] = True


@app.post("/")
async def length() -> str:
    return f"{len(request.get_data())} bytes"


if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ.get("PORT", "5000")))

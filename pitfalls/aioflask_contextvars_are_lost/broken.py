"""aioflask: an `async def` view does not see what a `def` function set in a ContextVar, nor the other way round."""

import os
from contextvars import ContextVar

import uvicorn
from aioflask import Flask, Response, request

app = Flask(__name__)
asked, found = (ContextVar(name, default="lost") for name in ("asked", "found"))


@app.before_request
def before() -> None:
    asked.set(request.args["id"])


@app.get("/")
async def view() -> str:
    found.set(request.args["id"])
    return f"asked: {asked.get()}"


@app.after_request
def after(response: Response) -> Response:
    return Response(f"{response.get_data(as_text=True)}, found: {found.get()}")


if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ.get("PORT", "5000")), log_level="warning")

"""aioflask: the greenlet of a request shares the context of its task, so all functions see the same ContextVars."""

import os
from contextvars import ContextVar
from typing import Any

import uvicorn
from aioflask import Flask, Response, request
from greenlet import getcurrent


class OneContext(Flask):
    def wsgi_app(self, *args: Any) -> Any:
        getcurrent().gr_context = getcurrent().parent.gr_context
        return super().wsgi_app(*args)


app = OneContext(__name__)
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

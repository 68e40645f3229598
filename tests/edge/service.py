"""A small application on aioflask's own `Flask` and on the repaired one: what uvicorn serves in the tests beside it."""

from __future__ import annotations

import asyncio
import json
import sys
from contextvars import ContextVar
from typing import Any, TypeVar

import aioflask
from aioflask import Blueprint, Response, request
from flask.globals import _app_ctx_stack

from async_app import asgi

LIMIT_BYTES = 1000


Application = TypeVar("Application", bound=aioflask.Flask)


def create_app(flask: type[Application]) -> Application:
    app = flask(__name__, static_folder=None)
    app.config.update(MAX_CONTENT_LENGTH=LIMIT_BYTES, CLIENT_TIMEOUT_S=0.2, PROPAGATE_EXCEPTIONS=False)
    app.register_blueprint(make_views())
    app.register_blueprint(make_variables())
    return app


def make_views() -> Blueprint:
    views = Blueprint("views", __name__)
    told: list[str] = []

    @views.get("/hello/<name>")
    async def hello(name: str) -> Any:
        return {"name": name, "root": request.script_root}

    @views.post("/echo")
    async def echo() -> Any:
        return {"body": request.get_data(as_text=True), "length_bytes": request.content_length}

    @views.post("/json")
    async def count_json() -> Any:
        return {"items": len(request.get_json())}

    @views.get("/cookies")
    async def cookies() -> Any:
        return dict(request.cookies)

    @views.get("/heading")
    async def heading() -> Any:
        return "", {"X-Name": "Zoë"}

    @views.get("/dated")
    async def dated() -> Any:
        return "", {"Date": "Thu, 01 Jan 1970 00:00:00 GMT"}

    @views.get("/closing")
    async def closing() -> Any:
        response = Response("")
        response.call_on_close(lambda: told.append("closed"))
        return response

    @views.get("/slow")
    async def slow() -> Any:
        told.append("began")
        await asyncio.sleep(0.3)
        told.append("ended")
        return ""

    @views.get("/told")
    async def tell() -> Any:
        return {"told": told}

    @views.get("/raise")
    async def fail() -> Any:
        raise LookupError

    @views.get("/contexts")
    async def contexts() -> Any:
        return {"contexts": len(set(_app_ctx_stack._storage.get()))}

    return views


def make_variables() -> Blueprint:
    """Hooks that set a ContextVar each to the request's `name`, and functions of every kind that tell both."""
    views = Blueprint("variables", __name__, url_prefix="/variables")
    set_by: dict[str, ContextVar[str]] = {kind: ContextVar(kind, default="none") for kind in ("def", "async def")}

    def seen() -> dict[str, str]:
        return {kind: variable.get() for kind, variable in set_by.items()}

    @views.before_request
    def keep() -> None:
        if "name" in request.args:
            set_by["def"].set(request.args["name"])

    @views.before_request  # type: ignore[arg-type]  # Flask 2.1's types know no asynchronous hooks
    async def keep_too() -> None:
        if "name" in request.args:
            set_by["async def"].set(request.args["name"])

    @views.get("/def")
    def in_def() -> Any:
        return seen()

    @views.get("/async-def")
    async def in_async_def() -> Any:
        await asyncio.sleep(0.01)
        return seen()

    @views.get("/task")
    async def in_task() -> Any:
        async def task() -> dict[str, str]:
            return seen()

        return (await asyncio.gather(task()))[0]

    @views.get("/stream")
    async def in_stream() -> Any:
        return Response(json.dumps(seen()) for _ in range(1))

    @views.get("/error")
    async def in_error_handler() -> Any:
        raise LookupError

    @views.errorhandler(LookupError)
    def handle(_error: LookupError) -> Any:
        return seen()

    @views.get("/after")
    async def in_after_request() -> Any:
        return ""

    @views.after_request
    def after(response: Response) -> Response:
        return Response(json.dumps(seen())) if request.path.endswith("/after") else response

    return views


async def _start(app: asgi.Flask) -> None:
    app.extensions["loop"] = asyncio.get_running_loop()


async def _stop(app: asgi.Flask) -> None:
    same = app.extensions["loop"] is asyncio.get_running_loop()
    print("stopped in the same loop" if same else "stopped elsewhere", file=sys.stderr)


async def _fail(_app: asgi.Flask) -> None:
    raise LookupError("no backend")


aioflask_app = create_app(aioflask.Flask)
repaired_app = create_app(asgi.Flask)
repaired_app.on_startup.append(_start)
repaired_app.on_shutdown.append(_stop)
failing_app = create_app(asgi.Flask)
failing_app.on_startup.append(_fail)

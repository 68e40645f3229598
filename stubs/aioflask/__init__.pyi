# aioflask ships no types. What it takes over from Flask has Flask's, but for views, which may be coroutine functions.
from collections.abc import Callable
from typing import Any, TypeVar

import flask
from flask import Response as Response
from flask import current_app as current_app
from flask import flash as flash
from flask import g as g
from flask import json as json
from flask import jsonify as jsonify
from flask import redirect as redirect
from flask import request as request
from flask import url_for as url_for

async def render_template(template_name_or_list: str, **context: Any) -> str: ...

View = TypeVar("View", bound=Callable[..., Any])

class Flask(flask.Flask):
    async def asgi_app(self, scope: Any, receive: Any, send: Any) -> None: ...
    def register_error_handler(self, code_or_exception: type[Exception] | int, f: Callable[..., Any]) -> None: ...

class Blueprint(flask.Blueprint):
    def get(self, rule: str, **options: Any) -> Callable[[View], View]: ...
    def post(self, rule: str, **options: Any) -> Callable[[View], View]: ...
    def put(self, rule: str, **options: Any) -> Callable[[View], View]: ...
    def delete(self, rule: str, **options: Any) -> Callable[[View], View]: ...

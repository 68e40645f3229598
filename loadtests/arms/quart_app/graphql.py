"""GraphQL under /graphql."""

from __future__ import annotations

from typing import Any

from quart import Blueprint, Response

from loadtests.arms.quart_app.api import json_response, read_body
from loadtests.arms.quart_app.backend import run
from shared import bodies
from shared.graphql import execution, schema

graphql = Blueprint("graphql", __name__, url_prefix="/graphql")


@graphql.post("")
async def answer_document() -> Any:
    request = bodies.parse(await read_body(), execution.GraphQLRequest)
    return json_response(await run(execution.execute(request)))


@graphql.get("/schema")
async def show_schema() -> Any:
    return Response(schema.SDL, mimetype="text/plain")

"""GraphQL under /graphql."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from shared import bodies
from shared.graphql import execution, schema
from sync_app.api import json_response, read_body
from sync_app.backend import run

graphql = Blueprint("graphql", __name__, url_prefix="/graphql")


@graphql.post("")
def answer_document() -> Any:
    request = bodies.parse(read_body(), execution.GraphQLRequest)
    return json_response(run(execution.execute(request)))


@graphql.get("/schema")
def show_schema() -> Any:
    return Response(schema.SDL, mimetype="text/plain")

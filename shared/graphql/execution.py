"""The execution of a GraphQL request, from its body to its response."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any

from graphql import GraphQLError, get_operation_ast
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError
from strawberry.types import ExecutionResult
from strawberry.utils.str_converters import to_camel_case

from shared import problems
from shared.graphql.documents import MAX_CHARACTERS, MAX_VARIABLES, parsed
from shared.graphql.exchange import Exchange
from shared.graphql.schema import SCHEMA
from shared.operations import Operation

CODES: Mapping[HTTPStatus, str] = {
    HTTPStatus.NOT_FOUND: "NOT_FOUND",
    HTTPStatus.CONFLICT: "CONFLICT",
    HTTPStatus.PRECONDITION_FAILED: "CONFLICT",
    HTTPStatus.UNPROCESSABLE_ENTITY: "INVALID",
    HTTPStatus.SERVICE_UNAVAILABLE: "UNAVAILABLE",
    HTTPStatus.GATEWAY_TIMEOUT: "TIMEOUT",
}
"""`extensions.code` of an error, by the status that the API uses for it."""


def _bounded(variables: dict[str, Any] | None) -> dict[str, Any] | None:
    text = json.dumps(variables, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise PydanticCustomError("surrogates", "must not contain lone surrogates") from error
    if len(text) > MAX_VARIABLES:
        raise PydanticCustomError("length", "may have {most} characters at most", {"most": MAX_VARIABLES})
    return variables


class GraphQLRequest(BaseModel):
    """One GraphQL request, as GraphQL over HTTP defines it; batches are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    query: Annotated[str, Field(min_length=1, max_length=MAX_CHARACTERS)]
    operation_name: Annotated[str | None, Field(alias="operationName", max_length=MAX_CHARACTERS)] = None
    variables: Annotated[dict[str, Any] | None, AfterValidator(_bounded)] = None
    extensions: dict[str, Any] | None = None


def execute(request: GraphQLRequest) -> Operation[dict[str, Any]]:
    """The response, as GraphQL defines it. A document with any error is refused whole, before a call is made."""
    asking = Exchange()
    result = _execute(request, asking)
    if result.errors:
        return {"errors": _explained(result)}
    if asking.operations:
        result = _execute(request, (yield from asking.carry_out()))
    return {"data": result.data} | ({"errors": _explained(result)} if result.errors else {})


def _execute(request: GraphQLRequest, context: Exchange) -> ExecutionResult:
    try:
        _check_operation(request)
    except GraphQLError as error:
        return ExecutionResult(data=None, errors=[error])
    return SCHEMA.execute_sync(
        request.query, request.variables, context_value=context, operation_name=request.operation_name
    )


def _check_operation(request: GraphQLRequest) -> None:
    """Refuse several operations without a name. Strawberry runs the first; GraphQL makes it an error."""
    if get_operation_ast(parsed(request.query), request.operation_name) is None:
        raise GraphQLError("Name, as operationName, one of the document's operations.")


def _explained(result: ExecutionResult) -> list[dict[str, Any]]:
    return [_explain(error) for error in result.errors or ()]


def _explain(error: GraphQLError) -> dict[str, Any]:
    """An error as clients see it. Raises an error that is not the client's."""
    problem = _problem(error)
    named = {"errors": problem.errors} if problem.errors else {}
    shown: dict[str, Any] = {**error.formatted, "message": problem.detail}
    return shown | {"extensions": {"code": CODES[problem.status], **named}}


def _problem(error: GraphQLError) -> problems.Problem:
    match error.original_error:
        case None | GraphQLError():
            return problems.Invalid(error.message)
        case problems.Problem() as problem:
            return problem
        case ValidationError() as fault:
            return problems.invalid(fault, _argument)
        case fault:
            raise fault


def _argument(field: str) -> str:
    return "query" if field == "q" else to_camel_case(field)

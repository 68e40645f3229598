"""Every error of a response, as RFC 9457 problem details with one class for each status."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from http import HTTPStatus
from typing import Any, ClassVar

from pydantic import ValidationError

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 1


class Problem(Exception):
    """A request that can't succeed; `detail` tells the client why, and what to do."""

    status: ClassVar[HTTPStatus]
    headers: ClassVar[Mapping[str, str]] = {}

    def __init__(self, detail: str, errors: Iterable[Mapping[str, str]] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = list(errors)

    def document(self) -> dict[str, Any]:
        """The members of the problem details; `errors` names each invalid field, if any."""
        return document(self.status, self.detail) | ({"errors": self.errors} if self.errors else {})


class Malformed(Problem):
    status = HTTPStatus.BAD_REQUEST


class NotFound(Problem):
    status = HTTPStatus.NOT_FOUND


class Conflict(Problem):
    status = HTTPStatus.CONFLICT


class PreconditionFailed(Problem):
    status = HTTPStatus.PRECONDITION_FAILED


class TooLarge(Problem):
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class UnsupportedMediaType(Problem):
    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE


class Invalid(Problem):
    status = HTTPStatus.UNPROCESSABLE_ENTITY


class PreconditionRequired(Problem):
    status = HTTPStatus.PRECONDITION_REQUIRED


class Internal(Problem):
    status = HTTPStatus.INTERNAL_SERVER_ERROR


class Unavailable(Problem):
    status = HTTPStatus.SERVICE_UNAVAILABLE
    headers: ClassVar[Mapping[str, str]] = {"Retry-After": str(RETRY_AFTER_S)}


class TooSlow(Problem):
    status = HTTPStatus.GATEWAY_TIMEOUT


def document(status: int, detail: str) -> dict[str, Any]:
    """Problem details of the generic type, whose title is the status phrase (RFC 9457, 4.2.1)."""
    return {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": int(status), "detail": detail}


def invalid(error: ValidationError, to_shown: Callable[[str], str] = str) -> Invalid:
    """Name each field that a model refused, in the client's words, with the reason."""
    faults = [{"field": to_shown(".".join(map(str, e["loc"]))), "message": e["msg"]} for e in error.errors()]
    named = ", ".join(fault["field"] or "the request" for fault in faults)
    return Invalid(f"Not valid: {named}.", faults)


def crashed() -> Internal:
    """A fault of our own; the client sees nothing of it."""
    return Internal("The service failed to respond; the fault is logged under the request id.")


_TOO_MANY_WORDS = {"too_many_clauses", "too_many_nested_clauses"}
_TOO_DEEP = "Result window is too large"
_UNREADABLE = {
    "action_request_validation_exception",
    "json_parse_exception",
    "named_object_not_found_exception",
    "parsing_exception",
    "x_content_parse_exception",
}
_OVERLOAD = {"circuit_breaking_exception", "es_rejected_execution_exception"}


def refused(status: int, body: object) -> Problem | None:
    """The Problem that an Elasticsearch error means to our client; None for a fault of ours (a call that it can't
    read).

    Invalid when the client's request is more than this cluster takes. Unavailable when the cluster is overloaded, or
    can't use the books' index: a foreign or a closed index is no fault of the client's.
    """
    match status:
        case 408 | 504:
            return too_slow()
        case 413:
            return Invalid("The request is more than this Elasticsearch takes at once: send less.")
        case _ if not isinstance(body, dict):  # a page or the like: the response is not from Elasticsearch
            return gone()
        case 404 if body.get("found") is False or body.get("result") == "not_found":
            return NotFound("There is no such book.")
        case 409:
            return Conflict("The book was changed by someone else.")
    causes = list(_causes(body.get("error")))
    kinds = {kind for kind, _ in causes}
    if kinds & _TOO_MANY_WORDS:
        return Invalid("The search has more words than this Elasticsearch takes: search for fewer.")
    if any(reason.startswith(_TOO_DEEP) for _, reason in causes):
        return Invalid(
            "The page lies deeper than this Elasticsearch reaches: narrow the search or choose a smaller size."
        )
    if status == 400 and (not kinds or causes[0][0] in _UNREADABLE):
        return None
    return _unavailable(status, kinds)


def _causes(error: object) -> Iterator[tuple[str, str]]:
    """The type and reason of an error and of each of its causes, its own first."""
    if not isinstance(error, dict):
        return
    if isinstance(kind := error.get("type"), str):
        yield kind, str(error.get("reason"))
    yield from _causes(error.get("caused_by"))
    if isinstance(shards := error.get("failed_shards"), list):
        for shard in shards:
            yield from _causes(shard.get("reason") if isinstance(shard, dict) else None)


def _unavailable(status: int, kinds: Set[str]) -> Unavailable:
    if "index_not_found_exception" in kinds:
        return Unavailable("Elasticsearch does not hold the books; load them, for instance with `make up`.")
    if status in (401, 403) and "cluster_block_exception" not in kinds:
        return Unavailable("Elasticsearch does not let this service in: check the credentials in its settings.")
    if status == 429 or kinds & _OVERLOAD:
        return Unavailable("Elasticsearch has too much to do at the moment.")
    if status in range(400, 500):
        return Unavailable(
            "Elasticsearch can't use what it holds as the books (closed, blocked, or not made by this version of the "
            "service): load them again, for instance with `make up`."
        )
    return Unavailable("Elasticsearch refuses the request at the moment.")


def gone() -> Unavailable:
    """Elasticsearch can't be reached, or the response is incomplete or not from Elasticsearch."""
    return Unavailable("Elasticsearch can't be reached at the moment.")


def too_slow() -> TooSlow:
    """Elasticsearch was reached and did not respond in time."""
    return TooSlow("Elasticsearch did not respond in time.")

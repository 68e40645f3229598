"""Everything that can go wrong in an answer, as RFC 9457 problem details with one class a status."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any, ClassVar

from pydantic import ValidationError

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 1


class Problem(Exception):
    """A request that can't be answered as asked; `detail` tells the client why, and what it can do."""

    status: ClassVar[HTTPStatus]
    headers: ClassVar[Mapping[str, str]] = {}

    def __init__(self, detail: str, errors: Iterable[Mapping[str, str]] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = list(errors)

    def document(self) -> dict[str, Any]:
        """The members of the problem details; `errors` names each invalid field, where there are such."""
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
    """Problem details of the generic kind: their title is that of the status (RFC 9457, 4.2.1)."""
    return {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": int(status), "detail": detail}


def invalid(error: ValidationError, to_shown: Callable[[str], str] = str) -> Invalid:
    """Name each field that a model refused, in the client's words, with the reason."""
    faults = [{"field": to_shown(".".join(map(str, e["loc"]))), "message": e["msg"]} for e in error.errors()]
    named = ", ".join(fault["field"] or "the request" for fault in faults)
    return Invalid(f"Not valid: {named}.", faults)


def crashed() -> Internal:
    """A fault of our own; nothing of it is shown."""
    return Internal("The service failed to answer; the fault is logged under the request id.")


def refused(status: int, body: object) -> Problem | None:
    """What an error status of Elasticsearch means to our client; None if the fault is ours (a call it can't read)."""
    match status:
        case 408 | 504:
            return too_slow()
        case _ if not isinstance(body, dict):  # a page or the like: it is not Elasticsearch that answered
            return gone()
        case 404 if body.get("found") is False or body.get("result") == "not_found":
            return NotFound("There is no such book.")
        case 409:
            return Conflict("The book was changed by someone else.")
        case 400 | 405 | 406 | 411 | 413 | 415:
            return None
        case 404:
            return Unavailable("Elasticsearch does not hold the books; load them, for instance with `make up`.")
        case _:
            return Unavailable("Elasticsearch refuses to answer at the moment.")


def gone() -> Unavailable:
    """Elasticsearch can't be reached, or what answers is not Elasticsearch, or cut short."""
    return Unavailable("Elasticsearch can't be reached at the moment.")


def too_slow() -> TooSlow:
    """Elasticsearch was reached and did not answer in time."""
    return TooSlow("Elasticsearch did not answer in time.")

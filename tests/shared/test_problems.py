"""What each failure of Elasticsearch means to our client."""

from __future__ import annotations

import pytest

from shared import problems

NO_INDEX = {"error": {"type": "index_not_found_exception"}}


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (404, {"found": False}, problems.NotFound),
        (404, {"result": "not_found"}, problems.NotFound),
        (404, {}, problems.Unavailable),
        (404, NO_INDEX, problems.Unavailable),
        (409, {}, problems.Conflict),
        (404, "<h1>Not Found</h1>", problems.Unavailable),
        (400, "", problems.Unavailable),
        (408, {}, problems.TooSlow),
        (504, {}, problems.TooSlow),
        *[(status, {}, problems.Unavailable) for status in (200, 401, 403, 429, 500, 502, 503)],
    ],
)
def test_a_refusal(status: int, body: object, expected: type[problems.Problem]) -> None:
    assert type(problems.refused(status, body)) is expected


def test_a_call_that_elasticsearch_can_not_read_is_our_own_fault() -> None:
    assert problems.refused(400, {}) is None


def test_problem_details() -> None:
    faults = [{"field": "year", "message": "must be a number"}]
    assert problems.Invalid("Not valid: year.", faults).document() == {
        "type": "about:blank",
        "title": "Unprocessable Entity",
        "status": 422,
        "detail": "Not valid: year.",
        "errors": faults,
    }


def test_an_unavailable_backend_says_when_to_come_again() -> None:
    assert problems.gone().headers == {"Retry-After": "1"}

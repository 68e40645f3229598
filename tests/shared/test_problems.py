"""What each failure of Elasticsearch means to our client."""

from __future__ import annotations

import pytest

from shared import problems

NO_INDEX = {"error": {"type": "index_not_found_exception"}}
BLOCKED = {"error": {"type": "cluster_block_exception"}}


def failed(kind: str, reason: str) -> dict[str, object]:
    """A search that failed in its shards for one cause."""
    shard = {
        "shard": 0,
        "reason": {"type": "illegal_argument_exception", "caused_by": {"type": kind, "reason": reason}},
    }
    return {"error": {"type": "search_phase_execution_exception", "failed_shards": [shard]}}


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
        (413, "", problems.Invalid),
        (403, BLOCKED, problems.Unavailable),
        (400, {"error": {"type": "index_closed_exception"}}, problems.Unavailable),
        (400, failed("illegal_argument_exception", "Fielddata is disabled on [genre]"), problems.Unavailable),
        (400, failed("query_shard_exception", "No mapping found for [x] in order to sort on"), problems.Unavailable),
        (400, failed("illegal_argument_exception", "Result window is too large, from + size"), problems.Invalid),
        (400, failed("too_many_nested_clauses", "maxClauseCount is set to 1024"), problems.Invalid),
        (500, failed("too_many_clauses", "maxClauseCount is set to 1024"), problems.Invalid),
        *[(status, failed("anything", ""), problems.Unavailable) for status in (400, 405, 406, 415, 429, 500)],
        *[(status, {}, problems.Unavailable) for status in (200, 401, 403, 429, 500, 502, 503)],
    ],
)
def test_a_refusal(status: int, body: object, expected: type[problems.Problem]) -> None:
    assert type(problems.refused(status, body)) is expected


@pytest.mark.parametrize(
    "error", [None, "parsing", {"type": "parsing_exception"}, {"type": "x_content_parse_exception"}]
)
def test_a_call_that_elasticsearch_can_not_read_is_our_own_fault(error: object) -> None:
    assert problems.refused(400, {"error": error}) is None


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (404, NO_INDEX, "load them"),
        (401, {"error": {"type": "security_exception"}}, "does not let this service in"),
        (403, BLOCKED, "closed, blocked"),
        (429, failed("circuit_breaking_exception", "Data too large"), "too much to do"),
        (503, failed("es_rejected_execution_exception", ""), "too much to do"),
        (503, failed("no_shard_available_action_exception", ""), "at the moment"),
    ],
)
def test_words_of_a_refusal(status: int, body: object, words: str) -> None:
    assert words in str(problems.refused(status, body))


@pytest.mark.parametrize("failed_shards", [7, [7], [{"reason": "x"}], {"reason": {}}])
def test_an_error_of_another_shape(failed_shards: object) -> None:
    assert isinstance(
        problems.refused(503, {"error": {"type": 7, "failed_shards": failed_shards}}), problems.Unavailable
    )


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

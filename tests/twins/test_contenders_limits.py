"""Contenders without pages have the twins' limits for slow and greedy clients, their shedding and their log: the twins'
own tests, on other servers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from shared import problems
from tests.twins.broken_backends import answering
from tests.twins.served import served
from tests.twins.test_contenders import APIS
from tests.twins.test_hardening import (  # noqa: F401  # they run here too
    PROBLEM,
    test_a_body_that_is_too_large_is_413_before_its_end,
    test_a_body_that_never_ends_is_408,
    test_a_client_that_does_not_take_its_answers_is_dropped,
    test_drops_of_a_body_do_not_win_time,
    test_many_small_requests_at_once_are_no_long_head,
    test_slow_clients_do_not_keep_others_waiting_for_ever,
)
from tests.twins.test_logs import LINES, logged
from tests.twins.test_shedding import (  # noqa: F401  # they run here too
    test_a_burst_is_refused_but_for_as_many_as_have_a_place,
    test_a_place_is_given_back_whatever_the_answer,
    test_a_request_is_let_in_when_it_has_come_whole,
)

pytestmark = pytest.mark.robustness

CAUSES = {"fastapi": {"ValidationError": "RequestValidationError"}}
"""The names of errors that a framework raises in place of pydantic's."""


@pytest.fixture(params=APIS, scope="module")
def twin(request: pytest.FixtureRequest) -> str:
    """The contender in the twin's place."""
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def url(twin: str) -> Iterator[httpx.URL]:
    with served(twin, LAB_CLIENT_TIMEOUT_S="1", LAB_ES_URL="http://127.0.0.1:9") as (_, client):
        yield client.base_url


def test_a_json_line_for_each_problem_and_nothing_secret(twin: str, tmp_path: Path) -> None:
    lines = [json.loads(text) for text in logged(twin, tmp_path / "log", LAB_LOG="json")]
    own = CAUSES.get(twin, {})
    assert [line | {"time": ""} for line in lines] == [
        line | {"time": ""} | ({"cause": own.get(line["cause"], line["cause"])} if "cause" in line else {})
        for line in LINES
    ]


def test_a_fault_of_our_own_is_500_and_logged_once(twin: str, tmp_path: Path) -> None:
    """Elasticsearch can't read what it is asked."""
    unread, log = {"error": {"type": "parsing_exception", "reason": "?"}, "status": 400}, tmp_path / "log"
    with (
        answering(lambda *_: unread, status=400) as backend,
        log.open("wb") as stderr,
        served(twin, stderr, LAB_ES_URL=backend, LAB_LOG="json") as (_, client),
    ):
        answer = client.get("/api/books")
    assert (answer.status_code, answer.headers["Content-Type"]) == (500, PROBLEM)
    assert answer.json() == problems.crashed().document()
    [line] = map(json.loads, log.read_text().splitlines())
    assert (line["level"], line["path"], "BadRequestError" in line["exception"]) == ("ERROR", "/api/books", True)

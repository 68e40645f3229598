"""More requests than LAB_MAX_IN_FLIGHT are refused at once, in both twins alike, and the ones let in are bounded."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPResponse

import httpx
import pytest

from shared.settings import Settings, SettingsError, Twin
from tests.twins.served import exchange, holding, served
from tests.waiting import eventually

pytestmark = pytest.mark.robustness

PLACES = 4
BURST = 40


def test_a_burst_is_refused_but_for_as_many_as_have_a_place(twin: Twin) -> None:
    """The refused ones are answered while those that were let in still wait: so neither waits for the other."""
    with (
        holding() as backend,
        served(twin, LAB_ES_URL=backend.url, LAB_ES_TIMEOUT_S="60", LAB_MAX_IN_FLIGHT=str(PLACES)) as (_, client),
        ThreadPoolExecutor(BURST) as pool,
    ):
        pending = [pool.submit(client.get, "/api/books/x") for _ in range(BURST)]
        eventually(lambda: sum(answer.done() for answer in pending) == BURST - PLACES)
        assert len(backend.received) == PLACES
        assert client.get("/healthz").status_code == 200

        backend.go.set()
        answers = [answer.result() for answer in pending]
        assert sorted(answer.status_code for answer in answers) == [200] * PLACES + [503] * (BURST - PLACES)
        assert {answer.headers["Retry-After"] for answer in answers if answer.status_code == 503} == {"1"}
        assert client.get("/api/books/x").status_code == 200


def test_the_pool_is_as_large_as_it_is_asked_for(twin: Twin) -> None:
    """aiohttp has a limit of its own, for all hosts together, which is 100."""
    many = 120
    with (
        holding() as backend,
        served(
            twin, LAB_ES_URL=backend.url, LAB_ES_TIMEOUT_S="60", LAB_ES_POOL_SIZE=str(many), LAB_THREADS=str(many)
        ) as (_, client),
        httpx.Client(base_url=client.base_url, timeout=60, limits=httpx.Limits(max_connections=many)) as patient,
        ThreadPoolExecutor(many) as pool,
    ):
        pending = [pool.submit(patient.get, "/api/books/x") for _ in range(many)]
        eventually(lambda: len(backend.received) == many)
        backend.go.set()
        assert {answer.result().status_code for answer in pending} == {200}


def test_a_place_is_given_back_whatever_the_answer(twin: Twin) -> None:
    with holding() as backend, served(twin, LAB_ES_URL=backend.url, LAB_MAX_IN_FLIGHT="1") as (_, client):
        backend.go.set()
        paths = ("/api/books/x", "/nowhere", "/api/books?size=0", "/api/dashboard", "/healthz")
        statuses = [client.get(path).status_code for path in paths * 2]
        assert statuses == [200, 404, 422, 503, 200] * 2


def test_settings_that_could_refuse_nothing_are_refused() -> None:
    given = {"LAB_MAX_IN_FLIGHT": "16", "LAB_THREADS": "16"}
    with pytest.raises(SettingsError, match="set LAB_THREADS to 17 or more"):
        Settings.from_environ(given, "sync")
    assert Settings.from_environ(given, "async").max_in_flight == 16
    assert Settings.from_environ(given | {"LAB_THREADS": "17"}, "sync").max_in_flight == 16


def test_a_request_is_let_in_when_it_has_come_whole(twin: Twin) -> None:
    """In both twins its body is awaited before a place is: one that never ends takes none, and is refused late."""
    settings = {"LAB_MAX_IN_FLIGHT": "1", "LAB_CLIENT_TIMEOUT_S": "1", "LAB_ES_TIMEOUT_S": "60"}
    unfinished = b"POST /api/books HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"
    with (
        holding() as backend,
        served(twin, LAB_ES_URL=backend.url, **settings) as (_, client),
        ThreadPoolExecutor() as pool,
    ):
        assert told(exchange(client.base_url, unfinished)) == (408, "close")
        waiting = pool.submit(client.get, "/api/books/x")
        eventually(lambda: backend.received)
        assert told(exchange(client.base_url, unfinished)) == (503, "close")
        backend.go.set()
        assert waiting.result().status_code == 200


def told(answer: HTTPResponse | None) -> tuple[int, str | None] | None:
    return None if answer is None else (answer.status, answer.getheader("Connection"))

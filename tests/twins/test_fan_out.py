"""Calls that don't depend on each other, made in each way that `LAB_FAN_OUT` knows: equal to clients of either twin."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any, get_args

import flask
import httpx
import pytest
from elasticsearch import Elasticsearch

from loadtests.contenders import named
from loadtests.servers import serving
from shared.settings import FanOut, Settings, Twin
from sync_app import gathering
from tests.twins import closing_backend
from tests.twins.closing_backend import Balancer, Handler, always, answered, balancing, when_kept
from tests.twins.conftest import CONTENDERS
from tests.twins.recording import Recorder
from tests.twins.served import served
from tests.twins.test_equal import JSON, KNOWN, Request, play
from tests.twins.test_gathering import one_refused
from tests.twins.test_refusals import FOREIGN, closed, instead, setting
from tests.twins.test_stale_connections import resends, with_one_connection
from tests.waiting import eventually

Combination = tuple[Twin, FanOut]
COMBINATIONS: list[Combination] = list(product(CONTENDERS, get_args(FanOut)))
ES_TIMEOUT_S = 3.0
SEARCH, MSEARCH = "/twinlab-books/_search", "/twinlab-books/_msearch"
CALLS = {"turn": [SEARCH] * 6, "together": [SEARCH] * 6, "msearch": [MSEARCH]}
GRAPHQL = f"""{{"query": "{{ dashboard {{ totals {{ books }} genres {{ value count }} newest {{ title }} }}
    book(id: \\"{KNOWN}\\") {{ title }} }}"}}""".replace("\n", "")
DASHBOARD, DOCUMENT = Request("GET", "/api/dashboard"), Request("POST", "/graphql", JSON, GRAPHQL.encode())


@pytest.fixture(scope="module")
def balancer(recorder: Recorder) -> Iterator[Balancer]:
    """Before an Elasticsearch that `recorder` has had seeded."""
    with balancing(recorder.url) as balancer:
        yield balancer


@pytest.fixture(scope="module")
def clients(balancer: Balancer, urls: dict[Twin, str]) -> Iterator[dict[Combination, httpx.Client]]:
    assert urls  # the others, with their defaults
    environ = {"LAB_ES_URL": balancer.url, "LAB_ES_TIMEOUT_S": str(ES_TIMEOUT_S)}
    with ExitStack() as stack:
        yield {
            (twin, way): stack.enter_context(served(twin, LAB_FAN_OUT=way, **environ))[1] for twin, way in COMBINATIONS
        }


@pytest.fixture(params=COMBINATIONS, ids="-".join)
def combination(request: pytest.FixtureRequest) -> Combination:
    both: Combination = request.param
    return both


@pytest.fixture
def client(clients: dict[Combination, httpx.Client], combination: Combination, balancer: Balancer) -> httpx.Client:
    """A twin that fans out in one way."""
    balancer.begin(always(answered))
    return clients[combination]


def in_one_order(body: object) -> str:
    return json.dumps(body, sort_keys=True)


def seen(url: object, recorder: Recorder) -> list[Any]:
    """Both responses, as far as they are to be equal, with the calls that they cost."""
    return play([DASHBOARD, DOCUMENT], str(url), recorder)


def test_responses_are_equal_and_calls_counted(
    client: httpx.Client, combination: Combination, urls: dict[Twin, str], recorder: Recorder
) -> None:
    ours, expected = seen(client.base_url, recorder), seen(urls["sync"], recorder)
    assert [response[:3] for response in ours] == [response[:3] for response in expected]
    assert [response[0] for response in ours] == [200, 200]
    calls, in_turn = ours[0][3], expected[0][3]
    assert [call.path for call in calls] == CALLS[combination[1]]
    bodies = [body for call in calls for body in (call.body[1::2] if call.path == MSEARCH else [call.body])]
    assert sorted(map(in_one_order, bodies)) == sorted(in_one_order(call.body) for call in in_turn)
    assert ours[1][3] == expected[1][3]
    assert [call.path for call in ours[1][3]] == ["/twinlab-books/_mget", MSEARCH]


REFUSING: dict[str, Callable[[Elasticsearch], AbstractContextManager[None]]] = {
    "two of six are too deep": lambda backend: setting(backend, "max_result_window", 3),
    "a foreign index": lambda backend: instead(backend, FOREIGN),
    "a closed index": closed,
}


@pytest.mark.parametrize(("state", "status"), [*zip(REFUSING, (422, 503, 503), strict=True)])
def test_a_refused_part_is_the_whole_s_refusal(
    client: httpx.Client, urls: dict[Twin, str], recorder: Recorder, elasticsearch_url: str, state: str, status: int
) -> None:
    with Elasticsearch(elasticsearch_url) as backend, REFUSING[state](backend):
        ours, expected = seen(client.base_url, recorder), seen(urls["sync"], recorder)
    assert [response[:3] for response in ours] == [response[:3] for response in expected]
    assert (ours[0][0], ours[1][0]) == (status, 200)


def test_the_page_is_made_of_the_same(client: httpx.Client) -> None:
    assert client.get("/dashboard").status_code == 200


def test_stale_connections_are_left_and_counted(
    client: httpx.Client, balancer: Balancer, combination: Combination
) -> None:
    with_one_connection(client, balancer)
    for _ in range(2):  # the first leaves several connections where calls are made together
        balancer.begin(when_kept(closing_backend.closed))
        answer = client.get("/api/dashboard")
        assert answer.status_code == 200
        assert len(balancer.requests) == len(CALLS[combination[1]]) + resends(answer)
    assert resends(answer) > 0


def all_at_once(balancer: Balancer, calls: int) -> None:
    """Answers once so many calls have come."""
    barrier = threading.Barrier(calls)

    def exchange(handler: Handler, body: bytes) -> None:
        barrier.wait(timeout=ES_TIMEOUT_S)
        handler.answer(body)

    balancer.begin(always(exchange))


@pytest.mark.parametrize("twin", CONTENDERS)
def test_six_are_under_way_at_once(clients: dict[Combination, httpx.Client], balancer: Balancer, twin: Twin) -> None:
    all_at_once(balancer, 6)
    assert clients[twin, "together"].get("/api/dashboard").status_code == 200


def test_greenlets_take_the_place_of_threads_under_gevent(balancer: Balancer, tmp_path: Path) -> None:
    contender = replace(named("sync-gevent"), environment={"LAB_FAN_OUT": "together"})
    balancer.begin(always(answered))
    with serving(contender, balancer.url, tmp_path / "server.log") as server, httpx.Client(base_url=server.url) as one:
        all_at_once(balancer, 6)
        assert one.get("/api/dashboard").status_code == 200
        balancer.begin(when_kept(closing_backend.closed))
        answer = one.get("/api/dashboard")
        assert (answer.status_code, resends(answer) > 0) == (200, True)
    assert "Traceback" not in (tmp_path / "server.log").read_text()


def test_a_refusal_is_told_at_once_and_threads_under_way_end_by_their_time_out(
    clients: dict[Combination, httpx.Client], balancer: Balancer
) -> None:
    balancer.begin(always(one_refused(6, "_search")))
    answer = clients["sync", "together"].get("/api/dashboard")
    assert (answer.status_code, answer.json()["detail"]) == (503, "Elasticsearch has too much to do at the moment.")
    assert len(balancer.requests) == 6
    eventually(lambda: len(balancer.left) == 5)


@pytest.mark.robustness
def test_all_calls_of_a_list_share_one_deadline(balancer: Balancer, combination: Combination) -> None:
    """Each search takes less than the time limit, and six more, on the one connection that there is."""
    twin, way = combination
    limit_s = 1.0

    def late(handler: Handler, body: bytes) -> None:
        time.sleep(limit_s * 0.4 * (len(body.splitlines()) // 2 or 1))
        handler.answer(body)

    balancer.begin(always(late))
    environ = {"LAB_ES_URL": balancer.url, "LAB_ES_TIMEOUT_S": str(limit_s), "LAB_ES_POOL_SIZE": "1"}
    with served(twin, LAB_FAN_OUT=way, **environ) as (_, client):
        answer = client.get("/api/dashboard")
        assert (answer.status_code, answer.json()["detail"]) == (504, "Elasticsearch did not respond in time.")
        assert len(balancer.requests) <= 3


@pytest.fixture
def app() -> Iterator[flask.Flask]:
    """With one thread for its calls."""
    app = flask.Flask("test")
    app.extensions["settings"] = Settings.from_environ({"LAB_ES_POOL_SIZE": "1"}, "sync")
    gathering.open_threads(app)
    with app.app_context():
        yield app
    gathering.close_threads(app)


@pytest.mark.parametrize("place", range(3))
def test_calls_after_the_first_failure_are_not_begun(app: flask.Flask, place: int) -> None:
    begun = []
    failure = LookupError("first")

    def call(item: int) -> None:
        assert flask.current_app.name == app.name
        begun.append(item)
        if item >= place:
            raise failure

    with pytest.raises(LookupError) as raised:
        gathering.gather(call, range(6))
    assert raised.value is failure
    assert begun == list(range(place + 1))


def test_threads_return_results_in_order(app: flask.Flask) -> None:
    assert app
    assert gathering.gather(lambda item: item * 2, (3, 1, 2)) == [6, 2, 4]
    assert gathering.gather(str, ()) == []

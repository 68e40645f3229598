"""One of several calls that are made together is refused: the others are given up before the client is told."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack
from functools import partial
from typing import Any

import httpx
import pytest

from async_app.gathering import gather
from shared.settings import Twin
from tests.twins import closing_backend
from tests.twins.closing_backend import Balancer, Fate, Handler, balancing
from tests.twins.conftest import CONTENDERS
from tests.twins.recording import Recorder
from tests.twins.served import served
from tests.twins.test_equal import KNOWN
from tests.waiting import eventually

DOCUMENT = f'{{ book(id: "{KNOWN}") {{ title }} books {{ total }} }}'


@pytest.fixture(scope="module")
def balancer(recorder: Recorder) -> Iterator[Balancer]:
    with balancing(recorder.url) as balancer:
        yield balancer


@pytest.fixture(scope="module")
def clients(balancer: Balancer) -> Iterator[dict[Twin, httpx.Client]]:
    """Twins that give up no call by themselves for as long as a test lasts."""
    environ = {"LAB_ES_URL": balancer.url, "LAB_ES_TIMEOUT_S": "600"}
    with ExitStack() as stack:
        yield {twin: stack.enter_context(served(twin, **environ))[1] for twin in CONTENDERS}


def one_refused(calls_at_once: int, refused_path: str) -> Fate:
    """Of so many calls at once the first to this path is refused, once all have come; the others are held."""
    together = threading.Barrier(calls_at_once)
    refusals = threading.Semaphore(1)

    def exchange(handler: Handler, body: bytes) -> None:
        is_refused = handler.path.partition("?")[0].endswith(refused_path) and refusals.acquire(blocking=False)
        together.wait(timeout=30)
        (closing_backend.refused if is_refused else closing_backend.held)(handler, body)

    return exchange


def test_the_other_five_questions_of_the_dashboard_are_given_up(
    clients: dict[Twin, httpx.Client], balancer: Balancer
) -> None:
    balancer.begin(closing_backend.always(one_refused(6, "_search")))
    answer = clients["async"].get("/api/dashboard")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert answer.json()["detail"] == "Elasticsearch has too much to do at the moment."
    assert len(balancer.requests) == 6
    eventually(lambda: len(balancer.left) == 5)


def test_the_other_batch_of_a_document_is_given_up(clients: dict[Twin, httpx.Client], balancer: Balancer) -> None:
    balancer.begin(closing_backend.always(one_refused(2, "_mget")))
    answer = clients["async"].post("/graphql", json={"query": DOCUMENT})
    assert {error["extensions"]["code"] for error in answer.json()["errors"]} == {"UNAVAILABLE"}
    eventually(lambda: [path.partition("?")[0] for path in balancer.left] == ["/twinlab-books/_msearch"])


def test_the_sync_twin_stops_at_the_refusal(clients: dict[Twin, httpx.Client], balancer: Balancer) -> None:
    balancer.begin(closing_backend.always(closing_backend.refused))
    assert clients["sync"].get("/api/dashboard").status_code == 503
    assert len(balancer.requests) == 1


def test_the_service_goes_on(clients: dict[Twin, httpx.Client], balancer: Balancer, twin: Twin) -> None:
    balancer.begin(closing_backend.always(closing_backend.answered))
    assert clients[twin].get("/api/dashboard").status_code == 200


def test_the_first_failure_is_raised_as_it_is_and_the_rest_has_ended() -> None:
    ended = []

    async def fails(error: Exception, after_turns: int) -> None:
        for _ in range(after_turns):
            await asyncio.sleep(0)
        raise error

    async def waits() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("cancelled")

    first = LookupError("first")
    calls: list[Callable[[], Coroutine[Any, Any, None]]] = [
        waits,
        partial(fails, ValueError("second"), 2),
        partial(fails, first, 1),
        waits,
    ]
    with pytest.raises(LookupError) as raised:
        asyncio.run(gather(lambda call: call(), calls))
    assert raised.value is first
    assert raised.value.__context__ is None
    assert ended == ["cancelled"] * 2


def test_results_come_in_order() -> None:
    async def after(turns: int) -> int:
        for _ in range(turns):
            await asyncio.sleep(0)
        return turns

    assert asyncio.run(gather(after, (3, 1, 2))) == [3, 1, 2]

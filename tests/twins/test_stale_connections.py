"""Kept connections that turn out to be closed: what only reads is sent again once, on a new one, and a write never."""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import product

import httpx
import pytest

from shared.books import INDEX
from shared.settings import Twin
from tests.twins import closing_backend
from tests.twins.closing_backend import Balancer, Fate, Handler, always, answered, balancing, when_kept
from tests.twins.recording import Recorder
from tests.twins.served import served
from tests.twins.test_equal import BOOK, KNOWN
from tests.twins.test_graphql import CREATE, DELETE, UPDATE, codes

ES_TIMEOUT_S = 1.5
AT_ONCE = 16
GET = f"GET /twinlab-books/_doc/{KNOWN}"
SEARCH = "POST /twinlab-books/_search"
AUTHOR = "Sent.Once"
OWN = BOOK | {"author": AUTHOR}
OTHER = OWN | {"title": "The Other One"}
LOST = "carried out, and the answer lost"
CLOSED: dict[str, Fate] = {
    "closed": closing_backend.closed,
    "reset": closing_backend.reset,
    LOST: closing_backend.carried_out,
}
GRAPHQL = f'{{ book(id: "{KNOWN}") {{ title similar(size: 2) {{ title }} }} books(query: "the") {{ total }} }}'


@pytest.fixture(scope="module")
def balancer(recorder: Recorder) -> Iterator[Balancer]:
    """Before an Elasticsearch that `recorder` has had seeded."""
    with balancing(recorder.url) as balancer:
        yield balancer


SERVICES: dict[str, tuple[Twin, dict[str, str]]] = {
    "sync": ("sync", {}),
    "async": ("async", {}),
    "async-httpx": ("async", {"LAB_ES_NODE": "httpx"}),
}


@pytest.fixture(params=["sync", "async", pytest.param("async-httpx", marks=pytest.mark.robustness)])
def service(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@contextmanager
def serving(service: str, balancer: Balancer, timeout_s: float) -> Iterator[httpx.Client]:
    twin, settings = SERVICES[service]
    with served(twin, LAB_ES_URL=balancer.url, LAB_ES_TIMEOUT_S=str(timeout_s), **settings) as (_, client):
        yield client


@pytest.fixture(scope="module")
def clients(balancer: Balancer) -> Iterator[dict[str, httpx.Client]]:
    with ExitStack() as stack:
        yield {service: stack.enter_context(serving(service, balancer, 30)) for service in SERVICES}


@pytest.fixture
def client(clients: dict[str, httpx.Client], service: str, balancer: Balancer) -> httpx.Client:
    """A service that keeps one connection to Elasticsearch."""
    return with_one_connection(clients[service], balancer)


@pytest.fixture
def impatient(balancer: Balancer, service: str) -> Iterator[httpx.Client]:
    """The same with a short time limit for an answer."""
    with serving(service, balancer, ES_TIMEOUT_S) as client:
        yield with_one_connection(client, balancer)


def with_one_connection(client: httpx.Client, balancer: Balancer) -> httpx.Client:
    """Its service has one connection to Elasticsearch, which has served one request."""
    balancer.close_idle()
    balancer.begin(always(answered))
    assert client.get(f"/api/books/{KNOWN}").status_code == 200
    balancer.requests.clear()
    return client


def resends(answer: httpx.Response) -> int:
    told = re.fullmatch(r'es;dur=[0-9.]+, app;dur=[0-9.]+(?:, resend;desc="(\d+)")?', answer.headers["Server-Timing"])
    assert told is not None
    return int(told[1] or 0)


READS: dict[str, tuple[Callable[[httpx.Client], httpx.Response], list[str]]] = {
    "get": (lambda client: client.get(f"/api/books/{KNOWN}"), [GET]),
    "head": (lambda client: client.head(f"/api/books/{KNOWN}"), [GET]),
    "search": (lambda client: client.get("/api/books?q=the"), [SEARCH]),
    "similar": (lambda client: client.get(f"/api/books/{KNOWN}/similar"), [GET, SEARCH]),
    "page": (lambda client: client.get("/?q=the"), [SEARCH]),
    "page of a book": (lambda client: client.get(f"/books/{KNOWN}"), [GET, SEARCH]),
    "ready": (lambda client: client.get("/readyz"), [SEARCH]),
}


@pytest.mark.parametrize(("read", "fate"), [*product(READS, ["closed"]), *product(["search"], ["reset", LOST])])
def test_a_read_is_sent_again_once(
    client: httpx.Client, service: str, balancer: Balancer, read: str, fate: str
) -> None:
    """The connection of a resend is kept, and stale for the next call; httpx's is not kept."""
    send, calls = READS[read]
    stale = calls[:1] if service == "async-httpx" else calls
    balancer.begin(when_kept(CLOSED[fate]))
    answer = send(client)
    assert (answer.status_code, resends(answer)) == (200, len(stale))
    assert balancer.requests == [call for call in calls for _ in range(1 + (call in stale))]


GATHERED: dict[str, tuple[Callable[[httpx.Client], httpx.Response], Counter[str]]] = {
    "dashboard": (lambda client: client.get("/api/dashboard"), Counter({SEARCH: 6})),
    "page of the dashboard": (lambda client: client.get("/dashboard"), Counter({SEARCH: 6})),
    "graphql": (
        lambda client: client.post("/graphql", json={"query": GRAPHQL}),
        Counter({"POST /twinlab-books/_mget": 1, "POST /twinlab-books/_msearch": 2}),
    ),
}


@pytest.mark.parametrize("read", GATHERED)
def test_each_of_several_calls_is_sent_again_once(client: httpx.Client, balancer: Balancer, read: str) -> None:
    """The twins keep different numbers of connections: what is told is what was sent."""
    send, calls = GATHERED[read]
    balancer.begin(when_kept(closing_backend.closed))
    for _ in range(3):
        balancer.requests.clear()
        answer = send(client)
        assert answer.status_code == 200
        assert "errors" not in answer.text
        assert len(balancer.requests) == calls.total() + resends(answer)
        sent = Counter(balancer.requests)
        assert all(calls[call] <= sent[call] <= 2 * calls[call] for call in sent)
    assert resends(answer) > 0


def test_a_balancer_that_closes_after_every_exchange(client: httpx.Client, balancer: Balancer) -> None:
    """It is seen, mostly, before the next request is sent; and where it is not, that is sent again."""
    balancer.begin(always(closing_backend.answered_and_closed))
    answers = [client.get("/api/books?q=the") for _ in range(20)]
    assert {answer.status_code for answer in answers} == {200}
    assert len(balancer.requests) >= len(answers)


def test_many_stale_connections_at_once(client: httpx.Client, balancer: Balancer) -> None:
    together = threading.Barrier(AT_ONCE)

    def answered_together(handler: Handler, body: bytes) -> None:
        together.wait(timeout=30)
        handler.answer(body)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for fate in (always(answered_together), when_kept(closing_backend.closed)):
            balancer.begin(fate)
            answers = list(pool.map(client.get, ["/api/books?q=the"] * AT_ONCE))
            assert {answer.status_code for answer in answers} == {200}
    assert sum(map(resends, answers)) >= AT_ONCE / 2
    assert len(balancer.requests) == AT_ONCE + sum(map(resends, answers))


def test_a_connection_that_was_closed_while_idle_costs_no_resend(client: httpx.Client, balancer: Balancer) -> None:
    balancer.close_idle()
    answer = client.get("/api/books?q=the")
    assert (answer.status_code, resends(answer), balancer.requests) == (200, 0, [SEARCH])


@pytest.mark.parametrize("fate", CLOSED)
def test_a_second_try_that_is_closed_too_is_the_last(client: httpx.Client, balancer: Balancer, fate: str) -> None:
    balancer.begin(always(CLOSED[fate]))
    answer = client.get("/api/books?q=the")
    assert (answer.status_code, resends(answer), balancer.requests) == (503, 1, [SEARCH, SEARCH])


@pytest.mark.parametrize("fate", CLOSED)
def test_a_new_connection_that_is_closed_is_no_stale_one(client: httpx.Client, balancer: Balancer, fate: str) -> None:
    balancer.close_idle()
    balancer.begin(always(CLOSED[fate]))
    answer = client.get(f"/api/books/{KNOWN}")
    assert (answer.status_code, resends(answer), balancer.requests) == (503, 0, [GET])


@pytest.mark.parametrize(
    "fate",
    [
        closing_backend.cut_in_the_first_line,
        closing_backend.cut_in_the_first_line_and_reset,
        closing_backend.cut_in_the_body,
        closing_backend.refused,
    ],
)
def test_what_was_answered_in_part_or_refused_is_not_sent_again(
    client: httpx.Client, balancer: Balancer, fate: Fate
) -> None:
    balancer.begin(when_kept(fate))
    answer = client.get(f"/api/books/{KNOWN}")
    assert (answer.status_code, resends(answer), balancer.requests) == (503, 0, [GET])


@pytest.mark.robustness
def test_a_read_without_an_answer_is_too_slow_and_not_sent_again(impatient: httpx.Client, balancer: Balancer) -> None:
    balancer.begin(when_kept(closing_backend.held))
    answer = impatient.get("/api/books?q=the")
    assert (answer.status_code, resends(answer), balancer.requests) == (504, 0, [SEARCH])


@pytest.mark.robustness
def test_both_tries_share_one_deadline(impatient: httpx.Client, balancer: Balancer) -> None:
    """Each takes less than the time limit, and both together more."""

    def late(fate: Fate) -> Fate:
        def wait(handler: Handler, body: bytes) -> None:
            time.sleep(ES_TIMEOUT_S * 0.6)
            fate(handler, body)

        return wait

    balancer.begin(lambda handler: late(closing_backend.closed if handler.number > 1 else answered))
    answer = impatient.get("/api/books?q=the")
    assert (answer.status_code, resends(answer)) == (504, 1)


@pytest.mark.parametrize("service", ["sync", "async"], indirect=True)  # httpx's pool can't be given one
def test_a_resend_leaves_a_connection_that_is_kept(client: httpx.Client, balancer: Balancer) -> None:
    balancer.begin(when_kept(closing_backend.closed))
    assert [resends(client.get(f"/api/books/{KNOWN}")) for _ in range(3)] == [1] * 3
    numbers = []

    def note(handler: Handler) -> Fate:
        numbers.append(handler.number)
        return answered

    balancer.begin(note)
    assert [resends(client.get(f"/api/books/{KNOWN}")) for _ in range(3)] == [0] * 3
    assert numbers == [2, 3, 4]


Write = Callable[[httpx.Client, str, str], httpx.Response]
"""A write to the book of an id and a version, or of another one of the author."""


def mutate(client: httpx.Client, document: str, **variables: object) -> httpx.Response:
    return client.post("/graphql", json={"query": document, "variables": variables})


MUTATIONS: dict[str, Write] = {
    "createBook": lambda client, _id, _version: mutate(client, CREATE, book=OTHER),
    "updateBook": lambda client, id, version: mutate(client, UPDATE, id=id, version=version, book=OWN),
    "deleteBook": lambda client, id, version: mutate(client, DELETE, id=id, version=version),
    "deleteBook in any version": lambda client, id, _version: mutate(client, DELETE, id=id),
}
WRITES: dict[str, Write] = {
    "create": lambda client, _id, _version: client.post("/api/books", json=OTHER),
    "create under an id": lambda client, _id, _version: client.post("/api/books", json=OTHER | {"id": "stale-new"}),
    "update": lambda client, id, version: client.put(
        f"/api/books/{id}", json=OWN, headers={"If-Match": f'"{version}"'}
    ),
    "delete": lambda client, id, version: client.delete(f"/api/books/{id}", headers={"If-Match": f'"{version}"'}),
    "delete in any version": lambda client, id, _version: client.delete(f"/api/books/{id}"),
}


@pytest.fixture
def own(client: httpx.Client, elasticsearch_url: str) -> Iterator[tuple[str, str]]:
    """The id and the version of a book of the test's own. It is removed, and what the test wrote too."""
    answer = client.post("/api/books", json=OWN)
    yield answer.json()["id"], answer.headers["ETag"].strip('"')
    index = f"{elasticsearch_url}/{INDEX}"
    httpx.post(f"{index}/_refresh").raise_for_status()
    for hit in httpx.get(f"{index}/_search?size=100&q=author:{AUTHOR}").json()["hits"]["hits"]:
        httpx.delete(f"{index}/_doc/{hit['_id']}").raise_for_status()


def is_write(command: str, path: str) -> bool:
    return command in ("PUT", "DELETE") or path.rpartition("/")[2] in ("_bulk", "_doc", "_update_by_query")


def when_written(fate: Fate) -> Callable[[Handler], Fate]:
    """This fate for every write on a kept connection."""
    return lambda handler: fate if handler.number > 1 and is_write(handler.command, handler.path) else answered


@pytest.mark.parametrize(
    ("write", "fate"), [*product(WRITES | MUTATIONS, [LOST]), *product(["update"], ["closed", "reset"])]
)
def test_a_write_is_sent_once(
    client: httpx.Client, balancer: Balancer, own: tuple[str, str], write: str, fate: str
) -> None:
    """Whether Elasticsearch carried it out or not."""
    balancer.begin(when_written(CLOSED[fate]))
    answer = (WRITES | MUTATIONS)[write](client, *own)
    assert len([request for request in balancer.requests if is_write(*request.split())]) == 1
    assert resends(answer) == 0
    if write in WRITES:
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    else:
        assert codes(answer.json()) == ["UNAVAILABLE"]


@pytest.mark.parametrize("service", ["sync", "async"], indirect=True)  # httpx writes on a new connection
def test_the_read_before_a_write_is_sent_again_and_the_write_is_not(
    client: httpx.Client, balancer: Balancer, own: tuple[str, str]
) -> None:
    balancer.begin(when_kept(closing_backend.carried_out))
    answer = WRITES["update"](client, *own)
    path = f"/{INDEX}/_doc/{own[0]}"
    assert (answer.status_code, resends(answer)) == (503, 1)
    assert balancer.requests == [f"GET {path}", f"GET {path}", f"PUT {path}"]

"""Each gap in aioflask's translation between ASGI and WSGI that `async_app/asgi.py` closes, one test a gap.

Every test runs over both edges, and says what aioflask's own does: the day one of those is fixed, its test fails here.
"""

from __future__ import annotations

import asyncio
import base64
import http.client
import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from async_app import TWIN
from async_app.server import of_worker
from shared.settings import Settings
from tests.edge.conftest import Serve, Service, running
from tests.edge.service import LIMIT_BYTES
from tests.waiting import eventually

pytestmark = pytest.mark.robustness


def row(*, aioflask: Any, repaired: Any) -> pytest.MarkDecorator:
    """A test for both edges: what each does."""
    return pytest.mark.parametrize(("edge", "expected"), [("aioflask", aioflask), ("repaired", repaired)])


@pytest.fixture
def service(edge: str, serve: Serve) -> Service:
    return serve(edge)


@pytest.fixture
def client(service: Service) -> Iterator[httpx.Client]:
    with service.client() as client:
        yield client


def outcome(answer: httpx.Response) -> Any:
    """What an answer says, or its status if it is an error."""
    return answer.json() if answer.status_code == 200 else answer.status_code


@row(aioflask=(3, False), repaired=(None, True))
def test_lifespan(edge: str, expected: tuple[int | None, bool], tmp_path: Path) -> None:
    with running(edge, tmp_path, "--lifespan", "on") as service:
        ended = service.process.poll()
        service.process.send_signal(signal.SIGTERM)
        service.process.wait(timeout=30)
    assert (ended, "stopped in the same loop" in service.log.read_text()) == expected


def test_a_start_up_that_fails_ends_the_server(tmp_path: Path) -> None:
    with running("failing", tmp_path, "--lifespan", "on") as service:
        assert service.process.wait(timeout=30) == 3
    assert "no backend" in service.log.read_text()


@row(aioflask=500, repaired=403)
def test_a_websocket_is_closed(edge: str, expected: int, serve: Serve) -> None:
    service = serve(edge, "--ws", "wsproto")
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": base64.b64encode(bytes(16)).decode(),
    }
    with service.client() as client:
        assert client.get("/hello/x", headers=headers).status_code == expected


@row(aioflask={"body": "", "length_bytes": None}, repaired={"body": "onetwo", "length_bytes": 6})
def test_a_chunked_body_is_read(client: httpx.Client, expected: Any) -> None:
    assert client.post("/echo", content=iter([b"one", b"two"])).json() == expected


@row(aioflask=404, repaired={"name": "x", "root": "/prefix"})
def test_a_root_path_is_no_part_of_the_path(edge: str, expected: Any, serve: Serve) -> None:
    with serve(edge, "--root-path", "/prefix").client() as client:
        assert outcome(client.get("/hello/x")) == expected


@row(aioflask=500, repaired={"name": "Zoë 📚", "root": ""})
def test_a_path_may_hold_any_text(client: httpx.Client, expected: Any) -> None:
    assert outcome(client.get("/hello/Zoë 📚")) == expected


@row(aioflask=(500, None), repaired=(200, "Zoë"))
def test_a_header_may_hold_latin_text(client: httpx.Client, expected: Any) -> None:
    answer = client.get("/heading")
    assert (answer.status_code, answer.headers.get("X-Name")) == expected


@row(aioflask={"a": "1,b=2"}, repaired={"a": "1", "b": "2"})
def test_several_cookie_headers(client: httpx.Client, expected: Any) -> None:
    assert client.get("/cookies", headers=[("Cookie", "a=1"), ("Cookie", "b=2")]).json() == expected


@row(aioflask=500, repaired={"name": "x", "root": ""})
def test_a_unix_socket(edge: str, expected: Any, serve: Serve) -> None:
    with serve(edge, "--uds").client() as client:
        assert outcome(client.get("/hello/x")) == expected


@row(aioflask=2, repaired=1)
def test_an_answer_has_one_date(client: httpx.Client, expected: int) -> None:
    assert len(client.get("/dated").headers.get_list("Date")) == expected


@row(aioflask=[], repaired=["closed"])
def test_a_response_is_closed(client: httpx.Client, expected: list[str]) -> None:
    client.get("/closing")
    assert [word for word in client.get("/told").json()["told"] if word == "closed"] == expected


@row(aioflask={"items": LIMIT_BYTES}, repaired=413)
def test_a_body_is_limited(client: httpx.Client, expected: Any) -> None:
    assert outcome(client.post("/json", json=[0] * LIMIT_BYTES)) == expected


LONG = b"x" * (LIMIT_BYTES + 1)
UNFINISHED = {
    "declared": b"Content-Length: 1000000\r\n\r\n",
    "declared and begun": b"Content-Length: 1000000\r\n\r\n" + LONG,
    "chunked": b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n" % (len(LONG), LONG),
}
"""Bodies that are too long and never end."""


@pytest.mark.parametrize("unfinished", UNFINISHED.values(), ids=UNFINISHED)
def test_a_long_body_is_answered_before_its_end(serve: Serve, unfinished: bytes) -> None:
    with serve("repaired").connect() as connection:
        connection.sendall(b"POST /echo HTTP/1.1\r\nHost: x\r\n" + unfinished)
        answer = answered(connection)
        assert (answer.status, answer.getheader("Connection")) == (413, "close")


def test_the_answer_reaches_a_client_that_goes_on_sending(serve: Serve) -> None:
    """Closed at once, its connection would be reset, and the answer lost."""
    with serve("repaired").connect() as connection:
        connection.sendall(b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 20000000\r\n\r\n")
        connection.sendall(bytes(20_000_000))
        assert answered(connection).status == 413


@pytest.mark.parametrize("framing", [b"Content-Length: 5", b"Transfer-Encoding: chunked"])
def test_a_body_that_never_ends_is_408(serve: Serve, framing: bytes) -> None:
    with serve("repaired").connect() as connection:
        connection.sendall(b"POST /echo HTTP/1.1\r\nHost: x\r\n%s\r\n\r\n1" % framing)
        answer = answered(connection)
        assert (answer.status, answer.getheader("Connection")) == (408, "close")


@row(aioflask=True, repaired=False)
def test_a_client_that_leaves_while_it_sends_is_no_fault(edge: str, expected: bool, tmp_path: Path) -> None:
    with running(edge, tmp_path) as service:
        with service.connect() as connection:
            connection.sendall(b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n1")
        with service.client() as client:
            assert client.get("/told").status_code == 200
        service.process.terminate()
        service.process.wait(timeout=30)
        assert ("Traceback" in service.log.read_text()) is expected


def test_a_view_runs_to_its_end_though_its_client_left(serve: Serve) -> None:
    """So it does under WSGI; what bounds it is its own time limits."""
    service = serve("repaired")

    def told() -> list[str]:
        with service.client() as client:
            words: list[str] = client.get("/told").json()["told"]
        return words

    with service.connect() as connection:
        connection.sendall(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        eventually(lambda: "began" in told())
    eventually(lambda: "ended" in told())


@row(aioflask=2, repaired=1)
def test_the_context_of_a_view_that_raises_is_popped(service: Service, expected: int) -> None:
    """What is left over is inherited by the request that was sent behind it on the same connection."""
    with service.connect() as connection:
        connection.sendall(b"GET /raise HTTP/1.1\r\nHost: x\r\n\r\nGET /contexts HTTP/1.0\r\nHost: x\r\n\r\n")
        answers = connection.makefile("rb").read()
    assert answers.endswith(b'{"contexts":%d}\n' % expected)


GREENLET = {"def": "x", "async def": "none"}
TASK = {"def": "none", "async def": "x"}
"""What a function sees in aioflask: the ContextVars of the greenlet or those of the task, by where it runs."""


@pytest.mark.parametrize("edge", ["aioflask", "repaired"])
@pytest.mark.parametrize(
    ("place", "in_aioflask"),
    [
        ("def", GREENLET),
        ("stream", GREENLET),
        ("error", GREENLET),
        ("after", GREENLET),
        ("async-def", TASK),
        ("task", TASK),
    ],
)
def test_context_variables_reach_every_function(
    client: httpx.Client, edge: str, place: str, in_aioflask: dict[str, str]
) -> None:
    expected = in_aioflask if edge == "aioflask" else {"def": "x", "async def": "x"}
    assert json.loads(client.get(f"/variables/{place}?name=x").text) == expected


def test_context_variables_of_concurrent_requests_stay_apart(serve: Serve) -> None:
    async def ask(names: list[str]) -> list[Any]:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{serve('repaired').port}") as client:
            answers = await asyncio.gather(*(client.get(f"/variables/async-def?name={name}") for name in names))
            return [answer.json() for answer in answers]

    names = [f"name-{number}" for number in range(20)]
    assert asyncio.run(ask(names)) == [{"def": name, "async def": name} for name in names]


OF_THE_TWIN = ["--reset-contextvars"] if of_worker(Settings.from_environ({}, TWIN))["reset_contextvars"] else []


@pytest.mark.parametrize(("options", "seen"), [([], "x"), (OF_THE_TWIN, "none")], ids=["plain", "as the async twin"])
def test_the_next_request_on_a_connection_inherits_context_variables(
    options: list[str], seen: str, serve: Serve
) -> None:
    """uvicorn begins a request that waited behind another one in that one's task."""
    with serve("repaired", *options).connect() as connection:
        connection.sendall(b"GET /variables/async-def?name=x HTTP/1.1\r\nHost: x\r\n\r\n")
        connection.sendall(b"GET /variables/async-def HTTP/1.0\r\nHost: x\r\n\r\n")
        last_body = connection.makefile("rb").read().rpartition(b"\r\n\r\n")[2]
    assert json.loads(last_body) == {"def": seen, "async def": seen}


def answered(connection: Any) -> http.client.HTTPResponse:
    response = http.client.HTTPResponse(connection)
    response.begin()
    return response

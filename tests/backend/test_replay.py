"""The replayed backend beside the real one that it records, over real HTTP."""

from __future__ import annotations

import asyncio
import gzip
import http.client
import json
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from loadtests.access import OPEN
from loadtests.backend import down, replay, up
from loadtests.backend.certificate import certificate
from loadtests.backend.library import prepare
from loadtests.backend.loader import load_corpus
from loadtests.backend.replay import Replay
from loadtests.backend.replay.due import Alarm, Due, LoopAlarm, PunctualAlarm
from loadtests.backend.replay.upstream import Asked, Upstream, UpstreamError
from loadtests.checkout import PROJECT
from loadtests.contenders import named
from loadtests.errors import LabError
from loadtests.load.delay import Delay
from loadtests.load.workloads import Popularity, known_requests
from loadtests.options import BackendOptions
from loadtests.resources.timerfd import IS_PUNCTUAL
from loadtests.servers import serving
from shared.books import INDEX
from tests.backend.support import Notes, http_server, send
from tests.conftest import free_port
from tests.tls import secured

BOOKS = 300
SEARCH = f"/{INDEX}/_search?filter_path=hits"
"""Without the time that it took, which no two responses share."""


@dataclass(frozen=True)
class Ask:
    """A request, as bytes that any server gets alike."""

    method: str
    target: str
    body: str = ""
    accepts: str = ""
    closes: bool = False
    version: str = "1.1"

    def to_bytes(self) -> bytes:
        encoding = f"Accept-Encoding: {self.accepts}\r\n" if self.accepts else ""
        closing = "Connection: close\r\n" if self.closes else ""
        head = f"{self.method} {self.target} HTTP/{self.version}\r\nHost: any\r\nContent-Type: application/json\r\n"
        return f"{head}{encoding}{closing}Content-Length: {len(self.body)}\r\n\r\n{self.body}".encode()


MATCH_ALL = Ask("POST", SEARCH, '{"query": {"match_all": {}}, "sort": ["year"], "size": 3}')
READS = [
    MATCH_ALL,
    Ask("POST", SEARCH, '{"query": {"match_all": {}}, "size": 50}'),
    Ask("POST", SEARCH, '{"query": {"match_all": {}}, "size": 50}', accepts="gzip"),
    Ask("GET", f"/{INDEX}/_doc/no-such-book"),
    Ask("HEAD", f"/{INDEX}"),
    Ask("GET", "/no-such-index/_search"),
    Ask("POST", SEARCH, '{"query": {"nonsense": {}}}'),
    Ask("GET", "/"),
    Ask("POST", "/_msearch?filter_path=responses.hits", '{"index": "' + INDEX + '"}\n{"size": 1}\n'),
    Ask("GET", f"/{INDEX}/_count"),
]
WRITES = [
    Ask("PUT", f"/{INDEX}/_doc/1", "{}"),
    Ask("POST", f"/{INDEX}/_doc", "{}"),
    Ask("DELETE", f"/{INDEX}"),
    Ask("POST", "/_bulk", "{}\n"),
    Ask("POST", f"/{INDEX}/_update/1?refresh=_search", "{}"),
    Ask("POST", f"/{INDEX}/_refresh"),
]


def connected(url: str) -> socket.socket:
    parts = urlsplit(url)
    return socket.create_connection((parts.hostname, parts.port), timeout=30)


def response_to(asked: Ask, connection: socket.socket) -> bytes:
    """All bytes of it."""
    return whole_response(connection, asked.to_bytes(), asked.method)


def whole_response(connection: socket.socket, request: bytes, method: str = "POST") -> bytes:
    connection.sendall(request)
    received = b""
    while not is_whole(received, method):
        chunk = connection.recv(65_536)
        assert chunk, received
        received += chunk
    return received


def all_from(connection: socket.socket) -> bytes:
    """All bytes until the other side closes it."""
    return b"".join(iter(lambda: connection.recv(65_536), b""))


def is_whole(received: bytes, method: str) -> bool:
    head, end, body = received.partition(b"\r\n\r\n")
    if not end or method == "HEAD":
        return bool(end)
    fields = http.client.parse_headers(_Lines(head))
    if fields.get("transfer-encoding") == "chunked":
        return body.endswith(b"0\r\n\r\n")
    return len(body) == int(fields["content-length"])


class _Lines:
    """A head's fields, as a file."""

    def __init__(self, head: bytes) -> None:
        self._lines = [line + b"\r\n" for line in head.split(b"\r\n")[1:]] + [b"\r\n"]

    def readline(self, _: int = -1) -> bytes:
        return self._lines.pop(0)


def answers(url: str, asked: list[Ask]) -> list[bytes]:
    with connected(url) as connection:
        return [response_to(one, connection) for one in asked]


def content(url: str, asked: Ask) -> object:
    """Of a response in JSON, however it is framed."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
    connection.request(asked.method, asked.target, asked.body, {"Content-Type": "application/json"})
    with connection.getresponse() as response:
        found = json.load(response)
    connection.close()
    return found


def statuses(url: str, asked: list[Ask]) -> list[int]:
    return [int(answer.split(b" ", 2)[1]) for answer in answers(url, asked)]


@pytest.fixture(scope="module")
def real_url(elasticsearch_url: str) -> str:
    load_corpus(elasticsearch_url, BackendOptions(books=BOOKS), Notes())
    return elasticsearch_url


def started(
    url: str, home: Path, delay: str = "0", authorization: str | None = None, authority: Path | None = None
) -> Replay:
    return replay.start(url, authorization, authority, Delay.parse(delay), Notes(), home)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    replay.stop(Notes(), tmp_path)


@pytest.fixture
def replayed(real_url: str, home: Path) -> Replay:
    return started(real_url, home)


def test_what_it_records_and_replays_is_the_nodes_own_response_byte_for_byte(replayed: Replay, real_url: str) -> None:
    real = answers(real_url, READS)
    assert answers(replayed.url, READS) == real
    assert replayed.seal() == len(READS)
    assert answers(replayed.url, [*READS, *READS]) == [*real, *real]
    replayed.check()


def test_what_was_not_recorded_is_refused_once_it_is_sealed_and_ends_the_run(replayed: Replay) -> None:
    statuses(replayed.url, [MATCH_ALL])
    replayed.seal()
    other = Ask("POST", SEARCH, '{"query": {"match_all": {}}, "size": 4}')
    assert statuses(replayed.url, [other, MATCH_ALL, other]) == [501, 200, 501]
    with pytest.raises(
        LabError, match=r"refused 2 requests, first POST .*\"size\": 4.*: this request was not recorded"
    ):
        replayed.check()
    replayed.rehearse()
    replayed.check()
    assert statuses(replayed.url, [other]) == [200]


def test_a_rehearsal_waits_for_no_delay_and_forgets_what_was_before(real_url: str, home: Path) -> None:
    replayed = started(real_url, home, "60000")
    replayed.rehearse()
    assert statuses(replayed.url, READS) == statuses(real_url, READS)
    assert statuses(replayed.url, READS * 2) == statuses(real_url, READS) * 2
    replayed.rehearse()
    assert statuses(replayed.url, READS[:2] * 2) == [200] * 4
    assert replayed.seal() == 2


def test_whoever_starts_it_once_more_finds_it_open(real_url: str, home: Path) -> None:
    replayed = started(real_url, home)
    replayed.seal()
    assert statuses(replayed.url, [MATCH_ALL]) == [501]
    assert started(real_url, home) == replayed
    replayed.check()
    assert statuses(replayed.url, [MATCH_ALL]) == [200]


@pytest.mark.parametrize("write", WRITES, ids=lambda one: f"{one.method} {one.target}")
def test_a_write_is_refused_though_it_records(replayed: Replay, real_url: str, write: Ask) -> None:
    before = answers(real_url, [Ask("GET", f"/{INDEX}/_count")])
    assert statuses(replayed.url, [write]) == [501]
    with pytest.raises(LabError, match="a replayed backend takes no writes"):
        replayed.seal()
    assert answers(real_url, [Ask("GET", f"/{INDEX}/_count")]) == before


@pytest.mark.parametrize("delay", ["50", "lognormal:50:0.0001"])
def test_no_response_comes_before_its_delay_is_over(real_url: str, home: Path, delay: str) -> None:
    replayed = started(real_url, home, delay)
    with ThreadPoolExecutor(8) as callers:
        took_s = [*callers.map(lambda _: timed_s(replayed.url), range(32))]
    assert min(took_s) >= 0.0499
    with connected(replayed.url) as gone:
        gone.sendall(MATCH_ALL.to_bytes())
    assert statuses(replayed.url, [MATCH_ALL]) == [200]


def timed_s(url: str) -> float:
    with connected(url) as connection:
        response_to(MATCH_ALL, connection)
        began_s = time.perf_counter()
        response_to(MATCH_ALL, connection)
        return time.perf_counter() - began_s


def test_many_connections_each_get_what_they_asked_for(real_url: str, home: Path) -> None:
    replayed = started(real_url, home, "2")
    asked = [Ask("POST", SEARCH, json.dumps({"query": {"match_all": {}}, "size": size})) for size in range(1, 25)]
    real = answers(real_url, asked)
    with ThreadPoolExecutor(16) as callers:
        each = [*callers.map(lambda _: answers(replayed.url, asked), range(16))]
    assert each == [real] * 16


@pytest.mark.parametrize("delay", ["0", "lognormal:5:2"])
@pytest.mark.parametrize("piece_bytes", [97, 1_000, 1_000_000])
def test_responses_come_in_the_order_of_the_requests_however_these_are_cut(
    real_url: str, home: Path, delay: str, piece_bytes: int
) -> None:
    long = Ask("POST", SEARCH, json.dumps({"query": {"match": {"title": "word " * 3_000}}}))
    asked = [*READS, long, *READS, MATCH_ALL]
    real = b"".join(answers(real_url, asked))
    sent = b"".join(one.to_bytes() for one in [*asked[:-1], replace(MATCH_ALL, closes=True)])
    replayed = started(real_url, home, delay)
    for _ in range(4):  # the first time it asks the node, and at last it knows the bytes
        with connected(replayed.url) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for begin in range(0, len(sent), piece_bytes):
                connection.sendall(sent[begin : begin + piece_bytes])
            assert all_from(connection) == real
    replayed.check()


def test_a_known_response_waits_for_one_that_is_being_recorded(home: Path) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(0.3 if handler.path == "/slow" else 0)
        send(handler, 200, handler.path.encode())

    with http_server(answer) as url:
        replayed = started(url, home)
        assert statuses(replayed.url, [Ask("GET", "/fast")] * 3) == [200] * 3
        with connected(replayed.url) as connection:
            connection.sendall(Ask("GET", "/slow").to_bytes())
            connection.sendall(Ask("GET", "/fast", closes=True).to_bytes())
            received = all_from(connection)
    assert received.index(b"/slow") < received.index(b"/fast")


@pytest.mark.parametrize("last", [replace(MATCH_ALL, closes=True), replace(MATCH_ALL, version="1.0")], ids=str)
def test_a_connection_ends_with_the_request_that_says_so(real_url: str, home: Path, last: Ask) -> None:
    (real,) = answers(real_url, [MATCH_ALL])
    replayed = started(real_url, home, "20")
    for _ in range(3):
        with connected(replayed.url) as connection:
            connection.sendall(last.to_bytes() + MATCH_ALL.to_bytes())
            assert all_from(connection) == real


def test_who_reads_slowly_gets_all(replayed: Replay, real_url: str) -> None:
    large = Ask("POST", SEARCH, json.dumps({"query": {"match_all": {}}, "size": BOOKS}))
    (real,) = answers(real_url, [large])
    assert len(real) > 50_000
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        connection.settimeout(30)
        connection.connect((replay.HOST, replayed.port))
        connection.sendall(large.to_bytes() * 100 + replace(large, closes=True).to_bytes())
        assert statuses(replayed.url, [MATCH_ALL]) == [200]
        assert all_from(connection) == real * 101


@pytest.mark.parametrize(
    "alarm", [LoopAlarm, pytest.param(PunctualAlarm, marks=pytest.mark.skipif(not IS_PUNCTUAL, reason="Linux's"))]
)
def test_what_is_due_is_called_in_its_order_and_not_before(
    alarm: Callable[[asyncio.AbstractEventLoop, Callable[[], None]], Alarm],
) -> None:
    async def called() -> list[tuple[bytes, float]]:
        due, found = Due(asyncio.get_running_loop(), Delay(20, 0.5), "seed", alarm), []
        all_called = asyncio.Event()

        def write(response: bytes) -> None:
            found.append((response, time.perf_counter() - due_s[response]))
            if len(found) == len(due_s):
                all_called.set()

        due_s = {b"%d" % number: 0.0 for number in range(60)}
        for pause_s in (0.0, 0.05):  # it rings for the first ones, and anew for the others
            await asyncio.sleep(pause_s)
            for response in [*due_s][:30] if not pause_s else [*due_s][30:]:
                due_s[response] = due.call(write, response, 0.0)
        await asyncio.wait_for(all_called.wait(), 10)
        assert [response for response, _ in found] == sorted(due_s, key=due_s.__getitem__)
        return found

    assert min(late_s for _, late_s in asyncio.run(called())) >= 0


def test_a_port_that_another_process_takes_meanwhile_is_left_to_it(
    real_url: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = free_port()
    monkeypatch.setattr(replay, "is_free", lambda _: True)
    monkeypatch.setattr(replay, "_FIRST_PORT", taken)
    monkeypatch.setattr(replay, "_LAST_PORT", taken + 50)
    with socket.create_server((replay.HOST, taken)):
        assert started(real_url, home).port > taken


@pytest.mark.robustness
def test_checkouts_that_start_one_at_once_have_one_each(real_url: str, tmp_path: Path) -> None:
    homes = [tmp_path / str(number) for number in range(4)]
    try:
        with ThreadPoolExecutor(4) as checkouts:
            found = [*checkouts.map(lambda home: started(real_url, home), homes)]
        assert len({one.port for one in found}) == 4
        for number, one in enumerate(found):
            statuses(one.url, READS[:number])
        assert [one.seal() for one in found] == [0, 1, 2, 3]
    finally:
        for home in homes:
            replay.stop(Notes(), home)


def test_it_goes_on_until_it_is_stopped_and_another_delay_starts_it_anew(real_url: str, home: Path) -> None:
    first = started(real_url, home, "1")
    assert started(real_url, home, "1") == first
    second = started(real_url, home, "lognormal:20:0.5")
    assert not psutil.pid_exists(first.pid)
    (listening,) = {one.laddr.ip for one in psutil.Process(second.pid).net_connections("tcp") if one.status == "LISTEN"}
    assert listening == "127.0.0.1"
    assert replay.stop(Notes(), home) is True
    assert not psutil.pid_exists(second.pid)
    assert replay.stop(Notes(), home) is False


def test_make_up_and_make_down_know_it(real_url: str, home: Path) -> None:
    options = BackendOptions.from_environ(
        {"BACKEND": "replay", "DELAY_MS": "20", "ES_URL": real_url, "BOOKS": str(BOOKS)}
    )
    notes = Notes()
    backend = up(options, notes, home)
    assert backend.replay is not None
    assert (backend.service_url, backend.service_pid) == (backend.replay.url, backend.replay.pid)
    assert backend.url == real_url
    assert notes.lines[-1] == f"its responses are replayed at {backend.replay.url}, with 20 ms"
    said = Notes()
    down(options, said, home)
    assert said.lines[0] == "the replayed backend has stopped"
    assert not psutil.pid_exists(backend.replay.pid)


def test_a_cluster_that_needs_tls_and_a_key_is_recorded_and_its_key_is_on_no_command_line(
    real_url: str, home: Path
) -> None:
    authority, key = certificate(home / "authority"), "bGFiLWlkOnMzY3JldA=="
    with secured(real_url, authority, key, "127.0.0.1") as url:
        replayed = started(url, home, authorization=f"ApiKey {key}", authority=authority)
        assert content(replayed.url, MATCH_ALL) == content(real_url, MATCH_ALL)
        assert key not in " ".join(psutil.Process(replayed.pid).cmdline())
        assert started(url, home, authorization=f"ApiKey {key}", authority=authority).pid != replayed.pid


def test_it_speaks_tls_to_contenders_that_need_it(real_url: str, home: Path) -> None:
    real = answers(real_url, READS)
    replayed = started(real_url, home)
    assert replayed.asked_by(named("sync")) == (replayed.url, OPEN)
    url, access = replayed.asked_by(named("sync-tls"))
    assert url.startswith("https://")
    with connected(url) as connection, access.tls().wrap_socket(connection, server_hostname=replay.HOST) as encrypted:
        assert [response_to(one, encrypted) for one in READS] == real
        replayed.seal()
        assert [response_to(one, encrypted) for one in READS * 2] == real * 2
    assert answers(replayed.url, READS) == real
    replayed.check()
    again = started(real_url, home)
    assert again.asked_by(named("sync-tls")) == (url, access)


@pytest.mark.robustness
def test_contenders_of_all_kinds_are_rehearsed_and_replayed(real_url: str, home: Path) -> None:
    backend = up(
        BackendOptions.from_environ({"BACKEND": "replay", "ES_URL": real_url, "BOOKS": str(BOOKS)}), Notes(), home
    )
    contenders = [named(name) for name in ("sync", "async-tls", "sync-compress")]
    catalogue = prepare(backend.url)
    backend.rehearse([(one, PROJECT) for one in contenders], catalogue, "get", Notes())
    known = next(iter(known_requests(catalogue, Popularity(catalogue), "get")))
    for one in contenders:
        url, access = backend.asked_by(one)
        with serving(one, url, home / f"{one.name}.log", access=access) as server:
            assert statuses(server.url, [Ask("GET", known.path)] * 3) == [200] * 3
    backend.check()


def test_without_openssl_it_speaks_no_tls(real_url: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(home))
    replayed = started(real_url, home)
    assert statuses(replayed.url, [MATCH_ALL]) == [200]
    with pytest.raises(LabError, match=r"^the contender sync-tls needs a replay that speaks TLS, and so openssl"):
        replayed.asked_by(named("sync-tls"))


def test_a_packed_body_is_known_again_whenever_it_was_packed(replayed: Replay, real_url: str) -> None:
    def packed(ask: Ask, moment_s: int) -> bytes:
        body = gzip.compress(ask.body.encode(), mtime=moment_s)
        head, _, _ = ask.to_bytes().partition(b"Content-Length")
        return head + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body) + body

    (real,) = answers(real_url, [MATCH_ALL])
    with connected(replayed.url) as connection:
        assert whole_response(connection, packed(MATCH_ALL, 1)) == real
        replayed.seal()
        assert {whole_response(connection, packed(MATCH_ALL, moment_s)) for moment_s in range(50)} == {real}
        other = packed(replace(MATCH_ALL, body="{}"), 1)
        assert b" 501 " in whole_response(connection, other)[:20]
        malformed = b"POST /_search HTTP/1.1\r\nHost: any\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}"
        assert b" 501 " in whole_response(connection, malformed)[:20]


def test_a_node_that_cannot_do_its_work_is_not_recorded(home: Path) -> None:
    asked = iter([503, 429, 200])
    with http_server(lambda handler: send(handler, next(asked), b"{}")) as url:
        replayed = started(url, home)
        assert statuses(replayed.url, [Ask("GET", "/")] * 4) == [503, 429, 200, 200]


def test_a_node_that_is_gone_is_refused_with_the_reason(home: Path) -> None:
    replayed = started(f"http://127.0.0.1:{free_port()}", home)
    assert statuses(replayed.url, [MATCH_ALL]) == [501]
    with pytest.raises(LabError, match="the recorded Elasticsearch did not respond: "):
        replayed.check()


def test_half_a_response_is_none() -> None:
    with (
        http_server(lambda handler: send(handler, 200, b"{}", Content_Length="9", Connection="close")) as url,
        pytest.raises(UpstreamError, match="closed the connection within its response"),
    ):
        asyncio.run(Upstream(url, None, None).ask(Asked(b"GET", b"/", b"", [])))


def test_what_is_no_http_closes_its_own_connection_alone(replayed: Replay) -> None:
    with connected(replayed.url) as connection:
        connection.sendall(b"what is this\r\n\r\n")
        assert connection.recv(1) == b""
    assert statuses(replayed.url, [MATCH_ALL]) == [200]


def test_a_replay_that_has_ended_is_told_with_its_log(replayed: Replay) -> None:
    psutil.Process(replayed.pid).kill()
    psutil.wait_procs([psutil.Process(replayed.pid)], timeout=10)
    with pytest.raises(LabError, match=f"the replayed backend at {replayed.url} does not respond"):
        replayed.check()


@pytest.mark.parametrize(
    ("text", "delay"),
    [
        ("0", Delay()), ("20", Delay(20)), ("0.5", Delay(0.5)), (" 60000 ", Delay(60_000)),
        ("lognormal:20:0.5", Delay(20, 0.5)), ("lognormal:5:2", Delay(5, 2)),
    ],
)  # fmt: skip
def test_a_delay_is_constant_or_lognormal(text: str, delay: Delay) -> None:
    assert Delay.parse(text) == delay
    assert Delay.parse(str(delay)) == delay


@pytest.mark.parametrize(
    "text", ["", "-1", "20ms", "1e3", "nan", "inf", "60001", "lognormal:20", "lognormal:20:3", "normal:20:1", "1,5"]
)
def test_what_is_no_delay_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^give (ms such as 20, or lognormal:MEDIAN:SIGMA|a median up to 60000 ms)"):
        Delay.parse(text)


def test_delays_are_drawn_as_their_distribution_says_and_alike_for_the_same_seed() -> None:
    draw_s, again_s = (Delay(20, 0.5).drawn_s("seed") for _ in range(2))
    delays_s = sorted(draw_s() for _ in range(10_001))
    assert sorted(again_s() for _ in range(10_001)) == delays_s
    assert delays_s[5_000] == pytest.approx(0.020, rel=0.03)
    assert delays_s[8_413] == pytest.approx(0.020 * 2.718281828**0.5, rel=0.04)  # one sigma above
    assert {Delay(20).drawn_s("seed")() for _ in range(3)} == {0.020}

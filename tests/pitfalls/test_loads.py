"""What exhibits measure with: a small load, and throughput held against a ceiling."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from rich.console import Console

from loadtests.backend import toxiproxy
from loadtests.checkout import LAB_DIR
from loadtests.errors import LabError
from pitfalls import slow
from pitfalls.ceilings import Throughput
from pitfalls.lab import Lab
from pitfalls.loading import Load, Reply, load
from tests.backend.support import http_server, send
from tests.conftest import free_port


def echo(handler: BaseHTTPRequestHandler) -> None:
    send(handler, 404 if handler.path == "/missing" else 200, handler.path.encode())


def test_a_load_keeps_every_answer() -> None:
    with http_server(echo) as url:
        replies = load(url, ["/a", "/b", "/missing"], users=2).replies
    answers = sorted((reply.path, reply.status, reply.body) for reply in replies)
    assert answers == [("/a", 200, "/a"), ("/b", 200, "/b"), ("/missing", 404, "/missing")]


def test_a_load_without_answers_says_so() -> None:
    with pytest.raises(LabError, match="does not respond"):
        load(f"http://127.0.0.1:{free_port()}", ["/"], users=1)


def test_only_correct_answers_count_as_throughput() -> None:
    loaded = Load([Reply("/", status, "", latency_ms=1) for status in (200, 200, 500)], duration_s=0.5)
    assert (loaded.failures, loaded.responses_per_s) == (1, 4)


@pytest.mark.parametrize(
    ("responses_per_s", "is_held", "is_beyond"),
    [(24, True, False), (25, True, False), (40, False, False), (50, False, True)],
)
def test_throughput_against_a_ceiling_of_25(responses_per_s: float, is_held: bool, is_beyond: bool) -> None:
    throughput = Throughput(responses_per_s, ceiling_per_s=25)
    assert (throughput.is_held, throughput.is_beyond) == (is_held, is_beyond)


def test_without_toxiproxy_the_mend_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toxiproxy, "PROGRAM", LAB_DIR / "toxiproxy" / "missing")
    lab = Lab("http://127.0.0.1:9", tmp_path, Console(), short=True)
    with pytest.raises(LabError, match=r"make \.lab/toxiproxy/missing builds it"), slow.slow_elasticsearch(lab, 1):
        pass

"""Where a twin listens: on the address that it is told, in whatever form, and it says so as browsers take it."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from functools import partial
from pathlib import Path

import httpx
import pytest

from loadtests.load.client import Client
from loadtests.load.workloads import Request
from shared.settings import Twin
from tests.conftest import free_port
from tests.twins.served import ROOT, answers, environment
from tests.twins.test_serving import refusal
from tests.waiting import eventually

ALSO = partial(pytest.param, marks=pytest.mark.robustness)
"""A case that takes longer than it tells anew."""


@pytest.mark.parametrize(
    ("host", "printed", "reachable", "silent"),
    [
        ("::1", "[::1]", ["[::1]"], ["127.0.0.1"]),
        ALSO("[::1]", "[::1]", ["[::1]"], ["127.0.0.1"]),
        ALSO("0:0:0:0:0:0:0:1", "[::1]", ["[::1]"], []),
        ("::", "[::]", ["[::1]", "127.0.0.1", "localhost"], []),
        ALSO("::ffff:127.0.0.1", "127.0.0.1", ["127.0.0.1"], ["[::1]"]),
        ALSO("localhost", "localhost", ["127.0.0.1", "localhost"], ["[::1]"]),
    ],
)
def test_a_twin_listens_where_it_is_told(
    twin: Twin, host: str, printed: str, reachable: list[str], silent: list[str], tmp_path: Path
) -> None:
    port = free_port()
    log = tmp_path / "log"
    with log.open("wb") as output:
        environ = environment(LAB_HOST=host, LAB_PORT=str(port))
        process = subprocess.Popen([sys.executable, "-m", f"{twin}_app"], cwd=ROOT, env=environ, stderr=output)
    try:
        for one in reachable:
            with httpx.Client(base_url=f"http://{one}:{port}") as client:
                eventually(lambda client=client: answers(client))  # type: ignore[misc]
        for one in silent:
            with pytest.raises(httpx.ConnectError):
                httpx.get(f"http://{one}:{port}/healthz")
        exchange = Client().exchange(
            f"http://{reachable[0]}:{port}", Request("health", "GET", "/healthz", lambda _: None)
        )
        assert (exchange.fault, exchange.response.status) == (None, 200)
        assert f"{twin} twin: http://{printed}:{port}\n" in log.read_text()
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0


@pytest.mark.robustness
def test_several_workers_listen_on_ipv6(twin: Twin) -> None:
    port = free_port()
    environ = environment(LAB_HOST="::1", LAB_PORT=str(port), LAB_WORKERS="2")
    process = subprocess.Popen([sys.executable, "-m", f"{twin}_app"], cwd=ROOT, env=environ)
    try:
        with httpx.Client(base_url=f"http://[::1]:{port}") as client:
            eventually(lambda: answers(client))
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0


def test_an_ipv6_port_in_use_is_told(twin: Twin) -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as holder:
        port = str(holder.getsockname()[1])
        printed = refusal(twin, LAB_HOST="::1", PORT=port)
    assert printed == (
        f"cannot listen on [::1]:{port} (Address already in use): "
        "stop what listens there, or choose another with PORT=\n"
    )


@pytest.mark.parametrize(
    ("host", "reason"),
    [("fe80::1%lo", "without a zone"), ("::2", "see LAB_HOST"), ("no-such-host.invalid", "see LAB_HOST")],
)
def test_where_a_twin_cannot_listen_is_told(twin: Twin, host: str, reason: str) -> None:
    assert re.search(reason, refusal(twin, LAB_HOST=host, PORT=str(free_port())))

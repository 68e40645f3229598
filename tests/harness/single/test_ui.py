"""`make locust-ui` serves Locust's own page until Ctrl-C, and says so when it can't."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from loadtests.checkout import PROJECT
from tests.conftest import free_port
from tests.waiting import eventually


@contextmanager
def locust_ui(es_url: str, port: int) -> Iterator[subprocess.Popen[str]]:
    environ = os.environ | {"ES_URL": es_url, "BOOKS": "300", "UI_PORT": str(port)}
    with subprocess.Popen(
        [sys.executable, "-m", "loadtests", "locust-ui"],
        cwd=PROJECT, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.kill()


def test_the_page_is_served_until_ctrl_c(library_url: str) -> None:
    port = free_port()
    with locust_ui(library_url, port) as command:
        page = eventually(lambda: _page(port), within_s=120)
        command.send_signal(signal.SIGINT)
        said, _ = command.communicate(timeout=60)
    assert page is not None
    assert "Locust" in page
    assert command.returncode == 130
    assert f"Locust's page: http://127.0.0.1:{port}" in said
    assert _page(port) is None


@pytest.mark.robustness
def test_a_port_that_is_taken_is_an_error_in_words(library_url: str) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        with locust_ui(library_url, holder.getsockname()[1]) as command:
            said, _ = command.communicate(timeout=120)
    assert command.returncode == 4
    assert "Locust ended" in said


def _page(port: int) -> str | None:
    """The page's text; None while nothing serves it."""
    try:
        return httpx.get(f"http://127.0.0.1:{port}/").text
    except httpx.TransportError:
        return None

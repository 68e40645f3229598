"""What a server at ES_URL is told apart by, and that a password is never shown."""

from __future__ import annotations

import base64
import json
import socket
from http.server import BaseHTTPRequestHandler
from threading import Thread
from typing import Any

import pytest

from loadtests.backend import cluster
from loadtests.errors import LabError
from tests.backend.support import http_server, send
from tests.conftest import free_port

USER, PASSWORD = "elastic", "s3cret/:@"
CREDENTIALS = "elastic:s3cret%2F%3A%40@"


class Server:
    """Answers as an Elasticsearch does that has users: the two questions that the lab asks."""

    product = "Elasticsearch"
    version = "8.17.10"
    status = "green"
    password = PASSWORD

    def __call__(self, request: BaseHTTPRequestHandler) -> None:
        login = base64.b64encode(f"{USER}:{self.password}".encode()).decode()
        if request.headers["Authorization"] != f"Basic {login}":
            send(request, 401, b"{}", X_Elastic_Product=self.product)
        else:
            body = json.dumps(self._answer(request.path)).encode()
            send(request, 200, body, X_Elastic_Product=self.product)

    def _answer(self, path: str) -> Any:
        if path.startswith("/_cluster/health"):
            return {"status": self.status}
        return {"nodes": {"an id": {"version": self.version}}}


def complaint(server: Server) -> str:
    """What is said of a server, with its URL, that holds a password, replaced by a word."""
    with http_server(server) as url:
        own = url.replace("//", f"//{CREDENTIALS}")
        with pytest.raises(LabError) as caught:
            cluster.require_usable(own)
    message = str(caught.value).replace(url, "URL")
    assert PASSWORD not in message
    assert CREDENTIALS not in message
    return message


@pytest.mark.parametrize("status", ["green", "yellow"])
def test_a_healthy_cluster_with_a_password_is_fine(status: str) -> None:
    server = Server()
    server.status = status
    with http_server(server) as url:
        own = url.replace("//", f"//{CREDENTIALS}")
        assert cluster.require_usable(own) == "8.17.10"


@pytest.mark.parametrize(
    ("attribute", "value", "expected"),
    [
        (
            "password",
            "another",
            "URL refuses the user or password in ES_URL, or the key in ES_API_KEY (401): give ones",
        ),
        ("version", "7.17.29", "URL is Elasticsearch 7.17.29, and the twins' client library speaks to version 8 only"),
        ("version", "9.1.0", "URL is Elasticsearch 9.1.0, and the twins' client library speaks to version 8 only"),
        ("product", "OpenSearch", "the server at URL is no Elasticsearch: set ES_URL to one"),
        ("status", "red", "the cluster at URL lacks primary shards: fix it"),
    ],
)
def test_what_the_lab_cannot_use_is_named(attribute: str, value: str, expected: str) -> None:
    server = Server()
    setattr(server, attribute, value)
    assert complaint(server).startswith(expected)


def test_nothing_listens() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(LabError) as caught:
        cluster.require_usable(url)
    assert str(caught.value) == (
        f"no Elasticsearch responds at {url} ([Errno 111] Connection refused): start it, or correct ES_URL, "
        "or leave ES_URL out to use the embedded one"
    )


def test_what_listens_speaks_no_http() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        Thread(target=_greet_once, args=(listener,)).start()
        with pytest.raises(LabError, match="no Elasticsearch responds at"):
            cluster.require_usable(f"http://127.0.0.1:{listener.getsockname()[1]}")


def _greet_once(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    with connection:
        connection.recv(4096)
        connection.sendall(b"220 mail.example ready\r\n")


def test_a_web_page_is_no_elasticsearch() -> None:
    with (
        http_server(lambda request: send(request, 404, b"not here")) as url,
        pytest.raises(LabError, match=f"{url} responds with 404, as no healthy Elasticsearch does"),
    ):
        cluster.require_usable(url)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://127.0.0.1:9200", "http://127.0.0.1:9200"),
        ("https://user:pa%40ss@es.example:9200/path", "https://es.example:9200/path"),
    ],
)
def test_a_url_is_shown_without_credentials(url: str, shown: str) -> None:
    assert cluster.redacted(url) == shown

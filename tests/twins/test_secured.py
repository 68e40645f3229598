"""A cluster with TLS and API keys: the lab and both twins enter it, and what is wrong is told without the secret."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from loadtests.backend import up
from loadtests.backend.certificate import certificate
from loadtests.backend.library import prepare
from loadtests.contenders import named
from loadtests.errors import LabError
from loadtests.options import BackendOptions
from loadtests.servers import serving
from shared.settings import Twin
from tests.backend.support import Notes
from tests.tls import secured
from tests.twins.conftest import BOOKS
from tests.twins.served import served
from tests.twins.test_serving import refusal

KEY, SECRET = "lab-id:s3cret-of-the-lab", "s3cret-of-the-lab"
ENCODED = base64.b64encode(KEY.encode()).decode()


@pytest.fixture(scope="module")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate(tmp_path_factory.mktemp("authority"))


@pytest.fixture(params=["::1", pytest.param("127.0.0.1", marks=pytest.mark.robustness)])
def secured_url(request: pytest.FixtureRequest, elasticsearch_url: str, trusted: Path) -> Iterator[str]:
    with secured(elasticsearch_url, trusted, ENCODED, request.param) as url:
        yield url


def options(url: str, **variables: str) -> BackendOptions:
    return BackendOptions.from_environ({"ES_URL": url, "BOOKS": str(BOOKS), **variables})


def complaint(given: BackendOptions) -> str:
    with pytest.raises(LabError) as caught:
        up(given, Notes())
    told = str(caught.value)
    assert SECRET not in told
    assert ENCODED not in told
    return told


@pytest.mark.parametrize("name", ["sync", "async", "async-httpx"])
@pytest.mark.parametrize("key", [KEY, pytest.param(ENCODED, marks=pytest.mark.robustness)])
def test_the_lab_and_a_contender_enter_with_a_key(
    key: str, name: str, secured_url: str, trusted: Path, tmp_path: Path
) -> None:
    notes = Notes()
    backend = up(options(secured_url, ES_API_KEY=key, ES_CA_CERTS=str(trusted)), notes)
    assert (backend.mode, backend.documents) == ("url", BOOKS)
    assert prepare(backend.url, backend.access).books
    log = tmp_path / "log"
    with serving(named(name), backend.url, log, access=backend.access) as server:
        assert httpx.get(f"{server.url}/api/books").json()["total"] == BOOKS
        process = psutil.Process(server.pid)
        commands = [one.cmdline() for one in (process, *process.children(recursive=True))]
    told = json.dumps(
        [repr(backend), repr(options(secured_url, ES_API_KEY=key)), notes.lines, commands, log.read_text()]
    )
    assert SECRET not in told
    assert ENCODED not in told


def test_an_unknown_authority_is_told_with_the_variable(secured_url: str) -> None:
    told = complaint(options(secured_url, ES_API_KEY=KEY))
    assert told.startswith(f"there is no trusted connection to {secured_url} (")
    assert "by ES_CA_CERTS= or SSL_CERT_FILE" in told


def test_another_authority_is_told_too(secured_url: str, tmp_path: Path) -> None:
    other = certificate(tmp_path / "other authority")
    told = complaint(options(secured_url, ES_API_KEY=KEY, ES_CA_CERTS=str(other)))
    assert "by ES_CA_CERTS= or SSL_CERT_FILE" in told


def test_a_key_that_is_refused_is_told(secured_url: str, trusted: Path) -> None:
    told = complaint(options(secured_url, ES_API_KEY=f"other:{SECRET}", SSL_CERT_FILE=str(trusted)))
    assert told.startswith(f"{secured_url} refuses the user or password in ES_URL, or the key in ES_API_KEY (401)")
    assert "(401)" in complaint(options(secured_url, ES_CA_CERTS=str(trusted)))


def test_a_twin_whose_key_is_refused_is_503_and_says_why(
    twin: Twin, secured_url: str, trusted: Path, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    own = {"LAB_ES_URL": secured_url, "LAB_ES_API_KEY": f"other:{SECRET}", "SSL_CERT_FILE": str(trusted)}
    with log.open("wb") as output, served(twin, output, **own) as (_, client):
        answer = client.get("/api/books")
        assert answer.status_code == 503
    assert "AuthenticationException" in log.read_text()
    assert SECRET not in answer.text + log.read_text()


def test_a_twin_that_does_not_trust_its_cluster_is_503_and_says_why(
    twin: Twin, secured_url: str, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    own = {"LAB_ES_URL": secured_url, "LAB_ES_API_KEY": KEY}
    with log.open("wb") as output, served(twin, output, **own) as (_, client):
        assert client.get("/api/books").status_code == 503
    assert "TlsError" in log.read_text()


def test_a_file_that_holds_no_certificate_is_refused_at_start(twin: Twin, tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.write_text("")
    for file in (empty, tmp_path / "absent.pem"):
        told = refusal(twin, LAB_ES_URL="https://127.0.0.1:9", LAB_ES_CA_CERTS=str(file))
        assert told.startswith(f"LAB_ES_CA_CERTS={file}: ")
        with pytest.raises(LabError, match=f"^ES_CA_CERTS={file}: .*: name a file of certificates"):
            options("https://127.0.0.1:9", ES_CA_CERTS=str(file))


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"ES_API_KEY": KEY}, "are for a cluster of yours: name it by ES_URL="),
        ({"ES_URL": "https://u:s3cret-of-the-lab@host", "ES_API_KEY": KEY}, "ES_URL holds a user, and ES_API_KEY"),
        ({"ES_URL": "http://host:9200", "ES_CA_CERTS": os.devnull}, "ES_CA_CERTS is for https://"),
        ({"ES_URL": "https://host", "ES_API_KEY": SECRET}, "^ES_API_KEY: give the key"),
    ],
)
def test_what_does_not_go_together_is_told(variables: dict[str, str], told: str) -> None:
    with pytest.raises(LabError, match=told) as caught:
        BackendOptions.from_environ(variables)
    assert SECRET not in str(caught.value)

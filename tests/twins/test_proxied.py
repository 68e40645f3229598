"""Behind a proxy: what it may tell the twins, and that forms work there and forged ones don't.

No test needs Elasticsearch: a form that is taken for our own is incomplete and so answers 422, a forged one 400.
"""

from __future__ import annotations

import os
import re
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from shared.settings import Twin
from tests.conftest import free_port
from tests.twins.conftest import CONTENDERS
from tests.twins.served import answers, served
from tests.twins.test_pages import token
from tests.waiting import eventually

OTHERS_SETTINGS = {"SCRIPT_NAME": "/out", "FORWARDED_ALLOW_IPS": "*", "LAB_ES_URL": "http://127.0.0.1:9"}
"""What servers would take from a user's environment, and no Elasticsearch."""

SITE = "books.example"
TLS = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1", "Host": SITE}
OWN, FORGED = 422, 400


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[tuple[Twin, bool], str]]:
    """The URLs of both twins, with LAB_BEHIND_PROXY and without it."""
    with ExitStack() as stack:
        yield {
            (twin, behind): str(stack.enter_context(served(twin, **settings))[1].base_url)
            for twin in CONTENDERS
            for behind, settings in ((True, OTHERS_SETTINGS | {"LAB_BEHIND_PROXY": "1"}), (False, OTHERS_SETTINGS))
        }


@pytest.fixture
def proxied(servers: dict[tuple[Twin, bool], str], twin: Twin) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=servers[twin, True]) as client:
        yield client


@pytest.fixture
def direct(servers: dict[tuple[Twin, bool], str], twin: Twin) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=servers[twin, False]) as client:
        yield client


def sent(client: httpx.Client, headers: dict[str, str]) -> int:
    """The status of a form that one of our own pages held."""
    client.cookies.clear()
    page = client.get("/new", headers=headers)
    return client.post("/new", data={"csrf_token": token(page)}, headers=headers | session(page)).status_code


def session(page: httpx.Response) -> dict[str, str]:
    """The cookie as a browser sends it: the client of these tests would not send a Secure one to its http address."""
    return {"Cookie": page.headers["Set-Cookie"].split(";")[0]}


@pytest.mark.parametrize(
    "headers",
    [
        {"Referer": f"https://{SITE}/new"},
        {"Referer": f"https://{SITE}:8443/new", "Origin": f"https://{SITE}:8443"},
        {"Referer": f"https://{SITE.upper()}/new"},
        {"Host": f"{SITE}:8443", "Referer": f"https://{SITE}/new"},
        {"Host": "127.0.0.1:5000", "X-Forwarded-Host": f"{SITE}:8443", "Referer": f"https://{SITE}:8443/new"},
        {"X-Forwarded-Host": f"evil.example, {SITE}", "Referer": f"https://{SITE}/new"},
        {"X-Forwarded-Proto": "http, https", "Referer": f"https://{SITE}/new"},
        {"Host": "[::1]:8443", "Referer": "https://[::1]/new"},
        {"Host": "127.0.0.1:5000", "Sec-Fetch-Site": "same-origin", "Referer": f"https://{SITE}/new"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "null"},
        {"Origin": "null", "Referer": f"https://{SITE}/new"},
        {},
    ],
    ids=str,
)
def test_forms_work_behind_tls(proxied: httpx.Client, headers: dict[str, str]) -> None:
    assert sent(proxied, TLS | headers) == OWN


@pytest.mark.parametrize(
    "headers",
    [
        {"Referer": "https://evil.example/new"},
        {"Origin": "https://evil.example"},
        {"Origin": "https://evil.example", "Referer": f"https://{SITE}/new"},
        {"Origin": "null", "Referer": "https://evil.example/new"},
        {"Referer": f"https://{SITE}.evil.example/new"},
        {"Referer": f"https://{SITE}@evil.example/new"},
        {"Referer": f"http://{SITE}/new"},
        {"Referer": f"https://{SITE}/new", "X-Forwarded-Host": "evil.example"},
        {"Referer": "https://[/new"},
        {"Origin": "nonsense"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": f"https://{SITE}"},
        {"Sec-Fetch-Site": ""},
    ],
    ids=str,
)
def test_a_form_of_another_site_is_refused_though_it_has_the_token(
    proxied: httpx.Client, headers: dict[str, str]
) -> None:
    assert sent(proxied, TLS | headers) == FORGED


def test_a_form_without_its_token_or_its_session_is_refused(proxied: httpx.Client) -> None:
    headers = TLS | {"Referer": f"https://{SITE}/new", "Origin": f"https://{SITE}", "Sec-Fetch-Site": "same-origin"}
    page = proxied.get("/new", headers=headers)
    own, with_session = token(page), headers | session(page)
    assert proxied.post("/new", headers=with_session).status_code == FORGED
    assert proxied.post("/new", data={"csrf_token": own[::-1]}, headers=with_session).status_code == FORGED
    assert proxied.post("/new", data={"csrf_token": own}, headers=with_session).status_code == OWN
    assert proxied.post("/new", data={"csrf_token": own}, headers=headers).status_code == FORGED


@pytest.mark.parametrize(
    ("headers", "is_secure"),
    [({}, False), ({"X-Forwarded-Proto": "http"}, False), (TLS, True), ({"X-Forwarded-Proto": "http, https"}, True)],
    ids=str,
)
def test_the_session_is_kept_to_tls_where_it_began_there(
    proxied: httpx.Client, direct: httpx.Client, headers: dict[str, str], is_secure: bool
) -> None:
    attributes = [client.get("/new", headers=headers).headers["Set-Cookie"] for client in (proxied, direct)]
    assert ["; Secure" in one for one in attributes] == [is_secure, False]


def test_without_the_setting_no_header_makes_a_request_one_over_tls(direct: httpx.Client) -> None:
    """Who sends a form is compared with the host where the scheme is https; so here it is not."""
    claims = {"X-Forwarded-Ssl": "on", "X-Forwarded-Protocol": "ssl", "Forwarded": "proto=https"}
    assert sent(direct, TLS | claims | {"Referer": "https://localhost:8443/new"}) == OWN


def test_without_the_setting_browsers_still_say_that_a_form_is_of_another_site(direct: httpx.Client) -> None:
    assert sent(direct, {"Sec-Fetch-Site": "same-origin"}) == OWN
    assert sent(direct, {"Sec-Fetch-Site": "cross-site"}) == FORGED


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-Proto": "https", "X-Forwarded-Protocol": "http", "X-Forwarded-Ssl": "off"},
        {"X-Forwarded-Proto": "nonsense://"},
        {"X-Forwarded-Proto": ""},
        {"X-Forwarded-For": "nonsense, [::"},
        *({"X-Forwarded-Host": host} for host in ("evil.example", "a..b", "[", ":", "a b", "a/b", "x" * 300, ",")),
        {"X-Forwarded-Prefix": "//evil.example", "SCRIPT_NAME": "/out", "X-Script-Name": "/out"},
        {"X-Forwarded-Port": "x"},
        {"Forwarded": "host=evil.example;proto=https"},
    ],
    ids=str,
)
@pytest.mark.parametrize("behind", [True, False], ids=["behind a proxy", "direct"])
def test_the_twins_agree_about_what_a_proxy_says(
    servers: dict[tuple[Twin, bool], str], headers: dict[str, str], behind: bool
) -> None:
    paths = {"/new": 200, "/healthz": 200, "/api//books": 404, "//new": 404, "/api/books/x": 503}
    with httpx.Client(headers=headers) as client:
        for path, status in paths.items():
            told = [client.get(f"{servers[twin, behind]}{path}") for twin in CONTENDERS]
            assert [(path, answer.status_code) for answer in told] == [(path, status)] * 2
            assert told[0].headers["Content-Type"] == told[1].headers["Content-Type"]
            assert [word for word in ("evil.example", "/out") for a in told if word in f"{a.headers}{a.text}"] == []


def snippet(language: str) -> str:
    """A configuration as the documentation prints it."""
    page = (Path(__file__).parents[2] / "docs/proxy.md").read_text()
    [found] = re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)
    return str(found)


def replaced(text: str, **by: str) -> str:
    """The text for a test's own place. Each of the words must stand in it."""
    for old, new in by.items():
        assert old in text
        text = text.replace(old, new)
    return text


@contextmanager
def running(command: list[str], folder: Path, url: str, verify: ssl.SSLContext) -> Iterator[httpx.Client]:
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=os.environ | {"HOME": str(folder)})
    try:
        with httpx.Client(base_url=url, verify=verify, timeout=30) as client:
            eventually(lambda: process.poll() is not None or answers(client))
            assert process.poll() is None, log.read_text()
            yield client
    finally:
        process.terminate()
        process.wait(timeout=30)


@contextmanager
def nginx(folder: Path, twin_url: str, configuration: str) -> Iterator[httpx.Client]:
    port = free_port()
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    made = [
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-subj",
        "/CN=localhost",
        "-addext",
        "subjectAltName=DNS:localhost",
    ]
    subprocess.run(["openssl", "req", *made, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    server = replaced(
        configuration,
        **{
            "listen 443": f"listen 127.0.0.1:{port}",
            "/etc/ssl/books.example.pem": str(certificate),
            "/etc/ssl/books.example.key": str(key),
            SITE: "localhost",
            "http://127.0.0.1:5000": twin_url,
        },
    )
    paths = "".join(
        f"{kind}_temp_path {folder / kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    main = folder / "nginx.conf"
    main.write_text(
        f"daemon off; master_process off; pid {folder}/pid; error_log stderr; events {{}} "
        f"http {{ access_log off; {paths} {server} }}"
    )
    command = [NGINX, "-p", str(folder), "-c", str(main), "-e", "stderr"]
    with running(
        command, folder, f"https://localhost:{port}", ssl.create_default_context(cafile=certificate)
    ) as client:
        yield client


@contextmanager
def caddy(folder: Path, twin_url: str, configuration: str) -> Iterator[httpx.Client]:
    port = free_port()
    site = replaced(configuration, **{SITE: f"https://localhost:{port}", "127.0.0.1:5000": twin_url})
    own = "admin off\nskip_install_trust\nlocal_certs\nauto_https disable_redirects\ndefault_bind 127.0.0.1\n"
    storage = f"storage file_system {folder}\n"
    main = folder / "Caddyfile"
    main.write_text(f"{{\n{own}{storage}}}\n{site}")
    command = [CADDY, "run", "--config", str(main), "--adapter", "caddyfile"]
    unchecked = ssl._create_unverified_context()
    with running(command, folder, f"https://localhost:{port}", unchecked) as client:
        yield client


WHERE = f"{os.environ['PATH']}:/usr/sbin:/sbin"
NGINX, CADDY, OPENSSL = (shutil.which(name, path=WHERE) or "" for name in ("nginx", "caddy", "openssl"))
needs_nginx = pytest.mark.skipif(not (NGINX and OPENSSL), reason="needs nginx and openssl, which are not installed")
needs_caddy = pytest.mark.skipif(not CADDY, reason="needs caddy, which is not installed")


def check_forms(client: httpx.Client) -> None:
    """Forms through a real proxy, which overwrites what its client claims."""
    here = str(client.base_url)
    claims = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http", "X-Forwarded-For": "192.0.2.1"}
    for claimed in ({}, claims):
        assert sent(client, claimed) == OWN
        assert sent(client, claimed | {"Referer": f"{here}/new"}) == OWN
        assert sent(client, claimed | {"Origin": here}) == OWN
        assert sent(client, claimed | {"Referer": "https://evil.example/new"}) == FORGED
        assert sent(client, claimed | {"Sec-Fetch-Site": "cross-site"}) == FORGED
        assert client.post("/new", headers=claimed | {"Referer": f"{here}/new"}).status_code == FORGED
        assert client.get("/api//books", headers=claimed).is_redirect is False


@pytest.mark.robustness
@needs_nginx
@pytest.mark.parametrize("host", ["$http_host", "$host"], ids=["with the port", "without the port"])
def test_nginx_as_documented(servers: dict[tuple[Twin, bool], str], twin: Twin, tmp_path: Path, host: str) -> None:
    with nginx(tmp_path, servers[twin, True], replaced(snippet("nginx"), **{"$http_host": host})) as client:
        check_forms(client)


@pytest.mark.robustness
@needs_caddy
def test_caddy_as_documented(servers: dict[tuple[Twin, bool], str], twin: Twin, tmp_path: Path) -> None:
    with caddy(tmp_path, servers[twin, True], snippet("caddy")) as client:
        check_forms(client)

"""Settings come from LAB_ variables; a bad one is refused with its name and what is allowed."""

from __future__ import annotations

import base64
import sys
from pathlib import Path

import pytest

from shared.settings import Settings, SettingsError, variables


def cloud_id(content: str) -> str:
    return f"my-cluster:{base64.b64encode(content.encode()).decode()}"


BY_TWIN = {
    "LAB_PORT": "5000, 5001",
    "LAB_FAN_OUT": "turn, together",
    "LAB_TWIN_URL": "the other's default",
    "LAB_SECRET": "",
}
"""Defaults that are no constant."""


def test_defaults_bind_to_this_machine_only() -> None:
    settings = Settings.from_environ({}, "sync")
    assert (settings.host, settings.port) == ("127.0.0.1", 5000)
    assert Settings.from_environ({}, "async").port == 5001


def test_variables_are_read_and_empty_ones_are_not() -> None:
    environ = {"LAB_PORT": "5005", "LAB_WORKERS": "3", "LAB_THREADS": "", "PATH": "/bin"}
    settings = Settings.from_environ(environ, "sync")
    assert (settings.port, settings.workers, settings.threads) == (5005, 3, 16)


def test_port_overrides() -> None:
    assert Settings.from_environ({"LAB_PORT": "5005", "PORT": "5006"}, "sync").port == 5006


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("LAB_WORKERS", "0", "greater than or equal to 1"),
        ("LAB_THREADS", "many", "valid integer"),
        ("LAB_PORT", "65536", "less than or equal to 65535"),
        ("LAB_ES_URL", "localhost:9200", "such as http://"),
        ("LAB_ES_URL", "http://localhost", "with its port"),
        ("LAB_ES_TIMEOUT_S", "0", "greater than 0"),
        ("LAB_TWIN_URL", "javascript:alert(1)", "such as http://"),
        ("LAB_TWIN_URL", "http://host:5001/; script-src *", "without a path"),
        ("LAB_SECRET", "short", "at least 16 characters"),
        ("LAB_THREDS", "8", "LAB_THREADS"),
        ("LAB_FAN_OUT", "threads", "'turn', 'together' or 'msearch'"),
        ("LAB_FAN_OUT", "TURN", "'turn', 'together' or 'msearch'"),
        ("LAB_HOST", "127.0.0.1:5000", "without a port"),
        ("LAB_JSON", "ujson", "'standard' or 'orjson'"),
        ("LAB_SERVICE_JSON", "orjson", "there are LAB_HOST"),
        ("LAB_ES_NODE", "requests", "'aiohttp' or 'httpx'"),
        ("LAB_HOST", "fe80::1%lo", "without a zone"),
        ("LAB_ES_API_KEY", "no key", "encoded (base64), or as id:api_key"),
        ("LAB_ES_CA_CERTS", "ca.pem", "LAB_ES_URL is http://"),
    ],
)
def test_a_bad_value_is_named_with_what_is_allowed(name: str, value: str, allowed: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.from_environ({name: value}, "sync")
    assert name in str(refused.value)
    assert allowed in str(refused.value)


@pytest.mark.parametrize(
    ("name", "package"), [("LAB_JSON", "orjson"), ("LAB_ES_JSON", "orjson"), ("LAB_ES_NODE", "httpx")]
)
def test_a_package_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch, name: str, package: str) -> None:
    assert Settings.from_environ({name: package}, "async")
    monkeypatch.setitem(sys.modules, package, None)
    assert Settings.from_environ({}, "async")
    with pytest.raises(SettingsError, match=f"^{name}='{package}': the package {package} is not installed here: "):
        Settings.from_environ({name: package}, "async")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LAB_ES_URL", "http://user:pa55word@host"),
        ("LAB_SECRET", "pa55word"),
        ("LAB_ES_API_KEY", "pa55word"),
        ("LAB_ES_APIKEY", "pa55word"),
    ],
)
def test_a_password_is_not_repeated(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.from_environ({name: value}, "sync")
    assert "pa55word" not in str(refused.value)


def test_each_start_has_its_own_secret() -> None:
    first, second = (Settings.from_environ({}, "sync") for _ in range(2))
    assert first.secret != second.secret
    assert first.secret not in repr(first)


def test_no_secret_is_in_a_description() -> None:
    with_password = Settings.from_environ({"LAB_ES_URL": "http://user:pa55word@host:9200"}, "sync")
    with_key = Settings.from_environ({"LAB_ES_API_KEY": "id:pa55word"}, "sync")
    assert "pa55word" not in repr(with_password)
    assert not any(secret in repr(with_key) for secret in ("pa55word", str(with_key.es_access["api_key"])))


@pytest.mark.parametrize("key", ["id:key", base64.b64encode(b"id:key").decode(), " aWQ6a2V5\n"])
def test_an_api_key_is_encoded_or_not(key: str) -> None:
    assert Settings.from_environ({"LAB_ES_API_KEY": key}, "sync").es_access == {"api_key": "aWQ6a2V5"}


def test_a_user_and_an_api_key_contradict_each_other() -> None:
    environ = {"LAB_ES_URL": "https://user:pa55word@host", "LAB_ES_API_KEY": "id:key"}
    with pytest.raises(SettingsError, match=r"^LAB_ES_URL holds a user, and LAB_ES_API_KEY is set: give one of them$"):
        Settings.from_environ(environ, "sync")


def test_authorities_are_those_of_every_program_unless_named() -> None:
    environ = {"LAB_ES_URL": "https://host", "SSL_CERT_FILE": "of-all.pem"}
    assert Settings.from_environ(environ, "sync").es_access == {"ca_certs": "of-all.pem"}
    assert Settings.from_environ(environ | {"LAB_ES_CA_CERTS": "own.pem"}, "sync").es_access == {"ca_certs": "own.pem"}
    assert Settings.from_environ({"SSL_CERT_FILE": "of-all.pem"}, "sync").es_access == {}


def test_each_twin_knows_the_other() -> None:
    assert Settings.from_environ({}, "sync").twin_url == "http://127.0.0.1:5001"
    assert Settings.from_environ({}, "async").twin_url == "http://127.0.0.1:5000"


@pytest.mark.parametrize("url", ["http://host:9200", "https://u:p@host.example:443/es", "http://[::1]:9200"])
def test_urls_of_elasticsearch(url: str) -> None:
    assert Settings.from_environ({"LAB_ES_URL": url}, "sync").es_url == url


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("https://host", "https://host:443"),
        (
            "https://my-cluster.es.eu-west-1.aws.elastic.cloud/",
            "https://my-cluster.es.eu-west-1.aws.elastic.cloud:443/",
        ),
        ("https://u:p@host.example/es", "https://u:p@host.example:443/es"),
        ("https://[::1]", "https://[::1]:443"),
        (cloud_id("eu-west-1.aws.elastic.cloud$0123abcd$4567"), "https://0123abcd.eu-west-1.aws.elastic.cloud:443"),
        (cloud_id("cloud.example:9243$0123abcd$"), "https://0123abcd.cloud.example:9243"),
    ],
)
def test_a_url_of_elasticsearch_without_a_port(given: str, url: str) -> None:
    assert Settings.from_environ({"LAB_ES_URL": given}, "sync").es_url == url


def test_the_readme_documents_every_setting() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    rows = [
        f"| `{variable}` | {BY_TWIN.get(variable, field.default)} | {field.description} |"
        for variable, field in variables().items()
    ]
    assert [row for row in rows if row not in readme] == []

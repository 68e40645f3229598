"""Settings come from LAB_ variables; a bad one is refused with its name and what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.settings import PREFIX, Settings, SettingsError


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
    ],
)
def test_a_bad_value_is_named_with_what_is_allowed(name: str, value: str, allowed: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.from_environ({name: value}, "sync")
    assert name in str(refused.value)
    assert allowed in str(refused.value)


@pytest.mark.parametrize(("name", "value"), [("LAB_ES_URL", "http://user:pa55word@host"), ("LAB_SECRET", "pa55word")])
def test_a_password_is_not_repeated(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.from_environ({name: value}, "sync")
    assert "pa55word" not in str(refused.value)


def test_each_start_has_its_own_secret() -> None:
    first, second = (Settings.from_environ({}, "sync") for _ in range(2))
    assert first.secret != second.secret
    assert first.secret not in repr(first)


def test_each_twin_knows_the_other() -> None:
    assert Settings.from_environ({}, "sync").twin_url == "http://127.0.0.1:5001"
    assert Settings.from_environ({}, "async").twin_url == "http://127.0.0.1:5000"


@pytest.mark.parametrize("url", ["http://host:9200", "https://u:p@host.example:443/es", "http://[::1]:9200"])
def test_urls_of_elasticsearch(url: str) -> None:
    assert Settings.from_environ({"LAB_ES_URL": url}, "sync").es_url == url


def test_the_readme_documents_every_setting() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    rows = [
        f"| `{PREFIX}{name.upper()}` | {'' if field.is_required() else field.default} | {field.description} |"
        for name, field in Settings.model_fields.items()
    ]
    assert [row for row in rows if row not in readme] == []

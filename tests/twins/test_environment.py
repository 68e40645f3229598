"""A twin that is started by hand has the user's environment, but nothing in it overrides the twin's settings."""

from __future__ import annotations

from importlib import import_module

import psutil
import pytest

from shared.settings import Settings, Twin
from tests.twins.served import served

TWINS: tuple[Twin, ...] = ("sync", "async")


@pytest.mark.parametrize("twin", TWINS)
def test_no_variable_turns_debugging_on(twin: Twin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASK_DEBUG", "1")
    monkeypatch.setenv("FLASK_ENV", "development")
    app = import_module(f"{twin}_app.app").create_app(Settings.from_environ({}, twin))
    assert (app.debug, app.env, app.jinja_env.auto_reload) == (False, "production", False)


def test_gunicorns_variable_does_not_override_the_settings() -> None:
    given = {"GUNICORN_CMD_ARGS": "--workers 3 --threads 1", "WEB_CONCURRENCY": "3", "LAB_WORKERS": "1"}
    with served("sync", **given) as (process, _):
        assert len(psutil.Process(process.pid).children()) == 1

"""What harness tests share: a contender that needs no Elasticsearch, and short runs."""

from __future__ import annotations

import os

import pytest

from loadtests.backend import Backend
from loadtests.contenders import Contender
from loadtests.options import RunOptions

STANDIN = Contender(name="sync", title="stand-in", app="tests.harness.standin", server="python", workers=1, pool=1)
BACKEND = Backend("http://127.0.0.1:9", "none", "none", os.getpid(), 20, "0" * 64)
"""The stand-in has no backend; the test's own process is sampled in its place."""

SHORT = RunOptions.from_environ({"USERS": "3", "DURATION": "2s", "WARMUP": "500ms"})


@pytest.fixture
def behaves(monkeypatch: pytest.MonkeyPatch) -> object:
    """Say how the stand-in is to behave."""
    return lambda how: monkeypatch.setenv("STANDIN", how)

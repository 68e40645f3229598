"""What harness tests share: a contender that needs no Elasticsearch, and short runs."""

from __future__ import annotations

import os

import pytest
from rich.console import Console

from loadtests.backend import Backend
from loadtests.backend.loader import load_corpus
from loadtests.contenders import Contender
from loadtests.options import BackendOptions, RunOptions
from tests.harness.standin import BEHAVIOUR

STANDIN = Contender(name="sync", title="stand-in", app="tests.harness.standin", server="python", workers=1, pool=1)
BACKEND = Backend("http://127.0.0.1:9", "none", "none", os.getpid(), 20, "0" * 64)
"""The stand-in has no backend; the test's own process is sampled in its place."""

SHORT = RunOptions.from_environ({"USERS": "3", "DURATION": "2s", "WARMUP": "500ms"})


@pytest.fixture(scope="session")
def library_url(elasticsearch_url: str, console: Console) -> str:
    """An Elasticsearch with books, as every load test has one."""
    load_corpus(elasticsearch_url, BackendOptions(books=300), console)
    return elasticsearch_url


@pytest.fixture
def behaves(monkeypatch: pytest.MonkeyPatch) -> object:
    """Say how the stand-in is to behave."""
    return lambda how: monkeypatch.setenv(BEHAVIOUR, how)

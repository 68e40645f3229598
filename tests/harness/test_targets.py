"""Load goes to addresses of this machine, and to no others."""

from __future__ import annotations

import pytest

from loadtests.errors import LabError
from loadtests.options import UiOptions
from loadtests.targets import is_local


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:5000", "http://127.8.9.10", "http://localhost:1", "https://[::1]:5000/x"]
)
def test_loopback_addresses_are_local(url: str) -> None:
    assert is_local(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.1",
        "http://0.0.0.0",
        "http://example",
        "http://localhost.example",
        "127.0.0.1:5000",
        "ftp://127.0.0.1",
        "",
    ],
)
def test_others_are_not(url: str) -> None:
    assert not is_local(url)


def test_another_target_is_refused() -> None:
    with pytest.raises(LabError, match=r"TARGET=http://10.0.0.1: .*this machine only"):
        UiOptions.from_environ({"TARGET": "http://10.0.0.1"})

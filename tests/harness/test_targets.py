"""Load goes to addresses of this machine, and to no others."""

from __future__ import annotations

import re

import pytest

from loadtests.errors import LabError
from loadtests.options import PairOptions, UiOptions
from loadtests.targets import Target, is_local


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:5000",
        "http://127.8.9.10",
        "http://localhost:1",
        "https://[::1]:5000/x",
        "http://[::ffff:127.0.0.1]:1",
    ],
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


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("http://[::1]:8000", Target("[::1]:8000", "service at http://[::1]:8000", "http://[::1]:8000", 8000)),
        ("http://localhost/x/", Target("localhost", "service at http://localhost/x", "http://localhost/x", 80)),
    ],
)
def test_a_running_service_is_known_by_its_address(url: str, target: Target) -> None:
    assert Target.at(url) == target


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.1:8000",
        "https://127.0.0.1:8000",
        "http://user:password@127.0.0.1:8000",
        "http://127.0.0.1:8000/?q",
        "http://127.0.0.1:70000",
        "http://[fe80::1%25lo]:8000",
        "http://::1:8000",
        "8000",
    ],
)
def test_what_is_more_or_less_than_a_local_address_is_refused(url: str) -> None:
    with pytest.raises(LabError, match=f"^TARGET_B={re.escape(url)}: "):
        PairOptions.from_environ({"TARGET_B": url})


@pytest.mark.parametrize("allow", ["fd00::5", "[fd00::5]", "FD00:0:0:0:0:0:0:5", "10.0.0.8 [fd00::5]"])
def test_an_allowed_ipv6_host_is_known_in_each_of_its_forms(allow: str) -> None:
    options = PairOptions.from_environ({"TARGET_B": "http://[fd00:0::5]:8000", "ALLOW": allow})
    assert options.sides[1].name == "[fd00:0::5]:8000"


def test_an_allowed_host_has_no_port() -> None:
    with pytest.raises(LabError, match=r"^ALLOW=\[fd00::5\]:8000: .*without a port"):
        PairOptions.from_environ({"ALLOW": "[fd00::5]:8000"})

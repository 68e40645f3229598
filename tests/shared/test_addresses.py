"""Hosts in their one form, whatever form they are given in."""

from __future__ import annotations

import pytest

from shared import addresses


@pytest.mark.parametrize(
    ("given", "host", "at_port_5000"),
    [
        ("127.0.0.1", "127.0.0.1", "127.0.0.1:5000"),
        ("Localhost", "localhost", "localhost:5000"),
        ("::1", "::1", "[::1]:5000"),
        ("[::1]", "::1", "[::1]:5000"),
        ("0:0:0:0:0:0:0:1", "::1", "[::1]:5000"),
        ("[FD00::0:5]", "fd00::5", "[fd00::5]:5000"),
        ("::", "::", "[::]:5000"),
        ("::ffff:127.0.0.1", "127.0.0.1", "127.0.0.1:5000"),
    ],
)
def test_a_host_has_one_form(given: str, host: str, at_port_5000: str) -> None:
    assert addresses.host(given) == host
    assert addresses.with_port(host, 5000) == at_port_5000


@pytest.mark.parametrize(
    "given", ["127.0.0.1:5000", "[::1]:5000", "[127.0.0.1]", "http://host", ":::1", "a b", "", "[", "user@host", "::g"]
)
def test_what_is_more_or_less_than_a_host_is_refused(given: str) -> None:
    with pytest.raises(ValueError, match=r"such as localhost, 127\.0\.0\.1 or ::1"):
        addresses.host(given)


@pytest.mark.parametrize("given", ["fe80::1%lo", "[fe80::1%25lo]"])
def test_a_zone_is_refused(given: str) -> None:
    with pytest.raises(ValueError, match="without a zone"):
        addresses.host(given)

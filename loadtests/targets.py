"""The allowed targets of load: addresses of this machine, and hosts that the user names; and running services."""

from __future__ import annotations

import http.client
import re
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Self
from urllib.parse import urlsplit

from shared import addresses

ALLOW_VARIABLE = "ALLOW"
"""The environment variable for other hosts that may get load, by the names or addresses in their URLs."""

_is_plain = re.compile(r"http://([^\s/@?#:%\[\]]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?(/[^\s?#]*)?").fullmatch


@dataclass(frozen=True)
class Target:
    """A running service in any language, of which only the address is known.

    `url` has no trailing slash; `name` is its host and port; `agent` is the address of the agent that watches it.
    """

    name: str
    title: str
    url: str
    port: int
    agent: str | None = None

    @property
    def host(self) -> str:
        return _host(self.url)

    @property
    def slots(self) -> None:
        """None: the number of requests that can wait at once is not known."""

    @classmethod
    def at(cls, url: str) -> Self:
        """The service at this address. Raises ValueError unless it is a plain address."""
        if not _is_plain(url):
            raise ValueError("give a plain address such as http://127.0.0.1:8000 or http://[::1]:8000")
        url, parts = url.rstrip("/"), urlsplit(url)
        return cls(parts.netloc, f"service at {url}", url, parts.port or http.client.HTTP_PORT)


def is_allowed(url: str, hosts: Collection[str]) -> bool:
    """Whether load may go there: to this machine, or to one of these hosts."""
    return is_local(url) or _host(url) in hosts


def allowed_hosts(text: str) -> tuple[str, ...]:
    """The hosts in `ALLOW`, separated by spaces. Raises ValueError for text that is no host."""
    return tuple(map(addresses.host, text.split()))


def is_local(url: str) -> bool:
    """Whether an http(s) URL names a loopback address of this machine."""
    return urlsplit(url).scheme in ("http", "https") and _is_loopback(_host(url))


def _host(url: str) -> str:
    """The host in its one form; empty when the URL has no usable host."""
    try:
        return addresses.host(urlsplit(url).hostname or "")
    except ValueError:
        return ""


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False

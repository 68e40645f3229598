"""What the load may go to: addresses of this machine, and hosts that the user names; and services that run already."""

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
"""Of the environment: other hosts that load may go to, by the names or addresses that URLs have for them."""

_is_plain = re.compile(r"http://([^\s/@?#:%\[\]]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?(/[^\s?#]*)?").fullmatch


@dataclass(frozen=True)
class Target:
    """A contender of which only the address is known: a service that runs already, in whatever language.

    `url` has no trailing slash; `name` is its host and port; `agent` is the address of the agent that tells what it
    uses.
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
        """How many requests can wait at once is not known."""

    @classmethod
    def at(cls, url: str) -> Self:
        """Raises ValueError for what is no plain address."""
        if not _is_plain(url):
            raise ValueError("give a plain address such as http://127.0.0.1:8000 or http://[::1]:8000")
        url, parts = url.rstrip("/"), urlsplit(url)
        return cls(parts.netloc, f"service at {url}", url, parts.port or http.client.HTTP_PORT)


def is_allowed(url: str, hosts: Collection[str]) -> bool:
    """Whether load may go there: to this machine, or to one of these hosts."""
    return is_local(url) or _host(url) in hosts


def allowed_hosts(text: str) -> tuple[str, ...]:
    """Hosts with spaces between them, as `ALLOW` has them. Raises ValueError for what is none."""
    return tuple(map(addresses.host, text.split()))


def is_local(url: str) -> bool:
    """Whether an http(s) URL names a loopback address of this machine."""
    return urlsplit(url).scheme in ("http", "https") and _is_loopback(_host(url))


def _host(url: str) -> str:
    """In its one form; empty where the URL has none that can be used."""
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

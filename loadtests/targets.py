"""What the load may go to: addresses of this machine, and hosts that the user names; and services that run already."""

from __future__ import annotations

import http.client
import re
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Self
from urllib.parse import urlsplit

ALLOW_VARIABLE = "ALLOW"
"""Of the environment: other hosts that load may go to, by the names or addresses that URLs have for them."""

_is_plain = re.compile(r"http://[^\s/@?#]+(/[^\s?#]*)?").fullmatch


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
    def slots(self) -> None:
        """How many requests can wait at once is not known."""

    @classmethod
    def at(cls, url: str) -> Self:
        """Raises ValueError for what is no plain address."""
        if not _is_plain(url):
            raise ValueError("give a plain address such as http://127.0.0.1:8000")
        url, parts = url.rstrip("/"), urlsplit(url)
        return cls(parts.netloc, f"service at {url}", url, parts.port or http.client.HTTP_PORT)


def is_allowed(url: str, hosts: Collection[str]) -> bool:
    """Whether load may go there: to this machine, or to one of these hosts."""
    return is_local(url) or urlsplit(url).hostname in hosts


def is_local(url: str) -> bool:
    """Whether an http(s) URL names a loopback address of this machine."""
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") and _is_loopback(parts.hostname or "")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False

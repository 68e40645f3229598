"""What the load may go to: addresses of this machine, and no others."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit


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

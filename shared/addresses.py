"""Hosts in the form that people write and in the form that URLs need."""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv6Address

_is_name = re.compile(r"[^\s:/@?#\[\]%]+").fullmatch


def host(text: str) -> str:
    """A name or an address in its one form: `::1` for `[::1]` and `0:0:0:0:0:0:0:1`, `127.0.0.1` for
    `::ffff:127.0.0.1`, names in small letters.

    Raises ValueError for any other text, and for an address with a zone, which not every server and client takes.
    """
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    if bare == text and _is_name(text):
        return text.lower()
    if "%" in bare:
        raise ValueError("give an address without a zone (%…)")
    try:
        address = IPv6Address(bare)
    except AddressValueError as error:
        raise ValueError("give a name or an address without a port, such as localhost, 127.0.0.1 or ::1") from error
    return str(address.ipv4_mapped or address)


def in_url(host: str) -> str:
    """The host as a URL has it: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host else host


def with_port(host: str, port: int) -> str:
    """Host and port as a URL has them: `127.0.0.1:5000`, `[::1]:5000`."""
    return f"{in_url(host)}:{port}"

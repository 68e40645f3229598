"""Where a form was sent from, as browsers tell it: checked beside the form's token."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from shared.problems import Malformed


def check(headers: Mapping[str, str], scheme: str, host: str) -> None:
    """Refuse a form that a browser says was sent by another site. Raises Malformed.

    Browsers that send Sec-Fetch-Site have compared the origins themselves. For others, Origin or Referer is held
    against the host of an https request: without the port, which proxies drop. A browser may withhold both.
    """
    site = headers.get("Sec-Fetch-Site")
    if site is not None:
        is_foreign = site not in ("same-origin", "none")
    else:
        sender = _sender(headers)
        is_foreign = scheme == "https" and sender is not None and _site(sender) != _site(f"https://{host}")
    if is_foreign:
        raise Malformed(
            "The form was sent from another site. Open it on this one, and send it again. "
            "A proxy in front has to pass the host that the browser asked for."
        )


def _sender(headers: Mapping[str, str]) -> str | None:
    """The origin or page that sent a form; None where the browser keeps it to itself."""
    origin = headers.get("Origin", "null")
    return headers.get("Referer") if origin == "null" else origin


def _site(url: str) -> tuple[str, str | None] | None:
    """Scheme and host; None of what is no URL."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return parts.scheme, parts.hostname

"""The origin of a form, as browsers report it: checked beside the form's token."""

from __future__ import annotations

import re
from collections.abc import Mapping

from shared.problems import Malformed

_site = re.compile(r"(https?://(?:\[[0-9a-f:.]+\]|[^\s/?#@:\\\[\]]+))(?::\d*)?(?:[/?#].*)?").fullmatch
"""Matches scheme and host of a URL in small letters, without the port. A browser sends no user in it."""


def check(headers: Mapping[str, str], scheme: str, host: str) -> None:
    """Refuse a form that a browser says another site sent. Raises Malformed.

    Browsers that send Sec-Fetch-Site have compared the origins themselves. For other browsers, Origin or Referer is
    compared with the host of an https request, without the port, which proxies drop. A browser may withhold both.
    """
    site = headers.get("Sec-Fetch-Site")
    if site is not None:
        is_foreign = site not in ("same-origin", "none")
    else:
        sender = _sender(headers)
        is_foreign = scheme == "https" and bool(sender) and not _is_of(sender, f"{scheme}://{host}")
    if is_foreign:
        raise Malformed(
            "The form was sent from another site. Open it on this one, and send it again. "
            "A proxy in front has to pass the host that the browser asked for."
        )


def _sender(headers: Mapping[str, str]) -> str:
    """The origin or page that sent a form; empty when the browser does not report it."""
    origin = headers.get("Origin", "null")
    return headers.get("Referer", "") if origin == "null" else origin


def _is_of(url: str, site: str) -> bool:
    ours, theirs = _site(site.lower()), _site(url.lower())
    return ours is not None and theirs is not None and ours[1] == theirs[1]

"""Requests to a running Elasticsearch of any kind, for its version and health.

They are plain HTTP: the client library refuses to talk to exactly those servers that need a clear error.
"""

from __future__ import annotations

import base64
import json
import ssl
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.parse import unquote, urlsplit, urlunsplit
from urllib.request import HTTPSHandler, ProxyHandler, Request, build_opener

import elasticsearch

from loadtests.access import OPEN, UNKNOWN_AUTHORITY, Access
from loadtests.errors import LabError

_MAJOR_VERSION = elasticsearch.VERSION[0]
_TIMEOUT_S = 10


def redacted(url: str) -> str:
    """The URL without user and password, for printing."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def require_usable(url: str, access: Access = OPEN) -> str:
    """The version of the Elasticsearch at `url`. Raises LabError unless it is healthy, and the twins can talk to it."""
    version = _version(url, access)
    if int(version.partition(".")[0]) != _MAJOR_VERSION:
        raise LabError(
            f"{redacted(url)} is Elasticsearch {version}, and the twins' client library speaks to version "
            f"{_MAJOR_VERSION} only: set ES_URL to such a one, or leave it out to use the embedded one"
        )
    if not _is_healthy(url, access):
        raise LabError(
            f"the cluster at {redacted(url)} lacks primary shards: fix it, see {redacted(url)}/_cat/shards?v"
        )
    return version


def is_ready(url: str, node: str) -> bool:
    """Whether an Elasticsearch node of this name responds there, with every primary shard in place."""
    try:
        return _local_node(url, OPEN)["name"] == node and _is_healthy(url, OPEN)
    except LabError:
        return False


def _version(url: str, access: Access) -> str:
    return _local_node(url, access)["version"]


def _local_node(url: str, access: Access) -> dict[str, str]:
    """Name and version of the node that responds."""
    path = "/_nodes/_local?filter_path=nodes.*.name,nodes.*.version"
    nodes: dict[str, dict[str, str]] = _ask(url, access, path)["nodes"]
    return next(iter(nodes.values()))


def _is_healthy(url: str, access: Access) -> bool:
    return _ask(url, access, "/_cluster/health")["status"] in ("yellow", "green")


def _ask(url: str, access: Access, path: str) -> Any:
    """Go straight to the server, past any proxy, as the client library does."""
    opener = build_opener(ProxyHandler({}), HTTPSHandler(context=access.tls()))
    try:
        with opener.open(_request(url, access, path), timeout=_TIMEOUT_S) as response:
            if response.headers.get("X-Elastic-Product") != "Elasticsearch":
                raise LabError(f"the server at {redacted(url)} is no Elasticsearch: set ES_URL to one")
            return json.load(response)
    except HTTPError as error:
        raise LabError(refusal(url, error.code)) from error
    except (HTTPException, OSError) as error:
        reason = getattr(error, "reason", error)
        if isinstance(reason, ssl.SSLError):
            raise LabError(untrusted(url, reason)) from error
        raise LabError(
            f"no Elasticsearch responds at {redacted(url)} ({reason}): start it, or correct ES_URL, "
            "or leave ES_URL out to use the embedded one"
        ) from error


def refusal(url: str, status: int) -> str:
    """The fix for a response with this status."""
    if status in (401, 403):
        return (
            f"{redacted(url)} refuses the user or password in ES_URL, or the key in ES_API_KEY ({status}): give ones "
            "that may monitor the cluster and manage twinlab-books*, as in ES_URL=http://USER:PASSWORD@HOST:9200 "
            "(special characters as %XX), or by ES_API_KEY="
        )
    return f"{redacted(url)} responds with {status}, as no healthy Elasticsearch does: fix it, or correct ES_URL"


def untrusted(url: str, reason: object) -> str:
    """The fix for a failed TLS handshake."""
    return (
        f"there is no trusted connection to {redacted(url)} ({reason}): if its certificate is not of a public "
        f"authority, {UNKNOWN_AUTHORITY}; if it is of another name, or no TLS is spoken there, correct ES_URL"
    )


def _request(url: str, access: Access, path: str) -> Request:
    """A request whose credentials do not follow a redirect."""
    request = Request(redacted(url).rstrip("/") + path, headers={"Accept": "application/json"})
    if value := authorization(url, access):
        request.add_unredirected_header("Authorization", value)
    return request


def authorization(url: str, access: Access) -> str | None:
    """The header's value: the access's API key, or else the URL's user and password, if there are any."""
    parts = urlsplit(url)
    if access.authorization or parts.username is None:
        return access.authorization.get("Authorization")
    credentials = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return f"Basic {base64.b64encode(credentials.encode()).decode()}"

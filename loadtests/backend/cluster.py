"""Questions to a running Elasticsearch of any kind: what is it, and is it ready?

Asked in plain HTTP, since the client library refuses to talk to just those servers that need a clear error.
"""

from __future__ import annotations

import base64
import json
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.parse import unquote, urlsplit, urlunsplit
from urllib.request import ProxyHandler, Request, build_opener

import elasticsearch

from loadtests.errors import LabError

_MAJOR_VERSION = elasticsearch.VERSION[0]
_TIMEOUT_S = 10

_opener = build_opener(ProxyHandler({}))
"""Goes straight to the server, past any proxy, as the client library does."""


def redacted(url: str) -> str:
    """`url` as it may be printed: without user and password."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def require_usable(url: str) -> str:
    """The version of the Elasticsearch at `url`. Raises LabError unless it is healthy, and the twins can talk to it."""
    version = _version(url)
    if int(version.partition(".")[0]) != _MAJOR_VERSION:
        raise LabError(
            f"{redacted(url)} is Elasticsearch {version}, and the twins' client library speaks to version "
            f"{_MAJOR_VERSION} only: set ES_URL to such a one, or leave it out to use the embedded one"
        )
    if not _is_healthy(url):
        raise LabError(
            f"the cluster at {redacted(url)} lacks primary shards: fix it, see {redacted(url)}/_cat/shards?v"
        )
    return version


def is_ready(url: str) -> bool:
    """Whether an Elasticsearch answers there, with every primary shard in place."""
    try:
        return _is_healthy(url)
    except LabError:
        return False


def _version(url: str) -> str:
    nodes: dict[str, dict[str, str]] = _ask(url, "/_nodes/_local?filter_path=nodes.*.version")["nodes"]
    return next(iter(nodes.values()))["version"]


def _is_healthy(url: str) -> bool:
    return _ask(url, "/_cluster/health")["status"] in ("yellow", "green")


def _ask(url: str, path: str) -> Any:
    try:
        with _opener.open(_request(url, path), timeout=_TIMEOUT_S) as response:
            if response.headers.get("X-Elastic-Product") != "Elasticsearch":
                raise LabError(f"what answers at {redacted(url)} is no Elasticsearch: set ES_URL to one")
            return json.load(response)
    except HTTPError as error:
        raise LabError(_refusal(url, error.code)) from error
    except (HTTPException, OSError) as error:
        reason = getattr(error, "reason", error)
        raise LabError(
            f"no Elasticsearch answers at {redacted(url)} ({reason}): start it, or correct ES_URL, "
            "or leave ES_URL out to use the embedded one"
        ) from error


def _refusal(url: str, status: int) -> str:
    if status in (401, 403):
        return (
            f"{redacted(url)} refuses the user or password in ES_URL ({status}): give ones that may monitor the "
            "cluster and manage the index, as in ES_URL=http://USER:PASSWORD@HOST:9200 (special characters as %XX)"
        )
    return f"{redacted(url)} answers {status}, as no healthy Elasticsearch does: fix it, or correct ES_URL"


def _request(url: str, path: str) -> Request:
    parts = urlsplit(url)
    request = Request(redacted(url).rstrip("/") + path, headers={"Accept": "application/json"})
    if parts.username is not None:
        credentials = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        request.add_header("Authorization", f"Basic {base64.b64encode(credentials.encode()).decode()}")
    return request

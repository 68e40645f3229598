"""What an operator can set: environment variables that begin with LAB_, validated once, at start."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from shared import logs

Twin = Literal["sync", "async"]

PORTS: Mapping[Twin, int] = {"sync": 5000, "async": 5001}
OTHER: Mapping[Twin, Twin] = {"sync": "async", "async": "sync"}
PREFIX = "LAB_"
CONFIDENTIAL = ("es_url", "secret")  # a URL may hold a password


_is_url = re.compile(r"https?://([^\s/@]+@)?([^\s/:@\[\]]+|\[[0-9A-Fa-f:.]+\]):\d{1,5}(/\S*)?").fullmatch


_is_origin = re.compile(r"https?://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?").fullmatch


def _check_url(url: str) -> str:
    if not _is_url(url):
        raise PydanticCustomError("url", "give it with its port, such as http://user:password@127.0.0.1:9200")
    return url


def _check_origin(url: str) -> str:
    if not _is_origin(url):
        raise PydanticCustomError("origin", "give it without a path, such as http://127.0.0.1:5001")
    return url


TwinUrl = Annotated[str, AfterValidator(_check_origin)]
ElasticsearchUrl = Annotated[str, AfterValidator(_check_url)]
"""Scheme, host and port are required, as the Elasticsearch clients require them; it may hold a password."""


class SettingsError(ValueError):
    """A variable that can't be used; the message names it and says what is allowed."""


class Settings(BaseModel):
    """How one twin is served and how it reaches Elasticsearch; each field is the variable LAB_<FIELD>."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: Annotated[str, Field(min_length=1, description="address to listen on")] = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535, description="port to listen on; PORT overrides it")]
    workers: Annotated[int, Field(ge=1, le=64, description="worker processes")] = 1
    threads: Annotated[int, Field(ge=1, le=1024, description="threads of a gunicorn worker (sync twin)")] = 16
    loop: Annotated[Literal["uvloop", "asyncio"], Field(description="event loop of a uvicorn worker (async twin)")] = (
        "uvloop"
    )
    backlog: Annotated[int, Field(ge=1, le=65535, description="connections that may wait to be accepted")] = 2048
    keep_alive_s: Annotated[int, Field(ge=1, le=3600, description="seconds an idle connection is kept")] = 75
    client_timeout_s: Annotated[
        float, Field(gt=0, le=3600, description="seconds a client gets for a request's head, its body, and its answer")
    ] = 30.0
    shutdown_s: Annotated[int, Field(ge=1, le=3600, description="seconds that requests in flight get at a stop")] = 30
    max_in_flight: Annotated[
        int | None, Field(ge=1, le=100_000, description="requests a worker answers at once; 503 for more; none: all")
    ] = None
    behind_proxy: Annotated[
        bool,
        Field(description="whether a proxy in front may tell client, scheme and host ([docs/proxy.md](docs/proxy.md))"),
    ] = False
    log: Annotated[logs.Format, Field(description="how problems are logged")] = "text"
    es_url: Annotated[ElasticsearchUrl, Field(description="Elasticsearch")] = "http://127.0.0.1:9200"
    es_pool_size: Annotated[int, Field(ge=1, le=10_000, description="connections to Elasticsearch, per worker")] = 100
    es_connect_timeout_s: Annotated[float, Field(gt=0, le=60, description="seconds to connect to it")] = 1.0
    es_timeout_s: Annotated[float, Field(gt=0, le=600, description="seconds to wait for its answer")] = 5.0
    twin_url: Annotated[TwinUrl, Field(description="the other twin, as browsers reach it: pages link to it")]
    secret: Annotated[str, Field(min_length=16, repr=False, description="signs cookies; a random one at each start")]

    @classmethod
    def from_environ(cls, environ: Mapping[str, str], twin: Twin) -> Settings:
        """The settings of a twin. An empty variable counts as not set.

        Raises SettingsError, which names each variable that is unknown or out of range.
        """
        given = {
            name.removeprefix(PREFIX).lower(): value
            for name, value in environ.items()
            if name.startswith(PREFIX) and value
        }
        if environ.get("PORT"):
            given["port"] = environ["PORT"]
        try:
            settings = cls.model_validate(_defaults(twin) | given)
        except ValidationError as error:
            raise SettingsError(_explain(error)) from error
        if twin == "sync":
            settings._check_threads()
        return settings

    def _check_threads(self) -> None:
        """A thread must be free to refuse a request, or to answer for the process's health."""
        if self.max_in_flight is not None and self.threads <= self.max_in_flight:
            raise SettingsError(
                f"LAB_THREADS={self.threads} can't refuse what is more than LAB_MAX_IN_FLIGHT={self.max_in_flight}: "
                f"set LAB_THREADS to {self.max_in_flight + 1} or more"
            )


def _defaults(twin: Twin) -> dict[str, Any]:
    """Those that differ from twin to twin, or from start to start."""
    return {
        "port": PORTS[twin],
        "twin_url": f"http://127.0.0.1:{PORTS[OTHER[twin]]}",
        "secret": secrets.token_urlsafe(32),
    }


def _explain(error: ValidationError) -> str:
    lines = []
    for fault in error.errors():
        name = PREFIX + str(fault["loc"][0]).upper()
        if fault["type"] == "extra_forbidden":
            known = ", ".join(PREFIX + field.upper() for field in Settings.model_fields)
            lines.append(f"{name} is not a setting; there are {known}")
        else:
            shown = "" if fault["loc"][0] in CONFIDENTIAL else f"={fault['input']!r}"
            lines.append(f"{name}{shown}: {fault['msg']}")
    return "\n".join(lines)

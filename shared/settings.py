"""The settings for operators: environment variables that begin with LAB_, validated once, at start."""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

from shared import addresses, logs

Twin = Literal["sync", "async"]
FanOut = Literal["turn", "together", "msearch"]
Library = TypeVar("Library", bound=str)

PORTS: Mapping[Twin, int] = {"sync": 5000, "async": 5001}
OTHER: Mapping[Twin, Twin] = {"sync": "async", "async": "sync"}
FAN_OUT: Mapping[Twin, FanOut] = {"sync": "turn", "async": "together"}
PREFIX = "LAB_"
PACKAGES = frozenset({"orjson", "httpx"})
"""Values that are the names of packages, without which the service runs as well."""
CONFIDENTIAL = ("es_url", "es_api_key", "secret")  # a URL may hold a password

_URL = re.compile(
    r"(?P<origin>(?P<scheme>https?)://(?P<user>[^\s/@]+@)?([^\s/:@\[\]]+|\[[0-9A-Fa-f:.]+\]))(?P<port>:\d{1,5})?(?P<path>(/\S*)?)"
)
_HTTPS_PORT = ":443"

_is_origin = re.compile(r"https?://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?").fullmatch


def _elasticsearch_url(text: str) -> str:
    """The URL with its port. https:// has a default port; a Cloud ID contains its address."""
    match = _URL.fullmatch(text) or _URL.fullmatch(_in_cloud_id(text))
    if match is None or (match["port"] is None and match["scheme"] == "http"):
        raise PydanticCustomError(
            "url",
            "give it with its port, such as http://user:password@127.0.0.1:9200; https:// may go without (443), "
            "and a Cloud ID of Elastic Cloud will do",
        )
    return f"{match['origin']}{match['port'] or _HTTPS_PORT}{match['path']}"


def _in_cloud_id(text: str) -> str:
    """The address in a Cloud ID of Elastic Cloud: a name and, in base64, `domain$elasticsearch$kibana`. Empty for
    other text."""
    try:
        domain, elasticsearch, *_ = base64.b64decode(text.rpartition(":")[2], validate=True).decode().split("$")
    except ValueError:
        return ""
    domain, colon, port = domain.partition(":")
    return f"https://{elasticsearch}.{domain}{colon}{port}"


def _check_origin(url: str) -> str:
    if not _is_origin(url):
        raise PydanticCustomError("origin", "give it without a path, such as http://127.0.0.1:5001")
    return url


def _host(text: str) -> str:
    try:
        return addresses.host(text)
    except ValueError as error:
        raise PydanticCustomError("host", "{reason}", {"reason": str(error)}) from error


def _encoded(key: SecretStr) -> SecretStr:
    """The key in the form to send, base64 of `id:key`."""
    text = key.get_secret_value().strip()
    if ":" in text:
        return SecretStr(base64.b64encode(text.encode()).decode())
    try:
        is_pair = b":" in base64.b64decode(text, validate=True)
    except binascii.Error:
        is_pair = False
    if not is_pair:
        raise PydanticCustomError("api_key", "give the key as it was shown encoded (base64), or as id:api_key")
    return SecretStr(text)


def _installed(library: Library) -> Library:
    if library in PACKAGES and find_spec(library) is None:
        raise PydanticCustomError(
            "package",
            "the package {name} is not installed here: install it, or leave the variable out",
            {"name": library},
        )
    return library


Host = Annotated[str, AfterValidator(_host)]
TwinUrl = Annotated[str, AfterValidator(_check_origin)]
ElasticsearchUrl = Annotated[str, AfterValidator(_elasticsearch_url)]
"""The URL has scheme, host and port, as the Elasticsearch clients require; it may contain a password."""
ApiKey = Annotated[SecretStr, AfterValidator(_encoded)]
"""Encoded: base64 of `id:key`."""
Json = Annotated[Literal["standard", "orjson"], AfterValidator(_installed)]
Node = Annotated[Literal["aiohttp", "httpx"], AfterValidator(_installed)]


def check_access(prefix: str, url: str, api_key: SecretStr | None, ca_certs: object | None) -> None:
    """Raises ValueError when variables contradict each other; it names them with their `prefix`."""
    match = _URL.fullmatch(url)
    if match is not None and api_key is not None and match["user"] is not None:
        raise ValueError(f"{prefix}ES_URL holds a user, and {prefix}ES_API_KEY is set: give one of them")
    if match is not None and ca_certs is not None and match["scheme"] != "https":
        raise ValueError(f"{prefix}ES_CA_CERTS is for https://, and {prefix}ES_URL is http://: correct one of them")


class SettingsError(ValueError):
    """A bad variable; the message names it and says what is allowed."""


class Settings(BaseModel):
    """The settings of one twin and of its way to Elasticsearch; each field is the variable LAB_<FIELD or alias>."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: Annotated[Host, Field(description="address to listen on")] = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535, description="port to listen on; PORT overrides it")]
    workers: Annotated[int, Field(ge=1, le=64, description="worker processes")] = 1
    threads: Annotated[int, Field(ge=1, le=1024, description="threads of a gunicorn worker (sync twin)")] = 16
    switch_interval_ms: Annotated[
        float | None,
        Field(gt=0, le=10_000, description="ms that a thread keeps the interpreter's lock; none: Python's (sync twin)"),
    ] = None
    cores: Annotated[
        str | None,
        Field(
            description="cores for the workers, one each, such as `0-3`; none: all ([docs/pinning.md](docs/pinning.md))"
        ),
    ] = None
    loop: Annotated[Literal["uvloop", "asyncio"], Field(description="event loop of a uvicorn worker (async twin)")] = (
        "uvloop"
    )
    backlog: Annotated[int, Field(ge=1, le=65535, description="connections that may wait to be accepted")] = 2048
    keep_alive_s: Annotated[int, Field(ge=1, le=3600, description="seconds an idle connection is kept")] = 75
    client_timeout_s: Annotated[
        float,
        Field(gt=0, le=3600, description="seconds a client gets for a request's head, its body and its response"),
    ] = 30.0
    shutdown_s: Annotated[int, Field(ge=1, le=3600, description="seconds that requests in flight get at a stop")] = 30
    max_in_flight: Annotated[
        int | None, Field(ge=1, le=100_000, description="requests a worker serves at once; 503 for more; none: all")
    ] = None
    behind_proxy: Annotated[
        bool,
        Field(description="whether a proxy in front may tell client, scheme and host ([docs/proxy.md](docs/proxy.md))"),
    ] = False
    log: Annotated[logs.Format, Field(description="how problems are logged")] = "text"
    service_json: Annotated[
        Json, Field(alias="json", description="what encodes its responses: Python's `standard` library, or `orjson`")
    ] = "standard"
    es_url: Annotated[ElasticsearchUrl, Field(repr=False, description="Elasticsearch")] = "http://127.0.0.1:9200"
    es_api_key: Annotated[ApiKey | None, Field(description="API key for it, encoded or as id:api_key")] = None
    es_ca_certs: Annotated[
        str | None,
        Field(description="file of the authorities to trust (PEM); none: SSL_CERT_FILE's, or public ones"),
    ] = None
    es_pool_size: Annotated[int, Field(ge=1, le=10_000, description="connections to Elasticsearch, per worker")] = 100
    es_connect_timeout_s: Annotated[float, Field(gt=0, le=60, description="seconds to connect to it")] = 1.0
    es_timeout_s: Annotated[float, Field(gt=0, le=600, description="seconds to wait for its response")] = 5.0
    es_json: Annotated[
        Json, Field(description="what encodes requests to it and decodes its responses: `standard`, or `orjson`")
    ] = "standard"
    es_node: Annotated[Node, Field(description="HTTP client to it: `aiohttp`, or `httpx` (async twin)")] = "aiohttp"
    es_compress: Annotated[
        bool, Field(description="whether requests to it and its responses are compressed (gzip)")
    ] = False
    fan_out: Annotated[
        FanOut,
        Field(
            description="how calls that don't depend on each other are made: `turn`, `together`, or as one `msearch`"
        ),
    ]
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
            check_access(PREFIX, settings.es_url, settings.es_api_key, settings.es_ca_certs)
        except ValidationError as error:
            raise SettingsError(_explain(error)) from error
        except ValueError as error:
            raise SettingsError(str(error)) from error
        if environ.get("SSL_CERT_FILE") and settings.es_ca_certs is None and settings.es_url.startswith("https:"):
            settings = settings.model_copy(update={"es_ca_certs": environ["SSL_CERT_FILE"]})
        if twin == "sync":
            settings._check_threads()
        return settings

    @property
    def address(self) -> str:
        """The twin's own address, as a URL has it."""
        return addresses.with_port(self.host, self.port)

    @property
    def es_access(self) -> dict[str, Any]:
        """The arguments of an Elasticsearch client besides the URL: API key and authorities, if set."""
        key = {"api_key": self.es_api_key.get_secret_value()} if self.es_api_key else {}
        return key | ({"ca_certs": self.es_ca_certs} if self.es_ca_certs else {})

    def _check_threads(self) -> None:
        """Raises ValueError unless a thread is free to refuse a request or to report the process's health."""
        if self.max_in_flight is not None and self.threads <= self.max_in_flight:
            raise SettingsError(
                f"LAB_THREADS={self.threads} can't refuse what is more than LAB_MAX_IN_FLIGHT={self.max_in_flight}: "
                f"set LAB_THREADS to {self.max_in_flight + 1} or more"
            )


def _defaults(twin: Twin) -> dict[str, Any]:
    """The settings that differ between twins, or between starts."""
    return {
        "port": PORTS[twin],
        "fan_out": FAN_OUT[twin],
        "twin_url": f"http://127.0.0.1:{PORTS[OTHER[twin]]}",
        "secret": secrets.token_urlsafe(32),
    }


def variables() -> dict[str, FieldInfo]:
    """The settings by their variables."""
    return {PREFIX + (field.alias or name).upper(): field for name, field in Settings.model_fields.items()}


def _explain(error: ValidationError) -> str:
    lines = []
    for fault in error.errors():
        name = PREFIX + str(fault["loc"][0]).upper()
        if fault["type"] == "extra_forbidden":
            known = ", ".join(variables())
            lines.append(f"{name} is not a setting; there are {known}")
        else:
            shown = "" if fault["loc"][0] in CONFIDENTIAL else f"={fault['input']!r}"
            lines.append(f"{name}{shown}: {fault['msg']}")
    return "\n".join(lines)

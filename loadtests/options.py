"""The options that users set on make's command line, read from the environment and validated here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from shlex import quote
from typing import Annotated, Any, Final, Literal, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)

from loadtests.access import Access
from loadtests.contenders import MOST, WORKER_MIB, Contender, all_named, check_distinct, check_memory, named
from loadtests.errors import LabError, refusal, tell_all
from loadtests.load import profiles
from loadtests.load.delay import NONE, Delay
from loadtests.load.orders import Generators
from loadtests.load.workloads import MIXED, WORKLOADS, only_reads
from loadtests.resources.placement import FREE, PLACEMENTS, Placement
from loadtests.targets import ALLOW_VARIABLE, Target, allowed_hosts, is_allowed, is_local
from shared import addresses
from shared.settings import ApiKey, ElasticsearchUrl, Host, check_access

T = TypeVar("T")
REPLAY: Final = "replay"
_LAST_PORT = 65_535
_SECONDS_PER_UNIT = {"ms": 0.001, "s": 1, "m": 60, "h": 3600}


def _seconds(text: Any) -> Any:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s|m|h)?", str(text).strip())
    if match is None:
        raise ValueError("give a duration such as 30s, 500ms or 2m")
    return float(match[1]) * _SECONDS_PER_UNIT[match[2] or "s"]


Seconds = Annotated[float, BeforeValidator(_seconds)]


def _check_local(url: str) -> str:
    if not is_local(url):
        raise ValueError("load goes to this machine only: give an address such as http://127.0.0.1:5000")
    return url


def _check_workload(name: str) -> str:
    if name not in WORKLOADS:
        raise ValueError(f"there are {', '.join(WORKLOADS)}")
    return name


def _address(text: Any) -> Any:
    match = re.fullmatch(r"([A-Za-z0-9.-]+|\[[^\[\]]+\]):([1-9]\d{0,4})", str(text))
    if match is None or int(match[2]) > _LAST_PORT:
        raise ValueError("give a host and a port, such as 127.0.0.1:5557 or [::1]:5557")
    return addresses.host(match[1]), int(match[2])


def _contender(name: Any) -> Any:
    try:
        return named(str(name))
    except LabError as error:
        raise ValueError(str(error)) from error


def _contenders(names: Any) -> Any:
    given = str(names).replace(",", " ").split()
    try:
        tell_all([partial(_check_count, given), partial(all_named, given)])
    except LabError as error:
        raise ValueError(str(error)) from error
    return all_named(given)


def _check_count(names: Sequence[str]) -> None:
    if not 2 <= len(names) <= MOST:
        raise LabError(f"give two to {MOST} contenders, with spaces between their names")


_is_agent = re.compile(r"http://([^\s/:@?#\[\]]+|\[[0-9A-Fa-f:.]+\]):\d{1,5}").fullmatch
_is_token = re.compile(r"[!-~]{16,256}").fullmatch


def _check_agent(url: str) -> str:
    if not _is_agent(url) or not urlsplit(url).port:
        raise ValueError("give the address that make agent printed, such as http://127.0.0.1:5100")
    return url


def _check_token(token: SecretStr) -> SecretStr:
    if not _is_token(token.get_secret_value()):
        raise ValueError(
            "give 16 characters or more that nobody can guess, to agent and lab, such as those that are printed by "
            "python3 -c 'import secrets; print(secrets.token_urlsafe())'"
        )
    return token


Address = Annotated[tuple[str, int], BeforeValidator(_address)]
Hosts = Annotated[tuple[str, ...], BeforeValidator(allowed_hosts)]
AgentUrl = Annotated[str, AfterValidator(_check_agent)]
AgentToken = Annotated[SecretStr, AfterValidator(_check_token)]
NamedContender = Annotated[Contender, BeforeValidator(_contender)]
NamedContenders = Annotated[tuple[Contender, ...], BeforeValidator(_contenders)]
KnownTarget = Annotated[Target, BeforeValidator(Target.at)]
Workload = Annotated[str, AfterValidator(_check_workload), Field(description="what users do")]


class Options(BaseModel):
    """The values of environment variables named after the fields, in capitals; an empty variable counts as not set."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Self:
        """Read and validate. Raises LabError, which names each bad variable and the allowed values."""
        given = {name: environ[name.upper()] for name in cls.model_fields if environ.get(name.upper())}
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            problems = (f"{_shown(name, given.get(name, ''))}: {reason}" for name, reason in cls._faults(error))
            raise LabError("; ".join(problems)) from error

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        tell_all(self._checks())
        return self

    def _checks(self) -> Iterator[Callable[[], object]]:
        """What each option alone does not show. Each raises LabError; all of them are told at once."""
        yield from ()

    @classmethod
    def _faults(cls, error: ValidationError) -> Iterator[tuple[str, str]]:
        for fault in error.errors():
            name = str(fault["loc"][0])
            is_missing = fault["type"] == "missing"
            wanted = f"give {cls.model_fields[name].description}"
            yield name, wanted if is_missing else refusal(fault["msg"])


_CONFIDENTIAL = ("es_url", "es_api_key", "agent_token")  # a URL may hold a password


def _shown(name: str, value: str) -> str:
    return name.upper() if name in _CONFIDENTIAL else f"{name.upper()}={value}"


class BackendOptions(Options):
    """The Elasticsearch behind the twins, and its books."""

    es_url: Annotated[ElasticsearchUrl | None, Field(repr=False, description="a cluster of your own")] = None
    es_api_key: Annotated[ApiKey | None, Field(description="API key for it, encoded or as id:api_key")] = None
    es_ca_certs: Annotated[Path | None, Field(description="file of the authorities that it is trusted by")] = None
    es_port: Annotated[
        int | None,
        Field(ge=1, le=65535, description="the embedded node's port; 9200, or a free one beside another checkout's"),
    ] = None
    es_heap: Annotated[str, Field(pattern=r"^[1-9]\d*[mg]$", description="the embedded node's heap")] = "1g"
    backend: Literal["embedded", "docker", "replay"] = "embedded"
    delay_ms: Annotated[
        Delay, BeforeValidator(Delay.parse), Field(description="how long a replayed backend takes for a response")
    ] = NONE
    books: Annotated[int, Field(ge=1, le=10_000_000, description="how many books the seeded corpus has")] = 10_000
    corpus: Annotated[Path | None, Field(description="a file with books of your own, one JSON object a line")] = None

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Self:
        """Read and validate as Options does; without ES_CA_CERTS, SSL_CERT_FILE names the file for a cluster of the
        user's own."""
        options = super().from_environ(environ)
        if environ.get("SSL_CERT_FILE") and options.es_ca_certs is None and (options.es_url or "").startswith("https:"):
            options = options.model_copy(update={"es_ca_certs": Path(environ["SSL_CERT_FILE"])})
        options._check_access()
        if "delay_ms" in options.model_fields_set and options.backend != REPLAY:
            raise LabError(f"DELAY_MS= is for a replayed backend: give BACKEND={REPLAY} too, or leave it out")
        return options

    def check_real(self, command: str) -> None:
        """Raises LabError for a replayed backend, where the command is about a real one."""
        if self.backend == REPLAY:
            raise LabError(f"make {command} is about a real Elasticsearch: leave BACKEND={REPLAY} out")

    @property
    def has_tls(self) -> bool:
        """Whether contenders can ask it by TLS."""
        return self.backend == REPLAY or (self.es_url or "").startswith("https:")

    @property
    def access(self) -> Access:
        return Access(self.es_api_key, self.es_ca_certs and self.es_ca_certs.absolute())

    def _check_access(self) -> None:
        if self.es_url is None:
            if self.es_api_key or self.es_ca_certs:
                raise LabError("ES_API_KEY= and ES_CA_CERTS= are for a cluster of yours: name it by ES_URL=")
            return
        try:
            check_access("", self.es_url, self.es_api_key, self.es_ca_certs)
            self.access.tls()
        except OSError as error:
            raise LabError(
                f"ES_CA_CERTS={self.es_ca_certs}: {error.strerror}: name a file of certificates (PEM)"
            ) from error
        except ValueError as error:
            raise LabError(str(error)) from error


Command = TypeVar("Command", bound=Options)


def _check_reads(command: type[Options], environ: Mapping[str, str]) -> None:
    """Raises LabError where the command's workload writes. One that is not there is told elsewhere."""
    field = command.model_fields.get("workload")
    workload = environ.get("WORKLOAD") or (field.default if field else "")
    if workload in WORKLOADS and not only_reads(workload):
        reading = ", ".join(filter(only_reads, WORKLOADS))
        raise LabError(
            f"WORKLOAD={workload} writes, and BACKEND={REPLAY} takes no writes: give one of {reading}, or leave "
            f"BACKEND={REPLAY} out"
        )


def _check_started(command: type[Options], environ: Mapping[str, str]) -> None:
    names = {"target_a", "target_b"} & command.model_fields.keys()
    if any(environ.get(name.upper()) for name in names):
        raise LabError(
            f"TARGET_A= and TARGET_B= ask backends of their own: BACKEND={REPLAY} is for contenders that the lab starts"
        )


def _check_takes_contenders(command: type[Options], environ: Mapping[str, str]) -> None:
    if environ.get("CONTENDERS") and "contenders" not in command.model_fields:
        raise LabError("CONTENDERS= is for make bench: leave it out here")


def with_backend(kind: type[Command], environ: Mapping[str, str]) -> tuple[Command, BackendOptions]:
    """The options of a command, and of the backend behind it. Raises LabError, which names all that is wrong with
    either, and with both together."""
    faults: list[str] = []

    def tried(attempt: Callable[[], T]) -> T | None:
        try:
            return attempt()
        except LabError as error:
            faults.append(str(error))
            return None

    options = tried(lambda: kind.from_environ(environ))
    backend = tried(lambda: BackendOptions.from_environ(environ))
    for check in (_check_takes_contenders, *((_check_reads, _check_started) if _is_replayed(environ) else ())):
        tried(partial(check, kind, environ))
    if backend and isinstance(options, LoadOptions):
        for one in options.started:
            tried(partial(one.check_tls, is_offered=backend.has_tls))
    if options is None or backend is None or faults:
        raise LabError("; ".join(dict.fromkeys(faults)))
    return options, backend


def _is_replayed(environ: Mapping[str, str]) -> bool:
    return environ.get("BACKEND") == REPLAY


class LockOptions(Options):
    """The choice to wait or to stop when another measurement holds the machine, and the port of the lock."""

    when_taken: Annotated[
        Literal["end", "wait"], Field(description="what to do while another measurement runs on this machine")
    ] = "end"
    lock_port: Annotated[
        int, Field(ge=0, le=65535, description="the loopback port that a measurement holds; 0 for no other to know of")
    ] = 20_717


_QUICK_S = {"duration": 10.0, "warmup": 2.0}


SIZES = ("workers", "threads", "pool")


class SizeOptions(Options):
    """The sizes that a contender gets in place of those in its table, and the Python that it runs on."""

    workers: Annotated[int | None, Field(ge=1, le=64, description="server processes")] = None
    threads: Annotated[int | None, Field(ge=1, le=1_000, description="threads of each worker that has them")] = None
    pool: Annotated[int | None, Field(ge=1, le=1_000, description="a worker's connections to Elasticsearch")] = None
    contender_python: Annotated[str | None, Field(min_length=1, description="an interpreter for contenders")] = None

    def sized(self, contender: Contender) -> Contender:
        """The contender with these sizes. THREADS applies only to a contender with threads."""
        given = {name: size for name in SIZES if (size := getattr(self, name)) is not None}
        if contender.threads is None:
            given.pop("threads", None)
        return replace(contender, python=contender.python or self.contender_python, **given)


class PairOptions(SizeOptions):
    """The two sides of a comparison: contenders by name, or running services."""

    a: Annotated[NamedContender, Field(description="a contender")] = Field(default_factory=partial(named, "sync"))
    b: Annotated[NamedContender, Field(description="another one")] = Field(default_factory=partial(named, "async"))
    target_a: Annotated[KnownTarget | None, Field(description="a running service in the place of A")] = None
    target_b: Annotated[KnownTarget | None, Field(description="and in that of B")] = None
    allow: Annotated[Hosts, Field(description="other hosts than this one that load may go to")] = ()
    agent_a: Annotated[AgentUrl | None, Field(description="the agent that watches TARGET_A")] = None
    agent_b: Annotated[AgentUrl | None, Field(description="and the one that watches TARGET_B")] = None
    agent_token: Annotated[AgentToken | None, Field(description="the agents' token")] = None

    def _checks(self) -> Iterator[Callable[[], object]]:
        yield from super()._checks()
        yield self._check_targets
        yield self._check_agents

    def _check_targets(self) -> None:
        for name, target in (("a", self.target_a), ("b", self.target_b)):
            if {name, f"target_{name}"} <= self.model_fields_set:
                raise LabError(f"{name.upper()}= and TARGET_{name.upper()}= both name this side: give one of them")
            if target and not is_allowed(target.url, self.allow):
                raise LabError(
                    f"TARGET_{name.upper()}={target.url}: load goes to this machine only, but for hosts that "
                    f"{ALLOW_VARIABLE}= names"
                )

    def _check_agents(self) -> None:
        for name in ("a", "b"):
            if not getattr(self, f"agent_{name}"):
                continue
            if not getattr(self, f"target_{name}"):
                raise LabError(f"AGENT_{name.upper()}= watches a running service: name that by TARGET_{name.upper()}=")
            if self.agent_token is None:
                raise LabError(f"AGENT_{name.upper()}= needs the token that it was started with, AGENT_TOKEN=")

    @property
    def sides(self) -> tuple[Contender | Target, ...]:
        """What is compared: the first one, and what is compared with it."""
        a, b = _with_agent(self.target_a, self.agent_a), _with_agent(self.target_b, self.agent_b)
        return a or self.sized(self.a), b or self.sized(self.b)


def _with_agent(target: Target | None, agent: str | None) -> Target | None:
    return target and replace(target, agent=agent)


_FORMER_PROFILES = {"seed": profiles.LIGHT}


def _profile_names(text: Any) -> Any:
    names = tuple(dict.fromkeys(_FORMER_PROFILES.get(name, name) for name in str(text).replace(",", " ").split()))
    if not names or any(name not in profiles.NAMES for name in names):
        raise ValueError(f"give one or more of {', '.join(profiles.NAMES)}")
    return names


def _typed(value: Any) -> str:
    """An option's value as it stands on the command line."""
    match value:
        case Contender():
            return value.name
        case Target():
            return value.url
        case bool():
            return str(int(value))
        case (str(host), int(port)):
            return addresses.with_port(host, port)
        case (Contender(), *_):
            return quote(" ".join(one.name for one in value))
        case tuple():
            return quote(" ".join(value))
        case dict():
            return quote(" ".join(f"{name}={share * 100:g}%" for name, share in value.items()))
    return quote(str(value))


class LoadOptions(PairOptions):
    """The workload of both sides, and the number of users."""

    workload: Workload = MIXED
    users: Annotated[int, Field(ge=1, le=1_000, description="users of the peak, enough to saturate")] = 32
    processes: Annotated[int, Field(ge=1, le=64, description="load generator processes")] = 1
    master: Annotated[
        Address | None, Field(description="where this host waits for load workers of others to be its processes")
    ] = None
    placement: Annotated[
        Literal["free", "apart"], Field(description="the cores that load, backend and services may use")
    ] = FREE
    busy: Annotated[bool, Field(description="measure although the machine is busy with other work")] = False

    def _checks(self) -> Iterator[Callable[[], object]]:
        yield from super()._checks()
        for one in self.started:
            yield partial(one.check_offers, self.workload)
            yield partial(self._check_cores, one)
            yield one.check_python
            yield one.check_quota
        yield self._check_memory

    @property
    def started(self) -> list[Contender]:
        """Those that the lab starts."""
        return [side for side in self.sides if isinstance(side, Contender)]

    def _check_cores(self, contender: Contender) -> None:
        contender.check_cores(self.placed.services)

    def _check_memory(self) -> None:
        check_memory(WORKER_MIB * sum(one.processes for one in self.started), "give fewer WORKERS=")

    @property
    def placed(self) -> Placement:
        """Raises LabError where this machine can't place anything."""
        return PLACEMENTS[self.placement](self.processes)

    @property
    def generators(self) -> Generators:
        return Generators(self.processes, self.master)


class WorkerOptions(Options):
    """The options of a load worker."""

    master: Annotated[Address, Field(description="where the comparison waits for it")]


class RateOptions(LoadOptions):
    """The options of the search for the highest rate that keeps an objective."""

    slo: Annotated[str, Field(description="the objective: p50 to p99.9 or max, and errors")] = "p99<200ms,errors<0.1%"
    step: Annotated[Seconds, Field(ge=1, le=60, description="how long each rate is tried, or longer")] = 10


class PairedOptions(LoadOptions):
    """The options of a comparison in pairs."""

    pairs: Annotated[int, Field(ge=1, le=100, description="pairs of fresh processes")] = 10
    quick: Annotated[bool, Field(description="3 short pairs, which decide nothing")] = False
    profile: Annotated[tuple[str, ...], BeforeValidator(_profile_names), Field(description="the profiles of load")] = (
        profiles.PEAK,
        profiles.STEADY,
    )
    rate: Annotated[
        float | None, Field(gt=0, le=100_000, description="arrivals per second; or else half of the slower one's peak")
    ] = None
    resume: Annotated[Path | None, Field(description="the folder that an interrupted comparison named")] = None

    @model_validator(mode="after")
    def _shorten(self) -> Self:
        return self.model_copy(update={"pairs": 3}) if self.quick and "pairs" not in self.model_fields_set else self

    def command(self, target: str) -> str:
        """The command that does the same again."""
        given = self.model_fields_set - {"resume", "append", "busy", "agent_token"}
        return " ".join(["make", target, *(f"{name.upper()}={_typed(getattr(self, name))}" for name in sorted(given))])

    def _checks(self) -> Iterator[Callable[[], object]]:
        yield from super()._checks()
        yield self._check_rate

    def _check_rate(self) -> None:
        open_ones = [name for name in self.profile if name in profiles.NEEDS_PEAK]
        if open_ones and self.rate is None and profiles.PEAK not in self.profile:
            raise LabError(f"PROFILE={' '.join(self.profile)} needs a RATE=, or the profile peak to find one")


class RunOptions(SizeOptions):
    """The size and load of one run, bounded so that a typing error causes no denial of service."""

    users: Annotated[int, Field(ge=1, le=1_000, description="users, each waiting for its response")] = 10
    spawn_rate: Annotated[float, Field(ge=0.1, le=1_000, description="users added per second")] = 10
    duration: Annotated[Seconds, Field(ge=1, le=3_600, description="what is measured")] = 30
    warmup: Annotated[Seconds, Field(ge=0, le=600, description="loaded before that, and discarded")] = 5
    workload: Workload = MIXED
    quick: Annotated[bool, Field(description="shorter runs, unless a duration is given")] = False

    @model_validator(mode="after")
    def _shorten(self) -> Self:
        shorter = {name: time_s for name, time_s in _QUICK_S.items() if name not in self.model_fields_set}
        return self.model_copy(update=shorter) if self.quick else self


class CompareOptions(Options):
    """The two runs to compare."""

    a: Annotated[Path, Field(description="a result folder")] = Path("results/latest-sync")
    b: Annotated[Path, Field(description="another one")] = Path("results/latest-async")
    force: Annotated[bool, Field(description="compare runs although their conditions differ")] = False


EQUAL_WORKERS: Final = "equal-workers"
EQUAL_MEMORY: Final = "equal-memory"


class BenchOptions(PairedOptions):
    """Two contenders or more, and the quantity that all have as much of."""

    contenders: Annotated[
        NamedContenders | None, Field(description="two to eight of them, each compared with the first")
    ] = None
    policy: Annotated[
        Literal["equal-workers", "equal-memory", "tuned-each"],
        Field(description="what all have as much of"),
    ] = EQUAL_WORKERS
    memory_mib: Annotated[int, Field(ge=1, le=1_000_000, description="what each has, of equal-memory")] = 512
    append: Annotated[Path | None, Field(description="an earlier result, to which this adds a session")] = None

    @property
    def sides(self) -> tuple[Contender | Target, ...]:
        return tuple(map(self.sized, self.contenders)) if self.contenders else super().sides

    def _checks(self) -> Iterator[Callable[[], object]]:
        if self.contenders:
            yield self._check_only_contenders
            yield partial(check_distinct, self.started)
        yield from super()._checks()
        yield self._check_folders
        yield self._check_policy

    def _check_memory(self) -> None:
        if self.policy == EQUAL_MEMORY:
            check_memory(self.memory_mib * len(self.started), "give less MEMORY_MIB=")
        else:
            super()._check_memory()

    def _check_only_contenders(self) -> None:
        if others := {"a", "b", "target_a", "target_b", "agent_a", "agent_b"} & self.model_fields_set:
            named = " and ".join(f"{name.upper()}=" for name in sorted(others))
            raise LabError(f"CONTENDERS= names all sides: leave out {named}, or CONTENDERS=")

    def _check_folders(self) -> None:
        if self.append and self.resume:
            raise LabError("APPEND= begins a session, and RESUME= goes on with one: give one of them")

    def _check_policy(self) -> None:
        if "memory_mib" in self.model_fields_set and self.policy != EQUAL_MEMORY:
            raise LabError(f"MEMORY_MIB= is for POLICY={EQUAL_MEMORY}, and this is {self.policy}")


OVERHEAD: Final = {twin: f"overhead-{twin}" for twin in ("sync", "async")}
"""The twins, and the names of the comparisons that measure their layers' cost."""


class OverheadOptions(SizeOptions):
    """The options of the comparison of each twin with the bare application on its stack."""

    users: Annotated[int, Field(ge=1, le=1_000, description="users, each waiting for its response")] = 8
    pairs: Annotated[int, Field(ge=1, le=100, description="pairs of fresh processes, of each twin")] = 10
    quick: Annotated[bool, Field(description="3 short pairs")] = False
    busy: Annotated[bool, Field(description="measure although the machine is busy with other work")] = False
    resume: Annotated[Path | None, Field(description="the folder that an interrupted comparison named")] = None

    def _checks(self) -> Iterator[Callable[[], object]]:
        yield from super()._checks()
        yield self._check_resume

    def _check_resume(self) -> None:
        if self.resume and not self.resume.name.endswith(tuple(OVERHEAD.values())):
            raise LabError(
                f"RESUME={self.resume}: no comparison of make overhead: name a folder that ends in "
                f"{' or '.join(OVERHEAD.values())}"
            )

    def of(self, twin: str) -> BenchOptions:
        """The options of `make bench` for one twin (b) against its bare application (a). `resume` applies only to
        the comparison that it names; the other one begins anew."""
        given = {name: getattr(self, name) for name in self.model_fields_set}
        if self.resume and not self.resume.name.endswith(f"-{OVERHEAD[twin]}"):
            del given["resume"]
        fixed = {"a": f"bare-{twin}", "b": twin, "workload": "get", "profile": profiles.PEAK}
        return BenchOptions.model_validate({"users": self.users, **given, **fixed})

    @property
    def contenders(self) -> list[Contender | Target]:
        """Those of both comparisons. Raises LabError for one that can't be started here."""
        return [side for twin in OVERHEAD for side in self.of(twin).sides]


class AaOptions(PairedOptions):
    """A contender against itself."""

    @property
    def sides(self) -> tuple[Contender | Target, ...]:
        side, *_ = super().sides
        return side, side


_MARGIN = re.compile(r"([a-z0-9]+)=(\d+(?:\.\d+)?)%")


def _margins(text: Any) -> Any:
    matches = [_MARGIN.fullmatch(part) for part in str(text).replace(",", " ").split()]
    if not matches or not all(match and float(match[2]) for match in matches):
        raise ValueError("give each metric's margin as a percentage above zero, such as 'cpu=5% p95=15%'")
    return {match[1]: float(match[2]) / 100 for match in matches if match}


class GateOptions(PairedOptions):
    """The current code against that of an earlier result."""

    pairs: Annotated[
        int, Field(ge=1, le=100, description="pairs of fresh processes at most: it ends when it is decided")
    ] = 24
    margins: Annotated[
        dict[str, float], BeforeValidator(_margins), Field(description="by how much each metric may be worse")
    ] = Field(default_factory=dict)
    base: Annotated[Path, Field(description="the result folder that is the baseline")]

    def _checks(self) -> Iterator[Callable[[], object]]:
        yield from super()._checks()
        yield self._check_python

    def _check_python(self) -> None:
        if self.contender_python:
            raise LabError("CONTENDER_PYTHON=: a gate runs the Python that its baseline ran: leave it out")


class ReportOptions(Options):
    """The result to draw again."""

    run: Annotated[Path, Field(description="a comparison's folder")] = Path("results/latest-compare")


class AdviseOptions(ReportOptions):
    """The load wanted of a service whose costs a comparison measured, and the size of a machine."""

    rate: Annotated[float, Field(gt=0, le=1e9, description="requests per second that are wanted")]
    latency_ms: Annotated[
        float | None, Field(gt=0, le=60_000, description="Elasticsearch's part of a request; or else as measured")
    ] = None
    slo: Annotated[str, Field(description="the objective: percentiles, p50 to p99.9")] = "p99<200ms"
    cores: Annotated[int, Field(ge=1, le=1_024, description="of a machine")] = 16
    memory_gib: Annotated[float, Field(gt=0, le=65_536, description="of a machine")] = 64


class UiOptions(Options):
    """The address of Locust's own web page, and the service that it loads."""

    target: Annotated[str, AfterValidator(_check_local), Field(description="a running twin")] = "http://127.0.0.1:5000"
    ui_port: Annotated[int, Field(ge=1, le=65535, description="the web page's port")] = 8089


class AgentOptions(Options):
    """The service that an agent watches, the agent's address, and its token."""

    port: Annotated[int, Field(ge=1, le=65535, description="the port on which the service listens")]
    agent_host: Annotated[Host, Field(description="the address on which the agent listens")] = "127.0.0.1"
    agent_port: Annotated[int, Field(ge=1, le=65535, description="and its port")] = 5100
    agent_token: Annotated[AgentToken, Field(validate_default=True, description="its clients must send it")] = (
        SecretStr("")
    )

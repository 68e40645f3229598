"""The contenders: server configurations to put under load, as `contenders.toml` lists them."""

from __future__ import annotations

import sys
import tomllib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import field, replace
from itertools import combinations
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import psutil
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError, model_validator
from pydantic.dataclasses import dataclass

from loadtests import stacks
from loadtests.access import OPEN, Access
from loadtests.environment import OURS
from loadtests.errors import LabError, refusal
from loadtests.load.workloads import WORKLOADS
from loadtests.resources import quotas
from loadtests.resources.affinity import machine_cores
from loadtests.stacks import LAB, Installation

MOST = 8
"""Contenders of a comparison: as many as its pictures can tell apart."""
WORKER_MIB = 128
"""What a worker or its arbiter may hold; a worker and its arbiter held 75 to 104 MiB together (docs/measuring.md)."""

FILE = Path(__file__).with_name("contenders.toml")

_LOCKS = {"lab": "contenders", "today": "today"}
"""What a stack's packages are locked in, in `requirements/`. The lab's own are installed already, on its own Python."""
_NEWEST_OF_LAB = (3, 13)

Count = Annotated[int, Field(ge=1, le=1_000)]


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))
class Contender:
    """One server configuration under test: `python -m APP` serves it, with settings from `LAB_…` variables.

    `stack` names the packages that it runs on. `python` is the name or path of an interpreter; "lab" is the lab's own,
    None the one that the user names, or else the lab's. `threads` is None when requests do not wait in threads; `pool`
    counts each worker's connections to Elasticsearch; `workloads` is None when it offers all; `cores` is how many each
    worker may use, None when it may use all; `quota` is the CPU time that all of its processes together may use, in
    cores, None when they may use all; `tls` is whether it asks Elasticsearch by TLS although others need not.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
    title: Annotated[str, Field(min_length=1)]
    stack: Literal["lab", "today"] = "lab"
    python: Annotated[str | None, Field(min_length=1)] = None
    app: Annotated[str, Field(pattern=r"^[\w.]+$")]
    server: Literal["gunicorn", "uvicorn", "granian", "hypercorn", "python"]
    worker_class: Annotated[str | None, Field(pattern=r"^[\w.]+$")] = None
    workers: Count
    threads: Count | None = None
    pool: Count
    cores: Count | None = None
    quota: Annotated[float | None, Field(ge=0.01, le=1_000)] = None
    tls: bool = False
    environment: Mapping[Annotated[str, Field(pattern=r"^LAB_[A-Z_]+$")], str] = field(default_factory=dict)
    workloads: Annotated[tuple[str, ...] | None, Field(min_length=1)] = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.worker_class is None) == (self.server == "gunicorn"):
            raise ValueError("worker_class is for gunicorn, which needs one, and for no other server")
        if taken := OURS & self.environment.keys():
            raise ValueError(f"environment: {', '.join(sorted(taken))}: the lab sets it")
        if unknown := set(self.workloads or ()) - WORKLOADS.keys():
            raise ValueError(f"workloads: {', '.join(sorted(unknown))}: give some of {', '.join(WORKLOADS)}")
        return self

    @property
    def slots(self) -> int:
        """The number of requests that can wait for Elasticsearch at once: one for each thread, or else for each
        connection."""
        return self.workers * (self.threads or self.pool)

    def check_offers(self, workload: str) -> None:
        """Raises LabError when this contender does not offer the workload."""
        if self.workloads is not None and workload not in self.workloads:
            raise LabError(
                f"WORKLOAD={workload}: the contender {self.name} offers no more than {', '.join(self.workloads)}: "
                f"give WORKLOAD={self.workloads[0]}, or another contender"
            )

    @property
    def installation(self) -> Installation:
        """The Python and the packages that it runs on."""
        base = None if self.python == LAB else self.python
        return Installation() if self.stack == "lab" and base is None else Installation(_LOCKS[self.stack], base)

    def check_python(self) -> None:
        """Raises LabError where its Python is none, or none that its stack runs on."""
        base = self.installation.base
        if base is None:
            return
        try:
            found = stacks.interpreter(base)
        except LabError as error:
            raise LabError(f"CONTENDER_PYTHON={base}: {error}") from error
        if self.stack == "lab" and (version := stacks.version(found))[:2] > _NEWEST_OF_LAB:
            raise LabError(
                f"CONTENDER_PYTHON={base}: Flask 2.1, which aioflask needs, does not run on Python "
                f"{'.'.join(map(str, version))}: give 3.13 or older for {self.name}, or take contenders with today's "
                "stack"
            )

    def check_cores(self, given: Collection[int] | None = None) -> None:
        """Raises LabError where this machine can't give each worker its cores, of those that services are `given`."""
        if self.cores is None:
            return
        if sys.platform != "linux":
            raise LabError(
                f"the contender {self.name} has cores = {self.cores}, and only Linux lets the lab choose cores: take "
                "another contender, or measure on Linux"
            )
        available = len(machine_cores() if given is None else given)
        if self.cores > available:
            raise LabError(
                f"the contender {self.name} has cores = {self.cores}, and this machine has {available} for it: give "
                f"fewer in {FILE.name}, or none for all"
            )

    def check_quota(self) -> None:
        """Raises LabError where it has a quota of CPU time, and the lab can't give it one."""
        if self.quota is None:
            return
        try:
            quotas.check()
        except LabError as error:
            raise LabError(f"the contender {self.name} has quota = {self.quota:g}, and {error}") from error

    def check_tls(self, *, is_offered: bool) -> None:
        """Raises LabError when this contender needs TLS, and the backend does not offer it."""
        if self.tls and not is_offered:
            raise LabError(
                f"the contender {self.name} asks Elasticsearch by TLS, and this backend has none: give BACKEND=replay, "
                "or ES_URL=https://… for all contenders"
            )

    def is_like(self, other: Contender) -> bool:
        """Whether both differ in nothing but their names and titles."""
        alike = replace(self, name=other.name, title=other.title, python=other.python) == other
        return alike and self.installation == other.installation

    @property
    def most_cores(self) -> float:
        """The CPU that it can use at most: a core for each worker, within its quota."""
        return self.workers if self.quota is None else min(self.workers, self.quota)

    @property
    def processes(self) -> int:
        """Of the server: its workers, and their arbiter."""
        return self.workers + 1

    @property
    def command(self) -> list[str]:
        options = ["--worker-class", self.worker_class] if self.worker_class else []
        return [str(self.installation.python), "-m", self.app, *options]

    def environ(self, es_url: str, access: Access = OPEN) -> dict[str, str]:
        """All of its settings except its address."""
        threads = {"LAB_THREADS": str(self.threads)} if self.threads else {}
        sizes = {"LAB_WORKERS": str(self.workers), "LAB_ES_POOL_SIZE": str(self.pool)}
        return {**self.environment, **threads, **sizes, "LAB_ES_URL": es_url, **access.of_twin}


def check_distinct(contenders: Sequence[Contender]) -> None:
    """Raises LabError where two differ in nothing but their names, naming all such."""
    same = [f"{one.name} and {other.name}" for one, other in combinations(contenders, 2) if one.is_like(other)]
    if same:
        raise LabError(
            f"with the given sizes {'; '.join(same)} are the same contender: leave one out, or leave out WORKERS=, "
            "THREADS= or POOL="
        )


def check_memory(needed_mib: int, fix: str) -> None:
    """Raises LabError where this machine has not so much free memory for a pair's contenders, which run at once.

    `fix` is what takes less, as a part of the message.
    """
    free_mib = psutil.virtual_memory().available // 2**20
    if needed_mib > free_mib:
        raise LabError(
            f"the contenders, which all run at once, may need {needed_mib:,} MiB of memory, and {free_mib:,} MiB are "
            f"free: compare fewer, {fix}, or make room"
        )


_Contenders = TypeAdapter(dict[str, Contender])


def named(name: str) -> Contender:
    """The contender of this name. Raises LabError, which names all contenders, for an unknown name."""
    return all_named([name])[0]


def all_named(names: Sequence[str]) -> tuple[Contender, ...]:
    """The contenders of these names, each of which may be there once.

    Raises LabError, which names all that is wrong, and all contenders for an unknown name.
    """
    contenders = read(FILE)
    unknown = [repr(name) for name in dict.fromkeys(names) if name not in contenders]
    twice = [name for name, count in Counter(names).items() if count > 1]
    faults = (
        [f"there is no contender {' or '.join(unknown)}: {FILE.name} has {', '.join(contenders)}"] if unknown else []
    )
    if twice:
        faults.append(f"{' and '.join(twice)} more than once: make aa compares a contender with itself")
    if faults:
        raise LabError("; ".join(faults))
    return tuple(contenders[name] for name in names)


def read(file: Path) -> dict[str, Contender]:
    """All contenders by name, in the file's order. Raises LabError, which names each error in the file."""
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
        return _Contenders.validate_python({name: _whole(name, tables) for name in tables})
    except _LikeError as error:
        raise LabError(f"{file}: {error}") from error
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise LabError(f"{file} can't be read: {error}") from error
    except ValidationError as error:
        raise LabError(f"{file}: {'; '.join(_faults(error))}") from error


class _LikeError(ValueError):
    """A table that is like one that is not there, or like itself."""


def _whole(name: str, tables: Mapping[str, Any], variants: tuple[str, ...] = ()) -> Any:
    """A table with its name and with the keys of the one that it is `like`, but for its own. Raises _LikeError.

    `variants` are the tables that led to this one.
    """
    if not isinstance(tables[name], dict):
        return tables[name]
    table = {**tables[name], "name": name}
    model = table.pop("like", None)
    if model is None:
        return table
    if not isinstance(model, str) or model not in tables or model == name or model in variants:
        known = ", ".join(one for one in tables if one not in (name, *variants))
        raise _LikeError(f"{name}.like: {model!r}: name another table that does not lead back here: {known}")
    whole = _whole(model, tables, (*variants, name))
    return {**whole, **table} if isinstance(whole, dict) else whole


def _faults(error: ValidationError) -> Iterator[str]:
    return (f"{'.'.join(map(str, fault['loc']))}: {refusal(fault['msg'])}" for fault in error.errors())
